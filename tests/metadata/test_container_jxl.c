/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14" "ftypjxl \0\0\0\0jxl "
#define BARE "\xFF\x0A and the picture"
#define TIFF "II*\0\x08\0\0\0\0\0\0\0\0\0"

static struct meta_bytes file;

static void begin(void)
{
    file = (struct meta_bytes){0};
    build(&file, HEAD, sizeof HEAD - 1);
}

static void finish(void)
{
    free(file.bytes);
}

static void add_box(const char *name, const void *content, size_t size)
{
    build_number(&file, 4, true, 8 + size);
    build_text(&file, name);
    build(&file, content, size);
}

/* A literal may have NULs in it. */
#define ADD(name, content) add_box(name, content, sizeof(content) - 1)

/* Adds a box that Brotli compressed: as pieces that it stores as they are (RFC 7932, 9.2). */
static void add_packed(const char *name, const void *content, size_t size)
{
    enum { PIECE = 1 << 16 };
    const unsigned char *bytes = content;
    struct meta_bytes packed = {0};

    build_text(&packed, name);
    for (size_t done = 0; done < size; done += PIECE) {
        const size_t piece = size - done < PIECE ? size - done : PIECE;
        /* last: no; length: 16 bits; stored: yes; of the first, behind the window's size */
        const size_t header = (piece - 1) << 3 | 1 << 19;

        build_number(&packed, 3, false, done == 0 ? header << 1 : header);
        build(&packed, bytes + done, piece);
    }
    build_number(&packed, 1, false, 3); /* last, empty */
    add_box("brob", packed.bytes, packed.size);
    free(packed.bytes);
}

/* The begin of a box jbrd: a JPEG file with segments APPn of these kinds. */
static void add_jbrd(const char *kinds)
{
    unsigned char bits[64] = {0};
    size_t position = 0;
#define BITS(count, value)                                                                         \
    for (size_t bit = 0; bit < (count); bit++, position++)                                         \
    bits[position / 8] |= (unsigned char)(((size_t)(value) >> bit & 1) << position % 8)

    BITS(1, 0); /* not grey */
    for (size_t i = 0; i < strlen(kinds); i++)
        BITS(6, 0xE0 + i - 0xC0);
    BITS(6, 0xDA - 0xC0);
    BITS(6, 0xD9 - 0xC0);
    for (const char *kind = kinds; *kind; kind++) {
        if (*kind == 'E' || *kind == 'X') {
            BITS(2, 2);
            BITS(1, *kind == 'X');
        } else {
            BITS(2, *kind == 'I');
        }
        BITS(16, 1000);
    }
#undef BITS
    add_box("jbrd", bits, sizeof bits);
}

START_TEST(xmp_goes_before_the_picture)
{
    static const size_t at = sizeof HEAD - 1;
    struct meta_bytes one;

    begin();
    ADD("jxlp", "\0\0\0\0picture");
    ADD("jxlp", "\x80\0\0\1picture");
    one = container_with(&meta_jxl, &file, META_XMP, PACKET);
    ck_assert_uint_eq(one.size, file.size + 8 + strlen(PACKET));
    ck_assert_mem_eq(one.bytes + at + 4, "xml " PACKET, 4 + strlen(PACKET));
    ck_assert_mem_eq(one.bytes + at + 8 + strlen(PACKET), file.bytes + at, file.size - at);
    container_goes_back(&meta_jxl, &one, META_XMP, NULL, &file);
    finish();
}
END_TEST

START_TEST(xmp_is_replaced_where_it_is)
{
    struct meta_bytes other;

    begin();
    ADD("jxlc", BARE);
    ADD("xml ", PACKET);
    ADD("jumb", "what else there is");
    container_has(&meta_jxl, &file, META_XMP, PACKET);
    other = container_with(&meta_jxl, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_jxl, &other, META_XMP, PACKET, &file);
    finish();
}
END_TEST

/* An empty box says nothing, but is there. */
START_TEST(empty_xmp_is_replaced)
{
    struct meta_bytes one;

    begin();
    ADD("jxlc", BARE);
    ADD("xml ", "");
    container_has(&meta_jxl, &file, META_XMP, NULL);
    one = container_with(&meta_jxl, &file, META_XMP, PACKET);
    ck_assert_uint_eq(one.size, file.size + strlen(PACKET));
    free(one.bytes);
    finish();
}
END_TEST

