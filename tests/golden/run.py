#!/usr/bin/python3
"""Golden tests: topic.sql is run by the sqlite3 shell with the extension loaded, on every engine, and what it
prints (errors included, in order) must be topic.out.

usage: run.py --servers DIR --ext BINDS.SO [--only TOPIC] [--kind plain|locale] [--preload LIB] [--prefix CMD]
              [--newest SQLITE3]
       run.py --native --servers DIR [--only TOPIC]

In a topic @URL@ and @URL2@ are fresh databases of the engine under test, @postgresql@, @mariadb@ and @sqlite@
fresh databases of that server, @DIR@ a temporary directory, @EXT@ the extension.  They come back as such in the output; nothing
else is changed.  Comments at the head of a topic:

  -- engines: NAME …      only these; `once` = the topic names its own
  -- own output: NAME: why the output of that engine differs (it is in topic.NAME.out); of `newest`: on that host
                       (topic.newest.out, or topic.NAME.newest.out where engines differ as well).  What is said of
                       mariadb holds for mysql, whose own output is there only where it differs from MariaDB's
  -- errors: code         of an error only the place and the result code count, its words are the server's
  -- plans: SQL        of a plan's line only the SQL counts, not the code behind it that is meant for binds
  -- native: same         the same statements on native tables print the same: checked by --native
  -- kind: plain          not on databases of another collation
  -- database: KIND       on databases of that kind alone, one of those that are no `kinds` (tests/servers)

--newest is the shell of a newer SQLite (tests/host.sh).
--native turns CREATE VIRTUAL TABLE … USING bind(…) into CREATE TABLE and blanks .load and lines that end in `-- remote`.
"""
import argparse
import concurrent.futures
import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SERVERS = os.path.join(HERE, '..', 'servers')
TIMEOUT = 120
LINES = 80      # of a difference are shown


def engines():
    """Those of this run, or all that need no preparation."""
    return os.environ.get('TEST_ENGINES', 'mariadb postgresql sqlite').split()


def server(engine, *args):
    done = subprocess.run(['sh', os.path.join(SERVERS, engine + '.sh'), *args],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'{engine} {args}: {done.stderr}')
    return done.stdout.strip()


class Topic:
    def __init__(self, path):
        self.name = os.path.basename(path)[:-4]
        self.path = path
        with open(path, encoding='utf-8') as f:
            self.text = f.read()
        self.engines = engines()
        self.own = set()
        self.database = ''
        self.code_only = self.native = self.plain_only = self.plans = False
        for line in self.text.splitlines():
            if not line.startswith('--'):
                break
            key, _, value = line[2:].strip().partition(': ')
            if key == 'engines':
                self.engines = value.split()
            elif key == 'own output':
                self.own.add(value.split(':')[0])
            elif key == 'errors':
                self.code_only = value == 'code'
            elif key == 'database':
                self.database = value
            elif key == 'plans':
                self.plans = True
            elif key == 'native':
                self.native = value == 'same'
            elif key == 'kind':
                self.plain_only = value == 'plain'

    def expected(self, engine, host):
        if engine == 'mysql' and 'mariadb' in self.own:
            path = '.'.join([self.path[:-4], engine] + [n for n in [host] if n in self.own] + ['out'])
            if os.path.exists(path):
                with open(path, encoding='utf-8') as f:
                    return f.read()
            engine = 'mariadb'
        own = [n for n in (engine, host) if n in self.own]
        for n in (engine, host):
            path = self.path[:-4] + f'.{n}.out'
            if n not in self.own and os.path.exists(path):
                return f'{path} stands there, but the topic gives no reason for it\n'
        with open('.'.join([self.path[:-4]] + own + ['out']), encoding='utf-8') as f:
            return f.read()

    def native_text(self):
        """The same statements, line by line, on native tables."""
        lines = []
        for line in self.text.splitlines():
            if line.endswith('-- remote') or line.startswith('.load '):
                line = ''
            line = re.sub(r"CREATE VIRTUAL TABLE (\S+) USING bind\(", r'CREATE TABLE \1(', line)
            line = re.sub(r"\b(bind_key|info|table|schema) *= *'[^']*',? *", '', line)
            lines.append(line)
        return '\n'.join(lines) + '\n'


def line_buffering():
    """What makes a program write line by line into a pipe, so that its errors stand where they happened."""
    out = subprocess.run(['stdbuf', '-oL', 'env'], stdout=subprocess.PIPE, text=True, check=True,
                         env={'PATH': os.environ['PATH']}).stdout
    return dict(line.split('=', 1) for line in out.splitlines() if line.startswith(('LD_PRELOAD=', '_STDBUF')))


