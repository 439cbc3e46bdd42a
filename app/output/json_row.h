/* SPDX-License-Identifier: MIT */
/* A photo's row in JSON, as -f jsonl and the server write it.  The caller gives the objects back by
 * json_object_put; without memory they are NULL, or lack what there was none for. */
#ifndef APP_JSON_ROW_H
#define APP_JSON_ROW_H

#include "app/output/output.h"

#include <stdbool.h>

/* JSON is Unicode and paths are bytes: what is not UTF-8 becomes U+FFFD, and *ret_lossy is set. */
struct json_object *app_json_text(const char *text, bool *ret_lossy);

/* A number of four decimals. */
struct json_object *app_json_number(double value);

/* [{"keyword": ..., "probability": ...}, ...] */
struct json_object *app_json_keywords(const struct captioner_result *result);

/* path, language, model, version, not_a_photo, error, keywords, captions (docs/outputs.md).  A path
 * that is NULL (a photo that is no file) is left out. */
struct json_object *app_json_row(const struct app_entry *entry);

#endif
