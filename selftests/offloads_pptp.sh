#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Offloads on and off below the tunnel and on its device, for PPTP with a peer that knows
# nothing of them, and with encryption: see offloads.sh.

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
all_offloads 4 not_big not_big pptp
all_offloads 4 big not_big mppe flags=+peer-offload
ktap_finish
