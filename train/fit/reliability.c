/* SPDX-License-Identifier: MIT */
#include "train/fit/reliability.h"

#include <math.h>
#include <stdlib.h>

/* A value and where it stood. */
struct ranked {
    double value;
    size_t place;
};

static int ascending(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static void sort(const double *values, size_t count, struct ranked *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (struct ranked){values[i], i};
    qsort(out, count, sizeof *out, ascending);
}

/* ---- Bins ---- */

static void put(struct reliability_bin *bin, double estimate, double score)
{
    bin->count++;
    bin->estimate += estimate;
    bin->score += score;
    bin->squares += (estimate - score) * (estimate - score);
}

/* Sums to means. */
static void close_bins(struct reliability_bin *bins)
{
    for (size_t b = 0; b < RELIABILITY_BINS; b++) {
        if (bins[b].count == 0)
            continue;
        bins[b].estimate /= (double)bins[b].count;
        bins[b].score /= (double)bins[b].count;
        bins[b].squares /= (double)bins[b].count;
    }
}

static double error_of(const struct reliability_bin *bins, size_t count)
{
    double error = 0;

    for (size_t b = 0; b < RELIABILITY_BINS; b++)
        error += (double)bins[b].count * fabs(bins[b].estimate - bins[b].score);
    return error / (double)count;
}

static double chance_of(const struct reliability_bin *bins, size_t count)
{
    static const double pi = 3.14159265358979323846;
    double error = 0;

    for (size_t b = 0; b < RELIABILITY_BINS; b++) {
        const double n = (double)bins[b].count, mean = bins[b].estimate - bins[b].score;

        if (bins[b].count > 1)
            error += n * sqrt(2 / pi * fmax(bins[b].squares - mean * mean, 0) / (n - 1));
    }
    return error / (double)count;
}

static void fill_bins(const struct ranked *order, const double *scores, struct reliability *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const double estimate = order[i].value, score = scores[order[i].place];
        const size_t width =
            (size_t)fmin(fmax(estimate * RELIABILITY_BINS, 0), RELIABILITY_BINS - 1);

        put(&r->widths[width], estimate, score);
        put(&r->masses[i * RELIABILITY_BINS / r->count], estimate, score);
        r->estimate += estimate / (double)r->count;
        r->score += score / (double)r->count;
    }
    close_bins(r->widths);
    close_bins(r->masses);
    r->ece_width = error_of(r->widths, r->count);
    r->ece_mass = error_of(r->masses, r->count);
    r->chance_width = chance_of(r->widths, r->count);
    r->chance_mass = chance_of(r->masses, r->count);
}

/* ---- Ranks ---- */

static void rank(const struct ranked *order, size_t count, double *ranks)
{
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && order[end].value == order[first].value; end++)
            continue;
        for (size_t i = first; i < end; i++)
            ranks[order[i].place] = (double)(first + end - 1) / 2;
    }
}

/* Of two lists of ranks, whose means are (count - 1) / 2. */
static double correlate(const double *a, const double *b, size_t count)
{
    const double mean = (double)(count - 1) / 2;
    double ab = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < count; i++) {
        ab += (a[i] - mean) * (b[i] - mean);
        aa += (a[i] - mean) * (a[i] - mean);
        bb += (b[i] - mean) * (b[i] - mean);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

enum tn_status reliability_measure(const double *estimates, const double *scores, size_t count,
                                   struct reliability *ret_reliability, struct tn_error *err)
{
    struct reliability r = {.count = count};
    struct ranked *order = malloc((count + 1) * sizeof *order);
    double *ranks = malloc((2 * count + 1) * sizeof *ranks);

    if (order && ranks && count > 0) {
        sort(scores, count, order);
        rank(order, count, ranks + count);
        sort(estimates, count, order);
        rank(order, count, ranks);
        fill_bins(order, scores, &r);
        r.spearman = correlate(ranks, ranks + count, count);
    }
    if (order && ranks)
        *ret_reliability = r;
    free(order);
    free(ranks);
    return order && ranks ? TN_OK : tn_fail_nomem(err, count * sizeof *order);
}

double reliability_auc(const double *high, size_t high_count, const double *low, size_t low_count)
{
    double above = 0;

    for (size_t i = 0; i < high_count; i++)
        for (size_t j = 0; j < low_count; j++)
            above += high[i] > low[j] ? 1 : high[i] == low[j] ? 0.5 : 0;
    return high_count > 0 && low_count > 0 ? above / (double)high_count / (double)low_count : 0.5;
}
