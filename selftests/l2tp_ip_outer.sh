#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# l2tp_outer.sh over IP protocol 115, on IPv4 and IPv6.
# shellcheck disable=SC2034 # for the body
XPORT=ip
. "$(dirname "$0")/l2tp_outer.sh"
