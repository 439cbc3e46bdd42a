/* SPDX-License-Identifier: MIT */
/* How files of protocol buffers begin: they have no magic number, only the first fields that their
 * writers write. */
#ifndef EXCHANGE_PROTOBUF_LOOKS_H
#define EXCHANGE_PROTOBUF_LOOKS_H

#include <stdbool.h>
#include <stddef.h>

/* A .caffemodel: a net's name, if it has one, then its inputs or layers. */
bool exchange_looks_like_caffe(const unsigned char *bytes, size_t size);
/* An ONNX model: the version of its form, then another of its fields. */
bool exchange_looks_like_onnx(const unsigned char *bytes, size_t size);

#endif
