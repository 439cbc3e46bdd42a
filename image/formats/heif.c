/* SPDX-License-Identifier: MIT */
/* HEIC and AVIF through libheif.  They say themselves how they are turned and mirrored; their EXIF
 * orientation is a copy of it, and turning by it too would turn twice. */
#include "image/image_private.h"

#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

#include "image/formats/heif_coded.h"

#if LIBHEIF_NUMERIC_VERSION >> 24 != 1
#error "the library of another major version has another name"
#endif

/* What is used of libheif, which most runs do not load (base/library.h). */
#define FUNCTIONS(X)                                                                               \
    X(context_alloc)                                                                               \
    X(context_free)                                                                                \
    X(context_get_primary_image_handle)                                                            \
    X(context_read_from_memory_without_copy)                                                       \
    X(context_set_max_decoding_threads)                                                            \
    X(decode_image)                                                                                \
    X(decoding_options_alloc)                                                                      \
    X(decoding_options_free)                                                                       \
    X(image_get_bits_per_pixel_range)                                                              \
    X(image_get_height)                                                                            \
    X(image_get_plane_readonly)                                                                    \
    X(image_get_width)                                                                             \
    X(image_handle_get_height)                                                                     \
    X(image_handle_get_luma_bits_per_pixel)                                                        \
    X(image_handle_get_nclx_color_profile)                                                         \
    X(image_handle_get_raw_color_profile)                                                          \
    X(image_handle_get_raw_color_profile_size)                                                     \
    X(image_handle_get_width)                                                                      \
    X(image_handle_has_alpha_channel)                                                              \
    X(image_handle_release)                                                                        \
    X(image_has_channel)                                                                           \
    X(image_is_premultiplied_alpha)                                                                \
    X(image_release)                                                                               \
    X(nclx_color_profile_free)

/* Since libheif 1.19 a file can be refused by limits of its own. */
#define LIBHEIF_LIMITS (1 << 24 | 19 << 16)
#if LIBHEIF_NUMERIC_VERSION >= LIBHEIF_LIMITS
#define LIMIT_FUNCTIONS(X) X(context_get_security_limits)
#else
#define LIMIT_FUNCTIONS(X)
#endif

#define MEMBER(name) __typeof__(&heif_##name) name;
#define FUNCTION(name) TN_FUNCTION(heif_##name, &heif.name),

static struct {
    FUNCTIONS(MEMBER)
    LIMIT_FUNCTIONS(MEMBER)
} heif;

