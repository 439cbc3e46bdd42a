/* SPDX-License-Identifier: MIT */
/*
 * PSD ("Adobe Photoshop File Formats"): a header, then sections of a length and data.  The second
 * is the list of image resources, and XMP, EXIF and IPTC are some of them.  Nothing in the file
 * counts from its begin.
 */
#include "metadata/container_private.h"

#include "base/array.h"
#include "metadata/resources_private.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER = 26, LENGTH = 4 };

static const unsigned ids[META_PARTS] = {
    [META_XMP] = META_RESOURCE_XMP, [META_EXIF] = META_RESOURCE_EXIF};

/* The list of resources; all others of the file stay where they are, or move behind it. */
struct section {
    size_t start, size; /* behind its length */
};

/* Goes from *offset behind the section there. */
static bool pass_section(const struct meta_file *file, size_t *offset, size_t *ret_size)
{
    if (file->size < *offset || file->size - *offset < LENGTH)
        return false;
    *ret_size = meta_number(file->bytes + *offset, LENGTH, true);
    *offset += LENGTH;
    if (*ret_size > file->size - *offset)
        return false;
    *offset += *ret_size;
    return true;
}

static enum tn_status find_resources(const struct meta_file *file, struct section *ret_section,
                                     struct tn_error *err)
{
    struct meta_resource resource = {.end = 0};
    size_t offset = HEADER, colours, size;

    if (!pass_section(file, &offset, &colours) || !pass_section(file, &offset, &size))
        return tn_fail(err, TN_FORMAT, "%s: the PSD file is truncated", file->name);
    while (meta_resource_read(file->bytes + offset - size, size, resource.end, &resource))
        ;
    if (resource.end != size)
        return tn_fail(err, TN_FORMAT, "%s: its image resources are damaged; use --sidecar xmp",
                       file->name);
    *ret_section = (struct section){offset - size, size};
    return TN_OK;
}

/* ---- Parts out ---- */

static enum tn_status take_resource(const unsigned char *resources, size_t size,
                                    enum meta_part_kind kind, struct meta_part *part,
                                    struct tn_error *err)
{
    struct meta_resource resource;

    if (!meta_resource_find(resources, size, ids[kind], &resource))
        return TN_OK;
    return meta_part_set(part, resources + resource.data, resource.size, err);
}

static enum tn_status take(const struct meta_file *file, struct meta_parts *ret_parts,
                           struct tn_error *err)
{
    struct meta_parts parts = {0};
    struct section section;
    const unsigned char *resources;
    enum tn_status status;

    TN_TRY(find_resources(file, &section, err));
    resources = file->bytes + section.start;
    status = take_resource(resources, section.size, META_XMP, &parts.part[META_XMP], err);
    if (status == TN_OK)
        status = take_resource(resources, section.size, META_EXIF, &parts.part[META_EXIF], err);
    if (status == TN_OK)
        status = meta_part_set(&parts.part[META_PHOTOSHOP], resources, section.size, err);
    return meta_parts_hand_over(&parts, status, ret_parts);
}

/* ---- Parts in ---- */

static enum tn_status add_resource(struct meta_bytes *resources, unsigned id,
                                   const struct meta_part *part, struct tn_error *err)
{
    unsigned char head[12] = "8BIM"; /* id, no name, size */

    meta_number_put(head + 4, 2, true, id);
    meta_number_put(head + 8, 4, true, part->size);
    TN_TRY(meta_bytes_add(resources, head, sizeof head, err));
    TN_TRY(meta_bytes_add(resources, part->bytes, part->size, err));
    return meta_bytes_add(resources, "", part->size & 1, err);
}

/* Replaced, added at the end of the list, or removed. */
static enum tn_status put_resource(struct meta_bytes *resources, unsigned id,
                                   const struct meta_part *part, struct tn_error *err)
{
    struct meta_resource old;
    const bool there = meta_resource_find(resources->bytes, resources->size, id, &old);

    if (there && !part->bytes)
        return meta_bytes_splice(resources, old.start, old.end, NULL, 0, err);
    if (there)
        return meta_resource_replace(resources, &old, part->bytes, part->size, err);
    return part->bytes ? add_resource(resources, id, part, err) : TN_OK;
}

/* resources: empty. */
static enum tn_status put_parts(const struct meta_file *file, const struct section *section,
                                const struct meta_parts *parts, const bool changed[META_PARTS],
                                struct meta_bytes *resources, struct tn_error *err)
{
    const struct meta_part *list = &parts->part[META_PHOTOSHOP];

    if (changed[META_PHOTOSHOP])
        TN_TRY(meta_bytes_add(resources, list->bytes, list->size, err));
    else
        TN_TRY(meta_bytes_add(resources, file->bytes + section->start, section->size, err));
    for (int kind = META_XMP; kind <= META_EXIF; kind++)
        if (changed[kind])
            TN_TRY(put_resource(resources, ids[kind], &parts->part[kind], err));
    if (resources->size > UINT32_MAX)
        return tn_fail(err, TN_RANGE, "%s: a PSD file cannot have 4 GiB of metadata", file->name);
    return TN_OK;
}

static enum tn_status put_file(const struct meta_file *file, const struct section *section,
                               const struct meta_bytes *resources, struct meta_bytes *out,
                               struct tn_error *err)
{
    const size_t end = section->start + section->size;
    unsigned char length[LENGTH];

    meta_number_put(length, sizeof length, true, resources->size);
    TN_TRY(meta_bytes_add(out, file->bytes, section->start - LENGTH, err));
    TN_TRY(meta_bytes_add(out, length, sizeof length, err));
    TN_TRY(meta_bytes_add(out, resources->bytes, resources->size, err));
    return meta_bytes_add(out, file->bytes + end, file->size - end, err);
}

static enum tn_status put(const struct meta_file *file, const struct meta_parts *parts,
                          const bool changed[META_PARTS], unsigned char **ret_bytes,
                          size_t *ret_size, struct tn_error *err)
{
    struct meta_bytes resources = {0}, out = {0};
    struct section section;
    enum tn_status status;

    TN_TRY(find_resources(file, &section, err));
    status = put_parts(file, &section, parts, changed, &resources, err);
    if (status == TN_OK)
        status = tn_array_reserve(&out.bytes, &out.capacity, file->size + resources.size, err);
    if (status == TN_OK)
        status = put_file(file, &section, &resources, &out, err);
    free(resources.bytes);
    return meta_bytes_hand_over(&out, status, ret_bytes, ret_size);
}

/* ---- Whether all else is as it was ---- */

static enum tn_status compare(const struct meta_file *before, const struct meta_file *after,
                              struct tn_error *err)
{
    struct section was, is_now;

    TN_TRY(find_resources(before, &was, err));
    TN_TRY(find_resources(after, &is_now, err));
    if (was.start != is_now.start || memcmp(before->bytes, after->bytes, was.start - LENGTH) != 0 ||
        !meta_resources_same(before->bytes + was.start, was.size, after->bytes + is_now.start,
                             is_now.size))
        return tn_fail(err, TN_FORMAT, "%s: more than its metadata would change", before->name);
    return meta_same_rest(before, was.start + was.size, after, is_now.start + is_now.size, err);
}

static const char *const formats[] = {"PSD", NULL};

const struct meta_container meta_psd = {
    .formats = formats,
    .creates = {[META_XMP] = true, [META_EXIF] = true},
    .take = take,
    .put = put,
    .compare = compare,
};
