/* SQLSTATE → SQLite result code, as data.
**
** Rows of five characters mean one state, rows of two a whole class; a state's own row comes before
** its class's.  Nothing here depends on an engine: MySQL's errno is looked at before, by its
** driver. */
#include "engine/sqlstate.h"
#include "base/sqlite.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *state;
    int rc;
} states[] = {
    {"23505", SQLITE_CONSTRAINT_UNIQUE},     /* unique_violation */
    {"23P01", SQLITE_CONSTRAINT_UNIQUE},     /* exclusion_violation */
    {"23502", SQLITE_CONSTRAINT_NOTNULL},    /* not_null_violation */
    {"23503", SQLITE_CONSTRAINT_FOREIGNKEY}, /* foreign_key_violation */
    {"23001", SQLITE_CONSTRAINT_FOREIGNKEY}, /* restrict_violation */
    {"23514", SQLITE_CONSTRAINT_CHECK},      /* check_violation */
    {"44000", SQLITE_CONSTRAINT_CHECK},      /* WITH CHECK OPTION of a view */
    {"23", SQLITE_CONSTRAINT},
    {"P0001", SQLITE_CONSTRAINT_TRIGGER},    /* RAISE of a trigger */
    {"09000", SQLITE_CONSTRAINT_TRIGGER},
    {"22P02", SQLITE_CONSTRAINT_DATATYPE},   /* invalid_text_representation */
    {"22P03", SQLITE_CONSTRAINT_DATATYPE},   /* invalid_binary_representation */
    {"22P05", SQLITE_CONSTRAINT_DATATYPE},   /* untranslatable_character */
    {"22021", SQLITE_CONSTRAINT_DATATYPE},   /* character_not_in_repertoire */
    {"22007", SQLITE_CONSTRAINT_DATATYPE},   /* invalid_datetime_format */
    {"22008", SQLITE_CONSTRAINT_DATATYPE},   /* datetime_field_overflow */
    {"22003", SQLITE_CONSTRAINT_DATATYPE},   /* numeric_value_out_of_range */
    {"22001", SQLITE_CONSTRAINT_DATATYPE},   /* string_data_right_truncation */
    {"42804", SQLITE_CONSTRAINT_DATATYPE},   /* datatype_mismatch */
    {"40001", SQLITE_BUSY_SNAPSHOT},         /* serialization_failure */
    {"40P01", SQLITE_BUSY_SNAPSHOT},         /* deadlock_detected */
    {"55P03", SQLITE_BUSY_TIMEOUT},          /* lock_not_available */
    {"55006", SQLITE_BUSY},                  /* object_in_use */
    {"57014", SQLITE_BUSY_TIMEOUT},          /* query_canceled, not by us: statement_timeout */
    {"25006", SQLITE_READONLY},              /* read_only_sql_transaction */
    {"42501", SQLITE_AUTH},                  /* insufficient_privilege */
    {"28", SQLITE_AUTH},                     /* invalid_authorization, invalid_password */
    {"3D000", SQLITE_CANTOPEN},              /* invalid_catalog_name */
    {"53300", SQLITE_CANTOPEN},              /* too_many_connections */
    {"57P03", SQLITE_CANTOPEN},              /* cannot_connect_now */
    {"08", SQLITE_IOERR},                    /* connection_exception */
    {"57P", SQLITE_IOERR},                   /* admin_shutdown, crash_shutdown, idle_session_timeout */
    {"25P03", SQLITE_IOERR},                 /* idle_in_transaction_session_timeout */
    {"58030", SQLITE_IOERR},                 /* io_error */
    {"53100", SQLITE_FULL},                  /* disk_full */
    {"53200", SQLITE_NOMEM},                 /* out_of_memory */
    {"54000", SQLITE_TOOBIG},                /* program_limit_exceeded */
};

int sqlstate_rc(const char *state)
{
    if (state == NULL || strlen(state) != 5)
        return SQLITE_ERROR;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strncmp(states[i].state, state, strlen(states[i].state)) == 0)
            return states[i].rc;
    }
    return SQLITE_ERROR;
}
