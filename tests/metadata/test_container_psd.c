/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

static struct meta_bytes file, resources;

static void begin(void)
{
    file = resources = (struct meta_bytes){0};
}

static void finish(void)
{
    free(file.bytes);
    free(resources.bytes);
}

/* Most programs leave the name empty. */
static void add(const char *name, unsigned id, const char *data)
{
    build_text(&resources, "8BIM");
    build_number(&resources, 2, true, id);
    build_number(&resources, 1, true, strlen(name));
    build_text(&resources, name);
    build(&resources, "", 1 - strlen(name) % 2);
    build_number(&resources, 4, true, strlen(data));
    build_text(&resources, data);
    build(&resources, "", strlen(data) % 2);
}

/* A picture with these resources, layers and pixels of no matter. */
static void end(void)
{
    build_text(&file, "8BPS");
    build(&file, "\0\1\0\0\0\0\0\0\0\3\0\0\0\1\0\0\0\1\0\x08\0\3", 22);
    build(&file, "\0\0\0\2ab", 6); /* colours */
    build_number(&file, 4, true, resources.size);
    build(&file, resources.bytes, resources.size);
    build(&file, "\0\0\0\4layr", 8);
    build_text(&file, "pixels, and what comes behind");
}

static void check_back(enum meta_part_kind kind, const char *text, const char *old)
{
    struct meta_bytes one = container_with(&meta_psd, &file, kind, text);

    container_goes_back(&meta_psd, &one, kind, old, &file);
}

START_TEST(parts_are_made)
{
    static const char resolution[] = "8BIM\x03\xED\0\0\0\0\0\x06inches";
    struct meta_bytes one;

    add("", 0x03ED, "inches");
    end();
    container_has(&meta_psd, &file, META_XMP, NULL);
    container_has(&meta_psd, &file, META_EXIF, NULL);
    check_back(META_XMP, PACKET, NULL);
    check_back(META_XMP, "odd", NULL);
    check_back(META_EXIF, "MM??12", NULL);
    one = container_with(&meta_psd, &file, META_XMP, PACKET);
    ck_assert_ptr_nonnull(memmem(one.bytes, one.size, resolution, sizeof resolution - 1));
    free(one.bytes);
}
END_TEST

START_TEST(parts_are_replaced_where_they_are)
{
    add("", 0x0422, "MM??12");
    add("name", 0x0424, PACKET);
    add("", 0x0404, "odd");
    end();
    container_has(&meta_psd, &file, META_XMP, PACKET);
    container_has(&meta_psd, &file, META_EXIF, "MM??12");
    check_back(META_XMP, OTHER_PACKET, PACKET);
    check_back(META_EXIF, "MM??123", "MM??12");
}
END_TEST

START_TEST(odd_sizes_are_padded)
{
    struct meta_bytes one, two;

    end();
    one = container_with(&meta_psd, &file, META_XMP, "odd");
    two = container_with(&meta_psd, &one, META_EXIF, "MM??1");
    ck_assert_ptr_nonnull(memmem(two.bytes, two.size,
                                 "\0\0\0\3odd\0"
                                 "8BIM",
                                 12));
    ck_assert_ptr_nonnull(memmem(two.bytes, two.size, "MM??1\0\0\0\0\4layr", 14));
    free(one.bytes);
    free(two.bytes);
}
END_TEST

START_TEST(the_list_is_a_part)
{
    const bool changed[META_PARTS] = {[META_XMP] = true, [META_PHOTOSHOP] = true};
    struct meta_file before = {.name = "photo"};
    struct meta_parts parts;
    struct meta_bytes one = {0};
    struct tn_error err;

    add("", 0x0404, "some IPTC");
    end();
    before.bytes = file.bytes;
    before.size = file.size;
    parts = container_parts(&meta_psd, &file);
    ck_assert_uint_eq(parts.part[META_PHOTOSHOP].size, resources.size);
    ck_assert_mem_eq(parts.part[META_PHOTOSHOP].bytes, resources.bytes, resources.size);
    memcpy(parts.part[META_PHOTOSHOP].bytes + 12, "more", 4);
    ck_assert(meta_part_set(&parts.part[META_XMP], (const unsigned char *)PACKET, strlen(PACKET),
                            NULL) == TN_OK);
    ck_assert_msg(meta_psd.put(&before, &parts, changed, &one.bytes, &one.size, &err) == TN_OK,
                  "%s", err.text);
    container_has(&meta_psd, &one, META_XMP, PACKET);
    ck_assert_ptr_nonnull(memmem(one.bytes, one.size, "more IPTC", 9));
    meta_parts_finish(&parts);
    free(one.bytes);
}
END_TEST

static enum tn_status compared(const struct meta_bytes *before, const struct meta_bytes *after)
{
    const struct meta_file one = {"photo", before->bytes, before->size};
    const struct meta_file other = {"photo", after->bytes, after->size};

    return meta_psd.compare(&one, &other, NULL);
}

/* Exiv2 puts EXIF first: put back, it would come last. */
START_TEST(parts_may_be_in_any_order)
{
    struct meta_bytes one, two;
    size_t own; /* where the name of ours begins, its size and data */

    add("", 0x0422, "MM??12");
    add("", 0x03ED, "inches");
    add("", 0x0424, PACKET);
    add("", 0x0404, "IPTC");
    end();
    one = container_with(&meta_psd, &file, META_EXIF, NULL);
    two = container_with(&meta_psd, &one, META_XMP, NULL);
    ck_assert_int_eq(compared(&file, &two), TN_OK);
    own = (size_t)((unsigned char *)memmem(two.bytes, two.size, "IPTC", 4) - two.bytes) - 6;
    for (size_t i = 0; i < two.size; i++) {
        two.bytes[i] ^= 1;
        ck_assert_msg(compared(&file, &two) != TN_OK || (i >= own && i < own + 10), "byte %zu", i);
        two.bytes[i] ^= 1;
    }
    free(one.bytes);
    free(two.bytes);
}
END_TEST

START_TEST(damaged_files_are_refused)
{
    build_text(&file, "8BPS");
    container_refuses(&meta_psd, &file, TN_FORMAT, "truncated");
    finish();
    begin();
    add("", 0x03ED, "inches");
    build_text(&resources, "8BIM");
    end();
    container_refuses(&meta_psd, &file, TN_FORMAT, "resources are damaged");
}
END_TEST

START_TEST(damaged_files_are_survived)
{
    add("", 0x0422, "MM??12");
    add("name", 0x0424, PACKET);
    end();
    container_survives(&meta_psd, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_psd");
    TCase *parts = tcase_create("parts");

    tcase_add_checked_fixture(parts, begin, finish);
    tcase_add_test(parts, parts_are_made);
    tcase_add_test(parts, parts_are_replaced_where_they_are);
    tcase_add_test(parts, odd_sizes_are_padded);
    tcase_add_test(parts, the_list_is_a_part);
    tcase_add_test(parts, parts_may_be_in_any_order);
    tcase_add_test(parts, damaged_files_are_refused);
    tcase_add_test(parts, damaged_files_are_survived);
    suite_add_tcase(suite, parts);
    return suite;
}
