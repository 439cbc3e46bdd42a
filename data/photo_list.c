/* SPDX-License-Identifier: MIT */
#include "data/photo_list.h"

#include "base/map.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum tn_status data_set_of_photos(const char *const *paths, size_t count,
                                  struct data_set *ret_dataset, struct tn_error *err)
{
    struct data_set made = {.photo_count = count};
    size_t bytes = 1;

    for (size_t i = 0; i < count; i++)
        bytes += strlen(paths[i]) + 1;
    made.photos = calloc(count + 1, sizeof *made.photos);
    made.captions = calloc(1, sizeof *made.captions);
    made.text = malloc(bytes);
    if (!made.photos || !made.captions || !made.text) {
        data_set_finish(&made);
        return tn_fail_nomem(err, bytes + count * sizeof *made.photos);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(paths[i]) + 1;

        memcpy(made.text + made.text_used, paths[i], length);
        made.photos[i] = (struct data_photo){.name = made.text_used, .path = made.text_used};
        made.text_used += length;
    }
    *ret_dataset = made;
    return TN_OK;
}

enum tn_status data_set_leave_out(struct data_set *dataset, const struct data_photo_id *ids,
                                  size_t *ret_unreadable, size_t *ret_repeated,
                                  struct tn_error *err)
{
    size_t unreadable = 0, repeated = 0;
    struct tn_map seen = {0};
    enum tn_status status = TN_OK;

    for (size_t i = 0; i < dataset->photo_count && status == TN_OK; i++) {
        const size_t before = seen.count;
        size_t index;
        bool out = ids[i].size == 0;

        unreadable += out;
        if (!out) {
            status = tn_map_add(&seen, (const char *)&ids[i],
                                offsetof(struct data_photo_id, pixels), &index, err);
            out = status == TN_OK && seen.count == before;
            repeated += out;
        }
        if (out)
            dataset->photos[i].split = DATA_SPLIT_OUT;
    }
    tn_map_finish(&seen);
    if (status == TN_OK) {
        *ret_unreadable = unreadable;
        *ret_repeated = repeated;
    }
    return status;
}
