/* URLs: every form of INTERFACE section 3, what is refused, and that no secret leaves. */
#include "unit.h"

#include "model/url.h"

#include <stdio.h>
#include <string.h>

/* What a URL means, as one line: scheme|user|password|host:port,…|database|name=value,…  ("-" = not there) */
static void describe(const struct url *u, char *out, int size)
{
    sqlite3_str *s = sqlite3_str_new(NULL);
    sqlite3_str_appendf(s, "%s|%s|%s|", u->scheme, u->user ? u->user : "-",
                        u->password ? u->password : "-");
    for (int i = 0; i < u->nhosts; i++)
        sqlite3_str_appendf(s, "%s%s:%d", i > 0 ? "," : "", u->hosts[i].host, u->hosts[i].port);
    sqlite3_str_appendf(s, "|%s|", u->database ? u->database : "-");
    for (int i = 0; i < u->noptions; i++)
        sqlite3_str_appendf(s, "%s%s=%s", i > 0 ? "," : "", u->options[i].name,
                            u->options[i].value);
    char *text = sqlite3_str_finish(s);
    sqlite3_snprintf(size, out, "%s", text);
    sqlite3_free(text);
}

static void reads_every_form(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"postgresql://app@localhost/main", "postgresql|app|-|localhost:0|main|"},
        {"PostgreSQL+psycopg2://app:pw@localhost:5433/main",
         "postgresql|app|pw|localhost:5433|main|"},
        {"postgres://localhost", "postgres|-|-|localhost:0|-|"},
        {"postgresql:///db", "postgresql|-|-|:0|db|"},
        {"postgresql://", "postgresql|-|-|:0|-|"},
        {"postgresql://h/", "postgresql|-|-|h:0|-|"},
        {"postgresql://:5433/db", "postgresql|-|-|:5433|db|"},
        {"postgresql://h:/db", "postgresql|-|-|h:0|db|"},
        {"postgresql://u@/db?host=/run/postgresql&port=54329",
         "postgresql|u|-|/run/postgresql:54329|db|"},
        {"postgresql://u@:5433/db?host=/run/postgresql", "postgresql|u|-|/run/postgresql:5433|db|"},
        {"postgresql://%2Frun%2Fpostgresql/db", "postgresql|-|-|/run/postgresql:0|db|"},
        {"postgresql://[::1]/db", "postgresql|-|-|::1:0|db|"},
        {"postgresql://u:p@[fe80::1%25eth0]:5433/db", "postgresql|u|p|fe80::1%eth0:5433|db|"},
        {"postgresql://[::1],h2:5433/db", "postgresql|-|-|::1:0,h2:5433|db|"},
        {"postgresql://h1:5432,h2:5433/db", "postgresql|-|-|h1:5432,h2:5433|db|"},
        {"postgresql://h1,h2,h3:7/db", "postgresql|-|-|h1:0,h2:0,h3:7|db|"},
        {"postgresql:///db?host=h1:5432&host=h2", "postgresql|-|-|h1:5432,h2:0|db|"},
        {"postgresql:///db?host=h1,h2&port=1,2", "postgresql|-|-|h1:1,h2:2|db|"},
        {"postgresql:///db?host=h1,h2:9&port=1", "postgresql|-|-|h1:1,h2:9|db|"},
        {"postgresql:///db?host=::1", "postgresql|-|-|::1:0|db|"},
        {"postgresql:///db?host=[::1]:5", "postgresql|-|-|::1:5|db|"},
        {"postgresql://h/db?host=other", "postgresql|-|-|other:0|db|"},
        {"postgresql://h:1/db?port=2", "postgresql|-|-|h:2|db|"},
        {"postgresql://h/db?user=u&password=p%26w&dbname=d2", "postgresql|u|p&w|h:0|d2|"},
        {"postgresql://h/?sslmode=verify-full&target_session_attrs=any",
         "postgresql|-|-|h:0|-|sslmode=verify-full,target_session_attrs=any"},
        {"postgresql://h/db?options=-c%20geqo%3Doff", "postgresql|-|-|h:0|db|options=-c geqo=off"},
        {"postgresql://h:5432/db?options=a@b", "postgresql|-|-|h:5432|db|options=a@b"},
        {"postgresql://h/db?a=b=c&&d=&", "postgresql|-|-|h:0|db|a=b=c,d="},
        {"postgresql://a%40b:p%3Aw%2F%3F%23@h/my%20db", "postgresql|a@b|p:w/?#|h:0|my db|"},
        {"postgresql://me@server@h/db", "postgresql|me@server|-|h:0|db|"},
        {"postgresql://u:a+b@h/db", "postgresql|u|a+b|h:0|db|"},
        {"postgresql://u:@h/db", "postgresql|u||h:0|db|"},
        {"postgresql://:p@h/db", "postgresql|-|p|h:0|db|"},
        /* passwords that are not escaped, as people write them */
        {"postgresql://u:p@ss@h/db", "postgresql|u|p@ss|h:0|db|"},
        {"postgresql://u:p/ss@h:1/db", "postgresql|u|p/ss|h:1|db|"},
        {"postgresql://u:p?s#s@h/db?sslmode=disable", "postgresql|u|p?s#s|h:0|db|sslmode=disable"},
        {"postgresql://u:12/34@h/db", "postgresql|u|12/34|h:0|db|"},
        {"postgresql://u:12?34@h/db", "postgresql|u|12?34|h:0|db|"},
        {"postgresql://u:p:w@h/db", "postgresql|u|p:w|h:0|db|"},
        {"mysql://app@localhost/users", "mysql|app|-|localhost:0|users|"},
        {"mysql+pymysql://app@h/d?charset=utf8mb4&unix_socket=/run/my.sock",
         "mysql|app|-|h:0|d|charset=utf8mb4,unix_socket=/run/my.sock"},
        {"mariadb://h1:3306,h2/d", "mariadb|-|-|h1:3306,h2:0|d|"},
        {"mysqldb://h/d", "mysqldb|-|-|h:0|d|"},
        {"sqlite:///relative.db", "sqlite|-|-||relative.db|"},
        {"sqlite:////srv/appmeta.db?mode=ro", "sqlite|-|-||/srv/appmeta.db|mode=ro"},
        {"sqlite://", "sqlite|-|-|||"},
        {"sqlite:///", "sqlite|-|-|||"},
        {"sqlite:///:memory:", "sqlite|-|-||:memory:|"},
        {"sqlite+pysqlite:///with%20space%3F.db", "sqlite|-|-||with space?.db|"},
        {"sqlite:///a@b:c.db", "sqlite|-|-||a@b:c.db|"},
        {"sqlite:////x.db?busy_timeout=5&journal_mode=wal",
         "sqlite|-|-||/x.db|busy_timeout=5,journal_mode=wal"},
        {"future9://u@h/d", "future9|u|-|h:0|d|"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url u;
        struct err err = {0};
        char got[500];
        if (url_parse(cases[i][0], &u, &err) != SQLITE_OK)
            printf("%s: %s\n", cases[i][0], err.text);
        assert_int_equal(err.rc, SQLITE_OK);
        describe(&u, got, sizeof got);
        assert_string_equal(got, cases[i][1]);
        assert_string_equal(u.text, cases[i][0]);
        url_clear(&u);
        url_clear(&u);
    }
}

