// SPDX-License-Identifier: Apache-2.0
/*
 * Where to ask systemd. In: the environment, names below /run. Out: addresses in the order in which
 * they are to be tried. Front end; connects to nobody.
 */
#include "host/bus.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool is_there(int root_fd, const char *path)
{
	struct stat st;

	return *path == '/' && fstatat(root_fd, path + 1, &st, 0) == 0;
}

/* The caller's uid as the host's systemd knows it. */
static uint32_t outer_uid(const struct facts *f)
{
	const struct id_extent *x;

	array_foreach (x, &f->uid_map)
		if (f->euid >= x->inside && f->euid - x->inside < x->count)
			return x->outside + (f->euid - x->inside);
	return f->euid;
}

static bool is_system(const struct facts *f)
{
	return f->initial_userns && f->euid == 0;
}

const char *bus_runtime_dir(struct arena *a, const struct facts *f)
{
	const char *run = getenv("XDG_RUNTIME_DIR");

	if (is_system(f))
		return "/run";
	if (!str_is_empty(run) && *run == '/')
		return arena_strdup(a, run);
	return arena_printf(a, "/run/user/%" PRIu32, outer_uid(f));
}

static void find_system(struct arena *a, int root_fd, struct facts *f)
{
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");

	f->systemd = is_there(root_fd, "/run/systemd/system");
	f->bus = arena_printf(a, "%s;unix:path=/run/systemd/private",
		str_is_empty(address) ? "unix:path=/run/dbus/system_bus_socket" : address);
}

/*
 * The private socket of the manager is there where a user has a manager but no bus. The runtime
 * directory may be another user's after su; that is for the one who connects to find out.
 */
static void find_user(struct arena *a, int root_fd, struct facts *f)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *run = bus_runtime_dir(a, f);

	f->systemd = is_there(root_fd, arena_printf(a, "%s/systemd/private", run));
	f->bus = arena_printf(a, "%s%sunix:path=%s/bus;unix:path=%s/systemd/private",
		str_is_empty(address) ? "" : address, str_is_empty(address) ? "" : ";", run, run);
}

void bus_find(struct arena *a, int root_fd, struct facts *f)
{
	if (is_system(f))
		find_system(a, root_fd, f);
	else
		find_user(a, root_fd, f);
}
