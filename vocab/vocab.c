/* SPDX-License-Identifier: MIT */
#include "vocab/vocab_private.h"

#include "base/utf8.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *const fixed_words[VOCAB_FIRST_WORD] = {"<pad>", "<start>", "<end>", "<unk>"};

static bool is_fixed(const char *token, size_t length)
{
    for (size_t i = 0; i < VOCAB_FIRST_WORD; i++)
        if (strlen(fixed_words[i]) == length && memcmp(fixed_words[i], token, length) == 0)
            return true;
    return false;
}

/* Non-empty valid UTF-8 without NUL. */
static bool is_token(const char *token, size_t length)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)token;
    utf8proc_int32_t character;

    for (size_t i = 0; i < length;) {
        const utf8proc_ssize_t step =
            utf8proc_iterate(bytes + i, (utf8proc_ssize_t)(length - i), &character);

        if (step <= 0 || character == 0)
            return false;
        i += (size_t)step;
    }
    return length > 0;
}

enum tn_status vocab_builder_create(struct vocab_builder **ret_builder, struct tn_error *err)
{
    struct vocab_builder *builder = calloc(1, sizeof *builder);

    if (!builder)
        return tn_fail_nomem(err, sizeof *builder);
    *ret_builder = builder;
    return TN_OK;
}

void vocab_builder_destroy(struct vocab_builder *builder)
{
    if (!builder)
        return;
    tn_map_finish(&builder->tokens);
    free(builder);
}

enum tn_status vocab_builder_add(struct vocab_builder *builder, const char *token, size_t length,
                                 struct tn_error *err)
{
    size_t index = tn_map_find(&builder->tokens, token, length);

    if (index == TN_MAP_NONE) {
        if (!is_token(token, length))
            return tn_fail(err, TN_FORMAT, "a token is empty or not valid UTF-8");
        TN_TRY(tn_map_add(&builder->tokens, token, length, &index, err));
    }
    builder->tokens.entries[index].value++;
    return TN_OK;
}

int vocab_by_frequency(const void *left, const void *right)
{
    const struct vocab_counted *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->word, b->word);
}

enum tn_status vocab_complete(struct vocab *vocab, struct tn_error *err)
{
    const struct tn_map *words = &vocab->words;
    const size_t size = 2 * words->text_used + 1; /* a word's NUL leaves the room for its '\n' */
    char *out = malloc(size);

    if (!out)
        return tn_fail_nomem(err, size);
    vocab->text = out;
    for (size_t i = VOCAB_FIRST_WORD; i < words->count; i++) {
        for (const char *c = tn_map_text(words, i); *c; c++) {
            if (*c == '\n' || *c == '\\')
                *out++ = '\\';
            *out++ = *c == '\n' ? 'n' : *c;
        }
        *out++ = '\n';
    }
    *out = '\0';
    return TN_OK;
}

static enum tn_status add_words(struct vocab *vocab, const struct vocab_counted *words,
                                size_t count, struct tn_error *err)
{
    size_t index;

    for (size_t i = 0; i < count; i++)
        TN_TRY(tn_map_add(&vocab->words, words[i].word, words[i].length, &index, err));
    return TN_OK;
}

static enum tn_status add_fixed(struct vocab *vocab, struct tn_error *err)
{
    size_t index;

    for (size_t i = 0; i < VOCAB_FIRST_WORD; i++)
        TN_TRY(tn_map_add(&vocab->words, fixed_words[i], strlen(fixed_words[i]), &index, err));
    return TN_OK;
}

static enum tn_status add_known(struct vocab *vocab, const struct vocab *base, struct tn_error *err)
{
    size_t index;

    for (size_t i = VOCAB_FIRST_WORD; i < base->words.count; i++)
        TN_TRY(tn_map_add(&vocab->words, tn_map_text(&base->words, i),
                          base->words.entries[i].length, &index, err));
    return TN_OK;
}

enum tn_status vocab_begin(const struct vocab *base, struct vocab **ret_vocab, struct tn_error *err)
{
    struct vocab *vocab = calloc(1, sizeof *vocab);
    enum tn_status status;

    if (!vocab)
        return tn_fail_nomem(err, sizeof *vocab);
    status = add_fixed(vocab, err);
    if (status == TN_OK && base)
        status = add_known(vocab, base, err);
    if (status == TN_OK)
        *ret_vocab = vocab;
    else
        vocab_destroy(vocab);
    return status;
}

static bool is_known(const struct vocab *base, const char *word, size_t length)
{
    return base && tn_map_find(&base->words, word, length) != TN_MAP_NONE;
}

/* Those that base does not have, the most frequent first; words has room for all. */
static size_t list_frequent(const struct vocab_builder *builder, const struct vocab *base,
                            size_t minimum, struct vocab_counted *words)
{
    const struct tn_map *tokens = &builder->tokens;
    size_t count = 0;

    for (size_t i = 0; i < tokens->count; i++) {
        const struct tn_map_entry *entry = &tokens->entries[i];
        const char *word = tn_map_text(tokens, i);

        if (entry->value >= minimum && !is_fixed(word, entry->length) &&
            !is_known(base, word, entry->length))
            words[count++] = (struct vocab_counted){entry->value, word, entry->length};
    }
    qsort(words, count, sizeof *words, vocab_by_frequency);
    return count;
}

