/* SPDX-License-Identifier: MIT */
/* libtiff, loaded when it is needed, and files in memory as it reads them. */
#ifndef IMAGE_TIFF_LIBRARY_H
#define IMAGE_TIFF_LIBRARY_H

#include "image/image_private.h"

#include <stdint.h>

#include <tiffio.h>

/* What is used of it, each without TIFF before its name. */
#define TIFF_FUNCTIONS(X)                                                                          \
    X(ClientOpenExt)                                                                               \
    X(Close)                                                                                       \
    X(ComputeTile)                                                                                 \
    X(GetField)                                                                                    \
    X(GetFieldDefaulted)                                                                           \
    X(GetStrileByteCount)                                                                          \
    X(GetStrileOffset)                                                                             \
    X(IsCODECConfigured)                                                                           \
    X(IsTiled)                                                                                     \
    X(NumberOfStrips)                                                                              \
    X(NumberOfTiles)                                                                               \
    X(OpenOptionsAlloc)                                                                            \
    X(OpenOptionsFree)                                                                             \
    X(OpenOptionsSetErrorHandlerExtR)                                                              \
    X(OpenOptionsSetMaxSingleMemAlloc)                                                             \
    X(OpenOptionsSetWarningHandlerExtR)                                                            \
    X(RGBAImageBegin)                                                                              \
    X(RGBAImageEnd)                                                                                \
    X(RGBAImageGet)                                                                                \
    X(ReadEncodedTile)                                                                             \
    X(ReadScanline)                                                                                \
    X(ScanlineSize64)                                                                              \
    X(SetField)                                                                                    \
    X(SetSubDirectory)                                                                             \
    X(StripSize64)                                                                                 \
    X(TileRowSize64)                                                                               \
    X(TileSize64)

#define TIFF_MEMBER(name) __typeof__(&TIFF##name) name;
struct tiff_functions {
    TIFF_FUNCTIONS(TIFF_MEMBER)
};

/* A file that is being read, all borrowed but `file`. */
struct tiff_handle {
    const struct tiff_functions *tiff;
    const struct image_source *source;
    uint64_t position;   /* in the source's bytes */
    char complaint[256]; /* libtiff's first */
    TIFF *file;          /* owned */
};

/* Opens the directory at that offset.  What libtiff can make 8-bit RGB of while it decodes (colours
 * at a lower resolution in JPEG, logarithms of brightness) becomes that.  The caller closes the
 * handle, after an error too. */
TN_NODISCARD enum tn_status tiff_handle_open(struct tiff_handle *handle,
                                             const struct image_source *source, uint64_t directory,
                                             struct tn_error *err);
void tiff_handle_close(struct tiff_handle *handle);
/* The error that libtiff complained of. */
TN_NODISCARD enum tn_status tiff_handle_fail(const struct tiff_handle *handle,
                                             struct tn_error *err);

#endif
