# SPDX-License-Identifier: BSD-2-Clause
# For tests of CQs that count; begin them with
#
#	. "$(dirname "$0")/counter.sh"
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/rdma.sh"

counter=/usr/lib/uverbs-bpf/providers/comp-counter.bpf.o
odd=/usr/lib/uverbs-bpf/tests/bpf/odd-counter.bpf.o
pins=/sys/fs/bpf/counter

# attach OBJECT NAME: and check that it is; bpftool crashes when it has attached something.
attach() {
	mountpoint --quiet /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	mkdir -p "$pins/$2"
	bpftool struct_ops register "$1" "$pins/$2" >"$tmp/bpftool" 2>&1 || true
	is_attached "$2" || fail "$2 is not attached: $(cat "$tmp/bpftool"; dmesg | tail -n 5)"
}

is_attached() {
	grep -q "^provider"$'\t'"$1"$'\t' /proc/uverbs_bpf/programs
}

is_detached() {
	! is_attached "$1"
}

# detach NAME
detach() {
	rm -rf "${pins:?}/$1"
	wait_for 10 is_detached "$1"
}

on_exit "rm -rf $pins"
