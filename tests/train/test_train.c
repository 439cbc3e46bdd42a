/* SPDX-License-Identifier: MIT */
/* A small set of made-up features and captions, learnt by a small decoder. */
#include "base/rng.h"
#include "data/photo_cache.h"
#include "image/plot.h"
#include "tensor/half.h"
#include "tensor/safetensors.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "train/curve.h"
#include "train/tasks/reward.h"
#include "train/trainer.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PHOTOS = 40, DEV = 8, WIDTH = 12 };

static char folder[TEST_FOLDER_SIZE];

static const char *in_folder(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* Everything that a training needs, without photos on the disk. */
struct world {
    struct data_set dataset;
    struct data_features features;
    struct vocab *vocab;
    struct data_corpus train_corpus, dev_corpus;
    struct data_source train, dev;
};

static struct world world;
static size_t people = 1; /* who say the same of a photo */

/* The photo's kind decides both its features and its caption. */
static void make_photo(size_t photo, size_t *text_used)
{
    static const char *const things[] = {"dog", "cat", "man", "boat"};
    static const char *const places[] = {"on the grass", "in the water", "by a red car ."};
    struct data_set *set = &world.dataset;
    const size_t thing = photo % 4, place = photo / 4 % 3;
    uint16_t *row = world.features.values + photo * 2 * WIDTH;
    float values[2 * WIDTH] = {0};

    values[thing] = values[WIDTH + thing] = 2;
    values[4 + place] = values[WIDTH + 4 + place] = 2;
    values[8] = 0.1F * (float)(photo % 5);
    values[WIDTH + 9] = 0.1F * (float)(photo % 7);
    tn_float_to_half(row, values, (size_t)2 * WIDTH);
    world.features.rows[photo] = photo;
    set->photos[photo] =
        (struct data_photo){.name = *text_used,
                            .path = *text_used,
                            .first = photo * people,
                            .caption_count = people,
                            .split = photo < DEV ? DATA_SPLIT_DEV : DATA_SPLIT_TRAIN};
    for (size_t i = 0; i < people; i++)
        set->captions[photo * people + i] = (struct data_caption){photo, *text_used};
    *text_used +=
        (size_t)sprintf(set->text + *text_used, "A %s runs %s", things[thing], places[place]) + 1;
}

static void make_world(void)
{
    size_t used = 0;

    test_folder_make(folder);
    memset(&world, 0, sizeof world);
    world.dataset = (struct data_set){
        .photos = calloc(PHOTOS, sizeof *world.dataset.photos),
        .captions = calloc(PHOTOS * people, sizeof *world.dataset.captions),
        .photo_count = PHOTOS,
        .caption_count = PHOTOS * people,
        .text = malloc(PHOTOS * 64),
    };
    world.features = (struct data_features){
        .photos = PHOTOS,
        .views = 2,
        .width = WIDTH,
        .rows = calloc(PHOTOS, sizeof(size_t)),
        .values = calloc(PHOTOS * 2 * WIDTH, sizeof(uint16_t)),
        .total = PHOTOS,
    };
    for (size_t i = 0; i < PHOTOS; i++)
        make_photo(i, &used);
    ck_assert_int_eq(
        data_make_vocab(&world.dataset, data_photo_is_train, VOCAB_ENGLISH, 1, &world.vocab, NULL),
        TN_OK);
    ck_assert_int_eq(data_corpus_make(&world.dataset, data_photo_is_train, VOCAB_ENGLISH,
                                      world.vocab, &world.train_corpus, NULL),
                     TN_OK);
    ck_assert_int_eq(data_corpus_make(&world.dataset, data_photo_is_dev, VOCAB_ENGLISH, world.vocab,
                                      &world.dev_corpus, NULL),
                     TN_OK);
    world.train = (struct data_source){&world.train_corpus, &world.features, {1, false, false}, 10};
    world.dev = (struct data_source){&world.dev_corpus, &world.features, {1, false, false}, 10};
}

static void end_world(void)
{
    data_corpus_finish(&world.train_corpus);
    data_corpus_finish(&world.dev_corpus);
    vocab_destroy(world.vocab);
    data_features_finish(&world.features);
    data_set_finish(&world.dataset);
    test_folder_remove(folder);
}

static struct train_options make_options(const char *checkpoint)
{
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;

    return (struct train_options){
        .epochs = 6,
        .optimiser = train_optimiser_find("adam"),
        .update = update,
        .schedule = train_schedule_at(0),
        .rate = 0.02F,
        .warmup = 0.05,
        .seed = 7,
        .checkpoint = checkpoint,
        .identity = "seed=7 rate=0.02",
    };
}

/* A trainer with the task that it trains. */
struct training {
    struct train_task *task;
    struct trainer *trainer;
};

/* samples 0: by people's captions; otherwise by the reward of captions that are found. */
static struct training make_training_by(const struct train_options *options, struct tn_pool *pool,
                                        size_t samples, const float *start)
{
    const struct caption_task_options task = {
        .decoder = {.cell = rnn_cell_find("lstm"),
                    .layers = 1,
                    .embedding = 16,
                    .hidden = 16,
                    .dropout = 0.1F,
                    .image_dropout = 0.1F},
        .prefix = "decoder.en.",
        .train = &world.train,
        .dev = &world.dev,
        .vocab = world.vocab,
        .batch = 5,
        .label_smoothing = 0.05F,
        .start = start,
        .search = SEARCH_OPTIONS_DEFAULT,
    };
    const struct reward_options reward = {samples, 8, pool};
    struct training made;
    struct tn_error err;

    ck_assert_msg((samples > 0 ? reward_task_create(&task, &reward, &made.task, &err)
                               : words_task_create(&task, &made.task, &err)) == TN_OK,
                  "%s", err.text);
    ck_assert_msg(trainer_create(options, made.task, pool, &made.trainer, &err) == TN_OK, "%s",
                  err.text);
    return made;
}

static struct training make_training(const struct train_options *options, struct tn_pool *pool)
{
    return make_training_by(options, pool, 0, NULL);
}

static void end_training(struct training *training)
{
    trainer_destroy(training->trainer);
    train_task_destroy(training->task);
}

static bool same_files(const char *a, const char *b)
{
    char command[1100];

    snprintf(command, sizeof command, "cmp -s '%s' '%s'", a, b);
    return system(command) == 0;
}

/* Stops the run after so many steps. */
struct stopper {
    size_t left;
};

static bool stop_after(void *context, const struct train_progress *progress)
{
    struct stopper *stopper = context;

    ck_assert_uint_le(progress->step, progress->steps);
    return --stopper->left > 0;
}

START_TEST(it_learns_what_the_features_say)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    const struct train_epoch *history;
    struct training t;
    size_t count;

    options.epochs = 30;
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    history = trainer_history(t.trainer, &count);
    ck_assert_uint_eq(count, 30);
    ck_assert_float_lt(history[count - 1].loss, 0.5F * history[0].loss);
    ck_assert_float_gt(history[trainer_best(t.trainer)].scores[CAPTION_BLEU4], 0.9F);
    ck_assert_float_lt(history[count - 1].scores[CAPTION_PERPLEXITY], 1.5F);
    end_training(&t);
}
END_TEST

