/* SPDX-License-Identifier: MIT */
#include "app/cli/model_info.h"

#include "app/cli/text_escape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KEY_WIDTH = 28 };

static size_t count_lines(const char *text)
{
    size_t lines = text[0] != '\0';

    for (const char *at = strchr(text, '\n'); at && at[1]; at = strchr(at + 1, '\n'))
        lines++;
    return lines;
}

/* The text in a column of that width, and a space. */
static void print_cell(const char *text, size_t width)
{
    const size_t used = app_print_visible(stdout, text, strlen(text));

    printf("%*s ", used < width ? (int)(width - used) : 0, "");
}

static void print_metadata(const struct tn_file *file)
{
    for (size_t i = 0; i < tn_file_metadata_count(file); i++) {
        const char *key, *value;

        tn_file_metadata_at(file, i, &key, &value);
        print_cell(key, KEY_WIDTH);
        if (strchr(value, '\n')) /* a vocabulary */
            printf("%zu lines, '", count_lines(value));
        app_print_visible(stdout, value, strcspn(value, "\n"));
        fputs(strchr(value, '\n') ? "' ...\n" : "\n", stdout);
    }
}

static size_t element_count(const struct tn_tensor *tensor)
{
    return tensor->bytes / tn_dtype_size(tensor->dtype);
}

static void print_tensor(const struct tn_tensor *tensor)
{
    print_cell(tensor->name, 44);
    printf("%-4s", tn_dtype_name(tensor->dtype));
    for (size_t i = 0; i < tensor->rank; i++)
        printf("%s%zu", i == 0 ? " " : "x", tensor->dims[i]);
    printf("\n");
}

void app_print_model_info(const struct tn_file *file, bool tensors)
{
    size_t elements = 0, bytes = 0;

    for (size_t i = 0; i < tn_file_count(file); i++) {
        elements += element_count(tn_file_at(file, i));
        bytes += tn_file_at(file, i)->bytes;
    }
    print_cell("file", KEY_WIDTH);
    app_print_visible(stdout, tn_file_path(file), strlen(tn_file_path(file)));
    putchar('\n');
    if (tn_file_begin(file) > 0) {
        print_cell("within the program", KEY_WIDTH);
        printf("section %s, at byte %zu\n", TN_FILE_SECTION, tn_file_begin(file));
    }
    print_cell("fingerprint", KEY_WIDTH);
    printf("%016" PRIx64 "\n", tn_file_fingerprint(file));
    print_metadata(file);
    print_cell("tensors", KEY_WIDTH);
    printf("%zu with %zu numbers in %.1f MB\n", tn_file_count(file), elements, (double)bytes / 1e6);
    for (size_t i = 0; tensors && i < tn_file_count(file); i++)
        print_tensor(tn_file_at(file, i));
}
