/* SPDX-License-Identifier: MIT */
/* By PyTorch's torch/_utils.py and torch/serialization.py. */
#include "exchange/torch_state.h"

#include "exchange/format.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- Storages ---- */

static const struct storage_type {
    const char *name;
    size_t size;
    bool floats;
    enum exchange_type type;
} storage_types[] = {
    {"FloatStorage", 4, true, EXCHANGE_F32}, {"DoubleStorage", 8, true, EXCHANGE_F64},
    {"HalfStorage", 2, true, EXCHANGE_F16},  {"BFloat16Storage", 2, true, EXCHANGE_BF16},
    {"LongStorage", 8, false, EXCHANGE_I8},  {"IntStorage", 4, false, EXCHANGE_I8},
    {"ShortStorage", 2, false, EXCHANGE_I8}, {"CharStorage", 1, false, EXCHANGE_I8},
    {"ByteStorage", 1, false, EXCHANGE_I8},  {"BoolStorage", 1, false, EXCHANGE_I8},
};

static const struct storage_type *find_type(const struct pickle_value *type)
{
    char name[64];

    for (size_t i = 0; i < sizeof storage_types / sizeof *storage_types; i++)
        for (size_t cuda = 0; cuda < 2; cuda++) {
            snprintf(name, sizeof name, "torch%s %s", cuda ? ".cuda" : "", storage_types[i].name);
            if (pickle_is_global(type, name))
                return &storage_types[i];
        }
    return NULL;
}

enum tn_status torch_storage_get(const struct pickle *pickle, const struct pickle_value *persistent,
                                 struct torch_storage *ret_storage, struct tn_error *err)
{
    const struct pickle_value *id = pickle_arguments(pickle, persistent), *part[6] = {NULL};
    const struct storage_type *type;

    for (size_t i = 0; id->kind == PICKLE_TUPLE && i < 6 && i < id->count; i++)
        part[i] = pickle_item(pickle, id, i);
    if (!part[4] || !pickle_is_text(part[0], "storage") || part[2]->kind != PICKLE_TEXT ||
        part[2]->length >= sizeof ret_storage->key || part[4]->kind != PICKLE_INT ||
        part[4]->integer < 0 || (part[5] && part[5]->kind != PICKLE_NONE))
        return tn_fail(err, TN_UNSUPPORTED, "it has a storage of an unknown form");
    type = find_type(part[1]);
    if (!type)
        return tn_fail(err, TN_UNSUPPORTED,
                       "it has a storage of the unknown type '%.*s'; known are torch's "
                       "FloatStorage, HalfStorage, BFloat16Storage, DoubleStorage",
                       (int)(part[1]->name_length < 64 ? part[1]->name_length : 64),
                       part[1]->name ? part[1]->name : "");
    *ret_storage = (struct torch_storage){.type = type->type,
                                          .floats = type->floats,
                                          .element_size = type->size,
                                          .elements = (size_t)part[4]->integer};
    memcpy(ret_storage->key, part[2]->text, part[2]->length);
    return TN_OK;
}

/* ---- Tensors ---- */

/* One state_dict on its way. */
struct state {
    struct exchange_tensors *to;
    const struct pickle *pickle;
    torch_find_fn *find;
    void *context;
    char name[256]; /* of the present tensor */
};

/* The same error with file and tensor before it. */
static enum tn_status about(const struct state *state, const struct tn_error *why,
                            struct tn_error *err)
{
    return tn_fail(err, why->status, "%s: tensor '%s': %s", state->to->path, state->name,
                   why->text);
}

static enum tn_status malformed(const struct state *state, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: tensor '%s' is described in an unknown form",
                   state->to->path, state->name);
}

