/* SPDX-License-Identifier: MIT */
/*
 * The int8 encoder with random weights in a file made in memory: its kernel sets against each
 * other, its convolutional part against plain loops in double, its batches against single photos.
 */
#include "base/rng.h"
#include "cnn/int8/encoder.h"
#include "cnn/int8/int8_trunk.h"
#include "tensor/half.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"

enum { PHOTO = 227 * 227 * 3, FEATURES = 4096, HEADER = 4096, MAP = 96 * 55 * 55 };

static const struct alexnet *net;
static unsigned char *bytes; /* the model file */
static size_t size;
static struct tn_file *file;
static unsigned char photos[3 * PHOTO];

/* Adds a tensor to the header text; returns its place among the data. */
static size_t declare(char *header, const char *name, const char *dtype, const char *shape,
                      size_t length)
{
    const size_t start = size, used = strlen(header);

    size += length;
    snprintf(header + used, HEADER - used,
             "%c\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
             used > 0 ? ',' : '{', name, dtype, shape, start, size);
    return start;
}

/* Weights of a convolution, whole multiples of 1/256 as those that were trained so. */
static void fill_halves(struct tn_rng *rng, uint16_t *out, size_t count, size_t range)
{
    for (size_t i = 0; i < count; i++) {
        const float w = ((float)tn_rng_below(rng, 2 * range + 1) - (float)range) / 256.0f;

        tn_float_to_half(out + i, &w, 1);
    }
}

static struct cnn_conv_shape shapes[CNN_CONVS];

struct place {
    size_t weight, scale, bias;
};

/* Declares (data NULL) or fills the tensors of the whole net. */
static void make_net(char *header, struct place *places, unsigned char *data)
{
    static const char *const dense[2] = {"fc6", "fc7"};
    char name[32], shape[64];
    struct tn_rng rng;

    tn_rng_init(&rng, 5);
    for (size_t i = 0; i < CNN_CONVS + 2; i++) {
        const struct cnn_conv_shape *s = i < CNN_CONVS ? &shapes[i] : NULL;
        const size_t rows = s ? s->out : FEATURES;
        const size_t columns = s                ? s->channels * s->kernel * s->kernel
                               : i == CNN_CONVS ? CNN_POOL5
                                                : FEATURES;

        if (data) {
            float *scale = (float *)(void *)(data + places[i].scale);

            if (s)
                fill_halves(&rng, (uint16_t *)(void *)(data + places[i].weight), rows * columns,
                            i == 0 ? 20 : 10);
            for (size_t j = 0; !s && j < rows * columns; j += 8) {
                const uint64_t random = tn_rng_next(&rng) & UINT64_C(0x7f7f7f7f7f7f7f7f);

                memcpy(data + places[i].weight + j, &random, 8);
                for (size_t k = j; k < j + 8; k++)
                    data[places[i].weight + k] = (unsigned char)(data[places[i].weight + k] - 64);
            }
            for (size_t j = 0; !s && j < rows; j++)
                scale[j] = 1e-3f;
            tn_rng_fill_uniform(&rng, (float *)(void *)(data + places[i].bias), rows, 0.5f);
            continue;
        }
        snprintf(name, sizeof name, "%s.weight", s ? s->name : dense[i - CNN_CONVS]);
        if (s)
            snprintf(shape, sizeof shape, "%zu,%zu,%zu,%zu", rows, s->channels, s->kernel,
                     s->kernel);
        else
            snprintf(shape, sizeof shape, "%zu,%zu", rows, columns);
        places[i].weight =
            declare(header, name, s ? "F16" : "I8", shape, rows * columns * (s ? 2 : 1));
        snprintf(shape, sizeof shape, "%zu", rows);
        strcat(name, "_scale");
        places[i].scale = s ? 0 : declare(header, name, "F32", shape, rows * 4);
        snprintf(name, sizeof name, "%s.bias", s ? s->name : dense[i - CNN_CONVS]);
        places[i].bias = declare(header, name, "F32", shape, rows * 4);
    }
}

