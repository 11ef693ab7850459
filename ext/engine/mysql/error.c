/* Errors of server and client library → struct err.
**
** MySQL's numbers are finer than its SQLSTATEs, so the number decides first (facts/reliability.md section 5)
** and engine/sqlstate.c where it is unknown.  Two things are told besides the code: whether the connection is
** gone, and whether the server has ended the transaction by itself (conn.aborted): after a deadlock the next
** statements would otherwise run, and commit, one by one. */
#include "engine/mysql/my.h"
#include "engine/sqlstate.h"

#include <stdarg.h>
#include <string.h>

static const struct {
    unsigned number;
    int rc;
} codes[] = {
    {1062, SQLITE_CONSTRAINT_UNIQUE},     /* ER_DUP_ENTRY; PRIMARYKEY if the key is that */
    {1586, SQLITE_CONSTRAINT_UNIQUE},     /* ER_DUP_ENTRY_WITH_KEY_NAME */
    {1859, SQLITE_CONSTRAINT_UNIQUE},     /* ER_DUP_UNKNOWN_IN_INDEX */
    {1022, SQLITE_CONSTRAINT_UNIQUE},     /* ER_DUP_KEY */
    {1169, SQLITE_CONSTRAINT_UNIQUE},     /* ER_DUP_UNIQUE */
    {1048, SQLITE_CONSTRAINT_NOTNULL},    /* ER_BAD_NULL_ERROR */
    {1364, SQLITE_CONSTRAINT_NOTNULL},    /* ER_NO_DEFAULT_FOR_FIELD */
    {1263, SQLITE_CONSTRAINT_NOTNULL},    /* ER_WARN_NULL_TO_NOTNULL */
    {1216, SQLITE_CONSTRAINT_FOREIGNKEY}, /* ER_NO_REFERENCED_ROW */
    {1217, SQLITE_CONSTRAINT_FOREIGNKEY}, /* ER_ROW_IS_REFERENCED */
    {1451, SQLITE_CONSTRAINT_FOREIGNKEY}, /* ER_ROW_IS_REFERENCED_2 */
    {1452, SQLITE_CONSTRAINT_FOREIGNKEY}, /* ER_NO_REFERENCED_ROW_2 */
    {4025,
     SQLITE_CONSTRAINT_CHECK}, /* MariaDB ER_CONSTRAINT_FAILED; told from MySQL's 4025 by its text */
    {3819, SQLITE_CONSTRAINT_CHECK},    /* MySQL ER_CHECK_CONSTRAINT_VIOLATED */
    {1369, SQLITE_CONSTRAINT_CHECK},    /* ER_VIEW_CHECK_FAILED */
    {1644, SQLITE_CONSTRAINT_TRIGGER},  /* ER_SIGNAL_EXCEPTION */
    {1264, SQLITE_CONSTRAINT_DATATYPE}, /* ER_WARN_DATA_OUT_OF_RANGE */
    {1265, SQLITE_CONSTRAINT_DATATYPE}, /* WARN_DATA_TRUNCATED */
    {1292, SQLITE_CONSTRAINT_DATATYPE}, /* ER_TRUNCATED_WRONG_VALUE */
    {1366, SQLITE_CONSTRAINT_DATATYPE}, /* ER_TRUNCATED_WRONG_VALUE_FOR_FIELD */
    {1367, SQLITE_CONSTRAINT_DATATYPE}, /* ER_ILLEGAL_VALUE_FOR_TYPE */
    {1406, SQLITE_CONSTRAINT_DATATYPE}, /* ER_DATA_TOO_LONG */
    {1416, SQLITE_CONSTRAINT_DATATYPE}, /* ER_CANT_CREATE_GEOMETRY_OBJECT */
    {1525, SQLITE_CONSTRAINT_DATATYPE}, /* ER_WRONG_VALUE */
    {1690, SQLITE_CONSTRAINT_DATATYPE}, /* ER_DATA_OUT_OF_RANGE */
    {3140, SQLITE_CONSTRAINT_DATATYPE}, /* MySQL ER_INVALID_JSON_TEXT */
    {1213, SQLITE_BUSY_SNAPSHOT},       /* ER_LOCK_DEADLOCK */
    {1205, SQLITE_BUSY_TIMEOUT},        /* ER_LOCK_WAIT_TIMEOUT */
    {1020, SQLITE_BUSY_SNAPSHOT},       /* ER_CHECKREAD: innodb_snapshot_isolation */
    {1613, SQLITE_BUSY_SNAPSHOT},       /* ER_XA_RBTIMEOUT */
    {1614, SQLITE_BUSY_SNAPSHOT},       /* ER_XA_RBDEADLOCK */
    {3101,
     SQLITE_BUSY_SNAPSHOT}, /* MySQL ER_TRANSACTION_ROLLBACK_DURING_COMMIT: group replication */
    {3572, SQLITE_BUSY_TIMEOUT}, /* ER_LOCK_NOWAIT */
    {1047, SQLITE_BUSY},         /* Galera: the node is not in the primary component */
    {1223, SQLITE_BUSY},         /* ER_CANT_UPDATE_WITH_READLOCK */
    {1317, SQLITE_BUSY_TIMEOUT}, /* ER_QUERY_INTERRUPTED, not by us */
    {1969, SQLITE_BUSY_TIMEOUT}, /* MariaDB ER_STATEMENT_TIMEOUT */
    {3024, SQLITE_BUSY_TIMEOUT}, /* MySQL ER_QUERY_TIMEOUT */
    {1290, SQLITE_READONLY},     /* ER_OPTION_PREVENTS_STATEMENT */
    {1792, SQLITE_READONLY},     /* ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION */
    {1836, SQLITE_READONLY},     /* ER_READ_ONLY_MODE */
    {1036, SQLITE_READONLY},     /* ER_OPEN_AS_READONLY */
    {1874, SQLITE_READONLY},     /* ER_INNODB_READ_ONLY */
    {1044, SQLITE_AUTH},         /* ER_DBACCESS_DENIED_ERROR */
    {1045, SQLITE_AUTH},         /* ER_ACCESS_DENIED_ERROR */
    {1142, SQLITE_AUTH},         /* ER_TABLEACCESS_DENIED_ERROR */
    {1143, SQLITE_AUTH},         /* ER_COLUMNACCESS_DENIED_ERROR */
    {1227, SQLITE_AUTH},         /* ER_SPECIFIC_ACCESS_DENIED_ERROR */
    {1370, SQLITE_AUTH},         /* ER_PROCACCESS_DENIED_ERROR */
    {1698, SQLITE_AUTH},         /* ER_ACCESS_DENIED_NO_PASSWORD_ERROR */
    {1820, SQLITE_AUTH},         /* ER_MUST_CHANGE_PASSWORD */
    {1862, SQLITE_AUTH},         /* ER_MUST_CHANGE_PASSWORD_LOGIN */
    {3118, SQLITE_AUTH},         /* MySQL ER_ACCOUNT_HAS_BEEN_LOCKED */
    {4151, SQLITE_AUTH},         /* MariaDB ER_ACCOUNT_HAS_BEEN_LOCKED */
    {2049, SQLITE_AUTH},         /* CR_SECURE_AUTH */
    {2059, SQLITE_AUTH},         /* CR_AUTH_PLUGIN_CANNOT_LOAD */
    {2061, SQLITE_AUTH},         /* CR_AUTH_PLUGIN_ERR */
    {5010, SQLITE_AUTH},         /* CR_PLUGIN_NOT_ALLOWED */
    {2002, SQLITE_CANTOPEN},     /* CR_CONNECTION_ERROR */
    {2003, SQLITE_CANTOPEN},     /* CR_CONN_HOST_ERROR */
    {2005, SQLITE_CANTOPEN},     /* CR_UNKNOWN_HOST */
    {2007, SQLITE_CANTOPEN},     /* CR_VERSION_ERROR */
    {2012, SQLITE_CANTOPEN},     /* CR_SERVER_HANDSHAKE_ERR */
    {2026, SQLITE_CANTOPEN},     /* CR_SSL_CONNECTION_ERROR */
    {1040, SQLITE_CANTOPEN},     /* ER_CON_COUNT_ERROR */
    {1049, SQLITE_CANTOPEN},     /* ER_BAD_DB_ERROR */
    {1129, SQLITE_CANTOPEN},     /* ER_HOST_IS_BLOCKED */
    {1130, SQLITE_CANTOPEN},     /* ER_HOST_NOT_PRIVILEGED */
    {1203, SQLITE_CANTOPEN},     /* ER_TOO_MANY_USER_CONNECTIONS */
    {1226, SQLITE_CANTOPEN},     /* ER_USER_LIMIT_REACHED */
    {3159, SQLITE_CANTOPEN},     /* ER_SECURE_TRANSPORT_REQUIRED */
    {1021, SQLITE_FULL},         /* ER_DISK_FULL */
    {1114, SQLITE_FULL},         /* ER_RECORD_FILE_FULL */
    {1037, SQLITE_NOMEM},        /* ER_OUTOFMEMORY */
    {1038, SQLITE_NOMEM},        /* ER_OUT_OF_SORTMEMORY */
    {1041, SQLITE_NOMEM},        /* ER_OUT_OF_RESOURCES */
    {2008, SQLITE_NOMEM},        /* CR_OUT_OF_MEMORY */
    {1153, SQLITE_TOOBIG},       /* ER_NET_PACKET_TOO_LARGE */
    {1301, SQLITE_TOOBIG},       /* ER_WARN_ALLOWED_PACKET_OVERFLOWED */
    {2020, SQLITE_TOOBIG},       /* CR_NET_PACKET_TOO_LARGE */
};

