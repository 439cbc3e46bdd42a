/* SPDX-License-Identifier: MIT */
#include "data/sets/dataset_private.h"

#include <stdio.h>
#include <string.h>

const char *data_note_text(enum data_note_kind kind, size_t count)
{
    static const char *const texts[][2] = {
        [DATA_NOTE_RENAMED] = {"photo was found under another name",
                               "photos were found under other names"},
        [DATA_NOTE_MISSING] = {"photo that is not there was left out",
                               "photos that are not there were left out"},
        [DATA_NOTE_UNDESCRIBED] = {"photo without a caption was left out",
                                   "photos without a caption were left out"},
        [DATA_NOTE_WORDLESS] = {"caption without a word was left out",
                                "captions without a word were left out"},
        [DATA_NOTE_REPEATED] = {"row that repeats another was left out",
                                "rows that repeat others were left out"},
        [DATA_NOTE_KNOWN] = {"photo is in an earlier set, too",
                             "photos are in an earlier set, too"},
    };

    return texts[kind][count != 1];
}

/* Of a name that is shown: not more than 60 bytes, and no part of a character. */
static int shown_length(const char *name)
{
    size_t length = strnlen(name, 61);

    if (length > 60)
        do
            length--;
        while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80);
    return (int)length;
}

void data_note_add(struct data_note *note, const char *name)
{
    const size_t used = strlen(note->first);

    if (note->count++ < 3)
        snprintf(note->first + used, sizeof note->first - used, "%s%.*s", used > 0 ? ", " : "",
                 shown_length(name), name);
}

void data_note_join(struct data_note *note, const struct data_note *other)
{
    const size_t count = note->count;

    if (count == 0)
        *note = *other;
    else
        note->count = count + other->count;
}
