/* SPDX-License-Identifier: MIT */
/* Any bytes as a text from the command line, the first of them the unit that it is read by: small
 * nets of random weights label it, fill its gap, translate it and go on with it. */
#include "data/text_items.h"
#include "fuzz/support.h"
#include "fuzz/text_models.h"
#include "models/language_model.h"
#include "models/text_reader.h"
#include "models/translator.h"

#include <stdlib.h>
#include <string.h>

enum { TOP = 3, MAX_WORDS = 4 };

static const char words[] = "a\nb\nc\nthe\ndog\n-\n\\n\n \n\xE4\xB8\xAD\n\xC3\xA9\n";

/* All have one vocabulary, for reading and for answering. */
struct nets {
    struct vocab *vocab;
    struct reader labels, cloze;
    struct tn_layout labels_layout, cloze_layout;
    struct translator translator;
    float *labels_theta, *cloze_theta, *translator_theta;
};

static void declare(enum text_task task, size_t count, struct reader *reader,
                    struct tn_layout *layout, float **ret_theta)
{
    const struct text_config config = fuzz_text_config(task, VOCAB_WORDS);

    fuzz_require(text_reader_declare(&config, count, count, 0, reader, layout, NULL) == TN_OK);
    *ret_theta = fuzz_text_theta(layout);
}

/* The nets, made when the first input comes. */
static const struct nets *get_nets(void)
{
    static struct nets nets;
    const struct text_config config = fuzz_text_config(TEXT_TRANSLATE, VOCAB_WORDS);
    size_t count;

    if (nets.vocab)
        return &nets;
    fuzz_require(vocab_parse(words, strlen(words), &nets.vocab, NULL) == TN_OK);
    count = vocab_count(nets.vocab);
    declare(TEXT_CLASSIFY, count, &nets.labels, &nets.labels_layout, &nets.labels_theta);
    declare(TEXT_CLOZE, count, &nets.cloze, &nets.cloze_layout, &nets.cloze_theta);
    fuzz_require(translator_init(&nets.translator, &config, count, count, 0, NULL) == TN_OK);
    nets.translator_theta = fuzz_text_theta(&nets.translator.layout);
    return &nets;
}

/* The tokens come in order, and bytes and characters are all of the text. */
static void check_cut(enum vocab_unit unit, const char *text)
{
    struct vocab_cursor cursor = {.text = text, .length = strlen(text)};
    size_t before = 0, bytes = 0;

    if (vocab_check_text(unit, text, strlen(text), NULL) != TN_OK)
        return;
    for (; vocab_next(unit, &cursor); before = cursor.at) {
        fuzz_require(cursor.at > before && cursor.at <= cursor.length);
        fuzz_require(cursor.token_length > 0 && cursor.token_length <= VOCAB_LONGEST_WORD);
        bytes += unit == VOCAB_BYTES ? 1 : cursor.token_length;
    }
    fuzz_require(unit == VOCAB_WORDS ? bytes <= cursor.length : bytes == cursor.length);
}

static void answer(const struct nets *nets, enum vocab_unit unit, const struct text_items *items)
{
    struct text_column column;
    struct choice choices[TOP];
    size_t *places;

    fuzz_require(text_items_column(items, TEXT_FIRST, unit, false, 0, nets->vocab, &column, NULL) ==
                 TN_OK);
    fuzz_require(reader_answer(&nets->labels, nets->labels_theta, &column, NULL, TOP, NULL, choices,
                               NULL) == TN_OK);
    fuzz_require((choices[0].word == 0) == (column.total == 0));
    text_column_finish(&column);
    fuzz_require(text_items_blanks(items, unit, nets->vocab, &column, &places, NULL) == TN_OK);
    if (places[0] == TEXT_NO_PLACE)
        fuzz_require(column.total == 0);
    else
        fuzz_require(places[0] < column.total && column.ids[places[0]] == TEXT_BLANK);
    fuzz_require(reader_answer(&nets->cloze, nets->cloze_theta, &column, places, TOP, NULL, choices,
                               NULL) == TN_OK);
    fuzz_require((choices[0].word >= VOCAB_FIRST_WORD) == (column.total > 0));
    free(places);
    text_column_finish(&column);
}

static void count_text(void *context, size_t text, const struct search_hypothesis *found,
                       size_t count)
{
    fuzz_require(text == 0 && count > 0 && found->count <= MAX_WORDS);
    ++*(size_t *)context;
}

static void translate(const struct nets *nets, enum vocab_unit unit, const struct text_items *items)
{
    struct search_options options = SEARCH_OPTIONS_DEFAULT;
    struct text_column column;
    size_t translated = 0;

    options.max_words = MAX_WORDS;
    fuzz_require(text_items_column(items, TEXT_FIRST, unit, false, 0, nets->vocab, &column, NULL) ==
                 TN_OK);
    fuzz_require(translate_texts(&nets->translator, nets->translator_theta, &column, &options, NULL,
                                 count_text, &translated, NULL) == TN_OK);
    fuzz_require(translated == (column.total > 0));
    text_column_finish(&column);
}

static void draw(struct language_model *lm, struct tn_rng *rng)
{
    static const struct choose_rule rule = {1, 0, 0.9F};
    char text[VOCAB_LONGEST_WORD + 8];
    int token;

    fuzz_require(language_model_draw(lm, 0, &rule, rng, &token, NULL) == TN_OK);
    fuzz_require(
        vocab_unit_text(lm->model.config.unit, "x", vocab_word(lm->model.vocab, token), text) > 0);
    language_model_feed(lm, &token);
}

static void go_on(enum vocab_unit unit, const char *text)
{
    struct language_model lm;
    struct choice choices[TOP];
    struct tn_rng rng;
    size_t count;

    tn_rng_init(&rng, 1);
    fuzz_require(language_model_load(&lm, fuzz_text_model(TEXT_LM, unit),
                                     &(struct language_model_use){.texts = 1}, NULL) == TN_OK);
    if (language_model_read(&lm, text, strlen(text), NULL) == TN_OK) {
        fuzz_require(language_model_likeliest(&lm, 0, TOP, choices, &count, NULL) == TN_OK);
        fuzz_require(count == TOP);
        for (size_t i = 0; i < MAX_WORDS; i++)
            draw(&lm, &rng);
    }
    language_model_finish(&lm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const enum vocab_unit unit = size > 0 ? (enum vocab_unit)(data[0] % 3) : VOCAB_BYTES;
    const struct nets *nets = get_nets();
    char *text = size > 0 ? strndup((const char *)data + 1, size - 1) : strdup("");
    struct text_items items = {0};

    fuzz_require(text != NULL);
    check_cut(unit, text);
    go_on(unit, text);
    if (text_items_add_text(&items, text, unit, NULL) == TN_OK) {
        answer(nets, unit, &items);
        translate(nets, unit, &items);
    }
    text_items_finish(&items);
    free(text);
    return 0;
}
