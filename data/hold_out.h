/* SPDX-License-Identifier: MIT */
/* Which photos a training sets aside to be measured by. */
#ifndef DATA_HOLD_OUT_H
#define DATA_HOLD_OUT_H

#include "data/photo_features.h"
#include "data/sets/dataset.h"
#include "models/file/model_file.h"

#define DATA_HOLD_OUT_USUAL (-1.0)

/* Gives a set that names no dev photos some: `share` of all, or DATA_HOLD_OUT_USUAL.  The usual is
 * every twentieth, or as many as make a thousand; of fewer than 800 photos the 40 that a
 * calibration needs, but no more than a fifth; fewer than 11 photos give none.  They are spread
 * evenly over the photos that are not known, those that a model was trained on before (NULL: none).
 * Photos that look the same to the encoder go together.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status data_hold_out(struct data_set *dataset,
                                          const struct data_features *features,
                                          const struct model_photos *known, double share,
                                          struct tn_error *err);

#endif
