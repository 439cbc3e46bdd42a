/* SPDX-License-Identifier: MIT */
/* What is printed for a terminal: shown, and not obeyed. */
#include "app/cli/terminal.h"
#include "app/cli/text_escape.h"

#include "tests/support/suite.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 64 };

static const struct {
    const char *text, *visible;
} texts[] = {
    {"", ""},
    {"a dog, C:\\x", "a dog, C:\\x"},
    {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
    {"a\tb\nc\rd\x7F", "a\\tb\\nc\\rd\\x7f"},
    {"caf\xC3\xA9 \xE7\x8B\x97 \xF0\x9F\x90\x95", "caf\xC3\xA9 \xE7\x8B\x97 \xF0\x9F\x90\x95"},
    {"\xC2\x9B"
     "31m",
     "\\u009b31m"},
    {"a\xE2\x80\xAEgpj.exe", "a\\u202egpj.exe"},
    {"\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\xA8", "\\u2066\\u2069\\u2028"},
    {"caf\xE9", "caf\\xe9"},
    {"\xC0\xAF\xED\xA0\x80\xF5", "\\xc0\\xaf\\xed\\xa0\\x80\\xf5"},
    {"\xE2\x80", "\\xe2\\x80"},
};

START_TEST(what_a_terminal_would_obey_is_written_in_ascii)
{
    const char *text = texts[_i].text;
    char *out = malloc(APP_VISIBLE_GROWTH * strlen(text) + 1), printed[LONGEST] = "";
    FILE *stream = fmemopen(printed, sizeof printed, "w");
    size_t length = app_escape_visible(text, strlen(text), "", out);

    out[length] = '\0';
    ck_assert_str_eq(out, texts[_i].visible);
    ck_assert_uint_eq(app_print_visible(stream, text, strlen(text)), length);
    fclose(stream);
    ck_assert_str_eq(printed, texts[_i].visible);
    free(out);
}
END_TEST

START_TEST(every_byte_leaves_what_a_terminal_shows)
{
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            const char text[] = {(char)a, (char)b, 'x'};
            char out[APP_VISIBLE_GROWTH * sizeof text], again[APP_VISIBLE_GROWTH * sizeof out];
            const size_t length = app_escape_visible(text, sizeof text, "", out);

            bool visible = app_escape_visible(out, length, "", again) == length && length >= 2;

            for (size_t i = 0; i < length; i++)
                visible &= (unsigned char)out[i] >= ' ' && out[i] != 0x7F;
            if (!visible)
                ck_abort_msg("of bytes %02x %02x something is obeyed", a, b);
        }
}
END_TEST

/* What a stream to a terminal shows of a text that comes in parts of that many bytes. */
static char *shown(const char *text, size_t part)
{
    char *out;
    size_t size;
    FILE *terminal = open_memstream(&out, &size), *stream = app_terminal_open(terminal);
    const size_t length = strlen(text);

    for (size_t at = 0; at < length; at += part) {
        fwrite(text + at, 1, part < length - at ? part : length - at, stream);
        ck_assert_int_eq(fflush(stream), 0);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return out;
}

START_TEST(lines_and_tabs_pass_and_characters_may_come_in_parts)
{
    static const char text[] =
        "a\tcaf\xC3\xA9\n\xF0\x9F\x90\x95\r\n\x1b[2Jx\ry\xE2\x80\xAE\xF0\x9F\n\xE7\x8B";
    static const char expected[] =
        "a\tcaf\xC3\xA9\n\xF0\x9F\x90\x95\n\\x1b[2Jx\\ry\\u202e\\xf0\\x9f\n\\xe7\\x8b";

    for (size_t part = 1; part <= sizeof text; part++) {
        char *out = shown(text, part);

        ck_assert_str_eq(out, expected);
        free(out);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("terminal");
    TCase *cases = tcase_create("terminal");

    tcase_add_loop_test(cases, what_a_terminal_would_obey_is_written_in_ascii, 0,
                        (int)(sizeof texts / sizeof *texts));
    tcase_add_test(cases, every_byte_leaves_what_a_terminal_shows);
    tcase_add_test(cases, lines_and_tabs_pass_and_characters_may_come_in_parts);
    suite_add_tcase(suite, cases);
    return suite;
}
