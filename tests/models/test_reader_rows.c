/* SPDX-License-Identifier: MIT */
/* Readers and translators at inference: near what training computes, and each text for itself. */
#include "models/reader_rows.h"
#include "models/text_reader.h"
#include "models/translator.h"
#include "tests/support/suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 37, STEPS = 11, WORDS = 20, CLASSES = 23, HIDDEN = 12, LAYERS = 2 };

/* Random texts, and a net of random weights. */
struct scene {
    struct tn_layout layout;
    struct reader reader;
    float *theta;
    struct reader_rows rows;
    int tokens[STEPS * SIZE];
    size_t lengths[SIZE], places[SIZE];
};

static struct tn_rng rng;

static size_t draw_below(size_t limit)
{
    return (size_t)(tn_rng_uniform(&rng) * (float)limit);
}

/* Of the six ways of reading, with each cell in turn. */
static void begin_scene(struct scene *s, int number)
{
    const struct reader_config config = {
        .cell = rnn_cell_at((size_t)number % rnn_cell_count()),
        .layers = LAYERS,
        .embedding = 9,
        .hidden = HIDDEN,
        .vocabulary = WORDS,
        .bidirectional = number >= 3,
        .classes = CLASSES,
        .readout = (enum reader_readout)(number % 3),
    };

    memset(s, 0, sizeof *s);
    tn_rng_init(&rng, 3);
    ck_assert_int_eq(reader_declare(&s->reader, &config, &s->layout, "text.", NULL), TN_OK);
    s->theta = malloc(s->layout.floats * sizeof *s->theta);
    tn_rng_fill_uniform(&rng, s->theta, s->layout.floats, 0.6F);
    ck_assert_int_eq(reader_rows_init(&s->rows, &s->reader, s->theta, NULL), TN_OK);
    for (size_t i = 0; i < STEPS * SIZE; i++)
        s->tokens[i] = (int)draw_below(WORDS);
    for (size_t b = 0; b < SIZE; b++) {
        s->lengths[b] = 1 + draw_below(STEPS);
        s->places[b] = draw_below(s->lengths[b]);
    }
}

static void end_scene(struct scene *s)
{
    reader_rows_finish(&s->rows);
    tn_layout_finish(&s->layout);
    free(s->theta);
}

