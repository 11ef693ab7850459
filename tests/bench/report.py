"""Results of the bench as a Markdown table of ratios and a bar chart in SVG."""
import math
import statistics
from dataclasses import dataclass

WHAT = {
    'W1': 'sum of 4 int and double columns', 'W1n': 'sum of 4 decimals', 'W2d': '3 text columns, every row read',
    'W3': 'count(*)', 'W4': 'indexed range, 1,900 rows', 'W5a': '10,000 local keys joined',
    'W5b': '10,000 prepared lookups', 'W6': 'join over two engines', 'W6s': 'the same, 25 customers',
    'W6p': 'join of two tables of one server', 'W7a': 'ORDER BY … LIMIT 10', 'W7b': 'LIMIT 10 OFFSET 100,000',
    'W8': 'GROUP BY over all rows', 'W9': 'min of an indexed column', 'W10': 'INSERT … SELECT of 200,000 rows',
    'W11u': 'UPDATE of 10,000 rows', 'W11d': 'DELETE of 10,000 rows', 'W12': 'first row of all',
    'W15': 'fresh process to first row',
}


@dataclass
class Result:
    workload: str
    engine: str
    side: str
    times: list
    wrong: bool

    @property
    def median(self):
        return statistics.median(self.times)

    @property
    def spread(self):
        """Half the distance between the quartiles, in percent of the median."""
        if len(self.times) < 4:
            return 100 * (max(self.times) - min(self.times)) / 2 / self.median
        quartiles = statistics.quantiles(self.times, n=4)
        return 100 * (quartiles[2] - quartiles[0]) / 2 / self.median


def number(ms):
    return f'{ms:,.0f}' if ms >= 100 else f'{ms:.1f}' if ms >= 1 else f'{ms:.2f}'


def rows_of(results):
    table = {}
    for r in results:
        table.setdefault((r.workload, r.engine), {})[r.side] = r
    return table


def markdown(results, rows, megabytes):
    peers = sorted({r.side for r in results} - {'limit', 'native', 'binds'})
    lines = ['| work | engine | limit | native | binds | ± | binds/limit | binds/native |'
             + ''.join(f' {p} |' for p in peers), '|---|---|--:|--:|--:|--:|--:|--:|' + '--:|' * len(peers)]
    for (workload, engine), sides in rows_of(results).items():
        binds, limit, native = sides.get('binds'), sides.get('limit'), sides.get('native')
        if binds is None:
            continue

        def cell(r):
            return '' if r is None else number(r.median) + (' WRONG' if r.wrong else '')

        def ratio(r):
            return '' if r is None else f'{binds.median / r.median:.2f}'
        lines.append(f'| {workload} {WHAT[workload]} | {engine} | {cell(limit)} | {cell(native)} | {cell(binds)} | '
                     f'{binds.spread:.0f} % | {ratio(limit)} | {ratio(native)} |'
                     + ''.join(f' {cell(sides.get(p))} |' for p in peers))
    return (f'Milliseconds, medians of rounds in which all sides take turns; {rows:,} rows in the large table; ± is half '
            'the distance between the quartiles.  *limit* is the bare client library doing the same transfer, or the '
            'server answering the whole statement itself; *native* the same statement on tables of a SQLite file.  Only '
            'ratios within one run mean something.\n\n' + '\n'.join(lines)
            + f'\n\nPeak memory of the host process over all of it: {megabytes:.0f} MiB above one that did nothing.\n')


COLOURS = {'limit': '#9aa5b1', 'native': '#c9b458', 'binds': '#2f6fb0'}
OTHERS = ['#b0532f', '#6b4fa0', '#4f9a6b', '#a04f7f']


def chart(results):
    """Bars on a logarithmic scale: each side over the limit (or native, where there is none)."""
    table = [(key, sides) for key, sides in rows_of(results).items() if 'binds' in sides]
    peers = sorted({r.side for r in results} - set(COLOURS))
    colours = {**COLOURS, **{p: OTHERS[i % len(OTHERS)] for i, p in enumerate(peers)}}
    left, width, bar = 330, 520, 9
    out, y = [], 40
    for (workload, engine), sides in table:
        base = (sides.get('limit') or sides.get('native') or sides['binds']).median
        out.append(f'<text x="{left - 8}" y="{y + bar}" text-anchor="end">{workload} {WHAT[workload]} · {engine}</text>')
        for name in list(COLOURS) + peers:
            if name not in sides:
                continue
            times = sides[name].median / base
            length = max(1.0, (math.log10(max(times, 0.1)) + 1) / 3 * width)
            out.append(f'<rect x="{left}" y="{y}" width="{min(length, width):.1f}" height="{bar - 1}" '
                       f'fill="{colours[name]}"><title>{name}: {times:.2f}</title></rect>')
            y += bar
        y += 6
    for i, mark in enumerate(('0.1', '1', '10', '100')):
        x = left + i / 3 * width
        out.append(f'<line x1="{x:.0f}" y1="34" x2="{x:.0f}" y2="{y}" stroke="#ccc"/>'
                   f'<text x="{x:.0f}" y="30" text-anchor="middle">{mark}×</text>')
    legend = ''.join(f'<rect x="{left + i * 100}" y="4" width="10" height="10" fill="{colour}"/>'
                     f'<text x="{left + i * 100 + 14}" y="13">{name}</text>' for i, (name, colour) in enumerate(colours.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 30}" height="{y + 10}" '
            f'font-family="sans-serif" font-size="10">{legend}{"".join(out)}</svg>\n')


BEGIN, END = '<!-- bench: begin -->', '<!-- bench: end -->'


def into_readme(path, text):
    with open(path) as file:
        readme = file.read()
    if BEGIN not in readme:
        readme = readme.rstrip() + f'\n\n## Performance\n\n{BEGIN}\n{END}\n'
    head, rest = readme.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    with open(path, 'w') as file:
        file.write(f'{head}{BEGIN}\n{text}{END}{tail}')
