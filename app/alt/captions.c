/* SPDX-License-Identifier: MIT */
#include "app/alt/captions.h"

#include "app/cli/model_path.h"
#include "base/array.h"
#include "base/map.h"
#include "models/captioner/captioner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { AT_ONCE = 24, MOST_LANGUAGES = 16 };

/* A picture's caption in one language. */
struct known {
    char *text, *why; /* one of them; owned */
    double confidence;
};

struct alt_captions {
    const struct alt_captions_options *options;
    char *model;
    struct captioner *voices[MOST_LANGUAGES]; /* by the model's languages; NULL: not loaded yet */
    size_t first;                             /* the language of pages that name none */
    struct tn_map names;                      /* "voice name" */
    struct known *known;                      /* [names.count] */
    size_t known_capacity, known_count;
};

/* ---- Languages ---- */

static enum tn_status load_voice(struct alt_captions *captions, const char *language,
                                 struct captioner **ret_voice, struct tn_error *err)
{
    const struct captioner_options options = {.threads = captions->options->threads,
                                              .max_pixels = captions->options->max_pixels,
                                              .max_batch = AT_ONCE,
                                              .language = language};
    struct captioner_error why;

    if (captioner_load(captions->model, &options, ret_voice, &why) != CAPTIONER_OK)
        return tn_fail(err, (enum tn_status)why.status, "%s", why.text);
    return TN_OK;
}

/* The model's language of a tag: that of "zh-Hans" is "zh"; SIZE_MAX: it has none. */
static size_t find_language(const struct alt_captions *captions, const char *tag)
{
    const struct captioner *any = captions->voices[captions->first];
    const size_t length = tag ? strcspn(tag, "-_") : 0;

    if (length == 0 || captions->options->language)
        return captions->first;
    for (size_t i = 0; i < MOST_LANGUAGES; i++) {
        const char *language = captioner_language_at(any, i);

        if (language && strlen(language) == length && strncasecmp(language, tag, length) == 0)
            return i;
    }
    return SIZE_MAX;
}

enum tn_status alt_captions_create(const struct alt_captions_options *options,
                                   struct alt_captions **ret_captions, struct tn_error *err)
{
    struct alt_captions *captions = calloc(1, sizeof *captions);
    struct captioner *voice = NULL;
    enum tn_status status;

    if (!captions)
        return tn_fail_nomem(err, sizeof *captions);
    captions->options = options;
    status = app_model_path(options->model, &captions->model, err);
    if (status == TN_OK)
        status = load_voice(captions, options->language, &voice, err);
    if (status != TN_OK) {
        alt_captions_destroy(captions);
        return status;
    }
    for (size_t i = 0; i < MOST_LANGUAGES; i++) {
        const char *language = captioner_language_at(voice, i);

        if (language && strcmp(language, captioner_language(voice)) == 0)
            captions->first = i;
    }
    captions->voices[captions->first] = voice;
    *ret_captions = captions;
    return TN_OK;
}

void alt_captions_destroy(struct alt_captions *captions)
{
    if (!captions)
        return;
    for (size_t i = 0; i < MOST_LANGUAGES; i++)
        captioner_destroy(captions->voices[i]);
    for (size_t i = 0; i < captions->known_count; i++) {
        free(captions->known[i].text);
        free(captions->known[i].why);
    }
    free(captions->known);
    tn_map_finish(&captions->names);
    free(captions->model);
    free(captions);
}

/* ---- Pictures that were not seen before ---- */

/* What is captioned together. */
struct alt_batch {
    struct captioner_photo photos[AT_ONCE];
    size_t known[AT_ONCE]; /* where its caption goes */
    size_t count;
};

static enum tn_status keep(struct known *known, const struct captioner_result *result,
                           const struct captioner_error *failure, struct tn_error *err)
{
    if (!result)
        known->why = strdup(failure->text);
    else if (result->not_a_photo || result->count == 0)
        known->why = strdup("hardly a photo of anything");
    else
        known->text = strdup(result->captions[0].text);
    known->confidence = result && result->count > 0 ? result->captions[0].confidence : 0;
    return known->text || known->why ? TN_OK : tn_fail_nomem(err, 1);
}

