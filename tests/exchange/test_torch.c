/* SPDX-License-Identifier: MIT */
/* What torch.save and numpy.savez write: the files are made by tools/make_torch_files.py and
 * tools/make_npz_files.py. */
#include "exchange/tensors.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *file_path(const char *name)
{
    static char path[512];
    const char *data = getenv("TEST_DATA");

    snprintf(path, sizeof path, "%s/exchange/%s%s", data ? data : "tests/data", name,
             strchr(name, '.') ? "" : ".pth");
    return path;
}

static void opens(const char *name, struct exchange_tensors *tensors)
{
    struct tn_error err;
    const enum tn_status status = exchange_read(file_path(name), tensors, &err);

    ck_assert_msg(status == TN_OK, "%s", err.text);
}

static void is_refused(const char *name, enum tn_status expected, const char *part)
{
    struct exchange_tensors tensors;
    struct tn_error err;
    const enum tn_status status = exchange_read(file_path(name), &tensors, &err);

    ck_assert_msg(status == expected, "%s: status %d, %s", name, (int)status,
                  status == TN_OK ? "" : err.text);
    ck_assert_msg(strstr(err.text, name) && strstr(err.text, part), "%s lacks '%s'", err.text,
                  part);
}

/* The tensor's numbers; the caller frees them. */
static float *numbers_of(const struct exchange_tensors *tensors, const char *name, size_t rank,
                         size_t rows, size_t columns)
{
    const struct exchange_tensor *tensor = exchange_find(tensors, name);
    float *numbers;

    ck_assert_msg(tensor != NULL, "no %s", name);
    ck_assert_uint_eq(tensor->rank, rank);
    if (rank > 0)
        ck_assert_uint_eq(tensor->dims[0], rows);
    if (rank > 1)
        ck_assert_uint_eq(tensor->dims[1], columns);
    numbers = calloc(exchange_count(tensor) + 1, sizeof *numbers);
    exchange_floats(tensor, numbers);
    return numbers;
}

/* Element e of the tool's numbers. */
static float number(size_t e)
{
    return (float)e / 8 - 1;
}

static void has_numbers(const struct exchange_tensors *tensors, const char *name, size_t rank,
                        size_t rows, size_t columns)
{
    float *numbers = numbers_of(tensors, name, rank, rows, columns);

    for (size_t i = 0; i < rows * columns; i++)
        ck_assert_msg(numbers[i] == number(i), "%s[%zu] is %g", name, i, (double)numbers[i]);
    free(numbers);
}

static void has_state(const char *file)
{
    struct exchange_tensors tensors;
    float *numbers;

    opens(file, &tensors);
    has_numbers(&tensors, "plain", 2, 2, 3);
    has_numbers(&tensors, "half", 1, 5, 1);
    has_numbers(&tensors, "bfloat", 1, 5, 1);
    has_numbers(&tensors, "double", 1, 5, 1);
    has_numbers(&tensors, "parameter", 1, 3, 1);
    numbers = numbers_of(&tensors, "turned", 2, 6, 4);
    for (size_t i = 0; i < 24; i++)
        ck_assert(numbers[i] == number(i % 4 * 6 + i / 4));
    free(numbers);
    numbers = numbers_of(&tensors, "part", 2, 2, 3);
    for (size_t i = 0; i < 6; i++)
        ck_assert(numbers[i] == number((1 + i / 3) * 6 + 2 + i % 3));
    free(numbers);
    numbers = numbers_of(&tensors, "scalar", 0, 0, 0);
    ck_assert(numbers[0] == 0.5F);
    free(numbers);
    free(numbers_of(&tensors, "empty", 2, 0, 3));
    ck_assert_ptr_null(exchange_find(&tensors, "steps"));
    ck_assert_uint_eq(tensors.count, 9);
    exchange_finish(&tensors);
}

START_TEST(all_forms_have_the_same_numbers)
{
    has_state("state");
    has_state("protocol4");
    has_state("legacy");
}
END_TEST

START_TEST(a_checkpoint_gives_its_state_without_the_rest)
{
    struct exchange_tensors tensors;

    opens("checkpoint", &tensors);
    has_numbers(&tensors, "weight", 2, 2, 3); /* module.weight in the file */
    has_numbers(&tensors, "bias", 1, 2, 1);
    ck_assert_uint_eq(tensors.count, 2);
    exchange_finish(&tensors);
}
END_TEST

START_TEST(what_would_be_executed_is_refused_by_name)
{
    is_refused("whole", TN_UNSUPPORTED, "torch.nn.modules.linear.Linear");
    is_refused("whole", TN_UNSUPPORTED, "torch.save(model.state_dict(), FILE)");
    is_refused("unknown", TN_UNSUPPORTED, "__main__.Unknown");
    is_refused("sparse", TN_UNSUPPORTED, "torch._utils._rebuild_sparse_tensor");
}
END_TEST

