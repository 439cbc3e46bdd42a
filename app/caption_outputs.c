/* SPDX-License-Identifier: MIT */
/* From options to outputs. */
#include "app/caption.h"

static enum tn_status add_rows(const struct app_format *format, const char *file,
                               const struct app_caption_settings *settings,
                               struct app_output **outputs, size_t *count, struct tn_error *err)
{
    TN_TRY(app_rows_create(format, file, settings->existing, &outputs[*count], err));
    ++*count;
    return TN_OK;
}

enum tn_status app_caption_outputs(const struct app_caption_settings *settings, bool single,
                                   struct app_output *outputs[APP_MOST_OUTPUTS], size_t *count,
                                   struct tn_error *err)
{
    const struct app_format *format = settings->format;

    if (!format)
        format = single ? &app_format_bare : &app_format_text;
    TN_TRY(add_rows(format, settings->output, settings, outputs, count, err));
    if (settings->gallery)
        TN_TRY(add_rows(&app_format_gallery, settings->gallery, settings, outputs, count, err));
    return TN_OK;
}
