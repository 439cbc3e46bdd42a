/* SPDX-License-Identifier: MIT */
/* WebP through libwebp, which reduces by area averaging while it decodes; of an animation the first
 * frame. */
#include "image/image_private.h"

#include <stdint.h>
#include <stdlib.h>

#include <webp/decode.h>

/* What is used of libwebp, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&WebPInitDecoderConfigInternal) init_config;
    __typeof__(&WebPGetFeaturesInternal) get_features;
    __typeof__(&WebPDecode) decode;
    __typeof__(&WebPFreeDecBuffer) free_buffer;
} webp;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(WebPInitDecoderConfigInternal, &webp.init_config),
    TN_FUNCTION(WebPGetFeaturesInternal, &webp.get_features),
    TN_FUNCTION(WebPDecode, &webp.decode),
    TN_FUNCTION(WebPFreeDecBuffer, &webp.free_buffer),
};
static struct tn_library library = TN_LIBRARY("libwebp.so.7", functions);

/* A frame's place and duration stand before its picture in an ANMF chunk.  ROW_BYTES: what libwebp
 * keeps of the rows it works on, a pixel of width. */
enum { ANMF_HEADER = 16, LOSSLESS = 2, ROW_BYTES = 128 };

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

/* Bytes per pixel at most: what libwebp makes (unless it is reduced on the way), what lossless
 * decoding keeps, and the alpha plane. */
static size_t bytes_per_pixel(const WebPBitstreamFeatures *picture, bool reduced)
{
    const size_t made = reduced ? 0 : picture->has_alpha ? 4 : 3;

    return made + (picture->format == LOSSLESS ? 4 : picture->has_alpha ? 6 : 0);
}

/* What libwebp takes for Huffman codes, at most for what its encoder writes: up to 2600 sets of 20
 * KB, one a block of 4 x 4 pixels at most.  A file made for it may hold 65536. */
static size_t code_bytes(const WebPBitstreamFeatures *picture)
{
    enum { MOST_SETS = 2600, SET_BYTES = 20480 };
    const size_t blocks = (size_t)((picture->width + 3) / 4) * (size_t)((picture->height + 3) / 4);

    if (picture->format != LOSSLESS && !picture->has_alpha)
        return 0;
    return (blocks < MOST_SETS ? blocks : MOST_SETS) * SET_BYTES;
}

/* The picture alone; what stands around it in the file was taken off. */
static enum tn_status decode_picture(const struct image_source *source, const unsigned char *bytes,
                                     size_t size, struct image *ret_image, struct tn_error *err)
{
    WebPDecoderConfig config;
    VP8StatusCode code;
    struct image_decoded decoded = {.orientation =
                                        image_webp_orientation(source->bytes, source->size)};
    size_t width, height;
    enum tn_status status;
    bool reduced;

    TN_TRY(image_load_library(source, &library, err));
    if (!webp.init_config(&config, WEBP_DECODER_ABI_VERSION))
        return tn_fail(err, TN_UNSUPPORTED, "%s: another libwebp than it was built with",
                       source->name);
    code = webp.get_features(bytes, size, &config.input, WEBP_DECODER_ABI_VERSION);
    if (code != VP8_STATUS_OK)
        return fail(source, code, err);
    width = (size_t)config.input.width;
    height = (size_t)config.input.height;
    decoded.width = width;
    decoded.height = height;
    if (config.input.format != LOSSLESS) /* whose pixels are reduced as other lossless formats' */
        image_reduced_size(source, width, height, &decoded.width, &decoded.height);
    reduced = decoded.width < width || decoded.height < height;
    decoded.icc = image_riff_chunk(source->bytes, source->size, "ICCP", &decoded.icc_size);
    TN_TRY(image_check_size(
        source, width, height, bytes_per_pixel(&config.input, reduced),
        ROW_BYTES * width + code_bytes(&config.input) + image_colour_bytes(decoded.icc_size), err));
    config.options.use_scaling = reduced;
    config.options.scaled_width = (int)decoded.width;
    config.options.scaled_height = (int)decoded.height;
    config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
    code = webp.decode(bytes, size, &config);
    decoded.channels = config.input.has_alpha ? 4 : 3;
    decoded.pixels = config.output.u.RGBA.rgba;
    decoded.stride = (size_t)config.output.u.RGBA.stride;
    if (code == VP8_STATUS_OK)
        status = image_from_decoded(source, &decoded, ret_image, err);
    else
        status = fail(source, code, err);
    webp.free_buffer(&config.output);
    return status;
}

enum tn_status image_webp_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    size_t length;
    const unsigned char *frame = image_riff_chunk(source->bytes, source->size, "ANMF", &length);

    if (frame && length > ANMF_HEADER)
        return decode_picture(source, frame + ANMF_HEADER, length - ANMF_HEADER, ret_image, err);
    return decode_picture(source, source->bytes, source->size, ret_image, err);
}
