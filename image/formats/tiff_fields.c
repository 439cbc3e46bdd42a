/* SPDX-License-Identifier: MIT */
#include "image/formats/tiff_fields.h"

#include <string.h>

/* ---- What it is ---- */

static bool find_colour(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    enum tiff_colour *colour = &fields->format.colour;
    uint16_t ink = INKSET_CMYK;

    switch (fields->photometric) {
    case PHOTOMETRIC_MINISWHITE:
        *colour = TIFF_INVERSE_GREY;
        return true;
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_LOGL:
        *colour = TIFF_GREY;
        return true;
    case PHOTOMETRIC_PALETTE:
        *colour = TIFF_PALETTE;
        return true;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_LOGLUV:
        *colour = TIFF_RGB;
        return true;
    case PHOTOMETRIC_SEPARATED:
        *colour = TIFF_CMYK;
        handle->tiff->GetFieldDefaulted(handle->file, TIFFTAG_INKSET, &ink);
        return ink == INKSET_CMYK;
    case PHOTOMETRIC_CIELAB:
        *colour = TIFF_LAB;
        return true;
    case PHOTOMETRIC_ICCLAB:
        *colour = TIFF_ICC_LAB;
        return true;
    case PHOTOMETRIC_YCBCR: /* of JPEG, libtiff's decoder makes RGB on the way */
        *colour = TIFF_RGB;
        fields->by_libtiff = fields->compression != COMPRESSION_JPEG || fields->separate;
        return true;
    default:
        return false;
    }
}

static bool find_numbers(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    struct tiff_row_format *format = &fields->format;
    uint16_t bits = 1, numbers = SAMPLEFORMAT_UINT;

    handle->tiff->GetFieldDefaulted(handle->file, TIFFTAG_BITSPERSAMPLE, &bits);
    handle->tiff->GetFieldDefaulted(handle->file, TIFFTAG_SAMPLEFORMAT, &numbers);
    format->bits = bits;
    format->numbers = numbers == SAMPLEFORMAT_IEEEFP ? TIFF_ROW_FLOAT
                      : numbers == SAMPLEFORMAT_INT  ? TIFF_ROW_SIGNED
                                                     : TIFF_ROW_UNSIGNED;
    if (format->colour == TIFF_LAB || format->colour == TIFF_ICC_LAB) {
        format->numbers = TIFF_ROW_UNSIGNED; /* a and b have signs of their own */
        tiff_row_fill_gamma(format);
    }
    return fields->by_libtiff || (numbers <= SAMPLEFORMAT_VOID && tiff_row_supports(format));
}

/* The first sample behind the colours that is an opacity; others may be anything. */
static void find_alpha(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    const size_t colours = tiff_row_colours(fields->format.colour);
    uint16_t count = 0, *kinds = NULL;

    handle->tiff->GetFieldDefaulted(handle->file, TIFFTAG_EXTRASAMPLES, &count, &kinds);
    for (size_t i = 0; kinds && i < count && colours + i < fields->samples; i++)
        if (kinds[i] == EXTRASAMPLE_ASSOCALPHA || kinds[i] == EXTRASAMPLE_UNASSALPHA) {
            fields->format.alpha = true;
            fields->format.premultiplied = kinds[i] == EXTRASAMPLE_ASSOCALPHA;
            fields->alpha_sample = colours + i;
            return;
        }
}

/* Of Lab and of logarithms the numbers mean what they mean. */
static void find_profile(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    void *icc = NULL;

    if (fields->format.colour == TIFF_LAB || fields->format.colour == TIFF_ICC_LAB ||
        fields->photometric == PHOTOMETRIC_LOGLUV || fields->photometric == PHOTOMETRIC_LOGL)
        return;
    if (!handle->tiff->GetField(handle->file, TIFFTAG_ICCPROFILE, &fields->icc_size, &icc))
        fields->icc_size = 0;
    fields->icc = icc;
}

static bool find_palette(const struct tiff_handle *handle, struct tiff_row_format *format)
{
    uint16_t *palette[3], most = 0;

    if (format->colour != TIFF_PALETTE)
        return true;
    if (!handle->tiff->GetField(handle->file, TIFFTAG_COLORMAP, &palette[0], &palette[1],
                                &palette[2]))
        return false;
    for (size_t c = 0; c < 3; c++) {
        format->palette[c] = palette[c];
        for (size_t i = 0; i < (size_t)1 << format->bits; i++)
            most = palette[c][i] > most ? palette[c][i] : most;
    }
    format->shallow_palette = most < 256;
    return true;
}

