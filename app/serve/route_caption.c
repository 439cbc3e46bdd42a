/* SPDX-License-Identifier: MIT */
/* POST /caption: a photo's bytes, or a form of several, become rows as -f jsonl writes them. */
#include "app/serve/multipart.h"
#include "app/serve/plain_error.h"
#include "app/serve/wishes.h"

#include "app/output/json_row.h"

#include <json.h>
#include <stdlib.h>

/* What the answer has to know of the request. */
struct state {
    struct app_wording wording;
    bool form; /* answered by an array, however many photos it has */
    struct serve_part parts[SERVE_MOST_PHOTOS]; /* of a form */
};

static enum tn_status read_form(const struct serve_request *request, const char *type,
                                struct state *state, struct serve_call *call, struct tn_error *err)
{
    size_t count;

    TN_TRY(serve_multipart_read(type, request->body, request->size, state->parts, SERVE_MOST_PHOTOS,
                                &count, err));
    for (size_t i = 0; i < count; i++)
        call->photos[i] =
            (struct serve_photo){.bytes = state->parts[i].bytes, .size = state->parts[i].size};
    state->form = true;
    call->photo_count = count;
    return TN_OK;
}

static enum tn_status read(const struct serve_request *request, struct serve_call *call,
                           struct tn_error *err)
{
    const char *type = serve_header(request, "Content-Type");
    struct state *state = calloc(1, sizeof *state);

    if (!state)
        return tn_fail_nomem(err, sizeof *state);
    call->state = state;
    call->destroy = free;
    TN_TRY(serve_read_wishes(request, call, &state->wording, err));
    if (serve_is_multipart(type))
        return read_form(request, type, state, call, err);
    if (request->size == 0)
        return tn_fail(err, TN_RANGE, "the body is empty; expected the bytes of a photo");
    call->photos[0] = (struct serve_photo){.bytes = request->body, .size = request->size};
    call->photo_count = 1;
    return TN_OK;
}

static json_object *failure_row(const char *path, const char *text)
{
    json_object *row = json_object_new_object();
    bool lossy;

    if (path)
        json_object_object_add(row, "path", app_json_text(path, &lossy));
    json_object_object_add(row, "error", app_json_text(text, &lossy));
    return row;
}

/* NULL: no memory. */
static json_object *photo_row(const struct serve_call *call, size_t photo)
{
    const struct state *state = call->state;
    const struct serve_photo *from = &call->photos[photo];
    struct app_entry entry = {.path = state->form ? state->parts[photo].name : NULL,
                              .language = call->voice->language,
                              .model = captioner_fingerprint(call->voice->captioner),
                              .keywords = call->writing.keywords > 0};
    struct app_worded worded;
    json_object *row;

    if (!from->result)
        return failure_row(entry.path, from->error.text);
    if (app_word(&state->wording, from->result, &worded, NULL) != TN_OK)
        return NULL;
    entry.result = &worded.result;
    row = app_json_row(&entry);
    app_worded_finish(&worded);
    return row;
}

static enum tn_status answer(const struct serve_request *request, const struct serve_call *call,
                             struct serve_answer *ret_answer, struct tn_error *err)
{
    const struct state *state = call->state;
    json_object *rows;

    (void)request;
    if (!state->form)
        return serve_answer_json(200, photo_row(call, 0), ret_answer, err);
    rows = json_object_new_array();
    for (size_t i = 0; i < call->photo_count; i++)
        json_object_array_add(rows, photo_row(call, i));
    return serve_answer_json(200, rows, ret_answer, err);
}

const struct serve_route serve_routes_caption[] = {
    {"POST", "/caption", read, answer, serve_fail_plainly},
    {NULL, NULL, NULL, NULL, NULL},
};
