/* SPDX-License-Identifier: MIT */
#include "app/search/db.h"

#include "base/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

/* What is used of SQLite. */
static struct {
    __typeof__(&sqlite3_open_v2) open;
    __typeof__(&sqlite3_close_v2) close;
    __typeof__(&sqlite3_extended_errcode) code;
    __typeof__(&sqlite3_errmsg) message;
    __typeof__(&sqlite3_busy_timeout) busy_timeout;
    __typeof__(&sqlite3_db_config) config;
    __typeof__(&sqlite3_limit) limit;
    __typeof__(&sqlite3_compileoption_used) has;
    __typeof__(&sqlite3_exec) exec;
    __typeof__(&sqlite3_last_insert_rowid) last_id;
    __typeof__(&sqlite3_get_autocommit) autocommit;
    __typeof__(&sqlite3_prepare_v2) prepare;
    __typeof__(&sqlite3_finalize) finalize;
    __typeof__(&sqlite3_reset) reset;
    __typeof__(&sqlite3_step) step;
    __typeof__(&sqlite3_bind_int64) bind_number;
    __typeof__(&sqlite3_bind_double) bind_real;
    __typeof__(&sqlite3_bind_text) bind_text;
    __typeof__(&sqlite3_bind_blob) bind_bytes;
    __typeof__(&sqlite3_column_int64) number;
    __typeof__(&sqlite3_column_double) real;
    __typeof__(&sqlite3_column_text) text;
    __typeof__(&sqlite3_column_blob) bytes;
    __typeof__(&sqlite3_column_bytes) size;
} sqlite;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(sqlite3_open_v2, &sqlite.open),
    TN_FUNCTION(sqlite3_close_v2, &sqlite.close),
    TN_FUNCTION(sqlite3_extended_errcode, &sqlite.code),
    TN_FUNCTION(sqlite3_errmsg, &sqlite.message),
    TN_FUNCTION(sqlite3_busy_timeout, &sqlite.busy_timeout),
    TN_FUNCTION(sqlite3_db_config, &sqlite.config),
    TN_FUNCTION(sqlite3_limit, &sqlite.limit),
    TN_FUNCTION(sqlite3_compileoption_used, &sqlite.has),
    TN_FUNCTION(sqlite3_exec, &sqlite.exec),
    TN_FUNCTION(sqlite3_last_insert_rowid, &sqlite.last_id),
    TN_FUNCTION(sqlite3_get_autocommit, &sqlite.autocommit),
    TN_FUNCTION(sqlite3_prepare_v2, &sqlite.prepare),
    TN_FUNCTION(sqlite3_finalize, &sqlite.finalize),
    TN_FUNCTION(sqlite3_reset, &sqlite.reset),
    TN_FUNCTION(sqlite3_step, &sqlite.step),
    TN_FUNCTION(sqlite3_bind_int64, &sqlite.bind_number),
    TN_FUNCTION(sqlite3_bind_double, &sqlite.bind_real),
    TN_FUNCTION(sqlite3_bind_text, &sqlite.bind_text),
    TN_FUNCTION(sqlite3_bind_blob, &sqlite.bind_bytes),
    TN_FUNCTION(sqlite3_column_int64, &sqlite.number),
    TN_FUNCTION(sqlite3_column_double, &sqlite.real),
    TN_FUNCTION(sqlite3_column_text, &sqlite.text),
    TN_FUNCTION(sqlite3_column_blob, &sqlite.bytes),
    TN_FUNCTION(sqlite3_column_bytes, &sqlite.size),
};
static struct tn_library library = TN_LIBRARY("libsqlite3.so.0", functions);

/* PATIENCE: milliseconds that one search waits for another's writing.  MOST_BYTES: of a text or a
 * row of numbers in a file that may be anybody's. */
enum { PATIENCE = 60 * 1000, MOST_BYTES = 1 << 20 };

struct app_db {
    sqlite3 *handle;
    char *path;
    bool ours;
};

enum tn_status app_db_fail_foreign(const struct app_db *db, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: is no index of `caption search`; it stays as it is",
                   db->path);
}

/* Whether the file's header says so; it may be too damaged for SQLite to read it.  To be asked
 * before SQLite has the file open: closing any descriptor of it gives up the process's locks. */
