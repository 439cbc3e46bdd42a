/* SPDX-License-Identifier: MIT */
#include "app/serve/multipart.h"

#include <string.h>
#include <strings.h>

enum { LONGEST_BOUNDARY = 70 }; /* RFC 2046 */

/* A range of bytes that is read from its begin. */
struct range {
    const char *begin, *end;
};

static size_t left(const struct range *range)
{
    return (size_t)(range->end - range->begin);
}

/* Takes the text where it is next. */
static bool take(struct range *range, const char *text)
{
    const size_t length = strlen(text);

    if (left(range) < length || memcmp(range->begin, text, length) != 0)
        return false;
    range->begin += length;
    return true;
}

/* What stands before the text, which is taken, too; false: it does not follow. */
static bool take_until(struct range *range, const char *text, size_t length,
                       struct range *ret_before)
{
    const char *found = memmem(range->begin, left(range), text, length);

    if (!found)
        return false;
    *ret_before = (struct range){range->begin, found};
    range->begin = found + length;
    return true;
}

/* ---- Parameters: form-data; name="photo"; filename="a.jpg" ---- */

static void skip_spaces(struct range *range)
{
    while (range->begin < range->end && (*range->begin == ' ' || *range->begin == '\t'))
        range->begin++;
}

/* A value, quoted or not, into out[size]; what does not fit is cut. */
static void take_value(struct range *range, char *out, size_t size)
{
    const bool quoted = take(range, "\"");
    size_t used = 0;

    for (; range->begin < range->end && *range->begin != (quoted ? '"' : ';'); range->begin++) {
        if (quoted && *range->begin == '\\' && left(range) > 1 &&
            (range->begin[1] == '"' || range->begin[1] == '\\'))
            range->begin++;
        if (used + 1 < size)
            out[used++] = *range->begin;
    }
    out[used] = '\0';
    if (quoted)
        take(range, "\"");
}

/* The parameter's value into out[size]; false: there is none of that name. */
static bool find_parameter(struct range header, const char *name, char *out, size_t size)
{
    const size_t length = strlen(name);
    char skipped[1];

    while (header.begin < header.end && *header.begin != ';')
        header.begin++;
    while (take(&header, ";")) {
        bool found;

        skip_spaces(&header);
        found = left(&header) > length && strncasecmp(header.begin, name, length) == 0 &&
                header.begin[length] == '=';
        while (header.begin < header.end && *header.begin != '=' && *header.begin != ';')
            header.begin++;
        if (take(&header, "="))
            take_value(&header, found ? out : skipped, found ? size : sizeof skipped);
        if (found)
            return true;
        while (header.begin < header.end && *header.begin != ';')
            header.begin++;
    }
    return false;
}

bool serve_is_multipart(const char *type)
{
    static const char multipart[] = "multipart/form-data";

    return type && strncasecmp(type, multipart, sizeof multipart - 1) == 0;
}

/* ---- Parts ---- */

/* The file's name in the part's headers; false where it is no file. */
static bool read_headers(struct range headers, struct serve_part *part)
{
    static const char disposition[] = "Content-Disposition:";
    struct range line;

    while (take_until(&headers, "\r\n", 2, &line))
        if (left(&line) > sizeof disposition &&
            strncasecmp(line.begin, disposition, sizeof disposition - 1) == 0)
            return find_parameter(line, "filename", part->name, sizeof part->name);
    return false;
}

/* What stands between two delimiters. */
static enum tn_status read_part(struct range range, struct serve_part *part, struct tn_error *err)
{
    struct range headers;

    skip_spaces(&range);
    if (!take(&range, "\r\n") || !take_until(&range, "\r\n\r\n", 4, &headers))
        return tn_fail(err, TN_FORMAT,
                       "the body is no multipart/form-data: a part has no end of "
                       "its headers");
    headers.end += 2; /* with the end of its last line */
    if (!read_headers(headers, part))
        return tn_fail(err, TN_FORMAT,
                       "the form has a field that is no file; options stand in the query (?n=3)");
    part->bytes = (const unsigned char *)range.begin;
    part->size = left(&range);
    return TN_OK;
}

static enum tn_status read_parts(struct range body, const char *delimiter, struct serve_part *parts,
                                 size_t most, size_t *ret_count, struct tn_error *err)
{
    const size_t length = strlen(delimiter);
    struct range part;
    size_t count = 0;

    /* The first delimiter may lack the line break in front of it. */
    if (!take(&body, delimiter + 2) && !take_until(&body, delimiter, length, &part))
        return tn_fail(err, TN_FORMAT,
                       "the body is no multipart/form-data: its boundary is "
                       "missing");
    while (!take(&body, "--")) {
        if (!take_until(&body, delimiter, length, &part))
            return tn_fail(err, TN_FORMAT, "the body of multipart/form-data is truncated");
        if (count == most)
            return tn_fail(err, TN_RANGE, "more than %zu files; send them in several requests",
                           most);
        TN_TRY(read_part(part, &parts[count++], err));
    }
    if (count == 0)
        return tn_fail(err, TN_RANGE, "the form has no file");
    *ret_count = count;
    return TN_OK;
}

enum tn_status serve_multipart_read(const char *type, const unsigned char *body, size_t size,
                                    struct serve_part *parts, size_t most, size_t *ret_count,
                                    struct tn_error *err)
{
    const struct range header = {type, type + strlen(type)};
    char delimiter[LONGEST_BOUNDARY + 6] = "\r\n--";

    if (!find_parameter(header, "boundary", delimiter + 4, sizeof delimiter - 4) || !delimiter[4] ||
        strlen(delimiter + 4) > LONGEST_BOUNDARY)
        return tn_fail(err, TN_FORMAT, "Content-Type: multipart/form-data has no boundary");
    return read_parts((struct range){(const char *)body, (const char *)body + size}, delimiter,
                      parts, most, ret_count, err);
}
