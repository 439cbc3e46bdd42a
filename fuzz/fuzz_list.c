/* SPDX-License-Identifier: MIT */
/* Any bytes as a list of photos' names, the first byte saying what ends a name: the walk gives each
 * name that is no directory, in order, without what Windows' programs add to it. */
#include "app/cli/commands.h"
#include "app/cli/walk.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char app_program[] = "fuzz_list"; /* of messages, of which there are none */

enum { MOST = 64 }; /* names; a directory that is named may have many files */

struct list {
    char *bytes; /* a NUL behind each name */
    size_t size, at;
    char end;
    bool first;
};

static bool is_directory(const char *name)
{
    struct stat info;

    return stat(name, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_there(const char *name)
{
    struct stat info;

    return lstat(name, &info) == 0;
}

/* The next name as it is to be taken; NULL at the end. */
static const char *next_name(struct list *list)
{
    while (list->at < list->size) {
        char *name = list->bytes + list->at, *end = memchr(name, list->end, list->size - list->at);
        size_t length = end ? (size_t)(end - name) : list->size - list->at;

        name[length] = '\0';
        list->at += length + 1;
        if (list->end == '\n') {
            if (list->first && strncmp(name, "\xEF\xBB\xBF", 3) == 0 && !is_there(name))
                name += 3;
            length = strlen(name);
            if (length > 0 && name[length - 1] == '\r' && !is_there(name))
                name[length - 1] = '\0';
        }
        list->first = false;
        if (name[0])
            return name;
    }
    return NULL;
}

/* The next name that is a photo's as far as a walk can know. */
static const char *next_photo(struct list *list)
{
    const char *name;

    do
        name = next_name(list);
    while (name && is_directory(name));
    return name;
}

static void compare(struct app_walk *walk, struct list *list)
{
    struct app_input input;

    for (size_t i = 0; i < MOST; i++) {
        const enum tn_status status = app_walk_next(walk, &input, NULL);
        const char *name;

        if (status != TN_OK) { /* a NUL in a line */
            fuzz_require(status == TN_FORMAT && list->end == '\n');
            return;
        }
        if (input.path && !input.named) {
            free(input.path);
            continue;
        }
        name = next_photo(list);
        fuzz_require((input.path != NULL) == (name != NULL));
        if (!name)
            return;
        fuzz_require(strcmp(input.path, name) == 0 && input.root == 0);
        free(input.path);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct list list = {.bytes = malloc(size + 1), .size = size - (size > 0), .first = true};
    struct fuzz_file file = fuzz_file_open(data + (size > 0), list.size);
    const struct app_walk_options options = {
        .list = file.path, .list_nul = size > 0 && data[0] == '0', .no_recursion = true};
    struct app_walk *walk;

    fuzz_require(list.bytes != NULL);
    memcpy(list.bytes, data + (size > 0), list.size);
    list.end = options.list_nul ? '\0' : '\n';
    fuzz_require(app_walk_create(&options, NULL, NULL, &walk, NULL) == TN_OK);
    compare(walk, &list);
    app_walk_destroy(walk);
    free(list.bytes);
    fuzz_file_close(&file);
    return 0;
}
