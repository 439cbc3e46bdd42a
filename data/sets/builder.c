/* SPDX-License-Identifier: MIT */
#include "data/sets/dataset_private.h"

#include "base/array.h"
#include "vocab/units.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum tn_status data_builder_text(struct data_builder *builder, const char *text, size_t length,
                                 size_t *ret_offset, struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;
    const size_t wanted = dataset->text_used + length + 1;

    TN_TRY(tn_array_reserve(&dataset->text, &builder->text_capacity, wanted, err));
    memcpy(dataset->text + dataset->text_used, text, length);
    dataset->text[wanted - 1] = '\0';
    *ret_offset = dataset->text_used;
    dataset->text_used = wanted;
    return TN_OK;
}

enum tn_status(data_builder_fail)(const struct data_builder *builder, struct tn_error *err,
                                  const char *format, ...)
{
    char line[24] = "", item[32] = "", text[sizeof err->text];
    va_list arguments;

    if (builder->line > 0)
        snprintf(line, sizeof line, ":%zu", builder->line);
    if (builder->item > 0)
        snprintf(item, sizeof item, " item %zu:", builder->item);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tn_fail(err, TN_FORMAT, "%s%s:%s %s", builder->source, line, item, text);
}

/* Names in a file of a folder below count from there. */
static enum tn_status add_name(struct data_builder *builder, const char *name, size_t length,
                               size_t *ret_photo, struct tn_error *err)
{
    const char *folder = builder->folder && name[0] != '/' ? builder->folder : "";
    const size_t before = strlen(folder);
    char joined[2 * PATH_MAX];

    if (before == 0)
        return tn_map_add(&builder->names, name, length, ret_photo, err);
    if (before + length >= PATH_MAX)
        return data_builder_fail(builder, err, "a photo's name is too long");
    memcpy(joined, folder, before);
    memcpy(joined + before, name, length);
    return tn_map_add(&builder->names, joined, before + length, ret_photo, err);
}

static bool is_url(const char *name, size_t length)
{
    return (length > 7 && strncasecmp(name, "http://", 7) == 0) ||
           (length > 8 && strncasecmp(name, "https://", 8) == 0);
}

enum tn_status data_builder_photo(struct data_builder *builder, const char *name, size_t length,
                                  size_t *ret_photo, struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;
    struct data_photo photo = {.split = builder->split};
    size_t index;

    while (length > 2 && name[0] == '.' && name[1] == '/')
        name += 2, length -= 2;
    if (is_url(name, length))
        return data_builder_fail(builder, err,
                                 "a photo is named by a URL; download the photos, and name their "
                                 "files");
    if (length == 0 || length >= PATH_MAX || memchr(name, '\0', length))
        return data_builder_fail(builder, err, "a photo's name is %s",
                                 length == 0 ? "empty" : "too long, or contains a NUL");
    TN_TRY(add_name(builder, name, length, &index, err));
    if (index == dataset->photo_count) {
        const struct tn_map_entry *entry = &builder->names.entries[index];

        TN_TRY(tn_array_reserve(&dataset->photos, &builder->photos_capacity, index + 1, err));
        TN_TRY(data_builder_text(builder, builder->names.text + entry->offset, entry->length,
                                 &photo.name, err));
        photo.path = photo.name;
        dataset->photos[dataset->photo_count++] = photo;
    }
    *ret_photo = index;
    return TN_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

enum tn_status data_builder_caption(struct data_builder *builder, size_t photo, const char *text,
                                    size_t length, struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;
    struct data_caption caption = {.photo = photo};

    while (length > 0 && is_blank(text[length - 1]))
        length--;
    while (length > 0 && is_blank(text[0]))
        text++, length--;
    if (length == 0)
        return TN_OK;
    if (length > DATA_MAX_CAPTION || vocab_check_text(VOCAB_CHARS, text, length, NULL) != TN_OK)
        return data_builder_fail(
            builder, err, "a caption of %s is %s", data_set_name(dataset, photo),
            length > DATA_MAX_CAPTION ? "longer than 64 KiB"
                                      : "no UTF-8; convert the file, for example by iconv -f "
                                        "WINDOWS-1252 -t UTF-8");
    TN_TRY(tn_array_reserve(&dataset->captions, &builder->captions_capacity,
                            dataset->caption_count + 1, err));
    TN_TRY(data_builder_text(builder, text, length, &caption.text, err));
    dataset->captions[dataset->caption_count++] = caption;
    return TN_OK;
}

enum tn_status data_builder_row(struct data_builder *builder, const char *row, size_t length,
                                bool *ret_new, struct tn_error *err)
{
    const size_t before = builder->rows.count;
    char line[32];
    size_t index;

    TN_TRY(tn_map_add(&builder->rows, row, length, &index, err));
    *ret_new = builder->rows.count > before;
    if (!*ret_new) {
        snprintf(line, sizeof line, "line %zu", builder->line);
        data_note_add(&builder->dataset->notes[DATA_NOTE_REPEATED], line);
    }
    return TN_OK;
}

void data_builder_finish(struct data_builder *builder)
{
    tn_map_finish(&builder->names);
    tn_map_finish(&builder->rows);
}

void data_read_split(struct data_builder *builder, const char *text, size_t size,
                     enum data_split split)
{
    const char *const end = text + size;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        size_t length = (size_t)(stop - text), photo;

        while (length > 0 && is_blank(text[length - 1]))
            length--;
        photo = tn_map_find(&builder->names, text, length);
        if (photo != TN_MAP_NONE)
            builder->dataset->photos[photo].split = split;
        text = stop + 1;
    }
}
