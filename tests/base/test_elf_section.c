/* SPDX-License-Identifier: MIT */
#include "base/elf_section.h"
#include "tests/support/suite.h"

#include <stdint.h>
#include <string.h>

/* A program of 64 bits: its head, two sections' bytes, and the list of three sections. */
enum { HEAD = 64, CARGO = 64, NAMES = 80, LIST = 96, ROW = 64, SIZE = LIST + 3 * ROW };

static unsigned char program[SIZE];

static void put(size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        program[at + i] = (unsigned char)(value >> 8 * i);
}

static void put_section(size_t index, uint32_t name, uint64_t offset, uint64_t size)
{
    put(LIST + index * ROW, name, 4);
    put(LIST + index * ROW + 4, 1, 4);
    put(LIST + index * ROW + 24, offset, 8);
    put(LIST + index * ROW + 32, size, 8);
}

static void make_program(void)
{
    memset(program, 0, sizeof program);
    memcpy(program, "\177ELF\2\1\1", 7);
    put(40, LIST, 8);
    put(58, ROW, 2);
    put(60, 3, 2);
    put(62, 2, 2);
    memcpy(program + CARGO, "twelve bytes", 12);
    memcpy(program + NAMES, "\0.cargo\0.names", 15);
    put_section(1, 1, CARGO, 12);
    put_section(2, 8, NAMES, 15);
}

static enum tn_status find(const char *section, size_t size, size_t *begin, size_t *length,
                           struct tn_error *err)
{
    return tn_elf_section(program, size, "caption", section, begin, length, err);
}

START_TEST(a_section_is_found_by_its_whole_name)
{
    struct tn_error err;
    size_t begin = 0, length = 0;

    make_program();
    ck_assert(tn_is_elf(program, SIZE));
    ck_assert_int_eq(find(".cargo", SIZE, &begin, &length, &err), TN_OK);
    ck_assert_uint_eq(begin, CARGO);
    ck_assert_uint_eq(length, 12);
    ck_assert_int_eq(find(".carg", SIZE, &begin, &length, &err), TN_NOTFOUND);
    ck_assert_int_eq(find(".cargo.names", SIZE, &begin, &length, &err), TN_NOTFOUND);
    ck_assert_str_eq(err.text, "caption: there is no section .cargo.names");
    ck_assert_uint_eq(begin, CARGO);
}
END_TEST

START_TEST(what_is_no_program_of_64_bits_has_no_section)
{
    size_t begin, length;

    make_program();
    put(40, 0, 8); /* no list */
    ck_assert_int_eq(find(".cargo", SIZE, &begin, &length, NULL), TN_NOTFOUND);
    make_program();
    program[4] = 1; /* 32 bits */
    ck_assert_int_eq(find(".cargo", SIZE, &begin, &length, NULL), TN_NOTFOUND);
    make_program();
    program[1] = 'e';
    ck_assert(!tn_is_elf(program, SIZE));
    ck_assert_int_eq(find(".cargo", SIZE, &begin, &length, NULL), TN_NOTFOUND);
    ck_assert(!tn_is_elf(NULL, 0));
    ck_assert_int_eq(tn_elf_section(NULL, 0, "none", ".cargo", &begin, &length, NULL), TN_NOTFOUND);
}
END_TEST

START_TEST(a_program_that_is_cut_anywhere_behind_its_head_is_refused)
{
    struct tn_error err;
    size_t begin, length;

    make_program();
    for (size_t size = HEAD; size < SIZE; size++) {
        ck_assert_int_eq(find(".cargo", size, &begin, &length, &err), TN_FORMAT);
        ck_assert(strstr(err.text, "caption: the program is cut short: ") == err.text);
    }
}
END_TEST

START_TEST(a_damaged_list_is_refused)
{
    static const struct {
        size_t at, bytes;
        uint64_t value;
    } damages[] = {
        {40, 8, UINT64_MAX},
        {40, 8, UINT64_MAX - 3 * ROW + 1},
        {58, 2, ROW - 1},
        {60, 2, 2},
        {60, 2, UINT16_MAX},
        {62, 2, 3},
        {LIST + 2 * ROW + 24, 8, UINT64_MAX - 4}, /* the names */
        {LIST + 2 * ROW + 32, 8, SIZE},
        {LIST + ROW + 24, 8, SIZE - 11}, /* the section */
        {LIST + ROW + 32, 8, UINT64_MAX},
    };
    struct tn_error err;
    size_t begin, length;

    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        make_program();
        put(damages[i].at, damages[i].value, damages[i].bytes);
        ck_assert_msg(find(".cargo", SIZE, &begin, &length, &err) == TN_FORMAT, "damage %zu", i);
    }
    make_program();
    put(LIST + ROW, UINT32_MAX, 4); /* a name beyond the names is none */
    ck_assert_int_eq(find(".cargo", SIZE, &begin, &length, NULL), TN_NOTFOUND);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("elf_section");
    TCase *tests = tcase_create("elf_section");

    tcase_add_test(tests, a_section_is_found_by_its_whole_name);
    tcase_add_test(tests, what_is_no_program_of_64_bits_has_no_section);
    tcase_add_test(tests, a_program_that_is_cut_anywhere_behind_its_head_is_refused);
    tcase_add_test(tests, a_damaged_list_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