/* Begins the header with what says which net it is. */
static void declare_net(char *header)
{
    struct tn_metadata metadata[ALEXNET_ENTRIES];
    char texts[ALEXNET_ENTRIES][ALEXNET_TEXT_SIZE];
    const size_t count = alexnet_metadata(net, metadata, texts);

    strcpy(header, "{\"__metadata__\":{");
    for (size_t i = 0; i < count; i++)
        snprintf(header + strlen(header), 256, "%s\"%s\":\"%s\"", i > 0 ? "," : "", metadata[i].key,
                 metadata[i].value);
    strcat(header, "}");
}

static void make_file(enum alexnet_kind kind)
{
    struct place places[CNN_CONVS + 2];
    char header[HEADER];
    struct tn_rng rng;
    uint64_t length;

    net = &alexnet_published[kind];
    size = 0;
    ck_assert_int_eq(cnn_int8_shapes(net, shapes, NULL), TN_OK);
    declare_net(header);
    make_net(header, places, NULL);
    strcat(header, "}");
    while (strlen(header) % 8 != 0)
        strcat(header, " ");
    length = strlen(header);
    bytes = malloc(8 + length + size);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    make_net(NULL, places, bytes + 8 + length);
    size += 8 + length;
    ck_assert_int_eq(tn_file_open_memory(bytes, size, "random", &file, NULL), TN_OK);
    tn_rng_init(&rng, 6);
    for (size_t i = 0; i < sizeof photos; i++)
        photos[i] = (unsigned char)(128 + 100 * sin((double)i / 1000) + tn_rng_uniform(&rng) * 27);
}

static void make_bvlc(void)
{
    make_file(ALEXNET_BVLC);
}

static void make_torchvision(void)
{
    make_file(ALEXNET_TORCHVISION);
}

static void close_file(void)
{
    tn_file_close(file);
    free(bytes);
}

/* pool5 of the first photo with one kernel set. */
static void run_trunk(const struct cnn_int8_kernels *kernels, size_t parts, struct tn_pool *pool,
                      float *pool5)
{
    struct cnn_int8_trunk trunk;
    struct cnn_int8_slot slot;
    struct tn_arena arena;
    struct cnn_int8_rows rows[2];

    ck_assert_int_eq(cnn_int8_trunk_init(&trunk, kernels, file, pool, NULL), TN_OK);
    tn_arena_measure(&arena);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
        cnn_int8_slot_take(&trunk, &arena, &slot);
        for (size_t i = 0; i < 2; i++)
            cnn_int8_rows_take(&trunk, &arena, &rows[i]);
    }
    cnn_int8_trunk_run(&trunk, pool, parts, &slot, rows, photos, pool5);
    tn_arena_finish(&arena);
    cnn_int8_trunk_finish(&trunk);
}

START_TEST(kernel_sets_and_threads_agree_to_the_last_bit)
{
    static float first[CNN_POOL5], pool5[CNN_POOL5];
    struct tn_pool *pool;

    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    run_trunk(cnn_int8_kernels_at(0), 1, NULL, first);
    for (size_t s = 0; cnn_int8_kernels_at(s); s++) {
        for (size_t parts = 1; parts < 6; parts += 2) {
            run_trunk(cnn_int8_kernels_at(s), parts, pool, pool5);
            ck_assert_msg(memcmp(first, pool5, sizeof first) == 0, "set %zu, %zu parts", s, parts);
        }
    }
    tn_pool_destroy(pool);
}
END_TEST

/* --- the same in plain loops -------------------------------------------------------------------
 */

static float map_a[MAP], map_b[MAP];

/* y[out_side][out_side] += w * x shifted to the kernel's place (ky, kx). */
static void add_shifted(const struct cnn_conv_shape *s, float *y, float w, const float *x,
                        size_t ky, size_t kx)
{
    for (size_t i = 0; i < s->out_side; i++) {
        const size_t row = i * s->stride + ky - s->pad; /* above the map: a huge number */

        for (size_t j = 0; j < s->out_side && row < s->side; j++) {
            const size_t column = j * s->stride + kx - s->pad;

            if (column < s->side)
                y[i * s->out_side + j] += w * x[row * s->side + column];
        }
    }
}

