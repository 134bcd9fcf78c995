#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# interop_pptpd_encrypted.sh with keys of 128 bits from MS-CHAP version 1 (RFC 3079
# section 2).
# shellcheck disable=SC2034 # for the body
AUTH=mschap METHOD=mschap1 DEMAND=require-mppe-128 BITS=128
ENCRYPTION="encryption required" ENCODING="MPPE128 stateless"
. "$(dirname "$0")/interop_pptpd_encrypted.sh"
