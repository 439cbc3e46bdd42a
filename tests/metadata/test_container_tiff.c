/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    BYTE = 1,
    ASCII = 2,
    SHORT = 3,
    LONG = 4,
    WIDTH = 0x0100,
    PHOTOMETRIC = 0x0106,
    STRIPS = 0x0111,
    SUB_IFDS = 0x014A,
    ENTRY = 12
};

static struct meta_bytes file;
static bool big;
static size_t directory;

static void number_at(size_t offset, size_t count, size_t value)
{
    meta_number_put(file.bytes + offset, count, big, value);
}

/* A file whose directory is at its end, behind the picture, as libtiff writes them, and which has
 * another page. */
static void begin_as(bool is_big)
{
    big = is_big;
    file = (struct meta_bytes){0};
    build(&file, big ? "MM\0*" : "II*\0", 4);
    build_number(&file, 4, big, 30);
    build_text(&file, "the first picture. ..."); /* to byte 30 */
    directory = file.size;
    build_number(&file, 2, big, 0);
    build_number(&file, 4, big, 8);
}

static void begin(void)
{
    begin_as(false);
}

static void finish(void)
{
    free(file.bytes);
}

/* An entry at the end of the directory, which is the file's end. */
static void add(unsigned tag, unsigned type, size_t count, size_t value)
{
    const size_t entries = meta_number(file.bytes + directory, 2, big);
    const size_t entry = directory + 2 + entries * ENTRY;

    build(&file, "entry entry ", ENTRY);
    memmove(file.bytes + entry + ENTRY, file.bytes + entry, file.size - entry - ENTRY);
    number_at(directory, 2, entries + 1);
    number_at(entry, 2, tag);
    number_at(entry + 2, 2, type);
    number_at(entry + 4, 4, count);
    memset(file.bytes + entry + 8, 0, 4);
    number_at(entry + 8, type == SHORT ? 2 : 4, value);
}

/* A value that is to be behind the directory: for the last entry. */
static void build_value(const char *text)
{
    const size_t entries = meta_number(file.bytes + directory, 2, big);

    number_at(directory + 2 + (entries - 1) * ENTRY + 8, 4, file.size);
    build_text(&file, text);
}

/* The usual fields, and more behind the directory. */
static void add_picture(void)
{
    add(WIDTH, SHORT, 1, 5);
    add(PHOTOMETRIC, SHORT, 1, 2);
    add(STRIPS, LONG, 1, 8);
}

static void has_description(const struct meta_bytes *bytes, const char *text)
{
    struct meta_parts parts = container_parts(&meta_tiff, bytes);
    const struct meta_part *block = &parts.part[META_EXIF];
    const unsigned char *value;
    size_t size;

    ck_assert_ptr_nonnull(block->bytes);
    ck_assert(meta_tiff_get(block->bytes, block->size, META_TIFF_DESCRIPTION, &value, &size,
                            NULL) == TN_OK);
    ck_assert_uint_eq(size, strlen(text));
    ck_assert(size == 0 || memcmp(value, text, size) == 0);
    meta_parts_finish(&parts);
}

