/* SPDX-License-Identifier: MIT */
/*
 * The headers of a JPEG 2000 codestream (ISO/IEC 15444-1, annex A), and of the boxes around it,
 * read for what they make a decoder do.  A tile may have a coding style of its own; the most
 * expensive one counts for all tiles.
 */
#include "image/formats/jp2_plan.h"

#include <string.h>

enum {
    SIZ = 0xFF51,
    COD = 0xFF52,
    COC = 0xFF53,
    QCD = 0xFF5C,
    QCC = 0xFF5D,
    RGN = 0xFF5E,
    SOT = 0xFF90,
    SOD = 0xFF93,
    EOC = 0xFFD9,
    SOT_SIZE = 12, /* bytes, marker included */
    MOST_LEVELS = 32,
    MOST_TILES = 65535,
    MOST_PLANES = 31 /* that openjpeg decodes */
};

/* Bytes that openjpeg 2.5 takes for a tile, for a component of it, for a precinct of one to three
 * bands and for a block of coefficients, rounded up. */
enum { TILE_BYTES = 6144, TILE_COMPONENT_BYTES = 1280, PRECINCT_BYTES = 1024, BLOCK_BYTES = 480 };

/* How a component is coded.  Its precincts are counted from the full resolution, which is level 0;
 * the sides of them and of blocks are logarithms. */
struct style {
    unsigned levels, block_width, block_height;
    unsigned char precinct_width[MOST_LEVELS + 1], precinct_height[MOST_LEVELS + 1];
};

struct component {
    uint32_t dx, dy;    /* a sample per so many columns and rows */
    struct style style; /* of those that any tile has the most expensive */
};

struct reader {
    const unsigned char *bytes; /* the codestream */
    size_t size, position;
    bool short_of; /* there were less bytes than were read */
    uint32_t x0, y0, x1, y1, tile_x0, tile_y0, tile_width, tile_height, layers;
    unsigned bit_planes, shift;
    size_t tiles_across, tiles_down, component_count;
    struct component components[JP2_MOST_COMPONENTS];
    struct jp2_plan *plan;
};

static uint32_t take(struct reader *reader, size_t count)
{
    if (reader->size - reader->position < count) {
        reader->short_of = true;
        reader->position = reader->size;
        return 0;
    }
    reader->position += count;
    return (uint32_t)image_big_endian(reader->bytes + reader->position - count, count);
}

static uint64_t divide_up(uint64_t value, unsigned logarithm)
{
    return (value + ((uint64_t)1 << logarithm) - 1) >> logarithm;
}

static bool read_size(struct reader *reader)
{
    const size_t start = reader->position;
    const size_t length = take(reader, 2);

    take(reader, 2); /* what a decoder must be able to do */
    reader->x1 = take(reader, 4);
    reader->y1 = take(reader, 4);
    reader->x0 = take(reader, 4);
    reader->y0 = take(reader, 4);
    reader->tile_width = take(reader, 4);
    reader->tile_height = take(reader, 4);
    reader->tile_x0 = take(reader, 4);
    reader->tile_y0 = take(reader, 4);
    reader->component_count = take(reader, 2);
    for (size_t i = 0; i < reader->component_count && i < JP2_MOST_COMPONENTS; i++) {
        take(reader, 1);
        reader->components[i].dx = take(reader, 1);
        reader->components[i].dy = take(reader, 1);
        memset(&reader->components[i].style, 0xFF, sizeof reader->components[i].style);
        reader->components[i].style.levels = 0;
        if (reader->components[i].dx == 0 || reader->components[i].dy == 0)
            return false;
    }
    reader->position = start + length < reader->size ? start + length : reader->size;
    if (reader->short_of || reader->component_count == 0 || reader->tile_width == 0 ||
        reader->tile_height == 0 || reader->x0 >= reader->x1 || reader->y0 >= reader->y1 ||
        reader->tile_x0 > reader->x0 || reader->tile_y0 > reader->y0)
        return false;
    reader->tiles_across =
        ((size_t)reader->x1 - reader->tile_x0 + reader->tile_width - 1) / reader->tile_width;
    reader->tiles_down =
        ((size_t)reader->y1 - reader->tile_y0 + reader->tile_height - 1) / reader->tile_height;
    return true;
}

/* One side of the picture, or of a component: where it begins and ends, and the tiles on it. */
struct side {
    uint32_t begin, end, tile_begin, tile_length, step;
    size_t tiles;
};

/* Cells of 2^cell samples that a side has at a resolution, those that are cut by a tile's edge
 * counted in both tiles; in all, and in the tile that has most. */
