/* SPDX-License-Identifier: MIT */
/*
 * The nets for texts: gradients against differences of the loss, for each way of reading out and
 * each direction; a language model's state from chunk to chunk; and a text's tokens, cut and
 * joined.
 */
#include "data/text_items.h"
#include "models/reader.h"
#include "models/translator.h"
#include "tensor/pointwise.h"
#include "tests/support/gradcheck.h"
#include "tests/support/kinks.h"
#include "tests/support/suite.h"
#include "train/tasks/lm_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 3, STEPS = 4, WORDS = 9, CLASSES = 6, EMBEDDING = 3, HIDDEN = 4 };

static const size_t lengths[SIZE] = {2, 4, 1}, places[SIZE] = {1, 2, 0};
static const int tokens[STEPS * SIZE] = {1, 2, 3, 4, 5, -1, -1, 6, -1, -1, 7, -1};
static const int answers[SIZE] = {1, 5, 4};
/* Of translations. */
static const size_t target_lengths[SIZE] = {3, 1, 4};
static const int targets[STEPS * SIZE] = {8, 1, 2, 3, -1, 5, 6, -1, 7, -1, -1, 4};

/* A net with its parameters, in either kind. */
struct scene {
    struct reader reader;
    struct translator translator;
    bool translates, attends;
    struct tn_layout own;
    const struct tn_layout *layout;
    float *theta, *dtheta;
    struct tn_arena arena;
};

static struct reader_batch source(void)
{
    return (struct reader_batch){SIZE, STEPS, tokens, lengths, places, answers};
}

static double run(struct scene *s, float *dtheta)
{
    const struct tn_pass pass = {.theta = s->theta, .dtheta = dtheta, .arena = &s->arena};
    const struct reader_batch batch = source();
    const struct translator_batch pairs = {.source = batch,
                                           .target = {.size = SIZE,
                                                      .steps = STEPS,
                                                      .inputs = targets,
                                                      .targets = targets,
                                                      .lengths = target_lengths}};

    if (s->translates)
        return translator_loss(&s->translator, &pass, &pairs, 1, 0);
    return reader_loss(&s->reader, &pass, &batch, 1, NULL);
}

static double loss_of(void *context)
{
    return run(context, NULL);
}

static void begin(struct scene *s)
{
    struct tn_rng rng;

    s->theta = calloc(s->layout->floats, sizeof(float));
    s->dtheta = calloc(s->layout->floats, sizeof(float));
    tn_rng_init(&rng, 5);
    tn_rng_fill_uniform(&rng, s->theta, s->layout->floats, 0.8F);
    tn_arena_measure(&s->arena);
    run(s, s->dtheta);
    ck_assert_int_eq(tn_arena_reserve(&s->arena, NULL), TN_OK);
}

static void check_gradient(struct scene *s)
{
    const double step = s->attends ? 0.04 : s->translates ? 0.15 : 0.08;

    run(s, s->dtheta);
    for (size_t i = 0; i < s->layout->count; i++) {
        const struct tn_parameter *p = &s->layout->parameters[i];
        size_t worst = 0;
        const double error =
            gradcheck_smooth(loss_of, s, s->theta + p->span.offset, s->dtheta + p->span.offset,
                             p->span.count, step, &worst);

        ck_assert_msg(error < 8e-3, "the gradient of %s[%zu] is wrong by %g", p->name, worst,
                      error);
    }
}

static void end(struct scene *s)
{
    tn_arena_finish(&s->arena);
    free(s->theta);
    free(s->dtheta);
    tn_layout_finish(&s->own);
    if (s->translates)
        translator_finish(&s->translator);
}

static struct reader_config reader_config(enum reader_readout readout, bool bidirectional)
{
    return (struct reader_config){.cell = rnn_cell_find("gru"),
                                  .layers = 2,
                                  .embedding = EMBEDDING,
                                  .hidden = HIDDEN,
                                  .vocabulary = WORDS,
                                  .bidirectional = bidirectional,
                                  .classes = CLASSES,
                                  .readout = readout};
}

static void begin_reader(struct scene *s, int number)
{
    const struct reader_config config =
        reader_config((enum reader_readout)(number % 3), number / 3 == 1);

    memset(s, 0, sizeof *s);
    ck_assert_int_eq(reader_declare(&s->reader, &config, &s->own, "text.", NULL), TN_OK);
    s->layout = &s->own;
    begin(s);
}

