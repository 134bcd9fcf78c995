# shellcheck shell=bash disable=SC2034 # what it sets is for the scripts
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two daemons as services under the real systemd, which keeps their connections: one
# that serves and one that dials.  Sourced after lib.sh, in a guest of systemd; the
# caller writes /etc/rtun/server.conf and /etc/rtun/client.conf.
#
#	install_services CLIENT SERVER	both, in these namespaces, not started
#	ours WORD...			rtun, to the one that serves
#	theirs WORD...			rtun, to the one that dials
#	starts client|server
#	main_pid client|server
#	serves N			the server has N sessions
#	connected N			N clients are connected
#
# The logs are TMP/client.log and TMP/server.log.

unset RTUN_SOCKET
# An emulated machine may take its time.
export SYSTEMD_BUS_TIMEOUT=300s

units=/run/systemd/system
# install_service client|server NAMESPACE
install_service()
{
	local unit=rtun-$1

	cp "$SELFTESTS/../etc/rtun.service" "$units/$unit.service"
	mkdir -p "$units/$unit.service.d"
	# The guest has no journal, and nothing of a machine's boot to wait for; and nobody
	# dies so often.
	cat > "$units/$unit.service.d/guest.conf" <<-EOT
		[Unit]
		DefaultDependencies=no
		StartLimitIntervalSec=0
		[Service]
		NetworkNamespacePath=/run/netns/$2
		ExecStart=
		ExecStart=/usr/sbin/rtun daemon config /etc/rtun/$1.conf
		Environment=RTUN_SOCKET=/run/$unit/sock
		RuntimeDirectory=
		RuntimeDirectory=$unit
		StateDirectory=
		StateDirectory=$unit
		RestartSec=0
		StandardOutput=append:$TMP/$1.log
		StandardError=append:$TMP/$1.log
	EOT
	at_exit systemctl daemon-reload
	at_exit rm -rf "$units/$unit.service" "$units/$unit.service.d" "/var/lib/$unit"
	at_exit systemctl stop "$unit"
}

install_services()
{
	install -m 755 "$(command -v rtun)" /usr/sbin/rtun
	mkdir -p /etc/rtun
	at_exit rm -rf /usr/sbin/rtun /etc/rtun
	install_service server "$2"
	install_service client "$1"
	systemctl daemon-reload
}

ours() { RTUN_SOCKET=/run/rtun-server/sock rtun "$@"; }
theirs() { RTUN_SOCKET=/run/rtun-client/sock rtun "$@"; }
starts() { systemctl start "rtun-$1" && return; systemctl status "rtun-$1"; cat "$TMP/$1.log"; return 1; }
main_pid() { systemctl show -P MainPID "rtun-$1"; }
serves() { [ "$(ours -j server show | rtun_field 0.sessions)" = "$1" ]; }
connected() { [ "$(theirs -j client show | jq '[.[] | select(.status == "connected")] | length')" = "$1" ]; }
