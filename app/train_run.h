/* SPDX-License-Identifier: MIT */
/* The work behind `caption train`. */
#ifndef APP_TRAIN_RUN_H
#define APP_TRAIN_RUN_H

#include "app/training.h"
#include "train/trainer.h"

/* What the command line asks for. */
struct train_command {
    struct app_data_options data;
    const char *output, *encoder, *curve;
    bool resume, no_mirror, quiet;
    size_t language, cell, optimiser, schedule, storage; /* choices */
    size_t layers, hidden, embedding, min_count, max_words;
    size_t epochs, batch, patience, beam, seed, threads;
    double rate, warmup, dropout, image_dropout, smoothing, weight_decay, clip;
};

/* Trains, and prints what happens on stderr. */
TN_NODISCARD enum tn_status train_command_run(const struct train_command *command,
                                              struct tn_error *err);

/* The lines about a run. */
struct train_report {
    struct app_status status;
    bool quiet;
    bool scored; /* there are dev photos */
};
void train_report_data(const struct train_report *report, const struct train_source *train,
                       const struct train_source *dev, const struct vocab *vocab);
void train_report_step(struct train_report *report, const struct train_progress *progress);
void train_report_epoch(const struct train_report *report, const struct trainer *trainer);
void train_report_end(const struct train_report *report, const struct trainer *trainer,
                      const char *model, const char *curve);

#endif
