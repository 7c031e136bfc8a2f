# SPDX-License-Identifier: BSD-2-Clause
# For tests that ask ours and then stock, in the same machine; begin them with
#
#	. "$(dirname "$0")/conformance.sh"
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/rdma.sh"

conformance=$(cd "$(dirname "${BASH_SOURCE[0]}")/../conformance" && pwd)
modprobe_conf=/etc/modprobe.d/uverbs_bpf.conf

# only_stock: the machine as one without uverbs_bpf, until the test ends.
only_stock() {
	unload
	mv $modprobe_conf $modprobe_conf.off
	on_exit "mv $modprobe_conf.off $modprobe_conf; restore"
	modprobe -a rdma_rxe rdma_ucm ib_umad
	[ ! -d /sys/module/uverbs_bpf ] || fail "uverbs_bpf is still there"
	rdma link add rxe0 type rxe netdev eth0
	wait_for 10 gid_index rxe0 $address
}

# compare_sides [--least=N] OPTION...: of compare.py, and of tests/conformance/side.
compare_sides() {
	local round least=()

	if [[ $1 = --least=* ]]; then
		least=("$1")
		shift
	fi
	restore
	assert_served rxe0
	require "$conformance/side" --device=rxe0 "$@" "$tmp/ours"
	assert_idle
	only_stock
	require "$conformance/side" --device=rxe0 "$@" "$tmp/stock/0"
	# What depends on timing does so on stock, too: ask again before calling it a difference.
	for round in 1 2 3 4; do
		! "$conformance/compare.py" --stock "$tmp"/stock/* --ours "$tmp/ours" --brief \
			"${least[@]}" --suspects="$tmp/suspects" || return 0
		require "$conformance/side" --device=rxe0 --repeat=$round --only="$tmp/suspects" \
			"$tmp/stock/$round"
	done
	"$conformance/compare.py" --stock "$tmp"/stock/* --ours "$tmp/ours" --brief \
		"${least[@]}" || fail "ours answers otherwise than stock, or hardly at all, see above"
}
