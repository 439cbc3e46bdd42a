/* SPDX-License-Identifier: MIT */
/* A request's body in JSON. */
#include "app/serve/json_body.h"

#include "base/utf8.h"

#include <ctype.h>
#include <json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_DEPTH = 32,
    MOST_VALUES = 20000, /* of 100 bytes each, more or less */
    LONG_TEXT = 1024,
    MOST_LONG = 256,
    LONGEST_EXCERPT = 20 /* of a body that is none, for the error */
};

static enum tn_status check_size(size_t size, struct tn_error *err)
{
    if (size == 0)
        return tn_fail(err, TN_FORMAT, "missing request body");
    if (size > INT_MAX)
        return tn_fail(err, TN_RANGE, "the body has %zu bytes; JSON may have %d", size, INT_MAX);
    return TN_OK;
}

/* A string that stays in the body. */
struct long_text {
    const char *text;
    size_t size;
};

/* The body without its long strings: each is a mark, U+0001 and its number, instead.  A client that
 * writes such a mark itself gets a string of its own. */
struct short_body {
    char *text;
    size_t size;
    struct long_text *longs; /* [MOST_LONG] */
    size_t long_count, values;
};

/* Behind the string that begins with the quote at `begin`. */
static size_t string_end(const unsigned char *body, size_t size, size_t begin)
{
    for (size_t i = begin + 1; i < size; i++) {
        const unsigned char *quote = memchr(body + i, '"', size - i);
        size_t slashes = 0;

        if (!quote)
            return size;
        i = (size_t)(quote - body);
        while (body[i - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 0)
            return i + 1;
    }
    return size;
}

/* A long text without spaces is not for people. */
static bool stays(const unsigned char *text, size_t size)
{
    unsigned char strange = size < LONG_TEXT;

    for (size_t i = 0; i < size && size >= LONG_TEXT; i++)
        strange |= (text[i] <= ' ') | (text[i] >= 0x7F);
    return !strange;
}

/* Takes the string of the body, with its quotes. */
static enum tn_status take_string(struct short_body *to, const unsigned char *text, size_t size,
                                  struct tn_error *err)
{
    if (size < 2 || text[size - 1] != '"' || !stays(text + 1, size - 2)) {
        memcpy(to->text + to->size, text, size);
        to->size += size;
        return TN_OK;
    }
    if (to->long_count == MOST_LONG)
        return tn_fail(err, TN_RANGE, "the body has more than %d photos", MOST_LONG);
    to->longs[to->long_count] = (struct long_text){(const char *)text + 1, size - 2};
    to->size += (size_t)sprintf(to->text + to->size, "\"\\u0001%zu\"", to->long_count++);
    return TN_OK;
}

/* to->text has room for the body. */
static enum tn_status shorten(struct short_body *to, const unsigned char *body, size_t size,
                              struct tn_error *err)
{
    for (size_t i = 0, end; i < size; i = end) {
        if (body[i] == '"') {
            end = string_end(body, size, i);
            TN_TRY(take_string(to, body + i, end - i, err));
            continue;
        }
        end = i + 1;
        to->text[to->size++] = (char)body[i];
        if ((body[i] == ',' || body[i] == ':' || body[i] == '[' || body[i] == '{') &&
            ++to->values > MOST_VALUES)
            return tn_fail(err, TN_RANGE, "the body has more than %d values", MOST_VALUES);
    }
    return TN_OK;
}

/* Checks a string of the parsed body, and lets a mark know what it stands for.  A text with U+0000
 * would be another text for all that takes it for a C string. */
static bool take_text(json_object *value, struct long_text *longs, size_t count)
{
    const char *text = json_object_get_string(value);
    size_t number;

    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return false;
    if (text[0] == '\1') {
        number = strtoul(text + 1, NULL, 10);
        if (number >= count)
            return false;
        json_object_set_userdata(value, &longs[number], NULL);
    }
    return true;
}

static bool take_texts(json_object *value, struct long_text *longs, size_t count)
{
    if (json_object_is_type(value, json_type_string))
        return take_text(value, longs, count);
    if (json_object_is_type(value, json_type_array))
        for (size_t i = 0; i < json_object_array_length(value); i++)
            if (!take_texts(json_object_array_get_idx(value, i), longs, count))
                return false;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member)
        {
            (void)name;
            if (!take_texts(member, longs, count))
                return false;
        }
    }
    return true;
}