static bool is_ours(const char *path)
{
    enum { APPLICATION_AT = 68, HEADER = 72 };
    static const char magic[] = "SQLite format 3";
    static const unsigned char application[] = {
        APP_DB_APPLICATION >> 24, APP_DB_APPLICATION >> 16 & 0xFF, APP_DB_APPLICATION >> 8 & 0xFF,
        APP_DB_APPLICATION & 0xFF};
    unsigned char header[HEADER];
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const bool whole = descriptor >= 0 && pread(descriptor, header, HEADER, 0) == HEADER;

    if (descriptor >= 0)
        close(descriptor);
    return whole && memcmp(header, magic, sizeof magic) == 0 &&
           memcmp(header + APPLICATION_AT, application, sizeof application) == 0;
}

static enum tn_status fail_damaged(const struct app_db *db, struct tn_error *err)
{
    return db->ours ? tn_fail(err, TN_FORMAT,
                              "%s: the index is damaged (%s); remove it, and it is made again",
                              db->path, sqlite.message(db->handle))
                    : app_db_fail_foreign(db, err);
}

/* SQLite says no more than that it cannot; the system says why. */
static enum tn_status fail_to_open(const struct app_db *db, enum app_db_access access,
                                   struct tn_error *err)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOCTTY | (access == APP_DB_CREATE ? O_CREAT : 0);
    const int descriptor = open(db->path, flags, 0644);
    const char *why = descriptor < 0 ? strerror(errno) : sqlite.message(db->handle);

    if (descriptor >= 0)
        close(descriptor);
    return tn_fail(err, TN_IO, "%s: the index cannot be opened: %s; --index FILE names another",
                   db->path, why);
}

/* What SQLite's code for the last failure means here. */
static enum tn_status fail(const struct app_db *db, struct tn_error *err)
{
    const int code = sqlite.code(db->handle), kind = code & 0xFF;

    if (kind == SQLITE_NOMEM)
        return tn_fail(err, TN_NOMEM, "%s: out of memory", db->path);
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
        return tn_fail(err, TN_IO, "%s: another program has been writing to it for a minute",
                       db->path);
    if (kind == SQLITE_NOTADB || kind == SQLITE_CORRUPT || kind == SQLITE_ERROR ||
        kind == SQLITE_TOOBIG || kind == SQLITE_MISMATCH)
        return fail_damaged(db, err);
    if (kind == SQLITE_READONLY || kind == SQLITE_CANTOPEN) /* the file, or its journal */
        return tn_fail(err, TN_IO,
                       "%s: the index, or its directory, cannot be written; --no-update searches "
                       "it as it is, and --index FILE names another",
                       db->path);
    return tn_fail(err, TN_IO, "%s: %s", db->path, sqlite.message(db->handle));
}

/* ---- Opening ---- */

/* Neither what the schema says nor a damaged page is to be believed. */
static enum tn_status distrust(struct app_db *db, struct tn_error *err)
{
    static const int switches[][2] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
    };

    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++)
        sqlite.config(db->handle, switches[i][0], switches[i][1], (int *)NULL);
    sqlite.limit(db->handle, SQLITE_LIMIT_LENGTH, MOST_BYTES);
    sqlite.limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite.busy_timeout(db->handle, PATIENCE);
    return app_db_run(db, "PRAGMA cell_size_check = 1; PRAGMA temp_store = MEMORY;", err);
}

static enum tn_status open_file(struct app_db *db, enum app_db_access access, struct tn_error *err)
{
    /* A file that is only read may have been left in the middle of a change, which is taken back.
     */
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                      (access == APP_DB_CREATE ? SQLITE_OPEN_CREATE : 0);
    int code;

    db->ours = is_ours(db->path);
    code = sqlite.open(db->path, &db->handle, flags, NULL);
    if (!db->handle)
        return tn_fail_nomem(err, 1);
    if (code != SQLITE_OK)
        return fail_to_open(db, access, err);
    return distrust(db, err);
}

enum tn_status app_db_open(const char *path, enum app_db_access access, struct app_db **ret_db,
                           struct tn_error *err)
{
    struct app_db *db;
    struct tn_error why;
    enum tn_status status;

    if (tn_library_load(&library, &why) != TN_OK)
        return tn_fail(err, TN_UNSUPPORTED, "a search needs SQLite: %s", why.text);
    if (!sqlite.has("ENABLE_FTS5"))
        return tn_fail(err, TN_UNSUPPORTED,
                       "a search needs a SQLite with full-text search (FTS5), this one has none");
    db = calloc(1, sizeof *db);
    if (!db)
        return tn_fail_nomem(err, sizeof *db);
    db->path = strdup(path);
    status = db->path ? open_file(db, access, err) : tn_fail_nomem(err, strlen(path));
    if (status == TN_OK)
        *ret_db = db;
    else
        app_db_close(db);
    return status;
}

