/* SPDX-License-Identifier: MIT */
/* The server's engine: many requests at once get what each would get alone. */
#include "app/serve/engine.h"
#include "app/serve/voices.h"

#include "tests/support/folder.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "base/rng.h"
#include "image/image.h"
#include "vocab/vocab.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { WORDS = 5, VOCABULARY = VOCAB_FIRST_WORD + WORDS, SIDE = 64, PHOTOS = 4, JOBS = 24 };

static char folder[TEST_FOLDER_SIZE], path[128], base_path[128];
static const char words[] = "a\ndog\nruns\n's\nhome\n", others[] = "un\nchien\ncourt\nvers\ntoi\n";
static char *files[PHOTOS + 1]; /* JPEG, and what is none */
static size_t sizes[PHOTOS + 1];

static void make_photo(size_t photo)
{
    static unsigned char pixels[SIDE * SIDE * 3];
    const struct image image = {SIDE, SIDE, pixels};
    FILE *stream = open_memstream(&files[photo], &sizes[photo]);
    struct tn_rng rng;

    tn_rng_init(&rng, photo);
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (unsigned char)((tn_rng_next(&rng) >> 56) & (0xFF >> photo));
    ck_assert_int_eq(image_write_jpeg(&image, 90, stream, NULL), TN_OK);
    fclose(stream);
}

/* The model speaks a second language, too. */
static void add_language(void)
{
    struct tiny_model tiny;
    struct model_save save = {.language = "zh", .storage = MODEL_INT8};
    struct decoder *decoder; /* the same with the other language's names */
    struct tn_file *base;
    struct vocab *vocab;

    tiny_model_init(&tiny, "lstm", 1, VOCABULARY, 4096, 77);
    ck_assert_int_eq(tn_file_open(base_path, &base, NULL), TN_OK);
    ck_assert_int_eq(vocab_parse(others, strlen(others), &vocab, NULL), TN_OK);
    ck_assert_int_eq(decoder_create(decoder_config(tiny.decoder), "decoder.zh.", &decoder, NULL),
                     TN_OK);
    save.input = tiny.input;
    save.config = decoder_config(tiny.decoder);
    save.layout = decoder_layout(decoder);
    save.theta = tiny.theta;
    save.base = base;
    save.vocab = vocab;
    ck_assert_int_eq(model_save(path, &save, NULL), TN_OK);
    vocab_destroy(vocab);
    tn_file_close(base);
    decoder_destroy(decoder);
    tiny_model_finish(&tiny);
}

static void set_up(void)
{
    test_folder_make(folder);
    snprintf(base_path, sizeof base_path, "%s/base.safetensors", folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    tiny_model_save(base_path, words, VOCABULARY);
    add_language();
    for (size_t i = 0; i < PHOTOS; i++)
        make_photo(i);
    files[PHOTOS] = strdup("no photo");
    sizes[PHOTOS] = strlen(files[PHOTOS]);
}

static void tear_down(void)
{
    for (size_t i = 0; i <= PHOTOS; i++)
        free(files[i]);
    test_folder_remove(folder);
}

/* ---- Jobs ---- */

/* An engine, and how many jobs it has answered. */
struct fixture {
    struct serve_voices *voices;
    struct serve_engine *engine;
    pthread_mutex_t mutex;
    pthread_cond_t all;
    size_t answered, batches, photos;
};

struct job {
    struct serve_job base; /* the head */
    struct fixture *fixture;
    size_t first, count; /* photos */
    size_t voice;
    struct captioner_writing writing;
};

static void on_batch(void *context, size_t photos)
{
    struct fixture *fixture = context;

    pthread_mutex_lock(&fixture->mutex);
    fixture->batches++;
    fixture->photos += photos;
    pthread_mutex_unlock(&fixture->mutex);
}

static void read_job(struct serve_job *base)
{
    struct job *job = (struct job *)base;

    base->call.voice = &job->fixture->voices->items[job->voice];
    base->call.writing = job->writing;
    base->call.photo_count = job->count;
    for (size_t i = 0; i < job->count; i++) {
        const size_t photo = (job->first + i) % (PHOTOS + 1);
        struct serve_photo *to = &base->call.photos[i];

        to->bytes = to->owned = malloc(sizes[photo]);
        to->size = sizes[photo];
        memcpy(to->owned, files[photo], sizes[photo]);
    }
}

static void answer_job(struct serve_job *base)
{
    struct fixture *fixture = ((struct job *)base)->fixture;

    pthread_mutex_lock(&fixture->mutex);
    fixture->answered++;
    pthread_cond_signal(&fixture->all);
    pthread_mutex_unlock(&fixture->mutex);
}

static void begin(struct fixture *fixture, size_t threads)
{
    const char *const paths[] = {path};
    struct serve_engine_options options = {
        .threads = threads, .on_batch = on_batch, .context = fixture};
    struct tn_error err;

    *fixture = (struct fixture){.engine = NULL};
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->all, NULL);
    ck_assert_int_eq(serve_voices_load(paths, 1, NULL, threads, &fixture->voices, &err), TN_OK);
    options.voices = fixture->voices;
    ck_assert_int_eq(serve_engine_create(&options, &fixture->engine, &err), TN_OK);
}

