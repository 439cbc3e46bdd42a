/* SPDX-License-Identifier: MIT */
/* A field of a TIFF block is read and written, and everything else stays where it is. */
#include "tests/support/suite.h"

#include "metadata/bytes_private.h"
#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

enum { ASCII = 2, LONG = 4, DESCRIPTION = META_TIFF_DESCRIPTION, ENTRY = 12, SPACE = 512 };

/* A block that a test builds: its directory at `directory`, the next one said to be at NEXT. */
enum { NEXT = 0x1234 };
static unsigned char block[SPACE];
static size_t size, directory;
static bool big;
static unsigned char *edited;
static size_t edited_size;

static void begin(bool is_big, size_t at)
{
    big = is_big;
    memset(block, 0xEE, sizeof block);
    memcpy(block, big ? "MM\0*" : "II*\0", 4);
    meta_number_put(block + 4, 4, big, at);
    meta_number_put(block + at, 2, big, 0);
    meta_number_put(block + at + 2, 4, big, NEXT);
    directory = at;
    size = at + 6;
}

static void add(unsigned tag, unsigned type, size_t count, size_t value)
{
    const size_t entries = meta_number(block + directory, 2, big);
    unsigned char *entry = block + directory + 2 + entries * ENTRY;

    meta_number_put(block + directory, 2, big, entries + 1);
    meta_number_put(entry, 2, big, tag);
    meta_number_put(entry + 2, 2, big, type);
    meta_number_put(entry + 4, 4, big, count);
    meta_number_put(entry + 8, 4, big, value);
    meta_number_put(entry + ENTRY, 4, big, NEXT);
    size += ENTRY;
}

/* Other data behind the directory, such as a maker note. */
static void add_bytes(const void *bytes, size_t count)
{
    memcpy(block + size, bytes, count);
    size += count;
}

static enum tn_status set(unsigned tag, const char *value, size_t count)
{
    free(edited);
    edited = NULL;
    return meta_tiff_set(block, size, tag, ASCII, (const unsigned char *)value, count, &edited,
                         &edited_size, NULL);
}

static void take_edited(void)
{
    ck_assert_uint_le(edited_size, sizeof block);
    memcpy(block, edited, edited_size);
    size = edited_size;
    directory = meta_number(block + 4, 4, big);
}

static void check_value(const unsigned char *bytes, size_t length, const char *wanted, size_t count)
{
    const unsigned char *value;
    size_t found;

    ck_assert_int_eq(meta_tiff_get(bytes, length, DESCRIPTION, &value, &found, NULL), TN_OK);
    ck_assert_mem_eq(value, wanted, count);
    ck_assert_uint_eq(found, count);
}

