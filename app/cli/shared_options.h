/* SPDX-License-Identifier: MIT */
/* Rows of option tables that several commands have. */
#ifndef APP_SHARED_OPTIONS_H
#define APP_SHARED_OPTIONS_H

#include "app/cli/options.h"

static inline struct app_option app_option_model(const char **value)
{
    return app_option_file('m', "model", "FILE", APP_MODEL, value,
                           "model file (the shipped model)");
}

static inline struct app_option app_option_language(const char **value)
{
    return app_option_text('l', "lang", "LANGUAGE", value,
                           "of the captions, where the model has several (its first)");
}

static inline struct app_option app_option_threads(size_t *value)
{
    return app_option_number('j', "threads", "N", value, 0, 1024,
                             "the result does not depend on it (0: one per core)");
}

/* 0, which cannot be given, is the usual limit. */
static inline struct app_option app_option_max_pixels(size_t *value)
{
    return app_option_number(0, "max-pixels", "N", value, 1, (size_t)1 << 40,
                             "refuse larger pictures (250000000)");
}

static inline struct app_option app_option_beam(size_t *value)
{
    return app_option_number('b', "beam", "N", value, 1, 64,
                             "unfinished captions that the search keeps (30, or 3)");
}

static inline struct app_option app_option_max_words(size_t *value)
{
    return app_option_number('w', "max-words", "N", value, 1, 64, "longest caption, in words (20)");
}

#endif
