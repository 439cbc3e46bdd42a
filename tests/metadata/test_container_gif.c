/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

/* A literal may have NULs in it. */
#define ADD(data) build(&file, data, sizeof(data) - 1)
#define XMP "\x21\xFF\x0BXMP DataXMP"
#define LOOP "\x21\xFF\x0BNETSCAPE2.0\3\1\0\0\0"
#define PICTURE "\x2C\0\0\0\0\1\0\1\0"

static struct meta_bytes file;

/* A screen of 1 x 1 with a palette of two colours. */
static void begin(void)
{
    file = (struct meta_bytes){0};
    ADD("GIF89a\1\0\1\0\x80\0\0"
        "rgbRGB");
}

/* One picture with the common palette, one with its own of four colours. */
static void add_pictures(void)
{
    ADD("\x21\xF9\4\4\x0A\0\0\0" PICTURE "\0\2\2\x44\1\0");
    ADD("\x21\xF9\4\4\x0A\0\0\0" PICTURE "\x81rgbrgbrgbrgb\2\2\x44\1\0");
}

static void add_packet(const char *packet)
{
    ADD(XMP);
    build_text(&file, packet);
    ADD("\1");
    for (unsigned i = 256; i-- > 0;)
        build_number(&file, 1, true, i);
    ADD("\0");
}

static void finish(void)
{
    free(file.bytes);
}

/* What counts loops has to be the first block, and belongs to none of the pictures. */
START_TEST(xmp_goes_before_the_first_picture)
{
    struct meta_bytes one, old;
    size_t loop;

    ADD(LOOP "\x21\xFE\7comment\0");
    loop = file.size;
    add_pictures();
    ADD(";");
    build_text(&file, "behind the end");
    old = file;
    container_has(&meta_gif, &old, META_XMP, NULL);
    one = container_with(&meta_gif, &old, META_XMP, PACKET);
    file = (struct meta_bytes){0};
    build(&file, old.bytes, loop);
    add_packet(PACKET);
    build(&file, old.bytes + loop, old.size - loop);
    ck_assert_uint_eq(one.size, file.size);
    ck_assert_mem_eq(one.bytes, file.bytes, file.size);
    container_goes_back(&meta_gif, &one, META_XMP, NULL, &old);
    free(old.bytes);
}
END_TEST

START_TEST(xmp_is_replaced_where_it_is)
{
    struct meta_bytes one;

    add_packet(PACKET);
    add_pictures();
    ADD("\x21\xFE\7comment\0;");
    one = container_with(&meta_gif, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_gif, &one, META_XMP, PACKET, &file);
    one = container_with(&meta_gif, &file, META_XMP, NULL);
    ck_assert_uint_eq(one.size, file.size - strlen(XMP PACKET) - 258);
    free(one.bytes);
}
END_TEST

/* Whatever letter a program takes for a length, it comes to the end of the extension. */
START_TEST(every_letter_leads_to_the_end)
{
    char packet[512];
    struct meta_bytes one;

    add_pictures();
    ADD(";");
    for (size_t size = 1; size < sizeof packet; size += 1 + size / 5)
        for (int letter = 1; letter < 256; letter += 2) {
            memset(packet, letter, size);
            packet[size] = '\0';
            one = container_with(&meta_gif, &file, META_XMP, packet);
            container_goes_back(&meta_gif, &one, META_XMP, NULL, &file);
        }
}
END_TEST

START_TEST(an_old_version_becomes_the_one_with_extensions)
{
    struct meta_bytes one;
    size_t end;

    memcpy(file.bytes, "GIF87a", 6);
    ADD(PICTURE "\0\2\2\x44\1\0");
    end = file.size;
    ADD(";");
    one = container_with(&meta_gif, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes, "GIF89a", 6);
    ck_assert_mem_eq(one.bytes + 6, file.bytes + 6, end - 6);
    ck_assert_mem_eq(one.bytes + end, XMP PACKET, strlen(XMP PACKET));
    container_goes_back(&meta_gif, &one, META_XMP, NULL, &file);
}
END_TEST