START_TEST(a_tensor_lies_within_its_storage)
{
    is_refused("short_storage", TN_FORMAT, "has 12 bytes; expected 4 numbers of 4 bytes");
    is_refused("no_storage", TN_NOTFOUND, "no entry 'archive/data/0'");
    is_refused("offset", TN_FORMAT, "tensor 'weight' is larger than its 12 bytes");
    is_refused("stride", TN_FORMAT, "tensor 'weight' is larger than its 16 bytes");
    is_refused("repeat", TN_FORMAT, "tensor 'weight' is larger than its 16 bytes");
}
END_TEST

START_TEST(other_files_are_refused)
{
    is_refused("numbers", TN_FORMAT, "no state_dict");
    is_refused("big", TN_UNSUPPORTED, "big-endian");
    is_refused("packed", TN_UNSUPPORTED, "is packed");
    is_refused("no_memo", TN_FORMAT, "the pickle is damaged at byte");
}
END_TEST

START_TEST(arrays_of_numpy_are_read)
{
    struct exchange_tensors tensors;
    float *numbers;

    opens("arrays.npz", &tensors);
    has_numbers(&tensors, "plain", 2, 2, 3);
    has_numbers(&tensors, "half", 1, 5, 1);
    has_numbers(&tensors, "double", 1, 5, 1);
    numbers = numbers_of(&tensors, "scalar", 0, 0, 0);
    ck_assert(numbers[0] == 0.5F);
    free(numbers);
    has_numbers(&tensors, "turned", 2, 2, 3);
    ck_assert_uint_eq(tensors.count, 5);
    exchange_finish(&tensors);
    is_refused("packed_arrays.npz", TN_UNSUPPORTED, "is packed; write it with numpy.savez");
}
END_TEST

/* Any byte changed, or the file cut anywhere: refused, or read within its bytes (a sanitizer sees
 * it). */
static void survives(const char *name)
{
    struct exchange_tensors whole, tensors;
    unsigned char *bytes;

    opens(name, &whole);
    bytes = malloc(whole.size);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 2 * whole.size; i++) {
        const size_t at = i / 2, size = i % 2 ? whole.size : at;

        free(bytes);
        bytes = malloc(size > 0 ? size : 1);
        memcpy(bytes, whole.bytes, size);
        if (i % 2)
            bytes[at] ^= 0x81;
        if (exchange_read_memory(bytes, size, "x", &tensors, NULL) != TN_OK)
            continue;
        for (size_t t = 0; t < tensors.count; t++) {
            float *numbers = malloc((exchange_count(&tensors.items[t]) + 1) * sizeof *numbers);

            exchange_floats(&tensors.items[t], numbers);
            free(numbers);
        }
        exchange_finish(&tensors);
    }
    free(bytes);
    exchange_finish(&whole);
}

START_TEST(damage_is_survived)
{
    survives("state");
    survives("legacy");
    survives("arrays.npz");
}
END_TEST

/* A pickle that nests, repeats or counts without end. */
static void ends(const char *pickle, size_t size)
{
    static const unsigned char magic[] = {
        0x80, 2,   0x8a, 10,  0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
        '.',  'M', 0xe9, 3,   '.',  '}',  'X',  13,   0,    0,    0,    'l',  'i',  't',
        't',  'l', 'e',  '_', 'e',  'n',  'd',  'i',  'a',  'n',  0x88, 's',  '.'};
    unsigned char *bytes = malloc(sizeof magic + size);
    struct exchange_tensors tensors;

    memcpy(bytes, magic, sizeof magic);
    memcpy(bytes + sizeof magic, pickle, size);
    ck_assert_int_ne(exchange_read_memory(bytes, sizeof magic + size, "x", &tensors, NULL), TN_OK);
    free(bytes);
}

START_TEST(pickles_without_end_end)
{
    enum { SIZE = 6 << 20 };
    char *deep = malloc(SIZE);

    memset(deep, '(', SIZE); /* marks, then the same as lists in lists, then a list in itself */
    ends(deep, SIZE);
    for (size_t i = 0; i + 1 < SIZE; i += 2)
        memcpy(deep + i, i < SIZE / 2 ? "](" : "e.", 2);
    ends(deep, SIZE);
    for (size_t i = 0; i + 1 < SIZE; i += 2)
        memcpy(deep + i, i == 0 ? "}N" : "22", 2);
    ends(deep, SIZE);
    free(deep);
    ends("]q\0h\0a.", 7);
    ends("Kr\xff\xff\xff\xff.", 7);
    ends("Kqr\xff\xff\xff\xff.", 8);
    ends("X\xff\xff\xff\xff.", 6);
    ends("a.", 2);
    ends("Na", 2);
    ends("u", 1);
    ends("\x87.", 2);
    ends("R.", 2);
    ends("NNR.", 4);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torch");
    TCase *tcase = tcase_create("torch");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, all_forms_have_the_same_numbers);
    tcase_add_test(tcase, a_checkpoint_gives_its_state_without_the_rest);
    tcase_add_test(tcase, what_would_be_executed_is_refused_by_name);
    tcase_add_test(tcase, a_tensor_lies_within_its_storage);
    tcase_add_test(tcase, other_files_are_refused);
    tcase_add_test(tcase, arrays_of_numpy_are_read);
    tcase_add_test(tcase, damage_is_survived);
    tcase_add_test(tcase, pickles_without_end_end);
    suite_add_tcase(suite, tcase);
    return suite;
}
