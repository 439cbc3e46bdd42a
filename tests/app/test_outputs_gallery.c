/* SPDX-License-Identifier: MIT */
/* Galleries in files: the first 2,000 thumbnails are in the page, and the others in a folder of the
 * program's own. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/gallery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WITHIN = 2000, PHOTOS = WITHIN + 3 };

#define MARK "page_files/.nomedia"

static enum tn_status put_photo(struct app_output *output, size_t photo, struct tn_error *err)
{
    unsigned char jpeg[] = {0xFF, 0xD8, (unsigned char)photo, (unsigned char)(photo >> 8), 0, 0xD9};
    const struct app_thumbnail thumbnail = {1, 1, jpeg, sizeof jpeg};
    const struct captioner_caption caption = {.text = "a dog", .confidence = 0.5};
    const struct captioner_result result = {.count = 1, .captions = &caption};
    char path[32];
    const struct app_entry entry = {
        .path = path, .result = &result, .language = "en", .thumbnail = &thumbnail};

    snprintf(path, sizeof path, "%zu.jpg", photo);
    return output->ops->holds(output, path) && output->existing == APP_SKIP
               ? TN_OK
               : output->ops->put(output, &entry, err);
}

/* A run over the photos from `first` on. */
static enum tn_status run(enum app_existing existing, size_t first, size_t count, bool complete,
                          struct tn_error *err)
{
    struct app_output *output;
    enum tn_status status =
        app_gallery_create(&app_format_gallery, "page.html", existing, &output, err);

    if (status != TN_OK)
        return status;
    for (size_t i = 0; i < count && status == TN_OK; i++)
        status = put_photo(output, first + i, err);
    if (status == TN_OK)
        status = output->ops->flush(output, err);
    if (status == TN_OK)
        status = output->ops->finish(output, complete, err);
    output->ops->destroy(output);
    return status;
}

static void run_well(enum app_existing existing, size_t first, size_t count)
{
    struct tn_error err;

    ck_assert_msg(run(existing, first, count, true, &err) == TN_OK, "%s", err.text);
}

/* A copy of the page; the caller frees it. */
static char *page(size_t *ret_size)
{
    const char *text = content("page.html", ret_size);
    char *copy = text ? malloc(*ret_size + 1) : NULL;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, *ret_size + 1);
    return copy;
}

