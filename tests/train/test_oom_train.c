/* SPDX-License-Identifier: MIT */
/* Memory runs out while data sets are read and decoders trained, scored, kept and resumed. */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"
#include "tests/support/tar.h"
#include "tests/support/tiny_model.h"

#include "data/corpus.h"
#include "data/imagine/imagine.h"
#include "data/photo_features.h"
#include "data/pool5_private.h"
#include "data/sets/dataset.h"
#include "tensor/half.h"
#include "train/curve.h"
#include "train/fit/calibration.h"
#include "train/fit/consensus_fit.h"
#include "train/fit/empty_pictures.h"
#include "train/fit/keywords_fit.h"
#include "train/fit/reliability_plot.h"
#include "train/tasks/finetune.h"
#include "train/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE];

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "wb");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void make_folder(void)
{
    test_folder_make(folder);
}

static void remove_folder(void)
{
    test_folder_remove(folder);
}

/* ---- Data sets ---- */

/* Each holds two captions of a.jpg and one of b.jpg. */
static const struct set {
    const char *name;     /* of the data set in the folder */
    const char *files[8]; /* name, text ... */
} sets[] = {
    {"captions.tsv", {"captions.tsv", "image\tcaption\na.jpg\ta cat\na.jpg\tcat\nb.jpg\tdog\n"}},
    {"captions.csv", {"captions.csv", "a.jpg,\"a \"\"cat\"\"\"\na.jpg,a cat\nb.jpg,dog\n"}},
    {"dataset_x.json",
     {"dataset_x.json",
      "{\"images\":[{\"filename\":\"a.jpg\",\"split\":\"train\",\"sentences\":[{\"raw\":\"a cat\"},"
      "{\"raw\":\"cat\"}]},{\"filename\":\"b.jpg\",\"sentences\":[{\"raw\":\"dog\"}]}]}"}},
    {"captions_val.json",
     {"captions_val.json",
      "{\"images\":[{\"id\":1,\"file_name\":\"a.jpg\"},{\"id\":2,\"file_name\":\"b.jpg\"}],"
      "\"annotations\":[{\"image_id\":1,\"caption\":\"a "
      "cat\"},{\"image_id\":1,\"caption\":\"cat\"},"
      "{\"image_id\":2,\"caption\":\"dog\"}]}"}},
    {".", /* Flickr8k */
     {"Flickr8k.token.txt", "a.jpg#0\ta cat\na.jpg#1\tcat\nb.jpg#0\tdog\nc.jpg#0\tout\n",
      "Flickr_8k.trainImages.txt", "a.jpg\n", "Flickr_8k.devImages.txt", "b.jpg\n"}},
    {".", {"captions.txt", "a.jpg\ta cat\na.jpg\tcat\nb.jpg\tdog\n"}},
    {".", {"a.txt", "a cat\ncat\n", "b.txt", "dog\n"}}, /* sidecars */
    {"list.json",
     {"list.json", "[{\"file_path\": \"a.jpg\", \"captions\": [\"a cat\", \"cat\"]}, "
                   "{\"image\": \"b.jpg\", \"caption\": \"dog\"}]"}},
    {".", /* imagefolder, with names of another case */
     {"metadata.jsonl", "{\"file_name\": \".\\\\A.jpg\", \"text\": \"a cat\"}\n"
                        "{\"file_name\": \"a.jpg\", \"text\": \"cat\"}\n"
                        "{\"file_name\": \"b.jpg\", \"text\": \"dog\"}\n"}},
    {"part-{0..1}.tsv", {"part-0.tsv", "a.jpg\ta cat\na.jpg\tcat\n", "part-1.tsv", "b.jpg\tdog\n"}},
};

struct loading {
    const char *path;
    struct data_set dataset;
};

static enum tn_status run_load(void *context, struct tn_error *err)
{
    struct loading *loading = context;
    const struct data_set_options options = {.images = folder};

    return data_set_load(loading->path, &options, &loading->dataset, err);
}

static void check_load(void *context, enum tn_status status)
{
    struct data_set *dataset = &((struct loading *)context)->dataset;

    ck_assert_uint_eq(dataset->photo_count, status == TN_OK ? 2 : 0);
    ck_assert_uint_eq(dataset->caption_count, status == TN_OK ? 3 : 0);
    if (status == TN_OK) {
        ck_assert_str_eq(data_set_caption(dataset, 2), "dog");
        ck_assert_int_eq(access(data_set_place(dataset, 1).file, R_OK), 0);
    }
    data_set_finish(dataset);
}

