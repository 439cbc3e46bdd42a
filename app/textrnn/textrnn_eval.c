/* SPDX-License-Identifier: MIT */
/* `textrnn eval`: how good a model is on texts that it has not seen. */
#include "app/cli/console.h"
#include "app/cli/shared_options.h"
#include "app/textrnn/textrnn.h"
#include "train/tasks/lm_task.h"
#include "train/tasks/reader_task.h"
#include "train/tasks/translate_task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct eval_command {
    const char *model;
    struct app_list data;
    struct textrnn_search search; /* of translations */
    size_t threads;
};

/* An evaluation with all that it holds. */
struct evaluation {
    const struct eval_command *command;
    struct tn_pool *pool;
    struct textrnn_model model;
    struct text_items items;
    struct text_column first, second;
    struct app_status status;
    struct tn_progress progress;
};

static void text_evaluation_finish(struct evaluation *e)
{
    text_column_finish(&e->first);
    text_column_finish(&e->second);
    text_items_finish(&e->items);
    textrnn_model_finish(&e->model);
    tn_pool_destroy(e->pool);
}

static bool show_measured(void *context, const char *doing, size_t done, size_t count)
{
    struct app_status *status = context;

    if (app_status_due(status))
        fprintf(stderr, "\r\033[K%s %.0f %%", doing, 100 * (double)done / (double)count);
    if (done == count)
        app_status_clear(status);
    return true;
}

static void print_perplexity(double perplexity, int decimals)
{
    char number[APP_NUMBER_SIZE];

    app_number_text(perplexity, decimals, number);
    printf("%-12s %s\n", "perplexity", number);
}

static void print_lm(const struct evaluation *e, double nll)
{
    const enum vocab_unit unit = e->model.file.config.unit;

    printf("%-12s %zu\n", vocab_unit_plural(unit), e->first.total);
    printf("%-12s %zu\n", "unknown", e->first.unknown);
    print_perplexity(exp(nll), 3);
    printf("bits/%-7s %.3f\n", vocab_unit_names[unit], nll / log(2));
    if (unit == VOCAB_WORDS || unit == VOCAB_SUBWORDS)
        printf("bits/%-7s %.3f\n", "char", lm_character_bits(&e->first, nll));
}

static enum tn_status evaluate_lm(struct evaluation *e, struct tn_error *err)
{
    struct decoder *decoder;
    enum tn_status status;
    double nll;

    TN_TRY(lm_decoder_create(&e->model.file.config, vocab_count(e->model.file.vocab), 0, &decoder,
                             err));
    status = textrnn_read_theta(&e->model, decoder_layout(decoder), err);
    if (status == TN_OK)
        status = lm_measure(decoder, e->model.theta,
                            language_model_first(&e->model.file.config, e->model.file.vocab),
                            &e->first, e->pool, &e->progress, &nll, err);
    decoder_destroy(decoder);
    if (status == TN_OK)
        print_lm(e, nll);
    return status;
}

/* How often each label was taken for which: a row for the right one. */
static void print_confusion(const struct evaluation *e, const size_t *confusion, size_t classes)
{
    printf("\n%-12s", "");
    for (size_t j = VOCAB_FIRST_WORD; j < classes; j++)
        printf(" %10.10s", vocab_word(e->model.file.targets, (int)j));
    putchar('\n');
    for (size_t i = VOCAB_FIRST_WORD; i < classes; i++) {
        printf("%-12.12s", vocab_word(e->model.file.targets, (int)i));
        for (size_t j = VOCAB_FIRST_WORD; j < classes; j++)
            printf(" %10zu", confusion[i * classes + j]);
        putchar('\n');
    }
}

static void print_reader(const struct evaluation *e, const struct reader_scores *s)
{
    const char *path = e->command->data.items[0];
    const bool labels = e->model.file.targets != NULL;

    if (s->unknown > 0)
        app_warn("%s: %zu of %zu texts have a label that the model has not learnt; they count as "
                 "wrong",
                 path, s->unknown, s->count);
    if (s->left_out > 0)
        app_warn("%s: %zu of %zu texts left out, which have no %s%s", path, s->left_out,
                 s->left_out + s->count, vocab_unit_names[e->model.file.config.unit],
                 labels ? "" : ", only one, or none that the model knows");
    printf("%-12s %zu\n", "texts", s->count);
    if (labels)
        printf("%-12s %zu\n", "unknown", s->unknown);
    printf("%-12s %zu\n", "left out", s->left_out);
    print_perplexity(s->perplexity, 2);
    printf("%-12s %.1f %%\n", "top 1", 100 * s->top1);
    printf("%-12s %.1f %%\n", "top 5", 100 * s->top5);
}

