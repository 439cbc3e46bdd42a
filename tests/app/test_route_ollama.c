/* SPDX-License-Identifier: MIT */
/* Ollama's API, without a server.  The photo is not looked at here: it is the bytes "photo". */
#include "tests/support/api_call.h"
#include "tests/support/suite.h"

#include "app/serve/asked.h"
#include "base/base64.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PHOTO "\"cGhvdG8=\""

static const struct captioner_caption captions[] = {
    {.text = "a dog \"runs\" on 草地", .confidence = 0.6}, {.text = "a dog", .confidence = 0.5}};
static const struct captioner_keyword keywords[] = {{"dog", 0.9}};
static struct captioner_result photo = {
    .count = 1, .captions = captions, .keyword_count = 1, .keywords = keywords};
static struct captioner_result two = {.count = 2, .captions = captions};
static struct captioner_result no_photo = {
    .count = 1, .captions = captions, .keyword_count = 1, .keywords = keywords, .not_a_photo = 1};

static struct api_answer post(const char *path, const char *body, struct captioner_result *result)
{
    return api_call(serve_routes_ollama, "POST", path, body, strlen(body), result);
}

static void check_at(const struct api_answer *answer, const char *place, const char *expected)
{
    const char *found = api_at(answer, place);

    if (!expected) {
        ck_assert_msg(!found, "%s: %s", place, found);
        return;
    }
    ck_assert_msg(found != NULL, "%s in %s", place, answer->text);
    ck_assert_str_eq(found, expected);
}

/* The body is refused, and the reason contains the text. */
static void check_refused(const char *path, const char *body, unsigned code, const char *reason)
{
    struct api_answer answer = post(path, body, &photo);

    ck_assert_msg(answer.code == code, "%s: %u %s", body, answer.code, answer.text);
    ck_assert_msg(strstr(answer.text, reason), "%s: %s", body, answer.text);
    ck_assert_ptr_nonnull(api_at(&answer, "/error"));
    api_finish(&answer);
}

START_TEST(base64_of_all_kinds_is_read)
{
    static const struct {
        const char *text, *bytes;
    } good[] = {{"", ""},
                {"cGhvdG8=", "photo"},
                {"cGhvdG8", "photo"},
                {"cGg=", "ph"},
                {"cA==", "p"},
                {"cA", "p"},
                {"cGho", "phh"},
                {"c\nG h\r\tvdG8=", "photo"},
                {"cGhvdG8=\n", "photo"},
                {"-_-_", "\xFB\xFF\xBF"},
                {"+/+/", "\xFB\xFF\xBF"}};
    static const char *const bad[] = {"c",       "cGhvd",      "cA=",      "cA===",
                                      "=",       "cGhv=",      "cA==cA",   "cG.v",
                                      "c\001Gh", "cG\xC3\xA4", "cGho====", "==cGho"};
    unsigned char bytes[64];
    size_t size;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_int_eq(tn_base64_decode(good[i].text, strlen(good[i].text), bytes, &size, NULL),
                         TN_OK);
        ck_assert_uint_eq(size, strlen(good[i].bytes));
        ck_assert_uint_le(size, tn_base64_room(strlen(good[i].text)));
        ck_assert_mem_eq(bytes, good[i].bytes, size);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(tn_base64_decode(bad[i], strlen(bad[i]), bytes, &size, NULL) == TN_FORMAT,
                      "%s", bad[i]);
}
END_TEST

START_TEST(generate_answers_whole)
{
    struct api_answer answer =
        post("/api/generate",
             "{\"model\": \"llava\", \"prompt\": \"What is in this picture?\", \"stream\": false,"
             " \"images\": [" PHOTO "], \"options\": {\"temperature\": 0.1, \"num_predict\": 100}}",
             &photo);

    ck_assert_uint_eq(answer.code, 200);
    ck_assert_uint_eq(answer.photos, 1);
    ck_assert(answer.ignored);
    check_at(&answer, "/model", "llava");
    check_at(&answer, "/response", captions[0].text);
    check_at(&answer, "/done", "true");
    check_at(&answer, "/done_reason", "stop");
    check_at(&answer, "/eval_count", "5");
    check_at(&answer, "/prompt_eval_count", "1");
    check_at(&answer, "/total_duration", "20000001");
    check_at(&answer, "/confidence", "0.6000");
    check_at(&answer, "/keywords", NULL);
    check_at(&answer, "/not_a_photo", NULL);
    ck_assert_int_eq(api_at(&answer, "/created_at")[10], 'T');
    api_finish(&answer);
}
END_TEST

