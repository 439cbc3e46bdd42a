/* SPDX-License-Identifier: MIT */
/* What `caption calibrate` says and draws, and what `caption eval` says of a calibrated model. */
#ifndef APP_CALIBRATE_REPORT_H
#define APP_CALIBRATE_REPORT_H

#include "train/fit/calibration.h"
#include "train/fit/reliability.h"

#include <stdio.h>

enum { CALIBRATE_NOTE_SIZE = 512 };

/* Everything is borrowed.  Estimates are of what the fit had not seen. */
struct calibrate_report {
    const char *output, *split;
    struct reliability reliability;
    struct calibration_estimates estimates; /* of reliability.count photos and empty_count others */
    size_t empty_count, centres;            /* photos that the centres were made of */
};

void calibrate_print(const struct calibrate_report *report, FILE *stream);
/* The lines that calibrate and eval share: errors and rank correlation. */
void calibrate_print_reliability(const struct reliability *reliability, FILE *stream);
/* JSON for the model's metadata. */
void calibrate_note(const struct calibrate_report *report, char note[CALIBRATE_NOTE_SIZE]);
TN_NODISCARD enum tn_status calibrate_draw(const struct calibrate_report *report, const char *path,
                                           struct tn_error *err);

#endif
