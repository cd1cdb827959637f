// SPDX-License-Identifier: Apache-2.0
/*
 * criu(8) as a child of the front end's: `criu swrk`, which is what runtimes use, takes its request
 * over a socket and asks back at each stage. Front end; the children between fork and exec, in
 * mount namespaces of their own.
 */
#ifndef LODGER_LAUNCH_CRIU_H
#define LODGER_LAUNCH_CRIU_H

#include "kernel/sig.h"
#include "plan/criu.h"
#include "protocol/criurpc.h"

/* criu's own descriptors. */
#define CRIU_SOCK_FD  3
#define CRIU_IMAGE_FD 4
#define CRIU_WORK_FD  5
#define CRIU_MORE_FD  6

struct criu {
	/* in */
	struct arena *arena;
	const char *path; /* of the program */
	enum criu_verb verb;
	struct criu_options *options;
	const char *image_path; /* the directories, absolute */
	const char *work_path;
	const char *log_path; /* for messages, and to read when criu has failed */
	const char *root; /* restore: made a mount of its own in criu's namespace; NULL = none */
	const sigset_t *signals; /* mask that it starts with; NULL = ours */
	bool stdio; /* it gets our standard descriptors, for what it restores; else /dev/null */
	int cgroup; /* v2 directory that it is born in, -1 = ours */
	const int *more; /* descriptors for CRIU_MORE_FD and those after it */
	size_t n_more;

	/* out */
	pid_t pid; /* 0 once it has been waited for */
	int pidfd;
	int sock;
};

#define CRIU_NONE                                                                                  \
	{                                                                                          \
		.cgroup = -1, .pidfd = -1, .sock = -1                                              \
	}

/* Start it. ERR_HOST_INSTALL, ERR_ROOTFS. */
int criu_start(struct criu *c, struct err *e);

/* A stage that criu has come to; it goes on when 0 is returned. `*fd`: what came along, to take. */
typedef int criu_notice_fn(void *arg, const struct criu_answer *notice, int *fd, struct err *e);

/*
 * Send the request and answer until it is done, well or not; `*ret` is the last answer.
 * ERR_CHILD_DIED with the lines of criu's log that say why.
 */
int criu_talk(
	struct criu *c, criu_notice_fn *notice, void *arg, struct criu_answer *ret, struct err *e);

/* Let it end, or where it does not within a second kill it, and reap it. */
void criu_end(struct criu *c);
#define auto_criu __attribute__((cleanup(criu_end)))

/*
 * Run a function in a child with a copy of our mount namespace, from which no mount gets out; wait
 * for its end. Its error is `e`.
 */
typedef int criu_child_fn(const void *arg, struct err *e);
int criu_in_child(uint64_t flags, criu_child_fn *fn, const void *arg, struct err *e);

/*
 * Have a mount point for every place in a root filesystem: criu makes none. Those that lie within
 * another mount are made there.
 */
int criu_make_points(const char *rootfs, const criu_place_list *places, struct err *e);

#endif
