/* SPDX-License-Identifier: MIT */
/* `textrnn sample`: a language model writes a text. */
#include "app/cli/console.h"
#include "app/textrnn/textrnn.h"
#include "models/language_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sample_command {
    const char *model, *prompt;
    size_t length, top_k, seed;
    double temperature;
};

/* Writes tokens as they are drawn, so that a long text can be watched. */
static enum tn_status write_sample(struct language_model *lm, const struct sample_command *c,
                                   struct choice *choices, struct tn_error *err)
{
    const struct text_model *model = &lm->model;
    const char *before = c->prompt[0] ? "x" : NULL;
    struct tn_rng rng;

    tn_rng_init(&rng, c->seed);
    TN_TRY(language_model_read(lm, c->prompt, strlen(c->prompt), err));
    fputs(c->prompt, stdout);
    for (size_t i = 0; i < c->length && !app_interrupted(); i++) {
        char text[VOCAB_LONGEST_WORD + 8];
        const char *word;
        int id;

        TN_TRY(language_model_draw(lm, (float)c->temperature, c->top_k, choices, &rng, &id, err));
        word = vocab_word(model->vocab, id);
        fwrite(text, 1, vocab_unit_text(model->config.unit, before, word, text), stdout);
        before = word;
        language_model_feed(lm, id);
    }
    fputc('\n', stdout);
    return TN_OK;
}

static enum tn_status sample_text(const struct sample_command *c, struct tn_error *err)
{
    struct choice *choices = calloc(c->top_k + 1, sizeof *choices);
    struct language_model lm;
    enum tn_status status;

    if (!choices)
        return tn_fail_nomem(err, c->top_k * sizeof *choices);
    status = language_model_load(&lm, c->model, NULL, err);
    if (status == TN_OK) {
        status = write_sample(&lm, c, choices, err);
        language_model_finish(&lm);
    }
    free(choices);
    return status;
}

int textrnn_sample(int argc, char **argv)
{
    struct sample_command c = {.prompt = "", .length = 500, .temperature = 1, .seed = 1};
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &c.model, "a model for the task lm"),
        app_option_text('p', "prompt", "TEXT", &c.prompt, "the text's beginning (none)"),
        app_option_number('n', "length", "N", &c.length, 1, 1000000000,
                          "tokens to write: bytes, characters or words (500)"),
        app_option_real(0, "temperature", "X", &c.temperature, 0.01, 100,
                        "below 1 what is likely becomes likelier (1)"),
        app_option_number(0, "top-k", "N", &c.top_k, 0, 65535,
                          "draw from the N likeliest only, 0: from all (0)"),
        app_option_number(0, "seed", "N", &c.seed, 0, 1000000000, "equal seeds, equal texts (1)"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn sample",
        .synopsis = "--model FILE [OPTION]...",
        .about = "Writes a text as the model learnt it, beginning with the prompt.",
        .options = options,
        .required = {"model"},
        .option_count = APP_COUNT(options),
        .operand = "argument",
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    app_hold_interrupts();
    return sample_text(&c, &err) == TN_OK ? APP_OK : app_fail(&err);
}