static void check_page(const char *expected, size_t expected_size)
{
    size_t size;
    const char *text = content("page.html", &size);

    ck_assert(size == expected_size && memcmp(text, expected, size) == 0);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* The file of the thumbnail that the page names next, behind *at. */
static void next_thumbnail(const char **at, char file[64])
{
    *at = strstr(*at, "src=\"page_files/");
    ck_assert_ptr_nonnull(*at);
    *at += strlen("src=\"");
    snprintf(file, 64, "%.*s", (int)strcspn(*at, "\""), *at);
}

START_TEST(thumbnails_beyond_the_page_are_in_files)
{
    const char *thumbnail, *at;
    char file[64], *text;
    size_t size;

    run_well(APP_SKIP, 0, WITHIN);
    ck_assert_int_ne(access("page_files", F_OK), 0);
    run_well(APP_SKIP, 0, PHOTOS);
    at = text = page(&size);
    ck_assert_uint_eq(count_of(text, "\" src=\"data:image/jpeg;base64,/9"), WITHIN);
    ck_assert_uint_eq(count_files("page_files"), PHOTOS - WITHIN + 1);
    for (size_t i = WITHIN; i < PHOTOS; i++) {
        next_thumbnail(&at, file);
        thumbnail = content(file, &size);
        ck_assert_ptr_nonnull(thumbnail);
        ck_assert_uint_eq(size, 6);
        ck_assert_uint_eq((unsigned char)thumbnail[2], (unsigned char)i);
    }
    ck_assert_uint_eq(count_of(at, "src=\"page_files/"), 0);
    free(text);
}
END_TEST

START_TEST(a_run_goes_on_with_the_folder)
{
    const char *at;
    char file[64], *whole;
    size_t size, row;

    run_well(APP_SKIP, 0, PHOTOS);
    at = whole = page(&size);
    next_thumbnail(&at, file);
    row = (size_t)(at - whole); /* within the first row that names a file */
    for (size_t cut = row - 30; cut < row + 60; cut += 10) {
        write_file("page.html", whole, cut);
        write_file(file, "\xFF\xD8\0\0\0", cut % 6); /* as a kill, or a power cut, leaves it */
        run_well(APP_SKIP, 0, PHOTOS);
        check_page(whole, size);
        ck_assert_uint_eq(count_files("page_files"), PHOTOS - WITHIN + 1);
        ck_assert_int_eq(content(file, &(size_t){0})[5], '\xD9');
    }
    free(whole);
}
END_TEST

START_TEST(a_folder_that_no_run_made_is_refused)
{
    static const char *const kinds[] = {"a photo", "another mark", "a file", "a link"};
    const char *kind = kinds[_i];
    struct tn_error err;

    if (_i == 0)
        write_text("page_files/mine.jpg", "mine");
    else if (_i == 1)
        write_text(MARK, "mine");
    else if (_i == 2)
        write_text("page_files", "mine");
    else if (_i == 3)
        ck_assert(mkdir("elsewhere", 0777) == 0 && symlink("elsewhere", "page_files") == 0);
    ck_assert_msg(run(APP_SKIP, 0, PHOTOS, true, &err) == TN_FORMAT, "%s", kind);
    ck_assert_str_eq(err.text, "page_files: is there, and is no folder that a gallery made for its "
                               "thumbnails; it was left as it is: move it, or name another page");
    if (_i == 0)
        check_text("page_files/mine.jpg", "mine");
    if (_i == 1)
        check_text(MARK, "mine");
    if (_i < 2)
        ck_assert_uint_eq(count_files("page_files"), 1);
    if (_i == 2)
        check_text("page_files", "mine");
    if (_i == 3)
        ck_assert_uint_eq(count_files("elsewhere"), 0);
    run_well(APP_SKIP, 0, WITHIN); /* which need no folder */
}
END_TEST

START_TEST(an_empty_folder_is_taken)
{
    ck_assert_int_eq(mkdir("page_files", 0777), 0);
    run_well(APP_SKIP, 0, PHOTOS);
    ck_assert_uint_eq(count_files("page_files"), PHOTOS - WITHIN + 1);
}
END_TEST

START_TEST(a_file_that_is_no_such_thumbnail_is_left_as_it_is)
{
    static const char *const mine[] = {"mine", "\xFF\xD8 and more than it had"};
    struct tn_error err;
    const char *at;
    char file[64], *whole;
    size_t size;

    run_well(APP_SKIP, 0, PHOTOS);
    at = whole = page(&size);
    next_thumbnail(&at, file);
    unlink("page.html");
    write_text(file, mine[_i]);
    ck_assert_int_eq(run(APP_SKIP, 0, PHOTOS, true, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "is not the thumbnail of that name; it was left"));
    ck_assert_msg(strncmp(err.text, file, strlen(file)) == 0, "%s", err.text);
    check_text(file, mine[_i]);
    free(whole);
}
END_TEST

START_TEST(what_replaces_a_page_removes_the_thumbnails_that_it_named_alone)
{
    struct tn_error err;
    const char *at;
    char first[64], second[64], *whole;
    size_t size;

    run_well(APP_SKIP, 0, PHOTOS);
    at = whole = page(&size);
    next_thumbnail(&at, first);
    next_thumbnail(&at, second);
    write_text("page_files/0123456789abcdef.jpg", "mine");
    write_text("page_files/mine.jpg", "mine");
    ck_assert_int_eq(run(APP_OVERWRITE, 1, PHOTOS, false, &err), TN_OK); /* it is interrupted */
    check_page(whole, size);
    ck_assert_int_eq(access(first, F_OK), 0);
    run_well(APP_OVERWRITE, 1, PHOTOS);
    ck_assert_int_ne(access(first, F_OK), 0);
    ck_assert_int_eq(access(second, F_OK), 0);
    ck_assert_uint_eq(count_files("page_files"), PHOTOS - WITHIN + 3);
    run_well(APP_OVERWRITE, 0, 10);
    ck_assert_uint_eq(count_files("page_files"), 3);
    check_text("page_files/0123456789abcdef.jpg", "mine");
    free(whole);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gallery in files");
    TCase *tcase = tcase_create("gallery in files");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, thumbnails_beyond_the_page_are_in_files);
    tcase_add_test(tcase, a_run_goes_on_with_the_folder);
    tcase_add_loop_test(tcase, a_folder_that_no_run_made_is_refused, 0, 4);
    tcase_add_test(tcase, an_empty_folder_is_taken);
    tcase_add_loop_test(tcase, a_file_that_is_no_such_thumbnail_is_left_as_it_is, 0, 2);
    tcase_add_test(tcase, what_replaces_a_page_removes_the_thumbnails_that_it_named_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
