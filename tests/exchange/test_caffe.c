/* SPDX-License-Identifier: MIT */
/* Caffe's files, as Caffe's two forms of nets have them. */
#include "tests/support/folder.h"
#include "tests/support/messages.h"
#include "tests/support/suite.h"

#include "exchange/caffe.pb-c.h"
#include "exchange/mean_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct tn_error err;
static float numbers[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static double wide_numbers[] = {0.5, 1.5};
static int64_t conv_dims[] = {2, 1, 3, 2}, bias_dims[] = {2};

/* A net of both forms' parts, of which a test chooses. */
struct net {
    CaffeNet message;
    CaffeLayer layers[4], *layer_list[4];
    CaffeV1Layer older[4], *older_list[4];
    CaffeBlob blobs[4], *blob_list[4];
    CaffeShape shapes[4];
    CaffeV0Layer oldest;
};

static void init(struct net *net)
{
    caffe_net__init(&net->message);
    caffe_v0_layer__init(&net->oldest);
    for (size_t i = 0; i < 4; i++) {
        caffe_layer__init(&net->layers[i]);
        caffe_v1_layer__init(&net->older[i]);
        caffe_blob__init(&net->blobs[i]);
        caffe_shape__init(&net->shapes[i]);
        net->layer_list[i] = &net->layers[i];
        net->older_list[i] = &net->older[i];
        net->blob_list[i] = &net->blobs[i];
    }
    net->message.name = message_text("AlexNet");
    net->message.layer = net->layer_list;
    net->message.layers = net->older_list;
}

static void set_floats(struct net *net, size_t blob, size_t count)
{
    net->blobs[blob].data = numbers;
    net->blobs[blob].n_data = count;
}

static void set_shape(struct net *net, size_t blob, size_t rank, int64_t *dims)
{
    net->shapes[blob].dim = dims;
    net->shapes[blob].n_dim = rank;
    net->blobs[blob].shape = &net->shapes[blob];
}

static void set_older_shape(struct net *net, size_t blob, int64_t num, int64_t channels,
                            int64_t height, int64_t width)
{
    CaffeBlob *message = &net->blobs[blob];

    message->has_num = message->has_channels = message->has_height = message->has_width = 1;
    message->num = num;
    message->channels = channels;
    message->height = height;
    message->width = width;
}

static enum tn_status read_net(const struct net *net, struct exchange_tensors *ret_tensors)
{
    return message_read(&net->message.base, "a.caffemodel", ret_tensors, &err);
}

/* conv1 with weight and bias, an LRN and pooling, in the form of `layer`. */
static void fill_newer(struct net *net)
{
    init(net);
    net->message.n_layer = 4;
    net->layers[0].name = message_text("data");
    net->layers[1].name = message_text("conv1");
    net->layers[1].n_blobs = 2;
    net->layers[1].blobs = net->blob_list;
    set_floats(net, 0, 12);
    set_shape(net, 0, 4, conv_dims);
    set_floats(net, 1, 2);
    set_shape(net, 1, 1, bias_dims);
    net->layers[2].type = message_text("LRN");
    net->layers[3].type = message_text("Pooling");
}

START_TEST(reads_newer_layers)
{
    struct exchange_tensors tensors;
    struct net net;

    fill_newer(&net);
    ck_assert_msg(read_net(&net, &tensors) == TN_OK, "%s", err.text);
    ck_assert_str_eq(tensors.format, "Caffe");
    ck_assert_uint_eq(tensors.count, 2);
    message_expect(&tensors, "conv1.weight", "2x1x3x2", numbers);
    message_expect(&tensors, "conv1.bias", "2", numbers);
    ck_assert_int_eq(tensors.facts.norm, EXCHANGE_YES);
    ck_assert_int_eq(tensors.facts.blue_first, EXCHANGE_YES);
    ck_assert(!tensors.facts.has_mean);
    exchange_finish(&tensors);
}
END_TEST

START_TEST(reads_a_mean_within_the_net)
{
    static float mean[] = {104, 117, 123};
    CaffeTransform transform = CAFFE_TRANSFORM__INIT;
    struct exchange_tensors tensors;
    struct net net;

    fill_newer(&net);
    net.layers[0].transform_param = &transform;
    transform.mean_value = mean;
    transform.n_mean_value = 3;
    ck_assert_msg(read_net(&net, &tensors) == TN_OK, "%s", err.text);
    ck_assert(tensors.facts.has_mean);
    ck_assert_mem_eq(tensors.facts.mean, mean, sizeof mean);
    exchange_finish(&tensors);
    transform.has_scale = 1;
    transform.scale = 0.5F;
    ck_assert_msg(read_net(&net, &tensors) == TN_OK, "%s", err.text);
    ck_assert(!tensors.facts.has_mean);
    exchange_finish(&tensors);
}
END_TEST

/* Shapes of four dimensions, double precision, types as numbers. */
START_TEST(reads_older_layers)
{
    struct exchange_tensors tensors;
    struct net net;

    init(&net);
    net.message.n_layers = 2;
    net.older[0].name = message_text("fc6");
    net.older[0].n_blobs = 2;
    net.older[0].blobs = net.blob_list;
    set_floats(&net, 0, 12);
    set_older_shape(&net, 0, 1, 1, 3, 4);
    net.blobs[1].double_data = wide_numbers;
    net.blobs[1].n_double_data = 2;
    set_older_shape(&net, 1, 1, 1, 1, 2);
    ck_assert_msg(read_net(&net, &tensors) == TN_OK, "%s", err.text);
    message_expect(&tensors, "fc6.weight", "3x4", numbers);
    message_expect(&tensors, "fc6.bias", "2", (float[]){0.5F, 1.5F});
    ck_assert_int_eq(tensors.facts.norm, EXCHANGE_NO);
    exchange_finish(&tensors);
}
END_TEST

START_TEST(refuses_what_pools_first)
{
    struct exchange_tensors tensors;
    struct net net;

    fill_newer(&net);
    net.layers[2].type = message_text("Pooling");
    net.layers[3].type = message_text("LRN");
    ck_assert_int_eq(read_net(&net, &tensors), TN_UNSUPPORTED);
    ck_assert_str_eq(err.text,
                     "a.caffemodel: pools before it normalises, as CaffeNet does; AlexNet "
                     "(bvlc_alexnet.caffemodel) is read");
}
END_TEST

START_TEST(refuses_the_oldest_form)
{
    struct exchange_tensors tensors;
    struct net net;

    init(&net);
    net.message.n_layers = 1;
    net.oldest.name = message_text("conv1");
    net.older[0].layer = &net.oldest;
    ck_assert_int_eq(read_net(&net, &tensors), TN_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "upgrade_net_proto_binary"));
}
END_TEST

