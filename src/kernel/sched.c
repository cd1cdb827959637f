// SPDX-License-Identifier: Apache-2.0
/* Processors; see sched.h. Front end and init. */
#include "kernel/sched.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORD_BITS (8 * sizeof(unsigned long))

struct cpus {
	unsigned long word[SCHED_MAX_CPUS / WORD_BITS];
};

static int set_affinity(const struct cpus *cpus)
{
	return syscall(SYS_sched_setaffinity, 0, sizeof(*cpus), cpus) < 0 ? -errno : 0;
}

/* One number at `*text`, which moves behind it. -EINVAL where there is none or it is too large. */
static int take_number(const char **text, unsigned long *ret)
{
	char *end;

	if (**text < '0' || **text > '9')
		return -EINVAL;
	*ret = strtoul(*text, &end, 10);
	*text = end;
	return *ret < SCHED_MAX_CPUS ? 0 : -EINVAL;
}

static int parse(const char *text, struct cpus *cpus)
{
	for (;;) {
		unsigned long first, last;

		text += strspn(text, " ");
		if (take_number(&text, &first) < 0)
			return -EINVAL;
		last = first;
		if (*text == '-') {
			text++;
			if (take_number(&text, &last) < 0 || last < first)
				return -EINVAL;
		}
		for (unsigned long n = first; n <= last; n++)
			cpus->word[n / WORD_BITS] |= 1ul << (n % WORD_BITS);
		text += strspn(text, " ");
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int sched_pin(const char *list)
{
	struct cpus cpus = {0};
	int r = parse(list, &cpus);

	return r < 0 ? r : set_affinity(&cpus);
}

int sched_unpin(void)
{
	struct cpus all;

	/* More bits than there are processors do no harm, sched_setaffinity(2). */
	memset(&all, 0xff, sizeof(all));
	return set_affinity(&all);
}
