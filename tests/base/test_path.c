/* SPDX-License-Identifier: MIT */
#include "base/path.h"
#include "tests/support/suite.h"

#include <stdlib.h>

START_TEST(a_path_is_a_folder_a_stem_and_an_extension)
{
    static const struct {
        const char *path, *folder, *name, *extension;
    } paths[] = {
        {"a.jpg", ".", "a.jpg", ".jpg"},
        {"x/y.z/a.b.jpg", "x/y.z", "a.b.jpg", ".jpg"},
        {"/a", "/", "a", ""},
        {"x.y/a", "x.y", "a", ""},
        {"x/.txt", "x", ".txt", ""},
        {"x/.a.txt", "x", ".a.txt", ".txt"},
        {"x/", "x", "", ""},
        {"a.", ".", "a.", "."},
        {"", ".", "", ""},
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *folder = tn_path_folder(paths[i].path);

        ck_assert_str_eq(folder, paths[i].folder);
        ck_assert_str_eq(tn_path_name(paths[i].path), paths[i].name);
        ck_assert_str_eq(tn_path_extension(paths[i].path), paths[i].extension);
        free(folder);
    }
}
END_TEST

START_TEST(a_name_is_joined_to_its_folder)
{
    static const char *const joined[][3] = {
        {"x", "a", "x/a"}, {"x/", "a", "x/a"}, {"/", "a", "/a"}, {"x", "/a", "/a"}, {"", "a", "a"}};

    for (size_t i = 0; i < sizeof joined / sizeof joined[0]; i++) {
        char *path = tn_path_join(joined[i][0], joined[i][1]);

        ck_assert_str_eq(path, joined[i][2]);
        free(path);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("path");
    TCase *tcase = tcase_create("path");

    tcase_add_test(tcase, a_path_is_a_folder_a_stem_and_an_extension);
    tcase_add_test(tcase, a_name_is_joined_to_its_folder);
    suite_add_tcase(suite, tcase);
    return suite;
}