/* Joins what the lines' members say, and returns the last line. */
static json_object *join_lines(const char *lines, const char *member, char *joined)
{
    json_object *line = NULL, *part;

    *joined = '\0';
    for (const char *end; (end = strchr(lines, '\n')); lines = end + 1) {
        json_object_put(line);
        line = json_tokener_parse(lines);
        ck_assert_ptr_nonnull(line);
        ck_assert_int_eq(json_pointer_get(line, member, &part), 0);
        strcat(joined, json_object_get_string(part));
    }
    ck_assert_str_eq(lines, "");
    return line;
}

static void check_lines(const char *path, const char *body, const char *member,
                        struct captioner_result *result, const char *expected)
{
    struct api_answer answer = post(path, body, result);
    char joined[256];
    json_object *last, *done;

    ck_assert_uint_eq(answer.code, 200);
    last = join_lines(answer.text, member, joined);
    ck_assert_str_eq(joined, expected);
    ck_assert_int_eq(json_pointer_get(last, "/done", &done), 0);
    ck_assert(json_object_get_boolean(done));
    ck_assert_int_eq(json_pointer_get(last, "/eval_count", NULL), 0);
    json_object_put(last);
    api_finish(&answer);
}

START_TEST(streams_come_word_by_word)
{
    check_lines("/api/generate", "{\"model\": \"caption\", \"images\": [" PHOTO "]}", "/response",
                &photo, captions[0].text);
    check_lines("/api/chat",
                "{\"model\": \"caption\", \"messages\": [{\"role\": \"user\", \"images\": [" PHOTO
                "]}], \"stream\": true}",
                "/message/content", &photo, captions[0].text);
    check_lines("/api/generate", "{\"model\": \"caption\", \"images\": [" PHOTO ", " PHOTO "]}",
                "/response", &two, "a dog \"runs\" on 草地\na dog \"runs\" on 草地");
    check_lines("/api/generate", "{\"model\": \"caption\", \"images\": [" PHOTO "]}", "/response",
                &no_photo, "");
}
END_TEST

START_TEST(chat_is_about_the_last_turn_with_photos)
{
    struct api_answer answer =
        post("/api/chat",
             "{\"model\": \"caption\", \"stream\": false, \"messages\": ["
             "{\"role\": \"user\", \"images\": [\"c2s=\", \"c2s=\"]},"
             "{\"role\": \"assistant\", \"content\": \"a cat\", \"images\": [\"c2s=\"]},"
             "{\"role\": \"system\", \"content\": \"x\", \"images\": [\"c2s=\"]},"
             "{\"role\": \"user\", \"content\": \"1\", \"images\": [\"data:;base64,cDE=\"]},"
             "{\"role\": \"User\", \"content\": \"2\", \"images\": [\"cDI=\"]},"
             "{\"role\": \"user\", \"content\": \"both?\"},"
             "{\"role\": \"assistant\", \"content\": \"a dog\"},"
             "{\"role\": \"user\", \"content\": \"are you sure?\"}]}",
             &photo);

    ck_assert_uint_eq(answer.code, 200);
    ck_assert_uint_eq(answer.photos, 2);
    ck_assert_mem_eq(answer.photo, "p1", 2);
    check_at(&answer, "/message/role", "assistant");
    check_at(&answer, "/message/content", "a dog \"runs\" on 草地\na dog \"runs\" on 草地");
    api_finish(&answer);
}
END_TEST

