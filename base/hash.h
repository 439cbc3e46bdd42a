/* SPDX-License-Identifier: MIT */
/*
 * Hashes of bytes, for tables and for telling files and trainings apart; not against forgery.  They
 * go into files: their values never change.  A hash of several things goes on from that of the
 * things before.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a (Fowler, Noll and Vo): begins with TN_HASH_START, and takes a byte, or any small number, a
 * step. */
#define TN_HASH_START UINT64_C(0xCBF29CE484222325)
uint64_t tn_hash_number(uint64_t hash, uint64_t number);
uint64_t tn_hash_bytes(uint64_t hash, const void *bytes, size_t count);

/* For megabytes: takes 8 bytes per step, and begins with 0.  Any changed bit changes the result. */
uint64_t tn_hash_block(uint64_t hash, const void *bytes, size_t count);

#endif
