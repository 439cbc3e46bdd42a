/* SPDX-License-Identifier: MIT */
#include "tensor/layout.h"

#include "base/array.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPAN_GRAIN = 16 };

void tn_layout_finish(struct tn_layout *layout)
{
    free(layout->parameters);
    memset(layout, 0, sizeof *layout);
}

enum tn_status tn_layout_add(struct tn_layout *layout, const char *name, size_t rank,
                             const size_t *dims, struct tn_span *ret_span, struct tn_error *err)
{
    struct tn_parameter *parameter;
    size_t count = 1;

    assert(rank >= 1 && rank <= TN_MAX_RANK && strlen(name) < TN_NAME_SIZE);
    assert(!tn_layout_find(layout, name));
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(count, dims[i], &count) ||
            count > SIZE_MAX / 16 - layout->floats)
            return tn_fail(err, TN_RANGE, "parameter %s is too large", name);
    TN_TRY(tn_array_reserve(&layout->parameters, &layout->capacity, layout->count + 1, err));
    parameter = &layout->parameters[layout->count++];
    memset(parameter, 0, sizeof *parameter);
    strcpy(parameter->name, name);
    parameter->rank = rank;
    memcpy(parameter->dims, dims, rank * sizeof *dims);
    parameter->span = (struct tn_span){layout->floats, count};
    layout->floats += (count + SPAN_GRAIN - 1) / SPAN_GRAIN * SPAN_GRAIN;
    *ret_span = parameter->span;
    return TN_OK;
}

enum tn_status tn_layout_add_behind(struct tn_layout *layout, const char *prefix, const char *name,
                                    size_t rank, const size_t *dims, struct tn_span *ret_span,
                                    struct tn_error *err)
{
    char whole[TN_NAME_SIZE];
    const int length = snprintf(whole, sizeof whole, "%s%s", prefix, name);

    if (length < 0 || (size_t)length >= sizeof whole)
        return tn_fail(err, TN_RANGE, "the parameter name %s%s is too long", prefix, name);
    return tn_layout_add(layout, whole, rank, dims, ret_span, err);
}

enum tn_status tn_layout_append(struct tn_layout *layout, const struct tn_layout *other,
                                struct tn_error *err)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct tn_parameter *p = &other->parameters[i];
        struct tn_span span;

        TN_TRY(tn_layout_add(layout, p->name, p->rank, p->dims, &span, err));
    }
    return TN_OK;
}

const struct tn_parameter *tn_layout_find(const struct tn_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++)
        if (strcmp(layout->parameters[i].name, name) == 0)
            return &layout->parameters[i];
    return NULL;
}
