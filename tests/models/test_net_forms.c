/* SPDX-License-Identifier: MIT */
/* Text nets beyond the plain form, tied or with options of the recurrent net: gradients, inference
 * against training, and the file. */
#include "tests/support/folder.h"
#include "tests/support/gradcheck.h"
#include "tests/support/kinks.h"
#include "tests/support/suite.h"

#include "models/decoder_step.h"
#include "models/language_model.h"
#include "models/reader_rows.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 9, HIDDEN = 6, LAYERS = 2, LENGTH = 7, SIZE = 3, STEPS = 4 };

static const int text[LENGTH + 1] = {1, 4, 5, 4, 8, 7, 5, 6};

static const struct text_config forms[] = {
    {.tied = true},
    {.options = {.learned_start = true}},
    {.options = {.layer_norm = true}},
    {.options = {.zoneout = {0.3F, 0.2F}}},
    {.tied = true, .options = {.learned_start = true, .layer_norm = true, .zoneout = {0.1F, 0.4F}}},
};
enum { FORMS = sizeof forms / sizeof *forms };

/* A language model of a form. */
struct scene {
    struct decoder *decoder;
    const struct tn_layout *layout;
    float *theta, *dtheta;
    struct tn_arena arena;
};

static struct text_config config_of(int number)
{
    struct text_config config = forms[number % FORMS];

    config.task = TEXT_LM;
    config.unit = VOCAB_CHARS;
    config.cell = rnn_cell_at((size_t)number / FORMS);
    config.layers = LAYERS;
    config.embedding = config.hidden = HIDDEN;
    return config;
}

static double loss_with(struct scene *s, float *dtheta)
{
    static const size_t length = LENGTH;
    const struct tn_pass pass = {.theta = s->theta, .dtheta = dtheta, .arena = &s->arena};
    const struct decoder_batch batch = {
        .size = 1, .steps = LENGTH, .inputs = text, .targets = text + 1, .lengths = &length};

    return decoder_loss(s->decoder, &pass, &batch, 1, 0);
}

static double loss_of(void *context)
{
    return loss_with(context, NULL);
}

static void begin_scene(struct scene *s, int number)
{
    const struct text_config config = config_of(number);
    const struct decoder_config c = language_model_decoder(&config, WORDS);
    struct tn_rng rng;

    ck_assert_int_eq(decoder_create(&c, TEXT_PREFIX, &s->decoder, NULL), TN_OK);
    s->layout = decoder_layout(s->decoder);
    s->theta = calloc(s->layout->floats, sizeof *s->theta);
    s->dtheta = calloc(s->layout->floats, sizeof *s->dtheta);
    tn_rng_init(&rng, 5);
    tn_rng_fill_uniform(&rng, s->theta, s->layout->floats, 1);
    spread_from_kinks(config.cell, s->layout, s->theta, 1, 0.1F);
    tn_arena_measure(&s->arena);
    loss_with(s, s->dtheta);
    ck_assert_int_eq(tn_arena_reserve(&s->arena, NULL), TN_OK);
}

static void end_scene(struct scene *s)
{
    tn_arena_finish(&s->arena);
    decoder_destroy(s->decoder);
    free(s->theta);
    free(s->dtheta);
}

/* The output layer's gradient and the words' add up. */
START_TEST(a_tied_decoders_gradient_holds)
{
    struct scene s;

    begin_scene(&s, _i * FORMS);
    loss_with(&s, s.dtheta);
    ck_assert_ptr_null(tn_layout_find(s.layout, "text.output.weight"));
    for (size_t i = 0; i < s.layout->count; i++) {
        const struct tn_parameter *p = &s.layout->parameters[i];
        size_t worst = 0;
        const double error =
            gradcheck_smooth(loss_of, &s, s.theta + p->span.offset, s.dtheta + p->span.offset,
                             p->span.count, 2e-2, &worst);

        ck_assert_msg(error < 5e-3, "%s: the gradient of %s[%zu] is wrong by %g",
                      rnn_cell_at((size_t)_i)->name, p->name, worst, error);
    }
    end_scene(&s);
}
END_TEST

