/* SPDX-License-Identifier: MIT */
#include "app/text_escape.h"

#include <string.h>

static const char meant[] = "\\\t\n\r", written[] = "\\tnr";

void app_escape_tsv(FILE *stream, const char *text)
{
    for (; *text; text++) {
        const char *place = strchr(meant, *text);

        if (place) {
            putc('\\', stream);
            putc(written[place - meant], stream);
        } else {
            putc(*text, stream);
        }
    }
}

void app_unescape_tsv(const char *text, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++) {
        const char *place = NULL;

        if (text[i] == '\\' && i + 1 < length)
            place = memchr(written, text[i + 1], sizeof written - 1);
        *out++ = place ? meant[place - written] : text[i];
        i += place != NULL;
    }
    *out = '\0';
}
