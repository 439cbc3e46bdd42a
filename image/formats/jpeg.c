/* SPDX-License-Identifier: MIT */
/*
 * JPEG through libjpeg-turbo.  Where the caller wants a small picture, the inverse DCT makes it at
 * 1/2, 1/4 or 1/8 of its size (the library's other fractions are slower than full size).  A file
 * whose pixels end early is an error, other damage that libjpeg can mend is not.  Nothing is read
 * behind the last bit of a picture: the end marker may be missing, and another thing in its place.
 */
#include "image/image_private.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jerror.h>
#include <jpeglib.h>

/* Scans in one file: a few kilobytes can hold thousands, each of which costs a pass over the
 * picture.  Writers make about ten; of a picture as large as allowed no more than 32 are read. */
enum { MAX_SCANS = 200, MAX_SCANS_OF_LARGEST = 32, BAND = 16 };

/* All state lives here, so that a longjmp loses nothing. */
struct jpeg_reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    const struct image_source *source;
    enum tn_status status;
    struct tn_error *err;
    int orientation;
    bool ended; /* the file did, and libjpeg reads on in end markers that it makes up */
    struct image_rows rows;
    unsigned char *profile; /* ICC, owned; NULL: none */
    size_t profile_size;
    unsigned char *band; /* BAND rows as libjpeg makes them */
};

static struct jpeg_reader *reader_of(j_common_ptr codec)
{
    return codec->client_data;
}

static enum tn_status status_of(int code)
{
    switch (code) {
    case JERR_OUT_OF_MEMORY:
        return TN_NOMEM;
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
        return TN_UNSUPPORTED;
    default:
        return TN_FORMAT;
    }
}

static enum tn_status fail_truncated(struct jpeg_reader *reader)
{
    return tn_fail(reader->err, TN_FORMAT, "%s: the JPEG file is truncated or damaged",
                   reader->source->name);
}

static _Noreturn void on_decode_error(j_common_ptr codec)
{
    struct jpeg_reader *reader = reader_of(codec);
    char text[JMSG_LENGTH_MAX];

    codec->err->format_message(codec, text);
    if (reader->ended)
        reader->status = fail_truncated(reader);
    else
        reader->status = tn_fail(reader->err, status_of(codec->err->msg_code),
                                 "%s: cannot read JPEG: %s", reader->source->name, text);
    longjmp(reader->failed, 1);
}

/* Level -1 is a warning, the others are traces.  That the file ends is no harm unless bits are
 * wanted then: libjpeg reads ahead.  An arithmetic decoder does not say that it wants any. */
static void on_decode_message(j_common_ptr codec, int level)
{
    struct jpeg_reader *reader = reader_of(codec);
    const int code = codec->err->msg_code;

    if (level >= 0 || (code != JWRN_JPEG_EOF && code != JWRN_HIT_MARKER))
        return;
    reader->ended = reader->ended || code == JWRN_JPEG_EOF;
    if (code == JWRN_JPEG_EOF && !reader->codec.arith_code)
        return;
    reader->status = fail_truncated(reader);
    longjmp(reader->failed, 1);
}

/* The largest of 1, 2, 4, 8 by which the picture may be reduced. */
static unsigned scale_for(const struct image_source *source, size_t width, size_t height)
{
    const size_t most = image_reduction(source, width, height);
    unsigned scale = 8;

    while (scale > most)
        scale /= 2;
    return scale;
}

static size_t scans_for(const struct image_source *source, size_t pixels)
{
    const size_t times = source->options.max_pixels / pixels; /* 0 is refused by its size */

    return times > MAX_SCANS / MAX_SCANS_OF_LARGEST ? MAX_SCANS : times * MAX_SCANS_OF_LARGEST;
}

/* Progressive and other multi-scan files keep all coefficients, at full size whatever the scale. */
static size_t coefficient_bytes(struct jpeg_decompress_struct *codec)
{
    size_t blocks = 0;

    if (!jpeg_has_multiple_scans(codec))
        return 0;
    for (int i = 0; i < codec->num_components; i++) {
        const jpeg_component_info *component = &codec->comp_info[i];

        /* The library rounds up to whole units of up to 4 blocks a side. */
        blocks +=
            ((size_t)component->width_in_blocks + 4) * ((size_t)component->height_in_blocks + 4);
    }
    return blocks * DCTSIZE2 * sizeof(JCOEF);
}

