#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.1 (the kernel carries what interop_pptpd_mppe.sh has, too)
# UML: long (what the kernel does of it, interop_pptpd_mppe.sh does, too)
#
# interop_pptpd.sh where the server demands MS-CHAP version 1 (RFC 2433).
# shellcheck disable=SC2034 # for the body
AUTH=mschap METHOD=mschap1
. "$(dirname "$0")/interop_pptpd.sh"
