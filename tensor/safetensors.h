/* SPDX-License-Identifier: MIT */
/*
 * The model file: safetensors.  8 bytes little-endian header length, a JSON header, then raw
 * little-endian tensors.  The reader maps the file into memory and hands out views; a truncated,
 * foreign or hostile file is an error, never a crash.  The writer is atomic: the file appears whole
 * under its name or not at all.
 *
 * A program of ELF is read, too, if it contains such a file in the section TN_FILE_SECTION: so a
 * program and its model can be one file (base/elf_section.h).
 */
#ifndef TENSOR_SAFETENSORS_H
#define TENSOR_SAFETENSORS_H

#include "base/status.h"
#include "tensor/layout.h"

#include <stddef.h>
#include <stdint.h>

#define TN_FILE_SECTION ".safetensors"

enum tn_dtype { TN_F32, TN_F16, TN_I8, TN_U8, TN_I32, TN_I64 };

/* "F32" ..., as the header writes it; bytes an element. */
const char *tn_dtype_name(enum tn_dtype dtype);
size_t tn_dtype_size(enum tn_dtype dtype);

/* A tensor in memory that somebody else owns (for a loaded one: the file, until it is closed). */
struct tn_tensor {
    const char *name;
    enum tn_dtype dtype;
    size_t rank, dims[TN_MAX_RANK];
    const void *data; /* aligned for its dtype */
    size_t bytes;
};

struct tn_file;

/* Maps a safetensors file, or that within a program.  The caller closes it.  Errors name the path
 * and what is wrong with it.
 */
TN_NODISCARD enum tn_status tn_file_open(const char *path, struct tn_file **ret_file,
                                         struct tn_error *err);
/* The same over memory that the caller keeps alive until the close; name is used in messages. */
TN_NODISCARD enum tn_status tn_file_open_memory(const void *data, size_t size, const char *name,
                                                struct tn_file **ret_file, struct tn_error *err);
void tn_file_close(struct tn_file *file);

/* Where in the file at its path it begins: 0, unless it lies within a program. */
size_t tn_file_begin(const struct tn_file *file);
/* As given to tn_file_open; borrowed until the close, like all that follows. */
const char *tn_file_path(const struct tn_file *file);
size_t tn_file_count(const struct tn_file *file);
const struct tn_tensor *tn_file_at(const struct tn_file *file, size_t index);
/* NULL when there is none. */
const struct tn_tensor *tn_file_find(const struct tn_file *file, const char *name);
/* Finds a tensor and checks its type and shape; the error says what was expected and found. */
TN_NODISCARD enum tn_status tn_file_get(const struct tn_file *file, const char *name,
                                        enum tn_dtype dtype, size_t rank, const size_t *dims,
                                        const struct tn_tensor **ret_tensor, struct tn_error *err);
/* Tells model files apart, for marks and not against forgery: a hash of the file's header (names,
 * shapes, metadata) and size, but of no tensor's numbers, which would all have to be read. */
uint64_t tn_file_fingerprint(const struct tn_file *file);
/* The value of a __metadata__ key, NULL when there is none. */
const char *tn_file_metadata(const struct tn_file *file, const char *key);
size_t tn_file_metadata_count(const struct tn_file *file);
void tn_file_metadata_at(const struct tn_file *file, size_t index, const char **ret_key,
                         const char **ret_value);

/* That the tensor will hardly be read again: of a mapped file its memory is given back, until it is
 * read again after all. */
void tn_file_release(const struct tn_file *file, const char *name);

/* Reads the tensor called name as float32 into out[count], from F32, F16, or I8 with its
 * <name>_scale (F32, one per row).  Errors: missing, another count, another type. */
TN_NODISCARD enum tn_status tn_file_read_floats(const struct tn_file *file, const char *name,
                                                size_t count, float *out, struct tn_error *err);

struct tn_metadata {
    const char *key, *value; /* UTF-8 */
};

/* Writes tensors and metadata to path, atomically, in the order given; data starts at a 64-byte
 * boundary of the file, each tensor at one of its own where the format allows it. */
TN_NODISCARD enum tn_status tn_file_save(const char *path, const struct tn_tensor *tensors,
                                         size_t count, const struct tn_metadata *metadata,
                                         size_t metadata_count, struct tn_error *err);

#endif
