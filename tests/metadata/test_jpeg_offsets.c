/* SPDX-License-Identifier: MIT */
/* What a JPEG file says about where things are in it is true when segments have grown, too. */
#include "tests/support/jpeg_segments.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#define SECOND "\xFF\xD8\xFF\xDB a second picture"
#define PREVIEW "\xFF\xD8\xFF\xE1 a preview"

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

/* Where the bytes are; the last of several. */
static size_t place_of(const struct meta_bytes *in, const void *bytes, size_t size)
{
    size_t at = in->size - size;

    while (at > 0 && memcmp(in->bytes + at, bytes, size) != 0)
        at--;
    ck_assert_uint_gt(at, 0);
    return at;
}

/* ---- The index of several pictures ---- */

/* Of three: the file itself, one that is not there any more, and the second picture. */
enum { GONE = 0x7FFFFFFF };
static const unsigned char index_data[] = "MPF\0"
                                          "MM\0*\0\0\0\x08"
                                          "\0\x02\xB0\x01\0\x04\0\0\0\x01\0\0\0\x03"
                                          "\xB0\x02\0\x07\0\0\0\x30\0\0\0\x26\0\0\0\0";

static void add_index(bool big)
{
    unsigned char data[sizeof index_data - 1 + 3 * 16] = {0};

    memcpy(data, index_data, sizeof index_data - 1);
    if (!big) {
        static const struct {
            size_t at, size;
        } numbers[] = {{8, 4},  {12, 2}, {14, 2}, {16, 2}, {18, 4},
                       {22, 4}, {26, 2}, {28, 2}, {30, 4}, {34, 4}};

        memcpy(data + 4, "II*", 4);
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            meta_number_put(data + numbers[i].at, numbers[i].size, false,
                            meta_number(data + numbers[i].at, numbers[i].size, true));
    }
    jpeg_add(&file, APP2, data, sizeof data);
}

/* The entries, and what their offsets count from. */
static unsigned char *entries_of(const struct meta_bytes *in, size_t *ret_base)
{
    *ret_base = place_of(in, "MPF\0", 4) + 4;
    return in->bytes + *ret_base + 0x26;
}

static void finish_index(bool big, bool from_begin)
{
    size_t base, end;
    unsigned char *entries;

    jpeg_add_scan(&file);
    end = file.size;
    build(&file, LITERAL(SECOND));
    entries = entries_of(&file, &base);
    meta_number_put(entries + 4, 4, big, end);
    meta_number_put(entries + 16 + 8, 4, big, GONE);
    meta_number_put(entries + 2 * 16 + 4, 4, big, sizeof SECOND - 1);
    meta_number_put(entries + 2 * 16 + 8, 4, big, from_begin ? end : end - base);
}

static void check_index(const struct meta_bytes *in, bool big, bool from_begin)
{
    size_t base;
    const unsigned char *entries = entries_of(in, &base);
    const size_t end = in->size - (sizeof SECOND - 1);

    ck_assert_uint_eq(meta_number(entries + 4, 4, big), end);
    ck_assert_uint_eq(meta_number(entries + 8, 4, big), 0);
    ck_assert_uint_eq(meta_number(entries + 16 + 8, 4, big), GONE);
    ck_assert_uint_eq(meta_number(entries + 2 * 16 + 4, 4, big), sizeof SECOND - 1);
    ck_assert_uint_eq(meta_number(entries + 2 * 16 + 8, 4, big), from_begin ? end : end - base);
}

static void check_index_with(enum meta_part_kind kind, const char *before, const char *text,
                             bool big, bool from_begin)
{
    struct meta_bytes one = container_with(&meta_jpeg, &file, kind, text);

    check_index(&one, big, from_begin);
    container_goes_back(&meta_jpeg, &one, kind, before, &file);
}

START_TEST(the_index_finds_the_second_picture)
{
    const bool big = _i & 1, from_begin = _i & 2;
    struct meta_bytes one;

    for (int place = 0; place < 3; place++) {
        jpeg_begin(&file);
        for (int i = 0; i < 3; i++) {
            if (i == place)
                add_index(big);
            if (i == 0)
                EXIF(BLOCK);
            else if (i == 1)
                XMP(PACKET);
        }
        finish_index(big, from_begin);
        check_index_with(META_XMP, PACKET, OTHER_PACKET, big, from_begin);
        one = container_with(&meta_jpeg, &file, META_XMP, NULL);
        check_index(&one, big, from_begin);
        free(one.bytes);
        check_index_with(META_EXIF, BLOCK, OTHER_BLOCK, big, from_begin);
    }
}
END_TEST

