/* SPDX-License-Identifier: MIT */
/*
 * The items of a HEIC or AVIF file (ISO/IEC 14496-12, 8.11): pictures, and what is said of them.
 * iinf has each item's kind, iloc where its bytes are, iref what it refers to.
 */
#ifndef META_HEIF_ITEMS_PRIVATE_H
#define META_HEIF_ITEMS_PRIVATE_H

#include "metadata/containers/meta_boxes_private.h"

struct meta_heif {
    const struct meta_file *file;
    struct meta_box meta, pitm, iinf, iloc, iref, idat, grpl; /* the last three may be missing */
    unsigned iloc_version;                                    /* 0 to 2 */
    unsigned offset, length, base, index;                     /* the widths of iloc's numbers */
    size_t infos, references, locations, locations_end; /* where the entries are; 0: no iref */
    uint32_t primary;                                   /* the picture that the file is */
    uint32_t largest_id;                                /* of all that has one */
};

/* Errors: TN_UNSUPPORTED for a file that has no items, TN_FORMAT. */
TN_NODISCARD enum tn_status meta_heif_read(const struct meta_file *file, struct meta_heif *ret_heif,
                                           struct tn_error *err);

/* What iinf says of an item. */
struct meta_item {
    size_t start, end; /* of the entry */
    uint32_t id, type;
    bool encrypted;
    const char *content, *encoding; /* of type "mime": what it is, and how compressed; or "" */
};

/* The entry at *position, which begins as heif->infos; false behind the last entry. */
bool meta_item_next(const struct meta_heif *heif, size_t *position, struct meta_item *ret_item);

/* What iloc says of an item. */
struct meta_location {
    size_t start, end; /* of the entry */
    uint32_t id;
    unsigned method;      /* 0: its bytes are in the file, 1: in idat, 2: in another item */
    unsigned reference;   /* 0: in this file */
    size_t base, extents; /* where the base offset and the extents stand in the file */
    size_t count;         /* of extents, each an index, an offset and a length */
};

/* The entry at *position, which begins as heif->locations; false behind the last entry. */
bool meta_location_next(const struct meta_heif *heif, size_t *position,
                        struct meta_location *ret_location);
/* Where the offset of extent i stands; its length stands behind it. */
size_t meta_location_offset(const struct meta_heif *heif, const struct meta_location *location,
                            size_t i);
/* Where the bytes of extent i are in the file; false where they are not all in it. */
bool meta_location_extent(const struct meta_heif *heif, const struct meta_location *location,
                          size_t i, size_t *ret_start, size_t *ret_length);

/* What iref says of an item. */
struct meta_reference {
    uint32_t name, from;
    unsigned width; /* of ids */
    size_t to;      /* where the ids that it refers to stand */
    size_t count;
};

/* The entry at *position, which begins as heif->references; false behind the last entry. */
bool meta_reference_next(const struct meta_heif *heif, size_t *position,
                         struct meta_reference *ret_reference);

/* The XMP or EXIF item of the primary picture; *ret_id is 0 where there is none.  Errors:
 * TN_UNSUPPORTED for one that is encrypted, compressed, or one of several. */
TN_NODISCARD enum tn_status meta_heif_find(const struct meta_heif *heif, enum meta_part_kind kind,
                                           uint32_t *ret_id, struct tn_error *err);
/* Where it is, which is at an extent at least.  Errors: TN_FORMAT, TN_UNSUPPORTED. */
TN_NODISCARD enum tn_status meta_heif_locate(const struct meta_heif *heif, uint32_t id,
                                             struct meta_location *ret_location,
                                             struct tn_error *err);
/* Where the same bytes are in a box mdat and no item has them; 0: nowhere. */
size_t meta_heif_find_unused(const struct meta_heif *heif, const unsigned char *bytes, size_t size);

#endif
