/* SPDX-License-Identifier: MIT */
#include "fuzz/support.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_require(bool holds)
{
    if (!holds)
        abort();
}

struct fuzz_file fuzz_file_open(const void *bytes, size_t size)
{
    struct fuzz_file file = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};

    fuzz_require(file.descriptor >= 0);
    fuzz_require(write(file.descriptor, bytes, size) == (ssize_t)size);
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

void fuzz_file_close(struct fuzz_file *file)
{
    close(file->descriptor);
}

/* Empty until fuzz_path is first called. */
static char folder[256];

static void remove_folder(void)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)) != NULL)
        unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
    rmdir(folder);
}

const char *fuzz_path(const char *name)
{
    static char path[sizeof folder + 64];

    if (!folder[0]) {
        const char *base = getenv("TMPDIR");

        snprintf(folder, sizeof folder, "%s/caption-fuzz.XXXXXX",
                 base                            ? base
                 : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                                 : "/tmp");
        fuzz_require(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *fuzz_put(const char *name, const void *bytes, size_t size)
{
    const char *path = fuzz_path(name);
    FILE *file = fopen(path, "wb");

    fuzz_require(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    return path;
}