START_TEST(settings_of_ours_are_taken)
{
    struct api_answer answer =
        post("/api/generate",
             "{\"model\": \"caption:zh\", \"stream\": false, \"images\": [" PHOTO "], \"options\": "
             "{\"keywords\": 5, \"n\": 2.0, \"beam\": 7, \"max_words\": 9, \"lang\": \"en\"}}",
             &two);

    ck_assert_uint_eq(answer.writing.keywords, 5);
    ck_assert_uint_eq(answer.writing.best, 2);
    ck_assert_uint_eq(answer.writing.beam, 7);
    ck_assert_uint_eq(answer.writing.max_words, 9);
    ck_assert(!answer.ignored);
    check_at(&answer, "/language", "en");
    check_at(&answer, "/keywords", "[ ]");
    check_at(&answer, "/alternatives/0/caption", "a dog");
    api_finish(&answer);
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"images\": [" PHOTO "], \"options\": {\"n\": 65}}",
                  400, "'n'");
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"images\": [" PHOTO "], \"options\": {\"n\": 1.5}}",
                  400, "'n'");
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"images\": [" PHOTO "], \"options\": {\"n\": \"3\"}}",
                  400, "'n'");
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"images\": [" PHOTO
                  "], \"options\": {\"lang\": \"xx\"}}",
                  404, "'xx'");
    check_refused("/api/generate", "{\"model\": \"caption\", \"options\": 3}", 400, "'options'");
}
END_TEST

START_TEST(models_are_found_by_their_names)
{
    static const struct {
        const char *name, *language;
        bool known;
    } names[] = {{"caption", "en", true},
                 {"Caption:latest", "en", true},
                 {"caption:zh", "zh", true},
                 {"llava:13b", "en", false},
                 {":", "en", false}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char body[256];
        struct api_answer answer;

        snprintf(body, sizeof body,
                 "{\"model\": \"%s\", \"images\": [" PHOTO "], \"stream\": false}", names[i].name);
        answer = post("/api/generate", body, &photo);
        ck_assert_uint_eq(answer.code, 200);
        check_at(&answer, "/language", names[i].language);
        check_at(&answer, "/model", names[i].name);
        ck_assert_msg(answer.ignored == !names[i].known, "%s", names[i].name);
        api_finish(&answer);
    }
    struct api_answer answer = post("/api/generate",
                                    "{\"model\": \"a\", \"images\": [" PHOTO
                                    "], \"stream\": false, \"model\": \"caption:zh\"}",
                                    &photo);
    check_at(&answer, "/language", "zh"); /* the last of one name counts */
    api_finish(&answer);
    check_refused("/api/generate", "{\"model\": \"caption:7b\", \"images\": [" PHOTO "]}", 404,
                  "no captions in '7b'");
    check_refused("/api/show", "{\"model\": \"llava\"}", 404, "model 'llava' not found");
    check_refused("/api/pull", "{\"name\": \"llava\"}", 404, "model 'llava' not found");
    check_refused("/api/show", "{}", 400, "model is required");
    check_refused("/api/generate", "{\"images\": [" PHOTO "]}", 400, "model is required");
    check_refused("/api/embed", "{}", 404, "/api/embed");
    check_refused("/api/create", "{}", 404, "/api/create");
}
END_TEST

START_TEST(requests_without_photos)
{
    static const struct {
        const char *path, *body, *reason;
    } loads[] = {{"/api/generate", "{\"model\": \"caption\"}", "load"},
                 {"/api/generate", "{\"model\": \"caption\", \"prompt\": \"\"}", "load"},
                 {"/api/generate", "{\"model\": \"caption\", \"keep_alive\": \"5m\"}", "load"},
                 {"/api/generate", "{\"model\": \"caption\", \"keep_alive\": 0}", "unload"},
                 {"/api/generate", "{\"model\": \"caption\", \"keep_alive\": \"0s\"}", "unload"},
                 {"/api/chat", "{\"model\": \"caption\", \"messages\": []}", "load"}};

    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        struct api_answer answer = post(loads[i].path, loads[i].body, NULL);

        ck_assert_uint_eq(answer.code, 200);
        check_at(&answer, "/done", "true");
        check_at(&answer, "/done_reason", loads[i].reason);
        api_finish(&answer);
    }
    check_refused("/api/generate", "{\"model\": \"caption\", \"prompt\": \"Why is the sky blue?\"}",
                  400, "no photo");
    check_refused("/api/chat",
                  "{\"model\": \"caption\", \"messages\": [{\"role\": \"user\", \"content\": "
                  "\"hi\"}]}",
                  400, "no photo");
}
END_TEST

