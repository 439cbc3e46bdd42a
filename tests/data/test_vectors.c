/* SPDX-License-Identifier: MIT */
/* Vectors of photos: the forms of .npy, as NumPy wrote them (tools/make_npy_golden.py), headers
 * that are none, and whose a row is. */
#include "tests/support/folder.h"
#include "tests/support/suite.h"

#include "data/vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[TEST_FOLDER_SIZE];

static void make_folder(void)
{
    test_folder_make(folder);
}

static void remove_folder(void)
{
    test_folder_remove(folder);
}

/* Writes a file into the folder; returns its path, for the test to free. */
static char *put(const char *name, const void *bytes, size_t size)
{
    char *path;
    FILE *file;

    ck_assert_int_gt(asprintf(&path, "%s/%s", folder, name), 0);
    file = fopen(path, "wb");
    ck_assert(fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
    return path;
}

static char *golden(const char *name)
{
    char *path;

    ck_assert_int_gt(asprintf(&path, "%s/npy/%s.npy", getenv("TEST_DATA"), name), 0);
    return path;
}

/* A version 1.0 file: the dictionary, and `numbers` bytes of zeros. */
static char *put_npy(const char *dictionary, size_t numbers)
{
    unsigned char bytes[1024] = "\x93NUMPY\x01";
    const size_t length = strlen(dictionary);

    ck_assert_uint_le(10 + length + numbers, sizeof bytes);
    bytes[8] = (unsigned char)length;
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, dictionary, length);
    return put("x.npy", bytes, 10 + length + numbers);
}

/* Photos with their paths as names. */
struct photos {
    struct data_photo items[4];
    char text[256];
    struct data_set set;
};

static void set_photos(struct photos *photos, const char *const *paths, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        photos->items[i] = (struct data_photo){.name = used, .path = used};
        used += (size_t)sprintf(photos->text + used, "%s", paths[i]) + 1;
    }
    photos->set =
        (struct data_set){.photos = photos->items, .photo_count = count, .text = photos->text};
}

static enum tn_status match(const char *path, const char *names, const struct photos *photos,
                            struct data_features *features, struct tn_error *err)
{
    struct data_vectors vectors;
    enum tn_status status = data_vectors_load(path, names, &vectors, err);

    if (status != TN_OK)
        return status;
    status = data_vectors_match(&vectors, path, &photos->set, features, err);
    data_vectors_finish(&vectors);
    return status;
}

/* ---- Forms ---- */

static const char *const forms[] = {"f2", "f4", "f8", "version2", "version3", "deep"};

START_TEST(every_form_gives_the_same_rows)
{
    const float lengths = sqrtf(1 + 4 + 9 + 16), scale = 2; /* sqrt of 4 numbers */
    char *path = golden(forms[_i]);
    struct data_vectors v;
    struct data_features features = {.photos = 3, .views = 1, .rows = (size_t[]){0, 1, 2}};
    struct tn_error err = {.text = ""};

    ck_assert_msg(data_vectors_load(path, NULL, &v, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(v.rows, 3);
    ck_assert_uint_eq(v.width, 4);
    ck_assert_ptr_null(v.names);
    features.width = v.width;
    features.values = v.values;
    for (size_t row = 0; row < 3; row++) {
        float out[4];

        data_features_mean(&features, row, out);
        for (size_t c = 0; c < 4; c++)
            ck_assert_float_eq_tol(
                out[c], (c % 2 == 0 ? 1.0F : -1.0F) * (float)(c + 1) / lengths * scale, 1e-3F);
    }
    data_vectors_finish(&v);
    free(path);
}
END_TEST

static const struct {
    const char *name, *says;
} refused[] = {
    {"refused_fortran", "in Fortran's order; save it with numpy.ascontiguousarray"},
    {"refused_big_endian", "numbers of type '>f4'; expected '<f2'"},
    {"refused_integers", "numbers of type '<i4'"},
    {"refused_complex", "numbers of type '<c8'"},
    {"refused_fields", "its header is none of an array of numbers"},
    {"refused_objects", "contains Python objects (a pickle), which are never read"},
    {"refused_scalar", "an array of 0 dimensions; expected a row per photo"},
    {"refused_vector", "an array of 1 dimensions"},
    {"refused_empty", "an array without numbers"},
};

START_TEST(other_arrays_are_refused_by_name)
{
    char *path = golden(refused[_i].name);
    struct data_vectors v;
    struct tn_error err;

    ck_assert_int_ne(data_vectors_load(path, NULL, &v, &err), TN_OK);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
    ck_assert_msg(strstr(err.text, refused[_i].says) != NULL, "%s", err.text);
    free(path);
}
END_TEST

/* 24 bytes of numbers follow. */
static const struct {
    const char *dictionary;
    bool good;
} dictionaries[] = {
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", true},
    {"{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}", true},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }", true},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (6, 1), }", true},
    {"", false},
    {"{", false},
    {"{}", false},
    {"{'descr': '<f4', 'fortran_order': False}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", false},
    {"{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'shape': (2, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'more': (2, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 1, 1, 1, 1, 1, 1, 1)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387906, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4294967296, 4294967296)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551618, 3)}", false},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 70000)}", false},
};

