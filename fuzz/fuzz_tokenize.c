/* SPDX-License-Identifier: MIT */
/* Any bytes through the tokeniser in both languages and back, and through vocab_parse: tokens are
 * non-empty words that a vocabulary accepts, and a parsed vocabulary writes what it read. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vocab/tokenize.h"
#include "vocab/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void tokenize(enum vocab_language language, const char *text, size_t size)
{
    struct vocab_tokens tokens = {0};
    struct vocab_builder *builder;
    const char **words;
    char out[64];

    require(vocab_tokenize(language, text, size, &tokens, NULL) == TN_OK);
    require(vocab_builder_create(&builder, NULL) == TN_OK);
    words = calloc(tokens.count + 1, sizeof *words);
    require(words != NULL);
    for (size_t i = 0; i < tokens.count; i++) {
        words[i] = tokens.text + tokens.offsets[i];
        require(vocab_builder_add(builder, words[i], strlen(words[i]), NULL) == TN_OK);
    }
    require(vocab_detokenize(language, words, tokens.count, out, sizeof out) < sizeof out);
    free(words);
    vocab_builder_destroy(builder);
    vocab_tokens_finish(&tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct vocab *vocab, *again;

    tokenize(VOCAB_ENGLISH, text, size);
    tokenize(VOCAB_CHINESE, text, size);
    if (vocab_parse(text, size, &vocab, NULL) == TN_OK) {
        require(vocab_parse(vocab_text(vocab), strlen(vocab_text(vocab)), &again, NULL) == TN_OK);
        require(strcmp(vocab_text(vocab), vocab_text(again)) == 0);
        vocab_destroy(again);
        vocab_destroy(vocab);
    }
    return 0;
}
