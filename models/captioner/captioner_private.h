/* SPDX-License-Identifier: MIT */
/* What a captioner consists of; private to models/captioner*.c. */
#ifndef MODELS_CAPTIONER_PRIVATE_H
#define MODELS_CAPTIONER_PRIVATE_H

#include "models/captioner/captioner.h"
#include "models/captioner/photo_encoder.h"
#include "models/file/model_file.h"
#include "models/search.h"

#include <stddef.h>

enum { CAPTIONER_FINGERPRINT_SIZE = 17 };

struct captioner {
    struct model model;
    const struct model_decoder *decoder;
    struct tn_pool *pool;
    struct photo_encoder encoder;
    struct search *search; /* made when first needed, made again for larger options */
    struct search_limits limits;
    struct consensus_ranker *ranker; /* made with the search; NULL without a consensus */
    struct keywords *keywords;       /* made when first needed */
    struct relevance *relevance;     /* likewise */
    struct image_options image;
    size_t max_batch, width; /* width: of V */
    char fingerprint[CAPTIONER_FINGERPRINT_SIZE];
};

/* Tells a failure of the library within to the caller without; returns the status. */
enum captioner_status captioner_report(enum tn_status status, const struct tn_error *err,
                                       struct captioner_error *error);

/* TN_UNSUPPORTED for a captioner that was loaded for vectors. */
TN_NODISCARD enum tn_status captioner_check_photos(const struct captioner *captioner,
                                                   struct tn_error *err);

/* A photo as the encoder reads it.  Errors: those of image_load and
 * image_resize. */
TN_NODISCARD enum tn_status captioner_read_photo(const struct captioner *captioner,
                                                 const struct captioner_photo *photo,
                                                 unsigned char *pixels, struct tn_error *err);

#endif
