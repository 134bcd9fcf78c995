#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a session's terms do to the host around its device, from the program's own
# classes against the kernel: rate limits, clamped MSS, sets of addresses, proxy ARP,
# routes and the interface group, with packets through them. test_dressing_live of
# tools/, whose results become KTAP lines here, makes three namespaces of its own:
#
#      user 10.0.0.50 -- pptp0 | the server | lan0 -- lan1 10.0.0.5
#
# pptp0 is a veth.
# UML: no (nothing of the module is in it)
. "$(dirname "$0")/lib.sh"

ktap_header
need test_dressing_live nft tc nsenter ping
run_gtest test_dressing_live DressingLive
ktap_finish
