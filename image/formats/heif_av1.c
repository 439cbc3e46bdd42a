/* SPDX-License-Identifier: MIT */
/* The size that AV1 pictures are coded in: sequence header and the start of frame headers ("AV1
 * Bitstream & Decoding Process Specification", 5.5 and 5.9). */
#include "image/formats/heif_bits.h"
#include "image/formats/heif_coded.h"

enum {
    OBU_SEQUENCE = 1,
    OBU_FRAME_HEADER = 3,
    OBU_FRAME = 6,
    CONFIG_HEADER = 4,
    KEY_FRAME = 0,
    SWITCH_FRAME = 3,
    SELECT = 2 /* said by each frame */
};

/* What the start of a frame header depends on. */
struct sequence {
    bool reduced; /* a still picture with a short header, always of the largest size */
    bool frame_times;
    unsigned time_bits, delay_bits, id_bits;
    unsigned width_bits, height_bits;
    unsigned screen_content, whole_vectors;
};

static void read_timing(struct heif_bits *bits, struct sequence *sequence, bool *ret_model)
{
    bool even;

    *ret_model = false;
    if (!heif_bits_read(bits, 1))
        return;
    heif_bits_skip(bits, 64);
    even = heif_bits_read(bits, 1);
    if (even)
        heif_bits_golomb(bits);
    *ret_model = heif_bits_read(bits, 1);
    if (!*ret_model)
        return;
    sequence->delay_bits = 1 + heif_bits_read(bits, 5);
    heif_bits_skip(bits, 32 + 5);
    sequence->time_bits = 1 + heif_bits_read(bits, 5);
    sequence->frame_times = !even;
}

static void skip_operating_points(struct heif_bits *bits, const struct sequence *sequence,
                                  bool model)
{
    const bool display_delay = heif_bits_read(bits, 1);
    const unsigned points = 1 + heif_bits_read(bits, 5);

    for (unsigned i = 0; i < points; i++) {
        heif_bits_skip(bits, 12);
        if (heif_bits_read(bits, 5) > 7)
            heif_bits_skip(bits, 1);
        if (model && heif_bits_read(bits, 1))
            heif_bits_skip(bits, 2 * sequence->delay_bits + 1);
        if (display_delay && heif_bits_read(bits, 1))
            heif_bits_skip(bits, 4);
    }
}

/* The tools that a full header switches on and off. */
static void read_tools(struct heif_bits *bits, struct sequence *sequence)
{
    bool order;

    heif_bits_skip(bits, 4);
    order = heif_bits_read(bits, 1);
    heif_bits_skip(bits, order ? 2 : 0);
    sequence->screen_content = heif_bits_read(bits, 1) ? SELECT : heif_bits_read(bits, 1);
    sequence->whole_vectors = SELECT;
    if (sequence->screen_content > 0 && !heif_bits_read(bits, 1))
        sequence->whole_vectors = heif_bits_read(bits, 1);
    heif_bits_skip(bits, order ? 3 : 0);
}

static bool read_sequence(struct heif_coded *coded, struct heif_bits *bits,
                          struct sequence *sequence)
{
    bool model = false;
    size_t width, height;

    *sequence = (struct sequence){0};
    heif_bits_skip(bits, 3 + 1);
    sequence->reduced = heif_bits_read(bits, 1);
    if (sequence->reduced) {
        heif_bits_skip(bits, 5);
    } else {
        read_timing(bits, sequence, &model);
        skip_operating_points(bits, sequence, model);
    }
    sequence->width_bits = 1 + heif_bits_read(bits, 4);
    sequence->height_bits = 1 + heif_bits_read(bits, 4);
    width = 1 + heif_bits_read(bits, sequence->width_bits);
    height = 1 + heif_bits_read(bits, sequence->height_bits);
    if (!sequence->reduced && heif_bits_read(bits, 1)) {
        const unsigned delta = 2 + heif_bits_read(bits, 4);

        sequence->id_bits = delta + 1 + heif_bits_read(bits, 3);
    }
    heif_bits_skip(bits, 3);
    if (!sequence->reduced)
        read_tools(bits, sequence);
    heif_bits_skip(bits, 3);
    if (heif_bits_read(bits, 1))
        coded->deep = true;
    heif_coded_enlarge(&coded->width, &coded->height, width, height);
    return !bits->short_of;
}