/* The file with another description; its XMP, too, where there is a packet ("": it goes). */
static struct meta_bytes described(const struct meta_bytes *bytes, const char *text,
                                   const char *packet)
{
    const struct meta_file before = {"photo", bytes->bytes, bytes->size};
    const bool changed[META_PARTS] = {[META_XMP] = packet != NULL, [META_EXIF] = true};
    struct meta_parts parts = container_parts(&meta_tiff, bytes);
    struct meta_part block = {0};
    struct meta_bytes written = {0};
    struct meta_file after;
    struct tn_error err;

    ck_assert(meta_tiff_set(parts.part[META_EXIF].bytes, parts.part[META_EXIF].size,
                            META_TIFF_DESCRIPTION, ASCII, (const unsigned char *)text, strlen(text),
                            &block.bytes, &block.size, &err) == TN_OK);
    free(parts.part[META_EXIF].bytes);
    parts.part[META_EXIF] = block;
    if (packet && *packet) {
        ck_assert(meta_part_set(&parts.part[META_XMP], (const unsigned char *)packet,
                                strlen(packet), NULL) == TN_OK);
    } else if (packet) {
        free(parts.part[META_XMP].bytes);
        parts.part[META_XMP] = (struct meta_part){0};
    }
    ck_assert_msg(meta_tiff.put(&before, &parts, changed, &written.bytes, &written.size, &err) ==
                      TN_OK,
                  "%s", err.text);
    after = (struct meta_file){"photo", written.bytes, written.size};
    ck_assert_msg(meta_tiff.check(&before, &after, &err) == TN_OK, "%s", err.text);
    has_description(&written, text);
    if (packet)
        container_has(&meta_tiff, &written, META_XMP, *packet ? packet : NULL);
    meta_parts_finish(&parts);
    return written;
}

START_TEST(fields_go_behind_all_that_is_there)
{
    for (int is_big = 0; is_big < 2; is_big++) {
        struct meta_bytes one, two;

        finish();
        begin_as(is_big);
        add_picture();
        build_text(&file, "another page, or what nobody knows");
        has_description(&file, "");
        container_has(&meta_tiff, &file, META_XMP, NULL);
        one = described(&file, "a dog", PACKET);
        ck_assert_mem_eq(one.bytes + 8, file.bytes + 8, file.size - 8);
        two = described(&one, "another dog", OTHER_PACKET);
        ck_assert_mem_eq(two.bytes + 8, file.bytes + 8, file.size - 8);
        free(one.bytes);
        free(two.bytes);
    }
}
END_TEST

START_TEST(a_directory_at_the_end_is_extended_there)
{
    struct meta_bytes one;

    add_picture();
    one = described(&file, "a dog", NULL);
    ck_assert_uint_eq(meta_number(one.bytes + 4, 4, false), directory);
    ck_assert_uint_eq(one.size, file.size + ENTRY + strlen("a dog"));
    free(one.bytes);
    one = container_with(&meta_tiff, &file, META_XMP, PACKET);
    ck_assert_uint_eq(meta_number(one.bytes + directory + 2 + 3 * ENTRY + 2, 2, false), BYTE);
    free(one.bytes);
}
END_TEST

START_TEST(an_old_description_is_replaced)
{
    struct meta_bytes one, two;

    add(META_TIFF_DESCRIPTION, ASCII, 9, 0);
    add_picture();
    number_at(directory + 2 + 8, 4, file.size);
    build_text(&file, "old words");
    has_description(&file, "old words");
    one = described(&file, "a dog, longer than before", NULL);
    two = described(&one, "dog", PACKET);
    free(one.bytes);
    free(two.bytes);
}
END_TEST

/* The file without its description, and without its packet if that is to go. */
static struct meta_bytes without_description(const struct meta_bytes *bytes, bool packet_goes)
{
    const struct meta_file before = {"photo", bytes->bytes, bytes->size};
    const bool changed[META_PARTS] = {[META_XMP] = packet_goes, [META_EXIF] = true};
    const struct meta_parts none = {.text = NULL};
    struct meta_bytes written = {0};
    struct meta_file after;
    struct tn_error err;

    ck_assert_msg(meta_tiff.put(&before, &none, changed, &written.bytes, &written.size, &err) ==
                      TN_OK,
                  "%s", err.text);
    after = (struct meta_file){"photo", written.bytes, written.size};
    ck_assert_msg(meta_tiff.check(&before, &after, &err) == TN_OK, "%s", err.text);
    has_description(&written, "");
    return written;
}

static void check_is(struct meta_bytes *bytes, const struct meta_bytes *wanted)
{
    ck_assert_uint_eq(bytes->size, wanted->size);
    ck_assert_mem_eq(bytes->bytes, wanted->bytes, wanted->size);
    free(bytes->bytes);
}

