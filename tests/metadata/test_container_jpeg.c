/* SPDX-License-Identifier: MIT */
/* The parts of a JPEG file are taken and put; every other byte stays. */
#include "tests/support/jpeg_segments.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#define RESOURCES "8BIM one 8BIM two 8BIM three"

static struct meta_bytes file;

static void set_up(void)
{
    jpeg_begin(&file);
}

static void tear_down(void)
{
    free(file.bytes);
    file.bytes = NULL;
}

/* What comes first in each segment, one letter each: J (FIF), X (MP), E (XIF), P (hotoshop), and of
 * others the first letter of their data; up to the scan. */
static const char *segments_in(const struct meta_bytes *bytes)
{
    static char names[64];
    size_t count = 0;

    for (size_t at = 2; bytes->bytes[at + 1] != 0xDA;) {
        const char *data = (const char *)bytes->bytes + at + 4;

        ck_assert_uint_eq(bytes->bytes[at], 0xFF);
        ck_assert_uint_lt(count + 1, sizeof names);
        names[count++] = strncmp(data, "http", 4) == 0 ? 'X' : *data;
        at += 2 + meta_number(bytes->bytes + at + 2, 2, true);
    }
    names[count] = '\0';
    return names;
}

static void check_with(enum meta_part_kind kind, const char *text, const char *segments)
{
    struct meta_bytes one = container_with(&meta_jpeg, &file, kind, text);

    ck_assert_str_eq(segments_in(&one), segments);
    container_goes_back(&meta_jpeg, &one, kind, NULL, &file);
}

START_TEST(new_parts_come_where_programs_look_for_them)
{
    struct meta_bytes one;

    jpeg_add_scan(&file);
    check_with(META_XMP, PACKET, "Xa");
    check_with(META_EXIF, BLOCK, "Ea");
    jpeg_begin(&file);
    ADD(APP0, "JFIF\0");
    ADD(APP0, "JFXX\0");
    ADD(COMMENT, "comment");
    ADD(APP2, "MPF\0");
    jpeg_add_scan(&file);
    check_with(META_XMP, PACKET, "JJXcMa");
    check_with(META_EXIF, BLOCK, "JJEcMa");
    one = container_with(&meta_jpeg, &file, META_XMP, PACKET);
    free(file.bytes);
    file = one;
    check_with(META_EXIF, BLOCK, "JJEXcMa");
    jpeg_begin(&file);
    ADD(APP0, "JFIF\0");
    ADD(COMMENT, "comment");
    EXIF(BLOCK);
    ADD(APP2, "MPF\0");
    jpeg_add_scan(&file);
    check_with(META_XMP, PACKET, "JcEXMa");
}
END_TEST

START_TEST(parts_are_replaced_where_they_are)
{
    /* all orders of four segments */
    for (int order = 0; order < 4 * 4 * 4 * 4; order++) {
        const int places[] = {order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6};
        struct meta_bytes one;
        int seen = 0;

        jpeg_begin(&file);
        for (size_t i = 0; i < 4; i++) {
            seen |= 1 << places[i];
            if (places[i] == 0)
                XMP(PACKET);
            else if (places[i] == 1)
                EXIF(BLOCK);
            else if (places[i] == 2)
                PHOTOSHOP(RESOURCES);
            else
                ADD(COMMENT, "comment");
        }
        if (seen != 15)
            continue;
        jpeg_add_scan(&file);
        one = container_with(&meta_jpeg, &file, META_XMP, OTHER_PACKET);
        ck_assert_uint_eq(one.size, file.size + strlen(OTHER_PACKET) - strlen(PACKET));
        container_goes_back(&meta_jpeg, &one, META_XMP, PACKET, &file);
        one = container_with(&meta_jpeg, &file, META_EXIF, OTHER_BLOCK);
        container_goes_back(&meta_jpeg, &one, META_EXIF, BLOCK, &file);
        one = container_with(&meta_jpeg, &file, META_PHOTOSHOP, "8BIM other");
        container_goes_back(&meta_jpeg, &one, META_PHOTOSHOP, RESOURCES, &file);
    }
}
END_TEST

/* As decoders pass over it. */
START_TEST(what_is_between_segments_stays_in_front_of_the_next)
{
    struct meta_bytes one;

    ADD(APP0, "JFIF\0");
    build(&file, LITERAL("\xFF\xFF\xFF"));
    EXIF(BLOCK);
    build(&file, LITERAL("left over\xFF\0\xFF"));
    build(&file, LITERAL("\xFF\x01\xFF\xD0")); /* markers without data */
    jpeg_add_scan(&file);
    one = container_with(&meta_jpeg, &file, META_XMP, PACKET);
    container_goes_back(&meta_jpeg, &one, META_XMP, NULL, &file);
    one = container_with(&meta_jpeg, &file, META_EXIF, OTHER_BLOCK);
    container_goes_back(&meta_jpeg, &one, META_EXIF, BLOCK, &file);
}
END_TEST

