/* SPDX-License-Identifier: MIT */
#include "metrics/ngram_table.h"

#include <stdlib.h>
#include <string.h>

void ngram_table_finish(struct ngram_table *table)
{
    tn_map_finish(&table->tokens);
    free(table->links);
    *table = (struct ngram_table){0};
}

/* The slot of the pair, or the empty one where it belongs (multiplicative hash, high bits). */
static struct ngram_link *find_link(const struct ngram_table *table, uint32_t prefix,
                                    uint32_t token)
{
    const uint64_t key = (uint64_t)prefix << 32 | token;
    size_t slot = (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (table->slot_count - 1);

    while (table->links[slot].id &&
           (table->links[slot].prefix != prefix || table->links[slot].token != token))
        slot = (slot + 1) & (table->slot_count - 1);
    return &table->links[slot];
}

static enum tn_status double_slots(struct ngram_table *table, struct tn_error *err)
{
    struct ngram_table larger = *table;

    larger.slot_count = table->slot_count ? table->slot_count * 2 : 1024;
    larger.links = calloc(larger.slot_count, sizeof *larger.links);
    if (!larger.links)
        return tn_fail_nomem(err, larger.slot_count * sizeof *larger.links);
    for (size_t i = 0; i < table->slot_count; i++) {
        const struct ngram_link *link = &table->links[i];

        if (link->id)
            *find_link(&larger, link->prefix, link->token) = *link;
    }
    free(table->links);
    *table = larger;
    return TN_OK;
}

static enum tn_status extend(struct ngram_table *table, uint32_t prefix, uint32_t token,
                             uint32_t *ret_id, struct tn_error *err)
{
    struct ngram_link *link;

    if (table->count >= table->slot_count / 2)
        TN_TRY(double_slots(table, err));
    link = find_link(table, prefix, token);
    if (link->id == 0) {
        if (table->count == UINT32_MAX)
            return tn_fail(err, TN_RANGE, "too many different n-grams to score at once");
        *link = (struct ngram_link){prefix, token, ++table->count};
    }
    *ret_id = link->id;
    return TN_OK;
}

static int ascending(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

size_t ngram_room(size_t length)
{
    return length * (1 + NGRAM_ORDERS);
}

enum tn_status ngram_number(struct ngram_table *table, const struct metric_sentence *sentence,
                            uint32_t *room, struct ngram_sentence *ret_sentence,
                            struct tn_error *err)
{
    const size_t length = sentence->count;
    struct ngram_sentence out = {.tokens = room, .length = length};

    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        out.ids[n] = room + (n + 1) * length;
    for (size_t i = 0; i < length; i++) {
        const char *token = sentence->tokens[i];
        size_t index;

        TN_TRY(tn_map_add(&table->tokens, token, strlen(token), &index, err));
        out.tokens[i] = (uint32_t)index;
    }
    for (size_t i = 0; i < length; i++) {
        uint32_t id = 0;

        for (size_t n = 0; n < NGRAM_ORDERS && i + n < length; n++) {
            TN_TRY(extend(table, id, out.tokens[i + n], &id, err));
            out.ids[n][i] = id;
        }
    }
    for (size_t i = 0; i < length; i++)
        TN_TRY(extend(table, out.whole, out.tokens[i], &out.whole, err));
    for (size_t n = 0; n < NGRAM_ORDERS; n++)
        qsort(out.ids[n], ngram_count(&out, n), sizeof *out.ids[n], ascending);
    *ret_sentence = out;
    return TN_OK;
}

size_t ngram_count(const struct ngram_sentence *sentence, size_t n)
{
    return sentence->length > n ? sentence->length - n : 0;
}

size_t ngram_run(const struct ngram_sentence *sentence, size_t n, size_t at)
{
    const uint32_t *ids = sentence->ids[n];
    size_t end = at + 1;

    while (end < ngram_count(sentence, n) && ids[end] == ids[at])
        end++;
    return end - at;
}

size_t ngram_find(const struct ngram_sentence *sentence, size_t n, uint32_t id)
{
    const uint32_t *ids = sentence->ids[n];
    size_t low = 0, high = ngram_count(sentence, n);

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ngram_count(sentence, n) && ids[low] == id ? ngram_run(sentence, n, low) : 0;
}