static enum tn_status measure_reader(struct evaluation *e, const struct reader *reader,
                                     struct tn_error *err)
{
    const bool labels = e->model.file.config.task == TEXT_CLASSIFY;
    const struct reader_texts texts = {&e->first, labels ? &e->second : NULL};
    const size_t classes = reader->config.classes;
    size_t *confusion = labels ? calloc(classes * classes, sizeof *confusion) : NULL;
    struct reader_scores scores;
    enum tn_status status;

    if (labels && !confusion)
        return tn_fail_nomem(err, classes * classes * sizeof *confusion);
    status = reader_measure(reader, e->model.theta, &texts, e->pool, &e->progress, &scores,
                            confusion, err);
    if (status == TN_OK)
        print_reader(e, &scores);
    if (status == TN_OK && labels)
        print_confusion(e, confusion, classes);
    free(confusion);
    return status;
}

static enum tn_status evaluate_reader(struct evaluation *e, struct tn_error *err)
{
    const struct text_model *file = &e->model.file;
    struct tn_layout layout = {0};
    struct reader reader;
    enum tn_status status = text_reader_declare(
        &file->config, vocab_count(file->vocab),
        vocab_count(file->targets ? file->targets : file->vocab), 0, &reader, &layout, err);

    if (status == TN_OK)
        status = textrnn_read_theta(&e->model, &layout, err);
    if (status == TN_OK)
        status = measure_reader(e, &reader, err);
    tn_layout_finish(&layout);
    return status;
}

/* Translations as they come, for the metrics: their words, one after the other. */
struct translations {
    const struct vocab *targets;
    const char **words; /* [count of all]; owned */
    size_t *counts;     /* [texts]; owned */
    size_t most;        /* words of a text */
    size_t done, count; /* texts */
    const struct tn_progress *progress;
};

static void keep_translation(void *context, size_t text, const struct search_hypothesis *found,
                             size_t count)
{
    struct translations *t = context;

    (void)count;
    for (size_t i = 0; i < found->count; i++)
        t->words[text * t->most + i] = vocab_word(t->targets, found->words[i]);
    t->counts[text] = found->count;
    (void)tn_progress_stops(t->progress, "measured", ++t->done, t->count); /* nothing does */
}

static enum tn_status score_translations(const struct evaluation *e, const struct translations *t,
                                         double *ret_bleu, struct tn_error *err)
{
    const size_t texts = e->second.count;
    const char **words = calloc(e->second.total + 1, sizeof *words);
    struct metric_sentence *references = calloc(texts, sizeof *references);
    struct metric_item *items = calloc(texts, sizeof *items);
    struct metric_scores scores = {.rouge_l = 0};
    enum tn_status status = TN_OK;

    if (!words || !references || !items)
        status = tn_fail_nomem(err, e->second.total * sizeof *words);
    for (size_t i = 0; status == TN_OK && i < e->second.total; i++)
        words[i] = vocab_word(t->targets, e->second.ids[i]);
    for (size_t i = 0; status == TN_OK && i < texts; i++) {
        references[i] = (struct metric_sentence){words + e->second.starts[i],
                                                 e->second.starts[i + 1] - e->second.starts[i]};
        items[i] = (struct metric_item){{t->words + i * t->most, t->counts[i]}, references + i, 1};
    }
    if (status == TN_OK)
        status = metric_score(items, texts, &scores, NULL, err);
    if (status == TN_OK)
        *ret_bleu = scores.bleu[3];
    free(words);
    free(references);
    free(items);
    return status;
}

static enum tn_status measure_translator(struct evaluation *e, const struct translator *translator,
                                         struct tn_error *err)
{
    const struct search_options options = textrnn_search_options(&e->command->search);
    const size_t most = options.max_words;
    const struct translate_pairs pairs = {&e->first, &e->second};
    struct translations t = {.targets = e->model.file.targets,
                             .words = calloc(e->first.count * most, sizeof *t.words),
                             .counts = calloc(e->first.count, sizeof *t.counts),
                             .most = most,
                             .count = e->first.count,
                             .progress = &e->progress};
    enum tn_status status = TN_OK;
    double nll, bleu;

