#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the generic netlink family "rtun" by hand, for the kernel selftests.

It knows the numbers of uapi/linux/rtun.h by reading that header, so a test
cannot pass because tool and kernel agree on a wrong number.  Results are JSON,
one object a line.  A refusal prints the kernel's words on stderr and exits 2.

  rtunctl.py COMMAND [name=value]... [-- COMMAND ...]

Several commands, separated by "--", run on one socket, one after the other:
an owner lives as long as its socket.  Values: numbers, addresses, for blob=,
data= and cookies hex digits, for flags= and np= names with + or - in front, for
xport=, df=, pw-type=, l2spec=, mp-mode= and disorder= the header's names in small letters; mppe-tx=
and mppe-rx= BITS[:KEY-IN-HEX[:FLAG,...]], where nothing is an attribute that is
left out, a flag is of the header, and "raw" instead of BITS takes the attributes
of the nest by number: raw:NUMBER=HEX,...; prefixes= ADDRESS/LENGTH,...
Besides the commands of the header (info-get, owner-bind, tunnel-new, ...):

  listen [events] [frames=N] [seconds=N]   print what arrives
  dump COMMAND    e.g. dump session-get tunnel-id=1
  field PATH COMMAND       print that one value only, 0 if there is none,
                  e.g. field session.stats.drops.seq-far session-get id=7
  link-add name=DEV [session=N] [die] [mode=eth|ppp|multipoint] [mtu=N] [address=MAC]
                  [ATTRIBUTE-NUMBER=HEX]
  link-set name=DEV ...    the same for a device that is there
  rcvbuf=N        size of the socket's receive buffer
  grown SESSION   which of its counters of drops and of packets received, and of
                  the namespace's ("stray:..."), grew since the last such
                  question, e.g. "cookie+1 stray:no-session+2"; else nothing
  times N COMMAND...   so often, "{i}" in its words being 1..N, without output;
                  {"times": N, "ms": how long all took}
  inject WORD...  as greinject.py WORD...
  l2tp WORD...    as l2tpinject.py WORD...

  rtunctl.py serve FIFO FILE   reads such lines from FIFO and runs each as if it
  were a command line, but on one socket; FILE has the output of the last one, when a
  line "== STATUS TEXT" is printed.  It spares a guest hundreds of starts of
  Python, and a shell to read a pipe octet by octet.
