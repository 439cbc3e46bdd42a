/* SPDX-License-Identifier: MIT */
/* What `caption train` and `caption eval` share: data with features, interruption, progress. */
#ifndef APP_TRAINING_H
#define APP_TRAINING_H

#include "app/options.h"
#include "train/dataset.h"
#include "train/photo_features.h"

#include <stdbool.h>
#include <time.h>

/* Keeps SIGINT and SIGTERM pending from here on, in all threads started later, so that work ends at
 * a point of its choice; and whether one has come. */
void app_hold_interrupts(void);
bool app_interrupted(void);

/* A line on stderr that is written over, when it is a terminal. */
struct app_status {
    bool terminal;
    struct timespec begin, shown;
};
void app_status_begin(struct app_status *status);
/* Whether it is time for a new line: a terminal, and 0.2 s since the last. */
bool app_status_due(struct app_status *status);
void app_status_clear(const struct app_status *status);
double app_status_seconds(const struct app_status *status);
/* "36 s", "5 min", "2.5 h" */
void app_duration_text(double seconds, char *out, size_t size);

struct app_data_options {
    struct app_list data;    /* --data */
    const char *images;      /* --images */
    const char *cache;       /* --cache */
    bool skip_missing;       /* --skip-missing: photos that are not there or cannot be read */
    bool mirrored;
    size_t max_pixels;
    enum train_split splits[3];
};
#define APP_DATA_OPTIONS_DEFAULT {.max_pixels = 250000000}

struct app_data {
    struct train_dataset dataset;
    struct train_features features;
};

/* Reads and joins the sets, and makes their photos' features.  Photos that cannot be read are named
 * on stderr and left out with --skip-missing, otherwise an error.  The caller finishes the data. */
TN_NODISCARD enum tn_status app_data_load(const struct app_data_options *options,
                                          const struct tn_file *weights, struct tn_pool *pool,
                                          struct app_data *ret_data, struct tn_error *err);
/* Fine on zeroed data. */
void app_data_finish(struct app_data *data);

#endif
