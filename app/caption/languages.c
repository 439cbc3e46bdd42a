/* SPDX-License-Identifier: MIT */
#include "app/caption/caption.h"
#include "app/cli/commands.h"

#include <stdlib.h>
#include <string.h>

static bool is_named(const struct app_languages *languages, const char *name)
{
    bool named = strcmp(languages->first, name) == 0;

    for (size_t i = 0; i < languages->further_count; i++)
        named = named || strcmp(languages->further[i], name) == 0;
    return named;
}

/* Adds the names of a list, which is cut at its commas. */
static bool add_names(struct app_languages *languages, char *list)
{
    languages->first = strsep(&list, ",");
    while (list) {
        const char *name = strsep(&list, ",");

        if (*name == '\0' || is_named(languages, name) ||
            languages->further_count == APP_MOST_TRANSLATIONS)
            return false;
        languages->further[languages->further_count++] = name;
    }
    return *languages->first != '\0' && languages->further_count > 0;
}

/* What has one caption, or one text, per photo; NULL: nothing has. */
static const char *of_one_language(const struct app_caption_settings *s)
{
    const char *what = s->gallery || s->format == &app_format_gallery ? "the gallery"
                       : s->format == &app_format_imagefolder         ? "an imagefolder"
                       : s->explain                                   ? "--explain"
                       : s->vectors                                   ? "--vectors"
                                                                      : NULL;

    for (size_t i = 0; i < APP_SIDECAR_COUNT && !what; i++)
        if (s->sidecars[i] && app_sidecar_kinds[i] != &app_sidecar_xmp)
            what = "a sidecar of text";
    return what;
}

int app_languages_set(struct app_caption_settings *settings)
{
    struct app_languages *languages = &settings->languages;
    const char *const list = settings->options.language;
    struct tn_error err;

    if (!list || !strchr(list, ','))
        return APP_PROCEED;
    languages->names = strdup(list);
    if (!languages->names) {
        (void)tn_fail_nomem(&err, strlen(list) + 1);
        return app_fail(&err);
    }
    if (!add_names(languages, languages->names))
        return app_usage_error("caption",
                               "--lang '%s': expected up to %d different languages with commas "
                               "between, such as en,zh",
                               list, APP_MOST_TRANSLATIONS + 1);
    settings->options.language = languages->first;
    if (of_one_language(settings))
        return app_usage_error("caption",
                               "--lang '%s': %s has one language; several are in text, tsv, csv, "
                               "json, jsonl, --template, --sidecar xmp and --write-metadata",
                               list, of_one_language(settings));
    return APP_PROCEED;
}

void app_languages_finish(struct app_languages *languages)
{
    free(languages->names);
    *languages = (struct app_languages){0};
}

/* One V serves all: it must be of as many views. */
static enum tn_status check_views(const char *path, const struct captioner *first,
                                  const struct captioner *further, struct tn_error *err)
{
    if (captioner_views(first) == captioner_views(further))
        return TN_OK;
    return tn_fail(
        err, TN_UNSUPPORTED,
        "%s: '%s' was trained with mirror images of the photos and '%s' was not: caption in "
        "one language at a time",
        path, captioner_language(captioner_views(first) > 1 ? first : further),
        captioner_language(captioner_views(first) > 1 ? further : first));
}

enum tn_status app_languages_load(const struct app_languages *languages, const char *path,
                                  const struct captioner_options *options,
                                  const struct captioner *first,
                                  struct captioner *further[APP_MOST_TRANSLATIONS],
                                  struct tn_error *err)
{
    struct captioner_options reading = *options;
    struct captioner_error why;

    reading.vectors = 2; /* those that the first language's captioner makes of photos */
    for (size_t i = 0; i < languages->further_count; i++) {
        reading.language = languages->further[i];
        if (captioner_load(path, &reading, &further[i], &why) != CAPTIONER_OK)
            return tn_fail(err, (enum tn_status)why.status, "%s", why.text);
        TN_TRY(check_views(path, first, further[i], err));
    }
    return TN_OK;
}
