// SPDX-License-Identifier: Apache-2.0
/*
 * linux.resources.devices as a program for cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE). In: the rules.
 * Out: instructions. Pure; src/cgroup/device.c loads and attaches them.
 *
 * The kernel asks for a device and a set of accesses. Each access is decided by the last rule that
 * names it, so the rules are walked from the last to the first: one that denies any of what is
 * still open ends it with 0, one that allows takes what it allows off, and nothing left is a 1.
 */
#include <linux/bpf.h>

#include "plan/writes.h"

enum { R_RESULT, R_CONTEXT, R_ACCESS, R_TYPE, R_MAJOR, R_MINOR };

#define ACC_ALL (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)
/* Three comparisons of the device, four instructions for the answer. */
#define RULE_MAX 7

struct program {
	struct bpf_insn *v;
	size_t n;
};

static void emit(struct program *p, unsigned code, unsigned dst, unsigned src, int off, int imm)
{
	p->v[p->n++] = (struct bpf_insn){
		.code = (uint8_t)code,
		.dst_reg = (uint8_t)(dst & 15),
		.src_reg = (uint8_t)(src & 15),
		.off = (int16_t)off,
		.imm = imm,
	};
}

static void load(struct program *p, unsigned dst, size_t offset)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, dst, R_CONTEXT, (int)offset, 0);
}

static void answer(struct program *p, int result)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, R_RESULT, 0, 0, result);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void prologue(struct program *p)
{
	load(p, R_ACCESS, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(p, BPF_ALU | BPF_MOV | BPF_X, R_TYPE, R_ACCESS, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	load(p, R_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(p, R_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

/* Past the rule, whose end is known later, where the device is another. */
static void unless_equal(struct program *p, unsigned reg, int64_t value)
{
	emit(p, BPF_JMP32 | BPF_JNE | BPF_K, reg, 0, 0, (int)(uint32_t)value);
}

static void add_rule(struct program *p, const struct device_rule *r)
{
	size_t first = p->n, tests;

	if (r->type != 'a')
		unless_equal(p, R_TYPE, r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (r->major >= 0)
		unless_equal(p, R_MAJOR, r->major);
	if (r->minor >= 0)
		unless_equal(p, R_MINOR, r->minor);
	tests = p->n;
	if (r->access != ACC_ALL && r->allow) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, R_ACCESS, 0, 0, (int)~r->access);
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, R_ACCESS, 0, 2, 0);
	} else if (r->access != ACC_ALL) {
		emit(p, BPF_JMP32 | BPF_JSET | BPF_K, R_ACCESS, 0, 1, (int)r->access);
		emit(p, BPF_JMP | BPF_JA, 0, 0, 2, 0);
	}
	answer(p, r->allow);
	for (size_t i = first; i < tests; i++)
		p->v[i].off = (int16_t)(p->n - i - 1);
}

int resources_device_program(
	struct arena *a, const struct spec_resources *r, struct bytes *ret, struct err *e)
{
	struct device_rules rules = resources_device_rules(a, r);
	struct program p = {
		.v = arena_calloc(a, 6 + rules.n * RULE_MAX + 2, sizeof(struct bpf_insn))};
	const struct device_rule *last;

	prologue(&p);
	for (size_t i = rules.n; i > 0; i--)
		add_rule(&p, &rules.v[i - 1]);
	/* The verifier refuses code that nothing reaches. */
	last = &rules.v[0];
	if (last->type != 'a' || last->access != ACC_ALL)
		answer(&p, 0);
	if (p.n > BPF_MAXINSNS)
		return resources_refuse(e, ERR_CONFIG_VALUE, "linux.resources.devices",
			"%zu rules are more than a device program holds", rules.n);
	*ret = (struct bytes){p.v, p.n * sizeof(*p.v)};
	return 0;
}
