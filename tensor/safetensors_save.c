/* SPDX-License-Identifier: MIT */
/* Writing safetensors: the header is made in memory, the tensors stream from where they are. */
#include "base/atomic_file.h"
#include "base/utf8.h"
#include "tensor/safetensors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DATA_ALIGNMENT = 64 };

/* A JSON string.  A byte that is not UTF-8 (a file name, say) becomes U+FFFD: a header with one bad
 * byte could never be read again. */
static void write_string(FILE *out, const char *string)
{
    const size_t length = strlen(string);

    putc('"', out);
    for (size_t at = 0, bytes; at<length; at += bytes> 0 ? bytes : 1) {
        const unsigned char first = (unsigned char)string[at];

        bytes = tn_utf8_sequence(string + at, length - at);
        if (bytes == 0)
            fputs("\xEF\xBF\xBD", out);
        else if (first == '"' || first == '\\')
            fprintf(out, "\\%c", first);
        else if (first == '\n')
            fputs("\\n", out);
        else if (first < 0x20)
            fprintf(out, "\\u%04x", first);
        else
            fwrite(string + at, 1, bytes, out);
    }
    putc('"', out);
}

static void write_metadata(FILE *out, const struct tn_metadata *metadata, size_t count)
{
    fputs("\"__metadata__\":{", out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            putc(',', out);
        write_string(out, metadata[i].key);
        putc(':', out);
        write_string(out, metadata[i].value);
    }
    putc('}', out);
}

static void write_entry(FILE *out, const struct tn_tensor *tensor, size_t offset)
{
    write_string(out, tensor->name);
    fprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", tn_dtype_name(tensor->dtype));
    for (size_t i = 0; i < tensor->rank; i++)
        fprintf(out, "%s%zu", i > 0 ? "," : "", tensor->dims[i]);
    fprintf(out, "],\"data_offsets\":[%zu,%zu]}", offset, offset + tensor->bytes);
}

/* The JSON header, padded with spaces so that the data starts at a 64-byte boundary; owned by the
 * caller. */
static enum tn_status make_header(const struct tn_tensor *tensors, size_t count,
                                  const struct tn_metadata *metadata, size_t metadata_count,
                                  char **ret_header, size_t *ret_size, struct tn_error *err)
{
    char *header = NULL;
    size_t size = 0, offset = 0;
    FILE *out = open_memstream(&header, &size);
    bool failed;

    if (!out)
        return tn_fail_nomem(err, DATA_ALIGNMENT);
    putc('{', out);
    if (metadata_count > 0)
        write_metadata(out, metadata, metadata_count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 || metadata_count > 0)
            putc(',', out);
        write_entry(out, &tensors[i], offset);
        offset += tensors[i].bytes;
    }
    putc('}', out);
    fflush(out);
    for (size_t end = 8 + size; end % DATA_ALIGNMENT != 0; end++)
        putc(' ', out);
    failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) {
        free(header);
        return tn_fail_nomem(err, size);
    }
    *ret_header = header;
    *ret_size = size;
    return TN_OK;
}

static bool put(FILE *stream, const void *data, size_t size)
{
    return size == 0 || fwrite(data, 1, size, stream) == size;
}

enum tn_status tn_file_save(const char *path, const struct tn_tensor *tensors, size_t count,
                            const struct tn_metadata *metadata, size_t metadata_count,
                            struct tn_error *err)
{
    struct tn_atomic_file file;
    enum tn_status status;
    unsigned char length[8];
    char *header;
    size_t size;
    bool written;

    TN_TRY(make_header(tensors, count, metadata, metadata_count, &header, &size, err));
    status = tn_atomic_open(&file, path, err);
    if (status != TN_OK) {
        free(header);
        return status;
    }
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)size >> (8 * i));
    written = put(file.stream, length, sizeof length) && put(file.stream, header, size);
    for (size_t i = 0; i < count && written; i++)
        written = put(file.stream, tensors[i].data, tensors[i].bytes);
    free(header);
    if (!written) {
        tn_fail(err, TN_IO, "%s: cannot write: %s", path, strerror(errno));
        tn_atomic_abandon(&file);
        return TN_IO;
    }
    return tn_atomic_commit(&file, err);
}
