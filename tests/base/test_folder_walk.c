/* SPDX-License-Identifier: MIT */
/* Which files a walk finds, and what it passes over. */
#include "base/folder_walk.h"
#include "base/foreign_folder.h"
#include "base/name_pattern.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE];

static void make_folder(void)
{
    test_folder_make(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    test_folder_remove(folder);
}

/* Makes a file and the folders above it. */
static void put(const char *path)
{
    char above[512];
    FILE *file;

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(above, sizeof above, "%.*s", (int)(slash - path), path);
        (void)mkdir(above, 0700);
    }
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fclose(file);
}

/* Walks, and compares the files that it finds, each with a blank behind it. */
static void check_files(struct tn_walk *walk, const char *expected)
{
    char found[2048] = "", *path = NULL;
    size_t used = 0;

    for (;;) {
        ck_assert_int_eq(tn_walk_next(walk, &path, NULL), TN_OK);
        if (!path)
            break;
        used += (size_t)snprintf(found + used, sizeof found - used, "%s ", path);
        ck_assert_uint_lt(used, sizeof found);
        free(path);
    }
    ck_assert_str_eq(found, expected);
}

static void check_walk(struct tn_walk *walk, const char *from, const char *expected)
{
    ck_assert_int_eq(tn_walk_enter(walk, from, NULL), TN_OK);
    check_files(walk, expected);
}

START_TEST(files_come_in_byte_order)
{
    struct tn_walk walk = {0};

    put("a/z.jpg");
    put("a/b/y.jpg");
    put("a/B.jpg");
    put("a/.hidden/x.jpg");
    put("a/.x.jpg");
    check_walk(&walk, "a", "a/B.jpg a/b/y.jpg a/z.jpg ");
    walk.flat = true;
    check_walk(&walk, "a/", "a/B.jpg a/z.jpg ");
    tn_walk_finish(&walk);
}
END_TEST

START_TEST(links_are_followed_but_not_back)
{
    struct tn_walk walk = {0};

    put("a/x.jpg");
    put("b/y.jpg");
    ck_assert_int_eq(symlink(".", "a/one"), 0);
    ck_assert_int_eq(symlink(".", "a/two"), 0);
    ck_assert_int_eq(symlink("../b", "a/b"), 0);
    ck_assert_int_eq(symlink("../a", "b/a"), 0);
    ck_assert_int_eq(symlink("nowhere", "a/broken"), 0);
    check_walk(&walk, "a", "a/b/y.jpg a/x.jpg ");
    tn_walk_finish(&walk);
}
END_TEST

static enum tn_status note_folder(void *context, const char *path, struct tn_error *err)
{
    (void)err;
    strcat(strcat(context, path), " ");
    return strstr(path, "forbidden") ? TN_CANCELLED : TN_OK;
}

START_TEST(a_walk_below_passes_over_what_one_from_the_root_does)
{
    static const char *const excluded[] = {"b/no", "/c"};
    char entered[256] = "";
    struct tn_walk walk = {
        .enters = note_folder, .context = entered, .excluded = excluded, .excluded_count = 2};

    put("a/b/x.jpg");
    put("a/b/no/y.jpg");
    put("a/b/c/z.jpg");
    put("a/c/z.jpg");
    ck_assert_int_eq(symlink("../..", "a/b/c/up"), 0);
    ck_assert_int_eq(tn_walk_enter_below(&walk, 2, "a/b", NULL), TN_OK);
    check_files(&walk, "a/b/c/z.jpg a/b/x.jpg ");
    ck_assert_str_eq(entered, "a/b/ a/b/c/ ");
    ck_assert_int_eq(tn_walk_enter_below(&walk, 2, "a/b/c/up", NULL), TN_OK);
    check_files(&walk, "");
    ck_assert(tn_walk_passes_over(&walk, 2, "a/c", true));
    ck_assert(tn_walk_passes_over(&walk, 2, "a/b/no", true));
    ck_assert(tn_walk_passes_over(&walk, 2, "a/b/.x.jpg", false));
    ck_assert(tn_walk_passes_over(&walk, 2, "a/b/@eaDir", true));
    ck_assert(!tn_walk_passes_over(&walk, 2, "a/b/@eaDir", false));
    ck_assert(!tn_walk_passes_over(&walk, 2, "a/b/c", true));
    tn_walk_finish(&walk);
}
END_TEST

