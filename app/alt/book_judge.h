/* SPDX-License-Identifier: MIT */
/* Another program's reading of a book: libarchive's. */
#ifndef APP_BOOK_JUDGE_H
#define APP_BOOK_JUDGE_H

#include "app/alt/zip.h"

/* To be called first.  TN_UNSUPPORTED: libarchive is not installed; name is for the message. */
TN_NODISCARD enum tn_status book_judge_available(const char *name, struct tn_error *err);

/* Whether libarchive reads the same parts from the new archive bytes[size] as from the old one, in
 * the same order and byte for byte, but for the changed ones, which must be as they were meant.
 * TN_FORMAT: it does not, without the book's name. */
TN_NODISCARD enum tn_status book_judge(const struct zip *old, const struct zip_change *changes,
                                       const char *bytes, size_t size, struct tn_error *err);

#endif
