// SPDX-License-Identifier: Apache-2.0
/* Capabilities; see cap.h. Init, and the child between clone and exec. */
#include "kernel/cap.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int cap_get(struct cap_sets *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &head, data) < 0)
		return -errno;
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

int cap_set(const struct cap_sets *sets)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable},
		{(uint32_t)(sets->effective >> 32), (uint32_t)(sets->permitted >> 32),
			(uint32_t)(sets->inheritable >> 32)},
	};

	return syscall(SYS_capset, &head, data) < 0 ? -errno : 0;
}

int cap_bound(uint64_t keep)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		if (keep & 1ull << cap)
			continue;
		/* EINVAL ends the list: the kernel knows no further capability. */
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -errno;
	}
	return 0;
}

int cap_ambient(uint64_t set)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	for (unsigned cap = 0; cap < 64; cap++) {
		if (!(set & 1ull << cap))
			continue;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

int cap_keep_over_exec(void)
{
	struct cap_sets sets;
	int r = cap_get(&sets);

	if (r < 0)
		return r;
	sets.inheritable = sets.permitted;
	r = cap_set(&sets);
	return r < 0 ? r : cap_ambient(sets.permitted);
}