START_TEST(formats_are_filled)
{
    static const char *const bodies[] = {
        "\"format\": {\"type\": \"object\", \"properties\": {\"tags\": {\"type\": \"array\"}}}",
        "\"format\": {}, \"prompt\": \"Answer {\\\"tags\\\": [\\\"x\\\"]}\"",
        "\"format\": {\"type\": \"object\"}, \"prompt\": \"Answer {\\\"tags\\\": [\\\"x\\\"]}\"",
        "\"format\": \"json\", \"prompt\": \"Answer {\\\"tags\\\": [\\\"x\\\"]}\"",
        "\"prompt\": \"Answer {\\\"tags\\\": [\\\"x\\\"]}\"",
        "\"prompt\": \"Go on.\", \"system\": \"Answer {\\\"tags\\\": [\\\"x\\\"]}\""};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char body[512];
        struct api_answer answer;

        snprintf(body, sizeof body,
                 "{\"model\": \"caption\", \"stream\": false, \"images\": [" PHOTO "], %s}",
                 bodies[i]);
        answer = post("/api/generate", body, &photo);
        check_at(&answer, "/response", "{\"tags\":[\"dog\"]}");
        ck_assert_uint_eq(answer.writing.keywords, CAPTIONER_KEYWORDS_AUTO);
        api_finish(&answer);
    }
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"format\": \"xml\", \"images\": [" PHOTO "]}", 400,
                  "'format'");
    check_refused(
        "/api/generate",
        "{\"model\": \"caption\", \"format\": {\"type\": \"object\", \"properties\": "
        "{\"age\": {\"type\": \"integer\"}}, \"required\": [\"age\"]}, \"images\": [" PHOTO "]}",
        400, "'age'");
    check_refused("/api/generate",
                  "{\"model\": \"caption\", \"format\": \"json\", \"images\": [" PHOTO "," PHOTO
                  "]}",
                  400, "one photo");
}
END_TEST

START_TEST(what_is_no_photo_is_not_described)
{
    struct api_answer answer =
        post("/api/generate",
             "{\"model\": \"caption\", \"stream\": false, \"options\": {\"keywords\": 3},"
             " \"images\": [" PHOTO "]}",
             &no_photo);

    check_at(&answer, "/response", "");
    check_at(&answer, "/not_a_photo", "true");
    check_at(&answer, "/confidence", NULL);
    check_at(&answer, "/keywords", "[ ]");
    api_finish(&answer);
    answer = post("/api/generate",
                  "{\"model\": \"caption\", \"stream\": false, \"options\": "
                  "{\"any_picture\": true}, \"images\": [" PHOTO "]}",
                  &no_photo);
    check_at(&answer, "/response", captions[0].text);
    check_at(&answer, "/not_a_photo", "true");
    api_finish(&answer);
}
END_TEST

START_TEST(bodies_that_are_no_request_are_refused)
{
    static const struct {
        const char *body;
        const char *reason;
    } bodies[] = {
        {"", "missing request body"},
        {"{", "ends too early"},
        {"[]", "not a JSON object"},
        {"null", "not JSON"},
        {"{\"model\": \"a\"} x", "not JSON"},
        {"{\"model\": \"a\xFF\"}", "not JSON"},
        {"{\"model\": \"a\\u0000b\", \"images\": [" PHOTO "]}", "U+0000"},
        {"{\"model\": 3}", "'model' is of type int"},
        {"{\"model\": \"a\", \"images\": \"x\"}", "'images'"},
        {"{\"model\": \"a\", \"images\": [3]}", "photo 1"},
        {"{\"model\": \"a\", \"images\": [null]}", "photo 1"},
        {"{\"model\": \"a\", \"images\": [\"\"]}", "photo 1: it is empty"},
        {"{\"model\": \"a\", \"images\": [" PHOTO ", \"cG.\"]}", "photo 2: byte 2"},
        {"{\"model\": \"a\", \"images\": [\"http://x.org/a.jpg\"]}", "nothing is fetched"},
        {"{\"model\": \"a\", \"images\": [\"file:///etc/passwd\"]}", "nothing is fetched"},
        {"{\"model\": \"a\", \"images\": [\"/etc/passwd.jpg\"]}", "photo 1"},
        {"{\"model\": \"a\", \"images\": [\"data:image/png,xx\"]}", "base64"},
        {"{\"model\": \"a\", \"images\": [\"data:\"]}", "base64"},
        {"{\"model\": \"a\", \"stream\": \"no\"}", "'stream'"},
        {"{\"model\": \"a\", \"prompt\": [\"no\"]}", "'prompt'"},
    };

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        check_refused("/api/generate", bodies[i].body, 400, bodies[i].reason);
}
END_TEST

