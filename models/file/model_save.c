/* SPDX-License-Identifier: MIT */
/* Writing the model file: the base's tensors and entries, but for what is replaced, and a decoder.
 * An encoder file is the same without a decoder.
 */
#include "models/file/model_encoder.h"
#include "models/file/model_file.h"
#include "models/file/model_part.h"
#include "tensor/half.h"
#include "tensor/matrix.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char architecture[] =
    "{\"encoder\":\"alexnet\",\"features\":\"fc7\",\"decoder\":\"the image enters at the first "
    "step\"}";
static const char architecture_of_vectors[] =
    "{\"encoder\":\"none\",\"features\":\"vectors\",\"decoder\":\"the image enters at the first "
    "step\"}";

/* The tensors of a file, and the memory that was taken to convert some. */
struct tensors {
    struct tn_tensor *items; /* owned */
    void **owned;            /* [owned_count], owned each */
    size_t count, owned_count;
};

/* Room for `copied` tensors and for all of `parameters`, each of which may need a scale. */
static enum tn_status tensors_init(struct tensors *t, size_t copied, size_t parameters,
                                   struct tn_error *err)
{
    const size_t most = copied + 2 * parameters + 1;

    *t = (struct tensors){.items = calloc(most, sizeof *t->items),
                          .owned = calloc(parameters + 1, sizeof *t->owned)};
    return t->items && t->owned ? TN_OK : tn_fail_nomem(err, most * sizeof *t->items);
}

static void tensors_finish(struct tensors *t)
{
    for (size_t i = 0; i < t->owned_count; i++)
        free(t->owned[i]);
    free(t->owned);
    free(t->items);
}

/* Memory that lives until tensors_finish; NULL when there is none. */
static void *own(struct tensors *t, size_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);

    if (memory)
        t->owned[t->owned_count++] = memory;
    return memory;
}

/* ---- Parameters as they are stored ---- */

/* Matrices may be stored smaller; biases and the cells' vectors are small and stay exact. */
static bool is_matrix(const struct tn_parameter *p)
{
    return p->rank == 2 && strstr(p->name, "weight") != NULL;
}

static enum tn_status add_half(struct tensors *t, const struct tn_parameter *p, const float *theta,
                               struct tn_error *err)
{
    const size_t bytes = p->span.count * sizeof(uint16_t);
    struct tn_tensor *tensor = &t->items[t->count];
    uint16_t *half = own(t, bytes);

    if (!half)
        return tn_fail_nomem(err, bytes);
    tn_float_to_half(half, theta + p->span.offset, p->span.count);
    *tensor = model_parameter_tensor(p, theta);
    tensor->dtype = TN_F16;
    tensor->data = half;
    tensor->bytes = bytes;
    t->count++;
    return TN_OK;
}

static enum tn_status add_rows(struct tensors *t, const struct tn_parameter *p, const float *theta,
                               struct tn_error *err)
{
    const size_t rows = p->dims[0], columns = p->dims[1];
    const size_t scale_bytes = rows * sizeof(float), name_bytes = TN_NAME_SIZE + sizeof "_scale";
    float *scale = own(t, scale_bytes + p->span.count + name_bytes);
    signed char *q = (signed char *)(scale + rows);
    char *name = (char *)q + p->span.count;

    if (!scale)
        return tn_fail_nomem(err, p->span.count);
    snprintf(name, name_bytes, "%s_scale", p->name);
    tn_quantise_rows(theta + p->span.offset, rows, columns, q, scale);
    t->items[t->count++] = (struct tn_tensor){p->name, TN_I8, 2, {rows, columns}, q, p->span.count};
    t->items[t->count++] = (struct tn_tensor){name, TN_F32, 1, {rows}, scale, scale_bytes};
    return TN_OK;
}

/* storage is that of matrices; kernels of convolutions, which have four dimensions, are F16. */
static enum tn_status add_parameter(struct tensors *t, const struct tn_parameter *p,
                                    const float *theta, enum model_storage storage,
                                    struct tn_error *err)
{
    if (p->rank == 4 || (is_matrix(p) && storage == MODEL_F16))
        return add_half(t, p, theta, err);
    if (is_matrix(p) && storage == MODEL_INT8)
        return add_rows(t, p, theta, err);
    t->items[t->count++] = model_parameter_tensor(p, theta);
    return TN_OK;
}

static enum tn_status add_layout(struct tensors *t, const struct tn_layout *layout,
                                 const float *theta, enum model_storage storage,
                                 struct tn_error *err)
{
    for (size_t i = 0; i < layout->count; i++)
        TN_TRY(add_parameter(t, &layout->parameters[i], theta, storage, err));
    return TN_OK;
}