"""
import contextlib
import json
import os
import re
import select
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True      # the folder may be read-only, or git's
import greinject  # noqa: E402
import l2tpinject  # noqa: E402

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 1, 10, 11
NETLINK_GET_STRICT_CHK = 12
SOL_NETLINK = 270
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLM_F_EXCL, NLM_F_CREATE = 0x200, 0x400
NLM_F_DUMP_INTR = 0x10
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSG_F_CAPPED, NLMSG_F_ACK_TLVS = 0x100, 0x200
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
RTM_NEWLINK = 16
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO = 1, 3, 4, 18
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3FFF

HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../uapi/linux/rtun.h")


def read_header(path):
    """Every enumerator and number of the header."""
    with open(path, encoding="ascii") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    values = {}
    for name, number in re.findall(r"#define\s+(\w+)\s+(\d+)\s*$", text, re.M):
        values[name] = int(number)
    for name, string in re.findall(r'#define\s+(\w+)\s+"(.*)"\s*$', text, re.M):
        values[name] = string
    for body in re.findall(r"enum\s*\w*\s*{(.*?)}", text, re.S):
        last = -1
        for item in body.split(","):
            item = item.strip()
            if not item:
                continue
            name, _, expr = (x.strip() for x in item.partition("="))
            last = eval(expr, {}, dict(values)) if expr else last + 1
            values[name] = last
    return values


H = read_header(HEADER)


def names(prefix):
    """{number: name} of the enumerators that begin so."""
    return {v: k[len(prefix):].lower().replace("_", "-")
            for k, v in H.items()
            if k.startswith(prefix) and isinstance(v, int) and not k.endswith(("_MAX", "_UNSPEC"))}


COMMANDS = {v: k for k, v in names("RTUN_CMD_").items()}
DROPS = names("RTUN_DROP_")
EVENTS = names("RTUN_EVENT_")
REASONS = names("RTUN_DEL_")
NESTS = {"info": "INFO", "owner": "OWNER", "tunnel": "TUNNEL",
         "session": "SESSION", "frame": "FRAME", "event": "EVENT",
         "capture": "CAPTURE"}
ATTRS = {k: names(f"RTUN_A_{v}_") for k, v in NESTS.items()}
ATTRS["stats"] = names("RTUN_A_STATS_")
ATTRS["mppe"] = names("RTUN_A_MPPE_")
ATTRS["mp-class"] = names("RTUN_A_MP_CLASS_")
TOP = {v: k[7:].lower() for k, v in H.items()
       if re.fullmatch("RTUN_A_[A-Z]+", k) and not k.endswith("_MAX")}
BITS = {"tunnel": names("RTUN_TUNNEL_F_"), "session": names("RTUN_SESSION_F_"),
        "np": names("RTUN_NP_"), "mppe": names("RTUN_MPPE_F_")}

# how each attribute is coded; what is not named is a u32
U8 = {"xport", "ttl", "tos", "df"}
ADDR = {"local4", "remote4", "addr4"}
ADDR6 = {"local6", "remote6", "addr6"}
STRING = {"name", "owner", "version"}
BINARY = {"blob", "data", "cookie-tx", "cookie-rx", "key"}
MPPE = {"mppe-tx", "mppe-rx"}
U64 = {"key-changes", "time", "rx-packets", "rx-lost", "tx-packets"}
S32 = {"netnsid"}
WORDS = {"xport": names("RTUN_XPORT_"), "df": names("RTUN_DF_"),
         "pw-type": names("RTUN_PW_"), "l2spec": names("RTUN_L2SPEC_"),
         "disorder": {v: k for v, k in names("RTUN_DISORDER_").items() if v < 4},
         "mp-mode": names("RTUN_MP_MODE_"),
         "direction": names("RTUN_CAPTURE_")}


def nla(kind, payload):
    data = struct.pack("HH", 4 + len(payload), kind) + payload
    return data + bytes(-len(data) % 4)


def parse(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            break
        yield kind & NLA_TYPE_MASK, data[4:length]
        data = data[(length + 3) & ~3:]


def bits_of(obj, key):
    return BITS["np" if key == "np" else obj]


def mppe(value):
    """The nest of one direction."""
    bits, key, flags = (value.split(":") + ["", ""])[:3]
    if bits == "raw":
        pairs = (w.split("=") for w in key.split(",") if w)
        return b"".join(nla(int(n), bytes.fromhex(p)) for n, p in pairs)
    body = nla(H["RTUN_A_MPPE_BITS"], struct.pack("I", int(bits))) if bits else b""
    if key:
        body += nla(H["RTUN_A_MPPE_KEY"], bytes.fromhex(key))
    if flags:
        on = {v: k for k, v in BITS["mppe"].items()}
        val = sum(on[f] for f in flags.split(","))
        body += nla(H["RTUN_A_MPPE_FLAGS"], struct.pack("II", val, val))
    return body


def prefixes(value):
    """ADDRESS/LEN,... as struct rtun_prefix."""
    out = b""
    for prefix in value.split(",") if value else ():
        addr, _, length = prefix.partition("/")
        family = socket.AF_INET6 if ":" in addr else socket.AF_INET
        out += struct.pack("BBxx16s", family, int(length), socket.inet_pton(family, addr))
    return out


def prefixes_of(data):
    out = []
    for family, length, addr in struct.iter_unpack("BBxx16s", data):
        addr = addr[:4] if family == socket.AF_INET else addr
        out.append(f"{socket.inet_ntop(family, addr)}/{length}")
    return out


def encode(obj, words):
    """name=value words to the nest of one object."""
    known = {v: k for k, v in ATTRS[obj].items()}
    body = b""
    for word in words:
        key, _, value = word.partition("=")
        if key.isdigit():           # an attribute by number, hex payload
            body += nla(int(key), bytes.fromhex(value))
            continue
        if key not in known:
            raise SystemExit(f"rtunctl: {obj} has no attribute {key!r}")
        if key in ("flags", "np"):
            on = {v: k for k, v in bits_of(obj, key).items()}
            val = sel = 0
            for w in value.split(","):
                b = int(w[1:], 0) if w[1:2].isdigit() else on[w[1:]]
                sel |= b
                val |= b if w[0] == "+" else 0
            payload = struct.pack("II", val, sel)
        elif key in U8 or key in WORDS:
            back = {v: k for k, v in WORDS.get(key, {}).items()}
            payload = struct.pack("B" if key in U8 else "I", back[value]
                                  if value in back else int(value, 0))
        elif key in MPPE:
            body += nla(known[key] | NLA_F_NESTED, mppe(value))
            continue
        elif key in ADDR:
            payload = socket.inet_aton(value)
        elif key in ADDR6:
            payload = socket.inet_pton(socket.AF_INET6, value)
        elif key in STRING:
            payload = value.encode() + b"\0"
        elif key == "prefixes":
            payload = prefixes(value)
        elif key in BINARY:
            payload = bytes.fromhex(value)
        elif key in S32:
            payload = struct.pack("i", int(value, 0))
        else:
            payload = struct.pack("I", int(value, 0))
        body += nla(known[key], payload)
    return nla(H[f"RTUN_A_{obj.upper()}"] | NLA_F_NESTED, body)


def decode(obj, data):
    out = {}
    for kind, p in parse(data):
        if kind == H.get(f"RTUN_A_{obj.upper().replace('-', '_')}_PAD"):
            continue
        key = ATTRS[obj].get(kind, f"?{kind}")
        if key == "stats":
            out[key] = decode("stats", p)
        elif key in MPPE:
            out[key] = decode("mppe", p)
        elif key == "mp-class":
            one = decode("mp-class", p)
            out.setdefault(key, {})[str(one.pop("index"))] = one
        elif key == "drops":
            out[key] = {DROPS.get(k, f"?{k}"): struct.unpack("Q", v)[0]
                        for k, v in parse(p) if k}
        elif obj == "stats":
            out[key] = struct.unpack("Q", p)[0]
        elif key in ("flags", "np"):
            value = struct.unpack("II", p)[0]
            out[key] = [n for b, n in sorted(bits_of(obj, key).items())
                        if value & b]
        elif key == "type":
            out[key] = EVENTS.get(struct.unpack("I", p)[0], "?")
        elif key in U8:
            out[key] = p[0]
        elif key in WORDS:
            number = struct.unpack("I", p)[0]
            out[key] = WORDS[key].get(number, number)
        elif key in ADDR:
            out[key] = socket.inet_ntoa(p)
        elif key in ADDR6:
            out[key] = socket.inet_ntop(socket.AF_INET6, p)
        elif key in STRING:
            out[key] = p.rstrip(b"\0").decode()
        elif key == "prefixes":
            out[key] = prefixes_of(p)
        elif key in BINARY:
            out[key] = p.hex()
        elif key in S32:
            out[key] = struct.unpack("i", p)[0]
        elif len(p) == 4:
            out[key] = struct.unpack("I", p)[0]
        elif key in U64:
            out[key] = struct.unpack("Q", p)[0]
        else:
            out[key] = p.hex()
    return out


class Refused(Exception):
    """The kernel said no."""


class Netlink:
    """A netlink socket."""

    def __init__(self, protocol):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.sock.bind((0, 0))
        for opt in (NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK):
            self.sock.setsockopt(SOL_NETLINK, opt, 1)
        self.seq = 0
        self.late = []          # what arrived while we waited for an answer

    def request(self, kind, body, flags):
        self.seq += 1
        self.sock.send(struct.pack("IHHII", 16 + len(body), kind,
                                   flags | NLM_F_REQUEST, self.seq, 0) + body)
        answers = []
        while True:
            for mtype, mflags, seq, payload in self.read():
                if seq != self.seq:
                    self.late.append((mtype, payload))
                elif mtype == NLMSG_ERROR:
                    self.check(payload, mflags)
                    return answers
                elif mtype == NLMSG_DONE:
                    if len(payload) >= 4 and \
                            struct.unpack_from("i", payload)[0] < 0:
                        self.check(payload[:4] + bytes(16) + payload[4:],
                                   mflags)
                    return answers
                else:
                    answers.append((mflags, payload))

    def read(self):
        data = self.sock.recv(1 << 17)
        while len(data) >= 16:
            length, kind, flags, seq, _ = struct.unpack_from("IHHII", data)
            yield kind, flags, seq, data[16:length]
            data = data[(length + 3) & ~3:]

    @staticmethod
    def check(payload, flags):
        err = struct.unpack_from("i", payload)[0]
        if not err:
            return
        text, where = os.strerror(-err), ""
        if flags & NLMSG_F_ACK_TLVS:
            tlv = dict(parse(payload[20:]))
            if 1 in tlv:
                text = tlv[1].rstrip(b"\0").decode() + f" ({text})"
            if 2 in tlv:
                where = f" at {struct.unpack('I', tlv[2])[0]}"
            if 5 in tlv:
                where += f" missing {struct.unpack('I', tlv[5])[0]}"
        raise Refused(text + where)


class Genl(Netlink):
    """A generic netlink socket which knows the family."""

    def __init__(self):
        super().__init__(NETLINK_GENERIC)
        self.family, self.groups = self.resolve()
        self.counters = {}      # of the last "grown"

    def resolve(self):
        body = struct.pack("BBH", CTRL_CMD_GETFAMILY, 1, 0) + \
            nla(2, H["RTUN_GENL_NAME"].encode() + b"\0")
        family, groups = None, {}
        for _, msg in self.request(GENL_ID_CTRL, body, NLM_F_ACK):
            for kind, p in parse(msg[4:]):
                if kind == 1:
                    family = struct.unpack("H", p[:2])[0]
                elif kind == 7:
                    for _, group in parse(p):
                        g = dict(parse(group))
                        groups[g[1].rstrip(b"\0").decode()] = \
                            struct.unpack("I", g[2])[0]
        return family, groups

    def call(self, cmd, body, flags=NLM_F_ACK):
        head = struct.pack("BBH", cmd, H["RTUN_GENL_VERSION"], 0)
        return self.request(self.family, head + body, flags)


def describe(payload):
    cmd = payload[0]
    out = {"cmd": names("RTUN_CMD_").get(cmd, f"?{cmd}")}
    for kind, p in parse(payload[4:]):
        key = TOP.get(kind, f"?{kind}")
        if key in NESTS:
            out[key] = decode(key, p)
        elif key == "reason":
            out[key] = REASONS.get(struct.unpack("I", p)[0], "?")
        else:
            out[key] = struct.unpack("I", p)[0]
    return out


def show(payload, flags=0):
    out = describe(payload)
    if flags & NLM_F_DUMP_INTR:
        out["inconsistent"] = True
    print(json.dumps(out), flush=True)


def listen(g, words):
    opts = dict(w.partition("=")[::2] for w in words)
    if "events" in opts:
        g.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                          g.groups["events"])
    end = time.monotonic() + float(opts.get("seconds", 3600))
    left = int(opts.get("frames", 1 << 30))
    pending, g.late = g.late, []
    print('{"listening": true}', flush=True)
    while True:
        for kind, payload in pending:
            if kind == g.family:
                show(payload)
                left -= 1
        wait = end - time.monotonic()
        if left <= 0 or wait <= 0:
            return
        ready, _, _ = select.select([g.sock], [], [], wait)
        try:
            pending = [(k, p) for k, _, _, p in g.read()] if ready else []
        except OSError as e:
            print(json.dumps({"error": e.strerror}), flush=True)
            pending = []


def link_body(words):
    """A device, by rtnetlink: ip(8) does not know the kind's attributes."""
    data, info, name = b"", b"", "rt0"
    for word in words:
        key, _, value = word.partition("=")
        if key == "name":
            name = value
        elif key == "session":
            data += nla(H["IFLA_RTUN_SESSION"], struct.pack("I", int(value)))
        elif key == "die":
            data += nla(H["IFLA_RTUN_DIE_WITH_SESSION"], b"")
        elif key == "on-demand":
            data += nla(H["IFLA_RTUN_ON_DEMAND"], b"")
        elif key == "mode":
            data += nla(H["IFLA_RTUN_MODE"],
                        struct.pack("B", H[f"RTUN_MODE_{value.upper()}"]))
        elif key == "mtu":
            info += nla(IFLA_MTU, struct.pack("I", int(value)))
        elif key == "address":
            info += nla(IFLA_ADDRESS, bytes.fromhex(value.replace(":", "")))
        else:
            data += nla(int(key), bytes.fromhex(value))
    info += nla(IFLA_IFNAME, name.encode() + b"\0")
    kind = nla(IFLA_INFO_KIND, H["RTUN_LINK_KIND"].encode() + b"\0")
    info += nla(IFLA_LINKINFO | NLA_F_NESTED,
                kind + nla(IFLA_INFO_DATA | NLA_F_NESTED, data))
    return struct.pack("BxHiII", 0, 0, 0, 0, 0) + info


