/* SPDX-License-Identifier: MIT */
/*
 * What data sets call things: the columns of a table, which are the members of a JSON object
 * elsewhere, and splits.  Of names that mean the same thing, the one that says it best wins:
 * "file_name" is the photo where "name" stands beside it.
 */
#include "data/sets/dataset_private.h"

#include <string.h>
#include <strings.h>

static size_t find_name(const char *const *names, const char *name, size_t length)
{
    for (size_t rank = 0; names[rank]; rank++)
        if (strlen(names[rank]) == length && strncasecmp(names[rank], name, length) == 0)
            return rank;
    return DATA_NO_NAME;
}

/* Hugging Face lets a table name several files: "image_file_name". */
static bool ends_in_file_name(const char *name, size_t length)
{
    static const char end[] = "_file_name";

    return length > strlen(end) && strncasecmp(name + length - strlen(end), end, strlen(end)) == 0;
}

size_t data_image_name(const char *name, size_t length)
{
    static const char *const names[] = {"file_name", "filename",   "file_path",  "filepath",
                                        "image",     "image_path", "image_name", "img",
                                        "img_path",  "file",       "photo",      "path",
                                        "name",      "url",        "image_url",  NULL};

    return ends_in_file_name(name, length) ? 0 : find_name(names, name, length);
}

/* Several captions may be numbered: "caption1", "caption_2". */
size_t data_caption_name(const char *name, size_t length)
{
    static const char *const names[] = {
        "caption",     "captions", "text",  "sentences", "sentence", "raw", "comment",
        "description", "prompt",   "title", "alt",       "alt_text", NULL};

    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
        length--;
    while (length > 0 && (name[length - 1] == '_' || name[length - 1] == ' '))
        length--;
    return find_name(names, name, length);
}

enum data_split data_split_of_word(const char *word, size_t length)
{
    static const struct {
        const char *name;
        enum data_split split;
    } splits[] = {{"train", DATA_SPLIT_TRAIN},    {"training", DATA_SPLIT_TRAIN},
                  {"restval", DATA_SPLIT_TRAIN},  {"dev", DATA_SPLIT_DEV},
                  {"val", DATA_SPLIT_DEV},        {"valid", DATA_SPLIT_DEV},
                  {"validation", DATA_SPLIT_DEV}, {"test", DATA_SPLIT_TEST},
                  {"testing", DATA_SPLIT_TEST}};

    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++)
        if (strlen(splits[i].name) == length && strncasecmp(word, splits[i].name, length) == 0)
            return splits[i].split;
    return DATA_SPLIT_NONE;
}

bool data_split_parse(const char *text, enum data_split *ret_split)
{
    const enum data_split split = data_split_of_word(text, strlen(text));

    if (split == DATA_SPLIT_NONE && strcmp(text, "all") != 0)
        return false;
    *ret_split = split;
    return true;
}

bool data_is_tar(const char *path)
{
    static const char *const ends[] = {".tar",     ".tar.gz", ".tgz",
                                       ".tar.zst", ".tar.xz", ".tar.bz2"};
    const size_t length = strlen(path);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        const size_t end = strlen(ends[i]);

        if (length > end && strcasecmp(path + length - end, ends[i]) == 0)
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

enum data_split data_split_of_path(const char *path)
{
    while (*path) {
        const char *word = path;
        enum data_split split;

        while (is_letter(*path))
            path++;
        split = data_split_of_word(word, (size_t)(path - word));
        if (split != DATA_SPLIT_NONE)
            return split;
        path += *path != '\0' && !is_letter(*path);
    }
    return DATA_SPLIT_NONE;
}
