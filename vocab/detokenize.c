/* SPDX-License-Identifier: MIT */
/* Tokens back to a sentence: undoes what the tokeniser cut apart. */
#include "vocab/tokenize.h"

#include <stdbool.h>
#include <string.h>

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static bool is_ascii_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* The tokeniser makes two words of these. */
static bool was_one_word(const char *left, const char *right)
{
    static const char *const pairs[][2] = {{"can", "not"}, {"gon", "na"}, {"wan", "na"},
                                           {"got", "ta"},  {"gim", "me"}, {"lem", "me"}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(left, pairs[i][0]) == 0 && strcmp(right, pairs[i][1]) == 0)
            return true;
    return false;
}

static bool blank_between_english(const char *left, const char *right)
{
    static const char *const attached[] = {"'s", "'m", "'d", "'re", "'ve", "'ll", "n't", "%",
                                           ".",  ",",  "!",  "?",   ";",   ":",   ")",   NULL};

    if (is_one_of(right, attached) || was_one_word(left, right) || strcmp(left, "(") == 0)
        return false;
    return !((strcmp(left, "$") == 0 || strcmp(left, "#") == 0) && right[0] >= '0' &&
             right[0] <= '9');
}

/* Chinese has no spaces except between two words of Latin letters or digits. */
static bool blank_between_chinese(const char *left, const char *right)
{
    const size_t length = strlen(left);

    return length > 0 && is_ascii_word(left[length - 1]) && is_ascii_word(right[0]);
}

/* Appends what fits of text, whole characters only; false when something was cut. */
static bool append(char *out, size_t size, size_t *used, const char *text)
{
    const size_t length = strlen(text);
    size_t fitting = size - 1 - *used;

    if (fitting > length)
        fitting = length;
    while (fitting > 0 && fitting < length && (text[fitting] & 0xc0) == 0x80)
        fitting--;
    memcpy(out + *used, text, fitting);
    *used += fitting;
    out[*used] = '\0';
    return fitting == length;
}

size_t vocab_detokenize(enum vocab_language language, const char *const *words, size_t count,
                        char *out, size_t size)
{
    size_t used = 0;

    if (size == 0)
        return 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *word = words[i];
        bool blank = false;

        if (i > 0)
            blank = language == VOCAB_CHINESE ? blank_between_chinese(words[i - 1], word)
                                              : blank_between_english(words[i - 1], word);
        if (language == VOCAB_ENGLISH && strcmp(word, "i") == 0)
            word = "I";
        if ((blank && !append(out, size, &used, " ")) || !append(out, size, &used, word))
            break;
    }
    return used;
}