def link(words, flags):
    r = Netlink(NETLINK_ROUTE)
    r.request(RTM_NEWLINK, link_body(words), NLM_F_ACK | flags)


def field(path, answers):
    for _, msg in answers:
        value = describe(msg)
        for key in path.split("."):
            value = value.get(key, 0) if isinstance(value, dict) else 0
        print(value, flush=True)


def grown(g, session):
    now = {}
    body = encode("session", [f"id={session}"])
    for nest, before, answers in (
            ("session", "", g.call(COMMANDS["session-get"], body)),
            ("info", "stray:", g.call(COMMANDS["info-get"], b""))):
        stats = describe(answers[0][1])[nest].get("stats", {})
        counts = dict(stats.get("drops", {}))
        if nest == "session":
            counts["rx-packets"] = stats.get("rx-packets", 0)
        now.update({before + k: v for k, v in counts.items()})
    last = g.counters.get(session, {})
    print(*sorted(f"{k}+{v - last.get(k, 0)}" for k, v in now.items()
                  if v != last.get(k, 0)), flush=True)
    g.counters[session] = now


def times(g, count, words):
    start = time.monotonic()
    for i in range(1, count + 1):
        run(g, [w.replace("{i}", str(i)) for w in words], quiet=True)
    print(json.dumps({"times": count,
                      "ms": int((time.monotonic() - start) * 1000)}),
          flush=True)


