"""The results of the bench as Markdown."""
import statistics
from dataclasses import dataclass

import targets

WHAT = {
    'W1': 'sum of 4 int and double columns', 'W1n': 'sum of 4 decimals', 'W2': 'length, min and max of texts',
    'W2d': '3 text columns, every row read', 'W3': 'count(*)', 'W4': 'indexed range, 1,900 rows',
    'W5a': '10,000 local keys joined', 'W5b': '10,000 prepared lookups', 'W6': 'join over two engines',
    'W6s': 'the same, 25 customers', 'W6p': 'join of two tables of one server', 'W7a': 'ORDER BY … LIMIT 10',
    'W7b': 'LIMIT 10 OFFSET 100,000', 'W8': 'GROUP BY over all rows', 'W9': 'min and max of an indexed column',
    'W9m': 'min of an indexed column', 'W10': 'INSERT … SELECT of 200,000 rows', 'W11u': 'UPDATE of 10,000 rows',
    'W11d': 'DELETE of 10,000 rows', 'W12': 'first row of all', 'W12m': 'every row of the big table',
    'W13': 'create_all of 200 tables', 'W15': 'fresh process to first row',
}
OWN = ('limit', 'native', 'floor', 'binds')


@dataclass
class Result:
    workload: str
    engine: str
    side: str
    times: list
    wrong: bool
    note: str | None = None     # instead of a time

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


def title(workload):
    return f'{workload} {WHAT[workload]}' if workload in WHAT else f'{workload[:3]} TPC-H {workload[3:]} over three engines'


def number(ms):
    return f'{ms:,.0f}' if ms >= 100 else f'{ms:.1f}' if ms >= 1 else f'{ms:.2f}'


def rows_of(results):
    """(workload, engine) → side → result, the workloads in their order."""
    table = {}
    for r in results:
        table.setdefault((r.workload, r.engine), {})[r.side] = r
    return table


def cell(r):
    if r is None:
        return ''
    return r.note or number(r.median) + (f' ±{r.spread:.0f} %' if r.side in OWN else '') + (' WRONG' if r.wrong else '')


def right_ones(sides, peers):
    """side → median of those that answered, rightly; which of the peers are among them."""
    measured = {name: r.median for name, r in sides.items() if not r.note and not r.wrong}
    return measured, [p for p in peers if p in measured]


def row(key, sides, peers):
    binds = sides['binds']
    measured, right = right_ones(sides, peers)
    ratios = [f'{binds.median / measured[n]:.2f}' if n in measured else '' for n in ('limit', 'native')]
    others = [p for p in right if p != 'sqlalchemy'] or right
    best = min(others, key=measured.get, default=None)
    ratios.append(f'{binds.median / measured[best]:.2f}' if best else '')
    must, reach = targets.TARGETS.get(key, ('', ''))
    bar, ambition = (targets.most(bounds, key, measured, right) for bounds in (must, reach))
    verdict = ''
    if bar is not None and 'binds' in measured:
        verdict = ('reached' if binds.median <= bar and ambition is not None and binds.median <= ambition
                   else 'yes' if binds.median <= bar
                   else 'floor' if targets.is_near_floor(key, bar, measured) else '**no**')
    cells = [title(key[0]), key[1], *(cell(sides.get(n)) for n in OWN), *ratios, *(cell(sides.get(p)) for p in peers),
             must, reach, verdict]
    return '| ' + ' | '.join(cells) + ' |'


def markdown(results, memory, rows, big):
    peers = sorted({r.side for r in results} - set(OWN))
    heads = ['work', 'engine', *OWN, '/limit', '/native', '/best peer', *peers, 'must', 'reach', 'met']
    lines = ['| ' + ' | '.join(heads) + ' |', '|---|---|' + '--:|' * (len(heads) - 5) + '---|---|---|']
    lines += [row(key, sides, peers) for key, sides in rows_of(results).items() if 'binds' in sides and not sides['binds'].note]
    text = (f'Milliseconds, medians of rounds in which all sides take turns, ± half the distance between the quartiles; '
            f'{rows:,} rows in the large table{f", {big:,} in the big one (W12)" if big else ""}.  *limit* is the bare client '
            'library doing the same transfer, or the server answering the whole statement itself (W14: all tables in one '
            'Postgres); *native* the same statement on tables of a SQLite file; *floor* '
            'a virtual table over that file, or over that server by the bare client library, that does nothing else '
            '(tests/bench/floor.c, wire.c); then the ratios of binds to these and to the '
            'best peer that gave the right answer.  Bounds: L times the limit, N native, P the best peer, S SQLAlchemy, D '
            'DuckDB as measured elsewhere (tests/bench/targets.py).  Met: **no**, yes, reached (the ambition too), or '
            f'floor: the bar lies below the floor (of W13, whose text is the same: the limit), and binds within {targets.NEAR:g} '
            'times that.  Only ratios within one run mean something.\n\n'
            + '\n'.join(lines) + '\n')
    if memory:
        text += ('\nPeak memory of a process that does only this, MiB over one without binds (bound: 64):\n\n'
                 '| work | engine | MiB |\n|---|---|--:|\n'
                 + ''.join(f'| {title(w)} | {e} | {m:.0f} |\n' for w, e, m in memory))
    return text


BEGIN, END = '<!-- bench: begin -->', '<!-- bench: end -->'
PICTURE = '![Each side over the limit](tests/bench/chart.svg)\n\n'


def into_readme(path, text):
    with open(path, encoding='utf-8') as file:
        readme = file.read()
    if BEGIN not in readme:
        readme = readme.rstrip() + f'\n\n## Performance\n\n{BEGIN}\n{END}\n'
    head, rest = readme.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'{head}{BEGIN}\n{PICTURE}{text}{END}{tail}')
