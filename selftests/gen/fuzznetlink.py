#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Random sequences of requests, made from uapi/rtun.yaml: good ones, ones at the limits of
what is allowed, and nonsense, by several sockets in two namespaces, some of them owners that
come and go; devices of kind rtun besides, which move.

  fuzznetlink.py SEED COUNT NAMESPACE ADDRESS4 ADDRESS6 NAMESPACE ADDRESS4 ADDRESS6

What must hold: who is refused is told why, in words; what was refused has changed nothing,
in either namespace; what was accepted is shown as it was asked for; at the end all can be
taken away.  The seed alone decides what is asked.  Prints "ok|not ok TEXT" and "# ...".
"""
import collections
import ctypes
import os
import random
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
import rtunctl  # noqa: E402
import yaml  # noqa: E402
from rtunctl import COMMANDS, H, NLA_F_NESTED, NLA_TYPE_MASK, NLM_F_ACK, NLM_F_DUMP, nla  # noqa: E402

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../uapi/rtun.yaml")
CLONE_NEWNET = 0x40000000
RTM_DELLINK, RTM_GETLINK = 17, 18
IFLA_NET_NS_FD = 28
NLM_F_REQUEST, NLM_F_CREATE, NLM_F_EXCL = 1, 0x400, 0x200
IFF_UP = 1
ENOBUFS = 105
SOCKETS = 5
TUNNELS, SESSIONS, DEVICES = 5, 8, 6
SIZES = {"u8": 1, "u32": 4, "s32": 4, "bitfield32": 8, "u64": 8}
# what changes by itself
VOLATILE = {"tunnel": {"pmtu"}, "session": {"stats", "rtt", "congested", "mp-class", "mppe-tx",
                                             "mppe-rx"}, "owner": set()}
# only devices of ours, without statistics
OURS = nla(rtunctl.IFLA_LINKINFO | NLA_F_NESTED, nla(rtunctl.IFLA_INFO_KIND, b"rtun\0")) + \
    nla(29, struct.pack("I", 8))
LIBC = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """With what the kernel said."""

    def __init__(self, payload, flags):
        self.errno = -struct.unpack_from("i", payload)[0]
        tlv = dict(rtunctl.parse(payload[20:])) if flags & rtunctl.NLMSG_F_ACK_TLVS else {}
        self.words = tlv[1].rstrip(b"\0").decode() if 1 in tlv else ""
        super().__init__(f"{os.strerror(self.errno)}: {self.words or 'no words'}")


class Silent:
    """Mixed into a netlink socket: refusals with all that was said, and no waiting for ever."""

    def check(self, payload, flags):
        if struct.unpack_from("i", payload)[0]:
            raise Refused(payload, flags)

    def drain(self):
        """What arrived unasked."""
        self.late = []
        while True:
            try:
                self.sock.recv(1 << 17, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as e:
                if e.errno != ENOBUFS:
                    raise


class Genl(Silent, rtunctl.Genl):
    """One of the sockets."""

    name = ""


class Rtnl(Silent, rtunctl.Netlink):
    """For devices."""

    def __init__(self):
        super().__init__(rtunctl.NETLINK_ROUTE)


def enter(fd):
    if LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Space:
    """A namespace."""

    def __init__(self, name, addr4, addr6):
        self.addr4, self.addr6 = addr4, addr6
        self.fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
        self.eye, self.rtnl = self.socket(Genl), self.socket(Rtnl)
        self.seen = {}

    def socket(self, kind):
        enter(self.fd)
        return kind()

    def look(self):
        """Its objects: {(kind, id): what is shown of it}."""
        out = {}
        for kind in ("tunnel", "session", "owner"):
            for _, msg in self.eye.call(COMMANDS[kind + "-get"], b"", NLM_F_DUMP):
                top = dict(rtunctl.parse(msg[4:]))
                names = rtunctl.ATTRS[kind]
                shown = tuple((k, v) for k, v in rtunctl.parse(top[H[f"RTUN_A_{kind.upper()}"]])
                              if names.get(k) not in VOLATILE[kind])
                out[kind, shown[0][1]] = shown
        for _, msg in self.rtnl.request(RTM_GETLINK, bytes(16) + OURS, NLM_F_DUMP):
            index = struct.unpack_from("i", msg, 4)[0]
            attrs = dict(rtunctl.parse(msg[16:]))
            info = dict(rtunctl.parse(attrs.get(rtunctl.IFLA_LINKINFO, b"")))
            if info.get(rtunctl.IFLA_INFO_KIND) == b"rtun\0":
                out["device", index] = (attrs[rtunctl.IFLA_IFNAME],
                                        attrs[rtunctl.IFLA_MTU], attrs.get(rtunctl.IFLA_ADDRESS),
                                        info.get(rtunctl.IFLA_INFO_DATA))
        self.seen = out
        return out

    def devices(self):
        return [i for kind, i in self.seen if kind == "device"]

    def ids(self, kind):
        """Of what there was when it was looked at last."""
        return [struct.unpack("I", i)[0] for k, i in self.seen if k == kind]


class Fuzz:
    """The generator and the model."""

    def __init__(self, seed, spaces):
        with open(SPEC, encoding="utf-8") as f:
            # the one in Python takes seconds where a system call takes long
            spec = yaml.load(f, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.rng = random.Random(seed)
        self.spaces = spaces
        self.consts = {d["name"]: d["value"] for d in spec["definitions"] if d["type"] == "const"}
        self.enums = {d["name"]: d for d in spec["definitions"] if d["type"] != "const"}
        self.sets = {s["name"]: s["attributes"] for s in spec["attribute-sets"]}
        self.ops = {o["name"]: o for o in spec["operations"]["list"] if "event" not in o}
        self.sockets, self.captures = [], []
        self.faults, self.tried = [], 0
        self.accepted, self.refused = collections.Counter(), collections.Counter()
        self.words = collections.Counter()
        self.trail = collections.deque(maxlen=6)

    # --- values ---

    def number(self, size):
        r = self.rng
        top = (1 << 8 * size) - 1
        return r.choice((0, 1, 2, 3, 7, 63, 64, 255, 256, 1500, 4095, 4096, 65535, 65536, top - 1, top,
                         top // 2, r.randint(0, top), r.randint(0, 20), r.randint(0, 20))) & top

    def limits(self, a):
        return {k: self.consts.get(v, v) for k, v in a.get("checks", {}).items()}

    def id(self, kind, space, new=False):
        """Mostly of one that is there, or, if that is wanted, is not."""
        r, there = self.rng, space.ids(kind)
        every = range(1, (TUNNELS if kind == "tunnel" else SESSIONS) + 1)
        some = [i for i in every if i not in there] if new else there
        return r.choice(some) if some and r.randrange(8) else r.choice(every)

    def good(self, a, space):
        """A payload that the description allows."""
        r, kind, name, get = self.rng, a["type"], a["name"], self.limits(a)
        if kind == "nest":
            return self.mppe() if a["nested-attributes"] == "mppe" else b""
        if kind == "bitfield32":
            bits = (1 << len(self.enums[a["enum"]]["entries"])) - 1
            selector = r.randint(0, bits) & r.randint(0, bits)
            return struct.pack("II", selector & r.randint(0, bits), selector)
        if kind == "binary" and "exact-len" in get:
            return socket.inet_pton(socket.AF_INET6, r.choice(
                (space.addr6, "fd00::1", "fd00::2", "fd00::9", "ff02::1", "::")))
        if name.startswith("cookie-") and kind == "binary":
            return r.randbytes(r.choice((0, 4, 8)))
        if name == "prefixes":
            return b"".join(rtunctl.prefixes(f"10.{r.randint(0, 3)}.0.0/{r.choice((16, 24, 8))}")
                            for _ in range(r.randint(0, 3)))
        if name == "data":
            return bytes.fromhex(r.choice(("c02101010004", "80fd01010004", "8021", "0021")))
        if kind == "binary":
            return r.randbytes(r.randint(0, min(get.get("max-len", 64), 64)))
        if kind == "string":
            return r.choice((b"one\0", b"two\0", b"three\0"))
        if name in ("local4", "remote4"):
            return socket.inet_aton(r.choice((space.addr4, "10.0.0.1", "10.0.0.2", "10.0.0.9")))
        if name in ("id", "tunnel-id", "session-id", "bundle"):
            return struct.pack("I", self.id("tunnel" if name == "tunnel-id" else "session", space))
        if name == "ifindex":
            return struct.pack("I", r.choice(space.devices() or [1]))
        if "enum" in a:
            entries = self.enums[a["enum"]]["entries"]
            last, values = -1, []
            for e in entries:
                last = e.get("value", last + 1)
                values.append(last)
            value = r.choice(values)
        elif "min" in get or "max" in get:
            low, high = get.get("min", 0), get.get("max", 0xffffffff)
            value = r.choice((low, high, r.randint(low, high), min(high, max(low, 64))))
        elif "flags-mask" in get:
            value = r.randint(0, 255) & get["flags-mask"]
        else:
            value = r.choice((0, 1, r.randint(1, 65535), r.randint(1, 20)))
        size = SIZES.get(kind, 4)
        return (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def mppe(self):
        r = self.rng
        bits = r.choice((0, 40, 56, 128, 128))
        words = f"{bits}" if not bits else f"{bits}:" + "ab" * (16 if bits == 128 else 8)
        if bits and r.randrange(3) == 0:
            words += ":stateful"
        return rtunctl.mppe(words)

    def bad(self, a):
        """Any payload at all."""
        r, get = self.rng, self.limits(a)
        size = SIZES.get(a["type"], 4)
        choices = [b"", r.randbytes(r.randint(0, 9)), r.randbytes(size), bytes(size),
                   b"\xff" * size, self.number(size).to_bytes(size, "little"), bytes(size + 4),
                   nla(r.randint(0, 9), r.randbytes(r.randint(0, 8)))]
        for limit in ("min", "max"):
            if limit in get:
                for value in (get[limit] - 1, get[limit], get[limit] + 1):
                    choices.append((value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
        for limit in ("max-len", "min-len", "exact-len"):
            if limit in get:
                choices += [r.randbytes(max(0, get[limit] + d)) for d in (-1, 0, 1)]
        if a["type"] == "string":
            choices += [b"\0", b"a b\0", b"one", b"x" * 31, b"y" * 32 + b"\0", b"\xff\n\0"]
        return r.choice(choices)

    # --- requests ---

    def wanted(self, cmd, space):
        """Names of attributes that make sense together."""
        r = self.rng
        if cmd == "tunnel-new":
            xport = r.choice(("pptp", "l2tpv2", "l2tpv3-udp", "l2tpv3-ip", "mlppp"))
            six = "6" if xport.startswith("l2tpv3") and r.randrange(3) == 0 else "4"
            words = [f"id={self.id('tunnel', space, True)}", f"xport={xport}"]
            peer = r.choice(("10.0.0.1", "10.0.0.2")) if six == "4" else "fd00::2"
            own = space.addr4 if six == "4" else space.addr6
            if xport != "mlppp":
                words += [f"local{six}={own}", f"remote{six}={peer}"]
            if xport == "l2tpv2":
                words += [f"local-id={r.randint(1, 99)}", "peer-id=5"]
            elif xport == "l2tpv3-udp" and r.randrange(2):
                words += [f"local-port={r.randint(1701, 1704)}"]
            if r.randrange(4) == 0:
                words += ["flags=" + r.choice(("+die-with-owner", "+zero-csum-tx", "+scoped-ids"))]
            return words
        if cmd == "session-new":
            words = [f"tunnel-id={self.id('tunnel', space)}",
                     f"id={self.id('session', space, True)}"]
            if r.randrange(4):
                words.append("peer-id=" + str(r.randint(1, 300)))
            if r.randrange(2) == 0:
                words += r.choice((["pw-type=ppp"], ["pw-type=ppp"], ["pw-type=eth"], ["pw-type=eth-vlan", "vlan=7"],
                                   ["l2spec=default", "flags=+seq-tx,+seq-rx"]))
            if r.randrange(6) == 0:
                words += ["np=" + r.choice(("+ipv4", "+ipv6,+ipv4", "+bridge"))]
            return words
        name = ["name=" + r.choice(("one", "two", "three"))]
        session = self.id("session", space)
        fixed = {"owner-bind": name, "owner-unbind": name, "flush": name,
                 "frame": [f"session-id={session}", "data=c02101010004"],
                 "capture-start": [f"session-id={session}"],
                 "capture-stop": [f"session-id={session}"],
                 "session-attach": [f"id={session}", f"ifindex={r.choice(space.devices() or [1])}"]}
        if cmd in fixed:
            return fixed[cmd]
        return [f"id={self.id('tunnel', space) if cmd.startswith('tunnel') else session}"]

    def extra(self, cmd, obj, space, how):
        """One attribute more."""
        while True:
            number = self.rng.randint(1, len(self.sets[obj]))
            a = self.sets[obj][number - 1]
            doc = a.get("doc", "read-only" if a["type"] == "pad" else "")
            if how == "bad" or self.rng.randrange(20) == 0 or not (
                    "read-only" in doc or (cmd.endswith("-set") and "at creation" in doc)):
                break
        nest = NLA_F_NESTED if a["type"] == "nest" else 0
        return nla(number | nest, self.good(a, space) if how == "good" else self.bad(a))

    def request(self, cmd, space):
        """Body and flags."""
        r = self.rng
        op = self.ops[cmd]
        how = op.get("do") or {}
        objs = how.get("request", {}).get("attributes", [])
        flags = NLM_F_ACK
        if "do" not in op or ("dump" in op and r.randrange(3) == 0):
            flags = NLM_F_DUMP
            objs = op["dump"].get("request", {}).get("attributes", [])
        if not objs:
            obj, body = r.choice(("tunnel", "session")), b""
        else:
            obj = objs[0]
            words = [f"tunnel-id={self.id('tunnel', space)}"] if flags == NLM_F_DUMP else \
                self.wanted(cmd, space)
            body = rtunctl.encode(obj, words)[4:]
        extras = 0
        if cmd.endswith(("-new", "-set")):
            extras = r.choice((0, 0, 0, 0, 1, 1, 2, 4)) or cmd.endswith("-set")
        for _ in range(extras):
            body += self.extra(cmd, obj, space, "good")
        if r.randrange(7) == 0:
            for _ in range(r.randint(1, 2)):
                body += self.extra(cmd, obj, space, "bad")
        if r.randrange(25) == 0:
            body += nla(r.choice((0, len(self.sets[obj]) + 1, 77, 999, 0x3fff)) |
                        r.choice((0, NLA_F_NESTED, 0x4000)), r.randbytes(r.randint(0, 12)))
        if r.randrange(40) == 0:
            body = body[4 * r.randint(0, len(body) // 4):] + body
        top = nla(H[f"RTUN_A_{obj.upper()}"] | NLA_F_NESTED, body) if objs or body else b""
        return self.spoil(top), flags

    def spoil(self, body):
        """Nonsense in the message as a whole, seldom."""
        r = self.rng
        how = r.randrange(60)
        if how == 0:
            body = body[:r.randint(0, len(body))]
        elif how == 1 and len(body) > 4:
            at = r.randrange(len(body))
            body = body[:at] + r.randbytes(1) + body[at + 1:]
        elif how == 2 and len(body) >= 4:
            body = struct.pack("H", r.randint(0, len(body) + 8)) + body[2:]
        elif how == 3 and len(body) >= 4:
            body = body[:2] + struct.pack("H", struct.unpack_from("H", body, 2)[0] & NLA_TYPE_MASK) + body[4:]
        elif how == 4:
            body += nla(r.randint(0, 12) | NLA_F_NESTED, r.randbytes(r.randint(0, 12)))
        elif how == 5:
            body += body
        elif how == 6:
            body += r.randbytes(r.randint(1, 5))
        elif how == 7:
            deep = b""
            for _ in range(r.randint(1, 30)):
                deep = nla(r.randint(1, 9) | NLA_F_NESTED, deep)
            body = deep
        return body

    def link(self, space):
        """A request about a device: (what, type, body, flags)."""
        r = self.rng
        devices = space.devices()
        what = r.choice(("add", "add", "set", "move", "del"))
        if what == "add" and len(devices) >= DEVICES:
            what = "del"
        if what != "add" and not devices:
            what = "add"
        data = b""
        bare = what == "set" and r.randrange(2)
        if what in ("add", "set") and not bare:
            good = {H["IFLA_RTUN_MODE"]: struct.pack("B", r.randint(1, 3)),
                    H["IFLA_RTUN_SESSION"]: struct.pack("I", self.id("session", space)),
                    H["IFLA_RTUN_DIE_WITH_SESSION"]: b"", H["IFLA_RTUN_ON_DEMAND"]: b""}
            for number in r.sample(list(good), r.choice((0, 1, 2, 2, 3))):
                data += nla(number, good[number])
            if r.randrange(5) == 0:
                data += nla(r.randint(1, H["IFLA_RTUN_ON_DEMAND"] + 2), r.choice((
                    b"", bytes(1), b"\4", struct.pack("I", r.randint(0, 9)),
                    r.randbytes(r.randint(0, 6)))))
        index = 0 if what == "add" else r.choice(devices)
        up = r.choice((0, IFF_UP)) if what in ("set", "add") else 0
        head = struct.pack("BxHiII", 0, 0, index, up, IFF_UP if what == "set" else 0)
        if what == "del":
            return what, RTM_DELLINK, head, NLM_F_ACK
        if what == "move":
            fd = r.choice(self.spaces).fd
            return what, rtunctl.RTM_NEWLINK, head + nla(IFLA_NET_NS_FD, struct.pack("I", fd)), NLM_F_ACK
        body = b""
        flags = NLM_F_ACK
        if what == "add":
            # a name of its own wherever it goes
            self.tried += 1
            body += nla(rtunctl.IFLA_IFNAME, f"f{self.tried}\0".encode())
            flags |= NLM_F_CREATE | NLM_F_EXCL
            if r.randrange(6) == 0:
                body += nla(IFLA_NET_NS_FD, struct.pack("I", r.choice(self.spaces).fd))
        if r.randrange(4) == 0:
            body += nla(rtunctl.IFLA_MTU, struct.pack("I", r.choice((1280, 1400, 1500))))
        if not bare:
            info = nla(rtunctl.IFLA_INFO_KIND, b"rtun\0") + \
                nla(rtunctl.IFLA_INFO_DATA | NLA_F_NESTED, data)
            body += nla(rtunctl.IFLA_LINKINFO | NLA_F_NESTED, info)
        return what, rtunctl.RTM_NEWLINK, head + body, flags

    # --- the model ---

    def state(self):
        return [s.look() for s in self.spaces]

    def fault(self, text):
        self.faults.append(text + "; before that: " + " | ".join(self.trail))

    def settled(self):
        """After an owner's death: what dies with it goes by itself, a moment later."""
        last = None
        while True:
            now = self.state()
            if now == last:
                return now
            last = now
            time.sleep(0.05)

    def judge(self, what, before, refusal, exempt):
        """Was it refused, and rightly so?"""
        after = self.state()
        if not refusal:
            self.accepted[what] += 1
            return after
        self.refused[what] += 1
        self.words[what, refusal.words] += 1
        if not refusal.words and not exempt:
            self.fault(f"{what} is refused without words ({refusal})")
        if after != before:
            diff = [[(k, a.get(k), b.get(k)) for k in {**a, **b} if a.get(k) != b.get(k)]
                    for a, b in zip(before, after)]
            self.fault(f"{what} is refused ({refusal}) and changed something: {diff}")
        return after

    def shown(self, what, space, body):
        """What was set must be what is shown."""
        kind = what.split("-", maxsplit=1)[0]
        top = dict(rtunctl.parse(body)).get(H[f"RTUN_A_{kind.upper()}"], b"")
        asked = dict(rtunctl.parse(top))        # of duplicates the last one counts
        names = rtunctl.ATTRS[kind]
        ids = {v: k for k, v in names.items()}
        now = dict(space.seen.get((kind, asked.get(ids["id"])), ()))
        for number, payload in asked.items():
            a = self.sets[kind][number - 1]
            if a["type"] in ("u8", "u32", "s32") and now and number in now and \
                    payload != now[number]:
                self.fault(f"{what}: {a['name']} was set to {payload.hex()} and is shown as "
                           f"{now[number].hex()}")

    def one(self, before):
        r = self.rng
        for s in self.sockets:
            s.drain()
        kind = r.randrange(100)
        if kind < 4 and len(self.sockets) == SOCKETS:
            gone = self.sockets.pop(r.randrange(SOCKETS))
            gone.sock.close()
            self.trail.append("a socket closes")
            return self.settled()
        if len(self.sockets) < SOCKETS:
            space = r.choice(self.spaces)
            self.sockets.append(space.socket(Genl))
            self.sockets[-1].space = space
            if r.randrange(4):
                self.ask(lambda: self.sockets[-1].call(COMMANDS["owner-bind"], rtunctl.encode(
                    "owner", ["name=" + r.choice(("one", "two", "three"))])))
                before = self.state()
            self.sockets[-1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO,
                                             struct.pack("ll", 30, 0))
        if kind < 20:
            space = r.choice(self.spaces)
            what, mtype, body, flags = self.link(space)
            refusal = self.ask(lambda: space.rtnl.request(mtype, body, flags))
            self.trail.append(f"device {what} {body.hex()[:160]} {refusal or 'accepted'}")
            return self.judge("device-" + what, before, refusal, what in ("move", "del"))
        sock = r.choice(self.sockets)
        if kind == 20:
            # a number that is no command's, or not of a request
            cmd = r.choice((0, COMMANDS["event"], COMMANDS["capture"], max(COMMANDS.values()) + 1, 255))
            body, flags, what = r.randbytes(4 * r.randint(0, 5)), NLM_F_ACK, "no-command"
        else:
            what = r.choice([*self.ops, "tunnel-new", "tunnel-new", "session-new", "session-new", "tunnel-new", "session-new", "session-new",
                             "session-new", "session-set", "session-set", "tunnel-set", "owner-bind",
                             "session-attach", "session-attach"])
            if what in ("flush", "tunnel-del", "session-del") and r.randrange(2):
                what = "session-set"
            body, flags = self.request(what, sock.space)
            cmd = COMMANDS[what]
            if what == "capture-stop" and self.captures and r.randrange(3):
                sock, body = self.captures.pop()
            if sock not in self.sockets:
                return before
            if r.randrange(20) == 0:
                flags |= r.choice((NLM_F_CREATE, NLM_F_EXCL, 0x100, 0x300))
        # the core's own refusals, of what is no command and of the wrong way to ask
        way = "dump" if flags & NLM_F_DUMP == NLM_F_DUMP else "do"
        exempt = what == "no-command" or way not in self.ops[what]
        refusal = self.ask(lambda: sock.call(cmd, body, flags))
        self.trail.append(f"{what} flags {flags:#x} {body.hex()[:160]} {refusal or 'accepted'}")
        after = self.judge(what, before, refusal, exempt)
        if not refusal and what == "capture-start":
            self.captures.append((sock, body))
        if not refusal and what in ("tunnel-set", "session-set"):
            self.shown(what, sock.space, body)
        return after

    @staticmethod
    def ask(call):
        try:
            call()
        except Refused as e:
            return e
        return None

    def run(self, count):
        state = self.state()
        for _ in range(count):
            state = self.one(state)
            if len(self.faults) > 10:
                break

    def result(self, text):
        print("not ok" if self.faults else "ok", text)
        for fault in self.faults[:20]:
            print("#", fault)
        self.faults = []
        sys.stdout.flush()

    def end(self):
        """All goes, and nothing is left."""
        for s in self.sockets:
            s.drain()
        for space in self.spaces:
            space.eye.call(COMMANDS["flush"], b"")
            space.look()
            for index in space.devices():
                space.rtnl.request(RTM_DELLINK, struct.pack("BxHiII", 0, 0, index, 0, 0), NLM_F_ACK)
        for s in self.sockets:
            s.sock.close()
        for now in self.settled():
            if now:
                self.fault(f"left: {now}")
        self.result("at the end everything can be taken away")


def main():
    seed, count = int(sys.argv[1], 0), int(sys.argv[2])
    spaces = [Space(*sys.argv[i:i + 3]) for i in (3, 6)]
    print(f"# seed {seed}, {count} requests")
    fuzz = Fuzz(seed, spaces)
    fuzz.run(count)
    fuzz.result(f"{count} requests: refusals have words and change nothing, what was set is shown")
    for what in sorted({*fuzz.accepted, *fuzz.refused}):
        print(f"# {what}: {fuzz.accepted[what]} accepted, {fuzz.refused[what]} refused")
    print(f"# refused in {len({w for _, w in fuzz.words})} different words, such as")
    for (what, words), n in fuzz.words.most_common(30):
        print(f"#   {n} {what}: {words}")
    for what in [*fuzz.ops, "device-add", "device-set"]:
        if not fuzz.accepted[what]:
            fuzz.faults.append(f"no {what} was accepted")
        if not fuzz.refused[what]:
            fuzz.faults.append(f"no {what} was refused")
    fuzz.result("every command was accepted and refused")
    fuzz.end()


if __name__ == "__main__":
    main()