/* The last box may go on to the file's end without a size. */
START_TEST(open_box_stays_the_last)
{
    struct meta_bytes one;

    begin();
    ADD("jxlc", BARE);
    meta_number_put(file.bytes + sizeof HEAD - 1, 4, true, 0);
    one = container_with(&meta_jxl, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes + one.size - (sizeof BARE - 1) - 8, "\0\0\0\0jxlc" BARE,
                     8 + sizeof BARE - 1);
    free(one.bytes);
    finish();
}
END_TEST

START_TEST(bare_codestream_gets_boxes)
{
    struct meta_bytes one, other, expected = {0};

    file = (struct meta_bytes){0};
    build(&file, BARE, sizeof BARE - 1);
    container_has(&meta_jxl, &file, META_XMP, NULL);
    one = container_with(&meta_jxl, &file, META_XMP, PACKET);
    build(&expected, HEAD, sizeof HEAD - 1);
    build_number(&expected, 4, true, 8 + strlen(PACKET));
    build_text(&expected, "xml " PACKET);
    build_number(&expected, 4, true, 8 + sizeof BARE - 1);
    build_text(&expected, "jxlc" BARE);
    ck_assert_uint_eq(one.size, expected.size);
    ck_assert_mem_eq(one.bytes, expected.bytes, one.size);
    other = container_with(&meta_jxl, &one, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_jxl, &other, META_XMP, NULL, &file);
    container_goes_back(&meta_jxl, &one, META_XMP, NULL, &file);
    free(expected.bytes);
    finish();
}
END_TEST

/* Boxes that have something else in them, or were there before, stay. */
START_TEST(other_boxes_stay)
{
    struct meta_bytes one;

    begin();
    ADD("xml ", PACKET);
    ADD("jxlc", BARE);
    ADD("jumb", "what else there is");
    one = container_with(&meta_jxl, &file, META_XMP, NULL);
    container_goes_back(&meta_jxl, &one, META_XMP, PACKET, &file);
    finish();
    begin();
    ADD("jxlc", BARE);
    ADD("xml ", PACKET);
    one = container_with(&meta_jxl, &file, META_XMP, NULL);
    ck_assert_uint_eq(one.size, file.size - 8 - strlen(PACKET));
    ck_assert_mem_eq(one.bytes, file.bytes, one.size);
    free(one.bytes);
    finish();
}
END_TEST

START_TEST(exif_is_replaced)
{
    const bool changed[META_PARTS] = {[META_EXIF] = true};
    struct meta_parts parts = {0}, read = {0};
    struct meta_file from, to = {"photo", NULL, 0};
    unsigned char *bytes;

    begin();
    ADD("Exif", "\0\0\0\6Exif\0\0" TIFF);
    ADD("jxlc", BARE);
    from = (struct meta_file){"photo", file.bytes, file.size};
    ck_assert_int_eq(meta_part_set(&parts.part[META_EXIF], (const unsigned char *)TIFF "and text",
                                   sizeof TIFF "and text" - 1, NULL),
                     TN_OK);
    ck_assert_int_eq(meta_jxl.put(&from, &parts, changed, &bytes, &to.size, NULL), TN_OK);
    to.bytes = bytes;
    ck_assert_int_eq(meta_jxl.check(&from, &to, NULL), TN_OK);
    ck_assert_int_eq(meta_jxl.take(&to, &read, NULL), TN_OK);
    ck_assert_uint_eq(read.part[META_EXIF].size, parts.part[META_EXIF].size);
    ck_assert_mem_eq(read.part[META_EXIF].bytes, TIFF "and text", read.part[META_EXIF].size);
    ck_assert_ptr_nonnull(memmem(bytes, to.size, "\0\0\0\6Exif\0\0II", 12));
    meta_parts_finish(&parts);
    meta_parts_finish(&read);
    free(bytes);
    finish();
}
END_TEST

/* ---- What JPEG files are restored from ---- */

static const struct {
    const char *kinds;
    bool refused;
} restored[] = {{"", false}, {"?", false}, {"IE", false}, {"X", true}, {"?EX", true}, {"XI", true}};

START_TEST(what_a_jpeg_is_restored_from_stays)
{
    begin();
    ADD("jxlp", "\0\0\0\0picture");
    add_jbrd(restored[_i].kinds);
    ADD("xml ", PACKET);
    ADD("jxlp", "\x80\0\0\1picture");
    if (restored[_i].refused) {
        const struct meta_file from = {"photo", file.bytes, file.size};
        const struct meta_parts none = {.text = NULL};
        const bool changed[META_PARTS] = {[META_XMP] = true};
        unsigned char *bytes;
        size_t size;

        ck_assert_int_eq(meta_jxl.put(&from, &none, changed, &bytes, &size, NULL), TN_UNSUPPORTED);
        container_has(&meta_jxl, &file, META_XMP, PACKET);
        container_refuses(&meta_jxl, &file, TN_UNSUPPORTED, "could not be restored");
    } else {
        struct meta_bytes other = container_with(&meta_jxl, &file, META_XMP, OTHER_PACKET);

        container_goes_back(&meta_jxl, &other, META_XMP, PACKET, &file);
    }
    finish();
}
END_TEST

