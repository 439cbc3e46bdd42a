/* SPDX-License-Identifier: MIT */
/* Captions for the pictures of many pages, each picture once per language. */
#ifndef APP_CAPTIONS_H
#define APP_CAPTIONS_H

#include "app/alt/picture.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct alt_captions;

struct alt_captions_options {
    const char *model;    /* its file; NULL: the usual one */
    const char *language; /* of all captions; NULL: that of the page */
    size_t threads, max_pixels;
};

/* What is known about a picture.  Texts are borrowed until captions are destroyed. */
struct alt_caption {
    const char *text; /* NULL: there is none, and why says why */
    const char *why;
    double confidence;
};

/* Opens the model.  options is borrowed until the caller destroys the captions. */
TN_NODISCARD enum tn_status alt_captions_create(const struct alt_captions_options *options,
                                                struct alt_captions **ret_captions,
                                                struct tn_error *err);
void alt_captions_destroy(struct alt_captions *captions);

/* Captions pictures of a page in that language ("en-GB"; NULL: it does not say).  Of a picture
 * that is not there, or in a language that the model does not speak, the reason is told. */
TN_NODISCARD enum tn_status alt_captions_make(struct alt_captions *captions, const char *language,
                                              const struct alt_picture *pictures, size_t count,
                                              struct alt_caption *results, struct tn_error *err);

#endif
