/* Declarations → models: every form of INTERFACE section 4, as users write it and SQLite splits it, against the
** model's dump (declarations.h); and every refusal against its text. */
#include "unit.h"

#include "declarations.h"
#include "model/render.h"
#include <stdlib.h>
#include <string.h>

struct example {
    const char *arguments;
    const char *expected; /* dump without the line "table …" */
};

static const struct example examples[] = {
    /* the documentation's example */
    {"bind_key = 'users', id INTEGER PRIMARY KEY, username VARCHAR(80) UNIQUE",
     "column id INTEGER key 1\ncolumn username VARCHAR(80)\nprimary (id)\n"
     "unique (username)\n"},
    {"user_id INTEGER REFERENCES user(id), message_id INTEGER REFERENCES message(id),"
     " info='{\"bind_key\":\"users\"}'",
     "column user_id INTEGER\ncolumn message_id INTEGER\nforeign (user_id) -> user (id)\n"
     "foreign (message_id) -> message (id)\n"},
    /* keys */
    {"id INTEGER, name TEXT, PRIMARY KEY(id)",
     "column id INTEGER key 1\ncolumn name TEXT\nprimary (id)\n"},
    {"id INTEGER PRIMARY KEY AUTOINCREMENT", "column id INTEGER key 1 auto\nprimary (id)\n"},
    {"id INTEGER, CONSTRAINT \"my key\" PRIMARY KEY(id AUTOINCREMENT)",
     "column id INTEGER key 1 auto\nprimary my key (id)\n"},
    {"a INT, b TEXT, c BLOB, CONSTRAINT pk PRIMARY KEY(c, a DESC)",
     "column a INT key 2\ncolumn b TEXT\ncolumn c BLOB key 1\n"
     "primary pk (c, a desc)\n"},
    {"a INTEGER CONSTRAINT k PRIMARY KEY DESC, b",
     "column a INTEGER key 1\ncolumn b\nprimary k (a desc)\n"},
    {"code CHAR(3) NOT NULL PRIMARY KEY ON CONFLICT ABORT",
     "column code CHAR(3) key 1 not null\nprimary (code)\n"},
    {"a INT UNIQUE NOT NULL, b INT CONSTRAINT bu UNIQUE, UNIQUE(b, a), CONSTRAINT \"c d\" UNIQUE (a"
     " ASC, b DESC)",
     "column a INT not null\ncolumn b INT\nunique (a)\nunique bu (b)\nunique (b, a)\n"
     "unique c d (a, b desc)\n"},
    {"a UNIQUE, UNIQUE(a), CONSTRAINT n UNIQUE(a)", "column a\nunique n (a)\n"},
    {"id TEXT PRIMARY KEY UNIQUE, UNIQUE(id)", "column id TEXT key 1\nprimary (id)\n"},
    {"a, UNIQUE(\"a\", a)", "column a\nunique (a)\n"},
    {"a, b, c, INDEX i3 (c), UNIQUE INDEX i1 (a, b DESC), INDEX \"i 2\" ([b] ASC)",
     "column a\ncolumn b\ncolumn c\nindex i3 (c)\nunique index i1 (a, b desc)\nindex i 2 (b)\n"},
    {"UNIQUE (a), a INT, INDEX ia (a), b INT",
     "column a INT\ncolumn b INT\nunique (a)\nindex ia (a)\n"},
    {"a INT, b INT, UNIQUE(a) UNIQUE(b) CHECK(a>b)",
     "column a INT\ncolumn b INT\nunique (a)\nunique (b)\ncheck: a>b\n"},
    {"t TEXT COLLATE NOCASE UNIQUE, u COLLATE rtrim, v COLLATE \"BINARY\", INDEX i(t COLLATE "
     "nocase)",
     "column t TEXT nocase\ncolumn u rtrim\ncolumn v\nunique (t)\nindex i (t)\n"},
    /* foreign keys */
    {"a INT CONSTRAINT fa REFERENCES p ON DELETE CASCADE ON UPDATE SET DEFAULT MATCH FULL,"
     " b INT REFERENCES q(\"x y\") ON DELETE SET NULL DEFERRABLE,"
     " c INT NOT NULL REFERENCES r(id) ON UPDATE RESTRICT DEFERRABLE INITIALLY DEFERRED DEFAULT 1,"
     " CONSTRAINT fz FOREIGN KEY (c, a, b) REFERENCES z(l, m, n) ON DELETE NO ACTION,"
     " FOREIGN KEY (b) REFERENCES other.tab(id) NOT DEFERRABLE INITIALLY DEFERRED,"
     " FOREIGN KEY (a) REFERENCES \"o t\".\"ta\"\"b\" DEFERRABLE INITIALLY IMMEDIATE",
     "column a INT\ncolumn b INT\ncolumn c INT not null default 1\n"
     "foreign fa (a) -> p on delete cascade on update set default\n"
     "foreign (b) -> q (x y) on delete set null deferrable\n"
     "foreign (c) -> r (id) on update restrict deferrable deferred\n"
     "foreign fz (c, a, b) -> z (l, m, n)\n"
     "foreign (b) -> other.tab (id)\n"
     "foreign (a) -> o t.ta\"b deferrable\n"},
    {"id INTEGER PRIMARY KEY, parent INT REFERENCES t(id) REFERENCES u",
     "column id INTEGER key 1\ncolumn parent INT\nprimary (id)\nforeign (parent) -> t "
     "(id)\n"
     "foreign (parent) -> u\n"},
    /* checks */
    {"a INT CHECK (a > 0), b INT CONSTRAINT pos CHECK(b > ( 0 )) NOT NULL,"
     " CONSTRAINT ab CHECK (a IN (1, 2) AND b <> ')'), CHECK(char_length(a) > server.b)",
     NULL},
    {"a INT, b TEXT, CHECK(char_length(b) > a AND my_fn(b, a) AND other_fn())",
     "column a INT\ncolumn b TEXT\ncheck: char_length(b) > a AND my_fn(b, a) AND other_fn()\n"},
    {"a INT CHECK (a > 0 -- positive, (of course\n AND a < /* )' */ 9) NOT NULL,"
     " CONSTRAINT x CHECK('it''s' <> \"a\")",
     "column a INT not null\ncheck: a > 0 AND a < 9\ncheck x: 'it''s' <> \"a\"\n"},
    /* defaults */
    {"a INT DEFAULT -5, b DEFAULT 'it''s, (so)', c DEFAULT (1 + 2), d DEFAULT CURRENT_TIMESTAMP,"
     " e DEFAULT TRUE, f DEFAULT NULL, g DEFAULT + 3.5e-1 NOT NULL, h DEFAULT x'00ff'",
     "column a INT default -5\ncolumn b default 'it''s, (so)'\ncolumn c default (1 + 2)\n"
     "column d default CURRENT_TIMESTAMP\ncolumn e default TRUE\ncolumn f default NULL\n"
     "column g not null default + 3.5e-1\ncolumn h default x'00ff'\n"},
    {"a DEFAULT now() NOT NULL, b DEFAULT nextval('s'), c INT DEFAULT b'01', d DEFAULT pg.f(1, "
     "(2)),"
     " e DEFAULT (gen_random_uuid()), f DEFAULT CURRENT_TIMESTAMP(6) UNIQUE",
     "column a not null default now()\ncolumn b default nextval('s')\ncolumn c INT default b'01'\n"
     "column d default pg.f(1, (2))\ncolumn e default (gen_random_uuid())\n"
     "column f default CURRENT_TIMESTAMP(6)\nunique (f)\n"},
    {"a DEFAULT active, b DEFAULT \"it's\"",
     "column a default 'active'\ncolumn b default 'it''s'\n"},
    /* generated columns */
    {"a INT, b GENERATED ALWAYS AS (a * (2)) STORED, c TEXT AS (lower(b)) VIRTUAL NOT NULL,"
     " d INT GENERATED ALWAYS AS (e), e AS (server_fn(a)) UNIQUE",
     "column a INT\ncolumn b stored a * (2)\ncolumn c TEXT not null virtual lower(b)\n"
     "column d INT virtual e\ncolumn e virtual server_fn(a)\nunique (e)\n"},
    {"a INT GENERATED ALWAYS NOT NULL, b GENERATED INT",
     "column a INT not null\ncolumn b GENERATED INT\n"},
    /* types */
    {"a ENUM('a','it''s') NOT NULL, b SET('x', 'y') DEFAULT 'x', c \"enum('p','q')\", d \"Mood\"",
     "column a ENUM('a','it''s') not null\ncolumn b SET('x', 'y') default 'x'\n"
     "column c enum('p','q')\ncolumn d \"Mood\"\n"},
    {"a TIMESTAMP(6) WITHOUT TIME ZONE NOT NULL, b timestamp  with\ntime zone, c "
     "GEOMETRY(Point,4326),"
     " d VARCHAR(MAX) UNIQUE, e audit.state, f audit.\"St\"(3) DEFAULT 'x', g INTEGER[],"
     " h numeric(10,2)[]",
     "column a TIMESTAMP(6) WITHOUT TIME ZONE not null\ncolumn b timestamp with time zone\n"
     "column c GEOMETRY(Point,4326)\ncolumn d VARCHAR(MAX)\ncolumn e audit.state\n"
     "column f audit.\"St\"(3) default 'x'\ncolumn g INTEGER[]\ncolumn h numeric(10,2)[]\n"
     "unique (d)\n"},
    {"a int(10) unsigned zerofill PRIMARY KEY, b VARCHAR(10) CHARACTER SET utf8mb4 NOT NULL,"
     " c INTERVAL DAY TO SECOND(3), d DECIMAL(10, -2), e DOUBLE PRECISION, f INT /* x */ UNSIGNED",
     "column a int(10) unsigned zerofill key 1\n"
     "column b VARCHAR(10) CHARACTER SET utf8mb4 not null\ncolumn c INTERVAL DAY TO SECOND(3)\n"
     "column d DECIMAL(10, -2)\ncolumn e DOUBLE PRECISION\ncolumn f INT UNSIGNED\nprimary (a)\n"},
    {"a, b INET, c CITEXT NOT NULL, d TSVECTOR",
     "column a\ncolumn b INET\ncolumn c CITEXT not null\ncolumn d TSVECTOR\n"},
    /* names */
    {"\"q\"\"x\" INT, [b r] TEXT, `ba``ck` INT, 'str' INT, \"sel,ect\" INT, größe REAL, \"order\" "
     "INT,"
     " UNIQUE(\"q\"\"x\", [b r])",
     "column q\"x INT\ncolumn b r TEXT\ncolumn ba`ck INT\ncolumn str INT\ncolumn sel,ect INT\n"
     "column größe REAL\ncolumn order INT\nunique (q\"x, b r)\n"},
    {"bind_key TEXT, info users, \"table\" INT, schema, key INT",
     "column bind_key TEXT\ncolumn info users\ncolumn table INT\ncolumn schema\ncolumn key INT\n"},
    {"a INT -- the first\n, /* none */ b INT -- the last\n", "column a INT\ncolumn b INT\n"},
    {"a INT NULL, b CONSTRAINT n NOT NULL CHECK(b>1), c INT CONSTRAINT dangling",
     "column a INT\ncolumn b not null\ncolumn c INT\ncheck: b>1\n"},
};

