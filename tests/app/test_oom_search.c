/* SPDX-License-Identifier: MIT */
/* Memory runs out while photos are put into an index and found in it. */
#include "tests/support/folder.h"
#include "tests/support/oom.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "app/search/find.h"
#include "app/search/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char words[] = "a\ndog\nruns\nin\nhome\n";
enum { VOCABULARY = VOCAB_FIRST_WORD + 5, FEATURES = 4096, PHOTOS = 3, DIRECTIONS = 2 };

static char folder[TEST_FOLDER_SIZE], model_path[128];
static struct captioner *captioner;
static float *features; /* [PHOTOS][FEATURES]; the last two are the same */

/* A consensus that has seen a dog in the first of two photos. */
static const signed char rows[DIRECTIONS * FEATURES] = {1, -2, 3};
static const float scales[DIRECTIONS] = {1, 0.5F};
static const int64_t keys[] = {0x0005000000000000};
static const int32_t starts[] = {0, 1};
static const unsigned char postings[CONSENSUS_POSTING_BYTES] = {1, 0, 255};
static const struct consensus sample = {.directions = {TN_I8, DIRECTIONS, FEATURES, rows, scales},
                                        .offsets = scales,
                                        .photos = {TN_I8, DIRECTIONS, DIRECTIONS, rows, scales},
                                        .shares = scales,
                                        .grams = 1,
                                        .keys = keys,
                                        .starts = starts,
                                        .postings = postings};

static void set_up(void)
{
    struct tn_file *file;

    test_folder_make(folder);
    snprintf(model_path, sizeof model_path, "%s/model.safetensors", folder);
    tiny_model_save(model_path, words, VOCABULARY);
    ck_assert_int_eq(tn_file_open(model_path, &file, NULL), TN_OK);
    ck_assert_int_eq(consensus_save(model_path, file, "en", &sample, "new", NULL), TN_OK);
    tn_file_close(file);
    ck_assert_int_eq(captioner_load(model_path, NULL, &captioner, NULL), CAPTIONER_OK);
    features = tiny_features(PHOTOS, FEATURES, 3);
    memcpy(features + (PHOTOS - 1) * FEATURES, features + (PHOTOS - 2) * FEATURES,
           FEATURES * sizeof *features);
}

static void tear_down(void)
{
    free(features);
    captioner_destroy(captioner);
    test_folder_remove(folder);
}

static enum tn_status put_photos(struct app_index *index, struct tn_error *err)
{
    static const struct captioner_caption caption = {.text = "a dog runs", .confidence = 0.5};
    static const struct captioner_keyword keyword = {"dog", 0.75};
    static const struct captioner_result result = {
        .count = 1, .captions = &caption, .keyword_count = 1, .keywords = &keyword};
    static const char *const paths[PHOTOS] = {"one.jpg", "two.jpg", "below/three.jpg"};

    TN_TRY(app_db_begin(index->db, err));
    for (size_t i = 0; i < PHOTOS; i++) {
        const struct app_index_file file = {.path = paths[i], .size = 7, .kind = APP_INDEX_PHOTO};
        const struct app_entry entry = {
            .path = paths[i], .result = &result, .features = features + i * FEATURES};

        TN_TRY(app_index_describe(index, &file, &entry, captioner, err));
    }
    TN_TRY(app_db_commit(index->db, err));
    return app_index_count(index, err);
}

/* What a search finds, in this order; finished by the caller. */
struct finds {
    struct app_index index;
    struct app_query *query;
    struct app_found_list words, like, duplicates;
    size_t *groups;
};

static enum tn_status find(struct finds *f, struct tn_error *err)
{
    TN_TRY(app_index_open(&f->index, ":memory:", folder, APP_DB_CREATE, captioner, err));
    TN_TRY(app_index_renew(&f->index, captioner, true, err));
    TN_TRY(put_photos(&f->index, err));
    TN_TRY(app_query_create(captioner, "a dog -cat \"dog runs\" zebra", &f->query, err));
    TN_TRY(app_find_words(&f->index, f->query, 2, &f->words, err));
    TN_TRY(app_find_reread(f->query, &f->words, err));
    TN_TRY(app_find_like(&f->index, captioner, features, &f->like, err));
    return app_find_duplicates(&f->index, 1, captioner, 0.99999, false, &f->duplicates, &f->groups,
                               err);
}

static enum tn_status run(void *context, struct tn_error *err)
{
    struct finds *f = context;

    *f = (struct finds){.query = NULL};
    return find(f, err);
}

static void check(void *context, enum tn_status status)
{
    struct finds *f = context;

    if (status == TN_OK) {
        ck_assert_uint_eq(f->index.photos, PHOTOS);
        ck_assert_str_eq(app_query_unknown(f->query), "a, runs, zebra");
        ck_assert_uint_eq(f->words.count, PHOTOS);
        ck_assert_uint_eq(f->like.count, PHOTOS);
        ck_assert_float_eq_tol(f->like.items[0].score, 1, 1e-5F);
        ck_assert_uint_eq(f->duplicates.count, 2);
        ck_assert_uint_eq(f->groups[0], 0);
        ck_assert_uint_eq(f->groups[1], 0);
    }
    if (f->index.db)
        app_index_close(&f->index);
    app_query_destroy(f->query);
    free(f->words.items);
    free(f->like.items);
    free(f->duplicates.items);
    free(f->groups);
}

START_TEST(photos_are_found_or_memory_is_missing)
{
    const struct oom_operation operation = {"search", run, check};
    struct finds finds;

    ck_assert_uint_gt(oom_try(&operation, &finds), 30);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("oom_search");
    TCase *cases = tcase_create("oom_search");

    tcase_add_checked_fixture(cases, set_up, tear_down); /* in its process: it has threads */
    tcase_add_test(cases, photos_are_found_or_memory_is_missing);
    suite_add_tcase(suite, cases);
    return suite;
}
