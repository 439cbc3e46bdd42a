/* SPDX-License-Identifier: MIT */
/*
 * The model file: one encoder and a decoder for each language in one safetensors file, with all
 * that is needed to use them (docs/format.md).
 */
#ifndef MODELS_MODEL_FILE_H
#define MODELS_MODEL_FILE_H

#include "cnn/alexnet.h"
#include "models/captioner/confidence.h"
#include "models/captioner/consensus.h"
#include "models/decoder_input.h"
#include "models/file/decoder_weights.h"
#include "tensor/layout.h"
#include "tensor/safetensors.h"
#include "vocab/tokenize.h"
#include "vocab/vocab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_FORMAT_VERSION = 1, MODEL_LANGUAGE_SIZE = 16 };

/* Photos by hashes of what the encoder is shown of them, rising: those that a decoder was trained
 * on. */
struct model_photos {
    const int64_t *hashes;
    size_t count; /* 0: not known */
};
bool model_photos_have(const struct model_photos *photos, int64_t hash);

/* One decoder of a model file. */
struct model_decoder {
    char language[MODEL_LANGUAGE_SIZE]; /* "en" */
    enum vocab_language tokenizer;
    struct vocab *vocab;            /* owned */
    struct decoder_input input;     /* what of V enters the decoder */
    bool outside; /* V are vectors of another network: none of the file's encoder fits */
    struct decoder_weights weights; /* views of the file */
    struct confidence confidence;   /* views of the file; zeroed: not calibrated */
    struct consensus consensus;     /* views of the file; zeroed: there is none */
    const float *keyword_weights;   /* a view of the file; NULL: the usual ones */
    struct model_photos trained_on; /* a view of the file */
};

struct model {
    struct tn_file *file;           /* owned; also the encoder's weights */
    struct model_decoder *decoders; /* owned */
    size_t count;
};

/* Opens and checks a model file; finished by the caller after success.  A file without decoders
 * (encoder weights alone) is TN_NOTFOUND; one of a newer format version TN_VERSION. */
TN_NODISCARD enum tn_status model_load(struct model *model, const char *path, struct tn_error *err);
void model_finish(struct model *model);
/* The decoder for a language, the file's first for NULL; borrowed.  The error lists the languages.
 */
TN_NODISCARD enum tn_status model_find(const struct model *model, const char *language,
                                       const struct model_decoder **ret_decoder,
                                       struct tn_error *err);

/* What the file says that the decoder learnt from, and on what terms; NULL: nothing.  Borrowed. */
const char *model_about(const struct model *model, const struct model_decoder *decoder);

/* TN_UNSUPPORTED, with what to do, for a decoder that no encoder makes V for. */
TN_NODISCARD enum tn_status model_check_photos(const struct model *model,
                                               const struct model_decoder *decoder,
                                               struct tn_error *err);
/* The same, also for one whose V the file's encoder does not make: that names another, or whose
 * consensus or calibration does. */
TN_NODISCARD enum tn_status model_check_encoder(const struct model *model,
                                                const struct model_decoder *decoder,
                                                struct tn_error *err);

/* How matrices of the decoder are stored; vectors are always F32. */
enum model_storage { MODEL_F32, MODEL_F16, MODEL_INT8 };

struct model_save {
    /* Encoder weights, or a model file whose other languages stay; copied tensor by tensor, with
     * its metadata but for what was said of this decoder before, and for the calibration and
     * consensus that this decoder or encoder ends.  Decoders that name no encoder get base's. NULL,
     * and no encoder_layout: the decoder alone, whose V comes from outside. */
    const struct tn_file *base;
    const char *language;
    enum vocab_language tokenizer;
    const struct vocab *vocab;
    struct decoder_input input;
    const struct decoder_config *config;
    const struct tn_layout
        *layout; /* decoder_layout() of a decoder with prefix "decoder.<language>." */
    const float *theta;
    enum model_storage storage;
    struct model_photos trained_on;
    /* The encoder's weights where they are no longer base's.  NULL: base's. */
    const struct tn_layout *encoder_layout;
    const float *encoder_theta;
    const char *training, *scores;      /* what the file says of the decoder's; NULL: nothing */
    const char *about; /* what it learnt from, and on what terms, in a line; NULL: nothing */
    const struct tn_metadata *metadata; /* further entries; they replace base's of that name */
    size_t metadata_count;
};

/* Writes the model file atomically. */
TN_NODISCARD enum tn_status model_save(const char *path, const struct model_save *save,
                                       struct tn_error *err);

/* Writes an encoder file atomically: theta, laid out as alexnet_create_as with the prefix "" does.
 */
TN_NODISCARD enum tn_status model_save_encoder(const char *path, const struct alexnet *net,
                                               const struct tn_layout *layout, const float *theta,
                                               struct tn_error *err);

/* An encoder of which layers were trained on their own. */
struct model_encoder_save {
    const struct tn_file *base; /* an encoder file or a model, whose other tensors are copied */
    bool alone;                 /* but for those of decoders: what is written is an encoder file */
    const struct tn_layout *layout; /* the trained layers, named as alexnet_create does */
    const float *theta;
    const struct tn_metadata *metadata; /* entries for it, "encoder.training" and the like */
    size_t metadata_count;
};

/* Writes it atomically.  Calibration, consensus and keywords of a model's decoders end with the old
 * encoder.  The decoders go on naming the old one, and are refused until they are trained again. */
TN_NODISCARD enum tn_status model_save_trained_encoder(const char *path,
                                                       const struct model_encoder_save *save,
                                                       struct tn_error *err);

/* Reads the decoder for `language` back into theta, laid out by `layout`: to continue a training,
 * or to score it.  int8 and F16 come back as the floats that they stand for. */
TN_NODISCARD enum tn_status model_read_theta(const struct tn_file *file,
                                             const struct tn_layout *layout, float *theta,
                                             struct tn_error *err);
/* The same into memory of its own, which the caller frees.  TN_SHAPE for a layout of more numbers
 * than the file has: one that a foreign file's sizes ask for costs no memory. */
TN_NODISCARD enum tn_status model_load_theta(const struct tn_file *file,
                                             const struct tn_layout *layout, float **ret_theta,
                                             struct tn_error *err);
/* theta where it lies in the file: if it has every parameter as float32, in the order and at the
 * distances of the layout.  NULL if not.  Between the parameters are other bytes. */
const float *model_view_theta(const struct tn_file *file, const struct tn_layout *layout);

#endif
