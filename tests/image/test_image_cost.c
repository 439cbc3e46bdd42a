/* SPDX-License-Identifier: MIT */
/* What a file may make a decoder do: small files that would keep it busy for minutes are refused,
 * or cost no more than others. */
#include "image/colour.h"
#include "image/image.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/photo_file.h"
#include "tests/support/suite.h"

enum { WIDTH = 48, HEIGHT = 32 }; /* of the pictures in data/images */

static enum tn_status decode_bytes(const void *bytes, size_t size, size_t max_pixels,
                                   struct tn_error *err)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {0};
    enum tn_status status;

    options.max_pixels = max_pixels;
    err->text[0] = '\0';
    status = image_decode(bytes, size, "photo", &options, &image, err);
    image_finish(&image);
    return status;
}

static enum tn_status decode(const struct photo_file *file, size_t max_pixels, struct tn_error *err)
{
    return decode_bytes(file->bytes, file->size, max_pixels, err);
}

/* ---- All formats ---- */

START_TEST(a_picture_of_one_long_line_is_refused_by_its_header)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
#define BYTES(text) (text), sizeof(text) - 1
        {BYTES("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\1\x0B\xEB\xC2\0\x08\2\0\0\0\x5C\x46\xA9\x33"
               "\0\0\0\0IDAT\x35\xAF\x06\x1E")},
        {BYTES("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\0\x24\xF4\0\1\0\x18\0\0\0\0\0"
               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
        {BYTES("P5 1048577 1 255\n")},
    };
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(decode_bytes(cases[i].bytes, cases[i].size, 250000000, &err), TN_RANGE);
        ck_assert_msg(strstr(err.text, "longer side is more than the limit of 1048576") != NULL,
                      "%s", err.text);
    }
}
END_TEST

/* ---- JPEG ---- */

/* The offset of a scan of progressive.jpg, counted from the last. */
static size_t find_scan(const struct photo_file *file, size_t from_last)
{
    size_t start = file->size - 1;

    do {
        start--;
        while (file->bytes[start] != 0xFF || file->bytes[start + 1] != 0xDA)
            start--;
    } while (from_last-- > 0);
    return start;
}

/* progressive.jpg whose last scan but `from_last` stands there `times` times more. */
static struct photo_file repeat_scan(size_t from_last, size_t times)
{
    struct photo_file picture = photo_file_read("progressive.jpg"), file = {0};
    const size_t start = find_scan(&picture, from_last);
    size_t end = start + 2;

    while (picture.bytes[end] != 0xFF || picture.bytes[end + 1] == 0)
        end++;
    photo_file_put(&file, picture.bytes, start);
    for (size_t i = 0; i <= times; i++)
        photo_file_put(&file, picture.bytes + start, end - start);
    photo_file_put(&file, picture.bytes + end, picture.size - end);
    free(picture.bytes);
    return file;
}

