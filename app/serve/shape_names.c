/* SPDX-License-Identifier: MIT */
/* What a property is about, by its name. */
#include "app/serve/shape.h"

#include <string.h>

enum { LONGEST_NAME = 64 };

/* In small letters, without what separates words, and without the plural's s. */
static const struct {
    const char *stem;
    enum serve_meaning meaning;
    bool ending; /* also of names that end so: image_description */
} stems[] = {
    {"caption", SERVE_CAPTION, true},
    {"description", SERVE_CAPTION, true},
    {"title", SERVE_CAPTION, true},
    {"headline", SERVE_CAPTION, true},
    {"alttext", SERVE_CAPTION, true},
    {"summary", SERVE_CAPTION, true},
    {"sentence", SERVE_CAPTION, true},
    {"alt", SERVE_CAPTION, false},
    {"abstract", SERVE_CAPTION, false},
    {"answer", SERVE_CAPTION, false},
    {"content", SERVE_CAPTION, false},
    {"desc", SERVE_CAPTION, false},
    {"output", SERVE_CAPTION, false},
    {"response", SERVE_CAPTION, false},
    {"result", SERVE_CAPTION, false},
    {"text", SERVE_CAPTION, false},
    {"keyword", SERVE_KEYWORD, true},
    {"tag", SERVE_KEYWORD, true},
    {"label", SERVE_KEYWORD, true},
    {"object", SERVE_KEYWORD, true},
    {"subject", SERVE_KEYWORD, true},
    {"concept", SERVE_KEYWORD, true},
    {"categorie", SERVE_KEYWORD, true},
    {"term", SERVE_KEYWORD, false},
    {"topic", SERVE_KEYWORD, false},
    {"name", SERVE_NAME, false},
    {"value", SERVE_NAME, false},
    {"word", SERVE_NAME, false},
    {"confidence", SERVE_CONFIDENCE, false},
    {"confidencelevel", SERVE_CONFIDENCE, false},
    {"confidencescore", SERVE_CONFIDENCE, false},
    {"overallconfidence", SERVE_CONFIDENCE, false},
    {"captionconfidence", SERVE_CONFIDENCE, false},
    {"certainty", SERVE_CONFIDENCE, false},
    {"likelihood", SERVE_CONFIDENCE, false},
    {"probability", SERVE_CONFIDENCE, false},
    {"relevance", SERVE_CONFIDENCE, false},
    {"score", SERVE_CONFIDENCE, false},
    {"topicality", SERVE_CONFIDENCE, false},
    {"weight", SERVE_CONFIDENCE, false},
    {"lang", SERVE_LANGUAGE, false},
    {"language", SERVE_LANGUAGE, false},
    {"isphoto", SERVE_IS_PHOTO, false},
    {"notaphoto", SERVE_NO_PHOTO, false},
};

static size_t letters_of(const char *name, char *letters)
{
    size_t length = 0;

    for (; *name && length + 1 < LONGEST_NAME; name++) {
        const char small = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);

        if (small != '_' && small != '-' && small != ' ')
            letters[length++] = small;
    }
    if (length > 1 && letters[length - 1] == 's')
        length--;
    letters[length] = '\0';
    return length;
}

enum serve_meaning serve_shape_meaning(const char *name)
{
    char letters[LONGEST_NAME];
    const size_t length = letters_of(name, letters);

    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        const size_t stem = strlen(stems[i].stem);

        if (length >= stem && strcmp(letters + length - stem, stems[i].stem) == 0 &&
            (length == stem || stems[i].ending))
            return stems[i].meaning;
    }
    return SERVE_UNKNOWN;
}