/* "{"model": "a", "images": [", count times the element, and the end. */
static char *repeated(const char *element, size_t count)
{
    char *body = malloc(64 + count * (strlen(element) + 1)), *end = body;

    ck_assert_ptr_nonnull(body);
    end += sprintf(end, "{\"model\": \"a\", \"images\": [");
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, "%s%s", i ? "," : "", element);
    sprintf(end, "]}");
    return body;
}

START_TEST(bodies_that_would_take_much_memory_are_refused)
{
    char *many = repeated(PHOTO, SERVE_MOST_PHOTOS + 1), *most = repeated(PHOTO, SERVE_MOST_PHOTOS),
         *values = repeated("0", 30000), *quotes = repeated("\"\\\",,,,\"", 10), *deep;
    struct api_answer answer = post("/api/generate", most, &photo);

    ck_assert_uint_eq(answer.code, 200);
    ck_assert_uint_eq(answer.photos, SERVE_MOST_PHOTOS);
    api_finish(&answer);
    check_refused("/api/generate", many, 400, "more than 32 photos");
    check_refused("/api/generate", values, 400, "values");
    check_refused("/api/generate", quotes, 400, "photo 1"); /* commas in a text are no values */
    deep = calloc(1, 2000);
    strcpy(deep, "{\"model\": ");
    memset(deep + strlen(deep), '[', 1000);
    check_refused("/api/generate", deep, 400, "nesting");
    sprintf(deep, "{\"images\": [" PHOTO "], \"model\": \"%0*d\"}", SERVE_LONGEST_NAME + 1, 0);
    check_refused("/api/generate", deep, 400, "the model's name has 257 bytes");
    free(deep);
    free(many);
    free(most);
    free(values);
    free(quotes);
}
END_TEST

/* How clients write base64 in JSON: three characters that some escape, and a break of lines. */
struct escapes {
    const char *head, *plus, *slash, *equals, *line;
};

/* Base64 of the bytes, in lines of 76. */
static void put_base64(FILE *to, const struct escapes *escapes, const unsigned char *bytes,
                       size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    fputs(escapes->head, to);
    for (size_t i = 0; i < size; i += 3) {
        const unsigned bits = (unsigned)bytes[i] << 16 |
                              (i + 1 < size ? (unsigned)bytes[i + 1] << 8 : 0) |
                              (i + 2 < size ? bytes[i + 2] : 0);

        for (size_t j = 0; j < 4; j++) {
            const char digit = i + j > size ? '=' : digits[bits >> (18 - 6 * j) & 63];

            fputs(digit == '+'   ? escapes->plus
                  : digit == '/' ? escapes->slash
                  : digit == '=' ? escapes->equals
                                 : (const char[]){digit, '\0'},
                  to);
        }
        if (i % 57 == 54)
            fputs(escapes->line, to);
    }
}

static void check_long_photo(const struct escapes *escapes, size_t size)
{
    unsigned char bytes[5000];
    char *body;
    size_t body_size;
    FILE *to = open_memstream(&body, &body_size);
    struct api_answer answer;

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * i >> 3);
    fputs("{\"images\": [\"", to);
    put_base64(to, escapes, bytes, size);
    fputs("\"], \"model\": \"caption\"}", to);
    fclose(to);
    answer = post("/api/generate", body, &photo);
    ck_assert_msg(answer.code == 200, "%s", answer.text);
    ck_assert_uint_eq(answer.photo_size, size);
    ck_assert_mem_eq(answer.photo, bytes, size);
    api_finish(&answer);
    free(body);
}

