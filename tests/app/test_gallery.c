/* SPDX-License-Identifier: MIT */
/* The gallery's rows: their paths come back byte for byte, and nothing in a path or a caption acts
 * as markup; links lead from the page to the photo. */
#include "app/output/html.h"
#include "app/output/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/folder.h"
#include "tests/support/suite.h"

static const char *const nasty[] = {
    "photo.jpg",
    "/abs/olute/photo.jpg",
    "<script>alert(1)</script>.jpg",
    "a\"b'c`d&amp;.jpg",
    "new\nline\ttab\r\x01\x1B\x7F.jpg",
    "not \xFF\xFE utf-8 \xC3.jpg",
    "\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80.jpg",
    "100%25 %zz %.jpg",
    "javascript:alert(1)",
    "--><!-- ]]> </figure>\n<figure data-path=\"x\">",
    "caf\xC3\xA9 \xE5\x8C\x97\xE4\xBA\xAC \xF0\x9F\x98\x80.jpg",
    " blanks  and \xE2\x80\xAEgpj.exe ",
    "?q#f;x=1,2+3~-._",
};

enum { NASTY = sizeof nasty / sizeof nasty[0] };

static unsigned char jpeg[] = {0xFF, 0xD8, 0xFF};
static const struct app_thumbnail thumbnail = {4, 2, jpeg, sizeof jpeg};

/* Into memory: begin, write to the stream, and end; the caller frees the text. */
struct memory {
    FILE *stream;
    char *text;
    size_t size;
};

static void begin(struct memory *memory)
{
    memory->stream = open_memstream(&memory->text, &memory->size);
    ck_assert_ptr_nonnull(memory->stream);
}

static void end(struct memory *memory)
{
    ck_assert_int_eq(fclose(memory->stream), 0);
}

/* The row of such an entry; the caller frees its text. */
static struct memory row_of(const char *path, const char *caption, size_t count)
{
    const struct captioner_caption captions[] = {{.text = caption, .confidence = 0.47123},
                                                 {.text = "a <second> one", .confidence = 0.25},
                                                 {.text = "a third", .confidence = 0.125}};
    const struct captioner_result result = {.count = count, .captions = captions};
    const struct app_entry entry = {
        .path = path, .result = &result, .language = "e\"n", .thumbnail = &thumbnail};

    struct memory row;

    begin(&row);
    app_format_gallery.write(&app_format_gallery, row.stream, &entry, "/pages/page.html");
    end(&row);
    return row;
}

START_TEST(a_rows_path_comes_back_byte_for_byte)
{
    struct memory row = row_of(nasty[_i], "a cat", 1);
    char *path = malloc(row.size + 1);

    ck_assert_ptr_nonnull(path);
    ck_assert_ptr_eq(strchr(row.text, '\n'), row.text + row.size - 1); /* a row is a line */
    ck_assert(app_format_gallery.path(&app_format_gallery, row.text, row.size, path));
    ck_assert_str_eq(path, nasty[_i]);
    free(path);
    free(row.text);
}
END_TEST

/* As script.js takes a row apart. */
START_TEST(a_row_shows_keywords_behind_its_caption)
{
    const struct captioner_caption caption = {.text = "a cat", .confidence = 0.5};
    const struct captioner_keyword keywords[] = {{"cat", 0.75}, {"<b>\n\"&", 0.5}};
    const struct captioner_result result = {
        .count = 1, .captions = &caption, .keyword_count = 2, .keywords = keywords};
    const struct app_entry entry = {
        .path = "a.jpg", .result = &result, .language = "en", .thumbnail = &thumbnail};
    struct memory row;

    begin(&row);
    app_format_gallery.write(&app_format_gallery, row.stream, &entry, NULL);
    end(&row);
    ck_assert_ptr_nonnull(strstr(row.text, "<p lang=\"en\">a cat</p><ul aria-label=\"Keywords\" "
                                           "lang=\"en\"><li>cat</li><li>&lt;b&gt;\xE2\x90\x8A"
                                           "&quot;&amp;</li></ul><p><bdi>a.jpg</bdi></p>"));
    ck_assert_uint_eq(app_format_gallery.length(row.text, row.size), row.size);
    free(row.text);
}
END_TEST

