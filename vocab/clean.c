/* SPDX-License-Identifier: MIT */
/* The tokeniser's first pass. */
#include "vocab/clean.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

/* Decodes one character; an invalid byte is one character, -1. */
static size_t decode(const char *text, size_t length, utf8proc_int32_t *ret_character)
{
    const utf8proc_ssize_t step =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, ret_character);

    if (step <= 0)
        *ret_character = -1;
    return step > 0 ? (size_t)step : 1;
}

static char *put_text(char *out, const char *text)
{
    const size_t length = strlen(text);

    memcpy(out, text, length);
    return out + length;
}

static char *put_character(char *out, utf8proc_int32_t character)
{
    return out + utf8proc_encode_char(character, (utf8proc_uint8_t *)out);
}

/* The ASCII spelling of typographic punctuation, or NULL. */
static const char *ascii_spelling(utf8proc_int32_t character)
{
    switch (character) {
    case 0x2018:
    case 0x2019:
    case 0x201b:
    case 0x2032:
    case 0xff07:
        return "'";
    case 0x2010:
    case 0x2011:
    case 0xff0d:
        return "-";
    case 0xbc:
        return "1/4";
    case 0xbd:
        return "1/2";
    case 0xbe:
        return "3/4";
    default:
        return NULL;
    }
}

static bool is_symbol(utf8proc_category_t category)
{
    return category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
}

static bool is_wordlike(utf8proc_category_t category)
{
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static char *clean_english(char *out, utf8proc_int32_t character)
{
    const char *spelling = ascii_spelling(character);
    utf8proc_category_t category;

    if (spelling)
        return put_text(out, spelling);
    if (character > ' ' && character < 0x7f) {
        *out++ = (char)character;
        return out;
    }
    if (character == 0xad || character == 0x200b || character == 0x200d || character == 0xfeff)
        return out; /* soft hyphen, zero-width space and joiner, byte order mark */
    category = character < 0 ? UTF8PROC_CATEGORY_CC : utf8proc_category(character);
    if (is_wordlike(category))
        return put_character(out, utf8proc_tolower(character));
    *out++ = ' ';
    if (is_symbol(category) && character != 0xfffd) {
        out = put_character(out, character);
        *out++ = ' ';
    }
    return out;
}

/* Chinese: every character of a script without capitals (category Lo: Han, kana, hangul ...)
 * stands alone, with the marks that follow it. */
static char *clean_chinese(char *out, utf8proc_int32_t character, bool *after_single)
{
    utf8proc_category_t category = UTF8PROC_CATEGORY_CC;
    const char *spelling;
    bool mark;

    if (character >= 0xff01 && character <= 0xff5e)
        character -= 0xff01 - '!'; /* full width */
    spelling = ascii_spelling(character);
    if (spelling)
        return put_text(out, spelling);
    if (character >= 0)
        category = utf8proc_category(character);
    mark = category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
    if (!is_wordlike(category) && (character <= ' ' || character >= 0x7f)) {
        *out++ = ' ';
    } else {
        if (category == UTF8PROC_CATEGORY_LO || (*after_single && !mark))
            *out++ = ' ';
        out = put_character(out, utf8proc_tolower(character));
    }
    *after_single = category == UTF8PROC_CATEGORY_LO || (*after_single && mark);
    return out;
}

size_t vocab_clean(enum vocab_language language, const char *text, size_t length, char *out)
{
    char *const begin = out;
    bool after_single = false;

    for (size_t i = 0; i < length;) {
        utf8proc_int32_t character;

        i += decode(text + i, length - i, &character);
        out = language == VOCAB_CHINESE ? clean_chinese(out, character, &after_single)
                                        : clean_english(out, character);
    }
    *out = '\0';
    return (size_t)(out - begin);
}
