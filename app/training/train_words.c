/* SPDX-License-Identifier: MIT */
/* What `caption train` says about the words of the captions. */
#include "app/cli/commands.h"
#include "app/training/train_parts_private.h"
#include "base/map.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 8 /* words */ };

/* "3 new words: zorgblatt, quuxfrob, ..."; the most frequent come first. */
static void report_new_words(const struct train_start *start, const struct vocab *vocab)
{
    const size_t known = vocab_count(start->decoder->vocab), all = vocab_count(vocab);
    char words[512] = "";
    size_t used = 0;

    for (size_t id = known; id < all && id < known + SHOWN; id++) {
        const int n = snprintf(words + used, sizeof words - used, "%s%.*s", id > known ? ", " : "",
                               TN_FIT(vocab_word(vocab, (int)id), 40));

        used += n > 0 && used + (size_t)n < sizeof words ? (size_t)n : 0;
    }
    if (all > known)
        app_say("new words: %zu, which begin like others in their places: %s%s", all - known, words,
                all > known + SHOWN ? ", ..." : "");
}

/* The different words that the model will not know, and the captions that have one. */
static enum tn_status count_unknown(const struct data_corpus *corpus, struct tn_map *words,
                                    size_t *ret_captions, struct tn_error *err)
{
    size_t captions = 0;

    for (size_t c = 0; c < corpus->caption_count; c++) {
        bool whole = true;

        for (size_t t = corpus->starts[c]; t < corpus->starts[c + 1]; t++) {
            const char *word = corpus->text + corpus->words[t];
            size_t index;

            if (corpus->ids[t] != VOCAB_UNKNOWN)
                continue;
            whole = false;
            TN_TRY(tn_map_add(words, word, strlen(word), &index, err));
        }
        captions += !whole;
    }
    *ret_captions = captions;
    return TN_OK;
}

enum tn_status train_report_words(const struct train_command *c, const struct train_start *start,
                                  const struct train_data *data, struct tn_error *err)
{
    const struct data_corpus *corpus = &data->train_corpus;
    struct tn_map words = {0};
    size_t captions;
    enum tn_status status = count_unknown(corpus, &words, &captions, err);

    if (status == TN_OK && start->decoder)
        report_new_words(start, data->vocab);
    if (status == TN_OK && words.count > 0 && c->scst && start->decoder)
        app_say("unknown words: %zu, in %zu of %zu captions: --scst adds none; train without it "
                "first",
                words.count, captions, corpus->caption_count);
    else if (status == TN_OK && words.count > 0)
        app_say("unknown words: %zu, in %zu of %zu captions: they occur fewer than %zu times "
                "(--min-count)",
                words.count, captions, corpus->caption_count, c->min_count);
    tn_map_finish(&words);
    return status;
}
