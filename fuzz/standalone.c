/* SPDX-License-Identifier: MIT */
/* Replays every file of the folders named on the command line through the fuzz target: what a
 * fuzzer once found stays found.  Fails when a folder holds no file. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    struct stat info;
    FILE *file;
    uint8_t *data;
    size_t size;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return 0;
    file = fopen(path, "rb");
    data = malloc((size_t)info.st_size + 1);
    if (!file || !data) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(EXIT_FAILURE);
    }
    size = fread(data, 1, (size_t)info.st_size, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    int files = 0;

    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        struct dirent *entry;
        char path[4096];

        while (directory && (entry = readdir(directory)) != NULL) {
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            files += replay(path);
        }
        if (directory)
            closedir(directory);
    }
    printf("%d inputs replayed\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