static void submit(struct fixture *fixture, struct job *job)
{
    job->fixture = fixture;
    job->base.read = read_job;
    job->base.answer = answer_job;
    serve_engine_submit(fixture->engine, &job->base);
}

static void wait_for(struct fixture *fixture, size_t jobs)
{
    pthread_mutex_lock(&fixture->mutex);
    while (fixture->answered < jobs)
        pthread_cond_wait(&fixture->all, &fixture->mutex);
    pthread_mutex_unlock(&fixture->mutex);
}

static void end(struct fixture *fixture)
{
    serve_engine_destroy(fixture->engine);
    serve_voices_destroy(fixture->voices);
    pthread_cond_destroy(&fixture->all);
    pthread_mutex_destroy(&fixture->mutex);
}

/* The photo has the captions that it gets alone. */
static void expect_own(struct captioner *const *captioners, const struct job *job, size_t photo)
{
    const size_t file = (job->first + photo) % (PHOTOS + 1);
    const struct serve_photo *got = &job->base.call.photos[photo];
    const struct captioner_photo alone = {.bytes = files[file], .size = sizes[file]};
    struct captioner_result *expected;

    ck_assert_ptr_null(got->owned);
    if (file == PHOTOS) {
        ck_assert_ptr_null(got->result);
        ck_assert_str_ne(got->error.text, "");
        return;
    }
    ck_assert_ptr_nonnull(got->result);
    ck_assert_int_eq(
        captioner_caption(captioners[job->voice], &alone, &job->writing, &expected, NULL),
        CAPTIONER_OK);
    ck_assert_uint_eq(got->result->count, expected->count);
    for (size_t i = 0; i < expected->count; i++) {
        ck_assert_str_eq(got->result->captions[i].text, expected->captions[i].text);
        ck_assert(got->result->captions[i].log_prob == expected->captions[i].log_prob);
    }
    captioner_result_destroy(expected);
}

static struct captioner *load(const char *language)
{
    const struct captioner_options options = {.language = language};
    struct captioner *captioner;

    ck_assert_int_eq(captioner_load(path, &options, &captioner, NULL), CAPTIONER_OK);
    return captioner;
}

static void expect_all(const struct job *jobs, size_t count)
{
    struct captioner *captioners[] = {load("en"), load("zh")};

    for (size_t i = 0; i < count; i++)
        for (size_t photo = 0; photo < jobs[i].count; photo++) {
            expect_own(captioners, &jobs[i], photo);
            captioner_result_destroy(jobs[i].base.call.photos[photo].result);
        }
    captioner_destroy(captioners[0]);
    captioner_destroy(captioners[1]);
}

/* ---- Tests ---- */

START_TEST(test_each_gets_its_own)
{
    struct job *jobs = calloc(JOBS, sizeof *jobs);
    struct fixture fixture;

    begin(&fixture, 3);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i].writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
        jobs[i].writing.best = 1 + i % 2;
        jobs[i].writing.max_words = i % 7 == 0 ? 2 : CAPTIONER_USUAL_WORDS;
        jobs[i].writing.sample = i % 10 == 3;
        jobs[i].writing.seed = i;
        jobs[i].first = i;
        jobs[i].voice = i % 4 == 1;
        jobs[i].count = jobs[i].writing.sample ? i % 2 : i % 6; /* one of none now and then */
        submit(&fixture, &jobs[i]);
    }
    wait_for(&fixture, JOBS);
    expect_all(jobs, JOBS);
    end(&fixture);
    free(jobs);
}
END_TEST

/* While the first photo is captioned, the others are decoded and wait. */
START_TEST(test_photos_share_batches)
{
    enum { FEW = 3 };
    struct job *jobs = calloc(FEW, sizeof *jobs);
    struct fixture fixture;

    begin(&fixture, 2);
    for (size_t i = 0; i < FEW; i++) {
        jobs[i].writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
        jobs[i].count = SERVE_MOST_PHOTOS;
        submit(&fixture, &jobs[i]);
    }
    wait_for(&fixture, FEW);
    for (size_t i = 0; i < FEW; i++)
        for (size_t photo = 0; photo < SERVE_MOST_PHOTOS; photo++)
            captioner_result_destroy(jobs[i].base.call.photos[photo].result);
    ck_assert_uint_gt(fixture.photos, 2 * fixture.batches);
    end(&fixture);
    free(jobs);
}
END_TEST