START_TEST(what_is_no_photo_says_so)
{
    const struct captioner_result result = {.not_a_photo = 1};
    const struct app_entry entry = {
        .path = "a.jpg", .result = &result, .language = "zh", .thumbnail = &thumbnail};
    struct memory row;

    begin(&row);
    app_format_gallery.write(&app_format_gallery, row.stream, &entry, NULL);
    end(&row);
    ck_assert_ptr_nonnull(strstr(row.text, "<p lang=\"en\">No caption: hardly a photo of anything"
                                           "</p><p><bdi>a.jpg</bdi></p><p hidden>Confidence <data "
                                           "value=\"0.0000\">0%</data></p></figcaption>"));
    ck_assert_ptr_null(strstr(row.text, "zh"));
    ck_assert_uint_eq(app_format_gallery.length(row.text, row.size), row.size);
    free(row.text);
}
END_TEST

START_TEST(a_row_ends_with_its_line_and_rows_with_the_foot)
{
    struct memory row = row_of("cat.jpg", "a cat", 1);
    const char *foot = app_format_gallery.foot;

    ck_assert_uint_eq(app_format_gallery.length(row.text, row.size), row.size);
    ck_assert_uint_eq(app_format_gallery.length(row.text, row.size - 1), 0);
    for (size_t cut = 0; cut <= strlen(foot); cut++)
        ck_assert_uint_eq(app_format_gallery.length(foot, cut), 0);
    ck_assert_uint_eq(app_format_gallery.length("<p>ours</p>\n", 12), 0);
    ck_assert_uint_eq(app_format_gallery.length("\n", 1), 0);
    free(row.text);
}
END_TEST

START_TEST(what_is_no_row_has_no_path)
{
    static const char *const rows[] = {
        "",
        "\n",
        "<figure>\n",
        "<figure data-path=\"cat.jpg\n",
        "<figure data-path=\"cat%2\"></figure>\n",
        "<figure data-path=\"cat%2g\"></figure>\n",
        "<figure data-path=\"cat%00.jpg\"></figure>\n",
        "<figure data-path=\"a cat.jpg\"></figure>\n",
        " <figure data-path=\"cat.jpg\"></figure>\n",
        "</main>\n",
    };
    char path[64];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(!app_format_gallery.path(&app_format_gallery, rows[i], strlen(rows[i]), path),
                      "%s", rows[i]);
}
END_TEST

/* The elements that a row's text opens and closes, and how often '"' stands in it. */
static void shape(const char *text, char *ret_shape, size_t *ret_quotes)
{
    bool inside = false;

    *ret_quotes = 0;
    for (; *text; text++) {
        const bool begins = *text == '<';

        *ret_quotes += *text == '"';
        if (begins)
            *ret_shape++ = '<';
        inside = begins || (inside && *text != ' ' && *text != '>');
        if (inside && !begins)
            *ret_shape++ = *text;
    }
    *ret_shape = '\0';
}

START_TEST(neither_path_nor_caption_acts_as_markup)
{
    struct memory plain = row_of("x", "x", 3), row;
    char plain_shape[512], row_shape[512], path[128], *slash;
    size_t plain_quotes, row_quotes;

    snprintf(path, sizeof path, "%s", nasty[_i]);
    while ((slash = strchr(path, '/'))) /* each would bring a <wbr> */
        *slash = '\\';
    row = row_of(path, nasty[_i], 3);
    shape(plain.text, plain_shape, &plain_quotes);
    shape(row.text, row_shape, &row_quotes);
    ck_assert_str_eq(row_shape, plain_shape);
    ck_assert_uint_eq(row_quotes, plain_quotes);
    free(plain.text);
    free(row.text);
}
END_TEST

