/* SPDX-License-Identifier: MIT */
/* From V to results, for all batches of a call; private to models/captioner*.c. */
#ifndef MODELS_CAPTIONER_WRITER_H
#define MODELS_CAPTIONER_WRITER_H

#include "models/captioner/captioner_private.h"
#include "models/captioner/differ.h"
#include "models/captioner/forbidden.h"

/* Searches per photo at most, for captions that differ. */
enum { CAPTIONER_SEARCHES = 10 };

/* How a call wants its captions. */
struct captioner_writer {
    const struct captioner_writing *writing; /* borrowed */
    struct search_options options;           /* of a photo's first search */
    struct forbidden forbidden;
    struct differ *differ; /* NULL: all captions of a photo are of one search */
};

/* Sees to it that the captioner has what the call needs.  The caller finishes the writer after
 * success.  Errors: TN_RANGE for what is out of range or needs another model, TN_NOMEM. */
TN_NODISCARD enum tn_status captioner_writer_init(struct captioner_writer *writer,
                                                  struct captioner *captioner,
                                                  const struct captioner_writing *writing,
                                                  struct tn_error *err);
void captioner_writer_finish(struct captioner_writer *writer);

/* Captions of the first rows of captioner->encoder, each into the result of its photo. */
TN_NODISCARD enum tn_status captioner_writer_run(const struct captioner_writer *writer,
                                                 struct captioner *captioner, size_t rows,
                                                 struct captioner_result **results,
                                                 struct tn_error *err);

#endif
