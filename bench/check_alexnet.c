/* SPDX-License-Identifier: MIT */
/*
 * check_alexnet WEIGHTS GOLDEN [THREADS]: runs the float net on the golden file's `input` and
 * compares the activations named there with ours.  One JSON line a tensor: the largest error
 * relative to the tensor's largest value.  Exit status 1 when one is above the limit.
 */
#include "cnn/alexnet.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static const double limit = 1e-4;

/* Our layer, and the golden tensor: its name, values after the ReLU. */
static const struct {
    const char *layer, *tensor;
} compared[] = {{"pool1", "pool1"}, {"pool2", "pool2"}, {"relu3", "conv3"},
                {"pool5", "pool5"}, {"relu6", "fc6"},   {"relu7", "fc7"}};

struct check {
    struct cnn_network *network;
    struct tn_file *weights, *golden;
    struct tn_pool *pool;
    struct tn_arena arena;
    float *theta, *x;
    size_t batch;
};

static enum tn_status check_open(struct check *check, const char *weights, const char *golden,
                                 size_t threads, struct tn_error *err)
{
    const struct tn_tensor *input;
    const size_t image = (size_t)3 * ALEXNET_SIDE * ALEXNET_SIDE;
    size_t floats;

    TN_TRY(tn_pool_create(threads, &check->pool, err));
    TN_TRY(alexnet_create("", 0, &check->network, err));
    TN_TRY(tn_file_open(weights, &check->weights, err));
    TN_TRY(tn_file_open(golden, &check->golden, err));
    input = tn_file_find(check->golden, "input");
    if (!input || input->bytes % (image * sizeof(float)) != 0)
        return tn_fail(err, TN_SHAPE, "%s: no photos of [3][227][227] in `input`", golden);
    check->batch = input->bytes / (image * sizeof(float));
    floats = cnn_network_layout(check->network)->floats;
    check->theta = malloc(floats * sizeof(float));
    check->x = malloc(input->bytes);
    if (!check->theta || !check->x)
        return tn_fail_nomem(err, floats * sizeof(float) + input->bytes);
    TN_TRY(tn_file_read_floats(check->golden, "input", check->batch * image, check->x, err));
    return cnn_network_load(check->network, check->weights, check->theta, err);
}

static enum tn_status compare(struct check *check, const char *layer, const char *tensor,
                              double *ret_error, struct tn_error *err)
{
    const size_t last = cnn_network_find(check->network, layer);
    const size_t count =
        check->batch * cnn_shape_floats(cnn_network_layer(check->network, last)->out);
    const struct tn_pass pass = {
        .pool = check->pool, .theta = check->theta, .arena = &check->arena};
    float *values = malloc(2 * count * sizeof *values), *expected = values + count;
    enum tn_status status;
    double largest = 0, error = 0;

    if (!values)
        return tn_fail_nomem(err, 2 * count * sizeof *values);
    tn_arena_measure(&check->arena);
    cnn_network_forward(check->network, &pass, last, NULL, NULL, check->batch);
    status = tn_arena_reserve(&check->arena, err);
    if (status == TN_OK)
        status = tn_file_read_floats(check->golden, tensor, count, expected, err);
    if (status == TN_OK) {
        cnn_network_forward(check->network, &pass, last, values, check->x, check->batch);
        for (size_t i = 0; i < count; i++) {
            largest = fmax(largest, fabs((double)expected[i]));
            error = fmax(error, fabs((double)values[i] - (double)expected[i]));
        }
        *ret_error = error / largest;
    }
    tn_arena_finish(&check->arena);
    free(values);
    return status;
}

static enum tn_status check_all(struct check *check, bool *ret_good, struct tn_error *err)
{
    bool good = true;

    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        double error = 0;

        TN_TRY(compare(check, compared[i].layer, compared[i].tensor, &error, err));
        printf("{\"check\": \"alexnet golden\", \"tensor\": \"%s\", \"max_error\": %.3g, "
               "\"limit\": %g, \"ok\": %s}\n",
               compared[i].tensor, error, limit, error < limit ? "true" : "false");
        good = good && error < limit;
    }
    *ret_good = good;
    return TN_OK;
}

static void check_finish(struct check *check)
{
    free(check->theta);
    free(check->x);
    tn_file_close(check->weights);
    tn_file_close(check->golden);
    cnn_network_destroy(check->network);
    tn_pool_destroy(check->pool);
}

int main(int argc, char **argv)
{
    struct check check = {0};
    struct tn_error err;
    bool good = false;
    enum tn_status status;

    if (argc < 3 || argc > 4) {
        fputs("usage: check_alexnet WEIGHTS GOLDEN [THREADS]\n", stderr);
        return 2;
    }
    status = check_open(&check, argv[1], argv[2],
                        argc == 4 ? (size_t)strtoul(argv[3], NULL, 10) : 0, &err);
    if (status == TN_OK)
        status = check_all(&check, &good, &err);
    if (status != TN_OK)
        fprintf(stderr, "check_alexnet: %s\n", err.text);
    check_finish(&check);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
