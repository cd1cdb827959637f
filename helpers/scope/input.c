// SPDX-License-Identifier: Apache-2.0
/* Words on standard input, each ended by NUL. They come as the front end gets to know them. */
#include <errno.h>
#include <stdio.h>

#include "base/num.h"
#include "scope.h"

#define MAX_WORDS 100000

int input_word(char **ret)
{
	size_t size = 0;
	ssize_t n = getdelim(ret, &size, '\0', stdin);

	/* A front end that has ended has asked for nothing. */
	return n > 0 && (*ret)[n - 1] == '\0' ? 0 : -EPIPE;
}

int input_request(struct request *q)
{
	auto_free char *number = NULL;
	uint32_t n;

	if (q->args)
		return 0;
	if (input_word(&number) < 0 || num_u32(number, &n) < 0 || n > MAX_WORDS)
		return -EPIPE;
	q->args = xcalloc(n + 1, sizeof(*q->args));
	for (; q->n < (int)n; q->n++)
		if (input_word(&q->args[q->n]) < 0)
			return -EPIPE;
	return 0;
}

void input_free(struct request *q)
{
	for (int i = 0; i < q->n; i++)
		free(q->args[i]);
	free(q->args);
}