/* The tags of the edited block's directory, which are `count`, and the next directory. */
static void check_tags(const unsigned *tags, size_t count)
{
    const size_t at = meta_number(edited + 4, 4, big);

    ck_assert_uint_eq(meta_number(edited + at, 2, big), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(meta_number(edited + at + 2 + i * ENTRY, 2, big), tags[i]);
    ck_assert_uint_eq(meta_number(edited + at + 2 + count * ENTRY, 4, big), NEXT);
}

static void tear_down(void)
{
    free(edited);
    edited = NULL;
}

START_TEST(a_new_field_leaves_every_old_byte_in_place)
{
    static const unsigned tags[] = {0x0100, DESCRIPTION, 0x010F, 0x8769};
    const size_t spare = (size_t)_i / 2; /* odd and even ends */

    begin(_i & 1, 8);
    add(0x0100, LONG, 1, 77);
    add(0x010F, ASCII, 5, 50);
    add(0x8769, LONG, 1, 0xFFFFFFF0); /* points outside, which is not ours to judge */
    add_bytes("maker note", 7 + spare);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_mem_eq(edited, block, 4);
    ck_assert_mem_eq(edited + 8, block + 8, size - 8);
    ck_assert_uint_eq(meta_number(edited + 4, 4, big) % 2, 0);
    check_tags(tags, 4);
    check_value(edited, edited_size, "a red mug", 10);
    ck_assert_uint_eq(edited_size, size + size % 2 + 2 + 4 * ENTRY + 4 + 10);
}
END_TEST

START_TEST(a_field_that_is_there_changes_in_its_entry_alone)
{
    const size_t entry = 8 + 2 + ENTRY;

    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    add(DESCRIPTION, 7, 9, 99999); /* of another type, and damaged */
    add(0x8769, LONG, 1, 52);
    add_bytes("maker note", 10);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_mem_eq(edited, block, entry);
    ck_assert_uint_eq(meta_number(edited + entry, 2, big), DESCRIPTION);
    ck_assert_uint_eq(meta_number(edited + entry + 2, 2, big), ASCII);
    ck_assert_mem_eq(edited + entry + ENTRY, block + entry + ENTRY, size - entry - ENTRY);
    check_value(edited, edited_size, "a red mug", 10);
    ck_assert_uint_eq(edited_size, size + 10);
}
END_TEST

START_TEST(a_value_of_up_to_four_bytes_stands_in_the_entry)
{
    static const unsigned char none[4] = {0};

    begin(_i, 8);
    add(DESCRIPTION, ASCII, 20, 8 + 6 + ENTRY);
    add_bytes("what was there before", 20);
    for (size_t count = 0; count <= 4; count++) {
        ck_assert_int_eq(set(DESCRIPTION, "mug", count), TN_OK);
        check_value(edited, edited_size, "mug", count);
        ck_assert_mem_eq(edited + 8 + 2 + 8 + count, none, 4 - count);
        ck_assert_uint_eq(edited_size, 8 + 6 + ENTRY); /* nothing but the old value was behind */
    }
}
END_TEST

START_TEST(values_of_repeated_edits_do_not_pile_up)
{
    size_t first;

    begin(_i, 8);
    add(0x010F, ASCII, 5, 50);
    add_bytes("maker note", 10);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    first = edited_size;
    take_edited();
    ck_assert_int_eq(set(DESCRIPTION, "a large red mug", 16), TN_OK);
    check_value(edited, edited_size, "a large red mug", 16);
    ck_assert_uint_eq(edited_size, first + 6);
    take_edited();
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_uint_eq(edited_size, first);
}
END_TEST

START_TEST(a_value_that_others_may_share_stays)
{
    begin(_i, 8);
    add(DESCRIPTION, ASCII, 10, 8 + 6 + 2 * ENTRY + 4);
    add(0x8298, ASCII, 10, 8 + 6 + 2 * ENTRY + 4);
    add_bytes("    shared by", 14);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_mem_eq(edited + 8 + 6 + 2 * ENTRY, "    shared by", 14);
}
END_TEST

START_TEST(the_order_of_others_stays)
{
    static const unsigned unsorted[] = {DESCRIPTION, 0x0112, 0x0110, 0x010F, 0x0100};
    static const unsigned last[] = {0x00FE, 0x0100, DESCRIPTION};

    begin(_i, 8);
    add(0x0112, LONG, 1, 1);
    add(0x0110, LONG, 1, 1);
    add(0x010F, LONG, 1, 1);
    add(0x0100, LONG, 1, 1);
    ck_assert_int_eq(set(DESCRIPTION, "longer", 7), TN_OK);
    check_tags(unsorted, 5);
    begin(_i, 20);
    add(0x00FE, LONG, 1, 1);
    add(0x0100, LONG, 1, 1);
    ck_assert_int_eq(set(DESCRIPTION, "longer", 7), TN_OK);
    check_tags(last, 3);
}
END_TEST

START_TEST(each_of_several_entries_says_the_same)
{
    begin(_i, 8);
    add(DESCRIPTION, ASCII, 4, 0x61616100);
    add(DESCRIPTION, ASCII, 4, 0x62626200);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_mem_eq(edited + 10, edited + 10 + ENTRY, ENTRY);
    check_value(edited, edited_size, "a red mug", 10);
}
END_TEST

START_TEST(a_directory_at_the_end_grows_where_it_is)
{
    static const unsigned tags[] = {0x0100, DESCRIPTION};
    static const unsigned char none[4] = {0};

    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_uint_eq(meta_number(edited + 4, 4, big), 8);
    check_tags(tags, 2);
    ck_assert_uint_eq(edited_size, size + ENTRY + 10);

    size -= 4; /* without the offset of the next directory */
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    ck_assert_mem_eq(edited + 8 + 2 + 2 * ENTRY, none, 4);
    check_value(edited, edited_size, "a red mug", 10);
    for (size++; size < 8 + 6 + ENTRY; size++)
        ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_FORMAT);
}
END_TEST

