/* SPDX-License-Identifier: MIT */
/* One JSON object per photo: an array of them, or one per line. */
#include "app/output/rows.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* JSON is Unicode and paths are bytes: what is not UTF-8 becomes U+FFFD here, and *ret_lossy set.
 */
static json_object *text_object(const char *text, bool *ret_lossy)
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

static json_object *number_object(double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.4f", value);
    return json_object_new_double_s(value, text);
}

static json_object *caption_object(const struct captioner_caption *caption)
{
    json_object *object = json_object_new_object(), *words = json_object_new_array();
    bool lossy;

    json_object_object_add(object, "caption", text_object(caption->text, &lossy));
    json_object_object_add(object, "confidence", number_object(caption->confidence));
    json_object_object_add(object, "log_prob", number_object(caption->log_prob));
    for (size_t i = 0; i < caption->word_count; i++) {
        json_object *word = json_object_new_object();

        json_object_object_add(word, "text", text_object(caption->words[i].text, &lossy));
        json_object_object_add(word, "log_prob", number_object((double)caption->words[i].log_prob));
        json_object_array_add(words, word);
    }
    json_object_object_add(object, "words", words);
    json_object_object_add(object, "end_log_prob", number_object(caption->end_log_prob));
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

static void write_object(FILE *stream, const struct app_entry *entry)
{
    json_object *row = json_object_new_object(), *captions = json_object_new_array();
    bool lossy = false;

    json_object_object_add(row, "path", text_object(entry->path, &lossy));
    if (lossy)
        json_object_object_add(row, "path_hex", hex_object(entry->path));
    json_object_object_add(row, "language", json_object_new_string(entry->language));
    for (size_t i = 0; i < entry->result->count; i++)
        json_object_array_add(captions, caption_object(&entry->result->captions[i]));
    json_object_object_add(row, "captions", captions);
    fputs(json_object_to_json_string_ext(row,
                                         JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
          stream);
    json_object_put(row);
}

static void write_json(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    write_object(stream, entry);
}

static void write_jsonl(FILE *stream, const struct app_entry *entry, const char *file)
{
    (void)file;
    write_object(stream, entry);
    putc('\n', stream);
}

/* A row of the array ends before the comma or the line's end behind it; the line must be there, or
 * the row may be torn. */
static size_t json_length(const char *text, size_t size)
{
    const char *newline = memchr(text, '\n', size);
    size_t length = newline ? (size_t)(newline - text) : 0;

    length -= length > 0 && text[length - 1] == ',';
    return length > 1 && text[0] == '{' && text[length - 1] == '}' ? length : 0;
}

static bool unhex(const char *hex, char *path)
{
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned byte;

        if (sscanf(hex, "%2x", &byte) != 1)
            return false;
        *path++ = (char)byte;
    }
    *path = '\0';
    return true;
}

static bool json_path(const char *text, size_t length, char *path)
{
    json_tokener *tokener = json_tokener_new();
    json_object *row = tokener ? json_tokener_parse_ex(tokener, text, (int)length) : NULL, *value;
    const bool ours = json_object_object_get_ex(row, "captions", &value) &&
                      json_object_is_type(value, json_type_array);
    bool found = false;

    if (ours && json_object_object_get_ex(row, "path_hex", &value))
        found = json_object_is_type(value, json_type_string) &&
                unhex(json_object_get_string(value), path);
    else if (ours && json_object_object_get_ex(row, "path", &value) &&
             json_object_is_type(value, json_type_string))
        found = strcpy(path, json_object_get_string(value)) != NULL;
    json_object_put(row);
    json_tokener_free(tokener);
    return found;
}

const struct app_format app_format_json = {
    .name = "json",
    .extension = ".json",
    .head = "[\n",
    .separator = ",\n",
    .foot = "\n]\n",
    .row_start = "{\"path\":\"",
    .write = write_json,
    .length = json_length,
    .path = json_path,
};

const struct app_format app_format_jsonl = {
    .name = "jsonl",
    .extension = ".jsonl",
    .head = "",
    .separator = "",
    .foot = "",
    .row_start = "{\"path\":\"",
    .write = write_jsonl,
    .path = json_path,
};
