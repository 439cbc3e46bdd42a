/* SPDX-License-Identifier: MIT */
/* `textrnn next`: what is likely to come after a text. */
#include "app/textrnn/textrnn.h"
#include "models/language_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tn_status list_next(const char *model, const char *prompt, size_t count,
                                struct tn_error *err)
{
    struct choice *choices = calloc(count, sizeof *choices);
    struct language_model lm;
    enum tn_status status;

    if (!choices)
        return tn_fail_nomem(err, count * sizeof *choices);
    status = textrnn_load_lm(&lm, model, "next",
                             &(struct language_model_use){.texts = 1, .exact = true}, err);
    if (status == TN_OK) {
        status = language_model_read(&lm, prompt, strlen(prompt), err);
        if (status == TN_OK)
            status = language_model_likeliest(&lm, 0, count, choices, &count, err);
        for (size_t i = 0; status == TN_OK && i < count; i++) {
            printf("%.4f\t", exp((double)choices[i].logit));
            if (choices[i].word == VOCAB_END)
                fputs(vocab_word(lm.model.vocab, VOCAB_END), stdout);
            else
                textrnn_print_token(lm.model.config.unit,
                                    vocab_word(lm.model.vocab, choices[i].word));
            putchar('\n');
        }
        language_model_finish(&lm);
    }
    free(choices);
    return status;
}

int textrnn_next(int argc, char **argv)
{
    const char *model = NULL;
    size_t count = 10;
    const struct app_option options[] = {
        app_option_file('m', "model", "FILE", APP_INPUT, &model,
                        "model file, or a shipped model (next)"),
        app_option_number('n', "count", "N", &count, 1, 65535, "how many to list (10)"),
    };
    const struct app_syntax syntax = {
        .command = "textrnn next",
        .synopsis = "[OPTION]... TEXT",
        .about = "Lists what is likely to come after TEXT, with its probability, the likeliest "
                 "first.",
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_min = 1,
        .operands_max = 1,
        .operand = "text",
        .operands_are_texts = true,
    };
    struct tn_error err;
    size_t operands;
    const int code = app_parse(&syntax, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    return list_next(model, argv[0], count, &err) == TN_OK ? APP_OK : app_fail(&err);
}
