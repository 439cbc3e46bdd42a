/* SPDX-License-Identifier: MIT */
/* An encoder that learns from a teacher and from expected words: a small net on made-up pool5. */
#include "base/rng.h"
#include "models/file/model_file.h"
#include "tests/support/folder.h"
#include "tests/support/gradcheck.h"
#include "tests/support/suite.h"
#include "train/fit/ridge.h"
#include "train/tasks/distill.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PHOTOS = 120,
    CAPTIONED = 90, /* the first */
    DEV = 15,       /* the first */
    TAUGHT = 70,    /* of these both networks know, the rest only the first */
    KINDS = 3,
    INPUT = 8,
    WIDTH = 6,
    SIDE = 15
};

static char folder[TEST_FOLDER_SIZE];

/* Everything that a training needs. */
struct world {
    struct data_set dataset;
    struct data_pool5 pool5;
    unsigned char *records;
    struct data_pixels pixels;
    struct vocab *vocab;
    struct cnn_network *network, *deep; /* of pool5, and of pixels */
    float *start, *deep_start;
    struct teacher teacher;
    struct expected_words words;
    struct tn_file *base;
};

static struct world world;

static const char *in_folder(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* What a photo shows is of a kind, with some noise. */
static void make_photo(size_t photo, struct tn_rng *rng)
{
    static const char *const things[KINDS] = {"dog", "horse", "train"};
    struct data_set *set = &world.dataset;
    const size_t kind = photo % KINDS;
    float values[2 * INPUT];
    const struct data_photo_id id = {photo + 1, photo * 7, 0};

    for (size_t i = 0; i < INPUT; i++)
        values[i] = (i % KINDS == kind ? 3.0F : 0.5F) + tn_rng_uniform(rng);
    for (size_t i = 0; i < INPUT; i++)
        values[INPUT + i] = values[i] + 0.2F * tn_rng_uniform(rng);
    data_pool5_pack(&id, values, INPUT, 2, world.records + photo * world.pool5.record_bytes);
    world.pool5.rows[photo] = photo;
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++)
        world.pixels.rgb[photo * SIDE * SIDE * 3 + i] =
            (unsigned char)((i % KINDS == kind ? 180 : 30) + tn_rng_below(rng, 60));
    set->photos[photo] =
        (struct data_photo){.name = set->text_used,
                            .path = set->text_used,
                            .first = set->caption_count,
                            .caption_count = photo < CAPTIONED ? 2 : 0,
                            .split = photo < DEV ? DATA_SPLIT_DEV : DATA_SPLIT_TRAIN};
    set->text_used += (size_t)sprintf(set->text + set->text_used, "photos/p%zu.jpg", photo) + 1;
    for (size_t c = 0; c < set->photos[photo].caption_count; c++) {
        set->captions[set->caption_count++] = (struct data_caption){photo, set->text_used};
        set->text_used += (size_t)sprintf(set->text + set->text_used, "a %s%s", things[kind],
                                          c == 0 ? "" : " is here") +
                          1;
    }
}

/* "near" follows the kind, "far" does, too, and is unknown of the last photos. */
static void write_teacher(struct tn_rng *rng)
{
    static float near[PHOTOS][KINDS], far[TAUGHT][2];
    const struct tn_tensor tensors[] = {
        {"near", TN_F32, 2, {PHOTOS, KINDS}, near, sizeof near},
        {"far", TN_F32, 2, {TAUGHT, 2}, far, sizeof far},
    };
    FILE *list = fopen(in_folder("teacher-images.txt"), "w");

    ck_assert_ptr_nonnull(list);
    for (size_t i = 0; i < PHOTOS; i++) {
        fprintf(list, "p%zu.jpg\n", i);
        for (size_t j = 0; j < KINDS; j++)
            near[i][j] = (i % KINDS == j ? 1.4F : -0.7F) + 0.1F * tn_rng_normal(rng);
    }
    fclose(list);
    for (size_t i = 0; i < TAUGHT; i++)
        for (size_t j = 0; j < 2; j++)
            far[i][j] = (i % KINDS == j + 1 ? 1.4F : -0.7F) + 0.1F * tn_rng_normal(rng);
    ck_assert_int_eq(tn_file_save(in_folder("teacher.safetensors"), tensors, 2, NULL, 0, NULL),
                     TN_OK);
}

