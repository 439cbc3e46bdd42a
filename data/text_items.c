/* SPDX-License-Identifier: MIT */
#include "data/text_items.h"

#include "base/array.h"
#include "base/read_file.h"
#include "data/text.h"
#include "vocab/subwords.h"

#include <stdlib.h>
#include <string.h>

void text_items_finish(struct text_items *items)
{
    free(items->text);
    free(items->items);
    memset(items, 0, sizeof *items);
}

/* Copies bytes behind the text; *ret_at: where they are. */
static enum tn_status keep(struct text_items *items, const char *bytes, size_t length,
                           size_t *ret_at, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&items->text, &items->capacity, items->used + length + 1, err));
    memcpy(items->text + items->used, bytes, length);
    *ret_at = items->used;
    items->used += length;
    return TN_OK;
}

static enum tn_status add(struct text_items *items, const char *first, size_t first_length,
                          const char *second, size_t second_length, struct tn_error *err)
{
    struct text_item item = {.first_length = first_length, .second_length = second_length};

    TN_TRY(tn_array_reserve(&items->items, &items->items_capacity, items->count + 1, err));
    TN_TRY(keep(items, first, first_length, &item.first, err));
    TN_TRY(keep(items, second, second_length, &item.second, err));
    items->items[items->count++] = item;
    return TN_OK;
}

/* The text of a file, which is what the unit reads; hint says what else would read it. */
static enum tn_status read_checked(const char *path, enum vocab_unit unit, const char *hint,
                                   char **ret_text, size_t *ret_size, struct tn_error *err)
{
    struct tn_error why = {.text = ""};

    TN_TRY(tn_read_stream(path, DATA_MAX_TEXT, ret_text, ret_size, err));
    if (unit != VOCAB_BYTES) /* there it is a text's first bytes like any others */
        data_drop_mark(*ret_text, ret_size);
    if (vocab_check_text(unit, *ret_text, *ret_size, &why) == TN_OK)
        return TN_OK;
    free(*ret_text);
    return tn_fail(err, TN_FORMAT, "%s: %s%s", path, why.text, hint);
}

static enum tn_status refuse_empty(const char *path, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: an empty file; a text was expected", path);
}

enum tn_status text_items_add_file(struct text_items *items, const char *path, enum vocab_unit unit,
                                   const char *label, struct tn_error *err)
{
    enum tn_status status;
    size_t size;
    char *text;

    TN_TRY(read_checked(path, unit, label ? "" : "; --by byte reads any file", &text, &size, err));
    status = size == 0 ? refuse_empty(path, err)
                       : add(items, text, size, label ? label : "", label ? strlen(label) : 0, err);
    free(text);
    return status;
}

/* What the lines of a file are. */
enum lines { ALL_LINES, TEXTS, ROWS, SWAPPED_ROWS };

static enum tn_status add_row(struct text_items *items, const char *path, size_t number,
                              const char *line, size_t length, bool swapped, struct tn_error *err)
{
    const char *tab = memchr(line, '\t', length);
    const size_t left = tab ? (size_t)(tab - line) : 0;
    const char *more = tab ? memchr(tab + 1, '\t', length - left - 1) : NULL;
    const size_t right = !tab ? 0 : more ? (size_t)(more - tab) - 1 : length - left - 1;

    if (left == 0 || right == 0)
        return tn_fail(err, TN_FORMAT, "%s: line %zu: expected two texts with a tab between them",
                       path, number);
    items->wide += more != NULL;
    return swapped ? add(items, tab + 1, right, line, left, err)
                   : add(items, line, left, tab + 1, right, err);
}

