#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# interop_pptpd_encrypted.sh with keys of 40 bits, which the client has to name.
#
# From MS-CHAP version 2 only: with version 1 the short keys of RFC 3079 section 2.1 are
# made of the LAN Manager hash, which pppd does not support.
# shellcheck disable=SC2034 # for the body
AUTH=mschapv2 METHOD=mschap2 DEMAND=require-mppe-40 BITS=40
ENCRYPTION="encryption required mppe 40" ENCODING="MPPE40 stateless (insecure)"
. "$(dirname "$0")/interop_pptpd_encrypted.sh"
