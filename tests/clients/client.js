// Node over binds: client.js EXTENSION ENGINE URL URL2.  better-sqlite3 brings its own, newer SQLite.
'use strict';
const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const Database = require('better-sqlite3');
const [extension, engine, url, url2] = process.argv.slice(2);

// A commit over two binds is recorded in the local database, so that is a file.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'binds-client-'));
const db = new Database(path.join(folder, 'main.db'));
db.loadExtension(extension);
console.log(`SQLite ${db.prepare('SELECT sqlite_version()').pluck().get()} on ${engine}`);
const bind = db.prepare('INSERT INTO binds(key, url) VALUES (?, ?)');
bind.run(null, url);
bind.run('two', url2);
db.exec("CREATE VIRTUAL TABLE t USING bind(id INTEGER PRIMARY KEY, name VARCHAR(40) UNIQUE, data BLOB, r REAL)");
db.exec("CREATE VIRTUAL TABLE o USING bind(bind_key='two', id INTEGER PRIMARY KEY, t INTEGER)");
assert.strictEqual(db.prepare('SELECT create_all()').pluck().get(), 2);

const insert = db.prepare('INSERT INTO t(name, data, r) VALUES (?, ?, ?)');
const many = db.transaction((n) => {
    for (let i = 0; i < n; i++) {
        const done = insert.run(`name ${i}`, Buffer.from([i % 256]), i / 4);
        assert.strictEqual(done.changes, 1);
        assert.strictEqual(done.lastInsertRowid, i + 1);
    }
});
many(100);
db.prepare('INSERT INTO o(t) SELECT id FROM t WHERE id % 7 = 1').run();
assert.deepStrictEqual(db.prepare('SELECT count(*) AS n, sum(r) AS r FROM t').get(), { n: 100, r: 1237.5 });
const one = db.prepare('SELECT name, data, r FROM t WHERE id = ?');
for (const id of [1, 50, 100])
    assert.deepStrictEqual(one.get(id), { name: `name ${id - 1}`, data: Buffer.from([id - 1]), r: (id - 1) / 4 });
assert.strictEqual(db.prepare('SELECT count(*) FROM o JOIN t ON t.id = o.t').pluck().get(), 15);
assert.strictEqual(db.prepare('SELECT count(*) FROM o LEFT JOIN t ON t.id = o.t AND t.name <> ?').pluck().get('name 0'), 15);
assert.deepStrictEqual(db.prepare('SELECT id FROM t WHERE name LIKE ? ORDER BY id LIMIT 2 OFFSET 1').pluck().all('name 1%'), [11, 12]);
assert.deepStrictEqual(db.prepare('SELECT id FROM t WHERE id IN (3, 5, 900) ORDER BY id DESC').pluck().all(), [5, 3]);
assert.throws(() => insert.run('name 5', null, null), (e) => e.code === 'SQLITE_CONSTRAINT_UNIQUE' && !/not an error/.test(e.message));
const fails = db.transaction(() => {
    db.prepare("UPDATE t SET name = 'x' WHERE id = 1").run();
    db.prepare('DELETE FROM o').run();
    throw new Error('undo');
});
assert.throws(fails, /undo/);
assert.strictEqual(one.get(1).name, 'name 0');
assert.strictEqual(db.prepare('SELECT count(*) FROM o').pluck().get(), 15);
for (const row of db.prepare('SELECT id FROM t ORDER BY id').iterate())
    if (row.id === 3) break; // an abandoned scan
assert.strictEqual(db.prepare('SELECT drop_all()').pluck().get(), 2);
db.close();
fs.rmSync(folder, { recursive: true });
