#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boot a stock Debian kernel under qemu's software emulation, or the debug kernel of
# User-Mode Linux, run one script in the guest as root, and return its output, as it
# comes, and its exit status.
#
#   boot.sh [options] SCRIPT [ARG...]
#     -k VERSION     kernel: the beginning of a version in /lib/modules that has
#                    an image in /boot (default 6.12), or "uml" for the debug
#                    kernel (see ../uml/build), which has one processor
#     --module FILE  kernel module that modprobe finds in the guest besides the
#                    kernel's own (default: build/kmod-VERSION/kmod/rtun.ko,
#                    or kmod-uml, when it exists; "none" for none)
#     --path DIR     put DIR in front of the guest's PATH; may be repeated
#     --log FILE     keep the guest's console there (default: build/logs/vm/...)
#     -s N           processors (default 2)      -m MIB   memory (default 1536)
#     -t SECONDS     give up after so long (default 1200)
#     --init systemd have systemd for process 1, and SCRIPT run by it
#     --icount       count instructions: one processor, a clock of 1 GHz that
#                    ticks once an instruction
#     --profile FILE with --icount: instructions and atomic operations of each of
#                    the kernel's functions, for profile.py (see profile.c);
#                    FILE.symbols is what the script leaves in /ctl/symbols
#     --pair SCRIPT  boot a second guest, joined to the first by an Ethernet
#                    link, that runs SCRIPT (see pair.sh); it has no --module
#     --allow WHAT   do not complain of console lines that match WHAT (for the
#                    tests of boot.sh itself)
#     --time         say on standard error how long it took
#
# The guest's root is this machine's, read-only over 9p or hostfs below a tmpfs: the
# same programs and libraries, and what it writes is lost.  Variables named RTUN_* are
# passed on.  The exit status is the script's, or
#
#   2    boot.sh was called wrongly, or something it needs is missing
#   123  the script passed, but the kernel complained: a WARNING, BUG, oops,
#        lockdep report, hung task, leak... (console.sh has the list)
#   124  out of time
#   125  the guest died before the script ended
#
# What keeps this tidy: the process that does the work sits in a session of its
# own, with the reading end of a pipe as its standard input.  Its caller holds
# the writing end and nothing else.  When the caller ends for whatever reason,
# also SIGKILL, the pipe closes, the guests are killed, and the folder with all
# that belongs to the run is removed.
set -u

vm=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$vm/../.." && pwd)
build=${RTUN_BUILD:-$top/build}
# shellcheck source=image.sh
. "$vm/image.sh"
# shellcheck source=../uml/guest.sh
. "$vm/../uml/guest.sh"

usage() { sed -n '/^#   boot.sh/,/^# The guest/{/^# The guest/d;s/^#  \{0,1\}//;p}' "$vm/boot.sh"; }

fail()
{
	echo "boot.sh: $*" >&2
	exit 2
}

# --- The caller's half: hold the pipe, pass the exit status on. ---

if [ "${1-}" != --supervised ]; then
	case "${1-}" in
	-h|--help) usage; exit 0;;
	--tied) shift;;
	# Whoever called us must not leave us behind either.
	*) exec setpriv --pdeathsig TERM "$vm/boot.sh" --tied "$@";;
	esac
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	lifeline='' supervisor=''
	let_go() {
		[ -n "$lifeline" ] && exec {lifeline}>&-
		wait "$supervisor" 2>/dev/null
	}
	trap let_go EXIT
	exec {lifeline}> >(exec setsid --wait "$vm/boot.sh" --supervised "$@")
	supervisor=$!
	wait "$supervisor"
	exit
fi
shift
trap '' HUP INT TERM

# --- The supervisor. ---

exec {caller}<&0 </dev/null

want=6.12 module='' log='' cpus=2 mem=1536 limit=1200 icount='' peer='' allow='' timing='' path=()
init='' profile=''
while [ $# -gt 0 ]; do
	case "$1" in
	-k) want=$2; shift 2;;
	--module) module=$2; shift 2;;
	--path) path+=("$(readlink -f "$2")"); shift 2;;
	--log) log=$2; shift 2;;
	-s) cpus=$2; shift 2;;
	-m) mem=$2; shift 2;;
	-t) limit=$2; shift 2;;
	--init) init=$2; shift 2;;
	--icount) icount=1; shift;;
	--profile) profile=$(readlink -f "$2"); shift 2;;
	--pair) peer=$2; shift 2;;
	--allow) allow=$2; shift 2;;
	--time) timing=1; shift;;
	--) shift; break;;
	-*) fail "unknown option $1";;
	*) break;;
	esac
done
if [ -n "$profile" ]; then
	[ -n "$icount" ] || fail "--profile goes with --icount"
	[ -e "$build/selftests/gen/profile.so" ] || fail "no build/selftests/gen/profile.so (make selftests)"
