/* SPDX-License-Identifier: MIT */
/*
 * One step of distilling fc6 and fc7 from cached pool5: reading it, the net and the head forward
 * and backward, Adam.  Random numbers; the teacher is two networks of 1280 features, and 1500 words
 * stand for a third of as many.  -x: pool5 of photos of noise, computed and packed, instead.  -B:
 * with products of bf16.  Prints one JSON line.
 * usage: bench_distill [-t THREADS] [-s SECONDS] [-b PHOTOS] [-B] [-x MODEL]
 */
#include "base/memory.h"
#include "bench/support.h"
#include "cnn/alexnet.h"
#include "cnn/int8/encoder.h"
#include "cnn/int8/int8_trunk.h"
#include "train/tasks/distill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_RUNS = 1000, VIEWS = 2, EXTRACTED = 32 };

/* Photos of which all is known. */
struct data {
    struct data_set set;
    struct data_pool5 pool5;
    struct tn_tensor tensors[3];
    struct teacher teacher;
};

static void make_pool5(struct data_pool5 *pool5, size_t photos, struct tn_rng *rng)
{
    float *values = malloc(VIEWS * CNN_POOL5 * sizeof *values);
    unsigned char *records;

    *pool5 = (struct data_pool5){.width = CNN_POOL5,
                                 .views = VIEWS,
                                 .photos = photos,
                                 .rows = calloc(photos, sizeof *pool5->rows),
                                 .record_bytes = data_pool5_record(CNN_POOL5, VIEWS)};
    records = malloc(photos * pool5->record_bytes);
    bench_require(values && pool5->rows && records);
    for (size_t i = 0; i < photos; i++) {
        const struct data_photo_id id = {i + 1, i, 0};

        for (size_t j = 0; j < VIEWS * CNN_POOL5; j++) /* sparse, as pool5 is */
            values[j] = tn_rng_uniform(rng) < 0.3F ? 10 * tn_rng_uniform(rng) : 0;
        data_pool5_pack(&id, values, CNN_POOL5, VIEWS, records + i * pool5->record_bytes);
        pool5->rows[i] = i;
    }
    pool5->records = records;
    free(values);
}

static void make_data(struct data *data, size_t photos, struct tn_rng *rng)
{
    static const size_t widths[] = {1280, 1280, 1500};
    struct teacher *teacher = &data->teacher;

    data->set = (struct data_set){.photos = calloc(photos, sizeof *data->set.photos),
                                  .photo_count = photos};
    *teacher = (struct teacher){
        .photos = photos, .rows = calloc(photos, sizeof *teacher->rows), .known = photos};
    bench_require(data->set.photos && teacher->rows);
    for (size_t i = 0; i < photos; i++)
        teacher->rows[i] = i;
    for (size_t p = 0; p < 3; p++) {
        signed char *q = malloc(photos * widths[p]);

        bench_require(q != NULL);
        for (size_t i = 0; i < photos * widths[p]; i++)
            q[i] = (signed char)((int)tn_rng_below(rng, 43) - 21);
        data->tensors[p] =
            (struct tn_tensor){"network", TN_I8, 2, {photos, widths[p]}, q, photos * widths[p]};
        teacher->parts[p] = (struct teacher_part){.values = &data->tensors[p],
                                                  .rows = photos,
                                                  .width = widths[p],
                                                  .first = teacher->width};
        teacher->width += widths[p];
        teacher->part_count++;
    }
    make_pool5(&data->pool5, photos, rng);
}

/* What takes part in a step. */
struct bench {
    struct train_task *task;
    struct train_optimiser optimiser;
    struct tn_pass pass;
    struct tn_rng rng;
    float *theta;
};

static double step(struct bench *bench)
{
    const double start = bench_now();
    size_t photos;

    train_task_shuffle(bench->task, &bench->rng);
    bench->task->ops->step(bench->task, &bench->pass, &(struct train_slice){0, 0, 1}, &photos);
    train_optimiser_step(&bench->optimiser, bench->pass.pool, 1e-6F, bench->theta,
                         bench->pass.dtheta, 1);
    return bench_now() - start;
}

static void measure(struct bench *bench, double seconds, size_t photos)
{
    static double times[MAX_RUNS];
    size_t count = 0;

    step(bench);
    for (const double start = bench_now();
         count < MAX_RUNS && (count < 3 || bench_now() - start < seconds);)
        times[count++] = step(bench);
    bench_sort(times, count);
    printf("{\"what\": \"distill step\", \"photos\": %zu, \"threads\": %zu, \"bf16\": %s, "
           "\"ms_med\": %.0f, \"ms_best\": %.0f, \"photos_s_med\": %.1f, \"n\": %zu}\n",
           photos, tn_pool_threads(bench->pass.pool), bench->pass.bf16 ? "true" : "false",
           1e3 * times[count / 2], 1e3 * times[0], (double)photos / times[count / 2], count);
}

