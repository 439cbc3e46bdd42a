/* SPDX-License-Identifier: MIT */
/* What the parts of a run share. */
#ifndef APP_RUN_PRIVATE_H
#define APP_RUN_PRIVATE_H

#include "app/alt/page.h"
#include "app/alt/picture.h"
#include "app/alt/run.h"
#include "app/cli/console.h"
#include "base/map.h"

#include <sys/stat.h>

struct alt_counts {
    size_t texts, pages; /* written, or to be written */
    size_t left;         /* images that stay without a text */
    size_t there;        /* texts of a list that have been written before */
    size_t failed;       /* pages, and rows of a list */
};

struct alt_running {
    const struct alt_settings *settings;
    struct alt_captions *captions; /* NULL while a list is applied */
    struct alt_list list;          /* that is applied */
    struct tn_map pages;           /* where the pages lie that were done */
    struct alt_counts counts;
    struct app_status status;
};

/* ---- run.c ---- */

/* Reports a page that failed. */
void alt_report(struct alt_running *run, const struct tn_error *why);

/* ---- fill.c: which image of a page gets which text ---- */

/* texts[page->count] get the texts of the images that are to be filled in, NULL for the others;
 * they are borrowed until the run ends.  Writes the rows of --list.  title: the page's name in it.
 */
TN_NODISCARD enum tn_status alt_fill(struct alt_running *run, const struct alt_page *page,
                                     const char *title, const struct alt_place *place,
                                     const char **texts, struct tn_error *err);
/* The same by the list that is applied.  Errors: TN_NOTFOUND: it has a row for which there is no
 * image. */
TN_NODISCARD enum tn_status alt_fill_from_list(struct alt_running *run, const struct alt_page *page,
                                               const char *title, const char **texts,
                                               struct tn_error *err);

/* ---- site.c: files ---- */

/* What a file is by its name; false: no page.  ALT_BOOK: an EPUB. */
enum { ALT_BOOK = ALT_MDX + 1 };
bool alt_kind_of_name(const char *path, int *ret_kind);
/* What a file is that was named, whatever its name. */
int alt_kind_of_file(const char *path, const char *bytes, size_t size);

struct alt_file {
    const char *path; /* borrowed */
    char *bytes;      /* owned */
    size_t size;
    struct stat info;
};
TN_NODISCARD enum tn_status alt_file_read(const char *path, struct alt_file *ret_file,
                                          struct tn_error *err);
/* Replaces the file as a whole or not at all, if nobody has changed it since; permissions, owner
 * and extended attributes stay.  Of a symbolic link, the file that it leads to is replaced. */
TN_NODISCARD enum tn_status alt_file_replace(const struct alt_file *file, const char *bytes,
                                             size_t size, struct tn_error *err);
void alt_file_finish(struct alt_file *file);

/* The folder below which the pictures of a page may lie, from "/" on; the caller frees it: `root`,
 * the working directory if the page lies in it, or the page's own folder. */
TN_NODISCARD enum tn_status alt_site_root(const char *root, const char *page, char **ret_root,
                                          struct tn_error *err);

/* ---- document.c ---- */

/* A page, or a book, from reading to writing; what fails is reported.  Errors end the run. */
TN_NODISCARD enum tn_status alt_do_file(struct alt_running *run, const char *path, int kind,
                                        const char *root, struct tn_error *err);

#endif
