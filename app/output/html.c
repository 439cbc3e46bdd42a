/* SPDX-License-Identifier: MIT */
#include "app/output/html.h"

#include "base/path.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

enum { REPLACEMENT = 0xFFFD };

/* What to show instead of a character that does not show. */
static utf8proc_int32_t visible(utf8proc_int32_t code)
{
    if (code < 0x20)
        return 0x2400 + code;
    if (code == 0x7F)
        return 0x2421;
    if (code < 0xA0 && code > 0x7F)
        return REPLACEMENT;
    if ((code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069))
        return REPLACEMENT; /* would turn "gpj.exe" around */
    if ((code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE) /* are no characters */
        return REPLACEMENT;
    return code;
}

static void write_html_character(FILE *stream, utf8proc_int32_t code)
{
    unsigned char bytes[4];

    switch (code) {
    case '&':
        fputs("&amp;", stream);
        break;
    case '<':
        fputs("&lt;", stream);
        break;
    case '>':
        fputs("&gt;", stream);
        break;
    case '"':
        fputs("&quot;", stream);
        break;
    case '\'':
        fputs("&#39;", stream);
        break;
    default:
        fwrite(bytes, 1, (size_t)utf8proc_encode_char(visible(code), bytes), stream);
    }
}

static void write_html_text(FILE *stream, const char *text, const char *after_slash)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;

    while (*bytes) {
        utf8proc_int32_t code;
        const utf8proc_ssize_t length = utf8proc_iterate(bytes, -1, &code);

        write_html_character(stream, length > 0 ? code : REPLACEMENT);
        if (*bytes == '/')
            fputs(after_slash, stream);
        bytes += length > 0 ? length : 1;
    }
}

void app_html_text(FILE *stream, const char *text)
{
    write_html_text(stream, text, "");
}

void app_html_path(FILE *stream, const char *path)
{
    write_html_text(stream, path, "<wbr>");
}

/* By hand: isalnum() would ask the locale. */
static bool is_plain(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("-._~/", byte));
}

void app_html_percent(FILE *stream, const char *text)
{
    for (; *text; text++) {
        const unsigned char byte = (unsigned char)*text;

        if (is_plain(byte))
            putc(byte, stream);
        else
            fprintf(stream, "%%%02X", byte);
    }
}

/* -1: it is not a digit of app_html_percent's. */
static int hex_digit(char digit)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *found = digit ? strchr(digits, digit) : NULL;

    return found ? (int)(found - digits) : -1;
}

bool app_html_percent_decode(const char *text, size_t length, char *ret_text)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        if (is_plain((unsigned char)text[i])) {
            ret_text[count++] = text[i];
        } else {
            const int high = text[i] == '%' && length - i > 2 ? hex_digit(text[i + 1]) : -1;
            const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

            if (low < 0 || high + low == 0)
                return false;
            ret_text[count++] = (char)(high * 16 + low);
            i += 2;
        }
    }
    ret_text[count] = '\0';
    return true;
}

static void write_relative(FILE *stream, const char *from, const char *to)
{
    size_t common = 0;

    for (size_t i = 0; from[i] && from[i] == to[i]; i++)
        if (from[i] == '/')
            common = i + 1;
    for (const char *slash = strchr(from + common, '/'); slash; slash = strchr(slash + 1, '/'))
        fputs("../", stream);
    app_html_percent(stream, to + common);
}

void app_html_link(FILE *stream, const char *page, const char *path)
{
    char *from = page ? tn_path_absolute(page) : NULL, *to = tn_path_absolute(path);

    if (from && to) {
        write_relative(stream, from, to);
    } else if (!page && to) {
        fputs("file://", stream);
        app_html_percent(stream, to);
    } else {
        app_html_percent(stream, path);
    }
    free(from);
    free(to);
}

void app_html_base64(FILE *stream, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        const size_t count = size - i < 3 ? size - i : 3;
        const unsigned group = (unsigned)bytes[i] << 16 |
                               (count > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (count > 2 ? (unsigned)bytes[i + 2] : 0);
        const char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
                              count > 1 ? digits[group >> 6 & 63] : '=',
                              count > 2 ? digits[group & 63] : '='};

        fwrite(text, 1, sizeof text, stream);
    }
}
