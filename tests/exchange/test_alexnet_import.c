/* SPDX-License-Identifier: MIT */
/* AlexNets of other programs: which tensor is which, what is done to a photo first, and what
 * `caption import --check` compares. */
#include "app/caption/import_encoder.h"
#include "exchange/format.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 7, CONV1 = 11 * 11 * 3, PLANE = ALEXNET_SIDE * ALEXNET_SIDE };

static const char *const our_names[LAYERS] = {"conv1", "conv2", "conv3", "conv4",
                                              "conv5", "fc6",   "fc7"};
static const char *const torchvision_names[LAYERS] = {"features.0",  "features.3",  "features.6",
                                                      "features.8",  "features.10", "classifier.1",
                                                      "classifier.4"};
static const char *const other_names[LAYERS] = {"a", "b", "c", "d", "e", "f", "g"};

/* conv1's weights; of each other tensor one number, which all its elements are. */
static float conv1[96 * CONV1], conv1_bias[96], numbers[2 * LAYERS];
static const struct exchange_claims no_claims;

static void add(struct exchange_tensors *tensors, const char *name, const char *ending, size_t rank,
                const size_t *dims, const float *data, bool whole)
{
    struct exchange_tensor *tensor;
    char full[64];

    snprintf(full, sizeof full, "%s.%s", name, ending);
    ck_assert_int_eq(exchange_add(tensors, full, EXCHANGE_F32, rank, dims, NULL, data,
                                  (size_t)1 << 40, &tensor, NULL),
                     TN_OK);
    if (!whole)
        memset(tensor->strides, 0, sizeof tensor->strides);
}

/* A net of that kind: the caller finishes the tensors. */
static struct exchange_tensors make_tensors(enum alexnet_kind kind, const char *const *names)
{
    struct exchange_tensors tensors = {.path = "x.pth", .format = "PyTorch"};
    struct cnn_network *network;
    size_t layer = 0;

    for (size_t i = 0; i < 96 * CONV1; i++)
        conv1[i] = (float)((int)(i * 7919 % 201) - 100) / 400;
    for (size_t i = 0; i < 96; i++)
        conv1_bias[i] = (float)i / 96;
    ck_assert_int_eq(alexnet_create_as(&alexnet_published[kind], "", 0, &network, NULL), TN_OK);
    for (size_t i = 0; i < cnn_network_count(network); i++) {
        const struct cnn_layer *l = cnn_network_layer(network, i);
        const struct tn_parameter *parameter;
        char name[32];

        if (l->spec.outputs == 0)
            continue;
        snprintf(name, sizeof name, "%s.weight", l->spec.name);
        parameter = tn_layout_find(cnn_network_layout(network), name);
        numbers[2 * layer] = (float)(layer + 1) / 4096;
        numbers[2 * layer + 1] = -(float)(layer + 1) / 4096;
        add(&tensors, names[layer], "weight", parameter->rank, parameter->dims,
            layer == 0 ? conv1 : &numbers[2 * layer], layer == 0);
        add(&tensors, names[layer], "bias", 1, parameter->dims,
            layer == 0 ? conv1_bias : &numbers[2 * layer + 1], layer == 0);
        layer++;
    }
    ck_assert_uint_eq(layer, LAYERS);
    cnn_network_destroy(network);
    return tensors;
}

static struct exchange_alexnet make(const struct exchange_tensors *tensors,
                                    const struct exchange_claims *claims)
{
    struct exchange_alexnet alexnet;
    struct tn_error err;
    const enum tn_status status = exchange_alexnet_make(tensors, claims, &alexnet, &err);

    ck_assert_msg(status == TN_OK, "%s", err.text);
    return alexnet;
}

static void is_refused(const struct exchange_tensors *tensors, const struct exchange_claims *claims,
                       enum tn_status expected, const char *part)
{
    struct exchange_alexnet alexnet;
    struct tn_error err;

