/* SPDX-License-Identifier: MIT */
/* Where URLs of images lead, and lists that are read. */
#include "tests/support/suite.h"

#include "app/alt/list.h"
#include "app/alt/url.h"

#include <stdlib.h>
#include <string.h>

START_TEST(a_url_leads_to_a_file_or_nowhere)
{
    static const struct {
        const char *url, *base;
        enum alt_url_kind kind;
        const char *path;
        bool rooted, file;
    } rows[] = {
        {"a.jpg", NULL, ALT_URL_PATH, "a.jpg", false, false},
        {" \n../a%20%C3%BC.jp\tg?b#c ", NULL, ALT_URL_PATH, "../a \xC3\xBC.jpg", false, false},
        {"/a/b.jpg", NULL, ALT_URL_PATH, "a/b.jpg", true, false},
        {"a\\b.jpg", NULL, ALT_URL_PATH, "a/b.jpg", false, false},
        {"100%.jpg", NULL, ALT_URL_PATH, "100%.jpg", false, false},
        {"a:b", NULL, ALT_URL_PATH, "a:b", false, false},
        {"file:///a/b%41.jpg", NULL, ALT_URL_PATH, "a/bA.jpg", true, true},
        {"FILE://localhost/a", NULL, ALT_URL_PATH, "a", true, true},
        {"file://host/a", NULL, ALT_URL_REMOTE, NULL, false, false},
        {"https://a/b", NULL, ALT_URL_REMOTE, NULL, false, false},
        {"//a/b", NULL, ALT_URL_REMOTE, NULL, false, false},
        {"blob:x", NULL, ALT_URL_REMOTE, NULL, false, false},
        {"", NULL, ALT_URL_NONE, NULL, false, false},
        {"#a", NULL, ALT_URL_NONE, NULL, false, false},
        {"/", NULL, ALT_URL_NONE, NULL, true, false},
        {"a%00.jpg", NULL, ALT_URL_NONE, NULL, false, false},
        {"data:image/png", NULL, ALT_URL_NONE, NULL, false, false},
        {"a.jpg", "img/x", ALT_URL_PATH, "img/a.jpg", false, false},
        {"a.jpg", "img", ALT_URL_PATH, "a.jpg", false, false},
        {"a.jpg", "/img/?x/y", ALT_URL_PATH, "img/a.jpg", true, false},
        {"/a.jpg", "img/", ALT_URL_PATH, "a.jpg", true, false},
        {"a.jpg", "https://b/c/", ALT_URL_REMOTE, NULL, false, false},
        {"/a.jpg", "https://b/c/", ALT_URL_REMOTE, NULL, false, false},
        {"file:///a", "https://b/c/", ALT_URL_PATH, "a", true, true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct alt_url url;

        ck_assert_int_eq(alt_url_read(rows[i].url, rows[i].base, &url, NULL), TN_OK);
        ck_assert_msg(url.kind == rows[i].kind, "'%s'", rows[i].url);
        ck_assert_pstr_eq(url.path, rows[i].path);
        if (url.kind == ALT_URL_PATH)
            ck_assert_msg(url.rooted == rows[i].rooted && url.file == rows[i].file, "'%s'",
                          rows[i].url);
        alt_url_finish(&url);
    }
}
END_TEST

START_TEST(a_url_may_be_the_picture)
{
    static const struct {
        const char *url, *bytes;
    } rows[] = {
        {"data:image/png;base64,YQ==", "a"},   {"data:;base64,YWI=", "ab"},
        {"DATA:x;BASE64,Y WJj", "abc"},        {"data:,a%20b", "a b"},
        {"data:image/x;base64,YWJ%6A", "abc"}, {"data:;base64,", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct alt_url url;

        ck_assert_int_eq(alt_url_read(rows[i].url, NULL, &url, NULL), TN_OK);
        ck_assert_int_eq(url.kind, ALT_URL_DATA);
        ck_assert_uint_eq(url.size, strlen(rows[i].bytes));
        ck_assert_mem_eq(url.bytes, rows[i].bytes, url.size);
        alt_url_finish(&url);
    }
}
END_TEST

START_TEST(a_broken_picture_leads_nowhere)
{
    static const char *const urls[] = {"data:;base64,Y", "data:;base64,Y*Jj",
                                       "data:;base64,YQ=", "data:;base64,=YQ=", "data:image/png"};

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct alt_url url;

        ck_assert_int_eq(alt_url_read(urls[i], NULL, &url, NULL), TN_OK);
        ck_assert_msg(url.kind == ALT_URL_NONE && !url.bytes, "'%s'", urls[i]);
        alt_url_finish(&url);
    }
}
END_TEST

START_TEST(a_path_is_simplified)
{
    static const struct {
        const char *path, *simple; /* simple NULL: it leads out */
    } rows[] = {
        {"a", "a"},       {"a/b.c", "a/b.c"},   {"./a", "a"},     {"a/../b", "b"},
        {"a/./b", "a/b"}, {"a/b/../../c", "c"}, {"a//b/", "a/b"}, {"...", "..."},
        {"..a", "..a"},   {"a/..", ""},         {".", ""},        {"", ""},
        {"..", NULL},     {"a/../../b", NULL},  {"../a", NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *path = strdup(rows[i].path);
        const bool inside = alt_path_simplify(path);

        ck_assert_msg(inside == (rows[i].simple != NULL), "'%s'", rows[i].path);
        if (inside)
            ck_assert_str_eq(path, rows[i].simple);
        free(path);
    }
}
END_TEST

#define HEAD "action\tpage\tline\tcolumn\tsource\twhy\tconfidence\ttext\n"

START_TEST(a_list_is_read)
{
    static const char bytes[] =
        "\xEF\xBB\xBF" HEAD "fill\ta\\tb.html\t1\t20\ta.jpg\tmissing\t0.5\ta \\\\ dog\r\n"
        "leave\tx\ty\tz\t\t\t\tq\n\nfill\tx\t1\t1\ta\t\t\t\n"
        "fill\tb.md\t2\t3\tc\t\t\tcat";
    struct alt_list list = {.rows = NULL};

    ck_assert_int_eq(alt_list_parse("list", strdup(bytes), sizeof bytes - 1, &list, NULL), TN_OK);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.rows[0].page, "a\tb.html");
    ck_assert_uint_eq(list.rows[0].column, 20);
    ck_assert_str_eq(list.rows[0].text, "a \\ dog");
    ck_assert_str_eq(list.rows[1].source, "c");
    ck_assert_str_eq(list.rows[1].text, "cat");
    alt_list_finish(&list);
}
END_TEST

START_TEST(what_is_no_list_is_refused)
{
    static const char *const lists[] = {"",
                                        "a\n",
                                        HEAD "fill\ta\n",
                                        HEAD "fil\ta\t1\t1\tb\t\t\tc\n",
                                        HEAD "fill\ta\t0\t1\tb\t\t\tc\n",
                                        HEAD "fill\ta\t1\t-1\tb\t\t\tc\n",
                                        HEAD "fill\ta\t1\t99999999999999999999999999\tb\t\t\tc\n",
                                        HEAD "fill\ta\t1\t1\tb\t\t\tc\td\n",
                                        HEAD "fill\ta\t1\t1\tb\t\t\tc\\nd\n",
                                        HEAD "fill\ta\t1\t1\tb\t\t\t\xFF\n",
                                        HEAD "fill\ta\t1\t1\tb\t\t\t\x1B[m\n"};

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
    Suite *suite = suite_create("alt_url");
    TCase *tcase = tcase_create("alt_url");

    tcase_add_test(tcase, a_url_leads_to_a_file_or_nowhere);
    tcase_add_test(tcase, a_url_may_be_the_picture);
    tcase_add_test(tcase, a_broken_picture_leads_nowhere);
    tcase_add_test(tcase, a_path_is_simplified);
    tcase_add_test(tcase, a_list_is_read);
    tcase_add_test(tcase, what_is_no_list_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
