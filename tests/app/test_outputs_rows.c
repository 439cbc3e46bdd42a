/* SPDX-License-Identifier: MIT */
/* Files of rows: what stands in them before a run, and what becomes of it. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/rows.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PHOTOS = 5, BLANK = 1, WITH_KEYWORDS = 4, FORMATS = APP_FORMAT_COUNT + WITH_KEYWORDS };

/* All formats, and those again that are others with keywords; until the next call. */
static const struct app_format *format_at(int index)
{
    static const struct app_format *const others[WITH_KEYWORDS] = {
        &app_format_text, &app_format_tsv, &app_format_csv, &app_format_imagefolder};
    static struct app_format other;

    if (index < APP_FORMAT_COUNT)
        return app_formats[index];
    other = app_format_with_keywords(others[index - APP_FORMAT_COUNT], true);
    return &other;
}

/* The last has no name in UTF-8, unless the format must name it so. */
static const char *photo_at(const struct app_format *format, size_t index)
{
    static const char *const photos[PHOTOS] = {"album/1.jpg", "album/blank.png", "album/2.jpg",
                                               "album/2.jpg.jpg", "b,\"3\xFF"};

    return index == PHOTOS - 1 && format->photo_name ? "b,\"3\xC3\xBF" : photos[index];
}

static struct app_output *open_rows(const struct app_format *format, const char *file,
                                    enum app_existing existing)
{
    struct app_output *output;
    struct tn_error err;

    ck_assert_msg(app_rows_create(format, file, existing, &output, &err) == TN_OK, "%s: %s",
                  format->name, err.text);
    return output;
}

/* Two captions, each of which says which photo it is of; one picture is no photo. */
static enum tn_status put_photo(const struct app_format *format, struct app_output *output,
                                size_t photo, struct tn_error *err)
{
    static unsigned char jpeg[3];
    const struct app_thumbnail thumbnail = {1, 1, jpeg, sizeof jpeg};
    char first[64], second[64];
    const struct captioner_word word = {.text = "dog", .log_prob = -1};
    const struct captioner_keyword keywords[] = {{"dog", 0.75}, {"=\"x\"", 0.5}};
    const struct captioner_caption captions[] = {
        {.text = first, .words = &word, .word_count = 1, .confidence = 0.5},
        {.text = second, .words = &word, .word_count = 1, .confidence = 0.25},
    };
    const struct captioner_result result = {
        .count = 2, .captions = captions, .keyword_count = 2, .keywords = keywords};
    const struct captioner_result blank = {.not_a_photo = 1};
    const struct app_entry entry = {.path = photo_at(format, photo),
                                    .result = photo == BLANK ? &blank : &result,
                                    .language = "en",
                                    .model = "0123456789abcdef",
                                    .keywords = format->keywords,
                                    .thumbnail = &thumbnail};

    snprintf(first, sizeof first, "a dog, number %zu", photo);
    snprintf(second, sizeof second, "a \"cat\", number %zu", photo);
    return photo == BLANK && output->sentences_only ? TN_OK : output->ops->put(output, &entry, err);
}

/* Goes on with the file as a run over the first `count` photos does, a photo a batch or all in one.
 * Its status; the outputs are ended in every case. */
static enum tn_status go_on(const struct app_format *format, size_t count, bool one_batch,
                            struct tn_error *err)
{
    struct app_output *output;
    enum tn_status status = app_rows_create(format, "rows", APP_SKIP, &output, err);

    if (status != TN_OK)
        return status;
    for (size_t i = 0; i < count && status == TN_OK; i++) {
        if (output->ops->holds(output, photo_at(format, i)))
            continue;
        status = put_photo(format, output, i, err);
        if (status == TN_OK && !one_batch)
            status = output->ops->flush(output, err);
    }
    if (status == TN_OK)
        status = output->ops->flush(output, err);
    if (status == TN_OK)
        status = output->ops->finish(output, true, err);
    output->ops->destroy(output);
    return status;
}