START_TEST(fields_that_were_added_go_again)
{
    for (int i = 0; i < 4; i++) {
        struct meta_bytes one, two;

        finish();
        begin_as(i & 1);
        add_picture();
        if (i & 2)
            build_text(&file, "another page, or what nobody knows");
        for (const char *text = "a cat."; *text; text++) {
            one = described(&file, text, PACKET);
            two = without_description(&one, true);
            check_is(&two, &file);
            free(one.bytes);
        }
        one = described(&file, "a cat.", PACKET);
        two = container_with(&meta_tiff, &one, META_XMP, NULL);
        free(one.bytes);
        one = without_description(&two, false);
        check_is(&one, &file);
        free(two.bytes);
        one = described(&file, "a cat.", PACKET);
        two = without_description(&one, false);
        container_has(&meta_tiff, &two, META_XMP, PACKET);
        free(two.bytes);
        build_text(&one, "what another program put behind it");
        two = without_description(&one, true);
        container_has(&meta_tiff, &two, META_XMP, NULL);
        free(two.bytes);
        free(one.bytes);
    }
}
END_TEST

START_TEST(texts_of_any_length_come_back)
{
    static const char *const texts[] = {"what a person wrote of the day.", "a cat.", "12345678",
                                        "123456789", "x"};
    const size_t count = sizeof texts / sizeof texts[0];

    for (size_t i = 0; i < 2 * count * count; i++) {
        const char *person = texts[i / 2 % count], *caption = texts[i / 2 / count];
        struct meta_bytes first, one, two;

        finish();
        begin_as(i & 1);
        add_picture();
        first = described(&file, person, NULL);
        one = described(&first, caption, PACKET);
        two = described(&one, person, "");
        free(first.bytes);
        free(one.bytes);
        free(two.bytes);
    }
}
END_TEST

START_TEST(a_field_that_is_all_there_is_stays)
{
    const struct meta_parts none = {.text = NULL};
    const bool changed[META_PARTS] = {[META_XMP] = true};
    struct meta_file before;
    struct tn_error err;
    unsigned char *bytes;
    size_t size;

    add(META_TIFF_XMP, BYTE, strlen(PACKET), 0);
    number_at(directory + 2 + ENTRY, 4, 0); /* no other page */
    build_value(PACKET);
    before = (struct meta_file){"photo", file.bytes, file.size};
    ck_assert_int_eq(meta_tiff.put(&before, &none, changed, &bytes, &size, &err), TN_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "photo: it has no other field"));
}
END_TEST

/* The check does not take a file for whole whose fields lead to what was cut off. */
START_TEST(the_check_sees_what_is_cut)
{
    struct meta_file before, after;

    add_picture();
    add(META_TIFF_MAKE, ASCII, 9, 0);
    build_value("the maker");
    before = (struct meta_file){"photo", file.bytes, file.size};
    for (after = before; after.size > directory; after.size--)
        ck_assert_int_eq(meta_tiff.check(&before, &after, NULL) == TN_OK, after.size == file.size);
}
END_TEST

START_TEST(what_programs_wrote_for_themselves_stays)
{
    static const char *const texts[] = {"ImageJ=1.52p\nimages=2", "<?xml version=\"1.0\"?><OME/>",
                                        "{\"shape\": [1, 2]}", "Aperio Image Library v1"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct meta_parts parts;
        struct meta_bytes one;

        finish();
        begin();
        add_picture();
        add(META_TIFF_DESCRIPTION, ASCII, strlen(texts[i]), 0);
        build_value(texts[i]);
        parts = container_parts(&meta_tiff, &file);
        ck_assert_ptr_null(parts.part[META_EXIF].bytes);
        ck_assert_ptr_null(parts.text);
        meta_parts_finish(&parts);
        ck_assert(!meta_tiff.creates[META_EXIF]);
        one = container_with(&meta_tiff, &file, META_XMP, PACKET);
        ck_assert_ptr_nonnull(memmem(one.bytes, one.size, texts[i], strlen(texts[i])));
        free(one.bytes);
    }
}
END_TEST