/* Adds each line of a text; only ALL_LINES counts those that hold no more than blanks. */
static enum tn_status add_lines(struct text_items *items, enum lines lines, const char *path,
                                const char *text, size_t size, struct tn_error *err)
{
    size_t number = 1;

    for (const char *line = text, *end = text + size; line < end; number++) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);

        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (lines <= TEXTS && (lines == ALL_LINES || strspn(line, " \t") < length))
            TN_TRY(add(items, line, length, "", 0, err));
        else if (strspn(line, " \t") < length)
            TN_TRY(add_row(items, path, number, line, length, lines == SWAPPED_ROWS, err));
        line = newline ? newline + 1 : end;
    }
    return TN_OK;
}

static enum tn_status add_file_of_lines(struct text_items *items, enum lines lines,
                                        const char *path, enum vocab_unit unit,
                                        struct tn_error *err)
{
    const size_t before = items->count;
    enum tn_status status;
    size_t size;
    char *text;

    TN_TRY(read_checked(path, unit, "", &text, &size, err));
    status = size == 0 && lines != ALL_LINES ? refuse_empty(path, err)
                                             : add_lines(items, lines, path, text, size, err);
    free(text);
    if (status == TN_OK && items->count == before && lines != ALL_LINES)
        return tn_fail(err, TN_FORMAT, "%s: no line contains a text", path);
    return status;
}

enum tn_status text_items_add_lines(struct text_items *items, const char *path,
                                    struct tn_error *err)
{
    return add_file_of_lines(items, TEXTS, path, VOCAB_CHARS, err);
}

enum tn_status text_items_add_all_lines(struct text_items *items, const char *path,
                                        enum vocab_unit unit, struct tn_error *err)
{
    return add_file_of_lines(items, ALL_LINES, path, unit, err);
}

enum tn_status text_items_add_text(struct text_items *items, const char *text, enum vocab_unit unit,
                                   struct tn_error *err)
{
    TN_TRY(vocab_check_text(unit, text, strlen(text), err));
    return add(items, text, strlen(text), "", 0, err);
}

enum tn_status text_items_add_table(struct text_items *items, const char *path, bool swapped,
                                    struct tn_error *err)
{
    return add_file_of_lines(items, swapped ? SWAPPED_ROWS : ROWS, path, VOCAB_CHARS, err);
}

enum tn_status text_items_hold_out(struct text_items *items, size_t every, struct text_items *dev,
                                   struct tn_error *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < items->count; i++) {
        const struct text_item item = items->items[i];

        if (i % every != every / 2)
            items->items[kept++] = item;
        else
            TN_TRY(add(dev, items->text + item.first, item.first_length, items->text + item.second,
                       item.second_length, err));
    }
    items->count = kept;
    return TN_OK;
}

/* Where the last `share` of a text begins: at a line's beginning, or at a character's. */
static size_t end_part(const char *text, size_t length, double share)
{
    const size_t from = length - (size_t)((double)length * share);
    const char *newline = from < length ? memchr(text + from, '\n', length - from) : NULL;
    size_t at = newline && newline + 1 < text + length ? (size_t)(newline + 1 - text) : from;

    while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80)
        at++;
    return at;
}

enum tn_status text_items_hold_out_end(struct text_items *items, double share,
                                       struct text_items *dev, struct tn_error *err)
{
    double left = share * (double)items->used;

    for (size_t i = items->count; i-- > 0 && left >= 1;) {
        struct text_item *item = &items->items[i];
        const char *text = items->text + item->first;
        const double all = (double)item->first_length;
        const size_t from = left < all ? end_part(text, item->first_length, left / all) : 0;

        TN_TRY(add(dev, text + from, item->first_length - from, "", 0, err));
        left -= all;
        item->first_length = from;
        item->open = true;
    }
    for (size_t i = 0; i < dev->count / 2; i++) { /* back into the texts' order */
        const struct text_item swap = dev->items[i];

        dev->items[i] = dev->items[dev->count - 1 - i];
        dev->items[dev->count - 1 - i] = swap;
    }
    return TN_OK;
}

