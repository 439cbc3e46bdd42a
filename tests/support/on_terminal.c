/* SPDX-License-Identifier: MIT */
/*
 * usage: on_terminal COMMAND [ARGUMENT]...
 *
 * Runs a command whose standard output and error are a terminal of its own, tells all bytes that it
 * wrote there on standard output, and ends with its exit status, or with 125 where the system has
 * no terminals to give (no /dev/pts).  (script(1) may end before it has read the last bytes.)
 */
#include <pty.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct termios raw = {0};
    char bytes[4096];
    ssize_t count;
    int terminal, state;
    pid_t child;
    const int input = dup(STDIN_FILENO);

    cfmakeraw(&raw); /* what is written is what is read: no byte is translated */
    if (argc < 2 || input < 0)
        return 126;
    child = forkpty(&terminal, NULL, &raw, NULL);
    if (child < 0) {
        perror("no terminal");
        return 125;
    }
    if (child == 0) {
        dup2(input, STDIN_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    /* Until the last process that has the terminal open is gone: EIO. */
    while ((count = read(terminal, bytes, sizeof bytes)) > 0)
        fwrite(bytes, 1, (size_t)count, stdout);
    if (fflush(stdout) != 0 || waitpid(child, &state, 0) != child)
        return 126;
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}
