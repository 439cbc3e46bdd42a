/* SPDX-License-Identifier: MIT */
/* The values of a shape: what is known of a photo, as texts, numbers and choices. */
#include "app/serve/json_body.h"
#include "app/serve/shape_private.h"
#include "base/utf8.h"

#include <json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum tn_status shape_unknown(struct shape_filling *filling, const struct shape_place *place)
{
    return tn_fail(filling->err, TN_NOTFOUND,
                   "'%.*s' of the format is required, and nothing that a captioner knows: it "
                   "fills caption, description, title, alt_text, keywords, tags, labels, "
                   "confidence and the like",
                   TN_FIT(place->name, 60));
}

enum tn_status shape_given(struct shape_filling *filling, json_object *value,
                           json_object **ret_value)
{
    if (!value)
        return tn_fail_nomem(filling->err, 0);
    *ret_value = value;
    return TN_OK;
}

static const struct captioner_caption *caption_of(const struct shape_filling *filling,
                                                  const struct shape_place *place)
{
    return place->rank < filling->result->count ? &filling->result->captions[place->rank] : NULL;
}

/* The text, cut after a word where the schema allows less. */
static json_object *text_value(json_object *schema, const char *text)
{
    json_object *most = serve_json_member(schema, "maxLength");
    size_t length = strlen(text), characters = 0, i = 0;

    if (json_object_is_type(most, json_type_int) && json_object_get_int64(most) >= 0) {
        const size_t limit = (size_t)json_object_get_int64(most);

        for (; i < length; i++)
            if (((unsigned char)text[i] & 0xC0) != 0x80 && characters++ == limit)
                break;
        if (i < length) {
            const size_t cut = i;

            while (i > 0 && text[i] != ' ')
                i--;
            length = i > 0 ? i : cut;
        }
    }
    return json_object_new_string_len(text, (int)length);
}

/* "dog, beach, ball" */
static json_object *keywords_value(const struct captioner_result *result)
{
    char *text = NULL;
    size_t size = 0;
    json_object *value = NULL;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    for (size_t i = 0; i < result->keyword_count; i++)
        fprintf(stream, "%s%s", i > 0 ? ", " : "", result->keywords[i].text);
    if (fclose(stream) == 0)
        value = json_object_new_string_len(text, (int)size);
    free(text);
    return value;
}

static bool is_plural(const char *name)
{
    const size_t length = strlen(name);

    return length > 0 && (name[length - 1] == 's' || name[length - 1] == 'S');
}

enum tn_status shape_text(struct shape_filling *filling, json_object *schema,
                          const struct shape_place *place, json_object **ret_value)
{
    const struct captioner_result *result = filling->result;
    const struct captioner_caption *caption = caption_of(filling, place);

    if (place->keyword && (place->meaning == SERVE_NAME || place->meaning == SERVE_CAPTION ||
                           place->meaning == SERVE_KEYWORD)) {
        filling->keywords = true;
        return shape_given(filling, text_value(schema, place->keyword->text), ret_value);
    }
    if (place->meaning == SERVE_CAPTION) {
        filling->caption = true;
        return shape_given(filling, text_value(schema, caption ? caption->text : ""), ret_value);
    }
    if (place->meaning == SERVE_KEYWORD) {
        filling->keywords = true;
        if (is_plural(place->name))
            return shape_given(filling, keywords_value(result), ret_value);
        return shape_given(
            filling, text_value(schema, result->keyword_count > 0 ? result->keywords[0].text : ""),
            ret_value);
    }
    if (place->meaning == SERVE_LANGUAGE)
        return shape_given(filling, json_object_new_string(filling->language), ret_value);
    return shape_unknown(filling, place);
}

double shape_bound(json_object *schema, const char *name, double otherwise)
{
    json_object *bound = serve_json_member(schema, name);

    return json_object_is_type(bound, json_type_int) || json_object_is_type(bound, json_type_double)
               ? json_object_get_double(bound)
               : otherwise;
}

/* A confidence is from 0 to 1; where the schema's largest number is 10 or 100, so is ours, and
 * whole numbers are per cent. */
enum tn_status shape_number(struct shape_filling *filling, json_object *schema,
                            const struct shape_place *place, bool whole, json_object **ret_value)
{
    const struct captioner_caption *caption = caption_of(filling, place);
    const double least = shape_bound(schema, "minimum", 0),
                 most = shape_bound(schema, "maximum", whole ? 100 : 1);
    double value = place->keyword ? place->keyword->probability : caption ? caption->confidence : 0;
    char text[32];

    if (place->meaning != SERVE_CONFIDENCE || !(fabs(least) <= 1e6 && fabs(most) <= 1e6))
        return shape_unknown(filling, place);
    value = fmin(fmax(value * fmax(most, 1), least), most);
    if (whole)
        return shape_given(filling, json_object_new_int((int)lround(value)), ret_value);
    snprintf(text, sizeof text, "%.4f", value);
    return shape_given(filling, json_object_new_double_s(value, text), ret_value);
}

enum tn_status shape_bool(struct shape_filling *filling, const struct shape_place *place,
                          json_object **ret_value)
{
    const bool photo = filling->result->count > 0;

    if (place->meaning != SERVE_IS_PHOTO && place->meaning != SERVE_NO_PHOTO)
        return shape_unknown(filling, place);
    return shape_given(
        filling, json_object_new_boolean(photo == (place->meaning == SERVE_IS_PHOTO)), ret_value);
}

/* A value of a list: one of the keywords, or what says that none of the list is known. */
enum tn_status shape_choice(struct shape_filling *filling, json_object *values,
                            const struct shape_place *place, json_object **ret_value)
{
    static const char *const open[] = {"unknown", "other", "none", "unclear", "n/a", "unspecified"};
    const struct captioner_result *result = filling->result;

    for (size_t i = 0; i < result->keyword_count + sizeof open / sizeof *open; i++) {
        const char *known =
            i < result->keyword_count ? result->keywords[i].text : open[i - result->keyword_count];

        for (size_t j = 0; j < json_object_array_length(values); j++) {
            json_object *value = json_object_array_get_idx(values, j);

            if (strcasecmp(serve_json_string(value), known) == 0)
                return shape_given(filling, json_object_get(value), ret_value);
        }
    }
    return shape_unknown(filling, place);
}
