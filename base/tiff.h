/* SPDX-License-Identifier: MIT */
/*
 * The directories of a TIFF file ("TIFF 6.0", and BigTIFF), in memory.  Camera raws are such files,
 * too.  Every read is bounded by the bytes that there are.
 */
#ifndef BASE_TIFF_H
#define BASE_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tn_tiff {
    const unsigned char *bytes; /* borrowed */
    size_t size;
    bool big_endian;
    bool wide;      /* BigTIFF: offsets and counts of 64 bits */
    uint64_t first; /* where the first directory is */
};

struct tn_tiff_directory {
    size_t entries, count; /* where they begin, and how many */
    uint64_t next;         /* where the next directory is, 0: this is the last; outside of the file
                              where that is missing */
};

struct tn_tiff_field {
    unsigned tag, type;
    uint64_t count;
    size_t offset, size; /* of the value, which lies in the file as a whole */
};

/* false where the file does not begin like a TIFF file, or a raw of Olympus or Panasonic, which
 * differ only there. */
bool tn_tiff_open(struct tn_tiff *ret_tiff, const unsigned char *bytes, size_t size);

/* The directory there; false where it does not lie in the file as a whole. */
bool tn_tiff_directory(const struct tn_tiff *tiff, uint64_t offset,
                       struct tn_tiff_directory *ret_directory);

/* A field by its place or by its tag; false where it is not there, has a type that is not known, or
 * does not lie in the file as a whole. */
bool tn_tiff_field(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                   size_t index, struct tn_tiff_field *ret_field);
bool tn_tiff_find(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                  unsigned tag, struct tn_tiff_field *ret_field);

/* One of the numbers of a field of whole numbers that are not negative; 0 where it has no such. */
uint64_t tn_tiff_number(const struct tn_tiff *tiff, const struct tn_tiff_field *field,
                        uint64_t index);
/* The only or first number of the field of that tag, `otherwise` where there is none. */
uint64_t tn_tiff_number_of(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory,
                           unsigned tag, uint64_t otherwise);

/* Whether `holds` is true of any directory of the file: of those that follow each other, and those
 * that they list.  Some that no photo has are passed over. */
bool tn_tiff_any(const struct tn_tiff *tiff,
                 bool (*holds)(const struct tn_tiff *tiff,
                               const struct tn_tiff_directory *directory, void *context),
                 void *context);

/* Whether a picture of the file is a sensor's data. */
bool tn_tiff_is_sensor(const struct tn_tiff *tiff, const struct tn_tiff_directory *directory);

/*
 * Whether a TIFF file is a camera's raw: a DNG, or one of its pictures is a sensor's data,
 * by its colours or by a compression that only cameras use.  A scan or an edited photo is none,
 * whoever made it.
 */
bool tn_tiff_is_raw(const unsigned char *bytes, size_t size);

#endif