/* What a run over the first `count` photos writes; the caller frees it. */
static char *written(const struct app_format *format, size_t count, size_t *ret_size)
{
    struct tn_error err;
    char *copy;
    const char *text;

    unlink("rows");
    ck_assert_msg(go_on(format, count, false, &err) == TN_OK, "%s", err.text);
    text = content("rows", ret_size);
    copy = malloc(*ret_size + 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, *ret_size + 1);
    return copy;
}

static void check_goes_on(const struct app_format *format, const char *whole, size_t whole_size,
                          size_t cut, bool one_batch)
{
    struct tn_error err;
    const char *text;
    size_t size;

    ck_assert_msg(go_on(format, PHOTOS, one_batch, &err) == TN_OK, "%s, cut at %zu: %s",
                  format->name, cut, err.text);
    text = content("rows", &size);
    ck_assert_msg(size == whole_size && memcmp(text, whole, size) == 0,
                  "%s, cut at %zu: the file is not what one run writes:\n%s", format->name, cut,
                  text);
}

/* Whether between two rows of one photo: nobody can tell whether it had a second caption. */
static bool ends_with_first_row(const struct app_format *format, const char *whole, size_t cut)
{
    const char *line = whole;

    for (size_t i = 0; format->row_a_caption && i < cut; i++) {
        if (whole[i] != '\n')
            continue;
        if (i + 1 == cut)
            return memmem(line, cut - (size_t)(line - whole), "a dog", 5) != NULL;
        line = whole + i + 1;
    }
    return false;
}

/* From one place to tear a file at to the next: each syncs files, and keywords add little new. */
static size_t step_of(const struct app_format *format, size_t size)
{
    return 1 + size / (format->keywords ? 60 : 300);
}

START_TEST(a_run_goes_on_wherever_the_file_ends)
{
    const struct app_format *format = format_at(_i);
    size_t size;
    char *whole = written(format, PHOTOS, &size);

    for (size_t cut = 0; cut <= size; cut += step_of(format, size)) {
        if (ends_with_first_row(format, whole, cut))
            continue;
        write_file("rows", whole, cut);
        check_goes_on(format, whole, size, cut, cut % 2 == 0);
    }
    free(whole);
}
END_TEST

START_TEST(a_run_goes_on_wherever_a_write_was_torn)
{
    const struct app_format *format = format_at(_i);
    const size_t foot = strlen(format->foot);
    size_t half_size, size, torn_size;
    char *half = written(format, 2, &half_size), *whole = written(format, PHOTOS, &size);
    char *torn = malloc(size + half_size);

    ck_assert_ptr_nonnull(torn);
    for (size_t cut = half_size - foot; cut <= size; cut += step_of(format, size)) {
        if (ends_with_first_row(format, whole, cut))
            continue;
        memcpy(torn, half, half_size);
        memcpy(torn, whole, cut);
        torn_size = cut > half_size ? cut : half_size;
        write_file("rows", torn, torn_size);
        check_goes_on(format, whole, size, cut, cut % 2 == 0);
    }
    free(torn);
    free(half);
    free(whole);
}
END_TEST

/* ---- What is written again ---- */

/* As a run over the first photo ends. */
static void write_again(const struct app_format *format, enum app_existing existing)
{
    struct app_output *output = open_rows(format, "rows", existing);
    struct tn_error err;

    ck_assert_int_eq(put_photo(format, output, 0, &err), TN_OK);
    ck_assert_int_eq(output->ops->flush(output, &err), TN_OK);
    ck_assert_msg(output->ops->finish(output, true, &err) == TN_OK, "%s", err.text);
    output->ops->destroy(output);
}

static void check_rows(const char *expected, size_t expected_size)
{
    size_t size;
    const char *text = content("rows", &size);

    ck_assert_msg(size == expected_size && memcmp(text, expected, size) == 0, "%s", text);
}

