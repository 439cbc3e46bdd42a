/* SPDX-License-Identifier: MIT */
/* What the readers of data sets share beside the builder. */
#ifndef DATA_DATASET_PRIVATE_H
#define DATA_DATASET_PRIVATE_H

#include "data/sets/builder.h"

enum { DATA_NO_NAME = 1 << 20 };
/* How well a column's name says that the photos' names are in it, or captions: 0 is best,
 * DATA_NO_NAME not at all. */
size_t data_image_name(const char *name, size_t length);
size_t data_caption_name(const char *name, size_t length);
/* The split that a word names, or a word in a path: "train/", "val2017", "test-0001.tar". */
enum data_split data_split_of_word(const char *word, size_t length);
enum data_split data_split_of_path(const char *path);
/* Whether a file is a tar, compressed or not. */
bool data_is_tar(const char *path);

/* Counts one more in a note; the first names stay. */
void data_note_add(struct data_note *note, const char *name);
void data_note_join(struct data_note *note, const struct data_note *other);

/* Puts each photo's captions together, in the order in which they are, in room[caption_count],
 * which becomes the dataset's. */
void data_set_gather(struct data_set *dataset, struct data_caption *room);

/* Keeps the photos of the wanted splits that have captions and are there; DATA_NOTE_MISSING counts
 * those that are not there.  source and images (the folder they are looked for in) are for
 * messages. */
TN_NODISCARD enum tn_status data_set_select(struct data_builder *builder, const char *source,
                                            const char *images,
                                            const struct data_set_options *options,
                                            struct tn_error *err);

/* What is done with a file below a folder; name: its path from there. */
typedef enum tn_status data_visit_fn(void *context, const char *path, const char *name,
                                     struct tn_error *err);
/* Visits all files below the folder, in the order of their names.  A folder in it that cannot be
 * read is an error, after the others were: its photos would be missed in silence. */
TN_NODISCARD enum tn_status data_visit_files(const char *folder, data_visit_fn *visit,
                                             void *context, struct tn_error *err);

/* The readers: each gives the photos and captions of `text` to the builder. */
TN_NODISCARD enum tn_status data_read_table(struct data_builder *builder, const char *text,
                                            size_t size, struct tn_error *err);
TN_NODISCARD enum tn_status data_read_json(struct data_builder *builder, const char *text,
                                           size_t size, struct tn_error *err);
/* A caption per line. */
TN_NODISCARD enum tn_status data_read_lines(struct data_builder *builder, size_t photo,
                                            const char *text, size_t size, struct tn_error *err);
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