START_TEST(long_photos_are_read_as_clients_write_them)
{
    static const struct escapes kinds[] = {
        {"", "+", "/", "=", ""},
        {"", "-", "_", "", ""},
        {"data:image/jpeg;base64,", "+", "/", "=", ""},
        {"data:image\\/jpeg;base64,", "+", "\\/", "=", ""},
        {"", "\\u002B", "\\u002f", "\\u003d", ""},
        {"", "+", "/", "=", "\\n"},
        {"data:;base64,", "+", "\\/", "=", "\\r\\n"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (size_t size = 700; size < 5000; size += 61)
            check_long_photo(&kinds[i], size);
}
END_TEST

/* "{", the first texts, and 2000 times the character between the other two. */
static void check_long(const char *before, char between, const char *after, const char *reason)
{
    char body[2500];

    snprintf(body, sizeof body, "{%s", before);
    memset(body + strlen(body), between, 2000);
    strcpy(body + strlen(before) + 2001, after);
    check_refused("/api/generate", body, 400, reason);
}

START_TEST(long_texts_that_are_no_photos_are_refused)
{
    check_long("\"model\": \"", 'a', "\"}", "'model' is a long text");
    check_long("\"model\": \"a\", \"prompt\": \"", 'a', "\"}", "'prompt' is a long text");
    check_long("\"model\": \"a\", \"images\": [\"", '!', "\"]}", "photo 1: byte 0");
    check_long("\"model\": \"a\", \"images\": [\"", 'a', "", "ends too early");
    check_long("\"model\": \"a\", \"images\": [\"", 'a', "\\\"]}", "ends too early");
    check_long("\"model\": \"a\", \"images\": [\"", 'a', "\\q\"]}", "photo 1: byte 2000");
    check_long("\"model\": \"a\", \"images\": [\"", 'a', "\\u\"]}", "photo 1: byte 2000");
    check_long("\"model\": \"a\", \"images\": [\"", 'a', "\\u00e4\"]}", "photo 1: byte 2000");
    check_long("\"model\": \"a\", \"images\": [\"", '\\', "\"]}", "photo 1: byte 0");
    check_long("\"model\": \"a\", \"images\": [\"http://", 'a', "\"]}", "nothing is fetched");
    check_long("\"model\": \"a\", \"images\": [\"data:", 'a', "\"]}", "base64");
    /* a mark of the parser's own */
    check_refused("/api/generate", "{\"model\": \"a\", \"images\": [\"\\u00010\"]}", 400, "U+0001");
}
END_TEST

START_TEST(photos_that_fail_are_reported)
{
    struct api_answer answer =
        post("/api/generate", "{\"model\": \"caption\", \"images\": [" PHOTO "]}", NULL);

    ck_assert_uint_eq(answer.code, 415);
    check_at(&answer, "/error", "no picture that is known");
    api_finish(&answer);
    answer = api_call(serve_routes_ollama, "GET", "/api/version", NULL, 0, NULL);
    ck_assert_ptr_nonnull(api_at(&answer, "/version"));
    api_finish(&answer);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route_ollama");
    TCase *tcase = tcase_create("route_ollama");

    tcase_add_test(tcase, base64_of_all_kinds_is_read);
    tcase_add_test(tcase, generate_answers_whole);
    tcase_add_test(tcase, streams_come_word_by_word);
    tcase_add_test(tcase, chat_is_about_the_last_turn_with_photos);
    tcase_add_test(tcase, settings_of_ours_are_taken);
    tcase_add_test(tcase, models_are_found_by_their_names);
    tcase_add_test(tcase, requests_without_photos);
    tcase_add_test(tcase, formats_are_filled);
    tcase_add_test(tcase, what_is_no_photo_is_not_described);
    tcase_add_test(tcase, bodies_that_are_no_request_are_refused);
    tcase_add_test(tcase, bodies_that_would_take_much_memory_are_refused);
    tcase_add_test(tcase, long_photos_are_read_as_clients_write_them);
    tcase_add_test(tcase, long_texts_that_are_no_photos_are_refused);
    tcase_add_test(tcase, photos_that_fail_are_reported);
    suite_add_tcase(suite, tcase);
    return suite;
}