START_TEST(rewards_make_a_half_taught_model_better)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    const struct train_epoch *history;
    struct training taught, t;
    float before;
    size_t count;

    options.epochs = 4;
    taught = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(taught.trainer, &events, NULL), TN_OK);
    before = trainer_history(taught.trainer, &count)[3].scores[CAPTION_CIDER];
    options.epochs = 40;
    options.rate = 0.01F;
    t = make_training_by(&options, NULL, 6, trainer_theta(taught.trainer));
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    history = trainer_history(t.trainer, &count);
    ck_assert_float_gt(-history[count - 1].loss, 2 * -history[0].loss);
    ck_assert_float_gt(history[trainer_best(t.trainer)].scores[CAPTION_CIDER], 1.2F * before);
    end_training(&t);
    end_training(&taught);
}
END_TEST

static bool keep_norm(void *context, const struct train_progress *progress)
{
    *(double *)context = progress->norm;
    return false;
}

/* The norm of the first step's gradient by rewards. */
static double reward_norm(const float *start)
{
    const struct train_options options = make_options(NULL);
    double norm = 0;
    const struct train_events events = {.step = keep_norm, .context = &norm};
    struct training t = make_training_by(&options, NULL, 6, start);

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_CANCELLED);
    end_training(&t);
    return norm;
}

START_TEST(every_photo_counts_the_same_however_many_describe_it)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    struct training taught;
    double one, five;

    options.epochs = 4;
    taught = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(taught.trainer, &events, NULL), TN_OK);
    one = reward_norm(trainer_theta(taught.trainer));
    end_world();
    people = 5;
    make_world();
    five = reward_norm(trainer_theta(taught.trainer));
    end_training(&taught);
    ck_assert_double_gt(one, 0);
    ck_assert_double_eq_tol(five / one, 1, 1e-3);
}
END_TEST

/* Runs to the end with interruptions after `first` and, resumed, after `second` more steps. */
static void run_broken(const char *checkpoint, size_t samples, size_t first, size_t second)
{
    const struct train_options options = make_options(checkpoint);
    const size_t breaks[] = {first, second, SIZE_MAX};

    for (size_t i = 0; i < 3; i++) {
        struct stopper stopper = {breaks[i]};
        const struct train_events events = {.context = &stopper, .step = stop_after};
        struct training t = make_training_by(&options, NULL, samples, NULL);
        struct tn_error err;

        if (i > 0)
            ck_assert_msg(trainer_resume(t.trainer, checkpoint, &err) == TN_OK, "%s", err.text);
        ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), i < 2 ? TN_CANCELLED : TN_OK);
        end_training(&t);
    }
}

