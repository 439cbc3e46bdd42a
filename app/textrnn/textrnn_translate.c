/* SPDX-License-Identifier: MIT */
/* `textrnn translate`: sentences in, their translations out, a line each, or a row for each of the
 * best. */
#include "app/cli/shared_options.h"
#include "app/textrnn/textrnn.h"
#include "models/translator.h"

#include <stdio.h>
#include <stdlib.h>

struct translate_command {
    const char *model;
    struct textrnn_search search;
    size_t best; /* 0: the translation alone */
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
    size_t next; /* the text whose line is due */
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

static enum tn_status translate_lines(struct run *r, const struct translate_command *c,
                                      char *const *operands, size_t count, struct tn_error *err)
{
    struct text_model *file = &r->model.file;
    struct search_options options = textrnn_search_options(&c->search);

    if (options.beam < c->best)
        options.beam = c->best;
    TN_TRY(tn_pool_create(c->threads, &r->pool, err));
    TN_TRY(textrnn_load_model(&r->model, c->model, "translate", TEXT_TRANSLATE, err));
    TN_TRY(translator_init(&r->translator, &file->config, vocab_count(file->vocab),
                           vocab_count(file->targets), 0, err));
    TN_TRY(textrnn_read_theta(&r->model, &r->translator.layout, err));
    TN_TRY(textrnn_read_lines(operands, count, file->config.unit, &r->items, err));
    TN_TRY(text_items_column(&r->items, TEXT_FIRST, file->config.unit, false, 0, file->vocab,
                             &r->sources, err));
    TN_TRY(translate_texts(&r->translator, r->model.theta, &r->sources, &options, r->pool,
                           print_translation, r, err));
    if (c->best == 0)
        print_until(r, r->sources.count);
    return TN_OK;
}

int textrnn_translate(int argc, char **argv)
{
    struct translate_command c = {.search = TEXTRNN_SEARCH_DEFAULT};
    const struct app_option rows[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model,
                        "model file, or a shipped model (translate)"),
        app_option_number('n', "best", "N", &c.best, 1, 64,
                          "print rows of text, rank, translation and log-probability"),
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
