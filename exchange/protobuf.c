/* SPDX-License-Identifier: MIT */
#include "exchange/protobuf.h"

#include "base/library.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- The library ---- */

static struct {
    __typeof__(&protobuf_c_message_get_packed_size) packed_size;
    __typeof__(&protobuf_c_message_pack) pack;
    __typeof__(&protobuf_c_message_pack_to_buffer) pack_to_buffer;
    __typeof__(&protobuf_c_message_unpack) unpack;
    __typeof__(&protobuf_c_message_free_unpacked) free_unpacked;
} loaded;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(protobuf_c_message_get_packed_size, &loaded.packed_size),
    TN_FUNCTION(protobuf_c_message_pack, &loaded.pack),
    TN_FUNCTION(protobuf_c_message_pack_to_buffer, &loaded.pack_to_buffer),
    TN_FUNCTION(protobuf_c_message_unpack, &loaded.unpack),
    TN_FUNCTION(protobuf_c_message_free_unpacked, &loaded.free_unpacked),
};
static struct tn_library library = TN_LIBRARY("libprotobuf-c.so.1", functions);

static enum tn_status load(struct tn_error *err)
{
    struct tn_error why;

    if (tn_library_load(&library, &why) == TN_OK)
        return TN_OK;
    return tn_fail(err, TN_UNSUPPORTED, "%s (install libprotobuf-c1)", why.text);
}

/* The generated code calls these by their names.  Here they are, so that the library is not linked;
 * a static program is, and has them from it. */
#ifndef TN_STATIC

size_t protobuf_c_message_get_packed_size(const ProtobufCMessage *message)
{
    return loaded.packed_size(message);
}

size_t protobuf_c_message_pack(const ProtobufCMessage *message, uint8_t *out)
{
    return loaded.pack(message, out);
}

size_t protobuf_c_message_pack_to_buffer(const ProtobufCMessage *message, ProtobufCBuffer *buffer)
{
    return loaded.pack_to_buffer(message, buffer);
}

ProtobufCMessage *protobuf_c_message_unpack(const ProtobufCMessageDescriptor *kind,
                                            ProtobufCAllocator *allocator, size_t size,
                                            const uint8_t *bytes)
{
    return loaded.unpack(kind, allocator, size, bytes);
}

void protobuf_c_message_free_unpacked(ProtobufCMessage *message, ProtobufCAllocator *allocator)
{
    loaded.free_unpacked(message, allocator);
}
#endif

/* ---- Reading ---- */

/*
 * What a message takes at most, for each of its bytes and besides: enough for numbers and many
 * small parts.  A part that comes again is joined with those before in new memory, so all that was
 * ever taken has a limit, too: it is also one for the time.
 */
enum { LIMIT_FACTOR = 3, LIMIT_SMALL = 1 << 24, WORK_FACTOR = 4 };

struct exchange_message {
    ProtobufCAllocator allocator;
    ProtobufCMessage *content;
    size_t left, work; /* bytes that may still be allocated, at once and over all */
    bool refused, failed;
};

/* Before each block, as large as the alignment of all types. */
union block {
    size_t size;
    max_align_t aligned;
};

static void *allocate(void *context, size_t size)
{
    struct exchange_message *message = context;
    union block *block;

    message->refused |= size > SIZE_MAX - sizeof *block || size + sizeof *block > message->left ||
                        size + sizeof *block > message->work;
    if (message->refused)
        return NULL;
    block = malloc(sizeof *block + size);
    if (!block) {
        message->failed = true;
        return NULL;
    }
    block->size = sizeof *block + size;
    message->left -= block->size;
    message->work -= block->size;
    return block + 1;
}

static void release(void *context, void *memory)
{
    struct exchange_message *message = context;
    union block *block = memory;

    if (!memory)
        return;
    message->left += (--block)->size;
    free(block);
}

enum tn_status exchange_parse(const ProtobufCMessageDescriptor *kind, const void *bytes,
                              size_t size, struct exchange_message **ret_message,
                              struct tn_error *err)
{
    const size_t limit = size * LIMIT_FACTOR + LIMIT_SMALL;
    struct exchange_message *message;
    enum tn_status status = TN_OK;

    TN_TRY(load(err));
    if (size > INT_MAX)
        return tn_fail(err, TN_FORMAT, "%zu bytes are more than the %d that such a file can have",
                       size, INT_MAX);
    message = malloc(sizeof *message);
    if (!message)
        return tn_fail_nomem(err, sizeof *message);
    *message = (struct exchange_message){
        .allocator = {allocate, release, message}, .left = limit, .work = limit * WORK_FACTOR};
    message->content = protobuf_c_message_unpack(kind, &message->allocator, size, bytes);
    if (message->content) {
        *ret_message = message;
        return TN_OK;
    }
    if (message->failed)
        status = tn_fail_nomem(err, size);
    else if (message->refused)
        status = tn_fail(err, TN_FORMAT, "of %zu bytes, it would take more than %zu of memory",
                         size, limit);
    else
        status = tn_fail(err, TN_FORMAT, "it is damaged or cut short");
    free(message);
    return status;
}

const void *exchange_message_content(const struct exchange_message *message)
{
    return message->content;
}

void exchange_message_destroy(void *memory)
{
    struct exchange_message *message = memory;

    if (!message)
        return;
    protobuf_c_message_free_unpacked(message->content, &message->allocator);
    free(message);
}

/* ---- Writing ---- */

struct sink {
    ProtobufCBuffer base; /* first: it is all that append is given */
    FILE *stream;
    int error; /* of the first write that failed */
};

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *bytes)
{
    struct sink *sink = (struct sink *)buffer;

    if (sink->error == 0 && fwrite(bytes, 1, size, sink->stream) < size)
        sink->error = errno != 0 ? errno : EIO;
}

enum tn_status exchange_write(const ProtobufCMessage *message, FILE *stream, struct tn_error *err)
{
    struct sink sink = {{append}, stream, 0};
    size_t size;

    TN_TRY(load(err));
    size = protobuf_c_message_get_packed_size(message);
    if (size > INT_MAX)
        return tn_fail(err, TN_RANGE, "%zu bytes are more than the %d that such a file can have",
                       size, INT_MAX);
    protobuf_c_message_pack_to_buffer(message, &sink.base);
    return sink.error == 0 ? TN_OK : tn_fail(err, TN_IO, "cannot write: %s", strerror(sink.error));
}
