/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "base/array.h"
#include "base/hash.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The high half is folded down: the slots are chosen by the low bits. */
static uint64_t hash_bytes(const char *bytes, size_t length)
{
    const uint64_t hash = tn_hash_bytes(TN_HASH_START, bytes, length);

    return hash ^ hash >> 32;
}

/* The slot that holds the string, or the empty one where it belongs. */
static size_t find_slot(const struct tn_map *map, const char *bytes, size_t length, uint64_t hash)
{
    size_t slot = (size_t)hash & (map->slot_count - 1);

    while (map->slots[slot]) {
        const struct tn_map_entry *entry = &map->entries[map->slots[slot] - 1];

        if (entry->hash == hash && entry->length == length &&
            memcmp(map->text + entry->offset, bytes, length) == 0)
            break;
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return slot;
}

void tn_map_finish(struct tn_map *map)
{
    free(map->text);
    free(map->entries);
    free(map->slots);
    *map = (struct tn_map){0};
}

size_t tn_map_find(const struct tn_map *map, const char *bytes, size_t length)
{
    size_t slot;

    if (map->slot_count == 0)
        return TN_MAP_NONE;
    slot = find_slot(map, bytes, length, hash_bytes(bytes, length));
    return map->slots[slot] ? map->slots[slot] - 1 : TN_MAP_NONE;
}

static enum tn_status double_slots(struct tn_map *map, struct tn_error *err)
{
    size_t slot_count = map->slot_count ? map->slot_count * 2 : 64;
    uint32_t *slots = calloc(slot_count, sizeof *slots);

    if (!slots)
        return tn_fail_nomem(err, slot_count * sizeof *slots);
    for (size_t i = 0; i < map->count; i++) {
        size_t slot = (size_t)map->entries[i].hash & (slot_count - 1);

        while (slots[slot])
            slot = (slot + 1) & (slot_count - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    free(map->slots);
    map->slots = slots;
    map->slot_count = slot_count;
    return TN_OK;
}

enum tn_status tn_map_add(struct tn_map *map, const char *bytes, size_t length, size_t *ret_index,
                          struct tn_error *err)
{
    const uint64_t hash = hash_bytes(bytes, length);
    size_t slot;

    if (map->count >= map->slot_count / 2)
        TN_TRY(double_slots(map, err));
    slot = find_slot(map, bytes, length, hash);
    if (map->slots[slot]) {
        *ret_index = map->slots[slot] - 1;
        return TN_OK;
    }
    if (map->count >= INT_MAX)
        return tn_fail(err, TN_RANGE, "more than %d different strings", INT_MAX);
    if (length >= PTRDIFF_MAX - map->text_used)
        return tn_fail_nomem(err, length);
    TN_TRY(tn_array_reserve(&map->text, &map->text_capacity, map->text_used + length + 1, err));
    TN_TRY(tn_array_reserve(&map->entries, &map->capacity, map->count + 1, err));

    memcpy(map->text + map->text_used, bytes, length);
    map->text[map->text_used + length] = '\0';
    map->entries[map->count] = (struct tn_map_entry){map->text_used, length, hash, 0};
    map->text_used += length + 1;
    *ret_index = map->count++;
    map->slots[slot] = (uint32_t)map->count;
    return TN_OK;
}

const char *tn_map_text(const struct tn_map *map, size_t index)
{
    assert(index < map->count);
    return map->text + map->entries[index].offset;
}
