# SPDX-License-Identifier: BSD-2-Clause
# The programs of libibverbs, librdmacm, perftest and infiniband-diags, in their normal modes, on
# each transport, as command lines. Those called core run in every check, all of them with --full,
# where their verdicts are compared with those under ib_uverbs.
#
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/rdma.sh"

# A line of the table: "core" or "more", the server (or -), the client, separated by tabs.
pair() {
	printf '%s\t%s\t%s\n' "$@"
}

# same LEVEL SUFFIX COMMAND...: server and client are the same command, the client's with a suffix.
same() {
	pair "$1" "${*:3}" "${*:3} $2"
}

alone() {
	pair "$1" - "${*:2}"
}

# perftest LEVEL ADDRESS OPTIONS: the four operations.
perftest() {
	local program

	for program in send_bw write_lat read_bw atomic_lat; do
		same "$1" "$2" "ib_$program -n 10 -F ${*:3}"
	done
	for program in send_lat write_bw read_lat atomic_bw; do
		same more "$2" "ib_$program -n 10 -F ${*:3}"
	done
	same more "$2" "ib_send_bw -n 10 -F -e ${*:3}"
	same more "$2" "ib_send_lat -n 10 -F -I 32 ${*:3}"
	same more "$2" "ib_write_lat -n 10 -F -I 32 ${*:3}"
	same more "$2" "ib_write_bw -n 10 -F -q 4 ${*:3}"
	same more "$2" "ib_send_bw -n 10 -F -b ${*:3}"
	same more "$2" "ib_send_bw -n 10 -F --use-srq ${*:3}"
	same more "$2" "ib_write_bw -n 10 -F --inline_recv=0 -a -s 4096 ${*:3}"
}

# pingpong ADDRESS OPTIONS: the examples of libibverbs.
pingpong() {
	local type

	for type in rc uc ud srq; do
		same core "$1" "ibv_${type}_pingpong -n 20 ${*:2}"
	done
	for type in rc uc ud srq; do
		same more "$1" "ibv_${type}_pingpong -n 20 -e ${*:2}"
	done
	same more "$1" "ibv_rc_pingpong -n 20 -c -s 65536 ${*:2}"
	same more "$1" "ibv_rc_pingpong -n 20 -N ${*:2}"
	same more "$1" "ibv_srq_pingpong -n 40 -q 4 ${*:2}"
	same more "$1" "ibv_xsrq_pingpong -n 20 ${*:2}"
}

# cm ADDRESS: connections by librdmacm.
cm() {
	pair core "rping -s -a $1 -C 3 -v -V" "rping -c -a $1 -C 3 -v -V"
	pair more "rping -s -a $1 -S 4000 -C 3" "rping -c -a $1 -S 4000 -C 3"
	pair core "ucmatose -b $1" "ucmatose -s $1"
	pair more "ucmatose -b $1 -c 3 -C 5" "ucmatose -s $1 -c 3 -C 5"
	pair core "rstream -b $1 -C 5 -S 1000" "rstream -s $1 -C 5 -S 1000"
	pair more "rstream -b $1 -C 5 -S 1000 -T a" "rstream -s $1 -C 5 -S 1000 -T a"
	pair more "rstream -b $1 -C 5 -S 1000 -I 64" "rstream -s $1 -C 5 -S 1000 -I 64"
	pair more "riostream -b $1 -C 5 -S 1000" "riostream -s $1 -C 5 -S 1000"
	pair more "cmtime -b $1 -c 5" "cmtime -s $1 -c 5"
}

# datagrams ADDRESS: what iWARP has not.
datagrams() {
	pair more "udaddy -b $1" "udaddy -s $1"
	pair more "mckey -m 239.9.0.1 -b $1 -C 5 -c 1" "mckey -m 239.9.0.1 -b $1 -s -C 5 -c 1"
}

programs_rxe0() {
	local gid

	gid=$(gid_index rxe0 $address)
	alone core "ibv_devinfo -v -d rxe0"
	pingpong $address "-d rxe0 -g $gid"
	perftest core $address "-d rxe0 -x $gid"
	same more $address "ib_send_bw -n 10 -F -c UC -d rxe0 -x $gid"
	same more $address "ib_send_lat -n 10 -F -c UD -d rxe0 -x $gid"
	same more $address "ib_write_bw -n 10 -F -R -d rxe0 -x $gid"
	cm $address
	datagrams $address
}