/* The tensor's call, below that of a parameter; NULL where it is no tensor. */
static const struct pickle_value *tensor_call(const struct pickle *pickle,
                                              const struct pickle_value *value)
{
    if (value->kind == PICKLE_CALL &&
        pickle_is_global(pickle_function(pickle, value), "torch._utils _rebuild_parameter") &&
        pickle_arguments(pickle, value)->count > 0)
        value = pickle_item(pickle, pickle_arguments(pickle, value), 0);
    if (value->kind != PICKLE_CALL ||
        !pickle_is_global(pickle_function(pickle, value), "torch._utils _rebuild_tensor_v2"))
        return NULL;
    return value;
}

static bool read_sizes(const struct pickle *pickle, const struct pickle_value *tuple, size_t rank,
                       size_t *sizes)
{
    uint32_t item = tuple->first;

    if (tuple->kind != PICKLE_TUPLE || tuple->count != rank)
        return false;
    for (size_t i = 0; i < rank; i++) {
        const struct pickle_value *size = pickle_next(pickle, &item);

        if (size->kind != PICKLE_INT || size->integer < 0)
            return false;
        sizes[i] = (size_t)size->integer;
    }
    return true;
}

static enum tn_status find_bytes(struct state *state, const struct torch_storage *storage,
                                 size_t offset, const unsigned char **ret_bytes, size_t *ret_size,
                                 struct tn_error *err)
{
    const unsigned char *bytes;
    struct tn_error why;
    size_t size;

    if (state->find(state->context, storage->key, &bytes, &size, &why) != TN_OK)
        return about(state, &why, err);
    if (size / storage->element_size < storage->elements || offset > storage->elements)
        return tn_fail(err, TN_FORMAT,
                       "%s: storage '%s' of tensor '%s' has %zu bytes; expected %zu "
                       "numbers of %zu bytes",
                       state->to->path, storage->key, state->name, size, storage->elements,
                       storage->element_size);
    *ret_bytes = bytes + offset * storage->element_size;
    *ret_size = (storage->elements - offset) * storage->element_size;
    return TN_OK;
}

/* _rebuild_tensor_v2(storage, offset, size, stride, ...) */
static enum tn_status add_tensor(struct state *state, const struct pickle_value *call,
                                 struct tn_error *err)
{
    const struct pickle *pickle = state->pickle;
    const struct pickle_value *arguments = pickle_arguments(pickle, call), *part[4];
    size_t dims[EXCHANGE_MAX_RANK], strides[EXCHANGE_MAX_RANK], bytes = 0, rank;
    struct exchange_tensor *added;
    struct torch_storage storage;
    const unsigned char *data = NULL;
    struct tn_error why;

    if (arguments->count < 4)
        return malformed(state, err);
    for (size_t i = 0; i < 4; i++)
        part[i] = pickle_item(pickle, arguments, i);
    rank = part[2]->count;
    if (part[0]->kind != PICKLE_PERSISTENT || part[1]->kind != PICKLE_INT || part[1]->integer < 0 ||
        rank > EXCHANGE_MAX_RANK || !read_sizes(pickle, part[2], rank, dims) ||
        !read_sizes(pickle, part[3], rank, strides))
        return malformed(state, err);
    if (torch_storage_get(pickle, part[0], &storage, &why) != TN_OK)
        return about(state, &why, err);
    if (!storage.floats)
        return TN_OK;
    TN_TRY(find_bytes(state, &storage, (size_t)part[1]->integer, &data, &bytes, err));
    return exchange_add(state->to, state->name, storage.type, rank, dims, strides, data, bytes,
                        &added, err);
}

static enum tn_status set_name(struct state *state, const struct pickle_value *key,
                               struct tn_error *err)
{
    static const char prefix[] = "module.";
    const size_t skip =
        key->length > sizeof prefix - 1 && memcmp(key->text, prefix, sizeof prefix - 1) == 0
            ? sizeof prefix - 1
            : 0;

    if (key->length - skip >= sizeof state->name || memchr(key->text, '\0', key->length))
        return tn_fail(err, TN_FORMAT,
                       "%s: a tensor has a name of %zu bytes; expected at most %zu "
                       "without NUL",
                       state->to->path, key->length, sizeof state->name - 1);
    memcpy(state->name, key->text + skip, key->length - skip);
    state->name[key->length - skip] = '\0';
    return TN_OK;
}

