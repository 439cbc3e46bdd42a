/* SPDX-License-Identifier: MIT */
/* JPEG XL through libjxl, which turns the picture upright and converts lossy ones to sRGB; of an
 * animation the first frame. */
#include "base/silence.h"
#include "image/image_private.h"

#include <stdlib.h>

#include <jxl/decode.h>
#include <jxl/version.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define SONAME "libjxl.so." TEXT(JPEGXL_MAJOR_VERSION) "." TEXT(JPEGXL_MINOR_VERSION)

/* What is used of libjxl, which most runs do not load (base/library.h). */
#define FUNCTIONS(X)                                                                               \
    X(Create)                                                                                      \
    X(Destroy)                                                                                     \
    X(GetBasicInfo)                                                                                \
    X(GetColorAsICCProfile)                                                                        \
    X(GetFrameHeader)                                                                              \
    X(GetICCProfileSize)                                                                           \
    X(ProcessInput)                                                                                \
    X(ReleaseInput)                                                                                \
    X(SetCoalescing)                                                                               \
    X(SetDesiredIntensityTarget)                                                                   \
    X(SetImageOutBuffer)                                                                           \
    X(SetInput)                                                                                    \
    X(SetPreferredColorProfile)                                                                    \
    X(SetUnpremultiplyAlpha)                                                                       \
    X(SubscribeEvents)

#define MEMBER(name) __typeof__(&JxlDecoder##name) name;
#define FUNCTION(name) TN_FUNCTION(JxlDecoder##name, &jxl.name),

static struct {
    FUNCTIONS(MEMBER)
} jxl;

