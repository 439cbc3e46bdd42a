/* SPDX-License-Identifier: MIT */
/*
 * Which file lies at an address is asked of the kernel, in /proc/self/maps, when it is needed: so
 * no list of mappings is kept, and those of the libraries are in it.  All of it runs in a signal's
 * handler, on any thread, where only system calls are safe.
 */
#include "app/cli/vanished.h"

#include "app/cli/commands.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct maps {
    int file;
    size_t used, next;
    char bytes[1024];
};

/* The next byte; 0 at the end. */
static char next_map_byte(struct maps *maps)
{
    if (maps->next == maps->used) {
        const ssize_t got = read(maps->file, maps->bytes, sizeof maps->bytes);

        maps->used = got > 0 ? (size_t)got : 0;
        maps->next = 0;
    }
    return maps->next < maps->used ? maps->bytes[maps->next++] : '\0';
}

/* A hexadecimal number and the byte behind it. */
static uintptr_t next_number(struct maps *maps)
{
    uintptr_t value = 0;

    for (;;) {
        const char c = next_map_byte(maps);

        if (c >= '0' && c <= '9')
            value = value << 4 | (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value << 4 | (uintptr_t)(c - 'a' + 10);
        else
            return value;
    }
}

/* Reads a line "begin-end flags offset device inode   path" into the path, printable and cut to
 * what fits; false at the end of the lines. */
static bool next_mapping(struct maps *maps, uintptr_t *ret_begin, uintptr_t *ret_end,
                         char path[PATH_MAX])
{
    size_t length = 0;
    bool in_path = false;
    char c;

    *ret_begin = next_number(maps);
    *ret_end = next_number(maps);
    while ((c = next_map_byte(maps)) != '\0' && c != '\n') {
        in_path = in_path || c == '/';
        if (in_path && length < PATH_MAX - 1)
            path[length++] = (unsigned char)c < ' ' || c == 127 ? '?' : c;
    }
    path[length] = '\0';
    return c == '\n';
}

/* The path of the file that is mapped at the address, "" when none is. */
static void find_file(uintptr_t address, char path[PATH_MAX])
{
    struct maps maps = {.file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    uintptr_t begin, end;

    path[0] = '\0';
    if (maps.file < 0)
        return;
    while (next_mapping(&maps, &begin, &end, path) && (address < begin || address >= end))
        path[0] = '\0';
    close(maps.file);
}

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
        find_file((uintptr_t)info->si_addr, path);
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
