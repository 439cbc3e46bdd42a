/* SPDX-License-Identifier: MIT */
/* Whom the server answers. */
#include "app/serve/access.h"

#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const names[] = {"photos.example"};

static unsigned check(const struct serve_access *access, struct serve_credentials asked)
{
    const char *text = NULL;
    unsigned code;

    if (!asked.method)
        asked.method = "POST";
    code = serve_access_check(access, &asked, &text);
    ck_assert((code == 0) == (text == NULL));
    return code;
}

START_TEST(test_hosts)
{
    static const struct {
        const char *host;
        unsigned here, elsewhere;
    } cases[] = {
        {"localhost", 0, 0},
        {"LOCALHOST:11435", 0, 0},
        {"127.0.0.1", 0, 0},
        {"127.255.0.3:80", 0, 0},
        {"[::1]", 0, 0},
        {"[::1]:11435", 0, 0},
        {"[0:0:0:0:0:0:0:1]:1", 0, 0},
        {"photos.example:80", 0, 0},
        {"Photos.Example", 0, 0},
        {"192.168.1.7:11435", 403, 0},
        {"[fe80::1]:11435", 403, 0},
        {"128.0.0.1", 403, 0},
        {"evil.example", 403, 403},
        {"127.0.0.1.evil.example", 403, 403},
        {"localhost.evil.example", 403, 403},
        {"xphotos.example", 403, 403},
        {"127.1", 403, 403},
        {"0x7f000001", 403, 403},
        {"2130706433", 403, 403},
        {"localhost.", 403, 403},
        {"localhost:80:80", 403, 403},
        {"localhost:port", 403, 403},
        {"localhost/", 403, 403},
        {"evil.example@localhost", 403, 403},
        {"::1", 403, 403},
        {"[::1", 403, 403},
        {"[::1]x", 403, 403},
        {"[]", 403, 403},
        {":80", 403, 403},
        {"", 403, 403},
        {NULL, 400, 400},
    };
    struct serve_access access = {.names = names, .name_count = 1};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
            const unsigned expected = elsewhere ? cases[i].elsewhere : cases[i].here;
            unsigned code;

            access.elsewhere = elsewhere;
            code = check(&access, (struct serve_credentials){.host = cases[i].host});
            ck_assert_msg(code == expected, "%s: %u", cases[i].host, code);
        }
}
END_TEST

START_TEST(test_a_long_host)
{
    const struct serve_access access = {.elsewhere = true};
    char host[1024];

    memset(host, '1', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    ck_assert_uint_eq(check(&access, (struct serve_credentials){.host = host}), 403);
}
END_TEST

START_TEST(test_other_pages)
{
    static const struct {
        struct serve_credentials asked;
        unsigned code;
    } cases[] = {
        {{.origin = "http://localhost:11435"}, 0},
        {{.origin = "https://localhost:11435"}, 0},
        {{.origin = "http://LocalHost:11435"}, 0},
        {{.origin = "http://localhost"}, 403},
        {{.origin = "http://localhost:11435/"}, 403},
        {{.origin = "http://localhost:114350"}, 403},
        {{.origin = "http://127.0.0.1:11435"}, 403},
        {{.origin = "ftp://localhost:11435"}, 403},
        {{.origin = "localhost:11435"}, 403},
        {{.origin = "null"}, 403},
        {{.origin = ""}, 403},
        {{.fetch_site = "same-origin"}, 0},
        {{.fetch_site = "none"}, 0},
        {{.fetch_site = "same-site"}, 403},
        {{.fetch_site = "cross-site"}, 403},
        {{.fetch_site = "anything"}, 403},
        {{.origin = "http://localhost:11435", .fetch_site = "cross-site"}, 403},
        {{.method = "GET",
          .fetch_site = "cross-site",
          .fetch_mode = "navigate",
          .fetch_dest = "document"},
         0},
        {{.method = "GET",
          .fetch_site = "cross-site",
          .fetch_mode = "navigate",
          .fetch_dest = "iframe"},
         403},
        {{.method = "GET", .fetch_site = "cross-site", .fetch_mode = "no-cors"}, 403},
        {{.fetch_site = "cross-site", .fetch_mode = "navigate", .fetch_dest = "document"}, 403},
    };
    const struct serve_access access = {.elsewhere = false};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct serve_credentials asked = cases[i].asked;

        asked.host = "localhost:11435";
        ck_assert_msg(check(&access, asked) == cases[i].code, "case %zu", i);
    }
}
END_TEST

START_TEST(test_the_token)
{
    static const char *const wrong[] = {NULL,
                                        "",
                                        "Bearer",
                                        "Bearer ",
                                        "0123456789abcdef",
                                        "Basic 0123456789abcdef",
                                        "Bearer 0123456789abcdeF",
                                        "Bearer 0123456789abcde",
                                        "Bearer 0123456789abcdef0",
                                        "Bearer 0123456789abcdef0123456789abcdef",
                                        "Bearer 0123456789abcdef "};
    static const char *const right[] = {"Bearer 0123456789abcdef", "bearer   0123456789abcdef"};
    const struct serve_access access = {.token = (char[]){"0123456789abcdef"}};
    struct serve_credentials asked = {.host = "localhost"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        asked.authorization = wrong[i];
        ck_assert_msg(check(&access, asked) == 401, "case %zu", i);
    }
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        asked.authorization = right[i];
        ck_assert_msg(check(&access, asked) == 0, "case %zu", i);
    }
    asked = (struct serve_credentials){.host = "localhost", .open = true};
    ck_assert_uint_eq(check(&access, asked), 0);
    asked.origin = "http://evil.example";
    ck_assert_uint_eq(check(&access, asked), 403);
}
END_TEST

START_TEST(test_files_of_tokens)
{
    static const struct {
        const char *text;
        mode_t mode;
        enum tn_status status;
    } cases[] = {
        {"0123456789abcdef\n", 0600, TN_OK},
        {"0123456789abcdef", 0400, TN_OK},
        {"0123456789abcdef\r\n", 0440, TN_OK},
        {"0123456789abcdef\n", 0604, TN_IO},
        {"0123456789abcdef\n", 0602, TN_IO},
        {"0123456789abcdef\n", 0620, TN_IO},
        {"0123456789abcde\n", 0600, TN_FORMAT},
        {"", 0600, TN_FORMAT},
        {"0123456789 abcdef\n", 0600, TN_FORMAT},
        {"0123456789abcdef\nmore\n", 0600, TN_FORMAT},
        {"0123456789abcdef\xc3\xa9\n", 0600, TN_FORMAT},
    };
    char folder[TEST_FOLDER_SIZE], path[128];

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/token", folder);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        FILE *stream = fopen(path, "w");
        struct tn_error err;
        enum tn_status status;
        char *token;

        fputs(cases[i].text, stream);
        fclose(stream);
        ck_assert_int_eq(chmod(path, cases[i].mode), 0);
        status = serve_read_token(path, &token, &err);
        ck_assert_msg(status == cases[i].status, "case %zu: %d", i, status);
        if (status == TN_OK) {
            ck_assert_str_eq(token, "0123456789abcdef");
            free(token);
        }
        ck_assert_int_eq(remove(path), 0);
    }
    test_folder_remove(folder);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("access");
    TCase *tests = tcase_create("access");

    tcase_add_test(tests, test_hosts);
    tcase_add_test(tests, test_a_long_host);
    tcase_add_test(tests, test_other_pages);
    tcase_add_test(tests, test_the_token);
    tcase_add_test(tests, test_files_of_tokens);
    suite_add_tcase(suite, tests);
    return suite;
}
