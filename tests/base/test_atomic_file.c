/* SPDX-License-Identifier: MIT */
/* A file appears whole or not at all, whatever goes wrong. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include "base/atomic_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE], path[128], other[128];

static void make_folder(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/other", folder);
}

static void remove_folder(void)
{
    unlink(path);
    unlink(other);
    rmdir(folder);
}

static int count_files(void)
{
    DIR *directory = opendir(folder);
    int count = -2; /* . and .. */

    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void put(const char *name, const char *text)
{
    struct tn_atomic_file file;
    struct tn_error err;

    ck_assert_msg(tn_atomic_open(&file, name, &err) == TN_OK, "%s", err.text);
    fputs(text, file.stream);
    ck_assert_msg(tn_atomic_commit(&file, &err) == TN_OK, "%s", err.text);
    tn_atomic_abandon(&file);
}

static void check_content(const char *name, const char *expected)
{
    char text[64] = "";
    FILE *stream = fopen(name, "rb");

    ck_assert_ptr_nonnull(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    ck_assert_str_eq(text, expected);
}

START_TEST(a_commit_replaces_the_file)
{
    put(path, "one");
    check_content(path, "one");
    put(path, "two");
    check_content(path, "two");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(until_the_commit_the_old_file_stands)
{
    struct tn_atomic_file file;

    put(path, "one");
    ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
    fputs("two", file.stream);
    fflush(file.stream);
    check_content(path, "one");
    tn_atomic_abandon(&file);
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file)
{
    const struct rlimit limit = {10000, RLIM_INFINITY};
    struct tn_atomic_file file;
    struct tn_error err;

    put(path, "one");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
    for (int i = 0; i < 100000; i++)
        putc('x', file.stream);
    ck_assert_int_eq(tn_atomic_commit(&file, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write: "));
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
    struct stat info;

    put(path, "one");
    ck_assert_int_eq(symlink("file", other), 0);
    put(other, "two");
    check_content(path, "two");
    ck_assert_int_eq(lstat(other, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
}
END_TEST

START_TEST(permissions_are_kept)
{
    struct stat info;

    put(path, "one");
    ck_assert_int_eq(chmod(path, 0640), 0);
    put(path, "two");
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_read_only_file_stays)
{
    struct tn_atomic_file file;
    struct tn_error err;
    int fd;

    put(path, "one");
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(tn_atomic_open(&file, path, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/file: cannot write: the file is read-only"));
    ck_assert_int_eq(tn_atomic_try(path, NULL), TN_IO);
    fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tn_atomic_open_in(&file, fd, "shown/file", &err), TN_IO);
    ck_assert_str_eq(err.text, "shown/file: cannot write: the file is read-only");
    close(fd);
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(messages_name_the_file_as_it_was_given)
{
    struct tn_atomic_file file;
    char given[sizeof folder + 16];

    snprintf(given, sizeof given, "%s/./file", folder);
    for (int there = 0; there < 2; there++) {
        ck_assert_int_eq(tn_atomic_open(&file, given, NULL), TN_OK);
        ck_assert_str_eq(file.path, given);
        ck_assert_int_eq(tn_atomic_commit(&file, NULL), TN_OK);
    }
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error)
{
    static const char *const names[] = {"/nowhere/file", "/", "/dev/null", ""};
    struct tn_atomic_file file;
    struct tn_error err;

    ck_assert_int_eq(tn_atomic_open(&file, names[_i], &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write: "));
    tn_atomic_abandon(&file);
    ck_assert_int_eq(tn_atomic_try(names[_i], NULL), TN_IO);
}
END_TEST

START_TEST(a_try_leaves_nothing_and_changes_nothing)
{
    ck_assert_int_eq(tn_atomic_try(path, NULL), TN_OK);
    ck_assert_int_eq(count_files(), 0);
    put(path, "one");
    ck_assert_int_eq(tn_atomic_try(path, NULL), TN_OK);
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* ---- What a kill leaves ---- */

static void leave(const char *name)
{
    char leftover[160];
    FILE *stream;

    snprintf(leftover, sizeof leftover, "%s/%s", folder, name);
    stream = fopen(leftover, "wb");
    ck_assert_ptr_nonnull(stream);
    fputs("half a", stream);
    fclose(stream);
}

static bool is_there(const char *name)
{
    char leftover[160];
    struct stat info;

    snprintf(leftover, sizeof leftover, "%s/%s", folder, name);
    return lstat(leftover, &info) == 0;
}

static bool forget(const char *name)
{
    char leftover[160];

    snprintf(leftover, sizeof leftover, "%s/%s", folder, name);
    return remove(leftover) == 0;
}

START_TEST(temporary_names_are_known)
{
    static const char *const temporary[] = {".caption-unfinished-0", ".caption-unfinished-12",
                                            "a.jpg.tmp123.0",        "a.jpg.xmp.tmp1.99",
                                            "a.tmpfile.tmp4.5",      ".tmp1.0"};
    static const char *const others[] = {"",
                                         ".caption-unfinished-",
                                         ".caption-unfinished-x",
                                         ".caption-unfinished-1a",
                                         "a.jpg",
                                         "a.tmp",
                                         "a.tmp123",
                                         "a.tmp123.",
                                         "a.tmp.0",
                                         "a.tmp123.0.jpg",
                                         "a.tmp123.x",
                                         "caption-unfinished-0",
                                         "tmp123.0.1",
                                         "a.tmp12x.0"};

    for (size_t i = 0; i < sizeof temporary / sizeof temporary[0]; i++)
        ck_assert_msg(tn_atomic_is_temporary(temporary[i]), "%s", temporary[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!tn_atomic_is_temporary(others[i]), "%s", others[i]);
}
END_TEST

START_TEST(leftovers_go_with_the_next_write)
{
    leave(".caption-unfinished-0");
    leave(".caption-unfinished-3");
    put(path, "one");
    check_content(path, "one");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(what_somebody_writes_stays)
{
    char name[160];
    int fd;

    leave(".caption-unfinished-0");
    snprintf(name, sizeof name, "%s/.caption-unfinished-0", folder);
    fd = open(name, O_RDONLY);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    put(path, "one");
    put(path, "two");
    ck_assert(is_there(".caption-unfinished-0"));
    ck_assert_int_eq(count_files(), 2);
    close(fd);
    put(path, "three");
    check_content(path, "three");
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(what_only_looks_like_a_leftover_stays)
{
    static const char *const names[] = {".caption-unfinished-0x", "a.jpg.tmp123.0"};
    char name[160];

    leave(names[0]);
    leave(names[1]);
    snprintf(name, sizeof name, "%s/.caption-unfinished-0", folder);
    ck_assert_int_eq(mkdir(name, 0700), 0);
    put(path, "one");
    put(path, "two");
    ck_assert_int_eq(count_files(), 4);
    ck_assert(forget(names[0]));
    ck_assert(forget(names[1]));
    ck_assert(forget(".caption-unfinished-0"));
}
END_TEST

START_TEST(a_kill_leaves_nothing)
{
    const pid_t child = fork();
    int status;

    if (child == 0) {
        struct tn_atomic_file file;

        if (tn_atomic_open(&file, path, NULL) == TN_OK) {
            fputs("half a", file.stream);
            fflush(file.stream);
        }
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(access(path, F_OK), -1);
    put(other, "one"); /* where the system has no files without names, that removes it */
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

/* ---- Folders ---- */

START_TEST(a_folder_that_is_removed_is_told)
{
    struct tn_atomic_file file;
    struct tn_error err;
    char below[80], name[100];

    snprintf(below, sizeof below, "%s/below", folder);
    snprintf(name, sizeof name, "%s/file", below);
    ck_assert_int_eq(mkdir(below, 0700), 0);
    ck_assert_int_eq(tn_atomic_open(&file, name, NULL), TN_OK);
    fputs("one", file.stream);
    (void)forget("below/.caption-unfinished-0"); /* where it has a name */
    ck_assert_int_eq(rmdir(below), 0);
    ck_assert_int_eq(tn_atomic_commit(&file, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "/below/file: cannot write: its folder was removed"));
}
END_TEST

START_TEST(in_a_given_folder_no_link_is_followed)
{
    const int fd = open(folder, O_PATH | O_DIRECTORY);
    struct tn_atomic_file file;
    struct tn_error err;

    ck_assert_int_eq(tn_atomic_open_in(&file, fd, "shown/file", NULL), TN_OK);
    fputs("one", file.stream);
    ck_assert_int_eq(tn_atomic_commit(&file, NULL), TN_OK);
    check_content(path, "one");
    ck_assert_int_eq(symlink("file", other), 0);
    ck_assert_int_eq(tn_atomic_open_in(&file, fd, "shown/other", &err), TN_IO);
    ck_assert_str_eq(err.text, "shown/other: cannot write: it is a symbolic link");
    check_content(path, "one");
    close(fd);
}
END_TEST

START_TEST(the_longest_name_can_be_written)
{
    char name[256], whole[400];

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(whole, sizeof whole, "%s/%s", folder, name);
    put(whole, "one");
    put(whole, "two");
    check_content(whole, "two");
    ck_assert_int_eq(count_files(), 1);
    unlink(whole);
    strcat(whole, "x");
    ck_assert_int_eq(tn_atomic_try(whole, NULL), TN_IO);
}
END_TEST

/* What somebody may do to the file between its reading and its replacement. */
static void replace_alike(void)
{
    const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};

    put(other, "1ne");
    ck_assert_int_eq(utimensat(AT_FDCWD, other, times, 0), 0);
    ck_assert_int_eq(rename(other, path), 0);
}

static void write_into(void)
{
    const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    FILE *stream = fopen(path, "r+");

    fputs("1", stream);
    fclose(stream);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void change_permissions(void)
{
    ck_assert_int_eq(chmod(path, 0640), 0);
}

static void remove_it(void)
{
    ck_assert_int_eq(unlink(path), 0);
}

static void leave_it(void)
{
}

/* The system's clock of changes has ticks of some milliseconds. */
static void pass_a_tick(void)
{
    struct stat before, now;

    do {
        put(other, "");
        ck_assert_int_eq(stat(path, &before) | stat(other, &now), 0);
        unlink(other);
    } while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
             now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
}

START_TEST(what_changed_meanwhile_is_not_replaced)
{
    static const struct {
        void (*change)(void);
        enum tn_status status;
        const char *content; /* NULL: no file */
    } cases[] = {{replace_alike, TN_NOTFOUND, "1ne"},
                 {write_into, TN_NOTFOUND, "1ne"},
                 {change_permissions, TN_NOTFOUND, "one"},
                 {remove_it, TN_NOTFOUND, NULL},
                 {leave_it, TN_OK, "two"}};
    const struct timespec times[] = {{.tv_sec = 1}, {.tv_sec = 1}};
    struct tn_atomic_file file;
    struct tn_error err;
    struct stat seen;

    put(path, "one");
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    ck_assert_int_eq(stat(path, &seen), 0);
    ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
    fputs("two", file.stream);
    pass_a_tick();
    cases[_i].change();
    ck_assert_int_eq(tn_atomic_commit_over(&file, &seen, &err), cases[_i].status);
    if (cases[_i].status != TN_OK)
        ck_assert_ptr_nonnull(strstr(err.text, "/file: somebody changed it meanwhile; it is left"));
    if (cases[_i].content)
        check_content(path, cases[_i].content);
    ck_assert_int_eq(count_files(), cases[_i].content ? 1 : 0);
}
END_TEST

START_TEST(what_appeared_meanwhile_is_not_replaced)
{
    const struct stat none = {0};
    struct tn_atomic_file file;

    for (int i = 0; i < 2; i++) { /* at first there is none */
        ck_assert_int_eq(tn_atomic_open(&file, path, NULL), TN_OK);
        fprintf(file.stream, "%d", i);
        ck_assert_int_eq(tn_atomic_commit_over(&file, &none, NULL), i == 0 ? TN_OK : TN_NOTFOUND);
        check_content(path, "0");
        ck_assert_int_eq(count_files(), 1);
    }
}
END_TEST

/* Adds a letter to the file.  false: another writer came first. */
static bool add_letter(char letter)
{
    struct tn_atomic_file file;
    struct stat seen = {0};
    char text[128] = "";
    FILE *old;

    (void)!stat(path, &seen);
    old = fopen(path, "rb");
    if (old) {
        text[fread(text, 1, sizeof text - 1, old)] = '\0';
        fclose(old);
    }
    if (tn_atomic_open(&file, path, NULL) != TN_OK)
        _exit(1);
    fprintf(file.stream, "%s%c", text, letter);
    return tn_atomic_commit_over(&file, &seen, NULL) == TN_OK;
}

START_TEST(of_several_writers_none_is_lost)
{
    enum { WRITERS = 4, LETTERS = 20 };
    struct stat info;

    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0) {
            for (int letters = 0; letters < LETTERS;)
                letters += add_letter('a' + (char)i);
            _exit(0);
        }
    for (int i = 0, result; i < WRITERS; i++) {
        ck_assert_int_gt(wait(&result), 0);
        ck_assert_int_eq(result, 0);
    }
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_size, WRITERS * LETTERS);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("atomic file");
    TCase *tcase = tcase_create("atomic file");

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, a_commit_replaces_the_file);
    tcase_add_test(tcase, until_the_commit_the_old_file_stands);
    tcase_add_test(tcase, a_full_disk_leaves_the_old_file);
    tcase_add_loop_test(tcase, what_changed_meanwhile_is_not_replaced, 0, 5);
    tcase_add_test(tcase, what_appeared_meanwhile_is_not_replaced);
    tcase_add_test(tcase, of_several_writers_none_is_lost);
    tcase_add_test(tcase, a_link_stays_a_link);
    tcase_add_test(tcase, permissions_are_kept);
    tcase_add_test(tcase, a_read_only_file_stays);
    tcase_add_test(tcase, messages_name_the_file_as_it_was_given);
    tcase_add_loop_test(tcase, what_cannot_be_written_is_an_error, 0, 4);
    tcase_add_test(tcase, a_try_leaves_nothing_and_changes_nothing);
    tcase_add_test(tcase, temporary_names_are_known);
    tcase_add_test(tcase, leftovers_go_with_the_next_write);
    tcase_add_test(tcase, what_somebody_writes_stays);
    tcase_add_test(tcase, what_only_looks_like_a_leftover_stays);
    tcase_add_test(tcase, a_kill_leaves_nothing);
    tcase_add_test(tcase, a_folder_that_is_removed_is_told);
    tcase_add_test(tcase, in_a_given_folder_no_link_is_followed);
    tcase_add_test(tcase, the_longest_name_can_be_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
