/* SPDX-License-Identifier: MIT */
/* Any bytes as a program of ELF: a section that is found lies within them. */
#include "base/elf_section.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tn_error err;
    size_t begin, length;

    if (tn_elf_section(data, size, "fuzz", ".safetensors", &begin, &length, &err) == TN_OK &&
        (begin > size || length > size - begin))
        abort();
    return 0;
}
