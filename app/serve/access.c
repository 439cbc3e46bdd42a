/* SPDX-License-Identifier: MIT */
#include "app/serve/access.h"

#include "base/read_file.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { SHORTEST_TOKEN = 16, LONGEST_TOKEN = 1024, LONGEST_HOST = 255 };

/* ---- The token ---- */

static enum tn_status check_token(const char *path, const char *token, size_t length,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < length; i++)
        if (!isgraph((unsigned char)token[i]))
            return tn_fail(err, TN_FORMAT,
                           "%s: expected a token: one line of visible ASCII without spaces", path);
    if (length < SHORTEST_TOKEN)
        return tn_fail(err, TN_FORMAT,
                       "%s: a token of %zu characters can be guessed; expected %d or more "
                       "('openssl rand -hex 32' makes one)",
                       path, length, SHORTEST_TOKEN);
    return TN_OK;
}

enum tn_status serve_read_token(const char *path, char **ret_token, struct tn_error *err)
{
    struct stat info;
    size_t size;
    char *token;
    enum tn_status status;

    TN_TRY(tn_read_file(path, LONGEST_TOKEN, &token, &size, err));
    while (size > 0 && (token[size - 1] == '\n' || token[size - 1] == '\r'))
        token[--size] = '\0';
    status = check_token(path, token, size, err);
    if (status == TN_OK && stat(path, &info) == 0 && (info.st_mode & 027) != 0)
        status = tn_fail(err, TN_IO, "%s: others may read or change the token ('chmod 600 %s')",
                         path, path);
    if (status == TN_OK)
        *ret_token = token;
    else
        free(token);
    return status;
}

/* In a time that does not depend on where the two differ. */
static bool same_secret(const char *given, const char *secret)
{
    const size_t length = strlen(given), expected = strlen(secret);
    unsigned difference = length != expected;

    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)given[i] ^ (unsigned char)secret[expected ? i % expected : 0];
    return difference == 0;
}

static bool has_token(const char *authorization, const char *token)
{
    static const char scheme[] = "Bearer ";

    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    authorization += sizeof scheme - 1;
    return same_secret(authorization + strspn(authorization, " "), token);
}

/* ---- Names ---- */

/* The name in "name:port" or "[address]:port", into out; false: there is none, or it is too long.
 */
static bool name_of_host(const char *host, char out[LONGEST_HOST + 1])
{
    const char *begin = host[0] == '[' ? host + 1 : host;
    const size_t length = strcspn(begin, host[0] == '[' ? "]" : ":");
    const char *rest = begin + length;

    if (host[0] == '[' && *rest++ != ']')
        return false;
    if (length == 0 || length > LONGEST_HOST || (*rest != '\0' && *rest != ':') ||
        (*rest == ':' && rest[1 + strspn(rest + 1, "0123456789")] != '\0'))
        return false;
    memcpy(out, begin, length);
    out[length] = '\0';
    return true;
}

static bool is_loopback(const char *name)
{
    struct in_addr four;
    struct in6_addr six;

    if (strcasecmp(name, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, name, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, name, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_address(const char *name)
{
    struct in_addr four;
    struct in6_addr six;

    return inet_pton(AF_INET, name, &four) == 1 || inet_pton(AF_INET6, name, &six) == 1;
}

static bool is_ours(const struct serve_access *access, const char *host)
{
    char name[LONGEST_HOST + 1];

    if (!name_of_host(host, name))
        return false;
    if (is_loopback(name) || (access->elsewhere && is_address(name)))
        return true;
    for (size_t i = 0; i < access->name_count; i++)
        if (strcasecmp(name, access->names[i]) == 0)
            return true;
    return false;
}

/* ---- Pages ---- */

/* Whether the origin is a page of this server; behind a proxy it may be https. */
static bool same_origin(const char *origin, const char *host)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < 2; i++)
        if (strncmp(origin, schemes[i], strlen(schemes[i])) == 0)
            return strcasecmp(origin + strlen(schemes[i]), host) == 0;
    return false;
}

static bool is(const char *header, const char *value)
{
    return header && strcmp(header, value) == 0;
}

/* A link on any page may lead to a page of the server: the browser shows it, and the other page
 * sees nothing of it. */
static bool is_followed_link(const struct serve_credentials *asked)
{
    return strcmp(asked->method, "GET") == 0 && is(asked->fetch_mode, "navigate") &&
           is(asked->fetch_dest, "document");
}

static bool comes_from_other_page(const struct serve_credentials *asked)
{
    if (asked->origin && !same_origin(asked->origin, asked->host))
        return true;
    return asked->fetch_site && !is(asked->fetch_site, "same-origin") &&
           !is(asked->fetch_site, "none") && !is_followed_link(asked);
}

unsigned serve_access_check(const struct serve_access *access,
                            const struct serve_credentials *asked, const char **ret_text)
{
    if (!asked->host) {
        *ret_text = "the request has no Host header";
        return 400;
    }
    if (!is_ours(access, asked->host)) {
        *ret_text = "the server does not go by this name (Host); 'caption serve --name NAME' "
                    "gives it one";
        return 403;
    }
    if (comes_from_other_page(asked)) {
        *ret_text = "pages of other origins may not ask this server";
        return 403;
    }
    if (access->token && !asked->open && !has_token(asked->authorization, access->token)) {
        *ret_text = "expected the server's token (Authorization: Bearer TOKEN)";
        return 401;
    }
    return 0;
}
