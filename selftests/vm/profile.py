#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of a packet go, function by function.

  profile.py FILE [NAME [BASE]]

FILE is what boot.sh --profile wrote, with FILE.symbols beside it.  Without a name
it lists the spans; with one it prints the instructions per packet of each
function, beside those of the span BASE, and the difference, the largest first.  A name is
what cost.sh printed, with "/" and the size: "rtun pptp/1400".
"""
import bisect
import collections
import sys


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
    spans = []
    with open(path) as f:
        for line in f:
            first, second = line.split()
            if first == "span":
                spans.append([])
            else:
                spans[-1].append((int(first, 16), int(second)))
    return spans


def by_function(core, span, counts):
    _, packets, modules = span
    table = sorted(core + modules)
    addresses = [address for address, _ in table]
    total = collections.Counter()
    for address, n in counts:
        at = bisect.bisect_right(addresses, address) - 1
        total[table[at][1] if address and at >= 0 else "(user space)"] += n
    return {name: n / packets for name, n in total.items()}


def main():
    core, spans = read_symbols(sys.argv[1] + ".symbols")
    counts = read_counts(sys.argv[1])
    functions = {}
    for span, count in zip(spans, counts):
        functions[span[0]] = by_function(core, span, count)
    if len(sys.argv) < 3:
        for name, function in functions.items():
            print(f"{sum(function.values()):8.0f}  {name}")
        return
    shown = functions[sys.argv[2]]
    base = functions[sys.argv[3]] if len(sys.argv) > 3 else {}
    names = set(shown) | set(base)
    delta = {name: shown.get(name, 0) - base.get(name, 0) for name in names}
    for name in sorted(names, key=lambda name: -delta[name]):
        if abs(delta[name]) >= 1:
            print(f"{shown.get(name, 0):8.0f} {base.get(name, 0):8.0f} {delta[name]:+8.0f}  {name}")
    print(f"{sum(shown.values()):8.0f} {sum(base.values()):8.0f} {sum(delta.values()):+8.0f}  all")


if __name__ == "__main__":
    main()
