/* SPDX-License-Identifier: MIT */
/* Any bytes as an XMP file (they begin with '<', a space or a byte order mark) or as a photo: a
 * caption is written into their metadata, or they are refused.  What was written is this program's
 * if nobody described the photo before, and says it already when it is to be written again; that
 * all else stays, meta_edit_photo checks.  Undone, it says what it did before, also when other
 * keywords took the place of the first. */
#include "fuzz/support.h"
#include "image/image.h"
#include "metadata/description.h"
#include "metadata/metadata.h"
#include "metadata/photo_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CAPTION "a dog \xC3\xA9"

static const char *const words[] = {"dog", "caf\xC3\xA9"}, *const others[] = {"Dog", "cat"};

/* Of a file of that format; NULL: an XMP file. */
struct file {
    const char *format;
    char *bytes;
    size_t size;
};

static enum tn_status edit(const struct file *file, bool append, const char *const keywords[2],
                           struct file *ret_file)
{
    const struct meta_caption caption = {.text = CAPTION,
                                         .language = "en",
                                         .append = append,
                                         .keywords = keywords,
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
    enum meta_author author;

    fuzz_require((file->format
                      ? meta_photo_author(file->format, file->bytes, file->size, &author, NULL)
                      : meta_xmp_author(file->bytes, file->size, &author, NULL)) == TN_OK);
    return author;
}

/* What nobody describes, no person does, either.  Our words are none of a person. */
static bool is_said(const struct file *file)
{
    char *text;
    bool said;

    fuzz_require((file->format
                      ? meta_photo_said(file->format, file->bytes, file->size, "en", &text, NULL)
                      : meta_xmp_said(file->bytes, file->size, "en", &text, NULL)) == TN_OK);
    said = text != NULL;
    fuzz_require(!said || author_of(file) != META_NOBODY);
    free(text);
    return said;
}

static void read_file(const struct file *file, const struct meta_file *bytes,
                      struct meta_photo *ret_photo)
{
    if (file->format)
        fuzz_require(meta_photo_read(meta_find_container(file->format), bytes, ret_photo, NULL) ==
                     TN_OK);
    else
        meta_photo_read_xmp(file->bytes, file->size, ret_photo);
}

static size_t count_texts(const struct meta_xmp_property *property)
{
    size_t count = 0;

    for (size_t i = 0; i < property->count; i++)
        count += !meta_description_blank(property->items[i].text);
    return count;
}

static bool has_item(const struct meta_xmp_property *property, const struct meta_xmp_item *wanted)
{
    for (size_t i = 0; i < property->count; i++)
        if (strcasecmp(meta_xmp_language(&property->items[i]), meta_xmp_language(wanted)) == 0 &&
            strcmp(property->items[i].text, wanted->text) == 0)
            return true;
    return meta_description_blank(wanted->text);
}

static bool same_text(const char *one, const char *other)
{
    return one == other || (one && other && strcmp(one, other) == 0);
}

/* Both files say the same; blank texts say nothing. */
static void check_same(const struct file *one, const struct file *other)
{
    const struct meta_file files[] = {{"", (unsigned char *)one->bytes, one->size},
                                      {"", (unsigned char *)other->bytes, other->size}};
    struct meta_photo before, after;

    read_file(one, &files[0], &before);
    read_file(other, &files[1], &after);
    for (size_t i = META_TEXT_EXIF; i < META_TEXTS; i++)
        fuzz_require(same_text(before.fields.text[i], after.fields.text[i]));
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        const struct meta_xmp_property *property = &before.xmp.property[i];

        fuzz_require(count_texts(property) == count_texts(&after.xmp.property[i]));
        for (size_t j = 0; j < property->count; j++)
            fuzz_require(has_item(&after.xmp.property[i], &property->items[j]));
    }
    meta_photo_finish(&before);
    meta_photo_finish(&after);
}

static bool bears_mark(const struct file *file)
{
    struct file undone;
    const bool marked = undo(file, &undone) != TN_OK || undone.bytes;

    free(undone.bytes);
    return marked;
}

/* Undone, it says what it did before, if it bore no mark then.  A photo may have no room
 * for what was there before, when that moved. */
static void take_out(const struct file *file, const struct file *before)
{
    struct file undone;

    if (undo(file, &undone) != TN_OK) {
        fuzz_require(file->format != NULL);
        return;
    }
    fuzz_require(undone.bytes != NULL);
    if (!bears_mark(before)) {
        fuzz_require(author_of(&undone) == author_of(before));
        check_same(before, &undone);
    }
    fuzz_require(undone.size == 0 || !bears_mark(&undone));
    free(undone.bytes);
}

/* To write the caption again changes nothing.  But EXIF whose damaged directory could not be
 * extended may get it then: its offsets moved along. */
static void write_again(const struct file *file, bool append, int most)
{
    struct file again;

    fuzz_require(edit(file, append, words, &again) == TN_OK);
    if (!again.bytes)
        return;
    fuzz_require(most > 0);
    write_again(&again, append, most - 1);
    free(again.bytes);
}

/* With other keywords instead, which go with the caption just so. */
static void write_others(const struct file *file, const struct file *before)
{
    struct file out;

    if (edit(file, false, others, &out) != TN_OK || !out.bytes)
        return;
    take_out(&out, before);
    free(out.bytes);
}

static void write_caption(const struct file *file, bool append)
{
    const enum meta_author before = author_of(file);
    const bool said = is_said(file);
    struct file out;

    if (edit(file, append, words, &out) != TN_OK || !out.bytes)
        return;
    fuzz_require(before == META_NOBODY ? author_of(&out) == META_PROGRAM
                                       : author_of(&out) != META_NOBODY);
    fuzz_require(bears_mark(file) || said || !is_said(&out));
    write_again(&out, append, out.format ? 1 : 0);
    take_out(&out, file);
    write_others(&out, file);
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
