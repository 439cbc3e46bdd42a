/* SPDX-License-Identifier: MIT */
#include "cnn/int8/encoder.h"

#include "base/hash.h"
#include "cnn/int8/int8_trunk.h"
#include "tensor/matrix.h"
#include "tensor/pointwise.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = ALEXNET_SIDE * ALEXNET_SIDE * 3, VIEWS = 2 };

struct cnn_encoder {
    const struct tn_file *file; /* borrowed */
    bool ran;
    struct cnn_int8_trunk trunk;
    struct tn_matrix fc6, fc7;
    float *fc6_bias, *fc7_bias;
    struct tn_pool *pool;
    size_t max_batch, threads;
    struct tn_arena arena;
    struct cnn_int8_slot *slots; /* [threads] */
    struct cnn_int8_rows *rows;  /* [threads] */
    float *pool5, *hidden;       /* [max_batch][9216], [max_batch][4096] */
};

/* The fully connected layers of `batch` photos from pool5 to V. */
static void run_dense(struct cnn_encoder *encoder, size_t batch, float *features)
{
    struct tn_arena *arena = &encoder->arena;

    tn_linear(encoder->pool, encoder->hidden, encoder->pool5, &encoder->fc6, encoder->fc6_bias,
              false, batch, arena);
    if (arena->base)
        tn_relu(encoder->hidden, encoder->hidden, batch * encoder->fc6.rows);
    tn_linear(encoder->pool, features, encoder->hidden, &encoder->fc7, encoder->fc7_bias, false,
              batch, arena);
    if (arena->base)
        tn_relu(features, features, batch * encoder->fc7.rows);
}

/* Takes all buffers; measures on a measuring arena. */
static void take_buffers(struct cnn_encoder *encoder)
{
    struct tn_arena *arena = &encoder->arena;

    for (size_t i = 0; i < encoder->threads; i++) {
        if (i < encoder->max_batch)
            cnn_int8_slot_take(&encoder->trunk, arena, &encoder->slots[i]);
        cnn_int8_rows_take(&encoder->trunk, arena, &encoder->rows[i]);
    }
    encoder->fc6_bias = tn_arena_floats(arena, encoder->fc6.rows);
    encoder->fc7_bias = tn_arena_floats(arena, encoder->fc7.rows);
    encoder->pool5 = tn_arena_floats(arena, encoder->max_batch * CNN_POOL5);
    encoder->hidden = tn_arena_floats(arena, encoder->max_batch * CNN_ENCODER_FEATURES);
    if (!arena->base)
        run_dense(encoder, encoder->max_batch, NULL);
}

/* The layer's bias; its scales are looked at. */
static enum tn_status read_dense(const struct tn_file *file, const char *name,
                                 const struct tn_matrix *matrix, float *bias, struct tn_error *err)
{
    char full[32];

    snprintf(full, sizeof full, "%s.bias", name);
    TN_TRY(tn_file_read_floats(file, full, CNN_ENCODER_FEATURES, bias, err));
    if (!tn_all_finite(bias, CNN_ENCODER_FEATURES) ||
        (matrix->dtype == TN_I8 && !tn_all_finite(matrix->scale, CNN_ENCODER_FEATURES)))
        return tn_fail(err, TN_RANGE, "%s: %s has a bias or scale that is not finite",
                       tn_file_path(file), name);
    return TN_OK;
}

static enum tn_status prepare(struct cnn_encoder *encoder, const struct tn_file *file,
                              struct tn_error *err)
{
    encoder->slots = calloc(encoder->threads, sizeof *encoder->slots);
    encoder->rows = calloc(encoder->threads, sizeof *encoder->rows);
    if (!encoder->slots || !encoder->rows)
        return tn_fail_nomem(err, encoder->threads * sizeof *encoder->slots);
    TN_TRY(tn_matrix_get(file, "fc6.weight", CNN_ENCODER_FEATURES, CNN_POOL5, &encoder->fc6, err));
    TN_TRY(tn_matrix_get(file, "fc7.weight", CNN_ENCODER_FEATURES, CNN_ENCODER_FEATURES,
                         &encoder->fc7, err));
    TN_TRY(cnn_int8_trunk_init(&encoder->trunk, cnn_int8_kernels_best(), file, encoder->pool, err));
    tn_arena_measure(&encoder->arena);
    take_buffers(encoder);
    TN_TRY(tn_arena_reserve(&encoder->arena, err));
    take_buffers(encoder);
    TN_TRY(read_dense(file, "fc6", &encoder->fc6, encoder->fc6_bias, err));
    return read_dense(file, "fc7", &encoder->fc7, encoder->fc7_bias, err);
}

enum tn_status cnn_encoder_create(const struct tn_file *weights, size_t max_batch,
                                  struct tn_pool *pool, struct cnn_encoder **ret_encoder,
                                  struct tn_error *err)
{
    struct cnn_encoder *encoder = calloc(1, sizeof *encoder);
    enum tn_status status;

    assert(max_batch > 0);
    if (!encoder)
        return tn_fail_nomem(err, sizeof *encoder);
    encoder->file = weights;
    encoder->pool = pool;
    encoder->threads = tn_pool_threads(pool);
    encoder->max_batch = max_batch;
    status = prepare(encoder, weights, err);
    if (status != TN_OK) {
        cnn_encoder_destroy(encoder);
        return status;
    }
    *ret_encoder = encoder;
    return TN_OK;
}

