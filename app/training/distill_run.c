/* SPDX-License-Identifier: MIT */
#include "app/training/distill_run.h"

#include "app/cli/commands.h"
#include "app/cli/model_path.h"
#include "app/cli/together.h"
#include "app/training/train_run.h"
#include "base/atomic_file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "cnn/alexnet.h"
#include "cnn/int8/encoder.h"
#include "train/tasks/distill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDENTITY_SIZE = 1024 };

bool distill_is_dense(const struct distill_command *command)
{
    return strncmp(train_cnn_layers[command->from], "fc", 2) == 0;
}

/* A run with all that it holds. */
struct run {
    const struct distill_command *command;
    struct tn_pool *pool;
    char *cache;
    struct tn_file *encoder;
    struct alexnet net; /* which the encoder is */
    struct cnn_network *network;
    float *start; /* its weights */
    struct distill_data data;
    struct train_task *task;
    char identity[IDENTITY_SIZE];
};

static void distill_run_finish(struct run *run)
{
    train_task_destroy(run->task);
    distill_data_finish(&run->data);
    cnn_network_destroy(run->network);
    free(run->start);
    tn_file_close(run->encoder);
    tn_pool_destroy(run->pool);
    free(run->cache);
}

/* Before hours of work: whether the files can be written. */
static enum tn_status try_files(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;

    run->cache = c->cache ? strdup(c->cache) : train_with_suffix(c->loop.output, ".pool5");
    if (!run->cache)
        return tn_fail_nomem(err, strlen(c->loop.output) + sizeof ".pool5");
    TN_TRY(tn_atomic_try(c->loop.output, err));
    return c->loop.curve ? tn_atomic_try(c->loop.curve, err) : TN_OK;
}

static enum tn_status open_encoder(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;
    char *path;
    enum tn_status status;

    TN_TRY(app_model_path(c->model ? c->model : c->encoder, &path, err));
    status = tn_file_open(path, &run->encoder, err);
    free(path);
    return status;
}

/* The layers that take part, and the weights that they begin with. */
static enum tn_status make_network(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;
    const struct alexnet_part part = {.behind_pool5 = distill_is_dense(c),
                                      .dropout6 = (float)c->dropout};
    struct tn_rng rng;
    size_t bytes;

    TN_TRY(alexnet_of_file(run->encoder, &run->net, err));
    TN_TRY(alexnet_create_part(&run->net, "", &part, &run->network, err));
    bytes = cnn_network_layout(run->network)->floats * sizeof(float);
    run->start = tn_memory_create(bytes);
    if (!run->start)
        return tn_fail_nomem(err, bytes);
    TN_TRY(cnn_network_load(run->network, run->encoder, run->start, err));
    if (!c->random_start)
        return TN_OK;
    tn_rng_init(&rng, c->loop.seed);
    distill_draw_weights(run->network, cnn_network_find(run->network, train_cnn_layers[c->from]),
                         &rng, run->start);
    return TN_OK;
}

static enum tn_status make_task(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;
    const struct distill_data *data = &run->data;
    const struct distill_options options = {
        .dataset = &data->dataset,
        .network = run->network,
        .start = run->start,
        .first = cnn_network_find(run->network, train_cnn_layers[c->from]),
        .mirror = !c->no_mirror,
        .pool5 = distill_is_dense(c) ? &data->pool5 : NULL,
        .pixels = distill_is_dense(c) ? NULL : &data->pixels,
        .targets = {.teacher = &data->teacher,
                    .teacher_weight = (float)c->teacher_weight,
                    .words = data->words.words > 0 ? &data->words : NULL,
                    .words_weight = (float)c->words_weight},
        .batch = c->batch,
        .dropout = (float)c->dropout,
        .output = c->loop.output,
        .save = {.base = run->encoder, .alone = !c->model},
    };

    return distill_task_create(&options, &run->task, err);
}

