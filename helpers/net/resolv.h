// SPDX-License-Identifier: Apache-2.0
/*
 * The host's resolvers, resolv.conf(5), followed while the process runs: also from a sandbox in
 * which there is no /etc, by the descriptors of the directories that were opened before.
 */
#ifndef LODGER_NET_RESOLV_H
#define LODGER_NET_RESOLV_H

#include "addr.h"
#include "options.h"

#define RESOLV_DIRS_MAX 12u

struct resolv_dir {
	char path[128];
	int fd;
	int watch;
};

struct resolv {
	const char *path;
	int inotify; /* -1 = nothing to follow; becomes readable when something has changed */
	struct resolv_dir dirs[RESOLV_DIRS_MAX];
	unsigned dirs_n;
	bool sealed; /* in the sandbox: no directory can be added */
	union addr list[NET_RESOLVERS_MAX];
	unsigned n; /* never 0 */
};

/*
 * The addresses behind "nameserver" in a text, with port 53, at most `max`; returns how many.
 * Malformed lines are passed over, as resolvers do.
 */
unsigned resolv_parse(const char *text, union addr *ret, unsigned max);

/*
 * Read the file (usually /etc/resolv.conf; absolute) and watch it: symlinks are followed by hand,
 * each directory on the way is kept open, and so are those where the usual programs keep the real
 * file, in case the link is turned to them. A file that is missing or names nobody means a
 * resolver on this host's loopback, as resolv.conf(5) has it.
 */
void resolv_open(struct resolv *r, const char *path); /* keeps `path` */

/* The resolvers are these, for ever. */
void resolv_fixed(struct resolv *r, const union addr *list, unsigned n);

/* Call when the inotify descriptor is readable. True if the list is a different one now. */
bool resolv_changed(struct resolv *r);

#endif
