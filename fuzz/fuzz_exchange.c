/* SPDX-License-Identifier: MIT */
/* Any bytes as weights of another program: refused, or all numbers of its tensors are read. */
#include "exchange/tensors.h"
#include "fuzz/support.h"

#include <stdlib.h>

enum { MOST_NUMBERS = 1 << 20 }; /* tensors may share what they lie in */

static void read_numbers(const struct exchange_tensor *tensor, size_t count)
{
    float *numbers = malloc((count + 1) * sizeof *numbers);

    fuzz_require(numbers != NULL);
    exchange_floats(tensor, numbers);
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exchange_tensors tensors;
    size_t total = 0;

    if (exchange_read_memory(data, size, "fuzz", &tensors, NULL) != TN_OK)
        return 0;
    for (size_t i = 0; i < tensors.count; i++) {
        const struct exchange_tensor *tensor = &tensors.items[i];
        const size_t count = exchange_count(tensor);

        fuzz_require(exchange_find(&tensors, exchange_name(&tensors, i)) == tensor);
        fuzz_require(count <= size);
        total += count;
        if (total <= MOST_NUMBERS)
            read_numbers(tensor, count);
    }
    exchange_finish(&tensors);
    return 0;
}
