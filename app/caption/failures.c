/* SPDX-License-Identifier: MIT */
#include "app/caption/failures.h"

#include "app/cli/stream_path.h"
#include "app/cli/text_escape.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A copy, so that the stream's end closes no standard stream. */
static FILE *open_descriptor(int descriptor)
{
    const int copy = dup(descriptor);
    FILE *file = copy < 0 ? NULL : fdopen(copy, "w");

    if (!file && copy >= 0)
        close(copy);
    return file;
}

enum tn_status app_failures_open(const char *path, FILE **ret_file, struct tn_error *err)
{
    const int descriptor = app_stream_of_path(path);
    FILE *file = descriptor < 0 ? fopen(path, "w") : open_descriptor(descriptor);

    if (!file)
        return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
    *ret_file = file;
    return TN_OK;
}

void app_failures_put(FILE *file, const char *path, const char *reason)
{
    const size_t length = strlen(path);

    app_escape_tsv(file, path);
    fputc('\t', file);
    if (strncmp(reason, path, length) != 0 || strncmp(reason + length, ": ", 2) != 0) {
        app_escape_tsv(file, path);
        fputs(": ", file);
    }
    app_escape_tsv(file, reason);
    fputc('\n', file);
}

enum tn_status app_failures_close(FILE *file, const char *path, struct tn_error *err)
{
    const bool failed = ferror(file) != 0;
    struct stat info;

    if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 0) {
        fclose(file);
        return tn_fail(err, TN_IO, "%s: it was removed or replaced during the run", path);
    }
    if (fclose(file) == 0 && !failed)
        return TN_OK;
    return tn_fail(err, TN_IO, "%s: %s", path, strerror(errno));
}
