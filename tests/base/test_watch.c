/* SPDX-License-Identifier: MIT */
/* What happens in watched folders, as the system reports it and as looking finds it. */
#include "base/platform/watch.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { LOOKS = 20 }; /* milliseconds */

static const int ways[] = {0, LOOKS};
static char home[TEST_FOLDER_SIZE];
static struct tn_watch *watch;
static char seen[4096]; /* "folder name+name-..." of all that happened */

static int add(const char *path)
{
    int folder;

    ck_assert_int_eq(tn_watch_add(watch, path, -1, &folder, NULL), TN_OK);
    return folder;
}

static void begin(int way)
{
    test_folder_make(home);
    ck_assert_int_eq(chdir(home), 0);
    ck_assert_int_eq(tn_watch_create(ways[way], &watch, NULL), TN_OK);
    seen[0] = '\0';
}

static void end(void)
{
    tn_watch_destroy(watch);
    ck_assert_int_eq(chdir("/"), 0);
    test_folder_remove(home);
}

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert(file != NULL);
    fputs(text, file);
    fclose(file);
}

/* Letters for what happened: + there is, - there is not, w written, c closed; / of a folder; x the
 * folder itself is gone, . its number has ended. */
static enum tn_status note(void *context, int folder, unsigned happened, const char *name,
                           struct tn_error *err)
{
    static const struct {
        unsigned bits;
        char letter;
    } letters[] = {{TN_WATCH_CREATED | TN_WATCH_MOVED_IN, '+'},
                   {TN_WATCH_MOVED_OUT | TN_WATCH_REMOVED, '-'},
                   {TN_WATCH_WRITTEN, 'w'},
                   {TN_WATCH_CLOSED, 'c'},
                   {TN_WATCH_IS_FOLDER, '/'},
                   {TN_WATCH_SELF_REMOVED, 'x'},
                   {TN_WATCH_ENDED, '.'}};
    size_t used = strlen(seen);

    (void)context;
    (void)err;
    used += (size_t)snprintf(seen + used, sizeof seen - used, "%d%s", folder, name);
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (happened & letters[i].bits)
            seen[used++] = letters[i].letter;
    seen[used++] = ' ';
    seen[used] = '\0';
    return TN_OK;
}

static void read_now(void)
{
    ck_assert_int_eq(tn_watch_read(watch, note, NULL, NULL), TN_OK);
}

/* Waits as a program does, and reads, until that was seen: of the folder, what note() writes. */
static void expect_named(int folder, const char *name_and_letters)
{
    char happened[64];

    snprintf(happened, sizeof happened, "%d%s ", folder, name_and_letters);
    for (int tries = 0; tries < 200 && !strstr(seen, happened); tries++) {
        struct pollfd end = {.fd = tn_watch_descriptor(watch), .events = POLLIN};
        const int wait = tn_watch_wait(watch);

        poll(&end, 1, wait < 0 ? 50 : wait + 1);
        read_now();
    }
    ck_assert_msg(strstr(seen, happened), "'%s' was not seen: %s", happened, seen);
}

START_TEST(what_comes_changes_and_goes_is_told)
{
    int folder;

    begin(_i);
    mkdir("in", 0777);
    make_file("in/there", "");
    folder = add("in");
    ck_assert_int_ge(folder, 0);
    read_now();
    ck_assert_str_eq(seen, "");

    make_file("in/new", "");
    expect_named(folder, "new+");
    make_file("in/there", "longer");
    expect_named(folder, "therew");
    mkdir("in/below", 0777);
    expect_named(folder, "below+/");
    rename("in/new", "in/other");
    expect_named(folder, "new-");
    expect_named(folder, "other+");
    unlink("in/other");
    expect_named(folder, "other-");
    rmdir("in/below");
    expect_named(folder, "below-/");
    end();
}
END_TEST

START_TEST(a_folder_that_is_gone_ends)
{
    int folder;

    begin(_i);
    mkdir("in", 0777);
    folder = add("in");
    rmdir("in");
    expect_named(folder, "x");
    expect_named(folder, ".");
    ck_assert_int_eq(add("in"), -1);
    end();
}
END_TEST

START_TEST(a_removed_folder_is_told_of_no_more)
{
    int first, second;

    begin(_i);
    mkdir("first", 0777);
    mkdir("second", 0777);
    first = add("first");
    second = add("second");
    tn_watch_remove(watch, first);
    make_file("first/a", "");
    make_file("second/b", "");
    expect_named(second, "b+");
    ck_assert(strstr(seen, "a+") == NULL);
    end();
}
END_TEST

/* What nothing but a look can tell: its own. */
START_TEST(looking_finds_links_that_lead_elsewhere_and_files_that_became_folders)
{
    const struct timeval old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    int folder;

    begin(1);
    mkdir("in", 0777);
    make_file("in/a", "");
    make_file("in/same", "1");
    ck_assert_int_eq(symlink("x", "in/link"), 0);
    folder = add("in");
    unlink("in/a");
    mkdir("in/a", 0777);
    unlink("in/link");
    ck_assert_int_eq(symlink("elsewhere", "in/link"), 0);
    make_file("in/same", "2");
    utimes("in/same", old); /* as long as before, and another time */
    expect_named(folder, "samew");
    expect_named(folder, "a-");
    expect_named(folder, "a+/");
    expect_named(folder, "link-");
    expect_named(folder, "link+");
    ck_assert_int_gt(tn_watch_between_looks(watch), 0);
    ck_assert_int_eq(tn_watch_descriptor(watch), -1);
    end();
}
END_TEST

/* Nothing happens: nothing is told, and a folder that cannot be read for a while is not gone. */
START_TEST(looking_waits_for_a_folder_that_cannot_be_read)
{
    int folder;

    begin(1);
    mkdir("in", 0777);
    make_file("in/a", "");
    folder = add("in");
    for (int i = 0; i < 3; i++) {
        poll(NULL, 0, LOOKS + 1);
        read_now();
    }
    ck_assert_str_eq(seen, "");
    if (geteuid() != 0) { /* who may read all */
        chmod("in", 0);
        poll(NULL, 0, LOOKS + 1);
        read_now();
        ck_assert_str_eq(seen, "");
        chmod("in", 0777);
    }
    make_file("in/b", "");
    expect_named(folder, "b+");
    ck_assert(strstr(seen, "a") == NULL);
    end();
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("watch");
    TCase *tests = tcase_create("watch");
    const int count = sizeof ways / sizeof ways[0];

    tcase_add_loop_test(tests, what_comes_changes_and_goes_is_told, 0, count);
    tcase_add_loop_test(tests, a_folder_that_is_gone_ends, 0, count);
    tcase_add_loop_test(tests, a_removed_folder_is_told_of_no_more, 0, count);
    tcase_add_test(tests, looking_finds_links_that_lead_elsewhere_and_files_that_became_folders);
    tcase_add_test(tests, looking_waits_for_a_folder_that_cannot_be_read);
    suite_add_tcase(suite, tests);
    return suite;
}
