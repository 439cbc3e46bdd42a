/* SPDX-License-Identifier: MIT */
/* One JSON object per photo: an array of them, or one per line; or a short one for trainers. */
#include "app/output/place_below.h"
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

static json_object *keywords_object(const struct captioner_result *result)
{
    json_object *keywords = json_object_new_array();
    bool lossy;

    for (size_t i = 0; i < result->keyword_count; i++) {
        json_object *keyword = json_object_new_object();

        json_object_object_add(keyword, "keyword", text_object(result->keywords[i].text, &lossy));
        json_object_object_add(keyword, "probability",
                               number_object(result->keywords[i].probability));
        json_object_array_add(keywords, keyword);
    }
    return keywords;
}

static json_object *row_object(const struct app_entry *entry)
{
    json_object *row = json_object_new_object(), *captions = json_object_new_array();
    bool lossy = false;

    json_object_object_add(row, "path", text_object(entry->path, &lossy));
    if (lossy)
        json_object_object_add(row, "path_hex", hex_object(entry->path));
    json_object_object_add(row, "language", json_object_new_string(entry->language));
    json_object_object_add(row, "model", json_object_new_string(entry->model));
    json_object_object_add(row, "version", json_object_new_string(APP_VERSION));
    if (entry->result->not_a_photo)
        json_object_object_add(row, "not_a_photo", json_object_new_boolean(true));
    if (entry->keywords)
        json_object_object_add(row, "keywords", keywords_object(entry->result));
    for (size_t i = 0; i < entry->result->count; i++)
        json_object_array_add(captions, caption_object(&entry->result->captions[i]));
    json_object_object_add(row, "captions", captions);
    return row;
}

/* Writes the object, and gives it back. */
static void write_object(FILE *stream, json_object *object)
{
    fputs(json_object_to_json_string_ext(object,
                                         JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
          stream);
    json_object_put(object);
}

static void write_json(const struct app_format *format, FILE *stream, const struct app_entry *entry,
                       const char *file)
{
    (void)format;
    (void)file;
    write_object(stream, row_object(entry));
}

static void write_jsonl(const struct app_format *format, FILE *stream,
                        const struct app_entry *entry, const char *file)
{
    write_json(format, stream, entry, file);
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

/* NULL: the row is something else than one object. */
static json_object *parse_row(const char *text, size_t length)
{
    json_tokener *tokener = json_tokener_new();
    json_object *row = tokener ? json_tokener_parse_ex(tokener, text, (int)length) : NULL;
    size_t end = row ? json_tokener_get_parse_end(tokener) : length;

    while (end < length && strchr(" \t\r\n", text[end]))
        end++;
    json_tokener_free(tokener);
    if (end == length && json_object_is_type(row, json_type_object))
        return row;
    json_object_put(row);
    return NULL;
}

/* Whether it is an object, all of whose members are among those; the names end in NULL. */
static bool has_only(json_object *object, const char *const members[])
{
    int known = 0;

    if (!json_object_is_type(object, json_type_object))
        return false;
    for (size_t i = 0; members[i]; i++)
        known += json_object_object_get_ex(object, members[i], NULL);
    return known == json_object_object_length(object);
}

/* The same of each object of a list, which may be missing. */
static bool each_has_only(json_object *row, const char *list, const char *const members[])
{
    json_object *objects;

    if (!json_object_object_get_ex(row, list, &objects))
        return true;
    if (!json_object_is_type(objects, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(objects); i++)
        if (!has_only(json_object_array_get_idx(objects, i), members))
            return false;
    return true;
}

static bool is_caption(json_object *object)
{
    static const char *const members[] = {"caption", "confidence",   "log_prob",
                                          "words",   "end_log_prob", NULL};
    static const char *const word_members[] = {"text", "log_prob", NULL};
    json_object *caption;

    return has_only(object, members) && json_object_object_get_ex(object, "caption", &caption) &&
           json_object_is_type(caption, json_type_string) &&
           each_has_only(object, "words", word_members);
}

/* A row with a member that no version of this program wrote has something of a person's. */
static bool is_row(json_object *row)
{
    static const char *const members[] = {"path",        "path_hex", "language", "model", "version",
                                          "not_a_photo", "keywords", "captions", NULL};
    static const char *const keyword_members[] = {"keyword", "probability", NULL};
    json_object *captions;

    if (!has_only(row, members) || !each_has_only(row, "keywords", keyword_members) ||
        !json_object_object_get_ex(row, "captions", &captions) ||
        !json_object_is_type(captions, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(captions); i++)
        if (!is_caption(json_object_array_get_idx(captions, i)))
            return false;
    return true;
}

static bool json_path(const struct app_format *format, const char *text, size_t length, char *path)
{
    json_object *row = parse_row(text, length), *value;
    const bool ours = row && is_row(row);
    bool found = false;

    (void)format;
    if (ours && json_object_object_get_ex(row, "path_hex", &value))
        found = json_object_is_type(value, json_type_string) &&
                unhex(json_object_get_string(value), path);
    else if (ours && json_object_object_get_ex(row, "path", &value) &&
             json_object_is_type(value, json_type_string))
        found = strcpy(path, json_object_get_string(value)) != NULL;
    json_object_put(row);
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

/* ---- imagefolder: as data sets of Hugging Face have it, with names that count from its folder
 * ---- */

static void write_imagefolder(const struct app_format *format, FILE *stream,
                              const struct app_entry *entry, const char *file)
{
    const struct captioner_result *result = entry->result;
    json_object *row = json_object_new_object(), *keywords;
    bool lossy;

    (void)file;
    json_object_object_add(row, "file_name", text_object(entry->path, &lossy));
    json_object_object_add(row, "text", text_object(result->captions[0].text, &lossy));
    if (format->keywords) {
        keywords = json_object_new_array();
        for (size_t i = 0; i < result->keyword_count; i++)
            json_object_array_add(keywords, text_object(result->keywords[i].text, &lossy));
        json_object_object_add(row, "keywords", keywords);
    }
    write_object(stream, row);
    putc('\n', stream);
}

/* Readers expect the same members in every row. */
static bool path_of_imagefolder(const struct app_format *format, const char *text, size_t length,
                                char *path)
{
    static const char *const members[] = {"file_name", "text", "keywords", NULL};
    json_object *row = parse_row(text, length), *name, *caption;
    const bool ours = has_only(row, members) &&
                      json_object_object_get_ex(row, "file_name", &name) &&
                      json_object_is_type(name, json_type_string) &&
                      json_object_object_get_ex(row, "text", &caption) &&
                      json_object_is_type(caption, json_type_string) &&
                      json_object_object_get_ex(row, "keywords", NULL) == format->keywords;

    if (ours)
        strcpy(path, json_object_get_string(name));
    json_object_put(row);
    return ours;
}

const struct app_format app_format_imagefolder = {
    .name = "imagefolder",
    .extension = "metadata.jsonl",
    .head = "",
    .keywords_head = "",
    .separator = "",
    .foot = "",
    .row_start = "{\"file_name\":\"",
    .sentences_only = true,
    .photo_name = app_place_below,
    .write = write_imagefolder,
    .path = path_of_imagefolder,
};
