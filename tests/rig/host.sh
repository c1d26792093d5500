# SPDX-License-Identifier: GPL-2.0
# Build what an emulated host boots. Sourced by the build-host scripts, after scripts/lib.sh and these settings:
#
#   host                     name of the host, also of its lock
#   out                      the directory to make
#   suite, packages          a Debian release, and what to unpack of it
#   programs                 programs to copy, with their libraries
#   modules                  kernel modules to copy and list in /modules, in the order of loading
#   sources                  what else the result depends on
#
# A script also defines initramfs, which fills $stage and calls pack, and boot_files, which adds to $work.
# Everything comes from packages, through the mirror that this machine's apt uses, with apt's signature checks. Nothing
# is installed on this machine.
# shellcheck shell=sh disable=SC2154

work=$out.tmp
root=$work/root
stage=$work/stage

# What the host is built from: any change of these files builds it again.
fingerprint()
{
	# shellcheck disable=SC2086 # a list of words, as below
	cat "$ROOT/tests/rig/host.sh" $sources | sha256sum
}

fetch()
{
	"$ROOT/scripts/fetch" --mirror "$suite" >"$work/sources.list"
	# shellcheck disable=SC2086
	mmdebstrap --mode=root --variant=extract --include="$(echo $packages)" \
		"$suite" "$root" "$work/sources.list" >>"$LOG" 2>&1
}

# Copy a file of the release to the same place of the host. Not -a: what a symbolic link names is copied.
take()
{
	[ -e "$root$1" ] || { echo "no package of $suite has $1"; return 1; }
	mkdir -p "$stage$(dirname "$1")" && cp -L "$root$1" "$stage$1"
}

take_program()
{
	take "$1"
	for lib in $(chroot "$root" /lib64/ld-linux-x86-64.so.2 --list "$1" | grep -o '/[^ ]*'); do
		[ -e "$stage$lib" ] || take "$lib"
	done
}

# Copies the modules, uncompressed, and lists them in /modules in the order of loading.
take_modules()
{
	kernel=$(ls "$root/lib/modules")
	chroot "$root" /sbin/depmod "$kernel"
	for module in $modules; do
		chroot "$root" /sbin/modprobe --set-version "$kernel" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
	while read -r path; do
		name=/lib/modules/$(basename "$path" .xz)
		mkdir -p "$stage/lib/modules"
		case $path in
		*.xz) xz -dc "$root$path" >"$stage$name" ;;
		*) cp "$root$path" "$stage$name" ;;
		esac
		echo "$name" >>"$stage/modules"
	done
	for module in $modules; do
		[ -e "$stage/lib/modules/$module.ko" ] || { echo "the kernel of $suite has no module $module"; return 1; }
	done
}

# Programs, libraries and modules in the directories of a merged /usr.
lay_out()
{
	mkdir -p "$stage/usr/bin" "$stage/usr/sbin" "$stage/usr/lib/x86_64-linux-gnu" "$stage/usr/lib64" "$stage/etc"
	for dir in bin sbin lib lib64; do ln -s "usr/$dir" "$stage/$dir"; done
	for dir in dev proc sys run tmp mnt; do mkdir -p "$stage/$dir"; done
	for program in $programs; do take_program "$program"; done
	take_modules
}

pack()
{
	(cd "$stage" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$work/host.cpio"
}

finish()
{
	rm -rf "$root" "$stage" "$work/sources.list" "$out"
	fingerprint >"$work/stamp"
	mv "$work" "$out"
}

# set -e does not reach into a function whose result is tested, so a step is a shell of its own.
step()
{
	say "$1"
	set +e
	(set -e; "$1") >>"$LOG" 2>&1
	result=$?
	set -e
	[ $result -eq 0 ] || die "$1: $(tail -n 1 "$LOG")$(disk_full)"
}

build_host()
{
	mkdir -p "$(dirname "$out")"
	lock "$host"
	[ "$(fingerprint)" != "$(cat "$out/stamp" 2>/dev/null)" ] || exit 0
	need_tool mmdebstrap cpio xz apt-get
	[ "$(id -u)" = 0 ] || die "only root may unpack a Debian release: use sudo"
	need_space 1500
	rm -rf "$work"
	mkdir -p "$work"
	for step in fetch boot_files initramfs finish; do
		step $step
	done
}
