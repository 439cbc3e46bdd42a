/* SPDX-License-Identifier: MIT */
/* A photo's row in JSON, as -f jsonl and the server write it. */
#include "app/output/json_row.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

json_object *app_json_text(const char *text, bool *ret_lossy)
{
    const size_t size = strlen(text);
    char *clean = malloc(3 * size + 1), *end = clean;
    json_object *object;

    if (!clean)
        return NULL;
    *ret_lossy = false;
    for (size_t i = 0; i < size;) {
        utf8proc_int32_t code;
        const utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text + i,
                                                         (utf8proc_ssize_t)(size - i), &code);

        if (length > 0) {
            memcpy(end, text + i, (size_t)length);
            end += length;
            i += (size_t)length;
        } else {
            memcpy(end, "\xEF\xBF\xBD", 3);
            end += 3;
            i++;
            *ret_lossy = true;
        }
    }
    object = json_object_new_string_len(clean, (int)(end - clean));
    free(clean);
    return object;
}

json_object *app_json_number(double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.4f", value);
    return json_object_new_double_s(value, text);
}

/* language: NULL where all captions of the row are of its own. */
static json_object *caption_object(const struct captioner_caption *caption, const char *language)
{
    json_object *object = json_object_new_object(), *words = json_object_new_array();
    bool lossy;

    if (language)
        json_object_object_add(object, "language", json_object_new_string(language));
    json_object_object_add(object, "caption", app_json_text(caption->text, &lossy));
    json_object_object_add(object, "confidence", app_json_number(caption->confidence));
    json_object_object_add(object, "log_prob", app_json_number(caption->log_prob));
    for (size_t i = 0; i < caption->word_count; i++) {
        json_object *word = json_object_new_object();

        json_object_object_add(word, "text", app_json_text(caption->words[i].text, &lossy));
        json_object_object_add(word, "log_prob",
                               app_json_number((double)caption->words[i].log_prob));
        json_object_array_add(words, word);
    }
    json_object_object_add(object, "words", words);
    json_object_object_add(object, "end_log_prob", app_json_number(caption->end_log_prob));
    return object;
}

static json_object *hex_object(const char *text)
{
    const size_t size = strlen(text);
    char *hex = malloc(2 * size + 1);
    json_object *object = NULL;

    if (!hex)
        return NULL;
    for (size_t i = 0; i < size; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned)(unsigned char)text[i]);
    object = json_object_new_string_len(hex, (int)(2 * size));
    free(hex);
    return object;
}

json_object *app_json_keywords(const struct captioner_result *result)
{
    json_object *keywords = json_object_new_array();
    bool lossy;

    for (size_t i = 0; i < result->keyword_count; i++) {
        json_object *keyword = json_object_new_object();

        json_object_object_add(keyword, "keyword", app_json_text(result->keywords[i].text, &lossy));
        json_object_object_add(keyword, "probability",
                               app_json_number(result->keywords[i].probability));
        json_object_array_add(keywords, keyword);
    }
    return keywords;
}

static void add_captions(json_object *captions, const struct captioner_result *result,
                         const char *language)
{
    for (size_t i = 0; i < result->count; i++)
        json_object_array_add(captions, caption_object(&result->captions[i], language));
}

json_object *app_json_row(const struct app_entry *entry)
{
    json_object *row = json_object_new_object(), *captions = json_object_new_array();
    bool lossy = false;

    if (entry->path)
        json_object_object_add(row, "path", app_json_text(entry->path, &lossy));
    if (lossy)
        json_object_object_add(row, "path_hex", hex_object(entry->path));
    json_object_object_add(row, "language", json_object_new_string(entry->language));
    json_object_object_add(row, "model", json_object_new_string(entry->model));
    json_object_object_add(row, "version", json_object_new_string(APP_VERSION));
    if (entry->result->not_a_photo)
        json_object_object_add(row, "not_a_photo", json_object_new_boolean(true));
    if (entry->error)
        json_object_object_add(row, "error", app_json_text(entry->error, &lossy));
    if (entry->keywords)
        json_object_object_add(row, "keywords", app_json_keywords(entry->result));
    add_captions(captions, entry->result, entry->translation_count > 0 ? entry->language : NULL);
    for (size_t i = 0; i < entry->translation_count; i++)
        add_captions(captions, entry->translations[i].result, entry->translations[i].language);
    json_object_object_add(row, "captions", captions);
    return row;
}
