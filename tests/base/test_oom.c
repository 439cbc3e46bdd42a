/* SPDX-License-Identifier: MIT */
/* Memory runs out in the runtime, in the vocabulary, in the metrics and while photos are decoded.
 */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"

#include "base/arena.h"
#include "base/pool.h"
#include "image/image.h"
#include "metrics/metrics.h"
#include "tensor/safetensors.h"
#include "vocab/subwords.h"
#include "vocab/text_column.h"
#include "vocab/tokenize.h"
#include "vocab/vocab.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE], path[128];

static void make_folder(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/file", folder);
}

static void remove_folder(void)
{
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0); /* fails when a temporary file was left */
}

/* ---- The runtime ---- */

static enum tn_status run_layout(void *context, struct tn_error *err)
{
    const size_t dims[] = {3, 2};
    struct tn_layout *layout = context;
    struct tn_span span;

    for (int i = 0; i < 40; i++) {
        char name[24];

        snprintf(name, sizeof name, "tensor%d", i);
        TN_TRY(tn_layout_add(layout, name, 2, dims, &span, err));
    }
    return TN_OK;
}

static void check_layout(void *context, enum tn_status status)
{
    struct tn_layout *layout = context;

    ck_assert(status != TN_OK || layout->count == 40);
    for (size_t i = 0; i < layout->count; i++)
        ck_assert_uint_eq(layout->parameters[i].span.offset, 16 * i);
    tn_layout_finish(layout);
    *layout = (struct tn_layout){0};
}

static enum tn_status run_arena(void *context, struct tn_error *err)
{
    struct tn_arena *arena = context;

    tn_arena_measure(arena);
    tn_arena_floats(arena, 100);
    TN_TRY(tn_arena_reserve(arena, err));
    tn_arena_floats(arena, 100)[99] = 1;
    return TN_OK;
}

static void check_arena(void *context, enum tn_status status)
{
    (void)status;
    tn_arena_finish(context);
}

static void count_task(void *context, size_t index, size_t thread)
{
    (void)thread;
    ((unsigned char *)context)[index] = 1;
}

static enum tn_status run_pool(void *context, struct tn_error *err)
{
    struct tn_pool **pool = context;

    return tn_pool_create(3, pool, err);
}

static void check_pool(void *context, enum tn_status status)
{
    struct tn_pool **pool = context;
    unsigned char done[50] = {0};

    ck_assert((*pool != NULL) == (status == TN_OK));
    tn_pool_run(*pool, sizeof done, count_task, done);
    ck_assert_ptr_null(memchr(done, 0, sizeof done));
    tn_pool_destroy(*pool);
    *pool = NULL;
}

START_TEST(the_runtime_survives)
{
    const struct oom_operation layout_of_40 = {"layout", run_layout, check_layout};
    const struct oom_operation arena_of_100 = {"arena", run_arena, check_arena};
    const struct oom_operation pool_of_3 = {"pool", run_pool, check_pool};
    struct tn_layout layout = {0};
    struct tn_arena arena = {0};
    struct tn_pool *pool = NULL;

    oom_try(&layout_of_40, &layout);
    oom_try(&arena_of_100, &arena);
    ck_assert_uint_ge(oom_try(&pool_of_3, &pool), 4);
}
END_TEST

/* ---- A safetensors file ---- */

static const float numbers[] = {1, 2, 3};

static enum tn_status save(const char *value, struct tn_error *err)
{
    const struct tn_metadata metadata = {"key", value};
    const struct tn_tensor tensors[] = {
        {"bytes", TN_U8, 1, {5}, "hello", 5}, /* the next one is not aligned, so it is copied */
        {"numbers", TN_F32, 1, {3}, numbers, sizeof numbers}};

    return tn_file_save(path, tensors, 2, &metadata, 1, err);
}

static enum tn_status run_save(void *context, struct tn_error *err)
{
    (void)context;
    return save("new", err);
}

static void check_saved(void *context, enum tn_status status)
{
    struct tn_file *file;

    (void)context;
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_str_eq(tn_file_metadata(file, "key"), status == TN_OK ? "new" : "old");
    ck_assert_uint_eq(tn_file_count(file), 2);
    tn_file_close(file);
    ck_assert_int_eq(save("old", NULL), TN_OK);
}

