/* SPDX-License-Identifier: MIT */
/* For the tests of containers of metadata: files that a test builds piece by piece, and what holds
 * for every container. */
#ifndef TESTS_SUPPORT_CONTAINER_H
#define TESTS_SUPPORT_CONTAINER_H

#include "metadata/bytes_private.h"
#include "metadata/container_private.h"

/* Two packets of different lengths. */
#define PACKET "<x:xmpmeta><rdf:RDF>one</rdf:RDF></x:xmpmeta>"
#define OTHER_PACKET "<x:xmpmeta><rdf:RDF>another, longer one</rdf:RDF></x:xmpmeta>"

void build(struct meta_bytes *file, const void *bytes, size_t size);
void build_text(struct meta_bytes *file, const char *text); /* without its NUL */
void build_number(struct meta_bytes *file, size_t count, bool big, size_t value);

/* Takes the parts, which the caller finishes; fails the test where they cannot be had. */
struct meta_parts container_parts(const struct meta_container *container,
                                  const struct meta_bytes *file);
/* The file with another part (text, NULL for none) in place of its own; the caller frees it.  Fails
 * the test where the container refuses it, or says that something else changed, or does not give
 * the part back. */
struct meta_bytes container_with(const struct meta_container *container,
                                 const struct meta_bytes *file, enum meta_part_kind kind,
                                 const char *text);

/* The same from a `written` file, which is freed; fails the test unless that gives `file`. */
void container_goes_back(const struct meta_container *container, struct meta_bytes *written,
                         enum meta_part_kind kind, const char *text, const struct meta_bytes *file);

/* Fails the test unless the part is this text; NULL: it is not there. */
void container_has(const struct meta_container *container, const struct meta_bytes *file,
                   enum meta_part_kind kind, const char *text);
/* Fails the test unless the parts cannot be taken, or one of them, XMP, not put, for that reason.
 */
void container_refuses(const struct meta_container *container, const struct meta_bytes *file,
                       enum tn_status status, const char *reason);
void container_refuses_part(const struct meta_container *container, const struct meta_bytes *file,
                            enum meta_part_kind kind, enum tn_status status, const char *reason);

/* Puts a packet into the file.  Fails the test unless the check sees each byte that changes then,
 * but for the first `start` of the file, the packet, `head` bytes before it and `foot` behind it.
 */
void container_sees_changes(const struct meta_container *container, const struct meta_bytes *file,
                            size_t start, size_t head, size_t foot);

/* Takes and puts parts of every beginning of the file, and of the file with every byte damaged in
 * turn.  The sanitizers watch. */
void container_survives(const struct meta_container *container, const struct meta_bytes *file);

#endif
