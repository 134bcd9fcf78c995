#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Has the kernel fail one allocation after the other, for the kernel selftests.

  faults.py commands STRIDE [PATTERN]
                                  each command that configures something, or those of
                                  the parts whose name matches; of what is allocated
                                  for a device, most of it not by us, each STRIDE-th
  faults.py namespaces STRIDE     a network namespace comes into being; each
                                  STRIDE-th allocation of it
  faults.py packets A B ADDRESS STEP [segments] [passes]
                                  datagrams from namespace A to ADDRESS in B

"commands" runs in a namespace with 10.0.0.1 and fd00::1 and neighbours .2, ::2.
Each command is tried with its first allocation failing (/proc/self/fail-nth),
then with its second, and so on until none fails.  What is there afterwards
(tunnels, sessions, owners, devices, counts) must be all that the command makes,
or what was there before: the first if it said that it has succeeded, the latter if
it said that it has not, either of them if the kernel could not answer.  Then all
of it is undone, which must succeed.  Who listens must have heard of what has
changed, or of having missed something.  An answer that is one must be whole.

"packets" does the same with the sending of a datagram, and then once more with what
is allocated in interrupts, the receiver's half: failslab lets so many octets pass
("space") and fails what is next, 0 octets first, then STEP, 2 * STEP...  After each
a datagram must arrive.  With "segments" each is eight, cut by the device; "passes"
says that what was sent is received as it is, with nothing allocated on the way.

