/* SPDX-License-Identifier: MIT */
/*
 * Which file lies at an address is asked of the system when it is needed: so
 * no list of mappings is kept, and those of the libraries are in it.  All of it runs in a signal's
 * handler, on any thread, where only system calls are safe.
 */
#include "app/cli/vanished.h"

#include "app/cli/commands.h"
#include "base/platform/platform.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static void write_to_stderr(const char *text)
{
    (void)!write(STDERR_FILENO, text, strlen(text));
}

/* Several threads may read the file: the first one speaks, and ends the program. */
static _Noreturn void end_with_file(const char *path)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;

    while (atomic_flag_test_and_set(&said))
        pause();
    write_to_stderr(app_program);
    write_to_stderr(": ");
    write_to_stderr(path);
    write_to_stderr(
        ": became shorter or unreadable while it was in use; replace it as a whole, and run "
        "the command again\n");
    _exit(APP_FAILED);
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    char path[PATH_MAX] = "";

    (void)context;
    if (info->si_code == BUS_ADRERR)
        tn_platform_mapped_file((uintptr_t)info->si_addr, path);
    if (path[0] != '\0')
        end_with_file(path);
    signal(number, SIG_DFL); /* a bug: it happens again, and ends the program as it would have */
}

void app_name_vanished_files(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}
