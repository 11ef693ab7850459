#!/usr/bin/python3
"""The README's examples, run as a reader would: every ```sql block in order, on one connection.

    readme.py --servers DIR --ext EXTENSION

The URLs of the examples are replaced by those of private servers; everything else is run as it stands.
An example that fails, or a public function, table or option of the extension that the README does not name,
is a failure."""
import argparse
import os
import re
import sqlite3
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVERS = os.path.join(ROOT, "tests", "servers")


def server(engine, *args):
    command = ["sh", os.path.join(SERVERS, engine + ".sh"), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def urls(directory):
    """What the examples say -> what is there."""
    for engine in ("postgresql", "mariadb", "sqlite"):
        server(engine, "fresh", directory, "readme")
    file = os.path.join(directory, "readme.appmeta.db")
    sqlite3.connect(file).close()
    open(file, "ab").close()
    return {
        "postgresql://localhost/main": server("postgresql", "url", directory, "readme"),
        "mysql://localhost/users": server("mariadb", "url", directory, "readme"),
        "sqlite:////srv/appmeta.db?mode=ro": "sqlite:///" + file + "?mode=ro",
        "sqlite:///app.db": server("sqlite", "url", directory, "readme"),
    }


def statements(block):
    """Splits a block into complete statements; dot commands of the shell are lines of their own."""
    text = ""
    for line in block.splitlines():
        if not text.strip() and line.startswith("."):
            continue
        text += line + "\n"
        if sqlite3.complete_statement(text):
            yield text.strip()
            text = ""
    if text.strip():
        yield text.strip()


def report(ok, name, detail=""):
    for line in detail.splitlines():
        print("#", line)
    print("ok -" if ok else "not ok -", name)
    return ok


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--ext", required=True)
    options = parser.parse_args()
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    local = os.path.join(options.servers, "readme.local.db")
    if os.path.exists(local):
        os.remove(local)
    db = sqlite3.connect(local, isolation_level=None)
    before = {row[0] for row in db.execute("SELECT name FROM pragma_function_list")}
    db.enable_load_extension(True)
    db.load_extension(os.path.splitext(options.ext)[0])
    replace = urls(options.servers)
    ok = True
    count = 0
    for number, block in enumerate(re.findall(r"^```sql\n(.*?)^```", readme, re.S | re.M), 1):
        for old, new in replace.items():
            block = block.replace("'" + old + "'", "'" + new.replace("'", "''") + "'")
        for statement in statements(block):
            count += 1
            try:
                db.execute(statement).fetchall()
            except sqlite3.Error as error:
                ok = report(False, f"example {number}", f"{statement}\n{error}") and ok
    ok = report(count > 5, f"{count} statements of the README's examples run") and ok
    functions = {row[0] for row in db.execute("SELECT name FROM pragma_function_list")} - before
    for name in sorted(functions):
        ok = report(f"`{name}(" in readme, f"the function {name} is in the README") and ok
    for table in ("binds", "bind_tables", "bind_log"):
        for row in db.execute("SELECT name FROM pragma_table_info(?)", (table,)):
            if not re.search(r"\b%s\b" % row[0], readme):
                ok = report(False, f"the column {table}.{row[0]} is in the README")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
