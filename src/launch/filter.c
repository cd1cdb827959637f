// SPDX-License-Identifier: Apache-2.0
/*
 * linux.seccomp → a BPF program for init to load, by libseccomp; and the agent that gets a
 * listener. Front end; the only file that knows libseccomp. seccomp(2), runtime-spec
 * config-linux.md
 * ("Seccomp").
 */
#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "kernel/socket.h"
#include "launch/launch.h"
#include "spec/names.h"

#define FILTER_MAX       (1u << 20)
#define MANY_RULES       32u
#define OPTIMIZE_BY_TREE 2u
#define X32_BIT          0x40000000u

#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER (1ul << 3)
#endif

static void free_filter(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

/* The kernel's action with errno or trace message in its low half. */
static uint32_t action_value(const char *name, const struct opt_u64 *errno_ret)
{
	uint32_t action = (uint32_t)names_find(spec_seccomp_action_names, name)->value;
	uint32_t data = errno_ret->set ? (uint32_t)errno_ret->v & 0xffff : EPERM;

	if (action == SCMP_ACT_ERRNO(0) || action == SCMP_ACT_TRACE(0))
		return action | data;
	return action;
}

static int fail(struct err *e, const char *path, int r, const char *what)
{
	err_object(e, "%s", path);
	return err_sys(e, ERR_SECCOMP, r, "%s: %s", path, what);
}

/* "SCMP_ARCH_X86_64" → "x86_64" → libseccomp's token; 0 if it knows none. */
static uint32_t arch_token(const char *name)
{
	const char *rest = str_after(name, "SCMP_ARCH_");
	char lower[32];
	size_t n = 0;

	for (; rest && rest[n] && n < sizeof(lower) - 1; n++)
		lower[n] = (char)tolower((unsigned char)rest[n]);
	lower[n] = '\0';
	return seccomp_arch_resolve_name(lower);
}

static int add_architectures(scmp_filter_ctx ctx, const struct strv *names, struct err *e)
{
	for (size_t i = 0; i < names->n; i++) {
		uint32_t token = arch_token(names->v[i]);
		int r;

		if (!token) {
			log_debug("linux.seccomp: this libseccomp does not know %s", names->v[i]);
			continue;
		}
		r = seccomp_arch_add(ctx, token);
		/* EDOM: of the other byte order, so that no process here can have it. */
		if (r < 0 && r != -EEXIST && r != -EDOM)
			return fail(e, "linux.seccomp.architectures", r, names->v[i]);
	}
	return 0;
}

static struct scmp_arg_cmp comparison(const struct spec_seccomp_arg *a)
{
	return (struct scmp_arg_cmp){
		.arg = a->index,
		.op = (enum scmp_compare)names_find(spec_seccomp_op_names, a->op)->value,
		.datum_a = a->value,
		.datum_b = a->value_two,
	};
}

/*
 * libseccomp takes one comparison per argument in a rule, all of which must hold. Configs that
 * compare one argument twice mean alternatives, as every runtime has read them.
 */
static int add_rule(
	scmp_filter_ctx ctx, uint32_t action, int nr, const struct spec_seccomp_rule *rule)
{
	struct scmp_arg_cmp cmp[6];
	unsigned seen = 0;
	bool repeated = false;
	int r = 0;

	for (size_t i = 0; i < rule->args.n; i++) {
		repeated |= seen >> rule->args.v[i].index & 1;
		seen |= 1u << rule->args.v[i].index;
		if (i < ARRAY_SIZE(cmp))
			cmp[i] = comparison(&rule->args.v[i]);
	}
	if (!repeated)
		return seccomp_rule_add_array(ctx, action, nr, (unsigned)rule->args.n, cmp);
	for (size_t i = 0; i < rule->args.n && r == 0; i++) {
		struct scmp_arg_cmp one = comparison(&rule->args.v[i]);

		r = seccomp_rule_add_array(ctx, action, nr, 1, &one);
	}
	return r;
}

static int add_rules(
	scmp_filter_ctx ctx, const struct spec_seccomp *s, uint32_t by_default, struct err *e)
{
	const struct spec_seccomp_rule *rule;

	array_foreach (rule, &s->syscalls) {
		uint32_t action = action_value(rule->action, &rule->errno_ret);

		/* What the default does anyway, libseccomp refuses as a rule. */
		if (action == by_default)
			continue;
		for (size_t i = 0; i < rule->names.n; i++) {
			int nr = seccomp_syscall_resolve_name(rule->names.v[i]);
			int r;

			if (nr == __NR_SCMP_ERROR) {
				log_debug(
					"linux.seccomp: unknown system call %s", rule->names.v[i]);
				continue;
			}
			r = add_rule(ctx, action, nr, rule);
			/* EEXIST, EDOM: said before, or not on this architecture. */
			if (r < 0 && r != -EEXIST && r != -EDOM)
				return fail(e, "linux.seccomp.syscalls", r, rule->names.v[i]);
		}
	}
	return 0;
}

/* libseccomp before 2.6 exports to a descriptor only. */
static int export_program(struct arena *a, scmp_filter_ctx ctx, struct bytes *ret)
{
	auto_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	char *data;
	size_t n;
	int r = fd < 0 ? -errno : seccomp_export_bpf(ctx, fd);

	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = file_read_fd(a, fd, FILTER_MAX, &data, &n);
	if (r != 0)
		return r;
	*ret = (struct bytes){data, n};
	return 0;
}

/* The highest number of any system call that the config names, on one architecture; -1 if none. */
static int highest_number(const struct spec_seccomp *s, uint32_t arch)
{
	const struct spec_seccomp_rule *rule;
	int highest = -1;

	array_foreach (rule, &s->syscalls)
		for (size_t i = 0; i < rule->names.n; i++) {
			int nr = seccomp_syscall_resolve_name_arch(arch, rule->names.v[i]);

			highest = nr > highest ? nr : highest;
		}
	return highest;
}

/* What refuses everything that is not named, in another way than newer programs expect. */
static bool is_restrictive(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return (action & SECCOMP_RET_DATA) != ENOSYS;
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
		return true;
	default:
		return false;
	}
}

