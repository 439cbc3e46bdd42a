/* SPDX-License-Identifier: MIT */
#include "models/captioner/captioner_result.h"

#include "models/captioner/forbidden.h"
#include "models/captioner/plain.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_DIFFER = 10 };

static enum tn_status check_writing(const struct captioner_writing *w, struct tn_error *err)
{
    if (w->beam > CAPTIONER_MAX_BEAM)
        return tn_fail(err, TN_RANGE, "a beam of %zu; expected at most %d", w->beam,
                       CAPTIONER_MAX_BEAM);
    if (w->best < 1 || w->best > CAPTIONER_MAX_BEAM)
        return tn_fail(err, TN_RANGE, "%zu captions per photo; expected 1 to %d", w->best,
                       CAPTIONER_MAX_BEAM);
    if (w->max_words < 1 || w->max_words > CAPTIONER_MAX_WORDS)
        return tn_fail(err, TN_RANGE, "at most %zu words; expected 1 to %d", w->max_words,
                       CAPTIONER_MAX_WORDS);
    if (w->sample && w->top_k > CAPTIONER_MAX_TOP_K)
        return tn_fail(err, TN_RANGE, "the %zu most probable words; expected at most %d", w->top_k,
                       CAPTIONER_MAX_TOP_K);
    if (!(w->differ >= 0 && w->differ <= MOST_DIFFER))
        return tn_fail(err, TN_RANGE, "captions that differ by %g; expected 0 to %d",
                       (double)w->differ, MOST_DIFFER);
    if (!(w->plain >= 0 && w->plain < 1))
        return tn_fail(err, TN_RANGE,
                       "plainer words below a probability of %g; expected one from 0 to below 1",
                       (double)w->plain);
    return TN_OK;
}

bool captioner_writing_differs(const struct captioner_writing *writing)
{
    return writing->best > 1 && writing->differ > 0 && !writing->sample;
}

/* How many sentences to search for at first. */
static size_t beam_of(const struct captioner_writing *writing, const struct consensus *consensus)
{
    const size_t beam = writing->beam > 0 ? writing->beam : consensus_beam(consensus);

    if (captioner_writing_differs(writing))
        return beam;
    return writing->sample || beam < writing->best ? writing->best : beam;
}

enum tn_status captioner_writing_options(const struct captioner_writing *writing,
                                         const struct consensus *consensus,
                                         struct search_options *ret_options, struct tn_error *err)
{
    TN_TRY(check_writing(writing, err));
    *ret_options = (struct search_options){
        .beam = beam_of(writing, consensus),
        .min_words = 1,
        .max_words = writing->max_words,
        .length_exponent = writing->length_exponent,
        .block_repeats = !writing->allow_repeats,
        .sample = writing->sample != 0,
        .draw = {writing->temperature, writing->top_k, writing->top_p},
        .seed = writing->seed,
    };
    return TN_OK;
}

/* The block: result, captions[count], keywords[count], words[...], then the texts. */
struct parts {
    struct captioner_result *result;
    struct captioner_caption *captions;
    struct captioner_keyword *keywords;
    struct captioner_word *words;
    char *text;
    size_t text_left;
};

static void measure_result(const struct model_decoder *decoder,
                           const struct search_hypothesis *captions, size_t count,
                           size_t *ret_words, size_t *ret_text)
{
    *ret_words = *ret_text = 0;
    for (size_t rank = 0; rank < count; rank++) {
        const struct search_hypothesis *h = &captions[rank];

        for (size_t i = 0; i < h->count; i++)
            *ret_text += 2 * (strlen(vocab_word(decoder->vocab, h->words[i])) + 1);
        *ret_text += h->count * PLAIN_GROWTH + 1; /* the end of the sentence */
        *ret_words += h->count;
    }
}

static size_t measure_keywords(const struct keyword_list *keywords)
{
    size_t text = 0;

    for (size_t i = 0; i < keywords->count; i++)
        text += strlen(keywords->items[i].text) + 1;
    return text;
}

static const char *put_result_text(struct parts *parts, size_t length)
{
    const char *text = parts->text;

    parts->text[length] = '\0';
    parts->text += length + 1;
    parts->text_left -= length + 1;
    return text;
}

static double photo_probability(const struct model_decoder *decoder,
                                const struct confidence_evidence *evidence)
{
    const struct confidence *confidence = &decoder->confidence;

    return confidence->weights ? confidence_photo(confidence, evidence) : 1;
}

static double confidence_of(const struct model_decoder *decoder, const struct search_hypothesis *h,
                            struct confidence_evidence *evidence)
{
    if (!decoder->confidence.weights)
        return confidence_uncalibrated(h->log_prob, h->count);
    evidence->words = confidence_words(h->words, h->log_probs, h->count);
    return confidence_estimate(&decoder->confidence, evidence);
}

/* The caption's sentence, in plainer words where they are wanted. */
static const char *put_sentence(struct parts *parts, const struct model_decoder *decoder,
                                const struct search_hypothesis *h,
                                const struct confidence_evidence *evidence,
                                const struct captioner_keywords *wanted)
{
    int ids[CAPTIONER_MAX_WORDS];
    const char *words[CAPTIONER_MAX_WORDS];

    memcpy(ids, h->words, h->count * sizeof *ids);
    if (wanted->plain > 0) {
        const struct plain plain = {
            .keywords = wanted->keywords,
            .vocab = decoder->vocab,
            .photo_weights = wanted->photo_weights,
            .photo = photo_probability(decoder, evidence),
            .least = wanted->plain,
            .forbidden = wanted->forbidden,
            .forbidden_count = wanted->forbidden_count,
        };

        plain_apply(&plain, ids, h->count);
    }
    for (size_t i = 0; i < h->count; i++)
        words[i] = vocab_word(decoder->vocab, ids[i]);
    return put_result_text(parts, vocab_detokenize(decoder->tokenizer, words, h->count, parts->text,
                                                   parts->text_left));
}

