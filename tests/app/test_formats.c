/* SPDX-License-Identifier: MIT */
/* What the rows of each format look like: captions, keywords, and a picture that is no photo. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/rows.h"
#include "app/output/template.h"

#include <stdlib.h>
#include <string.h>

static const struct captioner_word words[] = {{"a", -0.5F}, {"dog", -1}};
static const struct captioner_caption captions[] = {
    {"a dog", words, 2, -2, -0.5, 0.61234},
    {"a \"cat\", x", words, 1, -3, -2.5, 0.25},
};
static const struct captioner_keyword keywords[] = {{"dog", 0.75}, {"=run", 0.5}};
static const struct captioner_result usual = {
    .count = 2, .captions = captions, .keyword_count = 2, .keywords = keywords};
static const struct captioner_result no_photo = {.not_a_photo = 1};

/* The rows of such an entry; the caller frees them. */
static char *rows_of(const struct app_format *format, const struct captioner_result *result)
{
    const struct app_entry entry = {.path = "b\t1.jpg",
                                    .result = result,
                                    .language = "en",
                                    .model = "0123456789abcdef",
                                    .keywords = true};
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    format->write(format, stream, &entry, NULL);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

static void check_rows(const struct app_format *format, const struct captioner_result *result,
                       const char *expected)
{
    char *rows = rows_of(format, result);

    ck_assert_msg(strcmp(rows, expected) == 0, "%s: '%s', expected '%s'", format->name, rows,
                  expected);
    free(rows);
}

static void check_with_keywords(const struct app_format *format,
                                const struct captioner_result *result, const char *expected)
{
    const struct app_format other = app_format_with_keywords(format, true);

    check_rows(&other, result, expected);
}

#define JSON_HEAD                                                                                  \
    "{\"path\":\"b\\t1.jpg\",\"language\":\"en\",\"model\":\"0123456789abcdef\","                  \
    "\"version\":\"" APP_VERSION "\","
#define JSON_CAPTIONS                                                                              \
    "{\"caption\":\"a dog\",\"confidence\":0.6123,\"log_prob\":-2.0000,\"words\":[{\"text\":\"a\"" \
    ",\"log_prob\":-0.5000},{\"text\":\"dog\",\"log_prob\":-1.0000}],\"end_log_prob\":-0.5000},"   \
    "{\"caption\":\"a \\\"cat\\\", x\",\"confidence\":0.2500,\"log_prob\":-3.0000,\"words\":"      \
    "[{\"text\":\"a\",\"log_prob\":-0.5000}],\"end_log_prob\":-2.5000}"
#define JSON_KEYWORDS                                                                              \
    "\"keywords\":[{\"keyword\":\"dog\",\"probability\":0.7500},"                                  \
    "{\"keyword\":\"=run\",\"probability\":0.5000}],"

START_TEST(captions_have_rows)
{
    check_rows(&app_format_bare, &usual, "a dog\na \"cat\", x\n");
    check_rows(&app_format_text, &usual, "b\\t1.jpg\ta dog\nb\\t1.jpg\ta \"cat\", x\n");
    check_rows(&app_format_tsv, &usual,
               "b\\t1.jpg\t1\ta dog\t0.6123\t-2.0000\t-0.5000 -1.0000 -0.5000\n"
               "b\\t1.jpg\t2\ta \"cat\", x\t0.2500\t-3.0000\t-0.5000 -2.5000\n");
    check_rows(&app_format_csv, &usual,
               "b\t1.jpg,1,a dog,0.6123,-2.0000,-0.5000 -1.0000 -0.5000\r\n"
               "b\t1.jpg,2,\"a \"\"cat\"\", x\",0.2500,-3.0000,-0.5000 -2.5000\r\n");
    check_rows(&app_format_jsonl, &usual,
               JSON_HEAD JSON_KEYWORDS "\"captions\":[" JSON_CAPTIONS "]}\n");
    check_rows(&app_format_imagefolder, &usual,
               "{\"file_name\":\"b\\t1.jpg\",\"text\":\"a dog\"}\n");
}
END_TEST

START_TEST(keywords_have_a_column)
{
    const struct captioner_result none_likely = {.count = 1, .captions = captions};

    check_with_keywords(&app_format_bare, &none_likely, "a dog\n");
    check_with_keywords(&app_format_bare, &usual, "a dog\na \"cat\", x\ndog, =run\n");
    check_with_keywords(&app_format_text, &usual,
                        "b\\t1.jpg\ta dog\tdog, =run\nb\\t1.jpg\ta \"cat\", x\tdog, =run\n");
    check_with_keywords(
        &app_format_tsv, &usual,
        "b\\t1.jpg\t1\ta dog\t0.6123\t-2.0000\t-0.5000 -1.0000 -0.5000\tdog, =run\n"
        "b\\t1.jpg\t2\ta \"cat\", x\t0.2500\t-3.0000\t-0.5000 -2.5000\tdog, =run\n");
    check_with_keywords(&app_format_imagefolder, &usual,
                        "{\"file_name\":\"b\\t1.jpg\",\"text\":\"a dog\","
                        "\"keywords\":[\"dog\",\"=run\"]}\n");
}
END_TEST

/* A spreadsheet sees the cell's first character alone. */
START_TEST(keywords_are_guarded_as_the_rest_is)
{
    const struct captioner_keyword odd[] = {{"=run", 0.75}, {"\"x\"", 0.5}};
    const struct captioner_result result = {
        .count = 1, .captions = captions, .keyword_count = 2, .keywords = odd};

    check_with_keywords(
        &app_format_csv, &result,
        "b\t1.jpg,1,a dog,0.6123,-2.0000,-0.5000 -1.0000 -0.5000,\"'=run, \"\"x\"\"\"\r\n");
    check_with_keywords(
        &app_format_csv_raw, &result,
        "b\t1.jpg,1,a dog,0.6123,-2.0000,-0.5000 -1.0000 -0.5000,\"=run, \"\"x\"\"\"\r\n");
}
END_TEST

START_TEST(what_is_no_photo_has_a_row_without_a_caption)
{
    check_rows(&app_format_text, &no_photo, "b\\t1.jpg\t\n");
    check_with_keywords(&app_format_text, &no_photo, "b\\t1.jpg\t\t\n");
    check_rows(&app_format_tsv, &no_photo, "b\\t1.jpg\t0\t\t\t\t\n");
    check_with_keywords(&app_format_tsv, &no_photo, "b\\t1.jpg\t0\t\t\t\t\t\n");
    check_rows(&app_format_csv, &no_photo, "b\t1.jpg,0,,,,\r\n");
    check_with_keywords(&app_format_csv, &no_photo, "b\t1.jpg,0,,,,,\"\"\r\n");
    check_rows(&app_format_jsonl, &no_photo,
               JSON_HEAD "\"not_a_photo\":true,\"keywords\":[],\"captions\":[]}\n");
}
END_TEST

/* ---- On a terminal ---- */

START_TEST(people_see_the_confidence)
{
    struct app_format bare = app_format_bare, text = app_format_text;
    struct app_format three = app_format_with_keywords(&app_format_text, true);

    bare.percent = text.percent = three.percent = true;
    check_rows(&bare, &usual, "a dog  (61 %)\na \"cat\", x  (25 %)\n");
    check_rows(&bare, &no_photo, "");
    check_rows(&text, &usual, "b\\t1.jpg\ta dog  (61 %)\nb\\t1.jpg\ta \"cat\", x  (25 %)\n");
    check_rows(&text, &no_photo, "b\\t1.jpg\t(hardly a photo of anything)\n");
    check_rows(&three, &usual,
               "b\\t1.jpg\ta dog  (61 %)\tdog, =run\n"
               "b\\t1.jpg\ta \"cat\", x  (25 %)\tdog, =run\n");
}
END_TEST

/* ---- Templates ---- */

static void check_filled(const char *template, const char *path, const char *expected)
{
    const struct captioner_result result = {
        .count = 1, .captions = captions, .keyword_count = 2, .keywords = keywords};
    const struct app_entry entry = {.path = path,
                                    .result = &result,
                                    .language = "en",
                                    .model = "0123456789abcdef",
                                    .keywords = true};
    struct app_format format = app_format_template;
    struct tn_error err;
    bool fields;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    ck_assert_msg(app_template_check(template, &fields, &err) == TN_OK, "%s", err.text);
    ck_assert_int_eq(fields, strstr(template, "{keywords}") != NULL);
    format.template = template;
    format.write(&format, stream, &entry, NULL);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_msg(strcmp(text, expected) == 0, "'%s' became '%s', expected '%s'", template, text,
                  expected);
    free(text);
}

START_TEST(a_template_is_filled_in)
{
    check_filled("", "a.jpg", "\n");
    check_filled("caption", "a.jpg", "caption\n");
    check_filled("{path}: {caption}", "x/a.b.jpg", "x/a.b.jpg: a dog\n");
    check_filled("{folder}|{name}|{stem}", "x/y/a.b.jpg", "x/y|a.b.jpg|a.b\n");
    check_filled("{folder}|{name}|{stem}", "a", ".|a|a\n");
    check_filled("{folder}|{name}|{stem}", "/.a", "/|.a|.a\n");
    check_filled("{confidence} {percent} {rank} {log_prob}", "a", "0.6123 61 1 -2.0000\n");
    check_filled("{language} {model} {keywords}", "a", "en 0123456789abcdef dog, =run\n");
    check_filled("{{{percent}}} {{}} {{path}}", "a", "{61} {} {path}\n");
    check_filled("\\t{path}\\n\\\\n", "a\tb\nc\\.jpg", "\ta\\tb\\nc\\\\.jpg\n\\n\n");
    check_filled("{folder}|{stem}", "a\nb/c\td.x", "a\\nb|c\\td\n");
    check_filled("\xC3\xA9 {name} \xFF", "\xFF", "\xC3\xA9 \xFF \xFF\n");
}
END_TEST

/* One line of rows for each caption, as elsewhere; of no photo, none. */
START_TEST(a_template_has_a_row_per_caption)
{
    struct app_format format = app_format_template;

    format.template = "{rank} {caption}";
    check_rows(&format, &usual, "1 a dog\n2 a \"cat\", x\n");
    ck_assert(format.sentences_only);
}
END_TEST

START_TEST(a_template_that_means_nothing_is_refused)
{
    static const struct {
        const char *text, *why;
    } faults[] = {
        {"{", "has no }"},
        {"{path", "has no }"},
        {"x{{{", "has no }"},
        {"}", "a } stands alone"},
        {"{path}}", "a } stands alone"},
        {"{}", "no field is called {}; expected path, name"},
        {"{pat}", "did you mean {path}?"},
        {"{Caption}", "did you mean {caption}?"},
        {"{captoin}", "did you mean {caption}?"},
        {"{ path }", "did you mean {path}?"},
        {"{0123456789012345678901234567890123456789}", "expected path, name"},
        {"\\", "means nothing"},
        {"\\x", "means nothing; expected \\n, \\t or \\\\"},
    };

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct tn_error err;
        bool fields;

        ck_assert_int_eq(app_template_check(faults[i].text, &fields, &err), TN_FORMAT);
        ck_assert_msg(strstr(err.text, faults[i].why) != NULL, "'%s': %s", faults[i].text,
                      err.text);
    }
}
END_TEST

