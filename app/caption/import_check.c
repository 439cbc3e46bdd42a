/* SPDX-License-Identifier: MIT */
/* `caption import --check`: whether the net makes of given photos what another program made. */
#include "app/caption/import_encoder.h"
#include "base/pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A tensor of the file that is compared. */
struct compared {
    const struct exchange_tensor *tensor;
    const char *name; /* borrowed */
    size_t layer, floats;
    float *expected; /* [photos][floats]; owned */
    double difference, largest;
};

struct check {
    const struct exchange_alexnet *alexnet;
    const struct app_import *import;
    struct exchange_tensors file;
    size_t photos, side;
    bool pixels;  /* whether input is those, or what the file's net makes of them */
    float *input; /* [photos][3][side][side] */
    struct compared *items;
    size_t count;
    struct tn_arena arena;
    struct tn_pool *pool;
};

/* The layer that a tensor is named after; of conv3 and fc6 the values behind the ReLU. */
static size_t layer_of(const struct cnn_network *network, const char *name)
{
    char relu[16];
    const size_t digit = strcspn(name, "0123456789");
    const bool has_relu =
        (digit == 4 && memcmp(name, "conv", 4) == 0) || (digit == 2 && memcmp(name, "fc", 2) == 0);

    if (name[digit] == '\0' || name[digit + 1] != '\0')
        return cnn_network_count(network);
    snprintf(relu, sizeof relu, "relu%c", name[digit]);
    return cnn_network_find(network, has_relu ? relu : name);
}

static enum tn_status read_input(struct check *check, struct tn_error *err)
{
    const struct exchange_tensor *pixels = exchange_find(&check->file, "pixels");
    const struct exchange_tensor *input = pixels ? pixels : exchange_find(&check->file, "input");
    const size_t side = alexnet_photo_side(&check->alexnet->net);
    char found[64] = "no such tensor";

    if (input)
        exchange_shape_text(input->rank, input->dims, found, sizeof found);
    if (!input || input->rank != 4 || input->dims[0] == 0 || input->dims[1] != 3 ||
        input->dims[2] != side || input->dims[3] != side)
        return tn_fail(err, TN_SHAPE,
                       "%s: pixels or input: expected photos of Nx3x%zux%zu, found %s",
                       check->file.path, side, side, found);
    check->pixels = pixels != NULL;
    check->photos = input->dims[0];
    check->side = side;
    check->input = malloc(exchange_count(input) * sizeof *check->input);
    if (!check->input)
        return tn_fail_nomem(err, exchange_count(input) * sizeof *check->input);
    exchange_floats(input, check->input);
    return TN_OK;
}

static enum tn_status add_compared(struct check *check, size_t index, struct tn_error *err)
{
    const struct cnn_network *network = check->alexnet->network;
    const struct exchange_tensor *tensor = &check->file.items[index];
    struct compared *item = &check->items[check->count];
    char found[64];

    item->name = exchange_name(&check->file, index);
    item->layer = layer_of(network, item->name);
    if (item->layer == cnn_network_count(network))
        return TN_OK;
    item->tensor = tensor;
    item->floats = cnn_shape_floats(cnn_network_layer(network, item->layer)->out);
    exchange_shape_text(tensor->rank, tensor->dims, found, sizeof found);
    if (exchange_count(tensor) != check->photos * item->floats)
        return tn_fail(err, TN_SHAPE,
                       "%s: %s: expected %zu numbers for each of %zu photos, found %s",
                       check->file.path, item->name, item->floats, check->photos, found);
    item->expected = malloc(exchange_count(tensor) * sizeof *item->expected);
    if (!item->expected)
        return tn_fail_nomem(err, exchange_count(tensor) * sizeof *item->expected);
    exchange_floats(tensor, item->expected);
    check->count++;
    return TN_OK;
}

static enum tn_status find_compared(struct check *check, struct tn_error *err)
{
    check->items = calloc(check->file.count, sizeof *check->items);
    if (!check->items)
        return tn_fail_nomem(err, check->file.count * sizeof *check->items);
    for (size_t i = 0; i < check->file.count; i++)
        TN_TRY(add_compared(check, i, err));
    return check->count > 0
               ? TN_OK
               : tn_fail(err, TN_NOTFOUND,
                         "%s: no tensor is named after a layer; expected some of conv1 to conv5, "
                         "pool1, pool2, pool5, fc6, fc7",
                         check->file.path);
}

