# SPDX-License-Identifier: GPL-2.0
# How the series is applied to the base without a work tree of 95,000 files. Sourced after lib.sh.
# shellcheck shell=sh

TREE=$BUILD/tree
RECORD=$TREE/.git/xen-pvh-series	# what scripts/tree, or export, last left in the tree

# What keeps the tree from being exported whole: "" when nothing.
unfinished_work()
{
	for state in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD; do
		[ ! -e "$TREE/.git/$state" ] || { echo "$state is in progress"; return; }
	done
	[ -z "$(git -C "$TREE" status --porcelain | head -n 1)" ] || echo "it has uncommitted changes"
}

# What the developer has done since the tree was recorded: "" when nothing.
work_in_tree()
{
	[ -d "$TREE" ] || return 0
	[ -f "$RECORD" ] || { echo "it was not made by this script"; return; }
	{
		unfinished_work
		[ "$(git -C "$TREE" rev-parse HEAD)" = "$(field head "$RECORD")" ] || echo "its commits differ"
	} | head -n 1
}

# record_tree DIR COMMIT ID: the tree and patches/ are the same now, and neither has to be protected from the other.
record_tree()
{
	printf 'head=%s\nid=%s\n' "$2" "$3" >"$1/.git/xen-pvh-series.new"
	mv "$1/.git/xen-pvh-series.new" "$1/.git/xen-pvh-series"
}

# The files of the base that the patches change.
touched_files()
{
	(cd "$PATCHES" && series_names | xargs sed -n -e 's,^--- a/,,p' -e 's,^+++ b/,,p' -e 's,^rename from ,,p') |
		sort -u | xargs -r git --literal-pathspecs -C "$BUILD/base" ls-files --
}

# sparse_clone DIR: a clone of the base with the branch "series", where only the touched files are checked out.
# git am looks at those alone; that the others are absent does not matter to it.
sparse_clone()
{
	rm -rf "$1"
	run "cannot clone $BUILD/base" git clone -q --shared --no-checkout "$BUILD/base" "$1"
	run "cannot branch in $1" git -C "$1" branch -M series
	run "cannot read the base" git -C "$1" read-tree HEAD
	touched_files | git -C "$1" checkout-index --stdin 2>>"$LOG" || die "cannot check out the touched files$(disk_full)"
}

# am DIR [OPTION...]: apply the patches that standard input names, one commit each. The dates are the patches' own, so
# the commits repeat.
am()
{
	am_dir=$1 names=$(cat)
	shift
	echo "$names" | sed -n "s,^.,$PATCHES/&,p" | xargs -r -d '\n' git -C "$am_dir" am -q --committer-date-is-author-date \
		--keep-non-patch "$@" >>"$LOG" 2>&1 && return
	next=$(cat "$am_dir/.git/rebase-apply/next" 2>/dev/null) || die "git am failed: $(tail -n 1 "$LOG")$(disk_full)"
	die "$(echo "$names" | sed -n "${next}p") does not apply to $(git -C "$am_dir" log -1 --format=%s base)" \
		"($(am_reason))$(disk_full)"
}

# The file that a patch failed on, as git says it.
am_reason()
{
	grep -E '^error: |corrupt patch|Patch format|malformed' "$LOG" | tail -n 2 | head -n 1 | sed 's/^error: //'
}

# In one word, what the series is applied to and what it is: a change of it means that it must be applied again.
series_id()
{
	for name in $(series_names); do
		[ -f "$PATCHES/$name" ] || die "$PATCHES/series names $name, which is missing"
	done
	{ git -C "$BUILD/base" rev-parse HEAD && cd "$PATCHES" && series_names | xargs -r cat; } | sha256sum | cut -c1-40
}
