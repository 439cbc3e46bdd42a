/* SPDX-License-Identifier: MIT */
/*
 * Command-line options from a table: the table is what is parsed, what --help prints and what the
 * error messages list, so the three cannot drift apart.
 *
 *     size_t beam = 3;
 *     const struct app_option options[] = {
 *         app_option_number('b', "beam", "N", &beam, 1, 64, "unfinished captions kept"),
 *     };
 *     const struct app_syntax syntax = {.command = "caption", .synopsis = "[OPTION]... PHOTO...",
 *                                       .options = options, .option_count = APP_COUNT(options)};
 *
 * --name VALUE and --name=VALUE, -n VALUE and -nVALUE; "--" ends the options; options and operands
 * may be mixed.  --help and -h are always there.
 */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "app/cli/guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APP_COUNT(array) (sizeof(array) / sizeof(array)[0])

enum app_option_kind {
    APP_FLAG,    /* no argument; sets a bool */
    APP_TEXT,    /* the argument itself, borrowed from argv; not '' */
    APP_PROSE,   /* the same, and '' is one, too */
    APP_LIST,    /* the same, and may be given several times */
    APP_NUMBER,  /* a whole number within the range */
    APP_REAL,    /* a finite number within the range */
    APP_CHOICE,  /* one of a list of words; sets its index */
    APP_CHOICES, /* the same, and may be given several times; sets true at its index */
};

/* The arguments of a repeated option, in order; finish frees the array, argv owns the texts. */
struct app_list {
    const char **items;
    size_t count, capacity;
};
void app_list_finish(struct app_list *list);

struct app_option {
    enum app_option_kind kind;
    char letter;          /* 0: none */
    const char *name;     /* without its dashes */
    const char *argument; /* what help calls the argument: "FILE" */
    const char *help;     /* lower case, no full stop; NULL: an old name, which works unseen */
    void *value;          /* what it sets; left alone when the option is not given */
    double minimum, maximum;
    const char *const *choices; /* NULL-terminated */
    enum app_file_role role;    /* of APP_TEXT and APP_LIST: what is done with the file */
};

/* Rows of a table, one function a kind so that the compiler checks the type of what is set. */
static inline struct app_option app_option_flag(char letter, const char *name, bool *value,
                                                const char *help)
{
    return (struct app_option){
        .kind = APP_FLAG, .letter = letter, .name = name, .help = help, .value = value};
}

static inline struct app_option app_option_text(char letter, const char *name, const char *argument,
                                                const char **value, const char *help)
{
    return (struct app_option){.kind = APP_TEXT,
                               .letter = letter,
                               .name = name,
                               .argument = argument,
                               .help = help,
                               .value = value};
}

static inline struct app_option app_option_prose(char letter, const char *name,
                                                 const char *argument, const char **value,
                                                 const char *help)
{
    struct app_option option = app_option_text(letter, name, argument, value, help);

    option.kind = APP_PROSE;
    return option;
}

static inline struct app_option app_option_list(char letter, const char *name, const char *argument,
                                                struct app_list *value, const char *help)
{
    return (struct app_option){.kind = APP_LIST,
                               .letter = letter,
                               .name = name,
                               .argument = argument,
                               .help = help,
                               .value = value};
}

/* The same for files.  --help calls them FILE, PATH, DIR, LIST, PNG or PHOTO, and nothing else. */
static inline struct app_option app_option_file(char letter, const char *name, const char *argument,
                                                enum app_file_role role, const char **value,
                                                const char *help)
{
    struct app_option option = app_option_text(letter, name, argument, value, help);

    option.role = role;
    return option;
}

static inline struct app_option app_option_files(char letter, const char *name,
                                                 const char *argument, enum app_file_role role,
                                                 struct app_list *value, const char *help)
{
    struct app_option option = app_option_list(letter, name, argument, value, help);

    option.role = role;
    return option;
}

