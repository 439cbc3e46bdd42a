/* SPDX-License-Identifier: MIT */
/*
 * Libraries that are loaded when something first needs them.  Most runs need none of them, and to
 * load libheif with its codecs takes longer than to read the model.
 *
 * A static program cannot load anything.  TN_STATIC, the option -Dstatic=true, links it with all
 * functions that such tables name, and "to load" a library is to copy their addresses.
 */
#ifndef BASE_LIBRARY_H
#define BASE_LIBRARY_H

#include "base/status.h"

#include <pthread.h>
#include <stdbool.h>

/* A function or a variable of a library, and the pointer to it that its address is written to. */
struct tn_library_function {
    const char *name;
    void *pointer;
    void (*linked)(void); /* its address in a program that is linked with it; NULL: it is loaded */
};

/* TN_FUNCTION: the row of a function.  TN_LIBRARY_REMEDY: what a message about a library that a
 * build lacks says to do; how is " with -Dx=enabled", or "". */
#ifdef TN_STATIC
#define TN_FUNCTION(function, address)                                                             \
    {                                                                                              \
        .name = #function, .pointer = (address), .linked = (void (*)(void))(function)              \
    }
#define TN_LIBRARY_REMEDY(packages, how)                                                           \
    "this program is static; the packages for Debian have it (" packages ")"
#else
#define TN_FUNCTION(function, address)                                                             \
    {                                                                                              \
        .name = #function, .pointer = (address), .linked = NULL                                    \
    }
#define TN_LIBRARY_REMEDY(packages, how) "install " packages ", reconfigure" how
#endif

struct tn_library {
    const char *name; /* its ELF soname, or a path (tn_platform_load_library) */
    const struct tn_library_function *functions; /* all of them linked, or none */
    size_t count;
    pthread_mutex_t mutex;
    bool loaded;
    bool for_all; /* its names are found by libraries that are loaded later: its own parts */
};

#define TN_LIBRARY(name, functions)                                                                \
    {                                                                                              \
        (name), (functions), sizeof(functions) / sizeof(functions)[0], PTHREAD_MUTEX_INITIALIZER,  \
            false, false                                                                           \
    }
#define TN_LIBRARY_FOR_ALL(name, functions)                                                        \
    {                                                                                              \
        (name), (functions), sizeof(functions) / sizeof(functions)[0], PTHREAD_MUTEX_INITIALIZER,  \
            false, true                                                                            \
    }

/* Loads the library unless it is there already, and writes all addresses; it is never unloaded.
 * Any thread may call this.  TN_UNSUPPORTED, with the loader's reason, where it is not installed or
 * lacks a function. */
TN_NODISCARD enum tn_status tn_library_load(struct tn_library *library, struct tn_error *err);

#endif