/* ---- Compressed boxes ---- */

#ifdef META_HAVE_BROTLI

START_TEST(compressed_xmp_is_read_and_replaced)
{
    struct meta_bytes other;

    begin();
    add_packed("xml ", PACKET, strlen(PACKET));
    add_packed("Exif", "\0\0\0\0" TIFF, 4 + sizeof TIFF - 1);
    ADD("jxlc", BARE);
    container_has(&meta_jxl, &file, META_XMP, PACKET);
    other = container_with(&meta_jxl, &file, META_XMP, OTHER_PACKET);
    free(other.bytes);
    finish();
}
END_TEST

START_TEST(bombs_are_not_unpacked)
{
    enum { LARGE = 9 << 20 };
    void *zeros = calloc(LARGE, 1);

    begin();
    add_packed("xml ", zeros, LARGE);
    ADD("jxlc", BARE);
    container_refuses(&meta_jxl, &file, TN_RANGE, "more than 8 MB");
    free(zeros);
    finish();
}
END_TEST

START_TEST(damaged_compressed_xmp_is_refused)
{
    begin();
    ADD("brob", "xml \xFF\xFF\xFF\xFF");
    ADD("jxlc", BARE);
    container_refuses(&meta_jxl, &file, TN_FORMAT, "compressed box is damaged");
    finish();
}
END_TEST

#else

START_TEST(compressed_xmp_is_refused)
{
    begin();
    add_packed("xml ", PACKET, strlen(PACKET));
    ADD("jxlc", BARE);
    container_refuses(&meta_jxl, &file, TN_UNSUPPORTED, "install libbrotli-dev");
    finish();
}
END_TEST

#endif

/* ---- What is refused ---- */

START_TEST(several_are_refused)
{
    begin();
    ADD("xml ", PACKET);
    add_packed("xml ", PACKET, strlen(PACKET));
    ADD("jxlc", BARE);
    container_refuses(&meta_jxl, &file, TN_UNSUPPORTED, "several");
    finish();
}
END_TEST

START_TEST(truncated_is_refused)
{
    begin();
    container_refuses(&meta_jxl, &file, TN_FORMAT, "truncated"); /* no picture */
    ADD("jxlc", BARE);
    file.size--;
    container_refuses(&meta_jxl, &file, TN_FORMAT, "truncated");
    finish();
}
END_TEST

START_TEST(any_damage_is_survived)
{
    begin();
    ADD("Exif", "\0\0\0\0" TIFF);
    ADD("jxlp", "\0\0\0\0picture");
    add_jbrd("IX");
    add_packed("xml ", PACKET, strlen(PACKET));
    ADD("jxlp", "\x80\0\0\1picture");
    container_survives(&meta_jxl, &file);
    finish();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_jxl");
    TCase *tests = tcase_create("JPEG XL");

    tcase_add_test(tests, xmp_goes_before_the_picture);
    tcase_add_test(tests, xmp_is_replaced_where_it_is);
    tcase_add_test(tests, empty_xmp_is_replaced);
    tcase_add_test(tests, open_box_stays_the_last);
    tcase_add_test(tests, bare_codestream_gets_boxes);
    tcase_add_test(tests, other_boxes_stay);
    tcase_add_test(tests, exif_is_replaced);
    tcase_add_loop_test(tests, what_a_jpeg_is_restored_from_stays, 0,
                        sizeof restored / sizeof restored[0]);
#ifdef META_HAVE_BROTLI
    tcase_add_test(tests, compressed_xmp_is_read_and_replaced);
    tcase_add_test(tests, bombs_are_not_unpacked);
    tcase_add_test(tests, damaged_compressed_xmp_is_refused);
#else
    tcase_add_test(tests, compressed_xmp_is_refused);
#endif
    tcase_add_test(tests, several_are_refused);
    tcase_add_test(tests, truncated_is_refused);
    tcase_add_test(tests, any_damage_is_survived);
    suite_add_tcase(suite, tests);
    return suite;
}
