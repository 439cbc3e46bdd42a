/* SPDX-License-Identifier: MIT */
#include "tests/support/tar.h"

#include "tests/support/suite.h"

#include <string.h>

enum { BLOCK = 512 };

FILE *tar_begin(const char *path)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    return file;
}

void tar_add_header(FILE *file, const char *name, char kind, unsigned long long size)
{
    unsigned char header[BLOCK] = {0};
    unsigned sum = 0;

    snprintf((char *)header, 100, "%s", name);
    memcpy(header + 100,
           "0000644\0"
           "0000000\0"
           "0000000\0",
           24);
    if (size < 1ULL << 33)
        snprintf((char *)header + 124, 12, "%011llo", size);
    for (int i = 0; size >= 1ULL << 33 && i < 8; i++)
        header[135 - i] = (unsigned char)(size >> 8 * i & 0xFF);
    header[124] |= size >= 1ULL << 33 ? 0x80 : 0;
    memcpy(header + 136, "00000000000", 12);
    memset(header + 148, ' ', 8);
    header[156] = (unsigned char)kind;
    if (kind == '1' || kind == '2')
        memcpy(header + 157, "other.jpg", 9);
    memcpy(header + 257,
           "ustar\0"
           "00",
           8);
    if (kind == 'S') { /* bytes 0 and 1 of 4096 are there */
        memcpy(header + 257, "ustar  ", 8);
        memcpy(header + 386,
               "00000000000\0"
               "00000000020\0",
               24);
        memcpy(header + 483, "00000010000", 12);
    }
    for (int i = 0; i < BLOCK; i++)
        sum += header[i];
    snprintf((char *)header + 148, 8, "%06o", sum);
    fwrite(header, 1, BLOCK, file);
}

void tar_add_bytes(FILE *file, const char *bytes, size_t size)
{
    static const char zeros[BLOCK];

    fwrite(bytes, 1, size, file);
    fwrite(zeros, 1, (BLOCK - size % BLOCK) % BLOCK, file);
}

void tar_add(FILE *file, const char *name, const char *text)
{
    tar_add_header(file, name, '0', strlen(text));
    tar_add_bytes(file, text, strlen(text));
}

void tar_add_long(FILE *file, char kind, const char *text)
{
    tar_add_header(file, "long", kind, strlen(text));
    tar_add_bytes(file, text, strlen(text));
}

void tar_finish(FILE *file)
{
    static const char zeros[2 * BLOCK];

    fwrite(zeros, 1, sizeof zeros, file);
    fclose(file);
}
