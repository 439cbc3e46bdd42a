/* SPDX-License-Identifier: MIT */
/* V of a group with the words x: relu(V_p + A' (x - x_p)) with a photo p that is near. */
#include "base/memory.h"
#include "base/rng.h"
#include "data/imagine/imagine_private.h"
#include "tensor/half.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 512 }; /* groups between two reports of progress */

struct nearest {
    size_t photos[IMAGINE_NEAREST];
    float scores[IMAGINE_NEAREST]; /* falling */
    size_t count;
};

struct drawing {
    const struct imagine_draw *draw;
    unsigned char *choices; /* [groups][views]: which of the nearest */
    size_t first;           /* group of the tasks at hand */
    size_t scratch_floats;  /* a thread's */
    float *scratch;
};

/* Among equals the first photo comes first. */
static void insert(struct nearest *nearest, size_t photo, float score)
{
    size_t at = nearest->count < IMAGINE_NEAREST ? nearest->count++ : IMAGINE_NEAREST - 1;

    for (; at > 0 && nearest->scores[at - 1] < score; at--) {
        nearest->scores[at] = nearest->scores[at - 1];
        nearest->photos[at] = nearest->photos[at - 1];
    }
    nearest->scores[at] = score;
    nearest->photos[at] = photo;
}

/* The photos with the largest cosine; scores[photos] is scratch. */
static void find_nearest(const struct imagine_draw *draw, size_t group, float *scores,
                         struct nearest *nearest)
{
    const struct imagine_bags *groups = draw->groups, *turned = draw->turned;

    memset(scores, 0, turned->width * sizeof *scores);
    for (size_t e = groups->starts[group]; e < groups->starts[group + 1]; e++) {
        const size_t word = groups->ids[e];

        for (size_t f = turned->starts[word]; f < turned->starts[word + 1]; f++)
            scores[turned->ids[f]] += groups->weights[e] * turned->weights[f];
    }
    nearest->count = 0;
    for (size_t i = 0; i < turned->width; i++)
        if (nearest->count < IMAGINE_NEAREST || scores[i] > nearest->scores[IMAGINE_NEAREST - 1])
            insert(nearest, i, scores[i]);
}

/* v[width] += sign A' x */
static void add_words(const struct imagine_draw *draw, const struct imagine_bags *bags, size_t i,
                      float sign, float *v)
{
    const size_t width = draw->photos->features->width;

    for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++)
        tn_axpy(v, sign * bags->weights[e], draw->a + bags->ids[e] * width, width);
}

static void draw_group(void *context, size_t index, size_t thread)
{
    const struct drawing *drawing = context;
    const struct imagine_draw *draw = drawing->draw;
    const struct imagine_photos *photos = draw->photos;
    const size_t views = photos->features->views, width = photos->features->width;
    const size_t group = drawing->first + index;
    float *words = drawing->scratch + thread * drawing->scratch_floats, *v = words + width;
    struct nearest nearest;

    find_nearest(draw, group, v + width, &nearest);
    memset(words, 0, width * sizeof *words);
    add_words(draw, draw->groups, group, 1, words);
    for (size_t view = 0; view < views; view++) {
        const size_t row = group * views + view;
        const size_t photo = nearest.photos[drawing->choices[row] % nearest.count];
        float length;

        imagine_photos_view(photos, photo, view, 0, width, v);
        tn_axpy(v, 1, words, width);
        add_words(draw, draw->photo_bags, photo, -1, v);
        tn_relu(v, v, width);
        length = sqrtf(tn_dot(v, v, width));
        tn_scale(v, length > 0 ? photos->length / length : 0, width);
        tn_float_to_half(draw->values + row * width, v, width);
    }
}

static enum tn_status draw_all(struct drawing *drawing, const struct imagine_options *options,
                               struct tn_pool *pool, struct tn_error *err)
{
    const size_t groups = drawing->draw->groups->count;

    for (size_t first = 0; first < groups; first += AT_ONCE) {
        TN_TRY(imagine_progress(options, "imagining photos", first, groups, err));
        drawing->first = first;
        tn_pool_run(pool, groups - first < AT_ONCE ? groups - first : AT_ONCE, draw_group, drawing);
    }
    return TN_OK;
}

enum tn_status imagine_draw(const struct imagine_draw *draw, const struct imagine_options *options,
                            struct tn_pool *pool, struct tn_error *err)
{
    const struct data_features *features = draw->photos->features;
    const size_t choices = draw->groups->count * features->views;
    const size_t floats = 2 * features->width + draw->photos->count;
    const size_t bytes = tn_pool_threads(pool) * floats * sizeof(float);
    struct drawing drawing = {.draw = draw, .scratch_floats = floats};
    enum tn_status status;
    struct tn_rng rng;

    drawing.choices = malloc(choices + 1);
    drawing.scratch = tn_memory_create(bytes);
    if (!drawing.choices || !drawing.scratch) {
        status = tn_fail_nomem(err, choices + bytes);
    } else {
        tn_rng_init(&rng, draw->seed);
        for (size_t i = 0; i < choices; i++)
            drawing.choices[i] = (unsigned char)tn_rng_below(&rng, IMAGINE_NEAREST);
        status = draw_all(&drawing, options, pool, err);
    }
    free(drawing.choices);
    free(drawing.scratch);
    return status;
}
