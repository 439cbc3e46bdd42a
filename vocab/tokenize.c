/* SPDX-License-Identifier: MIT */
/*
 * The tokeniser's second pass: cuts the cleaned text (clean.h) into words by the rules of the Penn
 * Treebank as Stanford's PTBTokenizer reads them, and passes over the punctuation that the field's
 * scorer drops: quotes . ? ! , : ; - -- ... and brackets.  Capitals tell AT&T from a&b, so ASCII
 * becomes small only at the end.
 */
#include "vocab/tokenize.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "vocab/clean.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

/* ASCII letters and all that lies beyond ASCII: cleaning has set symbols apart. */
static bool is_letter(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

static bool is_vowel(char c)
{
    return c != '\0' && strchr("aeiouy", lower(c)) != NULL;
}

/* The room is there: no token is longer than its source, and each has one NUL. */
static void emit(struct vocab_tokens *tokens, const char *text, size_t length)
{
    char *out = tokens->text + tokens->text_used;

    if (length == 0)
        return;
    tokens->offsets[tokens->count++] = tokens->text_used;
    for (size_t i = 0; i < length; i++)
        out[i] = lower(text[i]);
    out[length] = '\0';
    tokens->text_used += length + 1;
}

/* Whether text[length] is, letter case aside, one of the '\0'-ended list's entries. */
static bool is_listed(const char *const *list, const char *text, size_t length)
{
    for (; *list; list++) {
        size_t i = 0;

        while (i < length && (*list)[i] == lower(text[i]))
            i++;
        if (i == length && (*list)[i] == '\0')
            return true;
    }
    return false;
}

/* Words that keep their full stop, without it. */
static const char *const abbreviations[] = {
    "mr",   "mrs",  "ms",   "dr",   "drs",  "prof", "sen",  "rep", "lt",   "col", "gen",
    "gov",  "adm",  "rev",  "maj",  "sgt",  "cpl",  "pvt",  "mt",  "capt", "st",  "ste",
    "ave",  "pres", "hon",  "jr",   "sr",   "bros", "blvd", "rd",  "esq",  "inc", "co",
    "corp", "ltd",  "dept", "univ", "assn", "etc",  "vs",   "ph",  "jan",  "feb", "apr",
    "jun",  "jul",  "aug",  "sept", "oct",  "nov",  "dec",  "tue", "thu",  "fri", "calif",
    "conn", "fla",  "tenn", "est",  "ext",  "sq",   "ft",   "cf",  NULL};

/* Words with an apostrophe that no rule below keeps together. */
static const char *const apostrophe_words[] = {
    "li'l", "ev'ry", "nat'l",  "nor'easter", "y'all", "'n'",       "'n",      "'em",
    "'til", "'till", "'cause", "'twas",      "ol'",   "somethin'", "dunkin'", NULL};

static const char *const domains[] = {"com", "net", "org", "edu", NULL};

static size_t letters(const char *text)
{
    size_t length = 0;

    while (is_letter(text[length]))
        length++;
    return length;
}

/* The length of 's 'm 'd 're 've 'll at text, 0 when it is none. */
static size_t clitic(const char *text)
{
    static const char *const endings[] = {"s", "m", "d", "re", "ve", "ll", NULL};
    const size_t length = text[0] == '\'' ? letters(text + 1) : 0;

    return length > 0 && !is_digit(text[1 + length]) && is_listed(endings, text + 1, length)
               ? length + 1
               : 0;
}

/* Whether "n't" begins at text and ends a word. */
static bool is_not(const char *text)
{
    return lower(text[0]) == 'n' && text[1] == '\'' && lower(text[2]) == 't' && !is_word(text[3]);
}

/* o'clock, d'art, O'Brien; Shi'ite. */
static bool joins_apostrophe(const char *start, const char *at)
{
    const size_t after = letters(at + 1);
    const bool first = at - start == 1 || (at - start > 1 && at[-2] == '-');

    if (after == 0 || clitic(at))
        return false;
    if (first && after >= 2 && is_letter(at[-1]) && strchr("iy", lower(at[-1])) == NULL)
        return true;
    return is_vowel(at[-1]) && (is_vowel(at[1]) || is_upper(at[1])) && at - start > 1;
}

/* AT&T, R&B: capitals on both sides. */
static bool joins_capitals(const char *start, const char *at)
{
    for (const char *c = start; c < at; c++)
        if (!is_upper(*c) && *c != '&' && *c != '+')
            return false;
    return is_upper(at[1]);
}

/* Whether the '.' at `at` lies within a number, an initialism (U.S.A) or an address (x.com). */
static bool joins_dot(const char *start, const char *at, bool address)
{
    if (address || (is_digit(at[-1]) && is_digit(at[1])))
        return true;
    if (is_letter(at[1]) && !is_word(at[2]) && is_letter(at[-1]))
        return at - start == 1 || at[-2] == '.';
    return is_listed(domains, at + 1, letters(at + 1)) && !is_digit(at[1 + letters(at + 1)]);
}

/* Whether the sign at `at` holds the word from start together with what follows. */
static bool joins(const char *start, const char *at, bool address)
{
    if (*at == '\0' || !is_word(at[1]))
        return false;
    switch (*at) {
    case '-':
    case '_':
    case '/':
    case '=':
        return true;
    case '@':
        return letters(at + 1) > 0;
    case ',':
    case ':':
        return is_digit(at[-1]) && is_digit(at[1]);
    case '.':
        return joins_dot(start, at, address);
    case '&':
    case '+':
        return joins_capitals(start, at);
    case '\'':
        return joins_apostrophe(start, at);
    default:
        return false;
    }
}

/* Two words written as one (cannot, gonna ...): the length of the first, or 0. */
static size_t assimilated(const char *text, size_t length)
{
    static const char *const pairs[] = {"cannot", "gonna", "gotta", "lemme",
                                        "gimme",  "wanna", NULL};

    return is_listed(pairs, text, length) ? 3 : 0;
}

/* The length of the apostrophe word at text, or 0. */
static size_t apostrophe_word(const char *text)
{
    size_t length = 0;

    while (is_letter(text[length]) || text[length] == '\'')
        length++;
    if (is_listed(apostrophe_words, text, length))
        return length;
    return length > 1 && is_listed(apostrophe_words, text, length - 1) ? length - 1 : 0;
}

/* Whether the '.' after the word text .. at belongs to it: Mr. a. U.S. */
static bool keeps_dot(const char *text, const char *at)
{
    const size_t length = (size_t)(at - text);

    if (at[0] != '.' || at[1] == '.' || is_word(at[1]) || !is_letter(at[-1]))
        return false;
    return length == 1 || at[-2] == '.' || is_listed(abbreviations, text, length);
}

/* Emits the word at text, which may begin with a number's sign; returns where it ends. */
static const char *take_word(struct vocab_tokens *tokens, const char *text)
{
    const char *at = text + (is_word(*text) ? 0 : 1);
    bool address = false;
    size_t length = is_not(text) ? 3 : apostrophe_word(text), first;

    if (length == 0) {
        while (is_word(*at) || (at > text && joins(text, at, address))) {
            address |= *at == '@';
            at++;
            if (is_not(at) && is_letter(at[-1]) && lower(at[-1]) != 'n')
                break;
        }
        length = (size_t)(at - text) + keeps_dot(text, at);
    }
    first = assimilated(text, length);
    emit(tokens, text, first);
    emit(tokens, text + first, length - first);
    return text + length;
}

/* Emits what begins with an apostrophe, or passes over it as a quote; returns where it ends. */
static const char *take_apostrophe(struct vocab_tokens *tokens, const char *text)
{
    size_t length = clitic(text);

    if (length == 0)
        length = apostrophe_word(text);
    if (length == 0 && is_digit(text[1]) && text[2] == '0' && lower(text[3]) == 's' &&
        !is_word(text[4]))
        length = 4; /* '50s */
    emit(tokens, text, length);
    return text + (length > 0 ? length : 1);
}

/* Emits an address on the web whole, without the punctuation after it; returns where it ends. */
static const char *take_url(struct vocab_tokens *tokens, const char *text)
{
    size_t length = strcspn(text, " \"<>|()");

    while (strchr(".!?{},-:;'", text[length - 1]))
        length--;
    emit(tokens, text, length);
    return text + length;
}

static bool is_url(const char *text)
{
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0 ||
           strncmp(text, "www.", 4) == 0;
}

/* Emits the sign at text (a run of it, #tag, @name), or passes over it; returns where it ends. */
static const char *take_sign(struct vocab_tokens *tokens, const char *text)
{
    size_t length = 1;

    if (strchr("\"`.?!,:;-()[]{}", *text))
        return text + 1;
    if ((*text == '#' || *text == '@') && is_letter(text[1]))
        while (is_word(text[length]) || text[length] == '_')
            length++;
    else
        while (text[length] == *text)
            length++;
    emit(tokens, text, length);
    return text + length;
}

static void cut(struct vocab_tokens *tokens, const char *text)
{
    bool after_blank = true;

    while (*text) {
        const bool is_signed = after_blank && strchr("+-.", *text) && is_digit(text[1]);

        after_blank = *text == ' ';
        if (after_blank)
            text++;
        else if (is_url(text))
            text = take_url(tokens, text);
        else if (is_word(*text) || is_signed)
            text = take_word(tokens, text);
        else if (*text == '\'')
            text = take_apostrophe(tokens, text);
        else
            text = take_sign(tokens, text);
    }
}

enum tn_status vocab_tokenize(enum vocab_language language, const char *text, size_t length,
                              struct vocab_tokens *tokens, struct tn_error *err)
{
    size_t used;

    tokens->count = 0;
    tokens->text_used = 0;
    if (length > PTRDIFF_MAX / (4 * VOCAB_CLEAN_GROWTH))
        return tn_fail_nomem(err, length);
    TN_TRY(tn_array_reserve(&tokens->clean, &tokens->clean_capacity,
                            VOCAB_CLEAN_GROWTH * length + 1, err));
    used = vocab_clean(language, text, length, tokens->clean);
    /* At worst every character is a token, with its NUL. */
    TN_TRY(tn_array_reserve(&tokens->text, &tokens->text_capacity, 2 * used + 1, err));
    TN_TRY(tn_array_reserve(&tokens->offsets, &tokens->capacity, used + 1, err));
    cut(tokens, tokens->clean);
    return TN_OK;
}

void vocab_tokens_finish(struct vocab_tokens *tokens)
{
    free(tokens->text);
    free(tokens->offsets);
    free(tokens->clean);
    *tokens = (struct vocab_tokens){0};
}
