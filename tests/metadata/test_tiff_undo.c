/* SPDX-License-Identifier: MIT */
/* What was written into a TIFF block is taken out again, and the block is as before. */
#include "tests/support/suite.h"

#include "metadata/bytes_private.h"
#include "metadata/tiff_block_private.h"

#include <stdlib.h>
#include <string.h>

enum { BYTE = 1, ASCII = 2, ENTRY = 12, DIRECTORY = 8 + 2 + 2 * ENTRY + 4 };
enum { DESCRIPTION = META_TIFF_DESCRIPTION, XMP = META_TIFF_XMP };

#define CAMERA "OLYMPUS DIGITAL CAMERA         "
#define CAPTION "a red mug on a table"

/* Owned. */
struct block {
    unsigned char *bytes;
    size_t size;
};

/* Two fields, of which the second has its value behind the directory, and `spare` bytes more. */
static struct block new_block(bool big, unsigned second, size_t spare)
{
    struct block block = {calloc(1, DIRECTORY + sizeof CAMERA + spare),
                          DIRECTORY + sizeof CAMERA + spare};
    unsigned char *entry = block.bytes + 10;

    ck_assert_ptr_nonnull(block.bytes);
    memcpy(block.bytes, big ? "MM\0*" : "II*\0", 4);
    meta_number_put(block.bytes + 4, 4, big, 8);
    meta_number_put(block.bytes + 8, 2, big, 2);
    for (int i = 0; i < 2; i++, entry += ENTRY) {
        meta_number_put(entry, 2, big, i == 0 ? 0x0100 : second);
        meta_number_put(entry + 2, 2, big, ASCII);
        meta_number_put(entry + 4, 4, big, i == 0 ? 4 : sizeof CAMERA);
        meta_number_put(entry + 8, 4, big, i == 0 ? 77 : DIRECTORY);
    }
    memcpy(block.bytes + DIRECTORY, CAMERA, sizeof CAMERA);
    memset(block.bytes + DIRECTORY + sizeof CAMERA, 'n', spare);
    return block;
}

static struct block copy_of(const struct block *block)
{
    const struct block copy = {malloc(block->size), block->size};

    ck_assert_ptr_nonnull(copy.bytes);
    memcpy(copy.bytes, block->bytes, block->size);
    return copy;
}

static void change(struct block *block, unsigned char *bytes, size_t size)
{
    free(block->bytes);
    *block = (struct block){bytes, size};
}

static void set(struct block *block, unsigned tag, const char *value)
{
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(meta_tiff_set(block->bytes, block->size, tag, tag == XMP ? BYTE : ASCII,
                                   (const unsigned char *)value, strlen(value) + 1, &bytes, &size,
                                   NULL),
                     TN_OK);
    change(block, bytes, size);
}

static void take(struct block *block, unsigned tag)
{
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(meta_tiff_remove(block->bytes, block->size, tag, &bytes, &size, NULL), TN_OK);
    change(block, bytes, size);
}

static void restore(struct block *block, const char *value)
{
    unsigned char *bytes;
    size_t size;

    ck_assert_int_eq(meta_tiff_restore(block->bytes, block->size, DESCRIPTION,
                                       (const unsigned char *)value, strlen(value) + 1, &bytes,
                                       &size, NULL),
                     TN_OK);
    change(block, bytes, size);
}

static void check_same(const struct block *block, const struct block *wanted)
{
    ck_assert_uint_eq(block->size, wanted->size);
    ck_assert_mem_eq(block->bytes, wanted->bytes, wanted->size);
}

