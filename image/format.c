/* SPDX-License-Identifier: MIT */
/* Formats by their magic bytes: those that are decoded here, and those that are refused by name. */
#include "base/tiff.h"
#include "image/image_private.h"

#include <string.h>

#ifdef IMAGE_HAVE_WEBP
#define WEBP_DECODER image_webp_decode
#else
#define WEBP_DECODER NULL
#endif
#ifdef IMAGE_HAVE_HEIF
#define HEIF_DECODER image_heif_decode
#else
#define HEIF_DECODER NULL
#endif
#ifdef IMAGE_HAVE_JP2
#define JP2_DECODER image_jp2_decode
#else
#define JP2_DECODER NULL
#endif
#ifdef IMAGE_HAVE_JXL
#define JXL_DECODER image_jxl_decode
#else
#define JXL_DECODER NULL
#endif
#ifdef IMAGE_HAVE_TIFF
#define TIFF_DECODER image_tiff_decode
#else
#define TIFF_DECODER NULL
#endif

struct image_format {
    const char *name;
    size_t offset; /* of the magic bytes */
    const char *magic;
    size_t length;
    image_decode_fn *decode; /* NULL: cannot be read in this build */
    const char *remedy;      /* what to do to have it read; NULL: it is not read */
};

#define MAGIC(offset, text) (offset), (text), sizeof(text) - 1

/* The first that fits counts; WebP and raws that are TIFF files need a look at more than one place,
 * see below. */