/* They help to tell what the camera wrote from what a person did. */
START_TEST(the_camera_is_handed_out)
{
    struct meta_parts parts;
    const unsigned char *value;
    size_t size;

    add_picture();
    add(META_TIFF_MAKE, ASCII, 4, 0x44434241);
    add(META_TIFF_MODEL, ASCII, 4, 0x34333231);
    parts = container_parts(&meta_tiff, &file);
    ck_assert(meta_tiff_get(parts.part[META_EXIF].bytes, parts.part[META_EXIF].size, META_TIFF_MAKE,
                            &value, &size, NULL) == TN_OK);
    ck_assert_uint_eq(size, 4);
    ck_assert_mem_eq(value, "ABCD", 4);
    ck_assert(meta_tiff_get(parts.part[META_EXIF].bytes, parts.part[META_EXIF].size,
                            META_TIFF_MODEL, &value, &size, NULL) == TN_OK);
    ck_assert_mem_eq(value, "1234", 4);
    meta_parts_finish(&parts);
}
END_TEST

START_TEST(captions_of_iptc_are_read)
{
    static const char iptc[] = "\x1C\2\x78\0\3dog";
    static const char resources[] = "8BIM\4\4\0\0\0\0\0\x08\x1C\2\x78\0\3dog";
    struct meta_parts parts;

    for (int in_resources = 0; in_resources < 2; in_resources++) {
        finish();
        begin();
        add_picture();
        if (in_resources)
            add(META_TIFF_PHOTOSHOP, BYTE, sizeof resources - 1, file.size + ENTRY);
        else
            add(META_TIFF_IPTC, BYTE, sizeof iptc - 1, file.size + ENTRY);
        build(&file, in_resources ? resources : iptc,
              in_resources ? sizeof resources - 1 : sizeof iptc - 1);
        parts = container_parts(&meta_tiff, &file);
        ck_assert_ptr_null(parts.part[META_PHOTOSHOP].bytes);
        ck_assert_str_eq(parts.text, "dog");
        meta_parts_finish(&parts);
        free(container_with(&meta_tiff, &file, META_XMP, PACKET).bytes);
    }
}
END_TEST

START_TEST(camera_raws_are_refused)
{
    enum { DNG_VERSION = 0xC612, CFA = 32803 };

    add_picture();
    add(DNG_VERSION, BYTE, 4, 0x0401);
    container_refuses(&meta_tiff, &file, TN_UNSUPPORTED, "camera raw");
    finish();
    begin();
    add(PHOTOMETRIC, SHORT, 1, CFA);
    container_refuses(&meta_tiff, &file, TN_UNSUPPORTED, "camera raw");
    finish();
    begin(); /* a small picture first, the raw one below it */
    add(PHOTOMETRIC, SHORT, 1, 2);
    add(SUB_IFDS, LONG, 1, file.size + ENTRY);
    build_number(&file, 2, big, 1);
    build_number(&file, 2, big, PHOTOMETRIC);
    build_number(&file, 2, big, SHORT);
    build_number(&file, 4, big, 1);
    build_number(&file, 4, big, CFA);
    build_number(&file, 4, big, 0);
    container_refuses(&meta_tiff, &file, TN_UNSUPPORTED, "camera raw");
}
END_TEST

START_TEST(others_are_refused)
{
    finish();
    file = (struct meta_bytes){0};
    build(&file, "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", 16);
    container_refuses(&meta_tiff, &file, TN_UNSUPPORTED, "BigTIFF");
    finish();
    file = (struct meta_bytes){0};
    build(&file, "II*\0", 4);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "truncated");
    build(&file, "\xFF\0\0\0", 4);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "use --sidecar xmp");
    finish();
    begin();
    add_picture();
    add(META_TIFF_XMP, BYTE, 1000, 8);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "use --sidecar xmp");
    finish();
    begin();
    container_refuses(&meta_tiff, &file, TN_FORMAT, "damaged"); /* a directory of nothing */
}
END_TEST

