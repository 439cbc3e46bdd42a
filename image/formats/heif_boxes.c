/* SPDX-License-Identifier: MIT */
/*
 * The boxes of a HEIC or AVIF file (ISO/IEC 14496-12 and 23008-12), read for what they make a
 * decoder do.  All pictures count, whatever they are there for.  Where a file could be read in two
 * ways it is refused, so that libheif cannot see in it what was not seen here.
 */
#include "image/formats/heif_file.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BOXES = 20000, MOST_ITEMS = 4000 };

void heif_coded_enlarge(size_t *width, size_t *height, size_t to_width, size_t to_height)
{
    size_t pixels, most;

    if (__builtin_mul_overflow(to_width, to_height, &pixels))
        pixels = SIZE_MAX;
    if (__builtin_mul_overflow(*width, *height, &most))
        most = SIZE_MAX;
    if (pixels <= most)
        return;
    *width = to_width;
    *height = to_height;
}

static uint64_t read_wide(struct heif_bits *bits, unsigned bytes)
{
    const uint64_t high = bytes == 8 ? heif_bits_read(bits, 32) : 0;

    return high << 32 | heif_bits_read(bits, bytes == 8 ? 32 : 8 * bytes);
}

bool heif_take_box(struct heif_file *file, struct heif_bits *bits, uint32_t *ret_name,
                   struct heif_bits *ret)
{
    const size_t start = bits->position / 8, left = bits->size - start;
    uint64_t size, header = 8;

    if (left == 0 || bits->short_of)
        return false;
    size = heif_bits_read(bits, 32);
    *ret_name = heif_bits_read(bits, 32);
    if (size == 1) {
        size = read_wide(bits, 8);
        header = 16;
    } else if (size == 0) {
        size = bits->bytes == file->source->bytes ? left : 0; /* the rest of the file */
    }
    if (bits->short_of || size < header || size > left || ++file->boxes > MOST_BOXES) {
        bits->short_of = true;
        return false;
    }
    *ret =
        (struct heif_bits){.bytes = bits->bytes + start + header, .size = (size_t)(size - header)};
    bits->position = (start + (size_t)size) * 8;
    return true;
}

/* A name of which a folder of boxes may hold one, and where its content is noted. */
struct wanted {
    uint32_t name;
    struct heif_bits *content;
};

static bool find_boxes(struct heif_file *file, struct heif_bits *bits, const struct wanted *wanted,
                       size_t count)
{
    struct heif_bits content;
    uint32_t name;

    while (heif_take_box(file, bits, &name, &content)) {
        for (size_t i = 0; i < count; i++) {
            if (wanted[i].name != name)
                continue;
            if (wanted[i].content->bytes)
                return false;
            *wanted[i].content = content;
        }
    }
    return !bits->short_of;
}

/* The one meta box.  Some telephones write no boxes behind the last one. */
static bool find_meta(struct heif_file *file)
{
    const struct wanted meta = {HEIF_NAME('m', 'e', 't', 'a'), &file->meta};
    struct heif_bits bits = {.bytes = file->source->bytes, .size = file->source->size}, rest = bits;
    struct heif_bits content;
    uint32_t name;

    while (heif_take_box(file, &bits, &name, &content))
        rest = bits;
    if (memmem(rest.bytes + rest.position / 8, rest.size - rest.position / 8, "meta", 4))
        return false;
    rest.size = rest.position / 8;
    rest.position = 0;
    return find_boxes(file, &rest, &meta, 1) && file->meta.bytes;
}

static bool read_configs(struct heif_file *file)
{
    struct heif_bits bits = file->ipco, content;
    uint32_t name;

    while (heif_take_box(file, &bits, &name, &content)) {
        if (name == HEIF_NAME('h', 'v', 'c', 'C') &&
            !heif_coded_hevc_config(&file->coded, content.bytes, content.size))
            return false;
        if (name == HEIF_NAME('a', 'v', '1', 'C') &&
            !heif_coded_av1_config(&file->coded, content.bytes, content.size))
            return false;
    }
    return !bits.short_of;
}

