/* SPDX-License-Identifier: MIT */
/* The model files of the server, each in all its languages. */
#ifndef APP_VOICES_H
#define APP_VOICES_H

#include "app/serve/route.h"

enum { SERVE_BATCH = 24 }; /* photos that are captioned at once */

/* Opens the files; none: the usual model (app/cli/model_path.h).  items[0] is the first file in
 * that language, or in its first one (NULL).  The caller destroys the voices.  TN_NOTFOUND: the
 * file does not have the language. */
TN_NODISCARD enum tn_status serve_voices_load(const char *const *paths, size_t count,
                                              const char *language, size_t threads,
                                              struct serve_voices **ret_voices,
                                              struct tn_error *err);
/* NULL is fine. */
void serve_voices_destroy(struct serve_voices *voices);

/* The voice of that model and language; NULL of either: any.  TN_NOTFOUND lists what there is. */
TN_NODISCARD enum tn_status serve_voice_find(const struct serve_voices *voices, const char *name,
                                             const char *language,
                                             const struct serve_voice **ret_voice,
                                             struct tn_error *err);

/* What captions in it, loaded when it is first asked for; one thread at a time may ask and caption.
 */
enum captioner_status serve_voice_captioner(struct serve_voices *voices,
                                            const struct serve_voice *voice,
                                            struct captioner **ret_captioner,
                                            struct captioner_error *error);

#endif
