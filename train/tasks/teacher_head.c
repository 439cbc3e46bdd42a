/* SPDX-License-Identifier: MIT */
#include "train/tasks/teacher_head.h"

#include "tensor/gemm.h"

#include <string.h>

/* Squared errors of one network's features for a photo: turns the predictions y into half their
 * gradient and returns the mean; both zero for a photo that it does not know. */
static double teach_part(const struct teacher *teacher, const struct teacher_part *part,
                         size_t photo, float *wanted, float *y)
{
    double sum = 0;

    if (!teacher_get(teacher, part, photo, wanted)) {
        memset(y, 0, part->width * sizeof *y);
        return 0;
    }
    for (size_t i = 0; i < part->width; i++) {
        y[i] -= wanted[i];
        sum += (double)y[i] * (double)y[i];
        y[i] /= (float)part->width;
    }
    return sum / (double)part->width;
}

/* Predictions y[count][teacher's width] become the gradient of the weighted loss for them. */
static double compare(const struct teacher_head *head, const size_t *numbers, const size_t *photos,
                      size_t count, float *wanted, float *y)
{
    const struct teacher *teacher = head->teacher;
    const float scale = 2 * head->loss_weight / (float)count;
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < teacher->part_count; p++)
            sum += teach_part(teacher, &teacher->parts[p], numbers[photos[i]], wanted,
                              y + i * teacher->width + teacher->parts[p].first);
    for (size_t i = 0; i < count * teacher->width; i++)
        y[i] *= scale;
    return sum / (double)count;
}

double teacher_head_loss(const struct teacher_head *head, const struct tn_pass *pass,
                         const size_t *numbers, const size_t *photos, size_t count, const float *v,
                         float *dv)
{
    const size_t width = head->teacher->width, features = head->features;
    const size_t mark = tn_arena_mark(pass->arena);
    float *y = tn_arena_floats(pass->arena, count * width);
    float *wanted = tn_arena_floats(pass->arena, width);
    double loss = 0;

    if (!tn_pass_measures(pass)) {
        const float *weight = pass->theta + head->weight.offset;
        float *dbias = pass->dtheta + head->bias.offset;

        for (size_t i = 0; i < count; i++)
            memcpy(y + i * width, pass->theta + head->bias.offset, width * sizeof *y);
        tn_pass_gemm(pass, y, width, 1, tn_plain(v, features), tn_turned(weight, features), count,
                     width, features);
        loss = compare(head, numbers, photos, count, wanted, y);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < width; j++)
                dbias[j] += y[i * width + j];
        tn_pass_gemm(pass, pass->dtheta + head->weight.offset, features, 1, tn_turned(y, width),
                     tn_plain(v, features), width, features, count);
        tn_pass_gemm(pass, dv, features, 1, tn_plain(y, width), tn_plain(weight, features), count,
                     features, width);
    }
    tn_arena_release(pass->arena, mark);
    return loss;
}