static enum tn_status run_open(void *context, struct tn_error *err)
{
    return tn_file_open(path, context, err);
}

static void check_open(void *context, enum tn_status status)
{
    struct tn_file **file = context;
    float read[3];

    ck_assert((*file != NULL) == (status == TN_OK));
    if (*file) {
        ck_assert_int_eq(tn_file_read_floats(*file, "numbers", 3, read, NULL), TN_OK);
        ck_assert_mem_eq(read, numbers, sizeof numbers);
    }
    tn_file_close(*file);
    *file = NULL;
}

START_TEST(a_file_is_read_and_written_or_stays_as_it_was)
{
    const struct oom_operation saving = {"save", run_save, check_saved};
    const struct oom_operation opening = {"open", run_open, check_open};
    struct tn_file *file = NULL;

    ck_assert_int_eq(save("old", NULL), TN_OK);
    oom_try(&saving, NULL);
    oom_try(&opening, &file);
}
END_TEST

/* ---- Words ---- */

static const char sentence[] = "A man's \"dog\" can't swim in the U.S.A., 1,000 of them do";

static enum tn_status run_tokenize(void *context, struct tn_error *err)
{
    return vocab_tokenize(VOCAB_ENGLISH, sentence, strlen(sentence), context, err);
}

static void check_tokenize(void *context, enum tn_status status)
{
    struct vocab_tokens *tokens = context;

    ck_assert_uint_eq(tokens->count, status == TN_OK ? 14 : 0);
    vocab_tokens_finish(tokens);
}

static enum tn_status count_and_build(struct vocab_builder *builder, struct vocab **ret_vocab,
                                      struct tn_error *err)
{
    for (int i = 0; i < 300; i++) {
        char word[16];

        snprintf(word, sizeof word, "word%d", i % 100);
        TN_TRY(vocab_builder_add(builder, word, strlen(word), err));
    }
    return vocab_builder_build(builder, 3, 0, ret_vocab, err);
}

static enum tn_status run_build(void *context, struct tn_error *err)
{
    struct vocab_builder *builder;
    enum tn_status status;

    TN_TRY(vocab_builder_create(&builder, err));
    status = count_and_build(builder, context, err);
    vocab_builder_destroy(builder);
    return status;
}

static enum tn_status run_parse(void *context, struct tn_error *err)
{
    static const char words[] = "a\ndog\nin\nth\\\\e\ngrass\n";

    return vocab_parse(words, strlen(words), context, err);
}

static enum tn_status count_and_learn(struct vocab_builder *builder, struct vocab **ret_vocab,
                                      struct tn_error *err)
{
    TN_TRY(text_count(builder, VOCAB_SUBWORDS, sentence, strlen(sentence), err));
    return subwords_learn(builder, NULL, 1, 300, ret_vocab, err);
}

static enum tn_status run_learn(void *context, struct tn_error *err)
{
    struct vocab_builder *builder;
    enum tn_status status;

    TN_TRY(vocab_builder_create(&builder, err));
    status = count_and_learn(builder, context, err);
    vocab_builder_destroy(builder);
    return status;
}

static void check_vocab(void *context, enum tn_status status)
{
    struct vocab **vocab = context;

    ck_assert((*vocab != NULL) == (status == TN_OK));
    if (*vocab)
        ck_assert_uint_ge(vocab_count(*vocab), VOCAB_FIRST_WORD + 5);
    vocab_destroy(*vocab);
    *vocab = NULL;
}

START_TEST(words_are_cut_and_counted_or_not_at_all)
{
    const struct oom_operation tokenize = {"tokenize", run_tokenize, check_tokenize};
    const struct oom_operation build = {"build", run_build, check_vocab};
    const struct oom_operation learn = {"learn", run_learn, check_vocab};
    const struct oom_operation parse = {"parse", run_parse, check_vocab};
    struct vocab_tokens tokens = {0};
    struct vocab *vocab = NULL;

    oom_try(&tokenize, &tokens);
    oom_try(&build, &vocab);
    oom_try(&learn, &vocab);
    oom_try(&parse, &vocab);
}
END_TEST

/* ---- Scores ---- */

