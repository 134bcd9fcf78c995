#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of a packet go, function by function, and its atomic operations.

  profile.py FILE [NAME [BASE]]
  profile.py --locked FILE [NAME [BASE]]
  profile.py --json FILE [BASE]

FILE is what boot.sh --profile wrote, with FILE.symbols beside it.  Without a name
it lists the spans; with one it prints the instructions per packet of each
function, beside those of the span BASE, and the difference, the largest first.  A name is
what cost.sh or bench.sh printed, with "/" and the size: "rtun pptp/1400".

--locked shows atomic operations on memory instead, each function with its callers: how many,
and in brackets how many of them are on a cache line that every packet writes to and that is not
the processor's own.  --json prints these, and the locks among them, as figures of "make bench", and
what each function takes more than in the span BASE.
Sums leave out the memory allocator's, which depend on what was allocated before.
"""
import argparse
import bisect
import collections
import json
import re

LOCK = re.compile(r"_raw_(spin|read|write)_(try)?lock|queued_(spin|read|write)_lock_slowpath"
                  r"|(mutex|down_read|down_write)(_trylock)?$")
ALLOCATOR = re.compile(r"slab_update_freelist|_*slab_(alloc|free)|get_partial|_*(put|unfreeze)_partial"
                       r"|rmqueue|free_unref_|free_pcppages")
CALLERS = 3
# Functions that differ by less are only in the sum.
SMALL = 25


def read_symbols(path):
    """The kernel's own functions, and for each span (name, packets, those of modules)."""
    core, spans = [], []
    where = core
    with open(path) as f:
        for line in f:
            words = line.split()
            if words[0] == "span":
                where = []
                spans.append((f'{" ".join(words[2:-2])}/{words[-2]}', int(words[-1]), where))
                continue
            name = words[2] + (f" {words[3]}" if len(words) > 3 else "")
            where.append((int(words[0], 16), name))
    return core, spans


def read_counts(path):
    """For each span (instructions of blocks, atomic operations)."""
    spans = []
    with open(path) as f:
        for line in f:
            first, *words = line.split()
            if first == "span":
                spans.append(([], []))
            elif first == "locked":
                at, *numbers = words
                spans[-1][1].append((int(at, 16), [int(n) for n in numbers[:3]],
                                     [int(caller, 16) for caller in numbers[3:]]))
            else:
                spans[-1][0].append((int(first, 16), int(words[0])))
    return spans


class Span:
    """Each of its figures is one a packet."""

    def __init__(self, core, span, counts):
        self.name, self.packets, modules = span
        self.table = sorted(core + modules)
        self.addresses = [address for address, _ in self.table]
        self.blocks, self.operations = counts

    def function(self, address):
        at = bisect.bisect_right(self.addresses, address) - 1
        return self.table[at][1] if address and at >= 0 else "(user space)"

    def instructions(self):
        total = collections.Counter()
        for address, n in self.blocks:
            total[self.function(address)] += n / self.packets
        return total

    def locked(self):
        """(function, its callers): all, and those on lines of every packet."""
        total = {}
        for address, (n, _, same), callers in self.operations:
            # A call is the instruction before the one that it returns to.
            names = [self.function(address)] + [self.function(caller - 1) for caller in callers]
            names = [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
            key = " < ".join(name for name in names
                             if not name.startswith("__x86_indirect"))
            counts = total.setdefault(tuple(key.split(" < ")[:1 + CALLERS]), [0, 0])
            counts[0] += n / self.packets
            counts[1] += same / self.packets
        return total


def read(path):
    core, spans = read_symbols(path + ".symbols")
    counts = read_counts(path)
    if len(spans) != len(counts):
        raise SystemExit(f"profile.py: {len(spans)} spans were named, {len(counts)} counted")
    return {span[0]: Span(core, span, count) for span, count in zip(spans, counts)}


def sums(locked):
    locked = {key: counts for key, counts in locked.items()
              if not any(ALLOCATOR.match(name) for name in key[:2])}
    return {"atomics": sum(n for n, _ in locked.values()),
            "atomics-shared": sum(n for _, n in locked.values()),
            "locks": sum(n for key, (n, _) in locked.items() if LOCK.match(key[0])),
            "locks-shared": sum(n for key, (_, n) in locked.items() if LOCK.match(key[0]))}


def show_instructions(spans, name, base):
    if not name:
        for span in spans.values():
            print(f"{sum(span.instructions().values()):8.0f}  {span.name}")
        return
    shown = spans[name].instructions()
    base = spans[base].instructions() if base else collections.Counter()
    delta = {name: shown[name] - base[name] for name in set(shown) | set(base)}
    for name in sorted(delta, key=lambda name: -delta[name]):
        if abs(delta[name]) >= 1:
            print(f"{shown[name]:8.0f} {base[name]:8.0f} {delta[name]:+8.0f}  {name}")
    print(f"{sum(shown.values()):8.0f} {sum(base.values()):8.0f} {sum(delta.values()):+8.0f}  all")


def show_locked(spans, name, base):
    if not name:
        for span in spans.values():
            total = sums(span.locked())
            print(f"{total['atomics']:8.2f} ({total['atomics-shared']:6.2f}), "
                  f"locks {total['locks']:6.2f} ({total['locks-shared']:6.2f})  {span.name}")
        return
    shown, base = spans[name].locked(), spans[base].locked() if base else {}
    none = [0, 0]

    def line(a, b, words):
        print(" ".join(f"{n:6.2f} ({same:6.2f})" for n, same in (a, b)) +
              f" {a[0] - b[0]:+7.2f} ({a[1] - b[1]:+7.2f})  {words}")

    def change(key):
        return [x - y for x, y in zip(shown.get(key, none), base.get(key, none))]

    for key in sorted(set(shown) | set(base), key=lambda key: [-n for n in change(key)]):
        a, b = shown.get(key, none), base.get(key, none)
        if max(a[0], b[0]) >= 0.01 and (not base or abs(a[0] - b[0]) >= 0.01):
            line(a, b, " < ".join(key))
    shown, base = sums(shown), sums(base)
    line(*([d["atomics"], d["atomics-shared"]] for d in (shown, base)), "all but the allocator's")


def print_json(spans, base):
    base = spans[base].instructions() if base in spans else None

    def figure(span, measure, value, unit, **more):
        plane, _, size = span.name.rpartition("/")
        print("bench: " + json.dumps({"plane": plane, "measure": measure, "size": int(size), "round": 1,
                                      **more, "value": value, "unit": unit}))

    for span in spans.values():
        for measure, value in sums(span.locked()).items():
            figure(span, measure, round(value, 2), "a packet")
        if base is None:
            continue
        shown = span.instructions()
        delta = {name: shown[name] - base[name] for name in set(shown) | set(base)}
        own = sum(n for name, n in delta.items() if "[" in name)
        figure(span, "in-modules", round(own), "instructions")
        figure(span, "in-the-kernel", round(sum(delta.values()) - own), "instructions")
        for name in sorted(delta, key=lambda name: -delta[name]):
            if abs(delta[name]) >= SMALL:
                figure(span, "in-function", round(delta[name]), "instructions", function=name)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--locked", action="store_const", const=show_locked, dest="show")
    what.add_argument("--json", action="store_true")
    parser.add_argument("file")
    parser.add_argument("name", nargs="?")
    parser.add_argument("base", nargs="?")
    words = parser.parse_args()
    spans = read(words.file)
    if words.json:
        print_json(spans, words.name)
    else:
        (words.show or show_instructions)(spans, words.name, words.base)


if __name__ == "__main__":
    main()