START_TEST(a_broken_run_ends_in_the_same_file)
{
    static const size_t breaks[][2] = {{1, 1}, {6, 1}, {7, 7}, {9, 20}}; /* 7 steps an epoch */
    const size_t samples = _i % 4 == 3 ? 3 : 0;
    const char *whole = in_folder("whole"), *broken = in_folder("broken");
    const struct train_options options = make_options(whole);
    const struct train_events events = {0};
    struct training t = make_training_by(&options, NULL, samples, NULL);

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    run_broken(broken, samples, breaks[_i][0], breaks[_i][1]);
    ck_assert(same_files(whole, broken));
}
END_TEST

static bool count_step(void *context, const struct train_progress *progress)
{
    (void)progress;
    ++*(size_t *)context;
    return true;
}

/* Stops the `time`th time that this is reported. */
struct scoring_stop {
    const char *doing;
    size_t time;
};

static bool goes_on(void *context, const char *doing, size_t done, size_t count)
{
    struct scoring_stop *stop = context;

    ck_assert_uint_le(done, count);
    return strcmp(doing, stop->doing) != 0 || --stop->time > 0;
}

START_TEST(a_run_stopped_while_it_is_scored_ends_in_the_same_file)
{
    struct scoring_stop stops[] = {{"captioned", 2}, {"measured", 1}, {"", 0}};
    const char *whole = in_folder("whole"), *broken = in_folder("broken");
    struct train_options options = make_options(whole);
    struct train_events events = {0};
    struct training t = make_training(&options, NULL);
    struct tn_error err;
    size_t scored, steps = 0;

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    options.checkpoint = broken;
    for (size_t i = 0; i < 3; i++) {
        events = (struct train_events){
            .context = &steps, .step = count_step, .scoring = {goes_on, &stops[i]}};
        t = make_training(&options, NULL);
        if (i > 0)
            ck_assert_msg(trainer_resume(t.trainer, broken, &err) == TN_OK, "%s", err.text);
        ck_assert_int_eq(trainer_run(t.trainer, &events, &err), i < 2 ? TN_CANCELLED : TN_OK);
        trainer_history(t.trainer, &scored);
        ck_assert_uint_eq(scored, i < 2 ? 1 : options.epochs);
        end_training(&t);
    }
    ck_assert_uint_eq(steps, options.epochs * 7); /* none was done again */
    ck_assert(same_files(whole, broken));
}
END_TEST

START_TEST(threads_do_not_change_the_file)
{
    const char *names[] = {in_folder("one"), in_folder("three")};
    const struct train_events events = {0};

    for (size_t i = 0; i < 2; i++) {
        const struct train_options options = make_options(names[i]);
        struct tn_pool *pool;
        struct training t;

        ck_assert_int_eq(tn_pool_create(i == 0 ? 1 : 3, &pool, NULL), TN_OK);
        t = make_training_by(&options, pool, _i == 0 ? 0 : 3, NULL);
        ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
        end_training(&t);
        tn_pool_destroy(pool);
    }
    ck_assert(same_files(names[0], names[1]));
}
END_TEST

START_TEST(another_training_is_refused)
{
    struct train_options options = make_options(in_folder("checkpoint"));
    const struct train_events events = {0};
    struct training t = make_training(&options, NULL);
    struct tn_error err;

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    options.identity = "seed=7 rate=0.1";
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "rate=0.02") && strstr(err.text, "rate=0.1;"), "%s", err.text);
    end_training(&t);
}
END_TEST

START_TEST(a_cut_checkpoint_is_refused)
{
    const struct train_options options = make_options(in_folder("checkpoint"));
    const struct train_events events = {0};
    struct training t = make_training(&options, NULL);

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    ck_assert_int_eq(truncate(options.checkpoint, 5000), 0);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_FORMAT);
    end_training(&t);
}
END_TEST

/* Writes the file again with so many numbers of a tensor replaced by others of its size. */
static void overwrite(const char *path, const char *tensor, size_t first, const void *numbers,
                      size_t bytes)
{
    static const char *const keys[] = {"content", "identity"};
    struct tn_metadata metadata[2];
    struct tn_tensor tensors[8];
    char *copies[8];
    struct tn_file *file;
    size_t count;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    count = tn_file_count(file);
    ck_assert_uint_le(count, 8);
    for (size_t i = 0; i < 2; i++)
        metadata[i] = (struct tn_metadata){keys[i], tn_file_metadata(file, keys[i])};
    for (size_t i = 0; i < count; i++) {
        tensors[i] = *tn_file_at(file, i);
        copies[i] = malloc(tensors[i].bytes);
        memcpy(copies[i], tensors[i].data, tensors[i].bytes);
        if (strcmp(tensors[i].name, tensor) == 0)
            memcpy(copies[i] + first, numbers, bytes);
        tensors[i].data = copies[i];
    }
    ck_assert_int_eq(tn_file_save(path, tensors, count, metadata, 2, NULL), TN_OK);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
    tn_file_close(file);
}

