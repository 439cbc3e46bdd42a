/* SPDX-License-Identifier: MIT */
#include "app/output/font.h"

#include <stddef.h>

#ifdef APP_HAVE_FONTCONFIG
#include <fontconfig/fontconfig.h>
#include <string.h>

static FcCharSet *characters_of(const char *text)
{
    FcCharSet *set = FcCharSetCreate();
    int left = (int)strlen(text);

    for (const FcChar8 *at = (const FcChar8 *)text; set && left > 0;) {
        FcChar32 character;
        const int taken = FcUtf8ToUcs4(at, &character, left);

        if (taken <= 0)
            break;
        FcCharSetAddChar(set, character);
        at += taken;
        left -= taken;
    }
    return set;
}

/* What fontconfig thinks best for these characters; NULL when it has nothing. */
static FcPattern *match(FcConfig *config, FcCharSet *characters)
{
    FcPattern *wanted =
        FcPatternBuild(NULL, FC_FAMILY, FcTypeString, "sans-serif", FC_SCALABLE, FcTypeBool, FcTrue,
                       FC_CHARSET, FcTypeCharSet, characters, (char *)NULL);
    FcPattern *found = NULL;
    FcResult result;

    if (wanted && FcConfigSubstitute(config, wanted, FcMatchPattern)) {
        FcDefaultSubstitute(wanted);
        found = FcFontMatch(config, wanted, &result);
    }
    if (wanted)
        FcPatternDestroy(wanted);
    return found;
}

static struct image_font *open_match(FcPattern *found, const char *text)
{
    struct image_font *font = NULL;
    FcChar8 *path;
    int face;

    /* the upper half of the number names an instance of a variable font */
    if (FcPatternGetString(found, FC_FILE, 0, &path) != FcResultMatch ||
        FcPatternGetInteger(found, FC_INDEX, 0, &face) != FcResultMatch ||
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
    FcConfig *config = FcInitLoadConfigAndFonts();
    FcCharSet *characters = characters_of(text);
    FcPattern *found = config && characters ? match(config, characters) : NULL;
    struct image_font *font = found ? open_match(found, text) : NULL;

    if (found)
        FcPatternDestroy(found);
    if (characters)
        FcCharSetDestroy(characters);
    if (config)
        FcConfigDestroy(config);
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