struct option_example {
    const char *arguments;
    const char *expected; /* the line "table …" */
};

static const struct option_example option_examples[] = {
    {"a", "table t -> t, bind [default], info {\"bind_key\":null}"},
    {"bind_key='users', a", "table t -> t, bind users, info {\"bind_key\":\"users\"}"},
    {"a, BIND_KEY = \"us\"\"ers\", b",
     "table t -> t, bind us\"ers, info {\"bind_key\":\"us\\\"ers\"}"},
    {"a, bind_key='it''s'", "table t -> t, bind it's, info {\"bind_key\":\"it's\"}"},
    {"bind_key=NULL, a", "table t -> t, bind [default], info {\"bind_key\":null}"},
    {"a, info='{\"bind_key\": \"users\", \"x\": [1, 2]}', b",
     "table t -> t, bind users, info {\"bind_key\":\"users\",\"x\":[1,2]}"},
    {"info='{ \"x\" : 1 }', bind_key='k', a",
     "table t -> t, bind k, info {\"x\":1,\"bind_key\":\"k\"}"},
    {"info='{\"bind_key\":null}', a", "table t -> t, bind [default], info {\"bind_key\":null}"},
    {"info='{\"bind_key\":\"k\"}', bind_key='k', a",
     "table t -> t, bind k, info {\"bind_key\":\"k\"}"},
    {"info='{}', a", "table t -> t, bind [default], info {\"bind_key\":null}"},
    {"table='Remote Table', schema=\"s\"\"1\", a",
     "table t -> s\"1.Remote Table, bind [default], info {\"bind_key\":null}"},
    {"table /* x */ = 'r' -- y\n, a", "table t -> r, bind [default], info {\"bind_key\":null}"},
    {"\"bind_key\"='k', a", "table t -> t, bind k, info {\"bind_key\":\"k\"}"},
};

