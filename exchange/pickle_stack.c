/* SPDX-License-Identifier: MIT */
#include "exchange/pickle_private.h"

#include "base/array.h"

#include <string.h>

enum { MOST_LINKS = 1 << 22 };

/* ---- Bytes ---- */

enum tn_status pickle_take(struct pickle_machine *m, size_t count, const unsigned char **ret_bytes)
{
    if (count > m->size - m->at)
        return tn_fail(m->err, TN_FORMAT, "the pickle is cut at byte %zu", m->size);
    *ret_bytes = m->bytes + m->at;
    m->at += count;
    return TN_OK;
}

enum tn_status pickle_take_number(struct pickle_machine *m, size_t width, uint64_t *ret_number)
{
    const unsigned char *bytes;
    uint64_t number = 0;

    TN_TRY(pickle_take(m, width, &bytes));
    for (size_t i = width; i-- > 0;)
        number = number << 8 | bytes[i];
    *ret_number = number;
    return TN_OK;
}

/* ---- Stack and graph ---- */

enum tn_status pickle_push_number(struct pickle_machine *m, uint32_t value)
{
    TN_TRY(tn_array_reserve(&m->stack, &m->stack_capacity, m->depth + 1, m->err));
    m->stack[m->depth++] = value;
    return TN_OK;
}

enum tn_status pickle_push(struct pickle_machine *m, struct pickle_value value)
{
    struct pickle *graph = m->graph;

    if (graph->count == PICKLE_MOST_VALUES)
        return tn_fail(m->err, TN_RANGE, "the pickle has more than %d values",
                       (int)PICKLE_MOST_VALUES);
    TN_TRY(tn_array_reserve(&graph->values, &graph->capacity, graph->count + 1, m->err));
    value.first = value.last = PICKLE_NO_ITEM;
    graph->values[graph->count] = value;
    return pickle_push_number(m, (uint32_t)graph->count++);
}

struct pickle_value *pickle_value_at(const struct pickle_machine *m, size_t place)
{
    return &m->graph->values[m->stack[place]];
}

enum tn_status pickle_pop(struct pickle_machine *m, uint32_t *ret_value)
{
    if (m->depth == 0 || pickle_value_at(m, m->depth - 1)->kind == PICKLE_MARK)
        return pickle_damaged(m);
    *ret_value = m->stack[--m->depth];
    return TN_OK;
}

enum tn_status pickle_find_mark(const struct pickle_machine *m, size_t *ret_place)
{
    for (size_t i = m->depth; i-- > 0;)
        if (pickle_value_at(m, i)->kind == PICKLE_MARK) {
            *ret_place = i;
            return TN_OK;
        }
    return pickle_damaged(m);
}

static enum tn_status add_item(struct pickle_machine *m, uint32_t to, uint32_t item)
{
    struct pickle *graph = m->graph;
    struct pickle_value *value = &graph->values[to];
    const uint32_t link = (uint32_t)graph->link_count;

    if (link == MOST_LINKS)
        return tn_fail(m->err, TN_RANGE, "the pickle has more than %d items", (int)MOST_LINKS);
    TN_TRY(tn_array_reserve(&graph->links, &graph->link_capacity, graph->link_count + 1, m->err));
    graph->links[graph->link_count++] = (struct pickle_link){item, PICKLE_NO_ITEM};
    if (value->first == PICKLE_NO_ITEM)
        value->first = link;
    else
        graph->links[value->last].next = link;
    value->last = link;
    value->count++;
    return TN_OK;
}

enum tn_status pickle_move_items(struct pickle_machine *m, uint32_t to, size_t place)
{
    for (size_t i = place; i < m->depth; i++)
        TN_TRY(add_item(m, to, m->stack[i]));
    m->depth = place;
    return TN_OK;
}
