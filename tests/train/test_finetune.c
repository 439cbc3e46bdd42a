/* SPDX-License-Identifier: MIT */
/* Encoder and decoder trained together: a small net, made-up pixels, and a teacher of two parts. */
#include "base/rng.h"
#include "cnn/alexnet.h"
#include "tests/support/folder.h"
#include "tests/support/gradcheck.h"
#include "tests/support/suite.h"
#include "train/tasks/finetune.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHOTOS = 12, DEV = 4, CAPTIONS = 3, SIDE = 15, WIDTH = 6, TAUGHT = 9 };

static char folder[TEST_FOLDER_SIZE];

/* Everything that a training needs. */
struct world {
    struct data_set dataset;
    struct data_features features; /* their width alone counts */
    struct data_pixels pixels;
    struct vocab *vocab;
    struct data_corpus train_corpus, dev_corpus;
    struct data_source train, dev;
    struct cnn_network *network;
    float *start;
    struct teacher teacher;
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

/* The photo's colour is what its captions say. */
static void make_photo(size_t photo, size_t *used)
{
    static const char *const colours[] = {"red", "green", "blue"};
    struct data_set *set = &world.dataset;
    unsigned char *rgb = world.pixels.rgb + photo * SIDE * SIDE * 3;

    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++)
        rgb[i] = (unsigned char)(i % 3 == photo % 3 ? 200 + i * 7 % 41 : 20 + i * 13 % 61);
    set->photos[photo] =
        (struct data_photo){.name = *used,
                            .path = *used,
                            .first = photo * CAPTIONS,
                            .caption_count = CAPTIONS,
                            .split = photo < DEV ? DATA_SPLIT_DEV : DATA_SPLIT_TRAIN};
    *used += (size_t)sprintf(set->text + *used, "photos/p%zu.jpg", photo) + 1;
    for (size_t c = 0; c < CAPTIONS; c++) {
        set->captions[photo * CAPTIONS + c] = (struct data_caption){photo, *used};
        *used += (size_t)sprintf(set->text + *used, "A %s thing%s", colours[photo % 3],
                                 c == 0   ? ""
                                 : c == 1 ? " here"
                                          : " over there") +
                 1;
    }
}

/* Features for p0 to p8 of three networks, one of each type, and for p0 to p5 of a fourth. */
static void write_teacher(void)
{
    signed char bytes[TAUGHT][3];
    static const signed char steps[TAUGHT] = {0, 1, -127, 127};
    static const uint16_t halves[TAUGHT] = {0x3C00, 0xC000}; /* 1, -2, 0 ... */
    float scale[TAUGHT], floats[6][2];
    const struct tn_tensor tensors[] = {
        {"a", TN_I8, 2, {TAUGHT, 3}, bytes, sizeof bytes},
        {"a_scale", TN_F32, 1, {TAUGHT}, scale, sizeof scale},
        {"b", TN_F32, 2, {6, 2}, floats, sizeof floats},
        {"c", TN_I8, 2, {TAUGHT, 1}, steps, sizeof steps},
        {"d", TN_F16, 2, {TAUGHT, 1}, halves, sizeof halves},
    };
    FILE *list = fopen(in_folder("teacher-images.txt"), "w");

    ck_assert_ptr_nonnull(list);
    for (size_t i = 0; i < TAUGHT; i++) {
        scale[i] = 0.01F * (float)(i + 1);
        for (size_t j = 0; j < 3; j++)
            bytes[i][j] = (signed char)(i % 3 == j ? 90 : -20);
        fprintf(list, "some/where/p%zu.jpg\n", i);
    }
    fclose(list);
    for (size_t i = 0; i < 6; i++) {
        floats[i][0] = (float)i / 5;
        floats[i][1] = 1;
    }
    ck_assert_int_eq(tn_file_save(in_folder("teacher.safetensors"), tensors, 5, NULL, 0, NULL),
                     TN_OK);
}

