/* SPDX-License-Identifier: MIT */
/* Tar files, sound and otherwise. */
#ifndef TESTS_SUPPORT_TAR_H
#define TESTS_SUPPORT_TAR_H

#include <stdio.h>

FILE *tar_begin(const char *path);
/* A file in the tar. */
void tar_add(FILE *file, const char *name, const char *text);
/* The bytes that belong to the file that follows: kind 'x' pax attributes, 'L' GNU's long name. */
void tar_add_long(FILE *file, char kind, const char *text);
/* By POSIX' ustar; a size beyond 8^11 in GNU's base 256.  kind: '0' a file, '1' a hard link, '2' a
 * symbolic one, '5' a folder, 'S' a file with holes. */
void tar_add_header(FILE *file, const char *name, char kind, unsigned long long size);
/* Up to the end of a block of the tar. */
void tar_add_bytes(FILE *file, const char *bytes, size_t size);
/* Ends and closes it. */
void tar_finish(FILE *file);

#endif
