/* SPDX-License-Identifier: MIT */
#include "data/photo_id.h"

#include "base/hash.h"
#include <stdlib.h>

enum { BATCH = 256 }; /* files between two calls of progress */

void data_photo_id_of_file(const unsigned char *bytes, size_t size, struct data_photo_id *id)
{
    *id = (struct data_photo_id){.size = size, .bytes = tn_hash_block(0, bytes, size)};
}

struct reading {
    const struct data_place *places;
    struct data_photo_id *ids;
    enum tn_status status[BATCH];
};

static void read_task(void *context, size_t index, size_t thread)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct reading *r = context;
    unsigned char *bytes;
    size_t size;

    (void)thread;
    r->ids[index] = (struct data_photo_id){0};
    r->status[index] = data_place_read(&r->places[index], &options, &bytes, &size, NULL);
    if (r->status[index] != TN_OK)
        return;
    data_photo_id_of_file(bytes, size, &r->ids[index]);
    free(bytes);
}

enum tn_status data_photo_ids_read(const struct data_place *places, size_t count,
                                   struct tn_pool *pool, const struct tn_progress *progress,
                                   struct data_photo_id *ids, struct tn_error *err)
{
    for (size_t done = 0, batch; done < count; done += batch) {
        struct reading reading = {.places = places + done, .ids = ids + done};

        batch = count - done < BATCH ? count - done : BATCH;
        tn_pool_run(pool, batch, read_task, &reading);
        for (size_t i = 0; i < batch; i++)
            if (reading.status[i] == TN_NOMEM)
                return tn_fail(err, TN_NOMEM, "%s: no memory to read it", places[done + i].name);
        if (tn_progress_stops(progress, "photos", done + batch, count))
            return tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos were read",
                           done + batch, count);
    }
    return TN_OK;
}
