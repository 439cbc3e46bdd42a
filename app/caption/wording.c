/* SPDX-License-Identifier: MIT */
#include "app/caption/wording.h"

#include "app/cli/text_escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void choose(const struct app_wording *wording, const struct captioner_result *result,
                   struct app_worded *worded)
{
    worded->texts = NULL;
    worded->result = *result;
    worded->result.captions = worded->captions;
    worded->result.count = 0;
    if (result->not_a_photo && !wording->any_picture) {
        worded->result.keyword_count = 0;
        return;
    }
    for (size_t i = 0; i < result->count; i++)
        if (result->captions[i].confidence >= wording->min_confidence)
            worded->captions[worded->result.count++] = result->captions[i];
}

enum tn_status app_word(const struct app_wording *wording, const struct captioner_result *result,
                        struct app_worded *ret_worded, struct tn_error *err)
{
    const char *prefix = wording->prefix ? wording->prefix : "";
    const char *suffix = wording->suffix ? wording->suffix : "";
    const size_t added = strlen(prefix) + strlen(suffix);
    size_t size = 0;
    char *text;

    choose(wording, result, ret_worded);
    if (added == 0)
        return TN_OK;
    for (size_t i = 0; i < ret_worded->result.count; i++)
        size += strlen(ret_worded->captions[i].text) + added + 1;
    text = ret_worded->texts = malloc(size + 1);
    if (!text)
        return tn_fail_nomem(err, size + 1);
    for (size_t i = 0; i < ret_worded->result.count; i++) {
        const char *caption = ret_worded->captions[i].text;

        ret_worded->captions[i].text = text;
        text += sprintf(text, "%s%s%s", prefix, caption, suffix) + 1;
    }
    return TN_OK;
}

void app_worded_finish(struct app_worded *worded)
{
    free(worded->texts);
}

/* U+FDD0 to U+FDEF, and the last two of each plane; XML could not have U+FFFE and U+FFFF. */
static bool has_noncharacter(const char *text)
{
    utf8proc_int32_t character;
    utf8proc_ssize_t step;

    while ((step = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character)) > 0 &&
           character != 0) {
        if ((character >= 0xFDD0 && character <= 0xFDEF) || (character & 0xFFFE) == 0xFFFE)
            return true;
        text += step;
    }
    return false;
}

bool app_is_wording(const char *text, const char *kept)
{
    const size_t length = strlen(text);
    char *shown = malloc(APP_VISIBLE_GROWTH * length + 1);
    const bool same = shown && app_escape_visible(text, length, kept, shown) == length &&
                      memcmp(text, shown, length) == 0;

    free(shown);
    return same && !has_noncharacter(text);
}
