# SPDX-License-Identifier: BSD-2-Clause
# For tests of RDMA devices in the guest; begin them with
#
#	. "$(dirname "$0")/rdma.sh"
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../../tools/vm/devices"

# Of rxe0, of siw0, and of IPoIB on port 1 of ib0, see tools/vm/devices. Tests name them.
# shellcheck disable=SC2034
address=10.0.2.15 siw_address=10.9.0.1 ib_address=10.8.0.1

# numbers NODE: the character device numbers of a node, as 231:224.
numbers() {
	stat --format=%Hr:%Lr "$1"
}

# node_of DEVICE: the name of its node as the module has it. Fails if the module does not know it.
node_of() {
	awk -F '\t' -v device="$1" '$1 == device { print $2; found = 1 } END { exit !found }' \
		/proc/uverbs_bpf/devices
}

# assert_served DEVICE...: by us, and it is our node that programs open.
assert_served() {
	local device node

	for device in "$@"; do
		grep -q "^$device"$'\t'"uverbs[0-9]*"$'\t'"served"$'\t' /proc/uverbs_bpf/devices ||
			fail "$device is not served: $(cat /proc/uverbs_bpf/devices)"
		node=$(node_of "$device")
		assert_eq "numbers of /dev/infiniband/$node, the node of $device" \
			"$(numbers "/dev/infiniband/$node")" 231:$((224 + ${node#uverbs}))
		assert_eq "device behind $node" \
			"$(cat "/sys/class/uverbs_bpf/$node/ibdev")" "$device"
	done
}

# gid_index DEVICE ADDRESS: of the GID made of an IPv4 address.
gid_index() {
	local a b c d gid file

	IFS=. read -r a b c d <<<"$2"
	gid=$(printf '0000:0000:0000:0000:0000:ffff:%02x%02x:%02x%02x' "$a" "$b" "$c" "$d")
	for file in "/sys/class/infiniband/$1"/ports/1/gids/*; do
		if [ "$(cat "$file" 2>/dev/null)" = "$gid" ]; then
			echo "${file##*/}"
			# Without the 0 it would be the test's own status where the test ends.
			return 0
		fi
	done
	return 1
}

# handles: how many objects of ours exist, in all open files.
handles() {
	local cache

	# What was freed after a grace period, or in part, counts as active until it is shrunk.
	for cache in /sys/kernel/slab/uvb_*/shrink; do
		[ ! -e "$cache" ] || echo 1 >"$cache"
	done
	awk '/^uvb_/ { n += $2 } END { print n + 0 }' /proc/slabinfo
}

handles_are() {
	[ "$(handles)" -eq "$1" ]
}

references_are() {
	[ "$(cat /sys/module/uverbs_bpf/refcnt)" -eq "$1" ]
}

resources_are() {
	[ "$(rdma resource show "$1" | wc -l)" -eq "$2" ]
}

# assert_idle: no file is open and nothing was left behind. Memory is freed with a delay.
assert_idle() {
	wait_for 10 references_are 0
	wait_for 20 handles_are 0
}

# stock_node DEVICE: make, in $tmp, the node that ib_uverbs has for it, which only root can do.
stock_node() {
	local node

	node=$(node_of "$1")
	chmod 711 "$tmp"
	# shellcheck disable=SC2046
	mknod -m 666 "$tmp/stock-$1" c $(tr : ' ' <"/sys/class/infiniband_verbs/$node/dev")
	echo "$tmp/stock-$1"
}

# make_device NAME INTERFACE: an rxe device on a new dummy interface, removed when the test ends.
make_device() {
	ip link add "$2" type dummy
	on_exit "ip link del $2 2>/dev/null"
	ip link set "$2" up
	rdma link add "$1" type rxe netdev "$2"
}

# needs_fake [PARAMETER...]: the fake devices, with these parameters of uvb_fake; removed when the
# test ends.
needs_fake() {
	[ ! -d /sys/module/uvb_fake ] || rmmod uvb_fake
	modprobe uvb_fake "$@"
	on_exit "[ ! -d /sys/module/uvb_fake ] || rmmod uvb_fake"
}

# fake DEVICE COMMAND...: tell a fake device what to do; tests/drivers/fake/control.c says what
# there is.
fake() {
	local device=$1

	shift
	echo "$*" >"/sys/kernel/debug/uvb_fake/$device/control"
}

# fake_objects DEVICE: what it holds, one kind and count per line; nothing when that is nothing.
fake_objects() {
	awk '$2 != 0' "/sys/kernel/debug/uvb_fake/$1/objects"
}

# fake_calls DEVICE OPERATION: how often it was called.
fake_calls() {
	awk -v op="$2" '$1 == op { print $2 }' "/sys/kernel/debug/uvb_fake/$1/calls"
}

# fake_waits DEVICE OPERATION COUNT: whether so many calls are held.
fake_waits() {
	[ "$(awk -v op="$2" '$1 == op { print $4 }' "/sys/kernel/debug/uvb_fake/$1/calls")" -eq "$3" ]
}

# fake_records DEVICE: what its driver was passed since the recording was switched on or cleared.
fake_records() {
	cat "/sys/kernel/debug/uvb_fake/$1/records"
}

# assert_fake_empty DEVICE: it holds nothing any more.
assert_fake_empty() {
	local objects

	objects=$(fake_objects "$1")
	[ -z "$objects" ] || fail "$1 still holds: $objects"
}

# hold NODE: let a process make one object of each kind; its id is in $holder.
hold() {
	# What the one before said is not waited for.
	rm -f "$tmp/hold"
	lifetimes hold "$1" >"$tmp/hold" &
	holder=$!
	on_exit "kill -KILL $holder 2>/dev/null"
	wait_for 10 grep -q ready "$tmp/hold"
}

# bury PROCESS: kill it the hard way, if it is still there.
bury() {
	kill -KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

# ended PROCESS: whether a child has.
ended() {
	! kill -0 "$1" 2>/dev/null
}

# removal_waits REMOVER NODE HOLDER: a process removes a device of which another has the node open;
# it waits until that has ended.
removal_waits() {
	sleep 1
	! ended "$1" || fail "a device was removed with its node open"
	# Nobody new gets in while it waits.
	[ ! -e "$2" ] || fail "$2 is still there"
	bury "$3"
	wait_for 20 ended "$1"
	wait "$1" || fail "the removal failed with status $?"
}

# charged_group NAME [LIMITS]: a control group $group to which RDMA is charged, until the test ends.
charged_group() {
	local top=/sys/fs/cgroup

	group=$top/$1
	echo +rdma >$top/cgroup.subtree_control
	mkdir $group
	on_exit "remove_group $group"
	[ -z "${2-}" ] || echo "$2" >$group/rdma.max
}

# remove_group GROUP: Linux 6.12 keeps the pool of a device that has limits when its group is freed,
# and follows its list into the freed group when the device goes; so the limits go first.
remove_group() {
	sed 's/=[^ ]*/=max/g' $1/rdma.max | while read -r limits; do
		echo "$limits" >$1/rdma.max
	done
	rmdir $1
}

# crash_loaders COMMAND...: a loader of programs is killed at twenty moments of its work, and each
# time the module cannot be unloaded, because rxe0 is open: here, since others may open it anew.
crash_loaders() {
	local i loader held

	exec {held}<>"/dev/infiniband/$(node_of rxe0)"
	for ((i = 0; i < 20; i++)); do
		"$@" 1000000 >/dev/null 2>&1 {held}>&- &
		loader=$!
		sleep 0.$((1 + i * 7 % 10))
		refuse rmmod uverbs_bpf >/dev/null
		kill -KILL $loader 2>/dev/null || fail "the loader ended by itself"
		wait $loader 2>/dev/null || true
	done
	exec {held}>&-
}

# opens DEVICE: print the node_guid that a program sees when it opens the device.
opens() {
	ibv_devinfo -d "$1" 2>&1 | sed -n 's/^\s*node_guid:\s*//p'
}

# assert_opens DEVICE...: the node libibverbs takes for a device is of that device, whoever
# serves it. Each rxe device has a GUID of its own, made of its interface's MAC address.
assert_opens() {
	local device seen

	for device in "$@"; do
		seen=$(opens "$device")
		[ -n "$seen" ] || fail "$device cannot be opened: $(ibv_devinfo -d "$device" 2>&1)"
		assert_eq "node_guid of what is opened for $device" "$seen" \
			"$(cat "/sys/class/infiniband/$device/node_guid")"
	done
}

# assert_left DEVICE REASON: it is left to ib_uverbs, for a reason that begins like this and that
# uverbs-bpf tells too, and a program opens the node of ib_uverbs.
assert_left() {
	local server reason node

	IFS=$'\t' read -r _ node server reason < <(grep "^$1"$'\t' /proc/uverbs_bpf/devices) ||
		fail "$1 is not listed"
	assert_eq "who serves $1" "$server" stock
	[[ $reason == "$2"* ]] || fail "$1 is left because '$reason', expected '$2'"
	assert_eq "why $1 is left, by uverbs-bpf status" \
		"$(uverbs-bpf --json status |
			jq --raw-output ".devices[] | select(.ibdev == \"$1\").reason")" "$reason"
	assert_eq "device that ib_uverbs has as $node" \
		"$(cat "/sys/class/infiniband_verbs/$node/ibdev")" "$1"
	assert_eq "numbers of /dev/infiniband/$node" "$(numbers "/dev/infiniband/$node")" \
		"$(cat "/sys/class/infiniband_verbs/$node/dev")"
}

# unload: take all RDMA modules out, ours included. Their devices go with them.
unload() {
	local module

	for module in rdma_rxe siw uvb_ib uvb_fake ib_ipoib rdma_ucm ib_umad rdma_cm iw_cm ib_cm \
			ib_uverbs uverbs_bpf; do
		[ ! -d /sys/module/$module ] || rmmod $module
	done
	[ ! -e /sys/class/net/siw0net ] || ip link del siw0net
}

# reload [PARAMETER...]: all again, ours first and with these parameters; no devices.
reload() {
	unload
	modprobe uverbs_bpf "$@"
	modprobe -a rdma_rxe rdma_ucm ib_umad
}

# restore: as most tests find the machine.
restore() {
	reload
	rdma link add rxe0 type rxe netdev eth0
	wait_for 10 gid_index rxe0 $address
}

# needs_rxe0: restore, if a test before has not left the machine like that.
needs_rxe0() {
	[ "$(cat /proc/uverbs_bpf/devices 2>/dev/null)" = $'rxe0\tuverbs0\tserved\t-' ] || restore
}

# needs_siw0, needs_ib0: a test that needs them asks for them in its head (# vm: --devices=...), and
# finds them there whatever a test before it did.
needs_siw0() {
	modprobe --dry-run siw 2>/dev/null || fail "this machine was not started with --devices=siw0"
	[ -e /sys/class/infiniband/siw0 ] || siw0
	assert_served siw0
}

needs_ib0() {
	[ -e /sys/class/infiniband/ib0 ] || ib0
	assert_served ib0
}