/* Whether a frame has a size of its own, which decoders take from as many bits as the largest has,
 * unchecked. */
static bool has_own_size(struct heif_bits *bits, const struct sequence *sequence)
{
    unsigned type;
    bool shown;

    if (sequence->reduced || heif_bits_read(bits, 1)) /* one shown before, shown again */
        return false;
    type = heif_bits_read(bits, 2);
    shown = heif_bits_read(bits, 1);
    if (!shown)
        heif_bits_skip(bits, 1);
    else if (sequence->frame_times)
        heif_bits_skip(bits, sequence->time_bits);
    if (type != SWITCH_FRAME && !(type == KEY_FRAME && shown))
        heif_bits_skip(bits, 1);
    heif_bits_skip(bits, 1);
    if (sequence->screen_content == SELECT ? heif_bits_read(bits, 1) : sequence->screen_content)
        heif_bits_skip(bits, sequence->whole_vectors == SELECT ? 1 : 0);
    heif_bits_skip(bits, sequence->id_bits > 32 ? 32 : sequence->id_bits);
    return type == SWITCH_FRAME || heif_bits_read(bits, 1);
}

/* Takes the next OBU from the front of *bits; its type, its content in *ret. */
static bool take_obu(struct heif_bits *bits, unsigned *ret_type, struct heif_bits *ret)
{
    uint64_t length = 0;
    bool extended, sized;

    heif_bits_skip(bits, 1);
    *ret_type = heif_bits_read(bits, 4);
    extended = heif_bits_read(bits, 1);
    sized = heif_bits_read(bits, 1);
    heif_bits_skip(bits, extended ? 9 : 1);
    if (sized) {
        bool more = true;

        for (unsigned i = 0; i < 8 && more; i++) {
            more = heif_bits_read(bits, 1);
            length |= (uint64_t)heif_bits_read(bits, 7) << 7 * i;
        }
    } else {
        length = bits->size - bits->position / 8;
    }
    *ret = (struct heif_bits){.bytes = bits->bytes + bits->position / 8, .size = (size_t)length};
    if (bits->short_of || length > bits->size - bits->position / 8)
        return false;
    bits->position += (size_t)length * 8;
    return true;
}

static bool read_obus(struct heif_coded *coded, struct heif_bits bits, size_t *ret_pictures)
{
    struct sequence sequence = {0};
    bool known = false; /* a sequence header came */

    *ret_pictures = 0;
    while (bits.position < bits.size * 8) {
        struct heif_bits obu;
        unsigned type;

        if (!take_obu(&bits, &type, &obu))
            return false;
        if (type == OBU_SEQUENCE) {
            if (!read_sequence(coded, &obu, &sequence))
                return false;
            known = true;
        } else if (type == OBU_FRAME || type == OBU_FRAME_HEADER) {
            ++*ret_pictures;
            if (!known)
                return false;
            if (has_own_size(&obu, &sequence))
                heif_coded_enlarge(&coded->width, &coded->height, (size_t)1 << sequence.width_bits,
                                   (size_t)1 << sequence.height_bits);
        }
    }
    return true;
}

bool heif_coded_av1_config(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    size_t pictures;

    return size >= CONFIG_HEADER &&
           read_obus(
               coded,
               (struct heif_bits){.bytes = bytes + CONFIG_HEADER, .size = size - CONFIG_HEADER},
               &pictures) &&
           pictures == 0;
}

bool heif_coded_av1(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    size_t pictures;

    if (!read_obus(coded, (struct heif_bits){.bytes = bytes, .size = size}, &pictures))
        return false;
    coded->pictures = pictures > coded->pictures ? pictures : coded->pictures;
    return pictures > 0;
}
