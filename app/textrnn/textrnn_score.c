/* SPDX-License-Identifier: MIT */
/* `textrnn score`: how likely texts are, for a language model. */
#include "app/cli/console.h"
#include "app/cli/shared_options.h"
#include "app/textrnn/textrnn.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOGETHER = 64 };

struct score_command {
    const char *model;
    size_t threads;
    bool verbose;
};

/* A run with all that it holds. */
struct scoring {
    const struct score_command *command;
    struct tn_pool *pool;
    struct language_model lm;
    struct text_items items;
    struct text_column texts;
    float *log_probs; /* [texts.total] */
};

static void scoring_finish(struct scoring *s)
{
    free(s->log_probs);
    text_column_finish(&s->texts);
    text_items_finish(&s->items);
    language_model_finish(&s->lm);
    tn_pool_destroy(s->pool);
}

static void print_row(enum vocab_unit unit, const char *token, float log_prob)
{
    printf("\t%.4f\t", (double)log_prob);
    textrnn_print_token(unit, token);
    putchar('\n');
}

/* A row for each token, behind an empty column.  They are cut from the text again, since those that
 * the vocabulary lacks have no name in it; it lacks no subword. */
static void print_tokens(const struct text_model *model, const char *text, size_t length,
                         const float *log_probs)
{
    const enum vocab_unit unit = model->config.unit;
    struct vocab_cursor cursor = {.text = text, .length = length};
    int ids[VOCAB_MOST_IDS];

    while (vocab_next(unit, &cursor)) {
        const size_t count = vocab_unit_ids(unit, model->vocab, &cursor, ids);
        char token[VOCAB_LONGEST_WORD + 2];

        snprintf(token, sizeof token, "%.*s", (int)cursor.token_length, cursor.token);
        for (size_t i = 0; i < count; i++)
            print_row(unit, unit == VOCAB_SUBWORDS ? vocab_word(model->vocab, ids[i]) : token,
                      *log_probs++);
    }
    if (model->config.ends && length > 0)
        printf("\t%.4f\t%s\n", (double)*log_probs, vocab_word(model->vocab, VOCAB_END));
}

static void print_score(const struct scoring *s, size_t i)
{
    const struct text_item *item = &s->items.items[i];
    const char *text = s->items.text + item->first;
    const size_t tokens = text_column_length(&s->texts, i);
    const float *log_probs = s->log_probs + s->texts.starts[i];
    double sum = 0;

    for (size_t t = 0; t < tokens; t++)
        sum += (double)log_probs[t];
    printf("%.4f\t%zu\t", sum, tokens);
    textrnn_print_line(text, item->first_length);
    putchar('\n');
    if (s->command->verbose)
        print_tokens(&s->lm.model, text, item->first_length, log_probs);
}

static enum tn_status score_texts(struct scoring *s, char *const *operands, size_t count,
                                  struct tn_error *err)
{
    struct language_model_use use = {.texts = TOGETHER, .exact = true};
    enum vocab_unit unit;

    TN_TRY(tn_pool_create(s->command->threads, &s->pool, err));
    use.pool = s->pool;
    TN_TRY(textrnn_load_lm(&s->lm, s->command->model, "next", &use, err));
    unit = s->lm.model.config.unit;
    TN_TRY(textrnn_read_lines(operands, count, unit, &s->items, err));
    s->items.ends = s->lm.model.config.ends;
    TN_TRY(text_items_column(&s->items, TEXT_FIRST, unit, false, 0, s->lm.model.vocab, &s->texts,
                             err));
    s->log_probs = calloc(s->texts.total + 1, sizeof *s->log_probs);
    if (!s->log_probs)
        return tn_fail_nomem(err, s->texts.total * sizeof *s->log_probs);
    TN_TRY(language_model_score(&s->lm, &s->texts, s->log_probs, err));
    if (s->texts.unknown > 0)
        app_warn("the model does not know %zu of %zu %s; each counts as its unknown %s",
                 s->texts.unknown, s->texts.total, vocab_unit_plural(unit), vocab_unit_names[unit]);
    for (size_t i = 0; i < s->texts.count; i++)
        print_score(s, i);
    return TN_OK;
}

int textrnn_score(int argc, char **argv)
{
    struct score_command c = {.model = NULL};
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model,
                        "model file, or a shipped model (next)"),
        app_option_flag('v', "verbose", &c.verbose, "a row for each token, too, below its text's"),
        app_option_threads(&c.threads),
    };
    const struct app_syntax syntax = {
        .command = "textrnn score",
        .synopsis = "[OPTION]... [TEXT]...",
        .about = "Prints how likely each TEXT is, or each line of standard input: the natural\n"
                 "logarithm of its probability, the number of its tokens, and the text.  Every\n"
                 "token counts, the first as a text's beginning; so does the end, if the model\n"
                 "learnt where texts end.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "text",
        .operands_are_texts = true,
    };
    struct scoring scoring = {.command = &c};
    struct tn_error err;
    size_t operands;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code == APP_PROCEED) {
        code = score_texts(&scoring, argv, operands, &err) == TN_OK ? APP_OK : app_fail(&err);
        scoring_finish(&scoring);
    }
    return code;
}
