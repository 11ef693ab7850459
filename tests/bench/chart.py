"""The results of the bench as a bar chart in SVG: each side over the limit (over native SQLite where there is none), on
a logarithmic scale, with a mark at the bar that binds has to keep."""
import math
from html import escape

import report
import targets

COLOURS = {'binds': '#1f5fa8', 'limit': '#8a97a5', 'native': '#d0b23c', 'floor': '#b7c4a1'}
OTHERS = ('#b0532f', '#6b4fa0', '#3f8f62', '#a8467c', '#5c7a1f', '#444444')
LEFT, WIDTH, RIGHT, BAR, GAP, TOP = 300, 560, 70, 9, 7, 46
LOW, HIGH = 0.1, 1000       # what the scale shows; longer bars end in an arrow


def place(times):
    """Where a ratio stands on the scale."""
    span = math.log10(HIGH / LOW)
    return LEFT + WIDTH * math.log10(min(max(times, LOW), HIGH) / LOW) / span


def bars(key, sides, names, colours, y):
    base = sides.get('limit') or sides.get('native')
    measured, right = report.right_ones(sides, [n for n in names if n not in COLOURS])
    bar = targets.most(targets.TARGETS.get(key, ('', ''))[0], key, measured, right)
    x = 0 if bar is None else place(bar / base.median)
    if bar is not None:
        yield (f'<line x1="{x:.1f}" y1="{y - 2}" x2="{x:.1f}" y2="{y + BAR + 1}" stroke="#d01c1c" stroke-width="2">'
               f'<title>the bar: {bar / base.median:.2f}</title></line>')
    for name in names:
        if name not in sides or sides[name] is base or sides[name].note:
            continue
        times = sides[name].median / base.median
        one, end = place(1), place(times)
        left, width = min(one, end), max(1.0, abs(end - one))
        words = f'{times:.2f}' + (' wrong' if sides[name].wrong else '')
        beside = max(one, end, x if name == 'binds' else 0) + 4
        yield (f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 1}" fill="{colours[name]}">'
               f'<title>{name}: {words} times</title></rect>'
               f'<text x="{beside:.1f}" y="{y + BAR - 2}" font-size="8" fill="#555">{words}</text>')
        y += BAR


def svg(results):
    table = {key: sides for key, sides in report.rows_of(results).items()
             if 'binds' in sides and not sides['binds'].note and ('limit' in sides or 'native' in sides)}
    peers = sorted({r.side for r in results} - set(COLOURS))
    colours = {**COLOURS, **{p: OTHERS[i % len(OTHERS)] for i, p in enumerate(peers)}}
    names = ['binds', 'native', 'floor', *peers]
    body, y = [], TOP
    for (workload, engine), sides in table.items():
        drawn = list(bars((workload, engine), sides, names, colours, y))
        height = BAR * sum(d.startswith('<rect') for d in drawn)
        label = escape(f'{report.title(workload)} · {engine}')
        body.append(f'<text x="{LEFT - 8}" y="{y + height / 2 + 3:.1f}" text-anchor="end">{label}</text>')
        body += sorted(drawn, reverse=True)         # the bar is drawn over the bars
        y += height + GAP
    grid = []
    for power in range(int(math.log10(LOW)), int(math.log10(HIGH)) + 1):
        x, mark = place(10 ** power), f'{10 ** power:g}'
        grid.append(f'<line x1="{x:.0f}" y1="{TOP - 8}" x2="{x:.0f}" y2="{y}" stroke="{"#555" if power == 0 else "#ddd"}"/>'
                    f'<text x="{x:.0f}" y="{TOP - 12}" text-anchor="middle">{mark}×</text>')
    legend = ''.join(f'<rect x="{10 + i * 95}" y="8" width="10" height="10" fill="{colours[name]}"/>'
                     f'<text x="{24 + i * 95}" y="17">{name}</text>' for i, name in enumerate(names))
    legend += (f'<line x1="{14 + len(names) * 95}" y1="6" x2="{14 + len(names) * 95}" y2="20" stroke="#d01c1c" '
               f'stroke-width="2"/><text x="{20 + len(names) * 95}" y="17">must</text>')
    width, height = LEFT + WIDTH + RIGHT, y + 8
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="#fff"/>'
            f'{legend}{"".join(grid)}{"".join(body)}</svg>\n')
