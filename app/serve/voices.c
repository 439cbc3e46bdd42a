/* SPDX-License-Identifier: MIT */
#include "app/serve/voices.h"

#include "app/cli/model_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file in one language.  Its first language is loaded at the start, the others when a request
 * asks for them. */
struct voice {
    char *name, *path;           /* owned */
    struct captioner *captioner; /* of this language, owned; NULL: not loaded yet */
};

struct voices {
    struct serve_voices public; /* the head, which others see */
    size_t threads;
    struct serve_voice *items;
    struct voice *own; /* [public.count], of the items */
};

static enum captioner_status load(const char *path, const char *language, size_t threads,
                                  struct captioner **ret_captioner, struct captioner_error *error)
{
    const struct captioner_options options = {
        .threads = threads, .max_batch = SERVE_BATCH, .language = language};

    return captioner_load(path, &options, ret_captioner, error);
}

static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');

    return strndup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static enum tn_status reserve(struct voices *voices, size_t more, struct tn_error *err)
{
    const size_t count = voices->public.count + more;
    struct serve_voice *items = realloc(voices->items, count * sizeof *items);
    struct voice *own;

    if (!items)
        return tn_fail_nomem(err, count * sizeof *items);
    voices->public.items = voices->items = items;
    own = realloc(voices->own, count * sizeof *own);
    if (!own)
        return tn_fail_nomem(err, count * sizeof *own);
    voices->own = own;
    return TN_OK;
}

/* A language of the captioner's file. */
static enum tn_status add_voice(struct voices *voices, const char *path,
                                struct captioner *captioner, size_t language, struct tn_error *err)
{
    struct voice own = {.name = name_of(path), .path = strdup(path)};

    if (!own.name || !own.path) {
        free(own.name);
        free(own.path);
        return tn_fail_nomem(err, strlen(path));
    }
    voices->items[voices->public.count] =
        (struct serve_voice){.name = own.name,
                             .path = own.path,
                             .language = captioner_language_at(captioner, language),
                             .captioner = captioner};
    voices->own[voices->public.count++] = own;
    return TN_OK;
}

static enum tn_status check_name(const struct voices *voices, const char *path,
                                 struct tn_error *err)
{
    char *name = name_of(path);
    enum tn_status status = name ? TN_OK : tn_fail_nomem(err, strlen(path));

    for (size_t i = 0; i < voices->public.count && status == TN_OK; i++)
        if (strcmp(voices->items[i].name, name) == 0)
            status = tn_fail(err, TN_RANGE, "%s and %s: two models with the name %s; rename one",
                             voices->items[i].path, path, name);
    free(name);
    return status;
}

static enum tn_status add_file(struct voices *voices, const char *path, struct tn_error *err)
{
    const size_t first = voices->public.count;
    struct captioner *captioner;
    struct captioner_error why;
    enum captioner_status loaded;
    size_t languages = 0;
    enum tn_status status;

    TN_TRY(check_name(voices, path, err));
    loaded = load(path, NULL, voices->threads, &captioner, &why);
    if (loaded != CAPTIONER_OK)
        return tn_fail(err, (enum tn_status)loaded, "%s", why.text);
    while (captioner_language_at(captioner, languages))
        languages++;
    status = reserve(voices, languages, err);
    for (size_t i = 0; i < languages && status == TN_OK; i++)
        status = add_voice(voices, path, captioner, i, err);
    if (status == TN_OK)
        voices->own[first].captioner = captioner;
    else
        captioner_destroy(captioner);
    return status;
}

/* What requests get that name none, loaded at once. */
static enum tn_status put_first(struct voices *voices, const char *language, struct tn_error *err)
{
    struct serve_voice *items = voices->items;
    const struct serve_voice *found;
    struct captioner_error why;
    enum captioner_status status;
    struct captioner *captioner;

    TN_TRY(serve_voice_find(&voices->public, items[0].name, language, &found, err));
    if (found != items) {
        const size_t place = (size_t)(found - items);
        const struct serve_voice item = *found;
        const struct voice own = voices->own[place];

        items[place] = items[0];
        items[0] = item;
        voices->own[place] = voices->own[0];
        voices->own[0] = own;
    }
    status = serve_voice_captioner(&voices->public, items, &captioner, &why);
    return status == CAPTIONER_OK ? TN_OK : tn_fail(err, (enum tn_status)status, "%s", why.text);
}

enum tn_status serve_voices_load(const char *const *paths, size_t count, const char *language,
                                 size_t threads, struct serve_voices **ret_voices,
                                 struct tn_error *err)
{
    struct voices *voices = calloc(1, sizeof *voices);
    enum tn_status status = TN_OK;

    if (!voices)
        return tn_fail_nomem(err, sizeof *voices);
    voices->threads = threads;
    for (size_t i = 0; i < (count > 0 ? count : 1) && status == TN_OK; i++) {
        char *path = NULL;

        status = app_model_path(count > 0 ? paths[i] : NULL, &path, err);
        if (status == TN_OK)
            status = add_file(voices, path, err);
        free(path);
    }
    if (status == TN_OK && language)
        status = put_first(voices, language, err);
    if (status != TN_OK)
        serve_voices_destroy(&voices->public);
    else
        *ret_voices = &voices->public;
    return status;
}

void serve_voices_destroy(struct serve_voices *public)
{
    struct voices *voices = (struct voices *)public;

    if (!voices)
        return;
    for (size_t i = 0; i < voices->public.count; i++) {
        captioner_destroy(voices->own[i].captioner);
        free(voices->own[i].name);
        free(voices->own[i].path);
    }
    free(voices->items);
    free(voices->own);
    free(voices);
}

static enum tn_status fail_to_find(const struct serve_voices *voices, const char *name,
                                   const char *language, struct tn_error *err)
{
    char there[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < voices->count && used < sizeof there; i++)
        used += (size_t)snprintf(there + used, sizeof there - used, "%s%s (%s)", i ? ", " : "",
                                 voices->items[i].name, voices->items[i].language);
    return tn_fail(err, TN_NOTFOUND, "no model %s%s%s; there %s %s", name ? name : "",
                   name && language ? " in "
                   : language       ? "in the language "
                                    : "",
                   language ? language : "", voices->count == 1 ? "is" : "are", there);
}

enum tn_status serve_voice_find(const struct serve_voices *voices, const char *name,
                                const char *language, const struct serve_voice **ret_voice,
                                struct tn_error *err)
{
    for (size_t i = 0; i < voices->count; i++)
        if ((!name || strcmp(voices->items[i].name, name) == 0) &&
            (!language || strcmp(voices->items[i].language, language) == 0)) {
            *ret_voice = &voices->items[i];
            return TN_OK;
        }
    return fail_to_find(voices, name, language, err);
}

enum captioner_status serve_voice_captioner(struct serve_voices *public,
                                            const struct serve_voice *voice,
                                            struct captioner **ret_captioner,
                                            struct captioner_error *error)
{
    struct voices *voices = (struct voices *)public;
    struct voice *own = &voices->own[voice - public->items];
    enum captioner_status status = CAPTIONER_OK;

    if (!own->captioner)
        status = load(own->path, voice->language, voices->threads, &own->captioner, error);
    if (status == CAPTIONER_OK)
        *ret_captioner = own->captioner;
    return status;
}