static const struct example refusals[] = {
    /* options */
    {"foo='x', a", "unknown option \"foo\" (options are bind_key, info, table, schema)"},
    {"a, check = 'x'", "unknown option \"check\" (options are bind_key, info, table, schema)"},
    {"bind_key='a', info='{\"bind_key\":\"b\"}', a",
     "bind_key is 'a', but info says 'b': give one of them"},
    {"bind_key='a', info='{\"bind_key\":null}', a",
     "bind_key is 'a', but info says null (the default bind): give one of them"},
    {"bind_key=5, a", "option bind_key needs one quoted text: bind_key='...', not \"bind_key=5\""},
    {"bind_key=users, a",
     "option bind_key needs one quoted text: bind_key='...', not \"bind_key=users\""},
    {"a, table=", "option table needs one quoted text: table='...', not \"table=\""},
    {"bind_key='a' 'b', a",
     "option bind_key needs one quoted text: bind_key='...', not \"bind_key='a' 'b'\""},
    {"bind_key==[a], a",
     "option bind_key needs one quoted text: bind_key='...', not \"bind_key==[a]\""},
    {"bind_key='a', a, bind_key='a'", "option bind_key is given twice"},
    {"table='', a", "option table is empty"},
    {"schema=NULL, a", "option schema is empty"},
    {"info='[1]', a", "option info must be a JSON object, such as info='{\"bind_key\":\"users\"}'"},
    {"info='nope', a",
     "option info must be a JSON object, such as info='{\"bind_key\":\"users\"}'"},
    {"info='{\"bind_key\":3}', a", "option info: \"bind_key\" must be a text or null"},
    {"info='{\"bind_key\":\"a\\u0000b\"}', a", "option info: \"bind_key\" must be a text or null"},
    /* definitions */
    {"a INT DEFAULT, b INT", "malformed definition \"a INT DEFAULT\": incomplete input"},
    {"a INT, b INT NOT", "malformed definition \"b INT NOT\": incomplete input"},
    {"a INT CONSTRAINT, b INT", "malformed definition \"a INT CONSTRAINT\": incomplete input"},
    {"id INT, name VARCHAR(80) UNQIUE, b",
     "malformed definition \"name VARCHAR(80) UNQIUE\": near \"UNQIUE\": syntax error"},
    {"a INT UNIQUE DESC",
     "malformed definition \"a INT UNIQUE DESC\": near \"DESC\": syntax error"},
    {"a INT UNIQUE(a)", "malformed definition \"a INT UNIQUE(a)\": near \"(\": syntax error"},
    {"a NUMERIC(10 2)", "malformed definition \"a NUMERIC(10 2)\": near \"2\": syntax error"},
    {"a INT FROM x", "malformed definition \"a INT FROM x\": near \"FROM\": syntax error"},
    {"a VARCHAR(9) FROM x",
     "malformed definition \"a VARCHAR(9) FROM x\": near \"FROM\": syntax error"},
    {"order INT", "malformed definition \"order INT\": near \"order\": syntax error"},
    {"5 INT", "malformed definition \"5 INT\": near \"5\": syntax error"},
    {"a INT = 5", "malformed definition \"a INT = 5\": near \"=\": syntax error"},
    {"a INT AUTOINCREMENT",
     "malformed definition \"a INT AUTOINCREMENT\": near \"AUTOINCREMENT\": syntax error"},
    {"a BIGINT PRIMARY KEY AUTOINCREMENT", "malformed definition \"a BIGINT PRIMARY KEY "
                                           "AUTOINCREMENT\": AUTOINCREMENT is only allowed on an"
                                           " INTEGER PRIMARY KEY"},
    {"a INT, b TEXT, A TEXT", "malformed definition \"A TEXT\": duplicate column name: A"},
    {"a INT PRIMARY KEY, b INT PRIMARY KEY, c INT",
     "malformed definition \"b INT PRIMARY KEY\": table \"t\" has more than one primary key"},
    {"a INT, PRIMARY KEY(zz)", NULL},
    {"a INT, UNIQUE(zz)", "malformed definition \"UNIQUE(zz)\": no such column: zz"},
    {"a INT, UNIQUE(a+1)",
     "malformed definition \"UNIQUE(a+1)\": keys and indexes are lists of columns"},
    {"a TEXT, UNIQUE(a COLLATE NOCASE)", "malformed definition \"UNIQUE(a COLLATE NOCASE)\": "
                                         "COLLATE belongs to the column, a key or index"
                                         " can have no other"},
    {"a TEXT, PRIMARY KEY(a COLLATE NOCASE)", "malformed definition \"PRIMARY KEY(a COLLATE "
                                              "NOCASE)\": COLLATE belongs to the column, a key or"
                                              " index can have no other"},
    {"a INT COLLATE de_DE",
     "malformed definition \"a INT COLLATE de_DE\": unknown collation \"de_DE\" (BINARY, NOCASE or"
     " RTRIM)"},
    {"a INT UNIQUE ON CONFLICT REPLACE",
     "malformed definition \"a INT UNIQUE ON CONFLICT REPLACE\": a server's constraint has no ON"
     " CONFLICT clause but ABORT; say INSERT OR REPLACE in the statement instead"},
    {"a INT NOT NULL ON CONFLICT IGNORE",
     "malformed definition \"a INT NOT NULL ON CONFLICT IGNORE\": a server's constraint has no ON"
     " CONFLICT clause but ABORT; say INSERT OR REPLACE in the statement instead"},
    {"a INT, INDEX (a)", "malformed definition \"INDEX (a)\": an index is written [UNIQUE] INDEX "
                         "name (column [ASC|DESC],"
                         " …)"},
    {"a INT, INDEX i (a), INDEX I (a)",
     "malformed definition \"INDEX I (a)\": there is an index of that name already"},
    {"a INT, INDEX i(a) WHERE a > 1",
     "malformed definition \"INDEX i(a) WHERE a > 1\": near \"WHERE\": syntax error"},
    {"a INT, INDEX i(zz)", "malformed definition \"INDEX i(zz)\": no such column: zz"},
    {"a INT, CHECK(a > zz)", "malformed definition \"CHECK(a > zz)\": no such column: zz"},
    {"a INT, CHECK(a > ), b INT", "malformed definition \"CHECK(a > )\": near \")\": syntax error"},
    {"a INT, CHECK a > 1", "malformed definition \"CHECK a > 1\": near \"a\": syntax error"},
    {"a INT, CHECK(count(a) > 1)",
     "malformed definition \"CHECK(count(a) > 1)\": misuse of aggregate function count()"},
    {"a INT, CHECK(a > (SELECT 1))",
     "malformed definition \"CHECK(a > (SELECT 1))\": subqueries prohibited in CHECK constraints"},
    {"a INT, b INT DEFAULT (a)",
     "malformed definition \"b INT DEFAULT (a)\": default value of column [b] is not constant"},
    {"a INT, FOREIGN KEY(zz) REFERENCES p",
     "malformed definition \"FOREIGN KEY(zz) REFERENCES p\": unknown column \"zz\" in foreign key"
     " definition"},
    {"a INT, FOREIGN KEY(a) REFERENCES p(x, y)",
     "malformed definition \"FOREIGN KEY(a) REFERENCES p(x, y)\": number of columns in foreign key"
     " does not match the number of columns in the referenced table"},
    {"a INT REFERENCES p ON DELETE EXPLODE", "malformed definition \"a INT REFERENCES p ON DELETE "
                                             "EXPLODE\": near \"EXPLODE\": syntax error"},
    {"a AS (b) PRIMARY KEY, b", "malformed definition \"a AS (b) PRIMARY KEY\": generated columns "
                                "cannot be part of the PRIMARY"
                                " KEY"},
    {"a INT GENERATED ALWAYS AS IDENTITY, b", "malformed definition \"a INT GENERATED ALWAYS AS "
                                              "IDENTITY\": near \"IDENTITY\": syntax error"},
    {"CHECK(1)",
     "malformed definition \"CHECK(1)\": keys and constraints need columns beside them"},
};