START_TEST(an_error_on_entering_ends_the_walk)
{
    char entered[256] = "", *path;
    struct tn_walk walk = {.enters = note_folder, .context = entered};

    put("a/forbidden/x.jpg");
    ck_assert_int_eq(tn_walk_enter(&walk, "a", NULL), TN_OK);
    ck_assert_int_eq(tn_walk_next(&walk, &path, NULL), TN_CANCELLED);
    tn_walk_finish(&walk);
}
END_TEST

START_TEST(folders_of_other_programs_are_passed_over_unless_they_are_named)
{
    struct tn_walk walk = {0};

    put("a/1.jpg");
    put("a/@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg");
    put("a/b/#recycle/2.jpg");
    put("a/b/$Recycle.bin/2.jpg");
    put("a/x Previews.lrdata/0/p.jpg");
    put("a/P.photoslibrary/originals/0/3.jpg");
    put("a/P.photoslibrary/resources/derivatives/3.jpg");
    put("a/resources/4.jpg");
    put("a/lost+found"); /* a file of that name is a file */
    check_walk(&walk, "a",
               "a/1.jpg a/P.photoslibrary/originals/0/3.jpg a/lost+found a/resources/4.jpg ");
    ck_assert_uint_eq(walk.foreign_count, 5);
    check_walk(&walk, "a/@eaDir", "a/@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg ");
    check_walk(&walk, "a/P.photoslibrary/resources/",
               "a/P.photoslibrary/resources/derivatives/3.jpg ");
    ck_assert_uint_eq(walk.foreign_count, 5);
    ck_assert_ptr_nonnull(walk.first_foreign);
    ck_assert_ptr_nonnull(strchr(walk.first_foreign, '('));
    tn_walk_finish(&walk);
}
END_TEST

START_TEST(a_folder_is_known_by_its_name_and_place)
{
    static const char *const theirs[] = {"@eaDir",
                                         "x/@EADIR",
                                         "/#recycle",
                                         "x/System Volume Information",
                                         "x/Lightroom Smart Previews.lrdata",
                                         "x/__MACOSX",
                                         "Photos Library.photoslibrary/resources",
                                         "x/M4ROOT/THMBNL"};
    static const char *const ours[] = {"eaDir",           "recycle",    "x/resources",
                                       "THMBNL",          "lrdata",     "x.photoslibrary/originals",
                                       "x.photoslibrary", "Thumbnails", "x@eaDir",
                                       "@eaDir/x"};

    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
        ck_assert_msg(tn_foreign_folder(theirs[i]) != NULL, "%s", theirs[i]);
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        ck_assert_msg(!tn_foreign_folder(ours[i]), "%s", ours[i]);
}
END_TEST

