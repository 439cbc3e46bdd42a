/* SPDX-License-Identifier: MIT */
/*
 * JPEG 2000 through openjpeg: JP2 files and codestreams alone.  Where the caller wants a small
 * picture, the finest resolutions are not decoded.  Components of any size, depth and sign become
 * 8-bit RGB.
 */
#include "image/formats/jp2_plan.h"

#include <stdlib.h>
#include <string.h>

#include <openjpeg.h>

/* What is used of openjpeg, which most runs do not load (base/library.h). */
#define FUNCTIONS(X)                                                                               \
    X(create_decompress)                                                                           \
    X(decode)                                                                                      \
    X(decoder_set_strict_mode)                                                                     \
    X(destroy_codec)                                                                               \
    X(image_destroy)                                                                               \
    X(read_header)                                                                                 \
    X(set_default_decoder_parameters)                                                              \
    X(set_error_handler)                                                                           \
    X(setup_decoder)                                                                               \
    X(stream_create)                                                                               \
    X(stream_destroy)                                                                              \
    X(stream_set_read_function)                                                                    \
    X(stream_set_seek_function)                                                                    \
    X(stream_set_skip_function)                                                                    \
    X(stream_set_user_data)                                                                        \
    X(stream_set_user_data_length)

#define MEMBER(name) __typeof__(&opj_##name) name;
#define FUNCTION(name) TN_FUNCTION(opj_##name, &opj.name),

static struct {
    FUNCTIONS(MEMBER)
} opj;

