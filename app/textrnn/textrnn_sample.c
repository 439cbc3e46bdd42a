/* SPDX-License-Identifier: MIT */
/* `textrnn sample`: a language model writes texts, several of them side by side. */
#include "app/cli/console.h"
#include "app/textrnn/textrnn.h"
#include "base/array.h"
#include "models/language_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 64 };

struct sample_command {
    const char *model, *prompt;
    size_t length, count, top_k, seed, best, beam;
    double temperature, top_p;
};

/* A text that is being written. */
struct sample {
    struct tn_rng rng;
    bool ended;
    const char *before; /* the token that it ends with; NULL: none */
    char *bytes;        /* what waits to be printed; owned */
    size_t count, capacity;
};

/* A run with all that it holds. */
struct sampling {
    const struct sample_command *command;
    struct language_model lm;
    struct sample texts[TOGETHER];
};

static void sampling_finish(struct sampling *s)
{
    for (size_t i = 0; i < TOGETHER; i++)
        free(s->texts[i].bytes);
    language_model_finish(&s->lm);
}

/* The first of the texts is printed as it is drawn, so that a long one can be watched. */
static enum tn_status put_bytes(struct sample *t, bool at_once, const char *bytes, size_t count,
                                struct tn_error *err)
{
    if (at_once) {
        fwrite(bytes, 1, count, stdout);
        return TN_OK;
    }
    TN_TRY(tn_array_reserve(&t->bytes, &t->capacity, t->count + count, err));
    memcpy(t->bytes + t->count, bytes, count);
    t->count += count;
    return TN_OK;
}

static enum tn_status write_token(struct sampling *s, size_t text, int token, struct tn_error *err)
{
    const struct text_model *model = &s->lm.model;
    const char *word = vocab_word(model->vocab, token);
    struct sample *t = &s->texts[text];
    char bytes[VOCAB_LONGEST_WORD + 8];

    TN_TRY(put_bytes(t, text == 0, bytes,
                     vocab_unit_text(model->config.unit, t->before, word, bytes), err));
    t->before = word;
    return TN_OK;
}

/* The texts from number `first` on begin with the prompt. */
static enum tn_status begin_texts(struct sampling *s, size_t first, struct tn_error *err)
{
    const struct sample_command *c = s->command;
    const size_t length = strlen(c->prompt);

    language_model_restart(&s->lm);
    TN_TRY(language_model_read(&s->lm, c->prompt, length, err));
    language_model_fork(&s->lm, c->count - first < TOGETHER ? c->count - first : TOGETHER);
    for (size_t i = 0; i < s->lm.texts; i++) {
        struct sample *t = &s->texts[i];

        tn_rng_init(&t->rng, c->seed + first + i);
        t->before = length > 0 ? "x" : NULL;
        t->count = 0;
        t->ended = false;
        TN_TRY(put_bytes(t, i == 0, c->prompt, length, err));
    }
    return TN_OK;
}

/* Draws the next token of a text that goes on; one that has ended goes on unseen. */
static enum tn_status draw_next(struct sampling *s, size_t i, const struct choose_rule *rule,
                                int *ret_token, struct tn_error *err)
{
    struct sample *t = &s->texts[i];

    *ret_token = VOCAB_END;
    if (!t->ended)
        TN_TRY(language_model_draw(&s->lm, i, rule, &t->rng, ret_token, err));
    t->ended = *ret_token == VOCAB_END;
    return t->ended ? TN_OK : write_token(s, i, *ret_token, err);
}

static bool all_ended(const struct sampling *s)
{
    for (size_t i = 0; i < s->lm.texts; i++)
        if (!s->texts[i].ended)
            return false;
    return true;
}

static enum tn_status draw_texts(struct sampling *s, struct tn_error *err)
{
    const struct sample_command *c = s->command;
    const struct choose_rule rule = {(float)c->temperature, c->top_k, (float)c->top_p};
    int tokens[TOGETHER];

    for (size_t n = 0; n < c->length && !all_ended(s) && !app_interrupted(); n++) {
        for (size_t i = 0; i < s->lm.texts; i++)
            TN_TRY(draw_next(s, i, &rule, &tokens[i], err));
        language_model_feed(&s->lm, tokens);
    }
    return TN_OK;
}

static enum tn_status write_texts(struct sampling *s, struct tn_error *err)
{
    for (size_t first = 0; first < s->command->count && !app_interrupted(); first += TOGETHER) {
        fputs(first > 0 ? "\n" : "", stdout);
        TN_TRY(begin_texts(s, first, err));
        TN_TRY(draw_texts(s, err));
        putchar('\n');
        for (size_t i = 1; i < s->lm.texts; i++) {
            putchar('\n');
            fwrite(s->texts[i].bytes, 1, s->texts[i].count, stdout);
            putchar('\n');
        }
    }
    return TN_OK;
}

static enum tn_status sample_texts(const struct sample_command *c, struct tn_error *err)
{
    struct sampling s = {.command = c};
    /* One thread: the products of a step take microseconds, and a thread that waits for its core
     * would hold all others up. */
    const struct language_model_use use = {.texts = c->count < TOGETHER ? c->count : TOGETHER};
    enum tn_status status = textrnn_load_lm(&s.lm, c->model, "prose", &use, err);

    if (status == TN_OK)
        status = write_texts(&s, err);
    sampling_finish(&s);
    return status;
}

static enum tn_status write_as_asked(const struct sample_command *c, struct tn_error *err)
{
    const struct textrnn_best search = {c->model, c->prompt, c->length, c->best, c->beam};

    return c->best > 0 ? textrnn_print_best(&search, err) : sample_texts(c, err);
}

int textrnn_sample(int argc, char **argv)
{
    struct sample_command c = {.prompt = "",
                               .length = 500,
                               .count = 1,
                               .temperature = 1,
                               .top_p = 1,
                               .seed = 1,
                               .beam = 8};
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model,
                        "model file, or a shipped model (prose)"),
        app_option_prose('p', "prompt", "TEXT", &c.prompt, "the text's beginning (none)"),
        app_option_number('n', "length", "N", &c.length, 1, 1000000000,
                          "tokens to write, of the model's unit (500)"),
        app_option_number('c', "count", "N", &c.count, 1, 1000000000,
                          "texts to write, with an empty line between them (1)"),
        app_option_real(0, "temperature", "X", &c.temperature, 0.01, 100,
                        "below 1 what is likely becomes likelier (1)"),
        app_option_number(0, "top-k", "N", &c.top_k, 0, 65535,
                          "draw from the N likeliest only, 0: from all (0)"),
        app_option_real(0, "top-p", "X", &c.top_p, 0.001, 1,
                        "of these, from the likeliest that have the share X (1)"),
        app_option_number(0, "seed", "N", &c.seed, 0, 1000000000,
                          "equal seeds, equal texts; the n-th text has seed N + n - 1 (1)"),
        app_option_number(0, "best", "N", &c.best, 1, 1000,
                          "list the N most probable texts in place of a drawn one"),
        app_option_number('b', "beam", "N", &c.beam, 1, 1000,
                          "with --best: unfinished texts kept (8, or N)"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn sample",
        .synopsis = "[OPTION]...",
        .about = "Writes a text as the model learnt it, beginning with the prompt.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operand = "argument",
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (c.best > 0 && c.count > 1)
        return app_usage_error(syntax.command, "--count draws texts, and --best searches for them");
    app_hold_interrupts();
    return write_as_asked(&c, &err) == TN_OK ? APP_OK : app_fail(&err);
}
