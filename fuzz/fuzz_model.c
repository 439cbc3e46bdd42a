/* SPDX-License-Identifier: MIT */
/* Any bytes as a model file: each decoder that it has writes captions of two V, by the search and
 * by drawing, chosen by its consensus and with its confidence.  Whatever the weights are, a caption
 * is a text of words, its probabilities are none above 1, and its confidence is from 0 to 1. */
#include "fuzz/support.h"
#include "models/captioner/captioner_result.h"
#include "models/file/model_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_safetensors(data, size, max, seed);
}
#endif

enum { PHOTOS = 2, BEST = 3, MAX_WORDS = 8, LARGEST = 64, LONGEST_WORD = 1 << 16 };

static bool is_log_probability(double x)
{
    return x <= 0 && isfinite(x);
}

static void check_caption(const struct captioner_caption *caption)
{
    fuzz_require(caption->word_count <= MAX_WORDS);
    fuzz_require(strlen(caption->text) < (size_t)2 * MAX_WORDS * LONGEST_WORD);
    fuzz_require(caption->confidence >= 0 && caption->confidence <= 1);
    fuzz_require(is_log_probability(caption->log_prob) &&
                 is_log_probability(caption->end_log_prob));
    for (size_t i = 0; i < caption->word_count; i++)
        fuzz_require(caption->words[i].text[0] &&
                     is_log_probability((double)caption->words[i].log_prob));
}

static void check_keyword(const struct captioner_keyword *keyword)
{
    fuzz_require(keyword->text[0] && strlen(keyword->text) < LONGEST_WORD);
    fuzz_require(keyword->probability > 0 && keyword->probability <= 1);
}

static void check_results(const struct model_decoder *decoder, const struct search *search,
                          const struct consensus_ranker *ranker, const float *features)
{
    struct captioner_keywords keywords = {.most = BEST};

    fuzz_require(keywords_create(decoder->language, decoder->vocab, &decoder->consensus,
                                 decoder->keyword_weights, &keywords.keywords, NULL) == TN_OK);
    for (size_t i = 0; i < PHOTOS; i++) {
        struct search_hypothesis items[CAPTIONER_MAX_BEAM];
        const struct captioner_found found = {items, search_result_count(search, i)};
        struct captioner_result *result;

        for (size_t rank = 0; rank < found.count; rank++)
            items[rank] = search_result(search, i, rank);
        keywords.photo_weights = ranker ? consensus_weights(ranker, i) : NULL;
        fuzz_require(captioner_result_create(decoder, &found,
                                             features + i * decoder->weights.config.features, BEST,
                                             &keywords, &result, NULL) == TN_OK);
        fuzz_require(result->count > 0 && result->count <= BEST);
        for (size_t k = 0; k < result->count; k++)
            check_caption(&result->captions[k]);
        for (size_t k = 0; k < result->keyword_count; k++)
            check_keyword(&result->keywords[k]);
        captioner_result_destroy(result);
    }
    keywords_destroy(keywords.keywords);
}

static void write_captions(const struct model_decoder *decoder, bool sample, const float *features)
{
    const struct search_limits limits = {PHOTOS, 5, MAX_WORDS};
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    struct consensus_ranker *ranker = NULL;
    struct search *search;

    options.beam = sample ? BEST : limits.beam;
    options.max_words = MAX_WORDS;
    options.sample = sample;
    options.draw.top_k = 4;
    options.draw.top_p = 0.9F;
    if (search_create(&decoder->weights, &limits, NULL, &search, NULL) != TN_OK)
        return;
    if (consensus_applies(&decoder->consensus, &options)) {
        fuzz_require(consensus_ranker_create(&decoder->consensus, PHOTOS, NULL, &ranker, NULL) ==
                     TN_OK);
        options.guide = consensus_guide(ranker, PHOTOS, features);
    }
    if (search_run(search, &options, PHOTOS, features, NULL) == TN_OK) /* no: no numbers */
        check_results(decoder, search, ranker, features);
    consensus_ranker_destroy(ranker);
    search_destroy(search);
}

static void use(const struct model_decoder *decoder)
{
    const struct decoder_config *config = &decoder->weights.config;
    float *features;

    if (config->features > LARGEST || config->hidden > LARGEST || config->embedding > LARGEST)
        return; /* tensors that are large but empty */
    features = calloc(PHOTOS * config->features, sizeof *features);
    fuzz_require(features != NULL);
    for (size_t i = 0; i < PHOTOS * config->features; i++)
        features[i] = (float)(i % 5) - 1;
    for (size_t i = 0; i < PHOTOS; i++)
        decoder_input_apply(&decoder->input, features + i * config->features, config->features);
    write_captions(decoder, false, features);
    write_captions(decoder, true, features);
    free(features);
}

/* Whatever names an encoder, a decoder of another one is refused with a reason. */
static void check_encoder(const struct model *model, const struct model_decoder *decoder)
{
    struct tn_error err = {.text = ""};

    if (model_check_encoder(model, decoder, &err) != TN_OK)
        fuzz_require(strstr(err.text, "encoder") || decoder->outside);
    if (model_verify_encoder(model->file, &err) != TN_OK)
        fuzz_require(tn_file_metadata(model->file, "encoder.fingerprint") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_file_open(data, size);
    struct model model;

    if (model_load(&model, file.path, NULL) == TN_OK) {
        for (size_t i = 0; i < model.count; i++) {
            check_encoder(&model, &model.decoders[i]);
            use(&model.decoders[i]);
        }
        model_finish(&model);
    }
    fuzz_file_close(&file);
    return 0;
}