static void plain_conv(const struct cnn_conv_shape *s, const float *x, float *y)
{
    const size_t area = s->kernel * s->kernel, count = s->channels * area;
    const size_t out_area = s->out_side * s->out_side;
    float *w = malloc(s->out * count * sizeof *w), bias[384];
    char name[32];

    ck_assert_ptr_nonnull(w);
    snprintf(name, sizeof name, "%s.weight", s->name);
    ck_assert_int_eq(tn_file_read_floats(file, name, s->out * count, w, NULL), TN_OK);
    snprintf(name, sizeof name, "%s.bias", s->name);
    ck_assert_int_eq(tn_file_read_floats(file, name, s->out, bias, NULL), TN_OK);
    for (size_t o = 0; o < s->out; o++) {
        const size_t first = o / (s->out / s->groups) * s->channels;

        for (size_t i = 0; i < out_area; i++)
            y[o * out_area + i] = bias[o];
        for (size_t k = 0; k < count; k++)
            add_shifted(s, y + o * out_area, w[o * count + k],
                        x + (first + k / area) * s->side * s->side, k % area / s->kernel,
                        k % s->kernel);
        for (size_t i = 0; i < out_area; i++)
            y[o * out_area + i] = fmaxf(y[o * out_area + i], 0.0f);
    }
    free(w);
}

static void plain_lrn(const float *x, float *y, size_t channels, size_t area)
{
    for (size_t i = 0; i < channels * area; i++) {
        const size_t c = i / area, from = c < 2 ? 0 : c - 2;
        double sum = 0;

        for (size_t j = from; j < channels && j <= c + 2; j++)
            sum += pow(x[j * area + i % area], 2);
        y[i] = (float)(x[i] / pow(1 + 1e-4 / 5 * sum, 0.75));
    }
}

static void plain_pool(const float *x, float *y, size_t channels, size_t side)
{
    const size_t out = (side - 3) / 2 + 1;

    for (size_t i = 0; i < channels * out * out; i++) {
        const float *at = x + (i / (out * out) * side + i / out % out * 2) * side + i % out * 2;
        float largest = at[0];

        for (size_t k = 1; k < 9; k++)
            largest = fmaxf(largest, at[k / 3 * side + k % 3]);
        y[i] = largest;
    }
}

static void plain_trunk(float *pool5)
{
    alexnet_input_as(net, map_a, photos);
    for (size_t i = 0; i < CNN_CONVS; i++) {
        const struct cnn_conv_shape *s = &shapes[i];

        plain_conv(s, map_a, map_b);
        memcpy(map_a, map_b, sizeof map_a);
        if (s->normed)
            plain_lrn(map_b, map_a, s->out, s->out_side * s->out_side);
        if (s->pooled) {
            plain_pool(map_a, map_b, s->out, s->out_side);
            memcpy(map_a, map_b, sizeof map_a);
        }
    }
    plain_pool(map_a, pool5, 256, 13);
}

START_TEST(convolutions_are_within_two_percent_of_plain_loops)
{
    static float truth[CNN_POOL5], pool5[CNN_POOL5];
    double difference = 0, norm = 0;

    plain_trunk(truth);
    run_trunk(cnn_int8_kernels_best(), 1, NULL, pool5);
    for (size_t i = 0; i < CNN_POOL5; i++) {
        difference += pow((double)pool5[i] - truth[i], 2);
        norm += pow(truth[i], 2);
    }
    ck_assert_double_gt(norm, 0);
    ck_assert_msg(sqrt(difference / norm) < 0.02, "relative L2 %g", sqrt(difference / norm));
}
END_TEST

/* --- the encoder -------------------------------------------------------------------------------
 */

START_TEST(a_photo_has_the_same_features_in_any_batch_with_any_threads)
{
    static float alone[3 * FEATURES], together[3 * FEATURES];
    struct cnn_encoder *encoder;
    struct tn_pool *pool;
    size_t positive = 0;

    ck_assert_int_eq(cnn_encoder_create(file, 1, NULL, &encoder, NULL), TN_OK);
    for (size_t i = 0; i < 3; i++)
        cnn_encoder_run(encoder, 1, photos + i * PHOTO, alone + i * FEATURES);
    cnn_encoder_destroy(encoder);
    ck_assert_int_eq(tn_pool_create(2, &pool, NULL), TN_OK);
    ck_assert_int_eq(cnn_encoder_create(file, 3, pool, &encoder, NULL), TN_OK);
    cnn_encoder_run(encoder, 3, photos, together);
    cnn_encoder_destroy(encoder);
    tn_pool_destroy(pool);
    ck_assert_mem_eq(alone, together, sizeof alone);
    for (size_t i = 0; i < FEATURES; i++) {
        ck_assert(alone[i] >= 0.0f && isfinite(alone[i]));
        positive += alone[i] > 0.0f;
    }
    ck_assert_uint_gt(positive, FEATURES / 8);
    ck_assert(memcmp(alone, alone + FEATURES, FEATURES * sizeof *alone) != 0);
}
END_TEST