START_TEST(a_checkpoint_that_no_training_wrote_is_refused)
{
    static const struct {
        const char *tensor;
        size_t first; /* which numbers, of `size` bytes each */
        union {
            int64_t integers[4];
            double real;
            float single;
        } numbers;
        size_t size, count;
        const char *complaint;
    } cases[] = {
        {"position", 0, {.integers = {0}}, 8, 4, "position"},
        {"position", 4, {.integers = {0}}, 8, 4, "position"},
        {"position", 8, {.integers = {7}}, 8, 1, "position"}, /* epoch */
        {"position", 9, {.integers = {0}}, 8, 1, "position"}, /* step */
        {"position", 10, {.real = (double)NAN}, 8, 1, "position"},
        {"position", 11, {.integers = {0}}, 8, 1, "position"}, /* tokens */
        {"position", 13, {.integers = {8}}, 8, 1, "position"}, /* updates */
        {"gradients", 0, {.integers = {9}}, 8, 1, "position"}, /* steps */
        {"gradients", 1, {.integers = {3}}, 8, 1, "position"}, /* clipped */
        {"gradients", 2, {.real = (double)NAN}, 8, 1, "position"},
        {"history", 0, {.single = NAN}, 4, 1, "history"},
        {"history", 1, {.single = -INFINITY}, 4, 1, "history"},
        {"theta", 3, {.single = NAN}, 4, 1, "theta"},
        {"moments", 3, {.single = INFINITY}, 4, 1, "moments"},
    };
    const struct train_options options = make_options(in_folder("checkpoint"));
    struct stopper stopper = {9}; /* two steps into the second epoch */
    const struct train_events stopping = {.context = &stopper, .step = stop_after};
    struct training t = make_training(&options, NULL);
    struct tn_error err;

    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    end_training(&t);
    overwrite(options.checkpoint, cases[_i].tensor, cases[_i].first * cases[_i].size,
              &cases[_i].numbers, cases[_i].count * cases[_i].size);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, options.checkpoint) && strstr(err.text, cases[_i].complaint),
                  "%s", err.text);
    end_training(&t);
}
END_TEST

/* A limit on the size of files stands for a full disk. */
/* Makes a checkpoint what programs wrote before gradients were counted. */
static void make_older(const char *path)
{
    static const char *const keys[] = {"content", "identity"};
    enum { OLD = 3 + TRAIN_MAX_SCORES, NOW = sizeof(struct train_epoch) / sizeof(float), ROWS = 8 };
    struct tn_tensor tensors[8];
    struct tn_metadata metadata[2];
    struct tn_file *file;
    float rows[ROWS * OLD];
    size_t count = 0;

    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    for (size_t i = 0; i < 2; i++)
        metadata[i] = (struct tn_metadata){keys[i], tn_file_metadata(file, keys[i])};
    for (size_t i = 0; i < tn_file_count(file); i++) {
        tensors[count] = *tn_file_at(file, i);
        if (strcmp(tensors[count].name, "gradients") == 0)
            continue;
        if (strcmp(tensors[count].name, "history") == 0) {
            ck_assert_uint_le(tensors[count].dims[0], ROWS);
            for (size_t row = 0; row < tensors[count].dims[0]; row++)
                memcpy(rows + row * OLD, (const float *)tensors[count].data + row * NOW,
                       OLD * sizeof(float));
            tensors[count].dims[1] = OLD;
            tensors[count].bytes = tensors[count].dims[0] * OLD * sizeof(float);
            tensors[count].data = rows;
        }
        count++;
    }
    ck_assert_int_eq(tn_file_save(path, tensors, count, metadata, 2, NULL), TN_OK);
    tn_file_close(file);
}

START_TEST(a_checkpoint_without_gradients_goes_on)
{
    const struct train_options options = make_options(in_folder("checkpoint"));
    const struct train_events events = {0};
    struct stopper stopper = {9}; /* two steps into the second epoch */
    const struct train_events stopping = {.context = &stopper, .step = stop_after};
    struct training whole = make_training(&options, NULL), t;
    const struct train_epoch *history;
    size_t count;

    ck_assert_int_eq(trainer_run(whole.trainer, &events, NULL), TN_OK);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    end_training(&t);
    make_older(options.checkpoint);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    history = trainer_history(t.trainer, &count);
    ck_assert_float_eq(history[0].mean_norm, 0);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    ck_assert_float_gt(history[1].mean_norm, 0);
    ck_assert_mem_eq(trainer_theta(t.trainer), trainer_theta(whole.trainer),
                     t.task->layout->floats * sizeof(float));
    end_training(&t);
    end_training(&whole);
}
END_TEST

