/* SPDX-License-Identifier: MIT */
/*
 * GET /: the page for people without a shell.  It is made of the files of app/serve/page/, and
 * needs nothing from elsewhere.  It asks for no token: it contains nothing but the languages, and
 * what it sends has the token that its reader types.
 */
#include "app/output/html.h"
#include "app/serve/route.h"
#include "app/serve_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_file(const struct serve_voices *voices)
{
    for (size_t i = 1; i < voices->count; i++)
        if (strcmp(voices->items[i].path, voices->items[0].path) != 0)
            return false;
    return true;
}

/* An option's value is what a request for this voice has in its query. */
static void write_voices(FILE *stream, const struct serve_voices *voices)
{
    const bool named = !is_one_file(voices);

    for (size_t i = 0; i < voices->count; i++) {
        const struct serve_voice *voice = &voices->items[i];

        fputs("<option value=\"lang=", stream);
        app_html_percent(stream, voice->language);
        if (named) {
            fputs("&amp;model=", stream);
            app_html_percent(stream, voice->name);
        }
        fputs("\">", stream);
        app_html_text(stream, voice->language);
        if (named) {
            fputs(" (", stream);
            app_html_text(stream, voice->name);
            fputs(")", stream);
        }
        fputs("</option>\n", stream);
    }
}

static enum tn_status answer_page(const struct serve_request *request,
                                  const struct serve_call *call, struct serve_answer *ret_answer,
                                  struct tn_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    (void)call;
    if (!stream)
        return tn_fail_nomem(err, sizeof serve_page_head);
    fputs(serve_page_head, stream);
    write_voices(stream, request->voices);
    fputs(serve_page_foot, stream);
    if (fclose(stream) != 0) {
        free(text);
        return tn_fail_nomem(err, sizeof serve_page_head);
    }
    *ret_answer = (struct serve_answer){
        .code = 200,
        .type = "text/html; charset=utf-8",
        .text = text,
        .size = size,
    };
    return TN_OK;
}

static enum tn_status fail_in_words(unsigned code, const char *text,
                                    struct serve_answer *ret_answer)
{
    char *copy = strdup(text);

    if (!copy)
        return TN_NOMEM;
    *ret_answer = (struct serve_answer){
        .code = code,
        .type = "text/plain; charset=utf-8",
        .text = copy,
        .size = strlen(copy),
    };
    return TN_OK;
}

const struct serve_route serve_routes_page[] = {
    {"GET", "/", serve_read_nothing, answer_page, fail_in_words},
    {NULL, NULL, NULL, NULL, NULL},
};
