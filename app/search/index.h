/* SPDX-License-Identifier: MIT */
/*
 * The index of a folder: what a search knows about the photos below it, in one SQLite file.
 *
 *     about     what made it: the model's fingerprint, the language
 *     files     every file of the folder: its path from there, size and time, a hash of its content
 *     photos    captions, keywords and confidence of those that are photos
 *     codes     z of each photo (models/captioner/relevance.h), as int8 with a scale
 *     vectors   V of each photo, as int8 with a scale
 *     texts     full-text search over captions, keywords and the file's name
 *
 * A row has the same number in all of them.  Codes stand apart from V, since every search reads all
 * of them.  It lies in the user's cache directory, so that no folder of photos gets a file that
 * nobody asked for, and paths are relative: a folder that moved keeps an index of --index FILE.
 */
#ifndef APP_INDEX_H
#define APP_INDEX_H

#include "app/output/output.h"
#include "app/search/db.h"
#include "app/search/excluded.h"
#include "app/search/listing.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app_index {
    struct app_db *db;
    const char *folder; /* as the user named it; borrowed */
    struct app_excluded excluded; /* set its patterns after app_index_open */
    /* After app_index_count or app_index_update, without what is excluded: the photos; those that
     * could not be read; and the sum of app_listed_hash over all files that are known. */
    size_t photos, failed;
    uint64_t files;
};

/* Where the index of a folder is when nobody says: below $XDG_CACHE_HOME or ~/.cache, by a hash of
 * the folder's real path.  Makes the directories.  The caller frees it.  Errors: TN_NOMEM, TN_IO;
 * TN_NOTFOUND for a folder that is not there, or without a home directory. */
TN_NODISCARD enum tn_status app_index_usual_path(const char *folder, const char *language,
                                                 char **ret_path, struct tn_error *err);

/*
 * Opens the index of a folder in that file.  access APP_DB_READ: it is there, and made by the model
 * of the captioner.  The caller closes it after success.  Errors: those of app_db_open; TN_FORMAT
 * for a file that is no index, TN_VERSION for one of a newer program: neither is written to.
 */
TN_NODISCARD enum tn_status app_index_open(struct app_index *index, const char *path,
                                           const char *folder, enum app_db_access access,
                                           const struct captioner *captioner, struct tn_error *err);
void app_index_close(struct app_index *index);
/* Whether another model made it, or the same in another language: all of it is to be made again. */
TN_NODISCARD enum tn_status app_index_is_foreign(struct app_index *index,
                                                 const struct captioner *captioner,
                                                 bool *ret_foreign, struct tn_error *err);

enum app_index_kind { APP_INDEX_OTHER, APP_INDEX_PHOTO, APP_INDEX_FAILED };

/* A file of the folder as the index knows it. */
struct app_index_file {
    int64_t id;
    const char *path;   /* from the folder */
    int64_t size, time; /* bytes; nanoseconds of its last change */
    uint64_t hash;      /* of its size and both ends */
    enum app_index_kind kind;
};

/* Its hash; 0 where it cannot be read. */
uint64_t app_index_hash(const char *path, int64_t size);
/* Adds a file, in the place of one of that path. */
TN_NODISCARD enum tn_status app_index_add(struct app_index *index,
                                          const struct app_index_file *file, int64_t *ret_id,
                                          struct tn_error *err);
/* Adds what is known of a photo that is there as a file. */
TN_NODISCARD enum tn_status app_index_describe(struct app_index *index,
                                               const struct app_index_file *file,
                                               const struct app_entry *entry,
                                               struct captioner *captioner, struct tn_error *err);
/* The file is the same under another path, or at another time. */
TN_NODISCARD enum tn_status app_index_move(struct app_index *index,
                                           const struct app_index_file *file, struct tn_error *err);
TN_NODISCARD enum tn_status app_index_remove(struct app_index *index, int64_t id,
                                             struct tn_error *err);

struct app_index_update {
    struct captioner *captioner;
    size_t threads, max_pixels;
    bool quiet, again; /* again: what failed before is tried again */
};

/* Forgets everything where another model made it, which is reported unless quiet. */
TN_NODISCARD enum tn_status app_index_renew(struct app_index *index,
                                            const struct captioner *captioner, bool quiet,
                                            struct tn_error *err);

/*
 * Brings the index up to date with the listing of its folder: new and changed photos are captioned,
 * those that are gone leave, and those that were moved keep what is known of them.  What is done
 * when it is interrupted stays.  What is excluded, which the listing does not have either, is left
 * as it is.  *ret_failed counts photos that cannot be read, which were named.  Errors: TN_CANCELLED
 * after an interrupt, those of a run (app/caption/batch.h) and of the database.
 */
TN_NODISCARD enum tn_status app_index_update(struct app_index *index,
                                             const struct app_index_update *update,
                                             struct app_listing *listing, size_t *ret_failed,
                                             struct tn_error *err);
TN_NODISCARD enum tn_status app_index_count(struct app_index *index, struct tn_error *err);
/* Whether an update would change nothing, by what was counted. */
TN_NODISCARD enum tn_status app_index_is_current(const struct app_index *index,
                                                 const struct app_index_update *update,
                                                 struct app_listing *listing, bool *ret_current,
                                                 struct tn_error *err);

/* "folder/path": how the user may name the file; the caller frees it.  Errors: TN_NOMEM; TN_FORMAT
 * for a path that no walk of the folder finds. */
TN_NODISCARD enum tn_status app_index_name(const struct app_index *index, const char *path,
                                           char **ret_name, struct tn_error *err);

#endif
