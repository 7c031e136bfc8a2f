# SPDX-License-Identifier: BSD-2-Clause
# For tests of the providers in bpf/providers; begin them with
#
#	. "$(dirname "$0")/providers.sh"
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/rdma.sh"

provider_objects=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../bpf/providers")
provider_tests=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../bpf/build")

# attach_provider NAME: until the test ends, or detach_provider. With stock bpftool, which attaches
# and then crashes (status 139).
attach_provider() {
	local status=0

	on_exit "detach_provider $1"
	mkdir -p "/sys/fs/bpf/test-$1"
	bpftool struct_ops register "$provider_objects/$1.bpf.o" "/sys/fs/bpf/test-$1" \
		>"$tmp/attach" 2>&1 || status=$?
	[ $status -eq 0 ] || [ $status -eq 139 ] ||
		fail "$1: bpftool ends with status $status: $(cat "$tmp/attach"; dmesg | tail -n 3)"
	attached "$1" || fail "$1 is not attached: $(cat "$tmp/attach"; dmesg | tail -n 3)"
}

attached() {
	cut -f 2 /proc/uverbs_bpf/programs | grep -qx -e "$1"
}

not_attached() {
	! attached "$1"
}

# detach_provider NAME: and forget its rules.
detach_provider() {
	rm -rf "/sys/fs/bpf/test-$1" /sys/fs/bpf/{policy,steer}_*
	wait_for 10 not_attached "$1"
}

# two_ends: rxea (10.7.0.1) and rxeb (10.7.0.2) at the ends of a cable, $ends_gid the index of their
# GIDs. Both addresses are this machine's, so routes have to say that the cable is the way.
two_ends() {
	local i address peer
	local -a macs=(02:00:00:00:07:01 02:00:00:00:07:02)

	ip link add enda address ${macs[0]} type veth peer name endb address ${macs[1]}
	on_exit "ip link del enda"
	ip rule add pref 100 lookup local
	ip rule del pref 0 lookup local
	on_exit "ip rule add pref 0 lookup local; ip rule del pref 100 lookup local"
	for i in 0 1; do
		name=$([ $i = 0 ] && echo a || echo b)
		address=10.7.0.$((i + 1)) peer=10.7.0.$((2 - i))
		sysctl -q net.ipv4.conf.end$name.{accept_local=1,rp_filter=0}
		ip address add $address/24 dev end$name
		ip link set end$name up
		ip neighbor replace $peer lladdr ${macs[1 - i]} dev end$name
		ip rule add pref 1$i iif end$name lookup 7$i
		ip route add local $address dev end$name table 7$i
		ip rule add pref 2$i iif lo to $peer lookup 8$i
		ip route add $peer dev end$name src $address table 8$i
		on_exit "ip rule del pref 1$i; ip rule del pref 2$i"
		rdma link add rxe$name type rxe netdev end$name
		on_exit "rdma link del rxe$name"
		wait_for 10 gid_index rxe$name $address
	done
	sysctl -q net.ipv4.conf.all.rp_filter=0
	ends_gid=$(gid_index rxea 10.7.0.1)
	wait_for 10 assert_served rxea rxeb
}

# capture: RoCE packets that leave enda, until captured. Those of connection managers, which are
# between QPs 1, are not wanted.
capture() {
	tcpdump --immediate-mode -s 128 -i enda -U -Q out -w "$tmp/packets" \
		"udp dst port 4791 and not (udp[13] = 0 and udp[14] = 0 and udp[15] = 1)" \
		2>"$tmp/tcpdump" &
	capture=$!
	wait_for 10 grep -q 'listening on' "$tmp/tcpdump"
}

packets_settled() {
	local size=$(stat --format=%s "$tmp/packets")

	sleep 1
	[ "$(stat --format=%s "$tmp/packets")" -eq "$size" ]
}

# captured: a line "TOS UDP-SOURCE-PORT COUNT" for each kind of packet.
captured() {
	wait_for 20 packets_settled
	kill $capture
	wait $capture 2>/dev/null || true
	tcpdump -nn -v -r "$tmp/packets" 2>/dev/null | tr -s ' \n' '  ' | sed 's/IP (/\n/g' |
		sed -n 's/^tos \(0x[0-9a-f]*\),.* 10\.7\.0\.1\.\([0-9]*\) > .*/\1 \2/p' |
		sort | uniq -c | awk '{ print $2, $3, $1 }'
}
