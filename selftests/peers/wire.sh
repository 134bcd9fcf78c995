# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What Wireshark thinks of a script's PPTP packets; sourced after lib.sh.
#
#	wire_start NS DEVICE	record the control connections and GRE there
#	wire_judge TYPE...	stop, and a check for each thing that has to hold of them;
#				skipped without tshark.  Each of these types of control
#				messages has to be among them.

WIRE=$TMP/wire.pcap WIRE_PID=''

wire_start()
{
	bg in_ns "$1" tcpdump -Z root -i "$2" -w "$WIRE" -U 'tcp port 1723 or proto 47' 2>"$TMP/wire.err"
	WIRE_PID=$BG_PID
	busywait 30 grep -q 'listening on' "$TMP/wire.err"
}

# The frames that match a filter; TCP's own remarks (a segment sent again) are no complaints.
wire_frames() { tshark -n -r "$WIRE" -o tcp.analyze_sequence_numbers:FALSE -Y "$1" "${@:2}" 2>/dev/null; }

wire_judge()
{
	stop_bg "$WIRE_PID"
	if ! command -v tshark >/dev/null; then
		ktap_skip "Wireshark understands every packet" "tshark is not installed"
		return
	fi
	# One pass; the rest is counting.
	wire_frames 'tcp.len > 0 or gre' -T fields -E separator='|' -e frame.protocols -e pptp.control_message_type \
		-e _ws.malformed -e _ws.expert.severity -e _ws.expert.message > "$TMP/wire.fields"
	check "the wire has seen control messages and GRE" wire_seen
	check "every octet on port 1723 is a control message to Wireshark" wire_all_pptp
	check "... of all types that these calls have, none unknown" wire_types "$@"
	check "no packet is malformed, and Wireshark complains of none" wire_no_complaint
}

wire_seen() { grep -q 'tcp:pptp' "$TMP/wire.fields" && grep -q 'gre' "$TMP/wire.fields"; }

wire_all_pptp() { ! grep ':tcp' "$TMP/wire.fields" | grep -v 'tcp:pptp'; }

# All of these, and no other than RFC 2637 knows
wire_types()
{
	local type seen

	seen=$(cut -d '|' -f 2 "$TMP/wire.fields" | tr ',' '\n' | sed '/^$/d' | sort -n | uniq -c)
	echo "$seen"
	for type; do
		awk -v t="$type" '$2 == t { f = 1 } END { exit !f }' <<<"$seen" || { echo "none of type $type"; return 1; }
	done
	! awk '$2 < 1 || $2 > 15 { f = 1 } END { exit !f }' <<<"$seen"
}

# 4194304 and 6291456 are "note" and "warning", 8388608 "error".
wire_no_complaint() { ! awk -F '|' '$3 != "" || $4 ~ /6291456|8388608/' "$TMP/wire.fields" | head -n 20 | grep .; }
