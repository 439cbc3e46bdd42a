/* SPDX-License-Identifier: MIT */
/* What the option table says to people: the help text, and the nearest name to a mistyped one. */
#include "app/cli/options.h"

#include "app/cli/commands.h"
#include "app/cli/not_built_in.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 26, HELP_WIDTH = 100, LONGEST_WORD = 64 };

static void print_synopsis(const struct app_syntax *syntax)
{
    const char *form = syntax->synopsis;
    const char *label = "usage:";

    while (form) {
        const size_t length = strcspn(form, "\n");

        printf("%-6s %s %.*s\n", label, syntax->command, (int)length, form);
        label = "";
        form = form[length] ? form + length + 1 : NULL;
    }
}

/* ": a, b or c", going on below the help where the line is full. */
static void print_choices(size_t column, const char *const *choices)
{
    printf(":");
    for (size_t i = 0; choices[i]; i++) {
        const char *after = !choices[i + 1] ? "" : !choices[i + 2] ? " or" : ",";
        const size_t length = 1 + strlen(choices[i]) + strlen(after);

        if (column + length > HELP_WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        printf(" %s%s", choices[i], after);
        column += length;
    }
}

static void print_row(char letter, const char *name, const char *argument, const char *help,
                      const char *const *choices)
{
    char left[128];
    const char dash[3] = {letter ? '-' : ' ', letter ? letter : ' ', '\0'};

    snprintf(left, sizeof left, "  %s%c --%s%s%s", dash, letter ? ',' : ' ', name,
             argument ? " " : "", argument ? argument : "");
    printf("%-*s %s", HELP_COLUMN, left, help);
    if (choices)
        print_choices(HELP_COLUMN + strlen(help) + 2, choices);
    printf("\n");
}

/* Those of this build: the completions of shells offer what is printed here. */
static void print_commands(const struct app_command *commands)
{
    printf("\ncommands:\n");
    for (const struct app_command *row = commands; row->name; row++)
        if (row->run != app_not_built_in)
            printf("  %-*s %s\n", HELP_COLUMN - 2, row->name, row->summary);
}

void app_print_help(const struct app_syntax *syntax)
{
    print_synopsis(syntax);
    if (syntax->about)
        printf("%s\n", syntax->about);
    printf("\n");
    for (size_t i = 0; i < syntax->option_count; i++) {
        const struct app_option *option = &syntax->options[i];

        if (option->help)
            print_row(option->letter, option->name, option->argument, option->help,
                      option->choices);
    }
    print_row('h', "help", NULL, "print this help", NULL);
    if (syntax->commands)
        print_commands(syntax->commands);
    if (syntax->footer)
        printf("\n%s\n", syntax->footer);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    const size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/*
 * The optimal string alignment distance: insertions, deletions, substitutions and swaps of
 * neighbours.  Three rows of the table are kept.
 */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_WORD + 1];
    const size_t na = strlen(a), nb = strlen(b);

    if (na > LONGEST_WORD || nb > LONGEST_WORD)
        return LONGEST_WORD;
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        const size_t *before = rows[(i + 1) % 3], *above = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];

        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smallest(row[j], row[j], before[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

const char *app_nearest(const char *text, const char *const *words)
{
    const size_t length = strlen(text);
    size_t best = length / 3 + 1; /* a third of the letters may be wrong */
    const char *nearest = NULL;

    for (size_t i = 0; words[i]; i++) {
        /* what was typed may be the beginning of what was meant */
        const size_t distance =
            length >= 3 && strncmp(words[i], text, length) == 0 ? 1 : edit_distance(text, words[i]);

        if (distance <= best && distance < strlen(words[i])) {
            nearest = words[i];
            best = distance - (distance > 0);
        }
    }
    return nearest;
}