/* A model file to take the encoder from: with a decoder's tensors, and what was fitted to it. */
static void write_base(void)
{
    static const float ones[INPUT * WIDTH] = {1, 1, 1};
    const struct tn_tensor tensors[] = {
        {"conv1.weight", TN_F32, 1, {4}, ones, 4 * sizeof *ones},
        {"fc6.weight", TN_F32, 2, {WIDTH, INPUT}, ones, sizeof ones},
        {"fc6.bias", TN_F32, 1, {WIDTH}, ones, WIDTH * sizeof *ones},
        {"decoder.en.rnn.weight_ih_l0", TN_F32, 1, {2}, ones, 2 * sizeof *ones},
        {"decoder.en.consensus.offsets", TN_F32, 1, {2}, ones, 2 * sizeof *ones},
    };
    const struct tn_metadata metadata[] = {
        {"format_version", "1"},     {"training", "of the decoder"}, {"decoder.en.config", "{}"},
        {"decoder.zh.config", "{}"}, {"decoder.en.consensus", "1"},  {"encoder.training", "before"},
    };

    ck_assert_int_eq(tn_file_save(in_folder("base"), tensors, 5, metadata, 6, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(in_folder("base"), &world.base, NULL), TN_OK);
}

/* Smooth, so that differences of the loss are gradients. */
static struct cnn_network *make_network(bool deep, float **ret_start, struct tn_rng *rng)
{
    static const struct cnn_layer_spec specs[] = {
        {.ops = &cnn_layer_conv,
         .name = "conv1",
         .outputs = 4,
         .kernel = 5,
         .stride = 3,
         .groups = 1},
        {.ops = &cnn_layer_dense, .name = "fc6", .outputs = WIDTH},
        {.ops = &cnn_layer_dropout, .name = "drop6", .rate = 0.1F},
        {.ops = &cnn_layer_lrn, .name = "norm6", .kernel = 3, .alpha = 0.1F, .beta = 0.75F, .k = 1},
        {.ops = &cnn_layer_dense, .name = "fc7", .outputs = WIDTH},
    };
    const struct cnn_shape pixels = {3, SIDE, SIDE}, pool5 = {INPUT, 1, 1};
    struct cnn_network *network;

    ck_assert_int_eq(
        cnn_network_create(specs + !deep, 5 - !deep, deep ? pixels : pool5, "", &network, NULL),
        TN_OK);
    *ret_start = calloc(cnn_network_layout(network)->floats, sizeof **ret_start);
    distill_draw_weights(network, 0, rng, *ret_start);
    if (deep) /* pixels are large */
        for (size_t i = 0; i < cnn_network_layer(network, 0)->weight.count; i++)
            (*ret_start)[i] *= 0.02F;
    return network;
}

static void make_world(void)
{
    struct tn_rng rng;

    test_folder_make(folder);
    tn_rng_init(&rng, 5);
    memset(&world, 0, sizeof world);
    world.dataset = (struct data_set){
        .photos = calloc(PHOTOS, sizeof *world.dataset.photos),
        .captions = calloc(PHOTOS * 2, sizeof *world.dataset.captions),
        .photo_count = PHOTOS,
        .text = malloc(PHOTOS * 128),
    };
    world.pool5 = (struct data_pool5){.width = INPUT,
                                      .views = 2,
                                      .photos = PHOTOS,
                                      .rows = calloc(PHOTOS, sizeof *world.pool5.rows),
                                      .record_bytes = data_pool5_record(INPUT, 2)};
    world.records = calloc(PHOTOS, world.pool5.record_bytes);
    world.pool5.records = world.records;
    world.pixels =
        (struct data_pixels){.side = SIDE, .rgb = malloc((size_t)PHOTOS * SIDE * SIDE * 3)};
    for (size_t i = 0; i < PHOTOS; i++)
        make_photo(i, &rng);
    write_teacher(&rng);
    write_base();
    world.network = make_network(false, &world.start, &rng);
    world.deep = make_network(true, &world.deep_start, &rng);
    ck_assert_int_eq(
        teacher_open(in_folder("teacher.safetensors"), &world.dataset, &world.teacher, NULL),
        TN_OK);
    ck_assert_int_eq(
        data_make_vocab(&world.dataset, data_photo_is_train, VOCAB_ENGLISH, 1, &world.vocab, NULL),
        TN_OK);
    ck_assert_int_eq(expected_words_make(&(struct expected_words_options){.dataset = &world.dataset,
                                                                          .teacher = &world.teacher,
                                                                          .vocab = world.vocab,
                                                                          .words = 6},
                                         NULL, &world.words, NULL),
                     TN_OK);
}

static void end_world(void)
{
    expected_words_finish(&world.words);
    vocab_destroy(world.vocab);
    teacher_finish(&world.teacher);
    tn_file_close(world.base);
    cnn_network_destroy(world.network);
    cnn_network_destroy(world.deep);
    free(world.start);
    free(world.deep_start);
    data_pixels_finish(&world.pixels);
    data_pool5_finish(&world.pool5);
    free(world.records);
    data_set_finish(&world.dataset);
    test_folder_remove(folder);
}

static struct distill_options sample(bool deep)
{
    return (struct distill_options){
        .dataset = &world.dataset,
        .network = deep ? world.deep : world.network,
        .start = deep ? world.deep_start : world.start,
        .mirror = true,
        .pool5 = deep ? NULL : &world.pool5,
        .pixels = deep ? &world.pixels : NULL,
        .targets = {&world.teacher, 0.8F, &world.words, 0.5F},
        .batch = 20,
        .dropout = 0.1F,
        .output = in_folder("out"),
        .save = {.base = world.base, .alone = true},
    };
}

/* ---- The gradient ---- */

/* A step as a function of theta. */
struct stepping {
    struct train_task *task;
    struct tn_pass pass;
    struct tn_rng rng;
    float *theta, *dtheta;
    size_t floats;
};

static double step_loss(void *context)
{
    struct stepping *s = context;
    size_t photos;
    double loss;

    memset(s->dtheta, 0, s->floats * sizeof *s->dtheta);
    tn_rng_init(&s->rng, 11);
    loss = s->task->ops->step(s->task, &s->pass, &(struct train_slice){0, 0, 1}, &photos);
    return loss / (double)photos;
}

/* The largest error of the gradient behind the first `skip` numbers; theirs must be 0. */
static double check_gradient(const struct distill_options *options, size_t skip)
{
    struct tn_arena arena;
    struct stepping s;
    float *gradient;
    double error;

    ck_assert_int_eq(distill_task_create(options, &s.task, NULL), TN_OK);
    s.floats = s.task->layout->floats;
    s.theta = calloc(s.floats, sizeof(float));
    s.dtheta = calloc(s.floats, sizeof(float));
    gradient = calloc(s.floats, sizeof(float));
    s.pass = (struct tn_pass){.theta = s.theta, .dtheta = s.dtheta, .rng = &s.rng, .arena = &arena};
    tn_arena_measure(&arena);
    s.task->ops->measure(s.task, &s.pass);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    tn_rng_init(&s.rng, 3);
    s.task->ops->init(s.task, &s.rng, s.theta);
    for (size_t i = tn_layout_find(s.task->layout, "head.weight")->span.offset; i < s.floats; i++)
        s.theta[i] = 0.2F * tn_rng_normal(&s.rng);
    train_task_shuffle(s.task, &s.rng);
    step_loss(&s);
    memcpy(gradient, s.dtheta, s.floats * sizeof(float));
    for (size_t i = 0; i < skip; i++)
        ck_assert_float_eq(gradient[i], 0);
    error = gradcheck_smooth(step_loss, &s, s.theta + skip, gradient + skip, s.floats - skip, 2e-3,
                             NULL);
    free(s.theta);
    free(s.dtheta);
    free(gradient);
    tn_arena_finish(&arena);
    train_task_destroy(s.task);
    return error;
}

START_TEST(the_gradient_is_that_of_the_loss)
{
    const struct distill_options options = sample(_i == 1);
    const double error = check_gradient(&options, 0);

    ck_assert_msg(error < 0.02, "the gradient is off by %g", error);
}
END_TEST

START_TEST(layers_before_the_first_get_no_gradient)
{
    struct distill_options options = sample(_i == 1);
    const char *name = _i == 1 ? "fc6" : "fc7";
    const struct tn_layout *layout = cnn_network_layout(options.network);
    char weight[16];
    double error;

    snprintf(weight, sizeof weight, "%s.weight", name);
    options.first = cnn_network_find(options.network, name);
    error = check_gradient(&options, tn_layout_find(layout, weight)->span.offset);
    ck_assert_msg(error < 0.02, "the gradient is off by %g", error);
}
END_TEST

/* ---- Whole trainings ---- */

struct training {
    struct train_task *task;
    struct trainer *trainer;
};

static struct training make_training(const struct distill_options *distill, struct tn_pool *pool,
                                     const char *checkpoint, size_t epochs)
{
    const struct train_options options = {
        .epochs = epochs,
        .optimiser = train_optimiser_find("adam"),
        .update = TRAIN_OPTIMISER_OPTIONS_DEFAULT,
        .schedule = train_schedule_at(0),
        .rate = 0.01F,
        .seed = 7,
        .checkpoint = checkpoint,
        .identity = "seed=7",
    };
    struct training made;

    ck_assert_int_eq(distill_task_create(distill, &made.task, NULL), TN_OK);
    ck_assert_int_eq(trainer_create(&options, made.task, pool, &made.trainer, NULL), TN_OK);
    return made;
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

START_TEST(it_learns_what_the_teacher_knows)
{
    const struct distill_options options = sample(_i == 1);
    const struct train_events events = {0};
    struct training t = make_training(&options, NULL, NULL, 60);
    const struct train_epoch *history;
    size_t count;

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    history = trainer_history(t.trainer, &count);
    ck_assert_float_lt(history[count - 1].loss, 0.6F * history[0].loss);
    for (size_t i = 0; i < t.task->ops->score_count; i++)
        ck_assert_msg(history[trainer_best(t.trainer)].scores[i] > 0.6F, "%s: %g",
                      t.task->ops->scores[i].name,
                      (double)history[trainer_best(t.trainer)].scores[i]);
    ck_assert_str_eq(t.task->ops->scores[1].name, "near");
    ck_assert_str_eq(t.task->ops->scores[3].name, "words");
    end_training(&t);
}
END_TEST

START_TEST(a_fitted_head_begins_where_regression_ends)
{
    const struct distill_options options = sample(false);
    float scores[TRAIN_MAX_SCORES], *theta;
    struct train_task *task;
    struct tn_rng rng;

    ck_assert_int_eq(distill_task_create(&options, &task, NULL), TN_OK);
    ck_assert_int_eq(distill_task_fit_head(task, NULL, NULL, NULL), TN_OK);
    ck_assert(task->started);
    theta = calloc(task->layout->floats, sizeof *theta);
    tn_rng_init(&rng, 1);
    task->ops->init(task, &rng, theta);
    ck_assert_int_eq(task->ops->score(task, NULL, theta, scores, NULL), TN_OK);
    for (size_t i = 0; i < task->ops->score_count; i++)
        ck_assert_float_gt(scores[i], 0.6F);
    free(theta);
    train_task_destroy(task);
}
END_TEST

static bool stop_after(void *context, const struct train_progress *progress)
{
    size_t *left = context;

    (void)progress;
    return --*left > 0;
}

START_TEST(a_broken_run_ends_in_the_same_file)
{
    const struct distill_options options = sample(_i >= 12);
    const char *whole = in_folder("whole"), *broken = in_folder("broken");
    size_t left = (size_t)_i % 12 + 1; /* of 6 steps an epoch */
    const struct train_events stopping = {.context = &left, .step = stop_after}, events = {0};
    struct training t = make_training(&options, NULL, whole, 3);

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    t = make_training(&options, NULL, broken, 3);
    ck_assert_int_eq(trainer_run(t.trainer, &stopping, NULL), TN_CANCELLED);
    end_training(&t);
    t = make_training(&options, NULL, broken, 3);
    ck_assert_int_eq(trainer_resume(t.trainer, broken, NULL), TN_OK);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
    ck_assert(same_files(whole, broken));
}
END_TEST

START_TEST(threads_do_not_change_the_file)
{
    const struct distill_options options = sample(_i == 1);
    const struct train_events events = {0};
    const char *names[] = {in_folder("one"), in_folder("three")};

    for (size_t i = 0; i < 2; i++) {
        struct tn_pool *pool;
        struct training t;

        ck_assert_int_eq(tn_pool_create(i == 0 ? 1 : 3, &pool, NULL), TN_OK);
        t = make_training(&options, pool, names[i], 3);
        ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
        end_training(&t);
        tn_pool_destroy(pool);
    }
    ck_assert(same_files(names[0], names[1]));
}
END_TEST

/* ---- What is written ---- */

static struct tn_file *train_and_open(bool alone)
{
    struct distill_options options = sample(false);
    const struct train_events events = {0};
    struct tn_file *file;
    struct training t;

    options.save.alone = alone;
    t = make_training(&options, NULL, NULL, 1);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(in_folder("out"), &file, NULL), TN_OK);
    ck_assert_int_eq((int)tn_file_find(file, "fc6.weight")->dtype, TN_I8);
    for (size_t i = 0; i < cnn_network_layout(world.network)->count; i++) {
        const struct tn_parameter *p = &cnn_network_layout(world.network)->parameters[i];
        float saved[WIDTH * INPUT];

        ck_assert_int_eq(tn_file_read_floats(file, p->name, p->span.count, saved, NULL), TN_OK);
        for (size_t j = 0; j < p->span.count; j++)
            ck_assert_float_eq_tol(saved[j], trainer_theta(t.trainer)[p->span.offset + j], 0.02F);
    }
    end_training(&t);
    ck_assert_ptr_nonnull(tn_file_find(file, "conv1.weight"));
    ck_assert_ptr_null(tn_file_find(file, "head.weight"));
    ck_assert_str_eq(tn_file_metadata(file, "encoder.training"), "seed=7 epoch=1");
    ck_assert_ptr_nonnull(strstr(tn_file_metadata(file, "encoder.scores"), "\"near\": "));
    ck_assert_ptr_null(tn_file_find(file, "decoder.en.consensus.offsets"));
    ck_assert_ptr_null(tn_file_metadata(file, "decoder.en.consensus"));
    return file;
}

START_TEST(an_encoder_file_is_written_alone)
{
    struct tn_file *file = train_and_open(true);

    ck_assert_ptr_null(tn_file_find(file, "decoder.en.rnn.weight_ih_l0"));
    ck_assert_ptr_null(tn_file_metadata(file, "training"));
    ck_assert_ptr_null(tn_file_metadata(file, "decoder.en.config"));
    ck_assert_ptr_nonnull(tn_file_metadata(file, "input"));
    tn_file_close(file);
}
END_TEST

START_TEST(a_models_decoders_are_marked)
{
    struct tn_file *file = train_and_open(false);

    ck_assert_ptr_nonnull(tn_file_find(file, "decoder.en.rnn.weight_ih_l0"));
    ck_assert_str_eq(tn_file_metadata(file, "training"), "of the decoder");
    ck_assert_ptr_nonnull(tn_file_metadata(file, "decoder.en.config"));
    ck_assert_str_ne(tn_file_metadata(file, "decoder.en.encoder"),
                     tn_file_metadata(file, "encoder.fingerprint"));
    ck_assert_str_eq(tn_file_metadata(file, "decoder.en.encoder"),
                     tn_file_metadata(file, "decoder.zh.encoder"));
    tn_file_close(file);
}
END_TEST

/* ---- Regressions ---- */

START_TEST(a_ridge_finds_a_linear_law)
{
    enum { ROWS = 50, FEATURES = 4 };
    float x[ROWS * FEATURES], again[ROWS * FEATURES], y[ROWS], found[ROWS];
    struct ridge ridge;
    struct tn_rng rng;

    tn_rng_init(&rng, 2);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < FEATURES; j++)
            x[i * FEATURES + j] = again[i * FEATURES + j] = tn_rng_normal(&rng);
        y[i] = 3 + 2 * x[i * FEATURES] - x[i * FEATURES + 2];
    }
    ck_assert_int_eq(ridge_fit(NULL, x, y, ROWS, FEATURES, 1, 1e-6F, &ridge, NULL), TN_OK);
    ck_assert_float_eq_tol(ridge.bias[0], 3, 1e-3F);
    ck_assert_float_eq_tol(ridge.weights[0], 2, 1e-3F);
    ck_assert_float_eq_tol(ridge.weights[2], -1, 1e-3F);
    ridge_predict(&ridge, NULL, again, ROWS, found);
    for (size_t i = 0; i < ROWS; i++)
        ck_assert_float_eq_tol(found[i], 3 + 2 * again[i * FEATURES] - again[i * FEATURES + 2],
                               1e-2F);
    ridge_finish(&ridge);
    memset(x, 0, sizeof x);
    ck_assert_int_eq(ridge_fit(NULL, x, y, ROWS, FEATURES, 1, 1e-6F, &ridge, NULL), TN_FORMAT);
}
END_TEST

