/* SPDX-License-Identifier: MIT */
/* What comes from a user's texts and from foreign models is looked at before a net reads it. */
#include "data/text_items.h"
#include "models/decoder.h"
#include "models/file/model_file.h"
#include "models/language_model.h"
#include "tests/support/suite.h"
#include "train/tasks/reader_task.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS = 4 };

static struct vocab *vocabulary(const char *words)
{
    struct vocab *vocab;

    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    return vocab;
}

/* A file's path of these bytes, until the process ends. */
static const char *file_of(const char *bytes, size_t size)
{
    static char path[64];
    const int file = memfd_create("text", 0);

    ck_assert_int_eq(write(file, bytes, size), (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

/* ---- Blanks ---- */

static void check_blank(enum vocab_unit unit, const char *text, const char *ids, size_t place)
{
    struct vocab *vocab = vocabulary("a\nb\nwell\nd\n_\n-\n");
    struct text_items items = {0};
    struct text_column column;
    char found[64] = "";
    size_t *places;

    ck_assert_int_eq(text_items_add_text(&items, text, unit, NULL), TN_OK);
    ck_assert_int_eq(text_items_blanks(&items, unit, vocab, &column, &places, NULL), TN_OK);
    for (size_t i = 0; i < column.total; i++)
        sprintf(found + strlen(found), "%d ", column.ids[i]);
    ck_assert_str_eq(found, ids);
    ck_assert_uint_eq(places[0], place);
    ck_assert_uint_eq(column.ids[place], TEXT_BLANK);
    free(places);
    text_column_finish(&column);
    text_items_finish(&items);
    vocab_destroy(vocab);
}

START_TEST(a_blank_is_one_token_wherever_it_stands)
{
    check_blank(VOCAB_WORDS, "a __ b", "4 0 5 ", 1);
    check_blank(VOCAB_WORDS, "__", "0 ", 0);
    check_blank(VOCAB_WORDS, "__ a", "0 4 ", 0);
    check_blank(VOCAB_WORDS, "a __", "4 0 ", 1);
    check_blank(VOCAB_WORDS, "a b well-__", "4 5 6 9 0 ", 4);
    check_blank(VOCAB_WORDS, "well__d", "6 0 7 ", 1);
    check_blank(VOCAB_WORDS, "a ____ b", "4 0 5 ", 1);
    check_blank(VOCAB_WORDS, "a __ b __", "4 0 5 3 ", 1);
    check_blank(VOCAB_CHARS, "a__b", "4 0 5 ", 1);
    check_blank(VOCAB_BYTES, "\xC3\xA9___b", "3 3 0 5 ", 2);
}
END_TEST

START_TEST(a_text_without_a_blank_has_no_place_and_no_token)
{
    static const char *const texts[] = {"a b", "", "a _ b _"};
    struct vocab *vocab = vocabulary("a\n");
    struct text_items items = {0};
    struct text_column column;
    size_t *places;

    ck_assert_int_eq(text_items_add_text(&items, texts[_i], VOCAB_WORDS, NULL), TN_OK);
    ck_assert_int_eq(text_items_add_text(&items, "a __", VOCAB_WORDS, NULL), TN_OK);
    ck_assert_int_eq(text_items_blanks(&items, VOCAB_WORDS, vocab, &column, &places, NULL), TN_OK);
    ck_assert_uint_eq(places[0], TEXT_NO_PLACE);
    ck_assert_uint_eq(text_column_length(&column, 0), 0);
    ck_assert_uint_eq(places[1], 1);
    free(places);
    text_column_finish(&column);
    text_items_finish(&items);
    vocab_destroy(vocab);
}
END_TEST

/* A token that is written as __ leaves all others what they were, with no blank around it. */
START_TEST(a_blanked_token_leaves_the_other_tokens)
{
    static const char text[] = "(It's a well-known--dog's x.y, o'clock) 3-4 -a' \xE4\xB8\xAD.";
    const enum vocab_unit unit = (enum vocab_unit)_i;
    struct vocab_cursor cursor = {.text = text, .length = sizeof text - 1};
    struct text_column whole = {0}, blanked = {0};
    struct vocab_builder *builder;
    struct vocab *vocab;

    ck_assert_int_eq(vocab_builder_create(&builder, NULL), TN_OK);
    ck_assert_int_eq(text_count(builder, unit, text, sizeof text - 1, NULL), TN_OK);
    ck_assert_int_eq(vocab_builder_build(builder, 1, 100, &vocab, NULL), TN_OK);
    ck_assert_int_eq(text_column_add(&whole, unit, vocab, text, sizeof text - 1, 0, NULL), TN_OK);
    for (size_t i = 0; vocab_next(unit, &cursor); i++) {
        const size_t size = unit == VOCAB_BYTES ? 1 : cursor.token_length, at = cursor.at - size;
        char gapped[sizeof text + 2];
        size_t place;

        memcpy(gapped, text, at);
        memcpy(gapped + at, "__", 2);
        memcpy(gapped + at + 2, text + cursor.at, sizeof text - cursor.at);
        ck_assert_int_eq(
            text_column_add_blanked(&blanked, unit, vocab, gapped, strlen(gapped), &place, NULL),
            TN_OK);
        ck_assert_uint_eq(place, i);
        ck_assert_uint_eq(text_column_length(&blanked, i), whole.total);
        for (size_t t = 0; t < whole.total; t++)
            ck_assert_uint_eq(blanked.ids[blanked.starts[i] + t],
                              t == i ? TEXT_BLANK : whole.ids[t]);
    }
    ck_assert_uint_eq(blanked.count, whole.total);
    text_column_finish(&whole);
    text_column_finish(&blanked);
    vocab_builder_destroy(builder);
    vocab_destroy(vocab);
}
END_TEST

START_TEST(all_lines_are_as_many_as_the_file_has)
{
    static const char lines[] = "\na\n \r\n\nb";
    struct text_items items = {0};

    ck_assert_int_eq(
        text_items_add_all_lines(&items, file_of(lines, sizeof lines - 1), VOCAB_CHARS, NULL),
        TN_OK);
    ck_assert_uint_eq(items.count, 5);
    ck_assert_uint_eq(items.items[0].first_length, 0);
    ck_assert_uint_eq(items.items[2].first_length, 1);
    ck_assert_int_eq(text_items_add_all_lines(&items, file_of(lines, 0), VOCAB_CHARS, NULL), TN_OK);
    ck_assert_uint_eq(items.count, 5);
    text_items_finish(&items);
}
END_TEST

/* ---- Answers ---- */

struct net {
    struct reader reader;
    struct tn_layout layout;
    float *theta;
    struct text_column texts;
};

static void net_init(struct net *net, enum reader_readout readout, float weight)
{
    const struct reader_config config = {.cell = rnn_cell_find("gru"),
                                         .layers = 1,
                                         .embedding = 3,
                                         .hidden = 4,
                                         .vocabulary = VOCAB_FIRST_WORD + WORDS,
                                         .classes = VOCAB_FIRST_WORD + WORDS,
                                         .readout = readout};
    struct vocab *vocab = vocabulary("a\nb\nc\nd\n");

    memset(net, 0, sizeof *net);
    ck_assert_int_eq(reader_declare(&net->reader, &config, &net->layout, "text.", NULL), TN_OK);
    net->theta = malloc(net->layout.floats * sizeof *net->theta);
    for (size_t i = 0; i < net->layout.floats; i++)
        net->theta[i] = weight;
    ck_assert_int_eq(text_column_add(&net->texts, VOCAB_WORDS, vocab, "a b c", 5, 0, NULL), TN_OK);
    ck_assert_int_eq(text_column_add(&net->texts, VOCAB_WORDS, vocab, "", 0, 0, NULL), TN_OK);
    vocab_destroy(vocab);
}

static void net_finish(struct net *net)
{
    text_column_finish(&net->texts);
    tn_layout_finish(&net->layout);
    free(net->theta);
}

static enum tn_status ask(struct net *net, size_t place, struct choice choices[4],
                          struct tn_error *err)
{
    const size_t places[] = {place, 99}; /* the second text has no token */

    return reader_answer(&net->reader, net->theta, &net->texts, places, 2, NULL, choices, err);
}

START_TEST(a_place_outside_of_a_text_is_refused)
{
    struct choice choices[4] = {{0, 77}, {0, 77}, {0, 77}, {0, 77}};
    struct tn_error err;
    struct net net;

    net_init(&net, READ_PLACE, 0.1F);
    for (size_t place = 0; place < 3; place++)
        ck_assert_int_eq(ask(&net, place, choices, NULL), TN_OK);
    ck_assert_int_ge(choices[1].word, VOCAB_FIRST_WORD);
    ck_assert_int_eq(choices[2].word, 0);
    ck_assert_int_eq(ask(&net, 3, choices, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "text 1 has 3 tokens, and none at place 3");
    ck_assert_int_eq(ask(&net, SIZE_MAX, choices, NULL), TN_RANGE);
    net_finish(&net);
}
END_TEST

START_TEST(weights_that_are_no_numbers_answer_nothing)
{
    const size_t classes = VOCAB_FIRST_WORD + WORDS;
    size_t *confusion = calloc(classes * classes, sizeof *confusion);
    struct text_column labels = {0};
    struct reader_scores scores;
    struct choice choices[4];
    struct tn_error err;
    struct net net;

    net_init(&net, READ_LAST, NAN);
    ck_assert_int_eq(
        reader_answer(&net.reader, net.theta, &net.texts, NULL, 2, NULL, choices, &err), TN_RANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "no answer has a probability"));
    ck_assert_int_eq(text_column_add_id(&labels, VOCAB_FIRST_WORD, NULL), TN_OK);
    ck_assert_int_eq(text_column_add_id(&labels, VOCAB_FIRST_WORD, NULL), TN_OK);
    ck_assert_int_eq(reader_measure(&net.reader, net.theta,
                                    &(struct reader_texts){&net.texts, &labels}, NULL, NULL,
                                    &scores, confusion, NULL),
                     TN_OK);
    ck_assert(scores.top1 == 0 && scores.top5 == 0);
    for (size_t i = 0; i < classes * classes; i++)
        ck_assert_uint_eq(confusion[i], 0);
    free(confusion);
    text_column_finish(&labels);
    net_finish(&net);
}
END_TEST

/* ---- Foreign models ---- */

/* A language model's file whose numbers are all `weight`, beside which its sizes may be larger. */
static const char *language_model_of(const char *words, float weight, size_t told)
{
    static char path[] = "/tmp/test_text_items.XXXXXX";
    const struct text_config real = {
        .task = TEXT_LM, .cell = rnn_cell_find("gru"), .layers = 1, .embedding = 2, .hidden = 2};
    struct text_config config = real;
    struct vocab *vocab = vocabulary(words);
    const struct decoder_config c = {.cell = real.cell,
                                     .layers = 1,
                                     .embedding = 2,
                                     .hidden = 2,
                                     .vocabulary = vocab_count(vocab)};
    struct text_save save = {.config = &config, .vocab = vocab, .training = ""};
    struct decoder *decoder;
    float *theta;

    config.hidden = told;
    ck_assert_int_eq(decoder_create(&c, TEXT_PREFIX, &decoder, NULL), TN_OK);
    save.layout = decoder_layout(decoder);
    theta = malloc(save.layout->floats * sizeof *theta);
    for (size_t i = 0; i < save.layout->floats; i++)
        theta[i] = weight;
    save.theta = theta;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    ck_assert_int_eq(text_model_save(path, &save, NULL), TN_OK);
    free(theta);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
    return path;
}

START_TEST(a_language_model_that_knows_no_number_writes_nothing)
{
    const char *path = language_model_of("a\nb\n", NAN, 2);
    struct language_model lm;
    struct choice choices[3];
    struct tn_error err;
    struct tn_rng rng;
    size_t count;
    int token;

    tn_rng_init(&rng, 1);
    ck_assert_int_eq(language_model_load(&lm, path, &(struct language_model_use){.texts = 1}, NULL),
                     TN_OK);
    for (size_t i = 0; i < 3; i++) {
        const struct choose_rule rule = {1, i == 1 ? 3 : 0, i == 2 ? 0.5F : 1};

        ck_assert_int_eq(language_model_draw(&lm, 0, &rule, &rng, &token, &err), TN_RANGE);
        ck_assert_ptr_nonnull(strstr(err.text, "no token has a probability"));
    }
    ck_assert_int_eq(language_model_likeliest(&lm, 0, 3, choices, &count, NULL), TN_RANGE);
    language_model_finish(&lm);
    unlink(path);
}
END_TEST

/* sizes that the file does not have are refused before memory is asked for */
START_TEST(a_net_larger_than_its_file_is_refused)
{
    const char *path = language_model_of("a\nb\n", 0, 100000);
    const struct decoder_config c = {.cell = rnn_cell_find("gru"),
                                     .layers = 1,
                                     .embedding = 2,
                                     .hidden = 100000,
                                     .vocabulary = 6};
    struct text_model model;
    struct decoder *decoder;
    struct tn_error err;
    float *theta = NULL;

    ck_assert_int_eq(text_model_load(&model, path, TEXT_LM, NULL), TN_OK);
    ck_assert_int_eq(decoder_create(&c, TEXT_PREFIX, &decoder, NULL), TN_OK);
    ck_assert_int_eq(model_load_theta(model.file, decoder_layout(decoder), &theta, &err), TN_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "numbers is described, and there are 66"));
    ck_assert_ptr_null(theta);
    decoder_destroy(decoder);
    text_model_finish(&model);
    unlink(path);
}
END_TEST

START_TEST(a_model_without_words_is_refused)
{
    const char *path = language_model_of("", 0, 2);
    struct text_model model;
    struct tn_error err;

    ck_assert_int_eq(text_model_load(&model, path, TEXT_LM, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "there is no word in it"));
    unlink(path);
}
END_TEST

START_TEST(a_word_longer_than_any_is_cut)
{
    char word[1000], out[VOCAB_LONGEST_WORD + 8];

    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    ck_assert_uint_eq(vocab_unit_text(VOCAB_WORDS, "x", word, out), 1 + VOCAB_LONGEST_WORD);
    ck_assert_uint_eq(vocab_unit_text(VOCAB_CHARS, "x", word, out), VOCAB_LONGEST_WORD);
}
END_TEST

/* Ids are kept in 16 bits. */
START_TEST(a_vocabulary_beyond_16_bits_is_refused)
{
    enum { MANY = TEXT_MAX_VOCABULARY - VOCAB_FIRST_WORD + 1 };
    char *words = malloc(MANY * 8), *end = words;
    struct text_column column = {0};
    struct vocab *vocab;

    for (int i = 0; i < MANY; i++)
        end += sprintf(end, "%d\n", i);
    vocab = vocabulary(words);
    ck_assert_int_eq(text_column_add(&column, VOCAB_WORDS, vocab, "1", 1, 0, NULL), TN_RANGE);
    text_column_finish(&column);
    vocab_destroy(vocab);
    free(words);
}
END_TEST

/* ---- Files ---- */

static void check_item(const struct text_items *items, size_t i, const char *first,
                       const char *second)
{
    const struct text_item *item = &items->items[i];

    ck_assert_uint_gt(items->count, i);
    ck_assert_uint_eq(item->first_length, strlen(first));
    ck_assert_mem_eq(items->text + item->first, first, strlen(first));
    ck_assert_uint_eq(item->second_length, strlen(second));
    ck_assert_mem_eq(items->text + item->second, second, strlen(second));
}

START_TEST(a_byte_order_mark_is_no_text)
{
    static const char marked[] = "\xEF\xBB\xBFpos\tgood\r\n";
    const size_t size = sizeof marked - 1;
    struct text_items items = {0};
    struct tn_error err;

    ck_assert_int_eq(text_items_add_table(&items, file_of(marked, size), true, NULL), TN_OK);
    check_item(&items, 0, "good", "pos");
    ck_assert_int_eq(text_items_add_lines(&items, file_of(marked, size), NULL), TN_OK);
    check_item(&items, 1, "pos\tgood", "");
    ck_assert_int_eq(text_items_add_file(&items, file_of(marked, size), VOCAB_WORDS, "x", NULL),
                     TN_OK);
    check_item(&items, 2, "pos\tgood\r\n", "x");
    ck_assert_int_eq(text_items_add_file(&items, file_of(marked, size), VOCAB_BYTES, "x", NULL),
                     TN_OK);
    check_item(&items, 3, marked, "x");
    ck_assert_int_eq(text_items_add_file(&items, file_of(marked, 3), VOCAB_CHARS, "x", &err),
                     TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "an empty file"));
    text_items_finish(&items);
}
END_TEST

START_TEST(columns_beyond_the_second_are_passed_over_and_counted)
{
    static const char table[] = "Hi.\tHallo.\tCC-BY\tby x\nRun!\tLauf!\nGo.\t\tCC-BY\n";
    struct text_items items = {0};
    struct tn_error err;

    ck_assert_int_eq(text_items_add_table(&items, file_of(table, 33), false, NULL), TN_OK);
    check_item(&items, 0, "Hi.", "Hallo.");
    check_item(&items, 1, "Run!", "Lauf!");
    ck_assert_uint_eq(items.wide, 1);
    ck_assert_int_eq(text_items_add_table(&items, file_of(table, sizeof table - 1), false, &err),
                     TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "line 3: expected two texts"));
    text_items_finish(&items);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_items");
    TCase *tcase = tcase_create("text_items");

    tcase_add_test(tcase, a_blank_is_one_token_wherever_it_stands);
    tcase_add_loop_test(tcase, a_text_without_a_blank_has_no_place_and_no_token, 0, 3);
    tcase_add_loop_test(tcase, a_blanked_token_leaves_the_other_tokens, VOCAB_BYTES,
                        VOCAB_WORDS + 1);
    tcase_add_test(tcase, all_lines_are_as_many_as_the_file_has);
    tcase_add_test(tcase, a_place_outside_of_a_text_is_refused);
    tcase_add_test(tcase, weights_that_are_no_numbers_answer_nothing);
    tcase_add_test(tcase, a_language_model_that_knows_no_number_writes_nothing);
    tcase_add_test(tcase, a_net_larger_than_its_file_is_refused);
    tcase_add_test(tcase, a_model_without_words_is_refused);
    tcase_add_test(tcase, a_word_longer_than_any_is_cut);
    tcase_add_test(tcase, a_vocabulary_beyond_16_bits_is_refused);
    tcase_add_test(tcase, a_byte_order_mark_is_no_text);
    tcase_add_test(tcase, columns_beyond_the_second_are_passed_over_and_counted);
    suite_add_tcase(suite, tcase);
    return suite;
}