#define BLOCK 6

/* One architecture: numbers above the highest get ENOSYS; all else goes on behind `left` more. */
static void put_block(struct sock_filter *to, uint32_t arch, int highest, size_t left)
{
	const struct sock_filter block[BLOCK] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, BLOCK - 1),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)highest, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)left),
	};

	memcpy(to, block, sizeof(block));
}

/*
 * System calls that are newer than the config: a libc that tries one falls back to an older one on
 * ENOSYS only, so EPERM would break programs that were built after the config was written. runc
 * does the same.
 */
static void refuse_newer(
	struct arena *a, const struct spec_seccomp *s, uint32_t by_default, struct bytes *program)
{
	size_t max = s->architectures.n + 1, n = 0, head, size;
	uint32_t *arch = arena_calloc(a, max, sizeof(*arch));
	int *highest = arena_calloc(a, max, sizeof(*highest));
	struct sock_filter *out;

	if (!is_restrictive(by_default))
		return;
	for (size_t i = 0; i < max; i++) {
		uint32_t token = i ? arch_token(s->architectures.v[i - 1]) : seccomp_arch_native();
		bool seen = !token || token == SCMP_ARCH_X32;

		/* x32 has numbers of its own under the same architecture: left to the filter. */
		for (size_t k = 0; k < n; k++)
			seen |= arch[k] == token;
		if (seen || (highest[n] = highest_number(s, token)) < 0)
			continue;
		arch[n++] = token;
	}
	head = n ? 1 + n * BLOCK : 0;
	size = head * sizeof(*out) + program->n;
	out = arena_alloc(a, size);
	if (n)
		out[0] = (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	for (size_t k = 0; k < n; k++)
		put_block(out + 1 + k * BLOCK, arch[k], highest[k], (n - 1 - k) * BLOCK);
	memcpy(out + head, program->data, program->n);
	*program = (struct bytes){out, size};
}

static int compile(struct arena *a, const struct spec_seccomp *s, struct bytes *ret, struct err *e)
{
	uint32_t by_default = action_value(s->default_action, &s->default_errno_ret);
	__attribute__((cleanup(free_filter))) scmp_filter_ctx ctx = seccomp_init(by_default);
	int r;

	if (!ctx)
		return fail(e, "linux.seccomp.defaultAction", -EINVAL, s->default_action);
	r = add_architectures(ctx, &s->architectures, e);
	if (r < 0)
		return r;
	/* A tree instead of a chain: the last of 300 system calls is found as soon as the first. */
	if (s->syscalls.n > 1 || (s->syscalls.n == 1 && s->syscalls.v[0].names.n > MANY_RULES))
		seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_BY_TREE);
	r = add_rules(ctx, s, by_default, e);
	if (r < 0)
		return r;
	r = export_program(a, ctx, ret);
	if (r != 0)
		return fail(e, "linux.seccomp", r, "compiling the filter");
	refuse_newer(a, s, by_default, ret);
	/* Before init finds out: with noNewPrivileges it loads the filter after start. */
	if (ret->n / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return fail(e, "linux.seccomp", -E2BIG,
			"the filter is longer than the kernel's 4096 instructions");
	return 0;
}

/* crun has an annotation for it: a profile that says less than it seems to is an error. */
static int check_names(const struct spec_seccomp *s, struct err *e)
{
	for (size_t i = 0; i < s->syscalls.n; i++) {
		const char *name;

		strv_foreach (name, &s->syscalls.v[i].names) {
			int nr = seccomp_syscall_resolve_name(name);

			if (nr != __NR_SCMP_ERROR)
				continue;
			err_object(e, "linux.seccomp.syscalls[%zu].names", i);
			return err_set(e, ERR_SECCOMP, EINVAL,
				"linux.seccomp.syscalls[%zu].names: no system call is named \"%s\" "
				"(run.oci.seccomp_fail_unknown_syscall)",
				i, name);
		}
	}
	return 0;
}

/* The same profile, library and architecture give the same program. */
static int compile_once(
	struct arena *a, const struct spec_seccomp *s, struct bytes *ret, struct err *e)
{
	auto_filtercache struct filtercache cache;
	int r;

