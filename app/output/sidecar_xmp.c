/* SPDX-License-Identifier: MIT */
/*
 * Captions in XMP files beside the photos, as darktable and digiKam read them: photo.jpg.xmp beside
 * photo.jpg, the best caption as dc:description and alternative text, the keywords, and the mark of
 * this program (metadata/metadata.h).  What else is in an existing file stays in it.
 *
 * Either text in any language is a caption.  APP_APPEND adds the caption to them as a line of its
 * own, unless it is one already.
 */
#include "app/output/sidecar.h"
#include "metadata/metadata.h"

#include <string.h>

static enum tn_status merge_description(const char *path, const char *old, size_t size,
                                        const struct app_entry *entry, enum app_existing existing,
                                        char **ret_bytes, size_t *ret_size, struct tn_error *err)
{
    const char *keywords[APP_MOST_KEYWORDS];
    const struct meta_caption caption = app_meta_caption_of(entry, existing, keywords);

    return meta_edit_xmp(path, old ? old : "", size, &caption, ret_bytes, ret_size, err);
}

/* photoshop:SidecarForExtension, as an attribute or an element. */
static const char *photo_extension(const char *bytes, size_t size)
{
    static const char name[] = ":SidecarForExtension";
    const char *value = memmem(bytes, size, name, strlen(name));

    if (!value)
        return NULL;
    value += strlen(name);
    value += strspn(value, " \t\r\n=");
    return *value == '"' || *value == '\'' || *value == '>' ? value + 1 : NULL;
}

const struct app_sidecar_kind app_sidecar_xmp = {
    .extension = ".xmp",
    .name = APP_SIDECAR_FULL,
    .order = APP_RAWS_FIRST,
    .largest = 64 << 20,
    .author = meta_xmp_author,
    .merge = merge_description,
    .photo_extension = photo_extension,
    .check = meta_available,
};