static const struct tn_library_function functions[] = {FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY("libopenjp2.so.7", functions);

struct jp2_reader {
    const struct image_source *source;
    struct jp2_plan plan;
    size_t position; /* in the source's bytes */
    opj_stream_t *stream;
    opj_codec_t *codec;
    opj_image_t *picture;
    struct image_rows rows;
    unsigned char *row; /* owned */
    char message[256];  /* openjpeg's first */
    struct tn_error *err;
};

static OPJ_SIZE_T on_read(void *out, OPJ_SIZE_T count, void *user)
{
    struct jp2_reader *reader = user;
    const size_t left = reader->source->size - reader->position;
    const size_t got = count < left ? count : left;

    if (got == 0)
        return (OPJ_SIZE_T)-1;
    memcpy(out, reader->source->bytes + reader->position, got);
    reader->position += got;
    return got;
}

static OPJ_OFF_T on_skip(OPJ_OFF_T count, void *user)
{
    struct jp2_reader *reader = user;
    const size_t left = reader->source->size - reader->position;

    if (count < 0 || (uint64_t)count > left)
        return -1;
    reader->position += (size_t)count;
    return count;
}

static OPJ_BOOL on_seek(OPJ_OFF_T position, void *user)
{
    struct jp2_reader *reader = user;

    if (position < 0 || (uint64_t)position > reader->source->size)
        return OPJ_FALSE;
    reader->position = (size_t)position;
    return OPJ_TRUE;
}

/* The later messages only follow from the first. */
static void on_message(const char *text, void *user)
{
    struct jp2_reader *reader = user;

    if (reader->message[0] == '\0')
        snprintf(reader->message, sizeof reader->message, "%.*s", (int)strcspn(text, "\n"), text);
}

static enum tn_status fail(const struct jp2_reader *reader)
{
    return tn_fail(reader->err, TN_FORMAT, "%s: cannot read JPEG 2000: %s", reader->source->name,
                   reader->message[0] ? reader->message : "the file is damaged");
}

/* The resolutions to leave out: each halves the picture. */
static unsigned reduction_for(const struct jp2_reader *reader)
{
    const struct jp2_plan *plan = &reader->plan;
    const size_t factor = image_reduction(reader->source, plan->width, plan->height);
    unsigned reduction = 0;

    while (reduction < plan->most_reduced && (size_t)2 << reduction <= factor)
        reduction++;
    return reduction;
}

/* openjpeg keeps the picture in 32 bits per sample, and a tile besides.  Half a byte more is room
 * for what else was measured. */
static enum tn_status check_memory(const struct jp2_reader *reader, unsigned reduction)
{
    const struct jp2_plan *plan = &reader->plan;
    const uint64_t pixels = (uint64_t)plan->width * plan->height;
    uint64_t bytes = ((plan->samples + plan->tile_samples) >> (2 * reduction)) * 9 / 2;

    if (reduction > 0) /* then rows are hardly reduced further */
        bytes += (pixels >> (2 * reduction)) * 3;

    if (__builtin_add_overflow(bytes, plan->memory, &bytes) ||
        __builtin_add_overflow(bytes, (uint64_t)reader->source->size, &bytes))
        bytes = UINT64_MAX;
    return image_check_size(reader->source, plan->width, plan->height, 0, (size_t)bytes,
                            reader->err);
}

/* A bit plane of a sample takes 9 ns, and a few bytes announce as many as openjpeg decodes.  A
 * picture of a usual file takes a tenth of this where a small one is wanted. */
static enum tn_status check_time(const struct jp2_reader *reader, unsigned reduction)
{
    enum { MOST_FOR_SMALL = 1100, MOST = 2500, PER_BYTE = 11 }; /* the first two in millions */
    const struct image_source *source = reader->source;
    const uint64_t base = source->options.wanted_side > 0 ? MOST_FOR_SMALL : MOST;
    const uint64_t most = base * 1000000 + (uint64_t)source->size * PER_BYTE;
    const uint64_t samples = reader->plan.samples >> (2 * reduction);

    if (reader->plan.bit_planes == 0 || samples <= most / reader->plan.bit_planes)
        return TN_OK;
    return tn_fail(
        reader->err, TN_RANGE,
        "%s: %llu million samples of %u bit planes in so small a JPEG 2000 file are more "
        "than the limit of %llu million",
        source->name, (unsigned long long)(samples / 1000000), reader->plan.bit_planes,
        (unsigned long long)(most / reader->plan.bit_planes / 1000000));
}

static enum tn_status start_decoder(struct jp2_reader *reader, unsigned reduction)
{
    opj_dparameters_t parameters;

    reader->stream = opj.stream_create(1 << 16, OPJ_TRUE);
    reader->codec = opj.create_decompress(reader->plan.boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    if (!reader->stream || !reader->codec)
        return tn_fail(reader->err, TN_NOMEM, "%s: out of memory for openjpeg",
                       reader->source->name);
    opj.stream_set_read_function(reader->stream, on_read);
    opj.stream_set_skip_function(reader->stream, on_skip);
    opj.stream_set_seek_function(reader->stream, on_seek);
    opj.stream_set_user_data(reader->stream, reader, NULL);
    opj.stream_set_user_data_length(reader->stream, reader->source->size);
    opj.set_error_handler(reader->codec, on_message, reader);
    opj.set_default_decoder_parameters(&parameters);
    parameters.cp_reduce = reduction;
    if (opj.setup_decoder(reader->codec, &parameters) &&
        opj.decoder_set_strict_mode(reader->codec, OPJ_TRUE))
        return TN_OK;
    return fail(reader);
}

/* Which of the components make up the picture, and how. */
struct layout {
    size_t width, height;                                    /* of the largest component */
    const opj_image_comp_t *components[JP2_MOST_COMPONENTS]; /* colours, then alpha */
    size_t colours;                                          /* 1, 3 or 4 (CMYK) */
    const opj_image_comp_t *alpha;                           /* NULL: there is none */
    bool luminance;                                          /* YCbCr */
};

static bool find_layout(const struct jp2_reader *reader, struct layout *layout)
{
    const opj_image_t *picture = reader->picture;
    const size_t count = picture->numcomps;

    if (count == 0 || count > JP2_MOST_COMPONENTS)
        return false;
    for (size_t i = 0; i < count; i++) {
        const opj_image_comp_t *component = &picture->comps[i];
        /* A codestream alone has no word for it; what writes RGBA so is usual, CMYK is not. */
        const bool last = !reader->plan.boxed && i + 1 == count && count % 2 == 0;

        if (!component->data || component->w == 0 || component->h == 0 || component->prec == 0 ||
            component->prec > 31)
            return false;
        if (component->w > layout->width)
            layout->width = component->w;
        if (component->h > layout->height)
            layout->height = component->h;
        if (component->alpha || last)
            layout->alpha = component;
        else
            layout->components[layout->colours++] = component;
    }
    if (layout->colours == 0 || layout->width > reader->plan.width ||
        layout->height > reader->plan.height)
        return false;
    if (layout->colours == 2 || picture->color_space == OPJ_CLRSPC_GRAY)
        layout->colours = 1;
    if (layout->colours == 4 && picture->color_space != OPJ_CLRSPC_CMYK)
        layout->colours = 3;
    layout->luminance =
        layout->colours == 3 &&
        (picture->color_space == OPJ_CLRSPC_SYCC || picture->color_space == OPJ_CLRSPC_EYCC ||
         (picture->color_space != OPJ_CLRSPC_SRGB &&
          layout->components[1]->dx > layout->components[0]->dx));
    return true;
}

/* out[i * step] = row y of a component, as large as the picture is and in 8 bits. */
static void take_samples(const opj_image_comp_t *component, const struct layout *layout, size_t y,
                         unsigned char *out, size_t step)
{
    const int32_t *in = component->data + y * component->h / layout->height * component->w;
    const int64_t most = ((int64_t)1 << component->prec) - 1;
    const int64_t offset = component->sgnd ? (most + 1) / 2 : 0;

    for (size_t x = 0; x < layout->width; x++) {
        const int64_t value = in[x * component->w / layout->width] + offset;
        const int64_t within = value < 0 ? 0 : value > most ? most : value;

        out[x * step] = (unsigned char)(most == 255 ? within : (within * 255 + most / 2) / most);
    }
}

static unsigned char clamp(double value)
{
    return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

/* YCbCr, as of JPEG, to RGB in place. */
static void luminance_to_rgb(unsigned char *row, size_t width, size_t channels)
{
    for (size_t x = 0; x < width; x++) {
        unsigned char *pixel = row + x * channels;
        const double y = pixel[0], cb = pixel[1] - 128, cr = pixel[2] - 128;

        pixel[0] = clamp(y + 1.402 * cr);
        pixel[1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
        pixel[2] = clamp(y + 1.772 * cb);
    }
}

static void put_rows(struct jp2_reader *reader, const struct layout *layout)
{
    const size_t channels = layout->colours == 4 || layout->alpha ? 4 : 3;
    unsigned char *row = reader->row;

    for (size_t y = 0; y < layout->height; y++) {
        for (size_t c = 0; c < (layout->colours == 4 ? 4 : 3); c++)
            take_samples(layout->components[layout->colours == 1 ? 0 : c], layout, y, row + c,
                         channels);
        if (layout->luminance)
            luminance_to_rgb(row, layout->width, channels);
        if (channels == 4 && layout->colours != 4)
            take_samples(layout->alpha, layout, y, row + 3, 4);
        image_rows_put(&reader->rows, row, channels);
    }
}

static enum tn_status convert(struct jp2_reader *reader)
{
    const enum image_pixels pixels[] = {IMAGE_GREY, IMAGE_RGB, IMAGE_RGB, IMAGE_CMYK};
    const opj_image_t *picture = reader->picture;
    struct layout layout = {0};

    if (!find_layout(reader, &layout))
        return fail(reader);
    reader->row = malloc(layout.width * 4);
    if (!reader->row)
        return tn_fail_nomem(reader->err, layout.width * 4);
    TN_TRY(image_rows_init(&reader->rows, reader->source, layout.width, layout.height, 1,
                           reader->err));
    TN_TRY(image_rows_set_profile(&reader->rows, picture->icc_profile_buf, picture->icc_profile_len,
                                  pixels[layout.colours - 1], reader->err));
    put_rows(reader, &layout);
    return TN_OK;
}

static enum tn_status jp2_decode(struct jp2_reader *reader)
{
    unsigned reduction;

    TN_TRY(jp2_plan_read(reader->source, &reader->plan, reader->err));
    reduction = reduction_for(reader);
    TN_TRY(check_memory(reader, reduction));
    TN_TRY(check_time(reader, reduction));
    TN_TRY(image_load_library(reader->source, &library, reader->err));
    TN_TRY(start_decoder(reader, reduction));
    if (!opj.read_header(reader->stream, reader->codec, &reader->picture) ||
        !opj.decode(reader->codec, reader->stream, reader->picture))
        return fail(reader);
    return convert(reader);
}

enum tn_status image_jp2_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct jp2_reader reader = {.source = source, .err = err};
    const enum tn_status status = jp2_decode(&reader);

    if (reader.picture)
        opj.image_destroy(reader.picture);
    if (reader.codec)
        opj.destroy_codec(reader.codec);
    if (reader.stream)
        opj.stream_destroy(reader.stream);
    free(reader.row);
    if (status == TN_OK)
        *ret_image = image_rows_take(&reader.rows);
    image_rows_finish(&reader.rows);
    return status;
}
