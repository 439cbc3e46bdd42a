/* SPDX-License-Identifier: MIT */
#include "app/cli/text_escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

static const char meant[] = "\\\t\n\r", written[] = "\\tnr";

void app_escape_tsv_bytes(FILE *stream, const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++) {
        const char *place = memchr(meant, *text, sizeof meant - 1);

        if (place) {
            putc('\\', stream);
            putc(written[place - meant], stream);
        } else {
            putc(*text, stream);
        }
    }
}

void app_escape_tsv(FILE *stream, const char *text)
{
    app_escape_tsv_bytes(stream, text, strlen(text));
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

/* Beyond ASCII: C1, line and paragraph separator, embeddings, overrides and isolates. */
static bool is_command(utf8proc_int32_t character)
{
    return (character >= 0x80 && character < 0xA0) ||
           (character >= 0x2028 && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069);
}

static size_t write_byte(unsigned char byte, char *out)
{
    const char *place = memchr("\t\n\r", byte, 3) ? strchr(meant, byte) : NULL;

    if (place)
        return (size_t)sprintf(out, "\\%c", written[place - meant]);
    return (size_t)sprintf(out, "\\x%02x", byte);
}

/* Writes the character, or the byte that is none, at the front of text[length] to out[8], and its
 * length to *ret_size; returns how many bytes of the text it is.
 */
static size_t escape_character(const char *text, size_t length, const char *kept, char *out,
                               size_t *ret_size)
{
    const unsigned char byte = (unsigned char)text[0];
    utf8proc_int32_t character;
    const utf8proc_ssize_t step =
        utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, &character);
    const bool control = (byte < ' ' && (byte == 0 || !strchr(kept, byte))) || byte == 0x7F;

    if (step <= 0 || control) {
        *ret_size = write_byte(byte, out);
        return 1;
    }
    if (is_command(character)) {
        *ret_size = (size_t)sprintf(out, "\\u%04x", (unsigned)character);
    } else {
        memcpy(out, text, (size_t)step);
        *ret_size = (size_t)step;
    }
    return (size_t)step;
}

size_t app_escape_visible(const char *text, size_t length, const char *kept, char *out)
{
    char *const begin = out, character[8];
    size_t size;

    for (size_t i = 0; i < length; out += size) {
        i += escape_character(text + i, length - i, kept, character, &size);
        memcpy(out, character, size);
    }
    return (size_t)(out - begin);
}

size_t app_print_visible(FILE *stream, const char *text, size_t length)
{
    size_t sum = 0, size;
    char character[8];

    for (size_t i = 0; i < length; sum += size) {
        i += escape_character(text + i, length - i, "", character, &size);
        fwrite(character, 1, size, stream);
    }
    return sum;
}
