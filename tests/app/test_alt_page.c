/* SPDX-License-Identifier: MIT */
/* Which images of a page get texts, and that nothing else in it changes. */
#include "tests/support/suite.h"

#include "app/alt/page.h"

#include <stdlib.h>
#include <string.h>

/* What is written into each image that lacks a text. */
#define TEXT "a \"dog's\" <day> & {\xC3\xA9}"

static struct alt_page page_of(enum alt_kind kind, const char *text)
{
    return (struct alt_page){.name = "page", .bytes = text, .size = strlen(text), .kind = kind};
}

/* The page with `text` in each image of that state; the caller frees it. */
static char *fill(enum alt_kind kind, const char *bytes, enum alt_state state, const char *text)
{
    struct alt_page page = page_of(kind, bytes);
    const char *texts[64] = {NULL};
    struct tn_error err;
    enum tn_status status = alt_page_read(&page, &err);
    char *written = NULL, *copy;
    size_t size = 0;

    ck_assert_msg(status == TN_OK, "%s: %s", bytes, status == TN_OK ? "" : err.text);
    ck_assert_uint_lt(page.count, 64);
    for (size_t i = 0; i < page.count; i++)
        texts[i] = page.images[i].state == state ? text : NULL;
    status = alt_page_write(&page, texts, &written, &size, &err);
    ck_assert_msg(status == TN_OK, "%s: %s", bytes, status == TN_OK ? "" : err.text);
    alt_page_finish(&page);
    copy = strndup(written, size);
    free(written);
    return copy;
}

struct row {
    const char *old, *new; /* new NULL: nothing changes */
};

static void check_rows(enum alt_kind kind, const struct row *rows, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        char *written = fill(kind, rows[i].old, ALT_MISSING, text);

        ck_assert_str_eq(written, rows[i].new ? rows[i].new : rows[i].old);
        free(written);
    }
}

#define CHECK(kind, rows) check_rows(kind, rows, sizeof(rows) / sizeof(rows)[0], "T")

START_TEST(an_image_without_a_text_gets_one)
{
    static const struct row rows[] = {
        {"<img src=a.jpg>", "<img src=a.jpg alt=\"T\">"},
        {"<img src=a.jpg/>", "<img src=a.jpg/ alt=\"T\">"},
        {"<p><img src='a.jpg'/></p>", "<p><img src='a.jpg' alt='T'/></p>"},
        {"<img\r\n  src = \"a.jpg\"\r\n  id=x >",
         "<img\r\n  src = \"a.jpg\" alt=\"T\"\r\n  id=x >"},
        {"<IMG SRC=\"A.JPG\">", "<IMG SRC=\"A.JPG\" ALT=\"T\">"},
        {"<img>", "<img alt=\"T\">"},
        {"<img data-src=\"b.jpg\">", "<img data-src=\"b.jpg\" alt=\"T\">"},
        {"<img src=\"a.jpg\"id=x>", "<img src=\"a.jpg\" alt=\"T\"id=x>"},
        {"<img alt=\" \t\n\" src=a.jpg>", "<img alt=\"T\" src=a.jpg>"},
        {"<img title=\">\" src='a>b.jpg'>", "<img title=\">\" src='a>b.jpg' alt='T'>"},
        {"<noscript><img src=a></noscript>", "<noscript><img src=a alt=\"T\"></noscript>"},
        {"<picture><source srcset=b><img src=a></picture>",
         "<picture><source srcset=b><img src=a alt=\"T\"></picture>"},
        {"<figure><img src=a><figcaption>b</figcaption></figure>",
         "<figure><img src=a alt=\"T\"><figcaption>b</figcaption></figure>"},
        {"<a href=b><img src=a></a>", "<a href=b><img src=a alt=\"T\"></a>"},
        {"<img src=\"&#97;.jpg?a=1&b=2\">", "<img src=\"&#97;.jpg?a=1&b=2\" alt=\"T\">"},
        {"<img src=a.jpg src=b.jpg>", "<img src=a.jpg alt=\"T\" src=b.jpg>"},
        {"<table><img src=a><tr><td><img src=b></table>",
         "<table><img src=a alt=\"T\"><tr><td><img src=b alt=\"T\"></table>"},
        {"a < b <img src=a> c > d </img>", "a < b <img src=a alt=\"T\"> c > d </img>"},
        {"<img src=a><img src=\"b.jpg\"", "<img src=a alt=\"T\"><img src=\"b.jpg\""},
        {"<p><img src=a></p <img src=b", "<p><img src=a alt=\"T\"></p <img src=b"},
    };

    CHECK(ALT_HTML, rows);
}
END_TEST