START_TEST(rows_of_ours_are_overwritten)
{
    const struct app_format *format = format_at(_i);
    const struct app_format other = app_format_with_keywords(format, !format->keywords);
    size_t size, old_size;
    const bool shown = *app_format_head(&other) != '\0';
    char *one = written(format, 1, &size);
    char *old = written(shown ? &other : format, PHOTOS, &old_size);

    write_again(format, APP_OVERWRITE);
    check_rows(one, size);
    free(old);
    old = written(format, 0, &old_size); /* of a run without a photo */
    write_again(format, APP_OVERWRITE);
    check_rows(one, size);
    write_text("rows", "");
    write_again(format, APP_OVERWRITE);
    check_rows(one, size);
    free(old);
    free(one);
}
END_TEST

START_TEST(rows_of_ours_stay_where_nothing_was_put)
{
    const struct app_format *format = format_at(_i);
    size_t size;
    char *whole = written(format, PHOTOS, &size);
    struct app_output *output = open_rows(format, "rows", APP_OVERWRITE);
    struct tn_error err;

    ck_assert_int_eq(output->ops->finish(output, false, &err), TN_OK);
    output->ops->destroy(output);
    check_rows(whole, size);
    free(whole);
}
END_TEST

/* ---- What is not ours ---- */

static void check_is_refused(const struct app_format *format, const char *text, size_t size)
{
    struct tn_error err;
    const char *after;
    size_t after_size;

    write_file("rows", text, size);
    ck_assert_msg(go_on(format, PHOTOS, false, &err) == TN_FORMAT, "%s: not refused: %s",
                  format->name, text);
    ck_assert_ptr_nonnull(strstr(err.text, "it was left as it is"));
    ck_assert(!strstr(err.text, "--existing overwrite"));
    after = content("rows", &after_size);
    ck_assert_msg(after_size == size && memcmp(after, text, size) == 0, "%s: not left: %s",
                  format->name, text);
}

/* Rows that are not all there may be anybody's, too. */
static void check_is_not_overwritten(const struct app_format *format, const char *text, size_t size)
{
    struct app_output *output;
    struct tn_error err;

    write_file("rows", text, size);
    ck_assert_msg(app_rows_create(format, "rows", APP_OVERWRITE, &output, &err) == TN_FORMAT,
                  "%s: not refused: %s", format->name, text);
    ck_assert_msg(strstr(err.text, "or give --existing replace") != NULL, "%s", err.text);
    check_rows(text, size);
    write_again(format, APP_REPLACE);
    ck_assert_int_eq(go_on(format, 1, false, &err), TN_OK);
}