START_TEST(headers_are_checked)
{
    char *path = put_npy(dictionaries[_i].dictionary, 24);
    struct data_vectors v;
    struct tn_error err = {.text = ""};
    const enum tn_status status = data_vectors_load(path, NULL, &v, &err);

    ck_assert_msg((status == TN_OK) == dictionaries[_i].good, "%s: %s", dictionaries[_i].dictionary,
                  err.text);
    if (status == TN_OK)
        data_vectors_finish(&v);
    free(path);
}
END_TEST

START_TEST(a_file_that_is_cut_anywhere_is_refused)
{
    char *path = golden("f4"), bytes[512];
    FILE *file = fopen(path, "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    struct data_vectors v;

    fclose(file);
    free(path);
    for (size_t i = 0; i < size; i++) {
        path = put("cut.npy", bytes, i);
        ck_assert_int_ne(data_vectors_load(path, NULL, &v, NULL), TN_OK);
        free(path);
    }
}
END_TEST

/* A file of [2][2] float64. */
static char *put_doubles(const double numbers[4])
{
    char bytes[256] = "\x93NUMPY\x01";
    const char *dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}";

    bytes[8] = (char)strlen(dictionary);
    memcpy(bytes + 10, dictionary, strlen(dictionary));
    memcpy(bytes + 10 + strlen(dictionary), numbers, 4 * sizeof *numbers);
    return put("x.npy", bytes, 10 + strlen(dictionary) + 4 * sizeof *numbers);
}

START_TEST(a_row_of_no_finite_numbers_is_named)
{
    const double bad[] = {NAN, INFINITY, -INFINITY, 1e300}; /* the last is none as float32 */
    char *path = put_doubles((double[]){1, 2, 3, bad[_i]}), *names = put("n", "a\nb\n", 4);
    struct data_vectors v;
    struct tn_error err;

    ck_assert_int_eq(data_vectors_load(path, names, &v, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "row 1 (from 0), b contains what is no finite number") != NULL,
                  "%s", err.text);
    free(path);
    free(names);
}
END_TEST

START_TEST(rows_of_any_length_keep_their_direction)
{
    char *path = put_doubles((double[]){3e-30, 4e-30, 0, 0});
    struct data_vectors v;
    struct data_features features = {.views = 1, .width = 2, .rows = (size_t[]){0, 1}};
    float out[2];

    ck_assert_int_eq(data_vectors_load(path, NULL, &v, NULL), TN_OK);
    features.values = v.values;
    data_features_get(&features, 0, 0, out);
    ck_assert_float_eq_tol(out[0] / out[1], 0.75F, 1e-3F);
    ck_assert_float_eq_tol(out[0] * out[0] + out[1] * out[1], 2, 1e-2F);
    data_features_get(&features, 1, 0, out);
    ck_assert(out[0] == 0 && out[1] == 0);
    data_vectors_finish(&v);
    free(path);
}
END_TEST

/* ---- Names ---- */

