/* SPDX-License-Identifier: MIT */
/* What `caption eval`, `caption consensus` and `caption calibrate` share: a trained model, and
 * captioned photos for it. */
#ifndef APP_TRAINED_H
#define APP_TRAINED_H

#include "app/training/training.h"
#include "data/batch.h"

struct app_trained_options {
    struct app_data_options data;
    const char *model, *language; /* NULL: the usual model, its first decoder */
    size_t threads;
};
void app_trained_add_options(struct app_table *table, struct app_trained_options *options);

/* Zero-initialise to begin; the caller finishes it in every case. */
struct app_trained {
    struct tn_pool *pool;
    char *path; /* the model's */
    struct model model;
    const struct model_decoder *chosen; /* borrowed from the model; NULL: none is loaded */
    struct app_data data;
    struct data_corpus corpus; /* the captions of the photos that count */
};
/* Loads the model and chooses its decoder. */
TN_NODISCARD enum tn_status app_trained_open(struct app_trained *trained,
                                             const struct app_trained_options *options,
                                             struct tn_error *err);
/* Loads the photos as the decoder wants them. */
TN_NODISCARD enum tn_status app_trained_load_data(struct app_trained *trained,
                                                  const struct app_data_options *options,
                                                  struct tn_error *err);
/* Reads the captions of the wanted photos with the decoder's words. */
TN_NODISCARD enum tn_status app_trained_make_corpus(struct app_trained *trained,
                                                    bool (*is_in)(const struct data_photo *photo),
                                                    struct tn_error *err);
/* Photos as the decoder takes them; corpus and features are borrowed. */
struct data_source app_trained_source(const struct app_trained *trained,
                                      const struct data_corpus *corpus,
                                      const struct data_features *features);
void app_trained_finish(struct app_trained *trained);

#endif