START_TEST(a_row_shows_captions_and_confidence)
{
    static const char *const parts[] = {
        " alt=\"a cat &amp; a &quot;dog&quot;\"",
        "<p lang=\"e&quot;n\">a cat &amp; a &quot;dog&quot;</p>",
        "<data value=\"0.4712\">47%</data>",
        "<bdi>/<wbr>album/<wbr>cat.jpg</bdi>",
        "<a href=\"../album/cat.jpg\"",
        "<summary>2 other captions</summary>",
        ">a &lt;second&gt; one</span>",
        "<img width=\"4\" height=\"2\"",
        "src=\"data:image/jpeg;base64,/9j/\">",
    };
    struct memory row = row_of("/album/cat.jpg", "a cat & a \"dog\"", 3);
    struct memory single = row_of("/album/cat.jpg", "a cat", 1);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ck_assert_msg(strstr(row.text, parts[i]) != NULL, "%s is not in %s", parts[i], row.text);
    ck_assert_ptr_null(strstr(single.text, "<details>"));
    free(row.text);
    free(single.text);
}
END_TEST

static const struct {
    size_t width, height, small_width, small_height;
} sizes[] = {
    {400, 100, 272, 68},  {100, 400, 51, 204}, {544, 408, 272, 204}, {544, 409, 271, 204},
    {272, 204, 272, 204}, {60, 204, 60, 204},  {1, 1, 1, 1},         {3000, 1, 272, 1},
};

enum { SIZES = sizeof sizes / sizeof sizes[0] };