/* Limits above 2^53 are not kept exactly; 1e15 serves as "any". */
static inline struct app_option app_option_number(char letter, const char *name,
                                                  const char *argument, size_t *value,
                                                  size_t minimum, size_t maximum, const char *help)
{
    return (struct app_option){.kind = APP_NUMBER,
                               .letter = letter,
                               .name = name,
                               .argument = argument,
                               .help = help,
                               .value = value,
                               .minimum = (double)minimum,
                               .maximum = (double)maximum};
}

static inline struct app_option app_option_real(char letter, const char *name, const char *argument,
                                                double *value, double minimum, double maximum,
                                                const char *help)
{
    return (struct app_option){.kind = APP_REAL,
                               .letter = letter,
                               .name = name,
                               .argument = argument,
                               .help = help,
                               .value = value,
                               .minimum = minimum,
                               .maximum = maximum};
}

/* help is followed by the list of choices. */
static inline struct app_option app_option_choice(char letter, const char *name,
                                                  const char *argument, size_t *value,
                                                  const char *const *choices, const char *help)
{
    return (struct app_option){.kind = APP_CHOICE,
                               .letter = letter,
                               .name = name,
                               .argument = argument,
                               .help = help,
                               .value = value,
                               .choices = choices};
}

/* value: a bool for each of the choices. */
static inline struct app_option app_option_choices(char letter, const char *name,
                                                   const char *argument, bool *value,
                                                   const char *const *choices, const char *help)
{
    struct app_option option = app_option_choice(letter, name, argument, NULL, choices, help);

    option.kind = APP_CHOICES;
    option.value = value;
    return option;
}

/* A table that is put together of several. */
enum { APP_TABLE_ROWS = 80 };
struct app_table {
    struct app_option rows[APP_TABLE_ROWS];
    size_t count;
};
void app_table_add(struct app_table *table, const struct app_option *rows, size_t count);

struct app_command;

struct app_syntax {
    const char *command;                /* as the user typed it: "caption train" */
    const char *synopsis;               /* what follows it; a '\n' begins another form */
    const char *about;                  /* what it does, under the synopsis; may be NULL */
    const char *footer;                 /* below the options; may be NULL */
    const struct app_command *commands; /* listed below the options; may be NULL */
    const struct app_option *options;
    size_t option_count;
    const char *required[3];           /* names of options that must be given; NULL ends them */
    size_t operands_min, operands_max; /* SIZE_MAX: any number */
    const char *operand;               /* what an operand is called in messages: "photo"; NULL:
                                          they differ, and the command looks for empty ones */
    bool operands_are_files;           /* which are read, or folders of them */
    bool operands_are_texts;           /* of which '' is one */
    bool stdin_operand;                /* of which "-" is standard input */
    const struct app_beside *beside;   /* outputs named after --output; ends in a NULL suffix */
    bool in_place;                     /* --output may be --model, and is when not given */
    const bool *overwrite;             /* outputs may replace older ones; NULL: not looked at */
    struct app_guard *guard;           /* receives the files; the caller's; may be NULL */
};

enum { APP_PROCEED = -1 };

/*
 * Parses argv[1..argc) and moves the operands, in order, to argv[0..*ret_operands).  Returns
 * APP_PROCEED, or the exit code with which the program is to end: APP_OK after --help was printed,
 * APP_USAGE after a message, which is also about files that are read and written (app/cli/guard.h).
 * Lists and the guard may hold memory in every case.
 */
int app_parse(const struct app_syntax *syntax, int argc, char **argv, size_t *ret_operands);

/* Whole numbers in decimal, nothing before or after; false when it is not one or does not fit. */
bool app_parse_size(const char *text, size_t *ret_value);
/* Finite decimal numbers with a point, whatever the locale. */
bool app_parse_real(const char *text, double *ret_value);

/* The word of the NULL-terminated list nearest to text (adjacent letters swapped count as one
 * mistake), NULL when none is near enough to be what was meant. */
const char *app_nearest(const char *text, const char *const *words);

/* Writes "a, b or c" of a NULL-terminated list, cut where out[size] is full. */
void app_join_choices(const char *const *choices, char *out, size_t size);

/* Prints the help of a command to stdout. */
void app_print_help(const struct app_syntax *syntax);

#endif
