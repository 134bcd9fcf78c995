#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.12 (the kernel carries what interop_pptpd_mppe.sh has, too)
# UML: long (what the kernel does of it, interop_pptpd_mppe.sh does, too)
#
# interop_pptpd.sh where the server demands MS-CHAP version 2 (RFC 2759).
# shellcheck disable=SC2034 # for the body
AUTH=mschapv2 METHOD=mschap2
. "$(dirname "$0")/interop_pptpd.sh"
