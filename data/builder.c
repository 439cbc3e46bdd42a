/* SPDX-License-Identifier: MIT */
#include "data/dataset_private.h"

#include "base/array.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Appends a string to the dataset's text; returns its offset in *ret_offset. */
static enum tn_status add_text(struct data_builder *builder, const char *text, size_t length,
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

enum tn_status data_builder_photo(struct data_builder *builder, const char *name, size_t length,
                                  size_t *ret_photo, struct tn_error *err)
{
    struct data_set *dataset = builder->dataset;
    struct data_photo photo = {0};
    size_t index;

    if (length == 0 || length >= PATH_MAX || memchr(name, '\0', length))
        return tn_fail(err, TN_FORMAT, "%s: a photo's name is %s", builder->source,
                       length == 0 ? "empty" : "too long, or contains a NUL");
    TN_TRY(tn_map_add(&builder->names, name, length, &index, err));
    if (index == dataset->photo_count) {
        TN_TRY(tn_array_reserve(&dataset->photos, &builder->photos_capacity, index + 1, err));
        TN_TRY(add_text(builder, name, length, &photo.name, err));
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
    if (length > DATA_MAX_CAPTION || memchr(text, '\0', length))
        return tn_fail(err, TN_FORMAT, "%s: a caption of %s %s", builder->source,
                       dataset->text + dataset->photos[photo].name,
                       length > DATA_MAX_CAPTION ? "is longer than 64 KiB" : "contains a NUL");
    TN_TRY(tn_array_reserve(&dataset->captions, &builder->captions_capacity,
                            dataset->caption_count + 1, err));
    TN_TRY(add_text(builder, text, length, &caption.text, err));
    dataset->captions[dataset->caption_count++] = caption;
    return TN_OK;
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
