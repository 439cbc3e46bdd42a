/* SPDX-License-Identifier: MIT */
/* A small net of AlexNet's layers against PyTorch: activations and all gradients.  The values are
 * made by tools/make_cnn_golden.py. */
#include "tests/support/suite.h"

#include "cnn/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The table of make_cnn_golden.py. */
static const struct cnn_layer_spec specs[] = {
    {.ops = &cnn_layer_conv, .name = "conv1", .outputs = 8, .kernel = 5, .stride = 2, .groups = 1},
    {.ops = &cnn_layer_relu, .name = "relu1"},
    {.ops = &cnn_layer_lrn, .name = "norm1", .kernel = 5, .alpha = 0.5f, .beta = 0.75f, .k = 1},
    {.ops = &cnn_layer_maxpool, .name = "pool1", .kernel = 3, .stride = 2},
    {.ops = &cnn_layer_conv,
     .name = "conv2",
     .outputs = 12,
     .kernel = 5,
     .stride = 1,
     .pad = 2,
     .groups = 2},
    {.ops = &cnn_layer_relu, .name = "relu2"},
    {.ops = &cnn_layer_lrn, .name = "norm2", .kernel = 3, .alpha = 0.9f, .beta = 0.6f, .k = 2},
    {.ops = &cnn_layer_maxpool, .name = "pool2", .kernel = 2, .stride = 1},
    {.ops = &cnn_layer_dense, .name = "fc6", .outputs = 16},
    {.ops = &cnn_layer_relu, .name = "relu6"},
    {.ops = &cnn_layer_dense, .name = "fc7", .outputs = 10},
};

enum { LAYERS = sizeof specs / sizeof *specs };

static const struct cnn_shape in = {3, 27, 23};
static const size_t batch = 3;

/* Largest error seen, relative to the tensor's largest value: 2.5e-7. */
static const double tolerance = 3e-6;

static struct tn_file *file;
static struct cnn_network *network;
static struct tn_arena arena;
static struct tn_pass pass;
static float *theta, *dtheta, *x, *dx;

static float *floats_of(size_t count)
{
    float *values = calloc(count, sizeof *values);

    ck_assert_ptr_nonnull(values);
    return values;
}

static float *read_tensor(const char *name, size_t count)
{
    float *values = floats_of(count);
    struct tn_error err = {0};

    ck_assert_msg(tn_file_read_floats(file, name, count, values, &err) == TN_OK, "%s", err.text);
    return values;
}

static void check_tensor(const char *prefix, const char *name, const float *values, size_t count)
{
    char full[2 * TN_NAME_SIZE];
    float *expected;
    double largest = 0, error = 0;

    snprintf(full, sizeof full, "%s%s", prefix, name);
    expected = read_tensor(full, count);
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)expected[i]));
        error = fmax(error, fabs((double)values[i] - (double)expected[i]));
    }
    ck_assert_msg(error <= tolerance * largest, "%s: error %g of %g", full, error, largest);
    free(expected);
}

static void setup(void)
{
    char path[4096];
    struct tn_error err = {0};
    struct cnn_tape tape;
    const char *data = getenv("TEST_DATA");

    snprintf(path, sizeof path, "%s/cnn_golden.safetensors", data ? data : "tests/data");
    ck_assert_msg(tn_file_open(path, &file, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(cnn_network_create(specs, LAYERS, in, "", &network, &err), TN_OK);
    theta = floats_of(cnn_network_layout(network)->floats);
    dtheta = floats_of(cnn_network_layout(network)->floats);
    dx = floats_of(batch * cnn_shape_floats(in));
    x = read_tensor("x", batch * cnn_shape_floats(in));
    ck_assert_msg(cnn_network_load(network, file, theta, &err) == TN_OK, "%s", err.text);
    pass = (struct tn_pass){.theta = theta, .dtheta = dtheta, .arena = &arena};
    tn_arena_measure(&arena);
    cnn_network_forward_keep(network, &pass, &tape, x, batch);
    cnn_network_backward(network, &pass, &tape, 0, dx, NULL);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
}

static void teardown(void)
{
    tn_file_close(file);
    cnn_network_destroy(network);
    tn_arena_finish(&arena);
    free(theta);
    free(dtheta);
    free(x);
    free(dx);
}

START_TEST(every_activation_is_that_of_pytorch)
{
    for (size_t last = 0; last < LAYERS; last++) {
        const size_t count = batch * cnn_shape_floats(cnn_network_layer(network, last)->out);
        float *y = floats_of(count);

        cnn_network_forward(network, &pass, last, y, x, batch);
        check_tensor("y.", specs[last].name, y, count);
        free(y);
    }
}
END_TEST

START_TEST(every_gradient_is_that_of_pytorch)
{
    const struct tn_layout *layout = cnn_network_layout(network);
    float *dy = read_tensor("dy", batch * 10);
    struct cnn_tape tape;

    cnn_network_forward_keep(network, &pass, &tape, x, batch);
    cnn_network_backward(network, &pass, &tape, 0, dx, dy);
    check_tensor("d.", "x", dx, batch * cnn_shape_floats(in));
    ck_assert_uint_eq(layout->count, 8);
    for (size_t i = 0; i < layout->count; i++)
        check_tensor("d.", layout->parameters[i].name, dtheta + layout->parameters[i].span.offset,
                     layout->parameters[i].span.count);
    free(dy);
}
END_TEST

/* A network whose weights the file does not hold, or holds in another shape. */
START_TEST(a_missing_weight_is_an_error_that_names_it)
{
    struct cnn_layer_spec other = specs[0];
    struct cnn_network *net;
    struct tn_error err = {0};

    other.name = "conv9";
    ck_assert_int_eq(cnn_network_create(&other, 1, in, "", &net, NULL), TN_OK);
    ck_assert_int_ne(cnn_network_load(net, file, theta, &err), TN_OK);
    ck_assert_ptr_nonnull(strstr(err.text, "conv9.weight"));
    cnn_network_destroy(net);
    other.name = "conv1";
    other.outputs = 7;
    ck_assert_int_eq(cnn_network_create(&other, 1, in, "", &net, NULL), TN_OK);
    ck_assert_int_ne(cnn_network_load(net, file, theta, &err), TN_OK);
    ck_assert_ptr_nonnull(strstr(err.text, "conv1.weight"));
    cnn_network_destroy(net);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cnn golden");
    TCase *tcase = tcase_create("golden");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_activation_is_that_of_pytorch);
    tcase_add_test(tcase, every_gradient_is_that_of_pytorch);
    tcase_add_test(tcase, a_missing_weight_is_an_error_that_names_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
