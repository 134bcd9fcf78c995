#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions of every kind, what fuzzpackets.c does to them, and whether they bear it.

  fuzzpackets.py PROGRAM SEED COUNT [BATCH]

In a namespace of its own, whose devices fz0 and fz1 it makes.  COUNT packets come in
batches of BATCH; the seed of a batch is the seed and its number, and what a batch does
depends on those before it.  After each batch every packet that had to get to rtun must be
in its counters, and none that did not get there; every session must take good packets
again, in order; nothing may be held for ever.  Prints "ok|not ok TEXT" and "# ...".
"""
import os
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import mppe  # noqa: E402
import rtunctl  # noqa: E402

KEYS = {11: (128, "0102030405060708090a0b0c0d0e0f10", ""),
        12: (40, "1112131415161718", ":stateful"),
        29: (56, "2122232425262728", "")}
CHANGES = 512
OURS, PEER = "local4=10.66.0.1", "remote4=10.66.0.2"
PPP = "np=+ipv4,+ipv6 magic=7 flags=+pfc-rx,+echo-reply"
# the one with much to hold, and long enough to be filled
SLOW = "reorder-slots=1024 reorder-timeout=1000"
L2 = "pw-type=eth"

OBJECTS = f"""
tunnel-new id=1 xport=pptp {OURS} {PEER}
tunnel-new id=2 xport=l2tpv2 {OURS} {PEER} local-id=2000 peer-id=1
tunnel-new id=3 xport=l2tpv3-udp {OURS} {PEER} local-port=1703
tunnel-new id=4 xport=l2tpv3-udp local6=fd66::1 remote6=fd66::2 local-port=1704
tunnel-new id=5 xport=l2tpv3-ip {OURS} {PEER}
tunnel-new id=6 xport=l2tpv3-ip local6=fd66::1 remote6=fd66::2
tunnel-new id=7 xport=mlppp
tunnel-new id=8 xport=mlppp
session-new tunnel-id=7 id=60 {PPP} mp-classes-rx=4 mrru=2000 mp-loss-time=200 mp-memory=40000
session-new tunnel-id=8 id=61 {PPP},+mp-short-rx,+mp-short-tx mp-loss-time=100
session-new tunnel-id=1 id=10 {PPP} {SLOW}
session-new tunnel-id=1 id=11 {PPP}
session-set id=11 flags=+mppe-required
session-new tunnel-id=1 id=12 {PPP}
session-set id=12 flags=+mppe-required
session-new tunnel-id=1 id=13 np=+bridge flags=+pfc-rx,+bcp-tinygram-rx,+echo-reply
session-new tunnel-id=1 id=14 np=+bridge flags=+pfc-rx
session-new tunnel-id=1 id=15 {PPP}
session-set id=15 bundle=60
session-new tunnel-id=2 id=16 {PPP}
session-new tunnel-id=2 id=17 {PPP}
session-set id=17 flags=+seq-rx
session-new tunnel-id=2 id=18 {PPP}
session-set id=18 bundle=60
session-new tunnel-id=3 id=20 {L2} cookie-rx=c0c0c0c0c0c0c0c0
session-new tunnel-id=3 id=21 pw-type=eth-vlan vlan=9 cookie-rx=c0c0c0c0 l2spec=default flags=+seq-rx
session-new tunnel-id=3 id=22 pw-type=ppp {PPP} prefixes=192.168.22.0/24,fd09::/64
session-new tunnel-id=3 id=23 {L2} circuit=0
session-new tunnel-id=3 id=24 pw-type=ppp {PPP}
session-new tunnel-id=3 id=25 pw-type=ppp {PPP}
session-new tunnel-id=3 id=26 pw-type=ppp flags=+pfc-rx
session-new tunnel-id=3 id=27 pw-type=ppp {PPP}
session-set id=27 bundle=61
session-new tunnel-id=3 id=28 pw-type=ppp {PPP} cookie-rx=c0c0c0c0
session-set id=28 bundle=61
session-new tunnel-id=3 id=29 pw-type=ppp {PPP}
session-new tunnel-id=4 id=30 {L2} cookie-rx=c0c0c0c0c0c0c0c0
session-new tunnel-id=4 id=31 pw-type=ppp {PPP} l2spec=default
session-set id=31 flags=+seq-rx
session-new tunnel-id=5 id=40 {L2} cookie-rx=c0c0c0c0 l2spec=default flags=+seq-rx
session-new tunnel-id=5 id=41 pw-type=ppp {PPP}
session-new tunnel-id=6 id=50 {L2} cookie-rx=c0c0c0c0c0c0c0c0
"""
ETHERNET = {13, 14, 20, 21, 23, 30, 40, 50}
NO_DEVICE = {15, 18, 22, 24, 27, 28}
DOWN = {25}
BUNDLES = {60, 61}
# what becomes of a packet, each of one
FATES = ("rx-packets", "rx-control", "rx-acks", "rx-echo", "rx-keepalive", "rx-reset-requests",
         "rx-reset-acks")
# of a fragment that was counted as one already
AFTERWARDS = {"mp-late", "mp-dup", "mp-far", "mp-limit", "mp-incomplete", "mp-orphan", "mp-oversize"}
# of packets that the attacker does not send, and of what only the machine can bring about
UNREACHED = {
    "mp-no-bundle": "a race: a link that leaves its bundle while a packet is under way",
    "rx-nomem": "no memory: that is for fault injection",
}
# expected of good packets: nobody listens there, by design
DEAF = {70: {"ctrl-no-owner"}, 71: {"ctrl-overrun"}}
MEMORY = 48 << 10       # KiB that may be in use more than after the first batch: caches


class Owner(rtunctl.Genl):
    """A socket with a name and objects."""

    def __init__(self, name, objects=""):
        super().__init__()
        self.do(f"owner-bind name={name}")
        for words in objects.strip().splitlines():
            # the number on the wire is the id; a bundle has none
            i = re.match(r"session-new .* id=(\d+)", words)
            self.do(words + (f" local-id={i[1]} peer-id={i[1]}"
                             if i and int(i[1]) not in BUNDLES else ""))

    def do(self, words):
        """A line of rtunctl.py."""
        rtunctl.run(self, words.split(), quiet=True)

    def drain(self):
        """Read what was handed up."""
        self.late = []
        self.sock.setblocking(False)
        try:
            while True:
                self.sock.recv(1 << 17)
        except BlockingIOError:
            pass
        except OSError as e:
            if e.errno != 105:      # ENOBUFS: it was too much, which is counted
                raise
        self.sock.setblocking(True)


def ip(words):
    subprocess.run(["ip", *words.split()], check=True)


class Fuzz:
    """The sessions, and the program."""

    def __init__(self, program):
        self.faults = []
        self.network()
        self.owner = Owner("fuzz", OBJECTS)
        gone = Owner("gone", f"tunnel-new id=9 xport=pptp {OURS} remote4=10.66.0.3\n"
                     f"session-new tunnel-id=9 id=70 {PPP}")
        gone.sock.close()
        self.full = Owner("full", f"tunnel-new id=10 xport=pptp {OURS} remote4=10.66.0.4\n"
                          f"session-new tunnel-id=10 id=71 {PPP}")
        self.full.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.ids = sorted(self.sessions())
        self.devices()
        self.program = subprocess.Popen(
            [program, "fz0", "fz1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            encoding="ascii")
        self.expect("ready")
        for i, (bits, key, _) in KEYS.items():
            keys = mppe.session_keys(bits, bytes.fromhex(key))
            self.ask(f"keys {i} " + " ".join(next(keys).hex() for _ in range(CHANGES)))
        self.first = self.counters()
        self.taint = self.tainted()
        self.memory, self.probes, self.refused = 0, 0, 0

    def network(self):
        for dev in ("fz0", "fz1"):
            ip(f"tuntap add {dev} mode tap vnet_hdr")
            ip(f"link set {dev} address 02:00:00:00:00:01 mtu 9000")
            ip(f"link set {dev} up")
            with open(f"/proc/sys/net/ipv4/conf/{dev}/rp_filter", "w", encoding="ascii") as f:
                f.write("0")
        with open("/proc/sys/net/ipv4/conf/all/rp_filter", "w", encoding="ascii") as f:
            f.write("0")
        # so GRO waits for more
        for name, value in (("gro_flush_timeout", 2000000), ("napi_defer_hard_irqs", 1)):
            with open(f"/sys/class/net/fz0/{name}", "w", encoding="ascii") as f:
                f.write(str(value))
        ip("addr add 10.66.0.1/24 dev fz0")
        ip("addr add fd66::1/64 dev fz0 nodad")
        for last in (2, 3, 4, 9):
            for addr in (f"10.66.0.{last}", f"fd66::{last}"):
                ip(f"neigh add {addr} lladdr 02:00:00:00:00:02 dev fz0")

    def devices(self):
        for i in self.ids:
            if i in NO_DEVICE:
                continue
            mode = "eth" if i in ETHERNET else "ppp"
            address = f"address=02:00:00:00:10:{i:02x}" if i in ETHERNET else ""
            self.owner.do(f"link-add name=rt{i} session={i} mode={mode} die {address}")
            if i not in DOWN:
                ip(f"link set rt{i} up")
        self.owner.do("link-add name=mp0 mode=multipoint")
        ip("link set mp0 up")
        self.owner.do(f"session-attach id=22 ifindex={socket.if_nametoindex('mp0')}")

    def sessions(self):
        out = {}
        for _, msg in self.owner.call(rtunctl.COMMANDS["session-get"], b"", rtunctl.NLM_F_DUMP):
            d = rtunctl.describe(msg)["session"]
            out[d["id"]] = d
        return out

    def counters(self):
        """{(session or 0, counter): value}, and what is held."""
        out = {}
        self.held = 0
        _, msg = self.owner.call(rtunctl.COMMANDS["info-get"], b"")[0]
        drops = rtunctl.describe(msg)["info"]["stats"].get("drops", {})
        for why, n in drops.items():
            out[0, "drops." + why] = n
        for i, s in self.sessions().items():
            for name, n in s["stats"].items():
                if name != "drops":
                    out[i, name] = n
            for why, n in s["stats"].get("drops", {}).items():
                out[i, "drops." + why] = n
            for one in s.get("mp-class", {}).values():
                out[i, "together"] = out.get((i, "together"), 0) + one["rx-packets"]
                self.held += one["rx-held"]
        return out

    def accounted(self, now, before):
        """How many packets of those that arrived have ended somewhere."""
        total = 0
        for (i, name), n in now.items():
            n -= before.get((i, name), 0)
            why = name[6:] if name.startswith("drops.") else ""
            if name in FATES or (why and not why.startswith("tx-") and why not in AFTERWARDS):
                total += n
            elif name == "together":
                total -= n
            elif name == "rx-fragments" and i not in BUNDLES:
                total += n
        return total

    def expect(self, pattern):
        line = self.program.stdout.readline()
        match = re.match(pattern, line)
        if not match:
            raise SystemExit(f"the program says {line!r}, expected {pattern!r}")
        return match

    def ask(self, line):
        """(sent, surely, perhaps, refused, its other lines)"""
        self.program.stdin.write(line + "\n")
        self.program.stdin.flush()
        said = []
        while True:
            match = self.expect(r"sent (\d+) surely (\d+) perhaps (\d+) refused (\d+)|(probe .*)")
            if match[5] is None:
                return [int(match[i]) for i in range(1, 5)] + [said]
            said.append(match[5])

    def rekey(self):
        """Of what is encrypted the peer begins anew with each probe."""
        for i, (bits, key, how) in KEYS.items():
            self.owner.do(f"session-set id={i} mppe-rx={bits}:{key}{how} mppe-tx={bits}:{key}{how}")

    def step(self, line):
        """One request, and a probe; their packets must all be accounted for.  Not before the
        probe, which ends what waits for a gap.
        """
        before, kernel = self.counters(), self.kernel()
        self.probes += 1
        sent, surely, perhaps, refused, _ = self.ask(line) if line else (0, 0, 0, 0, 0)
        self.owner.drain()
        self.rekey()
        _, good, _, _, said = self.ask(f"probe {self.probes}")
        surely += good
        self.faults += [one for one in said if " ok " not in one]
        self.refused += refused
        tries = 0
        while True:
            self.owner.drain()
            now = self.counters()
            got = self.accounted(now, before)
            if (got >= surely and not self.held) or tries >= 200:
                break
            tries += 1
            time.sleep(0.02)
        if not surely <= got <= surely + perhaps:
            self.faults += [f"{line[:40]}: {got} packets are in the counters, not {surely} to "
                            f"{surely + perhaps}",
                            f"kernel: {self.grown(self.kernel(), kernel)}",
                            f"rtun: {self.grown(now, before)}"]
        if self.held:
            self.faults.append(f"{line[:40]}: {self.held} octets of fragments are held for ever")
        for (i, name), n in now.items():
            if name[6:] in UNREACHED and n != before.get((i, name), 0):
                print(f"# {line[:40]}: session {i} dropped as {name[6:]}")
        for i in BUNDLES:
            def n(name, session=i):
                return now.get((session, name), 0) - before.get((session, name), 0)
            ended = n("rx-null-fragments") + n("together") + sum(
                n("drops." + why) for why in AFTERWARDS)
            if ended > n("rx-fragments"):
                self.faults.append(f"{line[:40]}: bundle {i} has {n('rx-fragments')} fragments, "
                                   f"{ended} ends of them")
        return sent, now, before

    @staticmethod
    def grown(now, before):
        return {f"{k[0]}:{k[1]}": n - before.get(k, 0) for k, n in now.items()
                if n != before.get(k, 0)}

    @staticmethod
    def kernel():
        """What a packet may come to before it gets to rtun, in the form of counters()."""
        out = {}
        with open("/proc/net/snmp", encoding="ascii") as f:
            lines = [line.split() for line in f]
        for names, values in zip(lines[::2], lines[1::2]):
            out.update({(names[0][:-1], name): int(n)
                        for name, n in zip(names[1:], values[1:])})
        with open("/proc/net/snmp6", encoding="ascii") as f:
            out.update({("", name): int(n) for name, n in map(str.split, f)})
        for dev in ("fz0", "fz1"):
            for name in ("rx_packets", "rx_dropped", "rx_errors", "rx_frame_errors"):
                with open(f"/sys/class/net/{dev}/statistics/{name}", encoding="ascii") as f:
                    out[dev, name] = int(f.read())
        with open("/proc/net/softnet_stat", encoding="ascii") as f:
            for cpu, line in enumerate(f):
                out["softnet", f"dropped{cpu}"] = int(line.split()[1], 16)
                out["softnet", f"squeezed{cpu}"] = int(line.split()[2], 16)
        return out

    @staticmethod
    def tainted():
        with open("/proc/sys/kernel/tainted", encoding="ascii") as f:
            return f.read()

    def result(self, text):
        if self.tainted() != self.taint:
            self.faults.append("the kernel complains")
        print("not ok" if self.faults else "ok", text)
        for fault in self.faults:
            print("#", fault)
        sys.stdout.flush()
        good = not self.faults
        self.faults = []
        return good

    def templates(self):
        """Before any lie: nothing may be dropped but where nobody listens."""
        before = self.counters()
        sent, surely, *_ = self.ask("templates")
        for _ in range(200):
            self.owner.drain()
            now = self.counters()
            if self.accounted(now, before) == surely:
                break
            time.sleep(0.02)
        else:
            self.faults.append(f"{self.accounted(now, before)} of {surely} are in the counters: "
                               f"{self.grown(now, before)}")
        for (i, name), n in now.items():
            if name.startswith("drops.") and n != before.get((i, name), 0) and \
                    name[6:] not in DEAF.get(i, ()):
                self.faults.append(f"session {i}: {name[6:]} of a good packet")
        self.result(f"{sent} good packets of all kinds are taken")

    def bounded(self):
        with open("/proc/meminfo", encoding="ascii") as f:
            free = int(re.search(r"MemAvailable: *(\d+)", f.read())[1])
        self.memory = self.memory or free
        if self.memory - free > MEMORY:
            self.faults.append(f"{self.memory - free} KiB of memory more are in use")

    def coverage(self):
        """Which reasons were reached?"""
        print(f"# {self.refused} packets were refused by the TAP device")
        now = self.counters()
        reached = {}
        for (i, name), n in now.items():
            if name[6:] in UNREACHED:
                print(f"# session {i} has {n} of {name[6:]}")
            if name.startswith("drops."):
                reached[name[6:]] = reached.get(name[6:], 0) + n
        for why in rtunctl.DROPS.values():
            if why.startswith("tx-"):
                continue
            n = reached.get(why, 0)
            print(f"# {why}: {n}" + (f" ({UNREACHED[why]})" if why in UNREACHED else ""))
            if n and why in UNREACHED:
                self.faults.append(f"{n} packets were dropped as {why}, which none should reach")
            if not n and why not in UNREACHED:
                self.faults.append(f"no packet was dropped as {why}")
        for name in FATES[1:] + ("rx-fragments", "rx-null-fragments", "rx-resync", "rx-encrypted",
                                 "rx-mppe-late", "rx-mppe-missed"):
            n = sum(v for (_, k), v in now.items() if k == name)
            print(f"# {name}: {n}")
            if not n:
                self.faults.append(f"no packet was counted as {name}")
        self.result("every reason that a packet can be dropped for was reached")


def main():
    program, seed, count = sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3])
    batch = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    print(f"# seed {seed}, {count} packets, {batch} a batch")
    fuzz = Fuzz(program)
    fuzz.step("")
    fuzz.result("every session takes good packets")
    fuzz.templates()
    sent, *_ = fuzz.step("cuts")
    fuzz.result(f"{sent} packets that end too early")
    sent, *_ = fuzz.step("lies")
    fuzz.result(f"{sent} packets with one lie each")
    sent, *_ = fuzz.step("floods")
    fuzz.result(f"{sent} packets, more than there may be held")
    for number in range((count + batch - 1) // batch):
        n = min(batch, count - number * batch)
        sent, *_ = fuzz.step(f"batch {seed * 1000003 + number} {n}")
        fuzz.bounded()
        fuzz.result(f"batch {number}, {sent} packets: all accounted for, and every session goes on")
    fuzz.coverage()
    fuzz.program.stdin.close()
    status = fuzz.program.wait()
    print("ok" if not status else "not ok", "the program runs to its end")


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    main()
