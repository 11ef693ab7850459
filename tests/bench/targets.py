"""What binds is to reach in each workload.  A bound is one of
    '1.3 L'       times the limit          '1.5 N'        times native SQLite
    '1 P'         times the best peer      '0.5 S'        times SQLAlchemy
    '0.5 D'       times DuckDB, which Debian does not package: its share of the limit was measured elsewhere, on the same
                  workloads at the same size (DUCKDB)
    '5 ms'        '15 ms + N', '5 ms + L'  milliseconds, over native or the limit
and several joined by ' · ' are to be met all.  *must* is the bar, *reach* the ambition.  A bar may lie below the floor,
which is what no virtual table can do without: then it is enough to be NEAR that."""

NEAR = 1.25     # times the floor

# The side that is the floor, if it is not the one of that name: create_all() sends the limit's very text.
FLOORS = {'W13': 'limit'}

# DuckDB 1.5 with its own extensions, the better of as shipped and tuned, over the limit.
DUCKDB = {
    ('W5a', 'postgresql'): 2.11, ('W5a', 'mariadb'): 2.27, ('W6', 'all three'): 1.60, ('W6s', 'all three'): 11.5,
    ('W6p', 'postgresql'): 7.81, ('W6p', 'mariadb'): 33.5, ('W9', 'postgresql'): 76, ('W9', 'mariadb'): 3.7,
    ('W14Q1', 'all three'): 1.00, ('W14Q3', 'all three'): 4.61, ('W14Q5', 'all three'): 8.12,
    ('W14Q6', 'all three'): 1.42, ('W14Q10', 'all three'): 3.39, ('W14Q12', 'all three'): 1.79,
    ('W14Q14', 'all three'): 1.35,
}

# workload → (must, reach) of each engine.  W2 has none: it is there to show what a statement costs of which the server
# could send the answer alone.
_scan, _keyed = ('1.6 N', '1.4 N'), ('1.5 N', '1.2 N')
_remote = {
    'W1': ('1.3 L', '1.1 L'), 'W1n': ('1.3 L', '1.1 L'), 'W2d': ('1.3 L', '1.1 L'), 'W3': ('1.5 L', '1.3 L'),
    'W4': ('1.5 L', '1.2 L'), 'W5a': ('3 L · 1 P · 1 D', '2 L'), 'W5b': ('1.3 L', '1.1 L'),
    'W6p': ('0.5 D', '2 L'), 'W7a': ('1.3 L', '1.1 L'), 'W7b': ('1.3 L', '1.1 L'), 'W9': ('1 D', '1.5 L'),
    'W9m': ('3 ms', '1.5 L'), 'W11u': ('3 L', '2 L'), 'W11d': ('3 L', '2 L'), 'W12': ('5 ms', '2 ms'),
    'W12m': ('1.2 L', '1.05 L'), 'W13': ('1.5 L · 0.5 S', '1.2 L'),
}
TARGETS = {(w, e): t for w, t in _remote.items() for e in ('postgresql', 'mariadb')}
TARGETS.update({
    ('W8', 'postgresql'): ('1.5 L', '1 P'), ('W8', 'mariadb'): ('0.8 L', '1 P'),
    ('W10', 'postgresql'): ('1.3 L', '1.1 L · 1 P'), ('W10', 'mariadb'): ('1.5 L', '1.1 L · 1 P'),
    ('W11u', 'mariadb'): ('3 L · 1 P', '2 L'), ('W11d', 'mariadb'): ('3 L · 1 P', '2 L'),
    ('W15', 'postgresql'): ('15 ms + N', '5 ms + L'), ('W15', 'mariadb'): ('10 ms + N', '5 ms + L'),
    ('W15', 'sqlite'): ('5 ms + N', '2.5 ms + N'),
    ('W6', 'all three'): ('1 P · 1 D', '1.3 L'), ('W6s', 'all three'): ('2 L', '1.3 L'),
})
TARGETS.update({(w, 'sqlite'): _scan for w in ('W1', 'W1n', 'W2', 'W2d', 'W8', 'W12m')})
TARGETS.update({(w, 'sqlite'): _keyed for w in ('W3', 'W4', 'W5a', 'W5b', 'W6p', 'W7a', 'W7b', 'W9', 'W9m', 'W11u', 'W11d')})
TARGETS.update({('W10', 'sqlite'): ('1.5 N', '1.1 N'), ('W12', 'sqlite'): ('5 ms', '2 ms'),
                ('W13', 'sqlite'): ('1.5 N · 0.5 S', '1.2 N')})
TARGETS.update({(f'W14{q}', 'all three'): ('1 D · 1 P', '2 L') for q in ('Q3', 'Q5', 'Q10', 'Q12')})
TARGETS.update({(f'W14{q}', 'all three'): ('1.5 D', '2 L') for q in ('Q1', 'Q6', 'Q14')})


def base(name, key, medians, peers):
    """What a bound multiplies or adds to; None: was not measured."""
    if name == 'P':
        return min((medians[p] for p in peers if p != 'sqlalchemy'), default=None)
    if name == 'D':
        return DUCKDB[key] * medians['limit'] if 'limit' in medians else None
    return medians.get({'L': 'limit', 'N': 'native', 'S': 'sqlalchemy'}[name])


def most(bounds, key, medians, peers):
    """The milliseconds that keep all bounds.  medians: side → ms; peers: those whose answer was right.  None: there is
    nothing to compare with."""
    found = []
    for bound in bounds.split(' · ') if bounds else ():
        words = bound.split()
        if words[1] == 'ms':
            over = base(words[3], key, medians, peers) if len(words) > 2 else 0
            found += [] if over is None else [float(words[0]) + over]
        else:
            over = base(words[1], key, medians, peers)
            found += [] if over is None else [float(words[0]) * over]
    return min(found, default=None)


def is_near_floor(key, bar, medians):
    """Does the bar lie below the floor, and binds near it?"""
    floor = medians.get(FLOORS.get(key[0], 'floor'))
    return floor is not None and bar < floor and medians['binds'] <= NEAR * floor
