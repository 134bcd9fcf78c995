# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "rtun daemon" as a PPTP server; sourced after lib.sh and client.sh.
#
#	server_start NS [LINE...]	with a configuration of its own: users jack
#					("jack's pass") and jill ("jill-pass"), inside
#					10.9.0.1 here and 10.9.0.2 and up at the clients;
#					LINEs are added to it; SERVER_ENCRYPTION is theirs
#					(yes)
#	server_load LINE...		the same with these lines instead, loaded anew
#	server_active			how many sessions there are
#	active_field PATH		a value of "rtun -j active show"
#	record_field PATH		a value of "rtun -j accounting show", the latest first
#	server_state NS			what sessions may leave: links, addresses, routes,
#					rules, tunnels, sessions
#
# The log is DAEMON_LOG.

SERVER_CONF=$TMP/server.conf SERVER_DIR=$TMP/state
SERVER_PASSWORD="jack's pass"

server_conf()
{
	local line

	(umask 077 && cat > "$SERVER_CONF" <<-EOT
		pool add ppp ranges 10.9.0.2-10.9.0.40
		profile add staff local-address 10.9.0.1 remote-address ppp dns-server 10.9.0.53 use-encryption ${SERVER_ENCRYPTION:-yes}
		secret add jack password "$SERVER_PASSWORD"
		secret add jill password jill-pass
		server set pptp enabled yes default-profile staff
	EOT
		for line; do
			echo "$line"
		done >> "$SERVER_CONF")
}

server_start()
{
	local ns=$1
	shift

	server_conf "$@"
	mkdir -p "$SERVER_DIR"
	export RTUN_STATE=$SERVER_DIR
	daemon_start "$ns" config "$SERVER_CONF" && busywait 20 server_listens "$ns"
}

server_load()
{
	server_conf "$@"
	rtun config load "$SERVER_CONF"
}

# Port 1723 in the listening state
server_listens()
{
	in_ns "$1" grep -q ':06BB 00000000:0000 0A' /proc/net/tcp
}

server_active() { rtun -j active show | jq length; }

active_field() { rtun -j active show | rtun_field "$1"; }

record_field() { rtun -j accounting show | rtun_field "$1"; }

server_serves() { [ "$(server_active)" = "$1" ]; }

server_state()
{
	ip -n "$1" -o link show | sed 's/ state [A-Z]*//'
	ip -n "$1" -o addr show
	ip -n "$1" route show table all
	ip -n "$1" rule show
	in_ns "$1" rtun tunnel show
	in_ns "$1" rtun session show
}

server_same() { server_state "$1" | diff "$2" -; }
