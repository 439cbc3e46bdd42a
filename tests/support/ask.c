/* SPDX-License-Identifier: MIT */
/*
 * usage: ask [--end] PORT|PATH <REQUEST >ANSWER
 *
 * Connects to a port of 127.0.0.1, or to a Unix socket whose path has a slash, sends all bytes of
 * standard input and prints all that come back, both at the same time, until the other side
 * closes.  --end says after the last byte sent that no more will come.  The exit status is 0, or 1
 * where there was no connection or it was reset.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int reach(const char *where)
{
    struct sockaddr_in internet = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons((in_port_t)atoi(where))};
    struct sockaddr_un file = {.sun_family = AF_UNIX};
    const bool is_file = strchr(where, '/') != NULL;
    const int fd = socket(is_file ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

    snprintf(file.sun_path, sizeof file.sun_path, "%s", where);
    if (fd >= 0 &&
        (is_file ? connect(fd, (const struct sockaddr *)&file, sizeof file)
                 : connect(fd, (const struct sockaddr *)&internet, sizeof internet)) == 0)
        return fd;
    perror(where);
    exit(1);
}

/* Sends what of [*begin, *end) the other side takes; a side that takes no more may still answer. */
static bool send_some(int fd, const char *bytes, size_t *begin, size_t end)
{
    const ssize_t sent = send(fd, bytes + *begin, end - *begin, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent > 0)
        *begin += (size_t)sent;
    return sent >= 0 || errno == EAGAIN || errno == EINTR;
}

static int talk(int fd, bool says_end)
{
    char out[1 << 16], in[1 << 16];
    size_t begin = 0, end = 0;
    bool sending = true;

    for (;;) {
        struct pollfd waited = {.fd = fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        ssize_t count;

        if (poll(&waited, 1, -1) < 0)
            return 1;
        if (waited.revents & (POLLIN | POLLHUP | POLLERR)) {
            count = recv(fd, in, sizeof in, 0);
            if (count <= 0)
                return count < 0;
            fwrite(in, 1, (size_t)count, stdout);
            fflush(stdout);
        }
        if (!sending || !(waited.revents & POLLOUT))
            continue;
        if (begin == end) {
            count = read(STDIN_FILENO, out, sizeof out);
            begin = 0;
            end = count > 0 ? (size_t)count : 0;
            sending = count > 0;
            if (!sending && says_end)
                shutdown(fd, SHUT_WR);
        }
        if (sending)
            sending = send_some(fd, out, &begin, end);
    }
}

int main(int argc, char **argv)
{
    const bool says_end = argc == 3 && strcmp(argv[1], "--end") == 0;

    signal(SIGPIPE, SIG_IGN);
    if (argc != 2 + says_end)
        return 126;
    return talk(reach(argv[1 + says_end]), says_end);
}
