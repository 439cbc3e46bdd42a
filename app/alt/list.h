/* SPDX-License-Identifier: MIT */
/*
 * The list of images without alternative texts: what --list writes, a person edits and --apply
 * reads.  A row per image; of a list that is read, only rows count whose action is "fill".
 */
#ifndef APP_LIST_H
#define APP_LIST_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct alt_row {
    bool fill;           /* the text is to be written; else the image is left as it is */
    const char *page;    /* its path; of a page in a book "book.epub!/chapter.xhtml" */
    size_t line, column; /* where the image begins */
    const char *source;  /* its URL */
    const char *why;     /* what it lacks, or why it is left; not read */
    double confidence;   /* not read; below 0: none */
    const char *text;    /* "" for none */
};

enum alt_list_format { ALT_TSV, ALT_TEXT, ALT_JSONL };
extern const char *const alt_list_formats[];

/* What stands above the rows. */
void alt_list_begin(FILE *stream, enum alt_list_format format);
void alt_list_put(FILE *stream, enum alt_list_format format, const struct alt_row *row);

/* The rows of a list in ALT_TSV or ALT_JSONL that are to be written, whose strings point into its
 * text. */
struct alt_list {
    char *text;
    struct alt_row *rows;
    size_t count, capacity;
};

/* Reads a file; "-" is stdin.  The caller finishes the list, on failure, too.  Errors: TN_FORMAT,
 * TN_IO, TN_NOTFOUND, TN_RANGE, TN_NOMEM. */
TN_NODISCARD enum tn_status alt_list_read(const char *path, struct alt_list *list,
                                          struct tn_error *err);
/* The same of bytes[size], which the list takes over, also on failure; name is for messages. */
TN_NODISCARD enum tn_status alt_list_parse(const char *name, char *bytes, size_t size,
                                           struct alt_list *list, struct tn_error *err);
void alt_list_finish(struct alt_list *list);

#endif
