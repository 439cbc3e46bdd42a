/* SPDX-License-Identifier: MIT */
#include "app/rows.h"

#include "tensor/atomic_file.h"
#include "vocab/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct app_format *const file_formats[] = {
    &app_format_tsv,   &app_format_csv,  &app_format_json,
    &app_format_jsonl, &app_format_text, &app_format_gallery,
};

const struct app_format *const app_formats[] = {
    &app_format_text,
    &app_format_tsv,
    &app_format_csv,
    &app_format_json,
    &app_format_jsonl,
    &app_format_gallery,
    NULL,
};
const char *const app_format_names[] = {"text", "tsv", "csv", "json", "jsonl", "gallery", NULL};

const struct app_format *app_format_of_file(const char *path)
{
    const size_t length = strlen(path);

    for (size_t i = 0; i < sizeof file_formats / sizeof file_formats[0]; i++) {
        const char *extension = file_formats[i]->extension;
        const size_t n = strlen(extension);

        if (length > n && strcmp(path + length - n, extension) == 0)
            return file_formats[i];
    }
    return NULL;
}

struct rows {
    struct app_output output;
    const struct app_format *format;
    char *file;            /* NULL: stdout */
    int descriptor;        /* of file; -1 for stdout */
    bool regular;          /* there is a place to go back to: the foot is written with each flush */
    off_t end;             /* of the rows that stand in a regular file */
    bool begun;            /* the head has been written */
    bool any;              /* a row has */
    struct vocab_map held; /* the paths that stood in the file; not changed by the run */
    struct tn_atomic_file fresh; /* APP_OVERWRITE writes here */
    FILE *buffer;                /* what was put since the last flush */
    char *text;                  /* of buffer, with size */
    size_t size;
};

static struct rows *rows_of(const struct app_output *output)
{
    return (struct rows *)(uintptr_t)output; /* the head of a struct rows */
}

static const char *name_of(const struct rows *rows)
{
    return rows->file ? rows->file : "standard output";
}

/* ---- What a file holds already ---- */

/* The end of the rows that are whole in text[size], whose paths are kept; 0 when it is not of this
 * format, or holds not even the whole head. */
static enum tn_status scan(struct rows *rows, const char *text, size_t size, size_t *ret_end,
                           struct tn_error *err)
{
    const struct app_format *format = rows->format;
    const size_t head = strlen(format->head), separator = strlen(format->separator);
    size_t at = head;

    *ret_end = 0;
    if (memcmp(text, format->head, size < head ? size : head) != 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: does not begin like a %s file of captions, and was left as it is; name "
                       "another file, or give --existing overwrite",
                       rows->file, format->name);
    if (size < head)
        return TN_OK;
    for (;;) {
        const size_t start = at + (rows->any ? separator : 0);
        const char *newline;
        size_t length = 0, index;
        enum tn_status status;
        char *path;

        if (start < size && memcmp(text + at, format->separator, start - at) == 0) {
            newline = memchr(text + start, '\n', size - start);
            length = format->length ? format->length(text + start, size - start)
                     : newline      ? (size_t)(newline + 1 - (text + start))
                                    : 0;
        }
        *ret_end = at;
        if (length == 0)
            return TN_OK;
        path = malloc(length + 1);
        if (!path)
            return tn_fail_nomem(err, length + 1);
        status = format->path(text + start, length, path)
                     ? vocab_map_add(&rows->held, path, strlen(path), &index, err)
                     : tn_fail(err, TN_FORMAT,
                               "%s: what stands at byte %zu is no %s row of captions; name another "
                               "file, or give --existing overwrite",
                               rows->file, start, format->name);
        free(path);
        TN_TRY(status);
        rows->any = true;
        at = start + length;
    }
}

static enum tn_status read_held(struct rows *rows, size_t size, struct tn_error *err)
{
    size_t end = 0;
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, rows->descriptor, 0);
    enum tn_status status;

    if (text == MAP_FAILED)
        return tn_fail(err, errno == ENOMEM ? TN_NOMEM : TN_IO, "%s: %s", rows->file,
                       strerror(errno));
    status = scan(rows, text, size, &end, err);
    munmap(text, size);
    rows->end = (off_t)end;
    rows->begun = end > 0;
    return status;
}

