#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Captures: what one session's PPP sends and receives, as pcapng that another
# program reads; who may have it, what it costs to read too slowly, and that
# nothing stays when the one who captures ends, in whatever way.
#
#	A rt0 192.168.9.1 ============== rt0 192.168.9.2 B
#	  va 10.0.0.1 ---------------------- vb 10.0.0.2
#	session 7: PPTP; session 9 of A: Ethernet	C: another host

# Conditions in single quotes are for eval: they are tried again and again.
# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/gen/pair.sh"

ktap_header
need rtun ip ping python3 setpriv tshark
need_module rtun

equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }
pings() { in_ns "$A" ping -q -W 5 -i 0.05 "$@" 192.168.9.2; }

# capture NAME WORD...: rtun captures session 7 of A into NAME.pcapng; it is ready when
# its file is, the kernel being asked before that
capture()
{
	local name=$1
	shift

	bg in_ns "$A" rtun capture 7 -w "$TMP/$name.pcapng" "$@" >"$TMP/$name.out" 2>&1
	CAPTURE_PID=$BG_PID
	busywait 20 test -s "$TMP/$name.pcapng" || { cat "$TMP/$name.out"; return 1; }
}
# It ends, with status 0
ended()
{
	local status
	busywait 20 lib_gone "$CAPTURE_PID" || return
	wait "$CAPTURE_PID"
	status=$?
	[ $status = 0 ] || { echo "status $status"; return 1; }
}
interrupt() { kill -INT "$CAPTURE_PID" && ended; }
# fields NAME FILTER FIELD...: of the frames that another program finds there
fields()
{
	local file=$TMP/$1.pcapng filter=$2 field words=()
	shift 2

	for field; do words+=(-e "$field"); done
	tshark -r "$file" -Y "$filter" -T fields "${words[@]}" 2>"$TMP/tshark.err" ||
		{ cat "$TMP/tshark.err" >&2; return 1; }
}
has() { [ "$(fields "$@" | wc -l)" -ge 1 ]; }
# Another program reads all of it, and finds nothing wrong in any frame
sound()
{
	tshark -r "$TMP/$1.pcapng" -Y '_ws.malformed || _ws.expert.severity == error' >"$TMP/wrong" 2>"$TMP/tshark.err"
	[ $? = 0 ] && [ ! -s "$TMP/wrong" ] && ! grep -v 'Running as user' "$TMP/tshark.err" ||
		{ cat "$TMP/wrong" "$TMP/tshark.err"; return 1; }
}

check "two ends come up" pair
echoes() { ctl "$A" session-set id=7 flags=+echo-reply && ctl "$B" session-set id=7 flags=+echo-reply; }
check "they answer echoes" echoes

# --- what is refused ------------------------------------------------------------

new_ns C c
check "a session that is not there" refused "$A" "no such session" capture-start session-id=99
check "the session of another host" eval 'in_ns "$C" "$CTL" capture-start session-id=7 2>&1 | grep -q "no such session"'
check_not "not without CAP_NET_ADMIN" in_ns "$A" setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
	"$CTL" capture-start session-id=7
