/* SPDX-License-Identifier: MIT */
/* Round trips, and what a truncated, foreign or hostile file gives: an error, never a crash. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include "base/rng.h"
#include "tensor/safetensors.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[TEST_FOLDER_SIZE], path[128];

static void make_folder(void)
{
    test_folder_make(folder);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
}

static void remove_folder(void)
{
    test_folder_remove(folder);
}

/* A file in memory: header text and data. */
struct bytes {
    unsigned char data[4096];
    size_t size;
};

static struct bytes make(const char *header, size_t data_size)
{
    struct bytes bytes = {.size = 8 + strlen(header) + data_size};

    ck_assert(bytes.size <= sizeof bytes.data);
    bytes.data[0] = (unsigned char)(strlen(header) & 0xFF);
    bytes.data[1] = (unsigned char)(strlen(header) >> 8);
    memcpy(bytes.data + 8, header, strlen(header));
    for (size_t i = 0; i < data_size; i++)
        bytes.data[8 + strlen(header) + i] = (unsigned char)i;
    return bytes;
}

static enum tn_status open_bytes(const struct bytes *bytes, struct tn_error *err)
{
    struct tn_file *file = NULL;
    unsigned char *exact = malloc(bytes->size + 1); /* so that ASan sees a read past the end */
    enum tn_status status;

    memcpy(exact, bytes->data, bytes->size);
    status = tn_file_open_memory(exact, bytes->size, "m.safetensors", &file, err);
    tn_file_close(file);
    free(exact);
    return status;
}

static void save_sample(void)
{
    static const float weight[6] = {1, 2, 3, 4, 5, 6}, scale[2] = {0.5F, 2};
    static const signed char q[6] = {-127, 0, 127, 1, 2, 3};
    static const uint16_t half[2] = {0x3C00, 0xC000};
    const struct tn_tensor tensors[] = {
        {"fc.weight", TN_F32, 2, {2, 3}, weight, sizeof weight},
        {"q", TN_I8, 2, {2, 3}, q, sizeof q},
        {"q_scale", TN_F32, 1, {2}, scale, sizeof scale}, /* misaligned by the 6 bytes of q */
        {"half", TN_F16, 1, {2}, half, sizeof half},
        {"none", TN_F32, 2, {0, 3}, weight, 0},
        {"scalar", TN_F32, 0, {0}, weight, 4},
    };
    const struct tn_metadata metadata[] = {
        {"format", "1"}, {"quote", "a \"b\" \\ \n\t\x01 \xE7\x8B\x97"}, {"bad", "x\xFFy\xC3"}};
    struct tn_error err;

    ck_assert_msg(tn_file_save(path, tensors, 6, metadata, 3, &err) == TN_OK, "%s", err.text);
}

START_TEST(what_is_saved_is_read_back)
{
    struct tn_file *file;
    const struct tn_tensor *tensor;
    const char *key, *value;
    float out[6];

    save_sample();
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_uint_eq(tn_file_count(file), 6);
    ck_assert_str_eq(tn_file_path(file), path);
    ck_assert_str_eq(tn_file_at(file, 0)->name, "fc.weight");
    ck_assert_int_eq(tn_file_get(file, "fc.weight", TN_F32, 2, (size_t[]){2, 3}, &tensor, NULL),
                     TN_OK);
    ck_assert_float_eq(((const float *)tensor->data)[5], 6);
    ck_assert_uint_eq((uintptr_t)tensor->data % 64, 0);
    ck_assert_uint_eq((uintptr_t)tn_file_find(file, "q_scale")->data % 4, 0);
    ck_assert_int_eq(tn_file_read_floats(file, "q_scale", 2, out, NULL), TN_OK);
    ck_assert_float_eq(out[1], 2);
    ck_assert_int_eq(tn_file_read_floats(file, "q", 6, out, NULL), TN_OK);
    ck_assert_float_eq(out[0], -63.5F);
    ck_assert_float_eq(out[5], 6);
    ck_assert_int_eq(tn_file_read_floats(file, "half", 2, out, NULL), TN_OK);
    ck_assert_float_eq(out[1], -2);
    ck_assert_int_eq(tn_file_read_floats(file, "none", 0, out, NULL), TN_OK);
    ck_assert_int_eq(tn_file_read_floats(file, "scalar", 1, out, NULL), TN_OK);
    ck_assert_uint_eq(tn_file_metadata_count(file), 3);
    ck_assert_str_eq(tn_file_metadata(file, "quote"), "a \"b\" \\ \n\t\x01 \xE7\x8B\x97");
    ck_assert_str_eq(tn_file_metadata(file, "bad"), "x\xEF\xBF\xBDy\xEF\xBF\xBD");
    ck_assert_ptr_null(tn_file_metadata(file, "absent"));
    tn_file_metadata_at(file, 0, &key, &value);
    ck_assert_str_eq(key, "format");
    ck_assert_str_eq(value, "1");
    tn_file_close(file);
}
END_TEST