/* The int8 encoder reads convolutions in F16 and the dense layers as int8 rows. */
static enum tn_status add_encoder(struct tensors *t, const struct tn_layout *layout,
                                  const float *theta, struct tn_error *err)
{
    return add_layout(t, layout, theta, MODEL_INT8, err);
}

enum { ENCODER_ENTRIES = 3 + ALEXNET_ENTRIES };

/* The entries of an encoder file, and the memory that they are in. */
struct encoder_entries {
    struct tn_metadata items[ENCODER_ENTRIES];
    size_t count;
    char input[96], texts[ALEXNET_ENTRIES][ALEXNET_TEXT_SIZE];
};

static void describe_encoder(struct encoder_entries *e, const struct alexnet *net)
{
    const bool published = net->kind == ALEXNET_BVLC;

    snprintf(e->input, sizeof e->input, "BGR %dx%d, minus mean %g,%g,%g", ALEXNET_SIDE,
             ALEXNET_SIDE, (double)net->mean[0], (double)net->mean[1], (double)net->mean[2]);
    e->items[0] = (struct tn_metadata){"architecture",
                                       published ? "AlexNet (BVLC)" : "AlexNet (torchvision)"};
    e->items[1] = (struct tn_metadata){"input", e->input};
    e->items[2] = (struct tn_metadata){"fc", "int8 rows: weight = q * weight_scale[row]"};
    e->count = 3 + alexnet_metadata(net, e->items + 3, e->texts);
}

enum tn_status model_save_encoder(const char *path, const struct alexnet *net,
                                  const struct tn_layout *layout, const float *theta,
                                  struct tn_error *err)
{
    struct encoder_entries entries;
    struct tensors t;
    enum tn_status status = tensors_init(&t, 0, layout->count, err);

    describe_encoder(&entries, net);
    if (status == TN_OK)
        status = add_encoder(&t, layout, theta, err);
    if (status == TN_OK)
        status = model_write(path,
                             &(struct model_contents){.tensors = t.items,
                                                      .tensor_count = t.count,
                                                      .metadata = entries.items,
                                                      .metadata_count = entries.count,
                                                      .net = net},
                             err);
    tensors_finish(&t);
    return status;
}

/* ---- A model ---- */

/* What is to be written, while it is collected. */
struct collection {
    const struct model_save *save;
    char prefix[MODEL_KEY_SIZE];
    char config_key[MODEL_KEY_SIZE], vocabulary_key[MODEL_KEY_SIZE], photos_key[MODEL_KEY_SIZE];
    char training_key[MODEL_KEY_SIZE], scores_key[MODEL_KEY_SIZE], about_key[MODEL_KEY_SIZE];
    char version[16], config[512], preprocessing[192];
    struct tensors tensors;
    struct tn_metadata *metadata; /* owned */
    size_t metadata_count;
    const struct tn_file *before; /* as in struct model_contents, like fresh */
    const char *fresh;
};

static enum tn_status write_collection(const char *path, const struct collection *c,
                                       const struct alexnet *net, struct tn_error *err)
{
    const struct model_contents contents = {.tensors = c->tensors.items,
                                            .tensor_count = c->tensors.count,
                                            .metadata = c->metadata,
                                            .metadata_count = c->metadata_count,
                                            .net = net,
                                            .before = c->before,
                                            .fresh = c->fresh};

    return model_write(path, &contents, err);
}

/* Sets an entry, in the place of one of the same key. */
static void set(struct collection *c, const char *key, const char *value)
{
    size_t i = 0;

    while (i < c->metadata_count && strcmp(c->metadata[i].key, key) != 0)
        i++;
    c->metadata[i] = (struct tn_metadata){key, value};
    if (i == c->metadata_count)
        c->metadata_count++;
}

/* A calibration, a consensus and the keywords' weights belong to one decoder on one encoder.  NULL:
 * to any decoder. */
static bool is_fitted(const char *name, const char *language)
{
    return model_is_part(name, language, MODEL_KEY_CALIBRATION) ||
           model_is_part(name, language, MODEL_KEY_CONSENSUS) ||
           model_is_part(name, language, MODEL_KEY_KEYWORDS);
}

/* What ends with the decoder or with the encoder that is written again. */
static bool is_part_of_old(const struct model_save *save, const char *name)
{
    return is_fitted(name, save->encoder_layout ? NULL : save->language) ||
           model_is_part(name, save->language, MODEL_KEY_TRAINED_WITH) ||
           model_is_part(name, save->language, MODEL_KEY_TRAINING) ||
           model_is_part(name, save->language, MODEL_KEY_SCORES) ||
           model_is_part(name, save->language, MODEL_KEY_ABOUT);
}

