/* SPDX-License-Identifier: MIT */
/* Which of a program's commands is meant. */
#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/cli/together.h"
#include "base/path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MOST_COMMANDS = 32, LONGEST_WORD = 128 };

static bool begins_with_command(const char *word, const char *name)
{
    return strncasecmp(word, name, strlen(name)) == 0;
}

/* The command, or option, that the word may stand for. */
static const char *nearest_command(const char *word)
{
    const char *names[MOST_COMMANDS + 2] = {NULL};
    char small[LONGEST_WORD];
    size_t count = 0;

    for (; count < MOST_COMMANDS && app_commands[count].name; count++) {
        if (begins_with_command(word, app_commands[count].name))
            return app_commands[count].name;
        names[count] = app_commands[count].name;
    }
    names[count] = "--help";
    snprintf(small, sizeof small, "%s", word);
    for (char *letter = small; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    return app_nearest(small, names);
}

/* A word that is no command: APP_PROCEED where it may be a file, which train.jpg is by its name. */
static int refuse_word(const char *word, bool files)
{
    const char *near = nearest_command(word);

    if (files && (!near || strpbrk(word, "./") || tn_path_exists(word)))
        return APP_PROCEED;
    if (!near)
        return app_usage_error(app_program, "unknown command '%s'", word);
    return app_usage_error(app_program, "%s '%s', did you mean '%s'?",
                           files ? "no file and no command" : "unknown command", word, near);
}

/* Without this, each of several processes would write the same file.  name: "" for no command. */
static int refuse_several(const char *name)
{
    const char *const *shared = app_shared_commands;

    while (*shared && strcmp(*shared, name) != 0)
        shared++;
    if (!app_team() || *shared)
        return APP_PROCEED;
    return app_usage_error(app_program, "%s is work for one process, and %zu were started",
                           name[0] ? name : "this", team_size(app_team()));
}

int app_run_command(int argc, char **argv, int (*bare)(int argc, char **argv), bool files)
{
    const char *word = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
    int code = APP_PROCEED;

    for (const struct app_command *command = app_commands; command->name; command++)
        if (strcmp(word, command->name) == 0) {
            code = refuse_several(word);
            return code == APP_PROCEED ? command->run(argc - 1, argv + 1) : code;
        }
    if (word[0])
        code = refuse_word(word, files);
    if (code == APP_PROCEED)
        code = refuse_several("");
    return code == APP_PROCEED ? bare(argc, argv) : code;
}
