#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every verb that the program asks of the kernel, from its own netlink room against
# the module: test_netlink_live of tools/, whose results become KTAP lines here. It
# makes a network namespace of its own:
#
#      192.0.2.1 -- tunnel "here" --> lo <-- tunnel "there" -- 192.0.2.2
. "$(dirname "$0")/lib.sh"

ktap_header
need test_netlink_live
need_module rtun

run_gtest test_netlink_live Live
ktap_finish