START_TEST(a_block_is_made_of_nothing)
{
    const unsigned char *value;
    size_t count;

    ck_assert_int_eq(meta_tiff_set(NULL, 0, DESCRIPTION, ASCII, (const unsigned char *)"a red mug",
                                   10, &edited, &edited_size, NULL),
                     TN_OK);
    check_value(edited, edited_size, "a red mug", 10);
    ck_assert_uint_eq(edited_size, 8 + 2 + ENTRY + 4 + 10);
    ck_assert_int_eq(meta_tiff_get(edited, edited_size, 0x0100, &value, &count, NULL), TN_OK);
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* A chain of directories that comes back to the first would leave the copy for the old one. */
START_TEST(a_chain_that_returns_is_refused)
{
    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    meta_number_put(block + size - 4, 4, big, 100);
    memset(block + 100, 0, 6);
    meta_number_put(block + 102, 4, big, 8);
    size = 120;
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_FORMAT);
    ck_assert_int_eq(set(0x0100, "a red mug", 10), TN_OK); /* nothing is copied */
    meta_number_put(block + 102, 4, big, 100);             /* another loop */
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
}
END_TEST

START_TEST(a_full_directory_is_refused)
{
    enum { MOST = 0xFFFF, WHOLE = 8 + 2 + MOST * ENTRY + 4 };
    unsigned char *full = calloc(1, WHOLE), *ret_block = NULL;
    size_t ret_size;

    ck_assert_ptr_nonnull(full);
    memcpy(full, "II*\0\x08\0\0\0\xFF\xFF", 10);
    ck_assert_int_eq(
        meta_tiff_set(full, WHOLE, DESCRIPTION, ASCII, full, 9, &ret_block, &ret_size, NULL),
        TN_FORMAT);
    ck_assert_ptr_null(ret_block);
    free(full);
}
END_TEST

/* What a damaged entry leads to would change if something came behind the block. */
START_TEST(a_block_that_entries_lead_out_of_stays)
{
    static const struct {
        unsigned tag, type;
        size_t count, value;
        enum tn_status status;
    } entries[] = {
        {0x8298, ASCII, 20, 64, TN_OK},    /* ends with the block */
        {0x8298, ASCII, 21, 64, TN_RANGE}, /* goes on */
        {0x8298, ASCII, 9, 84, TN_RANGE},  /* begins behind it */
        {0x8298, ASCII, 9, 9999, TN_OK},   /* far away */
        {0x8298, LONG, 1, 84, TN_OK},      /* a number */
        {0x8825, LONG, 1, 84, TN_RANGE},   /* a directory behind the block */
        {0x8825, LONG, 1, 78, TN_OK},      /* an empty one that ends with it */
        {0x0201, LONG, 1, 70, TN_RANGE},   /* a preview of 20 bytes */
        {0x0201, LONG, 1, 60, TN_OK},
    };

    begin(_i & 1, 8);
    add(0x0100, LONG, 1, 77);
    add(0x0101, LONG, 1, 77);
    add(entries[_i / 2].tag, entries[_i / 2].type, entries[_i / 2].count, entries[_i / 2].value);
    add(entries[_i / 2].tag == 0x0201 ? 0x0202 : 0x9000, LONG, 1, 20);
    add_bytes("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 84 - size);
    ck_assert_uint_eq(size, 84);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), entries[_i / 2].status);
    ck_assert_int_eq(set(0x0100, "mug", 4), TN_OK); /* needs no room */
}
END_TEST

/* Behind its last entry the block ends. */
START_TEST(a_block_that_its_last_entry_leads_out_of_stays)
{
    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    add(0x0101, LONG, 1, 77);
    add(0x8298, ASCII, 20, size + ENTRY);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_RANGE);
}
END_TEST

