/* SPDX-License-Identifier: MIT */
#include "app/cli/output_name.h"

#include "app/output/rows.h"
#include "base/path.h"
#include "image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

/* Each output by its role; `names` are the extensions that are its own.  The text may have those of
 * all formats of rows: which of them it is to have is known later. */
static const struct {
    const char *written; /* what a command says that it writes ... */
    const char *names[3];
    bool any_but_pictures;
    const char *made; /* ... and what is there, where it is replaced only when that was asked for */
} kinds[] = {
    [APP_TEXT_OUTPUT] = {.written = "captions"},
    [APP_FAILURES_OUTPUT] = {"a list of failures", {".tsv", ".txt"}, false, NULL},
    [APP_MODEL_OUTPUT] = {"a model", {".safetensors"}, false, "a model"},
    [APP_FEATURES_OUTPUT] = {"features of photos",
                             {".npy", ".safetensors"},
                             false,
                             "a file of features"},
    [APP_DRAWING_OUTPUT] = {"a PNG", {".png"}, false, "a drawing"},
    [APP_SCORES_OUTPUT] = {"scores in JSON", {".json"}, false, "a file of scores"},
    [APP_LOG_OUTPUT] = {"a log", {".csv", ".jsonl"}, false, "a log"},
    [APP_PAGE_OUTPUT] = {"a page of HTML", {".html"}, false, "a page"},
    [APP_OTHER_OUTPUT] = {.written = "data of its own", .any_but_pictures = true},
};

static bool is_own(enum app_file_role role, const char *extension)
{
    const size_t most = sizeof kinds[role].names / sizeof kinds[role].names[0];

    for (size_t i = 0; i < most && kinds[role].names[i]; i++)
        if (strcasecmp(extension, kinds[role].names[i]) == 0)
            return true;
    return false;
}

/* Some output of this program is named so. */
static bool is_known(const char *extension)
{
    bool known = false;

    for (enum app_file_role role = APP_TEXT_OUTPUT; role <= APP_OTHER_OUTPUT; role++)
        known |= is_own(role, extension);
    return known;
}

const char *app_written_as(enum app_file_role role)
{
    return kinds[role].written;
}

const char *app_made_before(enum app_file_role role)
{
    return role >= APP_TEXT_OUTPUT ? kinds[role].made : NULL;
}

const char *app_misnamed(enum app_file_role role, const char *path)
{
    const char *extension = tn_path_extension(path);
    const bool row = app_format_of_file(path) != NULL;

    if (is_own(role, extension) || (row && role == APP_TEXT_OUTPUT))
        return NULL;
    if (image_is_picture_name(path))
        return extension;
    return (row || is_known(extension)) && !kinds[role].any_but_pictures ? extension : NULL;
}
