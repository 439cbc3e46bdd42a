/* SPDX-License-Identifier: MIT */
/* Captions are written into photos of all kinds and taken out again: the photos are as before. */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include "base/read_file.h"
#include "image/image.h"
#include "metadata/metadata.h"
#include "metadata/photo_private.h"
#include "metadata/tiff_block_private.h"
#include "metadata/tiff_directory_private.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define TOO_LONG "a word that has more letters than fit into 64 bytes of IPTC's keywords"

static const char *const words[] = {"dog", "caf\xC3\xA9", TOO_LONG}, *const others[] = {"DOG",
                                                                                        "cat"};

struct photo {
    const char *name, *format;
    char *bytes;
    size_t size;
};

static struct meta_caption caption_of(const char *text, bool append)
{
    return (struct meta_caption){.text = text,
                                 .language = "en",
                                 .append = append,
                                 .keywords = words,
                                 .keyword_count = 3,
                                 .mark = {"1.0", "abcdef", 0.5}};
}

/* The photo with the caption, or without it; its bytes are the caller's. */
static struct photo edited(const struct photo *photo, const struct meta_caption *caption)
{
    struct photo out = {photo->name, photo->format, NULL, 0};
    struct tn_error err;

    ck_assert_msg(meta_edit_photo(photo->name, photo->format, photo->bytes, photo->size, caption,
                                  &out.bytes, &out.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_msg(out.bytes != NULL, "%s", photo->name);
    return out;
}

static struct photo undone(const struct photo *photo)
{
    struct photo out = {photo->name, photo->format, NULL, 0};
    struct tn_error err;

    ck_assert_msg(meta_undo_photo(photo->name, photo->format, photo->bytes, photo->size, &out.bytes,
                                  &out.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_msg(out.bytes != NULL, "%s", photo->name);
    return out;
}

static enum meta_author author_of(const struct photo *photo)
{
    enum meta_author author;

    ck_assert_int_eq(meta_photo_author(photo->format, photo->bytes, photo->size, &author, NULL),
                     TN_OK);
    return author;
}

/* ---- What is as before ---- */

static void check_items(const char *name, const struct meta_xmp_property *before,
                        const struct meta_xmp_property *after)
{
    ck_assert_msg(before->count == after->count, "%s", name);
    for (size_t i = 0; i < before->count; i++) {
        ck_assert_str_eq(meta_xmp_language(&before->items[i]), meta_xmp_language(&after->items[i]));
        ck_assert_str_eq(before->items[i].text, after->items[i].text);
    }
}

/* A TIFF file of an odd size may keep the byte that was added to it. */
static bool same_bytes(const struct photo *before, const struct photo *after)
{
    const bool padded = strcmp(before->format, "TIFF") == 0 && before->size % 2 == 1 &&
                        after->size == before->size + 1;

    return (after->size == before->size || padded) &&
           memcmp(before->bytes, after->bytes, before->size) == 0;
}

/* What had no metadata is as before byte for byte, and else in all that is known. */
static void check_values(const struct photo *before, const struct photo *after)
{
    const struct meta_file files[] = {{"", (const unsigned char *)before->bytes, before->size},
                                      {"", (const unsigned char *)after->bytes, after->size}};
    struct meta_photo one, two;

    ck_assert_int_eq(meta_photo_read(meta_find_container(before->format), &files[0], &one, NULL),
                     TN_OK);
    ck_assert_int_eq(meta_photo_read(meta_find_container(after->format), &files[1], &two, NULL),
                     TN_OK);
    for (size_t i = 0; i < META_TEXTS; i++)
        ck_assert_pstr_eq(one.fields.text[i], two.fields.text[i]);
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++)
        check_items(before->name, &one.xmp.property[i], &two.xmp.property[i]);
    ck_assert_uint_eq(one.xmp.properties, two.xmp.properties);
    for (size_t i = 0; i < META_PARTS; i++)
        ck_assert_int_eq(!one.parts.part[i].bytes, !two.parts.part[i].bytes);
    if (!one.parts.part[META_XMP].bytes && !one.parts.part[META_EXIF].bytes)
        ck_assert_msg(same_bytes(before, after), "%s: other bytes", before->name);
    meta_photo_finish(&one);
    meta_photo_finish(&two);
}

static void check_photo(const struct photo *photo, bool append)
{
    const struct meta_caption first = caption_of("a dog", append);
    struct meta_caption second = caption_of("caf\xC3\xA9", append);
    struct photo once = edited(photo, &first), twice, left[2], again;

    second.keywords = others;
    second.keyword_count = 2;
    twice = edited(&once, &second);
    left[0] = undone(&once);
    left[1] = undone(&twice);
    if (author_of(photo) == META_NOBODY)
        ck_assert_msg(author_of(&once) == META_PROGRAM && author_of(&twice) == META_PROGRAM, "%s",
                      photo->name);
    for (size_t i = 0; i < 2; i++) {
        check_values(photo, &left[i]);
        ck_assert_int_eq(author_of(&left[i]), author_of(photo));
        ck_assert_int_eq(meta_undo_photo(photo->name, photo->format, left[i].bytes, left[i].size,
                                         &again.bytes, &again.size, NULL),
                         TN_OK);
        ck_assert_ptr_null(again.bytes);
        free(left[i].bytes);
    }
    free(once.bytes);
    free(twice.bytes);
}

/* ---- All photos ---- */

/* What cannot be written is told in the tests of the containers. */
static bool can_be_written(const struct photo *photo)
{
    const struct meta_caption caption = caption_of("a dog", true);
    char *bytes = NULL;
    size_t size;
    const enum tn_status status = meta_edit_photo(photo->name, photo->format, photo->bytes,
                                                  photo->size, &caption, &bytes, &size, NULL);

    free(bytes);
    return status == TN_OK;
}

/* Whether it is one. */
static bool try_file(const char *path)
{
    struct photo photo = {.name = path};
    bool written = false;

    if (tn_read_file(path, 1 << 24, &photo.bytes, &photo.size, NULL) != TN_OK)
        return false;
    photo.format = image_format((const unsigned char *)photo.bytes, photo.size);
    if (meta_format_has_place(photo.format) && can_be_written(&photo)) {
        check_photo(&photo, false);
        check_photo(&photo, true);
        written = true;
    }
    free(photo.bytes);
    return written;
}

START_TEST(photos_of_all_kinds_are_as_before)
{
    static const char *const folders[] = {"images", "metadata"};
    char path[4096];
    size_t count = 0;

    for (size_t i = 0; i < 2; i++) {
        struct dirent *entry;
        DIR *folder;

        snprintf(path, sizeof path, "%s/%s", getenv("TEST_DATA"), folders[i]);
        ck_assert_ptr_nonnull(folder = opendir(path));
        while ((entry = readdir(folder))) {
            snprintf(path, sizeof path, "%s/%s/%s", getenv("TEST_DATA"), folders[i], entry->d_name);
            count += try_file(path);
        }
        closedir(folder);
    }
    ck_assert_uint_gt(count, 100);
}
END_TEST

/* Makes an entry of the first directory lead to the value of another, in copies of it, too. */
static void share_value(struct photo *photo, unsigned tag, unsigned other)
{
    unsigned char *bytes = (unsigned char *)photo->bytes, *at = bytes, old[META_TIFF_ENTRY];
    struct meta_directory directory;
    size_t to, from;

    ck_assert_int_eq(meta_directory_find(bytes, photo->size, &directory, NULL), TN_OK);
    to = meta_directory_index(bytes, &directory, tag);
    from = meta_directory_index(bytes, &directory, other);
    ck_assert(to < directory.entries && from < directory.entries);
    memcpy(old, bytes + meta_directory_entry(&directory, to), sizeof old);
    while ((at = memmem(at, photo->size - (size_t)(at - bytes), old, sizeof old)))
        memcpy(at + 2, bytes + meta_directory_entry(&directory, from) + 2, sizeof old - 2);
}

/* Fields of a TIFF may share a value: a new caption leaves it to the others. */
START_TEST(a_value_that_fields_share_stays)
{
    enum { ASCII = 2, DOCUMENT_NAME = 0x010D };
    const struct meta_caption first = caption_of("a dog that runs", false),
                              second = caption_of("a cat that sits on a chair", false);
    struct photo photo = {.name = "rgb.tif", .format = "TIFF"}, named = photo, once, twice;
    const unsigned char *value;
    unsigned char *bytes;
    char path[4096];
    size_t size;

    snprintf(path, sizeof path, "%s/images/rgb.tif", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_read_file(path, 1 << 24, &photo.bytes, &photo.size, NULL), TN_OK);
    ck_assert_int_eq(meta_tiff_set((const unsigned char *)photo.bytes, photo.size, DOCUMENT_NAME,
                                   ASCII, (const unsigned char *)"scan 1", 7, &bytes, &named.size,
                                   NULL),
                     TN_OK);
    named.bytes = (char *)bytes;
    once = edited(&named, &first);
    share_value(&once, DOCUMENT_NAME, META_TIFF_DESCRIPTION);
    twice = edited(&once, &second);
    ck_assert_int_eq(meta_tiff_get((const unsigned char *)twice.bytes, twice.size, DOCUMENT_NAME,
                                   &value, &size, NULL),
                     TN_OK);
    ck_assert_uint_ge(size, strlen(first.text));
    ck_assert_mem_eq(value, first.text, strlen(first.text));
    free(photo.bytes);
    free(named.bytes);
    free(once.bytes);
    free(twice.bytes);
}
END_TEST

/* The packet that a PNG has in a text is copied for the caption, and the copy goes with it. */
START_TEST(a_copy_of_xmp_goes)
{
    const struct meta_caption caption = caption_of("a dog", true);
    struct photo photo = {.name = "texts.png", .format = "PNG"}, with, without;
    char path[4096];

    snprintf(path, sizeof path, "%s/metadata/texts.png", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_read_file(path, 1 << 24, &photo.bytes, &photo.size, NULL), TN_OK);
    with = edited(&photo, &caption);
    without = undone(&with);
    ck_assert(same_bytes(&photo, &without));
    free(photo.bytes);
    free(with.bytes);
    free(without.bytes);
}
END_TEST

/* The PNG with the packet of another one in a text, as ImageMagick writes it. */
static struct photo with_profile(const struct photo *photo, const struct photo *other)
{
    static const size_t header = 33;
    const struct meta_file file = {"", (const unsigned char *)other->bytes, other->size};
    struct meta_bytes text = {0}, out = {0};
    struct meta_parts parts;
    char line[32];

    ck_assert_int_eq(meta_png.take(&file, &parts, NULL), TN_OK);
    build(&text, "tEXtRaw profile type xmp", 25); /* and its NUL */
    snprintf(line, sizeof line, "\nxmp\n %8zu\n", parts.part[META_XMP].size);
    build_text(&text, line);
    for (size_t i = 0; i < parts.part[META_XMP].size; i++) {
        snprintf(line, sizeof line, "%02x", parts.part[META_XMP].bytes[i]);
        build_text(&text, line);
    }
    build(&out, photo->bytes, header);
    build_number(&out, 4, true, text.size - 4);
    build(&out, text.bytes, text.size);
    build_number(&out, 4, true, crc32_z(0, text.bytes, text.size));
    build(&out, photo->bytes + header, photo->size - header);
    meta_parts_finish(&parts);
    free(text.bytes);
    return (struct photo){photo->name, photo->format, (char *)out.bytes, out.size};
}

static struct photo without_xmp(const struct photo *photo)
{
    static const struct meta_parts none;
    static const bool changed[META_PARTS] = {[META_XMP] = true};
    const struct meta_file file = {"", (const unsigned char *)photo->bytes, photo->size};
    struct photo out = *photo;
    unsigned char *bytes;

    ck_assert_int_eq(meta_png.put(&file, &none, changed, &bytes, &out.size, NULL), TN_OK);
    out.bytes = (char *)bytes;
    return out;
}

/* A text that says what our packet said is ours, too: alone, and beside a packet of a second run.
 */
START_TEST(a_copy_in_a_text_goes)
{
    const struct meta_caption first = caption_of("a dog", false), second = caption_of("cat", false);
    struct photo photo = {.name = "rgb.png", .format = "PNG"}, files[6];
    char path[4096];

    snprintf(path, sizeof path, "%s/images/rgb.png", getenv("TEST_DATA"));
    ck_assert_int_eq(tn_read_file(path, 1 << 24, &photo.bytes, &photo.size, NULL), TN_OK);
    files[0] = edited(&photo, &first);
    files[1] = without_xmp(&files[0]);
    files[2] = with_profile(&files[1], &files[0]); /* as ImageMagick leaves it */
    files[3] = edited(&files[2], &second);
    files[4] = edited(&files[0], &second);
    files[5] = with_profile(&files[4], &files[0]);
    for (size_t i = 2; i < 6; i++) {
        struct photo left = undone(&files[i]);

        ck_assert_int_eq(author_of(&files[i]), META_PROGRAM);
        ck_assert_msg(same_bytes(&photo, &left), "%zu", i);
        free(left.bytes);
    }
    for (size_t i = 0; i < 6; i++)
        free(files[i].bytes);
    free(photo.bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("undo");
    TCase *photos = tcase_create("photos");

    tcase_add_test(photos, photos_of_all_kinds_are_as_before);
    tcase_add_test(photos, a_value_that_fields_share_stays);
    tcase_add_test(photos, a_copy_of_xmp_goes);
    tcase_add_test(photos, a_copy_in_a_text_goes);
    suite_add_tcase(suite, photos);
    return suite;
}
