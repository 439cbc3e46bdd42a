/* SPDX-License-Identifier: MIT */
/* Memory runs out while a caption is written into metadata or taken out of it. */
#include "tests/support/oom.h"
#include "tests/support/suite.h"

#include "base/read_file.h"
#include "image/image.h"
#include "metadata/iptc_private.h"
#include "metadata/metadata.h"
#include "metadata/tiff_block_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST(items)                                                                                \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                            \
    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'>"                                \
    "<dc:description>" items "</dc:description></rdf:Description></rdf:RDF>"

struct edit {
    const char *format; /* NULL: an XMP file */
    const char *bytes;
    size_t size;
    char *written;
    size_t written_size;
    enum meta_author author;
};

static enum tn_status write_it(struct edit *edit, const struct meta_caption *caption,
                               struct tn_error *err)
{
    if (!edit->format)
        return meta_edit_xmp("x.xmp", edit->bytes, edit->size, caption, &edit->written,
                             &edit->written_size, err);
    return meta_edit_photo("photo", edit->format, edit->bytes, edit->size, caption, &edit->written,
                           &edit->written_size, err);
}

static enum tn_status write_caption(void *context, struct tn_error *err)
{
    static const char *const words[] = {"dog", "grass"};
    const struct meta_caption caption = {.text = "a dog",
                                         .language = "en",
                                         .append = true,
                                         .keywords = words,
                                         .keyword_count = 2,
                                         .mark = {"1.0", "abcdef", 0.5}};

    return write_it(context, &caption, err);
}

/* Keywords of the one before go. */
static enum tn_status write_another(void *context, struct tn_error *err)
{
    static const char *const words[] = {"cat"};
    const struct meta_caption caption = {.text = "a cat",
                                         .language = "en",
                                         .keywords = words,
                                         .keyword_count = 1,
                                         .mark = {"1.0", "abcdef", 0.5}};

    return write_it(context, &caption, err);
}

static enum tn_status undo_caption(void *context, struct tn_error *err)
{
    struct edit *edit = context;
    size_t size;

    if (!edit->format)
        return meta_undo_xmp("x.xmp", edit->bytes, edit->size, &edit->written, &size, err);
    return meta_undo_photo("photo", edit->format, edit->bytes, edit->size, &edit->written, &size,
                           err);
}

static void check(void *context, enum tn_status status)
{
    struct edit *edit = context;

    ck_assert((status == TN_OK) == (edit->written != NULL));
    free(edit->written);
    edit->written = NULL;
}

static enum tn_status find_author(void *context, struct tn_error *err)
{
    struct edit *edit = context;

    if (!edit->format)
        return meta_xmp_author(edit->bytes, edit->size, &edit->author, err);
    return meta_photo_author(edit->format, edit->bytes, edit->size, &edit->author, err);
}

/* No description is overlooked. */
static void check_author(void *context, enum tn_status status)
{
    const struct edit *edit = context;

    ck_assert(status == TN_NOMEM || edit->author == META_PERSON);
}

static const struct oom_operation writes = {"a caption in metadata", write_caption, check};
static const struct oom_operation writes_another = {"another caption", write_another, check};
static const struct oom_operation undoes = {"undo of a caption", undo_caption, check};

/* Memory runs out in all; the file is as it is, and captioned. */
static void try_all(struct edit *edit)
{
    struct edit written = {.format = edit->format};

    ck_assert_uint_gt(oom_try(&writes, edit), 5);
    ck_assert_int_eq(write_caption(edit, NULL), TN_OK);
    written.bytes = edit->written;
    written.size = edit->written_size;
    ck_assert_uint_gt(oom_try(&writes_another, &written), 5);
    ck_assert_uint_gt(oom_try(&undoes, &written), 5);
    free(edit->written);
}

START_TEST(an_xmp_file)
{
    static const char *const files[] = {
        "",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>",
        LIST("<rdf:Alt><rdf:li xml:lang='de'>ein</rdf:li></rdf:Alt>"),
        LIST("<rdf:Bag><rdf:li>old</rdf:li></rdf:Bag>"),
        LIST("old"),
    };
    struct edit edit = {.bytes = files[_i], .size = strlen(files[_i])};

    try_all(&edit);
}
END_TEST

