/* SPDX-License-Identifier: MIT */
/* Where the model files are that come with the programs. */
#ifndef APP_MODEL_PATH_H
#define APP_MODEL_PATH_H

#include "base/status.h"

/*
 * The model to use, in this order: given (the --model option, NULL when absent); the environment
 * variable CAPTION_MODEL; the program itself, where it contains a model (TN_FILE_SECTION of
 * tensor/safetensors.h); for a program that was not installed, models/pretrained/ of the source
 * tree; the data directory beside the program, so that an installation may be moved as a whole; the
 * data directory that the build was configured with.  The first two are returned unseen, so that
 * opening them says what is wrong, but for "coco", where no file is called so: that is the shipped
 * caption-coco.safetensors.  The others are taken when they exist, and where none does, the shipped
 * model of another name is.
 *
 * The caller frees the path.  Errors: TN_NOTFOUND (says where it looked), TN_NOMEM, TN_FORMAT (the
 * program is cut short).
 */
TN_NODISCARD enum tn_status app_model_path(const char *given, char **ret_path,
                                           struct tn_error *err);

/* Where a file or folder is that comes with the program: `name` is its path below the folder of the
 * shipped models, "text/poems.safetensors".  It is looked for where the usual model is.  The caller
 * frees the path.  Errors: TN_NOTFOUND (names the first place), TN_NOMEM. */
TN_NODISCARD enum tn_status app_shipped_path(const char *name, char **ret_path,
                                             struct tn_error *err);

#endif