START_TEST(a_large_jpeg_may_have_fewer_scans)
{
    struct photo_file few = repeat_scan(1, 15), some = repeat_scan(1, 40),
                      many = repeat_scan(1, 200);
    struct photo_file behind = repeat_scan(0, 200);
    struct tn_error err;

    ck_assert_int_eq(decode(&few, WIDTH * HEIGHT, &err), TN_OK);
    ck_assert_int_eq(decode(&some, 250000000, &err), TN_OK);
    ck_assert_int_eq(decode(&some, WIDTH * HEIGHT, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, "photo: the JPEG file has more scans than the limit of 32");
    ck_assert_int_eq(decode(&many, 250000000, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, "photo: the JPEG file has more scans than the limit of 200");
    ck_assert_int_eq(decode(&behind, WIDTH * HEIGHT, &err), TN_OK); /* they are not read */
    free(few.bytes);
    free(some.bytes);
    free(many.bytes);
    free(behind.bytes);
}
END_TEST

/* ---- PNG ---- */

static uint32_t check_sum(const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

/* A text of so many bytes that unpacks to 159 times as much: 258 zeros for each 13 bits. */
static void put_text(struct photo_file *file, const char *name, size_t size)
{
    const size_t start = file->size + 4, total = size + 8;
    unsigned char *data = calloc(total, 1);
    size_t bit = 3 + 8; /* of the stream: its head, the first zero */

    ck_assert_ptr_nonnull(data);
    memcpy(data, name, 4);
    memcpy(data + 4, "k\0\0\x78\x9C\x63", 6);
    data[10] = 0;
    for (bit += 5 * 8; bit + 13 < size * 8; bit += 13) /* 11000101: a length of 258 */
        for (int i = 0; i < 8; i++)
            if (0xC5 >> (7 - i) & 1)
                data[4 + (bit + (size_t)i) / 8] |= (unsigned char)(1 << (bit + (size_t)i) % 8);
    photo_file_number(file, (uint32_t)size, 4);
    photo_file_put(file, data, 4 + size);
    photo_file_number(file, check_sum(file->bytes + start, 4 + size), 4);
    free(data);
}

/* rgb.png with `count` texts in front of its pixels, in chunks of that name. */
static struct photo_file with_texts(const char *name, size_t count)
{
    struct photo_file picture = photo_file_read("rgb.png"), file = {0};

    photo_file_put(&file, picture.bytes, 8 + 25);
    for (size_t i = 0; i < count; i++)
        put_text(&file, name, 50000);
    photo_file_put(&file, picture.bytes + 8 + 25, picture.size - 8 - 25);
    free(picture.bytes);
    return file;
}

static double seconds_to_decode(const struct photo_file *file)
{
    const clock_t begin = clock();
    struct tn_error err;

    ck_assert_msg(decode(file, 250000000, &err) == TN_OK, "%s", err.text);
    return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* Nor are profiles, which are none. */
START_TEST(texts_in_a_png_are_not_unpacked)
{
    static const char *const names[] = {"zTXt", "iCCP"};
    struct photo_file known = with_texts(names[_i], 40), unknown = with_texts("zyXt", 40);
    const double usual = seconds_to_decode(&unknown);

    ck_assert_double_lt(seconds_to_decode(&known), 10 * usual + 0.02);
    free(known.bytes);
    free(unknown.bytes);
}
END_TEST

/* A profile's header that says 4 GB, or the most that is allowed, and zeros behind it that unpack
 * to 8 MB; and what memory a decoder is given beside the picture. */
START_TEST(a_png_may_claim_any_size_of_its_profile)
{
    static const uint32_t sizes[] = {UINT32_MAX, IMAGE_MOST_PROFILE + 1, IMAGE_MOST_PROFILE};
    struct photo_file file = with_texts("iCCP", 1);
    unsigned char *chunk = file.bytes + 8 + 25, header[128] = {0};
    struct tn_error err;

    /* A block that is stored: the header; then the zeros as put_text packs them. */
    for (size_t i = 0; i < 4; i++)
        header[i] = (unsigned char)(sizes[_i] >> 8 * (3 - i));
    memcpy(header + 12, "mntrRGB XYZ ", 12);
    memcpy(header + 36, "acsp", 4);
    memmove(chunk + 8 + 5 + 5 + 128, chunk + 8 + 5, 50000 - 5 - 5 - 128);
    memcpy(chunk + 8 + 5, "\0\x80\0\x7F\xFF", 5);
    memcpy(chunk + 8 + 5 + 5, header, 128);
    for (size_t i = 0; i < 4; i++)
        chunk[8 + 50000 + i] = (unsigned char)(check_sum(chunk + 4, 4 + 50000) >> 8 * (3 - i));
    ck_assert_msg(decode(&file, 250000000, &err) == TN_OK, "%s", err.text);
    free(file.bytes);
}
END_TEST

/* ---- GIF ---- */

/* Two pixels by two of colour 1, and behind them a code that stands for nothing. */
#define GIF_HEAD                                                                                   \
    "GIF89a\2\0\2\0\x80\0\0\xFF\xFF\xFF\xC8\x28\x28,\0\0\0\0\2\0\2\0\0"                            \
    "\2"
START_TEST(codes_behind_a_gifs_last_pixel_are_not_followed)
{
    static const char full[] = GIF_HEAD "\3\x8C\xF3\xFF\3\xFF\xFF\xFF\0;";
    static const char cut[] = GIF_HEAD "\3\x8C\xF3\xFF\3\xFF";
    static const char bad[] = GIF_HEAD "\2\xFC\1\0;";
    const struct {
        const char *bytes;
        size_t size;
        enum tn_status status;
        const char *text;
    } cases[] = {{BYTES(full), TN_OK, ""},
                 {BYTES(cut), TN_FORMAT, "photo: the GIF file is truncated"},
                 {BYTES(bad), TN_FORMAT, "photo: the GIF file is damaged"}};
    struct tn_error err;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(decode_bytes(cases[i].bytes, cases[i].size, 250000000, &err),
                         cases[i].status);
        ck_assert_str_eq(err.text, cases[i].text);
    }
}
END_TEST

/* ---- HEIC ---- */

#ifdef IMAGE_HAVE_HEIF
START_TEST(slices_and_shared_bytes_of_a_heic_are_bounded)
{
    enum { CODED = 64 * 64 }; /* HEVC fills 48 x 32 pixels up to a whole block */
    struct photo_file slices = photo_file_read("slices.heic"),
                      shared = photo_file_read("shared.heic");
    struct tn_error err;

    ck_assert_int_eq(decode(&slices, CODED, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "photo: 10 slices of a HEIC picture of 4096 pixels are more than "
                               "the limit of 4");
    ck_assert_int_eq(decode(&shared, 250000000, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, "photo: the HEIC file is truncated or damaged");
    free(slices.bytes);
    free(shared.bytes);
}
END_TEST
#endif

Suite *test_suite(void)
{
    Suite *suite = suite_create("image_cost");
    TCase *tcase = tcase_create("cost");

    tcase_add_test(tcase, a_picture_of_one_long_line_is_refused_by_its_header);
    tcase_add_test(tcase, a_large_jpeg_may_have_fewer_scans);

    tcase_add_loop_test(tcase, texts_in_a_png_are_not_unpacked, 0, 2);
    tcase_add_loop_test(tcase, a_png_may_claim_any_size_of_its_profile, 0, 3);
    tcase_add_test(tcase, codes_behind_a_gifs_last_pixel_are_not_followed);
#ifdef IMAGE_HAVE_HEIF
    tcase_add_test(tcase, slices_and_shared_bytes_of_a_heic_are_bounded);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
