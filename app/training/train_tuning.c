/* SPDX-License-Identifier: MIT */
/* What `caption train --finetune-cnn` needs beside the rest. */
#include "app/training/train_parts_private.h"
#include "base/memory.h"
#include "cnn/alexnet.h"
#include "image/image.h"

#include <stdlib.h>

static enum tn_status make_network(struct train_tuning *tuning, const struct train_command *command,
                                   const struct tn_file *encoder, struct tn_error *err)
{
    size_t bytes;

    TN_TRY(alexnet_of_file(encoder, &tuning->net, err));
    TN_TRY(alexnet_create_as(&tuning->net, "", (float)command->cnn_dropout, &tuning->network, err));
    bytes = cnn_network_layout(tuning->network)->floats * sizeof(float);
    tuning->theta = tn_memory_create(bytes);
    if (!tuning->theta)
        return tn_fail_nomem(err, bytes);
    return cnn_network_load(tuning->network, encoder, tuning->theta, err);
}

enum tn_status train_tuning_make(struct train_tuning *tuning, const struct train_command *command,
                                 const struct tn_file *encoder, const struct data_set *dataset,
                                 struct tn_pool *pool, struct tn_error *err)
{
    struct app_status status;
    const struct tn_progress progress = {app_show_photos, &status};

    if (!command->finetune_cnn)
        return TN_OK;
    TN_TRY(make_network(tuning, command, encoder, err));
    if (command->teacher)
        TN_TRY(teacher_open(command->teacher, dataset, &tuning->teacher, err));
    app_status_begin(&status);
    TN_TRY(data_pixels_make(dataset, IMAGE_USUAL_PIXELS, &progress, pool, &tuning->pixels, err));
    tuning->pixels.net = &tuning->net;
    if (tuning->pixels.unreadable == 0)
        return TN_OK;
    return tn_fail(err, tuning->pixels.first_failure.status, "%s",
                   tuning->pixels.first_failure.text);
}

struct finetune_options train_tuning_options(const struct train_tuning *tuning,
                                             const struct train_command *command)
{
    return (struct finetune_options){
        .network = tuning->network,
        .start = tuning->theta,
        .first = cnn_network_find(tuning->network, train_cnn_layers[command->cnn_from]),
        .rate = (float)(command->cnn_rate / (double)train_rate(&command->loop)),
        .captions = command->captions,
        .mirror = !command->no_mirror,
        .pixels = &tuning->pixels,
        .teacher = command->teacher ? &tuning->teacher : NULL,
        .teacher_weight = (float)command->teacher_weight,
    };
}

void train_tuning_finish(struct train_tuning *tuning)
{
    cnn_network_destroy(tuning->network);
    free(tuning->theta);
    data_pixels_finish(&tuning->pixels);
    teacher_finish(&tuning->teacher);
}