/* It does not become an 87a although no other extension is left. */
START_TEST(a_new_version_stays)
{
    struct meta_bytes one;

    ADD(PICTURE "\0\2\2\x44\1\0;");
    one = container_with(&meta_gif, &file, META_XMP, PACKET);
    container_goes_back(&meta_gif, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(a_missing_trailer_stays_missing)
{
    struct meta_bytes one;

    add_pictures();
    one = container_with(&meta_gif, &file, META_XMP, PACKET);
    container_goes_back(&meta_gif, &one, META_XMP, NULL, &file);
}
END_TEST

/* As programs write them that repeat it for every frame. */
START_TEST(equal_packets_are_one)
{
    struct meta_bytes one;

    add_packet(PACKET);
    add_pictures();
    add_packet(PACKET);
    ADD(";");
    one = container_with(&meta_gif, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_gif, &one, META_XMP, PACKET, &file);
}
END_TEST

START_TEST(a_nul_would_end_the_packet)
{
    const struct meta_file of = {"photo", file.bytes, file.size};
    const bool changed[META_PARTS] = {[META_XMP] = true};
    struct meta_parts parts = {0};
    unsigned char *bytes;
    struct tn_error err;
    size_t size;

    ck_assert(meta_part_set(&parts.part[META_XMP], (const unsigned char *)"a\0b", 3, NULL) ==
              TN_OK);
    ck_assert_int_eq(meta_gif.put(&of, &parts, changed, &bytes, &size, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "NUL"));
    meta_parts_finish(&parts);
}
END_TEST

START_TEST(damaged_files_are_refused)
{
    ADD("?");
    container_refuses(&meta_gif, &file, TN_FORMAT, "damaged, at byte 19");
    finish();
    begin();
    ADD(PICTURE "\0\2\2\x44\1");
    container_refuses(&meta_gif, &file, TN_FORMAT, "truncated, in the block at byte 19");
    finish();
    begin();
    ADD(XMP "\x08<rdf:RDF\0;");
    container_refuses(&meta_gif, &file, TN_FORMAT, "its XMP extension is damaged");
    finish();
    begin();
    ADD(XMP
        "\x08        \0;"); /* as a program writes it for every frame; another would hide ours */
    container_refuses(&meta_gif, &file, TN_FORMAT, "its XMP extension is damaged");
    finish();
    begin();
    add_packet(PACKET);
    add_packet(OTHER_PACKET);
    ADD(";");
    container_refuses(&meta_gif, &file, TN_UNSUPPORTED, "several XMP packets");
}
END_TEST

START_TEST(the_check_sees_what_changes)
{
    add_pictures();
    ADD(";");
    build_text(&file, "tail");
    container_sees_changes(&meta_gif, &file, 5, strlen(XMP), 258);
}
END_TEST

START_TEST(damaged_files_are_survived)
{
    add_packet(PACKET);
    add_pictures();
    ADD("\x21\xFE\7comment\0;");
    build_text(&file, "tail");
    container_survives(&meta_gif, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_gif");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, begin, finish);
    tcase_add_test(parts, xmp_goes_before_the_first_picture);
    tcase_add_test(parts, xmp_is_replaced_where_it_is);
    tcase_add_test(parts, every_letter_leads_to_the_end);
    tcase_add_test(parts, an_old_version_becomes_the_one_with_extensions);
    tcase_add_test(parts, a_new_version_stays);
    tcase_add_test(parts, a_missing_trailer_stays_missing);
    tcase_add_test(parts, equal_packets_are_one);
    tcase_add_test(parts, a_nul_would_end_the_packet);
    tcase_add_test(parts, damaged_files_are_refused);
    tcase_add_test(parts, the_check_sees_what_changes);
    tcase_add_test(parts, damaged_files_are_survived);
    suite_add_tcase(suite, parts);
    return suite;
}