START_TEST(a_data_set_is_read_or_not)
{
    const struct set *set = &sets[_i];
    const struct oom_operation load = {set->files[0], run_load, check_load};
    struct loading loading = {.path = NULL};
    char path[128];

    put("a.jpg", "\xFF\xD8\xFF");
    put("b.jpg", "\xFF\xD8\xFF");
    for (size_t i = 0; set->files[i]; i += 2)
        put(set->files[i], set->files[i + 1]);
    strcpy(path, in_folder(set->name));
    loading.path = path;
    oom_try(&load, &loading);
}
END_TEST

#ifdef TEST_TAR
START_TEST(a_tar_is_read_or_not)
{
    const struct oom_operation load = {"tar", run_load, check_load};
    struct loading loading = {.path = NULL};
    char path[128];
    FILE *file;

    strcpy(path, in_folder("shard.tar"));
    file = tar_begin(path);
    tar_add(file, "a.jpg", "\xFF\xD8\xFF");
    tar_add(file, "a.txt", "a cat\ncat\n");
    tar_add(file, "b.json", "{\"caption\": \"dog\"}");
    tar_add(file, "b.jpg", "\xFF\xD8\xFF");
    tar_finish(file);
    loading.path = path;
    ck_assert_int_eq(run_load(&loading, NULL), TN_OK); /* which loads libarchive */
    data_set_finish(&loading.dataset);
    oom_try(&load, &loading);
}
END_TEST
#endif

struct appending {
    struct data_set dataset, other;
};

static enum tn_status run_append(void *context, struct tn_error *err)
{
    struct appending *a = context;

    return data_set_append(&a->dataset, &a->other, err);
}

static void check_append(void *context, enum tn_status status)
{
    struct appending *a = context;

    ck_assert_uint_eq(a->dataset.caption_count, status == TN_OK ? 3 : 0);
    data_set_finish(&a->dataset);
}

START_TEST(a_data_set_is_appended_or_not)
{
    const struct oom_operation append = {"append", run_append, check_append};
    struct loading loading;
    struct appending appending = {.dataset = {.photos = NULL}};

    put("a.jpg", "");
    put("b.jpg", "");
    put("captions.tsv", sets[0].files[1]);
    loading.path = folder;
    ck_assert_int_eq(run_load(&loading, NULL), TN_OK);
    appending.other = loading.dataset;
    oom_try(&append, &appending);
    data_set_finish(&appending.other);
}
END_TEST

/* ---- Captions without photos ---- */

enum { SEEN = 24 };

struct imagining {
    struct data_set dataset;
    struct data_features features;
    size_t text_used;
    char path[128];
};

static enum tn_status run_imagine(void *context, struct tn_error *err)
{
    struct imagining *m = context;
    const struct imagine_options options = {.text = m->path};
    struct imagine_counts counts;

    return data_imagine(&m->dataset, &m->features, &options, NULL, &counts, err);
}

static void check_imagine(void *context, enum tn_status status)
{
    struct imagining *m = context;
    const size_t photos = status == TN_OK ? SEEN + 2 : SEEN;

    ck_assert_uint_eq(m->dataset.photo_count, photos);
    ck_assert_uint_eq(m->dataset.caption_count, photos);
    ck_assert_uint_eq(m->features.photos, photos);
    ck_assert_uint_eq(m->features.total, photos);
    m->dataset.photo_count = m->dataset.caption_count = SEEN;
    m->dataset.text_used = m->text_used;
    m->features.photos = m->features.total = SEEN;
}

