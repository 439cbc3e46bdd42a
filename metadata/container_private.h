/* SPDX-License-Identifier: MIT */
/*
 * A container knows where a format of files keeps its metadata (metadata/container_*.c, one file
 * per format).  It takes the parts of a file out, and puts others in their place, and all else
 * stays byte for byte, but for what says where things are in the file: offsets that count from its
 * begin move along.  What the parts mean is none of its business (metadata/fields.c, caption.c).
 *
 * Putting the old parts back must give the old file, byte for byte: photo.c checks that of every
 * file before it is written, so that what a container does not foresee is refused and not lost.  A
 * container that puts a part at the file's end, where it was not before, has a check of its own.
 */
#ifndef META_CONTAINER_PRIVATE_H
#define META_CONTAINER_PRIVATE_H

#include "base/status.h"
#include "metadata/containers.h" /* META_CONTAINERS, which the build makes */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum meta_part_kind {
    META_XMP,       /* an XMP packet: XML, with its wrapper and padding where it has them */
    META_EXIF,      /* a TIFF file ("II*\0" or "MM\0*" first), without "Exif\0\0" before it */
    META_PHOTOSHOP, /* Photoshop image resources ("8BIM" first), which IPTC data is one of */
    META_PARTS
};

/* Bytes of its own; NULL: not there. */
struct meta_part {
    unsigned char *bytes; /* owned */
    size_t size;
};

struct meta_parts {
    struct meta_part part[META_PARTS];
    /* What a person wrote of the photo in a field that is not among the parts, such as a text chunk
     * of PNG, as UTF-8; it is read only.  Owned; NULL: nothing. */
    char *text;
};

void meta_parts_finish(struct meta_parts *parts);
/* What was taken is handed over where `status` is TN_OK, else freed; returns `status`. */
TN_NODISCARD enum tn_status meta_parts_hand_over(struct meta_parts *parts, enum tn_status status,
                                                 struct meta_parts *ret_parts);
/* A copy becomes what the part is.  Errors: TN_NOMEM, which leaves the part as it was. */
TN_NODISCARD enum tn_status meta_part_set(struct meta_part *part, const unsigned char *bytes,
                                          size_t size, struct tn_error *err);

struct meta_file {
    const char *name; /* for messages */
    const unsigned char *bytes;
    size_t size;
};

/* How many bytes stand before an EXIF block: some writers of other formats keep the "Exif\0\0" of
 * JPEG files. */
size_t meta_exif_prefix(const unsigned char *bytes, size_t size);

/* For a container's check(): whether the files are equal from these offsets on, behind which a
 * format has nothing to say. */
TN_NODISCARD enum tn_status meta_same_rest(const struct meta_file *before, size_t before_offset,
                                           const struct meta_file *after, size_t after_offset,
                                           struct tn_error *err);

struct meta_container {
    const char *const *formats; /* as image_format names them, NULL-terminated */
    bool creates[META_PARTS];   /* whether a part is made where there is none */

    /* Takes all parts out.  A part in a state that the container would not write again just so is
     * an error if it is XMP, and else counts as not there.  ret_parts is written on success only.
     * Errors: TN_FORMAT (damaged), TN_UNSUPPORTED (why, and "use --sidecar xmp"), TN_NOMEM. */
    enum tn_status (*take)(const struct meta_file *file, struct meta_parts *ret_parts,
                           struct tn_error *err);
    /* The file with the parts for which `changed` is true in place of its own: replaced, made, or
     * removed (NULL).  *ret_bytes is the caller's.  Errors: as above, and TN_RANGE (no room). */
    enum tn_status (*put)(const struct meta_file *file, const struct meta_parts *parts,
                          const bool changed[META_PARTS], unsigned char **ret_bytes,
                          size_t *ret_size, struct tn_error *err);
    /* Instead of putting the old parts back, where that cannot give the old file: TN_OK if the
     * files are equal but for their parts and for where things lie in them.  It shares no code with
     * put() that could err in both.  NULL: there is none.  Errors: TN_FORMAT (what differs),
     * TN_NOMEM. */
    enum tn_status (*check)(const struct meta_file *before, const struct meta_file *after,
                            struct tn_error *err);
    /* For those without: the same, of files in which nothing says where things are, as other
     * programs put parts in another order, into which they would not come back. */
    enum tn_status (*compare)(const struct meta_file *before, const struct meta_file *after,
                              struct tn_error *err);
};

/* meta_jpeg and the others: that of each metadata/container_*.c. */
#define META_CONTAINER(name) extern const struct meta_container meta_##name;
META_CONTAINERS(META_CONTAINER)
#undef META_CONTAINER

#endif
