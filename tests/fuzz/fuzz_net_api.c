// SPDX-License-Identifier: Apache-2.0
/* Requests of the control socket → an answer to each, which is JSON itself. Nothing is bound. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api.h"
#include "base/json.h"
#include "forward.h"
#include "intercept.h"
#include "stack.h"

static struct net net;

int bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)fd, (void)sa, (void)len;
	return 0;
}

int listen(int fd, int backlog)
{
	(void)fd, (void)backlog;
	return 0;
}

int intercept_connect_own(int fd, const union addr *to)
{
	(void)fd, (void)to;
	errno = ECONNREFUSED;
	return -errno;
}

void intercept_turn(bool on)
{
	(void)on;
}

int intercept_bound(void)
{
	return -1;
}

static void start(void)
{
	struct err e = {0};
	char *argv[] = {(char *)"fuzz", (char *)"-6", (char *)"1", NULL};

	if (net_options_parse(3, argv, &net.opts, &e) < 0)
		abort();
	net.ipv6 = true;
	net.tap = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (stack_open(&net, &e) < 0)
		abort();
	net.forwards = forwards_new();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct json *answer;
	struct err e = {0};
	char *text;

	if (!net.stack)
		start();
	text = api_answer(&net, (const char *)data, size);
	if (json_parse(a, "answer", text, strlen(text), NULL, &answer, &e) < 0)
		abort();
	/* What was added is taken away: descriptors are not endless. */
	for (uint64_t id = 1; id < 4; id++)
		forward_remove(&net, id);
	if (json_get(json_get(answer, "return"), "id")) {
		uint64_t id;

		json_u64(json_get(json_get(answer, "return"), "id"), &id);
		forward_remove(&net, id);
	}
	free(text);
	arena_free(a);
	return 0;
}
