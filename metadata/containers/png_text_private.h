/* SPDX-License-Identifier: MIT */
/* The texts in PNG files (tEXt, zTXt and iTXt, "Portable Network Graphics", 11.3.3), read. */
#ifndef META_PNG_TEXT_PRIVATE_H
#define META_PNG_TEXT_PRIVATE_H

#include "metadata/bytes_private.h"
#include "metadata/container_private.h"

struct meta_png_text {
    const unsigned char *bytes; /* borrowed, as the file has them */
    size_t size;
    bool compressed;
};

/* Whether a chunk of that name is a text in good order. */
bool meta_png_text_parse(const unsigned char name[4], const unsigned char *data, size_t size,
                         struct meta_png_text *ret_text);

/*
 * Adds the text's content, decompressed, to `out`, which is empty.  A file may contain any number
 * of compressed texts, each 1000 times as long as it is there: *room is how much all of them may
 * take, and becomes less.  Errors: TN_FORMAT (damaged), TN_RANGE (no room), TN_NOMEM.
 */
TN_NODISCARD enum tn_status meta_png_text_content(const struct meta_png_text *text, size_t *room,
                                                  struct meta_bytes *out, struct tn_error *err);

/* Turns the content of a text "Raw profile type ...", as ImageMagick writes it, into the bytes that
 * it stands for: a name, their number, and they in hexadecimal.  What follows does not count.
 * false: it is damaged. */
bool meta_png_text_unwrap(struct meta_bytes *content);

/* Notes a description among the parts, or that of image resources: what a person said first, not
 * what a camera says of all photos.  Errors: TN_NOMEM. */
TN_NODISCARD enum tn_status meta_png_text_say(struct meta_parts *parts, const unsigned char *bytes,
                                              size_t size, struct tn_error *err);
TN_NODISCARD enum tn_status meta_png_text_say_iptc(struct meta_parts *parts,
                                                   const unsigned char *resources, size_t size,
                                                   struct tn_error *err);

#endif
