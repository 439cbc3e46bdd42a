/* SPDX-License-Identifier: MIT */
#include "app/cli/version.h"

#include "app/cli/model_path.h"
#include "app/output/metadata.h"
#include "app/paths.h"
#include "image/image.h"
#include "models/captioner/captioner.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef APP_HAVE_FONTCONFIG
enum { APP_SYSTEM_FONTS = 1 };
#else
enum { APP_SYSTEM_FONTS = 0 };
#endif

static void print_model(const char *path)
{
    const struct captioner_options options = {.threads = 1};
    struct captioner *captioner;
    struct captioner_error error;

    if (captioner_load(path, &options, &captioner, &error) != CAPTIONER_OK) {
        printf("model: %s\n", error.text);
        return;
    }
    printf("model: %s (%s, %zu words;", path, captioner_cell(captioner),
           captioner_vocabulary_size(captioner));
    for (size_t i = 0; captioner_language_at(captioner, i); i++)
        printf(" %s", captioner_language_at(captioner, i));
    printf(")\n");
    captioner_destroy(captioner);
}

void app_print_version(const char *given)
{
    struct tn_error err;
    char *path;

    printf("caption %s\n", APP_VERSION);
    if (app_model_path(given, &path, &err) == TN_OK) {
        print_model(path);
        free(path);
    } else {
        printf("%s\n", err.text);
    }
    printf("photos:");
    for (const char *const *format = image_formats(); *format; format++)
        printf(" %s", *format);
    printf("\nfeatures: captions in metadata %s, system fonts %s\n",
           app_metadata_available(NULL) == TN_OK ? "yes" : "no (exiv2)",
           APP_SYSTEM_FONTS ? "yes" : "no (fontconfig)");
}