static const struct image_format formats[] = {
    {"JPEG", MAGIC(0, "\xFF\xD8\xFF"), image_jpeg_decode, NULL},
    {"PNG", MAGIC(0, "\x89PNG\r\n\x1A\n"), image_png_decode, NULL},
    {"GIF", MAGIC(0, "GIF87a"), image_gif_decode, NULL},
    {"GIF", MAGIC(0, "GIF89a"), image_gif_decode, NULL},
    {"BMP", MAGIC(0, "BM"), image_stb_decode, NULL},
    {"PSD", MAGIC(0, "8BPS\0\1"), image_stb_decode, NULL},
    {"HDR", MAGIC(0, "#?RADIANCE\n"), image_stb_decode, NULL},
    {"HDR", MAGIC(0, "#?RGBE\n"), image_stb_decode, NULL},
    {"PBM", MAGIC(0, "P1"), image_pnm_decode, NULL},
    {"PGM", MAGIC(0, "P2"), image_pnm_decode, NULL},
    {"PPM", MAGIC(0, "P3"), image_pnm_decode, NULL},
    {"PBM", MAGIC(0, "P4"), image_pnm_decode, NULL},
    {"PGM", MAGIC(0, "P5"), image_pnm_decode, NULL},
    {"PPM", MAGIC(0, "P6"), image_pnm_decode, NULL},
    {"PAM", MAGIC(0, "P7"), image_pnm_decode, NULL},
    {"PFM", MAGIC(0, "PF"), image_pnm_decode, NULL},
    {"PFM", MAGIC(0, "Pf"), image_pnm_decode, NULL},
    {"WebP", MAGIC(8, "WEBP"), WEBP_DECODER, TN_LIBRARY_REMEDY("libwebp", "")},
    {"HEIC", MAGIC(4, "ftyphei"), HEIF_DECODER, TN_LIBRARY_REMEDY("libheif", "")},
    {"HEIC", MAGIC(4, "ftyphev"), HEIF_DECODER, TN_LIBRARY_REMEDY("libheif", "")},
    {"AVIF", MAGIC(4, "ftypavi"), HEIF_DECODER, TN_LIBRARY_REMEDY("libheif", "")},
    {"HEIF", MAGIC(4, "ftypmif1"), HEIF_DECODER, TN_LIBRARY_REMEDY("libheif", "")},
    {"HEIF", MAGIC(4, "ftypmsf1"), HEIF_DECODER, TN_LIBRARY_REMEDY("libheif", "")},
    {"PSB", MAGIC(0, "8BPS\0\2"), NULL, NULL},
    {"Canon raw (CR2)", MAGIC(8, "CR\2\0"), image_raw_decode, NULL},
    {"Canon raw (CR3)", MAGIC(4, "ftypcrx "), image_raw_decode, NULL},
    {"Canon raw (CRW)", MAGIC(6, "HEAPCCDR"), image_raw_decode, NULL},
    {"Fujifilm raw (RAF)", MAGIC(0, "FUJIFILMCCD-RAW"), image_raw_decode, NULL},
    {"Olympus raw (ORF)", MAGIC(0, "IIRO"), image_raw_decode, NULL},
    {"Olympus raw (ORF)", MAGIC(0, "IIRS"), image_raw_decode, NULL},
    {"Olympus raw (ORF)", MAGIC(0, "MMOR"), image_raw_decode, NULL},
    {"Panasonic raw (RW2)", MAGIC(0, "IIU\0"), image_raw_decode, NULL},
    {"Sigma raw (X3F)", MAGIC(0, "FOVb"), image_raw_decode, NULL},
    {"Minolta raw (MRW)", MAGIC(0, "\0MRM"), image_raw_decode, NULL},
    {"camera raw", MAGIC(0, "II*\0"), image_raw_decode, NULL},
    {"camera raw", MAGIC(0, "MM\0*"), image_raw_decode, NULL},
    {"TIFF", MAGIC(0, "II*\0"), TIFF_DECODER, TN_LIBRARY_REMEDY("libtiff", "")},
    {"TIFF", MAGIC(0, "MM\0*"), TIFF_DECODER, TN_LIBRARY_REMEDY("libtiff", "")},
    {"TIFF", MAGIC(0, "II+\0"), TIFF_DECODER, TN_LIBRARY_REMEDY("libtiff", "")},
    {"TIFF", MAGIC(0, "MM\0+"), TIFF_DECODER, TN_LIBRARY_REMEDY("libtiff", "")},
    {"JPEG XL", MAGIC(0, "\xFF\x0A"), JXL_DECODER, TN_LIBRARY_REMEDY("libjxl", "")},
    {"JPEG XL", MAGIC(0, "\0\0\0\x0CJXL \r\n\x87\n"), JXL_DECODER, TN_LIBRARY_REMEDY("libjxl", "")},
    {"JPEG 2000", MAGIC(0, "\0\0\0\x0CjP  \r\n\x87\n"), JP2_DECODER,
     TN_LIBRARY_REMEDY("openjpeg", "")},
    {"JPEG 2000", MAGIC(0, "\xFF\x4F\xFF\x51"), JP2_DECODER, TN_LIBRARY_REMEDY("openjpeg", "")},
    {"JPEG XR", MAGIC(0, "II\xBC\1"), NULL, NULL},
    {"BPG", MAGIC(0, "BPG\xFB"), NULL, NULL},
    {"FLIF", MAGIC(0, "FLIF"), NULL, NULL},
    {"QOI", MAGIC(0, "qoif"), NULL, NULL},
    {"farbfeld", MAGIC(0, "farbfeld"), NULL, NULL},
    {"OpenEXR", MAGIC(0, "\x76\x2F\x31\1"), NULL, NULL},
    {"DDS", MAGIC(0, "DDS "), NULL, NULL},
    {"XCF", MAGIC(0, "gimp xcf"), NULL, NULL},
    {"MNG", MAGIC(0, "\x8AMNG\r\n\x1A\n"), NULL, NULL},
    {"JNG", MAGIC(0, "\x8BJNG\r\n\x1A\n"), NULL, NULL},
    {"DjVu", MAGIC(0, "AT&TFORM"), NULL, NULL},
    {"Windows icon", MAGIC(0, "\0\0\1\0"), NULL, NULL},
    {"XPM", MAGIC(0, "/* XPM */"), NULL, NULL},
    {"PDF", MAGIC(0, "%PDF-"), NULL, NULL},
    {"PostScript", MAGIC(0, "%!PS"), NULL, NULL},
    {"SVG", MAGIC(0, "<svg"), NULL, NULL},
    {"SVG or other XML", MAGIC(0, "<?xml"), NULL, NULL},
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

static const struct image_format *find_format(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < FORMATS; i++) {
        const struct image_format *format = &formats[i];

        if (size < format->offset + format->length ||
            memcmp(bytes + format->offset, format->magic, format->length) != 0)
            continue;
        if (format->decode == image_pnm_decode && !image_pnm_is(bytes, size))
            continue;
        if (strcmp(format->name, "camera raw") == 0 && !tn_tiff_is_raw(bytes, size))
            continue;
        if (strcmp(format->name, "WebP") == 0 && memcmp(bytes, "RIFF", 4) != 0)
            continue;
        return format;
    }
    return NULL;
}

/* ---- Films, which lie among photos ---- */

static bool begins(const unsigned char *bytes, size_t size, size_t offset, const char *magic,
                   size_t length)
{
    return size >= offset + length && memcmp(bytes + offset, magic, length) == 0;
}