static struct declarations db;

static void test_models(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        int rc = declarations_create(&db, "t", examples[i].arguments);
        if (examples[i].expected == NULL) {
            assert_int_not_equal(rc, SQLITE_OK);
            continue;
        }
        if (rc != SQLITE_OK)
            fail_msg("%s: %s", examples[i].arguments, db.err.text);
        char *dump = model_dump(db.model);
        assert_non_null(dump);
        const char *rest = strchr(dump, '\n') + 1;
        if (strcmp(rest, examples[i].expected) != 0)
            fail_msg("%s gives\n%s, not\n%s", examples[i].arguments, rest, examples[i].expected);
        sqlite3_free(dump);
        assert_true(db.model->declared_columns);
        assert_int_equal(db.err.rc, SQLITE_OK);
    }
}

/* What render_columns writes of a model is read back as the same columns and keys. */
static void test_rendered_columns(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        if (declarations_create(&db, "t", examples[i].arguments) != SQLITE_OK)
            continue;
        const struct model *m = db.model;
        struct model *again = NULL;
        struct arena arena;
        struct err err = {0};
        const char **pieces = NULL;
        const char *argv[64] = {"bind", "main", "t"};
        int n = 0;
        arena_init(&arena);
        assert_int_equal(render_columns(m, &arena, &pieces, &n, &err), SQLITE_OK);
        assert_true(n + 3 <= (int)COUNT(argv));
        for (int k = 0; k < n; k++)
            argv[3 + k] = pieces[k];
        if (parse_arguments(n + 3, argv, &again, &err) != SQLITE_OK)
            fail_msg("%s: %s", examples[i].arguments, err.text);
        assert_int_equal(again->ncolumns, m->ncolumns);
        for (int k = 0; k < m->ncolumns; k++) {
            const struct column *a = &m->columns[k], *b = &again->columns[k];
            assert_string_equal(a->name, b->name);
            assert_string_equal(a->type.text, b->type.text);
            assert_int_equal(a->type.id, b->type.id);
            assert_int_equal(a->type.affinity, b->type.affinity);
            assert_int_equal(a->collation, b->collation);
            assert_int_equal(a->not_null, b->not_null);
            assert_int_equal(a->key_position, b->key_position);
        }
        assert_int_equal(declare_identity(m).form, declare_identity(again).form);
        model_free(again);
        arena_clear(&arena);
    }
}