/* The types of the items. */
static bool read_infos(struct heif_file *file)
{
    struct heif_bits bits = file->iinf, info;
    uint32_t name;

    heif_bits_skip(&bits, heif_bits_read(&bits, 8) == 0 ? 24 + 16 : 24 + 32);
    while (heif_take_box(file, &bits, &name, &info)) {
        const uint32_t version = heif_bits_read(&info, 8);
        struct heif_item *item = &file->items[file->item_count];

        if (name != HEIF_NAME('i', 'n', 'f', 'e') || version < 2)
            continue;
        if (file->item_count == MOST_ITEMS)
            return false;
        heif_bits_skip(&info, 24);
        *item = (struct heif_item){0};
        item->id = heif_bits_read(&info, version == 2 ? 16 : 32);
        heif_bits_skip(&info, 16);
        item->type = heif_bits_read(&info, 32);
        file->item_count++;
        if (info.short_of)
            return false;
    }
    return !bits.short_of;
}

/* The size of the whole stands in the grid's data. */
static bool read_grid(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    struct heif_bits bits = {.bytes = bytes, .size = size};
    size_t width, height;
    unsigned wide;

    heif_bits_skip(&bits, 8 + 7);
    wide = heif_bits_read(&bits, 1) ? 32 : 16;
    heif_bits_skip(&bits, 16);
    width = heif_bits_read(&bits, wide);
    height = heif_bits_read(&bits, wide);
    heif_coded_enlarge(&coded->grid_width, &coded->grid_height, width, height);
    return !bits.short_of;
}

/* Behind the colour of what no layer covers. */
static bool read_canvas(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    struct heif_bits bits = {.bytes = bytes, .size = size};
    size_t width, height;
    unsigned wide;

    heif_bits_skip(&bits, 8 + 7);
    wide = heif_bits_read(&bits, 1) ? 32 : 16;
    heif_bits_skip(&bits, 4 * 16);
    width = heif_bits_read(&bits, wide);
    height = heif_bits_read(&bits, wide);
    heif_coded_enlarge(&coded->canvas_width, &coded->canvas_height, width, height);
    return !bits.short_of;
}

/* Adds what the data of item `id` hold, by each type that the file gives it. */
static bool read_item(struct heif_file *file, uint32_t id, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < file->item_count; i++) {
        const uint32_t type = file->items[i].type;

        if (file->items[i].id != id)
            continue;
        file->read += size;
        if (file->read > file->source->size)
            return false;
        if (type == HEIF_NAME('h', 'v', 'c', '1') && !heif_coded_hevc(&file->coded, bytes, size))
            return false;
        if (type == HEIF_NAME('a', 'v', '0', '1') && !heif_coded_av1(&file->coded, bytes, size))
            return false;
        if (type == HEIF_NAME('g', 'r', 'i', 'd') && !read_grid(&file->coded, bytes, size))
            return false;
        if (type == HEIF_NAME('i', 'o', 'v', 'l') && !read_canvas(&file->coded, bytes, size))
            return false;
    }
    return true;
}

static bool has_pictures(const struct heif_file *file, uint32_t id)
{
    for (size_t i = 0; i < file->item_count; i++) {
        const uint32_t type = file->items[i].type;

        if (file->items[i].id == id &&
            (type == HEIF_NAME('h', 'v', 'c', '1') || type == HEIF_NAME('a', 'v', '0', '1') ||
             type == HEIF_NAME('g', 'r', 'i', 'd') || type == HEIF_NAME('i', 'o', 'v', 'l')))
            return true;
    }
    return false;
}

/* How iloc writes its numbers, in bytes. */
struct iloc_sizes {
    unsigned version, offset, length, base, index;
};

/* Reads one item's extents and puts their bytes together in data, which is as large as the file. */
static bool read_location(struct heif_file *file, struct heif_bits *bits,
                          const struct iloc_sizes *sizes, unsigned char *data)
{
    const uint32_t id = heif_bits_read(bits, sizes->version < 2 ? 16 : 32);
    const unsigned method = sizes->version > 0 ? heif_bits_read(bits, 16) & 15 : 0;
    const struct heif_bits whole = {.bytes = file->source->bytes, .size = file->source->size};
    const struct heif_bits *from = method == 1 ? &file->idat : &whole;
    const bool wanted = has_pictures(file, id);
    uint64_t base;
    size_t count, done = 0;

    heif_bits_skip(bits, 16);
    base = read_wide(bits, sizes->base);
    for (count = heif_bits_read(bits, 16); count > 0 && !bits->short_of; count--) {
        uint64_t offset, length;

        heif_bits_skip(bits, 8 * sizes->index);
        offset = read_wide(bits, sizes->offset);
        length = read_wide(bits, sizes->length);
        if (!wanted)
            continue;
        if (method > 1 || __builtin_add_overflow(base, offset, &offset) || offset > from->size ||
            length > from->size - offset || length > file->source->size - file->read - done)
            return false;
        if (length > 0)
            memcpy(data + done, from->bytes + offset, (size_t)length);
        done += (size_t)length;
    }
    return !bits->short_of && (!wanted || read_item(file, id, data, done));
}

