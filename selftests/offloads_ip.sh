#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Offloads on and off below the tunnel and on its device, for L2TPv3 over protocol 115, as packets
# that are many cross as a list, or with one header: see offloads.sh.

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
all_offloads 4 big not_big ip115
all_offloads 4 big not_big ip115 l2spec=default flags=+peer-offload
all_offloads 6 big not_big ip115 l2spec=default cookie-tx=a1b2c3d4e5f60718 cookie-rx=a1b2c3d4e5f60718 flags=+seq-tx,+seq-rx,+peer-offload
ktap_finish
