/* SPDX-License-Identifier: MIT */
/*
 * The captioning of any number of photos: readers on all cores, the network and the search in
 * batches, and the results put into the outputs in the order of the inputs.
 *
 *     walk -> readers -> window of photos -> captioner, 24 at a time -> outputs
 *
 * A reader takes the next input and a place in the window, and decodes and resizes the photo into
 * it; what is captioned at once is whatever has been read, so that a large photo holds up the
 * output but not the work.  The window bounds memory, whatever the number of photos.  What has been
 * read is captioned at once where the next input has to be waited for.
 */
#ifndef APP_BATCH_H
#define APP_BATCH_H

#include "app/caption/ahead.h"
#include "app/caption/wording.h"
#include "app/cli/walk.h"
#include "app/output/output.h"

#include <stdio.h>

enum { APP_BATCH_AT_ONCE = 24 }; /* what the captioner's max_batch should be, for several photos */

/* Where inputs come from, one at a time; called by one thread at a time. */
struct app_source {
    /* The next one, which may be waited for.  At the end, which an interrupt is, too, *ret_input
     * has a NULL path. */
    enum tn_status (*next)(void *context, struct app_input *ret_input, struct tn_error *err);
    /* Whether next would give one, or the end, without waiting for other programs. */
    bool (*ready)(void *context);
    void *context;
};

struct app_batch {
    struct captioner *captioner;
    /* Of the further languages: they read V that the first one makes. */
    struct captioner *further[APP_MOST_TRANSLATIONS];
    size_t further_count;
    struct app_ahead *ahead; /* the one photo, where a thread reads it already; or NULL */
    struct captioner_writing writing;
    struct app_walk_options inputs;
    const struct app_source *source; /* NULL: the walk over the inputs.  Of another one, a photo
                                        that is gone when it is read is passed over */
    struct app_output *const *outputs;
    size_t output_count;
    size_t threads;        /* readers; 0: one per core */
    size_t max_pixels;     /* 0: the usual limit */
    struct app_wording wording;
    FILE *errors;          /* receives path<TAB>reason, escaped, of each that failed; or NULL */
    bool progress;         /* a line on stderr where it is a terminal */
    bool summary;          /* a line on stderr at the end */
    bool notes;            /* a line on stderr on files that were passed over */
    bool report_skipped;   /* a line on stderr for each photo that has its caption already */
    bool report_left_out;  /* and for each that gets none since it shows nothing, or keeps a
                              person's although captions are written again */
    bool single;           /* one photo: one reader will do */
    bool log;              /* a line on stderr for each photo that was captioned */
};

struct app_batch_counts {
    size_t captioned, skipped, failed;
    size_t unsure; /* no caption reached the confidence asked for */
    size_t spared; /* photos of which some output keeps what a person may have written */
    size_t blank;  /* pictures that show nothing, and got no caption */
};

/*
 * Runs over all inputs.  What fails for one photo is named on stderr and the run goes on.  Errors:
 * what ends the run (an output that cannot be written, memory), and TN_CANCELLED when an interrupt
 * (app_hold_interrupts) came; what was put until then stands, and counts are true in all cases.
 */
TN_NODISCARD enum tn_status app_batch_run(const struct app_batch *batch,
                                          struct app_batch_counts *ret_counts,
                                          struct tn_error *err);

/* What the followers of a team do meanwhile: they read and caption what the leader's run gives
 * them, with the same captioner and writing. */
TN_NODISCARD enum tn_status app_batch_follow(const struct app_batch *batch, struct tn_error *err);

#endif