static void set_up(struct bench *bench, struct data *data, struct cnn_network *network,
                   size_t photos)
{
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;
    float *start = tn_memory_create(cnn_network_layout(network)->floats * sizeof *start);
    const struct distill_options options = {
        .dataset = &data->set,
        .network = network,
        .start = start,
        .mirror = true,
        .pool5 = &data->pool5,
        .targets = {.teacher = &data->teacher, .teacher_weight = 1},
        .batch = photos,
        .dropout = 0.5F};
    size_t floats;

    bench_require(start != NULL);
    distill_draw_weights(network, 0, &bench->rng, start);
    bench_require(distill_task_create(&options, &bench->task, NULL) == TN_OK);
    floats = bench->task->layout->floats;
    bench->pass.theta = bench->theta = tn_memory_create(floats * sizeof(float));
    bench->pass.dtheta = tn_memory_create(floats * sizeof(float));
    bench_require(bench->pass.theta && bench->pass.dtheta);
    bench_require(train_optimiser_init(&bench->optimiser, train_optimiser_find("adam"), &update,
                                       NULL, floats, NULL) == TN_OK);
    tn_arena_measure(bench->pass.arena);
    bench->task->ops->measure(bench->task, &bench->pass);
    bench_require(tn_arena_reserve(bench->pass.arena, NULL) == TN_OK);
    bench->task->ops->init(bench->task, &bench->rng, bench->theta);
    free(start);
}

/* Photos per second from pixels to records, both views. */
static void measure_extraction(const char *model, struct tn_pool *pool, double seconds,
                               struct tn_rng *rng)
{
    static double times[MAX_RUNS];
    const size_t views = EXTRACTED * VIEWS, bytes = views * ALEXNET_SIDE * ALEXNET_SIDE * 3;
    unsigned char *rgb = malloc(bytes), *record = malloc(data_pool5_record(CNN_POOL5, VIEWS));
    struct cnn_encoder *encoder;
    struct tn_file *file;
    size_t count = 0;

    bench_require(rgb && record && tn_file_open(model, &file, NULL) == TN_OK);
    bench_require(cnn_encoder_create(file, views, pool, &encoder, NULL) == TN_OK);
    for (size_t i = 0; i < bytes; i++)
        rgb[i] = (unsigned char)tn_rng_below(rng, 256);
    for (const double start = bench_now();
         count < MAX_RUNS && (count < 3 || bench_now() - start < seconds);) {
        const double begin = bench_now();
        const float *values = cnn_encoder_pool5(encoder, views, rgb);

        for (size_t i = 0; i < EXTRACTED; i++)
            data_pool5_pack(&(struct data_photo_id){1, i, 0}, values + i * VIEWS * CNN_POOL5,
                            CNN_POOL5, VIEWS, record);
        times[count++] = bench_now() - begin;
    }
    bench_sort(times, count);
    printf("{\"what\": \"pool5, both views\", \"photos\": %d, \"threads\": %zu, \"ms_med\": %.0f, "
           "\"photos_s_med\": %.1f, \"n\": %zu}\n",
           EXTRACTED, tn_pool_threads(pool), 1e3 * times[count / 2], EXTRACTED / times[count / 2],
           count);
    cnn_encoder_destroy(encoder);
    tn_file_close(file);
}

int main(int argc, char **argv)
{
    size_t threads = 2, photos = 256;
    double seconds = 8;
    const char *model = NULL;
    struct tn_arena arena;
    struct bench bench = {.pass = {.arena = &arena, .rng = &bench.rng}};
    struct cnn_network *network;
    struct data data = {.teacher = {0}};
    int option;

    while ((option = getopt(argc, argv, "t:s:b:Bx:")) != -1) {
        if (option == 't')
            threads = (size_t)strtoul(optarg, NULL, 10);
        else if (option == 's')
            seconds = strtod(optarg, NULL);
        else if (option == 'b')
            photos = (size_t)strtoul(optarg, NULL, 10);
        else if (option == 'B')
            bench.pass.bf16 = true;
        else if (option == 'x')
            model = optarg;
        else
            return 2;
    }
    bench_require(photos > 0 && (!bench.pass.bf16 || tn_kernels_bf16()));
    tn_rng_init(&bench.rng, 1);
    bench_require(tn_pool_create(threads, &bench.pass.pool, NULL) == TN_OK);
    if (model) {
        measure_extraction(model, bench.pass.pool, seconds, &bench.rng);
        return 0;
    }
    bench_require(
        alexnet_create_part(&alexnet_published[ALEXNET_BVLC], "",
                            &(struct alexnet_part){.behind_pool5 = true, .dropout6 = 0.5F},
                            &network, NULL) == TN_OK);
    make_data(&data, photos, &bench.rng);
    set_up(&bench, &data, network, photos);
    measure(&bench, seconds, photos);
    return 0;
}
