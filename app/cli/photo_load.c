/* SPDX-License-Identifier: MIT */
#include "app/cli/photo_load.h"

#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The photo of that stem with the first of the extensions that is there; NULL: none is, or no
 * memory.  The caller frees it. */
static char *find_twin(const char *path)
{
    static const char *const extensions[] = {".JPG",  ".jpg",  ".JPEG", ".jpeg", ".HEIC",
                                             ".heic", ".HEIF", ".heif", ".HIF",  ".hif"};
    const int stem = (int)tn_path_stem_length(path);

    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
        char *twin;

        if (asprintf(&twin, "%.*s%s", stem, path, extensions[i]) < 0)
            return NULL;
        if (strcmp(twin, path) != 0 && tn_path_exists(twin))
            return twin;
        free(twin);
    }
    return NULL;
}

/* Of a raw; TN_NOTFOUND where there is no twin. */
static enum tn_status load_twin(const char *path, const struct image_options *options,
                                struct image *ret_image, struct tn_error *err)
{
    char *twin = find_twin(path);
    enum tn_status status = TN_NOTFOUND;

    if (twin)
        status = image_load(twin, options, ret_image, err);
    free(twin);
    return status;
}

enum tn_status app_photo_load(const char *path, const struct image_options *options,
                              struct image *ret_image, struct tn_error *err)
{
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
    if (status == TN_OK || status == TN_RANGE) /* it may be read with higher limits */
        return status;
    return image_load(path, options, ret_image, err);
}