	filtercache_open(&cache, s,
		arena_printf(a, "%s %x", filter_library_version(a), seccomp_arch_native()));
	if (filtercache_find(&cache, a, ret)) {
		log_debug("linux.seccomp: compiled before");
		return 0;
	}
	r = compile(a, s, ret, e);
	if (r == 0)
		filtercache_keep(&cache, ret);
	return r;
}

int filter_compile(struct arena *a, struct plan *plan, struct err *e)
{
	const struct spec_seccomp *s = plan->seccomp;
	bool notify = !str_is_empty(s->listener_path);
	struct bytes program;
	uint32_t flags = 0;
	struct step *step;
	int r = plan->seccomp_strict ? check_names(s, e) : 0;

	if (r == 0)
		r = compile_once(a, s, &program, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < s->flags.n; i++)
		flags |= (uint32_t)names_find(spec_seccomp_flag_names, s->flags.v[i])->value;
	/* seccomp(2): with a listener, the call has no value left to tell which thread failed. */
	if (notify)
		flags = (flags & ~(uint32_t)SECCOMP_FILTER_FLAG_TSYNC) |
			SECCOMP_FILTER_FLAG_NEW_LISTENER;
	array_foreach (step, &plan->init.steps) {
		if (step->kind != STEP_SECCOMP)
			continue;
		step->seccomp.filter = program;
		step->seccomp.flags = flags;
		step->seccomp.notify = notify;
	}
	return 0;
}

/* runtime-spec config-linux.md, "The Container Process State". */
int filter_send_listener(struct launch *l, int listener, struct err *e)
{
	const struct spec_seccomp *s = l->plan->seccomp;
	auto_json_writer struct json_writer *w = json_writer_new(0);
	auto_fd int sock = socket_connect(s->listener_path);
	const char *text;
	size_t n;
	int r;

	json_open_object(w);
	json_kv_string(w, "ociVersion", SPEC_VERSION);
	json_key(w, "fds");
	json_open_array(w);
	json_string(w, "seccompFd");
	json_close_array(w);
	json_kv_int(w, "pid", l->pid);
	json_kv_string_opt(w, "metadata", s->listener_metadata);
	json_key(w, "state");
	if (l->plan->exec)
		state_report(&l->record, STATE_RUNNING, w);
	else
		launch_state_write(l, STATE_CREATING, w);
	json_close_object(w);
	text = json_writer_text(w, &n);
	r = sock < 0 ? sock : socket_send(sock, text, n, listener);
	return r < 0 ? fail(e, "linux.seccomp.listenerPath", r, s->listener_path) : 0;
}

char *filter_library_version(struct arena *a)
{
	const struct scmp_version *v = seccomp_version();

	return arena_printf(a, "%u.%u.%u", v->major, v->minor, v->micro);
}