static size_t word(const char *text)
{
    return (size_t)(vocab_id(world.vocab, text, strlen(text)) - VOCAB_FIRST_WORD);
}

START_TEST(words_are_expected_of_photos_that_nobody_captioned)
{
    float expected[6], said[6];
    const size_t dog = word("dog"), horse = word("horse"), train = word("train");

    ck_assert_uint_eq(world.words.words, 6);
    ck_assert_double_gt(world.words.explained, 0.5);
    for (size_t i = CAPTIONED; i < PHOTOS; i++) {
        ck_assert(expected_words_get(&world.words, i, expected));
        ck_assert(!expected_words_said(&world.words, i, said));
        ck_assert_int_eq(expected[dog] > fmaxf(expected[horse], expected[train]), i % KINDS == 0);
    }
    ck_assert(expected_words_said(&world.words, 3, said)); /* a dev photo with a dog */
    ck_assert(said[dog] > 0 && said[train] < 0);
}
END_TEST

/* The teacher knows nothing of what is said: fits that saw a photo's captions would repeat them. */
START_TEST(a_photos_own_captions_do_not_count)
{
    static float noise[PHOTOS][60];
    const struct tn_tensor tensor = {"noise", TN_F32, 2, {PHOTOS, 60}, noise, sizeof noise};
    struct expected_words_options options = {
        .dataset = &world.dataset, .vocab = world.vocab, .words = 6};
    struct expected_words words;
    struct teacher teacher;
    struct tn_rng rng;

    tn_rng_init(&rng, 4);
    for (size_t i = 0; i < PHOTOS; i++)
        for (size_t j = 0; j < 60; j++)
            noise[i][j] = tn_rng_normal(&rng);
    ck_assert_int_eq(tn_file_save(in_folder("noise.safetensors"), &tensor, 1, NULL, 0, NULL),
                     TN_OK);
    ck_assert_int_eq(rename(in_folder("teacher-images.txt"), in_folder("noise-images.txt")), 0);
    ck_assert_int_eq(teacher_open(in_folder("noise.safetensors"), &world.dataset, &teacher, NULL),
                     TN_OK);
    options.teacher = &teacher;
    ck_assert_int_eq(expected_words_make(&options, NULL, &words, NULL), TN_OK);
    ck_assert_double_lt(words.explained, 0.1);
    expected_words_finish(&words);
    teacher_finish(&teacher);
}
END_TEST