static void put_caption(struct parts *parts, const struct model_decoder *decoder,
                        const struct search_hypothesis *h, struct confidence_evidence *evidence,
                        const struct captioner_keywords *wanted, struct captioner_caption *caption)
{
    for (size_t i = 0; i < h->count; i++) {
        const char *word = vocab_word(decoder->vocab, h->words[i]);
        const size_t length = strlen(word);

        memcpy(parts->text, word, length);
        parts->words[i] = (struct captioner_word){put_result_text(parts, length), h->log_probs[i]};
    }
    *caption = (struct captioner_caption){
        .words = parts->words,
        .word_count = h->count,
        .log_prob = h->log_prob,
        .end_log_prob = (double)h->log_probs[h->count],
        .confidence = confidence_of(decoder, h, evidence),
    };
    parts->words += h->count;
    caption->text = put_sentence(parts, decoder, h, evidence, wanted);
}

static void put_keywords(struct parts *parts, const struct keyword_list *keywords)
{
    for (size_t i = 0; i < keywords->count; i++) {
        const struct captioner_keyword *keyword = &keywords->items[i];
        const size_t length = strlen(keyword->text);

        memcpy(parts->text, keyword->text, length);
        parts->keywords[i] =
            (struct captioner_keyword){put_result_text(parts, length), keyword->probability};
    }
}

/* Whether the last of some captions differs from those before it; two may be the same in plainer
 * words. */
static bool is_new(const struct captioner_caption *captions, size_t last)
{
    size_t i = 0;

    while (i < last && strcmp(captions[i].text, captions[last].text) != 0)
        i++;
    return i == last;
}

/* Leaves the `most` first that contain no forbidden word. */
static void drop_forbidden(const struct vocab *vocab, const struct captioner_keywords *wanted,
                           struct keyword_list *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count && kept < wanted->most; i++)
        if (!forbidden_in(list->items[i].text, wanted->forbidden, wanted->forbidden_count, vocab))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* By the consensus; without one, of the captions. */
static void choose_keywords(const struct model_decoder *decoder,
                            const struct captioner_found *found,
                            struct confidence_evidence *evidence,
                            const struct captioner_keywords *wanted, struct keyword_list *list)
{
    const size_t captions = wanted->photo_weights ? 0 : found->count;
    const bool some = wanted->forbidden_count > 0 && wanted->most != CAPTIONER_KEYWORDS_AUTO;
    const size_t most = some ? KEYWORDS_MOST : wanted->most;

    if (wanted->photo_weights)
        keywords_expect(wanted->keywords, wanted->photo_weights,
                        photo_probability(decoder, evidence), most, list);
    for (size_t rank = 0; rank < captions; rank++) {
        const struct search_hypothesis *h = &found->items[rank];

        keywords_take(wanted->keywords, h->words, h->count, confidence_of(decoder, h, evidence),
                      most, list);
    }
    drop_forbidden(decoder->vocab, wanted, list);
}

enum tn_status captioner_result_create(const struct model_decoder *decoder,
                                       const struct captioner_found *found, const float *features,
                                       size_t best, const struct captioner_keywords *wanted,
                                       struct captioner_result **ret_result, struct tn_error *err)
{
    const size_t count = found->count < best ? found->count : best;
    const struct confidence *confidence = &decoder->confidence;
    struct confidence_evidence evidence = {0};
    struct keyword_list keywords = {.count = 0};
    size_t words, text, bytes, kept = 0;
    struct parts parts;

    if (confidence->weights)
        confidence_look(confidence, features, &evidence);
    if (wanted->most > 0)
        choose_keywords(decoder, found, &evidence, wanted, &keywords);
    measure_result(decoder, found->items, count, &words, &text);
    text += measure_keywords(&keywords);
    bytes = sizeof *parts.result + count * sizeof *parts.captions +
            keywords.count * sizeof *parts.keywords + words * sizeof *parts.words + text;
    parts.result = malloc(bytes);
    if (!parts.result)
        return tn_fail_nomem(err, bytes);
    parts.captions = (struct captioner_caption *)(parts.result + 1);
    parts.keywords = (struct captioner_keyword *)(parts.captions + count);
    parts.words = (struct captioner_word *)(parts.keywords + keywords.count);
    parts.text = (char *)(parts.words + words);
    parts.text_left = text;
    *parts.result = (struct captioner_result){
        .captions = parts.captions, .keyword_count = keywords.count, .keywords = parts.keywords};
    parts.result->not_a_photo =
        confidence->weights && confidence_denies_photo(confidence, &evidence);
    for (size_t rank = 0; rank < count; rank++) {
        put_caption(&parts, decoder, &found->items[rank], &evidence, wanted, &parts.captions[kept]);
        kept += wanted->plain > 0 ? is_new(parts.captions, kept) : 1;
    }
    parts.result->count = kept;
    put_keywords(&parts, &keywords);
    *ret_result = parts.result;
    return TN_OK;
}

void captioner_result_destroy(struct captioner_result *result)
{
    free(result);
}
