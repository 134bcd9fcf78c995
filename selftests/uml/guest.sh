# shellcheck shell=bash disable=SC2154,SC2034 # the other half is boot.sh, which sources this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests of the debug kernel, for vm/boot.sh:
#
#	uml_find		kver, uml_tree and vm_lib of the kernel that build made
#	uml_guest NAME CONSOLE	starts it, adds to pids; its output is standard output
#	uml_end			waits for the rest of that output

uml_find()
{
	[ "$(id -u)" -eq 0 ] || fail "User-Mode Linux needs root"
	uml_tree=$("$vm/../uml/build" --find) || fail "the debug kernel is not there: make it with selftests/uml/build"
	kver=$(<"$uml_tree/include/config/kernel.release")
	vm_lib=$uml_tree/modules/lib/modules
}

uml_guest()
{
	local name=$1 console=$2

	: > "$console"
	# The kernel makes its ends of a line non-blocking: give it a pipe of its own.
	mkfifo "$run/output"
	cat "$run/output" &
	uml_output=$!
	unshare --mount --net --ipc --uts --pid --fork --kill-child=KILL --propagation private \
		"$vm/../uml/cage" "$run/$name" "$uml_tree/linux" mem="${mem}M" initrd="$initrd" guest.ctl="$run/$name" \
		umid=guest uml_dir="$run/$name" con=null ssl=null ssl0=null,fd:4 ssl1=null,fd:3 console=ttyS0 \
		loglevel=6 oops=panic \
		</dev/null >>"$console" 2>&1 3>"$run/output" 4>>"$console" &
	pids+=($!)
}

uml_end()
{
	wait "$uml_output"
}