/* Nikon's maker notes have a header of their own, which their offsets count from. */
START_TEST(a_block_that_makers_entries_lead_out_of_stays)
{
    enum { BASE = 40, SCANS = 8 + 2 + 3 * ENTRY };

    begin(_i & 1, 8);
    add(0x0100, LONG, 1, 77);
    memcpy(block + BASE, block, 4);
    directory = BASE + 8;
    meta_number_put(block + directory, 2, big, 0);
    add(0x0099, LONG, 1, 0);
    add(0x009A, LONG, 1, 0);
    add(0x0E10, LONG, 1, SCANS);
    size = BASE + SCANS + 2 + ENTRY;
    memset(block + BASE + SCANS, 0, 2 + ENTRY);
    meta_number_put(block + BASE + SCANS, 2, big, _i < 2 ? 1 : 2);
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), _i < 2 ? TN_OK : TN_RANGE);
}
END_TEST

START_TEST(a_block_that_its_chain_leads_out_of_stays)
{
    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    add_bytes("something else", 14);
    for (size_t next = size - 1; next < size + 60; next += 20) {
        meta_number_put(block + 8 + 2 + ENTRY, 4, big, next);
        ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10),
                         next < size || next >= size + 40 ? TN_OK : TN_RANGE);
    }
}
END_TEST

/* The next program would find in ours where the next directory is. */
START_TEST(a_second_directory_that_is_cut_stays)
{
    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    meta_number_put(block + 8 + 2 + ENTRY, 4, big, size);
    add_bytes("\0\0\0\0\0", 6); /* a whole one, of no entries */
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_OK);
    size -= 4;
    ck_assert_int_eq(set(DESCRIPTION, "a red mug", 10), TN_RANGE);
}
END_TEST

/* Every cut and every changed byte is read and written within the block, which lies alone in
 * memory so that AddressSanitizer sees its ends. */
START_TEST(damaged_blocks_are_read_within_their_bounds)
{
    static const unsigned char values[] = {0, 1, 8, 0x7F, 0x80, 0xFF};

    begin(_i, 8);
    add(0x0100, LONG, 1, 77);
    add(DESCRIPTION, ASCII, 10, 8 + 6 + 2 * ENTRY);
    add_bytes("a red mug", 10);
    for (size_t length = 0; length <= size; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t i = 0; i < sizeof values; i++) {
                unsigned char *copy = malloc(length), *result = NULL;
                const unsigned char *value;
                size_t count;

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, block, length);
                copy[at] = values[i];
                if (meta_tiff_get(copy, length, DESCRIPTION, &value, &count, NULL) == TN_OK &&
                    count > 0)
                    ck_assert(value + count <= copy + length);
                if (meta_tiff_set(copy, length, DESCRIPTION, ASCII,
                                  (const unsigned char *)"a new text", 11, &result, &count,
                                  NULL) == TN_OK)
                    check_value(result, count, "a new text", 11);
                free(result);
                free(copy);
            }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tiff_block");
    TCase *tests = tcase_create("fields");

    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_loop_test(tests, a_new_field_leaves_every_old_byte_in_place, 0, 4);
    tcase_add_loop_test(tests, a_field_that_is_there_changes_in_its_entry_alone, 0, 2);
    tcase_add_loop_test(tests, a_value_of_up_to_four_bytes_stands_in_the_entry, 0, 2);
    tcase_add_loop_test(tests, values_of_repeated_edits_do_not_pile_up, 0, 2);
    tcase_add_loop_test(tests, a_value_that_others_may_share_stays, 0, 2);
    tcase_add_loop_test(tests, the_order_of_others_stays, 0, 2);
    tcase_add_loop_test(tests, each_of_several_entries_says_the_same, 0, 2);
    tcase_add_loop_test(tests, a_directory_at_the_end_grows_where_it_is, 0, 2);
    tcase_add_test(tests, a_block_is_made_of_nothing);
    tcase_add_loop_test(tests, a_chain_that_returns_is_refused, 0, 2);
    tcase_add_test(tests, a_full_directory_is_refused);
    tcase_add_loop_test(tests, a_block_that_entries_lead_out_of_stays, 0, 18);
    tcase_add_loop_test(tests, a_block_that_its_last_entry_leads_out_of_stays, 0, 2);
    tcase_add_loop_test(tests, a_block_that_makers_entries_lead_out_of_stays, 0, 4);
    tcase_add_loop_test(tests, a_block_that_its_chain_leads_out_of_stays, 0, 2);
    tcase_add_loop_test(tests, a_second_directory_that_is_cut_stays, 0, 2);
    tcase_add_loop_test(tests, damaged_blocks_are_read_within_their_bounds, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