/* Smooth, so that differences of the loss are gradients; its weights fit pixels. */
static void make_network(void)
{
    static const struct cnn_layer_spec specs[] = {
        {.ops = &cnn_layer_conv,
         .name = "conv1",
         .outputs = 4,
         .kernel = 5,
         .stride = 3,
         .groups = 1},
        {.ops = &cnn_layer_lrn, .name = "norm1", .kernel = 3, .alpha = 0.1F, .beta = 0.75F, .k = 1},
        {.ops = &cnn_layer_dense, .name = "fc6", .outputs = WIDTH},
    };
    const struct tn_layout *layout;
    struct tn_rng rng;

    ck_assert_int_eq(
        cnn_network_create(specs, 3, (struct cnn_shape){3, SIDE, SIDE}, "", &world.network, NULL),
        TN_OK);
    layout = cnn_network_layout(world.network);
    world.start = calloc(layout->floats, sizeof *world.start);
    tn_rng_init(&rng, 5);
    for (size_t i = 0; i < layout->count; i++)
        tn_rng_fill_uniform(&rng, world.start + layout->parameters[i].span.offset,
                            layout->parameters[i].span.count,
                            layout->parameters[i].rank == 4 ? 0.004F : 0.3F);
}

static void make_world(void)
{
    size_t used = 0;

    test_folder_make(folder);
    memset(&world, 0, sizeof world);
    world.dataset = (struct data_set){
        .photos = calloc(PHOTOS, sizeof *world.dataset.photos),
        .captions = calloc(PHOTOS * CAPTIONS, sizeof *world.dataset.captions),
        .photo_count = PHOTOS,
        .caption_count = PHOTOS * CAPTIONS,
        .text = malloc(PHOTOS * 256),
    };
    world.pixels =
        (struct data_pixels){.side = SIDE, .rgb = malloc((size_t)PHOTOS * SIDE * SIDE * 3)};
    world.features = (struct data_features){.photos = PHOTOS, .views = 1, .width = WIDTH};
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
    world.train = (struct data_source){&world.train_corpus, &world.features, {3, true, true}, 10};
    world.dev = (struct data_source){&world.dev_corpus, &world.features, {3, true, true}, 10};
    make_network();
    write_teacher();
    ck_assert_int_eq(
        teacher_open(in_folder("teacher.safetensors"), &world.dataset, &world.teacher, NULL),
        TN_OK);
}

static void end_world(void)
{
    teacher_finish(&world.teacher);
    cnn_network_destroy(world.network);
    free(world.start);
    data_corpus_finish(&world.train_corpus);
    data_corpus_finish(&world.dev_corpus);
    vocab_destroy(world.vocab);
    data_pixels_finish(&world.pixels);
    data_set_finish(&world.dataset);
    test_folder_remove(folder);
}

static struct finetune_options sample(void)
{
    return (struct finetune_options){.network = world.network,
                                     .start = world.start,
                                     .rate = 0.1F,
                                     .captions = 2,
                                     .mirror = true,
                                     .pixels = &world.pixels,
                                     .teacher = &world.teacher,
                                     .teacher_weight = 0.6F};
}

static const struct decoder_config config = {
    .layers = 1, .embedding = 5, .hidden = 6, .dropout = 0.1F, .image_dropout = 0.1F};

/* A step as a function of theta. */
struct joint {
    struct train_task *task;
    struct tn_pass pass;
    struct tn_rng rng;
    float *theta, *dtheta;
    size_t floats;
};

static double joint_loss(void *context)
{
    struct joint *j = context;
    size_t tokens;
    double words;

    memset(j->dtheta, 0, j->floats * sizeof *j->dtheta);
    tn_rng_init(&j->rng, 11);
    words = j->task->ops->step(j->task, &j->pass, &(struct train_slice){0, 0, 1}, &tokens);
    return words / (double)tokens + finetune_teacher_loss(j->task);
}