/* Of the photos that take part, their splits and captions. */
static uint64_t hash_photos(const struct distill_data *data)
{
    const struct data_set *set = &data->dataset;
    uint64_t hash = TN_HASH_START;

    for (size_t i = 0; i < set->photo_count; i++) {
        const struct data_photo *photo = &set->photos[i];

        if (photo->split == DATA_SPLIT_OUT)
            continue;
        hash = tn_hash_number(hash, photo->split);
        hash = tn_hash_bytes(hash, &data->ids[i].bytes, sizeof data->ids[i].bytes);
        for (size_t j = photo->first; j < photo->first + photo->caption_count; j++)
            hash =
                tn_hash_bytes(hash, data_set_caption(set, j), strlen(data_set_caption(set, j)) + 1);
    }
    return hash;
}

static void write_identity(struct run *run, size_t train, size_t dev)
{
    const struct distill_command *c = run->command;
    char encoder[17], teacher[17], loop[256];

    cnn_encoder_fingerprint(run->encoder, encoder);
    teacher_fingerprint(&run->data.teacher, teacher);
    train_settings_text(&c->loop, loop, sizeof loop);
    snprintf(
        run->identity, sizeof run->identity,
        "distill from=%s start=%s encoder=%s dropout=%g batch=%zu %s seed=%zu mirror=%s "
        "teacher=%s teacher-weight=%g words=%zu words-weight=%g photos=%zu+%zu data=%016" PRIx64,
        train_cnn_layers[c->from], c->random_start ? "random" : "encoder", encoder, c->dropout,
        c->batch, loop, c->loop.seed, c->no_mirror ? "no" : "yes", teacher, c->teacher_weight,
        run->data.words.words, c->words_weight, train, dev, hash_photos(&run->data));
}

/* Says what is trained on what, and whether there is room for the checkpoint. */
static enum tn_status report_task(const struct run *run, size_t train, size_t dev,
                                  struct tn_error *err)
{
    const struct distill_command *c = run->command;
    const size_t arrays = 1 + train_optimiser_at(c->loop.optimiser)->moments;
    const size_t bytes = arrays * run->task->layout->floats * sizeof(float);
    const struct teacher *teacher = &run->data.teacher;

    /* the old one stays until the new one is whole */
    TN_TRY(distill_check_space(c->loop.output, 2 * bytes, "the checkpoint, at times two", err));
    if (c->loop.quiet)
        return TN_OK;
    app_say("train: %zu photos; dev: %zu; trained from %s on: %.1f million weights, checkpoints of "
            "%.2f GB",
            train, dev, train_cnn_layers[c->from], (double)run->task->layout->floats * 1e-6,
            (double)bytes * 1e-9);
    for (size_t i = 0; i < teacher->part_count; i++)
        app_say("teacher: %s, %zu features", teacher->parts[i].values->name,
                teacher->parts[i].width);
    return TN_OK;
}

/* The head begins with what a regression finds.  A checkpoint has one that is further. */
static enum tn_status start_head(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;
    char *checkpoint = train_with_suffix(c->loop.output, ".checkpoint");
    const bool begun = checkpoint && c->loop.resume && access(checkpoint, F_OK) == 0;
    struct app_status shown;
    const struct tn_progress progress = {app_show_photos, &shown};

    free(checkpoint);
    if (begun)
        return TN_OK;
    app_status_begin(&shown);
    return distill_task_fit_head(run->task, run->pool, &progress, err);
}

static enum tn_status run_steps(struct run *run, struct tn_error *err)
{
    const struct distill_command *c = run->command;
    size_t train, dev;

    TN_TRY(try_files(run, err));
    TN_TRY(tn_pool_create(app_threads(c->loop.threads), &run->pool, err));
    TN_TRY(open_encoder(run, err));
    TN_TRY(make_network(run, err));
    TN_TRY(distill_data_make(&run->data, c, run->encoder, run->cache, run->pool, err));
    run->data.pixels.net = &run->net;
    TN_TRY(make_task(run, err));
    train = distill_task_photos(run->task, &dev);
    write_identity(run, train, dev);
    TN_TRY(report_task(run, train, dev, err));
    TN_TRY(start_head(run, err));
    return train_loop(&c->loop, run->task, run->identity, run->pool, err);
}

enum tn_status distill_command_run(const struct distill_command *command, struct tn_error *err)
{
    struct run run = {.command = command};
    const enum tn_status status = run_steps(&run, err);

    distill_run_finish(&run);
    return status;
}
