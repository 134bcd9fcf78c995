#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Offloads on and off below the tunnel and on its device, for L2TPv3 over UDP, as packets that
# are many cross with one header, or as a list: see offloads.sh.

# shellcheck disable=SC2016,SC2034,SC2086,SC2154
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/gen/pair.sh"
. "$(dirname "$0")/gen/l2tp.sh"
. "$(dirname "$0")/gen/offloads.sh"

ktap_header
need ip ping tc python3 ethtool tcpdump taskset
need_gen stream
need_module rtun

check "two hosts, and one behind each, are there" offload_hosts
all_offloads 6 big big udp cookie-tx=a1b2c3d4 cookie-rx=a1b2c3d4 flags=+peer-offload
all_offloads 4 big not_big udp l2spec=default flags=+seq-tx,+seq-rx
ktap_finish
