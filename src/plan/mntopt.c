// SPDX-License-Identifier: Apache-2.0
/*
 * Mount options; see mntopt.h. The words are those of runtime-spec's config.md ("Linux mount
 * options"), mount(8), and the extensions that runc and crun share.
 */
#include "plan/mntopt.h"

#include <linux/mount.h>

#include "base/names.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

/* What a word changes. Attribute words exist in a plain form and, for binds, a recursive "r" form.
 */
struct attr_word {
	const char *name;
	uint64_t set;
	uint64_t clear;
	bool recursive;
};

/* The atime attributes are one field of three bits' worth: setting one clears the others. */
#define ATIME MOUNT_ATTR__ATIME

#define BOTH(word, set, clear)                                                                     \
	{word, set, clear, false},                                                                 \
	{                                                                                          \
		"r" word, set, clear, true                                                         \
	}

static const struct attr_word attr_words[] = {
	BOTH("ro", MOUNT_ATTR_RDONLY, 0),
	BOTH("rw", 0, MOUNT_ATTR_RDONLY),
	BOTH("nosuid", MOUNT_ATTR_NOSUID, 0),
	BOTH("suid", 0, MOUNT_ATTR_NOSUID),
	BOTH("nodev", MOUNT_ATTR_NODEV, 0),
	BOTH("dev", 0, MOUNT_ATTR_NODEV),
	BOTH("noexec", MOUNT_ATTR_NOEXEC, 0),
	BOTH("exec", 0, MOUNT_ATTR_NOEXEC),
	BOTH("nodiratime", MOUNT_ATTR_NODIRATIME, 0),
	BOTH("diratime", 0, MOUNT_ATTR_NODIRATIME),
	BOTH("relatime", MOUNT_ATTR_RELATIME, ATIME),
	BOTH("norelatime", MOUNT_ATTR_STRICTATIME, ATIME),
	BOTH("noatime", MOUNT_ATTR_NOATIME, ATIME),
	BOTH("atime", MOUNT_ATTR_RELATIME, ATIME),
	BOTH("strictatime", MOUNT_ATTR_STRICTATIME, ATIME),
	BOTH("nostrictatime", MOUNT_ATTR_RELATIME, ATIME),
	BOTH("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0),
	BOTH("symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW),
	{"defaults", 0, 0, false},
};

static const struct name flag_words[] = {
	{"bind", STEP_MOUNT_BIND},
	{"rbind", STEP_MOUNT_BIND | STEP_MOUNT_REC},
	{"tmpcopyup", STEP_MOUNT_COPY_UP},
	{"src-nofollow", STEP_MOUNT_SRC_NOFOLLOW},
	{"dest-nofollow", STEP_MOUNT_DEST_NOFOLLOW},
	{"copy-symlink", STEP_MOUNT_COPY_SYMLINK},
	{"idmap", STEP_MOUNT_IDMAP},
	{"ridmap", STEP_MOUNT_IDMAP | STEP_MOUNT_IDMAP_REC},
	{NULL, 0},
};

static const struct name propagation_words[] = {
	{"private", MS_PRIVATE},
	{"rprivate", MS_PRIVATE | MS_REC},
	{"shared", MS_SHARED},
	{"rshared", MS_SHARED | MS_REC},
	{"slave", MS_SLAVE},
	{"rslave", MS_SLAVE | MS_REC},
	{"unbindable", MS_UNBINDABLE},
	{"runbindable", MS_UNBINDABLE | MS_REC},
	{NULL, 0},
};

/*
 * Words of superblock or userspace meaning that runc takes as flags of mount(2). As options of a
 * file system context they keep that meaning ("sync") or mean nothing ("loud", "remount").
 */
static const char *const dropped_words[] = {"remount", "loud", "silent", "iversion", "noiversion"};

/* Those of the specification that fsconfig(2) takes for every file system. */
static const char *const superblock_words[] = {
	"async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync"};

bool mntopt_is_superblock(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(superblock_words); i++)
		if (str_eq(superblock_words[i], word))
			return true;
	return false;
}

uint64_t mntopt_propagation(const char *word)
{
	const struct name *row = names_find(propagation_words, word);

	return row ? row->value : 0;
}

static void apply_attr(struct step_mount *m, const struct attr_word *w)
{
	uint64_t *set = w->recursive ? &m->rec_attr_set : &m->attr_set;
	uint64_t *clear = w->recursive ? &m->rec_attr_clear : &m->attr_clear;

	*set = (*set & ~w->clear) | w->set;
	*clear = (*clear & ~w->set) | w->clear;
}

bool mntopt_apply(struct step_mount *m, const char *word)
{
	const struct name *flag = names_find(flag_words, word);
	uint64_t propagation = mntopt_propagation(word);

	if (flag) {
		m->flags |= (uint32_t)flag->value;
		return true;
	}
	if (propagation) {
		m->propagation = propagation;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++) {
		if (str_eq(attr_words[i].name, word)) {
			apply_attr(m, &attr_words[i]);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(dropped_words); i++)
		if (str_eq(dropped_words[i], word))
			return true;
	return false;
}

struct strv mntopt_words(struct arena *a)
{
	struct strv out = {0};

	for (const struct name *row = flag_words; row->name; row++)
		strv_add(a, &out, row->name);
	for (const struct name *row = propagation_words; row->name; row++)
		strv_add(a, &out, row->name);
	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++)
		strv_add(a, &out, attr_words[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(superblock_words); i++)
		strv_add(a, &out, superblock_words[i]);
	for (size_t i = 0; i < ARRAY_SIZE(dropped_words); i++)
		strv_add(a, &out, dropped_words[i]);
	return out;
}
