/* SPDX-License-Identifier: MIT */
/* Bits from the front of some bytes, highest first; zeros behind their end, which is noted. */
#ifndef IMAGE_HEIF_BITS_H
#define IMAGE_HEIF_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heif_bits {
    const unsigned char *bytes;
    size_t size;
    size_t position; /* in bits */
    bool short_of;   /* more was asked for than there is */
};

static inline void heif_bits_skip(struct heif_bits *bits, size_t count)
{
    if (count > bits->size * 8 - bits->position) {
        bits->short_of = true;
        count = bits->size * 8 - bits->position;
    }
    bits->position += count;
}

/* Of at most 32 bits. */
static inline uint32_t heif_bits_read(struct heif_bits *bits, unsigned count)
{
    uint32_t value = 0;

    for (; count > 0; count--) {
        value <<= 1;
        if (bits->position < bits->size * 8)
            value |= bits->bytes[bits->position >> 3] >> (7 - (bits->position & 7)) & 1;
        heif_bits_skip(bits, 1);
    }
    return value;
}

/* n zeros, a one, and n bits: an Exp-Golomb code (H.265, 9.2), which AV1 calls uvlc. */
static inline uint32_t heif_bits_golomb(struct heif_bits *bits)
{
    unsigned zeros = 0;

    while (zeros < 32 && !bits->short_of && heif_bits_read(bits, 1) == 0)
        zeros++;
    if (zeros == 32)
        return UINT32_MAX;
    return heif_bits_read(bits, zeros) + ((uint32_t)1 << zeros) - 1;
}

#endif