    ck_assert_int_eq(exchange_alexnet_make(tensors, claims, &alexnet, &err), expected);
    ck_assert_msg(strstr(err.text, part) != NULL, "'%s' lacks '%s'", err.text, part);
}

/* ---- Which tensor is which ---- */

static void has_weights(enum alexnet_kind kind, const char *const *names, bool norm)
{
    struct exchange_tensors tensors = make_tensors(kind, names);
    struct exchange_alexnet alexnet = make(&tensors, &no_claims);

    ck_assert_int_eq(alexnet.net.kind, kind);
    ck_assert_int_eq(alexnet.net.norm, norm);
    for (size_t layer = 1; layer < LAYERS; layer++)
        for (size_t part = 0; part < 2; part++) {
            const struct tn_parameter *parameter;
            char name[32];

            snprintf(name, sizeof name, "%s.%s", our_names[layer], part == 0 ? "weight" : "bias");
            parameter = tn_layout_find(cnn_network_layout(alexnet.network), name);
            for (size_t i = 0; i < parameter->span.count; i += 1021)
                ck_assert(alexnet.theta[parameter->span.offset + i] == numbers[2 * layer + part]);
        }
    exchange_alexnet_finish(&alexnet);
    exchange_finish(&tensors);
}

START_TEST(tensors_are_found_by_names_or_shapes)
{
    has_weights(ALEXNET_BVLC, our_names, true);
    has_weights(ALEXNET_TORCHVISION, torchvision_names, false);
    has_weights(ALEXNET_TORCHVISION, other_names, false);
}
END_TEST

START_TEST(what_is_missing_or_misshapen_is_named)
{
    struct exchange_tensors tensors = make_tensors(ALEXNET_TORCHVISION, torchvision_names);
    struct exchange_tensors none = {.path = "x.pth"};

    is_refused(&none, &no_claims, TN_NOTFOUND, "no tensor 'conv1.weight' or 'features.0.weight'");
    tensors.items[2].dims[1] = 32;
    is_refused(&tensors, &no_claims, TN_SHAPE,
               "x.pth: features.3.weight: expected 192x64x5x5 (torchvision's AlexNet), found "
               "192x32x5x5");
    tensors.items[0].dims[0] = 65;
    is_refused(&tensors, &no_claims, TN_SHAPE,
               "features.0.weight: expected 96x3x11x11 (BVLC's AlexNet) or 64x3x11x11 "
               "(torchvision's), found 65x3x11x11");
    tensors.items[0].dims[0] = 64;
    tensors.items[2].dims[1] = 64;
    conv1[5] = INFINITY;
    is_refused(&tensors, &no_claims, TN_RANGE, "tensor 'conv1.weight' has the number inf");
    exchange_finish(&tensors);
    tensors = make_tensors(ALEXNET_BVLC, torchvision_names); /* BVLC's, in torchvision's order */
    tensors.names.text[0] = '?';                             /* ?eatures.0.weight */
    is_refused(&tensors, &no_claims, TN_NOTFOUND, "x.pth: ");
    exchange_finish(&tensors);
}
END_TEST

/* ---- What is done to a photo ---- */

static unsigned char photo[3 * PLANE];

/* Channel c (red first) of the photo as the file's net reads it, at a pixel of 227x227. */
static double read_pixel(const struct exchange_reading *r, size_t c, size_t row, size_t column)
{
    const size_t own = r->blue_first ? 2 - c : c;

    return (photo[(row * ALEXNET_SIDE + column) * 3 + c] * r->scale - r->mean[own]) /
           r->deviation[own];
}

