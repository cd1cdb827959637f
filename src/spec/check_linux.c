// SPDX-License-Identifier: Apache-2.0
/*
 * Checks of namespaces and of what depends on them; see check.h. In: a decoded struct spec. Out:
 * the first error, warnings. Front end only.
 *
 * What depends on the user namespace is left to the planner: an unprivileged caller gets one
 * whether or not the config names it.
 */
#include "spec/check.h"

#include <ctype.h>
#include <string.h>

#include "base/log.h"

#define ID_MAP_LINES_MAX 340 /* user_namespaces(7): since Linux 4.15 */
#define UTS_NAME_MAX     64 /* __NEW_UTS_LEN, sethostname(2) */
#define IF_NAME_MAX      15 /* IFNAMSIZ less the NUL */

int check_namespaces(const struct spec *s, struct err *e)
{
	bool seen[SPEC_NS_NR] = {false};

	for (size_t i = 0; i < s->linux_.namespaces.n; i++) {
		int32_t type = s->linux_.namespaces.v[i].type;

		if (seen[type])
			return spec_path_fail(e, ERR_CONFIG_CONFLICT,
				check_at("linux.namespaces[%zu].type", i).text,
				"duplicate namespace \"%s\"", spec_ns_name((enum spec_ns)type));
		seen[type] = true;
	}
	return 0;
}

static bool ranges_meet(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

/* What the kernel refuses in a map, user_namespaces(7), said before anything was made. */
static int check_map(const char *path, const spec_id_maps *maps, struct err *e)
{
	const struct spec_id_map *m = maps->v;

	if (maps->n > ID_MAP_LINES_MAX)
		return spec_path_fail(e, ERR_CONFIG_VALUE, path,
			"%zu lines are more than the kernel's %d", maps->n, ID_MAP_LINES_MAX);
	for (size_t i = 0; i < maps->n; i++) {
		uint64_t end_in = (uint64_t)m[i].container_id + m[i].size;
		uint64_t end_out = (uint64_t)m[i].host_id + m[i].size;

		if (!m[i].size)
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("%s[%zu].size", path, i).text, "must not be 0");
		if (end_in > UINT32_MAX || end_out > UINT32_MAX)
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("%s[%zu].size", path, i).text,
				"the range ends above the highest id, 4294967294");
		for (size_t k = 0; k < i; k++) {
			bool in = ranges_meet(
				m[i].container_id, m[i].size, m[k].container_id, m[k].size);

			if (!in && !ranges_meet(m[i].host_id, m[i].size, m[k].host_id, m[k].size))
				continue;
			return spec_path_fail(e, ERR_CONFIG_CONFLICT,
				check_at("%s[%zu].%s", path, i, in ? "containerID" : "hostID").text,
				"the range overlaps that of [%zu]", k);
		}
	}
	return 0;
}

/* `prefix` ends where "uidMappings" begins. `pair`: one map may not come without the other. */
static int check_map_pair(const char *prefix, const spec_id_maps *uids, const spec_id_maps *gids,
	bool pair, struct err *e)
{
	int r;

	if (pair && !uids->n != !gids->n)
		return spec_path_fail(e, ERR_CONFIG_CONFLICT,
			check_at("%s%s", prefix, uids->n ? "uidMappings" : "gidMappings").text,
			"is set without %s", uids->n ? "gidMappings" : "uidMappings");
	r = check_map(check_at("%suidMappings", prefix).text, uids, e);
	return r < 0 ? r : check_map(check_at("%sgidMappings", prefix).text, gids, e);
}

int check_id_maps(const struct spec *s, struct err *e)
{
	const struct spec_namespace *user = spec_ns_find(s, SPEC_NS_USER);
	/* A namespace to join has its maps; callers give dummies then, so nothing is demanded. */
	bool joined = user && !str_is_empty(user->path);

	return check_map_pair(
		"linux.", &s->linux_.uid_mappings, &s->linux_.gid_mappings, !joined, e);
}