/* A side of an item. */
static const char *side_text(const struct text_items *items, size_t i, enum text_side side,
                             size_t *ret_length)
{
    const struct text_item *item = &items->items[i];

    *ret_length = side == TEXT_FIRST ? item->first_length : item->second_length;
    return items->text + (side == TEXT_FIRST ? item->first : item->second);
}

static enum tn_status count_side(const struct text_items *items, enum text_side side,
                                 enum vocab_unit unit, bool whole, struct vocab_builder *builder,
                                 struct tn_error *err)
{
    for (size_t i = 0; i < items->count; i++) {
        size_t length;
        const char *text = side_text(items, i, side, &length);

        if (whole)
            TN_TRY(vocab_builder_add(builder, text, length, err));
        else
            TN_TRY(text_count(builder, unit, text, length, err));
    }
    return TN_OK;
}

enum tn_status text_items_vocab(const struct text_items *items, enum text_side side,
                                const struct text_vocab_options *options, struct vocab **ret_vocab,
                                struct tn_error *err)
{
    const size_t most = TEXT_MAX_VOCABULARY - VOCAB_FIRST_WORD;
    const size_t limit = options->limit > 0 && options->limit < most ? options->limit : most;
    struct vocab_builder *builder;
    struct vocab *vocab = NULL;
    enum tn_status status;

    TN_TRY(vocab_builder_create(&builder, err));
    status = count_side(items, side, options->unit, options->whole, builder, err);
    if (status == TN_OK && options->unit == VOCAB_SUBWORDS && !options->whole)
        status = subwords_learn(builder, options->base, options->minimum, limit, &vocab, err);
    else if (status == TN_OK)
        status = vocab_builder_extend(builder, options->base, options->minimum, limit, &vocab, err);
    vocab_builder_destroy(builder);
    TN_TRY(status);
    if (vocab_count(vocab) <= VOCAB_FIRST_WORD) {
        vocab_destroy(vocab);
        return tn_fail(err, TN_NOTFOUND, "no %s occurs %zu times in the texts; lower --min-count",
                       vocab_unit_names[options->unit], options->minimum);
    }
    *ret_vocab = vocab;
    return TN_OK;
}

static bool has_end(const struct text_items *items, size_t i, enum text_side side)
{
    const struct text_item *item = &items->items[i];

    return items->ends && side == TEXT_FIRST && item->first_length > 0 && !item->open;
}

enum tn_status text_items_column(const struct text_items *items, enum text_side side,
                                 enum vocab_unit unit, bool whole, size_t limit,
                                 const struct vocab *vocab, struct text_column *ret_column,
                                 struct tn_error *err)
{
    struct text_column column = {0};
    enum tn_status status = TN_OK;

    for (size_t i = 0; i < items->count && status == TN_OK; i++) {
        size_t length;
        const char *text = side_text(items, i, side, &length);

        status = whole ? text_column_add_id(&column, vocab_id(vocab, text, length), err)
                       : text_column_add(&column, unit, vocab, text, length, limit, err);
        if (status == TN_OK && has_end(items, i, side))
            status = text_column_add_end(&column, err);
    }
    if (status == TN_OK)
        *ret_column = column;
    else
        text_column_finish(&column);
    return status;
}

enum tn_status text_items_blanks(const struct text_items *items, enum vocab_unit unit,
                                 const struct vocab *vocab, struct text_column *ret_column,
                                 size_t **ret_places, struct tn_error *err)
{
    size_t *places = calloc(items->count + 1, sizeof *places), length;
    struct text_column column = {0};
    enum tn_status status = TN_OK;

    if (!places)
        return tn_fail_nomem(err, items->count * sizeof *places);
    for (size_t i = 0; i < items->count && status == TN_OK; i++) {
        const char *text = side_text(items, i, TEXT_FIRST, &length);

        status = text_column_add_blanked(&column, unit, vocab, text, length, &places[i], err);
    }
    if (status == TN_OK) {
        *ret_column = column;
        *ret_places = places;
    } else {
        text_column_finish(&column);
        free(places);
    }
    return status;
}
