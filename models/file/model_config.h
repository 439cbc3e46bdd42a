/* SPDX-License-Identifier: MIT */
/* What describes a net in the metadata of a model file: a JSON object of its sizes and names, a
 * vocabulary, the format's version.  Private to models/. */
#ifndef MODELS_MODEL_CONFIG_H
#define MODELS_MODEL_CONFIG_H

#include "rnn/cell.h"
#include "tensor/safetensors.h"
#include "vocab/vocab.h"

#include <stddef.h>

struct json_object;

/* A configuration while it is read. */
struct model_config {
    const struct tn_file *file;
    const char *owner; /* for messages: "the decoder for en" */
    struct json_object *object;
};

/* Parses text, which may be NULL.  The caller closes the configuration after success.  Errors name
 * the file and the owner, both borrowed: TN_FORMAT. */
TN_NODISCARD enum tn_status model_config_open(struct model_config *config,
                                              const struct tn_file *file, const char *owner,
                                              const char *text, struct tn_error *err);
void model_config_close(struct model_config *config);

/* TN_FORMAT: the member is not as expected. */
enum tn_status model_config_bad(const struct model_config *config, const char *member,
                                const char *expected, struct tn_error *err);

/* The member: NULL where there is none.  Borrowed. */
struct json_object *model_config_find(const struct model_config *config, const char *member);
/* A text: "" where there is none.  Borrowed. */
const char *model_config_text(const struct model_config *config, const char *member);
/* A whole number from 1. */
TN_NODISCARD enum tn_status model_config_size(const struct model_config *config, const char *member,
                                              size_t *ret_size, struct tn_error *err);
/* The member "cell".  TN_UNSUPPORTED: there is no such cell. */
TN_NODISCARD enum tn_status model_config_cell(const struct model_config *config,
                                              const struct rnn_cell_ops **ret_cell,
                                              struct tn_error *err);

/* The vocabulary of an entry; the caller destroys it.  Errors: TN_FORMAT, TN_NOMEM. */
TN_NODISCARD enum tn_status model_read_vocabulary(const struct tn_file *file, const char *key,
                                                  struct vocab **ret_vocab, struct tn_error *err);

/* TN_VERSION for a file of a format above `newest`; TN_FORMAT for one whose version is none. */
TN_NODISCARD enum tn_status model_check_version(const struct tn_file *file, int newest,
                                                struct tn_error *err);
/* TN_UNSUPPORTED, with the name, for a member that is not among known[], which ends with NULL. */
TN_NODISCARD enum tn_status model_config_check_members(const struct model_config *config,
                                                       const char *const *known,
                                                       struct tn_error *err);

#endif
