/* SPDX-License-Identifier: MIT */
#include "app/serve/metrics.h"

#include "app/paths.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ANSWERS = 512, MOST_BOUNDS = 12 }; /* more than there are paths times codes */

/* Requests of one path and code. */
struct answers {
    const char *path;
    unsigned code;
    size_t count;
};

struct histogram {
    const char *name, *help;
    double bounds[MOST_BOUNDS]; /* ascending; 0 ends them */
    size_t counts[MOST_BOUNDS]; /* up to that bound, and above the one before */
    size_t count;
    double sum;
};

struct serve_metrics {
    pthread_mutex_t mutex;
    size_t in_flight, captioned, failed;
    struct answers answers[MOST_ANSWERS];
    struct histogram batches, seconds;
};

enum tn_status serve_metrics_create(struct serve_metrics **ret_metrics, struct tn_error *err)
{
    struct serve_metrics *metrics = calloc(1, sizeof *metrics);

    if (!metrics)
        return tn_fail_nomem(err, sizeof *metrics);
    pthread_mutex_init(&metrics->mutex, NULL);
    metrics->batches = (struct histogram){.name = "caption_batch_photos",
                                          .help = "Photos that were captioned together.",
                                          .bounds = {1, 2, 4, 8, 12, 16, 20, 24}};
    metrics->seconds =
        (struct histogram){.name = "caption_request_seconds",
                           .help = "Time from a request's head to the end of its answer.",
                           .bounds = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}};
    *ret_metrics = metrics;
    return TN_OK;
}

void serve_metrics_destroy(struct serve_metrics *metrics)
{
    if (!metrics)
        return;
    pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

static void observe(struct histogram *histogram, double value)
{
    size_t i = 0;

    while (i < MOST_BOUNDS && histogram->bounds[i] > 0 && value > histogram->bounds[i])
        i++;
    if (i < MOST_BOUNDS)
        histogram->counts[i]++;
    histogram->count++;
    histogram->sum += value;
}

void serve_metrics_begin(struct serve_metrics *metrics)
{
    pthread_mutex_lock(&metrics->mutex);
    metrics->in_flight++;
    pthread_mutex_unlock(&metrics->mutex);
}

void serve_metrics_end(struct serve_metrics *metrics, const char *path, unsigned code,
                       double seconds)
{
    struct answers *answers = metrics->answers;

    pthread_mutex_lock(&metrics->mutex);
    metrics->in_flight--;
    observe(&metrics->seconds, seconds);
    while (answers->path && (answers->code != code || strcmp(answers->path, path) != 0) &&
           answers < metrics->answers + MOST_ANSWERS - 1)
        answers++;
    if (!answers->path)
        *answers = (struct answers){.path = path, .code = code};
    answers->count++;
    pthread_mutex_unlock(&metrics->mutex);
}

void serve_metrics_photos(struct serve_metrics *metrics, size_t captioned, size_t failed)
{
    pthread_mutex_lock(&metrics->mutex);
    metrics->captioned += captioned;
    metrics->failed += failed;
    pthread_mutex_unlock(&metrics->mutex);
}

void serve_metrics_batch(void *context, size_t photos)
{
    struct serve_metrics *metrics = context;

    pthread_mutex_lock(&metrics->mutex);
    observe(&metrics->batches, (double)photos);
    pthread_mutex_unlock(&metrics->mutex);
}

/* ---- The text ---- */

static void print_head(FILE *out, const char *name, const char *kind, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_number(FILE *out, const char *name, const char *kind, const char *help,
                         size_t value)
{
    print_head(out, name, kind, help);
    fprintf(out, "%s %zu\n", name, value);
}

static void print_histogram(FILE *out, const struct histogram *histogram)
{
    size_t below = 0;

    print_head(out, histogram->name, "histogram", histogram->help);
    for (size_t i = 0; i < MOST_BOUNDS && histogram->bounds[i] > 0; i++) {
        below += histogram->counts[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %zu\n", histogram->name, histogram->bounds[i], below);
    }
    fprintf(out, "%s_bucket{le=\"+Inf\"} %zu\n%s_sum %.6f\n%s_count %zu\n", histogram->name,
            histogram->count, histogram->name, histogram->sum, histogram->name, histogram->count);
}

static void print_all(FILE *out, const struct serve_metrics *metrics)
{
    print_head(out, "caption_build_info", "gauge", "The program's version.");
    fprintf(out, "caption_build_info{version=\"%s\"} 1\n", APP_VERSION);
    print_head(out, "caption_requests_total", "counter",
               "Requests that have ended, by path and code (0: cut off).");
    for (size_t i = 0; i < MOST_ANSWERS && metrics->answers[i].path; i++)
        fprintf(out, "caption_requests_total{path=\"%s\",code=\"%u\"} %zu\n",
                metrics->answers[i].path, metrics->answers[i].code, metrics->answers[i].count);
    print_number(out, "caption_requests_in_flight", "gauge", "Requests that have not ended.",
                 metrics->in_flight);
    print_number(out, "caption_photos_total", "counter", "Photos that were captioned.",
                 metrics->captioned);
    print_number(out, "caption_photos_failed_total", "counter", "Photos that could not be read.",
                 metrics->failed);
    print_histogram(out, &metrics->batches);
    print_histogram(out, &metrics->seconds);
}

char *serve_metrics_text(struct serve_metrics *metrics, size_t *ret_size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_size);
    bool failed;

    if (!out)
        return NULL;
    pthread_mutex_lock(&metrics->mutex);
    print_all(out, metrics);
    pthread_mutex_unlock(&metrics->mutex);
    failed = ferror(out) != 0;
    if (fclose(out) == 0 && !failed)
        return text;
    free(text);
    return NULL;
}