fi
[ $# -ge 1 ] || { usage >&2; exit 2; }
script=$(readlink -e "$1") || fail "no script $1"
shift
command -v busybox >/dev/null || fail "busybox is not installed"
case $init in
'') ;;
systemd) [ -x /lib/systemd/systemd ] || fail "systemd is not installed";;
*) fail "no process 1 called $init";;
esac
if [ -n "$peer" ]; then
	peer=$(readlink -e "$peer") || fail "no script for the second guest"
	[ -z "$icount" ] || fail "--icount counts one guest: not together with --pair"
fi

if [ "$want" = uml ]; then
	machine=uml
	[ -z "$peer$icount" ] || fail "no --pair and no --icount with User-Mode Linux"
	uml_find
	[ -n "$module" ] || module=$build/kmod-uml/kmod/rtun.ko
else
	machine=qemu
	command -v qemu-system-x86_64 >/dev/null || fail "qemu-system-x86_64 is not installed"
	kver=$(vm_kernel "$want") || fail "no kernel $want* with an image in /boot and modules in /lib/modules"
	[ -n "$module" ] || module=$build/kmod-$kver/kmod/rtun.ko
fi
case $module in
none) module='';;
*/build/kmod-*) [ -e "$module" ] || module='';;
*) module=$(readlink -e "$module") || fail "no module file";;
esac

: "${log:=$build/logs/vm/$kver-$(basename "$script" .sh)-$$.console}"
mkdir -p "$(dirname "$log")"
log=$(readlink -f "$log")

