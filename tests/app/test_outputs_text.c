/* SPDX-License-Identifier: MIT */
/* Where sidecars lie, and what becomes of those that are there. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/sidecar.h"
#include "app/output/sidecar_find.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PHOTO "P6 1 1 255 abc" /* enough for its first bytes */

/* ---- The place ---- */

static void check_path(const char *directory, const char *operands, const char *list,
                       const char *photo, bool replace, const char *expected)
{
    char copy[256], *words[8];
    struct app_walk_options inputs = {.operands = words, .list = list};
    const struct app_sidecar_kind *kind = replace ? &app_sidecar_txt : &app_sidecar_xmp;
    struct app_sidecar_paths *paths;
    struct app_sidecar_found found;
    struct tn_error err;

    snprintf(copy, sizeof copy, "%s", operands);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[inputs.operand_count++] = word;
    ck_assert_int_eq(app_sidecar_paths_create(directory, &inputs, NULL, &paths, &err), TN_OK);
    ck_assert_msg(app_sidecar_find(paths, kind, kind->name, photo, &found, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_msg(strcmp(found.path, expected) == 0, "%s of [%s]: %s, expected %s", photo, operands,
                  found.path, expected);
    app_sidecar_found_finish(&found);
    app_sidecar_paths_destroy(paths);
}

static void make_albums(void)
{
    enter_folder();
    write_text("album/a.jpg", PHOTO);
    write_text("album/rome/b.c.jpg", PHOTO);
    write_text("2019/x.jpg", PHOTO);
    write_text("2020/x.jpg", PHOTO);
    write_text("plain", PHOTO);
    ck_assert_int_eq(symlink("../2019", "album/link"), 0);
    ck_assert_int_eq(symlink("album", "alias"), 0);
}

START_TEST(beside_the_photo)
{
    check_path(NULL, "album", NULL, "album/a.jpg", true, "album/a.txt");
    check_path(NULL, "album", NULL, "album/a.jpg", false, "album/a.jpg.xmp");
    check_path(NULL, "album", NULL, "album/rome/b.c.jpg", true, "album/rome/b.c.txt");
    check_path(NULL, "plain", NULL, "plain", true, "plain.txt");
    check_path(NULL, "../x/plain", NULL, "./plain", true, "./plain.txt");
    write_text("album/.jpg", PHOTO);
    check_path(NULL, "album/.jpg", NULL, "album/.jpg", true, "album/.jpg.txt");
}
END_TEST

START_TEST(a_directory_mirrors_what_is_below_the_shared_folder)
{
    check_path("out", "album", NULL, "album/a.jpg", true, "out/a.txt");
    check_path("out/", "album/", NULL, "album/rome/b.c.jpg", false, "out/rome/b.c.jpg.xmp");
    check_path("out", "album/a.jpg", NULL, "album/a.jpg", true, "out/a.txt");
    check_path("out", "2019 2020", NULL, "2019/x.jpg", true, "out/2019/x.txt");
    check_path("out", "2019 2020", NULL, "2020/x.jpg", true, "out/2020/x.txt");
    check_path("out", "album album/rome", NULL, "album/rome/b.c.jpg", true, "out/rome/b.c.txt");
    check_path("out", "plain album", NULL, "album/a.jpg", true, "out/album/a.txt");
    check_path("out", "plain", NULL, "plain", true, "out/plain.txt");
}
END_TEST

START_TEST(dots_and_links_stay_within_the_directory)
{
    char absolute[512], here[256], expected[600];

    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(absolute, sizeof absolute, "%s/album/a.jpg", here);
    check_path("out", absolute, NULL, absolute, true, "out/a.txt");
    check_path("out", "album/../2019 2020", NULL, "album/../2019/x.jpg", true, "out/2019/x.txt");
    check_path("out", "album", NULL, "album/link/x.jpg", true, "out/link/x.txt");
    check_path("out", "alias", NULL, "alias/a.jpg", true, "out/a.txt");
    check_path("out", "alias 2019", NULL, "alias/a.jpg", true, "out/album/a.txt");
    check_path("out", "", "list", "album/a.jpg", true, "out/album/a.txt");
    check_path("out", "", "list", "album/../plain", true, "out/plain.txt");
    check_path("out", "", "list", "/etc/../etc/x.jpg", false, "out/etc/x.jpg.xmp");
    check_path("out", "album", NULL, "album/../2019/x.jpg", true,
               (snprintf(expected, sizeof expected, "out%s/2019/x.txt", here), expected));
}
END_TEST

START_TEST(photos_that_share_a_stem_have_a_sidecar_each)
{
    write_text("s/a.png", PHOTO);
    write_text("s/a.jpg", PHOTO);
    write_text("s/a.txt", "BMW before a house"); /* not a BMP */
    write_text("s/a.cr2", "no photo");
    write_text("s/a.png.jpg", PHOTO);
    write_text("s/b", PHOTO);
    write_text("s/b.jpg", PHOTO);
    write_text("s/c.txt", PHOTO);
    check_path(NULL, "s", NULL, "s/a.jpg", true, "s/a.txt");
    check_path(NULL, "s", NULL, "s/a.png", true, "s/a.png.txt");
    check_path(NULL, "s", NULL, "s/a.png.jpg", true, "s/a.png.jpg.txt");
    check_path(NULL, "s", NULL, "s/b", true, "s/b.txt");
    check_path(NULL, "s", NULL, "s/b.jpg", true, "s/b.jpg.txt");
    check_path(NULL, "s", NULL, "s/c.txt", true, "s/c.txt.txt");
    check_path("out", "s", NULL, "s/a.png", true, "out/a.png.txt");
    write_text("s/z.webp", PHOTO);
    write_text("s/z.txt", "BMW before a house");
    check_path(NULL, "s", NULL, "s/z.webp", true, "s/z.txt");
}
END_TEST

/* ---- What is in it ---- */

static struct app_output *open_output(enum app_existing existing, const char *directory)
{
    static char folder[] = ".";
    static char *const operands[] = {folder};
    const struct app_walk_options inputs = {.operands = operands, .operand_count = 1};
    const struct app_sidecar_options options = {
        .existing = existing, .directory = directory, .inputs = &inputs};
    struct app_output *output;
    struct tn_error err;

    ck_assert_msg(app_sidecar_create(&app_sidecar_txt, &options, &output, &err) == TN_OK, "%s",
                  err.text);
    return output;
}

START_TEST(captions_are_lines_the_best_first)
{
    struct app_output *output = open_output(APP_SKIP, NULL);

    ck_assert(!output->ops->holds(output, "a.jpg"));
    put(output, "a.jpg", "a dog runs", "a dog");
    check_text("a.txt", "a dog runs\na dog\n");
    ck_assert(output->ops->holds(output, "a.jpg"));
    put(output, "b.jpg", "a dog", "a dog");
    check_text("b.txt", "a dog\n");
    ck_assert_uint_eq(count_files("."), 2);
    output->ops->destroy(output);
}
END_TEST

START_TEST(blanks_are_nobodys_work)
{
    struct app_output *output = open_output(APP_SKIP, NULL);

    write_text("a.txt", "");
    write_text("b.txt", " \r\n");
    write_text("c.txt", "x");
    write_text("d.txt", "\xEF\xBB\xBF");
    write_text("e.txt", "\u200B\u00A0\n");
    ck_assert(!output->ops->holds(output, "a.jpg"));
    ck_assert(!output->ops->holds(output, "b.jpg"));
    ck_assert(output->ops->holds(output, "c.jpg"));
    ck_assert(!output->ops->holds(output, "d.jpg"));
    ck_assert(!output->ops->holds(output, "e.jpg"));
    output->ops->destroy(output);
}
END_TEST

START_TEST(overwriting_spares_all_since_no_line_bears_a_mark)
{
    struct app_output *output = open_output(APP_OVERWRITE, NULL);

    put(output, "a.jpg", "a dog runs", NULL);
    check_text("a.txt", "a dog runs\n");
    ck_assert_int_eq(output->ops->holds(output, "a.jpg"), META_PERSON);
    write_text("a.txt", "a person wrote");
    put(output, "a.jpg", "a dog", NULL); /* as when it was written during the run */
    check_text("a.txt", "a person wrote");
    write_text("a.txt", " \n");
    ck_assert_int_eq(output->ops->holds(output, "a.jpg"), META_NOBODY);
    put(output, "a.jpg", "a dog", NULL);
    check_text("a.txt", "a dog\n");
    output->ops->destroy(output);
}
END_TEST

START_TEST(replacing_replaces_and_folders_are_made)
{
    struct app_output *output = open_output(APP_REPLACE, "out/deep");

    write_text("x/a.jpg", PHOTO);
    write_text("out/deep/x/a.txt", "old");
    put(output, "./x/a.jpg", "new", NULL);
    check_text("out/deep/x/a.txt", "new\n");
    write_text("y/z/a.jpg", PHOTO);
    put(output, "./y/z/a.jpg", "new", NULL);
    check_text("out/deep/y/z/a.txt", "new\n");
    output->ops->destroy(output);
}
END_TEST

START_TEST(appending_keeps_every_byte_and_says_nothing_twice)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {"", "a dog\na cat\n"},
        {"mine", "mine\na dog\na cat\n"},
        {"mine\r\na dog\r\n", "mine\r\na dog\r\na cat\n"},
        {"a cat\na dog", "a cat\na dog"},
        {"a dog runs\n", "a dog runs\na dog\na cat\n"},
        {"\xEF\xBB\xBFm\xC3\xA9\n\n", "\xEF\xBB\xBFm\xC3\xA9\n\na dog\na cat\n"},
    };
    struct app_output *output = open_output(APP_APPEND, NULL);

    write_text("a.txt", cases[_i].before);
    put(output, "a.jpg", "a dog", "a cat");
    check_text("a.txt", cases[_i].after);
    put(output, "a.jpg", "a dog", "a cat");
    check_text("a.txt", cases[_i].after);
    output->ops->destroy(output);
}
END_TEST

