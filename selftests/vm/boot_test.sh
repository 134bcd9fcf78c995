#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests of boot.sh and console.sh, on the host: what a guest says comes back,
# what its kernel complains of is noticed, and nothing is left behind whatever
# way a run ends.
. "$(dirname "$0")/../lib.sh"

boot=$SELFTESTS/vm/boot.sh
kernel=${RTUN_KERNEL:-6.12}
ktap_header
need qemu-system-x86_64 busybox setpriv

# Its folders, so that what is left in them can be seen.
export TMPDIR=$TMP/runs
mkdir -p "$TMPDIR"

script()
{
	printf '#!/bin/bash\n%s\n' "$2" > "$TMP/$1"
	chmod +x "$TMP/$1"
	echo "$TMP/$1"
}

# run NAME [option...] SCRIPT...: status in NAME.status, output in NAME.out
run()
{
	local name=$1
	shift
	"$boot" -k "$kernel" --module none --log "$TMP/$name.console" "$@" >"$TMP/$name.out" 2>&1
	echo $? > "$TMP/$name.status"
}

status_is() { [ "$(cat "$TMP/$1.status")" = "$2" ] || { cat "$TMP/$1.status" "$TMP/$1.out"; return 1; }; }

equal() { [ "$1" = "$2" ] || { echo "$1, expected $2"; return 1; }; }

# By the folder that belongs to a run, which is on qemu's command line.
no_guests() { ! pgrep -f "qemu-system.*$TMPDIR" ; }
nothing_left() { no_guests && [ -z "$(find "$TMPDIR" -mindepth 1 -print -quit)" ]; }
guest_started() { pgrep -f "qemu-system.*$TMPDIR" >/dev/null; }

# --- console.sh ---

complains() { ! "$SELFTESTS/vm/console.sh" "$TMP/line" >/dev/null; }
while IFS= read -r line; do
	echo "[   12.345678] $line" > "$TMP/line"
	check "a console complains that says: $line" complains
