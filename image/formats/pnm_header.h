/* SPDX-License-Identifier: MIT */
/* The headers of all kinds of netpbm files, and whether some bytes begin like one. */
#ifndef IMAGE_PNM_HEADER_H
#define IMAGE_PNM_HEADER_H

#include <stdbool.h>
#include <stddef.h>

struct pnm_header {
    char kind; /* the letter of "P1" to "P7"; 'f' and 'F': PFM of grey and of RGB */
    size_t width, height, channels, maxval;
    bool little_endian; /* of PFM */
    char tuple[32];     /* of PAM: what its channels are, "" where that is not said */
    size_t offset;      /* of the pixels */
};

/* False where it is damaged or not complete. */
bool pnm_header_read(const unsigned char *bytes, size_t size, struct pnm_header *header);

/* Moves *offset behind a decimal number below 2^31, which may have white space and comments in
 * front; false, and *offset at what is there, when there is none. */
bool pnm_read_number(const unsigned char *bytes, size_t size, size_t *offset, size_t *ret_value);
void pnm_skip_space(const unsigned char *bytes, size_t size, size_t *offset);

#endif