START_TEST(photos_are_imagined_or_not)
{
    static const char *const things[] = {"dog", "cat", "boat"};
    const struct oom_operation operation = {"imagine", run_imagine, check_imagine};
    struct imagining m = {.features = {.photos = SEEN, .views = 1, .width = 3, .total = SEEN}};
    struct data_set *set = &m.dataset;

    m.features.rows = calloc(SEEN, sizeof *m.features.rows);
    m.features.values = calloc(SEEN * 3, sizeof *m.features.values);
    set->photos = calloc(SEEN, sizeof *set->photos);
    set->captions = calloc(SEEN, sizeof *set->captions);
    set->text = malloc(SEEN * 16);
    for (size_t i = 0; i < SEEN; i++) {
        set->photos[i] = (struct data_photo){.name = set->text_used,
                                             .path = set->text_used,
                                             .first = i,
                                             .caption_count = 1,
                                             .split = DATA_SPLIT_TRAIN};
        set->captions[i] = (struct data_caption){i, set->text_used};
        set->text_used += (size_t)sprintf(set->text + set->text_used, "a %s", things[i % 3]) + 1;
        m.features.rows[i] = i;
        m.features.values[i * 3 + i % 3] = 0x3C00; /* 1 */
    }
    set->photo_count = set->caption_count = SEEN;
    m.text_used = set->text_used;
    put("text", "a dog\na boat\n");
    strcpy(m.path, in_folder("text"));
    oom_try(&operation, &m);
    data_set_finish(set);
    data_features_finish(&m.features);
}
END_TEST

/* ---- Training ---- */

enum { PHOTOS = 6, DEV = 2, WIDTH = 5 };

/* All that a training needs, made without a photo: photo i's feature i is 1. */
struct world {
    struct data_set dataset;
    struct data_features features;
    struct vocab *vocab;
    struct data_corpus corpus, dev_corpus;
    struct data_source train, dev;
};

static struct world world;

static void make_dataset(void)
{
    struct data_set *set = &world.dataset;

    *set = (struct data_set){.photos = calloc(PHOTOS, sizeof *set->photos),
                             .captions = calloc(PHOTOS, sizeof *set->captions),
                             .photo_count = PHOTOS,
                             .caption_count = PHOTOS,
                             .text = malloc(PHOTOS * 16)};
    for (size_t i = 0; i < PHOTOS; i++) {
        set->photos[i] = (struct data_photo){.name = set->text_used,
                                             .path = set->text_used,
                                             .first = i,
                                             .caption_count = 1,
                                             .split = i < DEV ? DATA_SPLIT_DEV : DATA_SPLIT_TRAIN};
        set->captions[i] = (struct data_caption){i, set->text_used};
        set->text_used += (size_t)sprintf(set->text + set->text_used, "a dog %zu", i % 3) + 1;
    }
}

static enum tn_status make_words(struct world *w, struct tn_error *err)
{
    TN_TRY(data_make_vocab(&w->dataset, data_photo_is_train, VOCAB_ENGLISH, 1, &w->vocab, err));
    TN_TRY(data_corpus_make(&w->dataset, data_photo_is_train, VOCAB_ENGLISH, w->vocab, &w->corpus,
                            err));
    return data_corpus_make(&w->dataset, data_photo_is_dev, VOCAB_ENGLISH, w->vocab, &w->dev_corpus,
                            err);
}

static void make_world(void)
{
    make_folder();
    memset(&world, 0, sizeof world);
    make_dataset();
    world.features = (struct data_features){.photos = PHOTOS,
                                            .views = 1,
                                            .width = WIDTH,
                                            .rows = calloc(PHOTOS, sizeof(size_t)),
                                            .values = calloc(PHOTOS * WIDTH, sizeof(uint16_t)),
                                            .total = PHOTOS};
    for (size_t i = 0; i < PHOTOS; i++) {
        const float one = 1;

        world.features.rows[i] = i;
        tn_float_to_half(world.features.values + i * WIDTH + i % WIDTH, &one, 1);
    }
    ck_assert_int_eq(make_words(&world, NULL), TN_OK);
    world.train = (struct data_source){&world.corpus, &world.features, {1, false, false}, 5};
    world.dev = (struct data_source){&world.dev_corpus, &world.features, {1, false, false}, 5};
}

static void finish_words(struct world *w)
{
    data_corpus_finish(&w->corpus);
    data_corpus_finish(&w->dev_corpus);
    vocab_destroy(w->vocab);
    w->vocab = NULL;
}

static void end_world(void)
{
    finish_words(&world);
    data_features_finish(&world.features);
    data_set_finish(&world.dataset);
    remove_folder();
}

static enum tn_status run_words(void *context, struct tn_error *err)
{
    return make_words(context, err);
}

static void check_words(void *context, enum tn_status status)
{
    struct world *w = context;

    ck_assert((w->vocab != NULL) || status != TN_OK);
    ck_assert_uint_eq(w->dev_corpus.caption_count, status == TN_OK ? DEV : 0);
    finish_words(w);
}

