/* SPDX-License-Identifier: MIT */
/* Memory runs out while a caption is written into metadata. */
#include "tests/support/oom.h"
#include "tests/support/suite.h"

#include "base/read_file.h"
#include "image/image.h"
#include "metadata/metadata.h"

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
};

static enum tn_status run(void *context, struct tn_error *err)
{
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    struct edit *edit = context;
    size_t size;

    if (!edit->format)
        return meta_edit_xmp("x.xmp", edit->bytes, edit->size, &caption, &edit->written, &size,
                             err);
    return meta_edit_photo("photo", edit->format, edit->bytes, edit->size, &caption, &edit->written,
                           &size, err);
}

static void check(void *context, enum tn_status status)
{
    struct edit *edit = context;

    ck_assert((status == TN_OK) == (edit->written != NULL));
    free(edit->written);
    edit->written = NULL;
}

static const struct oom_operation operation = {"a caption in metadata", run, check};

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

    ck_assert_uint_gt(oom_try(&operation, &edit), 5);
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
    ck_assert_uint_gt(oom_try(&operation, &edit), 5);
    free(bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metadata without memory");
    TCase *edits = tcase_create("edits");

    tcase_add_loop_test(edits, an_xmp_file, 0, 5);
    tcase_add_loop_test(edits, a_photo, 0, 16);
    suite_add_tcase(suite, edits);
    return suite;
}
