/* SPDX-License-Identifier: MIT */
#include "tests/support/onnx_evaluate.h"

#include "tensor/half.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_HALF = 10 };

/* ---- Values ---- */

static struct onnx_value *add_value(struct onnx_values *values, const char *name, size_t rows,
                                    size_t columns)
{
    struct onnx_value *value = &values->items[values->count++];

    ck_assert_uint_lt(values->count, ONNX_VALUES);
    *value = (struct onnx_value){name, rows, columns, calloc(rows * columns, sizeof(float))};
    ck_assert_ptr_nonnull(value->data);
    return value;
}

void onnx_give(struct onnx_values *values, const char *name, size_t rows, size_t columns,
               const float *data)
{
    memcpy(add_value(values, name, rows, columns)->data, data, rows * columns * sizeof *data);
}

const struct onnx_value *onnx_get(const struct onnx_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].name, name) == 0)
            return &values->items[i];
    ck_abort_msg("no value %s", name);
    return NULL;
}

void onnx_forget(struct onnx_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->items[i].data);
    values->count = 0;
}

static void read_tensor(struct onnx_values *values, const OnnxTensor *tensor)
{
    const size_t rows = tensor->n_dims > 1 ? (size_t)tensor->dims[0] : 1;
    const size_t columns = tensor->n_dims > 0 ? (size_t)tensor->dims[tensor->n_dims - 1] : 1;
    struct onnx_value *value = add_value(values, tensor->name, rows, columns);
    const void *raw = tensor->raw_data.data;

    ck_assert_uint_le(tensor->n_dims, 2);
    if (tensor->data_type == TYPE_INT64)
        for (size_t i = 0; i < columns; i++)
            value->data[i] = (float)((const int64_t *)raw)[i];
    else if (tensor->data_type == TYPE_HALF)
        tn_half_to_float(value->data, raw, rows * columns);
    else
        memcpy(value->data, raw, rows * columns * sizeof(float));
}

/* ---- Operators ---- */

struct call {
    const OnnxNode *node;
    struct onnx_values *values;
};

static const struct onnx_value *input(const struct call *c, size_t i)
{
    ck_assert_uint_lt(i, c->node->n_input);
    return onnx_get(c->values, c->node->input[i]);
}

static struct onnx_value *output(const struct call *c, size_t rows, size_t columns)
{
    return add_value(c->values, c->node->output[0], rows, columns);
}

static int64_t attribute(const struct call *c, const char *name, int64_t otherwise)
{
    for (size_t i = 0; i < c->node->n_attribute; i++)
        if (strcmp(c->node->attribute[i]->name, name) == 0)
            return c->node->attribute[i]->n_ints > 0 ? c->node->attribute[i]->ints[0]
                                                     : c->node->attribute[i]->i;
    return otherwise;
}

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

static float rectified(float x)
{
    return fmaxf(x, 0);
}

static float same(float x)
{
    return x;
}

static void apply(const struct call *c, float (*f)(float))
{
    const struct onnx_value *x = input(c, 0);
    struct onnx_value *y = output(c, x->rows, x->columns);

    for (size_t i = 0; i < x->rows * x->columns; i++)
        y->data[i] = f(x->data[i]);
}

static float sum_of(float a, float b)
{
    return a + b;
}

static float difference_of(float a, float b)
{
    return a - b;
}

static float product_of(float a, float b)
{
    return a * b;
}

static float quotient_of(float a, float b)
{
    return a / b;
}

static float element(const struct onnx_value *x, size_t row, size_t column)
{
    return x->data[(x->rows == 1 ? 0 : row) * x->columns + (x->columns == 1 ? 0 : column)];
}

/* A dimension of 1 is repeated. */
static void combine(const struct call *c, float (*f)(float, float))
{
    const struct onnx_value *a = input(c, 0), *b = input(c, 1);
    const size_t rows = a->rows > b->rows ? a->rows : b->rows;
    const size_t columns = a->columns > b->columns ? a->columns : b->columns;
    struct onnx_value *y = output(c, rows, columns);

    ck_assert((a->rows == rows || a->rows == 1) && (b->rows == rows || b->rows == 1));
    ck_assert((a->columns == columns || a->columns == 1) &&
              (b->columns == columns || b->columns == 1));
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < columns; j++)
            y->data[r * columns + j] = f(element(a, r, j), element(b, r, j));
}

static void gemm(const struct call *c)
{
    const struct onnx_value *x = input(c, 0), *w = input(c, 1);
    const struct onnx_value *bias = c->node->n_input > 2 ? input(c, 2) : NULL;
    struct onnx_value *y = output(c, x->rows, w->rows);

    ck_assert_int_eq(attribute(c, "transB", 0), 1);
    ck_assert_uint_eq(x->columns, w->columns);
    for (size_t r = 0; r < x->rows; r++)
        for (size_t o = 0; o < w->rows; o++) {
            double sum = bias ? (double)element(bias, r, o) : 0;

            for (size_t i = 0; i < w->columns; i++)
                sum += (double)x->data[r * x->columns + i] * (double)w->data[o * w->columns + i];
            y->data[r * w->rows + o] = (float)sum;
        }
}