/* Whether the page at `address` is mapped. */
static bool is_resident(const void *address)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    FILE *map = fopen("/proc/self/pagemap", "rb");
    uint64_t entry = 0;

    ck_assert_ptr_nonnull(map);
    ck_assert_int_eq(fseek(map, (long)((uintptr_t)address / page * sizeof entry), SEEK_SET), 0);
    ck_assert_uint_eq(fread(&entry, sizeof entry, 1, map), 1);
    fclose(map);
    return entry >> 63;
}

START_TEST(a_released_tensor_takes_no_memory_until_it_is_read_again)
{
    enum { SIZE = 1 << 18 };
    unsigned char *bytes = malloc(SIZE);
    const struct tn_tensor saved = {"large", TN_U8, 1, {SIZE}, bytes, SIZE};
    const struct tn_tensor *tensor;
    const unsigned char *data;
    struct tn_file *file;

    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 4096);
    ck_assert_int_eq(tn_file_save(path, &saved, 1, NULL, 0, NULL), TN_OK);
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    tensor = tn_file_find(file, "large");
    data = tensor->data;
    ck_assert_mem_eq(data, bytes, SIZE);
    ck_assert(is_resident(data + SIZE / 2));
    tn_file_release(file, "nowhere");
    tn_file_release(file, "large");
    ck_assert(!is_resident(data + SIZE / 2));
    ck_assert_mem_eq(data, bytes, SIZE);
    tn_file_close(file);
    free(bytes);
}
END_TEST

START_TEST(asking_for_another_shape_names_both)
{
    struct tn_file *file;
    const struct tn_tensor *tensor;
    struct tn_error err;
    char expected[256];
    float out[3];

    save_sample();
    ck_assert_int_eq(tn_file_open(path, &file, NULL), TN_OK);
    ck_assert_int_eq(tn_file_get(file, "fc.weight", TN_I8, 2, (size_t[]){3, 2}, &tensor, &err),
                     TN_SHAPE);
    snprintf(expected, sizeof expected,
             "%s: tensor fc.weight: expected I8 [3][2], found F32 [2][3]", path);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(tn_file_get(file, "fc8.weight", TN_F32, 1, (size_t[]){3}, &tensor, &err),
                     TN_NOTFOUND);
    ck_assert_int_eq(tn_file_read_floats(file, "fc.weight", 3, out, &err), TN_SHAPE);
    tn_file_close(file);
}
END_TEST

START_TEST(a_file_cut_anywhere_is_an_error)
{
    struct tn_error err;
    struct bytes bytes = {.size = 0};
    FILE *stream;
    size_t whole;

    save_sample();
    stream = fopen(path, "rb");
    whole = fread(bytes.data, 1, sizeof bytes.data, stream);
    fclose(stream);
    for (bytes.size = 0; bytes.size < whole; bytes.size++)
        ck_assert_msg(open_bytes(&bytes, &err) == TN_FORMAT, "cut at %zu of %zu", bytes.size,
                      whole);
    ck_assert_ptr_nonnull(strstr(err.text, "truncated: tensor scalar ends at byte"));
    ck_assert_int_eq(open_bytes(&bytes, &err), TN_OK);
    bytes.size++;
    ck_assert_int_eq(open_bytes(&bytes, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, "m.safetensors: 1 bytes follow the last tensor");
}
END_TEST

START_TEST(any_flipped_bit_is_survived)
{
    struct bytes bytes = {.size = 0};
    FILE *stream;

    save_sample();
    stream = fopen(path, "rb");
    bytes.size = fread(bytes.data, 1, sizeof bytes.data, stream);
    fclose(stream);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        bytes.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
        (void)!open_bytes(&bytes, NULL);
        bytes.data[bit / 8] ^= (unsigned char)(1U << bit % 8);
    }
}
END_TEST

#define ENTRY(name, dtype, shape, begin, end)                                                      \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end \
    "]}"

