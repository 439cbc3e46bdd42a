/* SPDX-License-Identifier: MIT */
/*
 * Photos: time of decoding, of decoding for a wanted side, and with the resize to 227 x 227; and
 * the peak memory of decoding both ways, each measured in a process of its own, the file's bytes
 * included.  usage: bench_image PHOTO...
 */
#include "bench/support.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIDE = 227, MAX_RUNS = 500 };
static const double seconds = 1.0;

struct task {
    const char *path, *method;
    size_t wanted_side;
    bool resize;
};

static enum tn_status decode(const struct task *task, size_t *width, size_t *height,
                             struct tn_error *err)
{
    struct image_options options = IMAGE_OPTIONS_DEFAULT;
    unsigned char rgb[SIDE * SIDE * 3];
    struct image image;
    enum tn_status status = TN_OK;

    options.wanted_side = task->wanted_side;
    TN_TRY(image_load(task->path, &options, &image, err));
    if (task->resize)
        status = image_resize(&image, SIDE, SIDE, rgb, err);
    *width = image.width;
    *height = image.height;
    image_finish(&image);
    return status;
}

static bool measure(const struct task *task)
{
    static double wall[MAX_RUNS], cpu[MAX_RUNS];
    const double begin = bench_now();
    size_t runs = 0, width = 0, height = 0;
    struct tn_error err;

    while (runs < MAX_RUNS && (bench_now() - begin < seconds || runs < 5)) {
        const double wall_start = bench_now(), cpu_start = bench_cpu();

        if (decode(task, &width, &height, &err) != TN_OK) {
            fprintf(stderr, "bench_image: %s\n", err.text);
            return false;
        }
        cpu[runs] = bench_cpu() - cpu_start;
        wall[runs++] = bench_now() - wall_start;
    }
    bench_sort(cpu, runs);
    bench_sort(wall, runs);
    printf("{\"file\":\"%s\",\"method\":\"%s\",\"resize\":\"%s\",\"decoded\":\"%zux%zu\","
           "\"cpu_ms_med\":%.3f,\"cpu_ms_best\":%.3f,\"wall_ms_med\":%.3f,\"n\":%zu}\n",
           task->path, task->method, task->resize ? "area" : "none", width, height,
           cpu[runs / 2] * 1e3, cpu[0] * 1e3, wall[runs / 2] * 1e3, runs);
    return true;
}

/* A child decodes once; its high-water mark less its start is the picture's. */
static void measure_memory(const struct task *task)
{
    struct rusage before, after;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        size_t width = 0, height = 0;
        struct tn_error err;
        enum tn_status status;

        getrusage(RUSAGE_SELF, &before);
        status = decode(task, &width, &height, &err);
        getrusage(RUSAGE_SELF, &after);
        printf(
            "{\"file\":\"%s\",\"method\":\"memory, %s\",\"decoded\":\"%zux%zu\",\"peak_mib\":%.1f,"
            "\"error\":\"%s\"}\n",
            task->path, task->method, width, height,
            (double)(after.ru_maxrss - before.ru_maxrss) / 1024, status == TN_OK ? "" : err.text);
        exit(EXIT_SUCCESS);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: bench_image PHOTO...\n", stderr);
        return 2;
    }
    /* Memory first: what this process had used and freed, a child would use again uncounted. */
    for (int i = 1; i < argc; i++) {
        measure_memory(&(struct task){argv[i], "full", 0, false});
        measure_memory(&(struct task){argv[i], "wanted 227", SIDE, false});
    }
    for (int i = 1; i < argc; i++) {
        const struct task tasks[] = {{argv[i], "full", 0, false},
                                     {argv[i], "full", 0, true},
                                     {argv[i], "wanted 227", SIDE, false},
                                     {argv[i], "wanted 227", SIDE, true}};

        for (size_t k = 0; k < sizeof tasks / sizeof tasks[0] && measure(&tasks[k]); k++)
            continue;
    }
    return 0;
}
