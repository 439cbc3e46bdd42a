/* SPDX-License-Identifier: MIT */
/*
 * From a folder to its index.  The files that are there are compared with those that are known;
 * what is neither the same nor only moved is captioned by a run (app/caption/batch.h), of which the
 * index is an output.
 */
#include "app/search/index.h"

#include "app/caption/batch.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"
#include "base/array.h"
#include "base/map.h"
#include "image/image.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A known file. */
struct known {
    int64_t id, size, time;
    uint64_t hash;
    enum app_index_kind kind;
    bool seen;
};

/* One that is to be looked at. */
struct pending {
    char *path; /* as the walk found it; owned */
    struct app_index_file file;
    bool photo, done;
};

enum { CAPTIONS = 5, KEYWORDS = 32 };

struct updating {
    struct app_output output; /* the head: what the run puts is described in the index */
    struct app_index *index;
    const struct app_index_update *options;
    struct tn_map paths; /* of known files; entry i is known[i] */
    struct known *known;
    size_t known_capacity;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    struct tn_map names; /* of pending photos, as the walk found them; values are their indices */
    size_t problems;     /* places that the walk could not look into */
    size_t failed_before;
    size_t root;  /* length of the folder in the walk's paths, its slash included */
};

static void updating_finish(struct updating *u)
{
    for (size_t i = 0; i < u->pending_count; i++)
        free(u->pending[i].path);
    free(u->pending);
    free(u->known);
    tn_map_finish(&u->paths);
    tn_map_finish(&u->names);
}

/* ---- What is known ---- */

static enum tn_status take_known(struct updating *u, const struct app_statement *row,
                                 struct tn_error *err)
{
    const size_t count = u->paths.count;
    size_t length, index;
    const char *path = app_column_bytes(row, 1, &length);

    TN_TRY(tn_array_reserve(&u->known, &u->known_capacity, count + 1, err));
    TN_TRY(tn_map_add(&u->paths, path ? path : "", length, &index, err));
    u->known[index] = (struct known){.id = app_column_number(row, 0),
                                     .size = app_column_number(row, 2),
                                     .time = app_column_number(row, 3),
                                     .hash = (uint64_t)app_column_number(row, 4),
                                     .kind = (enum app_index_kind)app_column_number(row, 5)};
    return TN_OK;
}

static enum tn_status load_known(struct updating *u, struct tn_error *err)
{
    struct app_statement statement;
    enum tn_status status;
    bool row;

    TN_TRY(app_prepare(u->index->db, "SELECT id, path, size, time, hash, kind FROM files",
                       &statement, err));
    while ((status = app_step(&statement, &row, err)) == TN_OK && row)
        if (!app_excluded_has(&u->index->excluded, app_column_number(&statement, 0)) &&
            (status = take_known(u, &statement, err)) != TN_OK)
            break;
    app_statement_finish(&statement);
    return status;
}

enum tn_status app_index_renew(struct app_index *index, const struct captioner *captioner,
                               bool quiet, struct tn_error *err)
{
    struct app_db *db = index->db;
    struct app_statement statement;
    enum tn_status status;
    bool foreign;

    TN_TRY(app_index_is_foreign(index, captioner, &foreign, err));
    if (!foreign)
        return TN_OK;
    TN_TRY(app_db_begin(db, err)); /* waits for another search, which may have done all this */
    TN_TRY(app_index_is_foreign(index, captioner, &foreign, err));
    if (!foreign)
        return app_db_commit(db, err);
    TN_TRY(app_index_count(index, err));
    if (index->photos > 0 && !quiet)
        app_warn("%s: the index was made with another model; %zu photos are captioned again",
                 index->folder, index->photos);
    TN_TRY(app_db_run(db,
                      "DELETE FROM texts; DELETE FROM vectors; DELETE FROM codes;"
                      "DELETE FROM photos; DELETE FROM files; DELETE FROM about;",
                      err));
    TN_TRY(app_prepare(db, "INSERT INTO about(key, value) VALUES(?1, ?2)", &statement, err));
    app_bind_text(&statement, 1, captioner_language(captioner));
    app_bind_text(&statement, 2, captioner_fingerprint(captioner));
    status = app_execute(&statement, err);
    app_statement_finish(&statement);
    return status == TN_OK ? app_db_commit(db, err) : status;
}

/* ---- What is there ---- */

static bool is_unchanged(const struct updating *u, const struct known *known,
                         const struct app_listed *listed)
{
    return known->size == listed->size && known->time == listed->time &&
           (known->kind != APP_INDEX_FAILED || !u->options->again);
}

/* Takes the path over where the file is new or has changed. */
static enum tn_status compare(struct updating *u, struct app_listed *listed, struct tn_error *err)
{
    const char *below = listed->path + u->root;
    const size_t at = tn_map_find(&u->paths, below, strlen(below));
    struct known *known = at == TN_MAP_NONE ? NULL : &u->known[at];

