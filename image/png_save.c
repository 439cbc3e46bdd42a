/* SPDX-License-Identifier: MIT */
#include "image/image.h"

#include <errno.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <png.h>

#include "base/atomic_file.h"

struct png_writer {
    png_structp codec;
    png_infop info;
    const struct image *image;
    const char *path;
    FILE *stream;
    enum tn_status status;
    struct tn_error *err;
};

static void on_write_error(png_structp codec, png_const_charp text)
{
    struct png_writer *writer = png_get_error_ptr(codec);

    writer->status = tn_fail(writer->err, TN_IO, "%s: cannot write: %s", writer->path,
                             ferror(writer->stream) ? strerror(errno) : text);
    png_longjmp(codec, 1);
}

static void on_write_warning(png_structp codec, png_const_charp text)
{
    (void)codec;
    (void)text;
}

/* What a PNG chunk of type tEXt says of a drawing. */
static const char keyword[] = "Software", program[] = "caption";

static void say_who_made_it(struct png_writer *writer)
{
    char key[sizeof keyword], text[sizeof program];
    png_text said = {.compression = PNG_TEXT_COMPRESSION_NONE, .key = key, .text = text};

    memcpy(key, keyword, sizeof keyword);
    memcpy(text, program, sizeof program);
    png_set_text(writer->codec, writer->info, &said, 1);
}

static enum tn_status png_encode(struct png_writer *writer)
{
    const struct image *image = writer->image;

    if (setjmp(png_jmpbuf(writer->codec)))
        return writer->status;
    png_init_io(writer->codec, writer->stream);
    png_set_IHDR(writer->codec, writer->info, (png_uint_32)image->width, (png_uint_32)image->height,
                 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    say_who_made_it(writer);
    png_write_info(writer->codec, writer->info);
    for (size_t y = 0; y < image->height; y++)
        png_write_row(writer->codec, image->rgb + y * image->width * 3);
    png_write_end(writer->codec, writer->info);
    return TN_OK;
}

/* The chunk comes right behind the signature (8 bytes) and IHDR (25). */
bool image_is_drawing(const unsigned char *bytes, size_t size)
{
    enum { AT = 8 + 25 };
    static const char chunk[] = "\0\0\0\x10"
                                "tEXtSoftware\0caption";

    return size >= AT + sizeof chunk - 1 && memcmp(bytes, "\x89PNG", 4) == 0 &&
           memcmp(bytes + AT, chunk, sizeof chunk - 1) == 0;
}

enum tn_status image_save_png(const struct image *image, const char *path, struct tn_error *err)
{
    struct png_writer writer = {.image = image, .path = path, .err = err};
    struct tn_atomic_file file = {0};
    enum tn_status status;

    if (image->width == 0 || image->height == 0 || image->width > PNG_USER_WIDTH_MAX ||
        image->height > PNG_USER_HEIGHT_MAX)
        return tn_fail(err, TN_RANGE, "%s: a PNG of %zu x %zu pixels cannot be written", path,
                       image->width, image->height);
    TN_TRY(tn_atomic_open(&file, path, err));
    writer.stream = file.stream;
    writer.codec =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_write_error, on_write_warning);
    writer.info = writer.codec ? png_create_info_struct(writer.codec) : NULL;
    if (writer.info)
        status = png_encode(&writer);
    else
        status = tn_fail(err, TN_NOMEM, "%s: out of memory for a PNG encoder", path);
    png_destroy_write_struct(&writer.codec, &writer.info);
    if (status == TN_OK)
        status = tn_atomic_commit(&file, err);
    tn_atomic_abandon(&file);
    return status;
}
