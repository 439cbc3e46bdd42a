/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#define XMP_NAME "\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC"
#define PHOTOSHOP_NAME "\x2C\x4C\x01\x00\x85\x04\x40\xB9\xA0\x3E\x56\x21\x48\xD6\xDF\xEB"
#define IPTC_NAME "\x33\xC7\xA4\xD2\xB8\x1D\x47\x23\xA0\xBA\xF1\xA3\xE0\x97\xAD\x38"
#define TIFF "II*\0\x08\0\0\0\0\0\0\0\0\0"

static struct meta_bytes file;

static void add_box(const char *name, const void *content, size_t size)
{
    build_number(&file, 4, true, 8 + size);
    build_text(&file, name);
    build(&file, content, size);
}

/* A literal may have NULs in it. */
#define ADD(name, content) add_box(name, content, sizeof(content) - 1)

static void begin(void)
{
    file = (struct meta_bytes){0};
    ADD("jP  ", "\r\n\x87\n");
    ADD("ftyp", "jp2 \0\0\0\0jp2 ");
    ADD("jp2h", "what the picture is");
}

static void finish(void)
{
    free(file.bytes);
}

START_TEST(xmp_goes_to_the_end)
{
    struct meta_bytes one;

    begin();
    if (_i == 1)
        ADD("ftbl", "\0\0\0\x16" "flst\0\1\0\0\0\0\0\0\0\x99\0\0\0\1\0\0");
    ADD("jp2c", "picture");
    one = container_with(&meta_jp2, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes, file.bytes, file.size);
    ck_assert_mem_eq(one.bytes + file.size + 4, "uuid" XMP_NAME PACKET, 20 + strlen(PACKET));
    container_goes_back(&meta_jp2, &one, META_XMP, NULL, &file);
    finish();
}
END_TEST

/* The picture may go on to the file's end without a size. */
START_TEST(open_box_stays_the_last)
{
    struct meta_bytes one;
    size_t at;

    begin();
    at = file.size;
    ADD("jp2c", "picture");
    meta_number_put(file.bytes + at, 4, true, 0);
    one = container_with(&meta_jp2, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes + one.size - 15, "\0\0\0\0jp2cpicture", 15);
    container_goes_back(&meta_jp2, &one, META_XMP, NULL, &file);
    finish();
}
END_TEST

START_TEST(parts_are_replaced_where_they_are)
{
    struct meta_bytes other;

    begin();
    ADD("uuid", XMP_NAME PACKET);
    ADD("uuid", PHOTOSHOP_NAME "8BIM resources");
    ADD("uuid", "JpgTiffExif->JP2II*, as a text");
    ADD("uuid", "another one's name, and its data");
    ADD("jp2c", "picture");
    container_has(&meta_jp2, &file, META_XMP, PACKET);
    container_has(&meta_jp2, &file, META_PHOTOSHOP, "8BIM resources");
    container_has(&meta_jp2, &file, META_EXIF, "II*, as a text");
    other = container_with(&meta_jp2, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_jp2, &other, META_XMP, PACKET, &file);
    other = container_with(&meta_jp2, &file, META_PHOTOSHOP, "8BIM other resources");
    container_goes_back(&meta_jp2, &other, META_PHOTOSHOP, "8BIM resources", &file);
    other = container_with(&meta_jp2, &file, META_EXIF, "II*, as another text");
    container_goes_back(&meta_jp2, &other, META_EXIF, "II*, as a text", &file);
    finish();
}
END_TEST

