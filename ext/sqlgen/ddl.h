/* CREATE TABLE, indexes, foreign keys and DROP TABLE as text: pure functions of model + dialect. */
#ifndef BINDS_SQLGEN_DDL_H
#define BINDS_SQLGEN_DDL_H

#include "sqlgen/quote.h"

struct ddl_words {
    /* Type words by coltype; %l length, %p precision, %s scale, %e the enum's labels, %t the text as
    ** written.  bare: without length or precision. */
    const char *type[CT_N];
    const char *type_bare[CT_N];
    const char *auto_type[CT_N];     /* replaces the type of a server-numbered key (SERIAL), or NULL */
    const char *auto_suffix;         /* " AUTO_INCREMENT", or "" */
    const char *text_collate[3];     /* by enum collation, appended to text types; "" = none */
    const char *table_suffix;        /* " CHARACTER SET utf8mb4 …", or "" */
    bool default_after_not_null;     /* MySQL: NOT NULL DEFAULT x */
    bool inline_references_ignored;  /* foreign keys only at table level */
    bool cycles_by_alter;            /* false: forward references are legal (SQLite) */
    bool foreign_keys_deferrable;
    const char *drop_foreign_key;    /* "ALTER TABLE %s DROP CONSTRAINT %s" */
    const char *generated_form;      /* " GENERATED ALWAYS AS (%s) STORED" */
    const char *enum_prelude;        /* CREATE TYPE …, or NULL */
};

#endif