    if (known)
        known->seen = true;
    if (known && is_unchanged(u, known, listed)) {
        u->failed_before += known->kind == APP_INDEX_FAILED;
        return TN_OK;
    }
    TN_TRY(tn_array_reserve(&u->pending, &u->pending_capacity, u->pending_count + 1, err));
    u->pending[u->pending_count++] = (struct pending){.path = listed->path,
                                                      .file = {.id = known ? known->id : 0,
                                                               .path = below,
                                                               .size = listed->size,
                                                               .time = listed->time}};
    listed->path = NULL;
    return TN_OK;
}

static enum tn_status compare_all(struct updating *u, const struct app_listed_files *files,
                                  struct tn_error *err)
{
    TN_TRY(load_known(u, err));
    for (size_t i = 0; i < files->count; i++)
        if (files->items[i].path)
            TN_TRY(compare(u, &files->items[i], err));
    return TN_OK;
}

/* Whether the files are those that are known, without a look at each. */
static bool is_same(const struct app_index *index, const struct app_index_update *update,
                    const struct app_listed_files *files)
{
    return files->hash == index->files && (index->failed == 0 || !update->again);
}

enum tn_status app_index_is_current(const struct app_index *index,
                                    const struct app_index_update *update,
                                    struct app_listing *listing, bool *ret_current,
                                    struct tn_error *err)
{
    struct app_listed_files files;

    TN_TRY(app_listing_wait(listing, &files, err));
    *ret_current = is_same(index, update, &files);
    return TN_OK;
}

/* ---- What became of it ---- */

/* A photo that is gone from its place, or was there before, and has the same content; NULL: none.
 */
static struct known *find_moved(struct updating *u, const struct pending *p)
{
    for (size_t i = 0; i < u->paths.count; i++) {
        struct known *known = &u->known[i];

        if (known->kind == APP_INDEX_PHOTO && known->size == p->file.size &&
            known->hash == p->file.hash && (known->id == p->file.id || !known->seen))
            return known;
    }
    return NULL;
}

/* Whether any photo that find_moved may find has this size, before a file is read for its hash. */
static bool may_be_moved(const struct updating *u, const struct pending *p)
{
    for (size_t i = 0; i < u->paths.count; i++)
        if (u->known[i].size == p->file.size && (u->known[i].id == p->file.id || !u->known[i].seen))
            return true;
    return false;
}

/* Settles what needs no captions: what was moved or only touched, and what is no photo. */
static enum tn_status settle(struct updating *u, struct pending *p, struct tn_error *err)
{
    struct known *moved = NULL;
    int64_t id;

    if (may_be_moved(u, p)) {
        p->file.hash = app_index_hash(p->path, p->file.size);
        moved = p->file.hash != 0 ? find_moved(u, p) : NULL;
    }
    if (moved) {
        if (p->file.id != 0 && p->file.id != moved->id)
            TN_TRY(app_index_remove(u->index, p->file.id, err));
        p->file.id = moved->id;
        moved->seen = true;
        p->done = true;
        return app_index_move(u->index, &p->file, err);
    }
    p->photo = image_is_photo(p->path);
    if (p->photo)
        return TN_OK;
    p->file.kind = APP_INDEX_OTHER;
    p->done = true;
    return app_index_add(u->index, &p->file, &id, err);
}

static enum tn_status remove_gone(struct updating *u, struct tn_error *err)
{
    for (size_t i = 0; i < u->paths.count && u->problems == 0; i++)
        if (!u->known[i].seen)
            TN_TRY(app_index_remove(u->index, u->known[i].id, err));
    return TN_OK;
}

static enum tn_status settle_all(struct updating *u, struct tn_error *err)
{
    size_t gone = 0;

    for (size_t i = 0; i < u->paths.count; i++)
        gone += !u->known[i].seen;
    if (u->pending_count == 0 && (gone == 0 || u->problems > 0))
        return TN_OK;
    TN_TRY(app_db_begin(u->index->db, err));
    for (size_t i = 0; i < u->pending_count; i++) {
        if (app_interrupted()) /* what seems to be gone may be what was moved */
            return tn_fail(err, TN_CANCELLED, "interrupted");
        TN_TRY(settle(u, &u->pending[i], err));
    }
    TN_TRY(remove_gone(u, err));
    return app_db_commit(u->index->db, err);
}

/* ---- New photos ---- */

static struct updating *updating_of(struct app_output *output)
{
    return (struct updating *)(uintptr_t)output; /* the head of a struct updating */
}

static enum tn_status put(struct app_output *output, const struct app_entry *entry,
                          struct tn_error *err)
{
    struct updating *u = updating_of(output);
    const size_t at = tn_map_find(&u->names, entry->path, strlen(entry->path));
    struct pending *p = &u->pending[u->names.entries[at].value];