int check_mounts(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->mounts.n; i++) {
		const struct spec_mount *m = &s->mounts.v[i];
		int r = check_map_pair(check_at("mounts[%zu].", i).text, &m->uid_mappings,
			&m->gid_mappings, true, e);

		if (r < 0)
			return r;
		/* An error in the specification since 1.0; old callers still write it. */
		if (*m->destination != '/')
			log_warn("mounts[%zu].destination: %s is not absolute, / is put before it",
				i, json_quoted(m->destination).text);
	}
	return 0;
}

static int check_uts_name(const struct spec *s, const char *key, const char *name, struct err *e)
{
	if (str_is_empty(name))
		return 0;
	if (!spec_ns_find(s, SPEC_NS_UTS))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, key,
			"is set without a uts namespace in linux.namespaces: it would be the "
			"host's");
	if (strlen(name) > UTS_NAME_MAX)
		return spec_path_fail(
			e, ERR_CONFIG_VALUE, key, "is longer than %d bytes", UTS_NAME_MAX);
	return 0;
}

int check_uts(const struct spec *s, struct err *e)
{
	int r = check_uts_name(s, "hostname", s->hostname, e);

	return r < 0 ? r : check_uts_name(s, "domainname", s->domainname, e);
}

/* Offsets can be set only while nothing is in the namespace: time_namespaces(7). */
int check_time_offsets(const struct spec *s, struct err *e)
{
	const struct spec_namespace *ns = spec_ns_find(s, SPEC_NS_TIME);
	const struct spec_time_offsets *t = s->linux_.time_offsets;

	if (!t || (!t->boottime && !t->monotonic))
		return 0;
	if (!ns)
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "linux.timeOffsets",
			"is set without a time namespace in linux.namespaces");
	if (!str_is_empty(ns->path))
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, "linux.timeOffsets",
			"is set, but the time namespace is one to join");
	return 0;
}

/* Without an own mount namespace the host's paths would be hidden. */
int check_hidden_paths(const struct spec *s, struct err *e)
{
	if (spec_ns_find(s, SPEC_NS_MOUNT) ||
		(!s->linux_.masked_paths.n && !s->linux_.readonly_paths.n))
		return 0;
	return spec_path_fail(e, ERR_CONFIG_CONFLICT,
		s->linux_.masked_paths.n ? "linux.maskedPaths" : "linux.readonlyPaths",
		"is set without a mount namespace in linux.namespaces");
}

int check_devices(const struct spec *s, struct err *e)
{
	for (size_t i = 0; i < s->linux_.devices.n; i++) {
		const struct spec_device *d = &s->linux_.devices.v[i];

		if (str_eq(d->type, "p") || (d->major.set && d->minor.set))
			continue;
		return spec_path_fail(e, ERR_CONFIG_MISSING,
			check_at("linux.devices[%zu].%s", i, d->major.set ? "minor" : "major").text,
			"is missing, a device of type \"%s\" needs it", d->type);
	}
	return 0;
}

/*
 * Which namespace a sysctl belongs to. A trailing dot: everything below. NONE: allowed here, judged
 * by the planner.
 */
static const struct {
	const char *key;
	enum spec_ns ns;
} sysctls[] = {
	{"net.", SPEC_NS_NETWORK},
	{"fs.mqueue.", SPEC_NS_IPC},
	{"kernel.msgmax", SPEC_NS_IPC},
	{"kernel.msgmnb", SPEC_NS_IPC},
	{"kernel.msgmni", SPEC_NS_IPC},
	{"kernel.sem", SPEC_NS_IPC},
	{"kernel.shmall", SPEC_NS_IPC},
	{"kernel.shmmax", SPEC_NS_IPC},
	{"kernel.shmmni", SPEC_NS_IPC},
	{"kernel.shm_rmid_forced", SPEC_NS_IPC},
	{"kernel.domainname", SPEC_NS_UTS},
	{"user.", SPEC_NS_NONE},
};

