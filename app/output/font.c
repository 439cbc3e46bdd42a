/* SPDX-License-Identifier: MIT */
#include "app/output/font.h"

#include "app/built_in.h"

#include <stddef.h>

#if APP_HAVE_FONTCONFIG
#include "base/library.h"

#include <fontconfig/fontconfig.h>
#include <string.h>

/* What is used of fontconfig, which most runs do not load (base/library.h). */
#define FUNCTIONS(X)                                                                               \
    X(CharSetAddChar)                                                                              \
    X(CharSetCreate)                                                                               \
    X(CharSetDestroy)                                                                              \
    X(ConfigDestroy)                                                                               \
    X(ConfigSubstitute)                                                                            \
    X(DefaultSubstitute)                                                                           \
    X(FontMatch)                                                                                   \
    X(InitLoadConfigAndFonts)                                                                      \
    X(PatternBuild)                                                                                \
    X(PatternDestroy)                                                                              \
    X(PatternGetInteger)                                                                           \
    X(PatternGetString)                                                                            \
    X(Utf8ToUcs4)

#define MEMBER(name) __typeof__(&Fc##name) name;
#define FUNCTION(name) TN_FUNCTION(Fc##name, &fc.name),

static struct {
    FUNCTIONS(MEMBER)
} fc;

static const struct tn_library_function functions[] = {FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY("libfontconfig.so.1", functions);

static FcCharSet *characters_of(const char *text)
{
    FcCharSet *set = fc.CharSetCreate();
    int left = (int)strlen(text);

    for (const FcChar8 *at = (const FcChar8 *)text; set && left > 0;) {
        FcChar32 character;
        const int taken = fc.Utf8ToUcs4(at, &character, left);

        if (taken <= 0)
            break;
        fc.CharSetAddChar(set, character);
        at += taken;
        left -= taken;
    }
    return set;
}

/* What fontconfig thinks best for these characters; NULL when it has nothing. */
static FcPattern *match(FcConfig *config, FcCharSet *characters)
{
    FcPattern *wanted =
        fc.PatternBuild(NULL, FC_FAMILY, FcTypeString, "sans-serif", FC_SCALABLE, FcTypeBool,
                        FcTrue, FC_CHARSET, FcTypeCharSet, characters, (char *)NULL);
    FcPattern *found = NULL;
    FcResult result;

    if (wanted && fc.ConfigSubstitute(config, wanted, FcMatchPattern)) {
        fc.DefaultSubstitute(wanted);
        found = fc.FontMatch(config, wanted, &result);
    }
    if (wanted)
        fc.PatternDestroy(wanted);
    return found;
}

static struct image_font *open_match(FcPattern *found, const char *text)
{
    struct image_font *font = NULL;
    FcChar8 *path;
    int face;

    /* the upper half of the number names an instance of a variable font */
    if (fc.PatternGetString(found, FC_FILE, 0, &path) != FcResultMatch ||
        fc.PatternGetInteger(found, FC_INDEX, 0, &face) != FcResultMatch ||
        image_font_create((const char *)path, face & 0xFFFF, &font, NULL) != TN_OK)
        return NULL;
    if (!image_font_covers(font, text)) {
        image_font_destroy(font);
        return NULL;
    }
    return font;
}

static struct image_font *find_font(const char *text)
{
    FcConfig *config;
    FcCharSet *characters;
    FcPattern *found;
    struct image_font *font;

    if (tn_library_load(&library, NULL) != TN_OK)
        return NULL;
    config = fc.InitLoadConfigAndFonts();
    characters = characters_of(text);
    found = config && characters ? match(config, characters) : NULL;
    font = found ? open_match(found, text) : NULL;
    if (found)
        fc.PatternDestroy(found);
    if (characters)
        fc.CharSetDestroy(characters);
    if (config)
        fc.ConfigDestroy(config);
    return font;
}
#else
static struct image_font *find_font(const char *text)
{
    (void)text;
    return NULL;
}
#endif

enum tn_status app_font_find(const char *text, struct image_font **ret_font, struct tn_error *err)
{
    struct image_font *font = find_font(text);

    if (!font)
        return image_font_create(NULL, 0, ret_font, err);
    *ret_font = font;
    return TN_OK;
}