START_TEST(a_readers_gradient_holds)
{
    struct scene s;

    begin_reader(&s, _i);
    check_gradient(&s);
    end(&s);
}
END_TEST

/* Each text is read as it is read alone, and the answers' probabilities sum to 1. */
START_TEST(a_reader_answers_each_text_for_itself)
{
    struct scene s;
    struct reader_batch batch = source();
    float together[SIZE * CLASSES], alone[CLASSES];
    struct tn_pass pass;

    begin_reader(&s, _i);
    pass = (struct tn_pass){.theta = s.theta, .arena = &s.arena};
    reader_loss(&s.reader, &pass, &batch, 0, together);
    for (size_t b = 0; b < SIZE; b++) {
        int text[STEPS];
        const struct reader_batch one = {1, lengths[b], text, lengths + b, places + b, NULL};
        double sum = 0;

        for (size_t t = 0; t < lengths[b]; t++)
            text[t] = tokens[t * SIZE + b];
        reader_loss(&s.reader, &pass, &one, 0, alone);
        for (size_t c = 0; c < CLASSES; c++) {
            ck_assert_float_eq_tol(alone[c], together[b * CLASSES + c], 1e-5F);
            sum += (double)alone[c];
        }
        ck_assert_double_eq_tol(sum, 1, 1e-5);
    }
    end(&s);
}
END_TEST

static const struct text_config small = {
    .task = TEXT_TRANSLATE, .layers = 1, .embedding = EMBEDDING, .hidden = HIDDEN};

START_TEST(a_translators_gradient_reaches_the_encoder)
{
    struct scene s = {.translates = true};
    struct text_config config = small;

    config.cell = rnn_cell_find("lstm");
    config.layers = 2;
    ck_assert_int_eq(translator_init(&s.translator, &config, WORDS, WORDS, 0, NULL), TN_OK);
    s.layout = &s.translator.layout;
    begin(&s);
    check_gradient(&s);
    end(&s);
}
END_TEST

/* Outputs of the encoder and weights that differ enough for their gradients to stand out from the
 * rounding of the loss. */
static void sharpen_attention(struct scene *s)
{
    s->attends = true;
    for (size_t i = 0; i < s->layout->count; i++) {
        const struct tn_parameter *p = &s->layout->parameters[i];

        if (strstr(p->name, "attention") || strstr(p->name, "embedding"))
            tn_scale(s->theta + p->span.offset, 2.5F, p->span.count);
    }
}

START_TEST(attention_leads_the_gradient_to_every_step)
{
    struct scene s = {.translates = true};
    struct text_config config = small;

    config.cell = rnn_cell_at((size_t)_i / 2);
    config.attention = _i % 2 == 0 ? ATTENTION_GENERAL : ATTENTION_ADDITIVE;
    ck_assert_int_eq(translator_init(&s.translator, &config, WORDS, WORDS, 0, NULL), TN_OK);
    s.layout = &s.translator.layout;
    begin(&s);
    spread_from_kinks(config.cell, s.layout, s.theta, 3, 0.3F);
    sharpen_attention(&s);
    check_gradient(&s);
    end(&s);
}
END_TEST

/* Layer normalisation of so few units bends within a step: tests/rnn has it. */
START_TEST(attention_stands_beside_the_other_options)
{
    struct scene s = {.translates = true};
    struct text_config config = small;

    config.cell = rnn_cell_find("lstm");
    config.embedding = HIDDEN;
    config.tied = true;
    config.options.learned_start = true;
    config.attention = (enum attention_score)_i;
    ck_assert_int_eq(translator_init(&s.translator, &config, WORDS, WORDS, 0, NULL), TN_OK);
    s.layout = &s.translator.layout;
    begin(&s);
    sharpen_attention(&s);
    check_gradient(&s);
    end(&s);
}
END_TEST

START_TEST(an_odd_translator_is_refused)
{
    struct text_config config = small;
    struct translator translator;
    struct tn_error err;

    config.cell = rnn_cell_find("lstm");
    config.hidden = 3;
    ck_assert_int_eq(translator_init(&translator, &config, WORDS, WORDS, 0, &err), TN_RANGE);
    ck_assert_msg(strstr(err.text, "even"), "%s", err.text);
}
END_TEST

