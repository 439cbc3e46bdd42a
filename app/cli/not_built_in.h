/* SPDX-License-Identifier: MIT */
/* What a build may lack, since a library was not found or was not wanted. */
#ifndef APP_NOT_BUILT_IN_H
#define APP_NOT_BUILT_IN_H

#include <stdbool.h>

/* A part of the program; app/built_in.h, which the configuration writes, tells which are there. */
struct app_part {
    const char *name; /* of a command, its own */
    bool built_in;
    const char *needs;
    const char *remedy; /* what whoever wants it has to do */
};

/* All of them; ends in a NULL name. */
extern const struct app_part app_parts[];

/* The part of that name, which is one of them. */
const struct app_part *app_part(const char *name);

/* In place of a command (app/cli/commands.h): refuses, with the remedy. */
int app_not_built_in(int argc, char **argv);

#endif