/* One bit of one weight is enough. */
START_TEST(fingerprint_follows_the_weights)
{
    const struct tn_tensor *t = tn_file_find(file, "fc7.weight");
    unsigned char *weight = bytes + ((const unsigned char *)t->data - bytes);
    char before[17], changed[17], after[17];

    cnn_encoder_fingerprint(file, before);
    weight[t->bytes / 2] ^= 1;
    cnn_encoder_fingerprint(file, changed);
    weight[t->bytes / 2] ^= 1;
    cnn_encoder_fingerprint(file, after);
    ck_assert_uint_eq(strlen(before), 16);
    ck_assert_str_ne(before, changed);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(weights_that_are_missing_or_not_finite_are_named)
{
    static const char empty[] = "\x08\0\0\0\0\0\0\0{}      ";
    const struct tn_tensor *t = tn_file_find(file, "conv4.weight");
    uint16_t *weight = (uint16_t *)(void *)(bytes + ((const unsigned char *)t->data - bytes));
    const uint16_t kept = weight[77];
    struct cnn_encoder *encoder = NULL;
    struct tn_error err;
    struct tn_file *none;

    weight[77] = 0x7c00;
    ck_assert_int_eq(cnn_encoder_create(file, 1, NULL, &encoder, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "conv4.weight") != NULL, "%s", err.text);
    weight[77] = kept;
    ck_assert_int_eq(tn_file_open_memory(empty, sizeof empty - 1, "empty", &none, NULL), TN_OK);
    ck_assert_int_eq(cnn_encoder_create(none, 1, NULL, &encoder, &err), TN_NOTFOUND);
    ck_assert_ptr_null(encoder);
    tn_file_close(none);
}
END_TEST

/* Metadata of a net that is none. */
START_TEST(an_unknown_net_is_refused)
{
    static const char *const metadata[] = {
        "\"encoder.layers\":\"vgg\"",   "\"encoder.norm\":\"maybe\"",
        "\"encoder.mean\":\"1 2\"",     "\"encoder.mean\":\"1 2 3 4\"",
        "\"encoder.mean\":\"nan 2 3\"", "\"encoder.mean\":\"1 2 1e9\""};

    for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
        char text[128] = {0};
        struct alexnet found;
        struct tn_error err;
        struct tn_file *other;

        snprintf(text + 8, sizeof text - 8, "{\"__metadata__\":{%s}}", metadata[i]);
        text[0] = (char)strlen(text + 8);
        ck_assert_int_eq(tn_file_open_memory(text, 8 + strlen(text + 8), "odd", &other, NULL),
                         TN_OK);
        ck_assert_int_eq(alexnet_of_file(other, &found, &err), TN_VERSION);
        ck_assert_msg(strstr(err.text, "odd: encoder.") != NULL, "%s", err.text);
        tn_file_close(other);
    }
}
END_TEST

static TCase *case_of(const char *name, void (*make)(void))
{
    TCase *tc = tcase_create(name);

    tcase_add_unchecked_fixture(tc, make, close_file);
    tcase_add_test(tc, convolutions_are_within_two_percent_of_plain_loops);
    tcase_add_test(tc, a_photo_has_the_same_features_in_any_batch_with_any_threads);
    return tc;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("encoder");
    TCase *tc = case_of("bvlc", make_bvlc);

    tcase_add_test(tc, kernel_sets_and_threads_agree_to_the_last_bit);
    tcase_add_test(tc, fingerprint_follows_the_weights);
    tcase_add_test(tc, weights_that_are_missing_or_not_finite_are_named);
    tcase_add_test(tc, an_unknown_net_is_refused);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, case_of("torchvision", make_torchvision));
    return suite;
}
