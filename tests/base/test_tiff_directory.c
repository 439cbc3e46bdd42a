/* SPDX-License-Identifier: MIT */
#include "base/tiff.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, ENTRY = 12 };

struct entry {
    unsigned tag, type;
    uint32_t count, value;
};

/* A file of classic or wide layout that is written front to back. */
struct writer {
    bool big_endian, wide;
    unsigned char bytes[512];
    size_t size;
};

static void put(struct writer *writer, uint64_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer->bytes[writer->size + i] =
            (unsigned char)(value >> 8 * (writer->big_endian ? count - 1 - i : i));
    writer->size += count;
}

static void put_header(struct writer *writer)
{
    memcpy(writer->bytes, writer->big_endian ? "MM" : "II", 2);
    writer->size = 2;
    put(writer, writer->wide ? 43 : 42, 2);
    if (writer->wide)
        put(writer, 8, 4); /* of an offset, and nothing */
    put(writer, writer->wide ? 16 : 8, writer->wide ? 8 : 4);
}

static void put_directory(struct writer *writer, const struct entry *entries, size_t count,
                          uint32_t next)
{
    const size_t word = writer->wide ? 8 : 4;

    put(writer, count, writer->wide ? 8 : 2);
    for (size_t i = 0; i < count; i++) {
        const size_t each = entries[i].type == SHORT ? 2 : entries[i].type == LONG ? 4 : 1;
        const bool inside = entries[i].count * each <= word;

        put(writer, entries[i].tag, 2);
        put(writer, entries[i].type, 2);
        put(writer, entries[i].count, word);
        put(writer, entries[i].value, inside ? each : word);
        if (inside)
            put(writer, 0, word - each);
    }
    put(writer, next, word);
}

START_TEST(fields_are_read_in_every_layout)
{
    struct writer writer = {.big_endian = _i & 1, .wide = _i & 2};
    const struct entry entries[] = {
        {256, SHORT, 1, 640}, {257, LONG, 1, 480}, {270, ASCII, 12, 2}, {700, BYTE, 1, 7}};
    struct tn_tiff tiff;
    struct tn_tiff_directory directory;
    struct tn_tiff_field field;

    put_header(&writer);
    put_directory(&writer, entries, 4, 77);
    ck_assert(tn_tiff_open(&tiff, writer.bytes, writer.size));
    ck_assert(tiff.wide == writer.wide);
    ck_assert(tn_tiff_directory(&tiff, tiff.first, &directory));
    ck_assert_uint_eq(directory.count, 4);
    ck_assert_uint_eq(directory.next, 77);
    ck_assert_uint_eq(tn_tiff_number_of(&tiff, &directory, 256, 1), 640);
    ck_assert_uint_eq(tn_tiff_number_of(&tiff, &directory, 257, 1), 480);
    ck_assert_uint_eq(tn_tiff_number_of(&tiff, &directory, 700, 1), 7);
    ck_assert_uint_eq(tn_tiff_number_of(&tiff, &directory, 258, 1), 1);
    ck_assert(tn_tiff_find(&tiff, &directory, 270, &field));
    ck_assert_uint_eq(field.offset, 2);
    ck_assert_uint_eq(field.size, 12);
    ck_assert_uint_eq(tn_tiff_number(&tiff, &field, 0), 0); /* a text is no number */
    ck_assert(tn_tiff_field(&tiff, &directory, 3, &field));
    ck_assert_uint_eq(field.tag, 700);
    ck_assert(!tn_tiff_field(&tiff, &directory, 4, &field));
}
END_TEST

