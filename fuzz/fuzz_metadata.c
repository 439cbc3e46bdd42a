/* SPDX-License-Identifier: MIT */
/* Any bytes as an XMP file (they begin with '<', a space or a byte order mark) or as a photo: a
 * caption is written into their metadata, or they are refused.  What was written is described, and
 * says it already when it is to be written again; that all else stays, meta_edit_photo checks. */
#include "fuzz/support.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAPTION "a dog \xC3\xA9"

/* Of a file of that format; NULL: an XMP file. */
static enum tn_status edit(const char *format, const char *bytes, size_t size,
                           const struct meta_caption *caption, char **ret_bytes, size_t *ret_size)
{
    if (format)
        return meta_edit_photo("photo", format, bytes, size, caption, ret_bytes, ret_size, NULL);
    return meta_edit_xmp("x.xmp", bytes, size, caption, ret_bytes, ret_size, NULL);
}

static bool is_described(const char *format, const char *bytes, size_t size)
{
    return format ? meta_photo_author(format, bytes, size) != META_NOBODY
                  : meta_xmp_author(bytes, size) != META_NOBODY;
}

static void write_caption(const char *format, const char *bytes, size_t size, bool append)
{
    const struct meta_caption caption = {.text = CAPTION, .language = "en", .append = append};
    char *out = NULL, *again = NULL;
    size_t out_size, again_size;

    if (edit(format, bytes, size, &caption, &out, &out_size) != TN_OK || !out)
        return;
    fuzz_require(is_described(format, out, out_size));
    fuzz_require(edit(format, out, out_size, &caption, &again, &again_size) == TN_OK && !again);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool is_xmp = size > 0 && (data[0] == '<' || data[0] == ' ' || data[0] == 0xEF);
    const char *format = is_xmp ? NULL : image_format(data, size);
    char *bytes = malloc(size + 1);

    fuzz_require(bytes != NULL);
    memcpy(bytes, data, size);
    bytes[size] = '\0'; /* as a file that was read has it */
    for (int append = 0; append < 2; append++)
        if (is_xmp || format)
            write_caption(format, bytes, size, append);
    free(bytes);
    return 0;
}