/* A run that was killed this moment may hold its lock until the system has cleared it away. */
static bool lock(int descriptor)
{
    const struct timespec pause = {.tv_nsec = 100000000};

    for (int tries = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (tries == 20)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

static enum tn_status open_file(struct rows *rows, struct tn_error *err)
{
    struct stat info;

    if (rows->output.existing == APP_OVERWRITE &&
        (stat(rows->file, &info) != 0 || S_ISREG(info.st_mode))) {
        TN_TRY(tn_atomic_open(&rows->fresh, rows->file, err));
        rows->descriptor = fileno(rows->fresh.stream);
        rows->regular = true;
        return TN_OK;
    }
    rows->descriptor = open(rows->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (rows->descriptor < 0 && errno != ENOENT) { /* a FIFO, a device that only takes? */
        const int reason = errno;

        rows->descriptor = open(rows->file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        errno = reason;
    }
    if (rows->descriptor < 0 || fstat(rows->descriptor, &info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
    rows->regular = S_ISREG(info.st_mode);
    if (rows->regular && !lock(rows->descriptor))
        return tn_fail(err, TN_IO, "%s: another run is writing it", rows->file);
    if (rows->regular && info.st_size > 0)
        return read_held(rows, (size_t)info.st_size, err);
    return TN_OK;
}

/* ---- The output ---- */

static bool rows_hold(const struct app_output *output, const char *path)
{
    return vocab_map_find(&rows_of(output)->held, path, strlen(path)) != VOCAB_MAP_NONE;
}

static enum tn_status rows_put(struct app_output *output, const struct app_entry *entry,
                               struct tn_error *err)
{
    struct rows *rows = rows_of(output);

    (void)err;
    if (!rows->begun)
        fputs(rows->format->head, rows->buffer);
    if (rows->any)
        fputs(rows->format->separator, rows->buffer);
    rows->format->write(rows->buffer, entry, rows->file);
    rows->begun = rows->any = true;
    return TN_OK;
}

static enum tn_status write_all(const struct rows *rows, const char *text, size_t size,
                                struct tn_error *err)
{
    off_t at = rows->end;

    while (size > 0) {
        const ssize_t done = rows->regular ? pwrite(rows->descriptor, text, size, at)
                                           : write(rows->descriptor, text, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
        text += done;
        size -= (size_t)done;
        at += done;
    }
    if (rows->regular && ftruncate(rows->descriptor, at) != 0)
        return tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
    return TN_OK;
}

static enum tn_status write_buffer(struct rows *rows, bool with_foot, struct tn_error *err)
{
    const struct app_format *format = rows->format;
    const size_t foot = with_foot ? strlen(format->foot) : 0;

    if (with_foot)
        fputs(format->foot, rows->buffer);
    if (fflush(rows->buffer) != 0)
        return tn_fail_nomem(err, rows->size);
    if (rows->descriptor >= 0)
        TN_TRY(write_all(rows, rows->text, rows->size, err));
    else if (fwrite(rows->text, 1, rows->size, stdout) < rows->size || fflush(stdout) != 0)
        return tn_fail(err, TN_IO, "%s: %s", name_of(rows), strerror(errno));
    rows->end += (off_t)(rows->size - foot);
    rewind(rows->buffer);
    return TN_OK;
}

static enum tn_status rows_flush(struct app_output *output, struct tn_error *err)
{
    struct rows *rows = rows_of(output);

    if (ftell(rows->buffer) == 0)
        return TN_OK;
    return write_buffer(rows, rows->regular, err);
}

static enum tn_status rows_finish(struct app_output *output, bool complete, struct tn_error *err)
{
    struct rows *rows = rows_of(output);

    if (!rows->begun) {
        fputs(rows->format->head, rows->buffer);
        rows->begun = true;
        TN_TRY(write_buffer(rows, true, err));
    } else if (!rows->regular) {
        TN_TRY(write_buffer(rows, true, err));
    }
    if (complete && rows->fresh.stream)
        return tn_atomic_commit(&rows->fresh, err);
    return TN_OK;
}

static void rows_destroy(struct app_output *output)
{
    struct rows *rows = rows_of(output);

    if (rows->fresh.stream)
        tn_atomic_abandon(&rows->fresh);
    else if (rows->descriptor >= 0)
        close(rows->descriptor);
    if (rows->buffer)
        fclose(rows->buffer);
    vocab_map_finish(&rows->held);
    free(rows->text);
    free(rows->file);
    free(rows);
}

static const struct app_output_ops file_ops = {
    .name = "file",
    .holds = rows_hold,
    .put = rows_put,
    .flush = rows_flush,
    .finish = rows_finish,
    .destroy = rows_destroy,
};

static const struct app_output_ops stdout_ops = {
    .name = "standard output",
    .put = rows_put,
    .flush = rows_flush,
    .finish = rows_finish,
    .destroy = rows_destroy,
};

enum tn_status app_rows_create(const struct app_format *format, const char *file,
                               enum app_existing existing, struct app_output **ret_output,
                               struct tn_error *err)
{
    struct rows *rows = calloc(1, sizeof *rows);
    enum tn_status status = TN_OK;

    if (!rows)
        return tn_fail_nomem(err, sizeof *rows);
    rows->output = (struct app_output){.ops = file ? &file_ops : &stdout_ops,
                                       .existing = existing,
                                       .thumbnail_side = format->thumbnail_side};
    rows->format = format;
    rows->descriptor = -1;
    rows->file = file ? strdup(file) : NULL;
    rows->buffer = open_memstream(&rows->text, &rows->size);
    if (!rows->buffer || (file && !rows->file))
        status = tn_fail_nomem(err, sizeof *rows);
    if (status == TN_OK && file)
        status = open_file(rows, err);
    if (status != TN_OK) {
        rows_destroy(&rows->output);
        return status;
    }
    *ret_output = &rows->output;
    return TN_OK;
}
