/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void build(struct meta_bytes *file, const void *bytes, size_t size)
{
    ck_assert(meta_bytes_add(file, bytes, size, NULL) == TN_OK);
}

void build_text(struct meta_bytes *file, const char *text)
{
    build(file, text, strlen(text));
}

void build_number(struct meta_bytes *file, size_t count, bool big, size_t value)
{
    unsigned char bytes[4];

    meta_number_put(bytes, count, big, value);
    build(file, bytes, count);
}

static struct meta_file as_file(const struct meta_bytes *bytes)
{
    return (struct meta_file){"photo", bytes->bytes, bytes->size};
}

struct meta_parts container_parts(const struct meta_container *container,
                                  const struct meta_bytes *file)
{
    const struct meta_file of = as_file(file);
    struct meta_parts parts;
    struct tn_error err;

    ck_assert_msg(container->take(&of, &parts, &err) == TN_OK, "%s", err.text);
    return parts;
}

/* Puts a part in place of the file's, if the container then says that all else is as it was. */
static enum tn_status try(const struct meta_container *container, const struct meta_bytes *file,
                          enum meta_part_kind kind, const char *text, struct meta_bytes *ret_file,
                          struct tn_error *err)
{
    const struct meta_file of = as_file(file);
    const bool changed[META_PARTS] = {[META_XMP] = kind == META_XMP,
                                      [META_EXIF] = kind == META_EXIF,
                                      [META_PHOTOSHOP] = kind == META_PHOTOSHOP};
    struct meta_bytes out = {0};
    struct meta_file written;
    struct meta_parts parts = {0};
    enum tn_status status;

    if (text)
        ck_assert(meta_part_set(&parts.part[kind], (const unsigned char *)text, strlen(text),
                                NULL) == TN_OK);
    status = container->put(&of, &parts, changed, &out.bytes, &out.size, err);
    meta_parts_finish(&parts);
    if (status != TN_OK)
        return status;
    out.capacity = out.size;
    written = as_file(&out);
    if (container->check)
        status = container->check(&of, &written, err);
    if (status == TN_OK)
        *ret_file = out;
    else
        free(out.bytes);
    return status;
}

struct meta_bytes container_with(const struct meta_container *container,
                                 const struct meta_bytes *file, enum meta_part_kind kind,
                                 const char *text)
{
    struct meta_bytes written = {0};
    struct tn_error err;

    ck_assert_msg(try(container, file, kind, text, &written, &err) == TN_OK, "%s", err.text);
    container_has(container, &written, kind, text);
    return written;
}

void container_goes_back(const struct meta_container *container, struct meta_bytes *written,
                         enum meta_part_kind kind, const char *text, const struct meta_bytes *file)
{
    struct meta_bytes back = container_with(container, written, kind, text);

    ck_assert_uint_eq(back.size, file->size);
    ck_assert_mem_eq(back.bytes, file->bytes, file->size);
    free(back.bytes);
    free(written->bytes);
}

void container_has(const struct meta_container *container, const struct meta_bytes *file,
                   enum meta_part_kind kind, const char *text)
{
    struct meta_parts parts = container_parts(container, file);
    const struct meta_part *part = &parts.part[kind];

    ck_assert(!part->bytes == !text);
    if (text) {
        ck_assert_uint_eq(part->size, strlen(text));
        ck_assert_mem_eq(part->bytes, text, part->size);
    }
    meta_parts_finish(&parts);
}

void container_refuses_part(const struct meta_container *container, const struct meta_bytes *file,
                            enum meta_part_kind kind, enum tn_status status, const char *reason)
{
    const struct meta_file of = as_file(file);
    struct meta_bytes written;
    struct meta_parts parts;
    struct tn_error err;
    enum tn_status found = container->take(&of, &parts, &err);

    if (found == TN_OK) {
        meta_parts_finish(&parts);
        found = try(container, file, kind, PACKET, &written, &err);
    }
    ck_assert_int_eq(found, status);
    ck_assert_ptr_nonnull(strstr(err.text, "photo: "));
    ck_assert_msg(strstr(err.text, reason), "%s", err.text);
}

void container_sees_changes(const struct meta_container *container, const struct meta_bytes *file,
                            size_t start, size_t head, size_t foot)
{
    const struct meta_file before = as_file(file);
    struct meta_bytes written = container_with(container, file, META_XMP, PACKET);
    const struct meta_file after = as_file(&written);
    const unsigned char *packet = memmem(written.bytes, written.size, PACKET, strlen(PACKET));
    const size_t packet_start = (size_t)(packet - written.bytes);

    for (size_t i = start; i < written.size; i++) {
        if (i + head >= packet_start && i < packet_start + strlen(PACKET) + foot)
            continue;
        written.bytes[i] ^= 1;
        ck_assert_msg(container->check(&before, &after, NULL) != TN_OK, "byte %zu", i);
        written.bytes[i] ^= 1;
    }
    free(written.bytes);
}

void container_refuses(const struct meta_container *container, const struct meta_bytes *file,
                       enum tn_status status, const char *reason)
{
    container_refuses_part(container, file, META_XMP, status, reason);
}

static void try_all(const struct meta_container *container, const struct meta_bytes *file)
{
    const struct meta_file of = as_file(file);
    struct meta_bytes written;
    struct meta_parts parts;
    struct tn_error err;

    if (container->take(&of, &parts, &err) != TN_OK)
        return;
    for (int kind = 0; kind < META_PARTS; kind++)
        if ((parts.part[kind].bytes || container->creates[kind]) &&
            try(container, file, kind, PACKET, &written, &err) == TN_OK)
            free(written.bytes);
    meta_parts_finish(&parts);
}

/* A copy without a byte behind it, so that the sanitizers see what is read there. */
static struct meta_bytes beginning(const struct meta_bytes *file, size_t size)
{
    struct meta_bytes copy = {malloc(size), size, size};

    ck_assert_ptr_nonnull(copy.bytes);
    memcpy(copy.bytes, file->bytes, size);
    return copy;
}

void container_survives(const struct meta_container *container, const struct meta_bytes *file)
{
    static const unsigned char damage[] = {0x01, 0x80, 0xFF};

    for (size_t size = 12; size <= file->size; size++) {
        struct meta_bytes copy = beginning(file, size);

        try_all(container, &copy);
        free(copy.bytes);
    }
    for (size_t i = 0; i < file->size; i++)
        for (size_t how = 0; how < sizeof damage; how++) {
            struct meta_bytes copy = beginning(file, file->size);

            copy.bytes[i] ^= damage[how];
            try_all(container, &copy);
            free(copy.bytes);
        }
}
