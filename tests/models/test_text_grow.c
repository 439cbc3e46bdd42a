/* SPDX-License-Identifier: MIT */
/* More words for text models of every task: what a net knows it goes on saying. */
#include "models/language_model.h"
#include "models/text_grow.h"
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char old_words[] = "a\nb\nc\nd\n", new_words[] = "a\nb\nc\nd\ne\nf\n";
static const char old_answers[] = "x\ny\n", new_answers[] = "x\ny\nz\n";

static char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16], grown[TEST_FOLDER_SIZE + 16];

static void setup(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model", folder);
    snprintf(grown, sizeof grown, "%s/grown", folder);
}

static void teardown(void)
{
    test_folder_remove(folder);
}

static struct vocab *parse(const char *words)
{
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    return vocab;
}

static bool writes(enum text_task task)
{
    return task == TEXT_LM || task == TEXT_TRANSLATE;
}

static bool has_answers(enum text_task task)
{
    return task == TEXT_CLASSIFY || task == TEXT_TRANSLATE;
}

/* Writes a model of random weights for a task; `beyond`: of a net that is not the plain one. */
static void write_model(enum text_task task, bool beyond)
{
    const struct text_config config = {
        .task = task,
        .unit = VOCAB_CHARS,
        .target_unit = VOCAB_CHARS,
        .cell = rnn_cell_find("gru"),
        .layers = 2,
        .embedding = beyond ? 6 : 5,
        .hidden = 6,
        .bidirectional = task != TEXT_LM,
        .attention = beyond && task == TEXT_TRANSLATE ? ATTENTION_ADDITIVE : ATTENTION_NONE,
        .ends = beyond && task == TEXT_LM,
        .tied = beyond && writes(task),
        .options = {.learned_start = beyond, .layer_norm = beyond}};
    struct vocab *vocab = parse(old_words);
    struct vocab *targets = has_answers(task) ? parse(old_answers) : NULL;
    struct text_save save = {.config = &config, .vocab = vocab, .targets = targets, .training = ""};
    struct tn_layout layout;
    struct tn_rng rng;
    float *theta;

    ck_assert_int_eq(text_model_layout(&config, vocab, targets, &layout, NULL), TN_OK);
    save.layout = &layout;
    save.theta = theta = calloc(layout.floats, sizeof *theta);
    tn_rng_init(&rng, 7);
    for (size_t i = 0; i < layout.count; i++)
        tn_rng_fill_uniform(&rng, theta + layout.parameters[i].span.offset,
                            layout.parameters[i].span.count, 0.5F);
    ck_assert_int_eq(text_model_save(path, &save, NULL), TN_OK);
    free(theta);
    tn_layout_finish(&layout);
    vocab_destroy(vocab);
    vocab_destroy(targets);
}

/* A model, and what it becomes. */
struct scene {
    struct text_model model;
    struct vocab *vocab, *targets;
    struct text_column first, second;
    struct tn_layout from, to;
    float *theta;
};

static void grow(struct scene *s, enum text_task task, bool beyond)
{
    static const char text[] = "abcfdeabc";
    struct text_growth growth;
    size_t floats;

    memset(s, 0, sizeof *s);
    write_model(task, beyond);
    ck_assert_int_eq(text_model_load(&s->model, path, -1, NULL), TN_OK);
    s->vocab = parse(new_words);
    s->targets = has_answers(task) ? parse(new_answers) : NULL;
    ck_assert_int_eq(text_column_add(&s->first, VOCAB_CHARS, s->vocab, text, strlen(text), 0, NULL),
                     TN_OK);
    if (s->targets)
        ck_assert_int_eq(text_column_add(&s->second, VOCAB_CHARS, s->targets, "xz", 2, 0, NULL),
                         TN_OK);
    growth = (struct text_growth){s->vocab, s->targets, &s->first, &s->second};
    ck_assert_int_eq(text_model_grow(&s->model, &growth, &s->theta, &floats, NULL), TN_OK);
    ck_assert_int_eq(
        text_model_layout(&s->model.config, s->model.vocab, s->model.targets, &s->from, NULL),
        TN_OK);
    ck_assert_int_eq(text_model_layout(&s->model.config, s->vocab, s->targets, &s->to, NULL),
                     TN_OK);
    ck_assert_uint_eq(floats, s->to.floats);
}

static void finish(struct scene *s)
{
    tn_layout_finish(&s->from);
    tn_layout_finish(&s->to);
    text_column_finish(&s->first);
    text_column_finish(&s->second);
    vocab_destroy(s->vocab);
    vocab_destroy(s->targets);
    text_model_finish(&s->model);
    free(s->theta);
}

START_TEST(weights_of_every_task_stay_and_new_rows_are_finite)
{
    const enum text_task task = (enum text_task)(_i / 2);
    const bool beyond = _i % 2 == 1;
    size_t grew = 0;
    struct scene s;

    grow(&s, task, beyond);
    for (size_t i = 0; i < s.to.count; i++) {
        const struct tn_parameter *a = &s.from.parameters[i], *b = &s.to.parameters[i];
        const struct tn_tensor *tensor = tn_file_find(s.model.file, a->name);
        float length = 0;

        ck_assert_ptr_nonnull(tensor);
        ck_assert_str_eq(a->name, b->name);
        ck_assert_mem_eq(s.theta + b->span.offset, tensor->data, a->span.count * sizeof(float));
        for (size_t j = a->span.count; j < b->span.count; j++) {
            ck_assert(isfinite(s.theta[b->span.offset + j]));
            length += fabsf(s.theta[b->span.offset + j]);
        }
        ck_assert(b->span.count == a->span.count || length > 0);
        grew += b->span.count > a->span.count;
    }
    /* embedding, output, unless it is the embedding, and its bias; of a translator both embeddings
     */
    ck_assert_uint_eq(grew, 3U + (task == TEXT_TRANSLATE) - (beyond && writes(task)));
    finish(&s);
}
END_TEST

static void save_grown(const struct scene *s)
{
    const struct text_save save = {.config = &s->model.config,
                                   .vocab = s->vocab,
                                   .layout = &s->to,
                                   .theta = s->theta,
                                   .training = ""};

    ck_assert_int_eq(text_model_save(grown, &save, NULL), TN_OK);
}

/* The logits of old words are equal, and so is the order of their probabilities. */
START_TEST(known_words_keep_their_order)
{
    const struct language_model_use use = {.texts = 1, .exact = true};
    struct language_model before, after;
    struct scene s;

    grow(&s, TEXT_LM, _i == 1);
    save_grown(&s);
    ck_assert_int_eq(language_model_load(&before, path, &use, NULL), TN_OK);
    ck_assert_int_eq(language_model_load(&after, grown, &use, NULL), TN_OK);
    ck_assert_int_eq(language_model_read(&before, "abcad", 5, NULL), TN_OK);
    ck_assert_int_eq(language_model_read(&after, "abcad", 5, NULL), TN_OK);
    for (size_t id = VOCAB_FIRST_WORD; id < vocab_count(s.model.vocab); id++)
        ck_assert_float_eq_tol(after.logits[id], before.logits[id], 1e-6F);
    for (size_t id = vocab_count(s.model.vocab); id < vocab_count(s.vocab); id++)
        ck_assert(isfinite(after.logits[id]));
    language_model_finish(&before);
    language_model_finish(&after);
    finish(&s);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_grow");
    TCase *tcase = tcase_create("text_grow");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, weights_of_every_task_stay_and_new_rows_are_finite, 0,
                        2 * (TEXT_TRANSLATE + 1));
    tcase_add_loop_test(tcase, known_words_keep_their_order, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
