/* SPDX-License-Identifier: MIT */
#include "metadata/description.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

/* ---- What can be seen ---- */

/* The next character; of a byte that is not UTF-8 the negative. */
static utf8proc_int32_t next_character(const char **text)
{
    utf8proc_int32_t codepoint;
    const utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &codepoint);

    if (length <= 0)
        return -(utf8proc_int32_t)(unsigned char)*(*text)++;
    *text += length;
    return codepoint;
}

static bool is_visible(utf8proc_int32_t codepoint)
{
    const utf8proc_int32_t braille_blank = 0x2800, latin1_blank = 0xA0;
    const utf8proc_property_t *property;

    if (codepoint < 0)
        return codepoint != -latin1_blank;
    property = utf8proc_get_property(codepoint);
    return !property->ignorable && property->category != UTF8PROC_CATEGORY_CC &&
           property->category != UTF8PROC_CATEGORY_ZS &&
           property->category != UTF8PROC_CATEGORY_ZL &&
           property->category != UTF8PROC_CATEGORY_ZP && codepoint != braille_blank;
}

bool meta_description_blank(const char *text)
{
    while (*text)
        if (is_visible(next_character(&text)))
            return false;
    return true;
}

bool meta_description_utf8_bytes(const unsigned char *bytes, size_t size)
{
    utf8proc_int32_t codepoint;

    for (size_t at = 0; at < size;) {
        const utf8proc_ssize_t length =
            utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(size - at), &codepoint);

        if (length <= 0)
            return false;
        at += (size_t)length;
    }
    return true;
}

bool meta_description_utf8(const char *text)
{
    return meta_description_utf8_bytes((const unsigned char *)text, strlen(text));
}

/* Latin-1's bytes are the first 256 codepoints. */
static void latin1_to_utf8(const unsigned char *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] >= 0x80)
            *text++ = (char)(0xC0 | bytes[i] >> 6);
        *text++ = (char)(bytes[i] >= 0x80 ? 0x80 | (bytes[i] & 0x3F) : bytes[i]);
    }
    *text = '\0';
}

enum tn_status meta_description_decode(const void *bytes, size_t size, char **ret_text,
                                       struct tn_error *err)
{
    const size_t length = strnlen(bytes, size);
    char *text = length < SIZE_MAX / 2 ? malloc(2 * length + 1) : NULL;

    if (!text)
        return tn_fail_nomem(err, length);
    memcpy(text, bytes, length);
    text[length] = '\0';
    if (!meta_description_utf8(text))
        latin1_to_utf8(bytes, length, text);
    *ret_text = text;
    return TN_OK;
}

/* ---- What cameras write ---- */

/* A longer text is compared by its beginning: no text of a camera is as long, but for those that
 * are told by that. */
enum { LONGEST = 256 };

/* line = the text, with one blank for each run of what cannot be seen, and none around it. */
static void write_line(char line[LONGEST], const char *text)
{
    size_t used = 0;
    bool blank = false;

    while (*text) {
        const char *from = text;
        const bool visible = is_visible(next_character(&text));
        const size_t length = visible ? (size_t)(text - from) : 0;

        if (used + blank + length >= LONGEST)
            break;
        if (visible && blank && used > 0)
            line[used++] = ' ';
        memcpy(line + used, from, length);
        used += length;
        blank = !visible;
    }
    line[used] = '\0';
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* pattern is in lower case; '#' stands for a digit, '*' for anything. */
static bool is_like(const char *line, const char *pattern)
{
    for (; *pattern && *pattern != '*'; line++, pattern++)
        if (*pattern == '#' ? *line < '0' || *line > '9' : lower(*line) != *pattern)
            return false;
    if (*pattern == '\0')
        return *line == '\0';
    while (!is_like(line, pattern + 1))
        if (*line++ == '\0')
            return false;
    return true;
}

/* A photo's camera, as lines. */
struct camera {
    char make[LONGEST], model[LONGEST];
};

/* Whether the camera is one of the makers, whose names are separated by blanks, or is unknown. */
static bool is_made_by(const struct camera *camera, const char *makers)
{
    char maker[32];

    if (camera->make[0] == '\0' && camera->model[0] == '\0')
        return true;
    for (; *makers; makers += strspn(makers, " ")) {
        const size_t length = strcspn(makers, " ");

        snprintf(maker, sizeof maker, "%.*s", (int)length, makers);
        if (strcasestr(camera->make, maker) || strcasestr(camera->model, maker))
            return true;
        makers += length;
    }
    return false;
}

static bool is_listed(const char *line, const struct camera *camera)
{
    static const struct {
        const char *text, *makers;
    } texts[] = {
#define CAMERA_TEXT(text, makers) {text, makers},
#include "metadata/camera_texts.inc"
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (is_like(line, texts[i].text) &&
            (texts[i].makers[0] == '\0' || is_made_by(camera, texts[i].makers)))
            return true;
    return false;
}

static bool is_form(const char *line)
{
    static const char *const forms[] = {
#define CAMERA_FORM(text) text,
#include "metadata/camera_texts.inc"
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (is_like(line, forms[i]))
            return true;
    return false;
}

/* Whether the line is name[length] in capitals, and a form behind it. */
static bool is_form_of(const char *line, const char *name, size_t length)
{
    if (length == 0 || strncasecmp(line, name, length) != 0 || line[length] != ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (line[i] >= 'a' && line[i] <= 'z')
            return false;
    return is_form(line + length + 1);
}

static bool is_form_of_maker(const char *line, const struct camera *camera)
{
    static const char *const makers[] = {
#define CAMERA_MAKER(name) name,
#include "metadata/camera_texts.inc"
    };

    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (is_form_of(line, makers[i], strlen(makers[i])))
            return true;
    return is_form_of(line, camera->make, strcspn(camera->make, " "));
}

/* Whether the line is the model, or the beginning of the make and the model.  A model without a
 * digit may be a word of people's. */
static bool is_model(const char *line, const struct camera *camera)
{
    const size_t length = strlen(line), model = strlen(camera->model);

    if (length < model || strcasecmp(line + length - model, camera->model) != 0 ||
        !strpbrk(camera->model, "0123456789"))
        return false;
    return length == model || (line[length - model - 1] == ' ' &&
                               strncasecmp(line, camera->make, length - model - 1) == 0);
}

static bool is_dots(const char *line)
{
    static const char ellipsis[] = "\u2026";

    for (;;) {
        line += strspn(line, ".-_* ");
        if (strncmp(line, ellipsis, strlen(ellipsis)) != 0)
            return *line == '\0';
        line += strlen(ellipsis);
    }
}

bool meta_description_by_camera_of(const char *text, const char *make, const char *model)
{
    struct camera camera;
    char line[LONGEST];

    write_line(line, text);
    write_line(camera.make, make ? make : "");
    write_line(camera.model, model ? model : "");
    return is_dots(line) || is_listed(line, &camera) || is_form_of_maker(line, &camera) ||
           is_model(line, &camera);
}

bool meta_description_by_camera(const char *text)
{
    return meta_description_by_camera_of(text, NULL, NULL);
}

bool meta_description_has_line(const char *text, const char *line)
{
    const size_t wanted = strlen(line);

    for (;;) {
        const size_t length = strcspn(text, "\n");
        const size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;

        if (shown == wanted && memcmp(text, line, wanted) == 0)
            return true;
        if (text[length] == '\0')
            return false;
        text += length + 1;
    }
}
