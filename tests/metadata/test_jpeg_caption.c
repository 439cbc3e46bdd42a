/* SPDX-License-Identifier: MIT */
/* A caption in a JPEG file that has what a library which writes all metadata again would lose. */
#include "tests/support/jpeg_segments.h"
#include "tests/support/suite.h"

#include "metadata/metadata.h"
#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

#define SECOND "\xFF\xD8\xFF\xDB a second picture"

/* A maker note of a maker whom nobody knows: its offset counts from the block's header. */
#define MAKER_NOTE "Maker\0\x01\0\x01\0\x07\0\x10\0\0\0\x80\0\0\0\0\0\0\0 temperatures ... "
/* A directory with fields that a JPEG's should not have (PhotometricInterpretation), an empty GPS
 * directory, which cameras without a position write, and one of EXIF with the maker note. */
#define FIELDS                                                                                     \
    "II*\0\x08\0\0\0"                                                                              \
    "\x04\0\x06\x01\x03\0\x01\0\0\0\x02\0\0\0\x0F\x01\x02\0\x04\0\0\0me \0"                        \
    "\x69\x87\x04\0\x01\0\0\0\x44\0\0\0\x25\x88\x04\0\x01\0\0\0\x3E\0\0\0\0\0\0\0"                 \
    "\0\0\0\0\0\0\x01\0\x7C\x92\x07\0\x29\0\0\0\x56\0\0\0\0\0\0\0" MAKER_NOTE
/* The city was edited since IPTC was in step; the time has no zone. */
#define IPTC                                                                                       \
    "\x1C\x02\x05\0\x04Rome\x1C\x02\x3C\0\x06"                                                     \
    "101112"                                                                                       \
    "\x1C\x02\x5A\0\x04"                                                                           \
    "Bonn"
#define XMP_OF_OTHERS                                                                              \
    "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"                                         \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                            \
    "<rdf:Description xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/'"                        \
    " photoshop:City='Koeln'/></rdf:RDF>\n<?xpacket end='w'?>"

static struct meta_bytes file;

static void set_up(void)
{
    jpeg_begin(&file);
    ADD(APP0, "JFIF\0\1\1\0\0\1\0\1\0\0");
    EXIF(FIELDS);
    ADD(APP2, "MPF\0II*\0\x08\0\0\0\x01\0\x02\xB0\x07\0\x20\0\0\0\x1A\0\0\0\0\0\0\0"
              "\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x1A\0\0\0\0\0\0\0\0\0\0\0");
    XMP(XMP_OF_OTHERS);
    PHOTOSHOP("8BIM\x04\x04\0\0\0\0\0\x1D" IPTC "\0"
              "8BIM\x04\x25\0\0\0\0\0\x10"
              "0123456789abcdef");
    jpeg_add_scan(&file);
}

static void tear_down(void)
{
    free(file.bytes);
    file.bytes = NULL;
}

/* Where the bytes are. */
static size_t place_of(const struct meta_bytes *in, const void *bytes, size_t size)
{
    const unsigned char *found = memmem(in->bytes, in->size, bytes, size);

    ck_assert_ptr_nonnull(found);
    return (size_t)(found - in->bytes);
}

/* The file with a second picture behind it, which its index leads to. */
static void add_second(void)
{
    const size_t base = place_of(&file, "MPF\0", 4) + 4;

    meta_number_put(file.bytes + base + 0x1A + 16 + 8, 4, false, file.size - base);
    build(&file, LITERAL(SECOND));
}

static struct meta_bytes captioned(void)
{
    const struct meta_caption caption = {.text = "a red mug", .language = "en", .append = false};
    struct meta_bytes result = {0};
    char *bytes = NULL;
    struct tn_error err;

    ck_assert_msg(meta_edit_photo("photo", "JPEG", (const char *)file.bytes, file.size, &caption,
                                  &bytes, &result.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(bytes);
    result.bytes = (unsigned char *)bytes;
    return result;
}

START_TEST(a_maker_note_stays_at_its_offset)
{
    struct meta_bytes result = captioned();
    struct meta_parts old = container_parts(&meta_jpeg, &file);
    struct meta_parts new = container_parts(&meta_jpeg, &result);
    const struct meta_part *block = &new.part[META_EXIF];
    const unsigned char *value;
    size_t size;

    ck_assert_uint_gt(block->size, old.part[META_EXIF].size);
    ck_assert_mem_eq(block->bytes, old.part[META_EXIF].bytes, 4);
    ck_assert_mem_eq(block->bytes + 8, old.part[META_EXIF].bytes + 8, old.part[META_EXIF].size - 8);
    ck_assert_int_eq(
        meta_tiff_get(block->bytes, block->size, META_TIFF_DESCRIPTION, &value, &size, NULL),
        TN_OK);
    ck_assert_uint_eq(size, 10);
    ck_assert_mem_eq(value, "a red mug", 10);
    ck_assert_int_eq(meta_tiff_get(block->bytes, block->size, 0x0106, &value, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, 2);
    meta_parts_finish(&old);
    meta_parts_finish(&new);
    free(result.bytes);
}
END_TEST

START_TEST(the_index_leads_to_the_second_picture)
{
    struct meta_bytes result;
    size_t base;

    add_second();
    result = captioned();
    base = place_of(&result, "MPF\0", 4) + 4;
    ck_assert_uint_eq(base + meta_number(result.bytes + base + 0x1A + 16 + 8, 4, false),
                      result.size - (sizeof SECOND - 1));
    ck_assert_mem_eq(result.bytes + result.size - (sizeof SECOND - 1), SECOND, sizeof SECOND - 1);
    free(result.bytes);
}
END_TEST

START_TEST(other_fields_of_iptc_and_xmp_keep_their_bytes)
{
    struct meta_bytes result = captioned();

    place_of(&result, LITERAL(IPTC "\x1C\x02\x78\0\x09"
                                   "a red mug"));
    place_of(&result, LITERAL("\x10"
                              "0123456789abcdef")); /* was not in step */
    place_of(&result, LITERAL(" photoshop:City='Koeln'"));
    place_of(&result, LITERAL("a red mug</rdf:li>"));
    free(result.bytes);
}
END_TEST

START_TEST(a_caption_that_is_there_is_not_written_again)
{
    const struct meta_caption caption = {.text = "a red mug", .language = "en", .append = false};
    struct meta_bytes result;
    char *bytes = NULL;
    size_t size;

    add_second();
    result = captioned();
    ck_assert_int_eq(meta_edit_photo("photo", "JPEG", (const char *)result.bytes, result.size,
                                     &caption, &bytes, &size, NULL),
                     TN_OK);
    ck_assert_ptr_null(bytes);
    free(result.bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("jpeg_caption");
    TCase *tests = tcase_create("captions");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_maker_note_stays_at_its_offset);
    tcase_add_test(tests, the_index_leads_to_the_second_picture);
    tcase_add_test(tests, other_fields_of_iptc_and_xmp_keep_their_bytes);
    tcase_add_test(tests, a_caption_that_is_there_is_not_written_again);
    suite_add_tcase(suite, tests);
    return suite;
}