START_TEST(gradients_are_counted)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    const struct train_epoch *history;
    struct training t;
    size_t count;

    for (size_t all = 0; all < 2; all++) {
        options.update.clip = all ? 1e-3F : 1e3F;
        t = make_training(&options, NULL);
        ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
        history = trainer_history(t.trainer, &count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_float_eq(history[i].clipped, all ? 1 : 0);
            ck_assert_float_gt(history[i].mean_norm, 0);
            ck_assert_float_ge(history[i].largest_norm, history[i].mean_norm);
        }
        end_training(&t);
    }
}
END_TEST

START_TEST(a_full_disk_leaves_the_last_checkpoint)
{
    const struct train_options options = make_options(in_folder("checkpoint"));
    struct stopper stopper = {3};
    const struct train_events stopping = {.context = &stopper, .step = stop_after}, events = {0};
    struct training t = make_training(&options, NULL);
    struct rlimit old, limit;
    struct tn_error err;

    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    limit = (struct rlimit){4096, old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert_int_eq(trainer_run(t.trainer, &events, &err), TN_IO);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_msg(strstr(err.text, "checkpoint") && !strchr(err.text, '\n'), "%s", err.text);
    end_training(&t);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
}
END_TEST

/* What a run says of a disk that it cannot write to. */
struct full_disk {
    size_t complaints, step, from, to; /* the disk is full after step `from`, no more after `to` */
    rlim_t free;
};

static void complain(void *context, const struct tn_error *why)
{
    ck_assert_int_eq(why->status, TN_IO);
    ((struct full_disk *)context)->complaints++;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool fill_disk(void *context, const struct train_progress *progress)
{
    struct full_disk *disk = context;

    ck_assert(progress->norm > 0 && progress->rate > 0 && progress->step_tokens > 0);
    disk->step++;
    if (disk->step == disk->from)
        limit_files(4096);
    if (disk->step == disk->to)
        limit_files(disk->free);
    return true;
}

static const char *saved; /* where save_theta writes */

static enum tn_status save_theta(struct train_task *task, const struct train_result *result,
                                 struct tn_error *err)
{
    const struct tn_metadata made = {"training", result->training};
    const struct tn_tensor theta = {.name = "theta",
                                    .dtype = TN_F32,
                                    .rank = 1,
                                    .dims = {task->layout->floats},
                                    .data = result->theta,
                                    .bytes = task->layout->floats * sizeof(float)};

    return tn_file_save(saved, &theta, 1, &made, 1, err);
}

/* That saves its model. */
static struct training make_saving(const struct train_options *options, const char *model)
{
    static struct train_task_ops ops;
    struct training made = make_training(options, NULL);

    ops = *made.task->ops;
    ops.save = save_theta;
    saved = model;
    made.task->ops = &ops;
    return made;
}

/* Steps, 7 an epoch, between which the disk is full: within an epoch; over the end of one; to the
 * end. */
START_TEST(a_full_disk_is_waited_for)
{
    static const size_t spans[][2] = {{2, 5}, {2, 9}, {9, SIZE_MAX}};
    const char *whole = in_folder("whole.safetensors"), *model = in_folder("full.safetensors");
    const char *checkpoint = in_folder("full");
    struct train_options options = make_options(in_folder("whole"));
    struct full_disk disk = {.from = spans[_i][0], .to = spans[_i][1]};
    const struct train_events none = {0},
                              events = {.context = &disk, .step = fill_disk, .unsaved = complain};
    struct training t = make_saving(&options, whole);
    struct rlimit old;

    ck_assert_int_eq(trainer_run(t.trainer, &none, NULL), TN_OK);
    end_training(&t);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    disk.free = old.rlim_cur;
    options.checkpoint = checkpoint;
    options.checkpoint_steps = 2;
    t = make_saving(&options, model);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL),
                     spans[_i][1] == SIZE_MAX ? TN_IO : TN_OK);
    limit_files(old.rlim_cur);
    ck_assert_uint_eq(disk.complaints, 1);
    end_training(&t);
    if (spans[_i][1] == SIZE_MAX) { /* from the checkpoint of before */
        t = make_saving(&options, model);
        ck_assert_int_eq(trainer_resume(t.trainer, checkpoint, NULL), TN_OK);
        ck_assert_int_eq(trainer_run(t.trainer, &none, NULL), TN_OK);
        end_training(&t);
    }
    ck_assert(same_files(whole, model));
    ck_assert(same_files(in_folder("whole"), checkpoint));
}
END_TEST

