/* SPDX-License-Identifier: MIT */
#include "vocab/units.h"

#include "vocab/subwords.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

const char *const vocab_unit_names[] = {"byte", "char", "word", "subword", NULL};

const char *vocab_unit_plural(enum vocab_unit unit)
{
    static const char *const plurals[] = {"bytes", "chars", "words", "subwords"};

    return plurals[unit];
}

/* The code point at text[at] and its bytes; 0 bytes where there is none. */
static size_t read_character(const char *text, size_t length, size_t at, utf8proc_int32_t *ret)
{
    const utf8proc_ssize_t bytes =
        utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), ret);

    return bytes > 0 ? (size_t)bytes : 0;
}

enum tn_status vocab_check_text(enum vocab_unit unit, const char *text, size_t length,
                                struct tn_error *err)
{
    size_t line = 1;
    utf8proc_int32_t character;

    if (unit == VOCAB_BYTES)
        return TN_OK;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = text[at] > 0 ? 1 : read_character(text, length, at, &character);
        if (bytes == 0)
            return tn_fail(err, TN_FORMAT, "byte %zu, in line %zu, is no UTF-8", at + 1, line);
        if (text[at] == '\0')
            return tn_fail(err, TN_FORMAT, "no text: byte %zu is a NUL", at + 1);
        line += text[at] == '\n';
    }
    return TN_OK;
}

static bool is_blank(utf8proc_int32_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' ||
           utf8proc_category(c) == UTF8PROC_CATEGORY_ZS;
}

static bool is_word(utf8proc_int32_t c)
{
    const utf8proc_category_t category = utf8proc_category(c);

    return c == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

/* ' and - (also typographic), which stand within a word when a letter follows. */
static bool is_joint(utf8proc_int32_t c)
{
    return c == '\'' || c == '-' || c == 0x2019 || c == 0x2010;
}

static bool word_follows(const struct vocab_cursor *c, size_t at)
{
    utf8proc_int32_t character;

    return at < c->length && read_character(c->text, c->length, at, &character) > 0 &&
           is_word(character);
}

/* The bytes of the word at text[at], which begins with what is no blank. */
static size_t word_length(const struct vocab_cursor *c, size_t at)
{
    utf8proc_int32_t character = 0;
    size_t bytes = read_character(c->text, c->length, at, &character), end = at + bytes;

    while (is_word(character) && end < c->length) {
        bytes = read_character(c->text, c->length, end, &character);
        if (is_joint(character) && word_follows(c, end + bytes))
            character = 'a';
        if (!is_word(character) || end + bytes - at > VOCAB_LONGEST_WORD)
            break;
        end += bytes;
    }
    return end - at;
}

static bool take(struct vocab_cursor *c, size_t length)
{
    c->token = c->text + c->at;
    c->token_length = length;
    c->at += length;
    return true;
}

static bool next_word(struct vocab_cursor *c)
{
    utf8proc_int32_t character = 0;

    for (size_t bytes; c->at < c->length; c->at += bytes) {
        bytes = read_character(c->text, c->length, c->at, &character);
        if (!is_blank(character))
            return take(c, word_length(c, c->at));
    }
    return false;
}

/* Whether what is no blank follows: a word, or a newline, which takes no space. */
static bool takes_space(const struct vocab_cursor *c, size_t at)
{
    utf8proc_int32_t character;

    return at < c->length && c->text[at] != '\n' &&
           read_character(c->text, c->length, at, &character) > 0 && !is_blank(character);
}

/* A word with its space, or the same blank some times, but for that space. */
static bool next_spaced_word(struct vocab_cursor *c)
{
    utf8proc_int32_t first, character;
    size_t bytes, end;

    if (c->at >= c->length)
        return false;
    bytes = read_character(c->text, c->length, c->at, &first);
    if (!is_blank(first))
        return take(c, word_length(c, c->at));
    if (first == ' ' && takes_space(c, c->at + 1))
        return take(c, 1 + word_length(c, c->at + 1));
    for (end = c->at + bytes; end < c->length && end + bytes - c->at <= VOCAB_LONGEST_WORD;
         end += bytes) {
        (void)read_character(c->text, c->length, end, &character);
        if (character != first || (first == ' ' && takes_space(c, end + 1)))
            break;
    }
    return take(c, end - c->at);
}

bool vocab_next(enum vocab_unit unit, struct vocab_cursor *c)
{
    utf8proc_int32_t character;

    if (unit == VOCAB_WORDS)
        return next_word(c);
    if (unit == VOCAB_SUBWORDS)
        return next_spaced_word(c);
    if (c->at >= c->length)
        return false;
    c->token = c->text + c->at;
    if (unit == VOCAB_CHARS) {
        c->token_length = read_character(c->text, c->length, c->at, &character);
    } else {
        const unsigned char byte = (unsigned char)c->text[c->at];

        c->token = c->scratch;
        c->token_length =
            (size_t)utf8proc_encode_char(byte > 0 ? byte : 0x100, (utf8proc_uint8_t *)c->scratch);
    }
    c->at += unit == VOCAB_CHARS ? c->token_length : 1;
    return true;
}

size_t vocab_unit_ids(enum vocab_unit unit, const struct vocab *vocab,
                      const struct vocab_cursor *cursor, int *ids)
{
    if (unit == VOCAB_SUBWORDS)
        return subwords_encode(vocab, cursor->token, cursor->token_length, ids);
    ids[0] = vocab_id(vocab, cursor->token, cursor->token_length);
    return 1;
}

/* Whether a space stands between two words. */
static bool blank_between(const char *left, const char *right)
{
    static const char closing[] = ".,;:!?)]}%", opening[] = "([{$";

    if (left[0] == '\n' || right[0] == '\n')
        return false;
    return !(right[1] == '\0' && strchr(closing, right[0])) &&
           !(left[1] == '\0' && strchr(opening, left[0]));
}

size_t vocab_unit_text(enum vocab_unit unit, const char *before, const char *token, char *out)
{
    utf8proc_int32_t character;

    if (unit == VOCAB_SUBWORDS)
        return subword_text(token, out);
    if (unit == VOCAB_BYTES) {
        read_character(token, strlen(token), 0, &character);
        out[0] = (char)(unsigned char)character;
        return 1;
    }
    return (size_t)snprintf(out, VOCAB_LONGEST_WORD + 8, "%s%.*s",
                            unit == VOCAB_WORDS && before && blank_between(before, token) ? " "
                                                                                          : "",
                            VOCAB_LONGEST_WORD, token);
}