START_TEST(what_is_no_image_stays)
{
    static const struct row rows[] = {
        {"no tag", NULL},
        {"<img src=a alt=\"a person's words\">", NULL},
        {"<img src=a alt=words>", NULL},
        {"<!-- <img src=a> -->", NULL},
        {"<!--[if IE]><img src=a><![endif]-->", NULL},
        {"<!--><p title='<img src=a>'>", NULL},
        {"<script>'<img src=a>'</script>", NULL},
        {"<script><!-- <script> </script> <img src=a> --></script>", NULL},
        {"<style>/* <img src=a> */</style>", NULL},
        {"<textarea><img src=a></textarea>", NULL},
        {"<title><img src=a></title>", NULL},
        {"<xmp><img src=a></xmp><iframe><img src=a></iframe>", NULL},
        {"<p title=\"<img src=a>\">", NULL},
        {"<p title='<img src=a>'>", NULL},
        {"<imgs src=a><image-x src=a>", NULL},
        {"</img src=a>", NULL},
        {"&lt;img src=a>", NULL},
        {"<input type=image src=a><area href=b>", NULL},
        {"<?php echo '<img src=a>' ?>", NULL},
        {"<?php echo '<img src=a>'", NULL},
        {"<img src=\"<?php echo $a->b ?>\">", NULL},
        {"<img src=\"{{ a }}\"><img src='{% a %}'><img {# a #} src=b>", NULL},
        {"<img src=a <% if b %>alt=\"x\"<% end %>>", NULL},
        {"{{ '<img src=a>' }}", NULL},
        {"{{ '<!--' }}<img src=a>{{ '-->' }}", NULL},
        {"<svg><![CDATA[ > <img src=a> ]]></svg>", NULL},
        {"<img src=\"{{ a }}\" alt=\"{{ b }}\">", NULL},
        {"<img src=a aria-label=words>", NULL},
        {"<img src=a role=presentation><img src=a role=NONE>", NULL},
        {"<span aria-hidden=true><img src=a></span>", NULL},
        {"<img src=a width=1 height=1><img src=a width='1px'>", NULL},
        {"<img src=a", NULL},
        {"<img src=\"a>", NULL},
        {"<p title='b><img src=a>", NULL},
    };

    CHECK(ALT_HTML, rows);
}
END_TEST

START_TEST(a_program_beside_an_image_does_not_hinder)
{
    static const struct row rows[] = {
        {"{% if a %}<img src=a>{% endif %}", "{% if a %}<img src=a alt=\"T\">{% endif %}"},
        {"<?php $a->b() ?><img src=a><?= 'x' ?>",
         "<?php $a->b() ?><img src=a alt=\"T\"><?= 'x' ?>"},
        {"{{ open <img src=a>", "{{ open <img src=a alt=\"T\">"},
        {"<p {{ a > b }}><img src=a></p>", "<p {{ a > b }}><img src=a alt=\"T\"></p>"},
    };

    CHECK(ALT_HTML, rows);
}
END_TEST

/* The state of the only image. */
static enum alt_state state_of(enum alt_kind kind, const char *bytes)
{
    struct alt_page page = page_of(kind, bytes);
    struct tn_error err;
    enum alt_state state;

    ck_assert_int_eq(alt_page_read(&page, &err), TN_OK);
    ck_assert_msg(page.count == 1, "%s has %zu images", bytes, page.count);
    state = page.images[0].state;
    alt_page_finish(&page);
    return state;
}