/* conv1 of the file's own weights, over the photo without its border, padded with zeros. */
static double plain_conv1(const struct exchange_alexnet *alexnet, size_t out, size_t row,
                          size_t column)
{
    const size_t before = alexnet_border_before(&alexnet->net);
    const size_t end = before + alexnet_photo_side(&alexnet->net);
    double sum = conv1_bias[out];

    for (size_t k = 0; k < CONV1; k++) {
        const size_t own = k / 121, y = row * 4 + k % 121 / 11, x = column * 4 + k % 11;

        if (y >= before && y < end && x >= before && x < end)
            sum += conv1[out * CONV1 + k] *
                   read_pixel(&alexnet->reading, alexnet->reading.blue_first ? 2 - own : own, y, x);
    }
    return sum;
}

static void reads_alike(enum alexnet_kind kind, const struct exchange_claims *claims)
{
    struct exchange_tensors tensors =
        make_tensors(kind, kind == ALEXNET_BVLC ? our_names : torchvision_names);
    struct exchange_alexnet alexnet = make(&tensors, claims);
    float *x = malloc(3 * PLANE * sizeof *x), *y = malloc((size_t)96 * 55 * 55 * sizeof *y);
    struct tn_arena arena;
    const struct tn_pass pass = {.theta = alexnet.theta, .arena = &arena};
    const size_t places[][2] = {{0, 0}, {0, 54}, {54, 0}, {54, 54}, {1, 30}, {30, 1}, {27, 27}};

    for (size_t i = 0; i < sizeof photo; i++)
        photo[i] = (unsigned char)(i * 31 % 256);
    alexnet_input_as(&alexnet.net, x, photo);
    tn_arena_measure(&arena);
    cnn_network_forward(alexnet.network, &pass, 0, NULL, NULL, 1);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    cnn_network_forward(alexnet.network, &pass, 0, y, x, 1);
    for (size_t out = 0; out < 64; out += 9)
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            const size_t row = places[i][0], column = places[i][1];
            const double expected = plain_conv1(&alexnet, out, row, column);

            ck_assert_double_eq_tol(y[(out * 55 + row) * 55 + column], expected,
                                    1e-4 * (1 + fabs(expected)));
        }
    tn_arena_finish(&arena);
    free(x);
    free(y);
    exchange_alexnet_finish(&alexnet);
    exchange_finish(&tensors);
}

START_TEST(a_photo_is_read_as_the_file_s_net_reads_it)
{
    const struct exchange_claims others = {.norm = EXCHANGE_YES,
                                           .blue_first = EXCHANGE_YES,
                                           .scale = 1.0 / 255,
                                           .mean = {0.1, 0.2, 0.3},
                                           .deviation = {0.5, 0.25, 0.125},
                                           .has_mean = true,
                                           .has_deviation = true};
    const struct exchange_claims red_first = {.blue_first = EXCHANGE_NO};

    reads_alike(ALEXNET_BVLC, &no_claims);
    reads_alike(ALEXNET_BVLC, &red_first);
    reads_alike(ALEXNET_TORCHVISION, &no_claims);
    reads_alike(ALEXNET_TORCHVISION, &others);
}
END_TEST

START_TEST(claims_come_before_what_is_usual)
{
    struct exchange_tensors tensors = make_tensors(ALEXNET_BVLC, our_names);
    const struct exchange_claims without = {.norm = EXCHANGE_NO};
    const struct exchange_claims far = {.scale = 1.0 / 255};
    struct exchange_alexnet alexnet = make(&tensors, &without);

    ck_assert(!alexnet.net.norm && alexnet.reading.blue_first);
    exchange_alexnet_finish(&alexnet);
    is_refused(&tensors, &far, TN_RANGE, "a mean of 104 is 26520 of pixels from 0 to 255");
    tensors.facts = (struct exchange_facts){.norm = EXCHANGE_NO, .blue_first = EXCHANGE_NO};
    alexnet = make(&tensors, &no_claims);
    ck_assert(!alexnet.net.norm && !alexnet.reading.blue_first);
    ck_assert(alexnet.reading.mean[0] == 123 && alexnet.net.mean[0] == 104);
    exchange_alexnet_finish(&alexnet);
    tensors.facts.has_mean = true;
    tensors.facts.mean[0] = 50;
    alexnet = make(&tensors, &no_claims);
    ck_assert(alexnet.net.mean[2] == 50 && alexnet.net.mean[0] == 0);
    exchange_alexnet_finish(&alexnet);
    exchange_finish(&tensors);
}
END_TEST