START_TEST(what_is_no_text_is_left_alone)
{
    struct app_output *output = open_output(APP_APPEND, NULL);
    struct tn_error err;

    write_file("a.txt", "\xFF\xFEm\0i\0", 6);
    ck_assert_int_eq(put_captions(output, "a.jpg", "a dog", NULL, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "a.txt: not a text file"));
    ck_assert_int_eq(mkdir("b.txt", 0777), 0);
    ck_assert_int_eq(put_captions(output, "b.jpg", "a dog", NULL, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "b.txt: is a directory"));
    ck_assert_int_eq(put_captions(output, "nowhere/c.jpg", "a dog", NULL, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "nowhere/: the folder cannot be listed"));
    output->ops->destroy(output);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text sidecars");
    TCase *place = tcase_create("place"), *text = tcase_create("content");

    tcase_add_checked_fixture(place, make_albums, leave_folder);
    tcase_add_test(place, beside_the_photo);
    tcase_add_test(place, a_directory_mirrors_what_is_below_the_shared_folder);
    tcase_add_test(place, dots_and_links_stay_within_the_directory);
    tcase_add_test(place, photos_that_share_a_stem_have_a_sidecar_each);
    suite_add_tcase(suite, place);
    tcase_add_checked_fixture(text, enter_folder, leave_folder);
    tcase_add_test(text, captions_are_lines_the_best_first);
    tcase_add_test(text, blanks_are_nobodys_work);
    tcase_add_test(text, overwriting_spares_all_since_no_line_bears_a_mark);
    tcase_add_test(text, replacing_replaces_and_folders_are_made);
    tcase_add_loop_test(text, appending_keeps_every_byte_and_says_nothing_twice, 0, 6);
    tcase_add_test(text, what_is_no_text_is_left_alone);
    suite_add_tcase(suite, text);
    return suite;
}
