/* SPDX-License-Identifier: MIT */
/* What `caption train`, `caption eval` and `caption calibrate` share: data with features. */
#ifndef APP_TRAINING_H
#define APP_TRAINING_H

#include "app/cli/console.h"
#include "app/cli/options.h"
#include "data/corpus.h"
#include "data/photo_features.h"
#include "models/file/model_file.h"

#include <stdbool.h>

struct app_data_options {
    struct app_list data; /* --data */
    const char *images;   /* --images */
    const char *cache;    /* --cache */
    const char *vectors;  /* --vectors: in place of V; NULL: V is computed */
    const char *names;    /* --vectors-names */
    bool in_photos;       /* --captions-in-photos */
    const char *language; /* of those; not an option here */
    bool alone;           /* of a team, by this process only */
    bool skip_missing;    /* --skip-missing: photos that are not there or cannot be read */
    bool mirrored;
    enum data_split splits[3];
};
/* cache: the help of --cache; NULL: there is no such option. */
void app_data_add_options(struct app_table *table, struct app_data_options *options,
                          const char *cache);

struct app_data {
    struct data_set dataset;
    struct data_features features;
    size_t *ends; /* [sets]: photos of the dataset that are in each --data or before; owned */
    size_t sets;
};

/* Reads and joins the sets, and makes their photos' features with the encoder's weights, or takes
 * those of --vectors.  Photos that cannot be read are named on stderr and left out with
 * --skip-missing, otherwise an error.  The caller finishes the data. */
TN_NODISCARD enum tn_status app_data_load(const struct app_data_options *options,
                                          const struct tn_file *weights, struct tn_pool *pool,
                                          struct app_data *ret_data, struct tn_error *err);
/* Whether the vectors, if there are any, are as long as those that a decoder reads.  Errors:
 * TN_SHAPE.
 */
TN_NODISCARD enum tn_status app_data_check_width(const struct app_data_options *options,
                                                 const struct app_data *data,
                                                 const struct model *model,
                                                 const struct model_decoder *decoder,
                                                 struct tn_error *err);
/* In sets that name no splits and hold photos that a model was trained on: TRAIN for these and DEV
 * for the others.  Returns how many photos of all sets the model was trained on. */
size_t app_data_know(struct app_data *data, const struct model_photos *trained_on);
/* Says on stderr what was read of a set nevertheless. */
void app_data_warn(const char *source, const struct data_set *set);
/* Says on stderr which photos of the data are not in the corpus since no caption of theirs holds a
 * word. */
void app_warn_wordless(const struct app_data *data, const struct data_corpus *corpus);
/* Reports of a struct tn_progress whose context is a struct app_status: with the time that is left,
 * of one kind of work, and of one that has stages.  false: interrupted. */
bool app_show_photos(void *context, const char *doing, size_t done, size_t count);
bool app_show_count(void *context, const char *doing, size_t done, size_t count);
bool app_show_stage(void *context, const char *doing, size_t done, size_t count);
/* Fine on zeroed data. */
void app_data_finish(struct app_data *data);

#endif