START_TEST(a_corpus_is_made_or_not)
{
    const struct oom_operation make = {"corpus", run_words, check_words};
    struct world other = {.dataset = world.dataset};

    oom_try(&make, &other);
}
END_TEST

struct training {
    struct train_options options;
    char checkpoint[128];
    size_t steps;                            /* to run before it is stopped */
    const struct finetune_options *finetune; /* NULL: the decoder alone is trained */
};

static struct train_options make_options(const char *checkpoint)
{
    const struct train_optimiser_options update = TRAIN_OPTIMISER_OPTIONS_DEFAULT;

    return (struct train_options){.epochs = 2,
                                  .optimiser = train_optimiser_find("adam"),
                                  .update = update,
                                  .schedule = train_schedule_at(0),
                                  .rate = 0.02F,
                                  .seed = 7,
                                  .checkpoint = checkpoint,
                                  .identity = "seed=7"};
}

static bool stop(void *context, const struct train_progress *progress)
{
    const struct training *training = context;

    return progress->run_steps < training->steps;
}

/* A new trainer, or one that goes on where the checkpoint was written, runs to its stop or end. */
static enum tn_status train(struct training *training, bool resume, struct tn_error *err)
{
    const struct train_events events = {.context = training, .step = stop};
    const struct caption_task_options options = {
        .decoder = {.cell = rnn_cell_find("lstm"), .layers = 1, .embedding = 4, .hidden = 4},
        .prefix = "decoder.en.",
        .train = &world.train,
        .dev = &world.dev,
        .vocab = world.vocab,
        .batch = 2,
        .search = SEARCH_OPTIONS_DEFAULT};
    struct trainer *trainer = NULL;
    struct train_task *task;
    enum tn_status status;

    TN_TRY(training->finetune ? finetune_task_create(&options, training->finetune, &task, err)
                              : words_task_create(&options, &task, err));
    status = trainer_create(&training->options, task, NULL, &trainer, err);
    if (status == TN_OK && resume)
        status = trainer_resume(trainer, training->checkpoint, err);
    if (status == TN_OK)
        status = trainer_run(trainer, &events, err);
    trainer_destroy(trainer);
    train_task_destroy(task);
    return status;
}

static enum tn_status run_resume(void *context, struct tn_error *err)
{
    return train(context, true, err);
}

/* Whatever happened, there is a checkpoint from which the training can be brought to its end. */
static void check_resume(void *context, enum tn_status status)
{
    struct training *training = context;

    (void)status;
    ck_assert_int_eq(train(training, true, NULL), TN_OK);
    training->steps = 1;
    ck_assert_int_eq(train(training, false, NULL), TN_CANCELLED);
    training->steps = SIZE_MAX;
}

static void try_resume(const struct finetune_options *finetune)
{
    const struct oom_operation resume = {"resume", run_resume, check_resume};
    struct training training = {.steps = 1, .finetune = finetune};

    strcpy(training.checkpoint, in_folder("checkpoint"));
    training.options = make_options(training.checkpoint);
    ck_assert_int_eq(train(&training, false, NULL), TN_CANCELLED);
    training.steps = SIZE_MAX;
    oom_try(&resume, &training);
}

START_TEST(a_training_goes_on_from_its_last_checkpoint)
{
    try_resume(NULL);
}
END_TEST

START_TEST(so_does_one_of_the_encoder_too)
{
    static const struct cnn_layer_spec dense = {
        .ops = &cnn_layer_dense, .name = "fc6", .outputs = WIDTH};
    unsigned char rgb[PHOTOS * 2 * 2 * 3] = {1, 2, 3};
    const struct data_pixels pixels = {.side = 2, .rgb = rgb};
    struct finetune_options finetune = {.rate = 1, .captions = 1, .pixels = &pixels};
    struct cnn_network *network;
    float *start;

    ck_assert_int_eq(cnn_network_create(&dense, 1, (struct cnn_shape){3, 2, 2}, "", &network, NULL),
                     TN_OK);
    start = calloc(cnn_network_layout(network)->floats, sizeof *start);
    finetune.network = network;
    finetune.start = start;
    try_resume(&finetune);
    cnn_network_destroy(network);
    free(start);
}
END_TEST

