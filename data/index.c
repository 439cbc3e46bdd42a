/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing, at most half full. */
#include "data/internal.h"

#include "base/array.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct train_index_slot {
    uint64_t hash;
    size_t key, length, value;
    bool used;
};

/* The slot that holds key, or the free one where it belongs; the table has a free slot. */
static struct train_index_slot *find_slot(const struct train_index *index, const char *key,
                                          size_t length, uint64_t hash)
{
    size_t i = (size_t)hash & (index->capacity - 1);

    while (index->slots[i].used &&
           (index->slots[i].hash != hash || index->slots[i].length != length ||
            memcmp(index->keys + index->slots[i].key, key, length) != 0))
        i = (i + 1) & (index->capacity - 1);
    return &index->slots[i];
}

static enum tn_status rehash(struct train_index *index, struct tn_error *err)
{
    struct train_index grown = *index;

    grown.capacity = index->capacity > 0 ? 2 * index->capacity : 64;
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return tn_fail_nomem(err, grown.capacity * sizeof *grown.slots);
    for (size_t i = 0; i < index->capacity; i++) {
        const struct train_index_slot *slot = &index->slots[i];

        if (slot->used)
            *find_slot(&grown, index->keys + slot->key, slot->length, slot->hash) = *slot;
    }
    free(index->slots);
    *index = grown;
    return TN_OK;
}

enum tn_status train_index_put(struct train_index *index, const char *key, size_t length,
                               size_t value, size_t *ret_value, struct tn_error *err)
{
    const uint64_t hash = tn_hash_bytes(TN_HASH_START, key, length);
    struct train_index_slot *slot;

    if (2 * (index->count + 1) > index->capacity)
        TN_TRY(rehash(index, err));
    slot = find_slot(index, key, length, hash);
    if (!slot->used) {
        TN_TRY(tn_array_reserve(&index->keys, &index->keys_capacity, index->keys_used + length + 1,
                                err));
        memcpy(index->keys + index->keys_used, key, length);
        *slot = (struct train_index_slot){hash, index->keys_used, length, value, true};
        index->keys_used += length;
        index->count++;
    }
    *ret_value = slot->value;
    return TN_OK;
}

bool train_index_find(const struct train_index *index, const char *key, size_t length,
                      size_t *ret_value)
{
    const struct train_index_slot *slot;

    if (index->count == 0)
        return false;
    slot = find_slot(index, key, length, tn_hash_bytes(TN_HASH_START, key, length));
    if (slot->used)
        *ret_value = slot->value;
    return slot->used;
}

void train_index_finish(struct train_index *index)
{
    free(index->slots);
    free(index->keys);
    memset(index, 0, sizeof *index);
}
