/* SPDX-License-Identifier: MIT */
/*
 * What a file of rows holds when a run goes on with it, and whether what stands behind its rows may
 * be written over.
 *
 * A run that was killed, or a power cut, may leave the beginning of a row there, and of the file's
 * old foot the end.  In most formats a row that was torn looks like a person's line without its
 * newline.  So nothing is cut off because it looks torn: it is written over only by bytes that
 * begin with the same bytes.  The same command writes those, since it goes on with the same photo;
 * of anybody else's bytes none is lost.
 */
#ifndef APP_ROWS_HELD_H
#define APP_ROWS_HELD_H

#include "app/output/rows.h"
#include "base/map.h"

#include <pthread.h>

struct app_rows_held {
    struct tn_map paths; /* of its rows; the owner finishes it, zeroed is empty */
    size_t count;        /* of its rows */
    size_t end;          /* of what is kept: rows that are whole, or the head; 0: not even that */
    bool whole;          /* behind them stands the foot, and nothing else */
};

/* Reads text[size], all that is in the file; held comes zeroed, and is filled in part when that
 * fails.  Errors: TN_FORMAT when it is not of that format, or its end can be no run's; TN_NOMEM. */
TN_NODISCARD enum tn_status app_rows_held_read(const struct app_format *format, const char *file,
                                               const char *text, size_t size,
                                               struct app_rows_held *held, struct tn_error *err);

/* The length of the row at text[size] and, where there are `any` rows before it, the separator;
 * *ret_row is where the row begins.  0: it is not whole. */
size_t app_rows_find(const struct app_format *format, const char *text, size_t size, bool any,
                     size_t *ret_row);

/* Whether the file is empty, or rows of that format and nothing else: not even the beginning of a
 * row, which may be anybody's.  Where a head shows it, they may be with keywords or without.
 * Errors: TN_FORMAT when it is something else; TN_NOMEM, TN_IO. */
TN_NODISCARD enum tn_status app_rows_held_check(const struct app_format *format, const char *file,
                                                struct tn_error *err);

/* Whether of rest[rest_size], which stands behind the rows, nothing is lost when text[size] is
 * written over it: it begins like that, or like the foot, and goes on like the foot ends. */
bool app_rows_may_replace(const struct app_format *format, const char *rest, size_t rest_size,
                          const char *text, size_t size);

/* The paths that a file of rows holds; several threads may ask while one adds. */
struct app_held_paths {
    struct tn_map map; /* under mutex */
    pthread_mutex_t mutex;
};
bool app_held_paths_have(const struct app_held_paths *held, const char *path);
TN_NODISCARD enum tn_status app_held_paths_add(struct app_held_paths *held, const char *path,
                                               struct tn_error *err);

#endif
