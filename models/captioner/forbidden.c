/* SPDX-License-Identifier: MIT */
#include "models/captioner/forbidden.h"

#include "models/captioner/captioner_private.h"
#include "vocab/clean.h"
#include "vocab/tokenize.h"
#include "vocab/vocab.h"

#include <stdlib.h>
#include <string.h>

static const char *token_at(const struct vocab_tokens *tokens, size_t i)
{
    return tokens->text + tokens->offsets[i];
}

static int word_of(const struct model_decoder *decoder, const char *token)
{
    return vocab_id(decoder->vocab, token, strlen(token));
}

/* The first token that is no word of the decoder; NULL: all are. */
static const char *find_unknown(const struct model_decoder *decoder,
                                const struct vocab_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (word_of(decoder, token_at(tokens, i)) < VOCAB_FIRST_WORD)
            return token_at(tokens, i);
    return NULL;
}

/* Adds the phrase of tokens behind the words of those before it. */
static void add_phrase(struct forbidden *forbidden, const struct model_decoder *decoder,
                       const struct vocab_tokens *tokens, size_t *used)
{
    int *words = forbidden->words + *used;

    if (tokens->count == 0 || find_unknown(decoder, tokens))
        return;
    for (size_t i = 0; i < tokens->count; i++)
        words[i] = word_of(decoder, token_at(tokens, i));
    forbidden->phrases[forbidden->count++] = (struct search_phrase){words, tokens->count};
    *used += tokens->count;
}

/* No fewer than there are: a word takes a byte at least of the cleaned text. */
static size_t most_words(const struct captioner_writing *writing)
{
    size_t bytes = 0;

    for (size_t i = 0; i < writing->forbidden_count; i++)
        bytes += strlen(writing->forbidden[i]);
    return VOCAB_CLEAN_GROWTH * bytes + 1;
}

static enum tn_status add_phrases(struct forbidden *forbidden, const struct model_decoder *decoder,
                                  const struct captioner_writing *writing, struct tn_error *err)
{
    struct vocab_tokens tokens = {.count = 0};
    enum tn_status status = TN_OK;
    size_t used = 0;

    for (size_t i = 0; i < writing->forbidden_count && status == TN_OK; i++) {
        const char *text = writing->forbidden[i];

        status = vocab_tokenize(decoder->tokenizer, text, strlen(text), &tokens, err);
        if (status == TN_OK)
            add_phrase(forbidden, decoder, &tokens, &used);
    }
    vocab_tokens_finish(&tokens);
    return status;
}

/* Every caption begins with a word. */
static enum tn_status check_rest(const struct forbidden *forbidden,
                                 const struct model_decoder *decoder, struct tn_error *err)
{
    const size_t count = vocab_count(decoder->vocab);
    unsigned char *gone = calloc(count, 1);
    size_t left = count - VOCAB_FIRST_WORD;

    if (!gone)
        return tn_fail_nomem(err, count);
    for (size_t i = 0; i < forbidden->count; i++) {
        const struct search_phrase *phrase = &forbidden->phrases[i];

        if (phrase->count == 1 && !gone[phrase->words[0]]) {
            gone[phrase->words[0]] = 1;
            left--;
        }
    }
    free(gone);
    return left > 0 ? TN_OK
                    : tn_fail(err, TN_RANGE,
                              "all words of the model are forbidden, so it can write no caption");
}

enum tn_status forbidden_init(struct forbidden *forbidden, const struct model_decoder *decoder,
                              const struct captioner_writing *writing, struct tn_error *err)
{
    enum tn_status status;

    *forbidden = (struct forbidden){0};
    if (writing->forbidden_count == 0)
        return TN_OK;
    forbidden->phrases = calloc(writing->forbidden_count, sizeof *forbidden->phrases);
    forbidden->words = calloc(most_words(writing), sizeof *forbidden->words);
    if (forbidden->phrases && forbidden->words)
        status = add_phrases(forbidden, decoder, writing, err);
    else
        status = tn_fail_nomem(err, most_words(writing) * sizeof *forbidden->words);
    if (status == TN_OK)
        status = check_rest(forbidden, decoder, err);
    if (status != TN_OK)
        forbidden_finish(forbidden);
    return status;
}

void forbidden_finish(struct forbidden *forbidden)
{
    free(forbidden->phrases);
    free(forbidden->words);
    *forbidden = (struct forbidden){0};
}

static bool begins_with(const char *text, const struct search_phrase *phrase,
                        const struct vocab *vocab)
{
    for (size_t i = 0; i < phrase->count; i++) {
        const char *word = vocab_word(vocab, phrase->words[i]);
        const size_t length = strlen(word);

        if (strncmp(text, word, length) != 0 || (text[length] != ' ' && text[length] != '\0'))
            return false;
        text += length + (text[length] == ' ');
    }
    return true;
}

bool forbidden_in(const char *text, const struct search_phrase *phrases, size_t count,
                  const struct vocab *vocab)
{
    bool found = false;

    for (const char *space = text; space; space = strchr(text, ' '), text = space ? space + 1 : "")
        for (size_t i = 0; i < count; i++)
            found |= begins_with(text, &phrases[i], vocab);
    return found;
}

/* ---- For the caller ---- */

enum captioner_status captioner_check_words(const struct captioner *captioner, const char *text,
                                            struct captioner_error *error)
{
    const struct model_decoder *decoder = captioner->decoder;
    struct vocab_tokens tokens = {.count = 0};
    struct tn_error err;
    enum tn_status status = vocab_tokenize(decoder->tokenizer, text, strlen(text), &tokens, &err);
    const char *unknown = status == TN_OK ? find_unknown(decoder, &tokens) : NULL;

    if (status == TN_OK && tokens.count == 0)
        status = tn_fail(&err, TN_NOTFOUND, "'%s' is no word", text);
    if (unknown)
        status = tn_fail(&err, TN_NOTFOUND, "the model does not know the word '%s'", unknown);
    vocab_tokens_finish(&tokens);
    return captioner_report(status, &err, error);
}
