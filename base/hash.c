/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <string.h>

uint64_t tn_hash_number(uint64_t hash, uint64_t number)
{
    return (hash ^ number) * UINT64_C(0x100000001B3);
}

uint64_t tn_hash_bytes(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < count; i++)
        hash = tn_hash_number(hash, p[i]);
    return hash;
}

/* The step of splitmix64 (Steele et al. 2014). */
uint64_t tn_hash_block(uint64_t hash, const void *bytes, size_t count)
{
    const unsigned char *p = bytes;

    while (count > 0) {
        const size_t taken = count < 8 ? count : 8;
        uint64_t word = 0;

        memcpy(&word, p, taken);
        hash = (hash ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
        hash ^= hash >> 29;
        p += taken;
        count -= taken;
    }
    return hash;
}
