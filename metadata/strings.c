/* SPDX-License-Identifier: MIT */
#include "metadata/strings_private.h"

#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void meta_strings_finish(struct meta_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->text[i]);
    free(strings->text);
    *strings = (struct meta_strings){0};
}

enum tn_status meta_strings_take(struct meta_strings *strings, char *text, struct tn_error *err)
{
    const enum tn_status status =
        tn_array_reserve(&strings->text, &strings->capacity, strings->count + 1, err);

    if (status == TN_OK)
        strings->text[strings->count++] = text;
    else
        free(text);
    return status;
}

enum tn_status meta_strings_add(struct meta_strings *strings, const char *text,
                                struct tn_error *err)
{
    char *copy = strdup(text);

    return copy ? meta_strings_take(strings, copy, err) : tn_fail_nomem(err, strlen(text) + 1);
}

void meta_strings_remove(struct meta_strings *strings, size_t i)
{
    free(strings->text[i]);
    memmove(strings->text + i, strings->text + i + 1, (--strings->count - i) * sizeof(char *));
}

bool meta_strings_have(const struct meta_strings *strings, const char *text)
{
    for (size_t i = 0; i < strings->count; i++)
        if (strcmp(strings->text[i], text) == 0)
            return true;
    return false;
}

void meta_strings_subtract(struct meta_strings *strings, const struct meta_strings *others)
{
    for (size_t i = strings->count; i-- > 0;)
        if (meta_strings_have(others, strings->text[i]))
            meta_strings_remove(strings, i);
}
