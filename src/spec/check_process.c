// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of "process"; see check.h. In: a decoded struct spec. Out: the first error, warnings.
 * Front end only.
 */
#include "spec/check.h"

#include <inttypes.h>
#include <string.h>

#include "base/rlimit.h"
#include "spec/names.h"

int check_env(const struct spec *s, struct err *e)
{
	if (!s->process)
		return 0;
	for (size_t i = 0; i < s->process->env.n; i++) {
		const char *entry = s->process->env.v[i];

		if (!strchr(entry, '=') || *entry == '=')
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("process.env[%zu]", i).text, "%s is not NAME=VALUE",
				json_quoted(entry).text);
	}
	return 0;
}

int check_rlimits(const struct spec *s, struct err *e)
{
	const struct spec_rlimit *v = s->process ? s->process->rlimits.v : NULL;
	uint64_t seen = 0;

	if (!v)
		return 0;
	for (size_t i = 0; i < s->process->rlimits.n; i++) {
		/* check_fields() has seen to it that the name is known. */
		uint64_t bit = UINT64_C(1) << names_find(rlimit_names, v[i].type)->value;

		if (seen & bit)
			return spec_path_fail(e, ERR_CONFIG_CONFLICT,
				check_at("process.rlimits[%zu].type", i).text, "%s occurs twice",
				json_quoted(v[i].type).text);
		seen |= bit;
		if (v[i].soft.v > v[i].hard.v)
			return spec_path_fail(e, ERR_CONFIG_CONFLICT,
				check_at("process.rlimits[%zu].soft", i).text,
				"%" PRIu64 " is above the hard limit %" PRIu64, v[i].soft.v,
				v[i].hard.v);
	}
	return 0;
}

/* Which numbers belong to which policy: sched_setattr(2). */
/* sched_setattr(2), "SCHED_DEADLINE"; a period of 0 is the deadline. */
static int check_deadline(const struct spec_scheduler *s, struct err *e)
{
	if (!s->runtime.v)
		return spec_path_fail(e, ERR_CONFIG_MISSING, "process.scheduler.runtime",
			"SCHED_DEADLINE needs one, in nanoseconds");
	if (s->deadline.v < s->runtime.v)
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.scheduler.deadline",
			"%" PRIu64 " is less than the runtime, %" PRIu64, s->deadline.v,
			s->runtime.v);
	if (s->period.v && s->period.v < s->deadline.v)
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.scheduler.period",
			"%" PRIu64 " is less than the deadline, %" PRIu64, s->period.v,
			s->deadline.v);
	return 0;
}

int check_scheduler(const struct spec *s, struct err *e)
{
	const struct spec_scheduler *sched = s->process ? s->process->scheduler : NULL;
	bool fair, realtime, deadline;

	if (!sched)
		return 0;
	fair = str_eq(sched->policy, "SCHED_OTHER") || str_eq(sched->policy, "SCHED_BATCH");
	realtime = str_eq(sched->policy, "SCHED_FIFO") || str_eq(sched->policy, "SCHED_RR");
	deadline = str_eq(sched->policy, "SCHED_DEADLINE");
	if (fair && (sched->nice.v < -20 || sched->nice.v > 19))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.scheduler.nice",
			"%" PRId64 " is out of range, allowed is -20 to 19", sched->nice.v);
	if (!realtime && sched->priority.v)
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "process.scheduler.priority",
			"only SCHED_FIFO and SCHED_RR have a priority, not %s", sched->policy);
	if (realtime && (sched->priority.v < 1 || sched->priority.v > 99))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.scheduler.priority",
			"%" PRId64 " is out of range, allowed is 1 to 99", sched->priority.v);
	if (!deadline && (sched->runtime.v || sched->deadline.v || sched->period.v))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT,
			check_at("process.scheduler.%s", sched->runtime.v    ? "runtime"
							 : sched->deadline.v ? "deadline"
									     : "period")
				.text,
			"only SCHED_DEADLINE has one, not %s", sched->policy);
	return deadline ? check_deadline(sched, e) : 0;
}

int check_cpu_affinity(const struct spec *s, struct err *e)
{
	const struct spec_exec_cpu_affinity *a = s->process ? s->process->exec_cpu_affinity : NULL;

	if (!a)
		return 0;
	if (!str_is_empty(a->initial) && !check_is_cpu_list(a->initial))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.execCPUAffinity.initial",
			"%s is not a list of CPUs", json_quoted(a->initial).text);
	if (!str_is_empty(a->final) && !check_is_cpu_list(a->final))
		return spec_path_fail(e, ERR_CONFIG_VALUE, "process.execCPUAffinity.final",
			"%s is not a list of CPUs", json_quoted(a->final).text);
	return 0;
}