/* What stands where the parser stopped, from the beginning of its word. */
static enum tn_status fail_to_parse(const struct short_body *from, size_t place,
                                    enum json_tokener_error error, struct tn_error *err)
{
    const size_t least = place > LONGEST_EXCERPT ? place - LONGEST_EXCERPT : 0;

    if (error == json_tokener_continue)
        return tn_fail(err, TN_FORMAT, "the body is not JSON: it ends too early");
    if (error == json_tokener_error_depth)
        return tn_fail(err, TN_FORMAT, "the body is not JSON: %s", json_tokener_error_desc(error));
    place = place < from->size ? place : from->size;
    while (place > least && isalnum((unsigned char)from->text[place - 1]))
        place--;
    return tn_fail(
        err, TN_FORMAT, "the body is not JSON: unexpected '%.*s'",
        (int)(from->size - place < LONGEST_EXCERPT ? from->size - place : LONGEST_EXCERPT),
        from->text + place);
}

/* Makes the text one that strict json-c reads. */
static enum tn_status make_ascii(struct short_body *brief, struct tn_error *err)
{
    size_t size;
    char *ascii = tn_utf8_to_json_ascii(brief->text, brief->size, &size);

    if (!ascii)
        return size > 0 ? tn_fail_nomem(err, size)
                        : tn_fail(err, TN_FORMAT, "the body is not JSON: it is not UTF-8");
    free(brief->text);
    brief->text = ascii;
    brief->size = size;
    return TN_OK;
}

static enum tn_status parse(const struct short_body *from, json_object **ret_root,
                            struct tn_error *err)
{
    json_tokener *tokener = json_tokener_new_ex(MOST_DEPTH);
    enum json_tokener_error error;
    size_t place;

    if (!tokener)
        return tn_fail_nomem(err, 0);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    *ret_root = json_tokener_parse_ex(tokener, from->text, (int)from->size);
    error = json_tokener_get_error(tokener);
    place = json_tokener_get_parse_end(tokener);
    json_tokener_free(tokener);
    if (error == json_tokener_success)
        return TN_OK;
    json_object_put(*ret_root);
    return fail_to_parse(from, place, error, err);
}

static enum tn_status check_root(json_object *root, const struct short_body *from,
                                 struct tn_error *err)
{
    if (!json_object_is_type(root, json_type_object))
        return tn_fail(err, TN_FORMAT, "the body is not a JSON object");
    if (!take_texts(root, from->longs, from->long_count))
        return tn_fail(err, TN_FORMAT,
                       "a text in the body contains the character U+0000 or U+0001");
    return TN_OK;
}

static void free_longs(json_object *root, void *longs)
{
    (void)root;
    free(longs);
}

enum tn_status serve_json_parse(const unsigned char *body, size_t size, json_object **ret_object,
                                struct tn_error *err)
{
    struct short_body brief = {0};
    json_object *root = NULL;
    enum tn_status status;

    TN_TRY(check_size(size, err));
    brief.text = malloc(size);
    brief.longs = malloc(MOST_LONG * sizeof *brief.longs);
    status =
        brief.text && brief.longs ? shorten(&brief, body, size, err) : tn_fail_nomem(err, size);
    if (status == TN_OK)
        status = make_ascii(&brief, err);
    if (status == TN_OK)
        status = parse(&brief, &root, err);
    free(brief.text);
    if (status == TN_OK)
        status = check_root(root, &brief, err);
    if (status != TN_OK) {
        json_object_put(root);
        free(brief.longs);
        return status;
    }
    json_object_set_userdata(root, brief.longs, free_longs);
    *ret_object = root;
    return TN_OK;
}

/* ---- Members ---- */

