/* SPDX-License-Identifier: MIT */
/*
 * Photos and what people said about them, in the forms such sets are handed around in
 * (docs/data.md):
 *
 *   - a folder of photos with a .txt, or else a .caption, beside each, one caption per line:
 *     x.jpg.txt, or x.txt, which is the first one's where photos share a stem
 *   - a table of image and caption: TSV or CSV, with or without a header
 *   - JSON: a list of photos, JSONL, Karpathy's dataset_*.json, COCO's captions, sd-scripts' maps
 *   - Hugging Face's imagefolder: metadata.jsonl or metadata.csv, in a folder per split
 *   - WebDataset's tar files
 *   - Flickr8k's own files
 *   - a folder of photos that have descriptions in XMP, IPTC or EXIF, or XMP sidecars, where it is
 *     none of the above: what this program wrote does not count (metadata/metadata.h)
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/status.h"
#include "data/place.h"

#include <stdbool.h>
#include <stddef.h>

enum { DATA_MAX_CAPTION = 65536 };

/* NONE: the set does not say.  OUT: left out of every use, for instance since it cannot be read. */
enum data_split {
    DATA_SPLIT_NONE,
    DATA_SPLIT_TRAIN,
    DATA_SPLIT_DEV,
    DATA_SPLIT_TEST,
    DATA_SPLIT_OUT
};

struct data_photo {
    size_t name;                /* offset in text: as the set calls it */
    size_t path;                /* offset in text: where the photo lies, as messages call it */
    size_t archive;             /* offset in text: the tar that it is in, where size is not 0 */
    uint64_t offset, size;      /* of its bytes in that tar */
    size_t first, caption_count; /* its captions; none of a photo of data/photo_list.h */
    enum data_split split;
};

struct data_caption {
    size_t photo;
    size_t text; /* offset in text: any bytes but NUL, UTF-8 when the set is sound */
};

/* What is said of a set that is read nevertheless. */
enum data_note_kind {
    DATA_NOTE_RENAMED,     /* photos that were found under another name */
    DATA_NOTE_MISSING,     /* photos whose file is not there */
    DATA_NOTE_UNDESCRIBED, /* photos without a caption */
    DATA_NOTE_WORDLESS,    /* captions without a word */
    DATA_NOTE_REPEATED,    /* rows of a table that repeat another one */
    DATA_NOTE_KNOWN,       /* photos that a set before has, too */
    DATA_NOTES
};

struct data_note {
    size_t count;
    char first[200]; /* the photos of the first of them, separated by commas */
};

struct data_set {
    struct data_photo *photos;     /* owned; in the order the set names them */
    struct data_caption *captions; /* owned; a photo's captions lie together */
    size_t photo_count, caption_count;
    char *text; /* owned; NUL-terminated strings */
    size_t text_used;
    struct data_note notes[DATA_NOTES];
    bool said_in_photos; /* the captions are in the photos' metadata */
};

struct data_set_options {
    const char *images; /* folder of the photos; NULL, or when the set's are not there: looked for
                           beside the captions */
    enum data_split splits[3]; /* those wanted; all NONE: every split.  Photos of a set without
                                   splits are always wanted */
    bool skip_missing;       /* leave photos out that are not there, instead of failing */
    bool without_files;      /* photos need not be there: vectors of them are given */
    bool in_photos;          /* of a folder, the captions that are in the photos' metadata */
    const char *language;    /* which of those, "en" (also for NULL) */
};

/* Reads the set at path, its kind found from the files' names and contents.  The caller finishes
 * the dataset.  Errors: TN_NOTFOUND (nothing there; photos that are not there, with their number
 * and the first few names), TN_FORMAT (with file and line), TN_NOMEM. */
TN_NODISCARD enum tn_status data_set_load(const char *path, const struct data_set_options *options,
                                          struct data_set *ret_dataset, struct tn_error *err);
/* Appends a copy of what `other` holds.  A photo that lies where one of the dataset does is that
 * photo: it gets the captions, and is learnt from if both sets say so. */
TN_NODISCARD enum tn_status data_set_append(struct data_set *dataset, const struct data_set *other,
                                            struct tn_error *err);
/* Fine on a zeroed dataset. */
void data_set_finish(struct data_set *dataset);

const char *data_set_path(const struct data_set *dataset, size_t photo);
struct data_place data_set_place(const struct data_set *dataset, size_t photo);
const char *data_set_name(const struct data_set *dataset, size_t photo);
const char *data_set_caption(const struct data_set *dataset, size_t caption);

/* What is said behind the count: "captions without a word were left out". */
const char *data_note_text(enum data_note_kind kind, size_t count);

/* "train", "dev" (also "val"), "test"; NONE for "all".  false: no such split. */
bool data_split_parse(const char *text, enum data_split *ret_split);

#endif