/* Two chunks with the state carried over are one long one. */
START_TEST(the_state_is_carried_from_chunk_to_chunk)
{
    const size_t whole_length = 4, half = 2;
    const int text[] = {4, 5, 6, 7, 8};
    const struct text_config config = {
        .cell = rnn_cell_at((size_t)_i), .layers = 2, .embedding = EMBEDDING, .hidden = HIDDEN};
    struct decoder_batch batch = {
        .size = 1, .steps = 4, .inputs = text, .targets = text + 1, .lengths = &whole_length};
    struct decoder *decoder;
    struct tn_arena arena;
    struct tn_pass pass = {.arena = &arena};
    struct tn_rng rng;
    float *theta, *state;
    double whole, halves;

    ck_assert_int_eq(lm_decoder_create(&config, WORDS, 0, &decoder, NULL), TN_OK);
    pass.theta = theta = calloc(decoder_layout(decoder)->floats, sizeof *theta);
    state = calloc(decoder_state_floats(decoder, 1), sizeof *state);
    tn_rng_init(&rng, 3);
    tn_rng_fill_uniform(&rng, theta, decoder_layout(decoder)->floats, 1);
    tn_arena_measure(&arena);
    decoder_loss(decoder, &pass, &batch, 0, 0);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    whole = decoder_loss(decoder, &pass, &batch, 0, 0);
    batch.lengths = &half;
    batch.steps = half;
    batch.initial = batch.final = state;
    halves = decoder_loss(decoder, &pass, &batch, 0, 0);
    batch.inputs += half;
    batch.targets += half;
    halves += decoder_loss(decoder, &pass, &batch, 0, 0);
    ck_assert_double_eq_tol(halves, whole, 1e-5);
    tn_arena_finish(&arena);
    free(theta);
    free(state);
    decoder_destroy(decoder);
}
END_TEST

enum { FIRST = 2 };

/* The mean negative log-likelihood of a text's tokens behind FIRST, in one batch of one row. */
static double measure_at_once(const struct decoder *decoder, const float *theta,
                              const struct text_column *text)
{
    int *ids = calloc(text->total + 1, sizeof *ids);
    const struct decoder_batch batch = {.size = 1,
                                        .steps = text->total,
                                        .inputs = ids,
                                        .targets = ids + 1,
                                        .lengths = &text->total};
    struct tn_arena arena;
    const struct tn_pass pass = {.theta = theta, .arena = &arena};
    double nll;

    ids[0] = FIRST;
    for (size_t t = 0; t < text->total; t++)
        ids[1 + t] = text->ids[t];
    tn_arena_measure(&arena);
    decoder_loss(decoder, &pass, &batch, 0, 0);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    nll = decoder_loss(decoder, &pass, &batch, 0, 0);
    tn_arena_finish(&arena);
    free(ids);
    return nll / (double)text->total;
}

/* Every token counts, each behind all that stand before it. */
START_TEST(a_language_model_is_measured_in_one_go)
{
    static const size_t lengths_[] = {1, 2, 53, 128, 129, 70001};
    const struct text_config config = {
        .cell = rnn_cell_find("lstm"), .layers = 2, .embedding = EMBEDDING, .hidden = HIDDEN};
    struct text_column text = {0};
    struct decoder *decoder;
    struct tn_rng rng;
    double nll;
    float *theta;

    ck_assert_int_eq(lm_decoder_create(&config, WORDS, 0, &decoder, NULL), TN_OK);
    theta = calloc(decoder_layout(decoder)->floats, sizeof *theta);
    tn_rng_init(&rng, 3);
    tn_rng_fill_uniform(&rng, theta, decoder_layout(decoder)->floats, 2);
    for (size_t t = 0; t < lengths_[_i]; t++)
        ck_assert_int_eq(text_column_add_id(&text, (int)tn_rng_below(&rng, WORDS), NULL), TN_OK);
    ck_assert_int_eq(lm_measure(decoder, theta, FIRST, &text, NULL, NULL, &nll, NULL), TN_OK);
    ck_assert_double_eq_tol(nll, measure_at_once(decoder, theta, &text), 1e-5);
    text_column_finish(&text);
    free(theta);
    decoder_destroy(decoder);
}
END_TEST