static struct caption_task_options caption_options(size_t photos)
{
    struct caption_task_options options = {.train = &world.train,
                                           .dev = &world.dev,
                                           .vocab = world.vocab,
                                           .decoder = config,
                                           .prefix = "decoder.en.",
                                           .batch = photos,
                                           .search = SEARCH_OPTIONS_DEFAULT,
                                           .output = in_folder("model"),
                                           .save = {.language = "en", .storage = MODEL_F32}};

    options.decoder.cell = rnn_cell_find("lstm");
    return options;
}

/* The largest error of the gradient, and what of the first `frozen` numbers' gradient is not 0. */
static double check_gradient(const struct finetune_options *finetune, size_t skip, bool *ret_still)
{
    const struct caption_task_options options = caption_options(5);
    struct tn_arena arena;
    struct joint j;
    float *gradient;
    double error;

    ck_assert_int_eq(finetune_task_create(&options, finetune, &j.task, NULL), TN_OK);
    j.floats = j.task->layout->floats;
    j.theta = calloc(j.floats, sizeof(float));
    j.dtheta = calloc(j.floats, sizeof(float));
    gradient = calloc(j.floats, sizeof(float));
    j.pass = (struct tn_pass){.theta = j.theta, .dtheta = j.dtheta, .rng = &j.rng, .arena = &arena};
    tn_arena_measure(&arena);
    j.task->ops->measure(j.task, &j.pass);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    tn_rng_init(&j.rng, 3);
    j.task->ops->init(j.task, &j.rng, j.theta);
    for (size_t i = tn_layout_find(j.task->layout, "teacher.weight")->span.offset; i < j.floats;
         i++)
        j.theta[i] = 0.2F * tn_rng_normal(&j.rng);
    train_task_shuffle(j.task, &j.rng);
    joint_loss(&j);
    memcpy(gradient, j.dtheta, j.floats * sizeof(float));
    *ret_still = true;
    for (size_t i = 0; i < skip; i++)
        *ret_still = *ret_still && gradient[i] == 0;
    error = gradcheck_smooth(joint_loss, &j, j.theta + skip, gradient + skip, j.floats - skip, 2e-3,
                             NULL);
    free(j.theta);
    free(j.dtheta);
    free(gradient);
    tn_arena_finish(&arena);
    train_task_destroy(j.task);
    return error;
}

START_TEST(the_gradient_is_that_of_both_losses)
{
    struct finetune_options options = sample();
    double error;
    bool still;

    error = check_gradient(&options, 0, &still);
    ck_assert_msg(error < 0.02, "the gradient is off by %g", error);
}
END_TEST

START_TEST(layers_before_the_first_get_no_gradient)
{
    struct finetune_options options = sample();
    const struct tn_layout *layout = cnn_network_layout(world.network);
    double error;
    bool still;

    options.first = cnn_network_find(world.network, "fc6");
    error = check_gradient(&options, tn_layout_find(layout, "fc6.weight")->span.offset, &still);
    ck_assert(still);
    ck_assert_msg(error < 0.02, "the gradient is off by %g", error);
}
END_TEST

/* ---- Whole trainings ---- */

struct training {
    struct train_task *task;
    struct trainer *trainer;
};

static struct training make_training(const struct finetune_options *finetune, struct tn_pool *pool,
                                     const char *checkpoint, size_t epochs)
{
    const struct train_options options = {
        .epochs = epochs,
        .optimiser = train_optimiser_find("adam"),
        .update = TRAIN_OPTIMISER_OPTIONS_DEFAULT,
        .schedule = train_schedule_at(0),
        .rate = 0.02F,
        .seed = 7,
        .checkpoint = checkpoint,
        .identity = "seed=7",
    };
    const struct caption_task_options task = caption_options(3);
    struct training made;

    ck_assert_int_eq(finetune_task_create(&task, finetune, &made.task, NULL), TN_OK);
    ck_assert_int_eq(trainer_create(&options, made.task, pool, &made.trainer, NULL), TN_OK);
    return made;
}

static void end_training(struct training *training)
{
    trainer_destroy(training->trainer);
    train_task_destroy(training->task);
}