START_TEST(what_a_training_begins_from_is_scored_once)
{
    struct train_options options = make_options(in_folder("checkpoint"));
    struct stopper stopper = {9};
    struct scoring_stop at_once = {"captioned", 1};
    const struct train_events stopping = {.context = &stopper, .step = stop_after}, events = {0},
                              unscored = {.scoring = {goes_on, &at_once}};
    struct training taught, t;
    struct train_epoch first;
    const struct train_epoch *history;
    size_t count;

    options.checkpoint = NULL;
    taught = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(taught.trainer, &events, NULL), TN_OK);
    ck_assert_ptr_null(trainer_start(taught.trainer));
    history = trainer_history(taught.trainer, &count);
    options.checkpoint = in_folder("checkpoint");
    t = make_training_by(&options, NULL, 0, trainer_theta(taught.trainer));
    ck_assert_int_eq(trainer_run(t.trainer, &unscored, NULL), TN_CANCELLED);
    end_training(&t);
    t = make_training_by(&options, NULL, 0, trainer_theta(taught.trainer));
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    first = *trainer_start(t.trainer);
    for (size_t i = 0; i < CAPTION_SCORES; i++)
        ck_assert_float_eq(first.scores[i], history[count - 1].scores[i]);
    end_training(&t);
    t = make_training_by(&options, NULL, 0, trainer_theta(taught.trainer));
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    ck_assert_mem_eq(trainer_start(t.trainer), &first, sizeof first);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    ck_assert_mem_eq(trainer_start(t.trainer), &first, sizeof first);
    end_training(&t);
    end_training(&taught);
}
END_TEST

START_TEST(a_lost_model_is_saved_again_where_the_trainer_has_it)
{
    const struct train_options options = make_options(in_folder("checkpoint"));
    struct stopper stopper = {.left = 0};
    const struct train_events stopping = {.context = &stopper, .step = stop_after};
    struct training t = make_training(&options, NULL);
    struct tn_error err;

    ck_assert_int_eq(trainer_save_model(t.trainer, NULL), TN_OK); /* there was none */
    stopper.left = t.task->steps + 1;
    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    ck_assert_int_eq(trainer_save_model(t.trainer, &err), TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "the model of epoch 1"));
    t.task->scored = false; /* then every epoch writes one */
    ck_assert_int_eq(trainer_save_model(t.trainer, NULL), TN_OK);
    end_training(&t);
}
END_TEST

START_TEST(patience_ends_the_run)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    struct training t;
    size_t count;

    options.epochs = 50;
    options.patience = 2;
    options.rate = 1e-9F; /* nothing is learnt: the first epoch stays the best */
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    trainer_history(t.trainer, &count);
    ck_assert(trainer_stopped_early(t.trainer));
    ck_assert_uint_eq(count, trainer_best(t.trainer) + 3);
    end_training(&t);
}
END_TEST

/* From where a gentle rate has come to. */
START_TEST(a_rate_that_diverges_stops_and_keeps_the_last_checkpoint)
{
    static const float rates[] = {30, 1e3F, 1e30F};
    struct train_options options = make_options(in_folder("checkpoint"));
    const char *before = in_folder("before");
    struct stopper stopper = {10};
    const struct train_events stopping = {.context = &stopper, .step = stop_after}, events = {0};
    struct training t = make_training(&options, NULL);
    struct tn_error err;
    char command[1100];

    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    end_training(&t);
    snprintf(command, sizeof command, "cp '%s' '%s'", options.checkpoint, before);
    ck_assert_int_eq(system(command), 0);
    options.rate = rates[_i];
    options.checkpoint_steps = 1;
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    ck_assert_int_eq(trainer_run(t.trainer, &events, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "diverges") && strstr(err.text, "--rate"), "%s", err.text);
    end_training(&t);
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_resume(t.trainer, options.checkpoint, NULL), TN_OK);
    end_training(&t);
}
END_TEST

START_TEST(a_wild_rate_is_an_error)
{
    struct train_options options = make_options(NULL);
    const struct train_events events = {0};
    struct training t;
    struct tn_error err;

    options.optimiser = train_optimiser_find("sgd");
    options.update.clip = 0;
    options.rate = 1e38F;
    t = make_training(&options, NULL);
    ck_assert_int_eq(trainer_run(t.trainer, &events, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "--rate"), "%s", err.text);
    end_training(&t);
}
END_TEST

START_TEST(long_captions_are_cut)
{
    const size_t captions[] = {0, 1};
    struct data_batch batch;

    world.train.max_words = 3;
    ck_assert_int_eq(data_batch_init(&batch, &world.train, 2, NULL), TN_OK);
    data_batch_fill(&batch, &world.train, captions, 2, NULL, NULL);
    ck_assert_uint_eq(batch.lengths[0], 3);
    ck_assert_uint_eq(batch.tokens, 6);
    ck_assert_int_eq(batch.inputs[0], VOCAB_START);
    ck_assert_int_eq(batch.inputs[2], batch.targets[0]);
    ck_assert_int_ne(batch.targets[4], VOCAB_END);
    data_batch_finish(&batch);
}
END_TEST

