/* SPDX-License-Identifier: MIT */
/*
 * Images of Markdown: ![](a.jpg), ![][label], and <img> in HTML.  Inline text is read from left to
 * right as CommonMark does it (section 6): escapes, code spans, tags, images.
 */
#include "app/alt/page_private.h"

#include "app/alt/markdown_private.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

enum { LEAST_BUDGET = 1 << 20 };

struct inline_reading {
    struct alt_page *page;
    struct markdown_blocks blocks;
    struct alt_tags tags;       /* over the view, up to the end of the block */
    size_t first_image;         /* of the block */
    size_t first_run, last_run; /* of backquotes in the block; SIZE_MAX: none */
    bool lone_run;              /* one of them begins no code span */
    size_t spent, budget; /* bytes that were looked at, some of them often; and how many may be */
};

/* ---- Pieces of a line ---- */

static size_t backquotes(const struct alt_tags *tags, size_t at)
{
    size_t count = 0;

    while (at + count < tags->size && tags->bytes[at + count] == '`')
        count++;
    return count;
}

/* Behind the code span that begins there, or behind the backquotes that begin none. */
static size_t code_end(struct inline_reading *r, size_t at, bool *ret_lone)
{
    const struct alt_tags *tags = &r->tags;
    const size_t length = backquotes(tags, at);

    for (size_t i = at + length; i < tags->size;) {
        const size_t run = tags->bytes[i] == '`' ? backquotes(tags, i) : 0;

        if (run == length)
            return i + run;
        i += run > 0 ? run : 1;
    }
    r->spent += tags->size - at;
    *ret_lone = true;
    return at + length;
}

/* Behind the tag that begins there; behind "<" where none does. */
static size_t tag_end(struct inline_reading *r, size_t at)
{
    struct alt_tag tag;

    if (alt_tag_at(&r->tags, at, &tag) && tag.regular) {
        r->spent += tag.content.end - tag.content.begin;
        return tag.span.end;
    }
    r->spent += r->tags.size - at;
    return at + 1;
}

/* The "]" that ends the text that begins there; SIZE_MAX: none does. */
static size_t text_end(struct inline_reading *r, size_t at)
{
    size_t depth = 1;
    bool lone = false;

    for (; at < r->tags.size && r->spent < r->budget; r->spent++) {
        const char c = r->tags.bytes[at];

        depth += c == '[';
        depth -= c == ']';
        if (depth == 0)
            return at;
        if (c == '`')
            at = code_end(r, at, &lone);
        else if (c == '<')
            at = tag_end(r, at);
        else
            at += c == '\\' ? 2 : 1;
    }
    return SIZE_MAX;
}

static size_t skip_space(const struct alt_tags *tags, size_t at)
{
    while (at < tags->size && strchr(" \t\r\n", tags->bytes[at]))
        at++;
    return at;
}

/* Behind the title that begins there; `at`: it has no end. */
static size_t title_end(const struct alt_tags *tags, size_t at)
{
    const char end = tags->bytes[at] == '(' ? ')' : tags->bytes[at];

    for (size_t i = at + 1; i < tags->size; i++) {
        if (tags->bytes[i] == end)
            return i + 1;
        i += tags->bytes[i] == '\\';
    }
    return at;
}

/* Behind "(url "title")", which begins there; SIZE_MAX: none does. */
static size_t link_end(const struct alt_tags *tags, size_t at, struct alt_span *ret_url)
{
    size_t after;

    at = skip_space(tags, at + 1);
    if (!markdown_destination(tags->bytes, at, tags->size, ret_url, &at))
        return SIZE_MAX;
    after = skip_space(tags, at);
    if (after > at && after < tags->size && strchr("\"'(", tags->bytes[after])) {
        at = title_end(tags, after);
        if (at == after)
            return SIZE_MAX;
        after = skip_space(tags, at);
    }
    return after < tags->size && tags->bytes[after] == ')' ? after + 1 : SIZE_MAX;
}

/* ---- Texts ---- */

/* A copy of the page's bytes without the backslashes before punctuation, and with "&" for
 * "&amp;". */
