# SPDX-License-Identifier: BSD-2-Clause
# For tests in tests/integration: begin them with
#
#	. "$(dirname "$0")/../lib.sh"
#
# Any command that fails, fails the test, and its line is shown. Output goes to the test's log.
# $tmp is a directory for its files, removed at the end.
# shellcheck shell=bash

set -o errexit -o errtrace -o nounset -o pipefail
trap 'echo "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND: status $?" >&2' ERR

# The debug kernel is slow: limits of wait_for and run_pair are so many times longer.
slow=1
[ "${UVERBS_BPF_KERNEL-}" != debug ] || slow=3

tmp=$(mktemp -d)
exit_commands=()
run_exit_commands() {
	local status=$? i

	trap - ERR
	set +o errexit
	for ((i = ${#exit_commands[@]} - 1; i >= 0; i--)); do
		eval "${exit_commands[i]}"
	done
	rm -rf "$tmp"
	exit $status
}
trap run_exit_commands EXIT

# on_exit COMMAND: run it when the test ends, however it ends; the last one given first.
on_exit() {
	exit_commands+=("$1")
}

# fail MESSAGE...: end the test as failed.
fail() {
	trap - ERR
	echo "FAILED: $*" >&2
	exit 1
}

# skip REASON...: end the test as skipped.
skip() {
	trap - ERR
	echo "$*"
	exit 77
}

# require COMMAND...: fail, with its output, unless the command succeeds.
require() {
	local output

	output=$("$@" 2>&1) || fail "$* failed with status $?: $output"
	[ -z "$output" ] || printf '%s\n' "$output"
}

# refuse COMMAND...: fail, with its output, if the command succeeds; otherwise print what it said.
# One that dies of a signal or is not there was not refused.
refuse() {
	local output status=0

	output=$("$@" 2>&1) || status=$?
	[ $status -ne 0 ] || fail "$* succeeded, must not: $output"
	[ $status -lt 124 ] || fail "$* ended with status $status: $output"
	[ -z "$output" ] || printf '%s\n' "$output"
}

# assert_eq WHAT ACTUAL EXPECTED
assert_eq() {
	[ "$2" = "$3" ] || fail "$1: '$2', expected '$3'"
}

# assert_match WHAT ACTUAL EXPECTED: an extended regular expression somewhere in it.
assert_match() {
	[[ $2 =~ $3 ]] || fail "$1: '$2' does not match '$3'"
}

# wait_for SECONDS COMMAND...: until the command succeeds, fail if that takes longer.
wait_for() {
	local limit=$(($1 * slow)) end=$((SECONDS + $1 * slow))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || fail "not so after $limit s: $*"
		sleep 0.1
	done
}

# Whether a process listens on a TCP socket or with an rdma_cm id.
listens() {
	ss --listening --tcp --processes --no-header | grep -q "pid=$1," ||
		rdma resource show cm_id 2>/dev/null | grep -q "state LISTEN .*pid $1 "
}

# run_pair SECONDS SERVER CLIENT: two shell commands; the second is started as soon as the first
# listens. Both must succeed within the time. Their output is in $tmp/server and $tmp/client.
run_pair() {
	local server status=0 limit=$(($1 * slow)) end=$((SECONDS + $1 * slow))

	bash -c "exec $2" >"$tmp/server" 2>&1 &
	server=$!
	on_exit "kill -KILL $server 2>/dev/null"
	until listens $server; do
		if ! kill -0 $server 2>/dev/null || [ $SECONDS -ge $end ]; then
			fail "$2: does not listen: $(cat "$tmp/server")"
		fi
		sleep 0.1
	done
	timeout --kill-after=5 $limit bash -c "exec $3" >"$tmp/client" 2>&1 || status=$?
	[ $status -eq 0 ] ||
		fail "$3: status $status: $(cat "$tmp/client")"$'\n'"server: $(cat "$tmp/server")"
	while kill -0 $server 2>/dev/null && [ $SECONDS -lt $end ]; do
		sleep 0.1
	done
	! kill -0 $server 2>/dev/null ||
		fail "$2: not done after $limit s: $(cat "$tmp/server")"
	wait $server || fail "$2: status $?: $(cat "$tmp/server")"
}
