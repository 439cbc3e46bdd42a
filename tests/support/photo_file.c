/* SPDX-License-Identifier: MIT */
#include "tests/support/photo_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

void photo_file_finish(struct photo_file *file)
{
    free(file->bytes);
    *file = (struct photo_file){0};
}

void photo_file_insert(struct photo_file *file, size_t offset, const void *bytes, size_t size)
{
    file->bytes = realloc(file->bytes, file->size + size + 1);
    ck_assert_ptr_nonnull(file->bytes);
    memmove(file->bytes + offset + size, file->bytes + offset, file->size - offset);
    memcpy(file->bytes + offset, bytes, size);
    file->size += size;
}

void photo_file_put(struct photo_file *file, const void *bytes, size_t size)
{
    photo_file_insert(file, file->size, bytes, size);
}

void photo_file_number(struct photo_file *file, uint32_t value, size_t bytes)
{
    while (bytes-- > 0) {
        const unsigned char byte = (unsigned char)(value >> 8 * bytes);

        photo_file_put(file, &byte, 1);
    }
}

struct photo_file photo_file_read(const char *name)
{
    struct photo_file file = {0};
    char path[512], block[4096];
    size_t got;
    FILE *in;

    snprintf(path, sizeof path, "%s/images/%s", getenv("TEST_DATA"), name);
    in = fopen(path, "rb");
    ck_assert_msg(in != NULL, "%s", path);
    while ((got = fread(block, 1, sizeof block, in)) > 0)
        photo_file_put(&file, block, got);
    fclose(in);
    return file;
}

/* ---- Profiles ---- */

const double profile_adobe_rgb[3][3] = {
    {0.60974, 0.31111, 0.01947}, {0.20528, 0.62567, 0.06087}, {0.14919, 0.06322, 0.74457}};
const double profile_display_p3[3][3] = {
    {0.51512, 0.24120, -0.00105}, {0.29198, 0.69225, 0.04189}, {0.15710, 0.06657, 0.78407}};
const double profile_srgb[3][3] = {
    {0.43607, 0.22249, 0.01392}, {0.38515, 0.71687, 0.09708}, {0.14307, 0.06061, 0.71410}};

/* s15Fixed16Number. */
static void put_fixed(struct photo_file *file, double value)
{
    photo_file_number(file, (uint32_t)(int32_t)lround(value * 65536), 4);
}

/* The header of a profile that will have so many tags; finish_profile writes its size. */
static struct photo_file start_profile(const char *class_, const char *space,
                                       const char *connection, uint32_t tags)
{
    static const unsigned char zeros[128];
    struct photo_file file = {0};

    photo_file_put(&file, zeros, sizeof zeros);
    memcpy(file.bytes + 8, "\2\x40", 2); /* version 2.4 */
    memcpy(file.bytes + 12, class_, 4);
    memcpy(file.bytes + 16, space, 4);
    memcpy(file.bytes + 20, connection, 4);
    memcpy(file.bytes + 36, "acsp", 4);
    memcpy(file.bytes + 68, "\0\0\xF6\xD6\0\1\0\0\0\0\xD3\x2D", 12); /* D50 */
    photo_file_number(&file, tags, 4);
    return file;
}

static void put_tag(struct photo_file *file, const char *name, size_t offset, size_t size)
{
    photo_file_put(file, name, 4);
    photo_file_number(file, (uint32_t)offset, 4);
    photo_file_number(file, (uint32_t)size, 4);
}

static struct photo_file finish_profile(struct photo_file *file)
{
    for (size_t i = 0; i < 4; i++)
        file->bytes[i] = (unsigned char)(file->size >> 8 * (3 - i));
    return *file;
}

static void put_curve(struct photo_file *file, double power)
{
    static const double srgb[] = {2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045};

    if (power > 0) {
        photo_file_put(file, "curv\0\0\0\0\0\0\0\1", 12);
        photo_file_number(file, (uint32_t)lround(power * 256), 2);
        photo_file_put(file, "\0", 2);
        return;
    }
    photo_file_put(file, "para\0\0\0\0\0\3\0\0", 12);
    for (size_t i = 0; i < 5; i++)
        put_fixed(file, srgb[i]);
}

struct photo_file profile_of_primaries(const double xyz[3][3], double power)
{
    enum { TAGS = 6, XYZ = 20, DATA = 132 + 12 * TAGS };
    const size_t curve = power > 0 ? 14 : 32;
    struct photo_file file = start_profile("mntr", "RGB ", "XYZ ", TAGS);

    put_tag(&file, "rXYZ", DATA, XYZ);
    put_tag(&file, "gXYZ", DATA + XYZ, XYZ);
    put_tag(&file, "bXYZ", DATA + 2 * XYZ, XYZ);
    put_tag(&file, "rTRC", DATA + 3 * XYZ, curve);
    put_tag(&file, "gTRC", DATA + 3 * XYZ, curve);
    put_tag(&file, "bTRC", DATA + 3 * XYZ, curve);
    for (size_t i = 0; i < 3; i++) {
        photo_file_put(&file, "XYZ \0\0\0\0", 8);
        for (size_t j = 0; j < 3; j++)
            put_fixed(&file, xyz[i][j]);
    }
    put_curve(&file, power);
    return finish_profile(&file);
}

struct photo_file profile_of_grey(double power)
{
    struct photo_file file = start_profile("mntr", "GRAY", "XYZ ", 1);

    put_tag(&file, "kTRC", 132 + 12, 14);
    put_curve(&file, power);
    return finish_profile(&file);
}

/* lut8Type: curves for four inks, two points along each, curves for L*, a* and b*. */
struct photo_file profile_of_ink(void)
{
    enum { SIZE = 48 + 4 * 256 + 16 * 3 + 3 * 256 };
    struct photo_file file = start_profile("prtr", "CMYK", "Lab ", 1);

    put_tag(&file, "A2B0", 132 + 12, SIZE);
    photo_file_put(&file, "mft1\0\0\0\0\4\3\2\0", 12);
    for (size_t i = 0; i < 9; i++)
        put_fixed(&file, i % 4 == 0);
    for (uint32_t i = 0; i < 4 * 256; i++)
        photo_file_number(&file, i % 256, 1);
    for (uint32_t i = 0; i < 16; i++) /* black changes fastest */
        photo_file_number(&file, i % 2 ? 0x008080 : 0xFF8080, 3);
    for (uint32_t i = 0; i < 3 * 256; i++)
        photo_file_number(&file, i % 256, 1);
    return finish_profile(&file);
}
