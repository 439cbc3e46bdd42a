/* SPDX-License-Identifier: MIT */
/* Any bytes as the beginning of an encoder's file, which has 60 MB and more: what its JSON names
 * and is not there is zeros.  An encoder of ours is made ready and gives the V of a grey photo;
 * other files are imported, and what comes of that is an encoder. */
#include "app/caption/import_encoder.h"
#include "cnn/int8/encoder.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_safetensors(data, size, max, seed);
}
#endif

enum { LARGEST = 256 << 20, LENGTH_BYTES = 8 };

/* Where the data ends: the largest number behind a comma in a "data_offsets". */
static size_t data_end(const char *json, size_t size)
{
    static const char key[] = "data_offsets";
    const char *const end = json + size;
    size_t largest = 0;

    while ((json = memmem(json, (size_t)(end - json), key, strlen(key))) != NULL) {
        const char *comma = memchr(json, ',', (size_t)(end - json));
        size_t number = 0;

        for (; comma && ++comma < end && *comma >= '0' && *comma <= '9' && number < LARGEST;)
            number = 10 * number + (size_t)(*comma - '0');
        largest = number > largest ? number : largest;
        json += strlen(key);
    }
    return largest;
}

static void extend(const struct fuzz_file *file, const uint8_t *data, size_t size)
{
    uint64_t length;
    size_t whole;

    if (size < LENGTH_BYTES)
        return;
    memcpy(&length, data, LENGTH_BYTES);
    if (length > size - LENGTH_BYTES)
        return;
    whole = LENGTH_BYTES + length + data_end((const char *)data + LENGTH_BYTES, length);
    if (whole > size && whole <= LARGEST)
        fuzz_require(ftruncate(file->descriptor, (off_t)whole) == 0);
}

static bool stores_floats(const struct tn_file *file)
{
    const struct tn_tensor *tensor = tn_file_find(file, "conv1.weight");

    return tensor && tensor->dtype == TN_F32;
}

/* false: it is no encoder. */
static bool encode(const struct tn_file *file)
{
    static unsigned char grey[ALEXNET_SIDE * ALEXNET_SIDE * 3];
    static float features[CNN_ENCODER_FEATURES];
    struct cnn_encoder *encoder;

    if (cnn_encoder_create(file, 1, NULL, &encoder, NULL) != TN_OK)
        return false;
    memset(grey, 100, sizeof grey);
    cnn_encoder_run(encoder, 1, grey, features);
    cnn_encoder_destroy(encoder);
    return true;
}

static void import_weights(const char *from, bool rgb)
{
    const struct app_import import = {
        .from = from,
        .to = fuzz_path("encoder"),
        .claims.blue_first = rgb ? EXCHANGE_NO : EXCHANGE_UNKNOWN,
    };
    struct tn_file *file;

    if (app_import_encoder(&import, NULL) != TN_OK)
        return;
    fuzz_require(tn_file_open(import.to, &file, NULL) == TN_OK);
    fuzz_require(encode(file));
    tn_file_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_file bytes = fuzz_file_open(data, size);
    struct tn_file *file;

    extend(&bytes, data, size);
    if (tn_file_open(bytes.path, &file, NULL) == TN_OK) {
        encode(file);
        if (stores_floats(file))
            import_weights(bytes.path, size % 2);
        tn_file_close(file);
    }
    fuzz_file_close(&bytes);
    return 0;
}