programs_siw0() {
	alone core "ibv_devinfo -v -d siw0"
	# Without rdma_cm nothing connects on iWARP.
	same more $siw_address "ibv_rc_pingpong -n 20 -d siw0"
	perftest more $siw_address "-R -d siw0"
	cm $siw_address
	cm $siw_address6
}

programs_ib0() {
	local diag

	alone core "ibv_devinfo -v -d ib0"
	pingpong localhost "-d ib0"
	same more localhost "ibv_rc_pingpong -n 20 -d ib0 -i 2"
	same more localhost "ibv_rc_pingpong -n 20 -d ib0 -g 0"
	perftest core localhost "-d ib0"
	same more localhost "ib_send_bw -n 10 -F -c UC -d ib0"
	same more localhost "ib_send_lat -n 10 -F -c UD -d ib0"
	for diag in "ibstat ib0" "smpquery -C ib0 -P 1 portinfo 2" "perfquery -C ib0 -P 1 2"; do
		alone core "$diag"
	done
	for diag in "ibstatus ib0" "ibaddr -C ib0 -P 1" "smpquery -C ib0 -P 1 -D nodeinfo 0,1" \
			"smpquery -C ib0 -P 1 nodedesc 2" "smpquery -C ib0 -P 1 pkeys 2" \
			"smpquery -C ib0 -P 1 guids 2" "perfquery -C ib0 -P 1 -x 1" \
			"perfquery -C ib0 -P 1 -R 1" "ibnetdiscover -C ib0 -P 1" \
			"iblinkinfo -C ib0 -P 1" "ibhosts -C ib0 -P 1" "ibnodes -C ib0 -P 1" \
			"ibportstate -C ib0 -P 1 2 1 query" "ibqueryerrors -C ib0 -P 1" \
			"sminfo -C ib0 -P 1 -t 100 1" "vendstat -C ib0 -P 1 -t 100 2" \
			"ibtracert -C ib0 -P 1 1 2"; do
		alone more "$diag"
	done
	cm $ib_address
	cm $ib_address6
	datagrams $ib_address
	pair more "ibping -S -C ib0 -P 2" "ibping -C ib0 -P 1 -c 3 2"
}

# serves PROCESS: it is ready, or it is of those of which that cannot be seen.
serves() {
	listens "$1" || case $(tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null) in
	mckey* | ibping*) sleep 0.5 ;;
	*) return 1 ;;
	esac
}

# verdict SERVER CLIENT: print "pass", or what failed. What they say is in $tmp/server and
# $tmp/client. ibping's server runs for ever, and so is not asked how it ended.
verdict() {
	local server='' status=0 end=$((SECONDS + 15))

	if [ "$1" != - ]; then
		bash -c "exec $1" </dev/null >"$tmp/server" 2>&1 &
		server=$!
		until serves $server 2>/dev/null; do
			if ! kill -0 $server 2>/dev/null || [ $SECONDS -ge $end ]; then
				kill -KILL $server 2>/dev/null || true
				wait $server 2>/dev/null || status=$?
				echo "the server ends with status $status"
				return
			fi
			sleep 0.1
		done
	fi
	timeout --kill-after=2 15 bash -c "exec $2" </dev/null >"$tmp/client" 2>&1 || status=$?
	if [ -n "$server" ]; then
		end=$((SECONDS + 3))
		if [[ $1 != ibping* ]]; then
			while kill -0 $server 2>/dev/null && [ $SECONDS -lt $end ]; do
				sleep 0.1
			done
		fi
		kill -KILL $server 2>/dev/null || true
		wait $server 2>/dev/null || [[ $1 == ibping* ]] || status="$status, the server with $?"
	fi
	[ "$status" = 0 ] && echo pass || echo "ends with status $status"
}

# matrix DEVICE LEVEL: lines "DEVICE: CLIENT<tab>VERDICT". What a program that fails says goes to
# the test's log.
matrix() {
	local level server client verdict

	while IFS=$'\t' read -r level server client; do
		[ "$2" = more ] || [ "$level" = core ] || continue
		rm -f "$tmp"/{server,client}
		verdict=$(verdict "$server" "$client")
		printf '%s: %s\t%s\n' "$1" "$client" "$verdict"
		[ "$verdict" = pass ] || tail -n 4 "$tmp"/{server,client} >&2 2>/dev/null || true
	done < <(programs_"$1")
}
