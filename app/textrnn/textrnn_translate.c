/* SPDX-License-Identifier: MIT */
/* `textrnn translate`: sentences in, their translations out, a line each, or a row for each of the
 * best. */
#include "app/cli/shared_options.h"
#include "app/output/attention_picture.h"
#include "app/textrnn/textrnn.h"
#include "base/atomic_file.h"
#include "models/translator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 1000 };

struct translate_command {
    const char *model;
    struct textrnn_search search;
    size_t best;         /* 0: the translation alone */
    const char *explain; /* the picture of what the best one looked at; NULL: none */
    size_t threads;
};

/* A run with all that it holds. */
struct run {
    const struct translate_command *command;
    struct tn_pool *pool;
    struct textrnn_model model;
    struct translator translator;
    struct text_items items;
    struct text_column sources;
    size_t next;           /* the text whose line is due */
    int words[MOST_WORDS]; /* of the last text's best translation */
    size_t count;
};

static void translate_run_finish(struct run *r)
{
    text_column_finish(&r->sources);
    text_items_finish(&r->items);
    translator_finish(&r->translator);
    textrnn_model_finish(&r->model);
    tn_pool_destroy(r->pool);
}

/* A text without a word is an empty line. */
static void print_until(struct run *r, size_t text)
{
    for (; r->next < text; r->next++)
        putchar('\n');
}

static void print_words(const struct run *r, const struct search_hypothesis *translation)
{
    textrnn_print_words(r->model.file.targets, r->model.file.config.target_unit, translation->words,
                        translation->count);
}

static void print_translation(void *context, size_t text, const struct search_hypothesis *found,
                              size_t count)
{
    struct run *r = context;
    const size_t best = r->command->best;

    memcpy(r->words, found->words, found->count * sizeof *found->words);
    r->count = found->count;
    if (best == 0) {
        print_until(r, text);
        print_words(r, found);
        putchar('\n');
        r->next++;
    }
    for (size_t rank = 0; rank < best && rank < count; rank++) {
        printf("%zu\t%zu\t", text + 1, rank + 1);
        print_words(r, &found[rank]);
        printf("\t%.4f\n", found[rank].log_prob);
    }
}

/* ---- What a translation looked at ---- */

/* Whether a picture is possible, before there is a translation. */
static enum tn_status check_explain(const struct run *r, struct tn_error *err)
{
    const struct translate_command *c = r->command;

    if (!c->explain)
        return TN_OK;
    if (r->model.file.config.attention == ATTENTION_NONE)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: a translator without attention, so --explain has nothing to show; "
                       "'textrnn train --attention' trains one with it",
                       tn_file_path(r->model.file.file));
    if (r->sources.count != 1)
        return tn_fail(err, TN_RANGE, "--explain draws one translation; there are %zu texts",
                       r->sources.count);
    if (r->sources.total == 0)
        return tn_fail(err, TN_RANGE, "--explain: the text is empty");
    return tn_atomic_try(c->explain, err);
}

/* A token as a label; a space is visible. */
static const char *label_of(const struct vocab *vocab, int id)
{
    const char *word = vocab_word(vocab, id);

    return strcmp(word, " ") == 0 ? "_" : word;
}

/* labels[sources, then the translation and its end] */
static void fill_labels(const struct run *r, const char **labels)
{
    const struct text_model *file = &r->model.file;

    for (size_t i = 0; i < r->sources.total; i++)
        *labels++ = label_of(file->vocab, r->sources.ids[i]);
    for (size_t i = 0; i < r->count; i++)
        *labels++ = label_of(file->targets, r->words[i]);
    *labels = vocab_word(file->targets, VOCAB_END);
}

static enum tn_status draw_attention(const struct run *r, struct tn_error *err)
{
    const size_t sources = r->sources.total, targets = r->count + 1;
    const char **labels = calloc(sources + targets, sizeof *labels);
    float *a = calloc(sources * targets, sizeof *a);
    enum tn_status status = TN_OK;

    if (!labels || !a)
        status = tn_fail_nomem(err, sources * targets * sizeof *a);
    if (status == TN_OK)
        status = translate_weights(&r->translator, r->model.theta, &r->sources, 0, r->words,
                                   r->count, a, err);
    if (status == TN_OK) {
        fill_labels(r, labels);
        status = app_attention_draw(
            &(struct app_attention_input){labels, sources, labels + sources, targets, a},
            r->command->explain, err);
    }
    free(labels);
    free(a);
    return status;
}

static enum tn_status translate_lines(struct run *r, const struct translate_command *c,
                                      char *const *operands, size_t count, struct tn_error *err)
{
    struct text_model *file = &r->model.file;
    struct search_options options = textrnn_search_options(&c->search);

    if (options.beam < c->best)
        options.beam = c->best;
    TN_TRY(tn_pool_create(c->threads, &r->pool, err));
    TN_TRY(textrnn_load_file(&r->model.file, c->model, "translate", TEXT_TRANSLATE, err));
    TN_TRY(translator_init(&r->translator, &file->config, vocab_count(file->vocab),
                           vocab_count(file->targets), 0, err));
    TN_TRY(textrnn_read_theta(&r->model, &r->translator.layout, err));
    TN_TRY(textrnn_read_lines(operands, count, file->config.unit, &r->items, err));
    TN_TRY(text_items_column(&r->items, TEXT_FIRST, file->config.unit, false, 0, file->vocab,
                             &r->sources, err));
    TN_TRY(check_explain(r, err));
    textrnn_warn_unknown(&r->sources, file->config.unit);
    TN_TRY(translate_texts(&r->translator, r->model.theta, &r->sources, &options, r->pool,
                           print_translation, r, err));
    if (c->best == 0)
        print_until(r, r->sources.count);
    return c->explain ? draw_attention(r, err) : TN_OK;
}

int textrnn_translate(int argc, char **argv)
{
    struct translate_command c = {.search = TEXTRNN_SEARCH_DEFAULT};
    const struct app_option rows[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model,
                        "model file, or a shipped model (translate)"),
        app_option_number('n', "best", "N", &c.best, 1, 64,
                          "print rows of text, rank, translation and log-probability"),
        app_option_file(0, "explain", "PNG", APP_DRAWING_OUTPUT, &c.explain,
                        "a picture of what each word of one translation looked at"),
        app_option_threads(&c.threads),
    };
    struct app_table table = {.count = 0};
    struct app_syntax syntax = {
        .command = "textrnn translate",
        .synopsis = "[OPTION]... [TEXT]...",
        .about = "Translates each TEXT, or each line of standard input.",
        .options = table.rows,
        .operands_max = SIZE_MAX,
        .operand = "text",
        .operands_are_texts = true,
    };
    struct run r = {.command = &c};
    struct tn_error err;
    size_t operands;
    int code;

    app_table_add(&table, rows, APP_COUNT(rows));
    textrnn_add_search_options(&table, &c.search);
    syntax.option_count = table.count;
    code = app_parse(&syntax, argc, argv, &operands);
    if (code == APP_PROCEED) {
        code = translate_lines(&r, &c, argv, operands, &err) == TN_OK ? APP_OK : app_fail(&err);
        translate_run_finish(&r);
    }
    return code;
}
