/* SPDX-License-Identifier: MIT */
/* Results for another process of the same program: the result, its captions, keywords and words,
 * and behind them all texts, in one order. */
#include "app/caption/result_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_text(FILE *out, const char *text)
{
    fwrite(text, 1, strlen(text) + 1, out);
}

static void write_result(FILE *out, const struct captioner_result *result)
{
    fwrite(result, sizeof *result, 1, out);
    fwrite(result->captions, sizeof *result->captions, result->count, out);
    fwrite(result->keywords, sizeof *result->keywords, result->keyword_count, out);
    for (size_t c = 0; c < result->count; c++)
        fwrite(result->captions[c].words, sizeof *result->captions[c].words,
               result->captions[c].word_count, out);
    for (size_t c = 0; c < result->count; c++) {
        write_text(out, result->captions[c].text);
        for (size_t w = 0; w < result->captions[c].word_count; w++)
            write_text(out, result->captions[c].words[w].text);
    }
    for (size_t k = 0; k < result->keyword_count; k++)
        write_text(out, result->keywords[k].text);
}

char *app_result_pack(const struct captioner_result *result, size_t *ret_bytes)
{
    char *packed = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&packed, &bytes);

    if (!out)
        return NULL;
    write_result(out, result);
    if (fclose(out) != 0) {
        free(packed);
        return NULL;
    }
    *ret_bytes = bytes;
    return packed;
}

/* The next of the texts. */
static const char *next_text(const char **at)
{
    const char *text = *at;

    *at += strlen(text) + 1;
    return text;
}

/* Its addresses are those that it had in the other process: sets them to what they are here. */
struct captioner_result *app_result_unpack(const char *packed, size_t bytes)
{
    struct captioner_result *result = malloc(bytes);
    struct captioner_caption *captions;
    struct captioner_keyword *keywords;
    struct captioner_word *words;
    const char *text;

    if (!result)
        return NULL;
    memcpy(result, packed, bytes);
    result->captions = captions = (struct captioner_caption *)(result + 1);
    result->keywords = keywords = (struct captioner_keyword *)(captions + result->count);
    words = (struct captioner_word *)(keywords + result->keyword_count);
    for (size_t c = 0; c < result->count; c++) {
        captions[c].words = words;
        words += captions[c].word_count;
    }
    text = (const char *)words;
    words = (struct captioner_word *)(keywords + result->keyword_count);
    for (size_t c = 0; c < result->count; c++) {
        captions[c].text = next_text(&text);
        for (size_t w = 0; w < captions[c].word_count; w++)
            (words++)->text = next_text(&text);
    }
    for (size_t k = 0; k < result->keyword_count; k++)
        keywords[k].text = next_text(&text);
    return result;
}
