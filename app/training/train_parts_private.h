/* SPDX-License-Identifier: MIT */
/* The parts of a run of `caption train`, in the order in which they are made.  Each is zeroed
 * before, and finished by the caller, even after failure. */
#ifndef APP_TRAIN_PARTS_PRIVATE_H
#define APP_TRAIN_PARTS_PRIVATE_H

#include "app/training/train_run.h"
#include "data/imagine/imagine.h"
#include "train/tasks/finetune.h"

/* Of --lang. */
struct train_language {
    const char *name, *prefix; /* prefix: of the decoder's tensors */
    enum vocab_language tokenizer;
};
const struct train_language *train_language(const struct train_command *command);

/* The decoder that the training begins with; without one, empty. */
struct train_start {
    struct model model;
    const struct model_decoder *decoder; /* of the model, in the language; NULL: none */
    float *theta;                        /* [floats] its weights */
    size_t floats;
};
TN_NODISCARD enum tn_status train_start_read(struct train_start *start, const char *path,
                                             const struct train_language *language,
                                             struct tn_error *err);
/* Gives its weights the words that vocab has behind those that it knows; corpus: where they are
 * from. */
TN_NODISCARD enum tn_status train_start_grow(struct train_start *start, const struct vocab *vocab,
                                             const struct data_corpus *corpus,
                                             struct tn_error *err);
/* Whether its decoder, and what was fitted to that, were made with this encoder. */
bool train_start_fits(const struct train_start *start, const struct tn_file *encoder);
void train_start_finish(struct train_start *start);

/* Where the command line leaves it open, reads the model as the start of a small set, and says on
 * stderr what was chosen. */
TN_NODISCARD enum tn_status train_choose_start(struct train_start *start,
                                               const struct train_command *command,
                                               const struct data_set *dataset, const char *model,
                                               struct tn_error *err);
/* Fills in what else is not given. */
void train_choose_rest(struct train_command *command, const struct train_start *start,
                       const struct data_set *dataset);

/* What is learnt from. */
struct train_data {
    struct app_data photos;
    struct imagine_counts imagined; /* of --text */
    struct vocab *vocab;            /* that of the start, if there is one */
    struct data_corpus train_corpus, dev_corpus;
    struct data_source train, dev;
    int64_t *trained_on; /* [trained_on_count]: the photos, for the model to know */
    size_t trained_on_count;
};
/* Reads the photos, as a start that is given takes them.  encoder: the weights' file, NULL with
 * --vectors; cache: of the features, unless --cache names another. */
TN_NODISCARD enum tn_status train_data_load(struct train_data *data,
                                            const struct train_command *command,
                                            const struct tn_file *encoder, const char *cache,
                                            const struct train_start *start, struct tn_pool *pool,
                                            struct tn_error *err);
/* Makes the rest of them; the start learns the words. */
TN_NODISCARD enum tn_status train_data_make(struct train_data *data,
                                            const struct train_command *command,
                                            struct train_start *start, struct tn_pool *pool,
                                            struct tn_error *err);
/* Says on stderr which words are new to the start, and which stay unknown. */
TN_NODISCARD enum tn_status train_report_words(const struct train_command *command,
                                               const struct train_start *start,
                                               const struct train_data *data, struct tn_error *err);
void train_data_finish(struct train_data *data);
/* Batch and epochs where they are not given: of a small set by how well its start, which has learnt
 * the words, foretells its captions. */
TN_NODISCARD enum tn_status train_choose_pace(struct train_command *command,
                                              const struct train_start *start,
                                              const struct train_data *data, struct tn_pool *pool,
                                              struct tn_error *err);

/* What --finetune-cnn needs; without it, empty. */
struct train_tuning {
    struct alexnet net;          /* which the encoder is, */
    struct cnn_network *network; /* and in float32 */
    float *theta;                /* its weights */
    struct teacher teacher;      /* of --teacher */
    struct data_pixels pixels;
};
TN_NODISCARD enum tn_status train_tuning_make(struct train_tuning *tuning,
                                              const struct train_command *command,
                                              const struct tn_file *encoder,
                                              const struct data_set *dataset, struct tn_pool *pool,
                                              struct tn_error *err);
struct finetune_options train_tuning_options(const struct train_tuning *tuning,
                                             const struct train_command *command);
void train_tuning_finish(struct train_tuning *tuning);

/* Gives the trained model, OUTPUT, a consensus and a calibration where the photos suffice, and says
 * so on stderr; uses the photos up.  Errors leave the model trained, and say how to go on. */
TN_NODISCARD enum tn_status train_complete(const struct train_command *command,
                                           const struct train_start *start, struct train_data *data,
                                           struct tn_pool *pool, struct tn_error *err);

/* All that decides the result, for the checkpoint and for the model file's "training" entry. */
enum { TRAIN_IDENTITY_SIZE = 1280 };
void train_identity_write(const struct train_command *command, const struct tn_file *encoder,
                          const struct train_start *start, const struct train_data *data,
                          const struct train_tuning *tuning,
                          const struct caption_task_options *task, char out[TRAIN_IDENTITY_SIZE]);

#endif
