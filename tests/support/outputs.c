/* SPDX-License-Identifier: MIT */
#include "tests/support/outputs.h"

#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include "app/output/sidecar_path.h"
#include "base/read_file.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE];
static char *contents[2];
static size_t content_index;

void enter_folder(void)
{
    test_folder_make(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

void leave_folder(void)
{
    for (size_t i = 0; i < 2; i++) {
        free(contents[i]);
        contents[i] = NULL;
    }
    ck_assert_int_eq(chdir("/"), 0);
    test_folder_remove(folder);
}

void write_file(const char *path, const void *bytes, size_t size)
{
    struct tn_error err;
    FILE *stream;

    ck_assert_msg(app_make_folders(path, &err) == TN_OK, "%s", err.text);
    stream = fopen(path, "wb");
    ck_assert_ptr_nonnull(stream);
    ck_assert_uint_eq(fwrite(bytes, 1, size, stream), size);
    ck_assert_int_eq(fclose(stream), 0);
}

void write_text(const char *path, const char *text)
{
    write_file(path, text, strlen(text));
}

void copy_data(const char *name, const char *path)
{
    char source[512];
    size_t size;
    const char *bytes;

    snprintf(source, sizeof source, "%s/%s", getenv("TEST_DATA"), name);
    bytes = content(source, &size);
    ck_assert_msg(bytes != NULL, "%s is not there", source);
    write_file(path, bytes, size);
}

const char *content(const char *path, size_t *ret_size)
{
    char **place = &contents[content_index++ % 2];
    size_t size;

    free(*place);
    *place = NULL;
    if (tn_read_file(path, (size_t)1 << 30, place, &size, NULL) != TN_OK)
        return NULL;
    if (ret_size)
        *ret_size = size;
    return *place;
}

void check_text(const char *path, const char *expected)
{
    const char *text = content(path, NULL);

    ck_assert_msg(text != NULL, "%s is not there", path);
    ck_assert_str_eq(text, expected);
}

size_t count_files(const char *name)
{
    DIR *stream = opendir(name);
    size_t count = 0;

    ck_assert_ptr_nonnull(stream);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count - 2; /* . and .. */
}

enum tn_status put_captions(struct app_output *output, const char *photo, const char *first,
                            const char *second, struct tn_error *err)
{
    const struct captioner_caption captions[] = {{.text = first}, {.text = second}};
    const struct captioner_result result = {.count = second ? 2 : 1, .captions = captions};
    const struct app_entry entry = {
        .path = photo, .result = &result, .language = "en", .model = "0"};

    return output->ops->put(output, &entry, err);
}

void put(struct app_output *output, const char *photo, const char *first, const char *second)
{
    struct tn_error err;

    ck_assert_msg(put_captions(output, photo, first, second, &err) == TN_OK, "%s", err.text);
}
