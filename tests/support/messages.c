/* SPDX-License-Identifier: MIT */
#include "tests/support/messages.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *message_text(const char *constant)
{
    return (char *)(uintptr_t)constant;
}

char *message_pack(const ProtobufCMessage *message, size_t *ret_size)
{
    struct tn_error err;
    char *bytes;
    FILE *stream = open_memstream(&bytes, ret_size);

    ck_assert_msg(exchange_write(message, stream, &err) == TN_OK, "%s", err.text);
    fclose(stream);
    return bytes;
}

enum tn_status message_read(const ProtobufCMessage *message, const char *name,
                            struct exchange_tensors *ret_tensors, struct tn_error *err)
{
    size_t size;
    char *bytes = message_pack(message, &size);
    const enum tn_status status = exchange_read_memory(bytes, size, name, ret_tensors, err);

    free(bytes);
    return status;
}

void message_cut(const ProtobufCMessage *message, const char *name)
{
    struct exchange_tensors tensors;
    size_t size;
    char *bytes = message_pack(message, &size);

    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1);

        memcpy(part, bytes, cut);
        if (exchange_read_memory(part, cut, name, &tensors, NULL) == TN_OK)
            exchange_finish(&tensors);
        free(part);
    }
    free(bytes);
}

void message_expect(const struct exchange_tensors *tensors, const char *name, const char *shape,
                    const float *values)
{
    const struct exchange_tensor *tensor = exchange_find(tensors, name);
    char text[64];
    float found[16];

    ck_assert_msg(tensor, "no tensor %s", name);
    exchange_shape_text(tensor->rank, tensor->dims, text, sizeof text);
    ck_assert_str_eq(text, shape);
    exchange_floats(tensor, found);
    for (size_t i = 0; i < exchange_count(tensor); i++)
        ck_assert_float_eq(found[i], values[i]);
}
