/* SPDX-License-Identifier: MIT */
/* `textrnn translate`: sentences in, their translations out, a line each. */
#include "app/cli/shared_options.h"
#include "app/textrnn/textrnn.h"
#include "models/translator.h"

#include <stdio.h>
#include <stdlib.h>

struct translate_command {
    const char *model;
    size_t beam, max_words, threads;
};

/* A run with all that it holds. */
struct run {
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

static void print_translation(void *context, size_t text, const int *words, size_t count)
{
    struct run *r = context;

    print_until(r, text);
    textrnn_print_words(r->model.file.targets, r->model.file.config.target_unit, words, count);
    putchar('\n');
    r->next++;
}

static enum tn_status translate_lines(struct run *r, const struct translate_command *c,
                                      char *const *operands, size_t count, struct tn_error *err)
{
    struct text_model *file = &r->model.file;
    struct search_options options = SEARCH_OPTIONS_DEFAULT;

    options.beam = c->beam;
    options.max_words = c->max_words;
    options.block_repeats = false;
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
    print_until(r, r->sources.count);
    return TN_OK;
}

int textrnn_translate(int argc, char **argv)
{
    struct translate_command c = {.beam = 4, .max_words = 100};
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model,
                        "model file, or a shipped model (translate)"),
        app_option_number('b', "beam", "N", &c.beam, 1, 64,
                          "unfinished translations that the search keeps (4)"),
        app_option_number('w', "max-words", "N", &c.max_words, 1, 1000,
                          "longest translation, in the target's tokens (100)"),
        app_option_threads(&c.threads),
    };
    const struct app_syntax syntax = {
        .command = "textrnn translate",
        .synopsis = "[OPTION]... [TEXT]...",
        .about = "Translates each TEXT, or each line of standard input.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "text",
        .operands_are_texts = true,
    };
    struct run r = {.next = 0};
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED) {
        code = translate_lines(&r, &c, argv, operands, &err) == TN_OK ? APP_OK : app_fail(&err);
        translate_run_finish(&r);
    }
    return code;
}