START_TEST(fields_that_are_there_twice_are_refused)
{
    add(META_TIFF_XMP, BYTE, 4, 0x3C3C3C3C);
    add(META_TIFF_XMP, BYTE, 4, 0x3E3E3E3E);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "damaged");
}
END_TEST

/* What is missing would be found in the packet. */
START_TEST(a_truncated_file_stays_truncated)
{
    enum { ARTIST = 0x013B, STRIP_SIZES = 0x0117, TILES = 0x0144, TILE_SIZES = 0x0145 };

    add_picture();
    add(STRIP_SIZES, LONG, 1, 100);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "truncated");
    finish();
    begin();
    add(STRIPS, LONG, 1, 1000);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "truncated");
    finish();
    begin();
    add(TILES, LONG, 1, 8);
    add(TILE_SIZES, LONG, 1, 100);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "truncated");
    finish();
    begin();
    add_picture();
    add(ARTIST, ASCII, 5, 1000);
    container_refuses(&meta_tiff, &file, TN_FORMAT, "truncated");
}
END_TEST

START_TEST(the_check_sees_what_changes)
{
    struct meta_bytes one;
    struct meta_file before, after;
    const size_t count = 3;

    add_picture();
    build_text(&file, "more");
    one = container_with(&meta_tiff, &file, META_XMP, PACKET);
    before = (struct meta_file){"photo", file.bytes, file.size};
    after = (struct meta_file){"photo", one.bytes, one.size};
    for (size_t i = 0; i < one.size; i++) {
        const bool pointer = i >= 4 && i < 8, old = i >= directory && i < file.size - 4;
        const size_t new = meta_number(one.bytes + 4, 4, big);
        const bool ours = i >= new + 2 + count *ENTRY &&i < new + 2 + (count + 1) * ENTRY;

        if (pointer || old || ours || i >= new + 6 + (count + 1) * ENTRY)
            continue;
        one.bytes[i] ^= 1;
        ck_assert_msg(meta_tiff.check(&before, &after, NULL) != TN_OK || i == new + 1, "byte %zu",
                      i);
        one.bytes[i] ^= 1;
    }
    free(one.bytes);
}
END_TEST

START_TEST(damaged_files_are_survived)
{
    add_picture();
    add(META_TIFF_DESCRIPTION, ASCII, 9, 0);
    build_value("old words");
    container_survives(&meta_tiff, &file);
    finish();
    begin_as(true);
    add_picture();
    add(META_TIFF_XMP, BYTE, strlen(PACKET), 0);
    build_value(PACKET);
    container_survives(&meta_tiff, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_tiff");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, begin, finish);
    tcase_add_test(parts, fields_go_behind_all_that_is_there);
    tcase_add_test(parts, a_directory_at_the_end_is_extended_there);
    tcase_add_test(parts, an_old_description_is_replaced);
    tcase_add_test(parts, fields_that_were_added_go_again);
    tcase_add_test(parts, texts_of_any_length_come_back);
    tcase_add_test(parts, a_field_that_is_all_there_is_stays);
    tcase_add_test(parts, the_check_sees_what_is_cut);
    tcase_add_test(parts, what_programs_wrote_for_themselves_stays);
    tcase_add_test(parts, the_camera_is_handed_out);
    tcase_add_test(parts, captions_of_iptc_are_read);
    tcase_add_test(parts, camera_raws_are_refused);
    tcase_add_test(parts, others_are_refused);
    tcase_add_test(parts, fields_that_are_there_twice_are_refused);
    tcase_add_test(parts, a_truncated_file_stays_truncated);
    tcase_add_test(parts, the_check_sees_what_changes);
    tcase_add_test(parts, damaged_files_are_survived);
    suite_add_tcase(suite, parts);
    return suite;
}
