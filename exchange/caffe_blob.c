/* SPDX-License-Identifier: MIT */
#include "exchange/caffe_blob.h"

#include "base/read_file.h"
#include "exchange/mean_file.h"
#include "exchange/protobuf.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

enum { LARGEST_MEAN = 1 << 26 }; /* bytes; one of 256 x 256 has 786 KB */

static bool take_dims(const int64_t *dims, size_t count, struct caffe_blob *blob)
{
    if (count > EXCHANGE_MAX_RANK)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (dims[i] < 1 || (uint64_t)dims[i] > SIZE_MAX)
            return false;
        blob->dims[blob->rank++] = (size_t)dims[i];
    }
    return true;
}

bool caffe_blob_look(const CaffeBlob *message, size_t rank, struct caffe_blob *ret_blob)
{
    const int64_t older[] = {message->num, message->channels, message->height, message->width};
    struct caffe_blob blob = {.type = EXCHANGE_F32, .rank = 0};
    size_t ones = 0;

    while (!message->shape && ones + rank < 4 && older[ones] == 1)
        ones++;
    if (message->shape ? !take_dims(message->shape->dim, message->shape->n_dim, &blob)
                       : !take_dims(older + ones, 4 - ones, &blob))
        return false;
    blob.data = message->data;
    blob.bytes = message->n_data * sizeof *message->data;
    if (message->n_double_data > 0) {
        blob.type = EXCHANGE_F64;
        blob.data = message->double_data;
        blob.bytes = message->n_double_data * sizeof *message->double_data;
    }
    *ret_blob = blob;
    return true;
}

/* Of three channels, the last three dimensions. */
static enum tn_status take_mean(const CaffeBlob *message, float ret_mean[3], struct tn_error *err)
{
    const size_t plane = message->n_data / 3;
    struct caffe_blob blob;
    float mean[3];

    if (!caffe_blob_look(message, 3, &blob) || blob.rank != 3 || blob.dims[0] != 3 ||
        message->n_data == 0 || plane / blob.dims[1] != blob.dims[2] ||
        blob.dims[1] * blob.dims[2] * 3 != message->n_data)
        return tn_fail(err, TN_FORMAT, "expected the mean of photos of three channels");
    for (size_t c = 0; c < 3; c++) {
        double sum = 0;

        for (size_t i = 0; i < plane; i++)
            sum += (double)message->data[c * plane + i];
        mean[c] = (float)(sum / (double)plane);
        if (!(mean[c] >= 0 && mean[c] <= 255))
            return tn_fail(err, TN_RANGE, "the mean of a channel is %g; expected 0 to 255",
                           (double)mean[c]);
    }
    for (size_t c = 0; c < 3; c++)
        ret_mean[c] = mean[c];
    return TN_OK;
}

enum tn_status exchange_mean_read(const char *path, float ret_mean[3], struct tn_error *err)
{
    struct exchange_message *message;
    struct tn_error why;
    enum tn_status status;
    char *bytes;
    size_t size;

    TN_TRY(tn_read_file(path, LARGEST_MEAN, &bytes, &size, err));
    status = exchange_parse(&caffe_blob__descriptor, bytes, size, &message, &why);
    free(bytes);
    if (status == TN_OK) {
        status = take_mean(exchange_message_content(message), ret_mean, &why);
        exchange_message_destroy(message);
    }
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s", path, why.text);
    return TN_OK;
}
