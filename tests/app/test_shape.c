/* SPDX-License-Identifier: MIT */
/* Answers in JSON of the client's own shape. */
#include "tests/support/suite.h"

#include "app/serve/shape.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct captioner_caption captions[] = {
    {.text = "a dog runs on the beach", .confidence = 0.6}, {.text = "a dog", .confidence = 0.5}};
static const struct captioner_keyword keywords[] = {{"dog", 0.9}, {"beach", 0.5}};
static const struct captioner_result photo = {
    .count = 2, .captions = captions, .keyword_count = 2, .keywords = keywords};
static const struct captioner_result no_photo = {0};

static void check_filled(const struct serve_shape *shape, const struct captioner_result *result,
                         const char *expected)
{
    json_object *value = NULL;
    struct tn_error err = {0};

    ck_assert_msg(serve_shape_fill(shape, result, "en", &value, &err) == TN_OK, "%s", err.text);
    ck_assert_str_eq(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), expected);
    json_object_put(value);
}

/* What is said of the photo, and of a picture that is none. */
static void check_schema(const char *schema_text, const char *expected, const char *of_none)
{
    json_object *schema = json_tokener_parse(schema_text);
    struct serve_shape shape;
    struct tn_error err = {0};

    ck_assert_ptr_nonnull(schema);
    ck_assert_msg(serve_shape_of_schema(schema, false, &shape, &err) == TN_OK, "%s: %s",
                  schema_text, err.text);
    json_object_put(schema);
    check_filled(&shape, &photo, expected);
    if (of_none)
        check_filled(&shape, &no_photo, of_none);
    serve_shape_finish(&shape);
}

static void check_refused(const char *schema_text, const char *reason)
{
    json_object *schema = json_tokener_parse(schema_text);
    struct serve_shape shape = {0};
    struct tn_error err = {0};
    const enum tn_status status = serve_shape_of_schema(schema, false, &shape, &err);

    ck_assert_msg(status == TN_FORMAT || status == TN_RANGE, "%s", schema_text);
    ck_assert_int_eq(err.status, status);
    ck_assert_msg(strstr(err.text, reason), "%s", err.text);
    json_object_put(schema);
}

#define OBJECT(properties, required)                                                               \
    "{\"type\": \"object\", \"properties\": {" properties "}, \"required\": [" required "]}"
#define STRING "{\"type\": \"string\"}"
#define STRINGS "{\"type\": \"array\", \"items\": " STRING "}"