static char *unescape(const char *bytes, struct alt_span span)
{
    char *text = malloc(span.end - span.begin + 1), *to = text;

    for (size_t i = span.begin; text && i < span.end; i++) {
        const bool escaped = bytes[i] == '\\' && i + 1 < span.end &&
                             strchr("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", bytes[i + 1]);

        i += escaped;
        *to++ = bytes[i];
        if (!escaped && span.end - i >= 5 && memcmp(bytes + i, "&amp;", 5) == 0)
            i += 4;
    }
    if (text)
        *to = '\0';
    return text;
}

/* An image of which `text` is the alternative text, or would be. */
static enum tn_status add_image(struct inline_reading *r, size_t at, size_t end,
                                struct alt_span text, struct alt_span url, bool changeable,
                                struct tn_error *err)
{
    struct alt_image image = {
        .at = at, .state = ALT_GIVEN, .span = text, .before = "", .after = ""};

    image.alt = unescape(r->page->bytes, text);
    image.source = unescape(r->page->bytes, url);
    if (!image.alt || !image.source) {
        free(image.alt);
        free(image.source);
        return tn_fail_nomem(err, end - at);
    }
    if (changeable && alt_is_blank(image.alt))
        image.state = ALT_MISSING;
    else if (changeable && alt_is_poor(image.alt, image.source))
        image.state = ALT_POOR;
    if (image.state != ALT_GIVEN && alt_is_marked(r->blocks.marks, (struct alt_span){at, end}))
        image.state = ALT_TEMPLATE;
    return alt_page_add(r->page, &image, err);
}

/* Takes the image whose "![" is at *at, and goes behind it, or behind "![" where it is none. */
static enum tn_status take_image(struct inline_reading *r, size_t *at, struct tn_error *err)
{
    const struct alt_tags *tags = &r->tags;
    const size_t begin = *at, close = text_end(r, begin + 2);
    struct alt_span text, url = {0, 0}, label;
    size_t end, place = 0;

    *at = begin + 2;
    if (close == SIZE_MAX)
        return TN_OK;
    text = label = (struct alt_span){begin + 2, close};
    end = close + 1;
    if (end < tags->size && tags->bytes[end] == '(') {
        const size_t last = link_end(tags, end, &url);

        r->spent += last == SIZE_MAX ? tags->size - end : 0;
        if (last != SIZE_MAX) {
            *at = last;
            return add_image(r, begin, last, text, url, true, err);
        }
    }
    if (end < tags->size && tags->bytes[end] == '[') {
        const size_t last = text_end(r, end + 1);

        if (last != SIZE_MAX && last > end + 1)
            label = (struct alt_span){end + 1, last};
        if (last != SIZE_MAX)
            end = last + 1;
    }
    TN_TRY(markdown_find_label(&r->blocks, label, &place, err));
    if (place == 0 || !markdown_destination(r->blocks.view, place, r->page->size, &url, &place))
        return TN_OK;
    *at = end;
    return add_image(r, begin, end, text, url, label.begin != text.begin, err);
}

/* ---- HTML ---- */

/* The library sees the tag alone. */
static enum tn_status take_html_image(struct inline_reading *r, const struct alt_tag *tag,
                                      struct tn_error *err)
{
    struct alt_image image = {.at = tag->span.begin};
    struct tn_error why;
    xmlDocPtr tree;
    xmlNodePtr node;
    enum tn_status status;

    TN_TRY(alt_tree_create(r->page, r->tags.bytes + tag->span.begin,
                           tag->span.end - tag->span.begin, &tree, err));
    node = alt_tree_next_image((xmlNodePtr)tree);
    status = node ? alt_image_read(&image, &r->tags, tag, node, &why)
                  : tn_fail(&why, TN_FORMAT, "no image");
    alt_tree_destroy(tree);
    if (status == TN_FORMAT)
        return TN_OK; /* not understood, and left */
    if (status == TN_OK && image.state != ALT_GIVEN &&
        (alt_is_marked(r->blocks.marks, tag->span) || tag->count == ALT_MOST_ATTRIBUTES))
        status = alt_image_leave(&image, r->page->bytes, &r->tags, tag, &why);
    if (status == TN_OK)
        return alt_page_add(r->page, &image, err);
    free(image.source);
    free(image.alt);
    return tn_fail(err, status, "%s", why.text);
}