static const struct tn_library_function functions[] = {FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY(SONAME, functions);

#if JPEGXL_NUMERIC_VERSION < JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
#define PROFILE_OF(decoder) (decoder), NULL, JXL_COLOR_PROFILE_TARGET_DATA
#else
#define PROFILE_OF(decoder) (decoder), JXL_COLOR_PROFILE_TARGET_DATA
#endif

/* From version 0.11 on libjxl asks for all its memory where it is told to. */
enum { OWN_MEMORY = JPEGXL_MAJOR_VERSION > 0 || JPEGXL_MINOR_VERSION >= 11 };

/* What libjxl may allocate. */
struct memory {
    size_t left;
    bool refused, failed; /* was asked for more; had no more */
};

/* In front of each block stands its size, in as many bytes as keep it aligned. */
enum { BLOCK_HEAD = sizeof(max_align_t) };

static void *on_allocate(void *opaque, size_t size)
{
    struct memory *memory = opaque;
    unsigned char *block;

    if (memory->left < BLOCK_HEAD || size > memory->left - BLOCK_HEAD) {
        memory->refused = true;
        return NULL;
    }
    block = malloc(BLOCK_HEAD + size);
    if (!block) {
        memory->failed = true;
        return NULL;
    }
    memory->left -= BLOCK_HEAD + size;
    *(size_t *)(void *)block = size;
    return block + BLOCK_HEAD;
}

static void on_free(void *opaque, void *block)
{
    struct memory *memory = opaque;

    if (!block)
        return;
    block = (unsigned char *)block - BLOCK_HEAD;
    memory->left += BLOCK_HEAD + *(size_t *)block;
    free(block);
}

struct jxl_reader {
    const struct image_source *source;
    struct memory memory;
    JxlDecoder *decoder;
    JxlBasicInfo info; /* its sides are those of the upright picture */
    size_t channels;
    bool single, predicted; /* one frame makes the picture; its samples are coded by predictions */
    unsigned char *pixels;  /* owned: [height][width][channels] */
    unsigned char *profile; /* owned: the ICC profile of the pixels, NULL where they are sRGB */
    size_t profile_size;
    enum tn_status status;
    struct tn_error *err;
};

static enum tn_status fail(const struct jxl_reader *reader, const char *what)
{
    const struct image_source *source = reader->source;

    if (reader->memory.refused)
        return tn_fail(reader->err, TN_RANGE,
                       "%s: decoding JPEG XL takes more memory than the limit of %zu MiB",
                       source->name, source->options.max_memory >> 20);
    if (reader->memory.failed)
        return tn_fail(reader->err, TN_NOMEM, "%s: out of memory for libjxl", source->name);
    return tn_fail(reader->err, TN_FORMAT, "%s: the JPEG XL file is %s", source->name, what);
}

/* Makes a decoder that stops at `events`, at the file's first byte. */
static enum tn_status start_decoder(struct jxl_reader *reader, int events)
{
    const JxlMemoryManager manager = {&reader->memory, on_allocate, on_free};
    const struct image_source *source = reader->source;

    reader->decoder = jxl.Create(&manager);
    if (reader->decoder &&
        jxl.SubscribeEvents(reader->decoder, JXL_DEC_BASIC_INFO | events) == JXL_DEC_SUCCESS &&
        jxl.SetInput(reader->decoder, source->bytes, source->size) == JXL_DEC_SUCCESS)
        return TN_OK;
    reader->memory.failed = true;
    return fail(reader, NULL);
}

static void end_decoder(struct jxl_reader *reader)
{
    if (reader->decoder)
        jxl.Destroy(reader->decoder);
    reader->decoder = NULL;
}

/*
 * Bytes per pixel at most, of which up to 87 % were measured.  libjxl decodes the usual lossy
 * picture in groups.  What is coded by predictions may need all of its samples twice, in 32 bits.
 * Layers that others refer to are kept besides, of which files have one or two.
 */
static size_t bytes_per_pixel(const struct jxl_reader *reader)
{
    const size_t samples = 3 + reader->info.num_extra_channels;

    if (OWN_MEMORY)
        return reader->channels;
    if (!reader->single)
        return reader->channels + samples * 17;
    return reader->channels + samples * (reader->predicted ? 9 : 4);
}

static enum tn_status read_header(struct jxl_reader *reader)
{
    JxlBasicInfo *info = &reader->info;

    if (jxl.GetBasicInfo(reader->decoder, info) != JXL_DEC_SUCCESS)
        return fail(reader, "damaged");
    reader->channels = info->alpha_bits > 0 ? 4 : 3;
    return image_check_size(reader->source, info->xsize, info->ysize, reader->channels, 0,
                            reader->err);
}

/* The kind of the first frame, in its first bits: whether it is all of the picture, and how it is
 * coded.  Where it is not known to begin here, it counts as the most expensive. */
static enum tn_status look_at_frame(struct jxl_reader *reader)
{
    const struct image_source *source = reader->source;
    const size_t left = jxl.ReleaseInput(reader->decoder);
    const unsigned char *frame = source->bytes + source->size - left;
    const unsigned bits = left > 0 ? *frame : 0;
    const bool usual = bits & 1; /* the rest of the header is left out */
    size_t length;

    reader->single = !reader->info.have_preview &&
                     !image_box(source->bytes, source->size, "jxlp", &length) &&
                     (usual || (bits >> 1 & 3) == 0);
    reader->predicted = reader->info.num_extra_channels > 0 || (!usual && (bits >> 3 & 1));
    if (jxl.SetInput(reader->decoder, frame, left) == JXL_DEC_SUCCESS)
        return TN_OK;
    return fail(reader, "damaged");
}

/* A lossless picture has its own colours; one that does not say which is sRGB. */
static enum tn_status read_profile(struct jxl_reader *reader)
{
    size_t size;

    if (jxl.GetICCProfileSize(PROFILE_OF(reader->decoder), &size) != JXL_DEC_SUCCESS ||
        size > IMAGE_MOST_PROFILE)
        return TN_OK;
    TN_TRY(image_check_size(reader->source, reader->info.xsize, reader->info.ysize,
                            bytes_per_pixel(reader), size + image_colour_bytes(size), reader->err));
    reader->profile = on_allocate(&reader->memory, size);
    if (!reader->profile || jxl.GetColorAsICCProfile(PROFILE_OF(reader->decoder), reader->profile,
                                                     size) != JXL_DEC_SUCCESS)
        return fail(reader, "damaged");
    reader->profile_size = size;
    return TN_OK;
}

/* A lossy picture has none: libjxl makes what is asked for, and of more light than a screen gives
 * (HDR) as much as it shows. */
static enum tn_status choose_colours(struct jxl_reader *reader)
{
    const JxlColorEncoding srgb = {
        .color_space =
            reader->info.num_color_channels == 1 ? JXL_COLOR_SPACE_GRAY : JXL_COLOR_SPACE_RGB,
        .white_point = JXL_WHITE_POINT_D65,
        .primaries = JXL_PRIMARIES_SRGB,
        .transfer_function = JXL_TRANSFER_FUNCTION_SRGB,
        .rendering_intent = JXL_RENDERING_INTENT_RELATIVE,
    };

    if (reader->info.uses_original_profile)
        return read_profile(reader);
    if (jxl.SetPreferredColorProfile(reader->decoder, &srgb) == JXL_DEC_SUCCESS)
        return TN_OK;
    return fail(reader, "damaged");
}

static enum tn_status make_pixels(struct jxl_reader *reader)
{
    const JxlPixelFormat format = {(uint32_t)reader->channels, JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN,
                                   0};
    const size_t size = (size_t)reader->info.xsize * reader->info.ysize * reader->channels;

    reader->pixels = on_allocate(&reader->memory, size);
    if (reader->pixels &&
        jxl.SetImageOutBuffer(reader->decoder, &format, reader->pixels, size) == JXL_DEC_SUCCESS)
        return TN_OK;
    return fail(reader, "damaged");
}

/* Layers make up the first frame, and each may be as large as the picture or larger, in a file of
 * some bytes. */
static enum tn_status check_layer(struct jxl_reader *reader, size_t *pixels, bool *ret_last)
{
    const struct image_source *source = reader->source;
    JxlFrameHeader frame;

    if (jxl.GetFrameHeader(reader->decoder, &frame) != JXL_DEC_SUCCESS)
        return fail(reader, "damaged");
    *ret_last = frame.is_last || frame.duration > 0;
    reader->single = reader->single && *ret_last && *pixels == 0;
    TN_TRY(image_check_size(source, reader->info.xsize, reader->info.ysize, bytes_per_pixel(reader),
                            0, reader->err));
    TN_TRY(image_check_size(source, frame.layer_info.xsize, frame.layer_info.ysize,
                            bytes_per_pixel(reader), 0, reader->err));
    *pixels += (size_t)frame.layer_info.xsize * frame.layer_info.ysize;
    if (*pixels <= source->options.max_pixels)
        return TN_OK;
    return tn_fail(reader->err, TN_RANGE,
                   "%s: the layers of the JPEG XL picture have more pixels than the limit of %zu",
                   source->name, source->options.max_pixels);
}

static enum tn_status check_layers(struct jxl_reader *reader)
{
    size_t pixels = 0;
    bool last = false;

    TN_TRY(start_decoder(reader, JXL_DEC_COLOR_ENCODING | JXL_DEC_FRAME));
    jxl.SetCoalescing(reader->decoder, JXL_FALSE);
    while (!last) {
        switch (jxl.ProcessInput(reader->decoder)) {
        case JXL_DEC_BASIC_INFO:
            TN_TRY(read_header(reader));
            break;
        case JXL_DEC_COLOR_ENCODING:
            TN_TRY(look_at_frame(reader));
            break;
        case JXL_DEC_FRAME:
            TN_TRY(check_layer(reader, &pixels, &last));
            break;
        case JXL_DEC_NEED_MORE_INPUT:
            return fail(reader, "truncated");
        default:
            return fail(reader, "damaged");
        }
    }
    return TN_OK;
}

static enum tn_status decode_first_frame(struct jxl_reader *reader)
{
    enum { SCREEN = 255 }; /* the light of an sRGB screen, in candela per square metre */

    TN_TRY(start_decoder(reader, JXL_DEC_COLOR_ENCODING | JXL_DEC_FULL_IMAGE));
    jxl.SetUnpremultiplyAlpha(reader->decoder, JXL_TRUE);
    jxl.SetDesiredIntensityTarget(reader->decoder, SCREEN);
    for (;;) {
        switch (jxl.ProcessInput(reader->decoder)) {
        case JXL_DEC_BASIC_INFO:
            break;
        case JXL_DEC_COLOR_ENCODING:
            TN_TRY(choose_colours(reader));
            break;
        case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
            TN_TRY(make_pixels(reader));
            break;
        case JXL_DEC_FULL_IMAGE:
            return TN_OK;
        case JXL_DEC_NEED_MORE_INPUT:
            return fail(reader, "truncated");
        default:
            return fail(reader, "damaged");
        }
    }
}

static enum tn_status put_rows(const struct jxl_reader *reader, struct image_rows *rows)
{
    const size_t stride = reader->info.xsize * reader->channels;

    TN_TRY(image_rows_init(rows, reader->source, reader->info.xsize, reader->info.ysize, 1,
                           reader->err));
    TN_TRY(image_rows_set_profile(rows, reader->profile, reader->profile_size,
                                  reader->info.num_color_channels == 1 ? IMAGE_GREY : IMAGE_RGB,
                                  reader->err));
    for (size_t y = 0; y < reader->info.ysize; y++)
        image_rows_put(rows, reader->pixels + y * stride, reader->channels);
    return TN_OK;
}

/* Debian's libjxl prints on stderr what it finds wrong with a file. */
static void decode_silently(void *context)
{
    struct jxl_reader *reader = context;

    reader->status = check_layers(reader);
    end_decoder(reader);
    if (reader->status == TN_OK)
        reader->status = decode_first_frame(reader);
    end_decoder(reader);
}

enum tn_status image_jxl_decode(const struct image_source *source, struct image *ret_image,
                                struct tn_error *err)
{
    struct jxl_reader reader = {.source = source, .err = err};
    struct image_rows rows = {0};
    enum tn_status status;

    reader.memory.left = source->options.max_memory;
    TN_TRY(image_load_library(source, &library, err));
    tn_run_silently(decode_silently, &reader);
    status = reader.status == TN_OK ? put_rows(&reader, &rows) : reader.status;
    if (status == TN_OK)
        *ret_image = image_rows_take(&rows);
    image_rows_finish(&rows);
    on_free(&reader.memory, reader.profile);
    on_free(&reader.memory, reader.pixels);
    return status;
}
