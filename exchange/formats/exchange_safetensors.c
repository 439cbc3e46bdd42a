/* SPDX-License-Identifier: MIT */
/* Safetensors, of which the program's own files are: F32, F16, BF16, F64, and int8 rows with their
 * scales (docs/format.md).  Other types are passed over. */
#include "exchange/format.h"

#include "tensor/safetensors_header.h"

#include <stdio.h>
#include <string.h>

/* A length of 8 bytes, then JSON. */
static bool recognises(const unsigned char *bytes, size_t size)
{
    return size > 8 && bytes[8] == '{' && bytes[6] == 0 && bytes[7] == 0;
}

static bool type_of(const struct tn_entry *entry, enum exchange_type *ret_type)
{
    static const char *const names[] = {
        [EXCHANGE_F32] = "F32",   [EXCHANGE_F64] = "F64", [EXCHANGE_F16] = "F16",
        [EXCHANGE_BF16] = "BF16", [EXCHANGE_I8] = "I8",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(entry->dtype, names[i]) == 0) {
            *ret_type = (enum exchange_type)i;
            return entry->rank <= TN_MAX_RANK;
        }
    return false;
}

/* The scales of a tensor's rows; NULL where it has none. */
static const unsigned char *scales_of(const struct exchange_tensors *to,
                                      const struct exchange_tensor *tensor, const char *name)
{
    const struct exchange_tensor *scales;
    char full[256];

    if (tensor->type != EXCHANGE_I8 || tensor->rank == 0 ||
        (size_t)snprintf(full, sizeof full, "%s_scale", name) >= sizeof full)
        return NULL;
    scales = exchange_find(to, full);
    return scales && scales->type == EXCHANGE_F32 && scales->rank == 1 &&
                   scales->dims[0] == tensor->dims[0]
               ? scales->data
               : NULL;
}

static enum tn_status add_entries(struct exchange_tensors *to, const struct tn_header *header,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < header->count; i++) {
        const struct tn_entry *entry = &header->entries[i];
        struct exchange_tensor *tensor;
        enum exchange_type type;

        if (type_of(entry, &type))
            TN_TRY(exchange_add(to, entry->name, type, entry->rank, entry->dims, NULL,
                                to->bytes + header->data_start + entry->begin,
                                (size_t)(entry->end - entry->begin), &tensor, err));
    }
    for (size_t i = 0; i < to->count; i++)
        to->items[i].scales = scales_of(to, &to->items[i], exchange_name(to, i));
    return TN_OK;
}

static enum tn_status read_safetensors(struct exchange_tensors *to, struct tn_error *err)
{
    struct tn_header header;
    enum tn_status status;

    TN_TRY(tn_header_init(&header, to->bytes, to->size, to->path, err));
    status = add_entries(to, &header, err);
    tn_header_finish(&header);
    return status;
}

const struct exchange_format exchange_format_safetensors = {
    .name = "safetensors",
    .recognises = recognises,
    .read = read_safetensors,
};
