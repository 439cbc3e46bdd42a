/* SPDX-License-Identifier: MIT */
#include "train/tasks/target_head.h"

#include "tensor/gemm.h"

#include <string.h>

size_t targets_count(const struct targets *t)
{
    return t->teacher->part_count + (t->words != NULL);
}

struct target_part targets_part(const struct targets *t, size_t index)
{
    const struct teacher_part *part = &t->teacher->parts[index];

    if (index == t->teacher->part_count)
        return (struct target_part){"words", t->teacher->width, t->words->words, t->words_weight};
    return (struct target_part){part->values->name, part->first, part->width, t->teacher_weight};
}

size_t targets_width(const struct targets *t)
{
    return t->teacher->width + (t->words ? t->words->words : 0);
}

bool targets_get(const struct targets *t, size_t part, size_t photo, float *out)
{
    if (part == t->teacher->part_count)
        return expected_words_get(t->words, photo, out);
    return teacher_get(t->teacher, &t->teacher->parts[part], photo, out);
}

/* Squared errors of one part for a photo: turns its predictions y into the gradient of share times
 * the loss, and returns the loss; both zero for a photo that it does not know. */
static double compare_part(const struct targets *targets, size_t index, size_t photo, float share,
                           float *wanted, float *y)
{
    const struct target_part part = targets_part(targets, index);
    const float scale = 2 * share * part.weight / (float)part.width;
    double sum = 0;

    if (!targets_get(targets, index, photo, wanted)) {
        memset(y, 0, part.width * sizeof *y);
        return 0;
    }
    for (size_t i = 0; i < part.width; i++) {
        y[i] -= wanted[i];
        sum += (double)y[i] * (double)y[i];
        y[i] *= scale;
    }
    return (double)part.weight * sum / (double)part.width;
}

/* A photo's predictions on their way to gradients, a task of the pool. */
struct comparison {
    const struct target_head *head;
    const size_t *numbers, *photos;
    float share;
    float *y, *wanted; /* [count][width] */
    double *losses;    /* [count] */
};

static void compare_task(void *context, size_t index, size_t thread)
{
    const struct comparison *c = context;
    const struct targets *targets = c->head->targets;
    const size_t width = targets_width(targets);
    double sum = 0;

    (void)thread;
    for (size_t p = 0; p < targets_count(targets); p++)
        sum += compare_part(targets, p, c->numbers[c->photos[index]], c->share,
                            c->wanted + index * width,
                            c->y + index * width + targets_part(targets, p).first);
    c->losses[index] = sum;
}

void target_head_predict(const struct target_head *head, const struct tn_pass *pass, const float *v,
                         size_t count, float *y)
{
    const size_t width = targets_width(head->targets), features = head->features;

    for (size_t i = 0; i < count; i++)
        memcpy(y + i * width, pass->theta + head->bias.offset, width * sizeof *y);
    tn_pass_gemm(pass, y, width, 1, tn_plain(v, features),
                 tn_turned(pass->theta + head->weight.offset, features), count, width, features);
}

/* From dy. */
static void add_gradients(const struct target_head *head, const struct tn_pass *pass,
                          const float *v, size_t count, const float *dy, float *dv)
{
    const size_t width = targets_width(head->targets), features = head->features;
    float *dbias = pass->dtheta + head->bias.offset;

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < width; j++)
            dbias[j] += dy[i * width + j];
    tn_pass_gemm(pass, pass->dtheta + head->weight.offset, features, 1, tn_turned(dy, width),
                 tn_plain(v, features), width, features, count);
    tn_pass_gemm(pass, dv, features, 1, tn_plain(dy, width),
                 tn_plain(pass->theta + head->weight.offset, features), count, features, width);
}

double target_head_loss(const struct target_head *head, const struct tn_pass *pass,
                        const size_t *numbers, const size_t *photos, size_t count, float share,
                        const float *v, float *dv)
{
    const size_t width = targets_width(head->targets);
    const size_t mark = tn_arena_mark(pass->arena);
    struct comparison c = {head,
                           numbers,
                           photos,
                           share,
                           tn_arena_floats(pass->arena, count * width),
                           tn_arena_floats(pass->arena, count * width),
                           tn_arena_alloc(pass->arena, count, sizeof *c.losses)};
    double loss = 0;

    if (!tn_pass_measures(pass)) {
        target_head_predict(head, pass, v, count, c.y);
        tn_pass_run(pass, count, compare_task, &c);
        for (size_t i = 0; i < count; i++)
            loss += c.losses[i];
        add_gradients(head, pass, v, count, c.y, dv);
    }
    tn_arena_release(pass->arena, mark);
    return loss;
}