START_TEST(what_is_behind_the_picture_stays)
{
    struct meta_bytes one;

    XMP(PACKET);
    jpeg_add_scan(&file);
    build(&file, LITERAL("\xFF\xD8\xFF\xE1\0\x24http://ns.adobe.com/xap/1.0/\0other\xFF\xD9"));
    build(&file, LITERAL("\0\0SEFHSEFT"));
    one = container_with(&meta_jpeg, &file, META_XMP, OTHER_PACKET);
    ck_assert_mem_eq(one.bytes + one.size - 50, file.bytes + file.size - 50, 50);
    container_goes_back(&meta_jpeg, &one, META_XMP, PACKET, &file);
}
END_TEST

START_TEST(the_first_of_several_packets_counts)
{
    struct meta_bytes one;

    XMP(PACKET);
    XMP("another packet");
    ADD(APP1, "http://ns.adobe.com/xmp/extension/\0 the extension of a packet");
    EXIF(BLOCK);
    EXIF("II*: another block");
    jpeg_add_scan(&file);
    container_has(&meta_jpeg, &file, META_XMP, PACKET);
    one = container_with(&meta_jpeg, &file, META_XMP, OTHER_PACKET);
    ck_assert_str_eq(segments_in(&one), "XXXEEa");
    container_goes_back(&meta_jpeg, &one, META_XMP, PACKET, &file);
    one = container_with(&meta_jpeg, &file, META_EXIF, OTHER_BLOCK);
    container_goes_back(&meta_jpeg, &one, META_EXIF, BLOCK, &file);
}
END_TEST

static enum tn_status compared(const struct meta_bytes *before, const struct meta_bytes *after)
{
    const struct meta_file one = {"photo", before->bytes, before->size};
    const struct meta_file other = {"photo", after->bytes, after->size};

    return meta_jpeg.compare(&one, &other, NULL);
}

/* ImageMagick puts comments and image resources first: put back, XMP would come before them. */
START_TEST(parts_may_be_in_any_order)
{
    struct meta_bytes one, two;

    ADD(APP0, "JFIF\0");
    ADD(COMMENT, "a comment");
    PHOTOSHOP("8BIM\x04\x0C\0\0\0\0\0\2ab");
    EXIF(BLOCK);
    ADD(COMMENT, "another");
    XMP(PACKET);
    jpeg_add_scan(&file);
    build_text(&file, "behind the picture");
    one = container_with(&meta_jpeg, &file, META_XMP, NULL);
    two = container_with(&meta_jpeg, &one, META_EXIF, NULL);
    ck_assert_int_eq(compared(&file, &two), TN_OK);
    for (size_t i = 0; i < two.size; i++) {
        two.bytes[i] ^= 1;
        ck_assert_msg(compared(&file, &two) != TN_OK, "byte %zu", i);
        two.bytes[i] ^= 1;
    }
    free(one.bytes);
    free(two.bytes);
}
END_TEST

START_TEST(image_resources_stay_in_their_segments)
{
    static const char *const others[] = {
        "8BIM one, longer 8BIM two 8BIM three", "8BIM one 8BIM two, longer 8BIM three",
        "8BIM one 8BIM two 8BIM three, longer", "8BIM one 8BIM 2 8BIM three"};

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct meta_bytes one;

        jpeg_begin(&file);
        PHOTOSHOP("8BIM one 8B");
        PHOTOSHOP("IM two ");
        ADD(COMMENT, "comment");
        PHOTOSHOP("8BIM three");
        jpeg_add_scan(&file);
        container_has(&meta_jpeg, &file, META_PHOTOSHOP, RESOURCES);
        one = container_with(&meta_jpeg, &file, META_PHOTOSHOP, others[i]);
        ck_assert_str_eq(segments_in(&one), "PPcPa");
        container_goes_back(&meta_jpeg, &one, META_PHOTOSHOP, RESOURCES, &file);
    }
    jpeg_begin(&file);
    PHOTOSHOP("8BIM");
    PHOTOSHOP("8BIM more than there is room for in the segment before it");
    jpeg_add_scan(&file);
    container_refuses_part(&meta_jpeg, &file, META_PHOTOSHOP, TN_RANGE, "cannot be divided");
}
END_TEST

