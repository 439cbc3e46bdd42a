/* SPDX-License-Identifier: MIT */
#include "tests/support/dataset.h"

#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static char folder[TEST_FOLDER_SIZE];

void set_make_folder(void)
{
    test_folder_make(folder);
}

void set_remove_folder(void)
{
    test_folder_remove(folder);
}

const char *set_in_folder(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void set_put(const char *name, const char *text)
{
    FILE *file = fopen(set_in_folder(name), "wb");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

void set_put_photo(const char *name)
{
    set_put(name, "\xFF\xD8\xFF\xE0");
}

void set_put_folder(const char *name)
{
    ck_assert_int_eq(mkdir(set_in_folder(name), 0700), 0);
}

struct data_set set_load(const char *name)
{
    const struct data_set_options options = {0};
    struct data_set dataset;
    struct tn_error err;
    const enum tn_status status = data_set_load(set_in_folder(name), &options, &dataset, &err);

    ck_assert_msg(status == TN_OK, "%s", err.text);
    return dataset;
}

void set_load_fails(const char *name, enum tn_status expected, const char *word, const char *other)
{
    const struct data_set_options options = {0};
    struct data_set dataset;
    struct tn_error err;

    ck_assert_int_eq(data_set_load(set_in_folder(name), &options, &dataset, &err), expected);
    ck_assert_msg(strstr(err.text, word) && strstr(err.text, other), "%s", err.text);
}

void set_check(const struct data_set *dataset, size_t photo, const char *name,
               enum data_split split, size_t captions, const char *first)
{
    const struct data_photo *p = &dataset->photos[photo];

    ck_assert_uint_gt(dataset->photo_count, photo);
    ck_assert_str_eq(data_set_name(dataset, photo), name);
    ck_assert_int_eq(p->split, split);
    ck_assert_uint_eq(p->caption_count, captions);
    ck_assert_uint_eq(dataset->captions[p->first].photo, photo);
    ck_assert_str_eq(data_set_caption(dataset, p->first), first);
}
