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
                             "unfinished captions that the search keeps (10, or 3)");
}

static inline struct app_option app_option_max_words(size_t *value)
{
    return app_option_number('w', "max-words", "N", value, 1, 64, "longest caption, in words (20)");
}

/* Which photos, and what is said about them. */
static inline struct app_option app_option_files_from(const char **value)
{
    return app_option_file(0, "files-from", "LIST", APP_INPUT, value,
                           "also the photos named in LIST, - for stdin");
}

static inline struct app_option app_option_null(bool *value)
{
    return app_option_flag('0', "null", value, "names in LIST end with NUL");
}

static inline struct app_option app_option_no_recursion(bool *value)
{
    return app_option_flag(0, "no-recursive", value, "of a directory, only the photos in it");
}

static inline struct app_option app_option_exclude(struct app_list *value)
{
    return app_option_list(0, "exclude", "GLOB", value,
                           "pass over such names in directories (may be repeated)");
}

static inline struct app_option app_option_sidecar_directory(const char **value)
{
    return app_option_file(0, "sidecar-dir", "DIR", APP_FOLDER, value,
                           "sidecars in a tree of their own");
}

static inline struct app_option app_option_errors(const char **value)
{
    return app_option_file(0, "errors", "FILE", APP_FAILURES_OUTPUT, value,
                           "a list of the photos that failed");
}

static inline struct app_option app_option_quiet(bool *value)
{
    return app_option_flag('q', "quiet", value, "no progress, no summary, only errors");
}

static inline struct app_option app_option_length_exponent(double *value)
{
    return app_option_real(0, "length-exponent", "X", value, 0, 2,
                           "captions compare by log-probability / length^X (0.7)");
}

#endif
