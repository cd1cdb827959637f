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
