// SPDX-License-Identifier: Apache-2.0
/* spec and --version. Front end. */
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "commit.h"
#include "lodger/internal.h"

int lodger_spec(struct lodger *l, const char *bundle, bool rootless, struct err *e)
{
	const char *path =
		bundle ? arena_printf(l->arena, "%s/config.json", bundle) : "config.json";
	auto_fd int fd = -1;
	struct facts facts;
	char *text;
	int r = facts_read(l->arena, 0, &facts, e);

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		r = errno;
		err_object(e, "%s", path);
		if (r == EEXIST)
			return err_set(e, ERR_USAGE, r, "file %s exists. Remove it first", path);
		return err_sys(e, ERR_CONFIG_READ, r, "%s", path);
	}
	text = spec_sample(l->arena, rootless, facts.euid, facts.egid,
		facts.cgroup_layout == CGROUP_LAYOUT_UNIFIED);
	r = file_write_all(fd, text, strlen(text));
	return r < 0 ? err_sys(e, ERR_SYSTEM, r, "writing %s", path) : 0;
}

char *lodger_version_details(struct lodger *l)
{
	return arena_printf(l->arena, "commit: %s\nspec: %s\nlibseccomp: %s\n", GIT_COMMIT,
		SPEC_VERSION, filter_library_version(l->arena));
}
