# SPDX-License-Identifier: GPL-2.0
# What the shell scripts of this directory share: locations, errors, locks, git's settings. Sourced, not run.
# shellcheck shell=sh disable=SC2034

set -eu

# The locations can be moved, which is how tests/scripts runs the scripts on small fake trees.
ROOT=${ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
BUILD=${BUILD:-$ROOT/build}
PATCHES=${PATCHES:-$ROOT/patches}
BASE_FILE=${BASE_FILE:-$ROOT/BASE}
STEP=${0##*/}

mkdir -p "$BUILD/log"
BUILD=$(cd "$BUILD" && pwd -P)
LOG=$BUILD/log/$STEP.log
export ROOT BUILD PATCHES BASE_FILE

# Neither the user's settings nor the caller's repository may change what git does here.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_COMMON_DIR
export LC_ALL=C.UTF-8 TZ=UTC GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_COUNT=4
export GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_CONFIG_KEY_1=core.preloadindex GIT_CONFIG_VALUE_1=true
export GIT_CONFIG_KEY_2=safe.directory GIT_CONFIG_VALUE_2='*'
export GIT_CONFIG_KEY_3=advice.detachedHead GIT_CONFIG_VALUE_3=false
# One fixed identity and date, so that the same base and patches give the same commits.
export GIT_AUTHOR_NAME=xen-pvh GIT_AUTHOR_EMAIL=xen-pvh@localhost
export GIT_COMMITTER_NAME=xen-pvh GIT_COMMITTER_EMAIL=xen-pvh@localhost
PRISTINE_DATE='2026-01-01T00:00:00Z'

say()
{
	echo "$STEP: $*"
}

# die CAUSE: one line with the step, the cause and, where something was logged, the log.
die()
{
	if [ -s "$LOG" ]; then
		echo "$STEP: error: $* (log: $LOG)" >&2
	else
		echo "$STEP: error: $*" >&2
	fi
	exit 1
}

# run CAUSE COMMAND...: a command whose output belongs into the log.
run()
{
	run_cause=$1
	shift
	"$@" >>"$LOG" 2>&1 || die "$run_cause$(disk_full)"
}

# One step at a time: a second make in another terminal waits here instead of sharing a half-made tree.
lock()
{
	exec 9>"$BUILD/.lock-${1:-$STEP}"
	flock -n 9 || {
		say "waiting for another run to finish"
		flock -w 3600 9 || die "another run has held $BUILD/.lock-${1:-$STEP} for an hour"
	}
	: >"$LOG"
}

free_mib()
{
	df -Pk "$BUILD" | awk 'NR == 2 { print int($4 / 1024) }'
}

need_space()
{
	[ "$(free_mib)" -ge "$1" ] ||
		die "not enough disk space in $BUILD: $1 MiB needed, $(free_mib) MiB available"
}

# Names the usual reason of a failure that otherwise looks like a tool's own.
disk_full()
{
	[ "$(free_mib)" -ge 16 ] || echo ": the disk is full ($(free_mib) MiB available in $BUILD)"
}

need_tool()
{
	for tool in "$@"; do
		command -v "$tool" >/dev/null || die "missing tool: $tool (run scripts/setup)"
	done
}

series_names()
{
	[ -f "$PATCHES/series" ] || die "$PATCHES/series is missing"
	grep -v -e '^#' -e '^[[:space:]]*$' "$PATCHES/series" || true
}

# field NAME FILE: the value of NAME=value in one of the records that base and tree keep.
field()
{
	sed -n "s/^$1=//p" "$2" 2>/dev/null
}