json_object *serve_json_member(json_object *object, const char *name)
{
    json_object *member = NULL;

    json_object_object_get_ex(object, name, &member);
    return member;
}

static enum tn_status typed(json_object *object, const char *name, json_type type,
                            json_object **ret_member, struct tn_error *err)
{
    json_object *member = serve_json_member(object, name);

    if (member && !json_object_is_type(member, type))
        return tn_fail(err, TN_FORMAT, "'%s' is of type %s, and must be %s", name,
                       json_type_to_name(json_object_get_type(member)), json_type_to_name(type));
    *ret_member = member;
    return TN_OK;
}

enum tn_status serve_json_object(json_object *object, const char *name, json_object **ret_member,
                                 struct tn_error *err)
{
    return typed(object, name, json_type_object, ret_member, err);
}

enum tn_status serve_json_array(json_object *object, const char *name, json_object **ret_member,
                                struct tn_error *err)
{
    return typed(object, name, json_type_array, ret_member, err);
}

enum tn_status serve_json_text(json_object *object, const char *name, const char **ret_text,
                               struct tn_error *err)
{
    json_object *member = NULL;

    TN_TRY(typed(object, name, json_type_string, &member, err));
    if (member && json_object_get_userdata(member))
        return tn_fail(err, TN_FORMAT, "'%s' is a long text without spaces", name);
    if (member)
        *ret_text = json_object_get_string(member);
    return TN_OK;
}

enum tn_status serve_json_bool(json_object *object, const char *name, bool *ret_value,
                               struct tn_error *err)
{
    json_object *member = NULL;

    TN_TRY(typed(object, name, json_type_boolean, &member, err));
    if (member)
        *ret_value = json_object_get_boolean(member);
    return TN_OK;
}

enum tn_status serve_json_count(json_object *object, const char *name, size_t least, size_t most,
                                size_t *ret_count, struct tn_error *err)
{
    json_object *member = serve_json_member(object, name);
    double value;

    if (!member)
        return TN_OK;
    value = json_object_get_double(member);
    if (!(json_object_is_type(member, json_type_int) ||
          json_object_is_type(member, json_type_double)) ||
        !(value >= (double)least && value <= (double)most) || value != (double)(size_t)value)
        return tn_fail(err, TN_RANGE, "'%s' must be a whole number from %zu to %zu", name, least,
                       most);
    *ret_count = (size_t)value;
    return TN_OK;
}

const char *serve_json_string(json_object *value)
{
    return json_object_is_type(value, json_type_string) && !json_object_get_userdata(value)
               ? json_object_get_string(value)
               : "";
}

/* ---- Long texts ---- */

const char *serve_json_raw(json_object *value, size_t *ret_size, bool *ret_escaped)
{
    const struct long_text *text = json_object_get_userdata(value);

    *ret_size = text ? text->size : (size_t)json_object_get_string_len(value);
    *ret_escaped = text && memchr(text->text, '\\', text->size);
    return text ? text->text : json_object_get_string(value);
}

static unsigned hexadecimal(const char *digits)
{
    unsigned value = 0;

    for (int i = 0; i < 4; i++) {
        const char c = digits[i];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : 0xFFFF;

        value = value << 4 | (unsigned)digit;
    }
    return value;
}

size_t serve_json_unescape(const char *text, size_t size, char *room)
{
    static const char letters[] = "bfnrt\"\\/", meanings[] = "\b\f\n\r\t\"\\/";
    size_t written = 0;

    for (size_t i = 0; i < size; i++) {
        const char *letter;

        if (text[i] != '\\' || i + 1 == size) {
            room[written++] = text[i];
            continue;
        }
        letter = strchr(letters, text[++i]);
        if (text[i] == 'u' && i + 4 < size) {
            const unsigned code = hexadecimal(text + i + 1);

            room[written++] = (char)(code < 0x80 ? code : 0x1A);
            i += 4;
        } else {
            room[written++] = (char)(letter && *letter ? meanings[letter - letters] : 0x1A);
        }
    }
    return written;
}
