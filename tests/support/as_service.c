/* SPDX-License-Identifier: MIT */
/*
 * usage: as_service SOCKET... -- STATES COMMAND [ARGUMENT]...
 *
 * What systemd does with a socket unit and its service: opens the sockets, starts the command with
 * them at descriptor 3 and on when a client comes, and again when one comes after it has ended.
 * SOCKET is the path of a Unix socket, or port=FILE: a socket at 127.0.0.1, whose port is written
 * to FILE.  What the command reports ("READY=1") is added to the file STATES, and "ended N" with
 * its exit status.  SIGTERM is passed on; as_service then ends with the command's exit status, or
 * with 0 where none runs.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST = 3, MOST_SOCKETS = 8, SIGNALS = FIRST + MOST_SOCKETS, NOTES };

static void end(const char *why)
{
    perror(why);
    exit(126);
}

static int move(int fd, int to)
{
    if (fd < 0 || (fd != to && (dup2(fd, to) < 0 || close(fd) != 0)))
        end("as_service");
    return to;
}

static int unix_socket(const char *path, int type, int to)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = move(socket(AF_UNIX, type, 0), to);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        end(path);
    return fd;
}

static int internet_socket(const char *port_file, int to)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = move(socket(AF_INET, SOCK_STREAM, 0), to);
    FILE *file;

    if (bind(fd, (const struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        end("127.0.0.1");
    file = fopen(port_file, "w");
    if (!file || fprintf(file, "%d\n", ntohs(address.sin_port)) < 0 || fclose(file) != 0)
        end(port_file);
    return fd;
}

static void open_socket(const char *name, int to)
{
    const int fd = strncmp(name, "port=", 5) == 0 ? internet_socket(name + 5, to)
                                                  : unix_socket(name, SOCK_STREAM, to);

    if (listen(fd, 128) != 0)
        end(name);
}

static pid_t start(int sockets, char **command)
{
    const pid_t child = fork();
    sigset_t none;
    char number[32];

    if (child != 0)
        return child;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    close(SIGNALS);
    close(NOTES);
    snprintf(number, sizeof number, "%d", sockets);
    setenv("LISTEN_FDS", number, 1);
    snprintf(number, sizeof number, "%ld", (long)getpid());
    setenv("LISTEN_PID", number, 1);
    execvp(command[0], command);
    _exit(127);
}

static void add_state(const char *path, const char *state)
{
    FILE *file = fopen(path, "a");

    if (!file || fprintf(file, "%s\n", state) < 0 || fclose(file) != 0)
        end(path);
}

static void read_notes(const char *states)
{
    char text[512];
    ssize_t length;

    while ((length = recv(NOTES, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
        text[length] = 0;
        add_state(states, text);
    }
}

/* The exit status of a child that has ended, or -1. */
static int ended(pid_t child, const char *states)
{
    char text[32];
    int state;

    if (child <= 0 || waitpid(child, &state, WNOHANG) != child)
        return -1;
    state = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    read_notes(states);
    snprintf(text, sizeof text, "ended %d", state);
    add_state(states, text);
    return state;
}

/* Until SIGTERM: the exit status. */
static int supervise(int sockets, const char *states, char **command)
{
    struct pollfd waited[2 + MOST_SOCKETS] = {{.fd = SIGNALS, .events = POLLIN},
                                              {.fd = NOTES, .events = POLLIN}};
    struct signalfd_siginfo signal;
    pid_t child = 0;
    bool ending = false;

    for (int i = 0; i < sockets; i++)
        waited[2 + i] = (struct pollfd){.fd = FIRST + i, .events = POLLIN};
    while (!ending || child) {
        int status;

        if (poll(waited, (nfds_t)(child ? 2 : 2 + sockets), -1) < 0)
            end("poll");
        read_notes(states);
        if (waited[0].revents && read(SIGNALS, &signal, sizeof signal) == sizeof signal &&
            signal.ssi_signo == SIGTERM) {
            ending = true;
            if (child)
                kill(child, SIGTERM);
        }
        status = ended(child, states);
        if (status >= 0) {
            child = 0;
            if (ending || status != 0)
                return status;
            continue; /* who came since is not known yet */
        }
        for (int i = 0; i < sockets && !child && !ending; i++)
            if (waited[2 + i].revents)
                child = start(sockets, command);
    }
    return 0;
}

int main(int argc, char **argv)
{
    char notes[] = "/tmp/as-service.XXXXXX", path[64];
    sigset_t handled;
    int sockets = 0, status;

    while (sockets < argc - 1 && strcmp(argv[1 + sockets], "--") != 0)
        sockets++;
    if (sockets < 1 || sockets > MOST_SOCKETS || argc < sockets + 4 || !mkdtemp(notes))
        return 126;
    for (int i = 0; i < sockets; i++)
        open_socket(argv[1 + i], FIRST + i);
    sigemptyset(&handled);
    sigaddset(&handled, SIGTERM);
    sigaddset(&handled, SIGCHLD);
    sigprocmask(SIG_BLOCK, &handled, NULL);
    move(signalfd(-1, &handled, 0), SIGNALS);
    snprintf(path, sizeof path, "%s/notes", notes);
    unix_socket(path, SOCK_DGRAM, NOTES);
    setenv("NOTIFY_SOCKET", path, 1);
    status = supervise(sockets, argv[sockets + 2], argv + sockets + 3);
    unlink(path);
    rmdir(notes);
    return status;
}