START_TEST(a_foreign_file_is_left_as_it_is)
{
    static const struct {
        const struct app_format *format;
        const char *text;
    } files[] = {
        {&app_format_text, "my diary"},
        {&app_format_text, "my diary\n"},
        {&app_format_text, "album/1.jpg\tmy dog"},
        {&app_format_text, "other.jpg\tmy dog\nthis\tto"},
        {&app_format_text, "name\tage\ttown\nAnn\t5\tRome\n"},
        {&app_format_text, "name\tage\ttown\nAnn\t5\tRome"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\nx\t1\ty"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\nx\t1\ty\n"},
        {&app_format_tsv, "path\trank\tcaption\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\nx,1,\"y"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\nx,1,y"},
        {&app_format_json, "[\n  {\n    \"path\": \"x\"\n  }\n]\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"label\":1}\n]\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"label\":1},\n{\"path\":\"y\",\"label\":2}\n]"},
        {&app_format_json, "[\n  1,\n  2\n]"},
        {&app_format_json, "[\n]\n"},
        {&app_format_json, "{}"},
        {&app_format_json, "[1]"},
        {&app_format_jsonl, "{\"path\":\"x\",\"label\":1}"},
        {&app_format_jsonl, "{\"path\":\"x\",\"label\":1}\n"},
        {&app_format_jsonl, "{\"id\": 1}"},
        {&app_format_jsonl, "{\n"},
        {&app_format_imagefolder, "{\"file_name\":\"x\",\"label\":1}\n"},
        {&app_format_imagefolder, "{\"file_name\":\"x\",\"text\":\"y\",\"label\":1}\n"},
        {&app_format_imagefolder, "{\"file_name\":\"x\",\"text\":1}\n"},
        {&app_format_imagefolder, "{\"path\":\"x\",\"captions\":[]}\n"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n"
                          "x\tmine\ty\t0.5000\t-1.0000\t-1.0000\n"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n"
                          "x\t1\ty\tsure\t-1.0000\t-1.0000\n"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n"
                          "x\t1\ty\t\t-1.0000\t-1.0000\n"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n"
                          "x\t1\ty\t0.5000\tmine\t-1.0000\n"},
        {&app_format_tsv, "path\trank\tcaption\tconfidence\tlog_prob\tword_log_probs\n"
                          "x\t0\tmine\t\t\t\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\n"
                          "x,1,y,0.5000,-1.0000,-1.0000,mine\r\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\n"
                          "x,\"1,y,0.5000,-1.0000,-1.0000\"\r\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\n"
                          "x,1,y,0.5000,-1.0000\r\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\n"
                          "x,mine,y,0.5000,-1.0000,-1.0000\r\n"},
        {&app_format_csv, "path,rank,caption,confidence,log_prob,word_log_probs\r\n"
                          "x,0,mine,,,\r\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"rating\":5,\"captions\":[]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"rating\":5,\"captions\":[]}\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"captions\":[\"mine\"]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"captions\":[\"mine\"]}\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"captions\":[{\"caption\":1}]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"captions\":[{\"caption\":1}]}\n"},
        {&app_format_json,
         "[\n{\"path\":\"x\",\"captions\":[{\"caption\":\"y\",\"note\":\"z\"}]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"captions\":[{\"caption\":\"y\",\"note\":\"z\"}]}\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"captions\":[{\"caption\":\"y\",\"words\":[{"
                           "\"text\":\"y\",\"my\":1}]}]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"captions\":[{\"caption\":\"y\",\"words\":[{\"text\":"
                            "\"y\",\"my\":1}]}]}\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"keywords\":[\"mine\"],\"captions\":[]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"keywords\":[\"mine\"],\"captions\":[]}\n"},
        {&app_format_json, "[\n{\"path\":\"x\",\"keywords\":1,\"captions\":[]}\n]\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"keywords\":1,\"captions\":[]}\n"},
        {&app_format_jsonl, "{\"path\":\"x\",\"captions\":[]} mine\n"},
        {&app_format_imagefolder, "{\"file_name\":\"x\",\"text\":\"y\"} mine\n"},
        {&app_format_gallery, "<!DOCTYPE html>\n<p>Mine"},
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        check_is_refused(files[i].format, files[i].text, strlen(files[i].text));
        check_is_not_overwritten(files[i].format, files[i].text, strlen(files[i].text));
    }
}
END_TEST

START_TEST(rows_of_an_older_version_are_ours)
{
    static const char row[] = "{\"path\":\"x\",\"language\":\"en\",\"captions\":[{\"caption\":"
                              "\"y\",\"confidence\":0.5000,\"log_prob\":-1.0000,\"words\":[{"
                              "\"text\":\"y\",\"log_prob\":-0.5000}],\"end_log_prob\":-0.5000}]}\n";
    struct tn_error err;
    size_t size;
    char *one = written(&app_format_jsonl, 1, &size);

    write_text("rows", row);
    ck_assert_int_eq(go_on(&app_format_jsonl, 1, false, &err), TN_OK);
    write_text("rows", row);
    write_again(&app_format_jsonl, APP_OVERWRITE);
    check_rows(one, size);
    free(one);
}
END_TEST

/* As an older version of the program wrote it. */
START_TEST(rows_within_another_page_are_told)
{
    static const char said[] = "rows: is perhaps a gallery file of another version of this program";
    size_t size;
    char *whole = written(&app_format_gallery, 2, &size);
    struct tn_error err;

    memcpy(strstr(whole, "<style>"), "<STYLE>", 7);
    check_is_refused(&app_format_gallery, whole, size);
    ck_assert_int_eq(go_on(&app_format_gallery, 2, false, &err), TN_FORMAT);
    ck_assert_msg(strncmp(err.text, said, strlen(said)) == 0, "%s", err.text);
    check_is_not_overwritten(&app_format_gallery, whole, size);
    free(whole);
}
END_TEST

/* What a person does to a file of ours: it ends without a newline, or goes on with something. */
START_TEST(a_file_that_somebody_changed_is_left_as_it_is)
{
    static const char *const ends[] = {"note", "\n\n", " ", "{}", "<p>note</p>\n"};
    const struct app_format *format = format_at(_i);
    size_t size;
    char *whole = written(format, 2, &size), *changed = malloc(size + 64);

    ck_assert_ptr_nonnull(changed);
    memcpy(changed, whole, size);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        strcpy(changed + size, ends[i]);
        check_is_refused(format, changed, size + strlen(ends[i]));
        check_is_not_overwritten(format, changed, size + strlen(ends[i]));
    }
    if (format->foot[0] == '\0' && format != &app_format_csv) {
        changed[size - 2] ^= 1;
        check_is_refused(format, changed, size - 1);
        check_is_not_overwritten(format, changed, size - 1);
    }
    free(changed);
    free(whole);
}
END_TEST

