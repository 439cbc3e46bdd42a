/* SPDX-License-Identifier: MIT */
/* The option table: what is accepted, what is refused, and the nearest name to a mistyped one. */
#include "app/cli/commands.h"
#include "app/cli/options.h"

#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const colours[] = {"red", "green", "blue", NULL};

struct values {
    bool quiet;
    const char *output;
    struct app_list data;
    size_t beam, colour;
    double rate;
    bool colours[3];
};

enum { MOST_ARGUMENTS = 16 };

/* Parses the words of line, separated by spaces; operands are left in ret_operands. */
static int parse(const char *line, struct values *values, char **ret_operands, size_t *ret_count)
{
    static char copy[256], name[] = "prog";
    const struct app_option options[] = {
        app_option_flag('q', "quiet", &values->quiet, "say nothing"),
        app_option_file('o', "output", "FILE", APP_TEXT_OUTPUT, &values->output, "where to write"),
        app_option_files('d', "data", "DIR", APP_FOLDER, &values->data, "what to read"),
        app_option_number('b', "beam", "N", &values->beam, 1, 64, "sentences kept"),
        app_option_real(0, "rate", "X", &values->rate, 0, 1, "learning rate"),
        app_option_choice(0, "colour", "NAME", &values->colour, colours, "one of"),
        app_option_choices(0, "paint", "NAME", values->colours, colours, "several of"),
    };
    const struct app_syntax syntax = {.command = "prog",
                                      .synopsis = "[OPTION]... PHOTO...",
                                      .options = options,
                                      .option_count = APP_COUNT(options),
                                      .operands_min = 0,
                                      .operands_max = 3,
                                      .operand = "photo"};
    int argc = 1;

    snprintf(copy, sizeof copy, "%s", line);
    ret_operands[0] = name;
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        ret_operands[argc++] = word;
    return app_parse(&syntax, argc, ret_operands, ret_count);
}

START_TEST(several_choices_add_up)
{
    struct values values = {0};
    char *operands[MOST_ARGUMENTS];
    size_t count;

    ck_assert_int_eq(parse("--paint blue --paint=red --paint blue", &values, operands, &count),
                     APP_PROCEED);
    ck_assert(values.colours[0] && !values.colours[1] && values.colours[2]);
    ck_assert_int_eq(parse("--paint red --paint pink", &values, operands, &count), APP_USAGE);
}
END_TEST

START_TEST(options_and_operands_mix)
{
    struct values values = {0};
    char *operands[MOST_ARGUMENTS];
    size_t count;

    ck_assert_int_eq(parse("a.jpg --beam 5 -q b.jpg --output=x=y --rate 0.5 -- --beam", &values,
                           operands, &count),
                     APP_PROCEED);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(operands[0], "a.jpg");
    ck_assert_str_eq(operands[1], "b.jpg");
    ck_assert_str_eq(operands[2], "--beam");
    ck_assert(values.quiet);
    ck_assert_uint_eq(values.beam, 5);
    ck_assert_str_eq(values.output, "x=y");
    ck_assert_double_eq(values.rate, 0.5);
}
END_TEST

START_TEST(letters_join_and_take_arguments)
{
    struct values values = {0};
    char *operands[MOST_ARGUMENTS];
    size_t count;

    ck_assert_int_eq(parse("-qb7 -o out -dx -d y - --colour blue", &values, operands, &count),
                     APP_PROCEED);
    ck_assert(values.quiet);
    ck_assert_uint_eq(values.beam, 7);
    ck_assert_str_eq(values.output, "out");
    ck_assert_uint_eq(values.data.count, 2);
    ck_assert_str_eq(values.data.items[1], "y");
    ck_assert_uint_eq(values.colour, 2);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(operands[0], "-");
    app_list_finish(&values.data);
}
END_TEST

static const char *const refused[] = {
    "--beem 3",   "--beam",
    "--beam 0",   "--beam 65",
    "--beam 3x",  "--beam -1",
    "--beam=",    "--quiet=yes",
    "-z",         "-b",
    "--rate nan", "--rate 0x1p-1",
    "--rate 1.5", "--rate 1e999",
    "--rate .",   "--colour pink",
    "a b c d",    "--beam +3",
    "--beam 1e1", "--output",
    "--helpp",    "--beam 99999999999999999999",
};

START_TEST(mistakes_are_usage_errors_and_change_nothing)
{
    struct values values = {.beam = 3, .rate = 0.25, .colour = 1};
    char *operands[MOST_ARGUMENTS];
    size_t count = 77;

    ck_assert(freopen("/dev/null", "w", stderr));
    ck_assert_msg(parse(refused[_i], &values, operands, &count) == APP_USAGE, "%s", refused[_i]);
    ck_assert_uint_eq(values.beam, 3);
    ck_assert_double_eq(values.rate, 0.25);
    ck_assert_uint_eq(values.colour, 1);
    ck_assert_uint_eq(count, 77);
}
END_TEST

static const struct {
    const char *typed, *meant;
} near[] = {
    {"beem", "beam"},
    {"baem", "beam"},
    {"max-word", "max-words"},
    {"ouptut", "output"},
    {"max-w", "max-words"},
    {"gibberish", NULL},
    {"x", NULL},
    {"", NULL},
};

START_TEST(nearest_word_is_what_was_meant)
{
    static const char *const words[] = {"quiet", "output", "beam", "max-words", NULL};
    const char *found = app_nearest(near[_i].typed, words);

    if (near[_i].meant)
        ck_assert_str_eq(found, near[_i].meant);
    else
        ck_assert_msg(found == NULL, "'%s' gave '%s'", near[_i].typed, found);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *parsing = tcase_create("parsing");
    TCase *nearest = tcase_create("nearest");

    tcase_add_test(parsing, options_and_operands_mix);
    tcase_add_test(parsing, several_choices_add_up);
    tcase_add_test(parsing, letters_join_and_take_arguments);
    tcase_add_loop_test(parsing, mistakes_are_usage_errors_and_change_nothing, 0,
                        (int)APP_COUNT(refused));
    tcase_add_loop_test(nearest, nearest_word_is_what_was_meant, 0, (int)APP_COUNT(near));
    suite_add_tcase(suite, parsing);
    suite_add_tcase(suite, nearest);
    return suite;
}