check "the end of what was not begun" refused "$A" "does not capture" capture-stop session-id=7
ethernet()
{
	ctl "$A" tunnel-new xport=l2tpv3-udp remote4=10.0.0.2 id=2 && ctl "$A" session-new tunnel-id=2 id=9
}
check "a session of Ethernet is there" ethernet
check "it is captured on its device" refused "$A" "carries Ethernet" capture-start session-id=9
check "one begins" ctl "$A" capture-start session-id=7
check "one a session" refused "$A" "captured already" capture-start session-id=7
check "of whoever" eval '! in_ns "$A" "$CTL" capture-start session-id=7 2>/dev/null'
check "no other socket ends it" eval '! in_ns "$A" "$CTL" capture-stop session-id=7 2>/dev/null'
check "it ends" ctl "$A" capture-stop session-id=7
# RTUN_CAPTURES_MAX
many() { ctl "$A" times 64 session-new tunnel-id=1 id='10{i}' && ctl "$A" times 64 capture-start session-id='10{i}'; }
check "64 at a time" many
check "not one more in this namespace" refused "$A" "all the captures" capture-start session-id=7
check "until one ends" ctl "$A" capture-stop session-id=101
check "then one begins" ctl "$A" capture-start session-id=7
check "and ends" ctl "$A" capture-stop session-id=7
check "sessions go with theirs" ctl "$A" times 64 session-del id='10{i}'
check "rtun refuses what is not there" eval '! in_ns "$A" rtun capture nothing -w "$TMP/none.pcapng" 2>"$TMP/err" && grep -q "no session" "$TMP/err"'
check "rtun refuses Ethernet in words" eval '! in_ns "$A" rtun capture 9 -w "$TMP/none.pcapng" 2>"$TMP/err" && grep -q "capture on its device" "$TMP/err"'
check "no file is left of that" eval '[ ! -e "$TMP/none.pcapng" ]'

# --- the file ---------------------------------------------------------------------

: >"$TMP/target"
ln -s "$TMP/target" "$TMP/link.pcapng"
check "a symbolic link is not followed" eval '! in_ns "$A" rtun capture 7 -w "$TMP/link.pcapng" 2>"$TMP/err" && grep -q "symbolic link" "$TMP/err"'
check "nor a device opened" eval '! in_ns "$A" rtun capture 7 -w /dev/null 2>"$TMP/err" && [ -c /dev/null ]'
echo old >"$TMP/first.pcapng"
chmod 644 "$TMP/first.pcapng"
old() { grep -q old "$TMP/first.pcapng"; }
first()
{
	bg in_ns "$A" rtun capture rt0 -w "$TMP/first.pcapng" >"$TMP/first.out" 2>&1
	CAPTURE_PID=$BG_PID
	busywait 20 eval '! old && [ -s "$TMP/first.pcapng" ]' || { cat "$TMP/first.out"; return 1; }
}
check "an interface's session is captured, into a new file in the old one's place" first
check "which only its owner reads" eval 'equal "$(stat -c %a "$TMP/first.pcapng")" 600'

# --- what is in it ------------------------------------------------------------------

check "packets pass meanwhile" pings -c 3
check "a control frame leaves" ctl "$A" frame session-id=7 data=c02109010008deadbeef
answered() { [ "$(counter "$B" 7 rx-echo)" -ge 1 ] && [ "$(counter "$A" 7 rx-control)" -ge 1 ]; }
check "and is answered" busywait 10 answered
check "interrupted, the capture ends in order" interrupt
check "and says what it has" grep -qE '^[^ ]*first.pcapng  [0-9]+ frames  0 lost$' "$TMP/first.out"
check "the file is sound" sound first
check "packets leave" eval 'equal "$(fields first "icmp.type == 8" frame.packet_flags_direction | sort | uniq -c | xargs)" "3 0x00000002"'
check "packets arrive" eval 'equal "$(fields first "icmp.type == 0" frame.packet_flags_direction | sort | uniq -c | xargs)" "3 0x00000001"'
check "the echo left and its answer arrived" eval 'equal "$(fields first "lcp || ppp.code" frame.packet_flags_direction ppp.code | xargs)" "0x00000002 9 0x00000001 10"'

# --- encrypted ---------------------------------------------------------------------

KEY=00112233445566778899aabbccddeeff
encrypt()
{
	ctl "$A" session-set id=7 mppe-rx=128:$KEY && ctl "$B" session-set id=7 mppe-rx=128:$KEY &&
	ctl "$A" session-set id=7 mppe-tx=128:$KEY && ctl "$B" session-set id=7 mppe-tx=128:$KEY
}
check "both ends encrypt" encrypt
check "an encrypted session is captured" capture mppe
check "packets pass" pings -c 2
check "it ends" interrupt
check "packets are seen before encryption and after decryption" eval 'equal "$(fields mppe "icmp" icmp.type | sort -n | xargs)" "0 0 8 8"'
check "and nothing is seen encrypted" eval '! has mppe "ppp.protocol == 0x00fd" frame.number'

