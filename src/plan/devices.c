// SPDX-License-Identifier: Apache-2.0
/*
 * /dev: the default devices and symlinks of runtime-spec's config-linux.md ("Default Devices"),
 * linux.devices, and the console. Part of the planner: pure.
 */
#include <sys/stat.h>

#include "plan/planner.h"

static const struct default_device {
	const char *path;
	uint32_t major;
	uint32_t minor;
} default_devices[] = {
	{"/dev/null", 1, 3},
	{"/dev/zero", 1, 5},
	{"/dev/full", 1, 7},
	{"/dev/random", 1, 8},
	{"/dev/urandom", 1, 9},
	{"/dev/tty", 5, 0},
};

static const struct step_symlink default_links[] = {
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
	{"/proc/kcore", "/dev/core"},
	{"pts/ptmx", "/dev/ptmx"},
};

static const struct spec_device *configured(const struct planner *p, const char *path)
{
	const struct spec_device *d;

	array_foreach (d, &p->spec->linux_.devices)
		if (d->path && str_eq(d->path, path))
			return d;
	return NULL;
}

/* A /dev that is bound from the host has its own nodes, which are not ours to change. */
static bool dev_is_bound(const struct planner *p)
{
	bool bound = false;

	for (size_t i = 0; i < p->plan->init.steps.n; i++) {
		const struct step *s = &p->plan->init.steps.v[i];

		if (s->kind == STEP_MOUNT && str_eq(s->mount.dest, "/dev"))
			bound = s->mount.flags & STEP_MOUNT_BIND;
	}
	return bound;
}

static void add_default(struct planner *p, const struct default_device *d)
{
	struct step *s = planner_step(p, STEP_DEVICE);

	s->device = (struct step_device){
		.path = d->path,
		/* mknod(2) of a device needs CAP_MKNOD in the initial user namespace. */
		.source = p->in_userns ? d->path : NULL,
		.mode = S_IFCHR | 0666,
		.major = d->major,
		.minor = d->minor,
		.optional = true,
	};
}

static int add_configured(struct planner *p, const struct spec_device *d)
{
	struct step *s = planner_step(p, STEP_DEVICE);
	mode_t type = d->type[0] == 'b' ? S_IFBLK : d->type[0] == 'p' ? S_IFIFO : S_IFCHR;

	s->device = (struct step_device){
		.path = d->path,
		.source = p->in_userns && type != S_IFIFO ? d->path : NULL,
		.mode = type | (d->file_mode.set ? (uint32_t)d->file_mode.v & 07777 : 0666),
		.major = d->major.set ? (uint32_t)d->major.v : 0,
		.minor = d->minor.set ? (uint32_t)d->minor.v : 0,
		.uid = d->uid.set ? (uint32_t)d->uid.v : 0,
		.gid = d->gid.set ? (uint32_t)d->gid.v : 0,
	};
	return 0;
}

void plan_console(struct planner *p, bool bind)
{
	const struct spec_console_size *size = p->spec->process->console_size;
	struct step *s;

	if (!p->plan->terminal)
		return;
	s = planner_step(p, STEP_CONSOLE);
	s->console.bind = bind;
	s->console.find = p->target != NULL;
	s->console.uid = p->spec->process->user.uid;
	if (size) {
		s->console.height = size->height.set ? (uint32_t)size->height.v : 0;
		s->console.width = size->width.set ? (uint32_t)size->width.v : 0;
	}
}

int plan_devices(struct planner *p, struct err *e)
{
	bool own_dev = !dev_is_bound(p);
	const struct spec_device *d;

	(void)e;
	for (size_t i = 0; own_dev && i < ARRAY_SIZE(default_devices); i++)
		if (!configured(p, default_devices[i].path))
			add_default(p, &default_devices[i]);
	/* Of all devices, ptmx has to be the one of the container's own devpts: it stays a link. */
	array_foreach (d, &p->spec->linux_.devices)
		if (own_dev && !str_eq(d->path, "/dev/ptmx"))
			add_configured(p, d);
	for (size_t i = 0; own_dev && i < ARRAY_SIZE(default_links); i++)
		planner_step(p, STEP_SYMLINK)->symlink = default_links[i];
	if (!own_dev && p->spec->linux_.devices.n)
		planner_note(p, LOG_LEVEL_DEBUG,
			"linux.devices: nothing made: /dev is bound from the host and has its own");
	plan_console(p, own_dev);
	return 0;
}
