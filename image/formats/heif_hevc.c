/* SPDX-License-Identifier: MIT */
/* The size that an HEVC picture is coded in: the sequence parameter set (ITU-T H.265, 7.3.2.2). */
#include "image/formats/heif_bits.h"
#include "image/formats/heif_coded.h"

enum {
    NAL_FIRST_KEY = 16,
    NAL_IDR_W_RADL = 19,
    NAL_IDR_N_LP = 20,
    NAL_LAST_KEY = 21,
    MOST_REFERENCES = 16,
    NAL_FIRST_NON_VCL = 32,
    NAL_SPS = 33,
    NAL_PPS = 34,
    NAL_HEADER = 2,
    CONFIG_HEADER = 22,
    LARGEST_SPS = 4096
};

/* profile_tier_level: 88 bits and a level, then what is there of each sub-layer. */
static void skip_profile(struct heif_bits *bits, unsigned sub_layers)
{
    bool profile[8] = {false}, level[8] = {false};

    heif_bits_skip(bits, 88 + 8);
    for (unsigned i = 0; i + 1 < sub_layers; i++) {
        profile[i] = heif_bits_read(bits, 1);
        level[i] = heif_bits_read(bits, 1);
    }
    if (sub_layers > 1)
        heif_bits_skip(bits, 2 * (9 - sub_layers));
    for (unsigned i = 0; i + 1 < sub_layers; i++)
        heif_bits_skip(bits, (profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
}

static bool read_sps(struct heif_coded *coded, const unsigned char *nal, size_t size)
{
    unsigned char plain[LARGEST_SPS];
    size_t count = 0, width, height;
    struct heif_bits bits;
    unsigned sub_layers;

    /* A 3 behind two zeros only keeps them from looking like a start code. */
    for (size_t i = NAL_HEADER; i < size && count < sizeof plain; i++)
        if (nal[i] != 3 || i < NAL_HEADER + 2 || nal[i - 1] != 0 || nal[i - 2] != 0)
            plain[count++] = nal[i];
    bits = (struct heif_bits){.bytes = plain, .size = count};
    heif_bits_skip(&bits, 4);
    sub_layers = 1 + heif_bits_read(&bits, 3);
    heif_bits_skip(&bits, 1);
    skip_profile(&bits, sub_layers);
    heif_bits_golomb(&bits); /* the set's number */
    if (heif_bits_golomb(&bits) == 3)
        heif_bits_skip(&bits, 1); /* separate colour planes */
    width = heif_bits_golomb(&bits);
    height = heif_bits_golomb(&bits);
    if (heif_bits_read(&bits, 1)) /* what to cut off at each side */
        for (int side = 0; side < 4; side++)
            heif_bits_golomb(&bits);
    if (heif_bits_golomb(&bits) + heif_bits_golomb(&bits) > 0)
        coded->deep = true;
    heif_coded_enlarge(&coded->width, &coded->height, width, height);
    return !bits.short_of;
}

/* coded->pictures counts the pictures of one item, and for a key picture that is not IDR those that
 * a decoder makes up for it because it refers to them. */
static bool read_nal(struct heif_coded *coded, const unsigned char *nal, size_t size)
{
    unsigned type;

    if (size <= NAL_HEADER)
        return true;
    type = nal[0] >> 1 & 63;
    if (type == NAL_PPS)
        coded->sets++;
    if (type == NAL_SPS)
        return read_sps(coded, nal, size);
    if (type >= NAL_FIRST_NON_VCL)
        return true;
    coded->slices++;
    if (nal[NAL_HEADER] >> 7) /* the first slice segment of a picture */
        coded->pictures += type == NAL_IDR_W_RADL || type == NAL_IDR_N_LP ? 1 : MOST_REFERENCES + 1;
    return type >= NAL_FIRST_KEY && type <= NAL_LAST_KEY;
}

/* Takes a length of `count` bytes, big end first, and as many bytes from the front. */
static const unsigned char *take(const unsigned char **bytes, size_t *size, size_t count,
                                 size_t *ret_length)
{
    const unsigned char *start = *bytes + count;
    size_t length = 0;

    if (*size < count)
        return NULL;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | (*bytes)[i];
    if (length > *size - count)
        return NULL;
    *bytes = start + length;
    *size -= count + length;
    *ret_length = length;
    return start;
}

bool heif_coded_hevc_config(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    size_t arrays;

    if (size <= CONFIG_HEADER)
        return false;
    arrays = bytes[CONFIG_HEADER];
    bytes += CONFIG_HEADER + 1;
    size -= CONFIG_HEADER + 1;
    for (; arrays > 0; arrays--) {
        size_t nals;

        if (size < 3)
            return false;
        nals = (size_t)bytes[1] << 8 | bytes[2];
        bytes += 3;
        size -= 3;
        for (; nals > 0; nals--) {
            size_t length;
            const unsigned char *nal = take(&bytes, &size, 2, &length);

            if (!nal || !read_nal(coded, nal, length))
                return false;
        }
    }
    return true;
}

bool heif_coded_hevc(struct heif_coded *coded, const unsigned char *bytes, size_t size)
{
    struct heif_coded item = {0};

    while (size > 0) {
        size_t length;
        const unsigned char *nal = take(&bytes, &size, 4, &length);

        if (!nal || !read_nal(&item, nal, length))
            return false;
    }
    heif_coded_enlarge(&coded->width, &coded->height, item.width, item.height);
    coded->deep = coded->deep || item.deep;
    coded->slices = item.slices > coded->slices ? item.slices : coded->slices;
    coded->pictures = item.pictures > coded->pictures ? item.pictures : coded->pictures;
    coded->sets += item.sets;
    return item.pictures == 1 || item.pictures == MOST_REFERENCES + 1;
}
