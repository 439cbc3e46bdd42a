/* SPDX-License-Identifier: MIT */
/* Any bytes as a model file: opened, and where that succeeds everything in it is read, and a
 * calibration that is whole is used. */
#include "models/captioner/confidence.h"
#include "tensor/safetensors.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every byte, so that a sanitizer sees a view that leaves the file. */
static unsigned sum_bytes(const struct tn_tensor *tensor)
{
    const unsigned char *bytes = tensor->data;
    unsigned sum = 0;

    for (size_t i = 0; i < tensor->bytes; i++)
        sum += bytes[i];
    return sum;
}

static void read_tensor(const struct tn_file *file, const struct tn_tensor *tensor)
{
    const size_t count = tensor->bytes / tn_dtype_size(tensor->dtype);
    volatile unsigned sum = sum_bytes(tensor);
    float *floats = malloc((count + 1) * sizeof *floats);

    (void)sum;
    if (floats && tn_file_read_floats(file, tensor->name, count, floats, NULL) != TN_OK)
        floats[0] = 0;
    free(floats);
}

/* For features of 4 numbers. */
static void use_calibration(const struct tn_file *file)
{
    static const float features[4] = {0.5F, 0, 2, 1};
    struct confidence_evidence evidence;
    struct confidence confidence;

    if (confidence_get(file, "decoder.en.", 4, &confidence, NULL) != TN_OK || !confidence.weights)
        return;
    confidence_look(&confidence, features, &evidence);
    evidence.words = -1;
    if (confidence_estimate(&confidence, &evidence) > 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tn_error err;
    struct tn_file *file;

    if (tn_file_open_memory(data, size, "fuzz", &file, &err) != TN_OK)
        return 0;
    for (size_t i = 0; i < tn_file_count(file); i++)
        read_tensor(file, tn_file_at(file, i));
    for (size_t i = 0; i < tn_file_metadata_count(file); i++) {
        const char *key, *value;

        tn_file_metadata_at(file, i, &key, &value);
        if (tn_file_metadata(file, key) != value)
            abort();
    }
    use_calibration(file);
    tn_file_close(file);
    return 0;
}
