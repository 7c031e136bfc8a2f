# SPDX-License-Identifier: BSD-2-Clause
# Common to the scripts in tools/vm: where things are, how messages look, how to act as root.
# shellcheck shell=bash disable=SC2034

set -o errexit -o nounset -o pipefail
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
tree=${vm%/tools/vm}
[ -n "${HOME-}" ] || unset HOME
home=~
cache=${XDG_CACHE_HOME:-$home/.cache}/uverbs-bpf

# Exit codes of tools/vm/run that are not the command's; docs in `tools/vm/run --help`.
readonly EXIT_REPORT=125 EXIT_TIMEOUT=124 EXIT_BOOT=123 EXIT_SETUP=122 EXIT_KERNEL=121

# Everything that has to look like root's (package installation, chroot, mounts, files with
# owners) runs as root, or for an ordinary user in a user namespace in which he is root.
if [ "$(id -u)" -eq 0 ]; then
	as_root=()
	in_namespace=(unshare --mount --propagation private)
else
	as_root=(unshare --user --map-root-user --map-auto)
	in_namespace=("${as_root[@]}" --mount --propagation private)
fi

say() {
	printf '%s: %s\n' "${0##*/tools/}" "$*" >&2
}

# fail STATUS MESSAGE
fail() {
	local status=$1

	shift
	say "$*"
	exit "$status"
}

# Debian's kernels, by the name of the root file system that holds each.
check_kernel() {
	case $1 in
	stable | next | debug) ;;
	*)
		fail $EXIT_KERNEL "--kernel=$1: no such kernel; use stable, next or debug" ;;
	esac
}

# The release of the kernel in root file system DIR, as uname -r says it.
kernel_release() {
	local image

	for image in "$1"/boot/vmlinuz-*; do
		echo "${image##*/vmlinuz-}"
		return
	done
}

# use_emulator ROOT: set qemu to the command that runs, on this host, the QEMU of root file system ROOT
# with the libraries and firmware it has there.
use_emulator() {
	local lib=$1/usr/lib/x86_64-linux-gnu

	qemu=(env QEMU_MODULE_DIR="$lib/qemu" "$lib/ld-linux-x86-64.so.2" --library-path "$lib"
		"$1/usr/bin/qemu-system-x86_64" -L "$1/usr/share/qemu" -L "$1/usr/share/seabios")
}

# lock FD NAME: take a lock of the cache until FD is closed, with a word if that takes time.
lock() {
	mkdir -p "$cache/lock"
	eval "exec $1>\"\$cache/lock/\$2\""
	flock --nonblock "$1" && return
	say "waiting for another run to finish with $2"
	flock "$1"
}