/* "training" and "scores" of older files are of one of their decoders, and do not say of which. */
static bool is_inherited(const struct model_save *save, const char *key)
{
    return strcmp(key, "training") != 0 && strcmp(key, "scores") != 0 && !is_part_of_old(save, key);
}

static bool has_encoder(const struct model_save *save)
{
    return save->base || save->encoder_layout;
}

/* The net of the encoder that is copied or was trained further. */
static struct alexnet net_of(const struct model_save *save)
{
    struct alexnet net = alexnet_published[ALEXNET_BVLC];

    if (save->base && alexnet_of_file(save->base, &net, NULL) != TN_OK)
        return alexnet_published[ALEXNET_BVLC];
    return net;
}

static void collect_metadata(struct collection *c)
{
    const struct model_save *save = c->save;
    const struct alexnet net = net_of(save);
    const struct decoder_config *d = save->config;
    char image_hidden[48] = "";
    const size_t inherited = save->base ? tn_file_metadata_count(save->base) : 0;

    if (d->image_hidden > 0)
        snprintf(image_hidden, sizeof image_hidden, "\"%s\":%zu,",
                 d->image_linear ? "image_rank" : "image_hidden", d->image_hidden);
    snprintf(c->version, sizeof c->version, "%d", MODEL_FORMAT_VERSION);
    snprintf(c->config, sizeof c->config,
             "{\"cell\":\"%s\",\"layers\":%zu,\"embedding\":%zu,\"hidden\":%zu,\"features\":%zu,%s"
             "\"feature_scale\":%.9g,\"feature_norm\":\"%s\",\"mirrored\":%s,%s"
             "\"tokenizer\":\"%s\"}",
             d->cell->name, d->layers, d->embedding, d->hidden, d->features, image_hidden,
             (double)save->input.scale, model_norms[save->input.unit],
             save->input.mirrored ? "true" : "false",
             has_encoder(save) ? "" : "\"" MODEL_FEATURES_FROM "\":\"" MODEL_FROM_VECTORS "\",",
             model_tokenizers[save->tokenizer]);
    snprintf(c->preprocessing, sizeof c->preprocessing,
             "{\"width\":%d,\"height\":%d,\"resize\":\"whole picture, area down, bilinear up\","
             "\"channels\":\"BGR\",\"mean\":[%g,%g,%g]}",
             ALEXNET_SIDE, ALEXNET_SIDE, (double)net.mean[0], (double)net.mean[1],
             (double)net.mean[2]);
    set(c, MODEL_KEY_VERSION, c->version);
    for (size_t i = 0; i < inherited; i++) {
        const char *key, *value;

        tn_file_metadata_at(save->base, i, &key, &value);
        if (is_inherited(save, key))
            set(c, key, value);
    }
    set(c, MODEL_KEY_VERSION, c->version);
    set(c, MODEL_KEY_ARCHITECTURE, has_encoder(save) ? architecture : architecture_of_vectors);
    if (has_encoder(save))
        set(c, MODEL_KEY_PREPROCESSING, c->preprocessing);
    for (size_t i = 0; i < save->metadata_count; i++)
        set(c, save->metadata[i].key, save->metadata[i].value);
    set(c, c->config_key, c->config);
    set(c, c->vocabulary_key, vocab_text(save->vocab));
    if (save->training)
        set(c, c->training_key, save->training);
    if (save->scores)
        set(c, c->scores_key, save->scores);
    if (save->about)
        set(c, c->about_key, save->about);
}

/* Whether a tensor is a parameter of the layout, or the scale of one. */
static bool is_in_layout(const struct tn_layout *layout, const char *name)
{
    char weight[TN_NAME_SIZE];
    size_t length = strlen(name);

    if (length >= sizeof weight)
        return false;
    memcpy(weight, name, length + 1);
    if (length > strlen("_scale") && strcmp(name + length - strlen("_scale"), "_scale") == 0)
        weight[length - strlen("_scale")] = '\0';
    return tn_layout_find(layout, weight) != NULL;
}

/* Whether a tensor of base gives way: a decoder of this language, a weight of the encoder that is
 * written again, or a part that ends with them. */
static bool is_replaced(const struct collection *c, const char *name)
{
    const struct tn_layout *encoder = c->save->encoder_layout;

    return strncmp(name, c->prefix, strlen(c->prefix)) == 0 || is_part_of_old(c->save, name) ||
           (encoder && is_in_layout(encoder, name));
}

static enum tn_status collect(struct collection *c, struct tn_error *err)
{
    const struct model_save *save = c->save;
    struct tensors *t = &c->tensors;
    const size_t inherited = save->base ? tn_file_count(save->base) : 0;
    const size_t entries = save->base ? tn_file_metadata_count(save->base) : 0;
    const size_t added =
        save->layout->count + (save->encoder_layout ? save->encoder_layout->count : 0);