/* The text's negative log-likelihood, step by step. */
static double likelihood_by_steps(const struct decoder_weights *weights)
{
    struct decoder_step step;
    struct decoder_work work;
    struct tn_arena arena;
    float logits[WORDS];
    double nll = 0;

    tn_arena_measure(&arena);
    decoder_step_init(&step, weights, 1, 0, NULL, &arena);
    decoder_work_init(&work, &step, 1, NULL, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    decoder_step_init(&step, weights, 1, 0, NULL, &arena);
    decoder_work_init(&work, &step, 1, NULL, &arena);
    decoder_step_reset(&step, 1);
    for (size_t t = 0; t < LENGTH; t++) {
        decoder_step_run(&step, &work, 1, &text[t], NULL, logits);
        nll += (double)tn_logsumexp(logits, WORDS) - (double)logits[text[t + 1]];
    }
    tn_arena_finish(&arena);
    return nll;
}

START_TEST(a_decoder_steps_as_it_was_trained)
{
    struct decoder_weights weights;
    struct tn_arena arena;
    struct scene s;

    begin_scene(&s, _i);
    const double loss = loss_with(&s, NULL);

    ck_assert_int_eq(decoder_weights_from_theta(s.layout, s.theta, TEXT_PREFIX,
                                                decoder_config(s.decoder), &weights, NULL),
                     TN_OK);
    ck_assert_double_eq_tol(likelihood_by_steps(&weights), loss, 1e-5 * loss);
    tn_arena_measure(&arena);
    struct decoder_weights measured = weights;
    decoder_weights_to_int8(&measured, &arena);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    decoder_weights_to_int8(&weights, &arena);
    ck_assert_double_eq_tol(likelihood_by_steps(&weights), loss, 0.03 * loss);
    tn_arena_finish(&arena);
    end_scene(&s);
}
END_TEST

/* ---- Readers ---- */

static const size_t lengths[SIZE] = {2, 4, 1};
static const int tokens[STEPS * SIZE] = {1, 2, 3, 4, 5, -1, -1, 6, -1, -1, 7, -1};

START_TEST(a_reader_reads_rows_as_it_was_trained)
{
    const struct text_config form = config_of(_i);
    const struct reader_config config = {.cell = form.cell,
                                         .layers = LAYERS,
                                         .embedding = HIDDEN,
                                         .hidden = HIDDEN,
                                         .vocabulary = WORDS,
                                         .bidirectional = true,
                                         .options = form.options};
    const struct reader_batch batch = {SIZE, STEPS, tokens, lengths, NULL, NULL};
    float exact[LAYERS * 2 * SIZE * 2 * HIDDEN], final[LAYERS * 2 * SIZE * 2 * HIDDEN];
    struct tn_layout layout = {0};
    struct tn_arena arena, other;
    struct reader_rows rows;
    struct reader reader;
    struct word_run run;
    struct tn_rng rng;

    ck_assert_int_eq(reader_declare(&reader, &config, &layout, "", NULL), TN_OK);
    float *theta = calloc(layout.floats, sizeof *theta);
    const struct tn_pass pass = {.theta = theta, .arena = &arena};

    tn_rng_init(&rng, 5);
    tn_rng_fill_uniform(&rng, theta, layout.floats, 0.6F);
    tn_arena_measure(&arena);
    reader_forward(&reader, &pass, &batch, &run);
    ck_assert_int_eq(tn_arena_reserve(&arena, NULL), TN_OK);
    reader_forward(&reader, &pass, &batch, &run);
    rnn_sequence_final(&reader.net.sequence, &run.rnn, exact);
    ck_assert_int_eq(reader_rows_init(&rows, &reader, theta, NULL), TN_OK);
    tn_arena_measure(&other);
    reader_rows_read(&rows, NULL, &batch, NULL, final, NULL, &other);
    ck_assert_int_eq(tn_arena_reserve(&other, NULL), TN_OK);
    reader_rows_read(&rows, NULL, &batch, NULL, final, NULL, &other);
    for (size_t i = 0; i < rnn_sequence_state_floats(&reader.net.sequence, SIZE); i++)
        ck_assert_float_eq_tol(final[i], exact[i], 0.05F * fmaxf(1, fabsf(exact[i])));
    tn_arena_finish(&arena);
    tn_arena_finish(&other);
    reader_rows_finish(&rows);
    tn_layout_finish(&layout);
    free(theta);
}
END_TEST

/* ---- The file ---- */

static void save_form(const char *path, const struct text_config *config)
{
    static const char words[] = "a\nb\nc\nd\ne\n";
    struct text_save save = {.config = config, .training = ""};
    struct decoder *decoder;
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    const struct decoder_config c = language_model_decoder(config, vocab_count(vocab));

    ck_assert_int_eq(decoder_create(&c, TEXT_PREFIX, &decoder, NULL), TN_OK);
    save.vocab = vocab;
    save.layout = decoder_layout(decoder);
    float *theta = calloc(save.layout->floats, sizeof *theta);

    save.theta = theta;
    ck_assert_int_eq(text_model_save(path, &save, NULL), TN_OK);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
}

START_TEST(a_file_keeps_the_form)
{
    const struct text_config config = config_of(_i);
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];
    struct language_model lm;
    struct text_model model;

    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model", folder);
    save_form(path, &config);
    ck_assert_int_eq(text_model_load(&model, path, TEXT_LM, NULL), TN_OK);
    ck_assert_int_eq(model.config.tied, config.tied);
    ck_assert_int_eq(model.config.options.learned_start, config.options.learned_start);
    ck_assert_int_eq(model.config.options.layer_norm, config.options.layer_norm);
    ck_assert_float_eq(model.config.options.zoneout.h, config.options.zoneout.h);
    ck_assert_float_eq(model.config.options.zoneout.c, config.options.zoneout.c);
    ck_assert_str_eq(tn_file_metadata(model.file, "format_version"), "2");
    text_model_finish(&model);
    ck_assert_int_eq(language_model_load(&lm, path, &(struct language_model_use){.texts = 1}, NULL),
                     TN_OK);
    language_model_finish(&lm);
    test_folder_remove(folder);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("net_forms");
    TCase *tcase = tcase_create("net_forms");
    const int cells = (int)rnn_cell_count();

    tcase_add_loop_test(tcase, a_tied_decoders_gradient_holds, 0, cells);
    tcase_add_loop_test(tcase, a_decoder_steps_as_it_was_trained, 0, cells * FORMS);
    tcase_add_loop_test(tcase, a_reader_reads_rows_as_it_was_trained, 0, cells * FORMS);
    tcase_add_loop_test(tcase, a_file_keeps_the_form, 0, FORMS);
    suite_add_tcase(suite, tcase);
    return suite;
}