/* Values from before the ReLU count as if behind it. */
static void compare(struct compared *item, size_t photo, const float *made)
{
    const float *expected = item->expected + photo * item->floats;

    for (size_t i = 0; i < item->floats; i++) {
        const double value = expected[i] <= 0 ? 0 : (double)expected[i]; /* no number stays */
        const double difference = fabs((double)made[i] - value);

        item->largest = fmax(item->largest, value);
        /* what is no number differs without end */
        item->difference = difference <= item->difference ? item->difference
                           : difference == difference     ? difference
                                                          : (double)INFINITY;
    }
}

static void run_photo(struct check *check, size_t photo, float *x)
{
    const size_t mark = tn_arena_mark(&check->arena);
    const struct exchange_alexnet *alexnet = check->alexnet;
    const struct tn_pass pass = {
        .pool = check->pool, .theta = alexnet->theta, .arena = &check->arena};
    struct cnn_tape tape;

    if (x)
        (check->pixels ? exchange_alexnet_pixels : exchange_alexnet_input)(
            alexnet, check->input + photo * 3 * check->side * check->side, x);
    cnn_network_forward_keep(alexnet->network, &pass, &tape, x, 1);
    for (size_t i = 0; i < check->count && x; i++)
        compare(&check->items[i], photo, tape.layers[check->items[i].layer].y);
    tn_arena_release(&check->arena, mark);
}

static enum tn_status run_photos(struct check *check, struct tn_error *err)
{
    const size_t floats = (size_t)3 * ALEXNET_SIDE * ALEXNET_SIDE;
    enum tn_status status;
    float *x = malloc(floats * sizeof *x);

    if (!x)
        return tn_fail_nomem(err, floats * sizeof *x);
    tn_arena_measure(&check->arena);
    run_photo(check, 0, NULL);
    status = tn_arena_reserve(&check->arena, err);
    for (size_t photo = 0; photo < check->photos && status == TN_OK; photo++)
        run_photo(check, photo, x);
    free(x);
    return status;
}

static enum tn_status report(const struct check *check, struct tn_error *err)
{
    const double tolerance = check->import->tolerance;
    const struct compared *worst = NULL;
    double most = -1;

    for (size_t i = 0; i < check->count; i++) {
        const struct compared *item = &check->items[i];
        const double relative = !isfinite(item->difference) ? (double)INFINITY
                                : item->largest > 0         ? item->difference / item->largest
                                                            : item->difference;

        if (check->import->report)
            fprintf(check->import->report, "%s\t%.2g%s\n", item->name, relative,
                    relative <= tolerance ? "" : "\ttoo much");
        if (relative > most) {
            most = relative;
            worst = item;
        }
    }
    if (most <= tolerance)
        return TN_OK;
    return tn_fail(err, TN_RANGE,
                   "%s: %s differs by %.2g of its largest value from %s; expected at most %g: "
                   "nothing was written (see --channels, --lrn, --mean, --deviation, --scale)",
                   check->import->from, worst->name, most, check->file.path, tolerance);
}

static void finish(struct check *check)
{
    for (size_t i = 0; i < check->count; i++)
        free(check->items[i].expected);
    free(check->items);
    free(check->input);
    tn_arena_finish(&check->arena);
    tn_pool_destroy(check->pool);
    exchange_finish(&check->file);
}

enum tn_status app_import_check(const struct exchange_alexnet *alexnet,
                                const struct app_import *import, struct tn_error *err)
{
    struct check check = {.alexnet = alexnet, .import = import};
    enum tn_status status;

    TN_TRY(exchange_read(import->activations, &check.file, err));
    status = tn_pool_create(0, &check.pool, err);
    if (status == TN_OK)
        status = read_input(&check, err);
    if (status == TN_OK)
        status = find_compared(&check, err);
    if (status == TN_OK)
        status = run_photos(&check, err);
    if (status == TN_OK)
        status = report(&check, err);
    finish(&check);
    return status;
}
