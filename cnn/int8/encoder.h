/* SPDX-License-Identifier: MIT */
/*
 * The encoder at inference: AlexNet with int8 weights and 8-bit activations, from a 227x227 photo
 * to V, the 4096 numbers of fc7 after its ReLU.  The int8 rows of the model file are used in place.
 */
#ifndef CNN_ENCODER_H
#define CNN_ENCODER_H

#include "base/pool.h"
#include "cnn/alexnet.h"
#include "tensor/safetensors.h"

#include <stddef.h>

enum { CNN_ENCODER_FEATURES = ALEXNET_FEATURES };

struct cnn_encoder;

/* Prepares the encoder for batches up to max_batch.  The file stays open as long as the encoder
 * lives; pool may be NULL.  The caller destroys the encoder.  Errors name the file and the tensor.
 */
TN_NODISCARD enum tn_status cnn_encoder_create(const struct tn_file *weights, size_t max_batch,
                                               struct tn_pool *pool,
                                               struct cnn_encoder **ret_encoder,
                                               struct tn_error *err);
void cnn_encoder_destroy(struct cnn_encoder *encoder);

/* V of `batch` photos.  rgb is [batch][227][227][3] as image_resize makes it, features is
 * [batch][4096].  A photo's V does not depend on what else is in the batch, on the number of
 * threads, or on the processor's instruction set.  One call at a time an encoder. */
void cnn_encoder_run(struct cnn_encoder *encoder, size_t batch, const unsigned char *rgb,
                     float *features);

/* The activation of pool5, [batch][256][6][6], borrowed until the next call. */
const float *cnn_encoder_pool5(struct cnn_encoder *encoder, size_t batch, const unsigned char *rgb);

/* A fingerprint of weights and preprocessing, for caches of features: 16 hexadecimal digits. */
void cnn_encoder_fingerprint(const struct tn_file *weights, char ret_text[17]);
/* The same for pool5, which the layers behind it do not change. */
void cnn_encoder_pool5_fingerprint(const struct tn_file *weights, char ret_text[17]);

/* Finds a tensor by its name; NULL: there is none. */
typedef const struct tn_tensor *cnn_find_tensor_fn(const void *from, const char *name);

/* The name of an encoder in model files: 16 hexadecimal digits, of the weights and of what is
 * subtracted from pixels.  Unlike the fingerprints above it does not change with the program.
 * False, and no name: none of the encoder's tensors is there. */
bool cnn_encoder_name(const struct alexnet *net, cnn_find_tensor_fn *find, const void *from,
                      char ret_name[17]);
/* The same of the encoder in a file. */
bool cnn_encoder_name_in(const struct tn_file *weights, char ret_name[17]);

#endif
