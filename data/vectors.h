/* SPDX-License-Identifier: MIT */
/*
 * Vectors of photos that another program made, in place of V: CLIP's, ResNet's, or what `caption
 * features` wrote.  They come as
 *
 *   - x.npy (data/npy.h), the photos' names in x.npy.names or another text file, a line per row
 *   - x.safetensors, as `caption features` writes it: "features" F32 [rows][width], and "photos",
 *     the names
 *
 * A row has length sqrt(width) here, whatever it has in the file: its direction is what a decoder
 * reads (models/decoder_input.h), and all of it is in a 16-bit float's range.
 */
#ifndef DATA_VECTORS_H
#define DATA_VECTORS_H

#include "data/photo_features.h"
#include "data/sets/dataset.h"

struct data_vectors {
    size_t rows, width;
    uint16_t *values;   /* [rows][width] binary16; owned */
    char *text;         /* what names points into; owned */
    const char **names; /* [rows]; owned; NULL: the file comes without names */
};

/* names: the file of the names; NULL: as above.  The caller finishes the vectors.  Errors: those of
 * npy_read_header; TN_FORMAT for what is no finite number, with its row, or another number of names
 * than of rows; TN_NOTFOUND for a file that is not there. */
TN_NODISCARD enum tn_status data_vectors_load(const char *path, const char *names,
                                              struct data_vectors *ret_vectors,
                                              struct tn_error *err);
/* Fine on zeroed vectors. */
void data_vectors_finish(struct data_vectors *vectors);

/*
 * The vectors as the features of a set's photos; they move there, on success.  A photo's row is
 * found by its path, by its name in the set, or by its file's name; without names, row N is the Nth
 * photo's.  Photos without a row count as unreadable.  A photo is identified by its row, in place
 * of pixels.  path is for messages.  Errors: TN_NOTFOUND when no photo has a row; TN_FORMAT where a
 * row is of two photos, or there are no names and not as many rows as photos; TN_NOMEM.
 */
TN_NODISCARD enum tn_status data_vectors_match(struct data_vectors *vectors, const char *path,
                                               const struct data_set *dataset,
                                               struct data_features *ret_features,
                                               struct tn_error *err);

#endif
