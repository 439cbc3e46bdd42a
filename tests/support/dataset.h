/* SPDX-License-Identifier: MIT */
/* Data sets that a test writes into a folder of its own. */
#ifndef TESTS_SUPPORT_DATASET_H
#define TESTS_SUPPORT_DATASET_H

#include "data/sets/dataset.h"

/* Around each test. */
void set_make_folder(void);
void set_remove_folder(void);

/* A path in that folder, until the next call. */
const char *set_in_folder(const char *name);
void set_put(const char *name, const char *text);
/* It begins like a JPEG. */
void set_put_photo(const char *name);
void set_put_folder(const char *name);

/* What data_set_load reads there. */
struct data_set set_load(const char *name);
/* The error's text must contain both. */
void set_load_fails(const char *name, enum tn_status expected, const char *word, const char *other);
void set_check(const struct data_set *dataset, size_t photo, const char *name,
               enum data_split split, size_t captions, const char *first);

#endif
