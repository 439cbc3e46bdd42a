/* SPDX-License-Identifier: MIT */
#include "app/cli/terminal.h"

#include "app/cli/text_escape.h"
#include "base/platform/platform.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_CHARACTER = 4 };

struct filter {
    FILE *terminal;
    char begun[LONGEST_CHARACTER]; /* a character whose other bytes are still to come */
    size_t count;
};

/* How many bytes at the end of the text may go on as a character: a CR, too, as CR LF is a newline
 * and a CR alone goes back over the line. */
static size_t unfinished(const char *text, size_t length)
{
    for (size_t i = 1; i <= length && i < LONGEST_CHARACTER; i++) {
        const unsigned char byte = (unsigned char)text[length - i];
        const size_t whole = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;

        if (byte == '\r' && i == 1)
            return 1;
        if (byte < 0x80 || byte >= 0xC0)
            return whole > i ? i : 0;
    }
    return 0;
}

/* Drops the CR of each CR LF. */
static size_t join_newlines(char *text, size_t length)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++)
        if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
            text[used++] = text[i];
    return used;
}

/* Writes what has begun and the text, but for what is not finished unless it is the end. */
static bool show_text(struct filter *filter, const char *text, size_t length, bool end)
{
    size_t whole = filter->count + length;
    char *joined = malloc((1 + APP_VISIBLE_GROWTH) * whole + 1), *visible;
    bool shown;

    if (!joined)
        return false;
    visible = joined + whole;
    memcpy(joined, filter->begun, filter->count);
    memcpy(joined + filter->count, text, length);
    filter->count = end ? 0 : unfinished(joined, whole);
    whole -= filter->count;
    memcpy(filter->begun, joined + whole, filter->count);
    whole = app_escape_visible(joined, join_newlines(joined, whole), "\n\t", visible);
    shown = fwrite(visible, 1, whole, filter->terminal) == whole && fflush(filter->terminal) == 0;
    free(joined);
    return shown;
}

static ssize_t filter_write(void *cookie, const char *text, size_t length)
{
    return show_text(cookie, text, length, false) ? (ssize_t)length : 0;
}

static int filter_close(void *cookie)
{
    struct filter *filter = cookie;
    const bool shown = show_text(filter, "", 0, true);
    const bool closed = fclose(filter->terminal) == 0;

    free(filter);
    return shown && closed ? 0 : EOF;
}

FILE *app_terminal_open(FILE *terminal)
{
    struct filter *filter = calloc(1, sizeof *filter);
    FILE *stream = filter ? tn_platform_open_stream(filter, filter_write, filter_close) : NULL;

    if (!stream) {
        free(filter);
        return NULL;
    }
    filter->terminal = terminal;
    setvbuf(stream, NULL, _IOLBF, BUFSIZ);
    return stream;
}
