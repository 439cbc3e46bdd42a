/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

/* Pictures of 300 x 2 pixels, the lossless one with alpha: no more than their beginnings. */
#define LOSSY "\x30\0\0\x9D\x01\x2A\x2C\x01\x02\0pixels"
#define LOSSLESS "\x2F\x2B\x41\0\x10pixels"
#define EXTENDED(flags) flags "\0\0\0\x2B\x01\0\x01\0\0" /* and its canvas */

static struct meta_bytes file;

static void set_length(void)
{
    meta_number_put(file.bytes + 4, 4, false, file.size - 8);
}

static void add_chunk(const char *name, const void *data, size_t size)
{
    build_text(&file, name);
    build_number(&file, 4, false, size);
    build(&file, data, size);
    build(&file, "", size & 1);
    set_length();
}

/* A literal may have NULs in it. */
#define ADD(name, data) add_chunk(name, data, sizeof(data) - 1)

static void begin(void)
{
    file = (struct meta_bytes){0};
    build(&file, "RIFF\0\0\0\0WEBP", 12);
}

static void finish(void)
{
    free(file.bytes);
}

/* The chunks' names in the file, one after the other. */
static const char *names_in(const struct meta_bytes *bytes)
{
    static char names[128];
    const size_t end = 8 + meta_number(bytes->bytes + 4, 4, false);
    size_t count = 0;

    ck_assert_uint_le(end, bytes->size);
    for (size_t offset = 12; offset < end; count += 4) {
        const size_t size = meta_number(bytes->bytes + offset + 4, 4, false);

        ck_assert_uint_lt(count + 4, sizeof names);
        memcpy(names + count, bytes->bytes + offset, 4);
        offset += 8 + size + (size & 1);
        ck_assert_uint_le(offset, end);
    }
    names[count] = '\0';
    return names;
}

static void check_with_xmp(const char *names, const char *extended)
{
    struct meta_bytes one = container_with(&meta_webp, &file, META_XMP, PACKET);

    ck_assert_str_eq(names_in(&one), names);
    ck_assert_mem_eq(one.bytes + 20, extended, 10);
    free(one.bytes);
}

/* What only metadata needs goes with the last of it. */
static void check_undone(void)
{
    struct meta_bytes one = container_with(&meta_webp, &file, META_XMP, PACKET);
    struct meta_bytes two = container_with(&meta_webp, &one, META_EXIF, "MM??12");
    struct meta_bytes three = container_with(&meta_webp, &two, META_EXIF, NULL);

    container_goes_back(&meta_webp, &three, META_XMP, NULL, &file);
    three = container_with(&meta_webp, &two, META_XMP, NULL);
    ck_assert_mem_eq(three.bytes + 12, "VP8X", 4);
    container_goes_back(&meta_webp, &three, META_EXIF, NULL, &file);
    container_goes_back(&meta_webp, &one, META_XMP, NULL, &file);
    free(two.bytes);
}

START_TEST(a_picture_alone_becomes_an_extended_file)
{
    ADD("VP8 ", LOSSY);
    container_has(&meta_webp, &file, META_XMP, NULL);
    check_with_xmp("VP8XVP8 XMP ", EXTENDED("\x04"));
    check_undone();
    finish();
    begin();
    ADD("VP8L", LOSSLESS);
    check_with_xmp("VP8XVP8LXMP ", EXTENDED("\x14"));
    check_undone();
    finish();
    begin();
    ADD("VP8X", EXTENDED("\0"));
    ADD("ALPH", "alpha");
    ADD("VP8 ", LOSSY);
    check_undone();
}
END_TEST

/* The sizes of VP8 have a scaling in their highest bits. */
START_TEST(the_scaling_of_a_picture_is_not_its_size)
{
    ADD("VP8 ", "\x30\0\0\x9D\x01\x2A\x2C\x41\x02\x80pixels");
    check_with_xmp("VP8XVP8 XMP ", EXTENDED("\x04"));
}
END_TEST

