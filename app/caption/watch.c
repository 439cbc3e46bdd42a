/* SPDX-License-Identifier: MIT */
/* `caption watch DIRECTORY...`: captions what is in folders, and what comes into them. */
#include "app/caption/caption.h"

#include "app/caption/watch_source.h"
#include "app/cli/commands.h"
#include "app/cli/console.h"

/* Whether some output keeps what it got, so that a photo that comes again is known. */
static bool is_remembering(const struct app_caption_settings *settings)
{
    bool durable = settings->output || settings->gallery || settings->write_metadata;

    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++)
        durable |= settings->sidecars[i];
    return durable;
}

static int watch_folders(struct app_caption_settings *settings)
{
    struct app_watch *watch;
    struct app_source source;
    struct tn_error err;
    int code;

    app_hold_interrupts();
    if (app_watch_create(&settings->inputs, is_remembering(settings), settings->quiet,
                         (int)settings->poll * 1000, &watch, &err) != TN_OK)
        return app_fail(&err);
    source = app_watch_source(watch);
    app_finish_first("the photos under way are finished first (again: ends at once)");
    code = app_caption_photos(settings, &source);
    app_watch_destroy(watch);
    return code;
}

int app_watch(int argc, char **argv)
{
    struct app_caption_settings settings = {.writing = CAPTIONER_WRITING_DEFAULT, .watch = true};
    int code = app_caption_parse(&settings, argc, argv);

    if (code == APP_PROCEED)
        code = watch_folders(&settings);
    app_caption_finish(&settings);
    return code;
}
