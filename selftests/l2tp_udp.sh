#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# l2tp_eth.sh over UDP (RFC 3931 section 4.1.2), on IPv4 and IPv6.
# shellcheck disable=SC2034 # for the body
XPORT=udp
. "$(dirname "$0")/l2tp_eth.sh"