START_TEST(captions_of_iptc_are_read)
{
    static const struct {
        const char *data, *text;
        size_t size;
    } cases[] = {
#define CASE(data, text) {IPTC_NAME data, text, 16 + sizeof(data) - 1}
        CASE("\x1C\2\x78\0\3dog", "dog"),
        CASE("\x1C\2\x78\0\1\xE9", "\xC3\xA9"),
        CASE("\x1C\2\x05\0\3cat\x1C\2\x78\0\3dog", "dog"),
        CASE("\x1C\2\x05\0\3cat", NULL),
        CASE("\x1C\2\x78\xFF\xFF"
             "dog",
             NULL),
        CASE("", NULL),
#undef CASE
    };
    struct meta_parts parts;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct meta_bytes one;

        begin();
        add_box("uuid", cases[i].data, cases[i].size);
        ADD("jp2c", "picture");
        parts = container_parts(&meta_jp2, &file);
        ck_assert_ptr_null(parts.part[META_PHOTOSHOP].bytes);
        ck_assert_pstr_eq(parts.text, cases[i].text);
        meta_parts_finish(&parts);
        one = container_with(&meta_jp2, &file, META_XMP, PACKET);
        container_goes_back(&meta_jp2, &one, META_XMP, NULL, &file);
        finish();
    }
}
END_TEST

START_TEST(exif_of_some_has_a_prefix)
{
    struct meta_bytes other;

    begin();
    ADD("jp2c", "picture");
    ADD("uuid", "JpgTiffExif->JP2" "Exif\0\0II*, as a text");
    container_has(&meta_jp2, &file, META_EXIF, "II*, as a text");
    other = container_with(&meta_jp2, &file, META_EXIF, "II*, as another text");
    container_goes_back(&meta_jp2, &other, META_EXIF, "II*, as a text", &file);
    finish();
}
END_TEST

static const struct {
    const char *box, *content;
} pointers[] = {{"ftbl", ""}, {"cidx", ""}, {"what", ""}, {"asoc", "\x08\0\0\0flst"}};

START_TEST(boxes_that_others_point_at_do_not_move)
{
    begin();
    ADD("uuid", XMP_NAME PACKET PACKET);
    add_box(pointers[_i].box, pointers[_i].content, _i == 3 ? 8 : 0);
    ADD("jp2c", "picture");
    container_refuses(&meta_jp2, &file, TN_UNSUPPORTED, "may say where others are");
    finish();
}
END_TEST

START_TEST(bare_codestream_is_refused)
{
    file = (struct meta_bytes){0};
    build(&file, "\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\0\0", 12);
    container_refuses(&meta_jp2, &file, TN_UNSUPPORTED, "no place for a caption");
    finish();
}
END_TEST

START_TEST(several_are_refused)
{
    begin();
    ADD("uuid", XMP_NAME PACKET);
    ADD("uuid", XMP_NAME PACKET);
    ADD("jp2c", "picture");
    container_refuses(&meta_jp2, &file, TN_UNSUPPORTED, "several");
    finish();
}
END_TEST

START_TEST(truncated_is_refused)
{
    begin();
    ADD("jp2c", "picture");
    file.size--;
    container_refuses(&meta_jp2, &file, TN_FORMAT, "truncated");
    finish();
}
END_TEST

START_TEST(any_damage_is_survived)
{
    begin();
    ADD("uuid", XMP_NAME PACKET);
    ADD("uuid", "JpgTiffExif->JP2" TIFF);
    ADD("uuid", PHOTOSHOP_NAME "8BIM resources");
    ADD("jp2c", "picture");
    container_survives(&meta_jp2, &file);
    finish();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_jp2");
    TCase *tests = tcase_create("JPEG 2000");

    tcase_add_loop_test(tests, xmp_goes_to_the_end, 0, 2);
    tcase_add_test(tests, open_box_stays_the_last);
    tcase_add_test(tests, parts_are_replaced_where_they_are);
    tcase_add_test(tests, captions_of_iptc_are_read);
    tcase_add_test(tests, exif_of_some_has_a_prefix);
    tcase_add_loop_test(tests, boxes_that_others_point_at_do_not_move, 0,
                        sizeof pointers / sizeof pointers[0]);
    tcase_add_test(tests, bare_codestream_is_refused);
    tcase_add_test(tests, several_are_refused);
    tcase_add_test(tests, truncated_is_refused);
    tcase_add_test(tests, any_damage_is_survived);
    suite_add_tcase(suite, tests);
    return suite;
}
