#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks every request of the family that rtun.yaml describes, and in each every
attribute of its object, in every way that is wrong: missing, too short, too long,
out of range, with unknown bits, read-only, not for this command, unknown.  The
kernel must refuse each, in words, with the offset of what is wrong (or the type
of what is missing), and nothing may have changed afterwards.

  policywalk.py       where there is tunnel 1 with session 7 and the socket may
                      bind an owner; prints "ok|not ok TEXT" and, indented, why

What the YAML cannot say is here: what each command needs and which attributes it
takes.
"""
import os
import re
import struct
import sys

sys.dont_write_bytecode = True
import rtunctl  # noqa: E402
import yaml  # noqa: E402

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../uapi/rtun.yaml")

# Command: (the attributes without which it is refused, what else it takes);
# None: all but read-only ones; "set": all that is not given at creation either.
BASE = {
    "info-get": None,
    "owner-bind": ({"name": "walker"}, ()),
    "owner-unbind": ({"name": "walker"}, ()),
    "tunnel-new": ({"xport": "l2tpv3-udp", "remote4": "10.0.0.2"}, None),
    "tunnel-set": ({"id": "1"}, "set"),
    "tunnel-del": ({"id": "1"}, ()),
    "tunnel-get": ({"id": "1"}, ()),
    "session-new": ({"tunnel-id": "1"}, None),
    "session-set": ({"id": "7"}, "set"),
    "session-del": ({"id": "7"}, ()),
    "session-get": ({"id": "7"}, ("tunnel-id",)),
    "session-attach": ({"id": "7", "ifindex": "1"}, ()),
    "session-detach": ({"id": "7"}, ()),
    "frame": ({"session-id": "7", "data": "c02101010004"}, ()),
    "flush": ({"name": "walker"}, ()),
    "capture-start": ({"session-id": "7"}, ()),
    "capture-stop": ({"session-id": "7"}, ()),
}
READ_ONLY = {"tunnel": {"owner", "pmtu", "sessions"},
             "session": {"ifindex", "netnsid"}, "owner": {"portid", "tunnels"},
             "frame": {"overrun"}}
# of the nest in a nest: what it needs
NESTS = {"mppe": {"bits": "0"}}
AT_CREATION = {"tunnel": set(), "session": {"tunnel-id", "local-id"}}
SIZES = {"u8": 1, "u32": 4, "s32": 4, "bitfield32": 8, "be32": 4}


class Walk:
    """One socket, the description, and what was found."""

    def __init__(self):
        self.g = rtunctl.Genl()
        with open(SPEC, encoding="utf-8") as f:
            self.spec = yaml.safe_load(f)
        self.consts = {d["name"]: d["value"] for d in self.spec["definitions"]
                       if d["type"] == "const"}
        self.flags = {d["name"]: len(d["entries"])
                      for d in self.spec["definitions"]
                      if d["type"] == "flags"}
        self.sets = {s["name"]: s["attributes"]
                     for s in self.spec["attribute-sets"]}
        self.faults = []
        self.tried = 0
        self.before = {}

    def state(self):
        """All objects, without what changes by itself."""
        out = []
        for cmd in ("tunnel-get", "session-get", "owner-get"):
            for _, msg in self.g.call(rtunctl.COMMANDS[cmd], b"",
                                      rtunctl.NLM_F_DUMP):
                d = rtunctl.describe(msg)
                d.get("session", {}).pop("stats", None)
                out.append(d)
        return out

    def info(self):
        """Counts of objects and of changes."""
        _, msg = self.g.call(rtunctl.COMMANDS["info-get"], b"")[0]
        info = rtunctl.describe(msg)["info"]
        info.pop("stats", None)
        return info

    def wrong(self, what, cmd, body):
        """This must be refused, with words and a place."""
        self.tried += 1
        try:
            self.g.call(rtunctl.COMMANDS[cmd], body)
            self.faults.append(f"{what}: was not refused")
        except rtunctl.Refused as e:
            # words, the error's own name, where
            words = re.fullmatch(r"(.*)\(.*\)( at \d+)?( missing \d+)?", str(e))
            if not words or not words.group(1):
                self.faults.append(f"{what}: refused without words: {e}")
            elif not (words.group(2) or words.group(3)):
                self.faults.append(f"{what}: it is not said where: {e}")

    def attribute_kinds(self, a):
        """(what is wrong, payload) for values that never are right."""
        kind, checks = a["type"], a.get("checks", {})
        get = {k: self.consts.get(v, v) for k, v in checks.items()}
        if kind in SIZES:
            size = SIZES[kind]
            yield "empty", b""
            yield "too short", bytes(size - 1)
            yield "too long", bytes(size + 1)
            yield "much too long", bytes(size + 64)
        code = {1: "B", 4: "I"}.get(SIZES.get(kind))
        if code and "min" in get:
            yield "below its range", struct.pack(code, get["min"] - 1)
        if code and "max" in get:
            yield "above its range", struct.pack(code, get["max"] + 1)
            yield "far above its range", struct.pack(
                code, (1 << 8 * SIZES[kind]) - 1)
        if "flags-mask" in get:
            yield "with bits that are not its own", struct.pack(
                code, ~get["flags-mask"] & 0xFF)
        if kind == "bitfield32":
            known = self.flags[a["enum"]]
            for bit in (known, known + 1, 16, 31):
                yield f"with unknown bit {bit}", struct.pack(
                    "II", 1 << bit, 1 << bit)
            yield "clearing an unknown bit", struct.pack("II", 0, 1 << 31)
            yield "with a bit it does not select", struct.pack("II", 1, 0)
        if kind in ("binary", "string"):
            if "max-len" in get:
                yield "too long", b"x" * (get["max-len"] + 1)
            if "min-len" in get:
                yield "too short", b"x" * (get["min-len"] - 1)
            if "exact-len" in get:
                for n in (0, 1, 4, 15, 17, 32):
                    yield f"of {n} octets", bytes(n)
        if kind == "string":
            yield "empty", b"\0"

    def takes(self, cmd, obj, name, doc):
        needs, more = BASE[cmd]
        if name in needs:
            return True
        if more is None or more == "set":
            if name in READ_ONLY.get(obj, ()) or "read-only" in doc or \
                    name == "stats":
                return False
            return more is None or not (name in AT_CREATION.get(obj, ()) or
                                        "at creation" in doc)
        return name in more

    def walk_attribute(self, cmd, obj, number, a, base):
        """base(without, extra) makes the request's body."""
        name = a["name"]
        size = SIZES.get("be32" if a.get("byte-order") else a["type"], 4)
        if a["type"] == "pad" or not self.takes(cmd, obj, name,
                                                a.get("doc", "")):
            for n in (0, 1, size, size + 4):
                self.wrong(f"given with {n} octets", cmd,
                           base(name, rtunctl.nla(number, bytes(n))))
            return
        if a["type"] == "nest":
            self.walk_nest(cmd, number, a, base)
        for what, payload in self.attribute_kinds(a):
            self.wrong(what, cmd, base(name, rtunctl.nla(number, payload)))
        if name in BASE[cmd][0]:
            self.wrong("missing", cmd, base(name, b""))

    def walk_nest(self, cmd, number, a, base):
        """An attribute that is a nest itself: what is in it, one by one."""
        inner = a["nested-attributes"]

        def nest(extra):
            return base(a["name"], rtunctl.nla(
                number | rtunctl.NLA_F_NESTED, extra))

        self.wrong("that is no nest", cmd, base(a["name"], rtunctl.nla(
            number, rtunctl.nla(2, bytes(4)))))
        self.wrong("of two octets", cmd, nest(bytes(2)))
        self.wrong("with nothing in it", cmd, nest(b""))
        good = rtunctl.H[f"RTUN_A_{inner.upper()}_BITS"]
        for n, b in enumerate(self.sets[inner], 1):
            what = f"its {b['name']} "
            rest = b"" if b["name"] in NESTS[inner] else rtunctl.nla(
                good, struct.pack("I", int(NESTS[inner]["bits"])))
            if b["type"] == "pad" or b.get("doc", "").endswith("read-only"):
                for size in (0, 1, 4, 8):
                    self.wrong(what + f"of {size} octets", cmd, nest(
                        rest + rtunctl.nla(n, bytes(size))))
                continue
            for how, payload in self.attribute_kinds(b):
                self.wrong(what + how, cmd,
                           nest(rest + rtunctl.nla(n, payload)))
        for n in (len(self.sets[inner]) + 1, 999):
            self.wrong(f"with an attribute {n} that nobody knows", cmd, nest(
                rest + rtunctl.nla(n, bytes(4))))

    def result(self, cmd, text):
        if self.info() != self.before:
            self.faults.append("something changed")
        good = not self.faults
        print(f"{'ok' if good else 'not ok'} {cmd}: {text} is refused in "
              f"{self.tried} ways, in words, and nothing changes")
        for f in self.faults:
            print(f"  {f}")
        sys.stdout.flush()
        self.faults, self.tried = [], 0

    def walk_command(self, op):
        cmd = op["name"]
        how = op.get("do") or op.get("dump") or {}
        objs = how.get("request", {}).get("attributes", [])
        self.before = self.info()
        if not objs:
            # No attribute at all is for this one.
            for number in range(1, rtunctl.H["RTUN_A_MAX"] + 2):
                self.wrong(f"attribute {number}", cmd,
                           rtunctl.nla(number, bytes(4)))
            self.result(cmd, "any attribute")
            return
        obj = objs[0]
        needs = BASE[cmd][0]
        top = rtunctl.H[f"RTUN_A_{obj.upper()}"]

        def base(without, extra):
            body = rtunctl.encode(obj, [f"{k}={v}" for k, v in needs.items()
                                        if k != without])
            return rtunctl.nla(top | rtunctl.NLA_F_NESTED, body[4:] + extra)

        for number, a in enumerate(self.sets[obj], 1):
            self.walk_attribute(cmd, obj, number, a, base)
            if self.tried:
                self.result(cmd, a["name"])
        self.wrong("of a number nobody knows", cmd, base(
            None, rtunctl.nla(len(self.sets[obj]) + 1, bytes(4))))
        self.wrong("of a number far away", cmd,
                   base(None, rtunctl.nla(999, bytes(4))))
        self.wrong("an object that is no nest", cmd,
                   rtunctl.nla(top, base(None, b"")[4:]))
        self.wrong("an object of two octets", cmd,
                   rtunctl.nla(top | rtunctl.NLA_F_NESTED, bytes(2)))
        for other in range(1, rtunctl.H["RTUN_A_MAX"] + 2):
            if other != top:
                self.wrong(f"another object, {other}", cmd, base(
                    None, b"") + rtunctl.nla(other | rtunctl.NLA_F_NESTED, b""))
        if cmd != "flush":
            self.wrong("no object", cmd, b"")
        self.result(cmd, "what is no attribute of it")


def main():
    walk = Walk()
    missing = {o["name"] for o in walk.spec["operations"]["list"]
               if "do" in o} - set(BASE)
    if missing:
        print(f"not ok the walker knows every request: not {missing}")
    objects = walk.state()
    for op in walk.spec["operations"]["list"]:
        if op["name"] in BASE:
            walk.walk_command(op)
    print("ok" if walk.state() == objects else "not ok",
          "all objects are as they were")


if __name__ == "__main__":
    main()
