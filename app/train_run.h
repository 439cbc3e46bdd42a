/* SPDX-License-Identifier: MIT */
/* The work behind `caption train`. */
#ifndef APP_TRAIN_RUN_H
#define APP_TRAIN_RUN_H

#include "app/train_loop.h"
#include "app/training.h"

/* What the command line asks for. */
struct train_command {
    struct app_data_options data;
    struct train_settings loop;
    const char *encoder;
    const char *start; /* a model whose decoder the training begins with; NULL: none */
    bool no_mirror, scst;
    size_t language, cell, storage; /* choices */
    size_t layers, hidden, embedding, min_count, max_words;
    size_t batch, beam, samples;
    double dropout, image_dropout, smoothing;
};

/* Trains, and prints what happens on stderr. */
TN_NODISCARD enum tn_status train_command_run(const struct train_command *command,
                                              struct tn_error *err);

#endif