static enum tn_status run_curve(void *context, struct tn_error *err)
{
    static const struct train_score_kind score = {"CIDEr", 1, 3, "", TRAIN_WITH_SCORES, false};
    const struct train_task_ops task = {.scores = &score, .score_count = 1};
    const struct train_epoch history[] = {{.perplexity = 9, .scores = {0.1F}}, {.perplexity = 5}};
    const struct train_curve curve = {&task, history, history, 2, 0};

    return train_curve_save(context, &curve, err);
}

static void check_curve(void *context, enum tn_status status)
{
    ck_assert_int_eq(access(context, R_OK), status == TN_OK ? 0 : -1);
    unlink(context);
}

START_TEST(a_curve_is_drawn_or_not)
{
    const struct oom_operation draw = {"curve", run_curve, check_curve};
    char path[128];

    strcpy(path, in_folder("curve.png"));
    oom_try(&draw, path);
}
END_TEST

/* ---- V of photos ---- */

enum { VIEWED = 2 };

struct featuring {
    char photos[VIEWED][512], cache[128];
    size_t count; /* of photos to look at */
    struct tn_file *weights;
    struct data_features features;
};

static enum tn_status run_features(void *context, struct tn_error *err)
{
    struct featuring *f = context;
    const struct data_place places[VIEWED] = {data_place_of_file(f->photos[0]),
                                              data_place_of_file(f->photos[1])};
    const struct data_features_options options = {.cache = f->cache, .max_pixels = 1000000};

    return data_features_make(f->weights, places, f->count, &options, NULL, &f->features, err);
}

/* The cache as it was when it knew one photo. */
static void restore_cache(const struct featuring *f)
{
    char command[512];

    snprintf(command, sizeof command, "cp '%s' '%s'", in_folder("old"), f->cache);
    ck_assert_int_eq(system(command), 0);
}

static void check_features(void *context, enum tn_status status)
{
    struct featuring *f = context;
    struct tn_file *cache;

    ck_assert_uint_eq(f->features.photos, status == TN_OK ? VIEWED : 0);
    ck_assert_uint_eq(f->features.unreadable, 0);
    data_features_finish(&f->features);
    ck_assert_int_eq(tn_file_open(f->cache, &cache, NULL), TN_OK);
    ck_assert_uint_eq(tn_file_find(cache, "features")->dims[0], status == TN_OK ? VIEWED : 1);
    tn_file_close(cache);
    restore_cache(f);
}

/* A photo for which there is no memory is not one that cannot be read, to be left out; and the
 * cache, in which the first photo is, keeps it. */
START_TEST(features_are_made_of_all_photos_or_of_none)
{
    const struct oom_operation make = {"features", run_features, check_features};
    struct featuring f = {.count = 1};
    const char *model = in_folder("model");

    snprintf(f.photos[0], sizeof f.photos[0], "%s/images/rgb.jpg", getenv("TEST_DATA"));
    snprintf(f.photos[1], sizeof f.photos[1], "%s/images/rgb.png", getenv("TEST_DATA"));
    strcpy(f.cache, in_folder("old"));
    tiny_model_save(model, "a\n", VOCAB_FIRST_WORD + 1);
    ck_assert_int_eq(tn_file_open(model, &f.weights, NULL), TN_OK);
    ck_assert_int_eq(run_features(&f, NULL), TN_OK);
    data_features_finish(&f.features);
    strcpy(f.cache, in_folder("cache"));
    restore_cache(&f);
    f.count = VIEWED;
    oom_try(&make, &f);
    tn_file_close(f.weights);
}
END_TEST

/* ---- Pixels, and a teacher of them ---- */

static enum tn_status run_pixels(void *context, struct tn_error *err)
{
    const struct data_set *set = context;
    struct data_pixels pixels;
    struct teacher teacher;
    enum tn_status status;

    TN_TRY(data_pixels_make(set, 1000000, NULL, NULL, &pixels, err));
    status = teacher_open(set->text + set->text_used, set, &teacher, err);
    if (status == TN_OK)
        teacher_finish(&teacher);
    data_pixels_finish(&pixels);
    return status;
}

static void check_pixels(void *context, enum tn_status status)
{
    (void)context;
    (void)status;
}