START_TEST(a_photo)
{
    static const char *const photos[] = {
        "metadata/rich.jpg",       "metadata/Description.jpg", "images/orientation6.png",
        "images/lossy-alpha.webp", "images/still.gif",         "images/rgb.psd",
        "images/rgb.heic",         "images/grey.tif",          "images/container.jxl",
        "images/lossy.jp2",        "metadata/texts.png",       "metadata/xmp_packed.png",
        "metadata/iptc.tif",       "metadata/rich.psd",        "metadata/xmp.webp",
        "metadata/xmp.gif",
    };
    struct edit edit = {0};
    char path[4096], *bytes;

    snprintf(path, sizeof path, "%s/%s", getenv("TEST_DATA"), photos[_i]);
    ck_assert_int_eq(tn_read_file(path, 1 << 20, &bytes, &edit.size, NULL), TN_OK);
    edit.bytes = bytes;
    edit.format = image_format((const unsigned char *)bytes, edit.size);
    try_all(&edit);
    free(bytes);
}
END_TEST

/* ---- Parts of a photo ---- */

struct part {
    const unsigned char *bytes;
    size_t size;
    unsigned char *written;
};

static enum tn_status remove_field(void *context, struct tn_error *err)
{
    struct part *part = context;
    size_t size;

    return meta_tiff_remove(part->bytes, part->size, META_TIFF_MAKE, &part->written, &size, err);
}

static enum tn_status restore_field(void *context, struct tn_error *err)
{
    struct part *part = context;
    size_t size;

    return meta_tiff_restore(part->bytes, part->size, META_TIFF_DESCRIPTION,
                             (const unsigned char *)"mug", 4, &part->written, &size, err);
}

static enum tn_status change_iptc(void *context, struct tn_error *err)
{
    static const char *const old[] = {"sun"}, *const new[] = {"t\xC3\xBCr", "dog"};
    const struct meta_iptc_changes changes = {
        .caption = "mug", .added = new, .added_count = 2, .removed = old, .removed_count = 1};
    struct part *part = context;
    size_t size;

    return meta_iptc_change(part->bytes, part->size, &changes, &part->written, &size, err);
}

static void check_part(void *context, enum tn_status status)
{
    struct part *part = context;

    ck_assert((status == TN_OK) == (part->written != NULL));
    free(part->written);
    part->written = NULL;
}

START_TEST(parts)
{
    static const unsigned char block[] = "II*\0\x08\0\0\0\x02\0"
                                         "\x0E\x01\x02\0\x04\0\0\0old\0"
                                         "\x0F\x01\x02\0\x04\0\0\0mak\0\0\0\0\0";
    static const unsigned char iptc[] = "8BIM\x04\x04\0\0\0\0\0\x10"
                                        "\x1C\x02\x19\0\x03sun\x1C\x02\x5A\0\x03one";
    struct part exif = {.bytes = block, .size = sizeof block - 1};
    struct part photoshop = {.bytes = iptc, .size = sizeof iptc - 1};
    const struct oom_operation operations[] = {{"a field that goes", remove_field, check_part},
                                               {"a field as before", restore_field, check_part},
                                               {"IPTC that changes", change_iptc, check_part}};

    ck_assert_uint_eq(oom_try(&operations[0], &exif), 1);
    ck_assert_uint_eq(oom_try(&operations[1], &exif), 1);
    ck_assert_uint_gt(oom_try(&operations[2], &photoshop), 2);
}
END_TEST

/* ---- Who described it ---- */

#define DESCRIBED LIST("<rdf:Alt><rdf:li xml:lang='x-default'>a mug</rdf:li></rdf:Alt>")

START_TEST(a_persons_words)
{
    static const struct oom_operation operation = {"an author", find_author, check_author};
    struct edit file = {.bytes = DESCRIBED, .size = strlen(DESCRIBED)};
    struct edit photo = {.format = "PSD"};
    char path[4096], *bytes;

    snprintf(path, sizeof path, "%s/metadata/rich.psd", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_read_file(path, 1 << 20, &bytes, &photo.size, NULL), TN_OK);
    photo.bytes = bytes;
    ck_assert_uint_gt(oom_try(&operation, &file), 1);
    ck_assert_uint_gt(oom_try(&operation, &photo), 1);
    free(bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metadata without memory");
    TCase *edits = tcase_create("edits");

    tcase_add_loop_test(edits, an_xmp_file, 0, 5);
    tcase_add_loop_test(edits, a_photo, 0, 16);
    tcase_add_test(edits, parts);
    tcase_add_test(edits, a_persons_words);
    suite_add_tcase(suite, edits);
    return suite;
}
