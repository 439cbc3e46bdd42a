/* SPDX-License-Identifier: MIT */
#include "train/task.h"

#include <stdlib.h>
#include <string.h>

enum tn_status train_task_set_order(struct train_task *task, size_t *items, size_t count,
                                    size_t batch, struct tn_error *err)
{
    struct train_order *order = &task->order;

    *order = (struct train_order){.items = items, .count = count, .batch = batch};
    task->steps = (count + batch - 1) / batch;
    if (!items) {
        order->items = calloc(count + 1, sizeof *order->items);
        for (size_t i = 0; order->items && i < count; i++)
            order->items[i] = i;
    }
    order->drawn = calloc(count + 1, sizeof *order->drawn);
    return order->items && order->drawn ? TN_OK : tn_fail_nomem(err, count * sizeof *items);
}

size_t train_slice_start(const struct train_slice *slice, size_t total, size_t *ret_count)
{
    const size_t start = total * slice->number / slice->count;

    *ret_count = total * (slice->number + 1) / slice->count - start;
    return start;
}

const size_t *train_task_items(const struct train_task *task, const struct train_slice *slice,
                               size_t *ret_count)
{
    const struct train_order *order = &task->order;
    const size_t start = slice->step * order->batch, left = order->count - start;

    return order->drawn + start +
           train_slice_start(slice, left < order->batch ? left : order->batch, ret_count);
}

void train_task_shuffle(struct train_task *task, struct tn_rng *rng)
{
    struct train_order *order = &task->order;

    if (order->count == 0)
        return;
    memcpy(order->drawn, order->items, order->count * sizeof *order->drawn);
    tn_rng_shuffle(rng, order->drawn, order->count);
}

void train_task_destroy(struct train_task *task)
{
    if (!task)
        return;
    free(task->order.items);
    free(task->order.drawn);
    task->ops->destroy(task);
}
