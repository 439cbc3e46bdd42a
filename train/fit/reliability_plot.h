/* SPDX-License-Identifier: MIT */
/* The picture of a calibration, as a PNG: left the reliability diagram, the mean score of captions
 * over their mean confidence, which should lie on the diagonal; right how the confidences are
 * distributed. */
#ifndef TRAIN_RELIABILITY_PLOT_H
#define TRAIN_RELIABILITY_PLOT_H

#include "train/fit/reliability.h"

/* Confidences of photos' captions [count] with their reliability, and of empty pictures'. */
struct reliability_plot {
    const struct reliability *reliability;
    const double *photos, *empty; /* [reliability->count], [empty_count] */
    size_t empty_count;
};

TN_NODISCARD enum tn_status reliability_plot_save(const char *path,
                                                  const struct reliability_plot *plot,
                                                  struct tn_error *err);

#endif