static bool read_locations(struct heif_file *file, unsigned char *data)
{
    struct heif_bits bits = file->iloc;
    struct iloc_sizes sizes = {.version = heif_bits_read(&bits, 8)};
    uint32_t count;

    heif_bits_skip(&bits, 24);
    sizes.offset = heif_bits_read(&bits, 4);
    sizes.length = heif_bits_read(&bits, 4);
    sizes.base = heif_bits_read(&bits, 4);
    sizes.index = heif_bits_read(&bits, 4);
    if (sizes.version < 2)
        sizes.index = 0;
    if (sizes.version > 2 || (sizes.offset | sizes.length | sizes.base | sizes.index) & 3 ||
        sizes.offset > 8 || sizes.length > 8 || sizes.base > 8 || sizes.index > 8)
        return false;
    count = heif_bits_read(&bits, sizes.version < 2 ? 16 : 32);
    if (count > MOST_ITEMS)
        return false;
    for (; count > 0; count--)
        if (!read_location(file, &bits, &sizes, data))
            return false;
    return true;
}

/* The one box of links from items to properties; where there are more, libheif sees to them. */
static void find_links(struct heif_file *file)
{
    struct heif_bits bits = file->iprp, content;
    uint32_t name;
    size_t count = 0;

    bits.position = 0;
    while (heif_take_box(file, &bits, &name, &content))
        if (name == HEIF_NAME('i', 'p', 'm', 'a')) {
            file->ipma = content;
            count++;
        }
    if (count != 1)
        file->ipma = (struct heif_bits){0};
}

static bool find_all(struct heif_file *file)
{
    const struct wanted in_meta[] = {
        {HEIF_NAME('i', 'l', 'o', 'c'), &file->iloc}, {HEIF_NAME('i', 'i', 'n', 'f'), &file->iinf},
        {HEIF_NAME('i', 'p', 'r', 'p'), &file->iprp}, {HEIF_NAME('i', 'r', 'e', 'f'), &file->iref},
        {HEIF_NAME('i', 'd', 'a', 't'), &file->idat}, {HEIF_NAME('p', 'i', 't', 'm'), &file->pitm}};
    const struct wanted in_iprp[] = {{HEIF_NAME('i', 'p', 'c', 'o'), &file->ipco}};
    struct heif_bits meta;

    if (!find_meta(file))
        return false;
    meta = file->meta;
    heif_bits_skip(&meta, 32);
    return find_boxes(file, &meta, in_meta, sizeof in_meta / sizeof in_meta[0]) &&
           file->iprp.bytes && find_boxes(file, &file->iprp, in_iprp, 1) && file->ipco.bytes &&
           file->iloc.bytes && file->iinf.bytes;
}

enum tn_status heif_coded_read(const struct image_source *source, struct heif_coded *ret_coded,
                               struct tn_error *err)
{
    struct heif_file file = {.source = source};
    unsigned char *data = malloc(source->size);
    enum tn_status status = TN_OK;

    file.items = malloc((MOST_ITEMS + 1) * sizeof *file.items);
    if (!data || !file.items)
        status = tn_fail_nomem(err, source->size);
    else if (!find_all(&file) || !read_infos(&file) || !read_configs(&file))
        status = tn_fail(err, TN_FORMAT, "%s: the %s file is truncated or damaged", source->name,
                         source->format);
    else if (!heif_derived_are_sound(&file))
        status = tn_fail(err, TN_UNSUPPORTED,
                         "%s: %s pictures made of others in this way cannot be read", source->name,
                         source->format);
    else if (!read_locations(&file, data))
        status = tn_fail(err, TN_FORMAT, "%s: the %s file is truncated or damaged", source->name,
                         source->format);
    else {
        find_links(&file);
        file.coded.orientation = heif_turn_read(&file);
        *ret_coded = file.coded;
    }
    free(file.items);
    free(data);
    return status;
}
