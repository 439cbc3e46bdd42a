/* SPDX-License-Identifier: MIT */
/* What a program of ELF contains in a section of a name, beside what runs: objcopy --add-section.
 */
#ifndef BASE_ELF_SECTION_H
#define BASE_ELF_SECTION_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether bytes, those of a file or its first, begin as a program or library of ELF does. */
bool tn_is_elf(const unsigned char *bytes, size_t size);

/*
 * Where the first section of that name lies among the bytes, those of a whole file; path is used in
 * messages.  Sections are listed at the end of the file as the linker and objcopy write it, so a
 * file that was cut short is found out, wherever it was cut.
 *
 * Errors: TN_NOTFOUND when there is none, which is also said of ELF of 32 bits and of no ELF at
 * all; TN_FORMAT when the file is cut short or its list is damaged.
 */
TN_NODISCARD enum tn_status tn_elf_section(const unsigned char *bytes, size_t size,
                                           const char *path, const char *section, size_t *ret_begin,
                                           size_t *ret_size, struct tn_error *err);

#endif
