/* SPDX-License-Identifier: MIT */
#include "app/serve/plain_error.h"

#include "app/output/json_row.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

enum tn_status serve_answer_json(unsigned code, struct json_object *object,
                                 struct serve_answer *ret_answer, struct tn_error *err)
{
    size_t size = 0;
    const char *text =
        object ? json_object_to_json_string_length(
                     object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size)
               : NULL;
    char *line = text ? malloc(size + 1) : NULL;

    if (line) {
        memcpy(line, text, size);
        line[size] = '\n';
    }
    json_object_put(object);
    if (!line)
        return tn_fail_nomem(err, size + 1);
    *ret_answer = (struct serve_answer){
        .code = code, .type = "application/json", .text = line, .size = size + 1};
    return TN_OK;
}

enum tn_status serve_fail_plainly(unsigned code, const char *text, struct serve_answer *ret_answer)
{
    json_object *object = json_object_new_object();
    bool lossy;

    json_object_object_add(object, "error", app_json_text(text, &lossy));
    return serve_answer_json(code, object, ret_answer, NULL);
}
