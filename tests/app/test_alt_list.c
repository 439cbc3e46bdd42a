/* SPDX-License-Identifier: MIT */
/* A list of images is read as it was written, also after a spreadsheet has written it again. */
#include "tests/support/suite.h"

#include "app/alt/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADING "action\tpage\tline\tcolumn\tsource\twhy\tconfidence\ttext\n"

static enum tn_status parse(const char *text, struct alt_list *list, struct tn_error *err)
{
    *list = (struct alt_list){.rows = NULL};
    return alt_list_parse("list", strdup(text), strlen(text), list, err);
}

/* The text of the only row. */
static void check_text(const char *line, const char *text)
{
    struct alt_list list;
    struct tn_error err;
    const enum tn_status status = parse(line, &list, &err);

    ck_assert_msg(status == TN_OK, "%s", status == TN_OK ? "" : err.text);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.rows[0].text, text);
    ck_assert_str_eq(list.rows[0].page, "a.html");
    ck_assert_uint_eq(list.rows[0].line, 2);
    ck_assert_uint_eq(list.rows[0].column, 3);
    alt_list_finish(&list);
}

START_TEST(what_is_written_is_read_again)
{
    static const char *const texts[] = {
        "a cat", "\"quoted\"", "\"", "\"\"", "\"a\" and \"b\"", "a \"b\"", "\"a", "\\t \"\\\"", ""};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (int format = ALT_TSV; format <= ALT_JSONL; format += ALT_JSONL - ALT_TSV) {
            const struct alt_row row = {.fill = true,
                                        .page = "a.html",
                                        .line = 2,
                                        .column = 3,
                                        .source = "\"b\tc\".jpg",
                                        .why = "missing",
                                        .confidence = 0.5,
                                        .text = texts[i]};
            char *bytes = NULL;
            size_t size = 0;
            FILE *stream = open_memstream(&bytes, &size);

            alt_list_begin(stream, (enum alt_list_format)format);
            alt_list_put(stream, (enum alt_list_format)format, &row);
            fclose(stream);
            check_text(bytes, texts[i]);
            free(bytes);
        }
}
END_TEST

START_TEST(quotes_around_a_whole_field_are_a_spreadsheets)
{
    static const struct {
        const char *field, *text;
    } rows[] = {
        {"\"a \"\"cat\"\"\"", "a \"cat\""}, /* as written by one */
        {"\"a cat\"", "a cat"},
        {"\"\"\"\"", "\""},
        {"\"a\" and \"b\"", "\"a\" and \"b\""}, /* as typed by hand */
        {"\"a\"\"", "\"a\"\""},
        {"\"a", "\"a"},
        {"\"", "\""},
        {"\"\"", ""},
        {"a \"\"b\"\"", "a \"\"b\"\""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[256];

        snprintf(line, sizeof line, HEADING "fill\ta.html\t2\t3\tb.jpg\t\t\t%s\n", rows[i].field);
        check_text(line, rows[i].text);
        snprintf(line, sizeof line, HEADING "\"fill\"\t\"a.html\"\t\"2\"\t3\tb.jpg\t\t\t%s\r\n",
                 rows[i].field);
        check_text(line, rows[i].text);
    }
}
END_TEST

START_TEST(a_row_that_is_not_understood_is_named)
{
    static const struct {
        const char *text, *reason;
    } rows[] = {
        {HEADING "fill\ta\t1\t1\tb\t\n", "list:2: expected 8 fields"},
        {HEADING "fill\ta\t0\t1\tb\t\t\tc\n", "list:2: expected the numbers"},
        {HEADING "fill\ta\t1\t1\tb\t\t\tc\\nd\n", "list:2: the text has characters"},
        {HEADING "\"fil\"\ta\t1\t1\tb\t\t\tc\n",
         "list:2: expected \"fill\" or \"leave\", not \"fil\""},
        {"{\"action\":\"fill\"}", "list:1: expected a member \"page\""},
        {"{\"action\":1}", "list:1: expected a member \"action\""},
        {"{\"action\":\"a\\u0000\"}", "list:1: expected a member \"action\""},
        {"{}\x80", "list:1: expected a JSON object"},
        {"{\"a\":[[[[0]]]]}", "list:1: expected a JSON object"},
        {"{\"action\":\"fill\",\"page\":\"a\",\"line\":-1,\"column\":1,\"source\":\"\",\"text\":"
         "\"\"}",
         "list:1: expected the numbers"},
        {"{\"action\":\"fill\",\"page\":\"a\",\"line\":1,\"column\":1,\"source\":\"\","
         "\"text\":\"\\u0007\"}",
         "list:1: the text has characters"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct alt_list list;
        struct tn_error err;

        ck_assert_int_eq(parse(rows[i].text, &list, &err), TN_FORMAT);
        ck_assert_msg(strncmp(err.text, rows[i].reason, strlen(rows[i].reason)) == 0, "%s",
                      err.text);
        alt_list_finish(&list);
    }
}
END_TEST

START_TEST(a_list_is_read)
{
    static const char bytes[] =
        "\xEF\xBB\xBF" HEADING "fill\ta\\tb.html\t1\t20\ta.jpg\tmissing\t0.5\ta \\\\ dog\r\n"
        "leave\tx\ty\tz\t\t\t\tq\n\nfill\tx\t1\t1\ta\t\t\t\n"
        "fill\tb.md\t2\t3\tc\t\t\tcat";
    struct alt_list list = {.rows = NULL};

    ck_assert_int_eq(alt_list_parse("list", strdup(bytes), sizeof bytes - 1, &list, NULL), TN_OK);
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.rows[0].page, "a\tb.html");
    ck_assert_uint_eq(list.rows[0].column, 20);
    ck_assert_str_eq(list.rows[0].text, "a \\ dog");
    ck_assert_str_eq(list.rows[1].text, "");
    ck_assert_str_eq(list.rows[2].source, "c");
    ck_assert_str_eq(list.rows[2].text, "cat");
    alt_list_finish(&list);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
    static const char *const lists[] = {"",
                                        "a\n",
                                        HEADING "fill\ta\n",
                                        HEADING "fil\ta\t1\t1\tb\t\t\tc\n",
                                        HEADING "fill\ta\t0\t1\tb\t\t\tc\n",
                                        HEADING "fill\ta\t1\t-1\tb\t\t\tc\n",
                                        HEADING
                                        "fill\ta\t1\t99999999999999999999999999\tb\t\t\tc\n",
                                        HEADING "fill\ta\t1\t1\tb\t\t\tc\td\n",
                                        HEADING "fill\ta\t1\t1\tb\t\t\tc\\nd\n",
                                        HEADING "fill\ta\t1\t1\tb\t\t\t\xFF\n",
                                        HEADING "fill\ta\t1\t1\tb\t\t\t\x1B[m\n"};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct alt_list list = {.rows = NULL};
        struct tn_error err;

        ck_assert_msg(alt_list_parse("list", strdup(lists[i]), strlen(lists[i]), &list, &err) ==
                          TN_FORMAT,
                      "the %zuth", i);
        ck_assert(strncmp(err.text, "list:", 5) == 0);
        alt_list_finish(&list);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("alt_list");
    TCase *tcase = tcase_create("alt_list");

    tcase_add_test(tcase, what_is_written_is_read_again);
    tcase_add_test(tcase, quotes_around_a_whole_field_are_a_spreadsheets);
    tcase_add_test(tcase, a_row_that_is_not_understood_is_named);
    tcase_add_test(tcase, a_list_is_read);
    tcase_add_test(tcase, what_is_no_list_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