static void test_options(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(option_examples); i++) {
        if (declarations_create(&db, "t", option_examples[i].arguments) != SQLITE_OK)
            fail_msg("%s: %s", option_examples[i].arguments, db.err.text);
        char *dump = model_dump(db.model);
        assert_non_null(dump);
        *strchr(dump, '\n') = '\0';
        assert_string_equal(dump, option_examples[i].expected);
        assert_int_equal(db.model->remote_name_given, strstr(dump, " t -> t,") == NULL);
        sqlite3_free(dump);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const char *expected = refusals[i].expected;
        int rc = declarations_create(&db, "t", refusals[i].arguments);
        if (rc != SQLITE_ERROR)
            fail_msg("%s: rc %d", refusals[i].arguments, rc);
        if (expected != NULL)
            assert_string_equal(db.err.text, expected);
        else
            assert_non_null(strstr(db.err.text, "malformed definition \""));
        assert_null(db.model);
        /* SQLite says the same to its user. */
        assert_string_equal(sqlite3_errmsg(db.db), db.err.text);
    }
}

static void test_no_columns(void **state)
{
    (void)state;
    assert_int_equal(declarations_create(&db, "My Table", "bind_key='users'"), SQLITE_OK);
    assert_false(db.model->declared_columns);
    assert_int_equal(db.model->ncolumns, 0);
    assert_string_equal(db.model->remote_name, "My Table");
    assert_int_equal(declarations_create(&db, "u", ""), SQLITE_OK);
    assert_false(db.model->declared_columns);
    assert_null(db.model->bind_key);
}