START_TEST(a_thumbnail_fits_its_card)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image image = {sizes[_i].width, sizes[_i].height, NULL}, again;
    struct app_thumbnail small;
    struct tn_error err;

    image.rgb = malloc(image.width * image.height * 3);
    ck_assert_ptr_nonnull(image.rgb);
    memset(image.rgb, 100, image.width * image.height * 3);
    ck_assert_msg(app_thumbnail_make(&image, &small, &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(small.width, sizes[_i].small_width);
    ck_assert_uint_eq(small.height, sizes[_i].small_height);
    ck_assert_msg(image_decode(small.bytes, small.size, "thumbnail", &options, &again, &err) ==
                      TN_OK,
                  "%s", err.text);
    ck_assert_uint_eq(again.width, small.width);
    ck_assert_uint_eq(again.height, small.height);
    ck_assert_int_le(abs(again.rgb[0] - 100), 2);
    image_finish(&again);
    image_finish(&image);
    app_thumbnail_finish(&small);
}
END_TEST

/* What stands between the two; the caller frees it. */
static char *between(const char *text, const char *before, const char *after)
{
    const char *begin = strstr(text, before), *end;

    ck_assert_ptr_nonnull(begin);
    begin += strlen(before);
    end = strstr(begin, after);
    ck_assert_ptr_nonnull(end);
    return strndup(begin, (size_t)(end - begin));
}

START_TEST(the_page_allows_its_own_script_alone)
{
    char *policy = between(app_format_gallery.head, "Content-Security-Policy\" content=\"", "\"");

    ck_assert_ptr_nonnull(
        strstr(policy, "default-src 'none'; img-src data: 'self' file:; style-src 'sha256-"));
    ck_assert_ptr_nonnull(strstr(policy, "script-src 'sha256-"));
    ck_assert_ptr_null(strstr(policy, "unsafe"));
    ck_assert_ptr_null(strstr(app_format_gallery.head, "@S"));
    ck_assert_ptr_null(strstr(app_format_gallery.foot, "@S"));
    ck_assert_ptr_nonnull(strstr(app_format_gallery.foot, "<script>\n'use strict';"));
    ck_assert_ptr_null(strstr(app_format_gallery.head, "://"));
    ck_assert_ptr_null(strstr(app_format_gallery.foot, "://"));
    free(policy);
}
END_TEST

START_TEST(text_shows_what_would_not)
{
    static const char *const cases[][2] = {
        {"a dog", "a dog"},
        {"<&>\"'", "&lt;&amp;&gt;&quot;&#39;"},
        {"\n\x1B\x7F", "\xE2\x90\x8A\xE2\x90\x9B\xE2\x90\xA1"},
        {"\xFFx\xC3", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
        {"\xC2\x85\xEF\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x80\xAEgpj", "\xEF\xBF\xBDgpj"},
        {"\xE5\x8C\x97\xF0\x9F\x98\x80", "\xE5\x8C\x97\xF0\x9F\x98\x80"},
    };
    struct memory memory;

    begin(&memory);
    app_html_text(memory.stream, cases[_i][0]);
    end(&memory);
    ck_assert_str_eq(memory.text, cases[_i][1]);
    free(memory.text);
}
END_TEST

/* RFC 4648, section 10. */
START_TEST(base64_is_as_in_its_rfc)
{
    static const char *const cases[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    struct memory memory;

    begin(&memory);
    app_html_base64(memory.stream, (const unsigned char *)"foobar", (size_t)_i);
    end(&memory);
    ck_assert_str_eq(memory.text, cases[_i]);
    free(memory.text);
}
END_TEST

static const struct {
    const char *page, *path, *link;
} links[] = {
    {"page.html", "photo.jpg", "photo.jpg"},
    {"page.html", "./album//a b.jpg", "album/a%20b.jpg"},
    {"album/page.html", "album/photo.jpg", "photo.jpg"},
    {"album/page.html", "album2/photo.jpg", "../album2/photo.jpg"},
    {"pages/new/page.html", "photo.jpg", "../../photo.jpg"},
    {"page.html", "../photo.jpg", "../photo.jpg"},
    {"../page.html", "../photo.jpg", "photo.jpg"},
    {"page.html", "album/./x/../photo.jpg", "album/photo.jpg"},
    {"/a/b/page.html", "/a/c/photo.jpg", "../c/photo.jpg"},
    {"/a/page.html", "/a/b/c.jpg", "b/c.jpg"},
    {"/page.html", "/../../photo.jpg", "photo.jpg"},
    {"/a/p", "/ab", "../ab"},
    {"/a/page.html", "/a/javascript:alert(1)", "javascript%3Aalert%281%29"},
    {"/a/page.html", "/a/100% \"'<>\xFF?#.jpg", "100%25%20%22%27%3C%3E%FF%3F%23.jpg"},
    {NULL, "/a/./b c.jpg", "file:///a/b%20c.jpg"},
};

enum { LINKS = sizeof links / sizeof links[0] };

START_TEST(a_link_leads_from_the_page_to_the_photo)
{
    struct memory memory;

    begin(&memory);
    app_html_link(memory.stream, links[_i].page, links[_i].path);
    end(&memory);
    ck_assert_str_eq(memory.text, links[_i].link);
    free(memory.text);
}
END_TEST

START_TEST(a_link_counts_from_the_working_directory)
{
    char folder[TEST_FOLDER_SIZE], expected[96];
    struct memory there, gone;

    test_folder_make(folder);
    ck_assert_int_eq(chdir(folder), 0);
    begin(&there);
    app_html_link(there.stream, "/tmp/page.html", "photo.jpg");
    end(&there);
    snprintf(expected, sizeof expected, "%s/photo.jpg", folder + strlen("/tmp/"));
    ck_assert_str_eq(there.text, expected);
    ck_assert_int_eq(rmdir(folder), 0);
    begin(&gone);
    app_html_link(gone.stream, "page.html", "a b.jpg");
    end(&gone);
    ck_assert_str_eq(gone.text, "a%20b.jpg");
    free(there.text);
    free(gone.text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gallery");
    TCase *rows = tcase_create("rows"), *html = tcase_create("html");

    tcase_add_loop_test(rows, a_rows_path_comes_back_byte_for_byte, 0, NASTY);
    tcase_add_test(rows, a_row_shows_keywords_behind_its_caption);
    tcase_add_test(rows, what_is_no_photo_says_so);
    tcase_add_test(rows, a_row_ends_with_its_line_and_rows_with_the_foot);
    tcase_add_test(rows, what_is_no_row_has_no_path);
    tcase_add_loop_test(rows, neither_path_nor_caption_acts_as_markup, 0, NASTY);
    tcase_add_test(rows, a_row_shows_captions_and_confidence);
    tcase_add_loop_test(rows, a_thumbnail_fits_its_card, 0, SIZES);
    tcase_add_test(rows, the_page_allows_its_own_script_alone);
    suite_add_tcase(suite, rows);
    tcase_add_loop_test(html, text_shows_what_would_not, 0, 7);
    tcase_add_loop_test(html, base64_is_as_in_its_rfc, 0, 7);
    tcase_add_loop_test(html, a_link_leads_from_the_page_to_the_photo, 0, LINKS);
    tcase_add_test(html, a_link_counts_from_the_working_directory);
    suite_add_tcase(suite, html);
    return suite;
}