/* The dataset's text ends in the teacher's name. */
START_TEST(pixels_and_a_teacher_are_read_or_not)
{
    const struct oom_operation read = {"pixels", run_pixels, check_pixels};
    const float feature = 1;
    const struct tn_tensor tensor = {"a", TN_F32, 2, {1, 1}, &feature, sizeof feature};
    struct data_photo photo = {.caption_count = 1};
    struct data_set set = {.photos = &photo, .photo_count = 1, .text = malloc(1024)};
    FILE *list = fopen(in_folder("t-images.txt"), "w");

    fputs("rgb.jpg\n", list);
    fclose(list);
    set.text_used = (size_t)sprintf(set.text, "%s/images/rgb.jpg", getenv("TEST_DATA")) + 1;
    strcpy(set.text + set.text_used, in_folder("t.safetensors"));
    ck_assert_int_eq(tn_file_save(in_folder("t.safetensors"), &tensor, 1, NULL, 0, NULL), TN_OK);
    oom_try(&read, &set);
    free(set.text);
}
END_TEST

/* ---- The file of pool5 ---- */

enum { NUMBERS = 9216, POOL5_PHOTOS = 2 };

struct keeping {
    const char *path;
    unsigned char *records; /* [POOL5_PHOTOS] */
    size_t bytes;           /* of one */
};

/* Opens the file, which knows one photo, adds another and maps both. */
static enum tn_status run_pool5(void *context, struct tn_error *err)
{
    const struct keeping *k = context;
    struct data_pool5 pool5 = {.map = NULL};
    struct pool5_file file;
    enum tn_status status;

    TN_TRY(pool5_file_open(&file, k->path, "0123456789abcdef", 1, err));
    status = pool5_file_append(&file, k->records + k->bytes, 1, err);
    if (status == TN_OK)
        status = pool5_file_map(&file, &pool5, err);
    pool5_file_close(&file);
    data_pool5_finish(&pool5);
    return status;
}

static void begin_pool5(const struct keeping *k)
{
    struct pool5_file file;

    unlink(k->path);
    ck_assert_int_eq(pool5_file_open(&file, k->path, "0123456789abcdef", 1, NULL), TN_OK);
    ck_assert_int_eq(pool5_file_append(&file, k->records, 1, NULL), TN_OK);
    pool5_file_close(&file);
}

/* The first photo's record has stayed. */
static void check_pool5(void *context, enum tn_status status)
{
    const struct keeping *k = context;
    struct pool5_file file;

    ck_assert_int_eq(pool5_file_open(&file, k->path, "0123456789abcdef", 1, NULL), TN_OK);
    ck_assert_uint_ge(file.count, status == TN_OK ? 2 : 1);
    pool5_file_close(&file);
    begin_pool5(k);
}

START_TEST(a_file_of_pool5_grows_or_stays)
{
    const struct oom_operation grow = {"pool5", run_pool5, check_pool5};
    float *values = calloc(NUMBERS, sizeof *values);
    char path[128];
    struct keeping k = {.path = path, .bytes = data_pool5_record(NUMBERS, 1)};

    strcpy(path, in_folder("pool5"));
    k.records = malloc(POOL5_PHOTOS * k.bytes);
    for (size_t i = 0; i < POOL5_PHOTOS; i++) {
        const struct data_photo_id id = {i + 1, i + 5, 0};

        values[i] = 1;
        data_pool5_pack(&id, values, NUMBERS, 1, k.records + i * k.bytes);
    }
    begin_pool5(&k);
    oom_try(&grow, &k);
    free(k.records);
    free(values);
}
END_TEST

/* ---- Calibration ---- */

enum { EXAMPLES = 6, FEATURES = 3 };

struct calibrating {
    struct data_features features;
    struct calibration_example examples[EXAMPLES];
    size_t photos[EXAMPLES];
    const char *diagram;
};

static enum tn_status fit_and_draw(struct calibrating *c, struct calibration *calibration,
                                   struct tn_error *err)
{
    enum { HALF = EXAMPLES / 2 };
    const struct calibration_set set = {.photos = c->examples,
                                        .empty = c->examples + HALF,
                                        .photo_count = HALF,
                                        .empty_count = HALF};
    double numbers[EXAMPLES], scores[EXAMPLES] = {0};
    struct calibration_estimates estimates = {.photos = numbers, .empty = numbers + HALF};
    struct reliability reliability;
    const struct reliability_plot plot = {&reliability, numbers, numbers + HALF, HALF};

