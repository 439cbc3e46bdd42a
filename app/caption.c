/* SPDX-License-Identifier: MIT */
/* `caption PHOTO...`: a sentence for each photo. */
#include "app/commands.h"
#include "app/inputs.h"
#include "app/model_path.h"
#include "app/options.h"
#include "app/paths.h"
#include "app/progress.h"
#include "models/captioner.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_PHOTOS_AT_ONCE = 16 };

struct settings {
    struct captioner_options options;
    struct captioner_writing writing;
    const char *model;
    bool quiet, version;
};

/* What a run over photos needs to know and to remember. */
struct run {
    struct captioner *captioner;
    const struct captioner_writing *writing;
    const struct app_inputs *inputs;
    bool with_paths; /* path<TAB>caption, not the bare caption */
    size_t failed;
};

static void print_result(struct run *run, const char *path, const struct captioner_result *result,
                         const struct captioner_error *why)
{
    if (!result) {
        app_warn("%s", why->text);
        run->failed++;
    } else if (run->with_paths) {
        printf("%s\t%s\n", path, result->captions[0].text);
    } else {
        printf("%s\n", result->captions[0].text);
    }
}

/* Captions the photos [first, first + count); false when there is no going on. */
static bool caption_batch(struct run *run, struct app_progress *progress, size_t first,
                          size_t count)
{
    struct captioner_photo photos[MOST_PHOTOS_AT_ONCE] = {{0}};
    struct captioner_result *results[MOST_PHOTOS_AT_ONCE];
    struct captioner_error errors[MOST_PHOTOS_AT_ONCE], err;

    for (size_t i = 0; i < count; i++)
        photos[i].path = run->inputs->paths[first + i];
    if (captioner_caption_batch(run->captioner, photos, count, run->writing, results, errors,
                                &err) != CAPTIONER_OK) {
        app_progress_clear(progress);
        app_warn("%s", err.text);
        run->failed++;
        return false;
    }
    app_progress_clear(progress);
    for (size_t i = 0; i < count; i++) {
        print_result(run, photos[i].path, results[i], &errors[i]);
        captioner_result_destroy(results[i]);
    }
    return fflush(stdout) == 0; /* when it cannot be written, main says so */
}

static void caption_all(struct run *run, size_t at_once, bool quiet)
{
    struct app_progress progress;
    size_t first = 0, count;

    app_progress_start(&progress, run->inputs->count, quiet);
    for (; first < run->inputs->count; first += count) {
        count = run->inputs->count - first;
        count = count < at_once ? count : at_once;
        if (!caption_batch(run, &progress, first, count))
            break;
        app_progress_show(&progress, first + count);
    }
    app_progress_clear(&progress);
}

/* Finds and opens the model, then does the photos. */
static int run_on(struct run *run, struct settings *settings)
{
    struct captioner_error why;
    struct tn_error err;
    char *model;

    if (app_model_path(settings->model, &model, &err) != TN_OK)
        return app_fail(&err);
    settings->options.max_batch =
        run->inputs->count < MOST_PHOTOS_AT_ONCE ? run->inputs->count : MOST_PHOTOS_AT_ONCE;
    if (captioner_load(model, &settings->options, &run->captioner, &why) != CAPTIONER_OK) {
        app_warn("%s", why.text);
        free(model);
        return APP_FAILED;
    }
    caption_all(run, settings->options.max_batch, settings->quiet);
    captioner_destroy(run->captioner);
    free(model);
    return run->failed ? APP_FAILED : APP_OK;
}

static int caption_operands(struct settings *settings, char *const *operands, size_t count)
{
    struct app_inputs inputs = {0};
    struct run run = {.writing = &settings->writing, .inputs = &inputs};
    struct tn_error err;
    int code = APP_OK;

    if (app_inputs_collect(&inputs, operands, count, &err) != TN_OK)
        code = app_fail(&err);
    run.with_paths = count > 1 || inputs.directories > 0;
    run.failed = inputs.failed;
    if (code == APP_OK && inputs.count > 0)
        code = run_on(&run, settings);
    if (run.failed)
        code = APP_FAILED;
    app_inputs_finish(&inputs);
    return code;
}

static int parse(struct settings *settings, int argc, char **argv, size_t *ret_operands)
{
    struct captioner_writing *writing = &settings->writing;
    const size_t unset = SIZE_MAX;
    size_t seed = unset;
    double temperature = 0;
    bool sample = false;
    const struct app_option options[] = {
        app_option_text('m', "model", "FILE", &settings->model, "the model file"),
        app_option_number('b', "beam", "N", &writing->beam, 1, 64,
                          "sentences kept while searching (3)"),
        app_option_number('w', "max-words", "N", &writing->max_words, 1, 64,
                          "longest caption, in words (20)"),
        app_option_flag('s', "sample", &sample, "draw the words at random instead"),
        app_option_real(0, "temperature", "X", &temperature, 0.01, 100,
                        "with --sample: below 1 is safer, above bolder (1)"),
        app_option_number(0, "seed", "N", &seed, 0, (size_t)1 << 53,
                          "with --sample: equal seeds, equal captions (0)"),
        app_option_number('j', "threads", "N", &settings->options.threads, 0, 1024,
                          "threads to use (0: one a core)"),
        app_option_number(0, "max-pixels", "N", &settings->options.max_pixels, 1, (size_t)1 << 40,
                          "refuse larger pictures (250000000)"),
        app_option_flag('q', "quiet", &settings->quiet, "no progress, only errors"),
        app_option_flag('V', "version", &settings->version, "print the version"),
    };
    const struct app_syntax syntax = {
        .command = "caption",
        .synopsis = "[OPTION]... PHOTO|DIRECTORY...\nCOMMAND [OPTION]... [ARGUMENT]...",
        .about = "Prints a sentence that describes the photo; for several: path, tab, sentence.",
        .commands = app_commands,
        .options = options,
        .option_count = APP_COUNT(options),
        .operands_max = SIZE_MAX,
        .operand = "photo",
    };
    int code = app_parse(&syntax, argc, argv, ret_operands);

    if (code != APP_PROCEED || settings->version)
        return code;
    if (*ret_operands == 0)
        return app_usage_error(syntax.command, "no photo given");
    if (!sample && (temperature > 0 || seed != unset))
        return app_usage_error(syntax.command, "--%s needs --sample",
                               temperature > 0 ? "temperature" : "seed");
    writing->sample = sample;
    writing->seed = seed == unset ? 0 : seed;
    if (temperature > 0)
        writing->temperature = (float)temperature;
    return code;
}

int app_caption(int argc, char **argv)
{
    struct settings settings = {.writing = CAPTIONER_WRITING_DEFAULT};
    size_t operands;
    const int code = parse(&settings, argc, argv, &operands);

    if (code != APP_PROCEED)
        return code;
    if (settings.version) {
        printf("caption %s\n", APP_VERSION);
        return APP_OK;
    }
    return caption_operands(&settings, argv, operands);
}
