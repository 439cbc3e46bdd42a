/* SPDX-License-Identifier: MIT */
#include "models/file/model_config.h"

#include "models/file/model_keys.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum tn_status model_config_open(struct model_config *config, const struct tn_file *file,
                                 const char *owner, const char *text, struct tn_error *err)
{
    struct model_config opened = {file, owner, text ? json_tokener_parse(text) : NULL};

    if (!json_object_is_type(opened.object, json_type_object)) {
        model_config_close(&opened);
        return model_config_bad(&opened, "configuration", "a JSON object", err);
    }
    *config = opened;
    return TN_OK;
}

void model_config_close(struct model_config *config)
{
    json_object_put(config->object);
}

enum tn_status model_config_bad(const struct model_config *config, const char *member,
                                const char *expected, struct tn_error *err)
{
    return tn_fail(err, TN_FORMAT, "%s: %s: its %s should be %s", tn_file_path(config->file),
                   config->owner, member, expected);
}

struct json_object *model_config_find(const struct model_config *config, const char *member)
{
    return json_object_object_get(config->object, member);
}

const char *model_config_text(const struct model_config *config, const char *member)
{
    struct json_object *value = model_config_find(config, member);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

enum tn_status model_config_size(const struct model_config *config, const char *member,
                                 size_t *ret_size, struct tn_error *err)
{
    struct json_object *value = model_config_find(config, member);

    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 1 ||
        json_object_get_int64(value) > INT32_MAX)
        return model_config_bad(config, member, "a whole number from 1", err);
    *ret_size = (size_t)json_object_get_int64(value);
    return TN_OK;
}

enum tn_status model_config_cell(const struct model_config *config,
                                 const struct rnn_cell_ops **ret_cell, struct tn_error *err)
{
    const char *name = model_config_text(config, "cell");
    const struct rnn_cell_ops *cell = rnn_cell_find(name);

    if (!cell)
        return tn_fail(err, TN_UNSUPPORTED, "%s: %s has the cell '%s'; this program knows %s",
                       tn_file_path(config->file), config->owner, name, rnn_cell_names());
    *ret_cell = cell;
    return TN_OK;
}

enum tn_status model_read_vocabulary(const struct tn_file *file, const char *key,
                                     struct vocab **ret_vocab, struct tn_error *err)
{
    const char *text = tn_file_metadata(file, key);
    struct tn_error why = {.text = ""};
    enum tn_status status;

    if (!text)
        return tn_fail(err, TN_FORMAT, "%s: there is no %s", tn_file_path(file), key);
    status = vocab_parse(text, strlen(text), ret_vocab, &why);
    if (status != TN_OK)
        return tn_fail(err, status, "%s: %s: %s", tn_file_path(file), key, why.text);
    return TN_OK;
}

static bool is_listed(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

enum tn_status model_config_check_members(const struct model_config *config,
                                          const char *const *known, struct tn_error *err)
{
    json_object_object_foreach(config->object, member, value)
    {
        (void)value;
        if (!is_listed(known, member))
            return tn_fail(err, TN_UNSUPPORTED,
                           "%s: %s has a '%s', which this program does not know; update it",
                           tn_file_path(config->file), config->owner, member);
    }
    return TN_OK;
}

enum tn_status model_check_version(const struct tn_file *file, int newest, struct tn_error *err)
{
    const char *path = tn_file_path(file), *text = tn_file_metadata(file, MODEL_KEY_VERSION);
    char *end;
    long version;

    if (!text)
        return tn_fail(err, TN_FORMAT, "%s: there is no %s", path, MODEL_KEY_VERSION);
    errno = 0;
    version = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || version < 1)
        return tn_fail(err, TN_FORMAT, "%s: '%s' is no format version", path, text);
    if (version > newest)
        return tn_fail(err, TN_VERSION,
                       "%s: format version %ld, this program reads up to %d; update it", path,
                       version, newest);
    return TN_OK;
}