static const struct {
    const char *header, *text;
    size_t data_size;
} bad[] = {
    {"{" ENTRY("a", "F32", "[1]", 0, 4) "," ENTRY("a", "F32", "[1]", 0, 4) "}", "twice", 4},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]}}", "twice",
     4},
    {"{" ENTRY("a", "F32", "[2]", 0, 8) "," ENTRY("b", "F32", "[1]", 4, 8) "}", "overlaps", 8},
    {"{" ENTRY("a", "F32", "[1]", 0, 4) "," ENTRY("b", "F32", "[1]", 8, 12) "}", "gap", 12},
    {"{" ENTRY("a", "F32", "[3]", 0, 8) "}", "spans 8 bytes", 8},
    {"{" ENTRY("a", "F32", "[-1]", 0, 4) "}", "whole numbers", 4},
    {"{" ENTRY("a", "F32", "[1.0]", 0, 4) "}", "whole numbers", 4},
    {"{" ENTRY("a", "F32", "[4294967296,4294967296]", 0, 4) "}", "too large", 4},
    {"{" ENTRY("a", "F32", "[4611686018427387904]", 0, 0) "}", "spans 0 bytes", 0},
    {"{" ENTRY("a", "F32", "[99999999999999999999999]", 0, 4) "}", "number",
     4}, /* json-c 0.18: "number expected" */
    {"{" ENTRY("a", "F32", "[1]", 4, 0) "}", "impossible", 4},
    {"{" ENTRY("a", "F32", "[1]", -4, 0) "}", "impossible", 4},
    {"{" ENTRY("a", "F32", "[1]", 0, 18446744073709551615) "}", "impossible", 4},
    {"{" ENTRY("a", "F32", "[[1]]", 0, 4) "}", "", 4},
    {"{" ENTRY("a", "F32", "1", 0, 4) "}", "lacks", 4},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", "lacks", 4},
    {"{\"a\":7}", "lacks", 0},
    {"{\"a\":null}", "lacks", 0},
    {"{\"__metadata__\":null}", "not an object", 0},
    {"{\"__metadata__\":[]}", "not an object", 0},
    {"{\"__metadata__\":{\"a\":1}}", "not a text", 0},
    {"{\"__metadata__\":{\"a\":\"b\\u0000c\"}}", "not a text", 0},
    {"{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"}}", "twice", 0},
    {"{\"a\\u0000b\":"
     "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
     "\"a\":7}",
     "", 4},
    {"{\"__metadata__\":{\"a\":\"\xFF\"}}", "UTF-8", 0},
    {"{} {}", "malformed", 0},
    {"{]", "malformed", 0},
    {"{ ", "ends early", 0},
    {"[]", "not a safetensors file", 0},
    {"{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}", "malformed", 0},
    {"{/* a:b */}", "malformed", 0},
};

START_TEST(a_hostile_header_is_named)
{
    struct tn_error err = {.text = ""};
    struct bytes bytes = make(bad[_i].header, bad[_i].data_size);

    ck_assert_msg(open_bytes(&bytes, &err) == TN_FORMAT, "%s", bad[_i].header);
    ck_assert_msg(strstr(err.text, bad[_i].text), "%s: %s", bad[_i].header, err.text);
}
END_TEST

START_TEST(types_of_others_are_passed_over_until_asked_for)
{
    const struct bytes bytes =
        make("{" ENTRY("a", "BF16", "[2]", 0, 4) "," ENTRY("b", "F8_NEW", "[7]", 4, 6) "," ENTRY(
                 "e", "F32", "[1,1,1,1,1]", 6, 10) "," ENTRY("c", "F32", "[1]", 10, 14) "}",
             14);
    struct tn_file *file;
    struct tn_error err;
    float out[2];

    ck_assert_int_eq(tn_file_open_memory(bytes.data, bytes.size, "m", &file, &err), TN_OK);
    ck_assert_uint_eq(tn_file_count(file), 1);
    ck_assert_ptr_null(tn_file_find(file, "a"));
    ck_assert_int_eq(tn_file_read_floats(file, "c", 1, out, &err), TN_OK);
    ck_assert_int_eq(tn_file_read_floats(file, "a", 2, out, &err), TN_UNSUPPORTED);
    ck_assert_str_eq(err.text,
                     "m: tensor a is BF16 of rank 1, which cannot be used; convert it to F32");
    ck_assert_int_eq(tn_file_read_floats(file, "e", 1, out, &err), TN_UNSUPPORTED);
    tn_file_close(file);
}
END_TEST

