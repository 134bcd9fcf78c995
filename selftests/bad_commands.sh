#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KERNEL: 6.1 (it is about the program)
# UML: long (it is about the program)
#
# Wrong commands and wrong configuration files: one line on standard error that
# names the word, in a file with line and column; status 1 (2 where the daemon
# or the kernel refuses); nothing changed.
. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/peers/client.sh"

ktap_header
need rtun jq
need_module rtun

new_ns HOST host
password=$(client_password pw secret)
check "the daemon starts" daemon_start "$HOST"
check "it takes a good command" rtun client add office type pptp connect-to 192.0.2.2 user jack \
	password-file "$password" disabled yes
rtun export > "$TMP/export"
in_ns "$HOST" rtun tunnel show > "$TMP/tunnels"
unchanged()
{
	rtun export | diff "$TMP/export" - && in_ns "$HOST" rtun tunnel show | diff "$TMP/tunnels" -
}

# refused STATUS REGEX WORD...: rtun WORD... ends so and says that in one line on
# standard error, and nothing but "progress" on standard output
progress=''
refused()
{
	local status=$1 regex=$2 got
	shift 2

	in_ns "$HOST" rtun "$@" >"$TMP/out" 2>"$TMP/err"
	got=$?
	echo "status $got, standard output:"
	cat "$TMP/out"
	echo "standard error:"
	cat "$TMP/err"
	[ "$got" -eq "$status" ] && ! grep -qvE -- "${progress:-nothing at all}" "$TMP/out" &&
		[ "$(wc -l < "$TMP/err")" -eq 1 ] && grep -qE -- "$regex" "$TMP/err"
}
add=(client add home type pptp connect-to 192.0.2.3 user jill password-file "$password")

# --- On the command line ---

check "an unknown object is named" refused 1 '"frobnicate"' frobnicate
check "an ambiguous object lists what it may be" refused 1 'client.*config.*connect' c
check "an unknown command is named" refused 1 '"frob"' client frob
check "a missing name is said" refused 1 'NAME' client add
check "an unknown keyword is named" refused 1 '"encpa"' "${add[@]}" encpa yes
check "a keyword without its value is named" refused 1 '"max-mtu"' "${add[@]}" max-mtu
check "a value out of range is named, with the range" refused 1 '"99999".*16384' "${add[@]}" max-mtu 99999
check "a value that is no number is named" refused 1 '"many"' "${add[@]}" max-mtu many
check "a value of a list that does not exist is named" refused 1 '"md4"' "${add[@]}" allow chap,md4
check "neither yes nor no is named" refused 1 '"maybe"' "${add[@]}" add-default-route maybe
check "a bad address is named" refused 1 '"192\.0\.2\.300"' "${add[@]}" src-address 192.0.2.300
check "a bad port is named" refused 1 '70000' client add home type pptp connect-to 192.0.2.3:70000 user jill password-file "$password"
check "a keyword given twice is named" refused 1 '"user"' "${add[@]}" user jack
check "a name that no device can have is named" refused 1 '"a/b"' client add a/b "${add[@]:3}"
check "a name that is too long is named" refused 1 '"abcdefghijklmnop"' client add abcdefghijklmnop "${add[@]:3}"
check "an unknown type is named" refused 1 '"l2xp"' client add home type l2xp connect-to h user u password-file "$password"
check "a missing keyword is named" refused 1 'connect-to' client add home type pptp user u password-file "$password"
check "a password on the command line is refused, with the way out" refused 1 'password-file' \
	client add home type pptp connect-to h user u password hunter2
check_not "and it is not repeated" grep -q hunter2 "$TMP/err"
# Looked at when it dials, which it says on standard output.
progress=' dialing ... failed$'
check "a password file that is not there is named" refused 1 '/nonexistent' \
	connect type pptp connect-to 192.0.2.3 user u password-file /nonexistent
chmod 644 "$password"
check "a password file that others may read is refused" refused 1 "$password" \
	connect type pptp connect-to 192.0.2.3 user u password-file "$password"
chmod 600 "$password"
progress=''
check "an unknown option is named" refused 1 '"?-Z"?' -Z client show
check "a namespace that does not exist is named" refused 2 'nowhere' -n nowhere tunnel show
check "a word too many is named" refused 1 '"more"' tunnel show 1 more

# --- What the daemon refuses ---

check "a client that is there already: status 2" refused 2 'office' client add office "${add[@]:3}"
check "a client that is not there: status 2" refused 2 'nobody' client del nobody
check "a session that is not there: status 2" refused 2 '4711' session show 4711
check "nothing has changed by all this" unchanged

# --- In files ---

conf()
{
	(umask 077 && printf '%s\n' "$@" > "$TMP/bad.conf")
}
line="client add home type pptp connect-to 192.0.2.3 user jill password-file $password"
conf "# a comment" "$line" "client add work type pptp connect-to 192.0.2.4 user joe password x max-mtu 12"
column=$(awk 'NR == 3 { print index($0, "12") + 0 }' <(sed 's/192/___/' "$TMP/bad.conf"))
check "config check names file, line, column and word" refused 1 "bad\.conf:3:$column: .*\"12\"" config check "$TMP/bad.conf"
check "config load refuses it as a whole" refused 1 "bad\.conf:3:$column: .*\"12\"" config load "$TMP/bad.conf"
check "so does a batch, also what stands before it" refused 1 "bad\.conf:3:$column: .*\"12\"" -b "$TMP/bad.conf"
check "so does a daemon that starts with it" refused 1 "bad\.conf:3:$column: .*\"12\"" daemon config "$TMP/bad.conf"
conf "$line" "client add \"work"
check "a quote without its end has its place" refused 1 'bad\.conf:2:12: ' config check "$TMP/bad.conf"
conf "$line" "$line"
check "a name given twice has its place" refused 1 'bad\.conf:2:12: .*"home"' config check "$TMP/bad.conf"
conf "$line" "client del home"
check "a file that takes away is refused" refused 1 'bad\.conf:2:[0-9]+: .*del' config check "$TMP/bad.conf"
conf "$line"
chmod 644 "$TMP/bad.conf"
check "a file that others may read is refused" refused 1 'bad\.conf' config load "$TMP/bad.conf"
head -c 100000 /dev/urandom > "$TMP/bad.conf"
chmod 600 "$TMP/bad.conf"
check "noise is refused" refused 1 'bad\.conf:1:' config check "$TMP/bad.conf"
check "nothing has changed by all this either" unchanged
conf "$line"
check "and a good file passes" rtun config check "$TMP/bad.conf"

ktap_finish
