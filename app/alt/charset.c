/* SPDX-License-Identifier: MIT */
#include "app/alt/charset.h"

#include <string.h>
#include <strings.h>
#include <utf8proc.h>

enum { HEAD = 1024 }; /* bytes in which the standard has a charset declared (section 4.2.5.4) */

static bool is_ascii(const struct alt_page *page)
{
    for (size_t i = 0; i < page->size; i++)
        if ((unsigned char)page->bytes[i] > 0x7F)
            return false;
    return true;
}

static bool is_utf8(const struct alt_page *page)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)page->bytes;
    utf8proc_int32_t code;

    for (size_t i = 0; i < page->size;) {
        const utf8proc_ssize_t step =
            utf8proc_iterate(bytes + i, (utf8proc_ssize_t)(page->size - i), &code);

        if (step <= 0)
            return false;
        i += (size_t)step;
    }
    return true;
}

/* What follows `key` and an equals sign, such as charset="utf-8"; *ret_length 0: nothing does. */
static const char *declared(const struct alt_page *page, const char *key, size_t *ret_length)
{
    const size_t head = page->size < HEAD ? page->size : HEAD, length = strlen(key);

    for (size_t i = 0; i + length < head; i++) {
        size_t at = i + length, end;

        if (strncasecmp(page->bytes + i, key, length) != 0)
            continue;
        while (at < head && strchr(" \t\n\r", page->bytes[at]))
            at++;
        if (at == head || page->bytes[at] != '=')
            continue;
        for (at++; at < head && strchr(" \t\n\r\"'", page->bytes[at]);)
            at++;
        for (end = at; end < head && !strchr(" \t\n\r\"'>;/?", page->bytes[end]);)
            end++;
        *ret_length = end - at;
        return page->bytes + at;
    }
    *ret_length = 0;
    return NULL;
}

static bool begins(const char *name, size_t length, const char *with)
{
    return length >= strlen(with) && strncasecmp(name, with, strlen(with)) == 0;
}

enum tn_status alt_charset_read(struct alt_page *page, struct tn_error *err)
{
    static const char *const foreign[] = {"utf-16", "utf-32", "utf-7",  "iso-2022",
                                          "hz",     "ucs-2",  "ibm037", "ebcdic"};
    const bool mark = page->size >= 3 && memcmp(page->bytes, "\xEF\xBB\xBF", 3) == 0;
    const bool markdown = page->kind == ALT_MARKDOWN || page->kind == ALT_MDX;
    size_t length = 0;
    const char *name = NULL;

    if (page->size >= 2 &&
        (memcmp(page->bytes, "\xFF\xFE", 2) == 0 || memcmp(page->bytes, "\xFE\xFF", 2) == 0))
        return tn_fail(err, TN_FORMAT, "%s: is UTF-16; save it as UTF-8", page->name);
    if (memchr(page->bytes, '\0', page->size))
        return tn_fail(err, TN_FORMAT, "%s: is no text (it contains a NUL)", page->name);
    if (!markdown)
        name = declared(page, page->kind == ALT_XHTML ? "encoding" : "charset", &length);
    for (size_t i = 0; length > 0 && i < sizeof foreign / sizeof *foreign; i++)
        if (begins(name, length, foreign[i]))
            return tn_fail(err, TN_FORMAT, "%s: its charset is %.*s; save it as UTF-8", page->name,
                           (int)length, name);
    if (memchr(page->bytes, '\x1B', page->size))
        return tn_fail(err, TN_FORMAT, "%s: is no text, or in a charset like ISO-2022-JP",
                       page->name);
    page->utf8 = is_utf8(page) && (markdown || mark || begins(name, length, "utf-8") ||
                                   begins(name, length, "utf8") ||
                                   (length == 0 && (page->kind == ALT_XHTML || !is_ascii(page))));
    if (markdown && !page->utf8)
        return tn_fail(err, TN_FORMAT, "%s: is not UTF-8, as Markdown is", page->name);
    return TN_OK;
}