static void refuses_what_is_malformed(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "dialect://"},
        {"localhost", "dialect://"},
        {"sqlite:/x", "dialect://"},
        {"postgresql:/x", "dialect://"},
        {" postgresql://h/db", "dialect://"},
        {"1postgresql://h/db", "dialect://"},
        {"postgresql://h:port/db", "port from 1 to 65535"},
        {"postgresql://h:0/db", "port from 1 to 65535"},
        {"postgresql://h:65536/db", "port from 1 to 65535"},
        {"postgresql://h:-1/db", "port from 1 to 65535"},
        {"postgresql://h:999999999999/db", "port from 1 to 65535"},
        {"postgresql://[::1/db", "[IPv6]:port"},
        {"postgresql://[]/db", "[IPv6]:port"},
        {"postgresql://[::1]x/db", "[IPv6]:port"},
        {"postgresql://::1/db", "[IPv6]:port"},
        {"postgresql:///db?host=h&port=x", "option port"},
        {"postgresql:///db?host=a,b,c&port=1,2", "2 ports for 3 hosts"},
        {"postgresql://u:%zz@h/db", "the password"},
        {"postgresql://%@h/db", "the user"},
        {"postgresql://h/%4", "the database"},
        {"postgresql://h%00/db", "a host"},
        {"postgresql://h/db?x=%g1", "an option"},
        {"postgresql://h/db?%g1=x", "the name of an option"},
        {"postgresql://h/db?novalue", "name=value"},
        {"postgresql://h/db?=x", "name=value"},
        {"postgresql://h/db?sslmode=a&sslmode=b", "option sslmode is given twice"},
        {"postgresql://u:p@ss/word@h/db", "%40"},
        {"sqlite://rel.db", "sqlite:///relative/path"},
        {"sqlite://localhost/rel.db", "sqlite:///relative/path"},
        {"sqlite://u@/rel.db", "sqlite:///relative/path"},
        {"mysql://h/d?read_only=maybe", "option read_only must be 0 or 1"},
        {"mysql://h/d?connect_timeout=0", "option connect_timeout must be a number of seconds"},
        {"mysql://h/d?connect_timeout=ten", "option connect_timeout must be a number of seconds"},
        {"mysql://h/d?timeout=-1", "option timeout must be a number of seconds"},
        {"mysql://h/d?timeout=1e9", "option timeout must be a number of seconds"},
        {"mysql://h/d?lock_timeout=", "option lock_timeout must be a number of seconds"},
        {"mysql://h/d?two_phase=on", "option two_phase must be auto or off"},
        {"mysql://h/d?collation=C", "option collation must be database"},
        {"mysql://h/d?pushdown=2", "option pushdown must be 0 or 1"},
        {"mysql://h/d?pool=0", "option pool must be a number from 1 to 64"},
        {"mysql://h/d?pool=1.5", "option pool must be a number from 1 to 64"},
        {"mysql://h/d?pool=65", "option pool must be a number from 1 to 64"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url u;
        struct err err = {0};
        assert_int_equal(url_parse(cases[i][0], &u, &err), SQLITE_ERROR);
        if (strstr(err.text, cases[i][1]) == NULL)
            printf("%s: %s\n", cases[i][0], err.text);
        assert_non_null(strstr(err.text, cases[i][1]));
        assert_null(u.arena.head);
    }
}

