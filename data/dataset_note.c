/* SPDX-License-Identifier: MIT */
#include "data/dataset_private.h"

#include <stdio.h>
#include <string.h>

const char *data_note_text(enum data_note_kind kind)
{
    static const char *const texts[] = {
        [DATA_NOTE_MISSING] = "photos that are not there were left out",
        [DATA_NOTE_UNDESCRIBED] = "photos without a caption were left out",
        [DATA_NOTE_WORDLESS] = "captions without a word were left out",
        [DATA_NOTE_REPEATED] = "rows that repeat another one were left out",
        [DATA_NOTE_KNOWN] = "photos are in an earlier --data, too",
    };

    return texts[kind];
}

void data_note_add(struct data_note *note, const char *name)
{
    const size_t used = strlen(note->first);

    if (note->count++ < 3)
        snprintf(note->first + used, sizeof note->first - used, "%s%.60s", used > 0 ? ", " : "",
                 name);
}

void data_note_join(struct data_note *note, const struct data_note *other)
{
    const size_t count = note->count;

    if (count == 0)
        *note = *other;
    else
        note->count = count + other->count;
}
