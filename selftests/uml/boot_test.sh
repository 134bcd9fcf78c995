#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of the debug kernel, on this machine: each kind of mistake that it is there
# for fails a script that passed, by a module that makes it (faulty/); a module
# that makes none does not.  And a guest cannot touch this machine.
. "$(dirname "$0")/../lib.sh"

boot=$SELFTESTS/vm/boot.sh
ktap_header
need unshare setpriv busybox make gcc
tree=$("$SELFTESTS/uml/build" --find) || ktap_skip_all "the debug kernel is not built: selftests/uml/build"

# Modules or built in, no matter.
configured()
{
	local missing
	missing=$(sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=[ym]$/\1/p' "$SELFTESTS/config" |
		while read -r option; do grep -qE "^$option=[ym]\$" "$tree/.config" || echo "$option"; done)
	[ -z "$missing" ] || { echo "not there: $missing"; return 1; }
}
check "the debug kernel has what the selftests ask for" configured

export TMPDIR=$TMP/runs
mkdir -p "$TMPDIR" "$TMP/faulty"
cp "$SELFTESTS"/uml/faulty/* "$TMP/faulty"
built() { make --no-print-directory -C "$tree" ARCH=um M="$TMP/faulty" modules; }
check "a module is built for the debug kernel" built || ktap_finish

script()
{
	printf '#!/bin/bash\n%s\n' "$2" > "$TMP/$1"
	chmod +x "$TMP/$1"
	echo "$TMP/$1"
}

# run NAME SCRIPT ARGUMENT...: status in NAME.status, output in NAME.out
run()
{
	local name=$1
	shift
	"$boot" -k uml --module none --log "$TMP/$name.console" "$@" >"$TMP/$name.out" 2>&1
	echo $? > "$TMP/$name.status"
}

status_is() { [ "$(cat "$TMP/$1.status")" = "$2" ] || { cat "$TMP/$1.status" "$TMP/$1.out"; return 1; }; }
nothing_left() { ! pgrep -f "$TMPDIR/rtun-vm" && [ -z "$(find "$TMPDIR" -mindepth 1 -print -quit)" ]; }

# --- Mistakes ---

faults='none use-after-free out-of-bounds leak lock-order sleep-in-rcu rcu-unprotected free-active-timer shift refcount'
# shellcheck disable=SC2016 # the guest expands it
load=$(script load 'insmod '"$TMP"'/faulty/faulty.ko fault="$1" && rmmod faulty')
export -f run
export boot TMP
# shellcheck disable=SC2086 # one word a fault
printf '%s\n' $faults | xargs -P "$(nproc)" -I {} bash -c 'run {} "$0" {}' "$load"
check "a module that does nothing wrong passes" status_is none 0
for fault in ${faults#none }; do
	check "a script passes but the run does not: $fault" status_is "$fault" 123
done
check "KASAN says what it saw" grep -q 'BUG: KASAN: slab-use-after-free in use_after_free' "$TMP/use-after-free.out"
check "kmemleak says what it saw" grep -q 'unreferenced object' "$TMP/leak.out"
check "lockdep says what it saw" grep -q 'possible circular locking dependency' "$TMP/lock-order.out"
check "DEBUG_OBJECTS says what it saw" grep -q 'ODEBUG: free active' "$TMP/free-active-timer.out"
check "UBSAN says what it saw" grep -q 'UBSAN: shift-out-of-bounds' "$TMP/shift.out"
check "none of these leaves anything behind" nothing_left

# --- This machine ---

# Of the host's folders the guest's own root and the control folder are in reach,
# the root under what hostfs makes of it.
# shellcheck disable=SC2016 # the guest expands it
run outside "$(script outside 'mkdir /tmp/outside && mount -t hostfs -o / host /tmp/outside || exit 9
echo overlay > '"$TMP"'/overlay
touch /tmp/outside'"$TMP"'/directly && exit 8
echo x > /tmp/outside/dev/null.rtun && exit 7
exit 6')"
check "a guest that mounts this machine's root for writing cannot write" status_is outside 6
check "and what it wrote into its own root is not here" test ! -e "$TMP/overlay"

# A process that only computes, and one that would write when it is let go.
# shellcheck disable=SC2016 # the guest expands it
spin=$(script spin 'echo ready; while :; do echo x > '"$TMP"'/let-go; done')
ready() { grep -qx ready "$TMP/spin.live"; }
for signal in KILL TERM; do
	"$boot" -k uml --module none --log "$TMP/spin.console" "$spin" >"$TMP/spin.live" 2>&1 &
	BG_PID=$!
	check "a guest runs that writes all the time" busywait 60 ready
	kill "-$signal" "$BG_PID"
	wait "$BG_PID" 2>/dev/null
	check "SIG$signal ends it and all that belongs to it" busywait 10 nothing_left
done
check "and none of its processes came through to this machine" test ! -e "$TMP/let-go"
ktap_finish