static void find_sizes(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    const struct tiff_functions *tiff = handle->tiff;
    uint32_t width = 0, height = 0, rows = 0, tile_width = 0;

    tiff->GetField(handle->file, TIFFTAG_IMAGEWIDTH, &width);
    tiff->GetField(handle->file, TIFFTAG_IMAGELENGTH, &height);
    fields->tiled = tiff->IsTiled(handle->file);
    if (fields->tiled) {
        tiff->GetField(handle->file, TIFFTAG_TILEWIDTH, &tile_width);
        tiff->GetField(handle->file, TIFFTAG_TILELENGTH, &rows);
    } else {
        tiff->GetFieldDefaulted(handle->file, TIFFTAG_ROWSPERSTRIP, &rows);
        rows = rows < height ? rows : height;
    }
    fields->format.width = width;
    fields->height = height;
    fields->tile_width = tile_width;
    fields->part_rows = rows;
    fields->row_bytes = tiff->ScanlineSize64(handle->file);
    fields->part_bytes =
        fields->tiled ? tiff->TileSize64(handle->file) : tiff->StripSize64(handle->file);
    fields->tile_row_bytes = fields->tiled ? tiff->TileRowSize64(handle->file) : 0;
}

/* Old programs leave out what follows from the number of samples. */
static void find_kind(const struct tiff_handle *handle, struct tiff_fields *fields)
{
    const struct tiff_functions *tiff = handle->tiff;
    uint16_t orientation = 1, planes = PLANARCONFIG_CONTIG;

    tiff->GetFieldDefaulted(handle->file, TIFFTAG_SAMPLESPERPIXEL, &fields->samples);
    tiff->GetFieldDefaulted(handle->file, TIFFTAG_PLANARCONFIG, &planes);
    tiff->GetFieldDefaulted(handle->file, TIFFTAG_ORIENTATION, &orientation);
    tiff->GetFieldDefaulted(handle->file, TIFFTAG_COMPRESSION, &fields->compression);
    if (!tiff->GetField(handle->file, TIFFTAG_PHOTOMETRIC, &fields->photometric))
        fields->photometric = fields->samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
    fields->separate = planes == PLANARCONFIG_SEPARATE && fields->samples > 1;
    fields->orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
}

enum tn_status tiff_fields_read(const struct tiff_handle *handle, struct tiff_fields *ret_fields,
                                struct tn_error *err)
{
    struct tiff_fields fields = {0};

    find_kind(handle, &fields);
    find_sizes(handle, &fields);
    if (!find_colour(handle, &fields) || !find_numbers(handle, &fields) ||
        (!fields.by_libtiff && tiff_row_colours(fields.format.colour) > fields.samples))
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: %s of photometric interpretation %u with %u samples of %u bits cannot "
                       "be read",
                       handle->source->name, handle->source->format, fields.photometric,
                       fields.samples, fields.format.bits);
    find_alpha(handle, &fields);
    find_profile(handle, &fields);
    if (!find_palette(handle, &fields.format) || fields.row_bytes == 0 || fields.part_bytes == 0)
        return tiff_handle_fail(handle, err);
    *ret_fields = fields;
    return TN_OK;
}

/* ---- What it costs ---- */

/* Strips or tiles that a decoder keeps, beside the one that it makes. */
static const struct {
    uint16_t number, kept;
    const char *name;
} compressions[] = {
    {COMPRESSION_NONE, 0, "no"},           {COMPRESSION_CCITTRLE, 0, "CCITT"},
    {COMPRESSION_CCITTFAX3, 0, "CCITT"},   {COMPRESSION_CCITTFAX4, 0, "CCITT"},
    {COMPRESSION_CCITTRLEW, 0, "CCITT"},   {COMPRESSION_LZW, 0, "LZW"},
    {COMPRESSION_PACKBITS, 0, "PackBits"}, {COMPRESSION_ADOBE_DEFLATE, 0, "Deflate"},
    {COMPRESSION_DEFLATE, 0, "Deflate"},   {COMPRESSION_JPEG, 0, "JPEG"},
    {COMPRESSION_OJPEG, 4, "old JPEG"},    {COMPRESSION_SGILOG, 8, "SGI Log"},
    {COMPRESSION_SGILOG24, 8, "SGI Log"},  {COMPRESSION_LZMA, 2, "LZMA"},
    {COMPRESSION_ZSTD, 2, "Zstandard"},    {COMPRESSION_WEBP, 6, "WebP"},
};

enum { COMPRESSIONS = sizeof compressions / sizeof compressions[0] };

/* Others are refused: the decoders of JBIG and LERC take what headers within the data say. */
static enum tn_status find_compression(const struct tiff_handle *handle,
                                       const struct tiff_fields *fields, size_t *ret_kept,
                                       struct tn_error *err)
{
    const struct image_source *source = handle->source;

