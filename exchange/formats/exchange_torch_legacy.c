/* SPDX-License-Identifier: MIT */
/*
 * What torch.save wrote before PyTorch 1.6, and writes without its new format: pickles one after
 * the other, which are a magic number, the version, facts of the machine, the state_dict and the
 * list of the storages' keys.  Then each storage: the number of its elements, and these.
 */
#include "exchange/format.h"
#include "exchange/torch_state.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PICKLE = 16 << 20, VERSION = 1001, COUNT_SIZE = 8 };

struct storage {
    size_t element_size;
    const unsigned char *bytes; /* NULL: not come to yet */
    size_t size;
};

struct legacy {
    const unsigned char *bytes;
    size_t at, size;
    struct tn_map keys;
    struct storage *storages; /* of the keys, in their order; as many as the pickle has values */
};

/* A pickle of a number of 10 bytes. */
static const unsigned char magic[] = {0x80, 2,    0x8a, 10,   0x6c, 0xfc, 0x9c, 0x46,
                                      0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

static bool recognises(const unsigned char *bytes, size_t size)
{
    return size >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static enum tn_status next_pickle(struct legacy *legacy, struct pickle *ret_pickle,
                                  struct tn_error *err)
{
    const size_t left = legacy->size - legacy->at;
    size_t used;

    TN_TRY(pickle_read(legacy->bytes + legacy->at, left < MOST_PICKLE ? left : MOST_PICKLE,
                       ret_pickle, &used, err));
    legacy->at += used;
    return TN_OK;
}

static enum tn_status check_version(struct legacy *legacy, struct tn_error *err)
{
    const struct pickle_value *value;
    struct pickle pickle;
    bool known;

    TN_TRY(next_pickle(legacy, &pickle, err));
    value = &pickle.values[pickle.result];
    known = value->kind == PICKLE_INT && value->integer == VERSION;
    pickle_finish(&pickle);
    return known ? TN_OK
                 : tn_fail(err, TN_UNSUPPORTED,
                           "it is of an unknown version of torch's old format; "
                           "save it again with a newer PyTorch");
}

static enum tn_status check_machine(struct legacy *legacy, struct tn_error *err)
{
    const struct pickle_value *little;
    struct pickle pickle;
    bool known;

    TN_TRY(next_pickle(legacy, &pickle, err));
    little = pickle_member(&pickle, &pickle.values[pickle.result], "little_endian");
    known = little && little->kind == PICKLE_BOOL && little->integer;
    pickle_finish(&pickle);
    return known ? TN_OK
                 : tn_fail(err, TN_UNSUPPORTED,
                           "its numbers are big-endian; save it on a little-endian machine");
}

/* The storages that the state_dict names, and their types. */
static enum tn_status list_storages(struct legacy *legacy, const struct pickle *pickle,
                                    struct tn_error *err)
{
    legacy->storages = calloc(pickle->count, sizeof *legacy->storages);
    if (!legacy->storages)
        return tn_fail_nomem(err, pickle->count * sizeof *legacy->storages);
    for (size_t i = 0; i < pickle->count; i++) {
        struct torch_storage storage;
        size_t index;

        if (pickle->values[i].kind != PICKLE_PERSISTENT)
            continue;
        TN_TRY(torch_storage_get(pickle, &pickle->values[i], &storage, err));
        TN_TRY(tn_map_add(&legacy->keys, storage.key, strlen(storage.key), &index, err));
        legacy->storages[index].element_size = storage.element_size;
    }
    return TN_OK;
}

/* The storage of a key, which stands next. */
static enum tn_status place_storage(struct legacy *legacy, const struct pickle_value *key,
                                    struct tn_error *err)
{
    const size_t index =
        key->kind == PICKLE_TEXT ? tn_map_find(&legacy->keys, key->text, key->length) : TN_MAP_NONE;
    uint64_t count = 0;
    struct storage *storage;
    size_t left;

    if (index == TN_MAP_NONE)
        return tn_fail(err, TN_FORMAT, "it has a storage that no tensor names");
    storage = &legacy->storages[index];
    if (legacy->size - legacy->at < COUNT_SIZE)
        return tn_fail(err, TN_FORMAT, "it is cut before storage '%s'",
                       tn_map_text(&legacy->keys, index));
    memcpy(&count, legacy->bytes + legacy->at, COUNT_SIZE);
    legacy->at += COUNT_SIZE;
    left = legacy->size - legacy->at;
    if (count > left / storage->element_size)
        return tn_fail(err, TN_FORMAT,
                       "it is cut: storage '%s' has %ju numbers, and %zu bytes are "
                       "left",
                       tn_map_text(&legacy->keys, index), (uintmax_t)count, left);
    storage->bytes = legacy->bytes + legacy->at;
    storage->size = (size_t)count * storage->element_size;
    legacy->at += storage->size;
    return TN_OK;
}

static enum tn_status place_storages(struct legacy *legacy, struct tn_error *err)
{
    enum tn_status status = TN_OK;
    const struct pickle_value *keys;
    struct pickle pickle;

    TN_TRY(next_pickle(legacy, &pickle, err));
    keys = &pickle.values[pickle.result];
    for (uint32_t item = keys->first; item != PICKLE_NO_ITEM && status == TN_OK;)
        status = place_storage(legacy, pickle_next(&pickle, &item), err);
    pickle_finish(&pickle);
    return status;
}

static enum tn_status find_storage(void *context, const char *key, const unsigned char **ret_bytes,
                                   size_t *ret_size, struct tn_error *err)
{
    const struct legacy *legacy = context;
    const size_t index = tn_map_find(&legacy->keys, key, strlen(key));

    if (index == TN_MAP_NONE || !legacy->storages[index].bytes)
        return tn_fail(err, TN_FORMAT, "the file has no storage '%s'", key);
    *ret_bytes = legacy->storages[index].bytes;
    *ret_size = legacy->storages[index].size;
    return TN_OK;
}

/* On failure *ret_state need not be finished. */
static enum tn_status read_parts(struct legacy *legacy, struct pickle *ret_state,
                                 struct tn_error *err)
{
    enum tn_status status;

    TN_TRY(check_version(legacy, err));
    TN_TRY(check_machine(legacy, err));
    TN_TRY(next_pickle(legacy, ret_state, err));
    status = list_storages(legacy, ret_state, err);
    if (status == TN_OK)
        status = place_storages(legacy, err);
    if (status != TN_OK)
        pickle_finish(ret_state);
    return status;
}

static enum tn_status read_legacy(struct exchange_tensors *to, struct tn_error *err)
{
    struct legacy legacy = {.bytes = to->bytes, .at = sizeof magic, .size = to->size};
    struct tn_error why;
    struct pickle pickle;
    enum tn_status status = read_parts(&legacy, &pickle, &why);

    if (status != TN_OK) {
        status = tn_fail(err, status, "%s: %s", to->path, why.text);
    } else {
        status = torch_add_state(to, &pickle, find_storage, &legacy, err);
        pickle_finish(&pickle);
    }
    tn_map_finish(&legacy.keys);
    free(legacy.storages);
    return status;
}

const struct exchange_format exchange_format_torch_legacy = {
    .name = "PyTorch's old format",
    .recognises = recognises,
    .read = read_legacy,
};
