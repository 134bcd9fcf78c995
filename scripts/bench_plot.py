# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots of bench-page, as SVG written by hand: text labels, no script, light and dark, each with its
own background for where the choice is not known."""
import math
from xml.sax.saxutils import escape

STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.head { font-weight: 600; font-size: 15px }
.small { font-size: 11px; fill: #59636e }
.back { fill: #ffffff } .grid { stroke: #d1d9e0; stroke-width: 1 }
.rtun { fill: #0969da } .kernel { fill: #818b98 } .user { fill: #bc4c00 }
.line { fill: none !important; stroke-width: 2 }
.line.rtun { stroke: #0969da } .line.kernel { stroke: #818b98; stroke-dasharray: 6 3 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .back { fill: #0d1117 }
.rtun { fill: #4493f8 } .kernel { fill: #9198a1 } .user { fill: #db6d28 }
.line.rtun { stroke: #4493f8 } .line.kernel { stroke: #9198a1 }
}
</style>"""
LEGEND = {"rtun": "rtun", "kernel": "kernel's own", "user": "pptp-linux and pptpd"}
WIDTH = 760


def text(x, y, words, kind="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def rect(x, y, width, height, kind):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height}" class="{kind}"/>'


def rule(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="grid"/>'


def legend(kinds, y=44):
    x = 12
    for kind in kinds:
        yield rect(x, y - 10, 12, 12, kind)
        yield text(x + 18, y, LEGEND[kind])
        x += 40 + 8 * len(LEGEND[kind])


def whole(height, title, parts):
    return "\n".join([
        "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->",
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>", STYLE,
        f'<rect width="{WIDTH}" height="{height}" class="back"/>', text(12, 22, title, "head"), *parts,
        "</svg>"]) + "\n"


def value_of(value):
    return "failed" if value is None else f"{value:,.0f}"


def bars(title, groups, left=220):
    """groups: (label, [(kind, value), ...]); values may be missing."""
    kinds = [k for k in LEGEND if any(k == kind for _, g in groups for kind, _ in g)]
    most = max((v for _, g in groups for _, v in g if v), default=1)
    parts, y = list(legend(kinds)), 62
    for label, group in groups:
        parts.append(text(left - 10, y + 8 * len(group) + 4, label, anchor="end"))
        for kind, value in group:
            width = (value or 0) / most * (WIDTH - left - 80)
            parts.append(rect(left, y, width, 14, kind))
            parts.append(text(left + width + 6, y + 11, value_of(value), "small"))
            y += 16
        y += 10
    return whole(y, title, parts)


def round_ticks(low, high):
    """1, 2, 5 times powers of ten."""
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for step in (1, 2, 5):
            if low <= step * 10 ** power <= high:
                yield step * 10 ** power


def lines(title, x_title, series, xs, place, y_log):
    """series: (label, kind, {x: y}); place(x) is 0..1."""
    left, right, top, bottom = 70, WIDTH - 190, 62, 330
    values = [v for _, _, points in series for v in points.values()]
    if not values:
        return whole(100, title, [text(12, 60, "failed")])
    low, high = min(values) * 0.9, max(values) * 1.1
    scale = math.log if y_log else float
    if not y_log:
        low = 0

    def at(value):
        share = (scale(value) - scale(low)) / (scale(high) - scale(low))
        return bottom - share * (bottom - top)

    def across(x):
        return left + place(x) * (right - left)

    parts = list(legend(["rtun", "kernel"]))
    step = 10 ** math.floor(math.log10(high)) / 2
    ticks = round_ticks(low, high) if y_log else \
        [step * i for i in range(int(high / step) + 1)]
    for tick in ticks:
        parts += [rule(left, at(tick), right, at(tick)),
                  text(left - 8, at(tick) + 4, value_of(tick), "small", "end")]
    for x in xs:
        parts.append(text(across(x), bottom + 18, f"{x:,}", "small", "middle"))
    parts.append(text((left + right) / 2, bottom + 38, x_title, "small", "middle"))
    ends = []
    for label, kind, points in series:
        if not points:
            ends.append((bottom, label + ": failed"))
            continue
        dots = [(across(x), at(y)) for x, y in sorted(points.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        parts.append(f'<polyline points="{path}" class="line {kind}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" class="{kind}"/>' for x, y in dots]
        ends.append((dots[-1][1], label))
    # Labels at the ends keep apart.
    last = 0
    for y, label in sorted(ends):
        last = max(y, last + 14)
        parts.append(text(right + 10, last + 4, label, "small"))
    return whole(max(bottom + 50, int(last) + 20), title, parts)


def throughput(run):
    def group(label, ours, theirs, user=None):
        got = [("rtun", run.get(ours, "tcp")), ("kernel", run.get(theirs, "tcp"))]
        if user and (run.get(user, "tcp") is not None or run.why_missing(user) == "failed"):
            got.append(("user", run.get(user, "tcp")))
        return label, got

    return bars(f"One TCP flow, Mbit/s, {run.kernel}", [
        group("L2TPv3/UDP", "rtun l2tp-udp", "in-tree l2tp-udp"),
        group("L2TPv3/UDP, numbered", "rtun l2tp-udp numbered", "in-tree l2tp-udp numbered"),
        group("L2TPv3/IP", "rtun l2tp-ip", "in-tree l2tp-ip"),
        group("L2TPv3/IP, numbered", "rtun l2tp-ip numbered", "in-tree l2tp-ip numbered"),
        group("PPTP", "rtun pptp", "in-tree pptp", "user-space pptp"),
        group("PPTP, MPPE-128", "rtun pptp mppe", "in-tree pptp mppe", "user-space pptp mppe"),
        group("MLPPP, 2 links", "rtun mlppp 2 links", "in-tree mlppp 2 links"),
    ])


def cost_size(run):
    sizes = (64, 256, 512, 1024, 1400)
    series = []
    for label, plane in (("L2TPv3/UDP", "l2tp-udp"), ("PPTP", "pptp"), ("MPPE-128", "pptp mppe")):
        for kind, side in (("rtun", "rtun"), ("kernel", "in-tree")):
            points = {s: run.added(f"{side} {plane}", s) for s in sizes}
            series.append((f"{label}, {LEGEND[kind]}", kind,
                           {s: v for s, v in points.items() if v is not None and v > 0}))
    return lines(f"Cost beside plain veth, {run.unit} a packet, {run.kernel}", "octets", series,
                 sizes, lambda x: (x - 64) / (1400 - 64), True)


def cost_sessions(run):
    numbers = run.sessions()
    series = []
    for size in (64, 1400):
        for kind, side in (("rtun", "rtun"), ("kernel", "in-tree")):
            points = {n: run.get(f"{side} l2tp-udp", "cost-all", size, n) for n in numbers}
            series.append((f"{size} octets, {LEGEND[kind]}", kind,
                           {n: v for n, v in points.items() if v is not None}))
    top = math.log(max(numbers, default=2)) or 1
    return lines(f"Cost of a packet, each session in turn, {run.unit}, {run.kernel}",
                 "L2TPv3/UDP sessions", series, numbers, lambda x: math.log(x) / top, False)


def setup_rate(run):
    def rates(measure, number):
        got = []
        for kind, side in (("rtun", "rtun"), ("kernel", "in-tree")):
            ms = run.get(f"{side} l2tp-udp", measure, None, number)
            count = 1000 if measure == "delete1000" else number
            got.append((kind, None if not ms else count / ms * 1000))
        return got

    groups = []
    for number in [n for n in run.sessions() if n >= 1000] or [1000]:
        groups += [(f"made, {number:,}", rates("make", number)),
                   (f"deleted, of {number:,}", rates("delete1000", number))]
    return bars(f"L2TPv3/UDP sessions with a device, a second, {run.kernel}", groups)


PLOTS = {"throughput": throughput, "cost-size": cost_size, "cost-sessions": cost_sessions,
         "setup-rate": setup_rate}
