/* SPDX-License-Identifier: MIT */
/* Under which of its two names a photo's sidecar is looked for and written. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/sidecar_find.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define PHOTO "P6 1 1 255 abc" /* enough for its first bytes, as below */
#define JPEG "\xFF\xD8\xFF\xE0 and more"
#define RAW "IIU\0 of a camera"
#define FILM                                                                                       \
    "\0\0\0\x14"                                                                                   \
    "ftypqt  "

#define FULL APP_SIDECAR_FULL
#define STEM APP_SIDECAR_STEM

enum { WITH_STEM = 6 }; /* the case that has a.xmp */

struct find_case {
    const char *files, *photo, *extension;
    enum app_sidecar_name wanted;
    const char *path, *other;
};

/* files: what is in the folder; "name=EXT" is an XMP file that states its photo's extension. */
static const struct find_case cases[] = {
    {"a.jpg", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg", "a.jpg", ".xmp", STEM, "a.xmp", NULL},
    {"a.jpg", "a.jpg", ".txt", FULL, "a.jpg.txt", NULL},
    {"a.jpg", "a.jpg", ".txt", STEM, "a.txt", NULL},
    {"a.jpg", "a.jpg", ".caption", FULL, "a.jpg.caption", NULL},
    {"a.jpg", "a.jpg", ".caption", STEM, "a.caption", NULL},
    /* one that is there, under either name */
    {"a.jpg a.xmp", "a.jpg", ".xmp", FULL, "a.xmp", NULL},
    {"a.jpg a.jpg.xmp", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL},
    {"a.jpg a.txt", "a.jpg", ".txt", FULL, "a.txt", NULL},
    {"a.jpg a.jpg.txt", "a.jpg", ".txt", STEM, "a.jpg.txt", NULL},
    {"a.jpg a.jpg.caption a.txt", "a.jpg", ".caption", STEM, "a.jpg.caption", NULL},
    {"a.jpg a.XMP", "a.jpg", ".xmp", FULL, "a.XMP", NULL},
    {"a.jpg a.jpg.XMP", "a.jpg", ".xmp", FULL, "a.jpg.XMP", NULL},
    {"a.jpg a.TXT", "a.jpg", ".txt", STEM, "a.TXT", NULL},
    {"a.jpg a.jpg.XMP a.jpg.xmp", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    /* both */
    {"a.jpg a.xmp a.jpg.xmp", "a.jpg", ".xmp", FULL, "a.jpg.xmp", "a.xmp"},
    {"a.jpg a.xmp a.jpg.xmp", "a.jpg", ".xmp", STEM, "a.xmp", "a.jpg.xmp"},
    /* of two photos with one stem, the first has it */
    {"a.jpg a.png a.xmp", "a.jpg", ".xmp", FULL, "a.xmp", NULL},
    {"a.jpg a.png a.xmp", "a.png", ".xmp", FULL, "a.png.xmp", NULL},
    {"a.jpg a.png a.xmp", "a.png", ".xmp", STEM, "a.png.xmp", NULL},
    {"a.jpg a.png", "a.png", ".txt", STEM, "a.png.txt", NULL},
    {"a a.png", "a.png", ".xmp", STEM, "a.png.xmp", NULL},
    {"a a.rw2", "a.rw2", ".xmp", STEM, "a.rw2.xmp", NULL}, /* a.xmp is a's whole name */
    {"a a.rw2", "a", ".xmp", STEM, "a.xmp", NULL},
    /* but in XMP a raw comes first */
    {"a.jpg a.rw2 a.xmp", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg a.rw2 a.xmp", "a.rw2", ".xmp", FULL, "a.xmp", NULL},
    {"a.jpg a.rw2", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL},
    {"a.jpg a.rw2", "a.rw2", ".xmp", STEM, "a.xmp", NULL},
    {"a.jpg a.rw2", "a.jpg", ".txt", STEM, "a.txt", NULL},
    {"a.jpg a.orf a.rw2", "a.rw2", ".xmp", STEM, "a.rw2.xmp", NULL},
    {"a.jpg a.mov a.xmp", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg a.mov", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL},
    {"a.jpg a.mov", "a.jpg", ".txt", STEM, "a.txt", NULL},
    {"a.mov a.rw2 a.xmp", "a.rw2", ".xmp", FULL, "a.xmp", NULL},
    /* what the file states counts more */
    {"a.jpg a.mov a.xmp=JPG", "a.jpg", ".xmp", FULL, "a.xmp", NULL},
    {"a.jpg a.xmp=RW2", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg a.xmp=RW2", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL},
    {"a.jpg a.xmp=JPG", "a.jpg", ".xmp", FULL, "a.xmp", NULL},
    {"a.jpg a.xmp=JPGX", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg a.xmp=J", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.orf a.rw2 a.xmp=RW2", "a.rw2", ".xmp", FULL, "a.xmp", NULL},
    {"a.orf a.rw2 a.xmp=RW2", "a.orf", ".xmp", FULL, "a.orf.xmp", NULL},
    {"a.jpg a.txt=RW2", "a.jpg", ".txt", FULL, "a.txt", NULL},
    /* photos that are named like sidecars */
    {"a.xmp", "a.xmp", ".xmp", STEM, "a.xmp.xmp", NULL},
    {"a.txt", "a.txt", ".txt", STEM, "a.txt.txt", NULL},
    {"plain", "plain", ".xmp", STEM, "plain.xmp", NULL},
};

static void make_file(char *name)
{
    char *stated = strchr(name, '='), text[128];

    if (stated) {
        *stated++ = '\0';
        snprintf(text, sizeof text, "<x photoshop:SidecarForExtension = \"%s\"/>", stated);
        write_text(name, text);
    } else if (strcmp(name + 1, ".rw2") == 0 || strcmp(name + 1, ".orf") == 0) {
        write_file(name, RAW, sizeof RAW);
    } else if (strcmp(name + 1, ".mov") == 0) {
        write_file(name, FILM, sizeof FILM);
    } else {
        write_text(name, PHOTO);
    }
}

static const struct app_sidecar_kind *kind_of(const char *extension)
{
    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++)
        if (strcmp(app_sidecar_kinds[i]->extension, extension) == 0)
            return app_sidecar_kinds[i];
    ck_abort_msg("no kind %s", extension);
}

static void check_found(const char *directory, const struct find_case *c)
{
    static char here[] = ".";
    static char *const operands[] = {here};
    const struct app_walk_options inputs = {.operands = operands, .operand_count = 1};
    struct app_sidecar_paths *paths;
    struct app_sidecar_found found;
    char path[64], other[64];
    struct tn_error err;

    snprintf(path, sizeof path, "%s%s", directory ? directory : "", c->path);
    snprintf(other, sizeof other, "%s%s", directory ? directory : "", c->other ? c->other : "");
    ck_assert_int_eq(app_sidecar_paths_create(directory, &inputs, NULL, &paths, NULL), TN_OK);
    ck_assert_msg(
        app_sidecar_find(paths, kind_of(c->extension), c->wanted, c->photo, &found, &err) == TN_OK,
        "%s", err.text);
    ck_assert_str_eq(found.path, path);
    if (c->other)
        ck_assert_pstr_eq(found.other, other);
    else
        ck_assert_ptr_null(found.other);
    app_sidecar_found_finish(&found);
    app_sidecar_paths_destroy(paths);
}

START_TEST(the_sidecar_is_found)
{
    char files[64];

    snprintf(files, sizeof files, "%s", cases[_i].files);
    for (char *name = strtok(files, " "); name; name = strtok(NULL, " "))
        make_file(name);
    check_found(NULL, &cases[_i]);
}
END_TEST

/* The photos stay, their sidecars are in a tree. */
START_TEST(it_is_found_in_a_tree_likewise)
{
    char files[64], moved[80];

    ck_assert_int_eq(mkdir("tree", 0777), 0);
    snprintf(files, sizeof files, "%s", cases[_i].files);
    for (char *name = strtok(files, " "); name; name = strtok(NULL, " ")) {
        const char *dot = strrchr(name, '.');

        make_file(name);
        snprintf(moved, sizeof moved, "tree/%s", name);
        if (dot && strcasecmp(dot, cases[_i].extension) == 0 && strcmp(name, cases[_i].photo) != 0)
            ck_assert_int_eq(rename(name, moved), 0);
    }
    check_found("tree/", &cases[_i]);
}
END_TEST

/* It would be waited for. */
START_TEST(a_pipe_of_that_stem_is_not_read)
{
    ck_assert_int_eq(mkfifo("a.mov", 0666), 0);
    write_text("a.jpg", PHOTO);
    write_text("a.xmp", "");
    check_found(NULL, &cases[WITH_STEM]);
}
END_TEST

/* By their bytes, which are no text's: cat.xmp may be a JPEG. */
static const struct find_case taken_cases[] = {
    {"a.xmp", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL},
    {"a.xmp", "a.jpg", ".xmp", FULL, "a.jpg.xmp", NULL},
    {"a.jpg.xmp", "a.jpg", ".xmp", FULL, "a.xmp", NULL},
    {"a.txt", "a.jpg", ".txt", STEM, "a.jpg.txt", NULL},
    {"a.jpg.txt", "a.jpg", ".txt", STEM, "a.txt", NULL},
    {"a.XMP", "a.jpg", ".xmp", STEM, "a.jpg.xmp", NULL}, /* a photo before a.jpg */
};

START_TEST(a_photo_is_no_sidecar)
{
    write_text("a.jpg", PHOTO);
    write_text(taken_cases[_i].files, JPEG);
    check_found(NULL, &taken_cases[_i]);
}
END_TEST

START_TEST(with_both_names_taken_there_is_none)
{
    const struct app_walk_options inputs = {.operand_count = 0};
    struct app_sidecar_paths *paths;
    struct app_sidecar_found found;
    struct tn_error err;

    write_text("a.jpg", PHOTO);
    write_text("a.xmp", JPEG);
    write_text("a.jpg.xmp", JPEG);
    ck_assert_int_eq(app_sidecar_paths_create(NULL, &inputs, NULL, &paths, NULL), TN_OK);
    ck_assert_int_eq(app_sidecar_find(paths, &app_sidecar_xmp, STEM, "a.jpg", &found, &err),
                     TN_RANGE);
    ck_assert_str_eq(err.text, "a.jpg.xmp: is a photo, and no sidecar");
    app_sidecar_paths_destroy(paths);
}
END_TEST

START_TEST(a_folder_of_that_name_is_no_sidecar)
{
    ck_assert_int_eq(mkdir("a.xmp", 0777), 0);
    write_text("a.jpg", PHOTO);
    check_found(NULL, &cases[0]);
}
END_TEST

Suite *test_suite(void)
{
    const int count = sizeof cases / sizeof cases[0];
    Suite *suite = suite_create("finding sidecars");
    TCase *tcase = tcase_create("names");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, the_sidecar_is_found, 0, count);
    tcase_add_loop_test(tcase, it_is_found_in_a_tree_likewise, 0, count);
    tcase_add_test(tcase, a_pipe_of_that_stem_is_not_read);
    tcase_add_loop_test(tcase, a_photo_is_no_sidecar, 0,
                        sizeof taken_cases / sizeof taken_cases[0]);
    tcase_add_test(tcase, with_both_names_taken_there_is_none);
    tcase_add_test(tcase, a_folder_of_that_name_is_no_sidecar);
    suite_add_tcase(suite, tcase);
    return suite;
}
