/* SPDX-License-Identifier: MIT */
#include "app/search/index.h"

#include "app/cli/commands.h"
#include "base/hash.h"
#include "base/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LAYOUT = 1 }; /* of the tables */

/* ---- Its place ---- */

static enum tn_status make_directory(const char *path, struct tn_error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST
               ? TN_OK
               : tn_fail(err, TN_IO, "%s: %s; --index FILE names another place", path,
                         strerror(errno));
}

/* ~/.cache/caption, which is made where it is missing. */
static enum tn_status cache_directory(char **ret_path, struct tn_error *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    const bool given = cache && cache[0] == '/';
    char *path = NULL;
    enum tn_status status;

    if (!given && (!home || home[0] != '/'))
        return tn_fail(err, TN_NOTFOUND,
                       "there is no home directory for an index; name it with --index FILE");
    if (asprintf(&path, "%s%s", given ? cache : home, given ? "" : "/.cache") < 0)
        return tn_fail_nomem(err, 1);
    status = make_directory(path, err);
    if (status == TN_OK) {
        free(path);
        if (asprintf(&path, "%s%s/caption", given ? cache : home, given ? "" : "/.cache") < 0)
            return tn_fail_nomem(err, 1);
        status = make_directory(path, err);
    }
    if (status == TN_OK)
        *ret_path = path;
    else
        free(path);
    return status;
}

enum tn_status app_index_usual_path(const char *folder, const char *language, char **ret_path,
                                    struct tn_error *err)
{
    char *real = realpath(folder, NULL), *cache = NULL;
    enum tn_status status;

    if (!real)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", folder, strerror(errno));
    status = cache_directory(&cache, err);
    if (status == TN_OK && asprintf(ret_path, "%s/search-%016" PRIx64 "-%s.sqlite", cache,
                                    tn_hash_bytes(TN_HASH_START, real, strlen(real)), language) < 0)
        status = tn_fail_nomem(err, strlen(cache));
    free(cache);
    free(real);
    return status;
}

/* ---- Opening ---- */

static enum tn_status read_number(struct app_db *db, const char *sql, int64_t *ret_number,
                                  struct tn_error *err)
{
    struct app_statement statement;
    bool row = false;
    enum tn_status status;

    TN_TRY(app_prepare(db, sql, &statement, err));
    status = app_step(&statement, &row, err);
    if (status == TN_OK)
        *ret_number = row ? app_column_number(&statement, 0) : 0;
    app_statement_finish(&statement);
    return status;
}

static enum tn_status create_tables(struct app_db *db, struct tn_error *err)
{
    static const char tables[] =
        "CREATE TABLE about(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE files(id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, size INTEGER,"
        " time INTEGER, hash INTEGER, kind INTEGER);"
        "CREATE TABLE photos(id INTEGER PRIMARY KEY, captions TEXT, keywords TEXT,"
        " not_a_photo INTEGER);"
        "CREATE TABLE codes(id INTEGER PRIMARY KEY, scale REAL, code BLOB, photo INTEGER);"
        "CREATE TABLE vectors(id INTEGER PRIMARY KEY, scale REAL, vector BLOB);"
        "CREATE VIRTUAL TABLE texts USING fts5(captions, keywords, name,"
        " tokenize = 'porter unicode61');";
    char marks[96];

    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             APP_DB_APPLICATION, LAYOUT);
    TN_TRY(app_db_run(db, marks, err));
    return app_db_run(db, tables, err);
}

/* Whose file it is; of an empty one, ours from now on. */
static enum tn_status check_file(struct app_db *db, bool create, struct tn_error *err)
{
    int64_t application, layout, things, alien;

    TN_TRY(read_number(db, "SELECT count(*) FROM sqlite_schema", &things, err));
    TN_TRY(read_number(db, "PRAGMA application_id", &application, err));
    TN_TRY(read_number(db, "PRAGMA user_version", &layout, err));
    if (things == 0 && application == 0 && layout == 0 && create) {
        app_db_claim(db);
        return create_tables(db, err);
    }
    if (application != APP_DB_APPLICATION)
        return app_db_fail_foreign(db, err);
    app_db_claim(db);
    if (layout != LAYOUT)
        return tn_fail(err, TN_VERSION,
                       "%s: an index of another version of this program; remove it, and it is made "
                       "again",
                       app_db_path(db));
    TN_TRY(read_number(db, "SELECT count(*) FROM sqlite_schema WHERE type IN ('view', 'trigger')",
                       &alien, err));
    return alien == 0 ? TN_OK
                      : tn_fail(err, TN_FORMAT, "%s: an index with what no index has; remove it",
                                app_db_path(db));
}