void app_db_close(struct app_db *db)
{
    if (!db)
        return;
    if (db->handle)
        sqlite.close(db->handle);
    free(db->path);
    free(db);
}

void app_db_claim(struct app_db *db)
{
    db->ours = true;
}

const char *app_db_path(const struct app_db *db)
{
    return db->path;
}

/* ---- Statements ---- */

enum tn_status app_db_run(struct app_db *db, const char *sql, struct tn_error *err)
{
    return sqlite.exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? TN_OK : fail(db, err);
}

enum tn_status app_db_begin(struct app_db *db, struct tn_error *err)
{
    return sqlite.autocommit(db->handle) ? app_db_run(db, "BEGIN IMMEDIATE", err) : TN_OK;
}

enum tn_status app_db_begin_reading(struct app_db *db, struct tn_error *err)
{
    return sqlite.autocommit(db->handle) ? app_db_run(db, "BEGIN", err) : TN_OK;
}

enum tn_status app_db_commit(struct app_db *db, struct tn_error *err)
{
    return sqlite.autocommit(db->handle) ? TN_OK : app_db_run(db, "COMMIT", err);
}

int64_t app_db_last_id(const struct app_db *db)
{
    return sqlite.last_id(db->handle);
}

enum tn_status app_prepare(struct app_db *db, const char *sql, struct app_statement *ret_statement,
                           struct tn_error *err)
{
    sqlite3_stmt *handle;

    if (sqlite.prepare(db->handle, sql, -1, &handle, NULL) != SQLITE_OK)
        return fail(db, err);
    *ret_statement = (struct app_statement){.db = db, .handle = handle};
    return TN_OK;
}

void app_statement_finish(struct app_statement *statement)
{
    if (statement->handle)
        sqlite.finalize(statement->handle);
    *statement = (struct app_statement){.db = NULL};
}

void app_bind_number(struct app_statement *statement, int parameter, int64_t value)
{
    statement->unbound |= sqlite.bind_number(statement->handle, parameter, value) != SQLITE_OK;
}

void app_bind_real(struct app_statement *statement, int parameter, double value)
{
    statement->unbound |= sqlite.bind_real(statement->handle, parameter, value) != SQLITE_OK;
}

void app_bind_text(struct app_statement *statement, int parameter, const char *text)
{
    statement->unbound |=
        sqlite.bind_text(statement->handle, parameter, text, -1, SQLITE_TRANSIENT) != SQLITE_OK;
}

void app_bind_bytes(struct app_statement *statement, int parameter, const void *bytes, size_t size)
{
    statement->unbound |= sqlite.bind_bytes(statement->handle, parameter, bytes, (int)size,
                                            SQLITE_TRANSIENT) != SQLITE_OK;
}

enum tn_status app_step(struct app_statement *statement, bool *ret_row, struct tn_error *err)
{
    const int code = statement->unbound ? SQLITE_NOMEM : sqlite.step(statement->handle);
    enum tn_status status = TN_OK;

    if (statement->unbound)
        return tn_fail(err, TN_NOMEM, "%s: out of memory", statement->db->path);
    *ret_row = code == SQLITE_ROW;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        status = fail(statement->db, err);
    if (code != SQLITE_ROW)
        sqlite.reset(statement->handle);
    return status;
}

enum tn_status app_execute(struct app_statement *statement, struct tn_error *err)
{
    bool row = true;

    while (row)
        TN_TRY(app_step(statement, &row, err));
    return TN_OK;
}

int64_t app_column_number(const struct app_statement *statement, int column)
{
    return sqlite.number(statement->handle, column);
}

double app_column_real(const struct app_statement *statement, int column)
{
    return sqlite.real(statement->handle, column);
}

const char *app_column_text(const struct app_statement *statement, int column)
{
    const unsigned char *text = sqlite.text(statement->handle, column);

    return text ? (const char *)text : "";
}

const void *app_column_bytes(const struct app_statement *statement, int column, size_t *ret_size)
{
    const void *bytes = sqlite.bytes(statement->handle, column);

    *ret_size = bytes ? (size_t)sqlite.size(statement->handle, column) : 0;
    return bytes;
}
