/* SPDX-License-Identifier: MIT */
/* What a data set is built with: a reader gives it photos and captions. */
#ifndef DATA_BUILDER_H
#define DATA_BUILDER_H

#include "base/map.h"
#include "data/sets/dataset.h"

/* Collects one dataset.  Photos are keyed by name; captions may come in any order. */
struct data_builder {
    struct data_set *dataset;
    const char *source;    /* the file that is read, for messages; borrowed */
    size_t line, item;     /* in source, from 1, for messages; 0: they would not help */
    const char *folder;    /* names in source count from this folder of the set, with a slash at
                              its end; NULL: from the set's; borrowed */
    enum data_split split; /* of photos of which source does not say it */
    struct tn_map names;   /* of the photos; the index is the photo */
    struct tn_map rows;    /* those read so far */
    size_t captions_capacity, photos_capacity, text_capacity;
};
/* All but the dataset. */
void data_builder_finish(struct data_builder *builder);

/* TN_FORMAT with the place in the source. */
enum tn_status data_builder_fail(const struct data_builder *builder, struct tn_error *err,
                                 const char *format, ...) TN_PRINTF(3, 4);
#define data_builder_fail(...) tn_status_known(data_builder_fail(__VA_ARGS__), TN_FORMAT)

/* Appends a string to the dataset's text. */
TN_NODISCARD enum tn_status data_builder_text(struct data_builder *builder, const char *text,
                                              size_t length, size_t *ret_offset,
                                              struct tn_error *err);
/* Whether a row, as it is written, is not one that was read before; otherwise it is noted. */
TN_NODISCARD enum tn_status data_builder_row(struct data_builder *builder, const char *row,
                                             size_t length, bool *ret_new, struct tn_error *err);
/* Finds the photo called name, or adds it; "./" before it does not count.  Errors: an empty name,
 * or one longer than a path. */
TN_NODISCARD enum tn_status data_builder_photo(struct data_builder *builder, const char *name,
                                               size_t length, size_t *ret_photo,
                                               struct tn_error *err);
/* Adds a caption; whitespace around it is cut, and one of nothing else is passed over.  Errors:
 * longer than DATA_MAX_CAPTION bytes, no UTF-8. */
TN_NODISCARD enum tn_status data_builder_caption(struct data_builder *builder, size_t photo,
                                                 const char *text, size_t length,
                                                 struct tn_error *err);

#endif
