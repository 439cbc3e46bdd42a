/* SPDX-License-Identifier: MIT */
#include "models/file/model_part.h"

#include "models/file/model_encoder.h"

#include <stdlib.h>

struct tn_tensor model_part_tensor(const char *name, enum tn_dtype dtype, size_t rows,
                                   size_t columns, const void *data)
{
    return (struct tn_tensor){.name = name,
                              .dtype = dtype,
                              .rank = columns > 0 ? 2 : 1,
                              .dims = {rows, columns},
                              .data = data,
                              .bytes = rows * (columns > 0 ? columns : 1) * tn_dtype_size(dtype)};
}

struct tn_tensor model_parameter_tensor(const struct tn_parameter *parameter, const float *theta)
{
    struct tn_tensor tensor = {.name = parameter->name,
                               .dtype = TN_F32,
                               .rank = parameter->rank,
                               .data = theta + parameter->span.offset,
                               .bytes = parameter->span.count * sizeof *theta};

    memcpy(tensor.dims, parameter->dims, sizeof tensor.dims);
    return tensor;
}

/* What the copy consists of. */
struct copy {
    struct tn_tensor *tensors;
    struct tn_metadata *metadata;
    size_t tensor_count, metadata_count;
};

static bool is_kept(const struct model_part *part, const char *name)
{
    bool kept = !model_is_part(name, part->language, part->ending);

    for (size_t i = 0; i < 2 && part->ends[i]; i++)
        kept = kept && !model_is_part(name, part->language, part->ends[i]);
    return kept;
}

static enum tn_status copy_file(const struct tn_file *file, const struct model_part *part,
                                struct copy *copy, struct tn_error *err)
{
    const size_t tensors = tn_file_count(file), entries = tn_file_metadata_count(file);

    copy->tensors = calloc(tensors + part->count, sizeof *copy->tensors);
    copy->metadata = calloc(entries + 1, sizeof *copy->metadata);
    if (!copy->tensors || !copy->metadata)
        return tn_fail_nomem(err, tensors * sizeof *copy->tensors);
    for (size_t i = 0; i < tensors; i++)
        if (is_kept(part, tn_file_at(file, i)->name))
            copy->tensors[copy->tensor_count++] = *tn_file_at(file, i);
    for (size_t i = 0; i < entries; i++) {
        struct tn_metadata *entry = &copy->metadata[copy->metadata_count];

        tn_file_metadata_at(file, i, &entry->key, &entry->value);
        copy->metadata_count += is_kept(part, entry->key);
    }
    return TN_OK;
}

enum tn_status model_part_save(const char *path, const struct tn_file *file,
                               const struct model_part *part, struct tn_error *err)
{
    struct copy copy = {.tensors = NULL};
    enum tn_status status = copy_file(file, part, &copy, err);
    struct model_contents contents;
    struct alexnet net;
    const bool known = alexnet_of_file(file, &net, NULL) == TN_OK;
    char key[MODEL_KEY_SIZE];

    model_key(key, part->language, part->ending);
    if (status == TN_OK) {
        memcpy(copy.tensors + copy.tensor_count, part->tensors,
               part->count * sizeof *part->tensors);
        copy.metadata[copy.metadata_count++] = (struct tn_metadata){key, part->note};
        contents = (struct model_contents){.tensors = copy.tensors,
                                           .tensor_count = copy.tensor_count + part->count,
                                           .metadata = copy.metadata,
                                           .metadata_count = copy.metadata_count,
                                           .net = known ? &net : NULL};
        status = model_write(path, &contents, err);
    }
    free(copy.tensors);
    free(copy.metadata);
    return status;
}
