/* SPDX-License-Identifier: MIT */
#include "app/cli/version.h"

#include "app/built_in.h"
#include "app/cli/commit.h"
#include "app/cli/model_path.h"
#include "app/cli/not_built_in.h"
#include "app/paths.h"
#include "image/image.h"
#include "models/file/model_file.h"

#include <stdio.h>
#include <stdlib.h>

/* The file alone: what a run would make of it takes four times as long. */
static void print_model(const char *path)
{
    const struct model_decoder *decoder;
    struct model model;
    struct tn_error err;

    if (model_load(&model, path, &err) != TN_OK) {
        printf("model: %s\n", err.text);
        return;
    }
    decoder = &model.decoders[0];
    printf("model: %s (%s, %zu words;", path, decoder->weights.config.cell->name,
           vocab_count(decoder->vocab) - VOCAB_FIRST_WORD);
    for (size_t i = 0; i < model.count; i++)
        printf(" %s", model.decoders[i].language);
    if (model_about(&model, decoder))
        printf("; learnt from %s", model_about(&model, decoder));
    printf(")\n");
    model_finish(&model);
}

static void print_formats(void)
{
    for (const char *const *format = image_formats(); *format; format++)
        printf("%s%s", format == image_formats() ? "photos: " : ", ", *format);
    printf("\n");
}

static void print_parts(void)
{
    for (const struct app_part *part = app_parts; part->name; part++) {
        printf("%s%s ", part == app_parts ? "features: " : ", ", part->name);
        if (part->built_in)
            printf("yes");
        else
            printf("no (%s)", part->needs);
    }
    printf("\n");
}

void app_print_version(const char *given)
{
    struct tn_error err;
    char *path;

    printf("caption %s%s\n", APP_VERSION, app_commit());
    if (app_model_path(given, &path, &err) == TN_OK) {
        print_model(path);
        free(path);
    } else {
        printf("%s\n", err.text);
    }
    print_formats();
    print_parts();
    if (APP_LINKED[0] != '\0')
        printf("static, with %s\n", APP_LINKED);
}
