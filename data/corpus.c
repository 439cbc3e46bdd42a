/* SPDX-License-Identifier: MIT */
#include "data/corpus.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

bool data_photo_is_train(const struct data_photo *photo)
{
    return photo->split == DATA_SPLIT_TRAIN || photo->split == DATA_SPLIT_NONE;
}

bool data_photo_is_dev(const struct data_photo *photo)
{
    return photo->split == DATA_SPLIT_DEV;
}

bool data_photo_is_any(const struct data_photo *photo)
{
    return photo->split != DATA_SPLIT_OUT;
}

static enum tn_status count_words(const struct data_set *dataset, data_photo_filter *wanted,
                                  enum vocab_language language, struct vocab_builder *builder,
                                  struct tn_error *err)
{
    struct vocab_tokens tokens = {0};
    enum tn_status status = TN_OK;

    for (size_t c = 0; c < dataset->caption_count && status == TN_OK; c++) {
        const char *text = data_set_caption(dataset, c);

        if (!wanted(&dataset->photos[dataset->captions[c].photo]))
            continue;
        status = vocab_tokenize(language, text, strlen(text), &tokens, err);
        for (size_t t = 0; t < tokens.count && status == TN_OK; t++) {
            const char *word = tokens.text + tokens.offsets[t];

            status = vocab_builder_add(builder, word, strlen(word), err);
        }
    }
    vocab_tokens_finish(&tokens);
    return status;
}

enum tn_status data_make_vocab(const struct data_set *dataset, data_photo_filter *wanted,
                               enum vocab_language language, size_t minimum,
                               struct vocab **ret_vocab, struct tn_error *err)
{
    struct vocab_builder *builder;
    struct vocab *vocab = NULL;
    enum tn_status status;

    TN_TRY(vocab_builder_create(&builder, err));
    status = count_words(dataset, wanted, language, builder, err);
    if (status == TN_OK)
        status = vocab_builder_build(builder, minimum, 0, &vocab, err);
    vocab_builder_destroy(builder);
    if (status == TN_OK && vocab_count(vocab) <= VOCAB_FIRST_WORD) {
        vocab_destroy(vocab);
        return tn_fail(err, TN_NOTFOUND,
                       "no word occurs %zu times in the captions; lower --min-count", minimum);
    }
    if (status == TN_OK)
        *ret_vocab = vocab;
    return status;
}

enum tn_status data_extend_vocab(const struct data_set *dataset, data_photo_filter *wanted,
                                 enum vocab_language language, size_t minimum,
                                 const struct vocab *base, struct vocab **ret_vocab,
                                 struct tn_error *err)
{
    struct vocab_builder *builder;
    enum tn_status status;

    TN_TRY(vocab_builder_create(&builder, err));
    status = count_words(dataset, wanted, language, builder, err);
    if (status == TN_OK)
        status = vocab_builder_extend(builder, base, minimum, 0, ret_vocab, err);
    vocab_builder_destroy(builder);
    return status;
}

/* The arrays as they grow. */
struct maker {
    struct data_corpus corpus;
    size_t ids_capacity, words_capacity, text_used, text_capacity;
};

static enum tn_status add_word(struct maker *maker, const char *word, const struct vocab *vocab,
                               struct tn_error *err)
{
    struct data_corpus *corpus = &maker->corpus;
    const size_t length = strlen(word), wanted = corpus->token_count + 1;

    TN_TRY(tn_array_reserve(&corpus->ids, &maker->ids_capacity, wanted, err));
    TN_TRY(tn_array_reserve(&corpus->words, &maker->words_capacity, wanted, err));
    TN_TRY(tn_array_reserve(&corpus->text, &maker->text_capacity, maker->text_used + length + 1,
                            err));
    memcpy(corpus->text + maker->text_used, word, length + 1);
    corpus->ids[corpus->token_count] = vocab_id(vocab, word, length);
    corpus->words[corpus->token_count++] = maker->text_used;
    maker->text_used += length + 1;
    return TN_OK;
}

static enum tn_status add_caption(struct maker *maker, const struct vocab_tokens *tokens,
                                  const struct vocab *vocab, struct tn_error *err)
{
    struct data_corpus *corpus = &maker->corpus;

    if (tokens->count == 0)
        return TN_OK;
    for (size_t t = 0; t < tokens->count; t++)
        TN_TRY(add_word(maker, tokens->text + tokens->offsets[t], vocab, err));
    corpus->owners[corpus->caption_count++] = corpus->photo_count - 1;
    corpus->starts[corpus->caption_count] = corpus->token_count;
    if (tokens->count > corpus->longest)
        corpus->longest = tokens->count;
    return TN_OK;
}

static enum tn_status add_photo(struct maker *maker, const struct data_set *dataset, size_t photo,
                                enum vocab_language language, const struct vocab *vocab,
                                struct vocab_tokens *tokens, struct tn_error *err)
{
    const struct data_photo *source = &dataset->photos[photo];
    struct data_corpus *corpus = &maker->corpus;

    corpus->photos[corpus->photo_count++] = photo;
    for (size_t c = source->first; c < source->first + source->caption_count; c++) {
        const char *text = data_set_caption(dataset, c);

        TN_TRY(vocab_tokenize(language, text, strlen(text), tokens, err));
        TN_TRY(add_caption(maker, tokens, vocab, err));
    }
    if (corpus->caption_count == corpus->firsts[corpus->photo_count - 1]) {
        corpus->photo_count--;
        if (corpus->wordless++ == 0)
            corpus->first_wordless = photo;
    }
    corpus->firsts[corpus->photo_count] = corpus->caption_count;
    return TN_OK;
}

enum tn_status data_corpus_make(const struct data_set *dataset, data_photo_filter *wanted,
                                enum vocab_language language, const struct vocab *vocab,
                                struct data_corpus *ret_corpus, struct tn_error *err)
{
    const size_t photos = dataset->photo_count + 1, captions = dataset->caption_count + 1;
    struct maker maker = {0};
    struct data_corpus *corpus = &maker.corpus;
    struct vocab_tokens tokens = {0};
    enum tn_status status = TN_OK;

    corpus->photos = calloc(photos, sizeof *corpus->photos);
    corpus->firsts = calloc(photos, sizeof *corpus->firsts);
    corpus->starts = calloc(captions, sizeof *corpus->starts);
    corpus->owners = calloc(captions, sizeof *corpus->owners);
    if (!corpus->photos || !corpus->firsts || !corpus->starts || !corpus->owners)
        status = tn_fail_nomem(err, captions * sizeof *corpus->starts);
    for (size_t i = 0; i < dataset->photo_count && status == TN_OK; i++)
        if (wanted(&dataset->photos[i]))
            status = add_photo(&maker, dataset, i, language, vocab, &tokens, err);
    vocab_tokens_finish(&tokens);
    if (status == TN_OK)
        *ret_corpus = *corpus;
    else
        data_corpus_finish(corpus);
    return status;
}

void data_corpus_finish(struct data_corpus *corpus)
{
    free(corpus->photos);
    free(corpus->firsts);
    free(corpus->starts);
    free(corpus->owners);
    free(corpus->ids);
    free(corpus->words);
    free(corpus->text);
    memset(corpus, 0, sizeof *corpus);
}
