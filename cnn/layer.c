/* SPDX-License-Identifier: MIT */
#include "cnn/layer.h"

#include <stdio.h>

#define CNN_LAYER_ADDRESS(kind) &cnn_layer_##kind,
const struct cnn_layer_ops *const cnn_layer_kinds[] = {CNN_LAYER_LIST(CNN_LAYER_ADDRESS) NULL};

size_t cnn_shape_floats(struct cnn_shape shape)
{
    return shape.channels * shape.height * shape.width;
}

enum tn_status cnn_layer_init(struct cnn_layer *layer, const struct cnn_layer_spec *spec,
                              struct cnn_shape in, struct tn_layout *layout, const char *prefix,
                              struct tn_error *err)
{
    struct cnn_layer made = {.spec = *spec, .in = in, .out = in};

    if (spec->ops->shape)
        TN_TRY(spec->ops->shape(spec, in, &made.out, err));
    if (spec->ops->declare)
        TN_TRY(spec->ops->declare(&made, layout, prefix, err));
    *layer = made;
    return TN_OK;
}

enum tn_status cnn_layer_declare(const struct cnn_layer *layer, struct tn_layout *layout,
                                 const char *prefix, const char *suffix, size_t rank,
                                 const size_t *dims, struct tn_span *ret_span, struct tn_error *err)
{
    char name[TN_NAME_SIZE];
    const int length = snprintf(name, sizeof name, "%s%s%s", prefix, layer->spec.name, suffix);

    if (length < 0 || (size_t)length >= sizeof name)
        return tn_fail(err, TN_RANGE, "the parameter name %s%s%s is too long", prefix,
                       layer->spec.name, suffix);
    return tn_layout_add(layout, name, rank, dims, ret_span, err);
}