done <<'EOT'
WARNING: CPU: 1 PID: 77 at net/core/dev.c:1234 foo+0x12/0x34
BUG: kernel NULL pointer dereference, address: 0000000000000010
BUG: KASAN: slab-use-after-free in foo+0x12/0x34
Oops: 0000 [#1] PREEMPT SMP NOPTI
general protection fault, probably for non-canonical address
WARNING: possible circular locking dependency detected
INFO: possible recursive locking detected
WARNING: suspicious RCU usage
refcount_t: underflow; use-after-free.
kmemleak: 3 new suspected memory leaks: unreferenced object 0xffff888003d9c000
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_sched self-detected stall on CPU
BUG: scheduling while atomic: ping/123/0x00000002
BUG: sleeping function called from invalid context at mm/slab.h:100
watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [rtun:99]
INFO: task rtun:99 blocked for more than 120 seconds.
unregister_netdevice: waiting for pptp0 to become free. Usage count = 2
list_del corruption. prev->next should be ffff888003d9c000
UBSAN: array-index-out-of-bounds in kmod/pptp.c:12:34
Kernel panic - not syncing: Fatal exception in interrupt
EOT
cat > "$TMP/line" <<'EOT'
[    0.000000] Command line: console=ttyS0 oops=panic panic=-1 rcupdate.rcu_cpu_stall_timeout=60
[    0.025407] calibrate_delay_direct() dropping max bogoMips estimate 2 = 9861145
[    0.897578] mtrr: your CPUs had inconsistent fixed MTRR settings
[    5.123456] rtun: loading out-of-tree module taints kernel.
[    5.123456] rtun: module verification failed: signature and/or required key missing - tainting kernel
EOT
check_not "a console does not complain that says what every boot says" complains

# --- run.sh ---

all_listed()
{
	diff <("$SELFTESTS/run.sh" -l | sort) \
		<(find "$SELFTESTS" -maxdepth 1 -name '*.sh' -perm /1 ! -name run.sh ! -name tally.sh -printf '%f\n' | sort)
}
check "the Makefile has every executable script" all_listed

# --- What comes back ---

# shellcheck disable=SC2016 # the guest expands these
plain=$(script plain 'echo first; sleep 4; echo "$RTUN_PASSED: $1, $2"
touch '"$TMP"'/written-by-the-guest; ls /lib/modules/$(uname -r)/modules.dep.bin; modprobe veth || exit 9
exit 7')
export RTUN_PASSED=passed
RTUN_BUILD=$TMP/build run first "$plain" one 'two words' &
second=$!
# The same at the same time, with the same cold caches.
coproc LIVE { RTUN_BUILD=$TMP/build exec "$boot" -k "$kernel" --module none --log "$TMP/live.console" "$plain" 2>&1; }
live=$LIVE_PID
first='' && while IFS= read -r -t 300 -u "${LIVE[0]}" line; do
	[ "$line" = first ] && first=$EPOCHREALTIME
done
last=$EPOCHREALTIME
wait "$live"
live_status=$?
wait "$second"
check "the exit status of the script comes back" status_is first 7
check "arguments and RTUN_ variables arrive" grep -qx 'passed: one, two words' "$TMP/first.out"
check "two runs at once with cold caches both work" test "$live_status" -eq 7
check "output comes while the guest still runs" test "$((${last/./} - ${first/./}))" -gt 2000000
check "what the guest writes does not reach this machine" test ! -e "$TMP/written-by-the-guest"
check "the console is kept" grep -q 'Linux version' "$TMP/first.console"
check "a run that ended leaves nothing behind" nothing_left

# --- What its kernel says ---

run warned "$(script warned "echo '<4>WARNING: CPU: 0 PID: 1 at nowhere' > /dev/kmsg; echo fine")" &
first=$!
run died "$(script died 'echo about to die; echo c > /proc/sysrq-trigger; sleep 100')"
wait "$first"
check "a warning in the console fails a script that passed" status_is warned 123
check "and it is shown" grep -q 'at nowhere' "$TMP/warned.out"
check "a guest that dies is told from a script that fails" status_is died 125
check "and its last words are shown" grep -q 'Kernel panic' "$TMP/died.out"
run late -t 12 "$(script late 'echo waiting; sleep 1000')"
check "a run that takes too long is ended" status_is late 124
check "none of these leaves anything behind" nothing_left

# --- Ways to end a run ---

forever=$(script forever 'sleep 1000')
ended() { busywait 10 nothing_left; }
for signal in TERM INT HUP KILL; do
	# Job control, or the shell would have it ignore SIGINT; and what runs all this
	# may ignore some of them, which a shell cannot undo.
	set -m
	env --default-signal=INT,QUIT,HUP "$boot" -k "$kernel" --module none --log "$TMP/forever.console" "$forever" >/dev/null 2>&1 &
	set +m
	BG_PID=$!
	busywait 60 guest_started >/dev/null
	kill "-$signal" "$BG_PID"
	wait "$BG_PID" 2>/dev/null
	check "a run that gets SIG$signal leaves nothing behind" ended
done
bash -c '"$@" & echo $! > '"$TMP/orphan"'; wait' - "$boot" -k "$kernel" --module none \
	--log "$TMP/forever.console" "$forever" >/dev/null 2>&1 &
BG_PID=$!
busywait 60 guest_started >/dev/null
kill -KILL "$BG_PID"
wait "$BG_PID" 2>/dev/null
check "a run whose caller is killed leaves nothing behind" ended

# --- A guest that dies of the emulation before its script begins ---

survivor=$(script survivor 'echo "here I am"')
RTUN_DIE=1 run survivor "$survivor"
check "a guest that dies so boots again" status_is survivor 0
check "which is told" equal "$(grep -c 'boots again' "$TMP/survivor.out")" 1
check "its script runs once" equal "$(grep -c 'here I am' "$TMP/survivor.out")" 1
RTUN_DIE=3 run casualty "$survivor"
check "one that dies so a third time is dead" status_is casualty 125
died=$(script died 'echo "Oops: int3: 0000" > /dev/kmsg; echo o > /proc/sysrq-trigger; sleep 600')
run died "$died"
check "one whose script has begun does not boot again" status_is died 125
check_not "nor says so" grep -q 'boots again' "$TMP/died.out"

# --- Two guests ---

one=$(script one ". $SELFTESTS/vm/pair.sh
pair_up 10.99.0.1/24 || exit 3
pair_wait 100 ready || exit 4
for ((i = 0; i < 50; i++)); do ping -qc 1 -W 1 10.99.0.2 && exit 0; done
exit 5")
two=$(script two ". $SELFTESTS/vm/pair.sh
pair_up 10.99.0.2/24 || exit 3
pair_set ready yes
until pair_ended; do sleep 0.2; done; echo second is done")
run pair -t 700 --pair "$two" "$one"
check "two guests reach each other over their link" status_is pair 0
check "what the second says is there" grep -q '^# second guest: second is done' "$TMP/pair.out"
run pair2 -t 700 --pair "$(script bad 'exit 6')" "$(script good 'exit 0')"
check "the second guest's failure fails the pair" status_is pair2 6
check "a pair leaves nothing behind" nothing_left

ktap_finish