# --- passwords ----------------------------------------------------------------------

# Authenticate-Request, identifier 7: "jack", "xyzzy-4711"
pap=c02301070014046a61636b0a78797a7a792d34373131
check "a capture that hides passwords" capture hidden
check "one is sent" ctl "$A" frame session-id=7 data=$pap
check "and seen" interrupt
check "with the name" eval 'equal "$(fields hidden pap pap.peer_id)" jack'
check "but without the password" eval '! grep -qa xyzzy "$TMP/hidden.pcapng"'
check "with stars instead" eval 'equal "$(fields hidden pap pap.password)" "**********"'
check "a capture that shows them" capture shown show-secrets
check "one is sent" ctl "$A" frame session-id=7 data=$pap
check "and seen" interrupt
check "as it is" eval 'equal "$(fields shown pap pap.password)" xyzzy-4711'

# --- too slow ------------------------------------------------------------------------

all_frames()
{
	local sum=0 name
	for name in tx-packets rx-packets tx-control rx-control rx-echo; do
		sum=$((sum + $(counter "$A" 7 $name)))
	done
	echo $sum
}
slow()
{
	bg in_ns "$A" "$CTL" rcvbuf=8192 -- capture-start session-id=7 -- listen >"$TMP/slow"
	SLOW=$BG_PID
	busywait 20 heard slow listening || return
	before=$(all_frames)
	kill -STOP "$SLOW" && pings -c 100 -s 1000 >/dev/null && kill -CONT "$SLOW"
}
# Every frame of the session was captured, or is counted as lost.
accounted()
{
	pings -c 1 >/dev/null
	python3 - "$TMP/slow" $(($(all_frames) - before)) <<'EOF'
import json, sys
seen = lost = 0
for line in open(sys.argv[1]):
    frame = json.loads(line).get("capture")
    if frame:
        seen += "data" in frame
        lost += frame.get("lost", 0)
print(f"{seen} captured, {lost} lost, of {sys.argv[2]}")
sys.exit(not (lost > 0 and seen + lost == int(sys.argv[2])))
EOF
}
check "one who does not read is left behind" slow
check "what is lost is counted, each once" busywait 10 accounted
stop_bg "$SLOW"

# --- ends --------------------------------------------------------------------------

check "a capture of so many frames" capture three count 3
check "packets pass" pings -c 5
check "it ends by itself" ended
check "with so many" eval 'equal "$(fields three frame frame.number | wc -l)" 3'
piped()
{
	bg in_ns "$A" sh -c 'exec rtun capture 7 -w - count 2 2>"$1" >"$2"' sh "$TMP/piped.err" "$TMP/piped.pcapng"
	CAPTURE_PID=$BG_PID
	busywait 20 test -s "$TMP/piped.pcapng"
}
check "standard output" piped
check "packets pass" pings -c 2
check "it ends" ended
check "with two frames" eval 'equal "$(fields piped frame frame.number | wc -l)" 2'
nobody_reads()
{
	bg in_ns "$A" bash -c 'rtun capture 7 -w - 2>/dev/null | head -c 1 >/dev/null; exit "${PIPESTATUS[0]}"'
	CAPTURE_PID=$BG_PID
	ended
}
check "who has no reader any more ends" nobody_reads
check "a capture" capture killed
kill -KILL "$CAPTURE_PID"
wait "$CAPTURE_PID" 2>/dev/null
check "killed, it leaves the session free" capture again
check "and an end of the session ends it" eval 'ctl "$A" session-del id=7 && ended'
check "in order" sound again

# --- nothing stays -------------------------------------------------------------------

check "a session more" ctl "$A" session-new tunnel-id=1 id=7
check "a last capture" capture last
gone() { ctl "$A" flush && ctl "$B" flush && ended; }
check "ends with its tunnel" gone
stop_bg "$A_OWNER"
stop_bg "$B_OWNER"
check "and the module unloads" busywait 10 modprobe -r rtun
modprobe rtun
ktap_finish
