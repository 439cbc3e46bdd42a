/* SPDX-License-Identifier: MIT */
#include "app/output/rows.h"

#include "app/cli/stream_path.h"
#include "app/output/rows_held.h"
#include "base/atomic_file.h"
#include "base/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* How often what was written is synced to the disk during a run, in seconds. */
enum { SYNC_INTERVAL = 5 };

struct rows {
    struct app_output output;
    struct app_format format;
    char *file;         /* NULL: stdout */
    int descriptor;     /* of file; -1 for stdout */
    bool regular;       /* there is a place to go back to: the foot is written each time */
    off_t end;          /* of the rows that stand in a regular file */
    off_t size;         /* of the file, as it was found or left */
    bool whole;         /* behind the rows stands the foot, or nothing; else see check_rest */
    bool unsynced;      /* something was written since synced */
    time_t synced;      /* on the monotonic clock */
    bool begun;         /* the head has been written */
    size_t count;       /* of the rows in it */
    struct app_held_paths held; /* that stood in the file, and where the output remembers the new */
    struct tn_atomic_file fresh; /* what is written again goes here */
    FILE *buffer;                /* what was put since the last flush */
    char *text;                  /* of buffer, with text_size */
    size_t text_size;
    app_rows_before_sync_fn *before_sync; /* NULL: there is nothing to do */
    void *context;                        /* of before_sync */
};

static struct rows *rows_of(const struct app_output *output)
{
    return (struct rows *)(uintptr_t)output; /* the head of a struct rows */
}

/* ---- What a file holds already ---- */

static enum tn_status read_held(struct rows *rows, size_t size, struct tn_error *err)
{
    struct app_rows_held held = {.end = 0};
    char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, rows->descriptor, 0);
    enum tn_status status;

    if (text == MAP_FAILED)
        return tn_fail(err, errno == ENOMEM ? TN_NOMEM : TN_IO, "%s: %s", rows->file,
                       strerror(errno));
    status = app_rows_held_read(&rows->format, rows->file, text, size, &held, err);
    munmap(text, size);
    rows->held.map = held.paths;
    rows->count = held.count;
    rows->end = (off_t)held.end;
    rows->size = (off_t)size;
    rows->whole = held.whole;
    rows->begun = held.end > 0;
    return status;
}

static enum tn_status refuse_lines(const struct rows *rows, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "%s: is there, and does not show which photos are in it; it was left as it is: "
                   "give --existing append or replace, or name another file",
                   rows->file);
}

/* Rows that do not show their photos are lines, behind which others may stand. */
static enum tn_status keep_lines(struct rows *rows, off_t size, struct tn_error *err)
{
    char last = '\0';

    if (rows->output.existing == APP_SKIP)
        return refuse_lines(rows, err);
    if (pread(rows->descriptor, &last, 1, size - 1) != 1 || last != '\n')
        return tn_fail(
            err, TN_FORMAT,
            "%s: its last line has no end, and nothing can be added; it was left as it is",
            rows->file);
    rows->end = rows->size = size;
    rows->begun = true;
    return TN_OK;
}

/* Rows that are written again come under a temporary name; info is of what has their name, zeroed
 * where nothing has. */
static enum tn_status open_fresh(struct rows *rows, const struct stat *info, struct tn_error *err)
{
    rows->output.replaces = info->st_size > 0;
    if (rows->output.replaces && rows->output.existing == APP_OVERWRITE)
        TN_TRY(rows->format.path ? app_rows_held_check(&rows->format, rows->file, err)
                                 : refuse_lines(rows, err));
    TN_TRY(tn_atomic_open(&rows->fresh, rows->file, err));
    rows->descriptor = fileno(rows->fresh.stream);
    rows->regular = rows->whole = true;
    return TN_OK;
}

