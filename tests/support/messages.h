/* SPDX-License-Identifier: MIT */
/* Messages of protocol buffers as files, and what is read of them. */
#ifndef TESTS_SUPPORT_MESSAGES_H
#define TESTS_SUPPORT_MESSAGES_H

#include "exchange/protobuf.h"
#include "exchange/tensors.h"

#include <stddef.h>

/* For texts of messages, which are only read. */
char *message_text(const char *constant);
/* The message's bytes; the caller frees them. */
char *message_pack(const ProtobufCMessage *message, size_t *ret_size);
/* exchange_read_memory of the message's bytes, of which none stays. */
enum tn_status message_read(const ProtobufCMessage *message, const char *name,
                            struct exchange_tensors *ret_tensors, struct tn_error *err);
/* Reads the bytes cut anywhere: they are refused, or there are fewer tensors. */
void message_cut(const ProtobufCMessage *message, const char *name);
/* Asserts that there is such a tensor, of at most 16 numbers. */
void message_expect(const struct exchange_tensors *tensors, const char *name, const char *shape,
                    const float *values);

#endif
