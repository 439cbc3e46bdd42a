/* SPDX-License-Identifier: MIT */
#include "app/training/train_parts_private.h"
#include "base/hash.h"
#include "cnn/int8/encoder.h"

#include <stdio.h>
#include <string.h>

/* Of the captions in their order. */
static uint64_t hash_captions(const struct data_set *dataset)
{
    uint64_t hash = TN_HASH_START;

    for (size_t i = 0; i < dataset->caption_count; i++) {
        const char *text = data_set_caption(dataset, i);

        hash ^= (uint64_t)dataset->photos[dataset->captions[i].photo].split;
        hash = tn_hash_bytes(hash, text, strlen(text) + 1);
    }
    return hash;
}

static void write_tuning(const struct train_command *c, const struct train_tuning *tuning,
                         char *out, size_t size)
{
    char teacher[17] = "none";

    if (c->teacher)
        teacher_fingerprint(&tuning->teacher, teacher);
    snprintf(out, size,
             " cnn-rate=%g cnn-from=%s cnn-dropout=%g captions-a-photo=%zu teacher=%s "
             "teacher-weight=%g",
             c->cnn_rate, train_cnn_layers[c->cnn_from], c->cnn_dropout, c->captions, teacher,
             c->teacher_weight);
}

void train_identity_write(const struct train_command *c, const struct tn_file *encoder,
                          const struct train_start *start, const struct train_data *data,
                          const struct train_tuning *tuning,
                          const struct caption_task_options *task, char out[TRAIN_IDENTITY_SIZE])
{
    const struct decoder_config *d = &task->decoder;
    char encoder_text[17], loop[256], more[200] = "";
    uint64_t begun = 0;

    if (encoder)
        cnn_encoder_fingerprint(encoder, encoder_text);
    else
        data_features_fingerprint(&data->photos.features, encoder_text);
    train_settings_text(&c->loop, loop, sizeof loop);
    if (start->decoder)
        begun = tn_hash_bytes(TN_HASH_START, start->theta, start->floats * sizeof *start->theta);
    if (c->finetune_cnn)
        write_tuning(c, tuning, more, sizeof more);
    if (c->text)
        snprintf(more, sizeof more, " text=%zu imagined=%zu", data->imagined.captions,
                 data->imagined.groups);
    if (c->image_rank > 0)
        snprintf(more + strlen(more), sizeof more - strlen(more), " image-rank=%zu", c->image_rank);
    snprintf(out, TRAIN_IDENTITY_SIZE,
             "photos=%zu+%zu captions=%zu+%zu data=%016llx " /* first: they decide other choices */
             "cell=%s layers=%zu embedding=%zu hidden=%zu image-hidden=%zu dropout=%g "
             "image-dropout=%g smoothing=%g "
             "batch=%zu %s min-count=%zu max-words=%zu mirror=%s beam=%zu seed=%zu "
             "encoder=%s samples=%zu start=%016llx%s",
             data->train_corpus.photo_count, data->dev_corpus.photo_count,
             data->train_corpus.caption_count, data->dev_corpus.caption_count,
             (unsigned long long)hash_captions(&data->photos.dataset), d->cell->name, d->layers,
             d->embedding, d->hidden, d->image_hidden, (double)d->dropout, (double)d->image_dropout,
             (double)task->label_smoothing, task->batch, loop, c->min_count, c->max_words,
             c->no_mirror ? "no" : "yes", c->beam, c->loop.seed, encoder_text,
             c->scst ? c->samples : 0, (unsigned long long)begun, more);
}
