/* SPDX-License-Identifier: MIT */
/* What the fields of a photo say, and what of it is a camera's. */
#include "metadata/fields_private.h"
#include "metadata/tiff_block_private.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASCII = 2 };

static void add_exif(struct meta_part *part, unsigned tag, const char *text)
{
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(meta_tiff_set(part->bytes, part->size, tag, ASCII, (const unsigned char *)text,
                                   strlen(text) + 1, &bytes, &size, NULL),
                     TN_OK);
    free(part->bytes);
    *part = (struct meta_part){bytes, size};
}

static void add_xmp(struct meta_part *part, const char *text)
{
    char *packet;
    const int size = asprintf(
        &packet,
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:description><rdf:Alt><rdf:li "
        "xml:lang='x-default'>%s</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF>"
        "</x:xmpmeta>",
        text);

    ck_assert_int_gt(size, 0);
    *part = (struct meta_part){(unsigned char *)packet, (size_t)size};
}

/* NULL: the field is not there. */
static const struct {
    const char *make, *exif, *xmp, *main;
} photos[] = {
    {"SONY", "SONY DSC                     ", NULL, ""},
    {"SONY", "SONY DSC                     ", "SONY DSC", ""}, /* a program's copy */
    {"SONY", "SONY DSC                     ", "SONY DSC                     ", ""},
    {"SONY", "SONY DSC", "a dog", "a dog"},
    {"SONY", "SONY DSC", "my SONY DSC", "my SONY DSC"},
    {"HUAWEI", "smart", "smart", ""},
    {"Canon", "smart", "smart", "smart"}, /* a person's */
    {"Canon", "a dog", NULL, "a dog"},
    {"Canon", NULL, "SONY DSC", "SONY DSC"}, /* nobody's copy */
    {NULL, NULL, NULL, ""},
};

START_TEST(what_a_camera_wrote_is_nobodys_nor_are_its_copies)
{
    struct meta_parts parts = {0};
    struct meta_part *packet = &parts.part[META_XMP];
    const struct meta_record unmarked = {.exists = false};
    struct meta_fields fields;
    struct meta_xmp xmp = {.size = 0};
    char *text;

    if (photos[_i].make)
        add_exif(&parts.part[META_EXIF], META_TIFF_MAKE, photos[_i].make);
    if (photos[_i].exif)
        add_exif(&parts.part[META_EXIF], META_TIFF_DESCRIPTION, photos[_i].exif);
    if (photos[_i].xmp) {
        add_xmp(packet, photos[_i].xmp);
        ck_assert_int_eq(meta_xmp_read((char *)packet->bytes, packet->size, &xmp, NULL), TN_OK);
    }
    ck_assert_int_eq(meta_fields_read(&parts, &xmp, &unmarked, &fields, NULL), TN_OK);
    ck_assert_int_eq(meta_fields_main(&fields, NULL, &text, NULL), TN_OK);
    ck_assert_str_eq(text, photos[_i].main);
    free(text);
    meta_fields_finish(&fields);
    meta_xmp_finish(&xmp);
    meta_parts_finish(&parts);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fields");
    TCase *tcase = tcase_create("fields");

    tcase_add_loop_test(tcase, what_a_camera_wrote_is_nobodys_nor_are_its_copies, 0,
                        sizeof photos / sizeof photos[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
