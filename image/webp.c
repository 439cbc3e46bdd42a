/* SPDX-License-Identifier: MIT */
/* WebP through libwebp; of an animation the first frame. */
#include "image/internal.h"

#include <stdint.h>
#include <stdlib.h>

#include <webp/decode.h>

/* A frame's place and duration stand before its picture in an ANMF chunk. */
enum { ANMF_HEADER = 16, LOSSLESS = 2 };

static enum tn_status fail(const struct image_source *source, VP8StatusCode code,
                           struct tn_error *err)
{
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return tn_fail(err, TN_NOMEM, "%s: out of memory for a WebP picture", source->name);
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return tn_fail(err, TN_FORMAT, "%s: the WebP file is truncated", source->name);
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return tn_fail(err, TN_UNSUPPORTED, "%s: a WebP feature that libwebp cannot read",
                       source->name);
    default:
        return tn_fail(err, TN_FORMAT, "%s: the WebP file is damaged", source->name);
    }
}

enum tn_status image_webp_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    const int orientation = image_webp_orientation(source->bytes, source->size);
    const unsigned char *bytes = source->bytes, *frame;
    size_t size = source->size, length, width, height;
    WebPDecoderConfig config;
    VP8StatusCode code;
    enum tn_status status;
    bool lossless;

    if (!WebPInitDecoderConfig(&config))
        return tn_fail(err, TN_UNSUPPORTED, "%s: another libwebp than it was built with",
                       source->name);
    frame = image_riff_chunk(bytes, size, "ANMF", &length);
    if (frame && length > ANMF_HEADER) {
        bytes = frame + ANMF_HEADER;
        size = length - ANMF_HEADER;
    }
    code = WebPGetFeatures(bytes, size, &config.input);
    if (code != VP8_STATUS_OK)
        return fail(source, code, err);
    width = (size_t)config.input.width;
    height = (size_t)config.input.height;
    lossless = config.input.format == LOSSLESS;
    /* The pixels twice (as libwebp makes them, and upright), what lossless decoding keeps, alpha.
     */
    TN_TRY(image_check_size(source, width, height,
                            config.input.has_alpha ? (lossless ? 11 : 13) : (lossless ? 10 : 6), 0,
                            err));
    config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
    code = WebPDecode(bytes, size, &config);
    if (code == VP8_STATUS_OK)
        status = image_from_pixels(config.output.u.RGBA.rgba, width, height,
                                   (size_t)config.output.u.RGBA.stride,
                                   config.input.has_alpha ? 4 : 3, orientation, ret_image, err);
    else
        status = fail(source, code, err);
    WebPFreeDecBuffer(&config.output);
    return status;
}