static enum tn_status caption_batch(struct alt_captions *captions, struct captioner *voice,
                                    struct alt_batch *batch, struct tn_error *err)
{
    struct captioner_result *results[AT_ONCE] = {NULL};
    struct captioner_error failures[AT_ONCE], why;
    enum tn_status status = TN_OK;

    if (batch->count == 0)
        return TN_OK;
    if (captioner_caption_batch(voice, batch->photos, batch->count, NULL, results, failures,
                                &why) != CAPTIONER_OK)
        return tn_fail(err, (enum tn_status)why.status, "%s", why.text);
    for (size_t i = 0; i < batch->count; i++) {
        if (status == TN_OK)
            status = keep(&captions->known[batch->known[i]], results[i], &failures[i], err);
        captioner_result_destroy(results[i]);
    }
    batch->count = 0;
    return status;
}

/* The place of the picture's caption; a new one is added to the batch, which is run when full. */
static enum tn_status place_of(struct alt_captions *captions, size_t language,
                               const struct alt_picture *picture, struct alt_batch *batch,
                               size_t *ret_place, struct tn_error *err)
{
    const size_t before = captions->names.count;
    char *name;
    enum tn_status status;

    TN_TRY(tn_array_reserve(&captions->known, &captions->known_capacity, before + 1, err));
    if (asprintf(&name, "%zu %s", language, picture->name) < 0)
        return tn_fail_nomem(err, strlen(picture->name));
    status = tn_map_add(&captions->names, name, strlen(name), ret_place, err);
    free(name);
    TN_TRY(status);
    if (*ret_place < before)
        return TN_OK;
    captions->known[captions->known_count++] = (struct known){.text = NULL};
    batch->known[batch->count] = *ret_place;
    batch->photos[batch->count++] = (struct captioner_photo){
        .path = picture->name, .bytes = picture->bytes, .size = picture->size};
    return batch->count < AT_ONCE ? TN_OK
                                  : caption_batch(captions, captions->voices[language], batch, err);
}

static enum tn_status caption_all(struct alt_captions *captions, size_t language,
                                  const struct alt_picture *pictures, size_t count,
                                  struct alt_caption *results, size_t *places, struct tn_error *err)
{
    struct alt_batch batch = {.count = 0};

    for (size_t i = 0; i < count; i++)
        if (!pictures[i].why)
            TN_TRY(place_of(captions, language, &pictures[i], &batch, &places[i], err));
    TN_TRY(caption_batch(captions, captions->voices[language], &batch, err));
    for (size_t i = 0; i < count; i++)
        if (!pictures[i].why) {
            const struct known *known = &captions->known[places[i]];

            results[i] = (struct alt_caption){known->text, known->why, known->confidence};
        }
    return TN_OK;
}

/* What is known before a picture is looked at.  Returns whether one is to be looked at. */
static bool give_reasons(const struct alt_picture *pictures, size_t count, const char *reason,
                         struct alt_caption *results)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        results[i] = (struct alt_caption){.why = pictures[i].why ? pictures[i].why : reason};
        any |= !results[i].why;
    }
    return any;
}

enum tn_status alt_captions_make(struct alt_captions *captions, const char *language,
                                 const struct alt_picture *pictures, size_t count,
                                 struct alt_caption *results, struct tn_error *err)
{
    const size_t voice = find_language(captions, language);
    const char *reason = voice == SIZE_MAX ? "no captions in the page's language (--lang)" : NULL;
    size_t *places;
    enum tn_status status;

    if (!give_reasons(pictures, count, reason, results))
        return TN_OK;
    if (!captions->voices[voice]) {
        const char *name = captioner_language_at(captions->voices[captions->first], voice);

        TN_TRY(load_voice(captions, name, &captions->voices[voice], err));
    }
    places = calloc(count, sizeof *places);
    if (!places)
        return tn_fail_nomem(err, count * sizeof *places);
    status = caption_all(captions, voice, pictures, count, results, places, err);
    free(places);
    return status;
}
