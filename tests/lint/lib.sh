# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the lint scripts: sourced first, changes to the top of the source tree. Each script prints
# TAP: plan N, then report TEXT FINDINGS for each check, where no findings means that it holds.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
export LC_ALL=C

lint_nr=0

plan() {
	printf '1..%d\n' "$1"
}

report() {
	lint_nr=$((lint_nr + 1))
	if [ -z "$2" ]; then
		printf 'ok %d - %s\n' "$lint_nr" "$1"
	else
		printf 'not ok %d - %s\n' "$lint_nr" "$1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

# skip TEXT REASON
skip() {
	lint_nr=$((lint_nr + 1))
	printf 'ok %d - %s # SKIP %s\n' "$lint_nr" "$1" "$2"
}

# The project's own C files: sources and headers, tests too. With arguments: below these only.
c_files() {
	[ $# -gt 0 ] || set -- src helpers tests
	find "$@" -name '*.[ch]' -type f | sort
}

# What the project consists of: what git knows or would add; in a tarball, everything.
project_files() {
	if [ -e .git ] && command -v git >/dev/null; then
		git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard
	else
		find . \( -path './_*' -o -path './build*' -o -name .git -o -name autom4te.cache \) -prune -o -type f -print |
			sed 's|^\./||'
	fi | grep -vE '^(build-aux/|configure$|aclocal\.m4$|Makefile\.in$|config\.h\.in$|.*\.(gz|xz|png|orig)$|.*~$)' |
		while read -r file; do
			[ ! -f "$file" ] || echo "$file"
		done | sort
}

text_files() {
	project_files | grep -vE '^(LICENSE|tests/fuzz/(corpus|seeds).*|tests/golden/.*\.(json|err))$'
}

# Shell and bats scripts, by their first line or, for those that are sourced, their name.
scripts() {
	project_files | while read -r file; do
		case $file in
			*.sh | *.bash | *.bats) echo "$file" ;;
			*.*) ;;
			*) head -n 1 "$file" | tr -d '\0' | grep -qE '^#!.*(sh|bats)( |$)' && echo "$file" ;;
		esac
	done
}

# What the analyzers compile with; the build directory holds generated headers. The model tells them
# that failures are negative; the file that defines those functions is compiled without it.
# shellcheck disable=SC2034 # used by those who source this
{
	flags=(-std=gnu17 -D_GNU_SOURCE -Isrc "-I${LODGER_BUILD_DIR:-.}"
		'-DPKGLIBEXECDIR="/usr/libexec/lodger"')
	errno_model=tests/analyze/errno_model.h
	errno_owner=src/base/err.c
}

analyzed_files() {
	c_files src helpers | grep '\.c$' | grep -vx "$errno_owner"
}
