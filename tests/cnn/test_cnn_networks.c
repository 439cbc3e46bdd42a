/* SPDX-License-Identifier: MIT */
/* Networks: gradients, equal results on any number of threads, bad tables, AlexNet's shapes. */
#include "tests/support/suite.h"

#include "cnn/alexnet.h"
#include "tests/cnn/cnn_rig.h"
#include "tests/support/gradcheck.h"

/* All kinds in the order of AlexNet's, layers in place among them. */
static const struct cnn_layer_spec net[] = {
    CONV(6, 5, 2, 0, 1),
    RELU,
    LRN(5, 0.75f, 1),
    POOL(3, 2),
    {.ops = &cnn_layer_conv,
     .name = "conv2",
     .outputs = 8,
     .kernel = 3,
     .stride = 1,
     .pad = 1,
     .groups = 2},
    {.ops = &cnn_layer_relu, .name = "relu2"},
    {.ops = &cnn_layer_maxpool, .name = "pool2", .kernel = 3, .stride = 2},
    {.ops = &cnn_layer_dense, .name = "fc6", .outputs = 10},
    {.ops = &cnn_layer_relu, .name = "relu6"},
    DROP(0.5f),
    DENSE(7),
};

enum { NET_LAYERS = sizeof net / sizeof *net };

static const struct cnn_shape net_in = {3, 25, 23};

START_TEST(network_gradients_match_finite_differences)
{
    struct rig rig;
    size_t worst = 0;
    double error;

    rig_init(&rig, net, NET_LAYERS, net_in, 2, 2);
    rig_gradients(&rig);
    error = gradcheck(rig_loss, &rig, rig.theta, rig.dtheta, rig.floats, 1e-3, &worst);
    ck_assert_msg(error < 2e-2, "error %g of theta[%zu]", error, worst);
    rig_finish(&rig);
}
END_TEST

START_TEST(results_do_not_depend_on_threads)
{
    const size_t batches[] = {1, 3, 9};
    struct rig one, three;

    rig_init(&one, net, NET_LAYERS, net_in, batches[_i], 1);
    rig_init(&three, net, NET_LAYERS, net_in, batches[_i], 3);
    rig_infer(&one);
    rig_infer(&three);
    rig_gradients(&one);
    rig_gradients(&three);
    ck_assert_mem_eq(one.y, three.y, one.floats_out * sizeof *one.y);
    ck_assert_mem_eq(one.dx, three.dx, one.floats_in * sizeof *one.dx);
    ck_assert_mem_eq(one.dtheta, three.dtheta, one.floats * sizeof *one.dtheta);
    rig_finish(&one);
    rig_finish(&three);
}
END_TEST

/* Inference to a layer in the middle, and the training pass without dropout, agree. */
START_TEST(inference_gives_the_activations_of_training)
{
    struct cnn_tape tape;
    struct rig rig;

    rig_init(&rig, net, NET_LAYERS, net_in, 2, 2);
    rig.pass.rng = NULL;
    cnn_network_forward_keep(rig.network, &rig.pass, &tape, rig.x, rig.batch);
    for (size_t last = 0; last < NET_LAYERS; last++) {
        const size_t count =
            rig.batch * cnn_shape_floats(cnn_network_layer(rig.network, last)->out);
        const bool overwritten =
            last + 1 < NET_LAYERS && tape.layers[last + 1].y == tape.layers[last].y;
        struct rig other;
        float *y = floats_of(count);

        rig_init(&other, net, NET_LAYERS, net_in, 2, 1);
        cnn_network_forward(other.network, &other.pass, last, y, other.x, other.batch);
        if (!overwritten)
            ck_assert_msg(memcmp(y, tape.layers[last].y, count * sizeof *y) == 0, "layer %zu",
                          last);
        rig_finish(&other);
        free(y);
    }
    rig_finish(&rig);
}
END_TEST

/* Layers below `first` keep their gradients, those above get the same as in a full pass. */
START_TEST(backward_stops_at_the_first_layer_asked_for)
{
    const size_t first = 4;
    struct cnn_tape tape;
    struct rig full, part;
    size_t boundary;

    rig_init(&full, net, NET_LAYERS, net_in, 2, 1);
    rig_init(&part, net, NET_LAYERS, net_in, 2, 1);
    rig_gradients(&full);
    tn_rng_init(&part.rng, 5);
    cnn_network_forward_keep(part.network, &part.pass, &tape, part.x, part.batch);
    cnn_network_backward(part.network, &part.pass, &tape, first, NULL, part.r);
    boundary = cnn_network_layer(part.network, first)->weight.offset;
    for (size_t i = 0; i < boundary; i++)
        ck_assert_float_eq(part.dtheta[i], 0);
    ck_assert_mem_eq(part.dtheta + boundary, full.dtheta + boundary,
                     (part.floats - boundary) * sizeof *part.dtheta);
    rig_finish(&full);
    rig_finish(&part);
}
END_TEST