/* Cuts, and joins again. */
static void check_units(enum vocab_unit unit, const char *text, size_t length, const char *tokens_,
                        const char *joined)
{
    struct vocab_cursor cursor = {.text = text, .length = length};
    char cut[256] = "", out[256], before[VOCAB_LONGEST_WORD + 8] = "";
    size_t used = 0;

    while (vocab_next(unit, &cursor)) {
        char token[VOCAB_LONGEST_WORD + 8];

        snprintf(token, sizeof token, "%.*s", (int)cursor.token_length, cursor.token);
        snprintf(cut + strlen(cut), sizeof cut - strlen(cut), "%s|", token);
        used += vocab_unit_text(unit, used > 0 ? before : NULL, token, out + used);
        memcpy(before, token, sizeof before);
    }
    ck_assert_str_eq(cut, tokens_);
    ck_assert_uint_eq(used, strlen(joined));
    ck_assert_mem_eq(out, joined, used);
}

START_TEST(texts_are_cut_into_units_and_joined_again)
{
    check_units(VOCAB_CHARS, "a 中\n", 6, "a| |中|\n|", "a 中\n");
    check_units(VOCAB_BYTES, "a\xE4\xFF", 3, "a|ä|ÿ|", "a\xE4\xFF");
    check_units(VOCAB_WORDS, "It's  well-known, (yes) ok.\nNew", 31,
                "It's|well-known|,|(|yes|)|ok|.|\n|New|", "It's well-known, (yes) ok.\nNew");
    check_units(VOCAB_WORDS, "我 是 中国 人", 18, "我|是|中国|人|", "我 是 中国 人");
}
END_TEST

START_TEST(what_is_no_text_is_told_where)
{
    struct tn_error err;

    ck_assert_int_eq(vocab_check_text(VOCAB_CHARS, "ab\nc\xFF", 5, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "byte 5, in line 2"), "%s", err.text);
    ck_assert_int_eq(vocab_check_text(VOCAB_WORDS, "ab\0c", 4, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "byte 3 is a NUL"), "%s", err.text);
    ck_assert_int_eq(vocab_check_text(VOCAB_BYTES, "\xFF\0", 2, NULL), TN_OK);
    ck_assert_int_eq(vocab_check_text(VOCAB_CHARS, "\xE4\xB8", 2, NULL), TN_FORMAT);
}
END_TEST

START_TEST(the_end_of_a_text_is_held_out)
{
    struct text_items items = {0}, dev = {0};

    ck_assert_int_eq(text_items_add_text(&items, "one\ntwo\nthree\nfour\n", VOCAB_CHARS, NULL),
                     TN_OK);
    ck_assert_int_eq(text_items_hold_out_end(&items, 0.4, &dev, NULL), TN_OK);
    ck_assert_uint_eq(items.items[0].first_length, strlen("one\ntwo\nthree\n"));
    ck_assert_uint_eq(dev.items[0].first_length, strlen("four\n"));
    ck_assert_mem_eq(dev.text + dev.items[0].first, "four\n", 5);
    text_items_finish(&items);
    text_items_finish(&dev);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_models");
    TCase *tcase = tcase_create("text_models");

    tcase_add_loop_test(tcase, a_readers_gradient_holds, 0, 6);
    tcase_add_loop_test(tcase, a_reader_answers_each_text_for_itself, 0, 6);
    tcase_add_test(tcase, a_translators_gradient_reaches_the_encoder);
    tcase_add_loop_test(tcase, attention_leads_the_gradient_to_every_step, 0,
                        2 * (int)rnn_cell_count());
    tcase_add_loop_test(tcase, attention_stands_beside_the_other_options, ATTENTION_GENERAL,
                        ATTENTION_ADDITIVE + 1);
    tcase_add_test(tcase, an_odd_translator_is_refused);
    tcase_add_loop_test(tcase, the_state_is_carried_from_chunk_to_chunk, 0, (int)rnn_cell_count());
    tcase_add_loop_test(tcase, a_language_model_is_measured_in_one_go, 0, 6);
    tcase_add_test(tcase, texts_are_cut_into_units_and_joined_again);
    tcase_add_test(tcase, what_is_no_text_is_told_where);
    tcase_add_test(tcase, the_end_of_a_text_is_held_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
