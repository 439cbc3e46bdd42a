/* SPDX-License-Identifier: MIT */
#include "data/pixels.h"

#include "base/hash.h"
#include "models/captioner/photo_encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64 }; /* photos between two calls of progress */

enum tn_status data_read_pixels(const struct data_place *place, size_t max_pixels,
                                unsigned char *rgb, struct data_photo_id *ret_id,
                                struct tn_error *err)
{
    const struct image_options options = photo_options(max_pixels);
    struct data_photo_id id;
    unsigned char *bytes;
    struct image image;
    enum tn_status status;
    size_t size;

    TN_TRY(data_place_read(place, &options, &bytes, &size, err));
    data_photo_id_of_file(bytes, size, &id);
    status = image_decode(bytes, size, place->name, &options, &image, err);
    free(bytes);
    TN_TRY(status);
    status = photo_shrink(&image, rgb, err);
    image_finish(&image);
    TN_TRY(status);
    id.pixels = tn_hash_block(0, rgb, PHOTO_BYTES);
    if (ret_id)
        *ret_id = id;
    return TN_OK;
}

struct reading {
    const struct data_set *dataset;
    struct data_pixels *pixels;
    size_t max_pixels, first;
    enum tn_status status[BATCH];
    struct tn_error err[BATCH];
};

static void read_task(void *context, size_t index, size_t thread)
{
    struct reading *r = context;
    const size_t photo = r->first + index;
    const struct data_place place = data_set_place(r->dataset, photo);

    (void)thread;
    r->status[index] = TN_OK;
    if (r->dataset->photos[photo].split != DATA_SPLIT_OUT)
        r->status[index] = data_read_pixels(
            &place, r->max_pixels, r->pixels->rgb + photo * PHOTO_BYTES, NULL, &r->err[index]);
}

static enum tn_status read_batch(struct reading *r, size_t count, struct tn_pool *pool,
                                 struct tn_error *err)
{
    struct data_pixels *pixels = r->pixels;

    tn_pool_run(pool, count, read_task, r);
    for (size_t i = 0; i < count; i++) {
        if (r->status[i] == TN_NOMEM)
            return tn_fail(err, TN_NOMEM, "%s", r->err[i].text);
        if (r->status[i] == TN_OK)
            continue;
        pixels->missing[r->first + i] = true;
        if (pixels->unreadable++ == 0)
            pixels->first_failure = r->err[i];
    }
    return TN_OK;
}

enum tn_status data_pixels_make(const struct data_set *dataset, size_t max_pixels,
                                const struct tn_progress *progress, struct tn_pool *pool,
                                struct data_pixels *ret_pixels, struct tn_error *err)
{
    const size_t photos = dataset->photo_count;
    struct data_pixels made = {.side = PHOTO_SIDE,
                               .rgb = calloc(photos + 1, PHOTO_BYTES),
                               .missing = calloc(photos + 1, sizeof *made.missing)};
    struct reading reading = {.dataset = dataset, .pixels = &made, .max_pixels = max_pixels};
    enum tn_status status = TN_OK;

    if (!made.rgb || !made.missing) {
        data_pixels_finish(&made);
        return tn_fail_nomem(err, photos * PHOTO_BYTES);
    }
    for (size_t done = 0; status == TN_OK && done < photos;) {
        const size_t count = photos - done < BATCH ? photos - done : BATCH;

        reading.first = done;
        status = read_batch(&reading, count, pool, err);
        done += count;
        if (status == TN_OK && tn_progress_stops(progress, "photos", done, photos))
            status =
                tn_fail(err, TN_CANCELLED, "interrupted after %zu of %zu photos", done, photos);
    }
    if (status == TN_OK)
        *ret_pixels = made;
    else
        data_pixels_finish(&made);
    return status;
}

void data_pixels_finish(struct data_pixels *pixels)
{
    free(pixels->rgb);
    free(pixels->missing);
    memset(pixels, 0, sizeof *pixels);
}

struct data_view data_view_whole(size_t side)
{
    return (struct data_view){.width = (float)side, .height = (float)side, .gains = {1, 1, 1}};
}

struct data_view data_view_draw(size_t side, bool mirror, struct tn_rng *rng)
{
    struct data_view view;
    const float whole = (float)side;
    float brightness;

    view.width = whole * (1 - tn_rng_uniform(rng) / 8);
    view.height = whole * (1 - tn_rng_uniform(rng) / 8);
    view.left = (whole - view.width) * tn_rng_uniform(rng);
    view.top = (whole - view.height) * tn_rng_uniform(rng);
    view.mirrored = tn_rng_uniform(rng) < 0.5F && mirror;
    brightness = 1 + 0.15F * (2 * tn_rng_uniform(rng) - 1);
    for (size_t c = 0; c < 3; c++)
        view.gains[c] = brightness * (1 + 0.05F * (2 * tn_rng_uniform(rng) - 1));
    return view;
}

/* Where a pixel of the view lies between two of the photo's: the first, the second, and how far. */
struct place {
    size_t at, next;
    float share;
};

static struct place place_of(size_t i, size_t side, float start, float length)
{
    const float x = start + ((float)i + 0.5F) * (length / (float)side) - 0.5F;
    const float clamped = x < 0 ? 0 : x > (float)(side - 1) ? (float)(side - 1) : x;
    const size_t at = (size_t)clamped;

    return (struct place){at, at + 1 < side ? at + 1 : at, clamped - (float)at};
}

void data_pixels_show(const struct data_pixels *pixels, size_t photo, const struct data_view *view,
                      float *x)
{
    const struct alexnet *net = pixels->net ? pixels->net : &alexnet_published[ALEXNET_BVLC];
    const size_t side = pixels->side, plane = side * side;
    const unsigned char *rgb = pixels->rgb + photo * plane * 3;

    for (size_t row = 0; row < side; row++) {
        const struct place v = place_of(row, side, view->top, view->height);
        const unsigned char *above = rgb + v.at * side * 3, *below = rgb + v.next * side * 3;

        for (size_t column = 0; column < side; column++) {
            const struct place h = place_of(view->mirrored ? side - 1 - column : column, side,
                                            view->left, view->width);

            for (size_t c = 0; c < 3; c++) {
                const float a = above[h.at * 3 + c], b = above[h.next * 3 + c];
                const float d = below[h.at * 3 + c], e = below[h.next * 3 + c];
                const float upper = a + h.share * (b - a), lower = d + h.share * (e - d);
                const float value = view->gains[c] * (upper + v.share * (lower - upper));

                x[(2 - c) * plane + row * side + column] =
                    (value < 255 ? value : 255) - net->mean[2 - c];
            }
        }
    }
    if (pixels->net)
        alexnet_clear_border(net, x);
}