static void check_text(const struct block *block, unsigned tag, const char *text)
{
    const unsigned char *value;
    size_t size;

    ck_assert_int_eq(meta_tiff_get(block->bytes, block->size, tag, &value, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, strlen(text) + 1);
    ck_assert_str_eq((const char *)value, text);
}

static void check_no(const struct block *block, unsigned tag)
{
    const unsigned char *value;
    size_t size;

    ck_assert_int_eq(meta_tiff_get(block->bytes, block->size, tag, &value, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, 0);
}

START_TEST(a_field_that_was_added_leaves_no_byte)
{
    static const char *const texts[] = {CAPTION, "mug", "mugs", ""};
    const struct block before = new_block(_i & 1, 0x010F, 10);
    struct block block = copy_of(&before);

    set(&block, DESCRIPTION, texts[_i / 2]);
    take(&block, DESCRIPTION);
    check_same(&block, &before);
    set(&block, DESCRIPTION, "another one");
    set(&block, DESCRIPTION, texts[_i / 2]);
    take(&block, DESCRIPTION);
    check_same(&block, &before);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(of_an_odd_block_nothing_but_padding_stays)
{
    const struct block before = new_block(_i, 0x010F, 9);
    struct block block = copy_of(&before);

    set(&block, DESCRIPTION, CAPTION);
    take(&block, DESCRIPTION);
    ck_assert_mem_eq(block.bytes, before.bytes, before.size);
    ck_assert_uint_eq(block.size, before.size + 1);
    ck_assert_uint_eq(block.bytes[before.size], 0);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(fields_go_in_the_order_opposite_to_that_they_came_in)
{
    const struct block before = new_block(_i, 0x010F, 10);
    struct block block = copy_of(&before);

    for (const char *text = CAPTION; strlen(text) > 2; text++) { /* of odd and even sizes */
        set(&block, DESCRIPTION, text);
        set(&block, XMP, "<x:xmpmeta/>");
        take(&block, XMP);
        check_text(&block, DESCRIPTION, text);
        take(&block, DESCRIPTION);
        check_same(&block, &before);
    }

    set(&block, DESCRIPTION, CAPTION);
    set(&block, XMP, "<x:xmpmeta/>");
    take(&block, DESCRIPTION);
    check_no(&block, DESCRIPTION);
    check_text(&block, XMP, "<x:xmpmeta/>");
    check_text(&block, 0x010F, CAMERA);
    take(&block, XMP);
    check_text(&block, 0x010F, CAMERA);
    ck_assert_mem_eq(block.bytes + 8, before.bytes + 8, before.size - 8);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(a_directory_at_the_end_shrinks_where_it_is)
{
    struct block before = new_block(_i, 0x010F, 0), block;

    meta_number_put(before.bytes + 10 + ENTRY + 4, 4, _i, 4); /* in the entry itself */
    before.size = DIRECTORY;
    block = copy_of(&before);
    set(&block, DESCRIPTION, CAPTION);
    take(&block, DESCRIPTION);
    check_same(&block, &before);
    free(block.bytes);

    before.size -= 4; /* as some cameras leave the next directory out */
    block = copy_of(&before);
    set(&block, DESCRIPTION, CAPTION);
    take(&block, DESCRIPTION);
    ck_assert_mem_eq(block.bytes, before.bytes, before.size);
    ck_assert_uint_eq(block.size, DIRECTORY);
    take(&block, 0x010F);
    check_no(&block, 0x010F);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(a_block_that_was_made_goes)
{
    struct block block = {NULL, 0};

    set(&block, DESCRIPTION, _i ? CAPTION : "mug");
    take(&block, DESCRIPTION);
    ck_assert_ptr_null(block.bytes);
    ck_assert_uint_eq(block.size, 0);
}
END_TEST

/* Other programs have put something behind it since: that stays where it is. */
START_TEST(in_a_block_that_grew_since_nothing_moves)
{
    const struct block before = new_block(_i, 0x010F, 10);
    struct block block = copy_of(&before), grown;
    size_t directory, end;

    set(&block, DESCRIPTION, CAPTION);
    grown = (struct block){malloc(block.size + 10), block.size + 10};
    ck_assert_ptr_nonnull(grown.bytes);
    memcpy(grown.bytes, block.bytes, block.size);
    memset(grown.bytes + block.size, 'x', 10);
    directory = meta_number(grown.bytes + 4, 4, _i);
    end = directory + 2 + 3 * ENTRY + 4;
    take(&grown, DESCRIPTION);
    check_no(&grown, DESCRIPTION);
    check_text(&grown, 0x010F, CAMERA);
    ck_assert_uint_eq(grown.size, block.size + 10);
    ck_assert_mem_eq(grown.bytes, block.bytes, directory);
    ck_assert_mem_eq(grown.bytes + end, block.bytes + end, block.size - end);
    for (size_t i = end - ENTRY; i < end; i++)
        ck_assert_uint_eq(grown.bytes[i], 0);
    free(grown.bytes);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(a_text_that_was_replaced_is_found_where_it_was)
{
    static const char *const texts[] = {CAPTION, "mug"};
    const struct block before = new_block(_i & 1, DESCRIPTION, 10);
    struct block block = copy_of(&before);

    set(&block, DESCRIPTION, texts[_i / 2]);
    restore(&block, CAMERA);
    check_same(&block, &before);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

START_TEST(a_text_that_is_gone_is_written_again)
{
    struct block block = new_block(_i, DESCRIPTION, 10);

    set(&block, DESCRIPTION, "mug");
    restore(&block, "another text");
    check_text(&block, DESCRIPTION, "another text");
    restore(&block, "mug");
    check_text(&block, DESCRIPTION, "mug");
    take(&block, DESCRIPTION);
    restore(&block, CAPTION);
    check_text(&block, DESCRIPTION, CAPTION);
    free(block.bytes);
}
END_TEST

/* Two fields have one text at the end of the block. */
START_TEST(a_value_that_others_share_stays)
{
    struct block block = new_block(_i, 0x010F, 10);
    size_t directory, value;

    set(&block, DESCRIPTION, CAPTION);
    directory = meta_number(block.bytes + 4, 4, _i);
    value = directory + 2 + 3 * ENTRY + 4;
    meta_number_put(block.bytes + directory + 2 + 2 * ENTRY + 4, 4, _i, sizeof CAPTION);
    meta_number_put(block.bytes + directory + 2 + 2 * ENTRY + 8, 4, _i, value);
    take(&block, DESCRIPTION);
    check_text(&block, 0x010F, CAPTION);
    free(block.bytes);
}
END_TEST

START_TEST(what_is_not_there_is_not_taken)
{
    const struct block before = new_block(_i, 0x010F, 10);
    struct block block = copy_of(&before);

    take(&block, DESCRIPTION);
    check_same(&block, &before);
    free(block.bytes);
    free(before.bytes);
}
END_TEST

/* Every cut and every changed byte is read and written within the block, which lies alone in
 * memory so that AddressSanitizer sees its ends. */
START_TEST(damaged_blocks_are_changed_within_their_bounds)
{
    static const unsigned char values[] = {0, 1, 8, 0x7F, 0x80, 0xFF};
    struct block all = new_block(_i, 0x010F, 2);

    set(&all, DESCRIPTION, CAPTION);
    for (size_t length = 0; length <= all.size; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t i = 0; i < sizeof values; i++) {
                const struct block part = {all.bytes, length};
                struct block copy = copy_of(&part), edited = {NULL, 0};

                copy.bytes[at] = values[i];
                if (meta_tiff_remove(copy.bytes, length, DESCRIPTION, &edited.bytes, &edited.size,
                                     NULL) == TN_OK &&
                    edited.bytes)
                    check_no(&edited, DESCRIPTION);
                free(edited.bytes);
                edited.bytes = NULL;
                if (meta_tiff_restore(copy.bytes, length, DESCRIPTION,
                                      (const unsigned char *)CAMERA, sizeof CAMERA, &edited.bytes,
                                      &edited.size, NULL) == TN_OK)
                    check_text(&edited, DESCRIPTION, CAMERA);
                free(edited.bytes);
                free(copy.bytes);
            }
    free(all.bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tiff_undo");
    TCase *tests = tcase_create("fields");

    tcase_add_loop_test(tests, a_field_that_was_added_leaves_no_byte, 0, 8);
    tcase_add_loop_test(tests, of_an_odd_block_nothing_but_padding_stays, 0, 2);
    tcase_add_loop_test(tests, fields_go_in_the_order_opposite_to_that_they_came_in, 0, 2);
    tcase_add_loop_test(tests, a_directory_at_the_end_shrinks_where_it_is, 0, 2);
    tcase_add_loop_test(tests, a_block_that_was_made_goes, 0, 2);
    tcase_add_loop_test(tests, in_a_block_that_grew_since_nothing_moves, 0, 2);
    tcase_add_loop_test(tests, a_text_that_was_replaced_is_found_where_it_was, 0, 4);
    tcase_add_loop_test(tests, a_text_that_is_gone_is_written_again, 0, 2);
    tcase_add_loop_test(tests, a_value_that_others_share_stays, 0, 2);
    tcase_add_loop_test(tests, what_is_not_there_is_not_taken, 0, 2);
    tcase_add_loop_test(tests, damaged_blocks_are_changed_within_their_bounds, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