START_TEST(a_part_that_does_not_know_a_photo_says_so)
{
    const struct distill_options options = sample(false);
    float values[8];

    ck_assert_uint_eq(targets_count(&options.targets), 3);
    ck_assert(targets_get(&options.targets, 0, PHOTOS - 1, values));
    ck_assert(!targets_get(&options.targets, 1, PHOTOS - 1, values));
    ck_assert(targets_get(&options.targets, 2, PHOTOS - 1, values));
    ck_assert_uint_eq(targets_part(&options.targets, 2).first, KINDS + 2);
}
END_TEST

START_TEST(a_teacher_that_knows_no_photo_to_train_on_is_refused)
{
    const struct distill_options options = sample(false);
    struct train_task *task;
    struct tn_error err;

    for (size_t i = 0; i < PHOTOS; i++)
        world.dataset.photos[i].split = DATA_SPLIT_DEV;
    ck_assert_int_eq(distill_task_create(&options, &task, &err), TN_NOTFOUND);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("distill");
    TCase *cases = tcase_create("distill");

    tcase_add_checked_fixture(cases, make_world, end_world);
    tcase_add_loop_test(cases, the_gradient_is_that_of_the_loss, 0, 2);
    tcase_add_loop_test(cases, layers_before_the_first_get_no_gradient, 0, 2);
    tcase_add_loop_test(cases, it_learns_what_the_teacher_knows, 0, 2);
    tcase_add_test(cases, a_fitted_head_begins_where_regression_ends);
    tcase_add_loop_test(cases, a_broken_run_ends_in_the_same_file, 0, 14);
    tcase_add_loop_test(cases, threads_do_not_change_the_file, 0, 2);
    tcase_add_test(cases, an_encoder_file_is_written_alone);
    tcase_add_test(cases, a_models_decoders_are_marked);
    tcase_add_test(cases, a_ridge_finds_a_linear_law);
    tcase_add_test(cases, words_are_expected_of_photos_that_nobody_captioned);
    tcase_add_test(cases, a_photos_own_captions_do_not_count);
    tcase_add_test(cases, a_part_that_does_not_know_a_photo_says_so);
    tcase_add_test(cases, a_teacher_that_knows_no_photo_to_train_on_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
