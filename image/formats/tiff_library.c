/* SPDX-License-Identifier: MIT */
#include "image/formats/tiff_library.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct tiff_functions tiff; /* written by the loader alone */

#define FUNCTION(name) TN_FUNCTION(TIFF##name, &tiff.name),
static const struct tn_library_function functions[] = {TIFF_FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY("libtiff.so.6", functions);

static tmsize_t on_read(thandle_t context, void *out, tmsize_t size)
{
    struct tiff_handle *handle = context;
    const uint64_t end = handle->source->size;
    const uint64_t left = handle->position < end ? end - handle->position : 0;
    const uint64_t got = size < 0 ? 0 : (uint64_t)size < left ? (uint64_t)size : left;

    memcpy(out, handle->source->bytes + (got > 0 ? handle->position : 0), (size_t)got);
    handle->position += got;
    return (tmsize_t)got;
}

static tmsize_t on_write(thandle_t context, void *in, tmsize_t size)
{
    (void)context;
    (void)in;
    (void)size;
    return 0;
}

static toff_t on_seek(thandle_t context, toff_t offset, int whence)
{
    struct tiff_handle *handle = context;
    const uint64_t from = whence == SEEK_CUR   ? handle->position
                          : whence == SEEK_END ? handle->source->size
                                               : 0;

    handle->position = from + offset;
    return handle->position;
}

static int on_close(thandle_t context)
{
    (void)context;
    return 0;
}

static toff_t on_size(thandle_t context)
{
    const struct tiff_handle *handle = context;

    return handle->source->size;
}

/* libtiff only reads what is mapped, though its type does not say so. */
static int on_map(thandle_t context, void **ret_base, toff_t *ret_size)
{
    const struct tiff_handle *handle = context;

    memcpy(ret_base, &handle->source->bytes, sizeof *ret_base);
    *ret_size = handle->source->size;
    return 1;
}

static void on_unmap(thandle_t context, void *base, toff_t size)
{
    (void)context;
    (void)base;
    (void)size;
}

static TN_PRINTF(4, 0) int on_error(TIFF *file, void *context, const char *function,
                                    const char *format, va_list arguments)
{
    struct tiff_handle *handle = context;

    (void)file;
    (void)function;
    if (handle->complaint[0] == '\0')
        vsnprintf(handle->complaint, sizeof handle->complaint, format, arguments);
    return 1; /* nothing goes to stderr */
}

static TN_PRINTF(4, 0) int on_warning(TIFF *file, void *context, const char *function,
                                      const char *format, va_list arguments)
{
    (void)file;
    (void)context;
    (void)function;
    (void)format;
    (void)arguments;
    return 1;
}

enum tn_status tiff_handle_fail(const struct tiff_handle *handle, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: cannot read %s: %s", handle->source->name,
                   handle->source->format,
                   handle->complaint[0] ? handle->complaint : "it is truncated or damaged");
}

static void ask_for_rgb(const struct tiff_handle *handle)
{
    uint16_t photometric = 0, compression = 0;

    tiff.GetField(handle->file, TIFFTAG_PHOTOMETRIC, &photometric);
    tiff.GetField(handle->file, TIFFTAG_COMPRESSION, &compression);
    if (photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG)
        tiff.SetField(handle->file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (compression == COMPRESSION_SGILOG || compression == COMPRESSION_SGILOG24)
        tiff.SetField(handle->file, TIFFTAG_SGILOGDATAFMT, SGILOGDATAFMT_8BIT);
}

/* r: to read; h: no directory yet; c: strips as they are. */
enum tn_status tiff_handle_open(struct tiff_handle *handle, const struct image_source *source,
                                uint64_t directory, struct tn_error *err)
{
    TIFFOpenOptions *options;

    TN_TRY(image_load_library(source, &library, err));
    options = tiff.OpenOptionsAlloc();
    if (!options)
        return tn_fail(err, TN_NOMEM, "%s: out of memory for libtiff", source->name);
    *handle = (struct tiff_handle){.tiff = &tiff, .source = source};
    tiff.OpenOptionsSetErrorHandlerExtR(options, on_error, handle);
    tiff.OpenOptionsSetWarningHandlerExtR(options, on_warning, handle);
    tiff.OpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)source->options.max_memory);
    handle->file = tiff.ClientOpenExt(source->name, "rhc", handle, on_read, on_write, on_seek,
                                      on_close, on_size, on_map, on_unmap, options);
    tiff.OpenOptionsFree(options);
    if (!handle->file || !tiff.SetSubDirectory(handle->file, directory))
        return tiff_handle_fail(handle, err);
    ask_for_rgb(handle);
    return TN_OK;
}

void tiff_handle_close(struct tiff_handle *handle)
{
    if (handle->file)
        tiff.Close(handle->file);
    handle->file = NULL;
}