void cnn_encoder_destroy(struct cnn_encoder *encoder)
{
    if (!encoder)
        return;
    cnn_int8_trunk_finish(&encoder->trunk);
    tn_arena_finish(&encoder->arena);
    free(encoder->slots);
    free(encoder->rows);
    free(encoder);
}

struct photos {
    struct cnn_encoder *encoder;
    const unsigned char *rgb;
};

static void one_photo(void *context, size_t index, size_t thread)
{
    const struct photos *photos = context;
    struct cnn_encoder *encoder = photos->encoder;

    cnn_int8_trunk_run(&encoder->trunk, encoder->pool, 1, &encoder->slots[thread], encoder->rows,
                       photos->rgb + index * PIXELS, encoder->pool5 + index * CNN_POOL5);
}

/* Each thread takes whole photos while there are enough for all of them; of the last few they share
 * the work. */
const float *cnn_encoder_pool5(struct cnn_encoder *encoder, size_t batch, const unsigned char *rgb)
{
    const size_t together = batch - batch % encoder->threads;
    struct photos photos = {encoder, rgb};

    assert(batch <= encoder->max_batch);
    tn_pool_run(encoder->pool, together, one_photo, &photos);
    for (size_t i = together; i < batch; i++)
        cnn_int8_trunk_run(&encoder->trunk, encoder->pool, encoder->threads, &encoder->slots[0],
                           encoder->rows, rgb + i * PIXELS, encoder->pool5 + i * CNN_POOL5);
    return encoder->pool5;
}

void cnn_encoder_run(struct cnn_encoder *encoder, size_t batch, const unsigned char *rgb,
                     float *features)
{
    cnn_encoder_pool5(encoder, batch, rgb);
    run_dense(encoder, batch, features);
    /* a first photo of two views may be the only one: fc6 is half of the model file */
    if (!encoder->ran && batch <= VIEWS)
        tn_file_release(encoder->file, "fc6.weight");
    encoder->ran = true;
}

/* ---- Fingerprints ---- */

static uint64_t hash_net(uint64_t hash, const struct alexnet *net)
{
    struct tn_metadata metadata[ALEXNET_ENTRIES];
    char texts[ALEXNET_ENTRIES][ALEXNET_TEXT_SIZE];
    const size_t entries = alexnet_metadata(net, metadata, texts);

    for (size_t i = 0; i < entries; i++)
        hash = tn_hash_block(hash, metadata[i].value, strlen(metadata[i].value));
    return hash;
}

/* What is done to a photo beside the weights.  A net of a later version has no fingerprint of its
 * own: no cache is read for it, since its encoder is refused. */
static uint64_t hash_preprocessing(const struct tn_file *weights)
{
    char preprocessing[128];
    struct alexnet net = alexnet_published[ALEXNET_BVLC];
    const bool known = alexnet_of_file(weights, &net, NULL) == TN_OK;
    uint64_t hash;
    int length;

    length = snprintf(preprocessing, sizeof preprocessing,
                      "sRGB by profile, %dx%d whole picture by octaves, mean %g %g %g, "
                      "int8 encoder 2",
                      ALEXNET_SIDE, ALEXNET_SIDE, (double)net.mean[0], (double)net.mean[1],
                      (double)net.mean[2]);
    hash = tn_hash_block(0, preprocessing, (size_t)length + 1);
    return known ? hash_net(hash, &net) : hash;
}

static const struct tn_tensor *find_in_file(const void *file, const char *name)
{
    return tn_file_find(file, name);
}

/* Of the layers before `end`, or of all for NULL; whether any of them is there. */
static bool fingerprint_layers(uint64_t hash, cnn_find_tensor_fn *find, const void *from,
                               const char *end, char ret_text[17])
{
    static const char *const parts[] = {"weight", "weight_scale", "bias"};
    bool found = false;

    for (const struct cnn_layer_spec *layer = alexnet_layers; layer->ops; layer++) {
        if (end && strcmp(layer->name, end) == 0)
            break;
        for (size_t j = 0; layer->outputs > 0 && j < sizeof parts / sizeof *parts; j++) {
            const struct tn_tensor *t;
            char name[32];

            snprintf(name, sizeof name, "%s.%s", layer->name, parts[j]);
            t = find(from, name);
            found = found || t;
            hash = tn_hash_block(hash, name, strlen(name));
            if (t)
                hash = tn_hash_block(hash, t->data, t->bytes);
        }
    }
    snprintf(ret_text, 17, "%016" PRIx64, hash);
    return found;
}

void cnn_encoder_fingerprint(const struct tn_file *weights, char ret_text[17])
{
    fingerprint_layers(hash_preprocessing(weights), find_in_file, weights, NULL, ret_text);
}

void cnn_encoder_pool5_fingerprint(const struct tn_file *weights, char ret_text[17])
{
    fingerprint_layers(hash_preprocessing(weights), find_in_file, weights, "fc6", ret_text);
}

bool cnn_encoder_name(const struct alexnet *net, cnn_find_tensor_fn *find, const void *from,
                      char ret_name[17])
{
    return fingerprint_layers(hash_net(0, net), find, from, NULL, ret_name);
}

bool cnn_encoder_name_in(const struct tn_file *weights, char ret_name[17])
{
    struct alexnet net = alexnet_published[ALEXNET_BVLC];

    return alexnet_of_file(weights, &net, NULL) == TN_OK &&
           cnn_encoder_name(&net, find_in_file, weights, ret_name);
}
