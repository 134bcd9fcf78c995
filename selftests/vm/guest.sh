#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Process 1 of a guest once its root is there: sets the machine up, runs the
# command of /ctl/command, leaves status, taint flags and uptime in /ctl, and
# switches the power off.  With boot.sh --init systemd it is systemd that goes on as
# process 1, and all of this is a service of its.

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C LANG=C
# shellcheck source=/dev/null # written by boot.sh
. /ctl/environment

if [ "${VM_INIT-}" = systemd ] && [ $$ -eq 1 ]; then
	units=/run/systemd/system
	mkdir -p $units
	# Nothing of this machine's own boot: only what the script starts.
	cat > $units/guest.service <<-EOT
		[Unit]
		Description=What the guest is for
		DefaultDependencies=no
		[Service]
		Type=exec
		ExecStart=/bin/bash $0
		TimeoutStartSec=infinity
		StandardOutput=null
		StandardError=null
		OOMPolicy=continue
	EOT
	cat > $units/guest.target <<-EOT
		[Unit]
		Description=The guest
		DefaultDependencies=no
		Wants=guest.service
	EOT
	exec /lib/systemd/systemd --unit=guest.target --show-status=no \
		--log-target=kmsg --log-level=warning
fi

hostname guest
ip link set lo up
ulimit -n 65536
mkdir -p /run/netns /run/lock
[ -c /dev/ppp ] || mknod /dev/ppp c 108 0
stty -F /dev/ttyS1 raw -echo -opost

# The host's index of modules does not know ours.
modules=/lib/modules/$(uname -r)
mkdir -p "$modules"
rm -f "$modules"/modules.*.bin
cp -r "$VM_MODULES/." "$modules/"

# What the kernel itself lost while it started is not the script's.
leaks=/sys/kernel/debug/kmemleak
[ ! -w $leaks ] || echo clear > $leaks

# What the first user of a feature makes the kernel rewrite in its own code, and the last
# one rewrite back, while the other processor runs it: qemu's emulation is slow at that,
# was seen to leave two processors at the rewritten place for good, and is known for
# breakpoints that the kernel has taken away again (int3 in netif_rx_internal).  So each of
# those that tests use has one user all the time: packets that are stamped (ping, tcpdump),
# UDP sockets of tunnels, filters of a device.
if [ "$(nproc)" -gt 1 ] && command -v python3 >/dev/null; then
	tc qdisc add dev lo clsact
	python3 -c 'import signal
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.setsockopt(SOL_SOCKET, 29, 1)	# SO_TIMESTAMP
t = [socket(family, SOCK_DGRAM) for family in (AF_INET, AF_INET6)]
for u in t:
    u.setsockopt(IPPROTO_UDP, 100, 3)	# UDP_ENCAP, L2TP
signal.pause()' &
fi

# The first attempts die, for the tests of boot.sh.
if [ "${RTUN_DIE-0}" -ge "$VM_ATTEMPT" ]; then
	echo "Oops: int3: 0000, because a test asks for it" > /dev/kmsg
	echo o > /proc/sysrq-trigger
	sleep 600
fi
# Both of a pair begin together.
: > /ctl/ready
until [ -e /ctl/go ]; do sleep 0.1; done

read -r command < /ctl/command
read -r up _ < /proc/uptime
eval "set -- $command"
cd "$(dirname "$1")" || exit
"$@" </dev/null >/dev/ttyS1 2>&1
status=$?

# Leaks, where the kernel looks for them: only what is older than five seconds and
# the same in two scans counts, and what a module's own data still points to is not
# lost before the module is gone.  The list on the console is what boot.sh sees.
if [ -w $leaks ]; then
	[ ! -d /sys/module/rtun ] || modprobe -r rtun
	sleep 6
	echo scan > $leaks && echo scan > $leaks && cat $leaks > /dev/console
fi

# Have the kernel's last words on the console before its power goes.
read -r down _ < /proc/uptime
{ echo "$up 0"; echo "$down 0"; } > /ctl/uptime
cat /proc/sys/kernel/tainted > /ctl/tainted
echo "$status" > /ctl/status
sync
echo o > /proc/sysrq-trigger
while :; do sleep 60; done
