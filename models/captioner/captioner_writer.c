/* SPDX-License-Identifier: MIT */
#include "models/captioner/captioner_writer.h"

#include "models/captioner/captioner_result.h"
#include "models/captioner/plain.h"

#include <string.h>

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ---- Before the first batch ---- */

/* Sees to it that there is a search for these options with a beam up to `beam`. */
static enum tn_status prepare_search(struct captioner *captioner,
                                     const struct search_options *options, size_t beam,
                                     struct tn_error *err)
{
    const struct search_limits *old = &captioner->limits;
    const struct search_limits limits = {captioner->max_batch, larger(old->beam, beam),
                                         larger(old->max_words, options->max_words)};

    if (captioner->search && memcmp(&limits, old, sizeof limits) == 0)
        return TN_OK;
    search_destroy(captioner->search);
    consensus_ranker_destroy(captioner->ranker);
    captioner->search = NULL;
    captioner->ranker = NULL;
    if (captioner->decoder->consensus.grams > 0)
        TN_TRY(consensus_ranker_create(&captioner->decoder->consensus, limits.images,
                                       captioner->pool, &captioner->ranker, err));
    TN_TRY(search_create(&captioner->decoder->weights, &limits, captioner->pool, &captioner->search,
                         err));
    captioner->limits = limits;
    return TN_OK;
}

/* Keywords are wanted, or plainer words by them. */
static bool wants_keywords(const struct captioner_writing *writing)
{
    return writing->keywords > 0 || writing->plain > 0;
}

static enum tn_status prepare_keywords(struct captioner *captioner,
                                       const struct captioner_writing *writing,
                                       struct tn_error *err)
{
    const struct model_decoder *decoder = captioner->decoder;

    return captioner->keywords || !wants_keywords(writing)
               ? TN_OK
               : keywords_create(decoder->language, decoder->vocab, &decoder->consensus,
                                 decoder->keyword_weights, &captioner->keywords, err);
}

/* TN_RANGE where plainer words are wanted, and the decoder has not what they need. */
static enum tn_status check_plain(const struct model_decoder *decoder, double plain,
                                  struct tn_error *err)
{
    if (plain > 0 && !plain_is_known(decoder->language))
        return tn_fail(err, TN_RANGE,
                       "the option plain knows words of English (en), not of '%s'; leave it out",
                       decoder->language);
    if (plain > 0 && decoder->consensus.grams == 0)
        return tn_fail(err, TN_RANGE,
                       "the option plain needs a consensus, and the decoder '%s' has none; "
                       "'caption consensus' makes one, or leave it out",
                       decoder->language);
    return TN_OK;
}

/* How many captions a search of the writer's is to find at least. */
static size_t widest_beam(const struct captioner_writer *writer)
{
    return larger(writer->options.beam, writer->writing->best);
}

/* What the captioner has to have beside the forbidden words. */
static enum tn_status prepare(struct captioner_writer *writer, struct captioner *captioner,
                              struct tn_error *err)
{
    const struct captioner_writing *writing = writer->writing;

    TN_TRY(prepare_search(captioner, &writer->options, widest_beam(writer), err));
    TN_TRY(prepare_keywords(captioner, writing, err));
    return captioner_writing_differs(writing)
               ? differ_create(captioner->max_batch, writing->best, writing->max_words,
                               &writer->differ, err)
               : TN_OK;
}

enum tn_status captioner_writer_init(struct captioner_writer *writer, struct captioner *captioner,
                                     const struct captioner_writing *writing, struct tn_error *err)
{
    const struct model_decoder *decoder = captioner->decoder;
    enum tn_status status;

    *writer = (struct captioner_writer){.writing = writing};
    TN_TRY(captioner_writing_options(writing, &decoder->consensus, &writer->options, err));
    TN_TRY(check_plain(decoder, (double)writing->plain, err));
    TN_TRY(forbidden_init(&writer->forbidden, decoder, writing, err));
    writer->options.forbidden = writer->forbidden.phrases;
    writer->options.forbidden_count = writer->forbidden.count;
    status = prepare(writer, captioner, err);
    if (status != TN_OK)
        captioner_writer_finish(writer);
    return status;
}

void captioner_writer_finish(struct captioner_writer *writer)
{
    differ_destroy(writer->differ);
    forbidden_finish(&writer->forbidden);
}

/* ---- A batch ---- */

