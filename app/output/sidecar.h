/* SPDX-License-Identifier: MIT */
/*
 * Captions in files beside the photos.  A kind says what the file is called, whether it contains a
 * caption and how new captions come into it; sidecar.c does the rest for all of them.
 *
 * APP_SKIP passes over a photo whose sidecar contains a caption: it is a person's work.  Photos
 * that share a stem get a sidecar each (app/output/sidecar_find.h).
 */
#ifndef APP_SIDECAR_H
#define APP_SIDECAR_H

#include "app/cli/guard.h"
#include "app/cli/walk.h"
#include "app/output/output.h"
#include "app/output/sidecar_path.h"

struct app_sidecar_kind {
    const char *extension;        /* ".txt" */
    enum app_sidecar_name name;   /* its usual one */
    enum app_sibling_order order; /* which of photos with one stem has the file of that name */
    size_t largest;               /* bytes of an existing file that is read */
    /* Whose caption the file bytes[size], which ends in a NUL, contains.  Errors: TN_NOMEM. */
    enum tn_status (*author)(const char *bytes, size_t size, enum meta_author *ret_author,
                             struct tn_error *err);
    /* Makes *ret_bytes, which the caller frees, of the file's content old[size] (NULL: there is no
     * file) and a photo's captions; NULL: the file needs no change.  path is for messages. */
    enum tn_status (*merge)(const char *path, const char *old, size_t size,
                            const struct app_entry *entry, enum app_existing existing,
                            char **ret_bytes, size_t *ret_size, struct tn_error *err);
    /* What the file states to be the extension of its photo, without a dot, up to what is no letter
     * or digit; NULL: it states none.  May be NULL. */
    const char *(*photo_extension)(const char *bytes, size_t size);
    /* Whether this program can write them; NULL: it can. */
    enum tn_status (*check)(struct tn_error *err);
};

extern const struct app_sidecar_kind app_sidecar_txt, app_sidecar_xmp, app_sidecar_caption;

/* All kinds, and the names that --sidecar takes, which end in NULL. */
enum { APP_SIDECAR_COUNT = 3 };
extern const struct app_sidecar_kind *const app_sidecar_kinds[APP_SIDECAR_COUNT];
extern const char *const app_sidecar_names[APP_SIDECAR_COUNT + 1];

struct app_sidecar_options {
    enum app_existing existing;
    enum app_sidecar_name name;
    const char *directory; /* NULL: beside the photos; otherwise the tree that they are mirrored
                              into, made as needed (app/output/sidecar_path.h says how) */
    const struct app_walk_options *inputs; /* borrowed for the call */
    const struct app_guard *guard;         /* borrowed for the output's life; may be NULL */
};

/* Errors: TN_NOMEM, TN_IO, those of the kind's check. */
TN_NODISCARD enum tn_status app_sidecar_create(const struct app_sidecar_kind *kind,
                                               const struct app_sidecar_options *options,
                                               struct app_output **ret_output,
                                               struct tn_error *err);

#endif
