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