/* One member of the state_dict; numbers and texts beside the tensors are passed over. */
static enum tn_status add_member(struct state *state, const struct pickle_value *key,
                                 const struct pickle_value *value, struct tn_error *err)
{
    const struct pickle_value *call = tensor_call(state->pickle, value), *function;

    if (key->kind != PICKLE_TEXT || value->kind != PICKLE_CALL)
        return TN_OK;
    TN_TRY(set_name(state, key, err));
    if (call)
        return add_tensor(state, call, err);
    function = pickle_function(state->pickle, value);
    if (pickle_is_global(function, "collections OrderedDict"))
        return TN_OK;
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: '%s' is made by %.*s.%.*s, which would have to be executed; only plain "
                   "tensors are read",
                   state->to->path, state->name,
                   (int)(function->length < 100 ? function->length : 100), function->text,
                   (int)(function->name_length < 100 ? function->name_length : 100),
                   function->name);
}

/* ---- The state_dict ---- */

static bool is_dict(const struct pickle *pickle, const struct pickle_value *value)
{
    return value->kind == PICKLE_DICT ||
           (value->kind == PICKLE_CALL &&
            pickle_is_global(pickle_function(pickle, value), "collections OrderedDict"));
}

static bool has_tensors(const struct pickle *pickle, const struct pickle_value *value)
{
    if (!is_dict(pickle, value))
        return false;
    for (uint32_t item = value->first; item != PICKLE_NO_ITEM;)
        if (tensor_call(pickle, pickle_next(pickle, &item)))
            return true;
    return false;
}

/* The members that people's checkpoints have it in.  They come first: beside them may be a tensor,
 * such as the best accuracy. */
static const struct pickle_value *find_state(const struct pickle *pickle)
{
    static const char *const members[] = {"state_dict", "model_state_dict", "model", "net"};
    const struct pickle_value *result = &pickle->values[pickle->result];
    const bool is_state = has_tensors(pickle, result);

    for (size_t i = 0; i < sizeof members / sizeof *members && is_dict(pickle, result); i++) {
        const struct pickle_value *member = pickle_member(pickle, result, members[i]);

        if (member && (has_tensors(pickle, member) || (!is_state && member->kind == PICKLE_CALL)))
            return member;
    }
    return result;
}

static enum tn_status no_state(const struct exchange_tensors *to, const struct pickle *pickle,
                               const struct pickle_value *value, struct tn_error *err)
{
    const struct pickle_value *function =
        value->kind == PICKLE_CALL ? pickle_function(pickle, value) : NULL;

    if (function && function->kind == PICKLE_GLOBAL && !is_dict(pickle, value))
        return tn_fail(
            err, TN_UNSUPPORTED,
            "%s: it is a whole %.*s.%.*s, which would have to be executed; save only "
            "its weights: torch.save(model.state_dict(), FILE)",
            to->path, (int)(function->length < 100 ? function->length : 100), function->text,
            (int)(function->name_length < 100 ? function->name_length : 100), function->name);
    return tn_fail(err, TN_FORMAT,
                   "%s: it contains no state_dict, also not as its member 'state_dict' or 'model'",
                   to->path);
}

enum tn_status torch_add_state(struct exchange_tensors *to, const struct pickle *pickle,
                               torch_find_fn *find, void *context, struct tn_error *err)
{
    struct state state = {.to = to, .pickle = pickle, .find = find, .context = context};
    const struct pickle_value *dict = find_state(pickle);

    if (!has_tensors(pickle, dict))
        return no_state(to, pickle, dict, err);
    for (uint32_t item = dict->first; item != PICKLE_NO_ITEM;) {
        const struct pickle_value *key = pickle_next(pickle, &item), *value;

        if (item == PICKLE_NO_ITEM)
            break;
        value = pickle_next(pickle, &item);
        TN_TRY(add_member(&state, key, value, err));
    }
    return TN_OK;
}
