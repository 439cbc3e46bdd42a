/* SPDX-License-Identifier: MIT */
/* `textrnn classify` and `textrnn fill`: one answer for each text, a label or the missing word. */
#include "app/cli/console.h"
#include "app/cli/shared_options.h"
#include "app/textrnn/textrnn.h"
#include "models/text_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ANSWERS = 100 };

/* A run with all that it holds. */
struct answering {
    enum text_task task;
    const char *path, *usual; /* usual: the shipped model without --model */
    size_t top, threads;
    struct tn_pool *pool;
    struct textrnn_model model;
    struct tn_layout layout;
    struct reader reader;
    struct text_items items;
    struct text_column texts;
    size_t *places; /* of the gaps; NULL for labels */
    struct choice *choices;
};

static void answering_finish(struct answering *a)
{
    free(a->places);
    free(a->choices);
    text_column_finish(&a->texts);
    text_items_finish(&a->items);
    tn_layout_finish(&a->layout);
    textrnn_model_finish(&a->model);
    tn_pool_destroy(a->pool);
}

static enum tn_status load_reader(struct answering *a, struct tn_error *err)
{
    struct text_model *file = &a->model.file;

    TN_TRY(tn_pool_create(a->threads, &a->pool, err));
    TN_TRY(textrnn_load_file(&a->model.file, a->path, a->usual, (int)a->task, err));
    TN_TRY(text_reader_declare(&file->config, vocab_count(file->vocab),
                               vocab_count(file->targets ? file->targets : file->vocab), 0,
                               &a->reader, &a->layout, err));
    return textrnn_read_theta(&a->model, &a->layout, err);
}

static enum tn_status choose_answers(struct answering *a, struct tn_error *err)
{
    const struct vocab *vocab = a->model.file.vocab;
    const enum vocab_unit unit = a->model.file.config.unit;

    if (a->task == TEXT_CLOZE)
        TN_TRY(text_items_blanks(&a->items, unit, vocab, &a->texts, &a->places, err));
    else
        TN_TRY(text_items_column(&a->items, TEXT_FIRST, unit, false, 0, vocab, &a->texts, err));
    textrnn_warn_unknown(&a->texts, unit);
    a->choices = calloc(a->texts.count * a->top + 1, sizeof *a->choices);
    if (!a->choices)
        return tn_fail_nomem(err, a->texts.count * a->top * sizeof *a->choices);
    return reader_answer(&a->reader, a->model.theta, &a->texts, a->places, a->top, a->pool,
                         a->choices, err);
}

/* A subword has the space before it, which stands in the text already. */
static void print_word(const struct text_model *file, const char *word)
{
    const bool spaced = file->config.unit == VOCAB_SUBWORDS && word[0] == ' ' && word[1] != '\0';

    textrnn_print_token(file->config.unit, word + spaced);
}

/* The answers of a text, tab-separated, with their probabilities when several are wanted.  A text
 * that has none is an empty line. */
static void print_answers(const struct answering *a, size_t i)
{
    const struct text_model *file = &a->model.file;

    for (size_t n = 0; n < a->top; n++) {
        const struct choice *choice = &a->choices[i * a->top + n];

        if (choice->word < VOCAB_FIRST_WORD)
            break;
        fputs(n > 0 ? "\t" : "", stdout);
        if (file->targets)
            fputs(vocab_word(file->targets, choice->word), stdout);
        else
            print_word(file, vocab_word(file->vocab, choice->word));
        if (a->top > 1)
            printf(" %.3f", (double)choice->logit);
    }
    putchar('\n');
}

/* Whether text i has no gap where it needs one, which is told. */
static bool lacks_gap(const struct answering *a, size_t i)
{
    enum { SHOWN = 200 };
    const struct text_item *item = &a->items.items[i];

    if (!a->places || a->places[i] != TEXT_NO_PLACE || item->first_length == 0)
        return false;
    app_warn("text %zu: '%.*s': no gap; write __ for the missing word", i + 1,
             (int)(item->first_length < SHOWN ? item->first_length : SHOWN),
             a->items.text + item->first);
    return true;
}

/* The exit code. */
static int print_all(const struct answering *a)
{
    int code = APP_OK;

    for (size_t i = 0; i < a->texts.count; i++) {
        code = lacks_gap(a, i) ? APP_FAILED : code;
        print_answers(a, i);
    }
    return code;
}

static int answer_texts(enum text_task task, const char *command, const char *about, int argc,
                        char **argv)
{
    struct answering a = {.task = task, .top = 1, .usual = strchr(command, ' ') + 1};
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &a.path,
                        task == TEXT_CLOZE ? "model file, or a shipped model (fill)"
                                           : "model file, or a shipped model (classify)"),
        app_option_number('n', "top", "N", &a.top, 1, MOST_ANSWERS,
                          "answers for each text, with their probabilities (1)"),
        app_option_threads(&a.threads),
    };
    const struct app_syntax syntax = {
        .command = command,
        .synopsis = "[OPTION]... [TEXT]...",
        .about = about,
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "text",
        .operands_are_texts = true,
    };
    struct tn_error err;
    size_t operands;
    enum tn_status status;
    int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    status = load_reader(&a, &err);
    if (status == TN_OK)
        status = textrnn_read_lines(argv, operands, a.model.file.config.unit, &a.items, &err);
    if (status == TN_OK)
        status = choose_answers(&a, &err);
    code = status == TN_OK ? print_all(&a) : app_fail(&err);
    answering_finish(&a);
    return code;
}

int textrnn_classify(int argc, char **argv)
{
    return answer_texts(TEXT_CLASSIFY, "textrnn classify",
                        "Prints the label of each TEXT, or of each line of standard input.", argc,
                        argv);
}

int textrnn_fill(int argc, char **argv)
{
    return answer_texts(
        TEXT_CLOZE, "textrnn fill",
        "Prints what is missing where __ stands in each TEXT, or in each line of standard\n"
        "input: a word, a character or a byte, whatever the model reads.",
        argc, argv);
}
