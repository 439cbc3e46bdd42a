/* SPDX-License-Identifier: MIT */
/* The mean of the photos that a net of Caffe was trained on: a .binaryproto file. */
#ifndef EXCHANGE_MEAN_FILE_H
#define EXCHANGE_MEAN_FILE_H

#include "base/status.h"

/* Its mean over each channel, in the net's order of them.  Errors name the file: those of
 * tn_read_file, TN_FORMAT, TN_RANGE, TN_UNSUPPORTED where protobuf-c is missing. */
TN_NODISCARD enum tn_status exchange_mean_read(const char *path, float ret_mean[3],
                                               struct tn_error *err);

#endif