static void common_options_fill_the_struct(void **state)
{
    (void)state;
    struct url u;
    struct err err;
    assert_int_equal(url_parse("mysql://h/d", &u, &err), SQLITE_OK);
    assert_true(!u.read_only && u.connect_timeout_ms == 10000 && u.timeout_ms == 0 &&
                u.lock_timeout_ms == 30000);
    assert_true(!u.two_phase_off && !u.trust_schema && !u.collation_database && !u.no_pushdown &&
                !u.log_args);
    assert_int_equal(u.pool, 1);
    url_clear(&u);
    assert_int_equal(
        url_parse(
            "mysql://h/d?read_only=1&connect_timeout=0.25&timeout=3&lock_timeout=1.5&two_phase=off"
            "&trust_schema=true&collation=database&pushdown=0&log_args=on&pool=4&ssl_mode=x",
            &u, &err),
        SQLITE_OK);
    assert_true(u.read_only && u.connect_timeout_ms == 250 && u.timeout_ms == 3000 &&
                u.lock_timeout_ms == 1500);
    assert_true(u.two_phase_off && u.trust_schema && u.collation_database && u.no_pushdown &&
                u.log_args);
    assert_int_equal(u.pool, 4);
    assert_int_equal(u.noptions, 1);
    assert_string_equal(url_option(&u, "ssl_mode"), "x");
    assert_null(url_option(&u, "pool"));
    url_clear(&u);
    assert_int_equal(
        url_parse("sqlite:///x?mode=ro&read_only=0&pushdown=1&two_phase=auto", &u, &err),
        SQLITE_OK);
    assert_true(u.read_only && !u.no_pushdown && !u.two_phase_off);
    assert_string_equal(url_option(&u, "mode"), "ro");
    url_clear(&u);
    assert_int_equal(url_parse("sqlite:///x?mode=rw", &u, &err), SQLITE_OK);
    assert_false(u.read_only);
    url_clear(&u);
}

static void unknown_options_name_the_valid_ones(void **state)
{
    (void)state;
    static const char *const names[] = {"charset", "unix_socket", NULL};
    static const char *const any[] = {"*", NULL};
    struct url u;
    struct err err = {0};
    assert_int_equal(url_parse("mysql://h/d?charset=x&pool=2&chraset=y", &u, &err), SQLITE_OK);
    assert_int_equal(url_check_options(&u, any, &err), SQLITE_OK);
    assert_int_equal(url_check_options(&u, names, &err), SQLITE_ERROR);
    assert_non_null(strstr(err.text, "unknown option chraset in a mysql URL"));
    assert_non_null(strstr(err.text, "charset, unix_socket, read_only, connect_timeout"));
    assert_null(strstr(err.text, "=y"));
    url_clear(&u);
    assert_int_equal(url_parse("mysql://h/d?charset=x&read_only=1", &u, &err), SQLITE_OK);
    assert_int_equal(url_check_options(&u, names, &err), SQLITE_OK);
    url_clear(&u);
    /* On a server's URL these are parts of it; on a file's they mean nothing. */
    assert_int_equal(url_parse("sqlite:///x?password=geheim", &u, &err), SQLITE_OK);
    assert_int_equal(url_check_options(&u, names, &err), SQLITE_ERROR);
    assert_null(strstr(err.text, "geheim"));
    url_clear(&u);
    assert_int_equal(url_parse("mysql://h/d?ge%20heim!=1", &u, &err), SQLITE_OK);
    assert_int_equal(url_check_options(&u, names, &err), SQLITE_ERROR);
    assert_null(strstr(err.text, "heim"));
    url_clear(&u);
}