START_TEST(a_part_has_to_fit_into_its_segment)
{
    static const size_t headers[META_PARTS] = {[META_XMP] = 29, [META_EXIF] = 6};
    const size_t most = 0xFFFF - 2 - headers[_i];
    char *text = malloc(most + 2);
    struct meta_parts parts = {0};
    const bool changed[META_PARTS] = {[META_XMP] = _i == META_XMP, [META_EXIF] = _i == META_EXIF};
    unsigned char *bytes = NULL;
    size_t size;

    ck_assert_ptr_nonnull(text);
    memset(text, '*', most + 1);
    memcpy(text, "II", 2);
    text[most + 1] = '\0';
    jpeg_add_scan(&file);
    parts.part[_i] = (struct meta_part){(unsigned char *)text, most + 1};
    ck_assert_int_eq(meta_jpeg.put(&(struct meta_file){"photo", file.bytes, file.size}, &parts,
                                   changed, &bytes, &size, NULL),
                     TN_RANGE);
    text[most] = '\0';
    check_with((enum meta_part_kind)_i, text, _i == META_XMP ? "Xa" : "Ea");
    free(text);
}
END_TEST

START_TEST(exif_that_goes_on_in_another_segment_stays)
{
    EXIF(BLOCK);
    EXIF("the rest of the block");
    jpeg_add_scan(&file);
    container_has(&meta_jpeg, &file, META_EXIF, BLOCK);
    container_refuses_part(&meta_jpeg, &file, META_EXIF, TN_RANGE, "EXIF data has no room");
    check_with(META_XMP, PACKET, "EXEa");
    jpeg_begin(&file);
    EXIF("no block at all");
    jpeg_add_scan(&file);
    container_has(&meta_jpeg, &file, META_EXIF, NULL);
    container_refuses_part(&meta_jpeg, &file, META_EXIF, TN_RANGE, "EXIF data has no room");
}
END_TEST

START_TEST(a_file_without_a_picture_is_refused)
{
    XMP(PACKET);
    container_refuses(&meta_jpeg, &file, TN_FORMAT, "segments are damaged");
    build(&file, "\xFF\xD9", 2);
    container_refuses(&meta_jpeg, &file, TN_FORMAT, "segments are damaged");
    jpeg_begin(&file);
    build(&file, LITERAL("\xFF\xE1\xFF\xFF cut"));
    container_refuses(&meta_jpeg, &file, TN_FORMAT, "segments are damaged");
    jpeg_begin(&file);
    build(&file, LITERAL("\xFF\xE1\0\x01 no length"));
    container_refuses(&meta_jpeg, &file, TN_FORMAT, "segments are damaged");
    jpeg_begin(&file);
    jpeg_add_scan(&file);
    file.bytes[1] = 0xD7;
    container_refuses(&meta_jpeg, &file, TN_FORMAT, "segments are damaged");
}
END_TEST

START_TEST(damaged_files_are_read_within_their_bounds)
{
    ADD(APP0, "JFIF\0");
    EXIF(BLOCK);
    XMP(PACKET);
    ADD(APP2, "MPF\0MM\0*\0\0\0\x08\0\x01\xB0\x02\0\x07\0\0\0\x20\0\0\0\x1A\0\0\0\0"
              "\0\x03\0\0\0\0\0\x50\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x50\0\0\0\x70\0\0\0\0");
    PHOTOSHOP(RESOURCES);
    jpeg_add_scan(&file);
    build(&file, LITERAL("AXS!\0\x01\0\x01\0\0\0\0Nail\0\0\0\x10\0\0\0\x10"));
    build(&file, LITERAL("AXS!\0\0\0\x90\0\0\0\0"));
    container_survives(&meta_jpeg, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_jpeg");
    TCase *tests = tcase_create("parts");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, new_parts_come_where_programs_look_for_them);
    tcase_add_test(tests, parts_are_replaced_where_they_are);
    tcase_add_test(tests, what_is_between_segments_stays_in_front_of_the_next);
    tcase_add_test(tests, what_is_behind_the_picture_stays);
    tcase_add_test(tests, the_first_of_several_packets_counts);
    tcase_add_test(tests, parts_may_be_in_any_order);
    tcase_add_test(tests, image_resources_stay_in_their_segments);
    tcase_add_loop_test(tests, a_part_has_to_fit_into_its_segment, META_XMP, META_EXIF + 1);
    tcase_add_test(tests, exif_that_goes_on_in_another_segment_stays);
    tcase_add_test(tests, a_file_without_a_picture_is_refused);
    tcase_add_test(tests, damaged_files_are_read_within_their_bounds);
    suite_add_tcase(suite, tests);
    return suite;
}
