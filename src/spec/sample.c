// SPDX-License-Identifier: Apache-2.0
/*
 * The config.json that `lodger spec` writes: member for member and value for value what `runc spec`
 * writes, but for ociVersion and hostname, so that what people have scripted around it keeps
 * working. In: for whom. Out: text in an arena. Front end only.
 */
#include "spec/spec.h"

#include "base/json.h"

static const char *const caps[] = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL};

static const char *const masked_paths[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/sys/firmware",
	"/proc/scsi",
	NULL,
};

static const char *const readonly_paths[] = {
	"/proc/bus",
	"/proc/fs",
	"/proc/irq",
	"/proc/sys",
	"/proc/sysrq-trigger",
	NULL,
};

enum who { BOTH, ROOT_ONLY, ROOTLESS_ONLY };

static const struct {
	enum who who;
	const char *destination, *type, *source;
	const char *options[8];
} mounts[] = {
	{BOTH, "/proc", "proc", "proc", {NULL}},
	{BOTH, "/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}},
	{ROOT_ONLY, "/dev/pts", "devpts", "devpts",
		{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
	/* Group 5 (tty) is not mapped for a user, and devpts refuses an id that is not. */
	{ROOTLESS_ONLY, "/dev/pts", "devpts", "devpts",
		{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
	{BOTH, "/dev/shm", "tmpfs", "shm",
		{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
	{BOTH, "/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}},
	{ROOT_ONLY, "/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}},
	/* sysfs belongs to the network namespace, which is the host's for a user. */
	{ROOTLESS_ONLY, "/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}},
	{BOTH, "/sys/fs/cgroup", "cgroup", "cgroup",
		{"nosuid", "noexec", "nodev", "relatime", "ro"}},
};

static const struct {
	enum who who;
	const char *type;
} namespaces[] = {
	{BOTH, "pid"},
	{ROOT_ONLY, "network"},
	{BOTH, "ipc"},
	{BOTH, "uts"},
	{BOTH, "mount"},
	{ROOTLESS_ONLY, "user"},
};

static bool is_for(enum who who, bool rootless)
{
	return who == BOTH || (who == ROOTLESS_ONLY) == rootless;
}

static void write_strings(struct json_writer *w, const char *key, const char *const *list)
{
	json_key(w, key);
	json_open_array(w);
	for (; *list; list++)
		json_string(w, *list);
	json_close_array(w);
}

static void write_rlimits(struct json_writer *w)
{
	json_key(w, "rlimits");
	json_open_array(w);
	json_open_object(w);
	json_kv_string(w, "type", "RLIMIT_NOFILE");
	json_kv_uint(w, "hard", 1024);
	json_kv_uint(w, "soft", 1024);
	json_close_object(w);
	json_close_array(w);
}

static void write_process(struct json_writer *w)
{
	static const char *const args[] = {"sh", NULL};
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TERM=xterm",
		NULL,
	};
	static const char *const sets[] = {"bounding", "effective", "permitted", NULL};

	json_key(w, "process");
	json_open_object(w);
	json_kv_bool(w, "terminal", true);
	json_key(w, "user");
	json_open_object(w);
	json_kv_uint(w, "uid", 0);
	json_kv_uint(w, "gid", 0);
	json_close_object(w);
	write_strings(w, "args", args);
	write_strings(w, "env", env);
	json_kv_string(w, "cwd", "/");
	json_key(w, "capabilities");
	json_open_object(w);
	for (const char *const *set = sets; *set; set++)
		write_strings(w, *set, caps);
	json_close_object(w);
	write_rlimits(w);
	json_kv_bool(w, "noNewPrivileges", true);
	json_close_object(w);
}

static void write_mounts(struct json_writer *w, bool rootless)
{
	json_key(w, "mounts");
	json_open_array(w);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (!is_for(mounts[i].who, rootless))
			continue;
		json_open_object(w);
		json_kv_string(w, "destination", mounts[i].destination);
		json_kv_string(w, "type", mounts[i].type);
		json_kv_string(w, "source", mounts[i].source);
		if (mounts[i].options[0])
			write_strings(w, "options", mounts[i].options);
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_id_map(struct json_writer *w, const char *key, uint32_t host_id)
{
	json_key(w, key);
	json_open_array(w);
	json_open_object(w);
	json_kv_uint(w, "containerID", 0);
	json_kv_uint(w, "hostID", host_id);
	json_kv_uint(w, "size", 1);
	json_close_object(w);
	json_close_array(w);
}

/* Deny all devices; every runtime then allows the default ones. */
static void write_resources(struct json_writer *w)
{
	json_key(w, "resources");
	json_open_object(w);
	json_key(w, "devices");
	json_open_array(w);
	json_open_object(w);
	json_kv_bool(w, "allow", false);
	json_kv_string(w, "access", "rwm");
	json_close_object(w);
	json_close_array(w);
	json_close_object(w);
}

static void write_namespaces(struct json_writer *w, bool rootless, bool cgroup_ns)
{
	json_key(w, "namespaces");
	json_open_array(w);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (!is_for(namespaces[i].who, rootless))
			continue;
		json_open_object(w);
		json_kv_string(w, "type", namespaces[i].type);
		json_close_object(w);
	}
	if (cgroup_ns) {
		json_open_object(w);
		json_kv_string(w, "type", "cgroup");
		json_close_object(w);
	}
	json_close_array(w);
}

static void write_linux(
	struct json_writer *w, bool rootless, uint32_t host_uid, uint32_t host_gid, bool cgroup_ns)
{
	json_key(w, "linux");
	json_open_object(w);
	if (rootless) {
		write_id_map(w, "uidMappings", host_uid);
		write_id_map(w, "gidMappings", host_gid);
	} else {
		write_resources(w);
	}
	write_namespaces(w, rootless, cgroup_ns);
	write_strings(w, "maskedPaths", masked_paths);
	write_strings(w, "readonlyPaths", readonly_paths);
	json_close_object(w);
}

char *spec_sample(
	struct arena *a, bool rootless, uint32_t host_uid, uint32_t host_gid, bool cgroup_ns)
{
	auto_json_writer struct json_writer *w = json_writer_new(4);

	json_open_object(w);
	json_kv_string(w, "ociVersion", SPEC_VERSION);
	write_process(w);
	json_key(w, "root");
	json_open_object(w);
	json_kv_string(w, "path", "rootfs");
	json_kv_bool(w, "readonly", true);
	json_close_object(w);
	json_kv_string(w, "hostname", "lodger");
	write_mounts(w, rootless);
	write_linux(w, rootless, host_uid, host_gid, cgroup_ns);
	json_close_object(w);
	return arena_printf(a, "%s\n", json_writer_text(w, NULL));
}
