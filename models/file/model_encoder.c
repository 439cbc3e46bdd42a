/* SPDX-License-Identifier: MIT */
#include "models/file/model_encoder.h"

#include "base/utf8.h"
#include "cnn/int8/encoder.h"
#include "models/file/model_keys.h"

#include <stdlib.h>

/* What names an encoder beside a decoder itself. */
static const char *const fitted[] = {MODEL_KEY_CONSENSUS, MODEL_KEY_CALIBRATION,
                                     MODEL_KEY_KEYWORDS};
enum { FITTED = sizeof fitted / sizeof *fitted };

/* The entry with which a part of a decoder names its encoder; part: MODEL_KEY_CONSENSUS and the
 * like, "" for the decoder itself. */
static const char *named_by(const struct tn_file *file, const char *language, const char *part)
{
    char key[MODEL_KEY_SIZE];

    snprintf(key, sizeof key, MODEL_KEY_PREFIX "%s%s" MODEL_KEY_TRAINED_WITH, language, part);
    return tn_file_metadata(file, key);
}

bool model_encoder_of(const struct model *model, const struct model_decoder *decoder,
                      char ret_name[MODEL_ENCODER_SIZE])
{
    const char *name = named_by(model->file, decoder->language, "");

    if (!name)
        return cnn_encoder_name_in(model->file, ret_name);
    snprintf(ret_name, MODEL_ENCODER_SIZE, "%s", name);
    return true;
}

static enum tn_status check_name(const struct model *model, const struct model_decoder *decoder,
                                 const char *part, struct tn_error *err)
{
    const char *theirs = named_by(model->file, decoder->language, part);
    const char *ours = tn_file_metadata(model->file, MODEL_KEY_ENCODER);

    if (!theirs || !ours || strcmp(theirs, ours) == 0)
        return TN_OK;
    return tn_fail(err, TN_UNSUPPORTED,
                   "%s: the %s for '%s' belongs to the encoder %.*s, and the file has %.*s: "
                   "train the decoder again, with --encoder and this file",
                   tn_file_path(model->file), part[0] ? part + 1 : "decoder", decoder->language,
                   TN_FIT(theirs, 40), TN_FIT(ours, 40));
}

enum tn_status model_check_names(const struct model *model, const struct model_decoder *decoder,
                                 struct tn_error *err)
{
    TN_TRY(check_name(model, decoder, "", err));
    for (size_t i = 0; i < FITTED; i++)
        TN_TRY(check_name(model, decoder, fitted[i], err));
    return TN_OK;
}

enum tn_status model_verify_encoder(const struct tn_file *file, struct tn_error *err)
{
    const char *named = tn_file_metadata(file, MODEL_KEY_ENCODER);
    char found[MODEL_ENCODER_SIZE] = "none";

    if (!named || (cnn_encoder_name_in(file, found) && strcmp(found, named) == 0))
        return TN_OK;
    return tn_fail(err, TN_FORMAT,
                   "%s: names the encoder %.*s, and has %s: it was damaged or changed; "
                   "'caption import' makes an encoder file of what is in it",
                   tn_file_path(file), TN_FIT(named, 40), found);
}

/* ---- Writing ---- */

static const struct tn_tensor *find_tensor(const void *from, const char *name)
{
    const struct model_contents *contents = from;

    for (size_t i = 0; i < contents->tensor_count; i++)
        if (strcmp(contents->tensors[i].name, name) == 0)
            return &contents->tensors[i];
    return NULL;
}

/* Whether a key ends so; the name before it begins with "decoder.". */
static bool ends_with(const char *key, const char *ending)
{
    const size_t length = strlen(key), tail = strlen(ending);

    return model_is_part(key, NULL, ending) && strcmp(key + length - tail, ending) == 0;
}

/* What the entry is of: the part of its key before the encoder's ending, "decoder.en" or
 * "decoder.en.consensus".  0 for entries of other kinds. */
static size_t owner_length(const char *key)
{
    const size_t length = strlen(key);

    if (length + sizeof MODEL_KEY_TRAINED_WITH > MODEL_KEY_SIZE)
        return 0;
    for (size_t i = 0; i < FITTED; i++)
        if (ends_with(key, fitted[i]))
            return length;
    return ends_with(key, MODEL_KEY_CONFIG) ? length - strlen(MODEL_KEY_CONFIG) : 0;
}

/* Whether the entry is of a decoder that was trained with the encoder before. */
static bool is_older(const struct model_contents *contents, const char *entry)
{
    return contents->before && ends_with(entry, MODEL_KEY_CONFIG) &&
           !(contents->fresh && model_is_part(entry, contents->fresh, MODEL_KEY_CONFIG));
}

/* The entries with those that name encoders. */
struct named {
    struct tn_metadata *entries;   /* owned; [2 * metadata_count + 1] */
    char (*keys)[MODEL_KEY_SIZE]; /* owned; [metadata_count] */
    size_t count, key_count;
    char now[MODEL_ENCODER_SIZE], before[MODEL_ENCODER_SIZE];
};

static bool has_entry(const struct named *named, const char *key)
{
    for (size_t i = 0; i < named->count; i++)
        if (strcmp(named->entries[i].key, key) == 0)
            return true;
    return false;
}

/* Names the encoder of what the entry is of, unless that has named its own. */
static void name_owner(struct named *named, const struct model_contents *contents,
                       const char *entry)
{
    char *key = named->keys[named->key_count];
    const size_t length = owner_length(entry);

    if (length == 0)
        return;
    snprintf(key, MODEL_KEY_SIZE, "%.*s" MODEL_KEY_TRAINED_WITH, (int)length, entry);
    if (has_entry(named, key))
        return;
    named->key_count++;
    named->entries[named->count++] =
        (struct tn_metadata){key, is_older(contents, entry) ? named->before : named->now};
}

static void name_encoders(struct named *named, const struct model_contents *contents)
{
    for (size_t i = 0; i < contents->metadata_count; i++)
        if (strcmp(contents->metadata[i].key, MODEL_KEY_ENCODER) != 0)
            named->entries[named->count++] = contents->metadata[i];
    if (!contents->net || !cnn_encoder_name(contents->net, find_tensor, contents, named->now))
        return;
    if (!contents->before || !cnn_encoder_name_in(contents->before, named->before))
        memcpy(named->before, named->now, sizeof named->before);
    for (size_t i = 0; i < contents->metadata_count; i++)
        name_owner(named, contents, contents->metadata[i].key);
    named->entries[named->count++] = (struct tn_metadata){MODEL_KEY_ENCODER, named->now};
}

enum tn_status model_write(const char *path, const struct model_contents *contents,
                           struct tn_error *err)
{
    const size_t entries = contents->metadata_count;
    struct named named = {.entries = calloc(2 * entries + 1, sizeof *named.entries),
                          .keys = calloc(entries + 1, sizeof *named.keys)};
    enum tn_status status;

    if (named.entries && named.keys) {
        name_encoders(&named, contents);
        status = tn_file_save(path, contents->tensors, contents->tensor_count, named.entries,
                              named.count, err);
    } else {
        status = tn_fail_nomem(err, entries * sizeof *named.keys);
    }
    free(named.entries);
    free(named.keys);
    return status;
}