static enum tn_status build(const struct vocab_builder *builder, const struct vocab *base,
                            size_t minimum, size_t limit, struct vocab **ret_vocab,
                            struct tn_error *err)
{
    const size_t bytes = (builder->tokens.count + 1) * sizeof(struct vocab_counted);
    const size_t known = base ? base->words.count - VOCAB_FIRST_WORD : 0;
    struct vocab_counted *words = malloc(bytes);
    struct vocab *vocab = NULL;
    enum tn_status status;
    size_t count;

    if (!words)
        return tn_fail_nomem(err, bytes);
    count = list_frequent(builder, base, minimum, words);
    if (limit > 0 && count > limit - (known < limit ? known : limit))
        count = limit - (known < limit ? known : limit);
    status = vocab_begin(base, &vocab, err);
    if (status == TN_OK)
        status = add_words(vocab, words, count, err);
    if (status == TN_OK)
        status = vocab_complete(vocab, err);
    free(words);
    if (status == TN_OK)
        *ret_vocab = vocab;
    else
        vocab_destroy(vocab);
    return status;
}

enum tn_status vocab_builder_build(const struct vocab_builder *builder, size_t minimum,
                                   size_t limit, struct vocab **ret_vocab, struct tn_error *err)
{
    return build(builder, NULL, minimum, limit, ret_vocab, err);
}

enum tn_status vocab_builder_extend(const struct vocab_builder *builder, const struct vocab *base,
                                    size_t minimum, size_t limit, struct vocab **ret_vocab,
                                    struct tn_error *err)
{
    return build(builder, base, minimum, limit, ret_vocab, err);
}

/* Undoes the escapes of a line in place; SIZE_MAX for an unknown one. */
static size_t unescape(char *line, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        char c = line[i];

        if (c == '\\') {
            c = ++i < length ? line[i] : '\0';
            if (c == 'n')
                c = '\n';
            else if (c != '\\')
                return SIZE_MAX;
        }
        line[used++] = c;
    }
    return used;
}

/* Consumes text, which is scratch. */
static enum tn_status parse_lines(struct vocab *vocab, char *text, size_t length,
                                  struct tn_error *err)
{
    size_t line = 1;

    for (size_t start = 0; start < length; line++) {
        const char *newline = memchr(text + start, '\n', length - start);
        const size_t end = newline ? (size_t)(newline - text) : length;
        const size_t used = unescape(text + start, end - start);
        const size_t expected = vocab->words.count;
        size_t index;

        if (used == SIZE_MAX)
            return tn_fail(err, TN_FORMAT, "vocabulary line %zu: unknown escape", line);
        if (!is_token(text + start, used))
            return tn_fail(err, TN_FORMAT, "vocabulary line %zu: %s", line,
                           used == 0 ? "empty word" : "not valid UTF-8");
        TN_TRY(tn_map_add(&vocab->words, text + start, used, &index, err));
        if (index != expected)
            return tn_fail(err, TN_FORMAT, "vocabulary line %zu: \"%.*s\" is there already", line,
                           TN_FIT(tn_map_text(&vocab->words, index), 80));
        start = end + 1;
    }
    return vocab_complete(vocab, err);
}

enum tn_status vocab_parse(const char *text, size_t length, struct vocab **ret_vocab,
                           struct tn_error *err)
{
    char *copy = malloc(length + 1);
    struct vocab *vocab = NULL;
    enum tn_status status;

    if (!copy)
        return tn_fail_nomem(err, length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    status = vocab_begin(NULL, &vocab, err);
    if (status == TN_OK)
        status = parse_lines(vocab, copy, length, err);
    free(copy);
    if (status == TN_OK)
        *ret_vocab = vocab;
    else
        vocab_destroy(vocab);
    return status;
}

const char *vocab_text(const struct vocab *vocab)
{
    return vocab->text;
}

/* Of valid UTF-8: C0, DEL, and C1, which is C2 80 to C2 9F. */
static bool has_control(const char *word)
{
    const unsigned char *c = (const unsigned char *)word;

    for (; *c; c++)
        if (*c < ' ' || *c == 0x7F || (*c == 0xC2 && c[1] < 0xA0))
            return true;
    return false;
}

enum tn_status vocab_check_lines(const struct vocab *vocab, struct tn_error *err)
{
    for (size_t i = VOCAB_FIRST_WORD; i < vocab->words.count; i++)
        if (has_control(tn_map_text(&vocab->words, i)))
            return tn_fail(err, TN_FORMAT, "word %zu, \"%.*s\", has a control character in it",
                           i - VOCAB_FIRST_WORD + 1, TN_FIT(tn_map_text(&vocab->words, i), 80));
    return TN_OK;
}

void vocab_destroy(struct vocab *vocab)
{
    if (!vocab)
        return;
    tn_map_finish(&vocab->words);
    free(vocab->text);
    free(vocab);
}

size_t vocab_count(const struct vocab *vocab)
{
    return vocab->words.count;
}

int vocab_id(const struct vocab *vocab, const char *token, size_t length)
{
    const size_t index = tn_map_find(&vocab->words, token, length);

    /* The text "<end>" in a caption is not the end of it. */
    return index == TN_MAP_NONE || index < VOCAB_FIRST_WORD ? VOCAB_UNKNOWN : (int)index;
}

const char *vocab_word(const struct vocab *vocab, int id)
{
    assert(id >= 0 && (size_t)id < vocab->words.count);
    return tn_map_text(&vocab->words, (size_t)id);
}
