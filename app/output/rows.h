/* SPDX-License-Identifier: MIT */
/*
 * Outputs that are one file of rows: text, TSV, CSV, JSON, JSONL, imagefolder and the gallery.  A
 * format says how a row looks and how to find a row's end and its path again; rows.c does the rest
 * for all of them: stdout or a file, what is held already, and resuming.
 *
 * A file is head, rows with separators between, foot, and whole after every flush: new rows are
 * written over the foot, and the foot after them; every few seconds, and at the end, it is synced.
 * When the program is killed within a write, the last row may be torn; the next run keeps the rows
 * that are whole and goes on behind them, with that row (app/output/rows_held.h).
 */
#ifndef APP_ROWS_H
#define APP_ROWS_H

#include "app/output/output.h"

#include <stdio.h>

struct app_format {
    const char *name;                    /* what --format takes: "jsonl" */
    const char *extension;               /* ".jsonl": what -o FILE chooses it by; without a dot at
                                            its beginning: the file's very name */
    const char *head, *separator, *foot; /* "" for none */
    const char *row_start;               /* what every row begins with; "" for nothing */
    bool row_a_caption;                  /* a photo has a row for each caption; otherwise one */
    bool keywords;                       /* rows have a column for them ... */
    const char *keywords_head;           /* ... and the head is this; NULL: there are no columns */
    bool thumbnails, sentences_only;     /* as in struct app_output */
    bool percent;                        /* text: the confidence behind each caption, for people */
    const char *template;                /* app_format_template: what is filled in */
    /* What rows call the photo at path, as seen from the file (NULL: stdout); the caller frees it.
     * Errors: TN_RANGE when they cannot name that photo; TN_NOMEM.  NULL: they call it by path. */
    enum tn_status (*photo_name)(const char *file, const char *path, char **ret_name,
                                 struct tn_error *err);
    /* Writes an entry's row (or rows), its end included, without separator; entry->path is as said
     * above.  file: the name under which the user will find what is written, for links out of it;
     * NULL: stdout. */
    void (*write)(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                  const char *file);
    /* The length of the first row in text[size], its end included and a separator before it not;
     * 0: none is there, or it is not whole.  NULL: a row ends with its first newline. */
    size_t (*length)(const char *text, size_t size);
    /* Decodes the path of the row text[length] into path[length + 1]; false: it is no such row.
     * NULL: rows have no paths, and a file of them cannot be resumed. */
    bool (*path)(const struct app_format *format, const char *text, size_t length, char *path);
};

extern const struct app_format app_format_text, app_format_tsv, app_format_csv, app_format_json,
    app_format_jsonl, app_format_gallery, app_format_imagefolder;
extern const struct app_format app_format_bare;    /* the captions alone: for one photo */
extern const struct app_format app_format_csv_raw; /* csv with texts as they are */
extern const struct app_format app_format_template; /* app/output/template.h */

/* A column: the log-probabilities of a caption's words and of its end, separated by spaces. */
void app_write_log_probs(FILE *stream, const struct captioner_caption *caption);
/* Another, whose texts write_text writes: the keywords, separated by ", ". */
void app_write_keywords(FILE *stream, const struct captioner_result *result,
                        void (*write_text)(FILE *stream, const char *text));
/* Whether the row text[length] has the columns of the format's head, and in those for rank,
 * confidence and log_prob numbers; rank 0 leaves its caption and numbers empty.  quotes: between
 * two of them a separator is a character. */
bool app_columns_fit(const struct app_format *format, char separator, bool quotes, const char *text,
                     size_t length);
/* The rows of an entry where a photo has a row for each caption: what is no photo has one, too. */
static inline size_t app_row_count(const struct app_entry *entry)
{
    return entry->result->count > 0 ? entry->result->count : 1;
}

/* All formats that --format takes, in the order of its help; ends in NULL. */
enum { APP_FORMAT_COUNT = 7 };
extern const struct app_format *const app_formats[APP_FORMAT_COUNT + 1];
/* The format that a file's name asks for; NULL when none does. */
const struct app_format *app_format_of_file(const char *path);
/* Whether rows of the format may be in a file of that name: not where its extension is another
 * format's. */
bool app_format_may_be(const struct app_format *format, const char *path);
/* The same with a column for keywords, or without, where the format has columns. */
struct app_format app_format_with_keywords(const struct app_format *format, bool keywords);
/* Writes the entry's rows.  Where a photo has a row for each caption, those of further languages
 * follow. */
void app_format_write(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                      const char *file);
static inline const char *app_format_head(const struct app_format *format)
{
    return format->keywords ? format->keywords_head : format->head;
}

/*
 * An output of rows in that format, which is copied.  file NULL: stdout, which is not durable.  A
 * file that is there: APP_SKIP keeps its rows and passes over the photos that they name, APP_APPEND
 * keeps them and adds to them, APP_OVERWRITE and APP_REPLACE write it again (under a temporary name
 * until the end).  Errors: TN_IO; TN_FORMAT for a file that does not look like this format, or to
 * APP_SKIP and APP_OVERWRITE for one whose rows have no paths, which is then left as it is, but
 * never to APP_REPLACE; TN_NOMEM.
 */
TN_NODISCARD enum tn_status app_rows_create(const struct app_format *format, const char *file,
                                            enum app_existing existing,
                                            struct app_output **ret_output, struct tn_error *err);

/* For an output of rows that name files of their own (app/output/gallery.h): how many rows there
 * are in it, with a photo a row; and what is to be done each time before the rows are synced to the
 * disk. */
size_t app_rows_count(const struct app_output *output);
typedef enum tn_status app_rows_before_sync_fn(void *context, struct tn_error *err);
void app_rows_before_sync(struct app_output *output, app_rows_before_sync_fn *before_sync,
                          void *context);

#endif