static const struct tn_library_function functions[] = {FUNCTIONS(FUNCTION)
                                                           LIMIT_FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY("libheif.so.1", functions);

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

/* Bytes per pixel at most, of which up to 85 % were measured: the planes as decoded, once more
 * while they are turned or converted, and what the codec notes about them. */
static size_t bytes_per_pixel(bool deep, bool alpha)
{
    return (size_t)2 * (alpha ? 4 : 3) * (deep ? 2 : 1) + 7;
}

/* Each slice of a picture, which should share it, and each layer may be as large as the whole,
 * which is of so many pixels. */
static enum tn_status check_parts(const struct image_source *source, const char *what, size_t count,
                                  size_t pixels, struct tn_error *err)
{
    enum { TIMES = 4 }; /* as many pixels as a picture may have */

    if (count <= 1 || count <= TIMES * source->options.max_pixels / pixels)
        return TN_OK;
    return tn_fail(err, TN_RANGE,
                   "%s: %zu %s of a %s picture of %zu pixels are more than the limit of %zu",
                   source->name, count, what, source->format, pixels,
                   TIMES * source->options.max_pixels / pixels);
}

/* What a grid or layers take beside `parts` bytes for what they are made of. */
static enum tn_status check_derived(const struct image_source *source,
                                    const struct heif_coded *coded, size_t parts,
                                    struct tn_error *err)
{
    const size_t bytes = bytes_per_pixel(coded->deep, false);
    const size_t grid = coded->grid_width * coded->grid_height;

    if (coded->grid_width > 0) {
        TN_TRY(image_check_size(source, coded->grid_width, coded->grid_height, bytes, parts, err));
        TN_TRY(check_parts(source, "slices", coded->slices, grid, err));
        TN_TRY(check_parts(source, "layers", coded->layers, grid, err));
    }
    if (coded->canvas_width == 0)
        return TN_OK;
    if (coded->deep) /* libheif would copy their bytes as they are into one of 8 bits */
        return tn_fail(err, TN_UNSUPPORTED, "%s: layers of more than 8 bits cannot be read",
                       source->name);
    return image_check_size(source, coded->canvas_width, coded->canvas_height, bytes,
                            parts + grid * bytes, err);
}

/*
 * Refuses a file whose coded pictures are too large, whatever it says of them: before libheif sees
 * the file.  SLICE: what libde265 keeps for a slice; it keeps a table of half a byte per pixel
 * for each of up to 64 parameter sets, and all pictures that others might refer to.
 * *ret_threads: small tiles may be decoded several at once, large ones not.
 */
static enum tn_status check_coded(const struct image_source *source, struct heif_coded *ret_coded,
                                  int *ret_threads, struct tn_error *err)
{
    enum { SLICE = 8192, SETS = 64, REFERENCES = 17, SMALL = 1 << 20, THREADS = 4 };
    struct heif_coded coded = {0};
    size_t bytes, extra, pixels;

    TN_TRY(heif_coded_read(source, &coded, err));
    if (coded.width == 0)
        return tn_fail(err, TN_UNSUPPORTED, "%s: %s without an HEVC or AV1 picture cannot be read",
                       source->name, source->format);
    bytes = bytes_per_pixel(coded.deep, false);
    bytes *= coded.pictures < 1 ? 1 : coded.pictures < REFERENCES ? coded.pictures : REFERENCES;
    bytes += (coded.sets < SETS ? coded.sets : SETS) / 2;
    extra = coded.slices * SLICE;
    TN_TRY(image_check_size(source, coded.width, coded.height, bytes, extra, err));
    pixels = coded.width * coded.height;
    TN_TRY(check_parts(source, "slices", coded.slices, pixels, err));
    TN_TRY(check_parts(source, "layers", coded.layers, pixels, err));
    *ret_threads = pixels <= SMALL ? THREADS : 0;
    *ret_coded = coded;
    extra += pixels * bytes;
    return check_derived(source, &coded, pixels <= SMALL ? THREADS * extra : extra, err);
}

enum { CHANNELS = 4 };

/* A decoded picture: planes R, G, B and perhaps alpha of 8 to 16 bits a sample. */
struct planes {
    const unsigned char *samples[CHANNELS];
    int stride[CHANNELS], bits[CHANNELS];
    size_t width, height, channels;
    bool premultiplied;
    int orientation; /* what turns them upright */
};

/* The coded picture may contradict the size that the file stated and that was checked. */
static bool find_planes(struct heif_image *picture, struct planes *planes)
{
    static const enum heif_channel channels[CHANNELS] = {heif_channel_R, heif_channel_G,
                                                         heif_channel_B, heif_channel_Alpha};

    planes->channels = heif.image_has_channel(picture, heif_channel_Alpha) ? 4 : 3;
    planes->premultiplied = heif.image_is_premultiplied_alpha(picture);
    for (size_t c = 0; c < planes->channels; c++) {
        planes->samples[c] =
            heif.image_get_plane_readonly(picture, channels[c], &planes->stride[c]);
        planes->bits[c] = heif.image_get_bits_per_pixel_range(picture, channels[c]);
        if (!planes->samples[c] || planes->bits[c] < 8 || planes->bits[c] > 16 ||
            heif.image_get_width(picture, channels[c]) != (int)planes->width ||
            heif.image_get_height(picture, channels[c]) != (int)planes->height)
            return false;
    }
    return true;
}

/* row[width][channels] = row y of the planes, cut to 8 bits. */
static void interleave(const struct planes *planes, size_t y, unsigned char *row)
{
    for (size_t c = 0; c < planes->channels; c++) {
        const unsigned char *in = planes->samples[c] + y * (size_t)planes->stride[c];
        const int bits = planes->bits[c];

        for (size_t x = 0; x < planes->width; x++) {
            uint16_t sample = in[x];

            if (bits > 8)
                memcpy(&sample, in + 2 * x, sizeof sample);
            row[x * planes->channels + c] = (unsigned char)(sample >> (bits - 8));
        }
    }
}

/* By the ICC profile, without one by the numbers of primaries and curve. */
static enum tn_status set_colour(struct image_rows *rows, const struct heif_image_handle *handle,
                                 struct tn_error *err)
{
    const size_t size = heif.image_handle_get_raw_color_profile_size(handle);
    struct heif_color_profile_nclx *codes = NULL;
    struct image_colour *colour = NULL;

    if (size > 0 && size <= IMAGE_MOST_PROFILE) {
        unsigned char *icc = malloc(size);
        enum tn_status status;

        if (!icc)
            return tn_fail_nomem(err, size);
        if (heif.image_handle_get_raw_color_profile(handle, icc).code != heif_error_Ok)
            memset(icc, 0, size);
        status = image_rows_set_profile(rows, icc, size, IMAGE_RGB, err);
        free(icc);
        return status;
    }
    if (heif.image_handle_get_nclx_color_profile(handle, &codes).code == heif_error_Ok && codes)
        colour = image_colour_from_codes(codes->color_primaries, codes->transfer_characteristics);
    heif.nclx_color_profile_free(codes);
    return image_rows_set_colour(rows, colour, IMAGE_RGB, err);
}

static enum tn_status from_planes(const struct image_source *source,
                                  const struct heif_image_handle *handle,
                                  const struct planes *planes, struct image *ret_image,
                                  struct tn_error *err)
{
    const bool over_white = planes->channels == 4 && planes->premultiplied;
    unsigned char *row = malloc(planes->width * planes->channels);
    struct image_rows rows = {0};
    enum tn_status status;

    if (!row)
        return tn_fail_nomem(err, planes->width * planes->channels);
    status =
        image_rows_init(&rows, source, planes->width, planes->height, planes->orientation, err);
    if (status == TN_OK)
        status = set_colour(&rows, handle, err);
    if (status == TN_OK) {
        for (size_t y = 0; y < planes->height; y++) {
            interleave(planes, y, row);
            if (over_white)
                image_premultiplied_over_white(row, planes->width);
            image_rows_put(&rows, row, over_white ? 3 : planes->channels);
        }
        *ret_image = image_rows_take(&rows);
    }
    image_rows_finish(&rows);
    free(row);
    return status;
}

/* To planes of RGB, which libheif makes in any case: to have them interleaved would cost a copy,
 * and to have them turned another. */
static struct heif_error decode_planes(const struct heif_image_handle *handle, bool turned,
                                       struct heif_image **ret_picture)
{
    struct heif_decoding_options *options = heif.decoding_options_alloc();
    struct heif_error error;

    if (!options)
        return (struct heif_error){.code = heif_error_Memory_allocation_error,
                                   .message = "out of memory"};
    options->ignore_transformations = !turned;
    error = heif.decode_image(handle, ret_picture, heif_colorspace_RGB, heif_chroma_444, options);
    heif.decoding_options_free(options);
    return error;
}

/* What the picture's properties do is left to the rows where they can, `orientation` then not 0;
 * with an alpha plane, which libheif 1.15 turns in any case, it is not. */
static enum tn_status decode_handle(const struct image_source *source,
                                    const struct heif_image_handle *handle, int orientation,
                                    struct image *ret_image, struct tn_error *err)
{
    const bool swapped = orientation >= 5;
    const int sides[] = {heif.image_handle_get_width(handle), heif.image_handle_get_height(handle)};
    struct planes planes = {.width = sides[swapped] > 0 ? (size_t)sides[swapped] : 0,
                            .height = sides[!swapped] > 0 ? (size_t)sides[!swapped] : 0,
                            .orientation = orientation > 0 ? orientation : 1};
    struct heif_image *picture = NULL;
    struct heif_error error;
    enum tn_status status;

    TN_TRY(image_check_size(
        source, planes.width, planes.height,
        bytes_per_pixel(heif.image_handle_get_luma_bits_per_pixel(handle) > 8,
                        heif.image_handle_has_alpha_channel(handle)),
        planes.width * CHANNELS +
            image_colour_bytes(heif.image_handle_get_raw_color_profile_size(handle)),
        err));
    error = decode_planes(handle, orientation == 0, &picture);
    if (error.code != heif_error_Ok)
        return fail(source, error, err);
    if (find_planes(picture, &planes))
        status = from_planes(source, handle, &planes, ret_image, err);
    else
        status = tn_fail(err, TN_FORMAT, "%s: the %s picture is not %zu x %zu as its header says",
                         source->name, source->format, planes.width, planes.height);
    heif.image_release(picture);
    return status;
}

#if LIBHEIF_NUMERIC_VERSION >= LIBHEIF_LIMITS
/* libheif's own limits, beside what was checked before it saw the file. */
static void limit_context(struct heif_context *context, const struct image_options *options)
{
    struct heif_security_limits *limits = heif.context_get_security_limits(context);

    limits->max_image_size_pixels = options->max_pixels;
    limits->max_memory_block_size = options->max_memory;
    limits->max_color_profile_size = IMAGE_MOST_PROFILE;
}
#else
static void limit_context(struct heif_context *context, const struct image_options *options)
{
    (void)context;
    (void)options;
}
#endif

enum tn_status image_heif_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    struct heif_context *context;
    struct heif_image_handle *handle = NULL;
    struct heif_coded coded;
    struct heif_error error;
    enum tn_status status;
    int threads = 0;

    TN_TRY(check_coded(source, &coded, &threads, err));
    TN_TRY(image_load_library(source, &library, err));
    context = heif.context_alloc();
    if (!context)
        return tn_fail(err, TN_NOMEM, "%s: out of memory for libheif", source->name);
    limit_context(context, &source->options);
    heif.context_set_max_decoding_threads(context, threads);
    error = heif.context_read_from_memory_without_copy(context, source->bytes, source->size, NULL);
    if (error.code == heif_error_Ok)
        error = heif.context_get_primary_image_handle(context, &handle);
    if (error.code == heif_error_Ok)
        status = decode_handle(source, handle, coded.orientation, ret_image, err);
    else
        status = fail(source, error, err);
    if (handle)
        heif.image_handle_release(handle);
    heif.context_free(context);
    return status;
}
