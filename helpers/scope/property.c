// SPDX-License-Identifier: Apache-2.0
/*
 * Properties of units: text → D-Bus. The syntax of values is that of struct plan_unit_property in
 * src/plan/cgroup.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "scope.h"

static int append_words(sd_bus_message *m, const char *value)
{
	auto_free char *copy = xstrdup(value);
	char *rest;
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (char *word = strtok_r(copy, " ", &rest); word && r >= 0;
		word = strtok_r(NULL, " ", &rest))
		r = sd_bus_message_append(m, "s", word);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int append_bytes(sd_bus_message *m, const char *value)
{
	size_t n = strlen(value) / 2;
	auto_free uint8_t *bytes = xmalloc(n + 1);

	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(value[2 * i]), low = hex_digit(value[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return sd_bus_message_append_array(m, 'y', bytes, n);
}

/* "PATH VALUE" a line, the value a number or a word. */
static int append_pairs(sd_bus_message *m, const char *value, bool numbers)
{
	auto_free char *copy = xstrdup(value);
	char *rest;
	int r = sd_bus_message_open_container(m, 'a', numbers ? "(st)" : "(ss)");

	for (char *line = strtok_r(copy, "\n", &rest); line && r >= 0;
		line = strtok_r(NULL, "\n", &rest)) {
		char *second = strrchr(line, ' ');
		uint64_t number = 0;

		if (!second)
			return -EINVAL;
		*second++ = '\0';
		if (!numbers)
			r = sd_bus_message_append(m, "(ss)", line, second);
		else if (num_u64(second, &number) == 0)
			r = sd_bus_message_append(m, "(st)", line, number);
		else
			r = -EINVAL;
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_number(sd_bus_message *m, const struct property *p)
{
	uint64_t u = UINT64_MAX;
	int64_t i;
	int r;

	if (*p->signature == 'i') {
		r = num_i64(p->value, &i);
		return r < 0 ? r : sd_bus_message_append(m, "i", (int32_t)i);
	}
	r = strcmp(p->value, "infinity") == 0 ? 0 : num_u64(p->value, &u);
	return r < 0 ? r : sd_bus_message_append(m, "t", u);
}

static int append_value(sd_bus_message *m, const struct property *p)
{
	const char *sig = p->signature;

	if (strcmp(sig, "t") == 0 || strcmp(sig, "i") == 0)
		return append_number(m, p);
	if (strcmp(sig, "b") == 0)
		return sd_bus_message_append(m, "b", strcmp(p->value, "true") == 0);
	if (strcmp(sig, "s") == 0)
		return sd_bus_message_append(m, "s", p->value);
	if (strcmp(sig, "as") == 0)
		return append_words(m, p->value);
	if (strcmp(sig, "ay") == 0)
		return append_bytes(m, p->value);
	if (strcmp(sig, "a(st)") == 0 || strcmp(sig, "a(ss)") == 0)
		return append_pairs(m, p->value, sig[3] == 't');
	return -EINVAL;
}

int property_append(sd_bus_message *m, const struct property *p)
{
	int r;

	if (p->dropped)
		return 0;
	r = sd_bus_message_open_container(m, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", p->name);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', p->signature);
	if (r >= 0)
		r = append_value(m, p);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : 0;
}

int property_parse(char **args, int n, struct property **ret, int *ret_n)
{
	struct property *list;

	if (n % 4 != 0) {
		fprintf(stderr, "lodger-scope: a property is NAME SIGNATURE VALUE OPTIONAL\n");
		return -EINVAL;
	}
	list = calloc((size_t)n / 4 + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (int i = 0; i < n / 4; i++)
		list[i] = (struct property){.name = args[4 * i],
			.signature = args[4 * i + 1],
			.value = args[4 * i + 2],
			.optional = *args[4 * i + 3]};
	*ret = list;
	*ret_n = n / 4;
	return 0;
}

/* systemd names the property in the text of its error only. */
bool property_drop(struct property *list, int n, const sd_bus_error *error)
{
	for (int i = 0; error->message && i < n; i++) {
		if (!list[i].optional || list[i].dropped || !strstr(error->message, list[i].name))
			continue;
		fprintf(stderr, "warning: unit property %s is not set: systemd: %s\n", list[i].name,
			error->message);
		list[i].dropped = true;
		return true;
	}
	return false;
}
