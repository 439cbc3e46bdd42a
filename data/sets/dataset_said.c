/* SPDX-License-Identifier: MIT */
/* A folder of photos that say themselves what they show: in XMP, IPTC or EXIF, or in an XMP sidecar
 * as photo programs write it. */
#include "data/sets/dataset_private.h"

#include "base/map.h"
#include "base/path.h"
#include "base/read_file.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_XMP = 16 << 20 }; /* bytes of a sidecar */

/* A walk through the folder. */
struct reader {
    struct data_builder *builder;
    const char *language; /* "en" */
    struct tn_map stems;  /* of the photos so far: x.xmp is of the first x only */
};

/* What the sidecar x.jpg.xmp, or x.xmp, says; NULL: nothing. */
static enum tn_status sidecar_says(const char *path, size_t length, const char *language,
                                   char **ret_text, struct tn_error *err)
{
    char name[PATH_MAX], *bytes;
    enum tn_status status;
    size_t size;

    *ret_text = NULL;
    if (snprintf(name, sizeof name, "%.*s.xmp", (int)length, path) >= PATH_MAX ||
        !tn_path_exists(name))
        return TN_OK;
    status = tn_read_file(name, MOST_XMP, &bytes, &size, err);
    if (status != TN_OK)
        return status == TN_NOMEM ? status : TN_OK;
    status = meta_xmp_said(bytes, size, language, ret_text, err);
    free(bytes);
    return status;
}

static enum tn_status photo_says(const char *path, const char *language, char **ret_text,
                                 struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char *bytes;
    size_t size;
    enum tn_status status = image_read(path, &options, &bytes, &size, err);

    *ret_text = NULL;
    if (status != TN_OK)
        return status == TN_NOMEM ? status : TN_OK;
    status = meta_photo_said(image_format(bytes, size), (const char *)bytes, size, language,
                             ret_text, err);
    free(bytes);
    return status;
}

/* The sidecar's words before the photo's: they are newer. */
static enum tn_status find_words(struct reader *reader, const char *path, char **ret_text,
                                 struct tn_error *err)
{
    const size_t stem = tn_path_stem_length(path), stems = reader->stems.count;
    size_t index;

    TN_TRY(tn_map_add(&reader->stems, path, stem, &index, err));
    TN_TRY(sidecar_says(path, strlen(path), reader->language, ret_text, err));
    if (!*ret_text && index == stems)
        TN_TRY(sidecar_says(path, stem, reader->language, ret_text, err));
    return *ret_text ? TN_OK : photo_says(path, reader->language, ret_text, err);
}

/* A description is one caption, however many lines it has. */
static enum tn_status add_words(struct data_builder *builder, const char *name, char *text,
                                struct tn_error *err)
{
    size_t photo;

    for (char *c = text; (c = strpbrk(c, "\r\n\t"));)
        *c = ' ';
    TN_TRY(data_builder_photo(builder, name, strlen(name), &photo, err));
    return data_builder_caption(builder, photo, text, strlen(text), err);
}

static enum tn_status add_photo(void *context, const char *path, const char *name,
                                struct tn_error *err)
{
    struct reader *reader = context;
    struct data_builder *builder = reader->builder;
    enum tn_status status;
    char *text = NULL;

    if (!image_is_photo(path))
        return TN_OK;
    TN_TRY(find_words(reader, path, &text, err));
    if (!text) {
        data_note_add(&builder->dataset->notes[DATA_NOTE_UNDESCRIBED], name);
        return TN_OK;
    }
    status = add_words(builder, name, text, err);
    free(text);
    return status;
}

enum tn_status data_read_said(struct data_builder *builder, const char *folder,
                              const char *language, struct tn_error *err)
{
    struct reader reader = {.builder = builder, .language = language ? language : "en"};
    enum tn_status status;

    builder->dataset->notes[DATA_NOTE_UNDESCRIBED] = (struct data_note){0};
    status = data_visit_files(folder, add_photo, &reader, err);
    builder->dataset->said_in_photos = true;
    tn_map_finish(&reader.stems);
    return status;
}