/* Transport streams begin each packet with a G, those of cameras after a time of 4 bytes. */
static bool is_transport_stream(const unsigned char *bytes, size_t size)
{
    return (size > 2 * 188 && bytes[0] == 'G' && bytes[188] == 'G' && bytes[2 * 188] == 'G') ||
           (size > 4 + 2 * 192 && bytes[4] == 'G' && bytes[4 + 192] == 'G' &&
            bytes[4 + 2 * 192] == 'G');
}

/* MP4, QuickTime and their kin; AVI; Matroska; Windows Media; MPEG; Flash. */
bool image_is_film(const unsigned char *bytes, size_t size)
{
    static const struct {
        size_t offset;
        const char *magic;
        size_t length;
    } films[] = {
        {MAGIC(4, "ftypqt")},
        {MAGIC(4, "ftypmp4")},
        {MAGIC(4, "ftypis")},
        {MAGIC(4, "ftypavc")},
        {MAGIC(4, "ftypM4")},
        {MAGIC(4, "ftyp3g")},
        {MAGIC(4, "ftypMSNV")},
        {MAGIC(4, "ftypXAVC")},
        {MAGIC(4, "ftypmmp4")},
        {MAGIC(4, "ftypf4v")},
        {MAGIC(4, "moov")},
        {MAGIC(4, "mdat")},
        {MAGIC(4, "wide")},
        {MAGIC(4, "pnot")},
        {MAGIC(8, "AVI ")},
        {MAGIC(0, "\x1A\x45\xDF\xA3")},
        {MAGIC(0, "\x30\x26\xB2\x75")},
        {MAGIC(0, "\0\0\1\xBA")},
        {MAGIC(0, "\0\0\1\xB3")},
        {MAGIC(0, "FLV\1")},
    };

    for (size_t i = 0; i < sizeof films / sizeof films[0]; i++)
        if (begins(bytes, size, films[i].offset, films[i].magic, films[i].length))
            /* of the boxes, the size stands before the name */
            return films[i].offset != 4 || bytes[0] == 0;
    return is_transport_stream(bytes, size);
}

const char *image_format(const unsigned char *bytes, size_t size)
{
    const struct image_format *format = find_format(bytes, size);

    return format ? format->name : NULL;
}

bool image_is_raw(const unsigned char *bytes, size_t size)
{
    const struct image_format *format = find_format(bytes, size);

    return format && format->decode == image_raw_decode;
}

const char *const *image_formats(void)
{
    static const char *const names[] = {"JPEG",
                                        "PNG",
#ifdef IMAGE_HAVE_WEBP
                                        "WebP",
#endif
#ifdef IMAGE_HAVE_HEIF
                                        "HEIC",
                                        "AVIF",
                                        "HEIF",
#endif
#ifdef IMAGE_HAVE_JXL
                                        "JPEG XL",
#endif
#ifdef IMAGE_HAVE_JP2
                                        "JPEG 2000",
#endif
#ifdef IMAGE_HAVE_TIFF
                                        "TIFF",
#endif
                                        "Canon raw (CR2)",
                                        "Canon raw (CR3)",
                                        "Canon raw (CRW)",
                                        "Fujifilm raw (RAF)",
                                        "Olympus raw (ORF)",
                                        "Panasonic raw (RW2)",
                                        "Sigma raw (X3F)",
                                        "Minolta raw (MRW)",
                                        "camera raw",
                                        "BMP",
                                        "GIF",
                                        "PSD",
                                        "HDR",
                                        "PBM",
                                        "PGM",
                                        "PPM",
                                        "PAM",
                                        "PFM",
                                        "TGA",
                                        NULL};

    return names;
}

enum tn_status image_find_decoder(struct image_source *source, image_decode_fn **ret_decode,
                                  struct tn_error *err)
{
    static const struct image_format tga = {.name = "TGA", .decode = image_tga_decode};
    const struct image_format *format = find_format(source->bytes, source->size);

    if (!format &&
        image_tga_is(source->name, source->bytes, source->size, source->bytes, source->size))
        format = &tga;
    if (!format && image_is_film(source->bytes, source->size))
        return tn_fail(err, TN_FORMAT, "%s: is a film, not a photo", source->name);
    if (!format)
        return tn_fail(err, TN_FORMAT, "%s: not an image of any known format", source->name);
    if (!format->decode && format->remedy)
        return tn_fail(err, TN_UNSUPPORTED, "%s: %s support is not built in (%s)", source->name,
                       format->name, format->remedy);
    if (!format->decode)
        return tn_fail(err, TN_UNSUPPORTED, "%s: %s cannot be read", source->name, format->name);
    source->format = format->name;
    *ret_decode = format->decode;
    return TN_OK;
}