START_TEST(the_index_finds_it_behind_new_parts)
{
    const bool big = _i & 1, from_begin = _i & 2;

    add_index(big);
    finish_index(big, from_begin);
    check_index_with(META_XMP, NULL, PACKET, big, from_begin);
    check_index_with(META_EXIF, NULL, BLOCK, big, from_begin);
    jpeg_begin(&file);
    add_index(big); /* before EXIF */
    EXIF(BLOCK);
    finish_index(big, from_begin);
    check_index_with(META_XMP, NULL, PACKET, big, from_begin);
}
END_TEST

START_TEST(a_wrong_length_of_the_first_picture_stays)
{
    struct meta_bytes one;
    unsigned char *entries;
    size_t base;

    add_index(true);
    finish_index(true, false);
    entries = entries_of(&file, &base);
    meta_number_put(entries + 4, 4, true, meta_number(entries + 4, 4, true) - 1);
    one = container_with(&meta_jpeg, &file, META_XMP, PACKET);
    ck_assert_uint_eq(meta_number(entries_of(&one, &base) + 4, 4, true),
                      meta_number(entries + 4, 4, true));
    free(one.bytes);
}
END_TEST

/* ---- What maker notes lead to ---- */

/* A block with a field, or a maker's table, whose last number is an offset. */
struct lead {
    const char *block;
    size_t size;
    bool big;
    enum { FROM_BLOCK, FROM_FILE, FROM_MAKER } base;
    const char *target; /* behind the picture */
    size_t target_size, skipped;
    bool moves;
};

#define FIELD(bytes)                                                                               \
    "II*\0\0\0\0\0 maker note " bytes "????", sizeof("II*\0\0\0\0\0 maker note " bytes) + 3
#define TARGET(bytes, skipped) bytes, sizeof(bytes) - 1, skipped
#define LONG_PREVIEW                                                                               \
    PREVIEW "................................................................"                     \
            "................................................................\xFF\xD9"

static const struct lead leads[] = {
    /* an entry LONG, once, in either order, and twice */
    {FIELD("\x01\x02\x04\0\x01\0\0\0"), false, FROM_BLOCK, TARGET(PREVIEW, 0), true},
    {FIELD("\x02\x01\0\x04\0\0\0\x01"), true, FROM_BLOCK, TARGET(PREVIEW, 0), true},
    {FIELD("\x01\x02\x04\0\x01\0\0\0"), false, FROM_FILE, TARGET(PREVIEW, 0), true},
    {FIELD("\x01\x02\x04\0\x02\0\0\0"), false, FROM_BLOCK, TARGET(PREVIEW, 0), false},
    /* from a maker's own header, as Nikon's */
    {FIELD("MM\0*\0\0\0\x08\x02\x01\0\x04\0\0\0\x01"), true, FROM_MAKER, TARGET(PREVIEW, 0), true},
    /* to something else, or to compressed data */
    {FIELD("\x01\x02\x04\0\x01\0\0\0"), false, FROM_BLOCK, TARGET("\0\0\0\0 no picture", 0), false},
    {FIELD("\x01\x02\x04\0\x01\0\0\0"), false, FROM_BLOCK, TARGET("\xFF\xD8\xFF\0\0", 0), false},
    /* UNDEFINED, of the preview's size; its first byte may be wrong, and a head come before */
    {FIELD("\x81\0\x07\0\x80\0\0\0"), false, FROM_BLOCK, TARGET(LONG_PREVIEW, 0), true},
    {FIELD("\x81\0\x07\0\x80\0\0\0"), false, FROM_BLOCK, TARGET("\x02\xD8\xFF\xDB" LONG_PREVIEW, 0),
     true},
    {FIELD("\x81\0\x07\0\x80\0\0\0"), false, FROM_BLOCK,
     TARGET("the head of a preview of Sony's \0\xD8\xFF\xDB" LONG_PREVIEW, 0), true},
    {FIELD("\x81\0\x07\0\x80\0\0\x7F"), false, FROM_BLOCK, TARGET(LONG_PREVIEW, 0), false},
    /* a table with the length in it, as Canon's; one without */
    {FIELD("\x90\0\0\0\0\0\0\0\0\0\0\0"), false, FROM_BLOCK, TARGET(LONG_PREVIEW, 0), true},
    {FIELD("\x77\0\0\0\0\0\0\0\0\0\0\0"), false, FROM_BLOCK, TARGET(LONG_PREVIEW, 0), false},
    /* Canon's original decision data; the same of another tag */
    {FIELD("\x83\0\x04\0\x01\0\0\0"), false, FROM_FILE, TARGET("\xFF\xFF\xFF\xFF\x02\0\0\0", 0),
     true},
    {FIELD("\x84\0\x04\0\x01\0\0\0"), false, FROM_FILE, TARGET("\xFF\xFF\xFF\xFF\x02\0\0\0", 0),
     false},
};

