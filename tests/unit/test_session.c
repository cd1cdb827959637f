// SPDX-License-Identifier: Apache-2.0
/* host/session: which note of a session's scope is believed, in a made-up root. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/session.h"
#include "tree.h"

#define SCOPE "sys/fs/cgroup/user@1/app.slice/lodger.scope"

/* All as it is to be, but for what a test then changes. */
static void put_session(struct tree *f)
{
	setenv("XDG_RUNTIME_DIR", "/run/u", 1);
	tree_put(f, "run/u/lodger-session/lock", "", 0600);
	assert_int_equal(fchmodat(f->fd, "run/u/lodger-session", 0700, 0), 0);
	tree_link(f, "run/u/lodger-session/scope", "/" SCOPE);
	tree_put(f, SCOPE "/holder/cgroup.events", "populated 1\nfrozen 0\n", 0644);
}

static const char *session_of(struct tree *f)
{
	struct facts facts = {.euid = geteuid()};

	session_find(f->a, f->fd, &facts);
	assert_string_equal(facts.session_dir, "/run/u/lodger-session");
	return facts.session;
}

static void session_is_found(void **state)
{
	struct tree *f = *state;

	put_session(f);
	assert_string_equal(session_of(f), "/" SCOPE);
}

/* Root's is the system's; a relative XDG_RUNTIME_DIR is to be passed over. */
static void session_directories(void **state)
{
	struct tree *f = *state;
	struct facts root = {.euid = 0, .initial_userns = true};
	struct facts user = {.euid = 77};

	setenv("XDG_RUNTIME_DIR", "run/u", 1);
	session_find(f->a, f->fd, &root);
	assert_string_equal(root.session_dir, "/run/lodger-session");
	session_find(f->a, f->fd, &user);
	assert_string_equal(user.session_dir, "/run/user/77/lodger-session");
	assert_null(user.session);
}

static void session_without_a_holder(void **state)
{
	struct tree *f = *state;

	put_session(f);
	tree_put(f, SCOPE "/holder/cgroup.events", "populated 0\nfrozen 0\n", 0644);
	assert_null(session_of(f));
	assert_int_equal(unlinkat(f->fd, SCOPE "/holder/cgroup.events", 0), 0);
	assert_null(session_of(f));
}

static void session_notes_of_others(void **state)
{
	static const char *const elsewhere[] = {
		"/sys/fs/cgroup/user@1/app.slice/other.scope",
		"/sys/fs/cgroup/user@1/app.slice/xlodger.scope",
		"/" SCOPE "/",
		SCOPE,
		"/sys/fs/cgroup/user@1/../user@1/app.slice/lodger.scope",
		"/run/u/lodger.scope",
		"/sys/fs/cgroup/lodger.scope",
		"/",
	};
	struct tree *f = *state;

	put_session(f);
	tree_put(f, "sys/fs/cgroup/user@1/app.slice/other.scope/holder/cgroup.events",
		"populated 1\n", 0644);
	tree_put(f, "sys/fs/cgroup/user@1/app.slice/xlodger.scope/holder/cgroup.events",
		"populated 1\n", 0644);
	tree_put(f, "run/u/lodger.scope/holder/cgroup.events", "populated 1\n", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		tree_link(f, "run/u/lodger-session/scope", elsewhere[i]);
		assert_null(session_of(f));
	}
	assert_int_equal(unlinkat(f->fd, "run/u/lodger-session/scope", 0), 0);
	assert_null(session_of(f));
}

static void session_that_others_may_change(void **state)
{
	struct tree *f = *state;

	put_session(f);
	assert_int_equal(fchmodat(f->fd, "run/u/lodger-session", 0750, 0), 0);
	assert_null(session_of(f));
	assert_int_equal(fchmodat(f->fd, "run/u/lodger-session", 0700, 0), 0);
	assert_int_equal(fchmodat(f->fd, SCOPE, 0775, 0), 0);
	assert_null(session_of(f));
	assert_int_equal(fchmodat(f->fd, SCOPE, 0755, 0), 0);
	assert_non_null(session_of(f));
	if (geteuid() != 0)
		return;
	assert_int_equal(fchownat(f->fd, "run/u/lodger-session", 1, 1, 0), 0);
	assert_null(session_of(f));
	assert_int_equal(fchownat(f->fd, "run/u/lodger-session", 0, 0, 0), 0);
	assert_int_equal(fchownat(f->fd, SCOPE, 1, 1, 0), 0);
	assert_null(session_of(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tree_test(session_is_found),
		tree_test(session_directories),
		tree_test(session_without_a_holder),
		tree_test(session_notes_of_others),
		tree_test(session_that_others_may_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
