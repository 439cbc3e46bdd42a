/* SPDX-License-Identifier: MIT */
/*
 * A teacher: features that stronger networks gave photos, for an encoder to learn to predict
 * (knowledge distillation).  docs/format.md describes the file.
 */
#ifndef DATA_TEACHER_H
#define DATA_TEACHER_H

#include "data/sets/dataset.h"
#include "tensor/safetensors.h"

enum { TEACHER_MAX_PARTS = 8 };

/* One network's features. */
struct teacher_part {
    const struct tn_tensor *values; /* [rows][width] */
    const float *scale;             /* [rows], for int8; NULL: steps of 6/127 */
    size_t rows, width;
    size_t first; /* of its columns among those of all parts */
};

struct teacher {
    struct tn_file *file; /* owned */
    struct teacher_part parts[TEACHER_MAX_PARTS];
    size_t part_count;
    size_t width;  /* of all parts side by side */
    size_t photos; /* of the dataset */
    size_t *rows;  /* [photos]: SIZE_MAX for one without; owned */
    size_t known;  /* photos with a row */
};

/* Opens the file and the list of its photos beside it (x.safetensors: x-images.txt), and finds the
 * dataset's photos in it by their file names.  The caller finishes the teacher.  Errors name the
 * file; TN_NOTFOUND when it names none of the photos. */
TN_NODISCARD enum tn_status teacher_open(const char *path, const struct data_set *dataset,
                                         struct teacher *ret_teacher, struct tn_error *err);
/* Fine on a zeroed teacher. */
void teacher_finish(struct teacher *teacher);

/* 16 hexadecimal digits that distinguish teachers of different features, or of other photos. */
void teacher_fingerprint(const struct teacher *teacher, char ret_text[17]);

/* Whether a part knows the photo; out[part->width] are then its features. */
bool teacher_get(const struct teacher *teacher, const struct teacher_part *part, size_t photo,
                 float *out);

#endif