    p->file.kind = APP_INDEX_PHOTO;
    p->file.hash = app_index_hash(p->path, p->file.size);
    TN_TRY(app_db_begin(u->index->db, err));
    TN_TRY(app_index_describe(u->index, &p->file, entry, u->options->captioner, err));
    p->done = true;
    return TN_OK;
}

static enum tn_status flush(struct app_output *output, struct tn_error *err)
{
    return app_db_commit(updating_of(output)->index->db, err);
}

static const struct app_output_ops ops = {.put = put, .flush = flush};

/* The paths of pending photos, which are borrowed; NULL at the end. */
static enum tn_status list_photos(struct updating *u, char ***ret_paths, size_t *ret_count,
                                  struct tn_error *err)
{
    char **paths = calloc(u->pending_count + 1, sizeof *paths);
    size_t count = 0, index;

    if (!paths)
        return tn_fail_nomem(err, (u->pending_count + 1) * sizeof *paths);
    for (size_t i = 0; i < u->pending_count; i++) {
        enum tn_status status;

        if (!u->pending[i].photo)
            continue;
        paths[count++] = u->pending[i].path;
        status = tn_map_add(&u->names, u->pending[i].path, strlen(u->pending[i].path), &index, err);
        if (status != TN_OK) {
            free(paths);
            return status;
        }
        u->names.entries[index].value = i;
    }
    *ret_paths = paths;
    *ret_count = count;
    return TN_OK;
}

/* What got no captions is not tried again until it changes. */
static enum tn_status note_failures(struct updating *u, struct tn_error *err)
{
    int64_t id;

    TN_TRY(app_db_begin(u->index->db, err));
    for (size_t i = 0; i < u->pending_count; i++) {
        struct pending *p = &u->pending[i];

        if (p->done || !p->photo)
            continue;
        p->file.kind = APP_INDEX_FAILED;
        TN_TRY(app_index_add(u->index, &p->file, &id, err));
    }
    return app_db_commit(u->index->db, err);
}

static enum tn_status caption_new(struct updating *u, size_t *ret_failed, struct tn_error *err)
{
    struct app_output *outputs[] = {&u->output};
    struct app_batch batch = {.captioner = u->options->captioner,
                              .writing = CAPTIONER_WRITING_DEFAULT,
                              .outputs = outputs,
                              .output_count = 1,
                              .threads = u->options->threads,
                              .max_pixels = u->options->max_pixels,
                              .progress = !u->options->quiet,
                              .summary = !u->options->quiet};
    struct app_batch_counts counts = {0};
    char **paths;
    enum tn_status status;

    u->output = (struct app_output){.ops = &ops, .features = true};
    batch.writing.best = CAPTIONS;
    batch.writing.differ =
        0; /* the best say what is there; others would be found for what is not */
    batch.writing.keywords = KEYWORDS;
    TN_TRY(list_photos(u, &paths, &batch.inputs.operand_count, err));
    batch.inputs.operands = paths;
    status = batch.inputs.operand_count > 0 ? app_batch_run(&batch, &counts, err) : TN_OK;
    free(paths);
    TN_TRY(status);
    *ret_failed = counts.failed;
    return counts.failed > 0 ? note_failures(u, err) : TN_OK;
}

static enum tn_status update_changed(struct updating *u, const struct app_listed_files *files,
                                     size_t *ret_failed, struct tn_error *err)
{
    TN_TRY(compare_all(u, files, err));
    TN_TRY(settle_all(u, err));
    TN_TRY(caption_new(u, ret_failed, err));
    return app_index_count(u->index, err);
}

static enum tn_status update_index(struct updating *u, struct app_listing *listing,
                                   size_t *ret_failed, struct tn_error *err)
{
    struct app_listed_files files;
    size_t failed = 0;

    TN_TRY(app_listing_wait(listing, &files, err));
    u->root = files.root;
    u->problems = files.problems;
    u->failed_before = u->index->failed;
    if (!is_same(u->index, u->options, &files)) {
        u->failed_before = 0;
        TN_TRY(update_changed(u, &files, &failed, err));
    }
    if (u->failed_before > 0 && !u->options->quiet)
        app_warn("%s: passed over %zu photo%s that could not be read before (--again tries %s)",
                 u->index->folder, u->failed_before, u->failed_before == 1 ? "" : "s",
                 u->failed_before == 1 ? "it" : "them");
    *ret_failed = failed + u->problems;
    return TN_OK;
}

enum tn_status app_index_update(struct app_index *index, const struct app_index_update *update,
                                struct app_listing *listing, size_t *ret_failed,
                                struct tn_error *err)
{
    struct updating u = {.index = index, .options = update};
    const enum tn_status status = update_index(&u, listing, ret_failed, err);

    updating_finish(&u);
    return status;
}