/* After these nothing more comes over the connection. */
static const unsigned lost[] = {
    1053, /* ER_SERVER_SHUTDOWN */
    1079, /* ER_NORMAL_SHUTDOWN */
    1080, /* ER_GOT_SIGNAL */
    1152, /* ER_ABORTING_CONNECTION */
    1153, /* ER_NET_PACKET_TOO_LARGE: the server hangs up */
    1156, /* ER_NET_PACKETS_OUT_OF_ORDER */
    1158, /* ER_NET_READ_ERROR */
    1159, /* ER_NET_READ_INTERRUPTED */
    1160, /* ER_NET_ERROR_ON_WRITE */
    1161, /* ER_NET_WRITE_INTERRUPTED */
    1184, /* ER_NEW_ABORTING_CONNECTION */
    1927, /* MariaDB ER_CONNECTION_KILLED */
    2006, /* CR_SERVER_GONE_ERROR */
    2013, /* CR_SERVER_LOST */
    2014, /* CR_COMMANDS_OUT_OF_SYNC: never to be seen; the stream cannot be trusted any more */
    2020, /* CR_NET_PACKET_TOO_LARGE: in the middle of a packet */
    2027, /* CR_MALFORMED_PACKET */
    2055, /* CR_SERVER_LOST_EXTENDED */
    4031, /* MySQL ER_CLIENT_INTERACTION_TIMEOUT */
    5013, /* CR_ERR_NET_READ */
    5014, /* CR_ERR_NET_WRITE */
    5015, /* CR_ERR_NET_UNCOMPRESS */
};

