/* SPDX-License-Identifier: MIT */
/*
 * What the readers of datasets share: whole text files, and the builder that photos and captions
 * are given to.
 */
#ifndef TRAIN_INTERNAL_H
#define TRAIN_INTERNAL_H

#include "base/map.h"
#include "data/dataset.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads a whole file of at most 2 GiB into *ret_bytes, which the caller frees; a NUL follows the
 * last byte. */
TN_NODISCARD enum tn_status train_read_bytes(const char *path, char **ret_bytes, size_t *ret_size,
                                             struct tn_error *err);
/* Takes a byte order mark, which Windows' programs put before UTF-8, from a text's front. */
void train_drop_mark(char *text, size_t *size);
/* Reads a whole text file of at most 2 GiB into *ret_text, which the caller frees; a NUL follows
 * the last byte, and a byte order mark at the front is left out.  TN_FORMAT: there is a NUL in it.
 */
TN_NODISCARD enum tn_status train_read_text(const char *path, char **ret_text, size_t *ret_size,
                                            struct tn_error *err);

/* "folder/name"; an absolute name, or an empty folder, gives the name alone.  The caller frees it;
 * NULL when out of memory. */
char *train_join_path(const char *folder, const char *name);
/* The folder a path lies in ("." for a bare name); the caller frees it; NULL when out of memory. */
char *train_folder_of(const char *path);
bool train_exists(const char *path);
/* Whether a name ends in an extension that photos have. */
bool train_is_photo_name(const char *name, size_t length);

/* Collects one dataset.  Photos are keyed by name; captions may come in any order. */
struct train_builder {
    struct train_dataset *dataset;
    const char *source; /* the file that is read, for messages; borrowed */
    struct tn_map names; /* of the photos; the index is the photo */
    size_t captions_capacity, photos_capacity, text_capacity;
};
/* Finds the photo called name, or adds it.  Errors: an empty name, or one longer than a path. */
TN_NODISCARD enum tn_status train_builder_photo(struct train_builder *builder, const char *name,
                                                size_t length, size_t *ret_photo,
                                                struct tn_error *err);
/* Adds a caption; blanks around it are cut, and one of nothing else is passed over.  Errors: longer
 * than TRAIN_MAX_CAPTION bytes. */
TN_NODISCARD enum tn_status train_builder_caption(struct train_builder *builder, size_t photo,
                                                  const char *text, size_t length,
                                                  struct tn_error *err);

/* Keeps the photos of the wanted splits that have captions and are there; dataset->missing counts
 * those that are not there.  source and images (the folder they are looked for in) are for
 * messages. */
TN_NODISCARD enum tn_status train_dataset_select(struct train_dataset *dataset, const char *source,
                                                 const char *images,
                                                 const struct train_dataset_options *options,
                                                 struct tn_error *err);

/* The readers: each gives the photos and captions of `text` to the builder. */
TN_NODISCARD enum tn_status train_read_table(struct train_builder *builder, const char *text,
                                             size_t size, struct tn_error *err);
TN_NODISCARD enum tn_status train_read_json(struct train_builder *builder, const char *text,
                                            size_t size, struct tn_error *err);
/* A split list, one photo a line: each photo of the builder that it names gets the split. */
void train_read_split(struct train_builder *builder, const char *text, size_t size,
                      enum train_split split);
/* The photos below a folder that have a .txt beside them; names are relative to the folder. */
TN_NODISCARD enum tn_status train_read_sidecars(struct train_builder *builder, const char *folder,
                                                struct tn_error *err);

#endif