START_TEST(an_empty_text_is_decoration_or_not)
{
    static const struct {
        const char *page;
        enum alt_state state;
    } rows[] = {
        {"<img src=a.jpg alt=\"\">", ALT_EMPTY},
        {"<img src=a.jpg alt>", ALT_EMPTY},
        {"<img src=a.jpg alt=>", ALT_EMPTY},
        {"<a href=b><img src=a.jpg alt=''> words</a>", ALT_DECORATION},
        {"<a href=b><img src=a.jpg alt=''> \n</a> words", ALT_EMPTY},
        {"<a href=b><img src=a.jpg alt=''><b title='words", ALT_EMPTY},
        {"<button><b>words</b><img src=a.jpg alt=''></button>", ALT_DECORATION},
        {"<img src=a.jpg alt='' role=none>", ALT_DECORATION},
        {"<img src=a.jpg alt='' width=2>", ALT_DECORATION},
        {"<img src=a.jpg alt='' width=3000>", ALT_EMPTY},
        {"<img src=a.jpg alt='' width=1%>", ALT_EMPTY},
        {"<img src=a.jpg alt='' height=3em>", ALT_EMPTY},
        {"<img src=a.jpg alt='' height=3px>", ALT_DECORATION},
        {"<img src=x/a.jpg alt='5'>", ALT_GIVEN},
        {"<img src=x/IMG_12.jpg alt='IMG_12.jpg'>", ALT_POOR},
        {"<img src=x/my_dog.jpg?1 alt='my_dog'>", ALT_POOR},
        {"<img src=x/dog.jpg alt='dog'>", ALT_GIVEN},
        {"<img src=x/a.jpg alt='DSC00012'>", ALT_POOR},
        {"<img src=x/a.jpg alt=' Image '>", ALT_POOR},
        {"<img src=x/a.jpg alt='1234'>", ALT_POOR},
        {"<img src=x/a.jpg alt='image of a dog'>", ALT_GIVEN},
        {"<img src=x/a.jpg alt='photo' aria-label='a dog'>", ALT_GIVEN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(state_of(ALT_HTML, rows[i].page) == rows[i].state, "%s", rows[i].page);
}
END_TEST

START_TEST(an_empty_text_is_filled_where_it_stands)
{
    static const struct row rows[] = {
        {"<img alt=\"\" src=a>", "<img alt=\"T\" src=a>"},
        {"<img alt='' src=a>", "<img alt='T' src=a>"},
        {"<img alt src=a>", "<img alt=\"T\" src=a>"},
        {"<img src=a alt>", "<img src=a alt=\"T\">"},
        {"<img src=a alt/>", "<img src=a alt=\"T\"/>"},
        {"<img src=a alt=>", "<img src=a alt=\"T\">"},
        {"<img src=a alt= >", "<img src=a alt=\"T\" >"},
        {"<img src=a ALT = ''>", "<img src=a ALT = 'T'>"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *written = fill(ALT_HTML, rows[i].old, ALT_EMPTY, "T");

        ck_assert_str_eq(written, rows[i].new);
        free(written);
    }
}
END_TEST

START_TEST(a_text_is_escaped)
{
    static const struct row utf8[] = {
        {"\xC3\xBC<img src=\"a\">",
         "\xC3\xBC<img src=\"a\" alt=\"a &quot;dog's&quot; &lt;day&gt; &amp; &#123;\xC3\xA9}\">"},
        {"\xEF\xBB\xBF<img src='a'>", "\xEF\xBB\xBF<img src='a' alt='a \"dog&#39;s\" &lt;day&gt; "
                                      "&amp; &#123;\xC3\xA9}'>"},
    };
    static const struct row others[] = {
        {"<img src=a>", "<img src=a alt=\"a &quot;dog's&quot; &lt;day&gt; &amp; &#123;&#xE9;}\">"},
        {"<meta charset=latin1>\xFC<img src=a>",
         "<meta charset=latin1>\xFC<img src=a alt=\"a &quot;dog's&quot; &lt;day&gt; &amp; "
         "&#123;&#xE9;}\">"},
        {"<meta charset=utf-8>\xFC<img src=a>", /* says so, but is not */
         "<meta charset=utf-8>\xFC<img src=a alt=\"a &quot;dog's&quot; &lt;day&gt; &amp; "
         "&#123;&#xE9;}\">"},
        {"<meta charset=gbk>\xC4\xE3<img src=a>",
         "<meta charset=gbk>\xC4\xE3<img src=a alt=\"a &quot;dog's&quot; &lt;day&gt; &amp; "
         "&#123;&#xE9;}\">"},
    };

    check_rows(ALT_HTML, utf8, 2, TEXT);
    check_rows(ALT_HTML, others, 4, TEXT);
}
END_TEST

static void check_refused(enum alt_kind kind, const char *bytes, size_t size, const char *reason)
{
    struct alt_page page = {.name = "page", .bytes = bytes, .size = size, .kind = kind};
    struct tn_error err;

    ck_assert_int_ne(alt_page_read(&page, &err), TN_OK);
    ck_assert_msg(strstr(err.text, reason) && strncmp(err.text, "page:", 5) == 0, "%s", err.text);
    ck_assert_ptr_null(page.images);
}

START_TEST(what_is_not_understood_is_refused)
{
    check_refused(ALT_HTML, "\xFF\xFE<\0", 4, "UTF-16");
    check_refused(ALT_HTML, "a\0b", 3, "NUL");
    check_refused(ALT_HTML, "<meta charset=\"utf-16le\">", 25, "utf-16le; save it as UTF-8");
    check_refused(ALT_HTML, "\x1B$B<img>", 8, "ISO-2022-JP");
    check_refused(ALT_HTML, "<img>\n <img/src=a>", 18, ":2:2: from here on programs do not agree");
    check_refused(ALT_HTML, "<img><![CDATA[<img>", 19, ":1:6: from here on programs do not agree");
    check_refused(ALT_XHTML, "<!-- -- --><p/>", 15, "comment");
    check_refused(ALT_XHTML, "<p><img></p>", 12, "not well-formed");
    check_refused(ALT_XHTML, "<?xml version='1.0' encoding='utf-16'?><p/>", 43, "utf-16");
    check_refused(ALT_MARKDOWN, "\xFC", 1, "not UTF-8");
}
END_TEST

/* An edit that goes wrong: the text of the only image, at another place or with more than a text.
 */
static void check_not_written(enum alt_kind kind, const char *bytes, struct alt_span span,
                              const char *before, const char *after)
{
    static const char *const texts[] = {"T"};
    struct alt_page page = page_of(kind, bytes);
    struct tn_error err;
    size_t size = 0;
    char *written = NULL;

    ck_assert_int_eq(alt_page_read(&page, &err), TN_OK);
    ck_assert_uint_eq(page.count, 1);
    page.images[0].span = span;
    page.images[0].before = before;
    page.images[0].after = after;
    ck_assert_int_eq(alt_page_write(&page, texts, &written, &size, &err), TN_FORMAT);
    ck_assert_msg(strstr(err.text, "is left as it is"), "%s", err.text);
    ck_assert_ptr_null(written);
    alt_page_finish(&page);
}

START_TEST(a_page_that_would_change_otherwise_is_not_written)
{
    static const char html[] = "<p>a</p><img src=a>", xhtml[] = "<p>a<img src='a'/></p>";
    static const char markdown[] = "b ![](a)";
    const struct alt_span right = {18, 18}, right_xml = {17, 17}, wrong = {4, 4};

    check_not_written(ALT_HTML, html, wrong, " alt=\"", "\"");
    check_not_written(ALT_HTML, html, (struct alt_span){2, 3}, " alt=\"", "\">");
    check_not_written(ALT_HTML, html, right, " alt=\"", "\" id=\"x\"");
    check_not_written(ALT_HTML, html, right, " alt=\"", "\"><img src=\"b\"");
    check_not_written(ALT_HTML, html, right, " alt=\"x", "\"");
    check_not_written(ALT_HTML, html, right, " alt=\"", "\"><p");
    check_not_written(ALT_XHTML, xhtml, right_xml, " alt='", "' b='c'");
    check_not_written(ALT_XHTML, xhtml, wrong, "", "");
    check_not_written(ALT_MARKDOWN, markdown, (struct alt_span){0, 0}, "", "");
    check_not_written(ALT_MARKDOWN, markdown, (struct alt_span){4, 4}, "x", "");
    check_not_written(ALT_MARKDOWN, markdown, (struct alt_span){4, 4}, "", "](b) ![");
}
END_TEST

START_TEST(xhtml_is_read_as_xml)
{
    static const struct row rows[] = {
        {"<p><img src=\"a\"/></p>", "<p><img src=\"a\" alt=\"T\"/></p>"},
        {"<p><![CDATA[<img src='a'/>]]><img src='b' /></p>",
         "<p><![CDATA[<img src='a'/>]]><img src='b' alt='T' /></p>"},
        {"<html xmlns='http://www.w3.org/1999/xhtml'><title/><img src='b'></img></html>",
         "<html xmlns='http://www.w3.org/1999/xhtml'><title/><img src='b' alt='T'></img></html>"},
        {"<p><IMG src='a'/></p>", NULL},
        {"<p><?php <img/> ?></p>", NULL},
        {"<p><!-- <img/> --></p>", NULL},
        {"<x:p xmlns:x='y'><x:img/></x:p>", NULL},
        {"<!DOCTYPE html PUBLIC \"a\" \"http://b\"><p>&nbsp;<img src='a'/></p>",
         "<!DOCTYPE html PUBLIC \"a\" \"http://b\"><p>&nbsp;<img src='a' alt='T'/></p>"},
    };

    CHECK(ALT_XHTML, rows);
}
END_TEST

START_TEST(an_image_of_markdown_gets_a_text)
{
    static const struct row rows[] = {
        {"![](a.jpg)", "![T](a.jpg)"},
        {"a ![ ](<a b.jpg> \"t\") b\r\n", "a ![T](<a b.jpg> \"t\") b\r\n"},
        {"![](a_(1).jpg 'x')", "![T](a_(1).jpg 'x')"},
        {"[![](a.jpg)](b)", "[![T](a.jpg)](b)"},
        {"![][r]\n\n[R]: a.jpg", "![T][r]\n\n[R]: a.jpg"},
        {"- a\n  - ![](a)\n1. ![](b)", "- a\n  - ![T](a)\n1. ![T](b)"},
        {"> ![](a)\n> > ![](b)", "> ![T](a)\n> > ![T](b)"},
        {"# ![](a)\n| ![](b) |", "# ![T](a)\n| ![T](b) |"},
        {"<img src=\"a\">", "<img src=\"a\" alt=\"T\">"},
        {"<div>\n<img src=a>\n</div>", "<div>\n<img src=a alt=\"T\">\n</div>"},
        {"`` ` `` ![](a) `b`", "`` ` `` ![T](a) `b`"},
        {"\xEF\xBB\xBF---\ntitle: \"![](a)\"\n---\n![](b)",
         "\xEF\xBB\xBF---\ntitle: \"![](a)\"\n---\n![T](b)"},
        {"<img src=\"a\"\n     width=\"30%\">", "<img src=\"a\" alt=\"T\"\n     width=\"30%\">"},
        {"a\n    ![](b)\n*c* `d\n*e* `\n![](f)", "a\n    ![T](b)\n*c* `d\n*e* `\n![T](f)"},
        {"1. a\n\n    ![](b)\n#c\n    ![](d)", "1. a\n\n    ![T](b)\n#c\n    ![T](d)"},
        {"```\nx\n```\n![](a)", "```\nx\n```\n![T](a)"},
        {"- a\n\n      code ![](x)\n\n  ![](a)", "- a\n\n      code ![](x)\n\n  ![T](a)"},
    };

    CHECK(ALT_MARKDOWN, rows);
}
END_TEST

START_TEST(what_markdown_does_not_take_for_an_image_stays)
{
    static const struct row rows[] = {
        {"`![](a)`", NULL},
        {"`` ` ![](a) ``", NULL},
        {"    ![](a)", NULL},
        {"\t![](a)", NULL},
        {"# b\n    ![](a)", NULL},
        {"b\n===\n    ![](a)", NULL},
        {"* * *\n    ![](a)\n\n[r]: b\n    ![](a)", NULL},
        {"```\n![](a)\n```", NULL},
        {"~~~\n![](a)\n```\n![](b)", NULL},
        {"> ```\n> ![](a)\n> ```", NULL},
        {"- x\n  ```\n  ![](a)\n  ```", NULL},
        {"\\![](a)", NULL},
        {"!\\[](a)", NULL},
        {"![] (a)", NULL},
        {"![](a b)", NULL},
        {"![](a", NULL},
        {"![][r]", NULL},
        {"![a][r]\n\n[r]: x", NULL},
        {"<!-- ![](a)\n\n<img src=b> -->", NULL},
        {"<div>\n![](a)\n</div>", NULL},
        {"<pre>\n![](a)\n\n![](b)\n</pre>", NULL},
        {"<script>\n'<img src=a>'\n\n'<img src=b>'\n</script>", NULL},
        {"\\<img src=a>", NULL},
        {"`<img src=a>`", NULL},
        {"<img src=a\"b>", NULL},
        {"{{< figure src=\"a\" >}} {{% ![](b) %}}", NULL},
        {"![]({{ a }})", NULL},
        {"---\na: ![](b)\n---", NULL},
        {"+++\na = '![](b)'\n+++", NULL},
        {"- a ` b\n- `![](x)` c", NULL},
        {"| a ` | `![](x)` |", NULL},
        {"![words](a.jpg)", NULL},
    };

    CHECK(ALT_MARKDOWN, rows);
}
END_TEST

START_TEST(mdx_has_expressions)
{
    static const struct row rows[] = {
        {"![](a)\n\n<img src={x} />", "![T](a)\n\n<img src={x} />"},
        {"export const a = { b: '![](c)' }\n\n<img src=\"a\" />",
         "export const a = { b: '![](c)' }\n\n<img src=\"a\" alt=\"T\" />"},
    };

    CHECK(ALT_MDX, rows);
}
END_TEST

START_TEST(a_text_is_escaped_in_markdown)
{
    char *written = fill(ALT_MARKDOWN, "![](a)", ALT_MISSING, "a [b] *c* `d` \\ <e> {{f}} |");

    ck_assert_str_eq(written, "![a \\[b\\] \\*c\\* \\`d\\` \\\\ \\<e\\> \\{\\{f\\}\\} \\|](a)");
    free(written);
}
END_TEST

/* Pages that would cost more time than bytes, if they could. */
START_TEST(what_repeats_takes_its_time_and_no_more)
{
    static const char *const pieces[] = {
        "![",       "`<a ", "<a b=\"", "![](",   "<img ", "<!--",  "{{",       "<?",
        "[a]: b\n", "- ",   "> ",      "<a><b>", "![]((", "`` ` ", "<script>", "<img alt='' src=a>",
        "--!"};

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        for (enum alt_kind kind = ALT_HTML; kind <= ALT_MDX; kind++) {
            const size_t length = strlen(pieces[i]), count = 100000 / length;
            char *text = calloc(1, count * length + 1);
            struct alt_page page;

            ck_assert_ptr_nonnull(text);
            for (size_t k = 0; k < count; k++)
                memcpy(text + k * length, pieces[i], length);
            page = page_of(kind, text);
            if (alt_page_read(&page, NULL) == TN_OK)
                alt_page_finish(&page);
            free(text);
        }
}
END_TEST

/* Tags within the text of an image, each of which hides all that follows. */
START_TEST(what_costs_too_much_is_refused)
{
    enum { COUNT = 20000 };
    static char text[2 + COUNT * 5 + 1] = "![";
    struct alt_page page;
    struct tn_error err;

    for (size_t i = 0; i < COUNT; i++)
        memcpy(text + 2 + i * 5, "<xmp>", 5);
    page = page_of(ALT_MARKDOWN, text);
    ck_assert_int_eq(alt_page_read(&page, &err), TN_RANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "too intricate"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("alt_page");
    TCase *tcase = tcase_create("alt_page");

    tcase_add_test(tcase, an_image_without_a_text_gets_one);
    tcase_add_test(tcase, what_is_no_image_stays);
    tcase_add_test(tcase, a_program_beside_an_image_does_not_hinder);
    tcase_add_test(tcase, an_empty_text_is_decoration_or_not);
    tcase_add_test(tcase, an_empty_text_is_filled_where_it_stands);
    tcase_add_test(tcase, a_text_is_escaped);
    tcase_add_test(tcase, what_is_not_understood_is_refused);
    tcase_add_test(tcase, a_page_that_would_change_otherwise_is_not_written);
    tcase_add_test(tcase, xhtml_is_read_as_xml);
    tcase_add_test(tcase, an_image_of_markdown_gets_a_text);
    tcase_add_test(tcase, what_markdown_does_not_take_for_an_image_stays);
    tcase_add_test(tcase, mdx_has_expressions);
    tcase_add_test(tcase, a_text_is_escaped_in_markdown);
    tcase_add_test(tcase, what_repeats_takes_its_time_and_no_more);
    tcase_add_test(tcase, what_costs_too_much_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
