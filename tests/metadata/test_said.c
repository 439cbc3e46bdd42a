/* SPDX-License-Identifier: MIT */
/* What a person says of a photo, to learn from. */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include "base/read_file.h"
#include "metadata/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XMP(properties)                                                                            \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                            \
    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/' "                                \
    "xmlns:Iptc4xmpCore='http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'>" properties                 \
    "</rdf:Description></rdf:RDF>"
#define DESCRIPTION(items) "<dc:description><rdf:Alt>" items "</rdf:Alt></dc:description>"
#define ALT_TEXT(items)                                                                            \
    "<Iptc4xmpCore:AltTextAccessibility><rdf:Alt>" items                                           \
    "</rdf:Alt></Iptc4xmpCore:AltTextAccessibility>"
#define ITEM(language, text) "<rdf:li xml:lang='" language "'>" text "</rdf:li>"

static void check_said(const char *xmp, size_t size, const char *language, const char *said)
{
    char *text = NULL;

    ck_assert_int_eq(meta_xmp_said(xmp, size, language, &text, NULL), TN_OK);
    if (said) {
        ck_assert_ptr_nonnull(text);
        ck_assert_str_eq(text, said);
    } else {
        ck_assert_msg(text == NULL, "said '%s'", text);
    }
    free(text);
}

static const struct {
    const char *xmp, *language, *said;
} packets[] = {
    {XMP(DESCRIPTION(ITEM("x-default", "A cat"))), "en", "A cat"},
    {XMP(DESCRIPTION(ITEM("x-default", "Un chat") ITEM("en-GB", "A cat"))), "en", "A cat"},
    {XMP(DESCRIPTION(ITEM("fr", "Un chat") ITEM("x-default", "A cat"))), "zh", "A cat"},
    {XMP(DESCRIPTION(ITEM("fr", "Un chat") ITEM("end", "Kapu"))), "en", "Un chat"},
    {XMP(DESCRIPTION(ITEM("en", " ") ITEM("x-default", "A cat"))), "en", "A cat"},
    {XMP(ALT_TEXT(ITEM("x-default", "A grey cat"))), "en", "A grey cat"},
    {XMP(DESCRIPTION(ITEM("x-default", "A cat")) ALT_TEXT(ITEM("en", "A grey cat"))), "en",
     "A cat"},
    {XMP(DESCRIPTION(ITEM("x-default", "OLYMPUS DIGITAL CAMERA")) ALT_TEXT(ITEM("en", "A cat"))),
     "en", "A cat"},
    {XMP(DESCRIPTION(ITEM("x-default", "DCIM\\100GOPRO"))), "en", NULL},
    {XMP(DESCRIPTION(ITEM("x-default", "default"))), "en", NULL},
    {XMP(""), "en", NULL},
    {"<no xml", "en", NULL},
    {"", "en", NULL},
};

START_TEST(a_description_is_said_in_the_language)
{
    check_said(packets[_i].xmp, strlen(packets[_i].xmp), packets[_i].language, packets[_i].said);
}
END_TEST

static char *captioned(const char *before, bool append, size_t *size)
{
    const struct meta_caption caption = {.text = "a dog on a sofa",
                                         .language = "en",
                                         .append = append,
                                         .mark = {"1.0", "0123456789abcdef", 0.5}};
    char *after = NULL;

    ck_assert_int_eq(
        meta_edit_xmp("x.xmp", before, strlen(before), &caption, &after, size, NULL), TN_OK);
    ck_assert_ptr_nonnull(after);
    return after;
}

START_TEST(what_the_program_wrote_is_not_said)
{
    size_t size;
    char *xmp = captioned("", false, &size);

    check_said(xmp, size, "en", NULL);
    free(xmp);
}
END_TEST

/* Overwritten, or with the program's sentence as a further line. */
START_TEST(what_a_person_said_before_is_said)
{
    size_t size;
    char *xmp = captioned(XMP(DESCRIPTION(ITEM("x-default", "A cat"))), _i == 1, &size);

    check_said(xmp, size, "en", "A cat");
    free(xmp);
}
END_TEST

/* A person changes the first line of two, and leaves the program's. */
START_TEST(the_programs_line_is_dropped_from_changed_words)
{
    size_t size;
    char *xmp = captioned(XMP(DESCRIPTION(ITEM("x-default", "A cat"))), true, &size);

    for (char *cat; (cat = memmem(xmp, size, "A cat", 5));)
        memcpy(cat, "A cow", 5);
    check_said(xmp, size, "en", "A cow");
    free(xmp);
}
END_TEST

static const struct {
    const char *file, *format, *said;
} photos[] = {
    {"Caption-Abstract.jpg", "JPEG", "granny"},
    {"Description.jpg", "JPEG", "granny"},
    {"ImageDescription.jpg", "JPEG", "granny"},
    {"texts.png", "PNG", "old"},
    {"xmp.webp", "WebP", "old"},
    {"damaged.jpg", "JPEG", NULL},
};

START_TEST(photos_say_it_in_any_field)
{
    char path[512], *bytes, *text = NULL;
    size_t size;

    snprintf(path, sizeof path, "%s/metadata/%s", getenv("TEST_DATA"), photos[_i].file);
    ck_assert_int_eq(tn_read_file(path, 1 << 20, &bytes, &size, NULL), TN_OK);
    ck_assert_int_eq(meta_photo_said(photos[_i].format, bytes, size, "en", &text, NULL), TN_OK);
    ck_assert_str_eq(text ? text : "nothing", photos[_i].said ? photos[_i].said : "nothing");
    free(text);
    free(bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("said");
    TCase *tcase = tcase_create("said");

    tcase_add_loop_test(tcase, a_description_is_said_in_the_language, 0,
                        sizeof packets / sizeof *packets);
    tcase_add_test(tcase, what_the_program_wrote_is_not_said);
    tcase_add_loop_test(tcase, what_a_person_said_before_is_said, 0, 2);
    tcase_add_test(tcase, the_programs_line_is_dropped_from_changed_words);
    tcase_add_loop_test(tcase, photos_say_it_in_any_field, 0, sizeof photos / sizeof *photos);
    suite_add_tcase(suite, tcase);
    return suite;
}