static void run(const struct finetune_options *finetune, struct tn_pool *pool, const char *name)
{
    const struct train_events events = {0};
    struct training t = make_training(finetune, pool, name, 3);

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    end_training(&t);
}

static bool same_files(const char *a, const char *b)
{
    char command[1100];

    snprintf(command, sizeof command, "cmp -s '%s' '%s'", a, b);
    return system(command) == 0;
}

/* The encoder that the model file holds, as floats; the caller frees them. */
static float *saved_encoder(void)
{
    const size_t floats = cnn_network_layout(world.network)->floats;
    float *theta = calloc(floats, sizeof *theta);
    struct tn_file *file;
    struct tn_error err;

    ck_assert_int_eq(tn_file_open(in_folder("model"), &file, NULL), TN_OK);
    ck_assert_msg(cnn_network_load(world.network, file, theta, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq((int)tn_file_find(file, "conv1.weight")->dtype, TN_F16);
    ck_assert_int_eq((int)tn_file_find(file, "fc6.weight")->dtype, TN_I8);
    tn_file_close(file);
    return theta;
}

START_TEST(it_learns_and_saves_the_encoder)
{
    const struct finetune_options options = sample();
    const struct train_events events = {0};
    const size_t floats = cnn_network_layout(world.network)->floats;
    struct training t = make_training(&options, NULL, NULL, 30);
    const struct train_epoch *history;
    size_t count, moved = 0;
    float *saved;

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    history = trainer_history(t.trainer, &count);
    ck_assert_float_lt(history[count - 1].loss, 0.7F * history[0].loss);
    ck_assert_float_gt(history[trainer_best(t.trainer)].scores[CAPTION_CIDER], 1);
    saved = saved_encoder();
    for (size_t i = 0; i < floats; i++)
        moved += fabsf(saved[i] - world.start[i]) > 0.01F;
    ck_assert_uint_gt(moved, floats / 20);
    end_training(&t);
    free(saved);
}
END_TEST

START_TEST(the_saved_encoder_is_the_trained_one)
{
    const struct finetune_options options = sample();
    const struct train_events events = {0};
    const size_t floats = cnn_network_layout(world.network)->floats;
    struct training t = make_training(&options, NULL, NULL, 1);
    float *saved;

    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    saved = saved_encoder();
    for (size_t i = 0; i < floats; i++)
        ck_assert_float_le(fabsf(saved[i] - trainer_theta(t.trainer)[i]), 0.4F / 127);
    end_training(&t);
    free(saved);
}
END_TEST

START_TEST(frozen_layers_stay_bit_for_bit)
{
    struct finetune_options options = sample();
    const struct train_events events = {0};
    const size_t end = tn_layout_find(cnn_network_layout(world.network), "fc6.weight")->span.offset;
    struct training t;

    options.first = cnn_network_find(world.network, "fc6");
    t = make_training(&options, NULL, NULL, 3);
    ck_assert_int_eq(trainer_run(t.trainer, &events, NULL), TN_OK);
    ck_assert_mem_eq(trainer_theta(t.trainer), world.start, end * sizeof(float));
    ck_assert_float_ne(trainer_theta(t.trainer)[end], world.start[end]);
    end_training(&t);
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
    const struct finetune_options options = sample();
    const char *whole = in_folder("whole"), *broken = in_folder("broken");
    size_t left = (size_t)_i; /* of 3 steps an epoch */
    const struct train_events stopping = {.context = &left, .step = stop_after}, events = {0};
    struct training t;

    run(&options, NULL, whole);
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
    const struct finetune_options options = sample();
    const char *names[] = {in_folder("one"), in_folder("three")};

    for (size_t i = 0; i < 2; i++) {
        struct tn_pool *pool;

        ck_assert_int_eq(tn_pool_create(i == 0 ? 1 : 3, &pool, NULL), TN_OK);
        run(&options, pool, names[i]);
        tn_pool_destroy(pool);
    }
    ck_assert(same_files(names[0], names[1]));
}
END_TEST

/* ---- The teacher's file ---- */

START_TEST(a_teacher_gives_what_its_file_holds)
{
    float out[3];

    ck_assert_uint_eq(world.teacher.known, TAUGHT);
    ck_assert_uint_eq(world.teacher.width, 7);
    ck_assert(teacher_get(&world.teacher, &world.teacher.parts[0], 7, out));
    ck_assert_float_eq_tol(out[1], 90 * 0.08F, 1e-5F);
    ck_assert_float_eq_tol(out[0], -20 * 0.08F, 1e-5F);
    ck_assert(teacher_get(&world.teacher, &world.teacher.parts[1], 5, out));
    ck_assert_float_eq(out[0], 1);
    ck_assert(teacher_get(&world.teacher, &world.teacher.parts[2], 2, out));
    ck_assert_float_eq(out[0], -6); /* without a scale: steps of 6/127 */
    ck_assert(teacher_get(&world.teacher, &world.teacher.parts[3], 1, out));
    ck_assert_float_eq(out[0], -2);
    ck_assert(!teacher_get(&world.teacher, &world.teacher.parts[1], 7, out)); /* b ends at p5 */
    ck_assert(!teacher_get(&world.teacher, &world.teacher.parts[0], 10, out));
}
END_TEST

static void fingerprint_teacher(const struct tn_tensor *tensor, const char *photos, char text[17])
{
    FILE *list = fopen(in_folder("told-images.txt"), "w");
    struct teacher teacher;

    fputs(photos, list);
    fclose(list);
    ck_assert_int_eq(tn_file_save(in_folder("told.safetensors"), tensor, 1, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(teacher_open(in_folder("told.safetensors"), &world.dataset, &teacher, NULL),
                     TN_OK);
    teacher_fingerprint(&teacher, text);
    teacher_finish(&teacher);
}

START_TEST(a_teachers_fingerprint_follows_what_it_teaches)
{
    static const char photos[] = "p1.jpg\np2.jpg\n";
    float values[2] = {1, 2};
    const struct tn_tensor high = {"a", TN_F32, 2, {2, 1}, values, sizeof values};
    const struct tn_tensor halves = {"a", TN_F16, 2, {2, 2}, values, sizeof values};
    char first[17], again[17], other[17];

    fingerprint_teacher(&high, photos, first);
    fingerprint_teacher(&high, photos, again);
    ck_assert_str_eq(first, again);
    fingerprint_teacher(&high, "p2.jpg\np1.jpg\n", other);
    ck_assert_str_ne(first, other);
    fingerprint_teacher(&halves, photos, other);
    ck_assert_str_ne(first, other);
    values[1] = 3;
    fingerprint_teacher(&high, photos, other);
    ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(a_foreign_teacher_is_refused)
{
    const float values[2] = {1, 2};
    const struct tn_tensor flat = {"a", TN_F32, 1, {2}, values, sizeof values};
    FILE *list = fopen(in_folder("other-images.txt"), "w");
    struct teacher teacher;
    struct tn_error err;

    ck_assert_int_eq(tn_file_save(in_folder("other.safetensors"), &flat, 1, NULL, 0, NULL), TN_OK);
    fputs("p1.jpg\n", list);
    fclose(list);
    ck_assert_int_eq(teacher_open(in_folder("other.safetensors"), &world.dataset, &teacher, &err),
                     TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "no features in it"));
    list = fopen(in_folder("teacher-images.txt"), "w");
    fputs("q.jpg\n", list);
    fclose(list);
    ck_assert_int_eq(teacher_open(in_folder("teacher.safetensors"), &world.dataset, &teacher, &err),
                     TN_NOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.text, "teacher-images.txt names none"));
}
END_TEST

START_TEST(a_teacher_of_no_numbers_is_refused)
{
    static const uint16_t halves[2] = {0x3C00, 0x7C00};
    static const signed char bytes[2] = {1, 2};
    const float floats[2] = {1, NAN};
    const struct tn_tensor cases[][2] = {
        {{"a", TN_F16, 2, {1, 2}, halves, sizeof halves}},
        {{"a", TN_F32, 2, {2, 1}, floats, sizeof floats}},
        {{"b", TN_I8, 2, {2, 1}, bytes, sizeof bytes},
         {"b_scale", TN_F32, 1, {2}, floats, sizeof floats}},
    };
    struct teacher teacher;
    struct tn_error err;

    ck_assert_int_eq(
        tn_file_save(in_folder("teacher.safetensors"), cases[_i], _i == 2 ? 2 : 1, NULL, 0, NULL),
        TN_OK);
    ck_assert_int_eq(teacher_open(in_folder("teacher.safetensors"), &world.dataset, &teacher, &err),
                     TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, _i == 2 ? "b_scale contains" : "a contains"));
}
END_TEST

/* ---- Pixels ---- */

START_TEST(the_whole_view_is_what_inference_reads)
{
    const size_t side = ALEXNET_SIDE, count = side * side * 3;
    struct data_pixels pixels = {.side = side, .rgb = malloc(count)};
    struct data_view view = data_view_whole(side);
    float *x = malloc(count * sizeof *x), *expected = malloc(count * sizeof *expected);

    for (size_t i = 0; i < count; i++)
        pixels.rgb[i] = (unsigned char)(i * 2654435761U >> 24);
    data_pixels_show(&pixels, 0, &view, x);
    alexnet_input(expected, pixels.rgb);
    ck_assert_mem_eq(x, expected, count * sizeof *x);
    view.mirrored = true;
    data_pixels_show(&pixels, 0, &view, x);
    for (size_t i = 0; i < side; i++)
        ck_assert_float_eq(x[i], expected[side - 1 - i]);
    data_pixels_finish(&pixels);
    free(x);
    free(expected);
}
END_TEST

START_TEST(views_lie_within_the_photo)
{
    struct tn_rng rng;
    size_t mirrored = 0;

    tn_rng_init(&rng, 1);
    for (size_t i = 0; i < 1000; i++) {
        const struct data_view v = data_view_draw(100, i < 500, &rng);

        ck_assert_float_ge(v.left, 0);
        ck_assert_float_ge(v.top, 0);
        ck_assert_float_ge(v.width, 87.5F);
        ck_assert_float_le(v.left + v.width, 100.001F);
        ck_assert_float_le(v.top + v.height, 100.001F);
        for (size_t c = 0; c < 3; c++)
            ck_assert(v.gains[c] > 0.8F && v.gains[c] < 1.21F);
        ck_assert(!v.mirrored || i < 500);
        mirrored += v.mirrored;
    }
    ck_assert(mirrored > 200 && mirrored < 300);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("finetune");
    TCase *tests = tcase_create("finetune");

    tcase_set_timeout(tests, 0);
    tcase_add_checked_fixture(tests, make_world, end_world);
    tcase_add_test(tests, the_gradient_is_that_of_both_losses);
    tcase_add_test(tests, layers_before_the_first_get_no_gradient);
    tcase_add_test(tests, it_learns_and_saves_the_encoder);
    tcase_add_test(tests, the_saved_encoder_is_the_trained_one);
    tcase_add_test(tests, frozen_layers_stay_bit_for_bit);
    tcase_add_loop_test(tests, a_broken_run_ends_in_the_same_file, 1, 6);
    tcase_add_test(tests, threads_do_not_change_the_file);
    tcase_add_test(tests, a_teacher_gives_what_its_file_holds);
    tcase_add_test(tests, a_teachers_fingerprint_follows_what_it_teaches);
    tcase_add_test(tests, a_foreign_teacher_is_refused);
    tcase_add_loop_test(tests, a_teacher_of_no_numbers_is_refused, 0, 3);
    tcase_add_test(tests, the_whole_view_is_what_inference_reads);
    tcase_add_test(tests, views_lie_within_the_photo);
    suite_add_tcase(suite, tests);
    return suite;
}
