/* SPDX-License-Identifier: MIT */
/* What the outputs get of what the captioner found: the captions that are wanted, worded as wanted.
 */
#ifndef APP_WORDING_H
#define APP_WORDING_H

#include "base/status.h"
#include "models/captioner/captioner.h"

#include <stdbool.h>

enum { APP_MOST_CAPTIONS = 64 };

struct app_wording {
    double min_confidence;       /* captions below it are left out */
    const char *prefix, *suffix; /* of each caption; NULL for none */
    bool any_picture;            /* what is no photo has captions, too */
};

struct app_worded {
    struct captioner_result result; /* borrows what the captioner found */
    struct captioner_caption captions[APP_MOST_CAPTIONS];
    char *texts; /* of the captions where they have a prefix or suffix; owned */
};

/* Of a picture that is no photo, nothing is left.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status app_word(const struct app_wording *wording,
                                     const struct captioner_result *result,
                                     struct app_worded *ret_worded, struct tn_error *err);
void app_worded_finish(struct app_worded *worded);

/* Whether a text may stand beside captions: UTF-8 without noncharacters and control characters, but
 * those of `kept` ("" or "\t\n"). */
bool app_is_wording(const char *text, const char *kept);

#endif
