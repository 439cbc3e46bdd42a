/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: a property that must hold, bytes as a file, and mutations that an
 * engine does not know by itself. */
#ifndef FUZZ_SUPPORT_H
#define FUZZ_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The target's own mutations, where it has any: changes data[size] in place to at most `max` bytes,
 * and returns how many. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* Ends the process, which the engine takes for a fault. */
void fuzz_require(bool holds);

/* Bytes as a file in memory that has a path, for parsers that open one. */
struct fuzz_file {
    int descriptor;
    char path[32];
};
struct fuzz_file fuzz_file_open(const void *bytes, size_t size);
void fuzz_file_close(struct fuzz_file *file);

/* "folder/name", the folder being this process's own and removed when it exits; the path is valid
 * until the next call. */
const char *fuzz_path(const char *name);
/* The same, of a file that has these bytes. */
const char *fuzz_put(const char *name, const void *bytes, size_t size);

/* Mutates the safetensors file data[size] and keeps it one: the 8 bytes before its JSON follow
 * a change of it, and its numbers become some that are hard to reckon with.  Only with an
 * engine. */
size_t fuzz_mutate_safetensors(uint8_t *data, size_t size, size_t max, unsigned seed);
/* The same of a file behind a text that ends in a NUL; the text is mutated as well. */
size_t fuzz_mutate_text_and_safetensors(uint8_t *data, size_t size, size_t max, unsigned seed);

#endif
