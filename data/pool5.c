/* SPDX-License-Identifier: MIT */
#include "data/pool5.h"

#include "cnn/int8/encoder.h"
#include "cnn/int8/int8_trunk.h"
#include "data/pixels.h"
#include "data/pool5_private.h"
#include "models/captioner/photo_encoder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BATCH = 32 };

struct maker {
    const struct data_place *places;
    const struct data_photo_id *ids;
    const struct data_pool5_options *options;
    struct tn_pool *pool;
    struct pool5_file file;
    struct data_pool5 made;
    size_t *todo; /* [todo_count]: photos without a record; owned */
    size_t todo_count, first;
    struct cnn_encoder *encoder;
    unsigned char *pixels, *records; /* [BATCH][views][PHOTO_BYTES], [BATCH][record] */
    enum tn_status status[BATCH];
    struct tn_error err[BATCH];
};

static void read_task(void *context, size_t index, size_t thread)
{
    struct maker *m = context;
    const size_t photo = m->todo[m->first + index];
    unsigned char *pixels = m->pixels + index * m->made.views * PHOTO_BYTES;

    (void)thread;
    m->status[index] =
        data_read_pixels(&m->places[photo], m->options->max_pixels, pixels, NULL, &m->err[index]);
    if (m->status[index] != TN_OK) {
        memset(pixels, 0, m->made.views * PHOTO_BYTES);
    } else if (m->made.views == 2) {
        memcpy(pixels + PHOTO_BYTES, pixels, PHOTO_BYTES);
        image_mirror(pixels + PHOTO_BYTES, PHOTO_SIDE, PHOTO_SIDE);
    }
}

/* Computes and adds the records of todo[first, first + count). */
static enum tn_status make_records(struct maker *m, size_t count, struct tn_error *err)
{
    const float *values;
    size_t used = 0;

    tn_pool_run(m->pool, count, read_task, m);
    values = cnn_encoder_pool5(m->encoder, count * m->made.views, m->pixels);
    for (size_t i = 0; i < count; i++) {
        const size_t photo = m->todo[m->first + i];

        if (m->status[i] == TN_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", m->err[i].text);
        if (m->status[i] != TN_OK) {
            if (m->made.unreadable++ == 0)
                m->made.first_failure = m->err[i];
            continue;
        }
        m->made.rows[photo] = m->file.count + used;
        data_pool5_pack(&m->ids[photo], values + i * m->made.views * m->made.width, m->made.width,
                        m->made.views, m->records + used++ * m->file.record_bytes);
    }
    return pool5_file_append(&m->file, m->records, used, err);
}

static enum tn_status make_missing(struct maker *m, const struct tn_file *weights,
                                   struct tn_error *err)
{
    if (m->todo_count == 0)
        return TN_OK;
    m->pixels = malloc(BATCH * m->made.views * PHOTO_BYTES);
    m->records = malloc(BATCH * m->file.record_bytes);
    if (!m->pixels || !m->records)
        return tn_fail_nomem(err, BATCH * m->made.views * PHOTO_BYTES);
    TN_TRY(cnn_encoder_create(weights, BATCH * m->made.views, m->pool, &m->encoder, err));
    for (size_t count; m->first < m->todo_count; m->first += count) {
        count = m->todo_count - m->first < BATCH ? m->todo_count - m->first : BATCH;
        TN_TRY(make_records(m, count, err));
        if (tn_progress_stops(&m->options->progress, "photos", m->first + count, m->todo_count))
            return tn_fail(err, TN_CANCELLED,
                           "interrupted after %zu of %zu photos; %s keeps what is done",
                           m->first + count, m->todo_count, m->options->path);
    }
    return TN_OK;
}

/* Finds the records that are there, and the photos without one. */
static enum tn_status find_records(struct maker *m, size_t count, struct tn_error *err)
{
    m->made.photos = count;
    m->made.rows = malloc((count + 1) * sizeof *m->made.rows);
    m->todo = malloc((count + 1) * sizeof *m->todo);
    if (!m->made.rows || !m->todo)
        return tn_fail_nomem(err, count * sizeof *m->todo);
    for (size_t i = 0; i < count; i++) {
        m->made.rows[i] = SIZE_MAX;
        if (m->ids[i].size == 0)
            continue;
        m->made.rows[i] = pool5_file_find(&m->file, &m->ids[i]);
        if (m->made.rows[i] == TN_MAP_NONE)
            m->todo[m->todo_count++] = i;
    }
    return TN_OK;
}

enum tn_status data_pool5_make(const struct tn_file *weights, const struct data_place *places,
                               const struct data_photo_id *ids, size_t count,
                               const struct data_pool5_options *options, struct tn_pool *pool,
                               struct data_pool5 *ret_pool5, struct tn_error *err)
{
    struct maker m = {.places = places, .ids = ids, .options = options, .pool = pool};
    char fingerprint[17];
    enum tn_status status;

    m.made.width = CNN_POOL5;
    m.made.views = options->mirrored ? 2 : 1;
    cnn_encoder_pool5_fingerprint(weights, fingerprint);
    TN_TRY(pool5_file_open(&m.file, options->path, fingerprint, m.made.views, err));
    status = find_records(&m, count, err);
    if (status == TN_OK)
        status = make_missing(&m, weights, err);
    if (status == TN_OK)
        status = pool5_file_map(&m.file, &m.made, err);
    pool5_file_close(&m.file);
    cnn_encoder_destroy(m.encoder);
    free(m.todo);
    free(m.pixels);
    free(m.records);
    if (status == TN_OK)
        *ret_pool5 = m.made;
    else
        free(m.made.rows);
    return status;
}

void data_pool5_finish(struct data_pool5 *pool5)
{
    if (pool5->map)
        munmap(pool5->map, pool5->map_bytes);
    free(pool5->rows);
    memset(pool5, 0, sizeof *pool5);
}
