/* SPDX-License-Identifier: MIT */
#include "image/image.h"

#include <setjmp.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

/* Thumbnails are no photos, and may lie in a folder of photos. */
static const char comment[] = "Thumbnail made by caption";

/* All state lives here, so that a longjmp loses nothing. */
struct jpeg_writer {
    struct jpeg_compress_struct codec;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    enum tn_status status;
    struct tn_error *err;
};

static _Noreturn void on_encode_error(j_common_ptr codec)
{
    struct jpeg_writer *writer = codec->client_data;
    char text[JMSG_LENGTH_MAX];

    codec->err->format_message(codec, text);
    writer->status =
        tn_fail(writer->err, codec->err->msg_code == JERR_OUT_OF_MEMORY ? TN_NOMEM : TN_IO,
                "cannot write a JPEG: %s", text);
    longjmp(writer->failed, 1);
}

static void on_encode_message(j_common_ptr codec, int level)
{
    (void)codec;
    (void)level;
}

static enum tn_status jpeg_encode(struct jpeg_writer *writer, const struct image *image,
                                  int quality, FILE *stream)
{
    struct jpeg_compress_struct *codec = &writer->codec;

    if (setjmp(writer->failed))
        return writer->status;
    jpeg_create_compress(codec);
    jpeg_stdio_dest(codec, stream);
    codec->image_width = (JDIMENSION)image->width;
    codec->image_height = (JDIMENSION)image->height;
    codec->input_components = 3;
    codec->in_color_space = JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, quality, TRUE);
    codec->optimize_coding = TRUE;
    jpeg_start_compress(codec, TRUE);
    jpeg_write_marker(codec, JPEG_COM, (const JOCTET *)comment, sizeof comment - 1);
    while (codec->next_scanline < codec->image_height) {
        JSAMPROW row = image->rgb + codec->next_scanline * image->width * 3;

        jpeg_write_scanlines(codec, &row, 1);
    }
    jpeg_finish_compress(codec);
    return TN_OK;
}

/* The comment comes right behind the start of the image (2 bytes) and JFIF's segment (18). */
bool image_is_thumbnail(const unsigned char *bytes, size_t size)
{
    enum { START = 2 + 18, HEADER = 4, LENGTH = sizeof comment - 1 };
    static const unsigned char header[HEADER] = {0xFF, JPEG_COM, 0, 2 + LENGTH};

    return size >= START + HEADER + LENGTH && memcmp(bytes + START, header, HEADER) == 0 &&
           memcmp(bytes + START + HEADER, comment, LENGTH) == 0;
}

enum tn_status image_write_jpeg(const struct image *image, int quality, FILE *stream,
                                struct tn_error *err)
{
    struct jpeg_writer writer = {.err = err};
    enum tn_status status;

    if (image->width == 0 || image->height == 0 || image->width > JPEG_MAX_DIMENSION ||
        image->height > JPEG_MAX_DIMENSION)
        return tn_fail(err, TN_RANGE, "a JPEG of %zu x %zu pixels cannot be written", image->width,
                       image->height);
    writer.codec.err = jpeg_std_error(&writer.errors);
    writer.codec.client_data = &writer;
    writer.errors.error_exit = on_encode_error;
    writer.errors.emit_message = on_encode_message;
    status = jpeg_encode(&writer, image, quality, stream);
    jpeg_destroy_compress(&writer.codec);
    return status;
}