/* Reads the header, decides the scale, and refuses what is too large. */
static enum tn_status start_decoding(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    const struct image_source *source = reader->source;

    jpeg_mem_src(codec, source->bytes, source->size);
    jpeg_read_header(codec, TRUE);
    codec->scale_num = 1;
    codec->scale_denom = scale_for(source, codec->image_width, codec->image_height);
    codec->out_color_space =
        codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK ? JCS_CMYK
                                                                                   : JCS_RGB;
    return image_check_size(source, codec->image_width, codec->image_height, 0,
                            coefficient_bytes(codec) + image_colour_bytes(reader->profile_size),
                            reader->err);
}

/* Whether the scans that were read hold all of the picture.  A component has its quantisation table
 * from its first scan on; coef_bits are how many low bits of a coefficient are not known. */
static bool is_complete(const struct jpeg_decompress_struct *codec)
{
    for (int i = 0; i < codec->num_components; i++) {
        if (!codec->comp_info[i].quant_table)
            return false;
        for (int k = 0; k < DCTSIZE2 && codec->progressive_mode; k++)
            if (codec->coef_bits[i][k] != 0)
                return false;
    }
    return true;
}

/* Reads scans until the picture is complete, or at the end marker as complete as it gets.  Without
 * the marker nobody knows what was cut off. */
static enum tn_status read_scans(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    const size_t most = scans_for(reader->source, (size_t)codec->image_width * codec->image_height);

    for (;;) {
        const int what = jpeg_consume_input(codec);

        if (what == JPEG_SCAN_COMPLETED && is_complete(codec))
            return TN_OK;
        if (what == JPEG_REACHED_EOI)
            return reader->ended ? fail_truncated(reader) : TN_OK;
        if ((size_t)codec->input_scan_number > most)
            return tn_fail(reader->err, TN_FORMAT,
                           "%s: the JPEG file has more scans than the limit of %zu",
                           reader->source->name, most);
    }
}

static enum image_pixels pixels_of(const struct jpeg_decompress_struct *codec)
{
    if (codec->out_color_space == JCS_CMYK)
        return IMAGE_CMYK;
    return codec->jpeg_color_space == JCS_GRAYSCALE ? IMAGE_GREY : IMAGE_RGB;
}

static void read_scanlines(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;
    const size_t stride = codec->output_width * (size_t)codec->output_components;
    JSAMPROW rows[BAND];

    for (size_t i = 0; i < BAND; i++)
        rows[i] = reader->band + i * stride;
    while (codec->output_scanline < codec->output_height) {
        const size_t count = jpeg_read_scanlines(codec, rows, BAND);

        for (size_t i = 0; i < count; i++) {
            if (codec->out_color_space == JCS_CMYK && codec->saw_Adobe_marker)
                for (size_t x = 0; x < stride; x++)
                    rows[i][x] ^= 255; /* Adobe's files hold 255 - ink */
            image_rows_put(&reader->rows, rows[i], (size_t)codec->output_components);
        }
    }
}

static enum tn_status jpeg_decode(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *codec = &reader->codec;

    if (setjmp(reader->failed))
        return reader->status;
    jpeg_create_decompress(codec);
    TN_TRY(start_decoding(reader));
    codec->buffered_image = jpeg_has_multiple_scans(codec);
    jpeg_start_decompress(codec);
    if (codec->buffered_image) {
        TN_TRY(read_scans(reader));
        jpeg_start_output(codec, codec->input_scan_number);
    }
    TN_TRY(image_rows_init(&reader->rows, reader->source, codec->output_width, codec->output_height,
                           reader->orientation, reader->err));
    TN_TRY(image_rows_set_profile(&reader->rows, reader->profile, reader->profile_size,
                                  pixels_of(codec), reader->err));
    reader->band = malloc((size_t)codec->output_width * (size_t)codec->output_components * BAND);
    if (!reader->band)
        return tn_fail_nomem(reader->err, (size_t)codec->output_width * 4 * BAND);
    read_scanlines(reader);
    return TN_OK;
}

enum tn_status image_jpeg_decode(const struct image_source *source, struct image *ret_image,
                                 struct tn_error *err)
{
    struct jpeg_reader reader = {.source = source, .err = err};
    enum tn_status status;

    reader.codec.err = jpeg_std_error(&reader.errors);
    reader.codec.client_data = &reader;
    reader.errors.error_exit = on_decode_error;
    reader.errors.emit_message = on_decode_message;
    reader.orientation = source->orientation ? source->orientation
                                             : image_jpeg_orientation(source->bytes, source->size);
    TN_TRY(image_jpeg_profile(source->bytes, source->size, &reader.profile, &reader.profile_size,
                              err));
    status = jpeg_decode(&reader);
    jpeg_destroy_decompress(&reader.codec);
    free(reader.band);
    free(reader.profile);
    if (status == TN_OK)
        *ret_image = image_rows_take(&reader.rows);
    image_rows_finish(&reader.rows);
    return status;
}
