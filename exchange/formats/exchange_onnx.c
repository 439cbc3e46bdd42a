/* SPDX-License-Identifier: MIT */
/* ONNX models: the numbers of their graph that are constant. */
#include "exchange/format.h"
#include "exchange/onnx_weights.h"
#include "exchange/protobuf.h"
#include "exchange/protobuf_looks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_FLOAT = 1, TYPE_HALF = 10, TYPE_DOUBLE = 11, TYPE_BFLOAT = 16 };

static bool type_of(const OnnxTensor *tensor, enum exchange_type *ret_type)
{
    switch (tensor->data_type) {
    case TYPE_FLOAT:
        *ret_type = EXCHANGE_F32;
        return true;
    case TYPE_HALF:
        *ret_type = EXCHANGE_F16;
        return true;
    case TYPE_DOUBLE:
        *ret_type = EXCHANGE_F64;
        return true;
    case TYPE_BFLOAT:
        *ret_type = EXCHANGE_BF16;
        return true;
    default:
        return false;
    }
}

/* 16-bit numbers may also be listed as integers. */
static enum tn_status join_halves(struct exchange_tensors *to, const OnnxTensor *tensor,
                                  const void **ret_data, size_t *ret_bytes, struct tn_error *err)
{
    const size_t count = tensor->n_int32_data;
    uint16_t *halves = malloc((count + 1) * sizeof *halves);

    if (!halves)
        return tn_fail_nomem(err, count * sizeof *halves);
    for (size_t i = 0; i < count; i++)
        halves[i] = (uint16_t)tensor->int32_data[i];
    *ret_data = halves;
    *ret_bytes = count * sizeof *halves;
    return exchange_keep(to, halves, free, err);
}

static enum tn_status find_data(struct exchange_tensors *to, const OnnxTensor *tensor,
                                enum exchange_type type, const void **ret_data, size_t *ret_bytes,
                                struct tn_error *err)
{
    if (tensor->has_raw_data) {
        *ret_data = tensor->raw_data.data;
        *ret_bytes = tensor->raw_data.len;
    } else if (type == EXCHANGE_F32) {
        *ret_data = tensor->float_data;
        *ret_bytes = tensor->n_float_data * sizeof *tensor->float_data;
    } else if (type == EXCHANGE_F64) {
        *ret_data = tensor->double_data;
        *ret_bytes = tensor->n_double_data * sizeof *tensor->double_data;
    } else {
        return join_halves(to, tensor, ret_data, ret_bytes, err);
    }
    return TN_OK;
}

static enum tn_status check_tensor(const struct exchange_tensors *to,
                                   const struct onnx_weight *weight, struct tn_error *err)
{
    const OnnxTensor *tensor = weight->tensor;

    if (tensor->n_external_data > 0 || tensor->data_location != 0)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: tensor '%s' is in another file; "
                       "onnx.save_model(model, path) in Python makes one file of it",
                       to->path, weight->name);
    if (tensor->n_dims > EXCHANGE_MAX_RANK)
        return tn_fail(err, TN_FORMAT, "%s: tensor '%s' has %zu dimensions; at most %d are read",
                       to->path, weight->name, tensor->n_dims, (int)EXCHANGE_MAX_RANK);
    for (size_t i = 0; i < tensor->n_dims; i++)
        if (tensor->dims[i] < 0 || (uint64_t)tensor->dims[i] > SIZE_MAX)
            return tn_fail(err, TN_FORMAT, "%s: tensor '%s' has an impossible shape", to->path,
                           weight->name);
    return TN_OK;
}

static enum tn_status add_weight(struct exchange_tensors *to, const struct onnx_weight *weight,
                                 struct tn_error *err)
{
    const OnnxTensor *message = weight->tensor;
    const bool turned = weight->turned && message->n_dims == 2;
    size_t dims[EXCHANGE_MAX_RANK] = {0};
    struct exchange_tensor *tensor;
    enum exchange_type type;
    const void *data;
    size_t bytes;

    if (!type_of(message, &type))
        return TN_OK;
    TN_TRY(check_tensor(to, weight, err));
    for (size_t i = 0; i < message->n_dims; i++)
        dims[turned ? 1 - i : i] = (size_t)message->dims[i];
    TN_TRY(find_data(to, message, type, &data, &bytes, err));
    return exchange_add(to, weight->role[0] ? weight->role : weight->name, type, message->n_dims,
                        dims, turned ? (size_t[]){1, dims[0]} : NULL, data, bytes, &tensor, err);
}

static enum tn_status add_weights(struct exchange_tensors *to, const struct onnx_weights *weights,
                                  struct tn_error *err)
{
    if (weights->norm_later)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: pools before it normalises, as CaffeNet does; AlexNet is read",
                       to->path);
    to->facts.norm = weights->norm ? EXCHANGE_YES : EXCHANGE_NO;
    for (size_t i = 0; i < weights->count; i++)
        TN_TRY(add_weight(to, &weights->items[i], err));
    return TN_OK;
}

/* What an export of ours subtracts from pixels (exchange/onnx_encoder.c). */
static void look_at_own(struct exchange_tensors *to)
{
    const struct exchange_tensor *mean = exchange_find(to, "mean");

    to->facts.blue_first = EXCHANGE_YES;
    if (!mean || exchange_count(mean) != 3)
        return;
    to->facts.has_mean = true;
    exchange_floats(mean, to->facts.mean);
}

static enum tn_status add_model(struct exchange_tensors *to, const OnnxModel *model,
                                struct tn_error *err)
{
    struct onnx_weights weights = {.items = NULL};
    enum tn_status status;

    if (!model->graph)
        return tn_fail(err, TN_FORMAT, "%s: an ONNX model without a graph", to->path);
    status = onnx_weights_collect(&weights, model->graph, err);
    if (status == TN_OK)
        status = add_weights(to, &weights, err);
    onnx_weights_finish(&weights);
    if (status == TN_OK && model->producer_name && strcmp(model->producer_name, "caption") == 0)
        look_at_own(to);
    return status;
}

static enum tn_status read_onnx(struct exchange_tensors *to, struct tn_error *err)
{
    struct exchange_message *message;
    struct tn_error why;
    const enum tn_status status =
        exchange_parse(&onnx_model__descriptor, to->bytes, to->size, &message, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", to->path, why.text);
    TN_TRY(exchange_keep(to, message, exchange_message_destroy, err));
    return add_model(to, exchange_message_content(message), err);
}

const struct exchange_format exchange_format_onnx = {
    .name = "ONNX",
    .recognises = exchange_looks_like_onnx,
    .read = read_onnx,
};