/* Takes the comment or tag that begins at *at, and goes behind it, or behind "<". */
static enum tn_status take_markup(struct inline_reading *r, size_t *at, struct tn_error *err)
{
    const size_t comment = alt_comment_end(&r->tags, *at);
    const bool html = r->blocks.kinds[*at] & MARKDOWN_HTML;
    struct alt_tag tag;

    if (comment > *at) {
        *at = comment;
        return TN_OK;
    }
    if (!alt_tag_at(&r->tags, *at, &tag) || !(tag.regular || html)) {
        r->spent += r->tags.size - *at;
        ++*at;
        return TN_OK;
    }
    *at = tag.content.end;
    return !tag.end && alt_span_is(&r->tags, tag.name, "img") ? take_html_image(r, &tag, err)
                                                              : TN_OK;
}

/* ---- Blocks ---- */

static enum tn_status take_next(struct inline_reading *r, size_t *at, struct tn_error *err)
{
    const bool html = r->blocks.kinds[*at] & MARKDOWN_HTML;
    const char c = r->tags.bytes[*at];

    if (c == '<')
        return take_markup(r, at, err);
    if (!html && c == '`') {
        r->first_run = r->first_run == SIZE_MAX ? *at : r->first_run;
        r->last_run = *at;
        *at = code_end(r, *at, &r->lone_run);
        return TN_OK;
    }
    if (!html && c == '!' && *at + 1 < r->tags.size && r->tags.bytes[*at + 1] == '[')
        return take_image(r, at, err);
    *at += !html && c == '\\' ? 2 : 1;
    return TN_OK;
}

/* Where a table's cells or the like split code spans that seem to be some, what stands between
 * backquotes may be code. */
static void drop_doubtful(struct inline_reading *r)
{
    struct alt_page *page = r->page;
    size_t kept = r->first_image;

    if (!r->lone_run)
        return;
    for (size_t i = r->first_image; i < page->count; i++) {
        struct alt_image *image = &page->images[i];

        if (image->at < r->first_run || image->at > r->last_run) {
            page->images[kept++] = *image;
        } else {
            free(image->source);
            free(image->alt);
        }
    }
    page->count = kept;
}

/* Where the block ends that begins there: at the next line that is another one, or at a blank line.
 */
static size_t block_end(const struct inline_reading *r, size_t at)
{
    do {
        const char *newline = memchr(r->tags.bytes + at, '\n', r->page->size - at);

        if (!newline)
            return r->page->size;
        at = (size_t)(newline - r->tags.bytes) + 1;
    } while (at < r->page->size && !(r->blocks.kinds[at] & MARKDOWN_BREAK));
    return at;
}

static enum tn_status read_blocks(struct inline_reading *r, struct tn_error *err)
{
    for (size_t at = 0; at < r->page->size;) {
        r->tags.size = block_end(r, at);
        r->first_image = r->page->count;
        r->first_run = r->last_run = SIZE_MAX;
        r->lone_run = false;
        while (at < r->tags.size) {
            TN_TRY(take_next(r, &at, err));
            if (r->spent >= r->budget)
                return tn_fail(err, TN_RANGE, "%s: too intricate to be read; it is left as it is",
                               r->page->name);
        }
        drop_doubtful(r);
        at = at > r->tags.size ? r->tags.size : at;
    }
    return TN_OK;
}

enum tn_status alt_markdown_read(struct alt_page *page, struct tn_error *err)
{
    struct inline_reading r = {.page = page, .budget = 100 * page->size + LEAST_BUDGET};
    enum tn_status status = markdown_blocks_read(page, &r.blocks, err);

    r.tags = (struct alt_tags){.bytes = r.blocks.view};
    if (status == TN_OK)
        status = read_blocks(&r, err);
    markdown_blocks_finish(&r.blocks);
    return status;
}

/* ---- What was written ---- */

enum tn_status alt_markdown_check(const struct alt_page *page, const struct alt_page *written,
                                  const char *const *texts, struct tn_error *err)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct alt_image *old = &page->images[i], *new = &written->images[i];

        if (strcmp(old->source, new->source) != 0 ||
            strcmp(new->alt, texts[i] ? texts[i] : old->alt) != 0 ||
            (!texts[i] && old->state != new->state))
            return tn_fail(err, TN_FORMAT,
                           "%s: writing would change more than alternative texts; it is left as it "
                           "is",
                           page->name);
    }
    return TN_OK;
}