START_TEST(names_have_meanings)
{
    static const struct {
        const char *name;
        enum serve_meaning meaning;
    } names[] = {{"caption", SERVE_CAPTION},
                 {"Image Description", SERVE_CAPTION},
                 {"alt_text", SERVE_CAPTION},
                 {"altText", SERVE_CAPTION},
                 {"alt", SERVE_CAPTION},
                 {"altitude", SERVE_UNKNOWN},
                 {"keywords", SERVE_KEYWORD},
                 {"hash-tags", SERVE_KEYWORD},
                 {"LABELS", SERVE_KEYWORD},
                 {"categories", SERVE_KEYWORD},
                 {"name", SERVE_NAME},
                 {"confidence", SERVE_CONFIDENCE},
                 {"nsfw_confidence", SERVE_UNKNOWN},
                 {"aesthetic_score", SERVE_UNKNOWN},
                 {"", SERVE_UNKNOWN},
                 {"s", SERVE_UNKNOWN}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(serve_shape_meaning(names[i].name) == names[i].meaning, "%s", names[i].name);
}
END_TEST

START_TEST(texts_and_lists_find_their_places)
{
    check_schema(OBJECT("\"title\": " STRING ", \"keywords\": " STRINGS, "\"title\""),
                 "{\"title\":\"a dog runs on the beach\",\"keywords\":[\"dog\",\"beach\"]}",
                 "{\"title\":\"\",\"keywords\":[]}");
    check_schema(OBJECT("\"keywords\": " STRING ", \"subject\": " STRING, ""),
                 "{\"keywords\":\"dog, beach\",\"subject\":\"dog\"}",
                 "{\"keywords\":\"\",\"subject\":\"\"}");
    check_schema(OBJECT("\"captions\": " STRINGS, ""),
                 "{\"captions\":[\"a dog runs on the beach\",\"a dog\"]}", "{\"captions\":[]}");
    check_schema(STRING, "\"a dog runs on the beach\"", "\"\"");
    check_schema(STRINGS, "[\"dog\",\"beach\"]", "[]");
    check_schema(OBJECT("\"caption\": {}", ""), "{\"caption\":\"a dog runs on the beach\"}", NULL);
}
END_TEST

START_TEST(lists_of_objects_are_about_a_keyword_each)
{
    check_schema(
        OBJECT("\"labels\": {\"type\": \"array\", \"items\": " OBJECT(
                   "\"name\": {\"type\": \"string\", \"minLength\": 1},"
                   "\"confidence\": {\"type\": \"number\", \"minimum\": 0, \"maximum\": 1},"
                   "\"topicality\": {\"type\": \"number\"}, \"nsfw\": {\"type\": \"boolean\"}",
                   "\"name\", \"confidence\", \"topicality\"") "}",
               "\"labels\""),
        "{\"labels\":[{\"name\":\"dog\",\"confidence\":0.9000,\"topicality\":0.9000},"
        "{\"name\":\"beach\",\"confidence\":0.5000,\"topicality\":0.5000}]}",
        "{\"labels\":[]}");
    check_schema(OBJECT("\"caption\": " OBJECT(
                            "\"text\": " STRING ", \"confidence\": {\"type\": \"number\"}", ""),
                        ""),
                 "{\"caption\":{\"text\":\"a dog runs on the beach\",\"confidence\":0.6000}}",
                 "{\"caption\":{\"text\":\"\",\"confidence\":0.0000}}");
}
END_TEST

START_TEST(limits_of_the_schema_are_kept)
{
    check_schema(OBJECT("\"title\": {\"type\": \"string\", \"maxLength\": 12}", ""),
                 "{\"title\":\"a dog runs\"}", "{\"title\":\"\"}");
    check_schema(OBJECT("\"title\": {\"type\": \"string\", \"maxLength\": 10}", ""),
                 "{\"title\":\"a dog runs\"}", NULL);
    check_schema(OBJECT("\"title\": {\"type\": \"string\", \"maxLength\": 23}", ""),
                 "{\"title\":\"a dog runs on the beach\"}", NULL);
    check_schema(OBJECT("\"title\": {\"type\": \"string\", \"maxLength\": 0}", ""),
                 "{\"title\":\"\"}", NULL);
    check_schema(OBJECT("\"tags\": {\"type\": \"array\", \"maxItems\": 1}", ""),
                 "{\"tags\":[\"dog\"]}", NULL);
    check_schema(OBJECT("\"title\": " STRING ", \"confidence\": {\"type\": \"integer\"},"
                        " \"score\": {\"type\": \"number\", \"minimum\": 1, \"maximum\": 10}",
                        ""),
                 "{\"title\":\"a dog runs on the beach\",\"confidence\":60,\"score\":6.0000}",
                 "{\"title\":\"\",\"confidence\":0,\"score\":1.0000}");
}
END_TEST

START_TEST(what_is_not_known_is_left_out_or_empty)
{
    check_schema(OBJECT("\"title\": " STRING ", \"location\": " STRING ", \"mood\": " STRING
                        ", \"colours\": " STRINGS ", \"people\": {\"type\": \"integer\"}",
                        "\"location\", \"colours\""),
                 "{\"title\":\"a dog runs on the beach\",\"location\":\"\",\"colours\":[]}", NULL);
    check_schema(OBJECT("\"title\": " STRING ", \"place\": {\"anyOf\": [" STRING
                        ", {\"type\": \"null\"}]},"
                        " \"year\": {\"type\": [\"integer\", \"null\"]}",
                        "\"place\", \"year\""),
                 "{\"title\":\"a dog runs on the beach\",\"place\":null,\"year\":null}", NULL);
    check_schema(OBJECT("\"title\": " STRING
                        ", \"scene\": {\"enum\": [\"city\", \"Beach\", \"other\"]}",
                        "\"scene\""),
                 "{\"title\":\"a dog runs on the beach\",\"scene\":\"Beach\"}",
                 "{\"title\":\"\",\"scene\":\"other\"}");
    check_schema(OBJECT("\"title\": " STRING ", \"kind\": {\"const\": \"photo\"},"
                        " \"language\": " STRING ", \"is_photo\": {\"type\": \"boolean\"}",
                        "\"kind\""),
                 "{\"title\":\"a dog runs on the beach\",\"kind\":\"photo\",\"language\":\"en\","
                 "\"is_photo\":true}",
                 "{\"title\":\"\",\"kind\":\"photo\",\"language\":\"en\",\"is_photo\":false}");
}
END_TEST

START_TEST(parts_that_stand_elsewhere_are_found)
{
    check_schema("{\"$defs\": {\"Tag\": " OBJECT(
                     "\"tag\": " STRING,
                     "\"tag\"") "}, \"type\": \"object\", \"properties\": {\"tags\": {\"type\": "
                                "\"array\", \"items\": {\"$ref\": \"#/$defs/Tag\"}}}}",
                 "{\"tags\":[{\"tag\":\"dog\"},{\"tag\":\"beach\"}]}", "{\"tags\":[]}");
    check_schema("{\"allOf\": [" OBJECT("\"title\": " STRING, "") "]}",
                 "{\"title\":\"a dog runs on the beach\"}", NULL);
}
END_TEST

START_TEST(what_cannot_be_filled_is_named)
{
    check_refused(OBJECT("\"age\": {\"type\": \"integer\"}, \"title\": " STRING, "\"age\""),
                  "'age'");
    check_refused(OBJECT("\"title\": " STRING ", \"nsfw\": {\"type\": \"boolean\"}", "\"nsfw\""),
                  "'nsfw'");
    check_refused(OBJECT("\"title\": " STRING
                         ", \"place\": {\"type\": \"string\", \"minLength\": 1}",
                         "\"place\""),
                  "'place'");
    check_refused(
        OBJECT("\"title\": " STRING ", \"scene\": {\"enum\": [\"city\", \"sea\"]}", "\"scene\""),
        "'scene'");
    check_refused(OBJECT("\"mood\": " STRING, "\"mood\""), "no place");
    check_refused("{\"type\": \"object\"}", "no place");
    check_refused("{\"type\": \"colour\"}", "'colour'");
    check_refused("{\"$ref\": \"#/$defs/None\"}", "#/$defs/None");
    check_refused("{\"type\": \"object\", \"properties\": {\"a\": 1}}", "'a'");
}
END_TEST

START_TEST(schemas_that_never_end_are_refused)
{
    char *deep = calloc(1, 1 << 16);

    check_refused("{\"$ref\": \"#\"}", "itself");
    check_refused("{\"anyOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}", "itself");
    check_refused(OBJECT("\"title\": " STRING ", \"child\": {\"$ref\": \"#\"}", "\"child\""),
                  "itself");
    /* each level doubles the work */
    strcpy(deep, "{\"$ref\": \"#/d/0\", \"d\": {");
    for (int i = 0; i < 30; i++)
        sprintf(deep + strlen(deep),
                "\"%d\": {\"anyOf\": [{\"$ref\": \"#/d/%d\"}, {\"$ref\": \"#/d/%d\"}]},", i, i + 1,
                i + 1);
    strcat(deep, "\"30\": {\"type\": \"boolean\"}}}");
    check_refused(deep, "itself");
    memset(deep, 0, 1 << 16);
    strcpy(deep, "{\"type\": \"string\", \"title\": \"");
    memset(deep + strlen(deep), 'a', 40000);
    strcat(deep, "\"}");
    check_refused(deep, "characters");
    free(deep);
}
END_TEST

static void check_in_text(const char *text, const char *expected)
{
    struct serve_shape shape = {0};

    ck_assert_msg(serve_shape_in_text(text, &shape) == (expected != NULL), "%s", text);
    if (expected)
        check_filled(&shape, &photo, expected);
    serve_shape_finish(&shape);
}

START_TEST(a_prompt_may_show_the_shape)
{
    check_in_text("Respond only with valid JSON:\n{\"title\": \"Short title\", \"keywords\": "
                  "[\"keyword1\", \"keyword2\"]}",
                  "{\"title\":\"a dog runs on the beach\",\"keywords\":[\"dog\",\"beach\"]}");
    /* what is not known is there, but empty */
    check_in_text("{\"caption\": \"\", \"location\": \"where\", \"stars\": 3, \"ok\": true,"
                  " \"colours\": [\"red\"]}",
                  "{\"caption\":\"a dog runs on the beach\",\"location\":\"\",\"stars\":null,"
                  "\"ok\":null,\"colours\":[]}");
    /* the last one that can be filled counts */
    check_in_text("Not {\"a\": 1}, but {\"tags\": []} or ```{\"labels\": [{\"name\": \"x\", "
                  "\"confidence\": 0.7}]}```, {not JSON}, {\"b\": 2}.",
                  "{\"labels\":[{\"name\":\"dog\",\"confidence\":0.9000},"
                  "{\"name\":\"beach\",\"confidence\":0.5000}]}");
    /* a schema is one */
    check_in_text("Match this schema: " OBJECT("\"title\": " STRING ", \"year\": "
                                               "{\"type\": \"integer\"}",
                                               "\"title\""),
                  "{\"title\":\"a dog runs on the beach\"}");
    check_in_text("Describe this photo.", NULL);
    check_in_text("{", NULL);
    check_in_text("{}", NULL);
    check_in_text("{\"mood\": \"\"}", NULL);
    check_in_text("{\"type\": null}", NULL);
}
END_TEST

START_TEST(the_usual_shape_has_the_usual_names)
{
    static const char *const names[] = {"caption",  "title", "description",
                                        "keywords", "tags",  "labels"};
    struct serve_shape shape;
    json_object *value;

    ck_assert_int_eq(serve_shape_usual(&shape, NULL), TN_OK);
    ck_assert(shape.keywords);
    ck_assert_int_eq(serve_shape_fill(&shape, &photo, "en", &value, NULL), TN_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert(json_object_object_get_ex(value, names[i], NULL));
    json_object_put(value);
    serve_shape_finish(&shape);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("shape");
    TCase *tc = tcase_create("shape");

    tcase_add_test(tc, names_have_meanings);
    tcase_add_test(tc, texts_and_lists_find_their_places);
    tcase_add_test(tc, lists_of_objects_are_about_a_keyword_each);
    tcase_add_test(tc, limits_of_the_schema_are_kept);
    tcase_add_test(tc, what_is_not_known_is_left_out_or_empty);
    tcase_add_test(tc, parts_that_stand_elsewhere_are_found);
    tcase_add_test(tc, what_cannot_be_filled_is_named);
    tcase_add_test(tc, schemas_that_never_end_are_refused);
    tcase_add_test(tc, a_prompt_may_show_the_shape);
    tcase_add_test(tc, the_usual_shape_has_the_usual_names);
    suite_add_tcase(suite, tc);
    return suite;
}
