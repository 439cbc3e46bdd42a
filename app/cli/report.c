/* SPDX-License-Identifier: MIT */
/* How the program talks: lines on stderr, and whether stdout took what it was given. */
#include "app/cli/commands.h"

#include "app/cli/console.h"
#include "app/cli/terminal.h"
#include "app/cli/text_escape.h"
#include "app/cli/together.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_LINE = 8192 };

/* One write for the whole line: other threads and programs talk, too. */
static void print_line(const char *before, const char *format, va_list args, const char *after)
{
    char text[LONGEST_LINE], visible[APP_VISIBLE_GROWTH * LONGEST_LINE];
    size_t length;

    vsnprintf(text, sizeof text, format, args);
    length = app_escape_visible(text, strlen(text), "", visible);
    fprintf(stderr, "%s%.*s%s\n", before, (int)length, visible, after);
}

void app_warn(const char *format, ...)
{
    char before[32];
    va_list args;

    snprintf(before, sizeof before, "%s: ", app_program);
    va_start(args, format);
    print_line(before, format, args, "");
    va_end(args);
}

void app_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_line("", format, args, "");
    va_end(args);
}

int app_fail(const struct tn_error *err)
{
    app_warn("%s", err->text);
    return APP_FAILED;
}

int app_usage_error(const char *command, const char *format, ...)
{
    char before[64], after[64];
    va_list args;

    snprintf(before, sizeof before, "%s: ", command);
    snprintf(after, sizeof after, " (see '%s --help')", command);
    va_start(args, format);
    print_line(before, format, args, after);
    va_end(args);
    return APP_USAGE;
}

bool app_begin_output(void)
{
    FILE *shown;

    signal(SIGXFSZ, SIG_IGN);
    if (!app_join_team())
        return false;
    if (!app_prints_to_terminal())
        return true;
    shown = app_terminal_open(stdout);
    if (!shown) {
        app_warn("out of memory");
        return false;
    }
    stdout = shown;
    return true;
}

int app_finish_output(int exit_code)
{
    const int failed_before = ferror(stdout);

    if (fclose(stdout) != 0 || failed_before) {
        app_warn("standard output: %s", errno ? strerror(errno) : "write error");
        exit_code = exit_code == APP_OK ? APP_FAILED : exit_code;
    }
    exit_code = app_leave_team(exit_code);
    app_end_interrupted();
    return exit_code;
}