    if (!t.words || !t.counts)
        status = tn_fail_nomem(err, e->first.count * most * sizeof *t.words);
    if (status == TN_OK)
        status =
            translate_measure(translator, e->model.theta, &pairs, e->pool, &e->progress, &nll, err);
    if (status == TN_OK)
        status = translate_texts(translator, e->model.theta, &e->first, &options, e->pool,
                                 keep_translation, &t, err);
    if (status == TN_OK)
        status = score_translations(e, &t, &bleu, err);
    if (status == TN_OK) {
        printf("%-12s %zu\n", "pairs", e->first.count);
        print_perplexity(exp(nll), 2);
        printf("%-12s %.1f (beam %zu, over %s)\n", "BLEU-4", 100 * bleu, options.beam,
               vocab_unit_plural(e->model.file.config.target_unit));
    }
    free(t.words);
    free(t.counts);
    return status;
}

static enum tn_status evaluate_translator(struct evaluation *e, struct tn_error *err)
{
    const struct text_model *file = &e->model.file;
    struct translator translator;
    enum tn_status status;

    TN_TRY(translator_init(&translator, &file->config, vocab_count(file->vocab),
                           vocab_count(file->targets), 0, err));
    status = textrnn_read_theta(&e->model, &translator.layout, err);
    if (status == TN_OK)
        status = measure_translator(e, &translator, err);
    translator_finish(&translator);
    return status;
}

static enum tn_status read_columns(struct evaluation *e, struct tn_error *err)
{
    const struct text_model *file = &e->model.file;
    const struct text_config *config = &file->config;

    TN_TRY(textrnn_read(config->task, config->unit, &e->command->data, &e->items, err));
    e->items.ends = config->ends;
    TN_TRY(text_items_column(&e->items, TEXT_FIRST, config->unit, false, 0, file->vocab, &e->first,
                             err));
    if (file->targets)
        TN_TRY(text_items_column(&e->items, TEXT_SECOND, config->target_unit,
                                 config->task == TEXT_CLASSIFY, 0, file->targets, &e->second, err));
    if (e->first.unknown == e->first.total)
        return tn_fail(
            err, TN_FORMAT,
            "%s: the model's vocabulary has none of its %s; was it trained on such texts?",
            e->command->data.items[0], vocab_unit_plural(config->unit));
    return TN_OK;
}

static enum tn_status evaluate_text_model(struct evaluation *e, struct tn_error *err)
{
    TN_TRY(tn_pool_create(e->command->threads, &e->pool, err));
    TN_TRY(textrnn_load_file(&e->model.file, e->command->model, NULL, -1, err));
    TN_TRY(read_columns(e, err));
    app_status_begin(&e->status);
    e->progress = (struct tn_progress){show_measured, &e->status};
    if (e->model.file.config.task == TEXT_LM)
        return evaluate_lm(e, err);
    return e->model.file.config.task == TEXT_TRANSLATE ? evaluate_translator(e, err)
                                                       : evaluate_reader(e, err);
}

int textrnn_eval(int argc, char **argv)
{
    struct eval_command c = {.search = TEXTRNN_SEARCH_DEFAULT};
    const struct app_option rows[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model, "the model file"),
        app_option_files('d', "data", "PATH", APP_INPUT, &c.data, "texts, as for 'textrnn train'"),
        app_option_threads(&c.threads),
    };
    struct app_table table = {.count = 0};
    struct app_syntax syntax = {
        .command = "textrnn eval",
        .synopsis = "--model FILE --data PATH...",
        .about = "Measures a model on texts.  lm: perplexity and bits per token; classify: how\n"
                 "many labels are right, and what is taken for what (a label that the model has\n"
                 "not learnt is wrong); cloze: how many words; translate: BLEU-4.",
        .options = table.rows,
        .required = {"model", "data"},
        .operand = "argument",
    };
    struct evaluation evaluation = {.command = &c};
    struct tn_error err;
    size_t operands;
    int code;

    app_table_add(&table, rows, APP_COUNT(rows));
    textrnn_add_search_options(&table, &c.search);
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED) {
        code = evaluate_text_model(&evaluation, &err) == TN_OK ? APP_OK : app_fail(&err);
        text_evaluation_finish(&evaluation);
    }
    app_list_finish(&c.data);
    return code;
}