START_TEST(a_file_with_other_columns_is_left_and_told)
{
    const struct app_format *format = format_at(_i);
    const bool with = format->keywords;
    const struct app_format other = app_format_with_keywords(format, !with);
    struct tn_error err;
    size_t size;
    char *whole;

    if (other.keywords == with)
        return;
    whole = written(format, PHOTOS, &size);
    check_is_refused(&other, whole, size);
    ck_assert_int_eq(go_on(&other, PHOTOS, false, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(
        strstr(err.text, with ? "was begun with --keywords" : "was begun without --keywords"));
    free(whole);
}
END_TEST

/* ---- Rows that do not show their photos ---- */

static enum tn_status add_line(enum app_existing existing, struct tn_error *err)
{
    struct app_format format = app_format_template;
    struct app_output *output;
    enum tn_status status;

    format.template = "{rank} {caption}";
    status = app_rows_create(&format, "rows", existing, &output, err);
    if (status != TN_OK)
        return status;
    ck_assert(!output->ops->holds);
    status = put_photo(&format, output, 0, err);
    if (status == TN_OK)
        status = output->ops->flush(output, err);
    if (status == TN_OK)
        status = output->ops->finish(output, true, err);
    output->ops->destroy(output);
    return status;
}

START_TEST(lines_of_a_template_are_not_gone_on_with)
{
    static const char lines[] = "1 a dog, number 0\n2 a \"cat\", number 0\n";
    struct tn_error err;
    char twice[2 * sizeof lines];

    ck_assert_msg(add_line(APP_SKIP, &err) == TN_OK, "%s", err.text);
    check_text("rows", lines);
    ck_assert_int_eq(add_line(APP_SKIP, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "give --existing append or replace"));
    check_text("rows", lines);
    snprintf(twice, sizeof twice, "%s%s", lines, lines);
    ck_assert_int_eq(add_line(APP_APPEND, &err), TN_OK);
    check_text("rows", twice);
    ck_assert_int_eq(add_line(APP_OVERWRITE, &err), TN_FORMAT);
    check_text("rows", twice);
    ck_assert_int_eq(add_line(APP_REPLACE, &err), TN_OK);
    check_text("rows", lines);
    write_text("rows", "my diary");
    ck_assert_int_eq(add_line(APP_APPEND, &err), TN_FORMAT);
    check_text("rows", "my diary");
}
END_TEST

/* ---- What happens during a run ---- */

START_TEST(a_file_that_is_removed_or_replaced_is_told)
{
    const struct app_format *format = &app_format_jsonl;
    struct app_output *output = open_rows(format, "rows", APP_SKIP);
    struct tn_error err;

    ck_assert_int_eq(put_photo(format, output, 0, &err), TN_OK);
    ck_assert_int_eq(output->ops->flush(output, &err), TN_OK);
    if (_i == 0)
        unlink("rows");
    else
        rename("rows", "moved");
    if (_i == 2)
        write_text("rows", "another");
    ck_assert_int_eq(output->ops->finish(output, true, &err), TN_IO);
    ck_assert_ptr_nonnull(strstr(err.text, "rows: it was removed or replaced during the run"));
    ck_assert_int_eq(put_photo(format, output, 1, &err), TN_OK);
    ck_assert_int_eq(output->ops->flush(output, &err), TN_IO);
    output->ops->destroy(output);
    if (_i == 2)
        check_text("rows", "another");
}
END_TEST

START_TEST(a_file_that_another_program_writes_is_told)
{
    const struct app_format *format = &app_format_text;
    struct app_output *output = open_rows(format, "rows", APP_SKIP);
    struct tn_error err;

    ck_assert_int_eq(put_photo(format, output, 0, &err), TN_OK);
    ck_assert_int_eq(output->ops->flush(output, &err), TN_OK);
    write_text("rows", "mine");
    ck_assert_int_eq(put_photo(format, output, 1, &err), TN_OK);
    ck_assert_int_eq(output->ops->flush(output, &err), TN_IO);
    ck_assert_str_eq(err.text, "rows: another program wrote into it during the run");
    output->ops->destroy(output);
    check_text("rows", "mine");
}
END_TEST

START_TEST(a_full_disk_leaves_what_stood_before)
{
    const struct app_format *format = format_at(_i);
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    enum tn_status put_status, status;
    struct app_output *output;
    struct tn_error err;
    size_t size, after_size;
    char *before = written(format, 2, &size);
    const char *after;

    signal(SIGXFSZ, SIG_IGN);
    limit.rlim_cur = size + 20;
    output = open_rows(format, "rows", APP_SKIP);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put_status = put_photo(format, output, 2, &err);
    status = output->ops->flush(output, &err);
    limit.rlim_cur = RLIM_INFINITY; /* Check writes files of its own */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(put_status, TN_OK);
    ck_assert_int_eq(status, TN_IO);
    output->ops->destroy(output);
    after = content("rows", &after_size);
    ck_assert_msg(after_size == size && memcmp(after, before, size) == 0, "%s: %s", format->name,
                  after);
    free(before);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rows");
    TCase *tcase = tcase_create("rows");

    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, a_run_goes_on_wherever_the_file_ends, 0, FORMATS);
    tcase_add_loop_test(tcase, a_run_goes_on_wherever_a_write_was_torn, 0, FORMATS);
    tcase_add_loop_test(tcase, rows_of_ours_are_overwritten, 0, FORMATS);
    tcase_add_loop_test(tcase, rows_of_ours_stay_where_nothing_was_put, 0, FORMATS);
    tcase_add_test(tcase, a_foreign_file_is_left_as_it_is);
    tcase_add_test(tcase, rows_of_an_older_version_are_ours);
    tcase_add_test(tcase, rows_within_another_page_are_told);
    tcase_add_loop_test(tcase, a_file_that_somebody_changed_is_left_as_it_is, 0, FORMATS);
    tcase_add_loop_test(tcase, a_file_with_other_columns_is_left_and_told, 0, FORMATS);
    tcase_add_test(tcase, lines_of_a_template_are_not_gone_on_with);
    tcase_add_loop_test(tcase, a_file_that_is_removed_or_replaced_is_told, 0, 3);
    tcase_add_test(tcase, a_file_that_another_program_writes_is_told);
    tcase_add_loop_test(tcase, a_full_disk_leaves_what_stood_before, 0, FORMATS);
    suite_add_tcase(suite, tcase);
    return suite;
}
