/* SPDX-License-Identifier: MIT */
#include "app/alt/url.h"

#include "base/base64.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Takes %XX back, in place; returns the length.  What is no such code stays, as in browsers. */
static size_t decode_percent(char *text, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        const int high = text[i] == '%' && length - i > 2 ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

        text[used++] = low >= 0 ? (char)(high * 16 + low) : text[i];
        i += low >= 0 ? 2 : 0;
    }
    text[used] = '\0';
    return used;
}

/* A copy without what browsers take out: whitespace around it, line ends and tabs in it. */
static char *clean(const char *url)
{
    char *copy = strdup(url + strspn(url, " \t\n\f\r")), *to = copy;

    if (!copy)
        return NULL;
    for (const char *from = copy; *from; from++)
        if (!strchr("\t\n\r", *from))
            *to++ = *from;
    while (to > copy && (to[-1] == ' ' || to[-1] == '\f'))
        to--;
    *to = '\0';
    return copy;
}

/* The length of "http:", 0 where there is no scheme. */
static size_t scheme_length(const char *url)
{
    const size_t length =
        strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    return length > 1 && url[length] == ':' ? length + 1 : 0;
}

/* ---- data: ---- */

/* Takes the text over. */
static void read_data(char *text, struct alt_url *url)
{
    char *comma = strchr(text, ',');
    size_t size;
    bool base64;

    if (!comma) {
        free(text);
        return;
    }
    *comma = '\0';
    base64 = comma - text >= 7 && strcasecmp(comma - 7, ";base64") == 0;
    memmove(text, comma + 1, strlen(comma + 1) + 1);
    size = decode_percent(text, strlen(text));
    if (base64 && tn_base64_decode(text, size, (unsigned char *)text, &size, NULL) != TN_OK) {
        free(text);
        return;
    }
    url->size = size;
    url->bytes = (unsigned char *)text;
    url->kind = ALT_URL_DATA;
}

/* ---- Paths ---- */

/* Takes the text over. */
static void read_path(char *text, struct alt_url *url)
{
    size_t begin, length;

    text[strcspn(text, "?#")] = '\0';
    for (char *slash = strchr(text, '\\'); slash; slash = strchr(slash, '\\'))
        *slash = '/';
    url->rooted = text[0] == '/';
    begin = strspn(text, "/");
    memmove(text, text + begin, strlen(text + begin) + 1);
    length = decode_percent(text, strlen(text));
    if (length == 0 || length != strlen(text)) { /* a NUL in it */
        free(text);
        return;
    }
    url->path = text;
    url->kind = ALT_URL_PATH;
}

/* file:///a and file://localhost/a; another host's file is not here. */
static void read_file_url(char *text, struct alt_url *url)
{
    const char *path = text + strlen("file:");

    if (strncasecmp(path, "//localhost/", 12) == 0)
        path += 11;
    else if (strncmp(path, "///", 3) == 0)
        path += 2;
    if (path[0] != '/' || path[1] == '/') {
        url->kind = ALT_URL_REMOTE;
        free(text);
        return;
    }
    memmove(text, path, strlen(path) + 1);
    read_path(text, url);
    url->file = true;
}

/* Takes the text over, which counts from where the page is. */
static void read_absolute(char *text, struct alt_url *url)
{
    const size_t scheme = scheme_length(text);

    if (strncasecmp(text, "data:", 5) == 0) {
        read_data(text, url);
    } else if (strncasecmp(text, "file:", 5) == 0) {
        read_file_url(text, url);
    } else if (scheme > 0 || strncmp(text, "//", 2) == 0) {
        url->kind = ALT_URL_REMOTE;
        free(text);
    } else {
        read_path(text, url);
    }
}

size_t alt_url_folder_length(const char *url)
{
    size_t length = strcspn(url, "?#");

    while (length > 0 && url[length - 1] != '/')
        length--;
    return length;
}

/* The text from the base's folder on; NULL: no memory. */
static char *join_base(const char *base, const char *text)
{
    const size_t folder = alt_url_folder_length(base);
    char *joined = malloc(folder + strlen(text) + 1);

    if (!joined)
        return NULL;
    memcpy(joined, base, folder);
    memcpy(joined + folder, text, strlen(text) + 1);
    return joined;
}

enum tn_status alt_url_read(const char *url, const char *base, struct alt_url *ret_url,
                            struct tn_error *err)
{
    char *text = clean(url), *from = base ? clean(base) : NULL;

    *ret_url = (struct alt_url){.kind = ALT_URL_NONE};
    if (!text || (base && !from)) {
        free(text);
        free(from);
        return tn_fail_nomem(err, strlen(url) + 1);
    }
    if (from && scheme_length(text) == 0 && text[0] && strncmp(text, "//", 2) != 0) {
        const bool remote = scheme_length(from) > 0 || strncmp(from, "//", 2) == 0;
        char *joined = text[0] == '/' && !remote ? strdup(text) : join_base(from, text);

        free(text);
        text = joined;
    }
    free(from);
    if (!text)
        return tn_fail_nomem(err, strlen(url) + 1);
    read_absolute(text, ret_url);
    return TN_OK;
}

void alt_url_finish(struct alt_url *url)
{
    free(url->path);
    free(url->bytes);
    *url = (struct alt_url){.kind = ALT_URL_NONE};
}

bool alt_path_simplify(char *path)
{
    const char *const end = path + strlen(path);
    char *to = path;

    for (const char *from = path, *next; from < end; from = next) {
        const size_t length = strcspn(from, "/");

        next = from + length + 1; /* the slash at the end may be written over what ends the path */
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            if (to == path)
                return false;
            for (to--; to > path && to[-1] != '/';)
                to--;
        } else if (length > 0 && !(length == 1 && from[0] == '.')) {
            memmove(to, from, length);
            to += length;
            *to++ = '/';
        }
    }
    to -= to > path;
    *to = '\0';
    return true;
}
