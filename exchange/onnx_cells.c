/* SPDX-License-Identifier: MIT */
#include "exchange/onnx_cells.h"

#include <string.h>

static const char *sigmoid(const struct onnx_cell *cell, const char *a)
{
    return onnx_one(cell->graph, "Sigmoid", a);
}

static const char *tangent(const struct onnx_cell *cell, const char *a)
{
    return onnx_one(cell->graph, "Tanh", a);
}

static const char *add(const struct onnx_cell *cell, const char *a, const char *b)
{
    return onnx_two(cell->graph, "Add", a, b);
}

static const char *subtract(const struct onnx_cell *cell, const char *a, const char *b)
{
    return onnx_two(cell->graph, "Sub", a, b);
}

static const char *multiply(const struct onnx_cell *cell, const char *a, const char *b)
{
    return onnx_two(cell->graph, "Mul", a, b);
}

/* a + p c: a gate that sees the cell state. */
static const char *see(const struct onnx_cell *cell, const char *a, size_t extra, const char *c)
{
    return add(cell, a, multiply(cell, cell->extra[extra], c));
}

/* h_t = tanh(a) */
static void vanilla(struct onnx_cell *cell)
{
    cell->next[0] = tangent(cell, cell->gx[0]);
}

/* h_t = max(0, a) */
static void vanilla_relu(struct onnx_cell *cell)
{
    cell->next[0] = onnx_one(cell->graph, "Relu", cell->gx[0]);
}

/* h_t = n + z (h_{t-1} - n) */
static void gru(struct onnx_cell *cell)
{
    const char *r = sigmoid(cell, add(cell, cell->gx[0], cell->gh[0]));
    const char *z = sigmoid(cell, add(cell, cell->gx[1], cell->gh[1]));
    const char *n = tangent(cell, add(cell, cell->gx[2], multiply(cell, r, cell->gh[2])));

    cell->next[0] = add(cell, n, multiply(cell, z, subtract(cell, cell->state[0], n)));
}

/* c_t = f c_{t-1} + (1 - f) g = g + f (c_{t-1} - g) */
static void couple(struct onnx_cell *cell, const char *f, const char *g)
{
    cell->next[1] = add(cell, g, multiply(cell, f, subtract(cell, cell->state[1], g)));
}

/* c_t = f c_{t-1} + i g */
static void advance(struct onnx_cell *cell, const char *i, const char *f, const char *g)
{
    cell->next[1] = add(cell, multiply(cell, f, cell->state[1]), multiply(cell, i, g));
}

/* h_t = sigmoid(a_o) tanh(c_t) */
static void put_out(struct onnx_cell *cell, const char *a_o)
{
    cell->next[0] = multiply(cell, sigmoid(cell, a_o), tangent(cell, cell->next[1]));
}

static void lstm(struct onnx_cell *cell)
{
    advance(cell, sigmoid(cell, cell->gx[0]), sigmoid(cell, cell->gx[1]),
            tangent(cell, cell->gx[2]));
    put_out(cell, cell->gx[3]);
}

static void lstm_peephole(struct onnx_cell *cell)
{
    const char *i = sigmoid(cell, see(cell, cell->gx[0], 0, cell->state[1]));
    const char *f = sigmoid(cell, see(cell, cell->gx[1], 1, cell->state[1]));

    advance(cell, i, f, tangent(cell, cell->gx[2]));
    put_out(cell, see(cell, cell->gx[3], 2, cell->next[1]));
}

static void lstm_coupled(struct onnx_cell *cell)
{
    couple(cell, sigmoid(cell, cell->gx[0]), tangent(cell, cell->gx[1]));
    put_out(cell, cell->gx[2]);
}

static void lstm_coupled_peephole(struct onnx_cell *cell)
{
    const char *f = sigmoid(cell, see(cell, cell->gx[0], 0, cell->state[1]));

    couple(cell, f, tangent(cell, cell->gx[1]));
    put_out(cell, see(cell, cell->gx[2], 1, cell->next[1]));
}

onnx_cell_fn *onnx_cell_find(const char *name)
{
    static const struct {
        const char *name;
        onnx_cell_fn *add;
    } cells[] = {
        {"lstm", lstm},
        {"lstm-peephole", lstm_peephole},
        {"lstm-coupled", lstm_coupled},
        {"lstm-coupled-peephole", lstm_coupled_peephole},
        {"gru", gru},
        {"vanilla", vanilla},
        {"vanilla-relu", vanilla_relu},
    };

    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (strcmp(cells[i].name, name) == 0)
            return cells[i].add;
    return NULL;
}