/*
 * The separator is whichever of "." and "/" comes first, sysctl(8); the other one is then part of a
 * name. The key becomes a path below /proc/sys, so no component may be empty or lead upwards, and
 * nothing but the characters that sysctls have is let through.
 */
static bool sysctl_normalise(const char *key, char *out, size_t size)
{
	const char *separator = strpbrk(key, "./");
	size_t n = strlen(key), start = 0;
	bool swap = separator && *separator == '/';

	if (!separator || n >= size)
		return false;
	for (size_t i = 0; i <= n; i++) {
		char c = key[i];

		if (swap && (c == '.' || c == '/'))
			c = c == '.' ? '/' : '.';
		if (c && !isalnum((unsigned char)c) && !strchr("._-/:@", c))
			return false;
		out[i] = c;
		if (c != '.' && c)
			continue;
		/* In `out` a "/" stands for a dot within a name: "/" and "//" are "." and "..". */
		if (i == start || strspn(out + start, "/") >= i - start)
			return false;
		start = i + 1;
	}
	return true;
}

static int check_sysctl_entry(
	const struct spec *s, const char *key, const char *value, struct err *e)
{
	struct spec_path_text at = check_at("linux.sysctl[%s]", json_quoted(key).text);
	char name[512];

	if (!sysctl_normalise(key, name, sizeof(name)))
		return spec_path_fail(e, ERR_CONFIG_VALUE, at.text, "is not the name of a sysctl");
	if (str_eq(name, "kernel.hostname"))
		return spec_path_fail(
			e, ERR_CONFIG_CONFLICT, at.text, "hostname is the member to set this with");
	if (str_eq(name, "kernel.domainname") && !str_is_empty(s->domainname) &&
		!str_eq(value, s->domainname))
		return spec_path_fail(
			e, ERR_CONFIG_CONFLICT, at.text, "is not the name that domainname sets");
	for (size_t i = 0; i < ARRAY_SIZE(sysctls); i++) {
		size_t n = strlen(sysctls[i].key);
		bool prefix = sysctls[i].key[n - 1] == '.';
		enum spec_ns ns = sysctls[i].ns;

		if (prefix ? !str_after(name, sysctls[i].key) : !str_eq(name, sysctls[i].key))
			continue;
		if (ns == SPEC_NS_NONE || spec_ns_find(s, ns))
			return 0;
		return spec_path_fail(e, ERR_CONFIG_CONFLICT, at.text,
			"needs the %s namespace in linux.namespaces: else it would be the host's",
			spec_ns_name(ns));
	}
	return spec_path_fail(e, ERR_CONFIG_UNSUPPORTED, at.text,
		"is not in a namespace of its own: it would be the host's");
}

int check_sysctl(const struct spec *s, struct err *e)
{
	const struct kv *kv;

	array_foreach (kv, &s->linux_.sysctl) {
		int r = check_sysctl_entry(s, kv->key, kv->value, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* dev_valid_name() of net/core/dev.c. */
static bool is_if_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > IF_NAME_MAX || str_eq(name, ".") || str_eq(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

int check_net_devices(const struct spec *s, struct err *e)
{
	const struct spec_net_device *d;

	array_foreach (d, &s->linux_.net_devices) {
		struct spec_path_text at =
			check_at("linux.netDevices[%s]", json_quoted(d->host_name).text);

		if (!is_if_name(d->host_name))
			return spec_path_fail(e, ERR_CONFIG_VALUE, at.text,
				"the key is not the name of a network device");
		if (!str_is_empty(d->name) && !is_if_name(d->name))
			return spec_path_fail(e, ERR_CONFIG_VALUE,
				check_at("%s.name", at.text).text,
				"%s is not the name of a network device",
				json_quoted(d->name).text);
		if (!spec_ns_find(s, SPEC_NS_NETWORK))
			return spec_path_fail(e, ERR_CONFIG_CONFLICT, at.text,
				"is set without a network namespace in linux.namespaces");
	}
	return 0;
}