def run(g, words, quiet=False):
    name, args = words[0], words[1:]
    flags, path = NLM_F_ACK, None
    if name == "listen":
        listen(g, args)
        return
    if name in ("link-add", "link-set"):
        link(args, NLM_F_CREATE | NLM_F_EXCL if name == "link-add" else 0)
        return
    if name in ("inject", "l2tp"):
        (greinject if name == "inject" else l2tpinject).inject(args)
        return
    if name == "grown":
        grown(g, args[0])
        return
    if name == "times":
        times(g, int(args[0]), args[1:])
        return
    if name.startswith("rcvbuf="):
        g.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(name[7:]))
        return
    if name == "field":
        path, name, args = args[0], args[1], args[2:]
    if name == "dump":
        name, args, flags = args[0], args[1:], NLM_F_DUMP
    obj = name.split("-")[0]
    if name == "flush":
        obj = "owner"
    # a nest with nothing in it can be asked for too
    body = encode(obj, [a for a in args if a != "empty"]) if args else b""
    answers = g.call(COMMANDS[name], body, flags)
    if path:
        field(path, answers)
        return
    for f, m in () if quiet else answers:
        show(m, f)


def line(g, words):
    part = []
    for w in words + ["--"]:
        if w != "--":
            part.append(w)
        elif part:
            run(g, part)
            part = []


def serve(fifo, answer):
    g = Genl()
    print("== 0 ready", flush=True)
    for words in fifo:
        with open(answer, "w", encoding="utf-8") as f, contextlib.redirect_stdout(f):
            try:
                line(g, words.split())
                status = "0"
            except Refused as e:
                status = f"2 {e}"
            except (OSError, KeyError, ValueError, SystemExit) as e:
                status = f"1 {type(e).__name__}: {e}"
        print(f"== {status}", flush=True)


def main():
    if sys.argv[1:2] == ["serve"]:
        with open(sys.argv[2], encoding="utf-8") as fifo:
            serve(fifo, sys.argv[3])
    else:
        line(Genl(), sys.argv[1:])


if __name__ == "__main__":
    try:
        main()
    except Refused as e:
        print(f"rtunctl: {e}", file=sys.stderr)
        sys.exit(2)
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)