START_TEST(refuses_shapes_that_do_not_fit)
{
    static int64_t nothing[] = {0}, negative[] = {-1}, huge[] = {INT64_MAX, INT64_MAX, 4},
                   many[] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, larger[] = {13};
    const struct {
        size_t rank;
        int64_t *dims;
        const char *reason;
    } cases[] = {
        {1, nothing, "has an impossible shape"},    {1, negative, "has an impossible shape"},
        {3, huge, "is larger than its 48 bytes"},   {9, many, "has an impossible shape"},
        {1, larger, "is larger than its 48 bytes"},
    };
    struct exchange_tensors tensors;
    struct net net;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill_newer(&net);
        set_shape(&net, 0, cases[i].rank, cases[i].dims);
        ck_assert_int_eq(read_net(&net, &tensors), TN_FORMAT);
        ck_assert_msg(strstr(err.text, cases[i].reason), "%zu: %s", i, err.text);
    }
}
END_TEST

START_TEST(a_cut_file_is_no_crash)
{
    struct net net;

    fill_newer(&net);
    message_cut(&net.message.base, "a.caffemodel");
}
END_TEST

/* In groups of 7 bits. */
static unsigned char *put_length(unsigned char *at, size_t length)
{
    for (; length > 0x7F; length >>= 7)
        *at++ = (unsigned char)(length | 0x80);
    *at++ = (unsigned char)length;
    return at;
}