static size_t base_of(const struct lead *lead, size_t block)
{
    if (lead->base == FROM_FILE)
        return 0;
    return lead->base == FROM_MAKER ? block + lead->size - 4 - 8 - 8 : block;
}

START_TEST(maker_notes_find_what_is_behind_the_picture)
{
    const struct lead *lead = &leads[_i];
    struct meta_bytes one;
    unsigned char *block;
    size_t at, old, new;

    build_number(&file, 2, true, 0xFF00 | APP1);
    build_number(&file, 2, true, 2 + 6 + lead->size);
    build(&file, "Exif\0\0", 6);
    at = file.size;
    build(&file, lead->block, lead->size);
    ADD(COMMENT, "comment");
    jpeg_add_scan(&file);
    block = file.bytes + at;
    old = file.size - base_of(lead, at);
    meta_number_put(block + lead->size - 4, 4, lead->big, old);
    build(&file, lead->target, lead->target_size);
    one = container_with(&meta_jpeg, &file, META_XMP, PACKET);
    new = meta_number(one.bytes + at + lead->size - 4, 4, lead->big);
    ck_assert_uint_eq(new, lead->moves ? old + one.size - file.size : old);
    ck_assert_mem_eq(one.bytes + at, file.bytes + at, lead->size - 4);
    container_goes_back(&meta_jpeg, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(maker_notes_that_count_from_the_file_are_refused)
{
    EXIF("II*\0\0\0\0\0 directory \x7C\x92\x07\0\x80\0\0\0\x60\0\0\0");
    jpeg_add_scan(&file);
    while (file.size < 0x60)
        build(&file, "", 1);
    build(&file, LITERAL("LEICA\0\x02\xFF and what they say"));
    container_refuses(&meta_jpeg, &file, TN_UNSUPPORTED, "maker notes cannot be moved");
}
END_TEST

/* ---- AFCP ---- */

START_TEST(the_directory_at_the_end_finds_its_entries)
{
    const bool big = _i == 0;
    const char *magic = big ? "AXS!" : "AXS*";
    struct meta_bytes one;
    size_t start, moved;

    XMP(PACKET);
    jpeg_add_scan(&file);
    start = file.size;
    build_text(&file, magic);
    build_number(&file, 2, big, 1);
    build_number(&file, 2, big, 2);
    build(&file, "\0\0\0\0", 4);
    for (size_t i = 0; i < 2; i++) {
        build_text(&file, i == 0 ? "Nail" : "IPTC");
        build_number(&file, 4, big, 5);
        build_number(&file, 4, big, start + 36 + 5 * i);
    }
    build_text(&file, "firstother");
    build_text(&file, magic);
    build_number(&file, 4, big, start);
    build(&file, "\0\0\0\0 and what others put behind", 30);
    one = container_with(&meta_jpeg, &file, META_XMP, OTHER_PACKET);
    moved = start + one.size - file.size;
    ck_assert_uint_eq(meta_number(one.bytes + moved + 12 + 8, 4, big), moved + 36);
    ck_assert_uint_eq(meta_number(one.bytes + moved + 24 + 8, 4, big), moved + 41);
    ck_assert_uint_eq(meta_number(one.bytes + moved + 50, 4, big), moved);
    container_goes_back(&meta_jpeg, &one, META_XMP, PACKET, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("jpeg_offsets");
    TCase *tests = tcase_create("offsets");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, the_index_finds_the_second_picture, 0, 4);
    tcase_add_loop_test(tests, the_index_finds_it_behind_new_parts, 0, 4);
    tcase_add_test(tests, a_wrong_length_of_the_first_picture_stays);
    tcase_add_loop_test(tests, maker_notes_find_what_is_behind_the_picture, 0,
                        sizeof leads / sizeof leads[0]);
    tcase_add_test(tests, maker_notes_that_count_from_the_file_are_refused);
    tcase_add_loop_test(tests, the_directory_at_the_end_finds_its_entries, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