/* Rows by their numbers. */
static void gather(const struct call *c)
{
    const struct onnx_value *x = input(c, 0), *rows = input(c, 1);
    struct onnx_value *y = output(c, rows->columns, x->columns);

    ck_assert_int_eq(attribute(c, "axis", 0), 0);
    for (size_t r = 0; r < rows->columns; r++) {
        ck_assert_uint_lt((size_t)rows->data[r], x->rows);
        memcpy(y->data + r * x->columns, x->data + (size_t)rows->data[r] * x->columns,
               x->columns * sizeof *y->data);
    }
}

static void split(const struct call *c)
{
    const size_t parts = c->node->n_output, width = input(c, 0)->columns / parts;

    ck_assert_int_eq(attribute(c, "axis", 0), 1);
    ck_assert_uint_eq(width * parts, input(c, 0)->columns);
    for (size_t p = 0; p < parts; p++) {
        const size_t rows = input(c, 0)->rows;
        struct onnx_value *y = add_value(c->values, c->node->output[p], rows, width);

        for (size_t r = 0; r < rows; r++)
            memcpy(y->data + r * width, input(c, 0)->data + r * parts * width + p * width,
                   width * sizeof *y->data);
    }
}

static void concatenate(const struct call *c)
{
    const size_t rows = input(c, 0)->rows;
    size_t columns = 0, at = 0;
    struct onnx_value *y;

    ck_assert_int_eq(attribute(c, "axis", 0), 1);
    for (size_t i = 0; i < c->node->n_input; i++)
        columns += input(c, i)->columns;
    y = output(c, rows, columns);
    for (size_t i = 0; i < c->node->n_input; at += input(c, i++)->columns) {
        const struct onnx_value *x = input(c, i);

        ck_assert_uint_eq(x->rows, rows);
        for (size_t r = 0; r < rows; r++)
            memcpy(y->data + r * columns + at, x->data + r * x->columns,
                   x->columns * sizeof *y->data);
    }
}

static void length_of_rows(const struct call *c)
{
    const struct onnx_value *x = input(c, 0);
    struct onnx_value *y = output(c, x->rows, 1);

    ck_assert_int_eq(attribute(c, "axes", 0), 1);
    for (size_t r = 0; r < x->rows; r++) {
        for (size_t j = 0; j < x->columns; j++)
            y->data[r] += x->data[r * x->columns + j] * x->data[r * x->columns + j];
        y->data[r] = sqrtf(y->data[r]);
    }
}

static void log_softmax(const struct call *c)
{
    const struct onnx_value *x = input(c, 0);
    struct onnx_value *y = output(c, x->rows, x->columns);

    ck_assert_int_eq(attribute(c, "axis", -1), 1);
    for (size_t r = 0; r < x->rows; r++) {
        double sum = 0;

        for (size_t j = 0; j < x->columns; j++)
            sum += exp((double)element(x, r, j));
        for (size_t j = 0; j < x->columns; j++)
            y->data[r * x->columns + j] = element(x, r, j) - (float)log(sum);
    }
}

/* ---- Graphs ---- */

static void run_node(const struct call *c)
{
    static const struct {
        const char *name;
        float (*one)(float);
        float (*two)(float, float);
        void (*call)(const struct call *c);
    } operators[] = {
        {"Sigmoid", sigmoid, NULL, NULL},
        {"Tanh", tanhf, NULL, NULL},
        {"Relu", rectified, NULL, NULL},
        {"Cast", same, NULL, NULL},
        {"Add", NULL, sum_of, NULL},
        {"Sub", NULL, difference_of, NULL},
        {"Mul", NULL, product_of, NULL},
        {"Div", NULL, quotient_of, NULL},
        {"Max", NULL, fmaxf, NULL},
        {"Gemm", NULL, NULL, gemm},
        {"Gather", NULL, NULL, gather},
        {"Split", NULL, NULL, split},
        {"Concat", NULL, NULL, concatenate},
        {"ReduceL2", NULL, NULL, length_of_rows},
        {"LogSoftmax", NULL, NULL, log_softmax},
    };

    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].name, c->node->op_type) == 0) {
            if (operators[i].one)
                apply(c, operators[i].one);
            else if (operators[i].two)
                combine(c, operators[i].two);
            else
                operators[i].call(c);
            return;
        }
    if (strcmp(c->node->op_type, "ConstantOfShape") == 0)
        output(c, (size_t)input(c, 0)->data[0], (size_t)input(c, 0)->data[1]);
    else
        ck_abort_msg("no operator %s", c->node->op_type);
}

void onnx_evaluate(const OnnxGraph *graph, struct onnx_values *values)
{
    for (size_t i = 0; i < graph->n_initializer; i++)
        read_tensor(values, graph->initializer[i]);
    for (size_t i = 0; i < graph->n_node; i++)
        run_node(&(struct call){graph->node[i], values});
}
