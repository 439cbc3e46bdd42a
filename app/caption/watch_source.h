/* SPDX-License-Identifier: MIT */
/*
 * Photos as they come into folders: a source of inputs (app/caption/batch.h) that ends with an
 * interrupt.  First what is there already, then what comes, each once it has come to rest.
 */
#ifndef APP_WATCH_SOURCE_H
#define APP_WATCH_SOURCE_H

#include "app/caption/batch.h"

struct app_watch;

/* inputs: the folders and what is passed over in them; borrowed.  remembering: whoever takes the
 * inputs knows which were captioned, so that all files may come again after a loss of events;
 * otherwise those come that changed since.  quiet: no lines on stderr but failures.
 * milliseconds: how often to look at the folders, 0: as the system has it.  Errors: TN_NOMEM,
 * TN_IO.
 */
TN_NODISCARD enum tn_status app_watch_create(const struct app_walk_options *inputs,
                                             bool remembering, bool quiet, int milliseconds,
                                             struct app_watch **ret_watch, struct tn_error *err);
void app_watch_destroy(struct app_watch *watch);

/* For app_batch.source; borrowed by it as long as the watch is there. */
struct app_source app_watch_source(struct app_watch *watch);

#endif
