# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For scripts that run in one of a pair of guests (boot.sh --pair): the link
# between the two and their rendezvous, a folder that both see.
#
#	pair_up ADDR/LEN [NS]	bring the link up with this address, its device
#				name into PAIR_DEV; with NS inside that namespace
#	pair_set NAME [VALUE]	tell the other guest
#	pair_wait SECONDS NAME	wait until it has told NAME; prints VALUE
#	pair_ended		true when the first guest is done

pair_up()
{
	local addr=$1 ns=${2-} path

	modprobe virtio_net || return
	for path in /sys/class/net/*; do
		[ "$(readlink -f "$path/device/driver" 2>/dev/null)" = /sys/bus/virtio/drivers/virtio_net ] || continue
		PAIR_DEV=${path##*/}
		[ -z "$ns" ] || ip link set "$PAIR_DEV" netns "$ns" || return
		ip ${ns:+-n "$ns"} addr add "$addr" dev "$PAIR_DEV" &&
		ip ${ns:+-n "$ns"} link set "$PAIR_DEV" up
		return
	done
	echo "no link to the other guest"
	return 1
}

pair_set()
{
	echo "${2-}" > "/pair/.$1.$$" && mv "/pair/.$1.$$" "/pair/$1"
}

pair_wait()
{
	local seconds=$1 tries

	for ((tries = 0; tries < seconds * 10; tries++)); do
		if [ -e "/pair/$2" ]; then
			cat "/pair/$2"
			return 0
		fi
		# The first guest's end is every wait's end.
		! pair_ended || break
		sleep 0.1
	done
	echo "the other guest did not say \"$2\" within $seconds s"
	return 1
}

pair_ended()
{
	[ -e /pair/end ]
}
