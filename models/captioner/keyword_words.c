/* SPDX-License-Identifier: MIT */
#include "models/captioner/keyword_words.h"

#include "base/map.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A keyword and the words that mean it, with commas between; '~' before those that stand apart
 * from their parts.  Words after an empty keyword are none. */
static const char *const english[] = {
#include "models/captioner/english_words.inc"
};

struct keyword_words {
    struct tn_map names;
    struct tn_map words; /* each value: of the name, 2 * index + apart */
};

static enum tn_status add_word(struct keyword_words *words, size_t name, const char *text,
                               size_t length, struct tn_error *err)
{
    const bool apart = text[0] == '~';
    size_t index;

    TN_TRY(tn_map_add(&words->words, text + apart, length - apart, &index, err));
    words->words.entries[index].value = 2 * (uint64_t)name + apart;
    return TN_OK;
}

static enum tn_status add_line(struct keyword_words *words, const char *line, struct tn_error *err)
{
    size_t length = strcspn(line, ","), name;

    TN_TRY(tn_map_add(&words->names, line, length, &name, err));
    for (line += length; *line == ','; line += length) {
        line++;
        length = strcspn(line, ",");
        TN_TRY(add_word(words, name, line, length, err));
    }
    return TN_OK;
}

enum tn_status keyword_words_create(const char *language, struct keyword_words **ret_words,
                                    struct tn_error *err)
{
    const size_t lines = strcmp(language, "en") == 0 ? sizeof english / sizeof english[0] : 0;
    struct keyword_words *words = calloc(1, sizeof *words);
    enum tn_status status = words ? TN_OK : tn_fail_nomem(err, sizeof *words);

    for (size_t i = 0; i < lines && status == TN_OK; i++)
        status = add_line(words, english[i], err);
    if (status == TN_OK)
        *ret_words = words;
    else
        keyword_words_destroy(words);
    return status;
}

void keyword_words_destroy(struct keyword_words *words)
{
    if (!words)
        return;
    tn_map_finish(&words->names);
    tn_map_finish(&words->words);
    free(words);
}

/* "'s" and "." are tokens of captions, but no words of their own. */
static bool is_mark(char c)
{
    return (unsigned char)c < 0x80 && !isalnum((unsigned char)c);
}

bool keyword_words_find(const struct keyword_words *words, const char *text, size_t length,
                        struct keyword_word *ret_word)
{
    const size_t index = tn_map_find(&words->words, text, length);
    uint64_t value;
    const char *name;

    if (length > 0 && is_mark(text[0])) {
        *ret_word = (struct keyword_word){NULL, false};
        return true;
    }
    if (index == TN_MAP_NONE)
        return false;
    value = words->words.entries[index].value;
    name = tn_map_text(&words->names, (size_t)(value / 2));
    *ret_word = (struct keyword_word){name[0] != '\0' ? name : NULL, value % 2 == 1};
    return true;
}

bool keyword_words_find_two(const struct keyword_words *words, const char *first,
                            const char *second, struct keyword_word *ret_word)
{
    char both[KEYWORD_WORDS_LONGEST];
    const int length = snprintf(both, sizeof both, "%s %s", first, second);

    return length > 0 && (size_t)length < sizeof both &&
           keyword_words_find(words, both, (size_t)length, ret_word);
}
