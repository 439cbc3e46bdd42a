/* SPDX-License-Identifier: MIT */
/* What the readers of datasets share: the builder that photos and captions are given to. */
#ifndef DATA_DATASET_PRIVATE_H
#define DATA_DATASET_PRIVATE_H

#include "base/map.h"
#include "data/dataset.h"

/* Collects one dataset.  Photos are keyed by name; captions may come in any order. */
struct data_builder {
    struct data_set *dataset;
    const char *source; /* the file that is read, for messages; borrowed */
    struct tn_map names; /* of the photos; the index is the photo */
    size_t captions_capacity, photos_capacity, text_capacity;
};
/* Finds the photo called name, or adds it.  Errors: an empty name, or one longer than a path. */
TN_NODISCARD enum tn_status data_builder_photo(struct data_builder *builder, const char *name,
                                               size_t length, size_t *ret_photo,
                                               struct tn_error *err);
/* Adds a caption; whitespace around it is cut, and one of nothing else is passed over.  Errors:
 * longer than DATA_MAX_CAPTION bytes. */
TN_NODISCARD enum tn_status data_builder_caption(struct data_builder *builder, size_t photo,
                                                 const char *text, size_t length,
                                                 struct tn_error *err);

/* Counts one more in a note; the first names stay. */
void data_note_add(struct data_note *note, const char *name);
void data_note_join(struct data_note *note, const struct data_note *other);

/* Keeps the photos of the wanted splits that have captions and are there; DATA_NOTE_MISSING counts
 * those that are not there.  source and images (the folder they are looked for in) are for
 * messages. */
TN_NODISCARD enum tn_status data_set_select(struct data_set *dataset, const char *source,
                                            const char *images,
                                            const struct data_set_options *options,
                                            struct tn_error *err);

/* The readers: each gives the photos and captions of `text` to the builder. */
TN_NODISCARD enum tn_status data_read_table(struct data_builder *builder, const char *text,
                                            size_t size, struct tn_error *err);
TN_NODISCARD enum tn_status data_read_json(struct data_builder *builder, const char *text,
                                           size_t size, struct tn_error *err);
/* A split list, one photo per line: each photo of the builder that it names gets the split. */
void data_read_split(struct data_builder *builder, const char *text, size_t size,
                     enum data_split split);
/* The photos below a folder that have a .txt or .caption beside them; names are relative to the
 * folder. */
TN_NODISCARD enum tn_status data_read_sidecars(struct data_builder *builder, const char *folder,
                                               struct tn_error *err);
/* The photos below a folder that say in metadata what they show, in a language (NULL: "en") if they
 * say it in several. */
TN_NODISCARD enum tn_status data_read_said(struct data_builder *builder, const char *folder,
                                           const char *language, struct tn_error *err);

#endif