/* A run that was killed this moment may hold its lock until the system has cleared it away. */
static bool lock_file(int descriptor)
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
    struct stat info = {.st_size = 0};

    rows->whole = true;
    if (app_stream_copy(rows->file, &rows->descriptor))
        return rows->descriptor >= 0 ? TN_OK
                                     : tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
    if (app_existing_renews(rows->output.existing) &&
        (stat(rows->file, &info) != 0 || S_ISREG(info.st_mode)))
        return open_fresh(rows, &info, err);
    rows->descriptor = open(rows->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (rows->descriptor < 0 && errno != ENOENT) { /* a FIFO, a device that only takes? */
        const int reason = errno;

        rows->descriptor = open(rows->file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        errno = reason;
    }
    if (rows->descriptor < 0 || fstat(rows->descriptor, &info) != 0)
        return tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
    rows->regular = S_ISREG(info.st_mode);
    if (rows->regular && (info.st_mode & 0222) == 0) /* root may open it all the same */
        return tn_fail(err, TN_IO, "%s: cannot write: the file is read-only", rows->file);
    if (rows->regular && !lock_file(rows->descriptor))
        return tn_fail(err, TN_IO, "%s: another run is writing it", rows->file);
    if (!rows->regular || info.st_size == 0)
        return TN_OK;
    return rows->format.path ? read_held(rows, (size_t)info.st_size, err)
                             : keep_lines(rows, info.st_size, err);
}

/* ---- The output ---- */

/* Makes *path what rows call that photo; *ret_name is for the caller to free. */
static enum tn_status name_photo(const struct rows *rows, const char **path, char **ret_name,
                                 struct tn_error *err)
{
    *ret_name = NULL;
    if (!rows->format.photo_name)
        return TN_OK;
    TN_TRY(rows->format.photo_name(rows->file, *path, ret_name, err));
    *path = *ret_name;
    return TN_OK;
}

static enum meta_author rows_hold(const struct app_output *output, const char *path)
{
    const struct rows *rows = rows_of(output);
    char *name;
    bool held;

    if (output->existing != APP_SKIP || name_photo(rows, &path, &name, NULL) != TN_OK)
        return META_NOBODY;
    held = app_held_paths_have(&rows->held, path);
    free(name);
    return held ? META_PROGRAM : META_NOBODY;
}

static enum tn_status rows_put(struct app_output *output, const struct app_entry *entry,
                               struct tn_error *err)
{
    struct rows *rows = rows_of(output);
    struct app_entry named = *entry;
    enum tn_status status;
    char *name;

    TN_TRY(name_photo(rows, &named.path, &name, err));
    if (!rows->begun)
        fputs(app_format_head(&rows->format), rows->buffer);
    if (rows->count > 0)
        fputs(rows->format.separator, rows->buffer);
    app_format_write(&rows->format, rows->buffer, &named, rows->file);
    status = output->remembers ? app_held_paths_add(&rows->held, named.path, err) : TN_OK;
    free(name);
    rows->begun = true;
    rows->count++;
    return status;
}

/* A file that somebody removed, replaced or wrote into is not written any more. */
static enum tn_status check_same_file(const struct rows *rows, struct tn_error *err)
{
    struct stat mine, named;

    if (fstat(rows->descriptor, &mine) != 0)
        return tn_fail(err, TN_IO, "%s: %s", rows->file, strerror(errno));
    if (stat(rows->file, &named) != 0 || named.st_dev != mine.st_dev || named.st_ino != mine.st_ino)
        return tn_fail(err, TN_IO,
                       "%s: it was removed or replaced during the run, and what was in it is gone; "
                       "the same command begins again",
                       rows->file);
    if (mine.st_size != rows->size)
        return tn_fail(err, TN_IO, "%s: another program wrote into it during the run", rows->file);
    return TN_OK;
}

/* Whether text[size] may be written over what was found behind the rows; *ret_stands: its rows are
 * there already, with more behind them, and are not to be written. */
static bool may_replace_rest(const struct app_format *format, const char *rest, size_t rest_size,
                             const char *text, size_t size, bool *ret_stands)
{
    const size_t rows_size = size - strlen(format->foot);

    if (app_rows_may_replace(format, rest, rest_size, text, size))
        return true;
    *ret_stands = 0 < rows_size && rows_size < rest_size && memcmp(rest, text, rows_size) == 0;
    return *ret_stands;
}

static enum tn_status check_rest(const struct rows *rows, const char *text, size_t size,
                                 bool *ret_stands, struct tn_error *err)
{
    const size_t rest_size = (size_t)(rows->size - rows->end);
    const size_t most = size + strlen(rows->format.foot) + 1; /* of what matters */
    const size_t read_size = rest_size < most ? rest_size : most;
    char *rest = malloc(read_size + 1);
    bool good;

    if (!rest)
        return tn_fail_nomem(err, read_size + 1);
    good = pread(rows->descriptor, rest, read_size, rows->end) == (ssize_t)read_size &&
           may_replace_rest(&rows->format, rest, read_size, text, size, ret_stands);
    free(rest);
    if (!good)
        return tn_fail(
            err, TN_FORMAT,
            "%s: what stands at byte %lld is no whole row, and not the beginning of what "
            "would be written there; it was left as it is: end its line or remove it",
            rows->file, (long long)rows->end);
    return TN_OK;
}

static enum tn_status write_at(int descriptor, bool regular, const char *text, size_t size,
                               off_t at, const char *file, struct tn_error *err)
{
    while (size > 0) {
        const ssize_t done =
            regular ? pwrite(descriptor, text, size, at) : write(descriptor, text, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
        text += done;
        size -= (size_t)done;
        at += done;
    }
    if (regular && ftruncate(descriptor, at) != 0)
        return tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
    return TN_OK;
}

/* When a disk is full, the file is to be whole all the same, without the rows for which there was
 * no room. */
static void take_back(struct rows *rows)
{
    const char *foot = rows->end > 0 ? rows->format.foot : "";

    (void)write_at(rows->descriptor, true, foot, strlen(foot), rows->end, rows->file, NULL);
}

static enum tn_status write_rows(struct rows *rows, const char *text, size_t size,
                                 struct tn_error *err)
{
    enum tn_status status;
    bool stands = false;

    if (rows->regular && !rows->fresh.stream)
        TN_TRY(check_same_file(rows, err));
    if (!rows->whole)
        TN_TRY(check_rest(rows, text, size, &stands, err));
    if (stands)
        return TN_OK;
    status = write_at(rows->descriptor, rows->regular, text, size, rows->end, rows->file, err);
    if (status != TN_OK && rows->regular)
        take_back(rows);
    rows->size = rows->end + (off_t)size;
    rows->whole = rows->unsynced = true;
    return status;
}

static enum tn_status write_buffer(struct rows *rows, bool with_foot, struct tn_error *err)
{
    const struct app_format *format = &rows->format;
    const size_t foot = with_foot ? strlen(format->foot) : 0;

    if (with_foot)
        fputs(format->foot, rows->buffer);
    if (fflush(rows->buffer) != 0)
        return tn_fail_nomem(err, rows->text_size);
    if (rows->descriptor >= 0)
        TN_TRY(write_rows(rows, rows->text, rows->text_size, err));
    else if (fwrite(rows->text, 1, rows->text_size, stdout) < rows->text_size ||
             fflush(stdout) != 0)
        return tn_fail(err, TN_IO, "%s: %s", rows->file ? rows->file : "standard output",
                       strerror(errno));
    rows->end += (off_t)(rows->text_size - foot);
    rewind(rows->buffer);
    return TN_OK;
}

static time_t seconds_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

/* Rows are safe from a power cut, and their file's name with the first of them. */
static enum tn_status sync_rows(struct rows *rows, struct tn_error *err)
{
    if (!rows->unsynced || rows->fresh.stream || !rows->regular)
        return TN_OK;
    if (rows->before_sync)
        TN_TRY(rows->before_sync(rows->context, err));
    if (tn_platform_sync_data(rows->descriptor) != 0 && errno != EINVAL && errno != ENOSYS)
        return tn_fail(err, TN_IO, "%s: cannot be synced to the disk: %s", rows->file,
                       strerror(errno));
    if (rows->synced == 0)
        tn_atomic_sync_folder_of(rows->file);
    rows->unsynced = false;
    rows->synced = seconds_now();
    return TN_OK;
}

static enum tn_status rows_flush(struct app_output *output, struct tn_error *err)
{
    struct rows *rows = rows_of(output);

    if (ftell(rows->buffer) == 0)
        return TN_OK;
    TN_TRY(write_buffer(rows, rows->regular, err));
    return seconds_now() - rows->synced >= SYNC_INTERVAL ? sync_rows(rows, err) : TN_OK;
}

static enum tn_status rows_finish(struct app_output *output, bool complete, struct tn_error *err)
{
    struct rows *rows = rows_of(output);

    if (!rows->begun)
        fputs(app_format_head(&rows->format), rows->buffer);
    if (!rows->begun || !rows->regular || (complete && !rows->whole)) {
        rows->begun = true;
        TN_TRY(write_buffer(rows, true, err));
    }
    if (rows->fresh.stream && complete && rows->before_sync)
        TN_TRY(rows->before_sync(rows->context, err));
    if (rows->fresh.stream)
        return complete ? tn_atomic_commit(&rows->fresh, err) : TN_OK;
    if (rows->regular)
        TN_TRY(check_same_file(rows, err));
    return sync_rows(rows, err);
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
    tn_map_finish(&rows->held.map);
    pthread_mutex_destroy(&rows->held.mutex);
    free(rows->text);
    free(rows->file);
    free(rows);
}

static const struct app_output_ops durable_ops = {
    .holds = rows_hold,
    .put = rows_put,
    .flush = rows_flush,
    .finish = rows_finish,
    .destroy = rows_destroy,
};

static const struct app_output_ops other_ops = {
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
    rows->output = (struct app_output){.ops = file && format->path ? &durable_ops : &other_ops,
                                       .existing = existing,
                                       .each_alone = format->photo_name != NULL,
                                       .thumbnails = format->thumbnails,
                                       .sentences_only = format->sentences_only};
    pthread_mutex_init(&rows->held.mutex, NULL);
    rows->format = *format;
    rows->descriptor = -1;
    rows->file = file ? strdup(file) : NULL;
    rows->buffer = open_memstream(&rows->text, &rows->text_size);
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

size_t app_rows_count(const struct app_output *output)
{
    return rows_of(output)->count;
}

void app_rows_before_sync(struct app_output *output, app_rows_before_sync_fn *before_sync,
                          void *context)
{
    struct rows *rows = rows_of(output);

    rows->before_sync = before_sync;
    rows->context = context;
}
