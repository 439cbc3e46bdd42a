/* SPDX-License-Identifier: MIT */
#include "app/serve/wishes.h"

#include "app/cli/options.h"
#include "app/serve/voices.h"
#include "base/utf8.h"

#include <string.h>

enum { MOST_KEYWORDS = 64, MOST_TOP_K = 1024 };

static const char *const names[] = {
    "model",    "lang",           "n",           "beam",   "max_words",   "length_exponent",
    "keywords", "min_confidence", "any_picture", "sample", "temperature", "top_k",
    "top_p",    "seed",           "plain",       "differ", NULL};

/* ---- Values ---- */

/* Leaves *value alone where the parameter is missing. */
static enum tn_status read_number(const struct serve_request *request, const char *name,
                                  size_t least, size_t most, size_t *value, struct tn_error *err)
{
    const char *text = serve_query(request, name);
    size_t number;

    if (!text)
        return TN_OK;
    if (!app_parse_size(text, &number) || number < least || number > most)
        return tn_fail(err, TN_RANGE, "%s=%.*s: expected a number from %zu to %zu", name,
                       TN_FIT(text, 64), least, most);
    *value = number;
    return TN_OK;
}

static enum tn_status read_real(const struct serve_request *request, const char *name, double least,
                                double most, double *value, struct tn_error *err)
{
    const char *text = serve_query(request, name);
    double number;

    if (!text)
        return TN_OK;
    if (!app_parse_real(text, &number) || number < least || number > most)
        return tn_fail(err, TN_RANGE, "%s=%.*s: expected a number from %g to %g", name,
                       TN_FIT(text, 64), least, most);
    *value = number;
    return TN_OK;
}

/* "1" or nothing, or "0" */
static enum tn_status read_flag(const struct serve_request *request, const char *name, bool *value,
                                struct tn_error *err)
{
    const char *text = serve_query(request, name);

    if (!text)
        return TN_OK;
    if (text[0] != '\0' && strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
        return tn_fail(err, TN_RANGE, "%s=%.*s: expected 0 or 1", name, TN_FIT(text, 64));
    *value = text[0] != '0';
    return TN_OK;
}

/* ---- Groups of them ---- */

static enum tn_status read_voice(const struct serve_request *request, struct serve_call *call,
                                 struct tn_error *err)
{
    const char *model = serve_query(request, "model"), *language = serve_query(request, "lang");

    return model || language ? serve_voice_find(request->voices, model, language, &call->voice, err)
                             : TN_OK;
}

static enum tn_status read_keywords(const struct serve_request *request,
                                    struct captioner_writing *writing, struct tn_error *err)
{
    const char *text = serve_query(request, "keywords");

    if (!text)
        return TN_OK;
    if (strcmp(text, "auto") == 0)
        writing->keywords = CAPTIONER_KEYWORDS_AUTO;
    else if (!app_parse_size(text, &writing->keywords) || writing->keywords < 1 ||
             writing->keywords > MOST_KEYWORDS)
        return tn_fail(err, TN_RANGE, "keywords=%.*s: expected auto, or a number from 1 to %d",
                       TN_FIT(text, 64), MOST_KEYWORDS);
    return TN_OK;
}

static enum tn_status read_sampling(const struct serve_request *request,
                                    struct captioner_writing *writing, struct tn_error *err)
{
    static const char *const random[] = {"temperature", "top_k", "top_p", "seed"};
    double temperature = 1, top_p = 0;
    size_t seed = 0;
    bool sample = false;

    TN_TRY(read_flag(request, "sample", &sample, err));
    TN_TRY(read_real(request, "temperature", 0.01, 100, &temperature, err));
    TN_TRY(read_real(request, "top_p", 0.001, 1, &top_p, err));
    TN_TRY(read_number(request, "top_k", 0, MOST_TOP_K, &writing->top_k, err));
    TN_TRY(read_number(request, "seed", 0, (size_t)1 << 53, &seed, err));
    for (size_t i = 0; i < APP_COUNT(random) && !sample; i++)
        if (serve_query(request, random[i]))
            return tn_fail(err, TN_RANGE, "%s needs sample=1", random[i]);
    if (sample && serve_query(request, "beam"))
        return tn_fail(err, TN_RANGE, "beam is of the search, and has no part in sample=1");
    if (sample && serve_query(request, "differ"))
        return tn_fail(err, TN_RANGE, "differ is of the search, and has no part in sample=1");
    writing->sample = sample;
    writing->temperature = (float)temperature;
    writing->top_p = (float)top_p;
    writing->seed = seed;
    return TN_OK;
}

static enum tn_status refuse_unknown(const struct serve_request *request, struct tn_error *err)
{
    const char *unknown = serve_query_unknown(request, names);
    char expected[256];

    if (!unknown)
        return TN_OK;
    app_join_choices(names, expected, sizeof expected);
    return tn_fail(err, TN_RANGE, "unknown parameter %.*s; expected %s", TN_FIT(unknown, 64),
                   expected);
}

enum tn_status serve_read_wishes(const struct serve_request *request, struct serve_call *call,
                                 struct app_wording *ret_wording, struct tn_error *err)
{
    struct captioner_writing *writing = &call->writing;
    struct app_wording wording = {0};
    double exponent = (double)CAPTIONER_USUAL_EXPONENT, plain = 0;
    double differ = (double)CAPTIONER_USUAL_DIFFER;

    TN_TRY(refuse_unknown(request, err));
    TN_TRY(read_voice(request, call, err));
    TN_TRY(read_number(request, "n", 1, APP_MOST_CAPTIONS, &writing->best, err));
    TN_TRY(read_number(request, "beam", 1, 64, &writing->beam, err));
    TN_TRY(read_number(request, "max_words", 1, 64, &writing->max_words, err));
    TN_TRY(read_real(request, "length_exponent", 0, 2, &exponent, err));
    TN_TRY(read_real(request, "differ", 0, 10, &differ, err));
    TN_TRY(read_keywords(request, writing, err));
    TN_TRY(read_real(request, "plain", 0.01, 0.99, &plain, err));
    TN_TRY(read_sampling(request, writing, err));
    TN_TRY(read_real(request, "min_confidence", 0, 1, &wording.min_confidence, err));
    TN_TRY(read_flag(request, "any_picture", &wording.any_picture, err));
    writing->length_exponent = (float)exponent;
    writing->plain = (float)plain;
    writing->differ = (float)differ;
    *ret_wording = wording;
    return TN_OK;
}
