/* SPDX-License-Identifier: MIT */
/* How the program talks: lines on stderr, and whether stdout took what it was given. */
#include "app/commands.h"

#include "app/console.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void app_warn(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", app_program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

int app_fail(const struct tn_error *err)
{
    app_warn("%s", err->text);
    return APP_FAILED;
}

int app_usage_error(const char *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", command);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see '%s --help')\n", command);
    return APP_USAGE;
}

int app_finish_output(int exit_code)
{
    const int failed_before = ferror(stdout);

    if (fclose(stdout) != 0 || failed_before) {
        app_warn("standard output: %s", errno ? strerror(errno) : "write error");
        exit_code = exit_code == APP_OK ? APP_FAILED : exit_code;
    }
    app_end_interrupted();
    return exit_code;
}
