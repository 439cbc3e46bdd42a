/* SPDX-License-Identifier: MIT */
/*
 * SQLite, as far as the index of a search needs it: loaded when first needed (base/library.h), and
 * set so that a file that somebody else made cannot do more than be wrong.
 */
#ifndef APP_DB_H
#define APP_DB_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_db;

/* APP_DB_READ changes nothing and wants the file to be there; APP_DB_CREATE makes it where it is
 * missing. */
enum app_db_access { APP_DB_READ, APP_DB_CREATE };

/* "CapS" in SQLite's header (PRAGMA application_id): a file of ours, and no other may be called
 * damaged, or removed. */
enum { APP_DB_APPLICATION = 0x43617053 };

/* Opens a database file.  Errors: TN_UNSUPPORTED without the library or its full-text search;
 * TN_IO; TN_FORMAT for what is no database. */
TN_NODISCARD enum tn_status app_db_open(const char *path, enum app_db_access access,
                                        struct app_db **ret_db, struct tn_error *err);
/* Takes back what was begun and not committed.  NULL is fine. */
void app_db_close(struct app_db *db);
const char *app_db_path(const struct app_db *db);
/* The file is an index: it has our application_id, or gets it now. */
void app_db_claim(struct app_db *db);
/* Fails with TN_FORMAT: the file is somebody else's. */
enum tn_status app_db_fail_foreign(const struct app_db *db, struct tn_error *err);

/* Runs statements that return nothing.  Errors, of these as of all functions below: TN_NOMEM; TN_IO
 * for a full disk or a file that others hold for a minute; TN_FORMAT for a damaged one. */
TN_NODISCARD enum tn_status app_db_run(struct app_db *db, const char *sql, struct tn_error *err);
/* A transaction that keeps other writers out; a second begin is none. */
TN_NODISCARD enum tn_status app_db_begin(struct app_db *db, struct tn_error *err);
/* The same for what only reads: until its commit nothing changes, and writers wait. */
TN_NODISCARD enum tn_status app_db_begin_reading(struct app_db *db, struct tn_error *err);
TN_NODISCARD enum tn_status app_db_commit(struct app_db *db, struct tn_error *err);
int64_t app_db_last_id(const struct app_db *db);

/* A statement with parameters ?1, ?2 ...  Zeroed: none. */
struct app_statement {
    struct app_db *db;
    void *handle;
    bool unbound; /* no memory for a parameter; the next step says so */
};

TN_NODISCARD enum tn_status app_prepare(struct app_db *db, const char *sql,
                                        struct app_statement *ret_statement, struct tn_error *err);
void app_statement_finish(struct app_statement *statement);

/* Parameters are copied. */
void app_bind_number(struct app_statement *statement, int parameter, int64_t value);
void app_bind_real(struct app_statement *statement, int parameter, double value);
void app_bind_text(struct app_statement *statement, int parameter, const char *text);
void app_bind_bytes(struct app_statement *statement, int parameter, const void *bytes, size_t size);

/* The next row, or none at the end, after which the statement may be bound and run again. */
TN_NODISCARD enum tn_status app_step(struct app_statement *statement, bool *ret_row,
                                     struct tn_error *err);
/* The same for a statement that has no rows. */
TN_NODISCARD enum tn_status app_execute(struct app_statement *statement, struct tn_error *err);

/* Columns of the row at hand, from 0; texts and bytes are borrowed until the next step. */
int64_t app_column_number(const struct app_statement *statement, int column);
double app_column_real(const struct app_statement *statement, int column);
const char *app_column_text(const struct app_statement *statement, int column); /* never NULL */
const void *app_column_bytes(const struct app_statement *statement, int column, size_t *ret_size);

#endif