/* Empty layers take two bytes each in the file, and much more in memory. */
START_TEST(a_bomb_is_refused)
{
    enum { LAYERS = 4000000 };
    static const unsigned char empty_layer[] = {0x12, 0};
    unsigned char *bytes = malloc(LAYERS * sizeof empty_layer);
    struct exchange_tensors tensors;

    for (size_t i = 0; i < LAYERS; i++)
        memcpy(bytes + i * sizeof empty_layer, empty_layer, sizeof empty_layer);
    ck_assert_int_eq(
        exchange_read_memory(bytes, LAYERS * sizeof empty_layer, "a.caffemodel", &tensors, &err),
        TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "of memory"));
    free(bytes);
}
END_TEST

/* Parts that come again are joined, at a cost that grows with all that was there before. */
START_TEST(endless_joining_is_refused)
{
    enum { SHAPES = 300000 };
    static const unsigned char head[] = {0x0A, 0x01, 'a', 0xA2, 0x06}, shape[] = {0x3A, 2, 8, 1};
    const size_t blob = SHAPES * sizeof shape;
    struct exchange_tensors tensors;
    unsigned char *bytes = malloc(blob + 64), *at = bytes;

    memcpy(at, head, sizeof head);
    at = put_length(at + sizeof head, blob + 4);
    *at++ = 0x3A; /* the layer's blob */
    at = put_length(at, blob);
    for (size_t i = 0; i < SHAPES; i++, at += sizeof shape)
        memcpy(at, shape, sizeof shape);
    ck_assert_int_eq(
        exchange_read_memory(bytes, (size_t)(at - bytes), "a.caffemodel", &tensors, &err),
        TN_FORMAT);
    ck_assert_msg(strstr(err.text, "of memory"), "%s", err.text);
    free(bytes);
}
END_TEST

START_TEST(reads_a_mean)
{
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 32], *bytes;
    float mean[3] = {0, 0, 0};
    struct net net;
    FILE *file;
    size_t size;

    init(&net);
    set_floats(&net, 0, 12);
    set_older_shape(&net, 0, 1, 3, 2, 2);
    bytes = message_pack(&net.blobs[0].base, &size);
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/mean.binaryproto", folder);
    file = fopen(path, "wb");
    fwrite(bytes, 1, size, file);
    fclose(file);
    ck_assert_msg(exchange_mean_read(path, mean, &err) == TN_OK, "%s", err.text);
    ck_assert_float_eq(mean[0], 2.5F);
    ck_assert_float_eq(mean[1], 6.5F);
    ck_assert_float_eq(mean[2], 10.5F);
    ck_assert_int_eq(truncate(path, 20), 0);
    ck_assert_int_eq(exchange_mean_read(path, mean, &err), TN_FORMAT);
    test_folder_remove(folder);
    free(bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("caffe");
    TCase *tcase = tcase_create("caffe");

    tcase_add_test(tcase, reads_newer_layers);
    tcase_add_test(tcase, reads_a_mean_within_the_net);
    tcase_add_test(tcase, reads_older_layers);
    tcase_add_test(tcase, refuses_what_pools_first);
    tcase_add_test(tcase, refuses_the_oldest_form);
    tcase_add_test(tcase, refuses_shapes_that_do_not_fit);
    tcase_add_test(tcase, a_cut_file_is_no_crash);
    tcase_add_test(tcase, a_bomb_is_refused);
    tcase_add_test(tcase, endless_joining_is_refused);
    tcase_add_test(tcase, reads_a_mean);
    suite_add_tcase(suite, tcase);
    return suite;
}