Prints "ok|not ok TEXT" and, indented, what there is to say.
"""
import ctypes
import errno
import gc
import os
import re
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
import rtunctl  # noqa: E402

RTM_DELLINK = 17
CLONE_NEWNET = 0x40000000
UDP_SEGMENT, SOL_UDP = 103, 17
PORT = 7007
DEBUG = "/sys/kernel/debug/failslab/"
SEEN = 1 << 20          # so many allocations has no command

KEY40, KEY128 = "0123456789abcdef", "00112233445566778899aabbccddeeff"
BLOB = "c0ffee" * 40


class Faults:
    """The next one of this task."""

    def __init__(self):
        self.fd = os.open("/proc/self/fail-nth", os.O_RDWR)

    def arm(self, n):
        os.pwrite(self.fd, b"%d" % n, 0)

    def disarm(self):
        """Has it failed?"""
        left = int(os.pread(self.fd, 16, 0))
        os.pwrite(self.fd, b"0", 0)
        return left == 0


FAULTS = Faults()
YES, NO, NOBODY_KNOWS = "yes", "no", "nobody knows"


def report(good, text, *words):
    print(f"{'' if good else 'not '}ok {text}", flush=True)
    for word in words:
        print(f"  {word}", flush=True)


# --- commands -----------------------------------------------------------------


class Request:
    """A command line as a message that is ready to be sent."""

    def __init__(self, who, line):
        words = line.split()
        self.flags = rtunctl.NLM_F_ACK
        self.dump = words[0] == "dump"
        if self.dump:
            words = words[1:]
            self.flags = rtunctl.NLM_F_DUMP
        name, args = words[0], words[1:]
        self.line = line
        if name in ("link-add", "link-set", "link-del"):
            self.nl = who.route
            self.kind = RTM_DELLINK if name == "link-del" else rtunctl.RTM_NEWLINK
            self.body = rtunctl.link_body(args)
            if name == "link-add":
                self.flags |= rtunctl.NLM_F_CREATE | rtunctl.NLM_F_EXCL
        else:
            obj = "owner" if name == "flush" else name.split("-")[0]
            args = [who.index(a) if a.startswith("ifindex=") else a for a in args]
            self.nl = who.genl
            self.kind = self.nl.family
            self.body = struct.pack("BBH", rtunctl.COMMANDS[name], rtunctl.H["RTUN_GENL_VERSION"], 0)
            if args:
                self.body += rtunctl.encode(obj, args)

    def message(self):
        self.nl.seq += 1
        return struct.pack("IHHII", 16 + len(self.body), self.kind,
                           self.flags | rtunctl.NLM_F_REQUEST, self.nl.seq, 0) + self.body


class Commands:
    """The sockets, what is there, and what was found."""

    def __init__(self, stride):
        self.stride = stride
        self.genl = rtunctl.Genl()
        self.route = rtunctl.Netlink(rtunctl.NETLINK_ROUTE)
        self.look = rtunctl.Genl()
        self.ear = rtunctl.Genl()
        self.ear.sock.setsockopt(rtunctl.SOL_NETLINK, rtunctl.NETLINK_ADD_MEMBERSHIP,
                                 self.ear.groups["events"])
        self.buffer = bytearray(1 << 18)
        self.view = memoryview(self.buffer)

    @staticmethod
    def index(word):
        return f"ifindex={socket.if_nametoindex(word[8:])}"

    def run(self, line):
        request = Request(self, line)
        if request.dump:
            raise SystemExit("a dump undoes nothing")
        request.nl.request(request.kind, request.body, request.flags)

    # What is volatile, or another one each time
    @classmethod
    def steady(cls, value):
        if not isinstance(value, dict):
            return value
        out = {k: cls.steady(v) for k, v in value.items()
               if k not in ("stats", "generation", "rtt", "count", "key-changes", "portid", "mp-class")}
        if "prefixes" in out:
            out["prefixes"] = sorted(out["prefixes"])   # in no order
        if out.get("ifindex"):
            try:
                out["ifindex"] = socket.if_indextoname(out["ifindex"])
            except OSError:
                out["ifindex"] = "?"
        return out

    def state(self):
        """All objects, and the generation."""
        out = []
        for cmd in ("tunnel-get", "session-get", "owner-get"):
            answers = self.look.call(rtunctl.COMMANDS[cmd], b"", rtunctl.NLM_F_DUMP)
            out.append([self.steady(rtunctl.describe(m)) for _, m in answers])
        info = rtunctl.describe(self.look.call(rtunctl.COMMANDS["info-get"], b"")[0][1])["info"]
        if [info["tunnels"], info["sessions"]] != [len(out[0]), len(out[1])]:
            out.append(f"{info} says otherwise")
        out.append(sorted(os.listdir("/sys/class/net")))
        return out, info["generation"]

    def heard(self):
        """Which messages; None when some were lost.  What the kernel tells of by
        itself, and the end of a session, come when they come."""
        later = (rtunctl.H["RTUN_CMD_EVENT"], rtunctl.H["RTUN_CMD_SESSION_DEL"])
        cmds, lost = [], False
        while True:
            try:
                self.ear.sock.recv_into(self.buffer, 0, socket.MSG_DONTWAIT)
                cmds.append(self.buffer[16])
            except BlockingIOError:
                return None if lost else [c for c in cmds if c not in later]
            except OSError as e:
                if e.errno != errno.ENOBUFS:
                    raise
                lost = True

    def attempt(self, request, n):
        """(outcome, answers, whether an allocation has failed)"""
        message = request.message()
        sock, seq = request.nl.sock, request.nl.seq
        outcome, answers = NOBODY_KNOWS, []
        FAULTS.arm(n)
        try:
            sock.send(message)
            while outcome == NOBODY_KNOWS:
                got = sock.recv_into(self.buffer, 0, socket.MSG_DONTWAIT)
                outcome = self.parse(got, seq, answers)
        except BlockingIOError:
            outcome = "no answer"
        except OSError as e:
            # The request was not sent, or the answer was not.
            if e.errno not in (errno.ENOBUFS, errno.ENOMEM):
                raise
        failed = FAULTS.disarm()
        # What was still to be read of it
        while True:
            try:
                sock.recv_into(self.buffer, 0, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                pass
        return outcome, answers, failed

    def parse(self, got, seq, answers):
        data = bytes(self.view[:got])
        while len(data) >= 16:
            length, kind, flags, number = struct.unpack_from("IHHI", data)
            payload = data[16:length]
            data = data[(length + 3) & ~3:]
            if number != seq:
                continue
            if kind in (rtunctl.NLMSG_ERROR, rtunctl.NLMSG_DONE):
                return NO if len(payload) >= 4 and struct.unpack_from("i", payload)[0] else YES
            answers.append(self.steady(rtunctl.describe(payload)))
        return NOBODY_KNOWS

    def undo(self, lines, before):
        for line in lines:
            self.run(line)
        self.heard()
        after = self.state()[0]
        return None if after == before else f"undone, there is {after}, before {before}"

    def sweep(self, name, line, undo):
        """All allocations of one command."""
        request = Request(self, line)
        before, _ = self.state()
        self.heard()
        outcome, whole, _ = self.attempt(request, SEEN)
        done, _ = self.state()
        changes = done != before
        told = self.heard()
        trouble = []
        if outcome != YES:
            trouble.append(f"does not succeed without a fault: {outcome}")
        if changes:
            trouble.append(self.undo(undo, before))
        n, faults, borne = 1, 0, 0
        step = self.stride if line.startswith("link-") else 1
        failed = True
        while failed and not any(trouble):
            # a device that is there again has another index
            request = Request(self, line)
            generation = self.state()[1]
            self.heard()
            outcome, answers, failed = self.attempt(request, n)
            now, later = self.state()
            faults += failed
            borne += failed and outcome == YES
            good = {YES: (done,), NO: (before,), NOBODY_KNOWS: (before, done)}
            if outcome not in good:
                trouble.append(f"fault {n}: {outcome}")
            elif now not in good[outcome]:
                trouble.append(f"fault {n}: has it succeeded? {outcome}; there is {now}, before {before}, after {done}")
            elif outcome == YES and answers != whole:
                trouble.append(f"fault {n}: answers {answers}, else {whole}")
            elif now != before and (got := self.heard()) not in (None, told):
                trouble.append(f"fault {n}: who listens has heard {got}, not {told}, nor of having missed it")
            elif now[:2] != before[:2] and generation == later:
                trouble.append(f"fault {n}: another state of the same generation")
            if now != before:
                trouble.append(self.undo(undo, before))
            n += step
        if not faults:
            trouble.append("no allocation has failed")
        report(not any(trouble), f"{name}: {line.split()[0 if not request.dump else 1]}",
               f"{faults} allocations failed, {borne} of them without harm", *filter(None, trouble))


def over(xport, family, *words):
    """tunnel-new of a transport"""
    ends = {4: "local4=10.0.0.1 remote4=10.0.0.2", 6: "local6=fd00::1 remote6=fd00::2", 0: ""}[family]
    return " ".join((f"tunnel-new xport={xport} id=1 {ends}", *words))


DRESS = f"fwmark=5 ttl=9 tos=0x20 df=set blob={BLOB}"
UNDRESS = "tunnel-set id=1 fwmark=0 ttl=0 tos=0 df=unset blob="
ETH = f"cookie-tx=1122334455667788 cookie-rx=8877665544332211 cookie-grace=1000 keepalive=60000 blob={BLOB} flags=+seq-tx,+seq-rx l2spec=default"
PPP = f"np=+ipv4,+ipv6 blob={BLOB} flags=+pfc-rx,+echo-reply"
MP = "np=+ipv4 mp-classes-rx=4 mp-classes-tx=4 mrru=1600 peer-mrru=1600"
SEQ = f"{PPP},+seq-tx,+seq-rx"

# name: (tunnel-new, words of session-new, what session-set says, what takes it back, device)
TRANSPORTS = {
    "PPTP": (over("pptp", 4, DRESS), f"local-id=100 peer-id=200 {PPP} tx-window=16",
             f"reorder-slots=64 peer-window=8 disorder=swap blob={BLOB}aa",
             f"reorder-slots=256 peer-window=16 disorder=none blob={BLOB}", "mode=ppp"),
    "L2TPv2": (over("l2tpv2", 4, DRESS, "local-id=11 peer-id=12"), f"local-id=100 peer-id=200 {SEQ}",
               f"reorder-slots=512 flags=-seq-tx blob={BLOB}aa", f"reorder-slots=256 flags=+seq-tx blob={BLOB}", "mode=ppp"),
    "L2TPv3, UDP": (over("l2tpv3-udp", 4, DRESS), f"local-id=1000 peer-id=2000 pw-type=eth {ETH}",
                    "cookie-rx=11223344 cookie-tx=44332211", "cookie-rx=8877665544332211 cookie-tx=1122334455667788", "mode=eth"),
    "L2TPv3, UDP, IPv6": (over("l2tpv3-udp", 6, DRESS, "local-port=1702"), f"local-id=1000 peer-id=2000 pw-type=eth-vlan vlan=5 {ETH}",
                          "circuit=0 reorder-slots=8", "circuit=1 reorder-slots=256", "mode=eth"),
    "L2TPv3, IP": (over("l2tpv3-ip", 4, DRESS), f"local-id=1000 peer-id=2000 pw-type=eth {ETH}",
                   f"blob={BLOB}aa", f"blob={BLOB}", "mode=eth"),
    "L2TPv3, IP, IPv6": (over("l2tpv3-ip", 6, DRESS), f"local-id=1000 peer-id=2000 pw-type=ppp {PPP}",
                         f"blob={BLOB}aa", f"blob={BLOB}", "mode=ppp"),
    "MLPPP": (over("mlppp", 0, f"blob={BLOB}"), MP, "mp-mode=balance mp-memory=65536", "mp-mode=whole mp-memory=1048576", "mode=ppp"),
}
# One of each payload
WITH_DEVICE = ("PPTP", "L2TPv3, UDP, IPv6")


def transport(c, name):
    tunnel, words, change, back, mode = TRANSPORTS[name]
    session = f"session-new tunnel-id=1 id=7 {words}"
    device = f"link-add name=rt0 session=7 {mode}"
    c.sweep(name, tunnel, ["tunnel-del id=1"])
    c.run(tunnel)
    if name != "MLPPP":
        c.sweep(name, f"tunnel-set id=1 fwmark=6 ttl=10 tos=0x40 df=inherit blob={BLOB}aa",
                [f"tunnel-set id=1 {DRESS}"])
    c.sweep(name, "tunnel-get id=1", [])
    c.sweep(name, "dump tunnel-get", [])
    c.sweep(name, session, ["session-del id=7"])
    c.run(session)
    c.sweep(name, f"session-set id=7 {change}", [f"session-set id=7 {back}"])
    c.sweep(name, "session-get id=7", [])
    c.sweep(name, "dump session-get", [])
    if name in WITH_DEVICE:
        attached(c, name, device)
    c.run(f"{device} die")
    c.sweep(name, "session-del id=7", [session, f"{device} die"])
    c.sweep(name, "tunnel-del id=1", [tunnel, session, f"{device} die"])
    c.run("tunnel-del id=1")


def attached(c, name, device):
    c.sweep(name, device, ["link-del name=rt0"])
    c.run(device)
    c.sweep(name, "session-detach id=7", ["session-attach id=7 ifindex=rt0"])
    c.run("session-detach id=7")
    c.sweep(name, "session-attach id=7 ifindex=rt0", ["session-detach id=7"])
    c.sweep(name, "link-del name=rt0", [f"{device} mtu=1400", "session-detach id=7"])
    c.run("link-del name=rt0")


def secrets(c):
    name = "MPPE"
    tunnel, session = over("pptp", 4), "session-new tunnel-id=1 id=7 local-id=100 peer-id=200 np=+ipv4"
    keys = f"mppe-tx=128:{KEY128} mppe-rx=40:{KEY40}:stateful"
    c.run(tunnel)
    c.sweep(name, f"{session} {keys}", ["session-del id=7"])
    c.run(session)
    c.sweep(name, f"session-set id=7 {keys}", ["session-set id=7 mppe-tx=0 mppe-rx=0"])
    c.run(f"session-set id=7 {keys}")
    c.sweep(name, f"session-set id=7 mppe-tx=40:{KEY40} mppe-rx=128:{KEY128}", [f"session-set id=7 {keys}"])
    c.sweep(name, "session-get id=7", [])
    c.run("tunnel-del id=1")


def multipoint(c):
    name = "multipoint"
    session = "session-new tunnel-id=1 id=7 local-id=100 peer-id=200 np=+ipv4,+ipv6 prefixes=192.168.9.2/32,10.9.0.0/16,fd09::2/128"
    c.run(over("pptp", 4))
    c.sweep(name, session, ["session-del id=7"])
    c.run(session)
    c.sweep(name, "link-add name=rt0 mode=multipoint", ["link-del name=rt0"])
    c.run("link-add name=rt0 mode=multipoint")
    c.sweep(name, "session-attach id=7 ifindex=rt0", ["session-detach id=7"])
    c.run("session-attach id=7 ifindex=rt0")
    c.sweep(name, "session-set id=7 prefixes=10.1.0.0/16,10.2.0.0/16,fd0a::/16,10.9.0.0/16",
            ["session-set id=7 prefixes=192.168.9.2/32,10.9.0.0/16,fd09::2/128"])
    c.sweep(name, "session-detach id=7", ["session-attach id=7 ifindex=rt0"])
    c.sweep(name, "link-del name=rt0", ["link-add name=rt0 mode=multipoint", "session-attach id=7 ifindex=rt0"])
    c.run("link-del name=rt0")
    c.run("tunnel-del id=1")


def bundles(c):
    name = "bundle"
    c.run("tunnel-new xport=mlppp id=2")
    c.run(f"session-new tunnel-id=2 id=8 {MP}")
    c.run(over("pptp", 4))
    link = "session-new tunnel-id=1 id=7 local-id=100 peer-id=200"
    c.sweep(name, f"{link} link-rate=1000 link-latency=5000", ["session-del id=7"])
    c.run(link)
    c.sweep(name, "session-set id=7 bundle=8 link-mtu=1400", ["session-set id=7 bundle=0 link-mtu=0"])
    c.run("session-set id=7 bundle=8")
    c.sweep(name, f"session-set id=8 mppe-tx=128:{KEY128} mp-mode=round-robin", ["session-set id=8 mppe-tx=0 mp-mode=whole"])
    c.sweep(name, "session-set id=7 bundle=0", ["session-set id=7 bundle=8"])
    c.sweep(name, "dump session-get", [])
    c.sweep(name, "session-del id=8", [f"session-new tunnel-id=2 id=8 {MP}", "session-set id=7 bundle=8"])
    c.run("tunnel-del id=2")
    c.run("tunnel-del id=1")


def owners(c):
    name = "owners"
    c.sweep(name, "owner-unbind name=faults", ["owner-bind name=faults"])
    c.run("owner-unbind name=faults")
    c.sweep(name, "owner-bind name=another", ["owner-unbind name=another"])
    c.run("owner-bind name=faults")
    c.sweep(name, "dump owner-get", [])
    c.sweep(name, "info-get", [])
    lines = [over("pptp", 4, "flags=+die-with-owner"), "session-new tunnel-id=1 id=7 local-id=100 peer-id=200 np=+ipv4",
             "tunnel-new xport=l2tpv3-udp id=2 local4=10.0.0.1 remote4=10.0.0.2",
             "session-new tunnel-id=2 id=8 local-id=1000 peer-id=2000 pw-type=eth",
             "link-add name=rt0 session=7 die", "link-add name=rt1 session=8 mode=eth die"]
    for line in lines:
        c.run(line)
    c.sweep(name, "frame session-id=7 data=c02109010008000000000000", [])
    c.sweep(name, "capture-start session-id=7", [])
    c.run("capture-stop session-id=7")
    c.run("capture-start session-id=7")
    c.sweep(name, "flush name=faults", lines)
    c.sweep(name, "flush", lines)
    c.run("flush")


def devices(c):
    name = "devices"
    for mode in ("ppp", "eth", "multipoint", "ppp on-demand"):
        c.sweep(name, f"link-add name=rt0 mode={mode} mtu=1300", ["link-del name=rt0"])
        c.run(f"link-add name=rt0 mode={mode}")
        c.sweep(name, "link-del name=rt0", [f"link-add name=rt0 mode={mode}"])
        c.run("link-del name=rt0")


def commands(stride, pattern):
    c = Commands(stride)
    c.run("owner-bind name=faults")
    parts = {n: (lambda n=n: transport(c, n)) for n in TRANSPORTS}
    parts.update({f.__name__: (lambda f=f: f(c)) for f in (secrets, multipoint, bundles, owners, devices)})
    for name, part in parts.items():
        if re.search(pattern, name):
            began = time.monotonic()
            part()
            print(f"  {name}: {time.monotonic() - began:.1f} s", flush=True)


# --- namespaces ---------------------------------------------------------------


LIBC = ctypes.CDLL(None, use_errno=True)


def unshare():
    return ctypes.get_errno() if LIBC.unshare(CLONE_NEWNET) else 0


def enter(fd):
    if LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def count_namespaces(home):
    """How many there are: the limit with which one more is too many."""
    path = "/proc/sys/user/max_net_namespaces"
    with open(path, encoding="ascii") as f:
        usual = f.read()
    count = -1
    try:
        while True:
            count += 1
            with open(path, "w", encoding="ascii") as f:
                f.write(str(count))
            if not unshare():
                return count - 1
    finally:
        enter(home)
        with open(path, "w", encoding="ascii") as f:
            f.write(usual)


def namespaces(stride):
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    before = count_namespaces(home)
    n, made, failed, trouble = 1, 0, 0, []
    while True:
        FAULTS.arm(n)
        err = unshare()
        hit = FAULTS.disarm()
        enter(home)
        if not hit:
            if err:
                trouble.append(f"without a fault: {os.strerror(err)}")
            break
        made += not err
        failed += bool(err)
        n += stride
    report(not trouble and failed, "a namespace comes into being, or does not",
           f"{failed} tries came to nothing, {made} bore the fault", *trouble)
    end = time.monotonic() + 60
    after = count_namespaces(home)
    while after > before and time.monotonic() < end:
        time.sleep(0.2)
        after = count_namespaces(home)
    report(after == before, "none is left of them", f"{after}, before {before}")


# --- packets ------------------------------------------------------------------


class Injector:
    """What is allocated without waiting, by whoever it is"""

    def __init__(self):
        self.fd = {name: os.open(DEBUG + name, os.O_WRONLY) for name in
                   ("probability", "interval", "times", "space", "ignore-gfp-wait")}

    def put(self, name, value):
        os.write(self.fd[name], value.encode())

    def arm(self, space):
        self.put("ignore-gfp-wait", "Y")
        self.put("interval", "1")
        self.put("times", "1")
        self.put("space", str(space))
        self.put("probability", "100")

    def disarm(self):
        self.put("probability", "0")
        self.put("ignore-gfp-wait", "N")
        with open(DEBUG + "times", encoding="ascii") as f:
            return int(f.read()) == 0


def socket_in(ns):
    fd = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    enter(fd)
    os.close(fd)
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


class Packets:
    """Both ends of a tunnel, from outside."""

    def __init__(self, a, b, address, segments):
        self.rx = socket_in(b)
        self.rx.bind((address, PORT))
        self.rx.settimeout(1)
        self.tx = socket_in(a)
        self.tx.connect((address, PORT))
        if segments:
            self.tx.setsockopt(SOL_UDP, UDP_SEGMENT, 1200)
        self.size = 1200 * 8 if segments else 1200
        self.number = 0

    def send(self):
        self.number += 1
        data = struct.pack("I", self.number).ljust(self.size, b"x")
        try:
            self.tx.send(data)
        except OSError as e:
            if e.errno not in (errno.ENOBUFS, errno.ENOMEM):
                raise

    def works(self):
        """One arrives, if not the first: encryption must get in step again, and what
        is numbered is waited for."""
        for _ in range(8):
            self.send()
            try:
                while True:
                    data = self.rx.recv(65536)
                    if struct.unpack_from("I", data)[0] == self.number:
                        return True
            except TimeoutError:
                pass
        return False

    def drain(self):
        self.rx.setblocking(False)
        try:
            while True:
                self.rx.recv(65536)
        except BlockingIOError:
            self.rx.settimeout(1)

    def sweep(self, what, arm, disarm, step, passes=False):
        at, faults, trouble = 0, 0, []
        if not self.works():
            trouble.append("nothing arrives without a fault")
        while not trouble:
            self.drain()
            arm(at)
            self.send()
            if not disarm():
                break
            faults += 1
            if not self.works():
                trouble.append(f"nothing arrives after fault {at}")
            at += step
        if not faults and not passes:
            trouble.append("no allocation has failed")
        report(not trouble, what, f"{faults} allocations failed", *trouble)


def packets(a, b, address, step, segments, passes):
    p = Packets(a, b, address, segments)
    p.sweep("what the sender allocates", lambda at: FAULTS.arm(at + 1), FAULTS.disarm, 1)
    i = Injector()
    p.sweep("what is allocated without waiting, up to the receiver", i.arm, i.disarm, step,
            passes)


def main():
    # Memory of our own comes and goes as it likes: not between the two
    gc.disable()
    what, args = sys.argv[1], sys.argv[2:]
    if what == "commands":
        commands(int(args[0]), args[1] if args[1:] else "")
    elif what == "namespaces":
        namespaces(int(args[0]))
    else:
        packets(*args[:3], int(args[3]), "segments" in args, "passes" in args)


if __name__ == "__main__":
    main()
