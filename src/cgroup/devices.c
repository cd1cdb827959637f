// SPDX-License-Identifier: Apache-2.0
/* The device program of cgroup v2: loaded and attached by bpf(2). Front end, as root. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup/cgroup.h"

static int bpf(int command, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, command, attr, sizeof(*attr));

	return r < 0 ? -errno : (int)r;
}

#define OLD_MAX 64

/* The programs that are attached before: what a later update replaces. */
struct attached {
	uint32_t ids[OLD_MAX];
	uint32_t n;
};

static int query(int dir, struct attached *ret)
{
	union bpf_attr attr = {.query = {.target_fd = (uint32_t)dir,
				       .attach_type = BPF_CGROUP_DEVICE,
				       .prog_ids = (uint64_t)(uintptr_t)ret->ids,
				       .prog_cnt = OLD_MAX}};
	int r = bpf(BPF_PROG_QUERY, &attr);

	ret->n = r < 0 ? 0 : attr.query.prog_cnt;
	return r;
}

static int load(const struct bytes *program)
{
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)program->data,
		.insn_cnt = (uint32_t)(program->n / sizeof(struct bpf_insn)),
		.license = (uint64_t)(uintptr_t) "Apache-2.0"};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* Several may be attached, or systemd in the container could attach none of its own below. */
static int attach(int dir, int prog)
{
	union bpf_attr attr = {.target_fd = (uint32_t)dir,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI};

	return bpf(BPF_PROG_ATTACH, &attr);
}

static int detach(int dir, uint32_t id)
{
	union bpf_attr by_id = {.prog_id = id}, attr;
	auto_fd int prog = bpf(BPF_PROG_GET_FD_BY_ID, &by_id);

	if (prog < 0)
		return prog;
	attr = (union bpf_attr){.target_fd = (uint32_t)dir,
		.attach_bpf_fd = (uint32_t)prog,
		.attach_type = BPF_CGROUP_DEVICE};
	return bpf(BPF_PROG_DETACH, &attr);
}

/* All that are attached have to agree, so the new one comes first: there is no moment without. */
static int replace(int dir, const struct bytes *program)
{
	struct attached old = {0};
	auto_fd int prog = -1;
	int r = query(dir, &old);

	if (r == 0)
		r = prog = load(program);
	if (r >= 0)
		r = attach(dir, prog);
	for (uint32_t i = 0; r == 0 && i < old.n; i++)
		r = detach(dir, old.ids[i]);
	return r;
}

int cgroup_attach_devices(const struct cgroup *c, const struct bytes *program, struct err *e)
{
	int r = cgroup_dir_for(c, "");
	/* bpf(2) wants a descriptor of the directory itself, not one of its path. */
	auto_fd int dir = r < 0 ? r : openat(r, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	r = dir >= 0 ? replace(dir, program) : r < 0 ? r : -errno;
	if (r >= 0)
		return 0;
	err_object(e, "linux.resources.devices");
	return err_sys(
		e, ERR_HOST_CGROUP, r, "linux.resources.devices: attaching the device program");
}
