/* SPDX-License-Identifier: MIT */
/* The work behind `caption distill`, and its parts in the order in which they are made.  Each part
 * is zeroed before, and finished by the caller, even after failure. */
#ifndef APP_DISTILL_RUN_H
#define APP_DISTILL_RUN_H

#include "app/training/train_loop.h"
#include "data/pixels.h"
#include "data/pool5.h"
#include "data/teacher.h"
#include "train/fit/expected_words.h"

#include <stdbool.h>

/* What the command line asks for. */
struct distill_command {
    struct train_settings loop;
    struct app_list photos, data; /* --photos, --data */
    const char *images, *teacher, *cache;
    const char *encoder; /* --encoder: begins, and an encoder file is written */
    const char *model;   /* --model: the same, and the whole model is written; NULL: not given */
    bool skip_missing, no_mirror, random_start;
    size_t language, from; /* choices; from: of train_cnn_layers */
    size_t words, batch;
    double dropout, teacher_weight, words_weight, dev_share; /* dev_share below 0: not given */
};

/* Whether only layers behind pool5 are trained. */
bool distill_is_dense(const struct distill_command *command);

/* Trains, and prints what happens on stderr. */
TN_NODISCARD enum tn_status distill_command_run(const struct distill_command *command,
                                                struct tn_error *err);

/* The photos, and what is known about them. */
struct distill_data {
    struct data_set dataset;
    struct data_photo_id *ids; /* [photos]; owned */
    struct teacher teacher;
    struct data_pool5 pool5;   /* where only the layers behind it are trained */
    struct data_pixels pixels; /* otherwise */
    struct vocab *vocab;
    struct expected_words words; /* zeroed: none */
};
/* cache: the file of pool5. */
TN_NODISCARD enum tn_status distill_data_make(struct distill_data *data,
                                              const struct distill_command *command,
                                              const struct tn_file *encoder, const char *cache,
                                              struct tn_pool *pool, struct tn_error *err);
void distill_data_finish(struct distill_data *data);

/* Fails when the folder of path has not so many bytes free for `what`, which is also said. */
TN_NODISCARD enum tn_status distill_check_space(const char *path, size_t bytes, const char *what,
                                                struct tn_error *err);

#endif