static void add_row(struct data_cache *cache, uint64_t size, uint64_t bytes, uint64_t pixels)
{
    const struct data_photo_id photo = {size, bytes, pixels};
    size_t row;

    ck_assert_int_eq(data_cache_reserve(cache, 1, NULL), TN_OK);
    for (size_t i = 0; i < cache->views * cache->width; i++)
        cache->values[cache->rows * cache->views * cache->width + i] = (uint16_t)(cache->rows + i);
    ck_assert_int_eq(data_cache_add(cache, &photo, &row, NULL), TN_OK);
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "wb");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(the_cache_comes_back_for_its_encoder_alone)
{
    const char *path = in_folder("cache");
    struct data_cache cache = {.fingerprint = "0123456789abcdef", .views = 2, .width = 3};
    struct data_cache same = cache, other = cache, single = cache;

    add_row(&cache, 10, 1, 7);
    add_row(&cache, 11, 1, 8);
    add_row(&cache, 10, 1, 7);
    ck_assert_uint_eq(cache.rows, 2);
    ck_assert_int_eq(data_cache_save(&cache, path, NULL), TN_OK);
    ck_assert_int_eq(data_cache_load(&same, path, NULL), TN_OK);
    ck_assert_uint_eq(same.rows, 2);
    ck_assert_uint_eq(data_cache_find(&same, &cache.photos[1]), 1);
    ck_assert_uint_eq(same.photos[1].pixels, 8);
    ck_assert(data_cache_find(&same, &(struct data_photo_id){10, 2, 7}) == TN_MAP_NONE);
    ck_assert(!same.unusable);
    ck_assert_mem_eq(same.values, cache.values, 2 * 2 * 3 * sizeof *cache.values);
    other.fingerprint[0] = 'f';
    ck_assert_int_eq(data_cache_load(&other, path, NULL), TN_OK);
    ck_assert_uint_eq(other.rows, 0);
    ck_assert(other.unusable);
    single.views = 1;
    ck_assert_int_eq(data_cache_load(&single, path, NULL), TN_OK);
    ck_assert_uint_eq(single.rows, 0);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_int_eq(data_cache_load(&single, path, NULL), TN_OK);
    ck_assert_uint_eq(single.rows, 0);
    ck_assert_int_eq(data_cache_load(&single, "/dev/null", NULL), TN_OK); /* empty */
    put("captions.tsv", "a.jpg\tA cat\n");
    ck_assert_int_eq(data_cache_load(&single, in_folder("captions.tsv"), NULL), TN_FORMAT);
    data_cache_finish(&cache);
    data_cache_finish(&same);
    data_cache_finish(&other);
    data_cache_finish(&single);
}
END_TEST

/* As caches were before photos were told apart by what they hold; and one of a damaged value. */
START_TEST(an_unusable_cache_is_reported_and_computed_again)
{
    static const char line[] = "10 1.000000000 a.jpg\n";
    static const uint16_t values[] = {0, 1, 0x7C00};
    const int64_t photo[] = {10, 1, 7};
    const struct tn_tensor features = {"features", TN_F16, 3, {1, 1, 3}, values, sizeof values};
    const struct tn_tensor tensors[][2] = {
        {features, {"photos", TN_U8, 1, {sizeof line - 1}, line, sizeof line - 1}},
        {features, {"photos", TN_I64, 2, {1, 3}, photo, sizeof photo}}};
    const struct tn_metadata metadata[] = {{"content", "features of photos, caption's cache"},
                                           {"fingerprint", "0123456789abcdef"}};
    struct data_cache cache = {.fingerprint = "0123456789abcdef", .views = 1, .width = 3};

    ck_assert_int_eq(tn_file_save(in_folder("cache"), tensors[_i], 2, metadata, 2, NULL), TN_OK);
    ck_assert_int_eq(data_cache_load(&cache, in_folder("cache"), NULL), TN_OK);
    ck_assert(cache.unusable && cache.rows == 0);
    data_cache_finish(&cache);
}
END_TEST

START_TEST(curves_of_any_length_are_drawn)
{
    static const size_t counts[] = {0, 1, 2, 9, 100};
    const struct train_options options = make_options(NULL);
    struct training t = make_training(&options, NULL);
    struct train_epoch history[100] = {{0}};
    struct tn_error err;

    for (size_t i = 0; i < 100; i++)
        history[i] = (struct train_epoch){
            .perplexity = 100 / (float)(i + 1),
            .scores = {110 / (float)(i + 1), 0.002F * (float)i, 0.3F, 0.01F * (float)i, 1},
            .mean_norm = 3 / (float)(i + 1),
            .largest_norm = 9 / (float)(i + 1),
            .clipped = 0.5F / (float)(i + 1)};
    for (size_t i = 0; i < 2; i++) {
        const struct train_curve curve = {t.task->ops, history, i > 0 ? history : NULL, counts[_i],
                                          counts[_i] > 0 ? counts[_i] - 1 : 0};

        ck_assert_msg(train_curve_save(in_folder("curve.png"), &curve, &err) == TN_OK, "%s",
                      err.text);
    }
    ck_assert_int_eq(access(in_folder("curve.png"), R_OK), 0);
    end_training(&t);
}
END_TEST

