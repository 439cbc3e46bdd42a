/* SPDX-License-Identifier: MIT */
/* From options to outputs. */
#include "app/caption/caption.h"

#include "app/cli/together.h"
#include "app/output/gallery.h"
#include "app/output/photo_metadata.h"

static struct app_format format_of_rows(const struct app_caption_settings *s, bool single,
                                        bool percent)
{
    const struct app_format *usual = single && !s->in_step ? &app_format_bare : &app_format_text;
    struct app_format format = s->format ? *s->format : *usual;

    format = app_format_with_keywords(&format, s->writing.keywords > 0);
    format.template = s->template;
    format.percent = percent && !s->format && app_prints_to_terminal();
    return format;
}

static enum tn_status create_rows(const struct app_caption_settings *s, bool single, bool percent,
                                  struct app_output **ret_output, struct tn_error *err)
{
    const struct app_format format = format_of_rows(s, single, percent);

    if (s->output && s->format == &app_format_gallery)
        return app_gallery_create(&format, s->output, s->existing, ret_output, err);
    return app_rows_create(&format, s->output, s->existing, ret_output, err);
}

/* TN_TRY, and the output counts from here on. */
#define ADD(create)                                                                                \
    do {                                                                                           \
        TN_TRY(create);                                                                            \
        ++*count;                                                                                  \
    } while (0)

enum tn_status app_caption_outputs(const struct app_caption_settings *s, bool single, bool percent,
                                   struct app_output *outputs[APP_MOST_OUTPUTS], size_t *count,
                                   struct tn_error *err)
{
    const struct app_sidecar_options sidecars = {.existing = s->existing,
                                                 .name = s->sidecar_name,
                                                 .directory = s->sidecar_directory,
                                                 .inputs = &s->inputs,
                                                 .guard = &s->guard};
    bool xmp = false;

    ADD(create_rows(s, single, percent, &outputs[*count], err));
    outputs[0]->in_step = s->in_step;
    if (s->gallery)
        ADD(app_gallery_create(&app_format_gallery, s->gallery, s->existing, &outputs[*count],
                               err));
    for (size_t i = 0; i < APP_SIDECAR_COUNT; i++) {
        if (!s->sidecars[i])
            continue;
        ADD(app_sidecar_create(app_sidecar_kinds[i], &sidecars, &outputs[*count], err));
        xmp |= app_sidecar_kinds[i] == &app_sidecar_xmp;
    }
    if (s->write_metadata)
        ADD(app_photo_metadata_create(s->existing, xmp, !single, &outputs[*count], err));
    return TN_OK;
}