START_TEST(scales_must_be_there_and_fit)
{
    const struct bytes bytes =
        make("{" ENTRY("q", "I8", "[4,1]", 0, 4) "," ENTRY("q_scale", "F32", "[1]", 4,
                                                           8) "," ENTRY("r", "I8", "[1]", 8, 9) "}",
             9);
    struct tn_file *file;
    float out[4];

    ck_assert_int_eq(tn_file_open_memory(bytes.data, bytes.size, "m", &file, NULL), TN_OK);
    ck_assert_int_eq(tn_file_read_floats(file, "q", 4, out, NULL), TN_SHAPE);
    ck_assert_int_eq(tn_file_read_floats(file, "r", 1, out, NULL), TN_NOTFOUND);
    tn_file_close(file);
}
END_TEST

START_TEST(what_is_no_file_is_an_error)
{
    struct tn_file *file;
    struct tn_error err;
    FILE *stream;

    ck_assert_int_eq(tn_file_open("/nowhere/m.safetensors", &file, &err), TN_NOTFOUND);
    ck_assert_str_eq(err.text, "/nowhere/m.safetensors: No such file or directory");
    ck_assert_int_eq(tn_file_open(folder, &file, &err), TN_IO);
    stream = fopen(path, "wb");
    fclose(stream);
    ck_assert_int_eq(tn_file_open(path, &file, &err), TN_FORMAT);
    stream = fopen(path, "wb");
    fputs("\xFF\xD8\xFF\xE0 a photo, not a model", stream);
    fclose(stream);
    ck_assert_int_eq(tn_file_open(path, &file, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "not a safetensors file"));
}
END_TEST

START_TEST(a_save_that_fails_leaves_the_old_file)
{
    const struct tn_tensor tensor = {"a", TN_F32, 1, {1}, &(float){1}, 4};
    struct tn_error err;

    ck_assert_int_eq(tn_file_save("/nowhere/x", &tensor, 1, NULL, 0, &err), TN_IO);
    ck_assert_int_eq(tn_file_save(folder, &tensor, 1, NULL, 0, &err), TN_IO);
}
END_TEST

/* Files of a header as large as allowed: what looks through all of it for each name takes hours. */
START_TEST(many_names_are_found_in_good_time)
{
    enum { NAMES = 200000 };
    struct tn_file *file;
    struct tn_error err;
    char *header, name[16];
    unsigned char *bytes;
    size_t size;
    FILE *out = open_memstream(&header, &size);

    fputs("{\"__metadata__\":{\"m\":\"\"", out);
    for (int i = 1; i < NAMES; i++)
        fprintf(out, ",\"m%d\":\"\"", i);
    putc('}', out);
    for (int i = 0; i < NAMES; i++)
        fprintf(out, ",\"t%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i);
    putc('}', out);
    ck_assert_int_eq(fclose(out), 0);
    bytes = calloc(8 + size, 1);
    ck_assert_ptr_nonnull(bytes);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(size >> (8 * i));
    memcpy(bytes + 8, header, size);
    ck_assert_msg(tn_file_open_memory(bytes, 8 + size, "m", &file, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(tn_file_count(file), NAMES);
    ck_assert_uint_eq(tn_file_metadata_count(file), NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        const char *key, *value;

        tn_file_metadata_at(file, i, &key, &value);
        ck_assert_int_eq(key[0], 'm');
        snprintf(name, sizeof name, "t%zu", i);
        ck_assert_ptr_nonnull(tn_file_find(file, name));
    }
    ck_assert_ptr_null(tn_file_find(file, "t"));
    tn_file_close(file);
    free(bytes);
    free(header);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *good = tcase_create("files"), *hostile = tcase_create("hostile");

    tcase_add_checked_fixture(good, make_folder, remove_folder);
    tcase_add_test(good, what_is_saved_is_read_back);
    tcase_add_test(good, a_released_tensor_takes_no_memory_until_it_is_read_again);
    tcase_add_test(good, asking_for_another_shape_names_both);
    tcase_add_test(good, a_file_cut_anywhere_is_an_error);
    tcase_add_test(good, any_flipped_bit_is_survived);
    tcase_add_test(good, what_is_no_file_is_an_error);
    tcase_add_test(good, a_save_that_fails_leaves_the_old_file);
    suite_add_tcase(suite, good);
    tcase_add_loop_test(hostile, a_hostile_header_is_named, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(hostile, types_of_others_are_passed_over_until_asked_for);
    tcase_add_test(hostile, many_names_are_found_in_good_time);
    tcase_add_test(hostile, scales_must_be_there_and_fit);
    suite_add_tcase(suite, hostile);
    return suite;
}
