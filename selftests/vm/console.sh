#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   console.sh FILE [ALLOWED]
#
# Looks in the console log of a guest for what a healthy kernel never says.
# Prints each such line with its surroundings and exits 1 when there is one.
# Lines that match ALLOWED, an extended regular expression, do not count.

complaints='WARNING:|BUG:|kernel BUG at|Oops|Kernel panic|general protection fault'
complaints+='|possible recursive locking|circular locking dependency|inconsistent lock state|INFO: possible'
complaints+='|suspicious RCU usage|INFO: trying to register non-static key|bad unlock balance'
complaints+='|KASAN|KCSAN|KFENCE: (memory|use|out)|UBSAN|ODEBUG|refcount_t|unreferenced object'
complaints+='|turning off the locking correctness validator|kmemleak: .*(disabl|empty)'
complaints+='|list_(add|del) corruption|Bad page|bad page|slab .*corrupt|Redzone|Poison overwritten'
complaints+='|rcu.*detected stalls|rcu.*self-detected stall|rcu.*expedited stalls|kthread starved'
complaints+='|soft lockup|hard LOCKUP|blocked for more than'
complaints+='|scheduling while atomic|sleeping function called|Voluntary context switch'
complaints+='|unregister_netdevice: waiting|leaked (reference|percpu)|ref_tracker: (reference|.* has [0-9])|stack-protector|invalid opcode'

[ -r "$1" ] || { echo "console.sh: no console log $1"; exit 1; }

if [ -n "${2-}" ]; then
	grep -aE "$complaints" "$1" | grep -qavE "$2" || exit 0
else
	grep -qaE "$complaints" "$1" || exit 0
fi
echo "The guest's kernel complained:"
grep -aE -B 2 -A 25 "$complaints" "$1" | tr -d '\r' | head -n 120
exit 1
