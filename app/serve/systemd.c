/* SPDX-License-Identifier: MIT */
#include "app/serve/systemd.h"

#include "base/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool read_number(const char *text, long most, long *ret_number)
{
    char *end;
    long number;

    if (!text)
        return false;
    errno = 0;
    number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end || number < 0 || number > most)
        return false;
    *ret_number = number;
    return true;
}

/* -1: no socket. */
static int socket_option(int fd, int option)
{
    int value;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/* Whether something that waits for connections is open at fd. */
static bool listens(int fd)
{
    return socket_option(fd, SO_TYPE) == SOCK_STREAM && socket_option(fd, SO_ACCEPTCONN) == 1;
}

static enum tn_status take_socket(int fd, struct tn_error *err)
{
    int flags;

    if (!listens(fd))
        return tn_fail(err, TN_FORMAT,
                       "descriptor %d, which LISTEN_FDS passes, is no stream socket that listens "
                       "(in the .socket unit: ListenStream= and Accept=no)",
                       fd);
    flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return tn_fail(err, TN_IO, "the socket at descriptor %d: %s", fd, strerror(errno));
    return TN_OK;
}

/* The variables are for the process that LISTEN_PID names: others inherited them by accident. */
static long passed_count(void)
{
    long pid, count;

    return read_number(getenv("LISTEN_PID"), INT_MAX, &pid) && pid == getpid() &&
                   read_number(getenv("LISTEN_FDS"), INT_MAX - SERVE_FIRST_SOCKET, &count)
               ? count
               : 0;
}

enum tn_status serve_passed_sockets(size_t *ret_count, struct tn_error *err)
{
    const long count = passed_count();

    for (long i = 0; i < count; i++)
        TN_TRY(take_socket(SERVE_FIRST_SOCKET + (int)i, err));
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    *ret_count = (size_t)count;
    return TN_OK;
}

void serve_notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const size_t length = path ? strlen(path) : 0;
    int fd;

    if (length < 2 || length >= sizeof address.sun_path || (*path != '/' && *path != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (*path == '@') /* a name that is no file begins with a zero byte */
        *address.sun_path = 0;
    fd = tn_platform_socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}
