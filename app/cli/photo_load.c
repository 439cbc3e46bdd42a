/* SPDX-License-Identifier: MIT */
#include "app/cli/photo_load.h"

#include "base/path.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void to_capitals(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

char *app_photo_of_stem(const char *path, size_t length, const char *const *extensions)
{
    for (; *extensions; extensions++) {
        char *photo;

        if (asprintf(&photo, "%.*s%s", (int)length, path, *extensions) < 0)
            return NULL;
        if (tn_path_exists(photo))
            return photo;
        to_capitals(photo + length);
        if (tn_path_exists(photo))
            return photo;
        free(photo);
    }
    return NULL;
}

char *app_photo_twin(const char *raw)
{
    static const char *const extensions[] = {".jpg", ".jpeg", ".heic", ".heif", ".hif", NULL};
    char *twin = app_photo_of_stem(raw, tn_path_stem_length(raw), extensions);

    if (twin && strcmp(twin, raw) == 0) { /* a raw that is called so */
        free(twin);
        return NULL;
    }
    return twin;
}

/* Of a raw; TN_NOTFOUND where there is no twin. */
static enum tn_status load_twin(const char *path, const struct image_options *options,
                                struct image *ret_image, struct tn_error *err)
{
    char *twin = app_photo_twin(path);
    enum tn_status status = TN_NOTFOUND;

    if (twin)
        status = image_load(twin, options, ret_image, err);
    free(twin);
    return status;
}

enum tn_status app_photo_load(const char *path, const struct image_options *options,
                              struct image *ret_image, struct tn_error *err)
{
    const struct image_options most = IMAGE_OPTIONS_DEFAULT;
    unsigned char *bytes;
    enum tn_status status;
    size_t size;
    bool raw;

    TN_TRY(image_read(path, options, &bytes, &size, err));
    raw = image_is_raw(bytes, size);
    status = raw ? TN_OK : image_decode(bytes, size, path, options, ret_image, err);
    free(bytes); /* before the twin's are read */
    if (!raw)
        return status;
    status = load_twin(path, options, ret_image, err);
    if (status == TN_OK || (status == TN_RANGE && options->max_memory < most.max_memory))
        return status; /* with more memory the caller may read it yet */
    return image_load(path, options, ret_image, err);
}
