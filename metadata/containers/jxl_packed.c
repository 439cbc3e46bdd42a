/* SPDX-License-Identifier: MIT */
#include "metadata/containers/jxl_packed_private.h"

#include "base/library.h"

#include <brotli/decode.h>

/* What is used of libbrotlidec, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&BrotliDecoderCreateInstance) create;
    __typeof__(&BrotliDecoderDecompressStream) decompress;
    __typeof__(&BrotliDecoderDestroyInstance) destroy;
} brotli;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(BrotliDecoderCreateInstance, &brotli.create),
    TN_FUNCTION(BrotliDecoderDecompressStream, &brotli.decompress),
    TN_FUNCTION(BrotliDecoderDestroyInstance, &brotli.destroy),
};

enum { MOST_BYTES = 8 << 20, STEP = 1 << 14 };

static enum tn_status unpack(BrotliDecoderState *decoder, const char *name,
                             const unsigned char *bytes, size_t size, struct meta_bytes *out,
                             struct tn_error *err)
{
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    unsigned char step[STEP];

    while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        unsigned char *to = step;
        size_t room = sizeof step;

        result = brotli.decompress(decoder, &size, &bytes, &room, &to, NULL);
        if (sizeof step - room > MOST_BYTES - out->size)
            return tn_fail(err, TN_RANGE,
                           "%s: a compressed box is more than %d MB large; use --sidecar xmp", name,
                           MOST_BYTES >> 20);
        TN_TRY(meta_bytes_add(out, step, sizeof step - room, err));
    }
    if (result != BROTLI_DECODER_RESULT_SUCCESS || size > 0)
        return tn_fail(err, TN_FORMAT, "%s: a compressed box is damaged; use --sidecar xmp", name);
    return TN_OK;
}

enum tn_status meta_jxl_unpack(const char *name, const unsigned char *bytes, size_t size,
                               struct meta_bytes *out, struct tn_error *err)
{
    static struct tn_library library = TN_LIBRARY("libbrotlidec.so.1", functions);
    BrotliDecoderState *decoder;
    struct tn_error why;
    enum tn_status status = tn_library_load(&library, &why);

    if (status != TN_OK)
        return tn_fail(err, status, "%s: its compressed metadata cannot be read: %s", name,
                       why.text);
    decoder = brotli.create(NULL, NULL, NULL);
    if (!decoder)
        return tn_fail_nomem(err, size);
    status = unpack(decoder, name, bytes, size, out, err);
    brotli.destroy(decoder);
    return status;
}