/* Column definitions c1 type, c2 type, … */
static char *many_columns(int n, const char *type)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    for (int i = 1; i <= n; i++)
        sqlite3_str_appendf(s, "%sc%d %s", i > 1 ? ", " : "", i, i == 1 ? type : "INT");
    return sqlite3_str_finish(s);
}

/* Straight to parse_arguments: SQLite itself takes no more than 2000 arguments, and counts its own. */
static int parse_columns(int n, const char *type, struct model **model, struct err *err)
{
    const char **argv = sqlite3_malloc64(((size_t)n + 3) * sizeof *argv);
    char *text = many_columns(n, type);
    argv[0] = "bind";
    argv[1] = "main";
    argv[2] = "t";
    char *p = text;
    for (int i = 0; i < n && p != NULL; i++) {
        argv[3 + i] = p;
        p = strchr(p, ',');
        if (p != NULL)
            *p++ = '\0';
    }
    int rc = parse_arguments(n + 3, argv, model, err);
    sqlite3_free(argv);
    sqlite3_free(text);
    return rc;
}

static void test_limits(void **state)
{
    (void)state;
    struct model *model;
    struct err err = {0};
    assert_int_equal(parse_columns(2000, "INT PRIMARY KEY", &model, &err), SQLITE_OK);
    assert_int_equal(model->ncolumns, 2000);
    assert_string_equal(model->columns[1999].name, "c2000");
    model_free(model);
    assert_int_equal(parse_columns(2001, "INT PRIMARY KEY", &model, &err), SQLITE_ERROR);
    assert_string_equal(err.text, "2001 columns are too many: at most 2000");
    assert_null(model);
    assert_int_equal(parse_columns(2000, "INT", &model, &err), SQLITE_ERROR);
    assert_string_equal(err.text,
                        "2000 columns and the hidden key are too many: at most 2000 in all");
    assert_int_equal(parse_columns(1999, "INT", &model, &err), SQLITE_OK);
    model_free(model);
    /* One argument that holds very many keys, as a hostile file might. */
    sqlite3_str *keys = sqlite3_str_new(NULL);
    for (int i = 0; i < 2001; i++)
        sqlite3_str_appendall(keys, "UNIQUE(a) ");
    char *text = sqlite3_str_finish(keys);
    const char *argv[] = {"bind", "main", "t", "a", text};
    assert_int_equal(parse_arguments(5, argv, &model, &err), SQLITE_ERROR);
    assert_string_equal(err.text, "2001 keys and indexes are too many: at most 2000");
    sqlite3_free(text);
}