    TN_TRY(tensors_init(t, inherited, added, err));
    c->metadata = calloc(entries + save->metadata_count + 8, sizeof *c->metadata);
    if (!c->metadata)
        return tn_fail_nomem(err, entries * sizeof *c->metadata);
    collect_metadata(c);
    for (size_t i = 0; i < inherited; i++) {
        const struct tn_tensor *tensor = tn_file_at(save->base, i);

        if (!is_replaced(c, tensor->name))
            t->items[t->count++] = *tensor;
    }
    if (save->trained_on.count > 0)
        t->items[t->count++] =
            (struct tn_tensor){c->photos_key,
                               TN_I64,
                               1,
                               {save->trained_on.count},
                               save->trained_on.hashes,
                               save->trained_on.count * sizeof *save->trained_on.hashes};
    if (save->encoder_layout)
        TN_TRY(add_encoder(t, save->encoder_layout, save->encoder_theta, err));
    return add_layout(t, save->layout, save->theta, save->storage, err);
}

enum tn_status model_save(const char *path, const struct model_save *save, struct tn_error *err)
{
    struct collection c = {.save = save, .fresh = save->language};
    const struct alexnet net = net_of(save);
    enum tn_status status;

    if (save->language[0] == '\0' || strlen(save->language) >= MODEL_LANGUAGE_SIZE ||
        strchr(save->language, '.'))
        return tn_fail(err, TN_RANGE, "'%s' cannot be a model's language; try en or zh",
                       save->language);
    model_key(c.prefix, save->language, "");
    model_key(c.config_key, save->language, MODEL_KEY_CONFIG);
    model_key(c.vocabulary_key, save->language, MODEL_KEY_VOCABULARY);
    model_key(c.photos_key, save->language, MODEL_KEY_TRAINED_ON);
    model_key(c.training_key, save->language, MODEL_KEY_TRAINING);
    model_key(c.scores_key, save->language, MODEL_KEY_SCORES);
    model_key(c.about_key, save->language, MODEL_KEY_ABOUT);
    if (save->encoder_layout)
        c.before = save->base;
    status = collect(&c, err);
    if (status == TN_OK)
        status = write_collection(path, &c, &net, err);
    tensors_finish(&c.tensors);
    free(c.metadata);
    return status;
}

/* ---- An encoder that was trained on its own ---- */

static bool begins_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether base's tensor or entry goes on. */
static bool is_kept(const struct model_encoder_save *save, const char *name)
{
    return !is_fitted(name, NULL) && !(save->alone && begins_with(name, MODEL_KEY_PREFIX));
}

/* The entries: base's, those of an encoder file, and the training's. */
static void collect_entries(struct collection *c, const struct model_encoder_save *save,
                            const struct encoder_entries *encoder)
{
    for (size_t i = 0; i < encoder->count && save->alone; i++)
        set(c, encoder->items[i].key, encoder->items[i].value);
    for (size_t i = 0; i < tn_file_metadata_count(save->base); i++) {
        const char *key, *value;

        tn_file_metadata_at(save->base, i, &key, &value);
        if (save->alone ? begins_with(key, "encoder.") : is_kept(save, key))
            set(c, key, value);
    }
    for (size_t i = 0; i < save->metadata_count; i++)
        set(c, save->metadata[i].key, save->metadata[i].value);
}

enum tn_status model_save_trained_encoder(const char *path, const struct model_encoder_save *save,
                                          struct tn_error *err)
{
    const size_t tensors = tn_file_count(save->base);
    const size_t entries =
        tn_file_metadata_count(save->base) + ENCODER_ENTRIES + save->metadata_count;
    struct collection c = {.metadata = calloc(entries + 1, sizeof *c.metadata),
                           .before = save->base};
    enum tn_status status = tensors_init(&c.tensors, tensors, save->layout->count, err);
    struct encoder_entries encoder;
    struct alexnet net;

    if (status == TN_OK && !c.metadata)
        status = tn_fail_nomem(err, entries * sizeof *c.metadata);
    if (status == TN_OK)
        status = alexnet_of_file(save->base, &net, err);
    for (size_t i = 0; i < tensors && status == TN_OK; i++) {
        const struct tn_tensor *tensor = tn_file_at(save->base, i);

        if (is_kept(save, tensor->name) && !is_in_layout(save->layout, tensor->name))
            c.tensors.items[c.tensors.count++] = *tensor;
    }
    if (status == TN_OK)
        status = add_encoder(&c.tensors, save->layout, save->theta, err);
    if (status == TN_OK) {
        describe_encoder(&encoder, &net);
        collect_entries(&c, save, &encoder);
        status = write_collection(path, &c, &net, err);
    }
    tensors_finish(&c.tensors);
    free(c.metadata);
    return status;
}
