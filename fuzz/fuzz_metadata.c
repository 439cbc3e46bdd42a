/* SPDX-License-Identifier: MIT */
/* Any bytes as an XMP file (they begin with '<', a space or a byte order mark) or as a photo: a
 * caption is written into their metadata, or they are refused.  What was written is this program's
 * if nobody described the photo before, and says it already when it is to be written again; that
 * all else stays, meta_edit_photo checks.  Undone, its author is who it was before. */
#include "fuzz/support.h"
#include "image/image.h"
#include "metadata/metadata.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CAPTION "a dog \xC3\xA9"

/* Of a file of that format; NULL: an XMP file. */
struct file {
    const char *format;
    char *bytes;
    size_t size;
};

static enum tn_status edit(const struct file *file, bool append, struct file *ret_file)
{
    static const char *const words[] = {"dog", "caf\xC3\xA9"};
    const struct meta_caption caption = {.text = CAPTION,
                                         .language = "en",
                                         .append = append,
                                         .keywords = words,
                                         .keyword_count = 2,
                                         .mark = {"1.0", "abcdef", 0.5}};

    *ret_file = (struct file){.format = file->format};
    if (file->format)
        return meta_edit_photo("photo", file->format, file->bytes, file->size, &caption,
                               &ret_file->bytes, &ret_file->size, NULL);
    return meta_edit_xmp("x.xmp", file->bytes, file->size, &caption, &ret_file->bytes,
                         &ret_file->size, NULL);
}

static enum tn_status undo(const struct file *file, struct file *ret_file)
{
    *ret_file = (struct file){.format = file->format};
    if (file->format)
        return meta_undo_photo("photo", file->format, file->bytes, file->size, &ret_file->bytes,
                               &ret_file->size, NULL);
    return meta_undo_xmp("x.xmp", file->bytes, file->size, &ret_file->bytes, &ret_file->size, NULL);
}

static enum meta_author author_of(const struct file *file)
{
    return file->format ? meta_photo_author(file->format, file->bytes, file->size)
                        : meta_xmp_author(file->bytes, file->size);
}

static bool bears_mark(const struct file *file)
{
    struct file undone;
    const bool marked = undo(file, &undone) != TN_OK || undone.bytes;

    free(undone.bytes);
    return marked;
}

/* Undone, it is described by whom it was before, if it bore no mark then.  A photo may have no room
 * for what was there before, when that moved. */
static void take_out(const struct file *file, const struct file *before)
{
    struct file undone;

    if (undo(file, &undone) != TN_OK) {
        fuzz_require(file->format != NULL);
        return;
    }
    fuzz_require(undone.bytes != NULL);
    fuzz_require(bears_mark(before) || author_of(&undone) == author_of(before));
    fuzz_require(undone.size == 0 || !bears_mark(&undone));
    free(undone.bytes);
}

static void write_caption(const struct file *file, bool append)
{
    const enum meta_author before = author_of(file);
    struct file out, again;

    if (edit(file, append, &out) != TN_OK || !out.bytes)
        return;
    fuzz_require(before == META_NOBODY ? author_of(&out) == META_PROGRAM
                                       : author_of(&out) != META_NOBODY);
    fuzz_require(edit(&out, append, &again) == TN_OK && !again.bytes);
    take_out(&out, file);
    free(out.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool is_xmp = size > 0 && (data[0] == '<' || data[0] == ' ' || data[0] == 0xEF);
    struct file file = {is_xmp ? NULL : image_format(data, size), malloc(size + 1), size};

    fuzz_require(file.bytes != NULL);
    memcpy(file.bytes, data, size);
    file.bytes[size] = '\0'; /* as a file that was read has it */
    for (int append = 0; append < 2; append++)
        if (is_xmp || file.format)
            write_caption(&file, append);
    free(file.bytes);
    return 0;
}
