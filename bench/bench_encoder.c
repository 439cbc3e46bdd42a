/* SPDX-License-Identifier: MIT */
/*
 * bench_encoder WEIGHTS [--batch N] [--threads N] [--seconds S] [--golden FILE]: photos per second
 * through the int8 encoder, all layers from pixels to V, and the time to prepare it; with --golden
 * also the relative L2 distance of V from a float32 reference (tensors input and fc7).
 * One JSON line per measurement.
 */
#include "bench/support.h"
#include "cnn/int8/encoder.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
    MIN_RUNS = 5,
    MAX_RUNS = 4096,
    WARM_RUNS = 2,
    AREA = ALEXNET_SIDE * ALEXNET_SIDE,
    FEATURES = CNN_ENCODER_FEATURES
};

struct options {
    const char *weights, *golden;
    size_t batch, threads;
    double seconds;
};

static enum tn_status check_golden(const struct options *options, struct cnn_encoder *encoder,
                                   struct tn_error *err)
{
    static unsigned char rgb[AREA * 3];
    static float features[FEATURES];
    const struct tn_tensor *input, *fc7;
    struct tn_file *file;

    TN_TRY(tn_file_open(options->golden, &file, err));
    input = tn_file_find(file, "input");
    fc7 = tn_file_find(file, "fc7");
    for (size_t n = 0; input && fc7 && n < input->dims[0]; n++) {
        const float *x = (const float *)input->data + n * 3 * AREA;
        const float *truth = (const float *)fc7->data + n * FEATURES;
        double difference = 0, norm = 0;

        for (size_t i = 0; i < 3 * AREA; i++)
            rgb[i % AREA * 3 + 2 - i / AREA] = (unsigned char)lrintf(x[i] + alexnet_mean[i / AREA]);
        cnn_encoder_run(encoder, 1, rgb, features);
        for (size_t i = 0; i < FEATURES; i++) {
            difference += pow((double)features[i] - truth[i], 2);
            norm += pow(truth[i], 2);
        }
        printf("{\"bench\": \"encoder\", \"mode\": \"golden\", \"photo\": %zu, "
               "\"relative_l2\": %.5f}\n",
               n, sqrt(difference / norm));
    }
    tn_file_close(file);
    return TN_OK;
}

static void measure(const struct options *o, struct tn_pool *pool, struct cnn_encoder *encoder,
                    const unsigned char *rgb, float *features)
{
    static double seconds[MAX_RUNS];
    const double begin = bench_now();
    struct rusage usage;
    size_t runs = 0;

    for (size_t i = 0; i < WARM_RUNS; i++)
        cnn_encoder_run(encoder, o->batch, rgb, features);
    while (runs < MAX_RUNS && (runs < MIN_RUNS || bench_now() - begin < o->seconds)) {
        const double start = bench_now();

        cnn_encoder_run(encoder, o->batch, rgb, features);
        seconds[runs++] = bench_now() - start;
    }
    bench_sort(seconds, runs);
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"bench\": \"encoder\", \"mode\": \"int8\", \"batch\": %zu, \"threads\": %zu, "
           "\"ms_med\": %.3f, \"ms_best\": %.3f, \"img_s_med\": %.1f, \"img_s_best\": %.1f, "
           "\"n\": %zu, \"maxrss_mb\": %.1f}\n",
           o->batch, tn_pool_threads(pool), seconds[runs / 2] * 1e3, seconds[0] * 1e3,
           (double)o->batch / seconds[runs / 2], (double)o->batch / seconds[0], runs,
           (double)usage.ru_maxrss / 1024);
}

static enum tn_status run(const struct options *options, struct tn_file *file, struct tn_pool *pool,
                          struct tn_error *err)
{
    const size_t bytes = options->batch * AREA * 3;
    unsigned char *rgb = malloc(bytes);
    float *features = malloc(options->batch * FEATURES * sizeof *features);
    struct cnn_encoder *encoder = NULL;
    const double start = bench_now();
    enum tn_status status = TN_OK;

    if (!rgb || !features)
        status = tn_fail_nomem(err, bytes);
    else
        status = cnn_encoder_create(file, options->batch, pool, &encoder, err);
    if (status == TN_OK) {
        printf("{\"bench\": \"encoder\", \"mode\": \"create\", \"ms\": %.3f}\n",
               (bench_now() - start) * 1e3);
        for (size_t i = 0; i < bytes; i++)
            rgb[i] = (unsigned char)(i * 2654435761u >> 13);
        measure(options, pool, encoder, rgb, features);
        if (options->golden)
            status = check_golden(options, encoder, err);
    }
    cnn_encoder_destroy(encoder);
    free(features);
    free(rgb);
    return status;
}

static bool parse(int argc, char **argv, struct options *options)
{
    *options = (struct options){.batch = 32, .seconds = 5};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";

        if (strcmp(argv[i], "--golden") == 0 && ++i)
            options->golden = value;
        else if (strcmp(argv[i], "--batch") == 0 && ++i)
            options->batch = (size_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--threads") == 0 && ++i)
            options->threads = (size_t)strtoul(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0 && ++i)
            options->seconds = strtod(value, NULL);
        else if (argv[i][0] != '-' && !options->weights)
            options->weights = argv[i];
        else
            return false;
    }
    return options->weights && options->batch > 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct tn_pool *pool = NULL;
    struct tn_file *file = NULL;
    struct tn_error err;
    enum tn_status status;

    if (!parse(argc, argv, &options)) {
        fputs("usage: bench_encoder WEIGHTS [--batch N] [--threads N] [--seconds S] "
              "[--golden FILE]\n",
              stderr);
        return 2;
    }
    status = tn_pool_create(options.threads, &pool, &err);
    if (status == TN_OK)
        status = tn_file_open(options.weights, &file, &err);
    if (status == TN_OK)
        status = run(&options, file, pool, &err);
    if (status != TN_OK)
        fprintf(stderr, "bench_encoder: %s\n", err.text);
    tn_file_close(file);
    tn_pool_destroy(pool);
    return status == TN_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
