/* SPDX-License-Identifier: MIT */
/* The metadata keys of the model file (docs/format.md); private to models/. */
#ifndef MODELS_MODEL_KEYS_H
#define MODELS_MODEL_KEYS_H

#include "models/file/model_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MODEL_KEY_VERSION "format_version"
#define MODEL_KEY_KIND "kind" /* absent: a captioner */
#define MODEL_KIND_TEXT "textrnn"
#define MODEL_KEY_ARCHITECTURE "architecture"
#define MODEL_KEY_PREPROCESSING "preprocessing"
#define MODEL_KEY_PREFIX "decoder."
#define MODEL_KEY_CONFIG ".config"
#define MODEL_KEY_VOCABULARY ".vocabulary"
#define MODEL_KEY_TRAINED_ON ".trained_on"
#define MODEL_KEY_TRAINING ".training"
#define MODEL_KEY_SCORES ".scores"
#define MODEL_KEY_ABOUT ".about"
#define MODEL_KEY_CALIBRATION ".calibration"
#define MODEL_KEY_CONSENSUS ".consensus"
#define MODEL_KEY_KEYWORDS ".keywords"
#define MODEL_KEY_ENCODER "encoder.fingerprint" /* the name of the encoder in the file */
#define MODEL_KEY_TRAINED_WITH ".encoder"       /* behind a decoder or a part: its encoder's name */

#define MODEL_FEATURES_FROM "features_from" /* of a decoder's configuration; absent: the encoder   \
                                             */
#define MODEL_FROM_VECTORS "vectors"

enum { MODEL_KEY_SIZE = 64 };

/* By enum vocab_language. */
extern const char *const model_tokenizers[];
/* By struct decoder_input's unit. */
extern const char *const model_norms[2];

/* "decoder.<language>" and an ending from above; with the ending "" it is "decoder.<language>.",
 * what the tensors' names begin with. */
static inline void model_key(char key[MODEL_KEY_SIZE], const char *language, const char *ending)
{
    snprintf(key, MODEL_KEY_SIZE, MODEL_KEY_PREFIX "%s%s", language,
             ending[0] != '\0' ? ending : ".");
}

/* Whether a tensor or an entry is of a part of a decoder, MODEL_KEY_CALIBRATION and the like: of
 * the decoder for a language, or of any for NULL. */
static inline bool model_is_part(const char *name, const char *language, const char *part)
{
    const size_t before = strlen(MODEL_KEY_PREFIX), ending = strlen(part);
    size_t length;

    if (strncmp(name, MODEL_KEY_PREFIX, before) != 0)
        return false;
    name += before;
    length = strcspn(name, ".");
    if (language && (length != strlen(language) || strncmp(name, language, length) != 0))
        return false;
    name += length;
    return strncmp(name, part, ending) == 0 && (name[ending] == '\0' || name[ending] == '.');
}

#endif
