/* SPDX-License-Identifier: MIT */
/* The work behind `caption train`. */
#ifndef APP_TRAIN_RUN_H
#define APP_TRAIN_RUN_H

#include "app/training/train_loop.h"
#include "app/training/training.h"

#define TRAIN_NOT_GIVEN SIZE_MAX

/* What the command line asks for.  What is not given is 0, or as said. */
struct train_command {
    struct app_data_options data;
    struct train_settings loop;
    const char *encoder;
    const char *start;   /* a model whose decoder the training begins with; NULL: as is chosen */
    const char *text;    /* captions without photos; NULL: none */
    const char *about;   /* a line that the model says of itself; NULL: the start's */
    const char *teacher; /* with finetune_cnn: features to learn from too; NULL: none */
    bool no_mirror, scst, finetune_cnn, from_scratch, no_consensus;
    size_t cnn_from; /* choice: the first layer that finetune_cnn trains */
    size_t captions; /* with finetune_cnn: of a photo in a step */
    double cnn_rate, cnn_dropout, teacher_weight;
    size_t language, storage; /* choices */
    size_t cell;              /* choice; TRAIN_NOT_GIVEN */
    size_t layers, hidden, embedding, image_hidden, image_rank, min_count, max_words;
    size_t batch, beam, samples;
    double dropout, image_dropout;
    double smoothing;
    double dev_share; /* below 0: not given */
};

/* The layers that --cnn-from chooses from; NULL ends them. */
extern const char *const train_cnn_layers[];

/* The captions that a set gives to train on; whether so few begin with a model that is there,
 * unless something else is asked for; and what --min-count is where it is not given. */
size_t train_count_captions(const struct data_set *dataset);
bool train_is_small(size_t captions);
size_t train_usual_min_count(bool small_start);

/* Whether --start goes with the rest: APP_PROCEED, or APP_USAGE after a message. */
int train_check_start(const struct train_command *command);

/* Trains, and prints what happens on stderr. */
TN_NODISCARD enum tn_status train_command_run(const struct train_command *command,
                                              struct tn_error *err);

#endif
