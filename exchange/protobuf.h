/* SPDX-License-Identifier: MIT */
/*
 * Messages of protocol buffers: what is used of libprotobuf-c, which only weights of Caffe and ONNX
 * load (base/library.h).  The C of the messages is generated from the .proto files of this room.
 */
#ifndef EXCHANGE_PROTOBUF_H
#define EXCHANGE_PROTOBUF_H

#include "base/status.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdio.h>

struct exchange_message;

/*
 * Parses a message of that kind.  It takes no memory but in proportion to `size`, whatever the
 * bytes are.  The caller destroys it; bytes are not needed afterwards. Errors: TN_FORMAT, without
 * the file's name; TN_NOMEM; TN_UNSUPPORTED where the library is not installed.
 */
TN_NODISCARD enum tn_status exchange_parse(const ProtobufCMessageDescriptor *kind,
                                           const void *bytes, size_t size,
                                           struct exchange_message **ret_message,
                                           struct tn_error *err);
/* What was parsed, of the generated type of its kind; borrowed. */
const void *exchange_message_content(const struct exchange_message *message);
/* Takes a struct exchange_message or NULL, and is a void * for exchange_keep. */
void exchange_message_destroy(void *message);

/* Writes a message to a stream, of which the last bytes are still to be flushed.  Errors, without
 * the file's name: TN_IO, TN_RANGE for more than a file can have, TN_UNSUPPORTED. */
TN_NODISCARD enum tn_status exchange_write(const ProtobufCMessage *message, FILE *stream,
                                           struct tn_error *err);

#endif