/* In a transaction, so that two searches do not make the tables of one file. */
static enum tn_status check_to_write(struct app_db *db, struct tn_error *err)
{
    TN_TRY(app_db_run(db, "PRAGMA page_size = 32768", err)); /* of a new file: V has 4096 bytes */
    TN_TRY(app_db_begin(db, err));
    TN_TRY(check_file(db, true, err));
    return app_db_commit(db, err);
}

static enum tn_status check_model(struct app_index *index, const struct captioner *captioner,
                                  struct tn_error *err)
{
    bool foreign;

    TN_TRY(app_index_is_foreign(index, captioner, &foreign, err));
    return !foreign ? TN_OK
                    : tn_fail(err, TN_FORMAT,
                              "%s: was made with another model; without --no-update it is made "
                              "again",
                              app_db_path(index->db));
}

enum tn_status app_index_open(struct app_index *index, const char *path, const char *folder,
                              enum app_db_access access, const struct captioner *captioner,
                              struct tn_error *err)
{
    struct app_index opened = {.folder = folder};
    enum tn_status status;

    if (access == APP_DB_READ && !tn_path_exists(path))
        return tn_fail(err, TN_NOTFOUND, "%s: there is no index; without --no-update it is made",
                       folder);
    TN_TRY(app_db_open(path, access, &opened.db, err));
    status =
        access == APP_DB_READ ? check_file(opened.db, false, err) : check_to_write(opened.db, err);
    if (status == TN_OK && access == APP_DB_READ)
        status = check_model(&opened, captioner, err);
    if (status == TN_OK)
        *index = opened;
    else
        app_index_close(&opened);
    return status;
}

void app_index_close(struct app_index *index)
{
    app_db_close(index->db);
    app_excluded_clear(&index->excluded);
    *index = (struct app_index){.db = NULL};
}

enum tn_status app_index_is_foreign(struct app_index *index, const struct captioner *captioner,
                                    bool *ret_foreign, struct tn_error *err)
{
    struct app_statement statement;
    bool row;
    enum tn_status status;

    TN_TRY(app_prepare(index->db, "SELECT 1 FROM about WHERE key = ?1 AND value = ?2", &statement,
                       err));
    app_bind_text(&statement, 1, captioner_language(captioner));
    app_bind_text(&statement, 2, captioner_fingerprint(captioner));
    status = app_step(&statement, &row, err);
    if (status == TN_OK)
        *ret_foreign = !row;
    app_statement_finish(&statement);
    return status;
}

static enum tn_status count_file(struct app_index *index, const struct app_statement *row,
                                 struct tn_error *err)
{
    const int64_t kind = app_column_number(row, 0);
    size_t length;
    const char *bytes = app_column_bytes(row, 3, &length), *path = bytes ? bytes : "";
    bool excluded;

    TN_TRY(app_excluded_fits(&index->excluded, index->folder, path, length, &excluded, err));
    if (excluded)
        return app_excluded_add(&index->excluded, app_column_number(row, 4), err);
    index->photos += kind == APP_INDEX_PHOTO;
    index->failed += kind == APP_INDEX_FAILED;
    index->files +=
        app_listed_hash(path, length, app_column_number(row, 1), app_column_number(row, 2));
    return TN_OK;
}

enum tn_status app_index_count(struct app_index *index, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;
    bool row;

    index->photos = index->failed = 0;
    index->files = 0;
    app_excluded_clear(&index->excluded);
    TN_TRY(app_prepare(index->db, "SELECT kind, size, time, path, id FROM files ORDER BY id",
                       &statement, err));
    while ((status = app_step(&statement, &row, err)) == TN_OK && row &&
           (status = count_file(index, &statement, err)) == TN_OK)
        ;
    app_statement_finish(&statement);
    return status;
}

/* A foreign index could name any file of the system. */
static bool is_below(const char *path)
{
    for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL) {
        const size_t length = strcspn(part, "/");

        if (length == 0 || part[0] == '.')
            return false;
    }
    return true;
}

enum tn_status app_index_name(const struct app_index *index, const char *path, char **ret_name,
                              struct tn_error *err)
{
    const size_t length = strlen(index->folder);
    const bool slash = length > 0 && index->folder[length - 1] == '/';

    if (!is_below(path))
        return tn_fail(err, TN_FORMAT, "%s: the index is damaged; remove it, and it is made again",
                       app_db_path(index->db));
    if (asprintf(ret_name, "%s%s%s", index->folder, slash ? "" : "/", path) < 0)
        return tn_fail_nomem(err, length + strlen(path));
    return TN_OK;
}
