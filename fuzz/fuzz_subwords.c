/* SPDX-License-Identifier: MIT */
/* Any text teaches subwords, and is cut by them: no token is unknown, and the tokens joined are the
 * text. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vocab/subwords.h"
#include "vocab/text_column.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct vocab *learn(const char *text, size_t size, size_t minimum, size_t limit)
{
    struct vocab_builder *builder;
    struct vocab *vocab, *again;

    require(vocab_builder_create(&builder, NULL) == TN_OK);
    require(text_count(builder, VOCAB_SUBWORDS, text, size, NULL) == TN_OK);
    require(subwords_learn(builder, NULL, minimum, limit, &vocab, NULL) == TN_OK);
    vocab_builder_destroy(builder);
    require(subwords_check(vocab, NULL) == TN_OK);
    require(vocab_parse(vocab_text(vocab), strlen(vocab_text(vocab)), &again, NULL) == TN_OK);
    require(vocab_count(again) == vocab_count(vocab));
    vocab_destroy(again);
    return vocab;
}

static void check_joined(const struct vocab *vocab, const char *text, size_t size)
{
    struct text_column column = {0};
    char out[VOCAB_LONGEST_WORD + 8];
    size_t at = 0;

    require(text_column_add(&column, VOCAB_SUBWORDS, vocab, text, size, 0, NULL) == TN_OK);
    require(column.unknown == 0);
    for (size_t i = 0; i < column.total; i++) {
        const size_t bytes = subword_text(vocab_word(vocab, column.ids[i]), out);

        require(bytes <= size - at && memcmp(text + at, out, bytes) == 0);
        at += bytes;
    }
    require(at == size);
    text_column_finish(&column);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct vocab *vocab;

    if (vocab_check_text(VOCAB_SUBWORDS, text, size, NULL) != TN_OK)
        return 0;
    for (size_t minimum = 1; minimum <= 3; minimum++) {
        vocab = learn(text, size, minimum, 200 * minimum);
        check_joined(vocab, text, size);
        vocab_destroy(vocab);
    }
    return 0;
}
