/* SPDX-License-Identifier: MIT */
/* Captions in several languages (--lang en,zh): the first one's captioner looks at the photo, and
 * those of the others read the V that it makes. */
#ifndef APP_LANGUAGES_H
#define APP_LANGUAGES_H

#include "app/output/output.h"

struct app_languages {
    char *names; /* owned; NULL: one language, or the model's first */
    const char *first, *further[APP_MOST_TRANSLATIONS];
    size_t further_count;
};

struct app_caption_settings;
/* Takes --lang apart where it is a list; APP_PROCEED, or the exit code to end with. */
int app_languages_set(struct app_caption_settings *settings);
void app_languages_finish(struct app_languages *languages);

/* Loads the further languages of the model at path; options: those of the first.  The captioners,
 * those too that were loaded before an error, are for the caller to destroy.  Errors: those of
 * captioner_load; TN_UNSUPPORTED for one that reads other views than the first. */
TN_NODISCARD enum tn_status
app_languages_load(const struct app_languages *languages, const char *path,
                   const struct captioner_options *options, const struct captioner *first,
                   struct captioner *further[APP_MOST_TRANSLATIONS], struct tn_error *err);

#endif
