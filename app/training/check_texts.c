/* SPDX-License-Identifier: MIT */
/* Captions that look wrong: what a program did to them, or what is none. */
#include "app/training/check_private.h"
#include "base/map.h"
#include "base/path.h"
#include "base/utf8.h"
#include "image/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

/* A caption, and the photo's file. */
struct caption {
    const char *text, *file;
    enum vocab_language language;
};

/* The next character; bytes that are no UTF-8 give U+FFFD. */
static utf8proc_int32_t next_character(const char **text)
{
    utf8proc_int32_t character;
    const utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &character);

    *text += length > 0 ? length : 1;
    return length > 0 ? character : 0xFFFD;
}

/* ---- Mojibake ---- */

/* The byte that Windows-1252, or Latin-1, shows as the character; -1: none. */
static int byte_of(utf8proc_int32_t character)
{
    static const utf8proc_int32_t windows[32] = {
        0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

    if (character < 0x100)
        return (int)character;
    for (int i = 0; i < 32; i++)
        if (windows[i] == character)
            return 0x80 + i;
    return -1;
}

/* How many bytes follow in UTF-8 the one that the character stands for; 0: it begins none. */
static int count_following(utf8proc_int32_t character)
{
    return character >= 0xC2 && character <= 0xDF   ? 1
           : character >= 0xE0 && character <= 0xEF ? 2
           : character >= 0xF0 && character <= 0xF4 ? 3
                                                    : 0;
}

/* UTF-8 that was taken for Latin-1 or Windows-1252 and written as UTF-8 again: "cafÃ©". */
static bool is_mojibake(const struct caption *caption)
{
    for (const char *at = caption->text; *at;) {
        int following = count_following(next_character(&at));
        const char *next = at;

        if (following == 0)
            continue;
        while (following > 0 && *next) {
            const int byte = byte_of(next_character(&next));

            if (byte < 0x80 || byte > 0xBF)
                break;
            following--;
        }
        if (following == 0)
            return true;
    }
    return false;
}

static bool is_replaced(const struct caption *caption)
{
    for (const char *at = caption->text; *at;)
        if (next_character(&at) == 0xFFFD)
            return true;
    return false;
}

/* ---- Marks of pages ---- */

/* "&amp;", "&#39;" */
static bool has_entity(const struct caption *caption)
{
    for (const char *at = caption->text; (at = strchr(at, '&')); at++) {
        const char *name = at + 1 + (at[1] == '#');
        size_t length = 0;

        while (isalnum((unsigned char)name[length]))
            length++;
        if (length >= 2 && length <= 8 && name[length] == ';')
            return true;
    }
    return false;
}

/* "<br>", "</p>" */
static bool has_tag(const struct caption *caption)
{
    enum { MOST = 80 };

    for (const char *at = caption->text; (at = strchr(at, '<')); at++) {
        const char *name = at + 1 + (at[1] == '/');
        const size_t length = strcspn(at, ">");

        if (isalpha((unsigned char)*name) && at[length] == '>' && length < MOST)
            return true;
    }
    return false;
}

static bool has_link(const struct caption *caption)
{
    return strcasestr(caption->text, "http://") || strcasestr(caption->text, "https://") ||
           strcasestr(caption->text, "www.");
}

/* ---- Other texts than sentences ---- */

/* The photo's name, or that of another: "IMG_1234". */
static bool is_file_name(const struct caption *caption)
{
    const char *text = caption->text, *name = tn_path_name(caption->file);
    const size_t stem = tn_path_stem_length(name);

    if (strchr(text, ' '))
        return false;
    if (image_is_picture_name(text))
        return true;
    return strlen(text) == stem && strncasecmp(text, name, stem) == 0 &&
           strpbrk(text, "0123456789");
}

static bool is_in_capitals(const struct caption *caption)
{
    size_t capitals = 0;

    for (const char *at = caption->text; *at;) {
        const utf8proc_category_t category = utf8proc_category(next_character(&at));

        if (category == UTF8PROC_CATEGORY_LL)
            return false;
        capitals += category == UTF8PROC_CATEGORY_LU;
    }
    return capitals >= 8 && strchr(caption->text, ' ');
}

static bool is_letter_of(utf8proc_int32_t c, enum vocab_language language)
{
    if (language == VOCAB_CHINESE)
        return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
               (c >= 0x20000 && c <= 0x3FFFF);
    return c < 0x250 || (c >= 0x1E00 && c <= 0x1EFF);
}

/* Most of its letters are of another script than the language's. */
static bool is_of_another_script(const struct caption *caption)
{
    size_t letters = 0, ours = 0;

    for (const char *at = caption->text; *at;) {
        const utf8proc_int32_t c = next_character(&at);
        const utf8proc_category_t category = utf8proc_category(c);

        if (category < UTF8PROC_CATEGORY_LU || category > UTF8PROC_CATEGORY_LO)
            continue;
        letters++;
        ours += is_letter_of(c, caption->language);
    }
    return letters > 0 && 2 * ours < letters;
}

/* ---- All captions ---- */

static const struct kind {
    bool (*is)(const struct caption *caption);
    bool wrong; /* where it is more than a few */
    const char *code, *what, *advice;
} kinds[] = {
    {is_mojibake, true, "mojibake", "captions whose UTF-8 was taken for Latin-1 (\"cafÃ©\")",
     "write the file again from its source, as UTF-8"},
    {is_replaced, true, "replaced", "captions with lost characters (U+FFFD)",
     "write the file again from its source, as UTF-8"},
    {has_entity, true, "entities", "captions with HTML entities (\"&amp;\")",
     "write the characters themselves; they would become words"},
    {has_tag, true, "tags", "captions with HTML tags (\"<br>\")",
     "take the tags out; their letters would become words"},
    {has_link, false, "links", "captions with web addresses",
     "leave these out, if they describe no photo"},
    {is_file_name, true, "file-names", "captions that are names of files",
     "leave these out, or describe the photos"},
    {is_in_capitals, false, "capitals", "captions all in capitals",
     "nothing: training reads small letters; but look whether they describe the photos"},
    {is_of_another_script, true, "script", "captions in another script than that of --lang",
     "choose --lang, or leave these out"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* One in so many captions is no more than a few. */
enum { FEW = 100 };

static void note_first(char *first, size_t size, const char *photo, const char *text)
{
    snprintf(first, size, "%.*s: \"%.*s\"", TN_FIT(photo, 150), TN_FIT(text, 200));
}

static enum tn_status note_kind(struct check *check, const struct kind *kind, size_t count,
                                const char *first, struct tn_error *err)
{
    const bool many = count * FEW > check->dataset.caption_count;

    return check_note(check, kind->wrong && many, count, kind->code, kind->what, kind->advice,
                      first, err);
}

static enum tn_status check_kinds(struct check *check, struct tn_error *err)
{
    const struct data_set *set = &check->dataset;

    for (size_t k = 0; k < KINDS; k++) {
        char first[400] = "";
        size_t count = 0;

        for (size_t i = 0; i < set->caption_count; i++) {
            const size_t photo = set->captions[i].photo;
            const struct caption caption = {data_set_caption(set, i), data_set_path(set, photo),
                                            check->tokenizer};

            if (!kinds[k].is(&caption))
                continue;
            if (count++ == 0)
                note_first(first, sizeof first, caption.file, caption.text);
        }
        TN_TRY(note_kind(check, &kinds[k], count, first, err));
    }
    return TN_OK;
}

/* ---- The same caption ---- */

/* Counts each text, once per photo. */
static enum tn_status count_texts(const struct data_set *set, struct tn_map *texts,
                                  struct tn_error *err)
{
    for (size_t i = 0; i < set->caption_count; i++) {
        const char *text = data_set_caption(set, i);
        bool again = false;
        size_t index;

        for (size_t j = set->photos[set->captions[i].photo].first; j < i && !again; j++)
            again = strcmp(data_set_caption(set, j), text) == 0;
        if (again)
            continue;
        TN_TRY(tn_map_add(texts, text, strlen(text), &index, err));
        texts->entries[index].value++;
    }
    return TN_OK;
}

/* The captions that most photos share: those of one photo in fifty, and of five at least. */
static enum tn_status check_repeated(struct check *check, struct tn_error *err)
{
    enum { SHOWN = 3, FEWEST = 5, SHARE = 50 };
    struct tn_map texts = {0};
    enum tn_status status = count_texts(&check->dataset, &texts, err);

    for (size_t shown = 0; shown < SHOWN && status == TN_OK; shown++) {
        struct tn_map_entry *most = NULL;

        for (size_t i = 0; i < texts.count; i++)
            if (!most || texts.entries[i].value > most->value)
                most = &texts.entries[i];
        if (!most || most->value < FEWEST || most->value * SHARE < check->dataset.photo_count)
            break;
        status = check_note(check, false, (size_t)most->value, "repeated",
                            "photos with one and the same caption",
                            "look whether it describes them; the model will learn to say it",
                            texts.text + most->offset, err);
        most->value = 0;
    }
    tn_map_finish(&texts);
    return status;
}

enum tn_status check_texts(struct check *check, struct tn_error *err)
{
    TN_TRY(check_kinds(check, err));
    return check_repeated(check, err);
}
