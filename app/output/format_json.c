/* SPDX-License-Identifier: MIT */
/* One JSON object per photo: an array of them, or one per line; or a short one for trainers. */
#include "app/output/json_row.h"
#include "app/output/place_below.h"
#include "app/output/rows.h"

#include <json.h>
#include <string.h>

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
    write_object(stream, app_json_row(entry));
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
    static const char *const members[] = {"language", "caption",      "confidence", "log_prob",
                                          "words",    "end_log_prob", NULL};
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
    json_object_object_add(row, "file_name", app_json_text(entry->path, &lossy));
    json_object_object_add(row, "text", app_json_text(result->captions[0].text, &lossy));
    if (format->keywords) {
        keywords = json_object_new_array();
        for (size_t i = 0; i < result->keyword_count; i++)
            json_object_array_add(keywords, app_json_text(result->keywords[i].text, &lossy));
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
