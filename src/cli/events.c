// SPDX-License-Identifier: Apache-2.0
/*
 * lodger events. In: a container's name. Out: lines of JSON on standard output, until the container
 * ends. Front end.
 */
#include <errno.h>
#include <stdio.h>

#include "base/num.h"
#include "cli/commands.h"

struct events_options {
	const char *interval;
	bool stats;
};

#define DEFAULT_INTERVAL_MS 5000

/* A duration as Go writes it ("5s", "1m30s", "250ms"), or a number of seconds. */
static int parse_interval(const char *text, uint32_t *ret_ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	uint64_t sum = 0;

	if (num_u64(text, &sum) == 0) {
		sum = sum > UINT32_MAX ? UINT32_MAX : sum * 1000;
		text = "";
	}
	while (*text) {
		size_t digits = strspn(text, "0123456789"), i = 0;
		char number[16] = "";
		uint64_t n;

		if (digits == 0 || digits >= sizeof(number))
			return -EINVAL;
		memcpy(number, text, digits);
		if (num_u64(number, &n) < 0)
			return -EINVAL;
		text += digits;
		while (i < ARRAY_SIZE(units) && !str_after(text, units[i].unit))
			i++;
		if (i == ARRAY_SIZE(units) || n > UINT32_MAX)
			return -EINVAL;
		text += strlen(units[i].unit);
		sum += n * units[i].ms;
	}
	if (sum == 0 || sum > INT32_MAX)
		return -ERANGE;
	*ret_ms = (uint32_t)sum;
	return 0;
}

static int print_line(const char *line, void *arg)
{
	(void)arg;
	/* A pipe gets each event when it happens. */
	return printf("%s\n", line) < 0 || fflush(stdout) != 0 ? -errno : 0;
}

static int run(struct command_call *call, struct err *e)
{
	const struct events_options *opts = call->options;
	uint32_t interval_ms = DEFAULT_INTERVAL_MS;

	if (opts->interval && parse_interval(opts->interval, &interval_ms) < 0)
		return err_set(e, ERR_USAGE, EINVAL,
			"invalid value \"%s\" for --interval: must be a time above 0, as 5s or "
			"250ms",
			opts->interval);
	return lodger_events(
		call->lodger, call->args.v[0], opts->stats, interval_ms, print_line, NULL, e);
}

static const struct option_row options[] = {
	OPTION_STRING_ROW(struct events_options, interval, "interval", 0, "TIME",
		"time between statistics, as 500ms or 1m (default: 5s)"),
	OPTION_FLAG_ROW(
		struct events_options, stats, "stats", 0, "print the statistics of now and exit"),
	{0},
};

const struct command command_events = {
	.name = "events",
	.summary = "print what a container uses, and its OOM kills",
	.args = "CONTAINER",
	.details = "Prints a line of JSON, with the statistics of the container's cgroup, at every "
		   "interval, and one of type \"oom\" for each process that the kernel kills for "
		   "want of memory, until the container ends.",
	.options = options,
	.options_size = sizeof(struct events_options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