/* ---- Activations ---- */

static char folder[TEST_FOLDER_SIZE];

/* The net's own activations are within the tolerance, and others are not. */
START_TEST(activations_are_compared)
{
    enum { SIDE = 224, POOL1 = 64 * 27 * 27 };
    struct exchange_tensors tensors = make_tensors(ALEXNET_TORCHVISION, torchvision_names);
    struct exchange_alexnet alexnet = make(&tensors, &no_claims);
    float *values = calloc(POOL1 + 1, sizeof *values);
    char path[600], report[1024] = "";
    struct app_import import = {.from = "x.pth", .activations = path, .tolerance = 1e-4};
    struct tn_tensor file[2] = {
        {"input", TN_F32, 4, {1, 3, SIDE, SIDE}, calloc(3 * SIDE * SIDE, 4), 3 * SIDE * SIDE * 4},
        {"pool1", TN_F32, 4, {1, 64, 27, 27}, values, POOL1 * 4}};
    struct tn_error err;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/activations.safetensors", folder);
    for (size_t i = 0; i < POOL1; i++) /* of a photo of the mean colour: the bias alone */
        values[i] = conv1_bias[i / (27 * 27)];
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    import.report = fmemopen(report, sizeof report, "w");
    ck_assert_int_eq(app_import_check(&alexnet, &import, NULL), TN_OK);
    fclose(import.report);
    import.report = NULL;
    ck_assert_str_eq(report, "pool1\t0\n");

    values[POOL1 - 1] += 0.01F;
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(app_import_check(&alexnet, &import, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "x.pth: pool1 differs by 0.015 of its largest value") != NULL,
                  "%s", err.text);
    import.tolerance = 0.02;
    ck_assert_int_eq(app_import_check(&alexnet, &import, NULL), TN_OK);
    values[7] = INFINITY;
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(app_import_check(&alexnet, &import, NULL), TN_RANGE);
    file[1].name = "pool4";
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(app_import_check(&alexnet, &import, &err), TN_NOTFOUND);
    ck_assert_msg(strstr(err.text, "no tensor is named after a layer") != NULL, "%s", err.text);
    file[1] = (struct tn_tensor){"fc7", TN_F32, 2, {1, 100}, values, 400};
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(app_import_check(&alexnet, &import, &err), TN_SHAPE);
    file[0].dims[2] = 227;
    file[0].dims[3] = 3 * SIDE * SIDE / 3 / 227;
    file[0].bytes = 3 * file[0].dims[2] * file[0].dims[3] * 4;
    ck_assert_int_eq(tn_file_save(path, file, 2, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(app_import_check(&alexnet, &import, &err), TN_SHAPE);
    ck_assert_msg(strstr(err.text, "expected photos of Nx3x224x224, found 1x3x227x221") != NULL,
                  "%s", err.text);
    free((void *)(uintptr_t)file[0].data);
    free(values);
    exchange_alexnet_finish(&alexnet);
    exchange_finish(&tensors);
    test_folder_remove(folder);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("alexnet import");
    TCase *tcase = tcase_create("import");

    tcase_add_test(tcase, tensors_are_found_by_names_or_shapes);
    tcase_add_test(tcase, what_is_missing_or_misshapen_is_named);
    tcase_add_test(tcase, a_photo_is_read_as_the_file_s_net_reads_it);
    tcase_add_test(tcase, claims_come_before_what_is_usual);
    tcase_add_test(tcase, activations_are_compared);
    suite_add_tcase(suite, tcase);
    return suite;
}
