/* SPDX-License-Identifier: MIT */
/* Parsing of the command line by a table; see options.h. */
#include "app/cli/options.h"

#include "app/cli/commands.h"
#include "base/array.h"
#include "base/path.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct app_option *find_long(const struct app_syntax *syntax, const char *name,
                                          size_t length)
{
    for (size_t i = 0; i < syntax->option_count; i++) {
        const struct app_option *option = &syntax->options[i];

        if (strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static const struct app_option *find_letter(const struct app_syntax *syntax, char letter)
{
    for (size_t i = 0; i < syntax->option_count; i++) {
        if (syntax->options[i].letter == letter)
            return &syntax->options[i];
    }
    return NULL;
}

static int unknown_option(const struct app_syntax *syntax, const char *name, size_t length)
{
    const char **words = calloc(syntax->option_count + 2, sizeof *words);
    char *given = strndup(name, length);
    const char *near = NULL;
    int code;

    if (words && given) {
        size_t shown = 0;

        for (size_t i = 0; i < syntax->option_count; i++)
            if (syntax->options[i].help)
                words[shown++] = syntax->options[i].name;
        words[shown] = "help";
        near = app_nearest(given, words);
    }
    if (near)
        code = app_usage_error(syntax->command, "unknown option '--%.*s', did you mean '--%s'?",
                               (int)length, name, near);
    else
        code = app_usage_error(syntax->command, "unknown option '--%.*s'", (int)length, name);
    free(given);
    free(words);
    return code;
}

static int set_number(const struct app_syntax *syntax, const struct app_option *option,
                      const char *text)
{
    const bool digits = text[0] && text[strspn(text, "0123456789")] == '\0';
    size_t value = SIZE_MAX; /* for digits beyond what fits */

    if (!app_parse_size(text, &value) && !digits)
        return app_usage_error(syntax->command, "--%s: '%s' is not a whole number", option->name,
                               text);
    if ((double)value < option->minimum || (double)value > option->maximum)
        return app_usage_error(syntax->command, "--%s: %s is not between %.0f and %.0f",
                               option->name, text, option->minimum, option->maximum);
    *(size_t *)option->value = value;
    return APP_PROCEED;
}

static int set_real(const struct app_syntax *syntax, const struct app_option *option,
                    const char *text)
{
    double value;

    if (!app_parse_real(text, &value))
        return app_usage_error(syntax->command, "--%s: '%s' is not a number", option->name, text);
    if (value < option->minimum || value > option->maximum)
        return app_usage_error(syntax->command, "--%s: %s is not between %g and %g", option->name,
                               text, option->minimum, option->maximum);
    *(double *)option->value = value;
    return APP_PROCEED;
}

void app_join_choices(const char *const *choices, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; choices[i] && used < size; i++) {
        const char *before = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
        const int n = snprintf(out + used, size - used, "%s%s", before, choices[i]);

        used += n > 0 ? (size_t)n : 0;
    }
}

static int set_choice(const struct app_syntax *syntax, const struct app_option *option,
                      const char *text)
{
    char expected[256];
    const char *near;

    for (size_t i = 0; option->choices[i]; i++) {
        if (strcmp(option->choices[i], text) == 0) {
            if (option->kind == APP_CHOICES)
                ((bool *)option->value)[i] = true;
            else
                *(size_t *)option->value = i;
            return APP_PROCEED;
        }
    }
    app_join_choices(option->choices, expected, sizeof expected);
    near = app_nearest(text, option->choices);
    if (near)
        return app_usage_error(syntax->command,
                               "--%s: unknown '%s', did you mean '%s'? expected %s", option->name,
                               text, near, expected);
    return app_usage_error(syntax->command, "--%s: unknown '%s'; expected %s", option->name, text,
                           expected);
}

static int append_to_list(struct app_list *list, const char *text)
{
    if (tn_array_reserve(&list->items, &list->capacity, list->count + 1, NULL) != TN_OK) {
        app_warn("out of memory");
        return APP_FAILED;
    }
    list->items[list->count++] = text;
    return APP_PROCEED;
}

void app_list_finish(struct app_list *list)
{
    free(list->items);
    *list = (struct app_list){0};
}

void app_table_add(struct app_table *table, const struct app_option *rows, size_t count)
{
    assert(table->count + count <= APP_TABLE_ROWS);
    memcpy(table->rows + table->count, rows, count * sizeof *rows);
    table->count += count;
}

static int set_option(const struct app_syntax *syntax, const struct app_option *option,
                      const char *argument)
{
    if ((option->kind == APP_TEXT || option->kind == APP_LIST) && !argument[0])
        return app_usage_error(syntax->command, "--%s needs %s, not an empty text", option->name,
                               option->argument);
    switch (option->kind) {
    case APP_FLAG:
        *(bool *)option->value = true;
        return APP_PROCEED;
    case APP_TEXT:
    case APP_PROSE:
        *(const char **)option->value = argument;
        return APP_PROCEED;
    case APP_LIST:
        return append_to_list(option->value, argument);
    case APP_NUMBER:
        return set_number(syntax, option, argument);
    case APP_REAL:
        return set_real(syntax, option, argument);
    case APP_CHOICE:
    case APP_CHOICES:
        return set_choice(syntax, option, argument);
    }
    return APP_PROCEED;
}

struct cursor { /* what is left of the command line */
    char **next, **end;
};

static int parse_long(const struct app_syntax *syntax, const char *text, struct cursor *rest)
{
    const size_t length = strcspn(text, "=");
    const struct app_option *option = find_long(syntax, text, length);
    const char *argument = text[length] ? text + length + 1 : NULL;

    if (length == strlen("help") && memcmp(text, "help", length) == 0) {
        if (argument)
            return app_usage_error(syntax->command, "--help takes no argument");
        app_print_help(syntax);
        return APP_OK;
    }
    if (!option)
        return unknown_option(syntax, text, length);
    if (option->kind == APP_FLAG && argument)
        return app_usage_error(syntax->command, "--%s takes no argument", option->name);
    if (option->kind != APP_FLAG && !argument) {
        if (rest->next == rest->end)
            return app_usage_error(syntax->command, "--%s needs %s", option->name,
                                   option->argument);
        argument = *rest->next++;
    }
    return set_option(syntax, option, argument);
}

/* -q, -qv, -ofile, -o file */
static int parse_letters(const struct app_syntax *syntax, const char *text, struct cursor *rest)
{
    for (; *text; text++) {
        const struct app_option *option = find_letter(syntax, *text);
        const char *argument = NULL;
        int code;

        if (!option && *text == 'h') {
            app_print_help(syntax);
            return APP_OK;
        }
        if (!option)
            return app_usage_error(syntax->command, "unknown option '-%c'", *text);
        if (option->kind != APP_FLAG) {
            argument = text[1] ? text + 1 : rest->next < rest->end ? *rest->next++ : NULL;
            if (!argument)
                return app_usage_error(syntax->command, "-%c needs %s", *text, option->argument);
        }
        code = set_option(syntax, option, argument);
        if (code != APP_PROCEED || option->kind != APP_FLAG)
            return code;
    }
    return APP_PROCEED;
}

static bool is_given(const struct app_option *option)
{
    return option->kind == APP_LIST ? ((const struct app_list *)option->value)->count > 0
                                    : *(const char **)option->value != NULL;
}

static int check_required(const struct app_syntax *syntax)
{
    for (size_t i = 0; i < APP_COUNT(syntax->required) && syntax->required[i]; i++) {
        const char *name = syntax->required[i];

        if (!is_given(find_long(syntax, name, strlen(name))))
            return app_usage_error(syntax->command, "no --%s was given", name);
    }
    return APP_PROCEED;
}

static int check_operands(const struct app_syntax *syntax, char **operands, size_t count)
{
    if (count < syntax->operands_min)
        return app_usage_error(syntax->command, "no %s given", syntax->operand);
    if (count > syntax->operands_max)
        return app_usage_error(syntax->command, "unexpected argument '%s'",
                               operands[syntax->operands_max]);
    for (size_t i = 0; i < count; i++)
        if (!operands[i][0] && syntax->operand && !syntax->operands_are_texts)
            return app_usage_error(syntax->command, "a %s without a name ('')", syntax->operand);
    return APP_PROCEED;
}

/* Options do not come before a command: what follows would be meant for it. */
static int check_operand(const struct app_syntax *syntax, const char *operand)
{
    for (const struct app_command *row = syntax->commands; row && row->name; row++)
        if (strcasecmp(operand, row->name) == 0 && !tn_path_exists(operand))
            return app_usage_error(syntax->command, "the command goes first: '%s %s ...'",
                                   syntax->command, row->name);
    return APP_PROCEED;
}

/* The option's argument is called a file. */
static bool is_file(const struct app_option *option)
{
    static const char *const files[] = {"FILE", "PATH", "DIR", "LIST", "PNG", "PHOTO"};

    for (size_t i = 0; option->argument && i < APP_COUNT(files); i++)
        if (strcmp(option->argument, files[i]) == 0)
            return true;
    return false;
}

/* No row of a table may leave open what is done with its file. */
static void check_roles(const struct app_syntax *syntax)
{
    for (size_t i = 0; i < syntax->option_count; i++) {
        const bool told = is_file(&syntax->options[i]) == (syntax->options[i].role != APP_NO_FILE);

        assert(told);
        (void)told;
    }
}

static int check_files(const struct app_syntax *syntax, char *const *operands, size_t count)
{
    struct app_guard unwanted = {0};
    const int code =
        app_guard_check(syntax, operands, count, syntax->guard ? syntax->guard : &unwanted);

    app_guard_finish(&unwanted);
    return code;
}

int app_parse(const struct app_syntax *syntax, int argc, char **argv, size_t *ret_operands)
{
    struct cursor rest = {argv + 1, argv + (argc > 0 ? argc : 1)};
    size_t operands = 0;
    int code = APP_PROCEED;

    check_roles(syntax);
    while (rest.next < rest.end && code == APP_PROCEED) {
        char *text = *rest.next++;

        if (strcmp(text, "--") == 0) {
            while (rest.next < rest.end)
                argv[operands++] = *rest.next++;
        } else if (strncmp(text, "--", 2) == 0) {
            code = parse_long(syntax, text + 2, &rest);
        } else if (text[0] == '-' && text[1]) {
            code = parse_letters(syntax, text + 1, &rest);
        } else {
            argv[operands++] = text;
            code = check_operand(syntax, text);
        }
    }
    if (code == APP_PROCEED)
        code = check_operands(syntax, argv, operands);
    if (code == APP_PROCEED)
        code = check_files(syntax, argv, operands);
    if (code == APP_PROCEED)
        code = check_required(syntax);
    if (code == APP_PROCEED)
        *ret_operands = operands;
    return code;
}

bool app_parse_size(const char *text, size_t *ret_value)
{
    unsigned long long value;
    char *end;

    if (text[0] < '0' || text[0] > '9') /* strtoull would take spaces and signs */
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || *end || value > SIZE_MAX)
        return false;
    *ret_value = (size_t)value;
    return true;
}

/* The program never calls setlocale(), so strtod reads a point. */
bool app_parse_real(const char *text, double *ret_value)
{
    double value;
    char *end;

    if (!text[0] || strspn(text, "0123456789+-.eE") != strlen(text)) /* no hex, inf, nan, spaces */
        return false;
    errno = 0;
    value = strtod(text, &end);
    if (errno || *end || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}