    for (size_t i = 0; i < COMPRESSIONS; i++) {
        if (compressions[i].number != fields->compression)
            continue;
        if (!handle->tiff->IsCODECConfigured(fields->compression))
            return tn_fail(err, TN_UNSUPPORTED, "%s: libtiff cannot read %s with %s compression",
                           source->name, source->format, compressions[i].name);
        *ret_kept = compressions[i].kept;
        return TN_OK;
    }
    return tn_fail(err, TN_UNSUPPORTED, "%s: %s with compression %u cannot be read", source->name,
                   source->format, fields->compression);
}

/* Scans of a JPEG, in bytes[size]: each begins with a marker that its data cannot contain. */
static size_t count_scans(const unsigned char *bytes, size_t size)
{
    const unsigned char *at = bytes, *end = bytes + size;
    size_t scans = 0;

    while ((at = memchr(at, 0xFF, (size_t)(end - at))) != NULL && end - at >= 2)
        scans += *++at == 0xDA;
    return scans;
}

/*
 * Strips and tiles have bytes of their own; those that share them would be decoded again and again,
 * and each scan of a JPEG is a pass over its strip.  *ret_scans: the most in one.
 */
static enum tn_status check_parts(const struct tiff_handle *handle,
                                  const struct tiff_fields *fields, size_t *ret_scans,
                                  struct tn_error *err)
{
    enum { MOST_SCANS = 32 };
    const struct image_source *source = handle->source;
    const uint32_t parts = fields->tiled ? handle->tiff->NumberOfTiles(handle->file)
                                         : handle->tiff->NumberOfStrips(handle->file);
    size_t sum = 0, most = 0;

    for (uint32_t i = 0; i < parts; i++) {
        const uint64_t offset = handle->tiff->GetStrileOffset(handle->file, i);
        const uint64_t size = handle->tiff->GetStrileByteCount(handle->file, i);
        const size_t left = offset < source->size ? source->size - (size_t)offset : 0;
        const size_t length = size < left ? (size_t)size : left;
        size_t scans;

        sum += length;
        if (sum > 2 * source->size)
            return tn_fail(err, TN_FORMAT, "%s: the parts of the %s picture share their bytes",
                           source->name, source->format);
        if (fields->compression != COMPRESSION_JPEG && fields->compression != COMPRESSION_OJPEG)
            continue;
        scans = count_scans(source->bytes + (length > 0 ? offset : 0), length);
        most = scans > most ? scans : most;
    }
    if (most > MOST_SCANS)
        return tn_fail(err, TN_FORMAT,
                       "%s: %zu JPEG scans in the %s file are more than the "
                       "limit of %d",
                       source->name, most, source->format, MOST_SCANS);
    *ret_scans = most;
    return TN_OK;
}

/* Bytes beside the picture, SIZE_MAX where they are too many to count. */
static size_t buffers(const struct tiff_fields *fields, size_t kept)
{
    enum { ROWS = 64, HANDLE = 1 << 16 };
    const size_t width = fields->format.width;
    const size_t across = fields->tiled ? width / fields->tile_width + 1 : 0;
    size_t parts = kept + across, row, bytes;

    if (fields->by_libtiff) /* a strip and its converted pixels */
        parts += 1 + 4;
    if (__builtin_mul_overflow(fields->row_bytes, 2, &row) ||
        __builtin_mul_overflow(fields->part_bytes, parts, &bytes) ||
        __builtin_add_overflow(bytes, row + ROWS * width + HANDLE, &bytes) ||
        (fields->separate && __builtin_mul_overflow(bytes, TIFF_MOST_CHANNELS, &bytes)))
        return SIZE_MAX;
    return bytes;
}

enum tn_status tiff_fields_check(const struct tiff_handle *handle, const struct tiff_fields *fields,
                                 size_t extra, struct tn_error *err)
{
    enum { MOST_PIXEL_BYTES = 16, COEFFICIENT = 2 };
    const struct image_source *source = handle->source;
    size_t kept, scans, bytes;

    TN_TRY(image_check_size(source, fields->format.width, fields->height, 0, extra, err));
    TN_TRY(find_compression(handle, fields, &kept, err));
    if (fields->row_bytes > MOST_PIXEL_BYTES * source->options.max_pixels / fields->height)
        return tn_fail(err, TN_RANGE,
                       "%s: %zu rows of %zu bytes in the %s picture are more than the limit of %zu "
                       "bytes per pixel",
                       source->name, fields->height, fields->row_bytes, source->format,
                       (size_t)MOST_PIXEL_BYTES);
    TN_TRY(check_parts(handle, fields, &scans, err));
    if (scans > 1)
        kept += COEFFICIENT;
    bytes = buffers(fields, kept);
    if (__builtin_add_overflow(bytes, extra + image_colour_bytes(fields->icc_size), &bytes))
        bytes = SIZE_MAX;
    return image_check_size(source, fields->format.width, fields->height, 0, bytes, err);
}