    TN_TRY(calibration_cross_fit(&set, &estimates, err));
    TN_TRY(calibration_fit(&set, calibration, err));
    TN_TRY(reliability_measure(numbers, scores, EXAMPLES / 2, &reliability, err));
    return reliability_plot_save(c->diagram, &plot, err);
}

static enum tn_status run_calibration(void *context, struct tn_error *err)
{
    const struct centres_options options = {.count = 0};
    struct calibrating *c = context;
    const struct data_corpus corpus = {.photos = c->photos, .photo_count = EXAMPLES};
    const struct data_source group = {
        .corpus = &corpus, .features = &c->features, .input = {.scale = 1}};
    struct calibration calibration;
    struct image image;
    enum tn_status status;

    TN_TRY(empty_picture_draw(6, 1, &image, err)); /* a screen of text */
    image_finish(&image);
    TN_TRY(calibration_begin(&group, &group, &options, NULL, &calibration, err));
    status = fit_and_draw(c, &calibration, err);
    calibration_finish(&calibration);
    return status;
}

static void check_calibration(void *context, enum tn_status status)
{
    const struct calibrating *c = context;

    ck_assert_int_eq(access(c->diagram, R_OK) == 0, status == TN_OK);
    unlink(c->diagram);
}

START_TEST(a_calibration_is_made_or_not)
{
    const struct oom_operation calibrate = {"calibrate", run_calibration, check_calibration};
    uint16_t values[EXAMPLES * FEATURES];
    struct calibrating c = {
        .features = {.photos = EXAMPLES, .views = 1, .width = FEATURES, .values = values}};

    c.features.rows = c.photos;
    for (size_t i = 0; i < EXAMPLES * FEATURES; i++)
        values[i] = (uint16_t)(0x3C00 + i * i % 7 * 64);
    for (size_t i = 0; i < EXAMPLES; i++) {
        c.photos[i] = i;
        c.examples[i] = (struct calibration_example){{(double)i, 1, 0, -1}, 0.5};
    }
    c.diagram = in_folder("diagram.png");
    oom_try(&calibrate, &c);
}
END_TEST

/* ---- A consensus ---- */

enum { AGREED = CONSENSUS_FEWEST_PHOTOS };

struct agreeing {
    struct data_source source;
    struct consensus_fit fit;
};

static enum tn_status run_agree(void *context, struct tn_error *err)
{
    const struct consensus_fit_options options = {.directions = 3, .landmarks = 5, .seen = 1};
    struct agreeing *a = context;

    return consensus_fit(&a->source, &options, NULL, &a->fit, err);
}

static void check_agree(void *context, enum tn_status status)
{
    struct agreeing *a = context;

    ck_assert_uint_eq(a->fit.consensus.photos.rows, status == TN_OK ? AGREED : 0);
    consensus_fit_finish(&a->fit);
    a->fit = (struct consensus_fit){.directions = NULL};
}

/* Each photo has a caption of one word. */
START_TEST(a_consensus_is_fitted_or_not)
{
    const struct oom_operation agree = {"consensus", run_agree, check_agree};
    size_t numbers[AGREED + 1];
    int ids[AGREED];
    uint16_t values[AGREED * FEATURES];
    const struct data_corpus corpus = {.photos = numbers,
                                       .firsts = numbers,
                                       .photo_count = AGREED,
                                       .starts = numbers,
                                       .caption_count = AGREED,
                                       .ids = ids,
                                       .token_count = AGREED};
    const struct data_features features = {
        .photos = AGREED, .views = 1, .width = FEATURES, .rows = numbers, .values = values};
    struct agreeing a = {.source = {&corpus, &features, {.scale = 1}, 1}};

    for (size_t i = 0; i < AGREED * FEATURES; i++)
        values[i] = (uint16_t)(0x3C00 + i * i % 7 * 64);
    for (size_t i = 0; i < AGREED; i++)
        ids[i] = VOCAB_FIRST_WORD + (int)(i % 4);
    for (size_t i = 0; i <= AGREED; i++)
        numbers[i] = i;
    ck_assert_uint_ge(oom_try(&agree, &a), 20);
}
END_TEST

/* ---- Keywords ---- */

enum { ASKED = 4 };

struct keywording {
    struct data_source source;
    struct consensus consensus;
    struct vocab *vocab;
    struct keyword_examples examples;
};