struct scoring {
    struct metric_scores scores;
    double rouge, cider, content;
};

static enum tn_status run_score(void *context, struct tn_error *err)
{
    static const char *const words[] = {"a", "dog", "runs", "home"};
    const struct metric_sentence references[] = {{words, 4}, {words + 1, 3}};
    const struct metric_item item = {{words, 3}, references, 2};
    struct scoring *scoring = context;

    const struct metric_each each = {&scoring->rouge, &scoring->cider, &scoring->content};

    return metric_score(&item, 1, &scoring->scores, &each, err);
}

static void check_score(void *context, enum tn_status status)
{
    struct scoring *scoring = context;

    if (status != TN_OK) {
        ck_assert_double_eq(scoring->scores.bleu[0], -1);
        ck_assert_double_eq(scoring->rouge, -1);
        ck_assert_double_eq(scoring->cider, -1);
        ck_assert_double_eq(scoring->content, -1);
    } else {
        ck_assert_double_gt(scoring->scores.bleu[0], 0.9);
    }
    *scoring = (struct scoring){{{-1}, -1, -1, -1, true, -1}, -1, -1, -1};
}

START_TEST(scores_are_given_or_untouched)
{
    const struct oom_operation score = {"score", run_score, check_score};
    struct scoring scoring = {{{-1}, -1, -1, -1, true, -1}, -1, -1, -1};

    oom_try(&score, &scoring);
}
END_TEST

/* ---- Photos ---- */

struct decoding {
    char path[512];
    struct image image;
    unsigned char resized[16 * 16 * 3];
};

static enum tn_status run_decode(void *context, struct tn_error *err)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct decoding *decoding = context;

    TN_TRY(image_load(decoding->path, &options, &decoding->image, err));
    return image_resize(&decoding->image, 16, 16, decoding->resized, err);
}

static void check_decode(void *context, enum tn_status status)
{
    struct decoding *decoding = context;

    if (status == TN_OK)
        ck_assert_uint_gt(decoding->image.width, 0);
    image_finish(&decoding->image);
}

static int is_photo(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

START_TEST(photos_of_every_format_are_decoded_or_not)
{
    const char *data = getenv("TEST_DATA");
    struct dirent **entries;
    struct decoding decoding = {.image = {.rgb = NULL}};
    char photos[256];
    int count, decoded = 0;

    snprintf(photos, sizeof photos, "%s/images", data);
    count = scandir(photos, &entries, is_photo, alphasort);
    ck_assert_int_gt(count, 40);
    for (int i = 0; i < count; i++) {
        const struct oom_operation decode = {entries[i]->d_name, run_decode, check_decode};
        enum tn_status status;

        snprintf(decoding.path, sizeof decoding.path, "%s/%s", photos, entries[i]->d_name);
        status = run_decode(&decoding, NULL);
        image_finish(&decoding.image);
        if (status == TN_OK) { /* some formats may not be built in */
            oom_try(&decode, &decoding);
            decoded++;
        }
        free(entries[i]);
    }
    free(entries);
    ck_assert_int_gt(decoded, 30);
}
END_TEST

static enum tn_status run_png(void *context, struct tn_error *err)
{
    const struct image image = {2, 2, context};

    return image_save_png(&image, path, err);
}

static void check_png(void *context, enum tn_status status)
{
    FILE *file = fopen(path, "rb");

    (void)context;
    ck_assert((file != NULL) == (status == TN_OK));
    if (file)
        fclose(file);
    unlink(path);
}

START_TEST(a_png_is_written_whole_or_not_at_all)
{
    const struct oom_operation save = {"PNG", run_png, check_png};
    unsigned char rgb[12] = {0};

    oom_try(&save, rgb);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom");
    TCase *cases = tcase_create("oom");

    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, the_runtime_survives);
    tcase_add_test(cases, a_file_is_read_and_written_or_stays_as_it_was);
    tcase_add_test(cases, words_are_cut_and_counted_or_not_at_all);
    tcase_add_test(cases, scores_are_given_or_untouched);
    tcase_add_test(cases, photos_of_every_format_are_decoded_or_not);
    tcase_add_test(cases, a_png_is_written_whole_or_not_at_all);
    suite_add_tcase(suite, cases);
    return suite;
}
