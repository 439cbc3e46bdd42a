/* SPDX-License-Identifier: MIT */
#include "vocab/text_column.h"

#include "base/array.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

void text_column_finish(struct text_column *column)
{
    free(column->ids);
    free(column->starts);
    memset(column, 0, sizeof *column);
}

size_t text_column_length(const struct text_column *column, size_t i)
{
    return column->starts[i + 1] - column->starts[i];
}

enum tn_status text_count(struct vocab_builder *builder, enum vocab_unit unit, const char *text,
                          size_t length, struct tn_error *err)
{
    struct vocab_cursor cursor = {.text = text, .length = length};

    while (vocab_next(unit, &cursor))
        TN_TRY(vocab_builder_add(builder, cursor.token, cursor.token_length, err));
    return TN_OK;
}

/* Room for one more text, and the first start. */
static enum tn_status begin_text(struct text_column *column, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&column->starts, &column->starts_capacity, column->count + 2, err));
    if (column->count == 0)
        column->starts[0] = 0;
    return TN_OK;
}

static enum tn_status add_token(struct text_column *column, size_t at, int id, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&column->ids, &column->ids_capacity, at + 1, err));
    column->ids[at] = (uint16_t)id;
    column->unknown += id == VOCAB_UNKNOWN;
    return TN_OK;
}

/* The text is what stands from the last one to `end`. */
static void end_text(struct text_column *column, size_t end)
{
    const size_t tokens = end - column->total;

    column->total = end;
    column->starts[++column->count] = end;
    if (tokens > column->longest)
        column->longest = tokens;
}

/* Adds the cursor's tokens to the text at hand, which ends at *end so far. */
static enum tn_status add_tokens(struct text_column *column, enum vocab_unit unit,
                                 const struct vocab *vocab, struct vocab_cursor *cursor,
                                 size_t limit, size_t *end, struct tn_error *err)
{
    int ids[VOCAB_MOST_IDS];

    if (vocab_count(vocab) > TEXT_MAX_VOCABULARY)
        return tn_fail(err, TN_RANGE, "a vocabulary of %zu words; at most %d are possible",
                       vocab_count(vocab), TEXT_MAX_VOCABULARY);
    while (vocab_next(unit, cursor)) {
        const size_t count = vocab_unit_ids(unit, vocab, cursor, ids);

        for (size_t i = 0; i < count; i++) {
            if (limit > 0 && *end - column->total >= limit)
                return TN_OK;
            TN_TRY(add_token(column, (*end)++, ids[i], err));
        }
    }
    return TN_OK;
}

/* Of UTF-8: the bytes that begin one. */
static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

enum tn_status text_column_add(struct text_column *column, enum vocab_unit unit,
                               const struct vocab *vocab, const char *text, size_t length,
                               size_t limit, struct tn_error *err)
{
    struct vocab_cursor cursor = {.text = text, .length = length};
    size_t end = column->total;

    TN_TRY(begin_text(column, err));
    TN_TRY(add_tokens(column, unit, vocab, &cursor, limit, &end, err));
    end_text(column, end);
    column->characters += count_characters(text, length);
    return TN_OK;
}

enum tn_status text_column_add_end(struct text_column *column, struct tn_error *err)
{
    const size_t end = column->total;

    TN_TRY(add_token(column, end, VOCAB_END, err));
    column->count--;
    column->total = column->starts[column->count];
    end_text(column, end + 1);
    return TN_OK;
}

enum tn_status text_column_add_blanked(struct text_column *column, enum vocab_unit unit,
                                       const struct vocab *vocab, const char *text, size_t length,
                                       size_t *ret_place, struct tn_error *err)
{
    const char *gap = memmem(text, length, "__", 2);
    struct vocab_cursor cursor = {.text = text, .length = gap ? (size_t)(gap - text) : 0};
    size_t end = column->total, place = TEXT_NO_PLACE;

    TN_TRY(begin_text(column, err));
    if (gap && unit == VOCAB_SUBWORDS && gap > text && gap[-1] == ' ')
        cursor.length--; /* it belongs to the word that is missing */
    TN_TRY(add_tokens(column, unit, vocab, &cursor, 0, &end, err));
    if (gap) { /* the same cursor goes on behind it */
        place = end - column->total;
        TN_TRY(add_token(column, end++, TEXT_BLANK, err));
        for (cursor.at = (size_t)(gap - text); cursor.at < length && text[cursor.at] == '_';)
            cursor.at++;
        cursor.length = length;
        TN_TRY(add_tokens(column, unit, vocab, &cursor, 0, &end, err));
    }
    end_text(column, end);
    *ret_place = place;
    return TN_OK;
}

enum tn_status text_column_add_id(struct text_column *column, int id, struct tn_error *err)
{
    TN_TRY(begin_text(column, err));
    TN_TRY(add_token(column, column->total, id, err));
    end_text(column, column->total + 1);
    return TN_OK;
}

size_t text_column_fill(const struct text_column *column, const size_t *wanted, size_t count,
                        int *tokens, size_t *lengths)
{
    size_t longest = 0;

    for (size_t b = 0; b < count; b++) {
        const size_t first = column->starts[wanted[b]];

        lengths[b] = text_column_length(column, wanted[b]);
        for (size_t t = 0; t < lengths[b]; t++)
            tokens[t * count + b] = column->ids[first + t];
        longest = lengths[b] > longest ? lengths[b] : longest;
    }
    return longest;
}

uint64_t text_column_hash(const struct text_column *column)
{
    uint64_t hash = TN_HASH_START;

    for (size_t i = 0; i < column->total; i++)
        hash = tn_hash_number(hash, column->ids[i]);
    for (size_t i = 0; i < column->count; i++)
        hash = tn_hash_number(hash, column->starts[i + 1]);
    return hash;
}