static const struct {
    const char *pattern, *found;
} exclusions[] = {
    {"1.jpg", "a/b/2.jpg a/b/c/3.jpg "},
    {"b", "a/1.jpg "},
    {"b/", "a/1.jpg "},
    {"c", "a/1.jpg a/b/1.jpg a/b/2.jpg "},
    {"/c", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"b/c", "a/1.jpg a/b/1.jpg a/b/2.jpg "},
    {"/b/c/", "a/1.jpg a/b/1.jpg a/b/2.jpg "},
    {"c/3.jpg", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"/1.jpg", "a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"1.jpg/", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "}, /* no folder */
    {"*/1.jpg", "a/1.jpg a/b/2.jpg a/b/c/3.jpg "},          /* '*' is within a name */
    {"*/3.jpg", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"[12].jpg", "a/b/c/3.jpg "},
    {"*", ""},
    {"?.JPG", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"./1.jpg", "a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "}, /* as below a itself */
    {"./b//c//", "a/1.jpg a/b/1.jpg a/b/2.jpg "},
    {"//b", "a/1.jpg "},
    {"b//", "a/1.jpg "},
    {"a/b", "a/1.jpg "}, /* as the shell completes it */
    {"a/b/c/", "a/1.jpg a/b/1.jpg a/b/2.jpg "},
    {"./a/./b/[12].jpg", "a/1.jpg a/b/c/3.jpg "},
    {"a/c", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"a/", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"a", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "}, /* what was named is walked */
    {"/", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
    {"[", "a/1.jpg a/b/1.jpg a/b/2.jpg a/b/c/3.jpg "},
};

START_TEST(a_pattern_excludes_names_and_paths)
{
    struct tn_walk walk = {.excluded = &exclusions[_i].pattern, .excluded_count = 1};

    put("a/1.jpg");
    put("a/b/1.jpg");
    put("a/b/2.jpg");
    put("a/b/c/3.jpg");
    check_walk(&walk, "a", exclusions[_i].found);
    check_walk(&walk, "a/", exclusions[_i].found);
    tn_walk_finish(&walk);
}
END_TEST

/* A folder by its names, and patterns as a shell completes them behind each. */
static const struct {
    const char *from, *found_in, *pattern;
} completed[] = {
    {"t [1]", "t [1]/", "t [1]/raw"},         {"t [1]/", "t [1]/", "./t [1]/raw/"},
    {"./t [1]//", "./t [1]//", "t [1]//raw"}, {"x/../t [1]", "x/../t [1]/", "x/../t [1]/raw"},
    {".", "./t [1]/", "./t \\[1]/raw"},       {".", "./t [1]/", "t */raw"},
};

START_TEST(a_pattern_may_begin_with_the_folder_as_it_was_named)
{
    const char *const patterns[] = {completed[_i].pattern, "never"};
    bool fitted[2] = {false};
    struct tn_walk walk = {.excluded = patterns, .excluded_count = 2, .fitted = fitted};
    char expected[64];

    put("t [1]/raw/1.jpg");
    put("t [1]/2.jpg");
    ck_assert_int_eq(mkdir("x", 0700), 0);
    snprintf(expected, sizeof expected, "%s2.jpg ", completed[_i].found_in);
    check_walk(&walk, completed[_i].from, expected);
    ck_assert(fitted[0] && !fitted[1] && walk.left_out);
    tn_walk_finish(&walk);
}
END_TEST

static const struct {
    const char *pattern, *fault; /* what the fault mentions; NULL: there is none */
} judged[] = {
    {"raw", NULL},
    {"./raw", NULL},
    {"[[]x", NULL},
    {"[]x]*[!a-c]?", NULL},
    {"\\[", NULL},
    {"..raw", NULL},
    {"t [1]/raw", NULL},
    {"t [1]//", NULL},
    {"../up/raw", NULL},
    {"/abs/raw", NULL},
    {"", "names nothing"},
    {".", "names nothing"},
    {"./", "names nothing"},
    {"/", "names nothing"},
    {"//", "names nothing"},
    {"..", "leads out"},
    {"../raw", "leads out"},
    {"../up/../raw", "leads out"},
    {"a/..", "leads out"},
    {"[", "without its"},
    {"a/[!]", "without its"},
    {"[]", "without its"},
    {"[a/b]", "without its"},
    {"[\\]", "without its"},
    {"a\\", "backslash"},
};

START_TEST(a_pattern_that_can_mean_nothing_is_found_out)
{
    char trip[] = "t [1]", above[] = "../up/", absolute[] = "/abs";
    char *const folders[] = {trip, above, absolute};
    const char *fault = tn_pattern_fault(judged[_i].pattern, folders, 3);

    if (judged[_i].fault) {
        ck_assert_ptr_nonnull(fault);
        ck_assert_ptr_nonnull(strstr(fault, judged[_i].fault));
    } else {
        ck_assert_ptr_null(fault);
    }
}
END_TEST

START_TEST(several_patterns_exclude)
{
    static const char *const patterns[] = {"*.png", "raw/"};
    struct tn_walk walk = {.excluded = patterns, .excluded_count = 2};

    put("a/1.png");
    put("a/2.jpg");
    put("a/raw/3.jpg");
    check_walk(&walk, "a", "a/2.jpg ");
    tn_walk_finish(&walk);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("folder walk");
    TCase *tcase = tcase_create("folder walk");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, files_come_in_byte_order);
    tcase_add_test(tcase, links_are_followed_but_not_back);
    tcase_add_test(tcase, a_walk_below_passes_over_what_one_from_the_root_does);
    tcase_add_test(tcase, an_error_on_entering_ends_the_walk);
    tcase_add_test(tcase, folders_of_other_programs_are_passed_over_unless_they_are_named);
    tcase_add_test(tcase, a_folder_is_known_by_its_name_and_place);
    tcase_add_loop_test(tcase, a_pattern_excludes_names_and_paths, 0,
                        sizeof exclusions / sizeof exclusions[0]);
    tcase_add_test(tcase, several_patterns_exclude);
    tcase_add_loop_test(tcase, a_pattern_may_begin_with_the_folder_as_it_was_named, 0,
                        sizeof completed / sizeof completed[0]);
    tcase_add_loop_test(tcase, a_pattern_that_can_mean_nothing_is_found_out, 0,
                        sizeof judged / sizeof judged[0]);
    suite_add_tcase(suite, tcase);
    return suite;
}
