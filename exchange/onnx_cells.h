/* SPDX-License-Identifier: MIT */
/* The equations of the recurrent cells (rnn/cells/) in operators of ONNX. */
#ifndef EXCHANGE_ONNX_CELLS_H
#define EXCHANGE_ONNX_CELLS_H

#include "exchange/onnx_graph.h"

enum { ONNX_MOST_GATES = 4, ONNX_MOST_EXTRAS = 3, ONNX_MOST_STATES = 2 };

/* The values that a step of a layer has, [N][hidden] each, as rnn/cell.h names them. */
struct onnx_cell {
    struct onnx_graph *graph;
    const char *gx[ONNX_MOST_GATES];     /* W x + b, and, unless `separate`, + U h + c */
    const char *gh[ONNX_MOST_GATES];     /* `separate` only: U h + c */
    const char *extra[ONNX_MOST_EXTRAS]; /* [hidden] */
    const char *state[ONNX_MOST_STATES];
    const char *next[ONNX_MOST_STATES]; /* to be set */
};

typedef void onnx_cell_fn(struct onnx_cell *cell);

/* That of a cell by its name; NULL when there is none. */
onnx_cell_fn *onnx_cell_find(const char *name);

#endif
