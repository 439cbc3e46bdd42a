/* SPDX-License-Identifier: MIT */
/*
 * The normal equations (X'X - N m m' + lambda I) A = X'V - N m v' with the means m of x and v of V:
 * X is sparse, so that the sums over the photos are the small part, and the solution the large one.
 */
#include "base/memory.h"
#include "data/imagine/imagine_private.h"
#include "tensor/cholesky.h"
#include "tensor/half.h"
#include "tensor/pointwise.h"

#include <math.h>
#include <stdlib.h>

/* The ridge is this share of the trace, which was best on photos held out. */
static const float RIDGE = 0.001F;

enum { BLOCK = 256 }; /* values of V a task */

void imagine_photos_view(const struct imagine_photos *photos, size_t photo, size_t view,
                         size_t first, size_t count, float *out)
{
    const struct data_features *features = photos->features;
    const size_t row = features->rows[photos->photos[photo]] * features->views + view;

    tn_half_to_float(out, features->values + row * features->width + first, count);
    tn_scale(out, photos->scales[photo * features->views + view], count);
}

enum tn_status imagine_photos_init(struct imagine_photos *photos,
                                   const struct data_features *features, const size_t *numbers,
                                   size_t count, struct tn_error *err)
{
    const size_t views = count * features->views, width = features->width;
    float *scales = malloc((views + 1) * sizeof *scales), *v = malloc(width * sizeof *v);
    double sum = 0;

    if (!scales || !v) {
        free(scales);
        free(v);
        return tn_fail_nomem(err, (views + width) * sizeof *scales);
    }
    *photos = (struct imagine_photos){features, numbers, count, 1, scales};
    for (size_t i = 0; i < views; i++) {
        scales[i] = 1;
        imagine_photos_view(photos, i / features->views, i % features->views, 0, width, v);
        scales[i] = sqrtf(tn_dot(v, v, width));
        sum += (double)scales[i];
    }
    free(v);
    photos->length = (float)(sum / (double)views);
    for (size_t i = 0; i < views; i++)
        scales[i] = scales[i] > 0 ? photos->length / scales[i] : 0;
    return TN_OK;
}

struct fit {
    const struct imagine_photos *photos;
    const struct imagine_bags *bags;
    float *matrix; /* [words][words]: the lower triangle */
    float *means;  /* [words] */
    float *a;      /* [words][width] */
};

static void find_means(const struct fit *fit)
{
    const struct imagine_bags *bags = fit->bags;

    for (size_t e = 0; e < bags->starts[bags->count]; e++)
        fit->means[bags->ids[e]] += bags->weights[e];
    tn_scale(fit->means, 1 / (float)bags->count, bags->width);
}

/* The left side.  Returns its trace, without the ridge. */
static float find_matrix(const struct fit *fit)
{
    const struct imagine_bags *bags = fit->bags;
    const size_t words = bags->width;
    float trace = 0;

    for (size_t i = 0; i < bags->count; i++)
        for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++)
            for (size_t f = bags->starts[i]; f <= e; f++)
                fit->matrix[bags->ids[e] * words + bags->ids[f]] +=
                    bags->weights[e] * bags->weights[f];
    for (size_t w = 0; w < words; w++) {
        float *row = fit->matrix + w * words;

        tn_axpy(row, -(float)bags->count * fit->means[w], fit->means, w + 1);
        trace += row[w];
    }
    for (size_t w = 0; w < words; w++)
        fit->matrix[w * words + w] += RIDGE * trace;
    return trace;
}

/* The right side, a block of V's values a task. */
static void sum_block(void *context, size_t index, size_t thread)
{
    const struct fit *fit = context;
    const struct imagine_bags *bags = fit->bags;
    const size_t width = fit->photos->features->width, views = fit->photos->features->views;
    const size_t first = index * BLOCK, count = width - first < BLOCK ? width - first : BLOCK;
    float view[BLOCK], v[BLOCK], sums[BLOCK] = {0};

    (void)thread;
    for (size_t i = 0; i < bags->count; i++) {
        imagine_photos_view(fit->photos, i, 0, first, count, v);
        for (size_t other = 1; other < views; other++) {
            imagine_photos_view(fit->photos, i, other, first, count, view);
            tn_axpy(v, 1, view, count);
        }
        tn_scale(v, 1 / (float)views, count);
        tn_axpy(sums, 1, v, count);
        for (size_t e = bags->starts[i]; e < bags->starts[i + 1]; e++)
            tn_axpy(fit->a + bags->ids[e] * width + first, bags->weights[e], v, count);
    }
    for (size_t w = 0; w < bags->width; w++)
        tn_axpy(fit->a + w * width + first, -fit->means[w], sums, count);
}

enum tn_status imagine_fit(const struct imagine_photos *photos, const struct imagine_bags *bags,
                           struct tn_pool *pool, float *a, struct tn_error *err)
{
    const size_t words = bags->width, width = photos->features->width;
    struct fit fit = {.photos = photos, .bags = bags, .a = a};
    enum tn_status status;

    fit.means = calloc(words, sizeof *fit.means);
    fit.matrix = tn_memory_create(words * words * sizeof *fit.matrix);
    if (!fit.means || !fit.matrix) {
        status = tn_fail_nomem(err, words * words * sizeof *fit.matrix);
    } else {
        find_means(&fit);
        for (size_t i = 0; i < words * width; i++)
            a[i] = 0;
        tn_pool_run(pool, (width + BLOCK - 1) / BLOCK, sum_block, &fit);
        status = find_matrix(&fit) > 0
                     ? train_cholesky_solve(pool, words, fit.matrix, width, a, err)
                     : tn_fail(err, TN_FORMAT,
                               "the photos' captions all contain the same words; captions of "
                               "photos that are not there cannot be imagined from them");
    }
    free(fit.means);
    free(fit.matrix);
    return status;
}
