/* SPDX-License-Identifier: MIT */
/*
 * Which encoder is in a model file, and which one each decoder and what was fitted to it belong to:
 * names of 16 hexadecimal digits (cnn_encoder_name).  Old files have none, and are taken as they
 * are.
 */
#ifndef MODELS_MODEL_ENCODER_H
#define MODELS_MODEL_ENCODER_H

#include "models/file/model_file.h"

#include <stdbool.h>

enum { MODEL_ENCODER_SIZE = 17 };

/* The encoder that a decoder was trained with: the one that it names, else its file's.  False: the
 * file has no encoder. */
bool model_encoder_of(const struct model *model, const struct model_decoder *decoder,
                      char ret_name[MODEL_ENCODER_SIZE]);

/* That the decoder, its consensus, calibration and keywords name the encoder that the file names.
 * Compares names alone, which takes no time.  TN_UNSUPPORTED, with what to do, if not. */
TN_NODISCARD enum tn_status model_check_names(const struct model *model,
                                              const struct model_decoder *decoder,
                                              struct tn_error *err);

/* That the encoder in a file is the one that it names: reads all of its weights.  TN_FORMAT if not.
 */
TN_NODISCARD enum tn_status model_verify_encoder(const struct tn_file *file, struct tn_error *err);

/* A model or encoder file that is to be written. */
struct model_contents {
    const struct tn_tensor *tensors;
    size_t tensor_count;
    const struct tn_metadata *metadata;
    size_t metadata_count;
    const struct alexnet *net; /* which AlexNet the encoder is; NULL: not known, it gets no name */
    const struct tn_file *before; /* where the decoders are from that name no encoder... */
    const char *fresh; /* ...but this language's, which was trained with the encoder as it is now */
};

/* Writes it atomically, with the name of its encoder, which each decoder and each part of one gets
 * that names none.  before NULL: they all were made with the encoder as it is now. */
TN_NODISCARD enum tn_status model_write(const char *path, const struct model_contents *contents,
                                        struct tn_error *err);

#endif
