/* SPDX-License-Identifier: MIT */
/* The registry of cells, from the list that rnn/meson.build generates. */
#include "rnn/cell.h"

#include <string.h>

#include "rnn/rnn_cells.h"

#define DECLARE(identifier, name) extern const struct rnn_cell_ops rnn_cell_##identifier;
RNN_CELLS(DECLARE)
#undef DECLARE

static const struct rnn_cell_ops *const cells[] = {
#define ENTRY(identifier, name) &rnn_cell_##identifier,
    RNN_CELLS(ENTRY)
#undef ENTRY
};

size_t rnn_cell_count(void)
{
    return sizeof cells / sizeof cells[0];
}

const struct rnn_cell_ops *rnn_cell_at(size_t index)
{
    return cells[index];
}

const struct rnn_cell_ops *rnn_cell_find(const char *name)
{
    for (size_t i = 0; i < rnn_cell_count(); i++)
        if (strcmp(cells[i]->name, name) == 0)
            return cells[i];
    return NULL;
}

const char *rnn_cell_names(void)
{
#define NAME(identifier, name) ", " name
    static const char names[] = RNN_CELLS(NAME);
#undef NAME

    return names + 2;
}
