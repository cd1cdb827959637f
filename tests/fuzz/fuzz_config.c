// SPDX-License-Identifier: Apache-2.0
/*
 * libFuzzer: config.json. In: any bytes. It must never crash, leak or hang; an error must be
 * complete, and what is accepted must survive being written and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "spec/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
	if (!condition)
		abort();
}

/* Writing a tree and reading it again gives the same text once more. */
static void check_round_trip(const char *text, size_t size)
{
	auto_json_writer struct json_writer *first = json_writer_new(2);
	auto_json_writer struct json_writer *second = json_writer_new(2);
	auto_arena struct arena *a = arena_new();
	const char *written;
	struct json *v;
	size_t len;

	if (json_parse(a, "fuzz", text, size, NULL, &v, NULL) < 0)
		return;
	must(v->offset < size);
	json_value(first, v);
	written = json_writer_text(first, &len);
	must(json_parse(a, "again", written, len, NULL, &v, NULL) == 0);
	json_value(second, v);
	must(str_eq(written, json_writer_text(second, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena struct arena *a = arena_new();
	const char *text = (const char *)data;
	struct spec *s = NULL;
	struct err e = {0};

	log_setup(&(struct log_options){.level = LOG_LEVEL_DEBUG, .quiet = true});
	if (spec_parse(a, "fuzz", text, size, &s, &e) < 0) {
		must(err_is_set(&e) && err_kind(&e) == ERR_KIND_CONFIG);
		must(strncmp(e.msg, "fuzz: ", 6) == 0 && !strchr(e.msg, '\n'));
		must(!s);
	} else {
		must(!err_is_set(&e));
		must(spec_check(s, NULL) == 0);
	}
	check_round_trip(text, size);
	return 0;
}
