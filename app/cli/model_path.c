/* SPDX-License-Identifier: MIT */
#include "app/cli/model_path.h"

#include "app/paths.h"
#include "base/elf_section.h"
#include "base/map_file.h"
#include "base/platform/platform.h"
#include "tensor/safetensors.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PATH_SIZE = PATH_MAX + 128 };

/* The directory that the running program lies in; false where the system does not name it. */
static bool program_directory(char out[PATH_MAX])
{
    char *slash = tn_platform_program(out) ? strrchr(out, '/') : NULL;

    if (!slash)
        return false;
    *slash = '\0';
    return true;
}

/* Writes where the sources' file is for a program that lies in app/ of its build, beside paths.h;
 * false for another. */
static bool write_source(const char *directory, const char *name, char path[PATH_SIZE])
{
    const char *slash = strrchr(directory, '/');
    char folder[PATH_MAX];

    if (!slash || strcmp(slash, "/app") != 0)
        return false;
    snprintf(path, PATH_SIZE, "%s/paths.h", directory);
    if (access(path, F_OK) != 0)
        return false;
    snprintf(path, PATH_SIZE, "%s/../" APP_SOURCE_FROM_BUILD "/models/pretrained", directory);
    if (!realpath(path, folder))
        return false;
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return true;
}

/* The prefix that the program was installed or moved to: its directory without bindir at the end.
 */
static bool strip_bindir(char *directory)
{
    const size_t length = strlen(directory), tail = strlen("/" APP_BINDIR);

    if (length < tail || strcmp(directory + length - tail, "/" APP_BINDIR) != 0)
        return false;
    directory[length - tail] = '\0';
    return true;
}

/* Writes the place number `index` where the shipped file may be; false when this program has no
 * such place. */
static bool write_place(size_t index, const char *name, char path[PATH_SIZE])
{
    char directory[PATH_MAX];

    switch (index) {
    case 0:
        return program_directory(directory) && write_source(directory, name, path);
    case 1:
        if (APP_DATADIR[0] == '/' || !program_directory(directory) || !strip_bindir(directory))
            return false;
        snprintf(path, PATH_SIZE, "%s/%s/%s", directory, APP_DATADIR "/caption", name);
        return true;
    default:
        snprintf(path, PATH_SIZE, "%s/%s", APP_FULL_DATADIR "/caption", name);
        return true;
    }
}

/* Fills path with the first place that has the file, or, when none has, with the first place and
 * returns false. */
static bool find_shipped(const char *name, char path[PATH_SIZE])
{
    enum { PLACES = 3 };

    for (size_t i = 0; i < PLACES; i++) {
        if (write_place(i, name, path) && access(path, R_OK) == 0)
            return true;
    }
    for (size_t i = 0; !write_place(i, name, path); i++)
        ;
    return false;
}

/* Finds out whether the program itself contains its model, and fills path with its file then. */
static enum tn_status find_within(char path[PATH_MAX], bool *ret_found, struct tn_error *err)
{
    size_t size, begin, length;
    enum tn_status status;
    void *map;

    *ret_found = false;
    if (!tn_platform_program(path) || tn_map_file(path, &map, &size, NULL) != TN_OK)
        return TN_OK;
    status = tn_elf_section(map, size, path, TN_FILE_SECTION, &begin, &length, err);
    munmap(map, size);
    *ret_found = status == TN_OK;
    return status == TN_NOTFOUND ? TN_OK : status;
}

static enum tn_status copy_path(const char *path, char **ret_path, struct tn_error *err)
{
    char *copy = strdup(path);

    if (!copy)
        return tn_fail_nomem(err, strlen(path) + 1);
    *ret_path = copy;
    return TN_OK;
}

enum tn_status app_shipped_path(const char *name, char **ret_path, struct tn_error *err)
{
    char found[PATH_SIZE];

    if (!find_shipped(name, found))
        return tn_fail(err, TN_NOTFOUND, "%s is not there", found);
    return copy_path(found, ret_path, err);
}

static const char usual[] = "caption.safetensors", other[] = "caption-coco.safetensors";

/* Whether the other model is given by what it is called, and no file has that name; fills path. */
static bool find_called(const char *given, char path[PATH_SIZE])
{
    return strcmp(given, "coco") == 0 && access(given, F_OK) != 0 && find_shipped(other, path);
}

/* The usual model or, where that is not there, the other one; without either, where it would be. */
static bool find_usual(char path[PATH_SIZE])
{
    return find_shipped(usual, path) || find_shipped(other, path) || find_shipped(usual, path);
}

enum tn_status app_model_path(const char *given, char **ret_path, struct tn_error *err)
{
    const char *environment = getenv("CAPTION_MODEL");
    char found[PATH_SIZE];
    bool within;

    if (!given && environment && environment[0])
        given = environment;
    if (given)
        return copy_path(find_called(given, found) ? found : given, ret_path, err);
    TN_TRY(find_within(found, &within, err));
    if (!within && !find_usual(found))
        return tn_fail(err, TN_NOTFOUND,
                       "no model: none at %s; name one with --model or CAPTION_MODEL", found);
    return copy_path(found, ret_path, err);
}