static void secrets_are_masked_and_come_back(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"postgresql://u:geheim@h/db", "postgresql://u:***@h/db"},
        {"postgresql://u@h/db", "postgresql://u@h/db"},
        {"postgresql://u:@h/db", "postgresql://u:@h/db"},
        {"postgresql://u:ge%40heim@h/db?sslmode=x", "postgresql://u:***@h/db?sslmode=x"},
        {"postgresql://u:ge@he/im@h/db", NULL},
        {"postgresql://u:ge/heim@h/db", "postgresql://u:***@h/db"},
        {"postgresql://h/db?user=u&password=geheim&port=5",
         "postgresql://h/db?user=u&password=***&port=5"},
        {"postgresql://h/db?p%61ssword=geheim", "postgresql://h/db?p%61ssword=***"},
        {"postgresql://u:geheim@h/db?sslpassword=geheim2&passfile=/f",
         "postgresql://u:***@h/db?sslpassword=***&passfile=/f"},
        {"postgresql://u:geheim@h/db?password=geheim3", "postgresql://u:***@h/db?password=***"},
        {"sqlite:////a:b@c.db", "sqlite:////a:b@c.db"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url u, back;
        struct err err;
        char want[300], got[300];
        if (cases[i][1] == NULL) {
            assert_int_equal(url_parse(cases[i][0], &u, &err), SQLITE_ERROR);
            assert_null(strstr(err.text, "heim"));
            continue;
        }
        assert_int_equal(url_parse(cases[i][0], &u, &err), SQLITE_OK);
        char *masked = url_masked(&u);
        assert_string_equal(masked, cases[i][1]);
        char *unmasked = url_unmask(masked, &u);
        assert_int_equal(url_parse(unmasked, &back, &err), SQLITE_OK);
        describe(&u, want, sizeof want);
        describe(&back, got, sizeof got);
        assert_string_equal(got, want);
        sqlite3_free(masked);
        sqlite3_free(unmasked);
        url_clear(&u);
        url_clear(&back);
    }
}

static void unmask_keeps_only_what_was_masked(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"postgresql://u:***@other:1/d2", "postgresql://u:a%2Fb%25@other:1/d2"},
        {"postgresql://u:new@h/db", "postgresql://u:new@h/db"},
        {"postgresql://u@h/db", "postgresql://u@h/db"},
        {"postgresql://h/db?password=***&x=***", "postgresql://h/db?password=a%2Fb%25&x=***"},
        {"postgresql://u:****@h/db", "postgresql://u:****@h/db"},
        {"postgresql://h/db?sslpassword=***", "postgresql://h/db?sslpassword=***"},
        {"not a url", "not a url"},
        {"", ""},
    };
    struct url old;
    struct err err;
    assert_int_equal(url_parse("postgresql://u:a%2Fb%25@h/db", &old, &err), SQLITE_OK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = url_unmask(cases[i][0], &old);
        assert_string_equal(text, cases[i][1]);
        sqlite3_free(text);
    }
    url_clear(&old);
}

/* Every prefix and every one-byte change of a URL with a password: parsed or refused, never shown. */
static void no_message_holds_a_password(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "postgresql://app:XqWzKv@localhost:5432/db?sslmode=disable&timeout=5",
        "mysql://app@localhost/db?password=XqWzKv&charset=utf8",
        "postgresql://app:XqWzKv@[::1]:5432,h2/db",
    };
    static const char changes[] = "@:/?#[]%&=,*x0 +";
    for (size_t i = 0; i < COUNT(urls); i++) {
        size_t n = strlen(urls[i]);
        const char *secret = strstr(urls[i], "XqWzKv");
        for (size_t at = 0; at <= n; at++) {
            for (size_t c = 0; c < sizeof changes; c++) {
                char text[200];
                struct url u;
                struct err err = {0};
                memcpy(text, urls[i], n + 1);
                text[at] = changes[c]; /* the last one is the end of the text */
                if (at == n)
                    text[at + 1] = 0;
                if (url_parse(text, &u, &err) == SQLITE_OK) {
                    char *masked = url_masked(&u);
                    static const char *const none[] = {NULL};
                    url_check_options(&u, none, &err);
                    assert_non_null(masked);
                    if (u.password != NULL && strcmp(u.password, "XqWzKv") == 0)
                        assert_null(strstr(masked, "XqWzKv"));
                    sqlite3_free(masked);
                    url_clear(&u);
                }
                if (urls[i] + at < secret || urls[i] + at >= secret + 6)
                    assert_null(strstr(err.text, "XqWzKv"));
                assert_true(strlen(err.text) < 900);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(refuses_what_is_malformed),
        cmocka_unit_test(common_options_fill_the_struct),
        cmocka_unit_test(unknown_options_name_the_valid_ones),
        cmocka_unit_test(secrets_are_masked_and_come_back),
        cmocka_unit_test(unmask_keeps_only_what_was_masked),
        cmocka_unit_test(no_message_holds_a_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