static const struct {
    const char *names;
    const char *photos[3];
    size_t rows[3];   /* SIZE_MAX: none */
    const char *says; /* of a refusal; NULL: good */
} matches[] = {
    {"p/a.jpg\np/b.jpg\np/c.jpg\n", {"p/c.jpg", "p/a.jpg", "p/b.jpg"}, {2, 0, 1}, NULL},
    {"a.jpg\r\nb.jpg\r\nc.jpg\r\n", {"p/c.jpg", "p/a.jpg", "p/b.jpg"}, {2, 0, 1}, NULL},
    {"\xEF\xBB\xBFq/a.jpg\nq/b.jpg\nq/c.jpg", {"p/c.jpg", "p/a.jpg", "p/b.jpg"}, {2, 0, 1}, NULL},
    {"x/1.jpg\ny/1.jpg\nz.jpg\n", {"y/1.jpg", "x/1.jpg", "z.jpg"}, {1, 0, 2}, NULL},
    {"x/1.jpg\ny/1.jpg\nz.jpg\n", {"1.jpg", "x/1.jpg", "z.jpg"}, {SIZE_MAX, 0, 2}, NULL},
    {"a.jpg\nb.jpg\nc.jpg\n", {"a.jpg", "d.jpg", "a.jpg"}, {0, SIZE_MAX, 0}, NULL},
    {"a.jpg\nb.jpg\nc.jpg\n", {"x/a.jpg", "y/a.jpg", "b.jpg"}, {0}, "may be of x/a.jpg or of"},
    {"a.jpg\nb.jpg\na.jpg\n", {"a.jpg", "b.jpg", "c.jpg"}, {0}, "names a.jpg twice, in rows 0 and"},
    {"a.jpg\nb.jpg\n", {"a.jpg", "b.jpg", "c.jpg"}, {0}, "2 names of 3 rows"},
    {"a.jpg\n\nb.jpg\nc.jpg\n", {"a.jpg", "b.jpg", "c.jpg"}, {0}, "4 names of 3 rows"},
    {"x.jpg\ny.jpg\nz.jpg\n", {"a.jpg", "b.jpg", "c.jpg"}, {0}, "names none of the 3 photos"},
};

START_TEST(a_row_is_found_by_name)
{
    char *path = golden("f4"), *names = put("n", matches[_i].names, strlen(matches[_i].names));
    struct photos photos;
    struct data_features f;
    struct tn_error err = {.text = ""};
    enum tn_status status;

    set_photos(&photos, matches[_i].photos, 3);
    status = match(path, names, &photos, &f, &err);
    if (matches[_i].says) {
        ck_assert_int_ne(status, TN_OK);
        ck_assert_msg(strstr(err.text, matches[_i].says) != NULL, "%s", err.text);
    } else {
        size_t without = 0;

        ck_assert_msg(status == TN_OK, "%s", err.text);
        for (size_t i = 0; i < 3; i++) {
            ck_assert_uint_eq(f.rows[i], matches[_i].rows[i]);
            without += f.rows[i] == SIZE_MAX;
            ck_assert((data_features_pixels(&f, i) != 0) == (f.rows[i] != SIZE_MAX));
        }
        ck_assert_uint_eq(f.unreadable, without);
        data_features_finish(&f);
    }
    free(path);
    free(names);
}
END_TEST

START_TEST(without_names_rows_are_in_order_if_there_are_as_many)
{
    const char *const paths[] = {"a.jpg", "b.jpg", "c.jpg", "d.jpg"};
    char *path = golden("f4");
    struct photos photos;
    struct data_features f;
    struct tn_error err;

    set_photos(&photos, paths, 3);
    ck_assert_int_eq(match(path, NULL, &photos, &f, &err), TN_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(f.rows[i], i);
    data_features_finish(&f);
    set_photos(&photos, paths, 4);
    ck_assert_int_eq(match(path, NULL, &photos, &f, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "3 rows for 4 photos; give the photos' names") != NULL, "%s",
                  err.text);
    free(path);
}
END_TEST

START_TEST(names_lie_beside_the_file)
{
    const char *const paths[] = {"c.jpg"};
    char *path = put_doubles((double[]){1, 2, 3, 4}),
         *names = put("x.npy.names", "b.jpg\nc.jpg", 11);
    struct photos photos;
    struct data_features f;

    set_photos(&photos, paths, 1);
    ck_assert_int_eq(match(path, NULL, &photos, &f, NULL), TN_OK);
    ck_assert_uint_eq(f.rows[0], 1);
    data_features_finish(&f);
    free(path);
    free(names);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("vectors");
    TCase *files = tcase_create("files"), *names = tcase_create("names");

    tcase_add_checked_fixture(files, make_folder, remove_folder);
    tcase_add_loop_test(files, every_form_gives_the_same_rows, 0, sizeof forms / sizeof *forms);
    tcase_add_loop_test(files, other_arrays_are_refused_by_name, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_loop_test(files, headers_are_checked, 0, sizeof dictionaries / sizeof *dictionaries);
    tcase_add_test(files, a_file_that_is_cut_anywhere_is_refused);
    tcase_add_loop_test(files, a_row_of_no_finite_numbers_is_named, 0, 4);
    tcase_add_test(files, rows_of_any_length_keep_their_direction);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(names, make_folder, remove_folder);
    tcase_add_loop_test(names, a_row_is_found_by_name, 0, sizeof matches / sizeof *matches);
    tcase_add_test(names, without_names_rows_are_in_order_if_there_are_as_many);
    tcase_add_test(names, names_lie_beside_the_file);
    suite_add_tcase(suite, names);
    return suite;
}