run=$(mktemp -d "${TMPDIR:-/tmp}/rtun-vm.XXXXXX") || exit 2
pids=()
tidy()
{
	[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$run"
}
trap tidy EXIT
cd "$run" || exit 2

initrd=$(vm_initrd "$kver") || fail "the initramfs cannot be made"
index=$(vm_modules "$kver" "$module") || fail "depmod failed"

# What the guest's first program finds in /ctl.
control()
{
	local dir=$1 indexed=$2 v
	shift 2

	rm -rf "$dir"
	mkdir "$dir"
	echo "$vm/guest.sh" > "$dir/start"
	printf '%q ' "$@" > "$dir/command"
	{
		printf 'VM_MODULES=%q VM_LIMIT=%q VM_INIT=%q VM_ATTEMPT=%d\n' "$indexed" "$limit" "$init" "$attempt"
		printf 'export VM_PAIR=%q\n' "$([ -z "$peer" ] || echo "$dir")"
		for v in "${!RTUN_@}"; do
			printf 'export %s=%q\n' "$v" "${!v}"
		done
		printf 'PATH=%q\n' "$(IFS=:; echo "${path[*]:+${path[*]}:}/usr/sbin:/usr/bin:/sbin:/bin")"
	} > "$dir/environment"
}

share() { echo "-fsdev local,id=$1,path=$2,security_model=none,multidevs=remap$3 -device virtio-9p-pci,fsdev=$1,mount_tag=$1"; }

# qemu_guest NAME CONSOLE OUTPUT-CHARDEV EXTRA...: starts one, adds to pids
qemu_guest()
{
	local name=$1 console=$2 output=$3 accel=(-accel 'tcg,thread=multi,tb-size=256') n=$cpus cpu=max more=''
	# The emulation translates code by its address: a program that lies elsewhere each time
	# is translated anew each time, which takes more than the program does.
	local append="console=ttyS0 loglevel=6 panic=-1 oops=panic norandmaps"
	shift 3

	append+=" no_timer_check tsc=reliable random.trust_cpu=on rcupdate.rcu_cpu_stall_timeout=60"

	if [ -n "$icount" ]; then
		accel=(-accel 'tcg,thread=single,tb-size=256' -icount 'shift=0,sleep=off')
		# rep movsb would count once a byte
		n=1 cpu=max,erms=off,fsrm=off
		if [ -n "$profile" ]; then
			accel+=(-plugin "$build/selftests/gen/profile.so,out=$profile")
			# As with several processors, and memory where profile.c looks for it
			more=' noreplace-smp nokaslr'
		fi
	fi
	: > "$console"
	# shellcheck disable=SC2046 # share prints several words
	qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
		-machine pc,usb=off,vmport=off,hpet=off -cpu "$cpu" "${accel[@]}" -smp "$n" -m "$mem" \
		-kernel "/boot/vmlinuz-$kver" -initrd "$initrd" \
		-append "$append$more${peer:+ rtun.pair}" \
		-chardev "file,id=console,path=$console" -serial chardev:console \
		-chardev "$output" -serial chardev:output \
		$(share host / ,readonly=on) $(share ctl "$run/$name" '') \
		-device virtio-rng-pci "$@" </dev/null &
	pids+=($!)
}

link() { echo "-netdev stream,id=link,server=$1,addr.type=unix,addr.path=link -device virtio-net-pci,netdev=link,mac=$2 $(share pair "$run/pair" '')"; }

# start COMMAND...: the guests, and who ends them when the caller is gone or the time is
# up, whatever is first
start()
{
	local i

	pids=()
	control a "$index" "$@"
	if [ "$machine" = uml ]; then
		uml_guest a "$log"
	elif [ -z "$peer" ]; then
		qemu_guest a "$log" stdio,id=output,signal=off
	else
		control b "$(vm_modules "$kver" '')" "$peer"
		rm -rf pair link
		mkdir pair
		# shellcheck disable=SC2046 # link prints several words
		qemu_guest a "$log" stdio,id=output,signal=off $(link on 52:54:00:00:00:0a)
		# The second end connects once, when it starts.
		for ((i = 0; i < 200; i++)); do
			[ ! -S link ] || break
			sleep 0.05
		done
		# shellcheck disable=SC2046
		qemu_guest b "$log.b" "file,id=output,path=$log.b.output" $(link off 52:54:00:00:00:0b)
	fi
	(
		read -r -t "$limit" -u "$caller" _
		[ $? -le 128 ] || : > out-of-time
		kill -KILL "${pids[@]}" 2>/dev/null
	) &
	watch=$!
	disown "$watch"
}

# Waits until all are about to begin their script; false: one of them died before, or does
# not get there.
booted()
{
	local pid deadline=$((SECONDS + 300))

	until [ -e a/ready ] && { [ -z "$peer" ] || [ -e b/ready ]; }; do
		for pid in "${pids[@]}"; do
			kill -0 "$pid" 2>/dev/null || return
		done
		if [ "$machine$icount" = qemu ] && [ $SECONDS -ge $deadline ]; then
			: > hung
			return 1
		fi
		sleep 0.2
	done
	: > a/go
	[ -z "$peer" ] || : > b/go
}

# A kernel that starts rewrites much of its own code while its other processor runs it, by
# way of breakpoints, and qemu's emulation is known to run such a one that is gone already,
# or to leave both processors waiting for each other.  No script has begun then, so nothing is
# hidden by a second attempt.
emulated_badly()
{
	local consoles=("$log")

	[ -z "$peer" ] || consoles+=("$log.b")
	[ "$machine" = qemu ] && [ ! -e out-of-time ] || return
	[ -e hung ] || grep -qaE 'int3: 0000|Oops: int3' "${consoles[@]}"
}

began=$EPOCHREALTIME
for attempt in 1 2 3; do
	start "$script" "$@"
	! booted || break
	[ $attempt -lt 3 ] && emulated_badly || break
	why='died of a breakpoint that it had removed'
	[ ! -e hung ] || why='has got stuck'
	echo "boot.sh: the kernel $why, before the script began: the guest boots again" >&2
	rm -f hung
	kill -KILL "$watch" "${pids[@]}" 2>/dev/null
	{ wait "${pids[@]}"; } 2>/dev/null
done

# A guest that had to be killed is told of below, not by the shell.
{ wait "${pids[0]}"; ended=$?; } 2>/dev/null
[ "$machine" != uml ] || uml_end
[ -z "$profile" ] || mv a/symbols "$profile.symbols" 2>/dev/null
if [ -n "$peer" ]; then
	# The second guest sees in the shared folder that the first is done.
	: > pair/end
	for ((i = 0; i < 600; i++)); do
		kill -0 "${pids[1]}" 2>/dev/null || break
		[ ! -e out-of-time ] || break
		sleep 0.1
	done
	kill -KILL "${pids[1]}" 2>/dev/null
fi
kill -KILL "$watch" 2>/dev/null
pids=()

# verdict NAME CONSOLE: the exit status of one guest
verdict()
{
	local status tainted why=''

	if [ ! -s "$1/status" ]; then
		[ -e out-of-time ] && {
			echo "boot.sh: out of time after $limit s; the console ends so:" >&2
			tail -n 15 "$2" | tr -d '\r' >&2
			return 124
		}
		echo "boot.sh: the guest died ($machine ended with $ended)" >&2
		# Where the trouble begins says more than the end.
		! "$vm/console.sh" "$2" "$allow" >&2 || tail -n 40 "$2" | tr -d '\r' >&2
		return 125
	fi
	status=$(<"$1/status")
	tainted=$(<"$1/tainted")
	"$vm/console.sh" "$2" "$allow" >&2 || why="its kernel complained"
	# 32 bad page, 128 died, 512 warned, 16384 soft lockup
	[ $((tainted & (32 | 128 | 512 | 16384))) -eq 0 ] || [ -n "$allow" ] || why="${why:-its kernel is tainted: $tainted}"
	if [ -n "$why" ]; then
		echo "boot.sh: the guest fails because $why; console: $2" >&2
		[ "$status" -ne 0 ] || return 123
	fi
	return "$status"
}

verdict a "$log"
status=$?
if [ -n "$peer" ]; then
	sed 's/^/# second guest: /' "$log.b.output"
	verdict b "$log.b"
	peer_status=$?
	[ "$status" -ne 0 ] || status=$peer_status
fi
[ -z "$timing" ] || awk -v b="$began" -v e="$EPOCHREALTIME" -v u="$(tr '\n' ' ' < a/uptime)" \
	'BEGIN { split(u, t); printf "boot.sh: %.1f s in all; the guest began the script at %.1f s and ended it at %.1f s of its own clock\n", e - b, t[1], t[3] }' >&2
exit "$status"
