/* SPDX-License-Identifier: MIT */
#include "exchange/pickle_private.h"

#include <string.h>

const struct pickle_value *pickle_next(const struct pickle *pickle, uint32_t *item)
{
    const struct pickle_link *link = &pickle->links[*item];

    *item = link->next;
    return &pickle->values[link->value];
}

const struct pickle_value *pickle_item(const struct pickle *pickle,
                                       const struct pickle_value *value, size_t index)
{
    const struct pickle_value *found;
    uint32_t item = value->first;

    do
        found = pickle_next(pickle, &item);
    while (index-- > 0);
    return found;
}

static bool equals(const char *text, size_t length, const char *expected, size_t expected_length)
{
    return length == expected_length && memcmp(text, expected, length) == 0;
}

bool pickle_is_text(const struct pickle_value *value, const char *text)
{
    return value->kind == PICKLE_TEXT && equals(value->text, value->length, text, strlen(text));
}

bool pickle_is_global(const struct pickle_value *value, const char *name)
{
    const size_t module = strcspn(name, " ");

    return value->kind == PICKLE_GLOBAL && equals(value->text, value->length, name, module) &&
           equals(value->name, value->name_length, name + module + 1, strlen(name + module + 1));
}

const struct pickle_value *pickle_function(const struct pickle *pickle,
                                           const struct pickle_value *call)
{
    return &pickle->values[call->function];
}

const struct pickle_value *pickle_arguments(const struct pickle *pickle,
                                            const struct pickle_value *value)
{
    return &pickle->values[value->arguments];
}

const struct pickle_value *pickle_member(const struct pickle *pickle,
                                         const struct pickle_value *dict, const char *key)
{
    const struct pickle_value *found = NULL;

    if (dict->kind != PICKLE_DICT && dict->kind != PICKLE_CALL)
        return NULL;
    for (uint32_t item = dict->first; item != PICKLE_NO_ITEM;) {
        const bool is_it = pickle_is_text(pickle_next(pickle, &item), key);

        if (item == PICKLE_NO_ITEM)
            break;
        if (is_it)
            found = &pickle->values[pickle->links[item].value];
        pickle_next(pickle, &item);
    }
    return found;
}