START_TEST(a_files_name_chooses_its_format)
{
    static const struct {
        const char *file;
        const struct app_format *format;
    } files[] = {
        {"a.txt", &app_format_text},
        {"x/a.tsv", &app_format_tsv},
        {"a.b.csv", &app_format_csv},
        {"a.json", &app_format_json},
        {"a.jsonl", &app_format_jsonl},
        {"a.html", &app_format_gallery},
        {"metadata.jsonl", &app_format_imagefolder},
        {"/x/metadata.jsonl", &app_format_imagefolder},
        {"my_metadata.jsonl", &app_format_jsonl},
        {"metadata.jsonl/a.jsonl", &app_format_jsonl},
        {"metadata.json", &app_format_json},
        {".txt", NULL},
        {"a", NULL},
        {"a.TXT", &app_format_text},
        {"Metadata.JSONL", &app_format_jsonl},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        ck_assert_msg(app_format_of_file(files[i].file) == files[i].format, "%s", files[i].file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("formats");
    TCase *tcase = tcase_create("formats");

    tcase_add_test(tcase, captions_have_rows);
    tcase_add_test(tcase, keywords_have_a_column);
    tcase_add_test(tcase, keywords_are_guarded_as_the_rest_is);
    tcase_add_test(tcase, what_is_no_photo_has_a_row_without_a_caption);
    tcase_add_test(tcase, people_see_the_confidence);
    tcase_add_test(tcase, a_template_is_filled_in);
    tcase_add_test(tcase, a_template_has_a_row_per_caption);
    tcase_add_test(tcase, a_template_that_means_nothing_is_refused);
    tcase_add_test(tcase, a_files_name_chooses_its_format);
    suite_add_tcase(suite, tcase);
    return suite;
}