static void read_batch(const struct scene *s, struct tn_pool *pool,
                       const struct reader_batch *batch, float *logits, float *final)
{
    struct tn_arena arena;

    tn_arena_measure(&arena);
    reader_rows_read(&s->rows, pool, batch, logits, final, NULL, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    reader_rows_read(&s->rows, pool, batch, logits, final, NULL, &arena);
    tn_arena_finish(&arena);
}

static void read_exactly(const struct scene *s, const struct reader_batch *batch, float *p,
                         float *final)
{
    struct tn_arena arena;
    const struct tn_pass pass = {.theta = s->theta, .arena = &arena};
    struct word_run run;

    tn_arena_measure(&arena);
    reader_forward(&s->reader, &pass, batch, &run);
    reader_loss(&s->reader, &pass, batch, 0, p);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    reader_forward(&s->reader, &pass, batch, &run);
    rnn_sequence_final(&s->reader.net.sequence, &run.rnn, final);
    reader_loss(&s->reader, &pass, batch, 0, p);
    tn_arena_finish(&arena);
}

START_TEST(int8_rows_read_what_training_reads)
{
    enum { MOST_STATES = LAYERS * 2 * SIZE * 2 * HIDDEN };
    static float logits[SIZE * CLASSES], p[SIZE * CLASSES], rows[MOST_STATES], exact[MOST_STATES];
    struct scene s;

    begin_scene(&s, _i);
    const struct reader_batch batch = {SIZE, STEPS, s.tokens, s.lengths, s.places, NULL};
    const size_t floats = rnn_sequence_state_floats(&s.reader.net.sequence, SIZE);

    read_batch(&s, NULL, &batch, logits, rows);
    read_exactly(&s, &batch, p, exact);
    for (size_t i = 0; i < floats; i++)
        ck_assert_float_eq_tol(rows[i], exact[i], 0.05F);
    for (size_t b = 0; b < SIZE; b++) {
        double total = 0;

        for (size_t j = 0; j < CLASSES; j++)
            total += exp((double)logits[b * CLASSES + j]);
        for (size_t j = 0; j < CLASSES; j++)
            ck_assert_double_eq_tol((double)logits[b * CLASSES + j] - log(total),
                                    log((double)p[b * CLASSES + j]), 0.1);
    }
    end_scene(&s);
}
END_TEST

START_TEST(a_text_is_read_alone_as_in_a_batch)
{
    static float together[SIZE * CLASSES], alone[CLASSES];
    struct tn_pool *pool;
    struct scene s;

    begin_scene(&s, _i);
    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    const struct reader_batch batch = {SIZE, STEPS, s.tokens, s.lengths, s.places, NULL};

    read_batch(&s, pool, &batch, together, NULL);
    for (size_t b = 0; b < SIZE; b++) {
        int text[STEPS];
        const struct reader_batch one = {1, STEPS, text, s.lengths + b, s.places + b, NULL};

        for (size_t t = 0; t < STEPS; t++)
            text[t] = s.tokens[t * SIZE + b];
        read_batch(&s, NULL, &one, alone, NULL);
        ck_assert_mem_eq(alone, together + b * CLASSES, sizeof alone);
    }
    tn_pool_destroy(pool);
    end_scene(&s);
}
END_TEST

/* ---- Many texts ---- */

enum { TEXTS = 150, LONG = 2500 };

/* Texts of which some have no token, and one is longer than any group. */
static void draw_column(struct text_column *column, size_t longest)
{
    struct vocab *vocab;
    char text[2 * LONG + 1];

    memset(column, 0, sizeof *column);
    ck_assert_int_eq(vocab_parse("a\nb\nc\nd\ne\n", 10, &vocab, NULL), TN_OK);
    for (size_t i = 0; i < TEXTS; i++) {
        const size_t words = i == 77 ? longest : draw_below(STEPS);

        for (size_t w = 0; w < words; w++) {
            text[2 * w] = (char)('a' + draw_below(5));
            text[2 * w + 1] = ' ';
        }
        ck_assert_int_eq(text_column_add(column, VOCAB_WORDS, vocab, text, 2 * words, 0, NULL),
                         TN_OK);
    }
    vocab_destroy(vocab);
}

/* The i-th text as a column of its own. */
static struct text_column only_text(const struct text_column *all, size_t i, size_t starts[2])
{
    const size_t length = text_column_length(all, i);

    starts[0] = 0;
    starts[1] = length;
    return (struct text_column){.ids = all->ids + all->starts[i],
                                .starts = starts,
                                .count = 1,
                                .total = length,
                                .longest = length};
}

START_TEST(many_texts_are_answered_as_one_by_one)
{
    enum { TOP = 3 };
    static struct choice together[TEXTS * TOP];
    struct choice alone[TOP];
    struct text_column texts;
    struct tn_pool *pool;
    struct scene s;
    size_t starts[2];

    begin_scene(&s, 4);
    draw_column(&texts, LONG);
    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    ck_assert_int_eq(reader_answer(&s.reader, s.theta, &texts, NULL, TOP, pool, together, NULL),
                     TN_OK);
    for (size_t i = 0; i < TEXTS; i++) {
        const struct text_column one = only_text(&texts, i, starts);

        ck_assert_int_eq(reader_answer(&s.reader, s.theta, &one, NULL, TOP, NULL, alone, NULL),
                         TN_OK);
        ck_assert_mem_eq(alone, together + i * TOP, sizeof alone);
        ck_assert_int_eq(alone[0].word == 0, one.total == 0);
    }
    tn_pool_destroy(pool);
    text_column_finish(&texts);
    end_scene(&s);
}
END_TEST

/* ---- Translations ---- */

enum { MOST_WORDS = 12 };

struct translations {
    int words[TEXTS][MOST_WORDS];
    size_t counts[TEXTS], taken;
};

static void take_translation(void *context, size_t text, const struct search_hypothesis *found,
                             size_t count)
{
    struct translations *t = context;

    for (size_t i = 1; i < count; i++)
        ck_assert_double_ge(found[i - 1].score, found[i].score);
    memcpy(t->words[text], found->words, found->count * sizeof *found->words);
    t->counts[text] = found->count;
    t->taken++;
}

START_TEST(many_texts_are_translated_as_one_by_one)
{
    struct translations together = {.taken = 0}, alone = {.taken = 0};
    const struct text_config config = {.task = TEXT_TRANSLATE,
                                       .cell = rnn_cell_find("gru"),
                                       .layers = 2,
                                       .embedding = 9,
                                       .hidden = 2 * HIDDEN,
                                       .attention = (enum attention_score)_i};
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    struct text_column texts;
    struct translator translator;
    struct tn_pool *pool;
    float *theta;
    size_t starts[2];
    bool differ = false;

    tn_rng_init(&rng, 9);
    draw_column(&texts, STEPS);
    options.max_words = MOST_WORDS;
    ck_assert_int_eq(translator_init(&translator, &config, WORDS, WORDS, 0, NULL), TN_OK);
    theta = malloc(translator.layout.floats * sizeof *theta);
    tn_rng_fill_uniform(&rng, theta, translator.layout.floats, 0.8F);
    ck_assert_int_eq(tn_pool_create(3, &pool, NULL), TN_OK);
    ck_assert_int_eq(translate_texts(&translator, theta, &texts, &options, pool, take_translation,
                                     &together, NULL),
                     TN_OK);
    ck_assert_uint_gt(together.taken, TEXTS / 2);
    for (size_t i = 0; i < TEXTS; i++) {
        const struct text_column one = only_text(&texts, i, starts);

        ck_assert_int_eq(translate_texts(&translator, theta, &one, &options, NULL, take_translation,
                                         &alone, NULL),
                         TN_OK);
        if (one.total == 0)
            continue;
        ck_assert_uint_eq(alone.counts[0], together.counts[i]);
        ck_assert_mem_eq(alone.words[0], together.words[i], alone.counts[0] * sizeof(int));
        differ = differ || memcmp(together.words[i], together.words[TEXTS - 1], sizeof(int)) != 0;
    }
    ck_assert_uint_eq(alone.taken, together.taken);
    ck_assert(differ); /* what is read matters */
    tn_pool_destroy(pool);
    free(theta);
    translator_finish(&translator);
    text_column_finish(&texts);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("reader_rows");
    TCase *tcase = tcase_create("reader_rows");

    tcase_add_loop_test(tcase, int8_rows_read_what_training_reads, 0, 6);
    tcase_add_loop_test(tcase, a_text_is_read_alone_as_in_a_batch, 0, 6);
    tcase_add_test(tcase, many_texts_are_answered_as_one_by_one);
    tcase_add_loop_test(tcase, many_texts_are_translated_as_one_by_one, ATTENTION_NONE,
                        ATTENTION_ADDITIVE + 1);
    suite_add_tcase(suite, tcase);
    return suite;
}
