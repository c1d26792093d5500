# SPDX-License-Identifier: GPL-2.0
# How the series is applied to the base without a work tree of 95,000 files. Sourced after lib.sh.
# shellcheck shell=sh

TREE=$BUILD/tree
RECORD=$TREE/.git/xen-pvh-series	# what scripts/tree, or export, last left in the tree

# What the developer has done since: "" when nothing.
work_in_tree()
{
	[ -f "$RECORD" ] || { echo "it was not made by this script"; return; }
	for state in rebase-merge rebase-apply MERGE_HEAD CHERRY_PICK_HEAD; do
		[ ! -e "$TREE/.git/$state" ] || { echo "$state is in progress"; return; }
	done
	[ "$(git -C "$TREE" rev-parse HEAD)" = "$(field head "$RECORD")" ] || { echo "its commits differ"; return; }
	[ -z "$(git -C "$TREE" status --porcelain | head -n 1)" ] || echo "it has uncommitted changes"
}

# The files of the base that the patches change.
touched_files()
{
	for name in $(series_names); do
		[ -f "$PATCHES/$name" ] || die "$PATCHES/series names $name, which is missing"
		sed -n -e 's,^--- a/,,p' -e 's,^+++ b/,,p' -e 's,^rename from ,,p' "$PATCHES/$name"
	done | sort -u >"$BUILD/touched.new"
	git -C "$BUILD/base" ls-files >"$BUILD/files.new"
	LC_ALL=C sort "$BUILD/files.new" | LC_ALL=C comm -12 - "$BUILD/touched.new"
	rm -f "$BUILD/touched.new" "$BUILD/files.new"
}

# sparse_clone DIR: a clone of the base with the branch "series", where only the touched files are checked out.
# git am looks at those alone; that the others are absent does not matter to it.
sparse_clone()
{
	rm -rf "$1"
	run "cannot clone $BUILD/base" git clone -q --shared --no-checkout "$BUILD/base" "$1"
	run "cannot branch in $1" git -C "$1" symbolic-ref HEAD refs/heads/series
	run "cannot branch in $1" git -C "$1" update-ref refs/heads/series "base^{commit}"
	run "cannot read the base" git -C "$1" read-tree HEAD
	touched_files | git -C "$1" checkout-index --stdin 2>>"$LOG" || die "cannot check out the touched files$(disk_full)"
}

# am_series DIR: one commit a patch. The dates are the patches' own, so the commits repeat.
am_series()
{
	for name in $(series_names); do
		git -C "$1" am -q --committer-date-is-author-date --keep-non-patch "$PATCHES/$name" >>"$LOG" 2>&1 ||
			die "$name does not apply to Linux $(field release "$BUILD/base/.git/xen-pvh-base")" \
				"($(am_reason))$(disk_full)"
	done
}

# The file that a patch failed on, as git says it.
am_reason()
{
	grep -E '^error: |corrupt patch|Patch format|malformed' "$LOG" | tail -n 2 | head -n 1 | sed 's/^error: //'
}

# In one word, what the series is applied to and what it is: a change of it means that it must be applied again.
series_id()
{
	{
		git -C "$BUILD/base" rev-parse HEAD
		for name in $(series_names); do
			cat "$PATCHES/$name" || die "$PATCHES/series names $name, which is missing"
		done
	} | sha256sum | cut -c1-40
}
