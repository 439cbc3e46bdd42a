/* SPDX-License-Identifier: MIT */
/* HEIC and AVIF through libheif, which applies the file's own rotation and mirroring; their EXIF
 * orientation is a copy of it, and turning by it too would turn twice. */
#include "image/internal.h"

#include <libheif/heif.h>

static enum tn_status fail(const struct image_source *source, struct heif_error error,
                           struct tn_error *err)
{
    enum tn_status status = TN_FORMAT;

    if (error.code == heif_error_Memory_allocation_error)
        status = TN_NOMEM;
    else if (error.code == heif_error_Unsupported_filetype ||
             error.code == heif_error_Unsupported_feature)
        status = TN_UNSUPPORTED;
    return tn_fail(err, status, "%s: cannot read %s: %s", source->name, source->format,
                   error.message);
}

/* Bytes a pixel at most, of which up to 85 % were measured: the planes as decoded, once more while
 * they are turned or converted, what the codec notes about them, RGB(A), and the upright copy. */
static size_t bytes_per_pixel(const struct heif_image_handle *handle)
{
    const size_t sample = heif_image_handle_get_luma_bits_per_pixel(handle) > 8 ? 2 : 1;
    const size_t alpha = heif_image_handle_has_alpha_channel(handle) ? 1 : 0;

    return 2 * (3 + alpha) * sample + 3 + (3 + alpha) + 3;
}

static enum tn_status decode_handle(const struct image_source *source,
                                    const struct heif_image_handle *handle, struct image *ret_image,
                                    struct tn_error *err)
{
    const bool alpha = heif_image_handle_has_alpha_channel(handle);
    const int width = heif_image_handle_get_width(handle);
    const int height = heif_image_handle_get_height(handle);
    struct heif_image *picture = NULL;
    struct heif_error error;
    const unsigned char *pixels;
    int stride = 0;
    enum tn_status status;

    TN_TRY(image_check_size(source, width > 0 ? (size_t)width : 0, height > 0 ? (size_t)height : 0,
                            bytes_per_pixel(handle), 0, err));
    error =
        heif_decode_image(handle, &picture, heif_colorspace_RGB,
                          alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL);
    if (error.code != heif_error_Ok)
        return fail(source, error, err);
    pixels = heif_image_get_plane_readonly(picture, heif_channel_interleaved, &stride);
    /* The coded picture may contradict the size that the file stated and that was checked. */
    if (pixels && heif_image_get_width(picture, heif_channel_interleaved) == width &&
        heif_image_get_height(picture, heif_channel_interleaved) == height)
        status = image_from_pixels(pixels, (size_t)width, (size_t)height, (size_t)stride,
                                   alpha ? 4 : 3, 1, ret_image, err);
    else
        status = tn_fail(err, TN_FORMAT, "%s: the %s picture is not %d x %d as its header says",
                         source->name, source->format, width, height);
    heif_image_release(picture);
    return status;
}

enum tn_status image_heif_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    struct heif_context *context = heif_context_alloc();
    struct heif_image_handle *handle = NULL;
    struct heif_error error;
    enum tn_status status;

    if (!context)
        return tn_fail(err, TN_NOMEM, "%s: out of memory for libheif", source->name);
    error = heif_context_read_from_memory_without_copy(context, source->bytes, source->size, NULL);
    if (error.code == heif_error_Ok)
        error = heif_context_get_primary_image_handle(context, &handle);
    if (error.code == heif_error_Ok)
        status = decode_handle(source, handle, ret_image, err);
    else
        status = fail(source, error, err);
    if (handle)
        heif_image_handle_release(handle);
    heif_context_free(context);
    return status;
}
