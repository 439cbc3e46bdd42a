/* SPDX-License-Identifier: MIT */
/* Any bytes as a file that a text model learns from; the first byte chooses how it is read and by
 * which unit.  What is read becomes a vocabulary and ids of it, some of it held out. */
#include "data/text_items.h"
#include "fuzz/support.h"

#include <string.h>

enum { WHOLE, LABELLED, LINES, TABLE, LABELS, FORMS };

static enum tn_status read_form(struct text_items *items, unsigned form, enum vocab_unit unit,
                                const char *path)
{
    switch (form) {
    case WHOLE:
        return text_items_add_file(items, path, unit, NULL, NULL);
    case LABELLED:
        return text_items_add_file(items, path, unit, "label", NULL);
    case LINES:
        return text_items_add_lines(items, path, NULL);
    default:
        return text_items_add_table(items, path, form == LABELS, NULL);
    }
}

static void check_items(const struct text_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct text_item *item = &items->items[i];

        fuzz_require(item->first <= items->used && item->first_length <= items->used - item->first);
        fuzz_require(item->second <= items->used &&
                     item->second_length <= items->used - item->second);
    }
}

static void check_column(const struct text_items *items, enum text_side side, enum vocab_unit unit,
                         bool whole, const struct vocab *vocab)
{
    struct text_column column;
    size_t longest = 0, unknown = 0;

    fuzz_require(text_items_column(items, side, unit, whole, 7, vocab, &column, NULL) == TN_OK);
    fuzz_require(column.count == items->count);
    for (size_t i = 0; i < column.count; i++)
        if (text_column_length(&column, i) > longest)
            longest = text_column_length(&column, i);
    for (size_t i = 0; i < column.total; i++) {
        fuzz_require(column.ids[i] < vocab_count(vocab));
        unknown += column.ids[i] == VOCAB_UNKNOWN;
    }
    fuzz_require(longest == column.longest && longest <= 7 && unknown == column.unknown);
    text_column_finish(&column);
}

static void use_side(const struct text_items *items, const struct text_items *dev,
                     enum text_side side, enum vocab_unit unit, bool whole)
{
    const struct text_vocab_options options = {
        .unit = unit, .whole = whole, .minimum = 1, .limit = unit == VOCAB_SUBWORDS ? 300 : 50};
    struct vocab *vocab, *again;

    if (text_items_vocab(items, side, &options, &vocab, NULL) != TN_OK)
        return;
    fuzz_require(vocab_parse(vocab_text(vocab), strlen(vocab_text(vocab)), &again, NULL) == TN_OK);
    fuzz_require(vocab_count(again) == vocab_count(vocab));
    check_column(items, side, unit, whole, vocab);
    check_column(dev, side, unit, whole, vocab);
    vocab_destroy(again);
    vocab_destroy(vocab);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const unsigned form = size > 0 ? data[0] % FORMS : 0;
    const enum vocab_unit unit = size > 0 ? (enum vocab_unit)(data[0] / FORMS % 4) : VOCAB_BYTES;
    struct fuzz_file file = fuzz_file_open(data + (size > 0), size - (size > 0));
    struct text_items items = {0}, dev = {0};

    if (read_form(&items, form, unit, file.path) == TN_OK) {
        fuzz_require(items.count > 0);
        check_items(&items);
        fuzz_require((form == WHOLE ? text_items_hold_out_end(&items, 0.3, &dev, NULL)
                                    : text_items_hold_out(&items, 3, &dev, NULL)) == TN_OK);
        check_items(&dev);
        use_side(&items, &dev, TEXT_FIRST, form > LABELLED ? VOCAB_WORDS : unit, false);
        if (form != WHOLE && form != LINES)
            use_side(&items, &dev, TEXT_SECOND, VOCAB_CHARS, form != TABLE);
    }
    text_items_finish(&items);
    text_items_finish(&dev);
    fuzz_file_close(&file);
    return 0;
}
