/* SPDX-License-Identifier: MIT */
/* Where URLs of images lead. */
#include "tests/support/suite.h"

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

Suite *test_suite(void)
{
    Suite *suite = suite_create("alt_url");
    TCase *tcase = tcase_create("alt_url");

    tcase_add_test(tcase, a_url_leads_to_a_file_or_nowhere);
    tcase_add_test(tcase, a_url_may_be_the_picture);
    tcase_add_test(tcase, a_broken_picture_leads_nowhere);
    tcase_add_test(tcase, a_path_is_simplified);
    suite_add_tcase(suite, tcase);
    return suite;
}