/* One that is decoded progressively takes its coefficients' memory. */
static unsigned char *make_large(unsigned long *size)
{
    enum { LARGE = 7000 };
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL, *row = calloc(1, LARGE);

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, size);
    jpeg.image_width = jpeg.image_height = LARGE;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < LARGE)
        jpeg_write_scanlines(&jpeg, &row, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    return bytes;
}

static void read_large(struct serve_job *base)
{
    struct job *job = (struct job *)base;

    base->call.voice = job->fixture->voices->items;
    base->call.writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
    base->call.photo_count = job->count;
    for (size_t i = 0; i < job->count; i++)
        base->call.photos[i] =
            (struct serve_photo){.bytes = files[PHOTOS - 1], .size = sizes[PHOTOS - 1]};
}

START_TEST(test_large_photos_have_their_turn)
{
    struct job job = {.count = 3}, small = {.count = 4};
    struct fixture fixture;
    unsigned long size = 0;

    free(files[PHOTOS - 1]);
    files[PHOTOS - 1] = (char *)make_large(&size);
    sizes[PHOTOS - 1] = size;
    begin(&fixture, 3);
    job.fixture = &fixture;
    job.base.read = read_large;
    job.base.answer = answer_job;
    serve_engine_submit(fixture.engine, &job.base);
    small.writing = (struct captioner_writing)CAPTIONER_WRITING_DEFAULT;
    small.first = PHOTOS; /* the broken one, and those before the large one */
    submit(&fixture, &small);
    wait_for(&fixture, 2);
    for (size_t i = 0; i < job.count; i++) {
        ck_assert_ptr_nonnull(job.base.call.photos[i].result);
        captioner_result_destroy(job.base.call.photos[i].result);
    }
    expect_all(&small, 1);
    end(&fixture);
}
END_TEST

START_TEST(test_voices)
{
    const char *const twice[] = {path, path}, *const missing[] = {"/nowhere.safetensors"};
    const struct serve_voice *voice;
    struct serve_voices *voices;
    struct tn_error err;

    ck_assert_int_eq(serve_voices_load(twice, 2, NULL, 1, &voices, &err), TN_RANGE);
    ck_assert_int_eq(serve_voices_load(missing, 1, NULL, 1, &voices, &err), TN_NOTFOUND);
    ck_assert_int_eq(serve_voices_load(twice, 1, NULL, 1, &voices, &err), TN_OK);
    ck_assert_uint_eq(voices->count, 2);
    ck_assert_str_eq(voices->items[0].name, "model");
    ck_assert_str_eq(voices->items[0].language, "en");
    ck_assert_str_eq(voices->items[1].name, "model");
    ck_assert_int_eq(serve_voice_find(voices, NULL, "en", &voice, &err), TN_OK);
    ck_assert_int_eq(serve_voice_find(voices, "model", NULL, &voice, &err), TN_OK);
    ck_assert_ptr_eq(voice, voices->items);
    ck_assert_int_eq(serve_voice_find(voices, "model", "zh", &voice, &err), TN_OK);
    ck_assert_ptr_eq(voice, voices->items + 1);
    ck_assert_int_eq(serve_voice_find(voices, "model", "fr", &voice, &err), TN_NOTFOUND);
    ck_assert_str_eq(err.text, "no model model in fr; there are model (en), model (zh)");
    serve_voices_destroy(voices);
}
END_TEST

START_TEST(test_the_usual_language)
{
    const char *const paths[] = {path};
    struct serve_voices *voices;
    struct captioner *captioner;
    struct tn_error err;

    ck_assert_int_eq(serve_voices_load(paths, 1, "fr", 1, &voices, &err), TN_NOTFOUND);
    ck_assert_int_eq(serve_voices_load(paths, 1, "zh", 1, &voices, &err), TN_OK);
    for (size_t i = 0; i < 2; i++) {
        const struct serve_voice *voice = &voices->items[i];

        ck_assert_str_eq(voice->language, i == 0 ? "zh" : "en");
        ck_assert_int_eq(serve_voice_captioner(voices, voice, &captioner, NULL), CAPTIONER_OK);
        ck_assert_str_eq(captioner_language(captioner), voice->language);
    }
    serve_voices_destroy(voices);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *tests = tcase_create("engine");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_each_gets_its_own);
    tcase_add_test(tests, test_photos_share_batches);
    tcase_add_test(tests, test_large_photos_have_their_turn);
    tcase_add_test(tests, test_voices);
    tcase_add_test(tests, test_the_usual_language);
    suite_add_tcase(suite, tests);
    return suite;
}