START_TEST(what_lies_outside_of_the_file_is_not_there)
{
    static const struct entry entries[] = {{270, ASCII, 200, 100},
                                           {271, ASCII, 5, UINT32_MAX},
                                           {272, LONG, UINT32_MAX, 8},
                                           {273, 99, 1, 1}};
    struct writer writer = {0};
    struct tn_tiff tiff;
    struct tn_tiff_directory directory;
    struct tn_tiff_field field;

    put_header(&writer);
    put_directory(&writer, entries, 4, 0);
    ck_assert(tn_tiff_open(&tiff, writer.bytes, writer.size));
    ck_assert(tn_tiff_directory(&tiff, tiff.first, &directory));
    for (size_t i = 0; i < 4; i++)
        ck_assert(!tn_tiff_field(&tiff, &directory, i, &field));
    ck_assert(!tn_tiff_directory(&tiff, UINT64_MAX, &directory));
    ck_assert(!tn_tiff_directory(&tiff, writer.size - 1, &directory));
    tiff.size = 10 + 4 * ENTRY; /* what says where the next directory is, is cut off */
    ck_assert(tn_tiff_directory(&tiff, tiff.first, &directory));
    ck_assert_uint_ge(directory.next, tiff.size);
    tiff.size--;
    ck_assert(!tn_tiff_directory(&tiff, tiff.first, &directory));
    ck_assert(!tn_tiff_open(&tiff, writer.bytes, 7));
    ck_assert(!tn_tiff_open(&tiff, (const unsigned char *)"JFIF****", 8));
}
END_TEST

/* One directory with that entry, or a second one behind or below it. */
static bool is_raw(struct entry entry, int where)
{
    const struct entry first[] = {{254, LONG, 1, 1}, {330, LONG, 1, 8 + 6 + 2 * ENTRY}};
    struct writer writer = {.big_endian = where & 1};

    put_header(&writer);
    if (where >= 2)
        put_directory(&writer, first, 2, where >= 4 ? first[1].value : 0);
    if (where >= 4)
        writer.bytes[8 + 2 + ENTRY + 1] ^= 0x80; /* no list, but the next */
    put_directory(&writer, &entry, 1, 0);
    return tn_tiff_is_raw(writer.bytes, writer.size);
}

START_TEST(a_raw_is_told_from_a_picture)
{
    static const struct entry raws[] = {
        {262, SHORT, 1, 32803}, /* a mosaic of colours */
        {262, SHORT, 1, 34892}, /* DNG without it */
        {259, SHORT, 1, 34713}, /* Nikon */
        {259, SHORT, 1, 32767}, /* Sony */
        {259, SHORT, 1, 65535}, /* Pentax */
        {0xC612, BYTE, 4, 0x0401},
    };
    static const struct entry others[] = {
        {262, SHORT, 1, 2},   {262, SHORT, 1, 6},     {259, SHORT, 1, 5},
        {259, SHORT, 1, 7},   {259, SHORT, 1, 32773}, {0x828E, BYTE, 4, 0}, /* in TIFF/EP */
        {271, ASCII, 1, 'N'},
    };

    for (int where = 0; where < 6; where++) {
        for (size_t i = 0; i < sizeof raws / sizeof raws[0]; i++)
            ck_assert_msg(is_raw(raws[i], where), "%u = %u, %d", raws[i].tag, raws[i].value, where);
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            ck_assert_msg(!is_raw(others[i], where), "%u, %d", others[i].tag, where);
    }
    ck_assert(tn_tiff_is_raw((const unsigned char *)"II*\0\0\0\0\0IIII", 12)); /* Phase One */
    ck_assert(!tn_tiff_is_raw((const unsigned char *)"II*\0\0\0\0\0", 8));
}
END_TEST

START_TEST(directories_in_a_circle_end)
{
    static const struct entry entry = {262, SHORT, 1, 2};
    struct writer writer = {0};

    put_header(&writer);
    put_directory(&writer, &entry, 1, 8);
    ck_assert(!tn_tiff_is_raw(writer.bytes, writer.size));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tiff_directory");
    TCase *tcase = tcase_create("tiff_directory");

    tcase_add_loop_test(tcase, fields_are_read_in_every_layout, 0, 4);
    tcase_add_test(tcase, what_lies_outside_of_the_file_is_not_there);
    tcase_add_test(tcase, a_raw_is_told_from_a_picture);
    tcase_add_test(tcase, directories_in_a_circle_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