static enum tn_status make_examples(struct keywording *k, const struct keywords *keywords,
                                    struct tn_error *err)
{
    double probabilities[2 * ASKED];
    float weights[KEYWORDS_WEIGHTS];

    TN_TRY(keyword_examples_make(keywords, &k->consensus, &k->source, NULL, &k->examples, err));
    TN_TRY(keyword_cross_fit(&k->examples, probabilities, err));
    return keyword_fit(&k->examples, weights, err);
}

static enum tn_status run_keywords(void *context, struct tn_error *err)
{
    struct keywording *k = context;
    struct keywords *keywords;
    enum tn_status status;

    TN_TRY(keywords_create("en", k->vocab, &k->consensus, NULL, &keywords, err));
    status = make_examples(k, keywords, err);
    keywords_destroy(keywords);
    return status;
}

static void check_keywords(void *context, enum tn_status status)
{
    struct keywording *k = context;

    ck_assert(status != TN_OK || k->examples.photos == ASKED);
    keyword_examples_finish(&k->examples);
}

/* Two photos are known, of a dog and of a cat; others are said to be of one of them. */
START_TEST(keywords_are_fitted_or_not)
{
    static const signed char rows[2 * FEATURES] = {1, 2};
    static const float numbers[] = {0.5F, 0.5F};
    static const int64_t keys[] = {0x0004000000000000, 0x0005000000000000};
    static const int32_t starts[] = {0, 1, 2};
    static const unsigned char postings[] = {0, 0, 255, 1, 0, 255};
    static char text[] = "dog\0cat";
    static size_t rising[] = {0, 1, 2, 3, 4}, words[] = {0, 4, 4, 0};
    static uint16_t values[ASKED * FEATURES];
    const struct oom_operation fit = {"keywords", run_keywords, check_keywords};
    const struct data_corpus corpus = {.photos = rising,
                                       .firsts = rising,
                                       .photo_count = ASKED,
                                       .starts = rising,
                                       .caption_count = ASKED,
                                       .words = words,
                                       .text = text};
    const struct data_features features = {
        .photos = ASKED, .views = 1, .width = FEATURES, .rows = rising, .values = values};
    struct keywording k = {.source = {&corpus, &features, {.scale = 1}, 1},
                           .consensus = {.directions = {TN_I8, 2, FEATURES, rows, numbers},
                                         .offsets = numbers,
                                         .photos = {TN_I8, 2, 2, rows, numbers},
                                         .shares = numbers,
                                         .grams = 2,
                                         .keys = keys,
                                         .starts = starts,
                                         .postings = postings}};

    ck_assert_int_eq(vocab_parse("dog\ncat\n", 8, &k.vocab, NULL), TN_OK);
    ck_assert_uint_ge(oom_try(&fit, &k), 20);
    vocab_destroy(k.vocab);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_train");
    TCase *sets_case = tcase_create("data sets"), *training = tcase_create("training");

    tcase_add_checked_fixture(sets_case, make_folder, remove_folder);
    tcase_add_loop_test(sets_case, a_data_set_is_read_or_not, 0, sizeof sets / sizeof sets[0]);
#ifdef TEST_TAR
    tcase_add_test(sets_case, a_tar_is_read_or_not);
#endif
    tcase_add_test(sets_case, a_data_set_is_appended_or_not);
    tcase_add_test(sets_case, photos_are_imagined_or_not);
    tcase_add_test(sets_case, features_are_made_of_all_photos_or_of_none);
    tcase_add_test(sets_case, pixels_and_a_teacher_are_read_or_not);
    tcase_add_test(sets_case, a_file_of_pool5_grows_or_stays);
    tcase_add_test(sets_case, a_calibration_is_made_or_not);
    tcase_add_test(sets_case, a_consensus_is_fitted_or_not);
    tcase_add_test(sets_case, keywords_are_fitted_or_not);
    suite_add_tcase(suite, sets_case);
    tcase_add_checked_fixture(training, make_world, end_world);
    tcase_add_test(training, a_corpus_is_made_or_not);
    tcase_add_test(training, a_training_goes_on_from_its_last_checkpoint);
    tcase_add_test(training, so_does_one_of_the_encoder_too);
    tcase_add_test(training, a_curve_is_drawn_or_not);
    suite_add_tcase(suite, training);
    return suite;
}
