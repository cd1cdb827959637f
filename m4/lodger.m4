# SPDX-License-Identifier: Apache-2.0
# Macros of configure.ac.

# LODGER_CC_FLAG(VARIABLE, FLAG): append FLAG to VARIABLE if the compiler takes it for compiling
# and linking without a warning. FLAG may be several words that belong together.
AC_DEFUN([LODGER_CC_FLAG], [
	AS_VAR_PUSHDEF([cache], [lodger_cv_flag_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		lodger_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[]], [[]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$lodger_saved_cflags
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cache])
])

# LODGER_CC_FLAGS(VARIABLE, FLAGS): LODGER_CC_FLAG for each word of FLAGS.
AC_DEFUN([LODGER_CC_FLAGS], [m4_foreach_w([lodger_flag], [$2],
	[LODGER_CC_FLAG([$1], m4_defn([lodger_flag]))])])

# LODGER_TRY_RUN(CFLAGS, LIBS, PROGRAM, IF-YES, IF-NO): link PROGRAM with exactly these flags and,
# unless cross-compiling, run it: a static-pie that links but crashes is of no use.
AC_DEFUN([LODGER_TRY_RUN], [
	lodger_saved_cflags=$CFLAGS lodger_saved_libs=$LIBS
	CFLAGS="$CFLAGS $1"
	LIBS="$2"
	AC_RUN_IFELSE([$3], [lodger_try=yes], [lodger_try=no],
		[AC_LINK_IFELSE([$3], [lodger_try=yes], [lodger_try=no])])
	CFLAGS=$lodger_saved_cflags LIBS=$lodger_saved_libs
	AS_IF([test "$lodger_try" = yes], [$4], [$5])
])

# LODGER_MUSL(FLAGS, IF-WORKS): whether $CC with FLAGS can make static-pie programs with musl, kernel
# headers included; then lodger_musl_flags has what compiling and linking take. gcc's specs file of
# the musl-gcc wrapper makes dynamic programs only, hence the edited copy.
AC_DEFUN([LODGER_MUSL], [
	AC_MSG_CHECKING([whether programs can be linked with musl])
	lodger_try=no
	lodger_specs=`sed -n 's/.*-specs "\(.*\.specs\)".*/\1/p' "\`command -v musl-gcc\`" 2>/dev/null`
	AS_IF([test -n "$lodger_specs" && test -r "$lodger_specs"], [
		sed -e 's|/Scrt1\.o|/rcrt1.o|' \
			-e 's|^-dynamic-linker .*|-nostdlib -static -pie --no-dynamic-linker -z text|' \
			"$lodger_specs" >musl-static-pie.specs
		# The wrapper hides the system's headers, those of the kernel and of the libraries too.
		AS_MKDIR_P([musl-headers])
		for name in linux/types.h asm/types.h asm-generic/types.h yajl/yajl_tree.h seccomp.h \
			seccomp-syscalls.h; do
			path=`echo "#include <$name>" | $CC $YAJL_CFLAGS $SECCOMP_CFLAGS -E -x c - 2>/dev/null |
				sed -n "s|^# 1 \"\(.*/$name\)\".*|\1|p" | sed 1q`
			top=`AS_ECHO(["$name"]) | sed 's|/.*||'`
			rm -f "musl-headers/$top"
			test -z "$path" || $LN_S "`AS_ECHO(["$path"]) | sed \"s|/$name\$|/$top|\"`" "musl-headers/$top"
		done
		lodger_musl_flags="-specs=$PWD/musl-static-pie.specs -isystem $PWD/musl-headers"
		LODGER_TRY_RUN([$1 $lodger_musl_flags], [], [AC_LANG_PROGRAM([[
			#include <linux/capability.h>
			#include <linux/filter.h>
			#include <linux/mount.h>
			#include <linux/openat2.h>
			#include <linux/rtnetlink.h>
			#include <linux/sched.h>
			#include <linux/seccomp.h>
			#include <sys/mount.h>
			#include <sys/prctl.h>
			#include <sys/syscall.h>
			#include <unistd.h>
			#ifdef __GLIBC__
			#error "the wrong headers"
			#endif
		]], [[
			/* A dynamic or unrelocated program would not get this far. */
			static const char *const text[] = { "a", "b" };
			return !text[0] || !text[1] || syscall(SYS_openat2, -1, 0, 0, 0) >= 0;
		]])], [$2])
	])
	AC_MSG_RESULT([$lodger_try])
])
