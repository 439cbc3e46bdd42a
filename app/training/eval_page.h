/* SPDX-License-Identifier: MIT */
/* The page of an evaluation: photos with their captions, scores and references, the worst first. */
#ifndef APP_EVAL_PAGE_H
#define APP_EVAL_PAGE_H

#include "app/training/eval_report.h"

/* Before hours of work: whether it can be written, and replaces nothing but an earlier one. */
TN_NODISCARD enum tn_status eval_page_check(const char *path, struct tn_error *err);
/* Photos that cannot be read any more are named on stderr and left out.  Errors: those of the
 * gallery (app/output/gallery.h); TN_CANCELLED. */
TN_NODISCARD enum tn_status eval_page_save(const struct eval_report *report, const char *path,
                                           struct tn_error *err);

#endif
