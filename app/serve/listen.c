/* SPDX-License-Identifier: MIT */
#include "app/serve/listen.h"

#include "base/platform/platform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONGEST_ADDRESS = 255, WAITING = 512 };

/* An address of any kind. */
union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage space;
};

static enum tn_status fail_to_parse(const char *where, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT,
                   "'%s': expected ADDRESS:PORT, such as 127.0.0.1:11435 or [::1]:11435", where);
}

/* Cuts "[::1]:80" into "::1" and "80". */
static enum tn_status split(const char *where, char address[LONGEST_ADDRESS + 1],
                            const char **ret_port, struct tn_error *err)
{
    const char *colon = strrchr(where, ':');
    const char *begin = where, *end = colon;

    if (!colon || colon == where || colon[1] == '\0' ||
        colon[1 + strspn(colon + 1, "0123456789")] != '\0' || strlen(colon + 1) > 5)
        return fail_to_parse(where, err);
    if (where[0] == '[' && colon[-1] == ']') {
        begin++;
        end--;
    } else if (memchr(where, ':', (size_t)(colon - where))) {
        return fail_to_parse(where, err);
    }
    if (strtoul(colon + 1, NULL, 10) > UINT16_MAX) /* getaddrinfo would take it modulo 65536 */
        return tn_fail(err, TN_FORMAT, "'%s': expected a port of at most %d", where, UINT16_MAX);
    if (begin >= end || end - begin > LONGEST_ADDRESS)
        return fail_to_parse(where, err);
    memcpy(address, begin, (size_t)(end - begin));
    address[end - begin] = '\0';
    *ret_port = colon + 1;
    return TN_OK;
}

static int open_socket(const struct addrinfo *info)
{
    const int fd = tn_platform_socket(info->ai_family, info->ai_socktype, info->ai_protocol);
    const int yes = 1;
    int reason;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, WAITING) == 0)
        return fd;
    reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

enum tn_status serve_listen(const char *where, struct serve_socket *ret_socket,
                            struct tn_error *err)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    char address[LONGEST_ADDRESS + 1];
    struct addrinfo *found;
    const char *port;
    enum tn_status status;
    int code, fd;

    TN_TRY(split(where, address, &port, err));
    code = getaddrinfo(address, port, &wanted, &found);
    if (code != 0)
        return tn_fail(err, TN_IO, "cannot listen on %s: %s", where, gai_strerror(code));
    fd = open_socket(found);
    freeaddrinfo(found);
    if (fd < 0)
        return tn_fail(err, TN_IO, "cannot listen on %s: %s%s", where, strerror(errno),
                       errno == EADDRINUSE ? " (does another server run? port 0 chooses a free one)"
                                           : "");
    status = serve_socket_describe(fd, ret_socket, err);
    if (status != TN_OK)
        close(fd);
    return status;
}

static bool is_loopback(const union address *address)
{
    if (address->any.sa_family == AF_INET)
        return ntohl(address->four.sin_addr.s_addr) >> 24 == 127;
    if (address->any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr);
    return address->any.sa_family == AF_UNIX;
}

enum tn_status serve_socket_describe(int fd, struct serve_socket *ret_socket, struct tn_error *err)
{
    union address address = {.space = {0}};
    socklen_t length = sizeof address;
    struct serve_socket found = {.fd = fd, .url = "a socket of this machine"};
    char text[INET6_ADDRSTRLEN];

    if (getsockname(fd, &address.any, &length) != 0)
        return tn_fail(err, TN_IO, "the socket to listen on: %s", strerror(errno));
    found.loopback = is_loopback(&address);
    if (address.any.sa_family == AF_INET)
        snprintf(found.url, sizeof found.url, "http://%s:%d/",
                 inet_ntop(AF_INET, &address.four.sin_addr, text, sizeof text),
                 ntohs(address.four.sin_port));
    else if (address.any.sa_family == AF_INET6)
        snprintf(found.url, sizeof found.url, "http://[%s]:%d/",
                 inet_ntop(AF_INET6, &address.six.sin6_addr, text, sizeof text),
                 ntohs(address.six.sin6_port));
    *ret_socket = found;
    return TN_OK;
}