/* What SQLite would never hand over: the parser must not be led out of its CREATE TABLE. */
static void test_hostile_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a INT); CREATE TABLE b(c",
        "a INT) --",
        "a INT; DROP TABLE t",
        "a INT /* ",
        "a 'INT",
        "a (",
        "a INT)",
        "a \"INT",
        "UNIQUE(a))",
        "a INT CHECK((a)",
        "a [INT",
        "CHECK(1) --",
        ")(",
        "a x'0",
    };
    for (size_t i = 0; i < COUNT(pieces); i++) {
        const char *argv[] = {"bind", "main", "t", pieces[i]};
        struct model *model = NULL;
        struct err err = {0};
        int rc = parse_arguments(4, argv, &model, &err);
        if (rc == SQLITE_OK)
            assert_string_equal(pieces[i], "a INT /* ");
        else
            assert_int_not_equal(strlen(err.text), 0);
        model_free(model);
    }
    const char *none[] = {"bind", "main"};
    struct model *model = NULL;
    struct err err = {0};
    assert_int_equal(parse_arguments(2, none, &model, &err), SQLITE_MISUSE);
}

static void test_long_piece_is_shortened(void **state)
{
    (void)state;
    char *arguments = sqlite3_mprintf("a INT NOT '%.*c'", 500, 'x');
    assert_non_null(arguments);
    assert_int_equal(declarations_create(&db, "t", arguments), SQLITE_ERROR);
    assert_true(strlen(db.err.text) < 1000);
    assert_non_null(strstr(db.err.text, "...\": "));
    sqlite3_free(arguments);
}

static int setup(void **state)
{
    (void)state;
    return declarations_init(&db);
}

static int teardown(void **state)
{
    (void)state;
    declarations_clear(&db);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),         cmocka_unit_test(test_rendered_columns),
        cmocka_unit_test(test_options),        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_no_columns),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hostile_pieces), cmocka_unit_test(test_long_piece_is_shortened),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
