/* SPDX-License-Identifier: MIT */
/* Mutations of safetensors files. */
#include "fuzz/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The engine's. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

enum { LENGTH_BYTES = 8, PLAIN_IN = 12, TEXT_IN = 3 };

static size_t below(unsigned *state, size_t bound)
{
    *state = *state * 1664525 + 1013904223;
    return bound > 0 ? (*state >> 8) % bound : 0;
}

/* The JSON as it stands becomes another, which may be longer, and the numbers behind it stay. */
static size_t mutate_header(uint8_t *data, size_t size, size_t max, size_t length)
{
    const size_t behind = size - LENGTH_BYTES - length, room = max - LENGTH_BYTES - behind;
    uint8_t *json = malloc(room + 1);
    uint64_t changed;

    if (!json)
        return size;
    memcpy(json, data + LENGTH_BYTES, length);
    changed = LLVMFuzzerMutate(json, length, room);
    memmove(data + LENGTH_BYTES + changed, data + LENGTH_BYTES + length, behind);
    memcpy(data + LENGTH_BYTES, json, changed);
    memcpy(data, &changed, LENGTH_BYTES);
    free(json);
    return LENGTH_BYTES + changed + behind;
}

static void mutate_number(uint8_t *numbers, size_t size, unsigned *state)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 1e30F, 0, 1e-40F, -1, 1};
    const size_t at = below(state, size), word = at & ~(size_t)3;

    switch (below(state, 4)) {
    case 0:
        numbers[at] = (uint8_t)below(state, 256);
        break;
    case 1:
        numbers[at] ^= (uint8_t)(1U << below(state, 8));
        break;
    case 2:
        if (word + sizeof *odd <= size)
            memcpy(numbers + word, &odd[below(state, sizeof odd / sizeof *odd)], sizeof *odd);
        break;
    default:
        LLVMFuzzerMutate(numbers + at, 1, 1);
    }
}

size_t fuzz_mutate_safetensors(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint64_t length = 0;
    uint8_t *numbers;

    if (size >= LENGTH_BYTES)
        memcpy(&length, data, LENGTH_BYTES);
    if (size < 2 * LENGTH_BYTES || length > size - LENGTH_BYTES || below(&seed, PLAIN_IN) == 0)
        return LLVMFuzzerMutate(data, size, max);
    numbers = data + LENGTH_BYTES + length;
    if (numbers == data + size || below(&seed, 2) == 0)
        return mutate_header(data, size, max, length);
    for (size_t times = 1 + below(&seed, 8); times > 0; times--)
        mutate_number(numbers, (size_t)(data + size - numbers), &seed);
    return size;
}

size_t fuzz_mutate_text_and_safetensors(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    const uint8_t *nul = memchr(data, 0, size);
    const size_t text = nul ? (size_t)(nul - data) : 0;
    uint8_t *mutated;
    size_t changed;

    if (!nul)
        return LLVMFuzzerMutate(data, size, max);
    if (below(&seed, TEXT_IN) > 0)
        return text + 1 +
               fuzz_mutate_safetensors(data + text + 1, size - text - 1, max - text - 1, seed);
    mutated = malloc(max);
    if (!mutated)
        return size;
    memcpy(mutated, data, text);
    changed = LLVMFuzzerMutate(mutated, text, text + max - size);
    memmove(data + changed, data + text, size - text);
    memcpy(data, mutated, changed);
    free(mutated);
    return changed + size - text;
}