START_TEST(impossible_tables_are_errors_that_name_the_layer)
{
    const struct cnn_layer_spec bad[] = {
        CONV(4, 3, 1, 1, 3),
        CONV(4, 9, 1, 0, 1),
        CONV(4, 3, 0, 0, 1),
        CONV(0, 3, 1, 0, 1),
        CONV(4, 3, 1, 1, 0),
        POOL(7, 2),
        POOL(0, 2),
        POOL(2, 0),
        LRN(4, 0.75f, 1),
        LRN(5, 0.75f, 0),
        DENSE(0),
        DROP(1),
        DROP(-0.5f),
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cnn_network *network = NULL;
        struct tn_error err = {0};
        const enum tn_status status =
            cnn_network_create(&bad[i], 1, (struct cnn_shape){4, 6, 6}, "", &network, &err);

        ck_assert_msg(status == TN_RANGE || status == TN_SHAPE, "table %zu is accepted", i);
        ck_assert_ptr_null(network);
        ck_assert_msg(strstr(err.text, bad[i].name) != NULL, "\"%s\"", err.text);
    }
    cnn_network_destroy(NULL);
}
END_TEST

START_TEST(alexnet_has_the_shapes_of_the_paper)
{
    const struct {
        const char *layer;
        struct cnn_shape out;
    } expected[] = {{"conv1", {96, 55, 55}},  {"pool1", {96, 27, 27}},  {"conv2", {256, 27, 27}},
                    {"pool2", {256, 13, 13}}, {"conv3", {384, 13, 13}}, {"conv4", {384, 13, 13}},
                    {"conv5", {256, 13, 13}}, {"pool5", {256, 6, 6}},   {"fc6", {4096, 1, 1}},
                    {"fc7", {4096, 1, 1}}};
    struct cnn_network *network;
    const struct tn_parameter *conv2;
    size_t parameters = 0;

    ck_assert_int_eq(alexnet_create("encoder.", 0.5f, &network, NULL), TN_OK);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const size_t index = cnn_network_find(network, expected[i].layer);
        struct cnn_shape out;

        ck_assert_uint_lt(index, cnn_network_count(network));
        out = cnn_network_layer(network, index)->out;
        ck_assert_msg(memcmp(&out, &expected[i].out, sizeof out) == 0, "%s", expected[i].layer);
    }
    ck_assert_uint_eq(cnn_network_find(network, "conv9"), cnn_network_count(network));
    conv2 = tn_layout_find(cnn_network_layout(network), "encoder.conv2.weight");
    ck_assert_ptr_nonnull(conv2);
    ck_assert_uint_eq(conv2->dims[1], 48);
    for (size_t i = 0; i < cnn_network_layout(network)->count; i++)
        parameters += cnn_network_layout(network)->parameters[i].span.count;
    ck_assert_uint_eq(parameters, 56868224); /* BVLC's 60,965,224 without fc8's 4,097,000 */
    cnn_network_destroy(network);
}
END_TEST

START_TEST(alexnet_reads_blue_green_red_minus_the_mean)
{
    const size_t plane = (size_t)ALEXNET_SIDE * ALEXNET_SIDE;
    unsigned char *rgb = calloc(3 * plane, 1);
    float *x = floats_of(3 * plane);

    ck_assert_ptr_nonnull(rgb);
    memcpy(rgb + 3 * (plane - 1), (const unsigned char[]){10, 20, 255}, 3);
    alexnet_input(x, rgb);
    ck_assert_float_eq(x[0], -104);
    ck_assert_float_eq(x[plane], -117);
    ck_assert_float_eq(x[2 * plane], -123);
    ck_assert_float_eq(x[plane - 1], 255 - 104);
    ck_assert_float_eq(x[2 * plane - 1], 20 - 117);
    ck_assert_float_eq(x[3 * plane - 1], 10 - 123);
    free(rgb);
    free(x);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cnn networks");
    TCase *tcase = tcase_create("networks");

    tcase_add_test(tcase, network_gradients_match_finite_differences);
    tcase_add_loop_test(tcase, results_do_not_depend_on_threads, 0, 3);
    tcase_add_test(tcase, inference_gives_the_activations_of_training);
    tcase_add_test(tcase, backward_stops_at_the_first_layer_asked_for);
    tcase_add_test(tcase, impossible_tables_are_errors_that_name_the_layer);
    tcase_add_test(tcase, alexnet_has_the_shapes_of_the_paper);
    tcase_add_test(tcase, alexnet_reads_blue_green_red_minus_the_mean);
    suite_add_tcase(suite, tcase);
    return suite;
}
