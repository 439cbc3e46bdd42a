/* SPDX-License-Identifier: MIT */
/*
 * What a command reads it does not write, and what is not its own it does not write over.
 *
 * The option table says of each file what the command does with it, and app_parse has all of them
 * looked at before any is opened:
 *
 *  - an input is no output, and no two outputs are one file, whatever names and links lead to it;
 *  - a picture is not written over, nor a file that holds something else than would be written;
 *  - nothing is written under a name that shows another kind of file (app/cli/output_name.h);
 *  - a model, features, a drawing, scores, a log or a page that were made before are replaced only
 *    with the command's --overwrite (app_syntax.overwrite; of a training, train_check_settings
 * looks).
 *
 * Standard output and standard error count where they lead to a file, but may lead to one.  By
 * design the same file is read and written by what goes on with its own rows or cache, by commands
 * that are `in_place` (app/cli/options.h: the model that is calibrated), and by --write-metadata,
 * which is for the photos.
 */
#ifndef APP_GUARD_H
#define APP_GUARD_H

#include "base/status.h"

#include <stddef.h>

enum app_file_role {
    APP_NO_FILE,
    APP_FOLDER, /* what is read or written in it is looked at file by file */
    APP_INPUT,
    APP_MODEL, /* an input; when it is not given, the usual one (app/cli/model_path.h) */
    /* Outputs, by what they hold; an older one may be written over, anything else not. */
    APP_TEXT_OUTPUT,
    APP_FAILURES_OUTPUT, /* may be an open descriptor by its path, which is not emptied */
    APP_MODEL_OUTPUT,
    APP_FEATURES_OUTPUT,
    APP_DRAWING_OUTPUT,
    APP_SCORES_OUTPUT,
    APP_LOG_OUTPUT,
    APP_PAGE_OUTPUT,
    APP_OTHER_OUTPUT, /* who writes it looks at what is there, but it is no picture */
};

/* An output that no option has to name: --output's name with a suffix. */
struct app_beside {
    const char *suffix;
    const char *unless; /* the option that names another place for it; NULL: none does */
    const char *what;   /* for messages: "the curve" */
    enum app_file_role role;
};

struct app_syntax;

/* The files of a command line, but for its operands. */
struct app_guard {
    struct app_guard_file *files; /* owned; argv is borrowed */
    size_t count, capacity;
};

/* After the options were set.  Returns APP_PROCEED, or what a refusal or a lack of memory ends the
 * program with; it has been reported.  The caller finishes the guard in every case. */
int app_guard_check(const struct app_syntax *syntax, char *const *operands, size_t count,
                    struct app_guard *guard);
void app_guard_finish(struct app_guard *guard);

/* Whether a sidecar may be written to path: not when it is a file of the command line.  guard NULL:
 * all may.  Errors: TN_RANGE, with a message. */
TN_NODISCARD enum tn_status app_guard_sidecar(const struct app_guard *guard, const char *path,
                                              struct tn_error *err);

#endif
