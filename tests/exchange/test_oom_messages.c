/* SPDX-License-Identifier: MIT */
/* Memory runs out while weights of Caffe and ONNX are read, and while a model becomes ONNX. */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "base/path.h"
#include "base/read_file.h"
#include "exchange/onnx_nets.h"
#include "exchange/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct reading {
    char *bytes;
    size_t size;
    struct exchange_tensors tensors;
};

static enum tn_status read_weights(void *context, struct tn_error *err)
{
    struct reading *reading = context;

    return exchange_read_memory(reading->bytes, reading->size, "weights", &reading->tensors, err);
}

static void check_weights(void *context, enum tn_status status)
{
    struct reading *reading = context;

    if (status != TN_OK)
        return;
    ck_assert_uint_gt(reading->tensors.count, 0);
    exchange_finish(&reading->tensors);
}

START_TEST(reading_weights)
{
    static const char *const seeds[] = {"onnx", "onnx_types", "caffe", "caffe_older"};
    struct reading reading = {.bytes = NULL};
    char path[4096];

    snprintf(path, sizeof path, "%s/../../fuzz/corpus/fuzz_exchange/%s", getenv("TEST_DATA"),
             seeds[_i]);
    ck_assert_int_eq(tn_read_file(path, 1 << 20, &reading.bytes, &reading.size, NULL), TN_OK);
    ck_assert_uint_gt(
        oom_try(&(struct oom_operation){seeds[_i], read_weights, check_weights}, &reading), 10);
    free(reading.bytes);
}
END_TEST

struct writing {
    struct tiny_model tiny;
    char path[TEST_FOLDER_SIZE + 16];
};

static enum tn_status write_decoder(void *context, struct tn_error *err)
{
    struct writing *writing = context;
    struct onnx_graph *graph;
    enum tn_status status;

    TN_TRY(onnx_graph_create("decoder", true, &graph, err));
    status = onnx_add_decoder(graph, &writing->tiny.weights, &writing->tiny.input, true, err);
    if (status == TN_OK)
        status = onnx_graph_save(graph, writing->path, err);
    onnx_graph_destroy(graph);
    return status;
}

static void check_file(void *context, enum tn_status status)
{
    struct writing *writing = context;

    ck_assert_int_eq(tn_path_exists(writing->path), status == TN_OK);
    if (status == TN_OK)
        ck_assert_int_eq(unlink(writing->path), 0);
}

START_TEST(writing_a_decoder)
{
    struct writing writing;
    char folder[TEST_FOLDER_SIZE];

    test_folder_make(folder);
    snprintf(writing.path, sizeof writing.path, "%s/a.onnx", folder);
    tiny_model_init(&writing.tiny, "lstm", 2, 8, 5, 1);
    ck_assert_uint_gt(
        oom_try(&(struct oom_operation){"a decoder", write_decoder, check_file}, &writing), 10);
    tiny_model_finish(&writing.tiny);
    test_folder_remove(folder);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_messages");
    TCase *tcase = tcase_create("oom_messages");

    tcase_add_loop_test(tcase, reading_weights, 0, 4);
    tcase_add_test(tcase, writing_a_decoder);
    suite_add_tcase(suite, tcase);
    return suite;
}