START_TEST(any_numbers_are_drawn)
{
    static const float numbers[] = {NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 1e-40F, 0};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    const struct train_options options = make_options(NULL);
    struct training t = make_training(&options, NULL);
    struct train_epoch history[COUNT * COUNT] = {{0}};

    for (size_t i = 0; i < COUNT * COUNT; i++)
        for (size_t j = 0; j < sizeof history[0] / sizeof(float); j++)
            (&history[i].loss)[j] = numbers[j % 2 == 0 ? i % COUNT : i / COUNT];
    for (size_t count = COUNT; count <= COUNT * COUNT; count += COUNT) {
        const struct train_curve curve = {t.task->ops, history, &history[count - 1], count,
                                          count - 1};

        ck_assert_int_eq(train_curve_save(in_folder("curve.png"), &curve, NULL), TN_OK);
    }
    end_training(&t);
}
END_TEST

START_TEST(what_lies_beyond_a_picture_is_left_out)
{
    static const double places[] = {(double)NAN, (double)INFINITY, (double)-INFINITY,
                                    1e300,       -1e300,           5};
    enum { COUNT = sizeof places / sizeof places[0] };
    struct image image;

    ck_assert_int_eq(plot_create(&image, 10, 10, NULL), TN_OK);
    for (size_t i = 0; i + 1 < COUNT; i++)
        for (size_t k = 0; k < COUNT; k++) {
            plot_dot(&image, places[i], places[k], 1, plot_black);
            plot_line(&image, places[i], places[k], places[i], 1e200, 1, plot_black);
        }
    plot_line(&image, 5, 5, 5, 1e300, (double)NAN, plot_black);
    for (size_t i = 0; i < (size_t)10 * 10 * 3; i++)
        ck_assert_uint_eq(image.rgb[i], 255);
    plot_line(&image, 5, 5, 5, 1e300, 0.5, plot_black); /* from inside to beyond */
    ck_assert_uint_eq(image.rgb[(9 * 10 + 5) * 3], plot_black[0]);
    image_finish(&image);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("train");
    TCase *tcase = tcase_create("train");

    tcase_add_checked_fixture(tcase, make_world, end_world);
    tcase_add_test(tcase, it_learns_what_the_features_say);
    tcase_add_loop_test(tcase, a_broken_run_ends_in_the_same_file, 0, 4);
    tcase_add_test(tcase, a_run_stopped_while_it_is_scored_ends_in_the_same_file);
    tcase_add_test(tcase, rewards_make_a_half_taught_model_better);
    tcase_add_test(tcase, every_photo_counts_the_same_however_many_describe_it);
    tcase_add_loop_test(tcase, threads_do_not_change_the_file, 0, 2);
    tcase_add_test(tcase, another_training_is_refused);
    tcase_add_test(tcase, a_cut_checkpoint_is_refused);
    tcase_add_loop_test(tcase, a_checkpoint_that_no_training_wrote_is_refused, 0, 14);
    tcase_add_test(tcase, a_checkpoint_without_gradients_goes_on);
    tcase_add_test(tcase, gradients_are_counted);
    tcase_add_test(tcase, a_full_disk_leaves_the_last_checkpoint);
    tcase_add_loop_test(tcase, a_full_disk_is_waited_for, 0, 3);
    tcase_add_test(tcase, what_a_training_begins_from_is_scored_once);
    tcase_add_test(tcase, a_lost_model_is_saved_again_where_the_trainer_has_it);
    tcase_add_test(tcase, patience_ends_the_run);
    tcase_add_test(tcase, a_wild_rate_is_an_error);
    tcase_add_loop_test(tcase, a_rate_that_diverges_stops_and_keeps_the_last_checkpoint, 0, 3);
    tcase_add_test(tcase, long_captions_are_cut);
    tcase_add_test(tcase, the_cache_comes_back_for_its_encoder_alone);
    tcase_add_loop_test(tcase, an_unusable_cache_is_reported_and_computed_again, 0, 2);
    tcase_add_loop_test(tcase, curves_of_any_length_are_drawn, 0, 5);
    tcase_add_test(tcase, any_numbers_are_drawn);
    tcase_add_test(tcase, what_lies_beyond_a_picture_is_left_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