def run_shell(text, cwd, options):
    """Runs the sqlite3 shell and returns all that it prints."""
    command = (options.prefix.split() if options.prefix else []) + [options.newest or 'sqlite3', '-batch']
    if not options.native:
        command += ['-cmd', f'.load {options.ext}']
    env = {k: v for k, v in os.environ.items() if not k.startswith(('SQLALCHEMY', 'PG', 'MYSQL'))}
    env['HOME'] = cwd
    env.update(line_buffering())
    if options.preload:
        env['LD_PRELOAD'] = options.preload + ':' + env['LD_PRELOAD']
    script = os.path.join(cwd, 'script.sql')
    with open(script, 'w', encoding='utf-8') as f:
        f.write(text)
    with open(script, encoding='utf-8') as stdin:
        process = subprocess.Popen(command + [':memory:'], stdin=stdin, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, cwd=cwd, env=env, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=TIMEOUT)
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it has started holds its output too
        output, _ = process.communicate()
        status = 'timeout'
    text = output.decode('utf-8', 'replace')
    if status not in (0, 1):
        text += f'the shell ended with {status}\n'
    return text


def run_topic(topic, engine, options):
    """Returns (passed, lines to show)."""
    base = os.path.join(options.servers, 'golden')
    os.makedirs(base, exist_ok=True)
    cwd = tempfile.mkdtemp(prefix=f'{topic.name}.', dir=base)
    text = topic.native_text() if options.native else topic.text
    places = {'@DIR@': cwd, '@EXT@': options.ext}
    stem = re.sub(r'\W', '', os.path.basename(cwd)).lower() + options.tag
    for mark in sorted(set(re.findall(r'@(?:URL2?|mariadb|postgresql|sqlite)@', text))):
        owner = engine if mark.startswith('@URL') else mark.strip('@')
        database = f'{stem}_{mark.strip("@").lower()}'[:60]
        server(owner, 'fresh', options.servers, database, topic.database or options.kind)
        places[mark] = server(owner, 'url', options.servers, database)
        places.setdefault(database, mark.strip('@'))
    names = {k: v for k, v in places.items() if not k.startswith('@')}
    places = {k: v for k, v in places.items() if k.startswith('@')}
    for mark, value in places.items():
        text = text.replace(mark, value)
    got = run_shell(text, cwd, options)
    for mark, value in sorted(places.items(), key=lambda p: -len(p[1])):
        got = got.replace(value, mark)
    for database, mark in names.items():
        got = got.replace(database, mark)
    if topic.code_only:
        got = re.sub(r'^((?:Runtime|Parse) error near line \d+): .*?( \(\d+\))?$(\n {2}.*$)*', r'\1\2', got, flags=re.M)
    if topic.plans:
        got = re.sub(r'(VIRTUAL TABLE INDEX .*) -- \w+ u.*$', r'\1', got, flags=re.M)
    want = topic.expected(engine, 'newest' if options.newest else 'usual')
    with open(os.path.join(cwd, f'{topic.name}.{engine}.got'), 'w', encoding='utf-8') as f:
        f.write(got)
    if got == want:
        return True, []
    return False, list(difflib.unified_diff(want.splitlines(), got.splitlines(), 'expected', 'got', 'topic', engine,
                                            lineterm='', n=2))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--servers', required=True)
    parser.add_argument('--ext', default='')
    parser.add_argument('--only', action='append')
    parser.add_argument('--engine', action='append')
    parser.add_argument('--kind', default='plain')
    parser.add_argument('--preload', default='')
    parser.add_argument('--newest', default='')
    parser.add_argument('--prefix', default='')
    parser.add_argument('--native', action='store_true')
    parser.add_argument('--jobs', type=int, default=3)
    options = parser.parse_args()
    options.tag = 'n' if options.native else options.kind[0] + ('h' if options.newest else '')
    options.servers = os.path.abspath(options.servers)
    options.ext = os.path.abspath(options.ext)
    options.newest = options.newest and os.path.abspath(options.newest)
    topics = [Topic(os.path.join(HERE, f)) for f in sorted(os.listdir(HERE)) if f.endswith('.sql')]
    if options.only:
        topics = [t for t in topics if t.name in options.only]
    if options.native:
        runs = [(t, 'native') for t in topics if t.native]
    else:
        runs = [(t, e) for t in topics for e in t.engines
                if (not options.engine or e in options.engine) and not (t.plain_only and options.kind != 'plain')]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = [(t, e, pool.submit(run_topic, t, e, options)) for t, e in runs]
        for topic, engine, result in results:
            try:
                passed, lines = result.result()
            except (RuntimeError, OSError) as problem:
                passed, lines = False, [str(problem)]
            for line in lines[:LINES]:
                print('#', line)
            print('ok' if passed else 'not ok', '-', topic.name, 'on', engine, flush=True)
            failed += not passed
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