START_TEST(an_extended_file_states_what_it_has)
{
    struct meta_bytes one;

    ADD("VP8X", EXTENDED("\x3A"));
    ADD("ICCP", "profile");
    ADD("ANIM", "123456");
    ADD("ANMF", "a picture within");
    ADD("ANMF", "another picture within");
    ADD("EXIF", "MM\0*1");
    ADD("what", "nobody knows");
    build_text(&file, "behind the end");
    one = container_with(&meta_webp, &file, META_XMP, PACKET);
    ck_assert_str_eq(names_in(&one), "VP8XICCPANIMANMFANMFEXIFXMP what");
    ck_assert_mem_eq(one.bytes + 20, EXTENDED("\x3E"), 10);
    ck_assert_mem_eq(one.bytes + one.size - 14, "behind the end", 14);
    container_goes_back(&meta_webp, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(exif_goes_before_xmp)
{
    struct meta_bytes one, two;

    ADD("VP8 ", LOSSY);
    ADD("what", "nobody knows");
    one = container_with(&meta_webp, &file, META_XMP, PACKET);
    two = container_with(&meta_webp, &one, META_EXIF, "MM??12");
    ck_assert_str_eq(names_in(&two), "VP8XVP8 EXIFXMP what");
    ck_assert_uint_eq(two.bytes[20], 0x0C);
    container_goes_back(&meta_webp, &two, META_EXIF, NULL, &one);
    free(one.bytes);
    one = container_with(&meta_webp, &file, META_EXIF, "MM??12");
    ck_assert_str_eq(names_in(&one), "VP8XVP8 EXIFwhat");
    free(one.bytes);
}
END_TEST

START_TEST(parts_are_replaced_where_they_are)
{
    struct meta_bytes one;

    ADD("VP8X", EXTENDED("\x0C"));
    ADD("XMP ", PACKET);
    ADD("VP8 ", LOSSY);
    ADD("EXIF", "MM??12");
    one = container_with(&meta_webp, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_webp, &one, META_XMP, PACKET, &file);
    one = container_with(&meta_webp, &file, META_EXIF, "MM??1234567");
    ck_assert_str_eq(names_in(&one), "VP8XXMP VP8 EXIF");
    container_goes_back(&meta_webp, &one, META_EXIF, "MM??12", &file);
    one = container_with(&meta_webp, &file, META_EXIF, NULL);
    ck_assert_str_eq(names_in(&one), "VP8XXMP VP8 ");
    ck_assert_uint_eq(one.bytes[20], 0x04);
    free(one.bytes);
}
END_TEST

START_TEST(the_prefix_of_exif_stays)
{
    struct meta_bytes one;

    ADD("VP8X", EXTENDED("\x08"));
    ADD("VP8 ", LOSSY);
    ADD("EXIF", "Exif\0\0MM??12");
    container_has(&meta_webp, &file, META_EXIF, "MM??12");
    one = container_with(&meta_webp, &file, META_EXIF, "MM??123");
    ck_assert_ptr_nonnull(memmem(one.bytes, one.size, "\x0D\0\0\0Exif\0\0MM??123", 17));
    container_goes_back(&meta_webp, &one, META_EXIF, "MM??12", &file);
}
END_TEST

/* A flag that is wrong is corrected where we write what it is about, and stays elsewhere. */
START_TEST(wrong_flags)
{
    ADD("VP8X", EXTENDED("\x18"));
    ADD("VP8 ", LOSSY);
    ADD("XMP ", OTHER_PACKET);
    container_has(&meta_webp, &file, META_XMP, OTHER_PACKET);
    check_with_xmp("VP8XVP8 XMP ", EXTENDED("\x1C"));
}
END_TEST

START_TEST(metadata_without_a_header_is_read)
{
    ADD("VP8 ", LOSSY);
    ADD("EXIF", "MM??12");
    ADD("XMP ", OTHER_PACKET);
    container_has(&meta_webp, &file, META_EXIF, "MM??12");
    check_with_xmp("VP8XVP8 EXIFXMP ", EXTENDED("\x04"));
}
END_TEST

/* With a VP8X chunk decoders would use them, and show other pixels. */
START_TEST(hidden_chunks_stay_hidden)
{
    ADD("ALPH", "alpha");
    ADD("VP8 ", LOSSY);
    container_refuses(&meta_webp, &file, TN_FORMAT, "VP8X");
}
END_TEST

START_TEST(a_missing_padding_is_added)
{
    struct meta_bytes one;

    ADD("VP8L", LOSSLESS);
    file.size--;
    set_length();
    one = container_with(&meta_webp, &file, META_XMP, PACKET);
    ck_assert_str_eq(names_in(&one), "VP8XVP8LXMP ");
    free(one.bytes);
    finish();
    begin();
    ADD("VP8X", EXTENDED("\x20")); /* a profile, which is not there */
    ADD("VP8 ", LOSSY);
    ADD("what", "odd");
    file.size--;
    set_length();
    one = container_with(&meta_webp, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes + one.size - 7, "\3\0\0\0odd", 7);
    container_goes_back(&meta_webp, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(damaged_files_are_refused)
{
    container_refuses(&meta_webp, &file, TN_FORMAT, "truncated");
    ADD("EXIF", "MM??12");
    container_refuses(&meta_webp, &file, TN_FORMAT, "no picture");
    ADD("VP8 ", "\x30\0\0\x9D\x01\x2B\x2C\x01\x02\0pixels");
    container_refuses(&meta_webp, &file, TN_FORMAT, "VP8X");
    ADD("VP8X", EXTENDED("\0"));
    container_refuses(&meta_webp, &file, TN_FORMAT, "its VP8X chunk is damaged");
    file.size--;
    container_refuses(&meta_webp, &file, TN_FORMAT, "truncated");
    set_length();
    container_refuses(&meta_webp, &file, TN_FORMAT, "damaged, at byte");
    finish();
    begin();
    ADD("VP8X", "\0\0\0\0\x2B\x01\0\x01\0");
    ADD("VP8 ", LOSSY);
    container_refuses(&meta_webp, &file, TN_FORMAT, "its VP8X chunk is damaged");
    finish();
    begin();
    ADD("VP8L", "\x2E\x2B\x41\0\x10pixels");
    container_refuses(&meta_webp, &file, TN_FORMAT, "VP8X");
}
END_TEST

START_TEST(the_check_sees_what_changes)
{
    ADD("VP8 ", LOSSY);
    build_text(&file, "tail");
    container_sees_changes(&meta_webp, &file, 12, 8, 1);
}
END_TEST

START_TEST(damaged_files_are_survived)
{
    ADD("VP8X", EXTENDED("\x0C"));
    ADD("ALPH", "1");
    ADD("VP8L", LOSSLESS);
    ADD("EXIF", "Exif\0\0MM??12");
    ADD("XMP ", PACKET);
    build_text(&file, "tail");
    container_survives(&meta_webp, &file);
    finish();
    begin();
    ADD("VP8L", LOSSLESS);
    container_survives(&meta_webp, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_webp");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, begin, finish);
    tcase_add_test(parts, a_picture_alone_becomes_an_extended_file);
    tcase_add_test(parts, the_scaling_of_a_picture_is_not_its_size);
    tcase_add_test(parts, an_extended_file_states_what_it_has);
    tcase_add_test(parts, exif_goes_before_xmp);
    tcase_add_test(parts, parts_are_replaced_where_they_are);
    tcase_add_test(parts, the_prefix_of_exif_stays);
    tcase_add_test(parts, wrong_flags);
    tcase_add_test(parts, metadata_without_a_header_is_read);
    tcase_add_test(parts, hidden_chunks_stay_hidden);
    tcase_add_test(parts, a_missing_padding_is_added);
    tcase_add_test(parts, damaged_files_are_refused);
    tcase_add_test(parts, the_check_sees_what_changes);
    tcase_add_test(parts, damaged_files_are_survived);
    suite_add_tcase(suite, parts);
    return suite;
}