/* The photos' first search, and the only one where captions need not differ. */
static enum tn_status search_first(const struct captioner_writer *writer,
                                   struct captioner *captioner, size_t rows, struct tn_error *err)
{
    const float *features = captioner->encoder.values;
    struct search_options options = writer->options;

    if (consensus_applies(&captioner->decoder->consensus, &options))
        options.guide = consensus_guide(captioner->ranker, rows, features);
    else if (captioner->ranker && wants_keywords(writer->writing))
        consensus_weigh(captioner->ranker, rows, features);
    return search_run(captioner->search, &options, rows, features, err);
}

/* The further searches for captions that differ; the last of them gives all that are missing. */
static enum tn_status search_others(const struct captioner_writer *writer,
                                    struct captioner *captioner, size_t rows, struct tn_error *err)
{
    const struct captioner_writing *writing = writer->writing;
    const float *features = captioner->encoder.values;
    struct search_options options = writer->options;
    const struct search_guide *consensus = NULL;

    options.beam = widest_beam(writer);
    if (consensus_applies(&captioner->decoder->consensus, &options))
        consensus = consensus_guide(captioner->ranker, rows, features);
    options.guide = differ_guide(writer->differ, consensus, (double)writing->differ);
    for (size_t done = 1; done < writing->best && done < CAPTIONER_SEARCHES; done++) {
        const bool last = done + 1 == CAPTIONER_SEARCHES;

        TN_TRY(search_run(captioner->search, &options, rows, features, err));
        for (size_t row = 0; row < rows; row++)
            differ_choose(writer->differ, captioner->search, row, last ? writing->best : 1);
    }
    return TN_OK;
}

static enum tn_status search_all(const struct captioner_writer *writer, struct captioner *captioner,
                                 size_t rows, struct tn_error *err)
{
    TN_TRY(search_first(writer, captioner, rows, err));
    if (!writer->differ)
        return TN_OK;
    differ_reset(writer->differ);
    for (size_t row = 0; row < rows; row++)
        differ_choose(writer->differ, captioner->search, row, 1);
    return search_others(writer, captioner, rows, err);
}

/* The captions for a row, in `items` [CAPTIONER_MAX_BEAM] where they are of one search. */
static struct captioner_found found_for(const struct captioner_writer *writer,
                                        const struct captioner *captioner, size_t row,
                                        struct search_hypothesis *items)
{
    struct captioner_found found = {.items = items};

    if (writer->differ) {
        found.items = differ_chosen(writer->differ, row, &found.count);
        return found;
    }
    found.count = search_result_count(captioner->search, row);
    for (size_t rank = 0; rank < found.count; rank++)
        items[rank] = search_result(captioner->search, row, rank);
    return found;
}

static enum tn_status create_results(const struct captioner_writer *writer,
                                     struct captioner *captioner, size_t rows,
                                     struct captioner_result **results, struct tn_error *err)
{
    const struct captioner_writing *writing = writer->writing;
    struct captioner_keywords keywords = {.keywords =
                                              wants_keywords(writing) ? captioner->keywords : NULL,
                                          .most = writing->keywords,
                                          .plain = (double)writing->plain,
                                          .forbidden = writer->options.forbidden,
                                          .forbidden_count = writer->options.forbidden_count};

    for (size_t row = 0; row < rows; row++) {
        struct search_hypothesis items[CAPTIONER_MAX_BEAM];
        const struct captioner_found found = found_for(writer, captioner, row, items);

        if (captioner->ranker)
            keywords.photo_weights = consensus_weights(captioner->ranker, row);
        TN_TRY(captioner_result_create(
            captioner->decoder, &found, captioner->encoder.values + row * captioner->width,
            writing->best, &keywords, &results[captioner->encoder.photos[row]], err));
    }
    return TN_OK;
}

enum tn_status captioner_writer_run(const struct captioner_writer *writer,
                                    struct captioner *captioner, size_t rows,
                                    struct captioner_result **results, struct tn_error *err)
{
    float *features = captioner->encoder.values;

    if (rows == 0)
        return TN_OK;
    for (size_t row = 0; row < rows; row++)
        decoder_input_apply(&captioner->decoder->input, features + row * captioner->width,
                            captioner->width);
    TN_TRY(search_all(writer, captioner, rows, err));
    return create_results(writer, captioner, rows, results, err);
}
