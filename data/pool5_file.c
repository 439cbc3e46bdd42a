/* SPDX-License-Identifier: MIT */
#include "base/hash.h"
#include "cnn/int8/int8_trunk.h"
#include "data/pool5_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRONT = 64, KEY = 2 * sizeof(uint64_t) };

static const char content[] = "caption pool5 ";

/* A photo's size and hash, which a record begins with; the hash of the rest is behind them. */
struct record_front {
    uint64_t size, bytes, check;
    float steps[2];
};
_Static_assert(sizeof(struct record_front) == 32, "no padding");

size_t data_pool5_record(size_t width, size_t views)
{
    return sizeof(struct record_front) + (views * width + 7) / 8 * 8;
}

size_t data_pool5_bytes(size_t photos, bool mirrored)
{
    return FRONT + photos * data_pool5_record(CNN_POOL5, mirrored ? 2 : 1);
}

/* The hash of all but itself. */
static uint64_t check_of(const unsigned char *record, size_t bytes)
{
    const size_t end = offsetof(struct record_front, check) + sizeof(uint64_t);
    const uint64_t hash = tn_hash_block(0, record, offsetof(struct record_front, check));

    return tn_hash_block(hash, record + end, bytes - end);
}

static float largest_of(const float *x, size_t count)
{
    float largest = 0;

    for (size_t i = 0; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

void data_pool5_pack(const struct data_photo_id *id, const float *values, size_t width,
                     size_t views, unsigned char *record)
{
    const size_t bytes = data_pool5_record(width, views);
    struct record_front front = {.size = id->size, .bytes = id->bytes};
    unsigned char *q = record + sizeof front;

    memset(record, 0, bytes);
    for (size_t v = 0; v < views; v++) {
        const float largest = largest_of(values + v * width, width);
        const float factor = largest > 1e-30F ? 255 / largest : 0;

        front.steps[v] = largest / 255;
        for (size_t i = 0; i < width; i++)
            *q++ = (unsigned char)(values[v * width + i] * factor + 0.5F);
    }
    memcpy(record, &front, sizeof front);
    front.check = check_of(record, bytes);
    memcpy(record, &front, sizeof front);
}

void data_pool5_show(const struct data_pool5 *pool5, size_t photo, size_t view, float *x)
{
    const unsigned char *record = pool5->records + pool5->rows[photo] * pool5->record_bytes;
    const unsigned char *q = record + sizeof(struct record_front) + view * pool5->width;
    struct record_front front;

    memcpy(&front, record, sizeof front);
    for (size_t i = 0; i < pool5->width; i++)
        x[i] = (float)q[i] * front.steps[view];
}

/* ---- The file ---- */

static enum tn_status fail_io(const struct pool5_file *file, const char *what, struct tn_error *err)
{
    return tn_fail(err, TN_IO, "%s: cannot be %s: %s", file->path, what, strerror(errno));
}

static enum tn_status write_at(const struct pool5_file *file, const void *bytes, size_t count,
                               size_t at, struct tn_error *err)
{
    for (size_t done = 0; done < count;) {
        const ssize_t wrote =
            pwrite(file->descriptor, (const char *)bytes + done, count - done, (off_t)(at + done));

        if (wrote < 0 && errno != EINTR)
            return fail_io(file, "written", err);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return TN_OK;
}

/* Begins an empty file, or looks whether it begins as it should. */
static enum tn_status check_front(const struct pool5_file *file, const char *fingerprint,
                                  size_t views, struct tn_error *err)
{
    char ours[FRONT + 1], theirs[FRONT] = "";
    const int used =
        snprintf(ours, sizeof ours, "%s1, views %zu, fingerprint %s", content, views, fingerprint);
    const ssize_t size = pread(file->descriptor, theirs, FRONT, 0);

    memset(ours + used, ' ', FRONT - (size_t)used);
    ours[FRONT - 1] = '\n';
    if (size < 0)
        return fail_io(file, "read", err);
    /* of a kill while it was begun, too */
    if (size == 0 || (size < FRONT && memcmp(theirs, ours, (size_t)size) == 0))
        return write_at(file, ours, FRONT, 0, err);
    if (memcmp(theirs, content, strlen(content)) != 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: not a cache of pool5, and not to be overwritten; name another file",
                       file->path);
    if (memcmp(theirs, ours, FRONT) != 0)
        return tn_fail(err, TN_FORMAT,
                       "%s: pool5 of other convolutions or views; name another file, or remove it",
                       file->path);
    return TN_OK;
}

static enum tn_status add_to_index(struct pool5_file *file, const unsigned char *record,
                                   struct tn_error *err)
{
    size_t index;

    TN_TRY(tn_map_add(&file->index, (const char *)record, KEY, &index, err));
    file->index.entries[index].value = file->count++;
    return TN_OK;
}

/* Enters the records up to the first that is not whole. */
static enum tn_status index_records(struct pool5_file *file, size_t count, struct tn_error *err)
{
    struct data_pool5 mapped;
    enum tn_status status = TN_OK;

    file->count = count;
    TN_TRY(pool5_file_map(file, &mapped, err));
    file->count = 0;
    for (size_t i = 0; i < count && status == TN_OK; i++) {
        const unsigned char *record = mapped.records + i * file->record_bytes;
        struct record_front front;

        memcpy(&front, record, sizeof front);
        if (front.check != check_of(record, file->record_bytes))
            break;
        status = add_to_index(file, record, err);
    }
    if (mapped.map)
        munmap(mapped.map, mapped.map_bytes);
    return status;
}

static enum tn_status open_records(struct pool5_file *file, const char *fingerprint, size_t views,
                                   struct tn_error *err)
{
    struct stat info;
    size_t count;

    if (flock(file->descriptor, LOCK_EX | LOCK_NB) != 0)
        return tn_fail(err, TN_IO, "%s: another process writes to it; name another file",
                       file->path);
    if (fstat(file->descriptor, &info) != 0)
        return fail_io(file, "read", err);
    if (!S_ISREG(info.st_mode))
        return tn_fail(err, TN_FORMAT, "%s: no regular file; name another", file->path);
    TN_TRY(check_front(file, fingerprint, views, err));
    count = info.st_size > FRONT ? ((size_t)info.st_size - FRONT) / file->record_bytes : 0;
    TN_TRY(index_records(file, count, err));
    return ftruncate(file->descriptor, (off_t)(FRONT + file->count * file->record_bytes)) == 0
               ? TN_OK
               : fail_io(file, "written", err);
}

enum tn_status pool5_file_open(struct pool5_file *file, const char *path, const char *fingerprint,
                               size_t views, struct tn_error *err)
{
    struct pool5_file made = {.path = path, .record_bytes = data_pool5_record(CNN_POOL5, views)};
    enum tn_status status;

    made.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (made.descriptor < 0)
        return fail_io(&made, "opened", err);
    status = open_records(&made, fingerprint, views, err);
    if (status == TN_OK)
        *file = made;
    else
        pool5_file_close(&made);
    return status;
}

void pool5_file_close(struct pool5_file *file)
{
    flock(file->descriptor, LOCK_UN); /* what is mapped would keep the lock */
    close(file->descriptor);
    tn_map_finish(&file->index);
}

size_t pool5_file_find(const struct pool5_file *file, const struct data_photo_id *id)
{
    const size_t index = tn_map_find(&file->index, (const char *)id, KEY);

    return index == TN_MAP_NONE ? TN_MAP_NONE : (size_t)file->index.entries[index].value;
}

enum tn_status pool5_file_append(struct pool5_file *file, const unsigned char *records,
                                 size_t count, struct tn_error *err)
{
    TN_TRY(write_at(file, records, count * file->record_bytes,
                    FRONT + file->count * file->record_bytes, err));
    for (size_t i = 0; i < count; i++)
        TN_TRY(add_to_index(file, records + i * file->record_bytes, err));
    return TN_OK;
}

enum tn_status pool5_file_map(const struct pool5_file *file, struct data_pool5 *pool5,
                              struct tn_error *err)
{
    const size_t bytes = FRONT + file->count * file->record_bytes;
    void *map = NULL;

    if (file->count > 0) {
        map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file->descriptor, 0);
        if (map == MAP_FAILED && errno == ENOMEM)
            return tn_fail_nomem(err, bytes);
        if (map == MAP_FAILED)
            return fail_io(file, "mapped into memory", err);
    }
    pool5->records = map ? (const unsigned char *)map + FRONT : NULL;
    pool5->record_bytes = file->record_bytes;
    pool5->map = map;
    pool5->map_bytes = bytes;
    return TN_OK;
}
