/* SPDX-License-Identifier: MIT */
/* Any bytes as an XMP file (they begin with '<', a space or a byte order mark) or as a photo: a
 * caption is written into their metadata, or they are refused.  What was written is described, and
 * says it already when it is to be written again.  A photo whose picture exiv2 changed is not kept,
 * and nothing is asked of it. */
#include "app/output/metadata_exiv2.h"
#include "app/output/same_picture.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>

#define CAPTION "a dog \xC3\xA9"

typedef enum tn_status edit_fn(const char *name, const char *bytes, size_t size,
                               const struct app_metadata_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err);

/* Writing the same again changes nothing. */
static void check_again(edit_fn *edit, const struct app_metadata_caption *caption,
                        const char *bytes, size_t size)
{
    char *again = NULL;
    size_t again_size;
    const enum tn_status status = edit("again", bytes, size, caption, &again, &again_size, NULL);

    fuzz_require(status == TN_OK && again == NULL);
}

static void edit_xmp(const char *bytes, size_t size, bool append)
{
    const struct app_metadata_caption caption = {CAPTION, "en", append};
    char *out = NULL;
    size_t out_size;

    if (metadata_exiv2.edit_xmp("x.xmp", bytes, size, &caption, &out, &out_size, NULL) != TN_OK ||
        !out)
        return;
    fuzz_require(metadata_exiv2.xmp_described(out, out_size));
    fuzz_require(memmem(out, out_size, CAPTION, strlen(CAPTION)) != NULL);
    check_again(metadata_exiv2.edit_xmp, &caption, out, out_size);
    free(out);
}

static enum tn_status edit_any(const char *name, const char *bytes, size_t size,
                               const struct app_metadata_caption *caption, char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    return metadata_exiv2.edit_photo(name, NULL, bytes, size, caption, ret_bytes, ret_size, err);
}

static void edit_photo(const char *bytes, size_t size, bool append)
{
    const struct app_metadata_caption caption = {CAPTION, "en", append};
    char *out = NULL;
    size_t out_size;

    if (edit_any("x.jpg", bytes, size, &caption, &out, &out_size, NULL) != TN_OK || !out)
        return;
    if (app_same_picture("x.jpg", bytes, size, out, out_size)) /* else nothing is written */
        check_again(edit_any, &caption, out, out_size);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool is_xmp = size > 0 && (data[0] == '<' || data[0] == ' ' || data[0] == 0xEF);
    char *bytes = malloc(size + 1);

    fuzz_require(bytes != NULL);
    memcpy(bytes, data, size);
    bytes[size] = '\0'; /* as a file that was read has it */
    for (int append = 0; append < 2; append++) {
        if (is_xmp)
            edit_xmp(bytes, size, append);
        else
            edit_photo(bytes, size, append);
    }
    free(bytes);
    return 0;
}