bool my_errno_lost(unsigned number)
{
    for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
        if (lost[i] == number)
            return true;
    }
    return false;
}

/* "Duplicate entry '1' for key 'PRIMARY'", from MySQL 8.0.19 on "… 't.PRIMARY'". */
static bool names_primary_key(const char *message)
{
    static const char tail[] = "PRIMARY'";
    size_t n = strlen(message), m = sizeof tail - 1;
    if (n <= m || memcmp(message + n - m, tail, m) != 0)
        return false;
    return message[n - m - 1] == '\'' || message[n - m - 1] == '.';
}

int my_errno_rc(unsigned number, const char *sqlstate, const char *message)
{
    if (number == 1062 || number == 1586)
        return names_primary_key(message) ? SQLITE_CONSTRAINT_PRIMARYKEY : SQLITE_CONSTRAINT_UNIQUE;
    /* Connectors of both sorts; the same number means something else on MySQL, with its own state. */
    if (number == 4025 && strcmp(sqlstate, "23000") != 0)
        return SQLITE_ERROR;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].number == number)
            return codes[i].rc;
    }
    if (my_errno_lost(number))
        return SQLITE_IOERR;
    return sqlstate_rc(sqlstate);
}

/* The server has rolled the whole transaction back. */
static bool ends_transaction(const struct my_conn *c, unsigned number)
{
    switch (number) {
    case 1020: /* ER_CHECKREAD */
    case 1213: /* ER_LOCK_DEADLOCK */
    case 1402: /* ER_XA_RBROLLBACK */
    case 1613: /* ER_XA_RBTIMEOUT */
    case 1614: /* ER_XA_RBDEADLOCK */
    case 3101: /* ER_TRANSACTION_ROLLBACK_DURING_COMMIT */
        return true;
    case 1205: /* ER_LOCK_WAIT_TIMEOUT */
        return c->timeout_aborts;
    default:
        return false;
    }
}

int my_error(struct my_conn *c, MYSQL_STMT *stmt, struct err *err)
{
    MYSQL *mysql = c->client.mysql;
    bool of_stmt = stmt && mysql_stmt_errno(stmt) != 0;
    unsigned number = of_stmt ? mysql_stmt_errno(stmt) : mysql_errno(mysql);
    const char *state = of_stmt ? mysql_stmt_sqlstate(stmt) : mysql_sqlstate(mysql);
    const char *text = of_stmt ? mysql_stmt_error(stmt) : mysql_error(mysql);
    bool gone = my_errno_lost(number);

    if (number == 0)
        return my_lost(c, err, "the server's answer could not be read");
    (void)err_server(err, my_errno_rc(number, state, text), state, (int)number, text);
    if (gone) {
        err->lost = true;
        c->base.state = CONN_LOST;
    }
    if (ends_transaction(c, number))
        c->base.aborted = c->base.in_transaction;
    return err->rc;
}

int my_lost(struct my_conn *c, struct err *err, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    sqlite3_vsnprintf((int)sizeof text, text, format, ap);
    va_end(ap);
    (void)err_set(err, SQLITE_IOERR, "%s", text);
    err->lost = true;
    c->base.state = CONN_LOST;
    return err->rc;
}
