#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sessions, tunnels and devices by the thousand: made and deleted again and again,
# after which the kernel has its memory back.  How long it took, and how much a
# session needs, is printed and decides nothing.
#
#	A va 10.0.0.1 -------- vb 10.0.0.2 B

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"

ktap_header
need ip python3
need_module rtun

MANY=10000 FEW=1000 DEVICES=200
[ -z "${RTUN_SMALL-}" ] || MANY=1000 FEW=100 DEVICES=20

XPORT=udp FAM=4
check "two hosts with a link are there" l2_hosts

# KiB of the kernel's own: slabs that cannot be given back, and what is per CPU
memory() { awk '/^(SUnreclaim|Percpu|VmallocUsed):/ { sum += $2 } END { print sum }' /proc/meminfo; }

# The least of a while: frees wait for grace periods.
settled()
{
	local now best
	best=$(memory)
	busywait 2 eval 'now=$(memory); [ "$now" -ge "$best" ] || best=$now; false' >/dev/null
	echo "$best"
}

made() { field "$A" info.sessions info-get; }

# make N: so many sessions in tunnel 1
make()
{
	took=$(ctl "$A" times "$1" session-new tunnel-id=1 id='{i}') &&
	equal "$(made)" "$1"
}
unmake()
{
	took=$(ctl "$A" times "$1" session-del id='{i}') &&
	equal "$(made)" 0
}
rate() { ktap_say "$1: $(sed 's/.*"times": \([0-9]*\), "ms": \([0-9]*\).*/\1 in \2 ms/' <<<"$2")"; }

check "a tunnel is there" l2_tunnel A 1
empty=$(settled)
check "$FEW sessions are made" make $FEW
few=$(settled)
ktap_say "memory of a session at $FEW: $(((few - empty) * 1024 / FEW)) octets"
check "and deleted one by one" unmake $FEW
check "$MANY sessions are made" make $MANY
rate "made" "$took"
full=$(settled)
ktap_say "memory of a session at $MANY: $(((full - empty) * 1024 / MANY)) octets"
check "and deleted one by one" unmake $MANY
rate "deleted" "$took"
# What is allocated once and kept is there after the first round.
empty=$(settled)
check "$MANY sessions are made" make $MANY
full=$(settled)
check "all are in a dump" eval 'ctl "$A" dump session-get >"$TMP/dump" && equal "$(wc -l <"$TMP/dump")" '$MANY
check "with wire ids that all differ" equal "$(grep -o '"local-id": [0-9]*' "$TMP/dump" | sort -u | wc -l)" $MANY
check "and are deleted with their tunnel" eval 'ctl "$A" tunnel-del id=1 && equal "$(made)" 0'
for round in 1 2 3; do
	check "round $round: a tunnel, $MANY sessions, and all is flushed" \
		eval 'l2_tunnel A 1 && make $MANY && ctl "$A" flush && equal "$(made)" 0'
done
# A leak of one round would be as much as the sessions took; noise is far less.
given_back()
{
	local now
	now=$(settled)
	echo "$now KiB, at first $empty, with $MANY sessions $full"
	[ $(((now - empty) * 4)) -lt $((full - empty)) ]
}
# KASAN keeps what is freed for a while; there kmemleak looks for leaks.
[ -n "${RTUN_SMALL-}" ] || check "the memory is given back" busywait 30 given_back

tunnels()
{
	ctl "$A" times $FEW tunnel-new xport=l2tpv3-udp local4=10.0.0.1 remote4=10.0.0.2 id='{i}' local-port=1701 peer-port='{i}' >/dev/null &&
	ctl "$A" times $FEW session-new tunnel-id='{i}' id='{i}' >/dev/null &&
	ctl "$A" times $FEW tunnel-new xport=l2tpv2 local4=10.0.0.1 remote4=10.0.0.2 id='7000{i}' local-port='{i}' local-id='{i}' peer-id='{i}' >/dev/null &&
	equal "$(field "$A" info.tunnels info-get)" $((2 * FEW))
}
check "$FEW tunnels on one socket, and $FEW with one each" tunnels
check "all are flushed" ctl "$A" flush
check "and their sockets are closed" busywait 10 eval '[ -z "$(in_ns "$A" ss -Haun)" ]'

check "a tunnel is there" l2_tunnel A 1
devices()
{
	ctl "$A" times $DEVICES session-new tunnel-id=1 id='{i}' >/dev/null &&
	took=$(ctl "$A" times $DEVICES link-add name='rt{i}' session='{i}' mode=eth die) &&
	equal "$(ip -n "$A" -o link show type rtun | wc -l)" $DEVICES
}
check "$DEVICES sessions with a device each" devices
rate "devices made" "$took"
check "go with their tunnel" eval 'ctl "$A" tunnel-del id=1 && busywait 60 eval "[ -z \"\$(ip -n $A -o link show type rtun)\" ]"'
check "nothing is left" equal "$(field "$A" info.tunnels info-get)" 0
ktap_finish
