/* SPDX-License-Identifier: MIT */
/* The parts of a run that was shared out by --shard: read, checked, and put in order. */
#ifndef APP_MERGE_PARTS_H
#define APP_MERGE_PARTS_H

#include "app/cli/walk.h"
#include "app/output/rows.h"
#include "base/map.h"

/* The rows of one photo, which stand one after the other in a part. */
struct merge_photo {
    size_t part;
    const char *rows; /* in the part's bytes */
    size_t length;    /* the last row's end included */
    size_t place;     /* among the photos expected */
};

struct merge_part {
    const char *path; /* borrowed */
    void *bytes;      /* mapped; NULL: empty */
    size_t size;
    size_t first, count; /* of its photos */
};

struct merge {
    struct app_format format; /* with keywords or without, as the first part with rows has it */
    struct merge_part *parts;
    size_t part_count;
    struct tn_map paths;        /* of the photos, in the order in which they were read */
    struct merge_photo *photos; /* the same */
    size_t capacity;
    char *origin;    /* the model and language of the first row that names them; owned */
    size_t problems; /* each was a line on stderr */
};

/* Reads the rows of the parts, whose paths are borrowed: zero the struct, set the format.  What is
 * wrong with their content is a problem.  The caller finishes the merge in every case.  Errors:
 * TN_IO, TN_NOTFOUND, TN_NOMEM. */
TN_NODISCARD enum tn_status merge_read(struct merge *merge, char *const *paths, size_t count,
                                       struct tn_error *err);
void merge_finish(struct merge *merge);

/* Problems, unless each part has the photos of one shard, and all shards are there. */
void merge_check_shards(struct merge *merge);

/* Problems, unless the photos are those of the walk, of which those that `failed` names may be
 * missing; sets their places.  Errors: those of the walk, TN_NOMEM. */
TN_NODISCARD enum tn_status merge_expect(struct merge *merge, const struct app_walk_options *walk,
                                         const struct tn_map *failed, struct tn_error *err);
/* Sets the places as the walk through a directory would come to the photos; problems, where a
 * part's are not in that order. */
void merge_order_as_walk(struct merge *merge);

/* Writes a file of all rows in the order of their places.  The stream's own errors are the
 * caller's.  TN_NOMEM. */
TN_NODISCARD enum tn_status merge_write(struct merge *merge, FILE *stream, struct tn_error *err);

#endif
