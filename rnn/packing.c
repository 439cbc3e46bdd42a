/* SPDX-License-Identifier: MIT */
#include "rnn/packing.h"

#include <assert.h>

/* A stable insertion sort by falling length: batches are small, and mostly sorted already. */
static void sort_by_length(size_t *order, size_t batch, const size_t *lengths)
{
    for (size_t i = 0; i < batch; i++) {
        size_t j = i;

        for (; j > 0 && lengths[order[j - 1]] < lengths[i]; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

void rnn_pack(struct rnn_packing *packing, size_t batch, size_t steps, const size_t *lengths,
              struct tn_arena *arena)
{
    *packing = (struct rnn_packing){.batch = batch, .steps = steps, .total = batch * steps};
    packing->order = tn_arena_alloc(arena, batch, sizeof(size_t));
    packing->rows = tn_arena_alloc(arena, steps, sizeof(size_t));
    packing->offset = tn_arena_alloc(arena, steps, sizeof(size_t));
    packing->last = tn_arena_alloc(arena, batch, sizeof(size_t));
    if (!arena->base)
        return;
    sort_by_length(packing->order, batch, lengths);
    assert(batch > 0 && lengths[packing->order[0]] <= steps);
    packing->steps = lengths[packing->order[0]];
    packing->total = 0;
    for (size_t t = 0, rows = batch; t < packing->steps; t++) {
        while (lengths[packing->order[rows - 1]] <= t)
            rows--;
        packing->rows[t] = rows;
        packing->offset[t] = packing->total;
        packing->total += rows;
    }
    assert(packing->rows[0] == batch);
    for (size_t r = 0; r < batch; r++)
        packing->last[r] = packing->offset[lengths[packing->order[r]] - 1] + r;
}

void rnn_pack_tokens(const struct rnn_packing *packing, const int *tokens, int *packed)
{
    for (size_t t = 0; t < packing->steps; t++)
        for (size_t r = 0; r < packing->rows[t]; r++)
            packed[packing->offset[t] + r] = tokens[t * packing->batch + packing->order[r]];
}
