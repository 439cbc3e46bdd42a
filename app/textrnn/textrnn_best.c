/* SPDX-License-Identifier: MIT */
/* `textrnn sample --best`: the most probable texts, a row for each. */
#include "app/cli/console.h"
#include "app/textrnn/textrnn.h"
#include "models/language_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool goes_on(void *context, const char *doing, size_t done, size_t count)
{
    (void)context, (void)doing, (void)done, (void)count;
    return !app_interrupted();
}

/* The prompt and the tokens behind it as one line. */
static void print_text(const struct text_model *model, const char *prompt, const int *tokens,
                       size_t count)
{
    const char *before = *prompt ? "x" : NULL;

    textrnn_print_line(prompt, strlen(prompt));
    for (size_t i = 0; i < count; i++) {
        const char *word = vocab_word(model->vocab, tokens[i]);
        char bytes[VOCAB_LONGEST_WORD + 8];

        textrnn_print_line(bytes, vocab_unit_text(model->config.unit, before, word, bytes));
        before = word;
    }
    putchar('\n');
}

static enum tn_status search_and_print(struct language_model *lm, const char *prompt, size_t length,
                                       size_t best, size_t beam, struct tn_error *err)
{
    const struct tn_progress progress = {.report = goes_on};
    struct language_texts texts = {.count = 0};

    TN_TRY(language_model_read(lm, prompt, strlen(prompt), err));
    TN_TRY(language_model_search(lm, beam, length, &progress, &texts, err));
    for (size_t i = 0; i < best && i < texts.count; i++) {
        printf("%.4f\t%zu\t", texts.log_probs[i], texts.lengths[i]);
        print_text(&lm->model, prompt, texts.tokens + i * texts.length, texts.lengths[i]);
    }
    language_texts_finish(&texts);
    return TN_OK;
}

enum tn_status textrnn_print_best(const struct textrnn_best *search, struct tn_error *err)
{
    const size_t beam = search->beam > search->best ? search->beam : search->best;
    const struct language_model_use use = {.texts = beam, .exact = true};
    struct language_model lm;
    enum tn_status status;

    TN_TRY(textrnn_load_lm(&lm, search->model, "prose", &use, err));
    status = search_and_print(&lm, search->prompt, search->length, search->best, beam, err);
    language_model_finish(&lm);
    return status;
}