static uint64_t count_cells(const struct side *side, unsigned level, unsigned cell,
                            uint64_t *ret_most)
{
    uint64_t sum = 0;

    *ret_most = 0;
    for (size_t i = 0; i < side->tiles; i++) {
        const uint64_t start = side->tile_begin + (uint64_t)i * side->tile_length;
        const uint64_t begin = start > side->begin ? start : side->begin;
        const uint64_t stop = start + side->tile_length;
        const uint64_t end = stop < side->end ? stop : side->end;
        const uint64_t low = divide_up((begin + side->step - 1) / side->step, level);
        const uint64_t high = divide_up((end + side->step - 1) / side->step, level);
        const uint64_t cells = high > low ? divide_up(high, cell) - (low >> cell) : 0;

        sum += cells;
        *ret_most = cells > *ret_most ? cells : *ret_most;
    }
    return sum;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Makes a style as expensive as another is, too. */
static void worsen(struct style *style, const struct style *other)
{
    if (other->levels > style->levels)
        style->levels = other->levels;
    style->block_width = least(style->block_width, other->block_width);
    style->block_height = least(style->block_height, other->block_height);
    for (unsigned level = 0; level <= other->levels; level++) {
        style->precinct_width[level] =
            (unsigned char)least(style->precinct_width[level], other->precinct_width[level]);
        style->precinct_height[level] =
            (unsigned char)least(style->precinct_height[level], other->precinct_height[level]);
    }
}

/* The part that the segments COD and COC share. */
static bool read_style(struct reader *reader, bool precincts, size_t first, size_t end)
{
    struct style style = {.levels = take(reader, 1)};

    style.block_width = take(reader, 1) + 2;
    style.block_height = take(reader, 1) + 2;
    take(reader, 2);
    if (style.levels > MOST_LEVELS || end > reader->component_count)
        return false;
    for (unsigned level = style.levels + 1; level-- > 0;) {
        const unsigned sides = precincts ? take(reader, 1) : 0xFF;

        style.precinct_width[level] = sides & 15;
        style.precinct_height[level] = (unsigned char)(sides >> 4);
    }
    reader->plan->most_reduced = least(reader->plan->most_reduced, style.levels);
    for (size_t i = first; i < end; i++)
        worsen(&reader->components[i].style, &style);
    return !reader->short_of;
}

/* The exponents of all bands, up to `end`: without quantisation a byte each, else two. */
static void read_exponents(struct reader *reader, size_t end)
{
    const unsigned style = take(reader, 1), bytes = style & 31 ? 2 : 1;
    unsigned most = 0;

    while (reader->position + bytes <= end) {
        const unsigned exponent = take(reader, bytes) >> (8 * bytes - 5);

        most = exponent > most ? exponent : most;
    }
    most += style >> 5; /* guard bits */
    reader->bit_planes = most > reader->bit_planes ? most : reader->bit_planes;
}

/* Reads what a segment, which goes up to `end`, says of how samples are coded. */
static bool read_coding(struct reader *reader, uint32_t marker, size_t end)
{
    if (marker == QCC)
        take(reader, 1); /* the component */
    if (marker == QCD || marker == QCC)
        read_exponents(reader, end);
    if (marker == RGN) { /* a region whose samples are shifted up */
        const unsigned shift = take(reader, 3) & 0xFF;

        reader->shift = shift > reader->shift ? shift : reader->shift;
    }
    if (marker == COD) {
        const bool precincts = take(reader, 1) & 1;
        uint32_t layers;

        take(reader, 1);
        layers = take(reader, 2);
        take(reader, 1);
        reader->layers = layers > reader->layers ? layers : reader->layers;
        return layers > 0 && read_style(reader, precincts, 0, reader->component_count);
    }
    if (marker == COC) {
        const size_t component = take(reader, 1);

        return read_style(reader, take(reader, 1) & 1, component, component + 1);
    }
    return true;
}

/* Reads the segments of a header, the main one or a tile part's, up to and with the marker that
 * ends it. */
static bool read_header(struct reader *reader, uint32_t *ret_end)
{
    for (;;) {
        const uint32_t marker = take(reader, 2);
        size_t start, length;

        if (reader->short_of || marker < 0xFF00)
            return false;
        *ret_end = marker;
        if (marker == SOT || marker == SOD || marker == EOC)
            return true;
        start = reader->position;
        length = take(reader, 2);
        if (length < 2 || length > reader->size - start)
            return false;
        if (marker == SIZ || !read_coding(reader, marker, start + length))
            return false;
        reader->position = start + length;
    }
}

/* Reads the headers of all tile parts, each behind the marker SOT. */
static bool read_tile_parts(struct reader *reader)
{
    uint32_t marker = SOT;

    while (marker == SOT) {
        const size_t start = reader->position - 2;
        size_t length;

        if (take(reader, 2) != SOT_SIZE - 2)
            return false;
        take(reader, 2);
        length = take(reader, 4);
        take(reader, 2);
        if (!read_header(reader, &marker) || marker != SOD)
            return false;
        if (length == 0) /* up to the end of the codestream */
            return true;
        if (length < reader->position - start || length > reader->size - start)
            return false;
        reader->position = start + length;
        if (reader->position == reader->size) /* without its end marker */
            return true;
        marker = take(reader, 2);
    }
    return true;
}

/* The codestream, and the components that a palette makes of one: 0 without a palette. */
static bool find_codestream(const struct image_source *source, struct reader *reader,
                            size_t *ret_palette)
{
    const unsigned char *header, *palette;
    size_t size;

    *ret_palette = 0;
    reader->plan->boxed = source->bytes[0] != 0xFF;
    reader->bytes = source->bytes;
    reader->size = source->size;
    if (!reader->plan->boxed)
        return true;
    reader->bytes = image_box(source->bytes, source->size, "jp2c", &reader->size);
    header = image_box(source->bytes, source->size, "jp2h", &size);
    palette = header ? image_box(header, size, "pclr", &size) : NULL;
    if (palette && size < 3)
        return false;
    *ret_palette = palette ? palette[2] : 0;
    return header && reader->bytes;
}

/* Counts the packets of a component, one per precinct and layer; adds what openjpeg notes of the
 * tile that has most. */
static uint64_t count_packets(struct reader *reader, const struct component *component)
{
    const struct style *style = &component->style;
    const struct side across = {reader->x0,         reader->x1,    reader->tile_x0,
                                reader->tile_width, component->dx, reader->tiles_across};
    const struct side down = {reader->y0,          reader->y1,    reader->tile_y0,
                              reader->tile_height, component->dy, reader->tiles_down};
    uint64_t packets = 0, most = 0, wide, high;

    for (unsigned level = 0; level <= style->levels; level++) {
        const unsigned half = level < style->levels, bands = half ? 3 : 1;
        const unsigned width = style->precinct_width[level], height = style->precinct_height[level];

        count_cells(&across, level, least(style->block_width + half, width), &wide);
        count_cells(&down, level, least(style->block_height + half, height), &high);
        reader->plan->memory += bands * wide * high * BLOCK_BYTES;
        packets += count_cells(&across, level, width, &wide) *
                   count_cells(&down, level, height, &high) * reader->layers;
        reader->plan->memory += wide * high * PRECINCT_BYTES;
        most = wide * high > most ? wide * high : most;
    }
    /* Two bytes of each packet, as if all resolutions had as many as the largest. */
    reader->plan->memory += most * (style->levels + 1) * 2 * reader->layers;
    return packets;
}

static uint64_t count_samples(uint64_t width, uint64_t height, const struct component *component)
{
    return (width / component->dx + 1) * (height / component->dy + 1);
}

/* Whether the file has what is announced: every packet takes a byte at least. */
static bool sum_up(struct reader *reader, size_t palette)
{
    struct jp2_plan *plan = reader->plan;
    const uint64_t tiles = (uint64_t)reader->tiles_across * reader->tiles_down;
    const bool whole = reader->x0 == 0 && reader->y0 == 0 && reader->x1 == reader->tile_width &&
                       reader->y1 == reader->tile_height;
    uint64_t packets = 0;

    plan->bit_planes = least(reader->bit_planes + reader->shift, MOST_PLANES);
    plan->memory = tiles * (TILE_BYTES + (uint64_t)reader->component_count * TILE_COMPONENT_BYTES);
    for (size_t i = 0; i < reader->component_count; i++) {
        const struct component *component = &reader->components[i];

        plan->samples += count_samples(plan->width, plan->height, component) *
                         (i == 0 && palette > 0 ? 1 + palette : 1);
        if (!whole)
            plan->tile_samples += count_samples(reader->tile_width, reader->tile_height, component);
        packets += count_packets(reader, component);
    }
    return packets <= reader->size;
}

/* Tiles that the file could have: each takes some bytes. */
static bool check_tiles(const struct reader *reader)
{
    const size_t tiles = reader->size / SOT_SIZE;

    return reader->tiles_across <= MOST_TILES && reader->tiles_down <= MOST_TILES &&
           reader->tiles_across * reader->tiles_down <= (tiles < MOST_TILES ? tiles : MOST_TILES);
}

static enum tn_status fail(const struct image_source *source, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: the JPEG 2000 file is truncated or damaged", source->name);
}

enum tn_status jp2_plan_read(const struct image_source *source, struct jp2_plan *plan,
                             struct tn_error *err)
{
    struct reader reader = {.plan = plan};
    uint32_t marker;
    size_t palette;

    *plan = (struct jp2_plan){.most_reduced = MOST_LEVELS};
    if (!find_codestream(source, &reader, &palette) || take(&reader, 4) != (0xFF4F0000 | SIZ) ||
        !read_size(&reader))
        return fail(source, err);
    if (reader.component_count > JP2_MOST_COMPONENTS || palette > JP2_MOST_COMPONENTS)
        return tn_fail(err, TN_UNSUPPORTED,
                       "%s: JPEG 2000 with %zu components cannot be read, with 1 to %d it can",
                       source->name, palette > 0 ? palette : reader.component_count,
                       JP2_MOST_COMPONENTS);
    plan->width = reader.x1 - reader.x0;
    plan->height = reader.y1 - reader.y0;
    TN_TRY(image_check_size(source, plan->width, plan->height, 0, 0, err));
    if (!check_tiles(&reader) || !read_header(&reader, &marker) || marker != SOT ||
        reader.layers == 0 || !read_tile_parts(&reader) || !sum_up(&reader, palette))
        return fail(source, err);
    return TN_OK;
}
