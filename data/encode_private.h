/* SPDX-License-Identifier: MIT */
#ifndef DATA_ENCODE_PRIVATE_H
#define DATA_ENCODE_PRIVATE_H

#include "data/encode.h"

/* data_encode_photos with a team. */
TN_NODISCARD enum tn_status data_encode_shared(const struct data_encode *encode,
                                               const struct tn_file *weights, struct tn_pool *pool,
                                               struct tn_error *err);

#endif
