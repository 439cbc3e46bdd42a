/* SPDX-License-Identifier: MIT */
/*
 * Photos and what people said about them, in the forms such sets are handed around in:
 *
 *   - Flickr8k's own files: Flickr8k.token.txt, Flickr_8k.trainImages.txt, .devImages.txt and
 *     .testImages.txt
 *   - Karpathy's dataset_*.json (split "restval" counts as train, "val" as dev)
 *   - COCO captions: {"images": [...], "annotations": [...]}; captions_val*.json is dev
 *   - a table of image and caption: TSV (no quoting), or CSV (RFC 4180); with or without a header
 *   - a folder of photos with a .txt beside each, one caption per line: x.jpg.txt, or x.txt,
 *     which is the first one's where photos share a stem
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRAIN_MAX_CAPTION = 65536 };

/* NONE: the set does not say.  OUT: left out of every use, for instance since it cannot be read. */
enum train_split {
    TRAIN_SPLIT_NONE,
    TRAIN_SPLIT_TRAIN,
    TRAIN_SPLIT_DEV,
    TRAIN_SPLIT_TEST,
    TRAIN_SPLIT_OUT
};

struct train_photo {
    size_t name;                /* offset in text: as the set calls it */
    size_t path;                /* offset in text: where the photo lies */
    size_t first, caption_count; /* its captions; at least one */
    enum train_split split;
};

struct train_caption {
    size_t photo;
    size_t text; /* offset in text: any bytes but NUL, UTF-8 when the set is sound */
};

struct train_dataset {
    struct train_photo *photos;     /* owned; in the order the set names them */
    struct train_caption *captions; /* owned; a photo's captions lie together */
    size_t photo_count, caption_count;
    char *text; /* owned; NUL-terminated strings */
    size_t text_used;
    size_t missing; /* photos left out because their file is not there */
};

struct train_dataset_options {
    const char *images; /* folder of the photos; NULL, or when the set's are not there: looked for
                           beside the captions */
    enum train_split splits[3]; /* those wanted; all NONE: every split.  Photos of a set without
                                   splits are always wanted */
    bool skip_missing;       /* leave photos out that are not there, instead of failing */
};

/* Reads the set at path, its kind found from the files' names and contents.  The caller finishes
 * the dataset.  Errors: TN_NOTFOUND (nothing there; photos that are not there, with their number
 * and the first few names), TN_FORMAT (with file and line), TN_NOMEM. */
TN_NODISCARD enum tn_status train_dataset_load(const char *path,
                                               const struct train_dataset_options *options,
                                               struct train_dataset *ret_dataset,
                                               struct tn_error *err);
/* Appends a copy of what `other` holds. */
TN_NODISCARD enum tn_status train_dataset_append(struct train_dataset *dataset,
                                                 const struct train_dataset *other,
                                                 struct tn_error *err);
/* A set that names no dev photos gives every twentieth, or as many as make a thousand, but two at
 * least, as CIDEr-D says nothing of one; fewer than 11 photos give none. */
void train_dataset_hold_out(struct train_dataset *dataset);
/* Fine on a zeroed dataset. */
void train_dataset_finish(struct train_dataset *dataset);

const char *train_dataset_path(const struct train_dataset *dataset, size_t photo);
const char *train_dataset_name(const struct train_dataset *dataset, size_t photo);
const char *train_dataset_caption(const struct train_dataset *dataset, size_t caption);

/* "train", "dev" (also "val"), "test"; NONE for "all".  false: no such split. */
bool train_split_parse(const char *text, enum train_split *ret_split);

#endif
