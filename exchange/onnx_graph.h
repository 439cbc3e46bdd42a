/* SPDX-License-Identifier: MIT */
/*
 * An ONNX model while it is made.  Its operators are the standard ones of version 13, which every
 * runtime of 2021 or later has.  A value is known by its name; the names that are returned stay
 * until the graph is destroyed.
 *
 * A lack of memory is remembered, and onnx_graph_save reports it: the functions between need not.
 */
#ifndef EXCHANGE_ONNX_GRAPH_H
#define EXCHANGE_ONNX_GRAPH_H

#include "tensor/matrix.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct onnx_graph;

/* name is that of the graph.  half: matrices are stored as float16, and made float32 when the model
 * is loaded.  The caller destroys the graph. */
TN_NODISCARD enum tn_status onnx_graph_create(const char *name, bool half,
                                              struct onnx_graph **ret_graph, struct tn_error *err);
void onnx_graph_destroy(struct onnx_graph *graph);

/* An input or output of the model; "N" is the dimension 0, and rank is at least 1.  `about` is for
 * people; it, the names and dims are copied or static. */
enum onnx_type { ONNX_FLOAT = 1, ONNX_INT64 = 7 };
const char *onnx_input(struct onnx_graph *graph, const char *name, enum onnx_type type, size_t rank,
                       const size_t *dims, const char *about);
void onnx_output(struct onnx_graph *graph, const char *name, size_t rank, const size_t *dims,
                 const char *about);

/* Constants.  Floats are borrowed until the save; those of rank 2 or more count as matrices. */
const char *onnx_floats(struct onnx_graph *graph, const char *name, size_t rank, const size_t *dims,
                        const float *values);
const char *onnx_matrix(struct onnx_graph *graph, const char *name, const struct tn_matrix *matrix);
const char *onnx_number(struct onnx_graph *graph, const char *name, float value);
const char *onnx_integers(struct onnx_graph *graph, const char *name, size_t count,
                          const int64_t *values);

/* Operators of one, two, three and many inputs; the output is returned. */
enum { ONNX_MOST_VALUES = 16 };
const char *onnx_one(struct onnx_graph *graph, const char *operator, const char * a);
const char *onnx_two(struct onnx_graph *graph, const char *operator, const char * a, const char *b);
const char *onnx_three(struct onnx_graph *graph, const char *operator, const char * a,
                       const char *b, const char *c);
const char *onnx_many(struct onnx_graph *graph, const char *operator, size_t count,
                      const char *const *inputs);
/* Splits a value into equal parts along its dimension 1. */
void onnx_split(struct onnx_graph *graph, const char *value, size_t count, const char **ret_parts);
/* Of the last operator: attributes, whose names are static, and what its only output is called. */
void onnx_set_int(struct onnx_graph *graph, const char *name, int64_t value);
void onnx_set_ints(struct onnx_graph *graph, const char *name, size_t count, const size_t *values);
void onnx_set_float(struct onnx_graph *graph, const char *name, float value);
const char *onnx_call(struct onnx_graph *graph, const char *name);

/* An entry of the model's metadata; both are borrowed until the save. */
void onnx_entry(struct onnx_graph *graph, const char *key, const char *value);

/* Writes the model atomically.  Errors name the path: TN_NOMEM, TN_IO, TN_RANGE, TN_UNSUPPORTED
 * where libprotobuf-c is not installed. */
TN_NODISCARD enum tn_status onnx_graph_save(struct onnx_graph *graph, const char *path,
                                            struct tn_error *err);

#endif
