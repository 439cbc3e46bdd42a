/* SPDX-License-Identifier: MIT */
/*
 * Which lines of a page are text, by CommonMark 0.30, sections 4 and 5.  In doubt a line is code:
 * an image is rather left without a text than made of what is none.
 */
#include "app/alt/markdown_private.h"
#include "app/alt/page_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_LISTS = 32 };

struct line {
    size_t begin, end; /* without its line end */
    size_t next;       /* the next line */
    size_t at, column; /* what is left of it behind markers, and at which column */
};

struct reading {
    const struct alt_page *page;
    struct markdown_blocks *blocks;
    size_t lists[MOST_LISTS]; /* the columns where the open lists' contents begin */
    size_t list_count, quotes;
    char fence; /* '`' or '~': within a fenced block; 0: not */
    size_t fence_length, fence_column, fence_quotes;
    const char *until; /* within an HTML block that ends behind this text; NULL: not */
    bool hidden;       /* ... and in which nothing is a tag */
    bool html;         /* within an HTML block that ends at a blank line */
    bool paragraph;    /* the line before is text that this one may go on */
};

/* ---- Lines ---- */

static const char *view_of(const struct reading *r)
{
    return r->blocks->view;
}

static struct line line_at(const struct reading *r, size_t begin)
{
    const char *view = view_of(r), *newline = memchr(view + begin, '\n', r->page->size - begin);
    size_t end = newline ? (size_t)(newline - view) : r->page->size;
    struct line line = {.begin = begin, .next = newline ? end + 1 : end, .at = begin};

    line.end = end > begin && view[end - 1] == '\r' ? end - 1 : end;
    return line;
}

static void skip_indent(const char *view, struct line *line)
{
    for (; line->at < line->end; line->at++) {
        if (view[line->at] == ' ')
            line->column++;
        else if (view[line->at] == '\t')
            line->column += 4 - line->column % 4;
        else
            break;
    }
}

static bool is_rest_blank(const char *view, size_t at, size_t end)
{
    while (at < end && (view[at] == ' ' || view[at] == '\t'))
        at++;
    return at == end;
}

static void blank(struct reading *r, const struct line *line)
{
    memset(r->blocks->view + line->begin, ' ', line->end - line->begin);
}

static void set_kind(struct reading *r, const struct line *line, unsigned char kind)
{
    for (size_t i = line->begin; i < line->next; i++)
        r->blocks->kinds[i] |= kind;
}

static void break_at(struct reading *r, const struct line *line)
{
    if (line->begin < r->page->size)
        r->blocks->kinds[line->begin] |= MARKDOWN_BREAK;
    r->paragraph = false;
}

/* ---- Front matter ---- */

static bool is_line(const struct reading *r, const struct line *line, const char *text)
{
    const size_t length = strlen(text);

    return line->end - line->begin >= length &&
           memcmp(view_of(r) + line->begin, text, length) == 0 &&
           is_rest_blank(view_of(r), line->begin + length, line->end);
}

/* Behind it; `begin` where there is none. */
static size_t front_matter_end(const struct reading *r, size_t begin)
{
    const struct line first = line_at(r, begin);
    const char *mark = is_line(r, &first, "---") ? "---" : is_line(r, &first, "+++") ? "+++" : NULL;

    for (size_t at = first.next; mark && at < r->page->size;) {
        const struct line line = line_at(r, at);

        if (is_line(r, &line, mark) || (mark[0] == '-' && is_line(r, &line, "...")))
            return line.next;
        at = line.next;
    }
    return begin;
}

/* ---- Lists and quotes ---- */

/* The length of the marker that begins there; 0: none does. */
static size_t marker_length(const char *view, const struct line *line)
{
    size_t length = 0;

    if (line->at < line->end && strchr("-+*", view[line->at])) {
        length = 1;
    } else {
        while (line->at + length < line->end && length < 10 && view[line->at + length] >= '0' &&
               view[line->at + length] <= '9')
            length++;
        length = length > 0 && length < 10 && line->at + length < line->end &&
                         strchr(".)", view[line->at + length])
                     ? length + 1
                     : 0;
    }
    if (length > 0 && line->at + length < line->end && view[line->at + length] != ' ' &&
        view[line->at + length] != '\t')
        return 0;
    return length;
}

/* Three or more of one of "-*_", and nothing else: no list, though it begins like one. */
static bool is_rule(const char *view, const struct line *line)
{
    const char c = line->at < line->end ? view[line->at] : '\0';
    size_t count = 0;

    for (size_t at = line->at; at < line->end; at++) {
        if (view[at] != c && view[at] != ' ' && view[at] != '\t')
            return false;
        count += view[at] == c;
    }
    return count >= 3 && (c == '-' || c == '*' || c == '_');
}

static size_t base_of(const struct reading *r)
{
    return r->list_count > 0 ? r->lists[r->list_count - 1] : 0;
}

/* Whether a quote begins, which is gone behind: columns count from there on. */
static bool take_quote(const char *view, struct line *line)
{
    if (line->at == line->end || view[line->at] != '>')
        return false;
    line->at++;
    line->at += line->at < line->end && view[line->at] == ' ';
    line->column = 0;
    return true;
}

/* Goes behind a list's marker; false: none begins, or nothing but code follows it. */
static bool take_marker(struct reading *r, struct line *line)
{
    const char *view = view_of(r);
    const size_t marker = is_rule(view, line) ? 0 : marker_length(view, line);
    size_t content;

    if (marker == 0 || r->list_count == MOST_LISTS)
        return false;
    break_at(r, line);
    line->at += marker;
    line->column += marker;
    content = line->column + 1;
    skip_indent(view, line);
    if (line->at < line->end && line->column >= content && line->column < content + 4)
        content = line->column;
    r->lists[r->list_count++] = content;
    return line->column <= content && line->at < line->end;
}

/* Enters what begins in the line: lists and quotes. */
static void enter(struct reading *r, struct line *line, size_t *quotes)
{
    const char *view = view_of(r);

    for (;;) {
        skip_indent(view, line);
        while (r->list_count > 0 && line->at < line->end && line->column < base_of(r))
            r->list_count--;
        if (line->column >= base_of(r) + 4)
            return;
        if (take_quote(view, line)) {
            if (++*quotes > r->quotes)
                r->list_count = 0;
        } else if (!take_marker(r, line)) {
            return;
        }
    }
}

/* ---- Fenced code ---- */

static size_t run_length(const char *view, size_t at, size_t end, char c)
{
    size_t length = 0;

    while (at + length < end && view[at + length] == c)
        length++;
    return length;
}

static bool opens_fence(struct reading *r, const struct line *line)
{
    const char *view = view_of(r), c = line->at < line->end ? view[line->at] : '\0';
    const size_t length = c == '`' || c == '~' ? run_length(view, line->at, line->end, c) : 0;

    if (length < 3 ||
        (c == '`' && memchr(view + line->at + length, '`', line->end - line->at - length)))
        return false;
    r->fence = c;
    r->fence_length = length;
    r->fence_column = base_of(r);
    r->fence_quotes = r->quotes;
    return true;
}

/* Whether the line belongs to the fenced block, which it may end. */
static bool is_in_fence(struct reading *r, struct line line)
{
    const char *view = view_of(r);
    size_t quotes = 0, length;

    skip_indent(view, &line);
    while (quotes < r->fence_quotes && take_quote(view, &line)) {
        quotes++;
        skip_indent(view, &line);
    }
    if (quotes < r->fence_quotes || (line.at < line.end && line.column < r->fence_column)) {
        r->fence = 0; /* what it was in is over */
        return false;
    }
    length = run_length(view, line.at, line.end, r->fence);
    if (length >= r->fence_length && line.column < r->fence_column + 4 &&
        is_rest_blank(view, line.at + length, line.end))
        r->fence = 0;
    return true;
}

/* ---- HTML ---- */

static bool begins(const char *view, const struct line *line, const char *text)
{
    return line->end - line->at >= strlen(text) &&
           strncasecmp(view + line->at, text, strlen(text)) == 0;
}

/* Begins an HTML block, where the line does. */
static bool opens_html(struct reading *r, const struct line *line)
{
    static const struct {
        const char *open, *until;
        bool hidden;
    } blocks[] = {{"<!--", "-->", true},
                  {"<script", "</script>", true},
                  {"<style", "</style>", true},
                  {"<textarea", "</textarea>", true},
                  {"<pre", "</pre>", false}};
    const char *view = view_of(r);

    if (line->at == line->end || view[line->at] != '<')
        return false;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (begins(view, line, blocks[i].open)) {
            r->until = blocks[i].until;
            r->hidden = blocks[i].hidden;
            return true;
        }
    r->html = markdown_begins_html(view, line->at, line->end, !r->paragraph);
    return r->html;
}

/* A line of an HTML block that ends behind a text. */
static void take_until(struct reading *r, const struct line *line)
{
    const char *view = view_of(r);
    const size_t length = strlen(r->until);

    set_kind(r, line, MARKDOWN_HTML);
    for (size_t at = line->at; at + length <= line->end; at++)
        if (strncasecmp(view + at, r->until, length) == 0) {
            r->until = NULL;
            break;
        }
    if (r->hidden)
        blank(r, line);
}

/* ---- Definitions ---- */

/* Behind the "]" of the label that begins there; 0: there is none in the line. */
static size_t label_end(const char *view, const struct line *line)
{
    for (size_t i = line->at + 1; i < line->end; i++) {
        if (view[i] == ']')
            return i > line->at + 1 ? i + 1 : 0;
        if (view[i] == '[')
            return 0;
        i += view[i] == '\\';
    }
    return 0;
}

static enum tn_status read_definition(struct reading *r, const struct line *line, bool *ret_is,
                                      struct tn_error *err)
{
    const char *view = view_of(r);
    const size_t after = line->at < line->end && view[line->at] == '[' ? label_end(view, line) : 0;
    struct alt_span url;
    size_t at = after + 1;

    *ret_is = false;
    if (r->paragraph || after == 0 || after >= line->end || view[after] != ':')
        return TN_OK;
    while (at < line->end && (view[at] == ' ' || view[at] == '\t'))
        at++;
    if (!markdown_destination(view, at, line->end, &url, &at) || url.begin == url.end)
        return TN_OK;
    TN_TRY(markdown_add_label(r->blocks, (struct alt_span){line->at + 1, after - 1},
                              url.begin - (view[url.begin - 1] == '<'), err));
    *ret_is = true;
    return TN_OK;
}

/* ---- All lines ---- */

/* A heading, a rule, or the line below a heading: no text goes on behind it. */
static bool is_heading_or_rule(const char *view, const struct line *line)
{
    const char c = line->at < line->end ? view[line->at] : '\0';
    const size_t run = run_length(view, line->at, line->end, c), after = line->at + run;

    if (c == '#')
        return run <= 6 && (after == line->end || view[after] == ' ' || view[after] == '\t');
    return is_rule(view, line) || ((c == '=' || c == '-') && is_rest_blank(view, after, line->end));
}

static enum tn_status read_text(struct reading *r, struct line *line, struct tn_error *err)
{
    const bool deep = line->column >= base_of(r) + 4; /* code, unless it goes on with a text */
    bool definition, whole;

    if (deep ? !r->paragraph : opens_fence(r, line)) {
        break_at(r, line);
        blank(r, line);
        return TN_OK;
    }
    if (!deep && opens_html(r, line)) {
        break_at(r, line);
        if (r->until)
            take_until(r, line);
        else
            set_kind(r, line, MARKDOWN_HTML);
        return TN_OK;
    }
    TN_TRY(read_definition(r, line, &definition, err));
    whole = definition || (!deep && is_heading_or_rule(view_of(r), line));
    if (whole || !r->paragraph)
        break_at(r, line);
    r->paragraph = !whole;
    return TN_OK;
}

static enum tn_status read_line(struct reading *r, struct line *line, struct tn_error *err)
{
    size_t quotes = 0;

    if (r->fence && is_in_fence(r, *line)) {
        blank(r, line);
        return TN_OK;
    }
    if (r->until) {
        take_until(r, line);
        return TN_OK;
    }
    enter(r, line, &quotes);
    if (quotes != r->quotes && line->at < line->end) {
        r->html = false;
        break_at(r, line);
    }
    r->quotes = quotes;
    if (line->at == line->end) {
        r->html = false;
        break_at(r, line);
        return TN_OK;
    }
    if (r->html) {
        set_kind(r, line, MARKDOWN_HTML);
        return TN_OK;
    }
    return read_text(r, line, err);
}

enum tn_status markdown_blocks_read(const struct alt_page *page, struct markdown_blocks *blocks,
                                    struct tn_error *err)
{
    struct reading r = {.page = page, .blocks = blocks};
    size_t at = page->size >= 3 && memcmp(page->bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0, body;

    TN_TRY(alt_view_create(page, &blocks->view, &blocks->marks, err));
    blocks->kinds = calloc(page->size + 1, 1);
    if (!blocks->kinds)
        return tn_fail_nomem(err, page->size + 1);
    body = front_matter_end(&r, at);
    memset(blocks->view, ' ', body);
    for (at = body; at < page->size;) {
        struct line line = line_at(&r, at);

        TN_TRY(read_line(&r, &line, err));
        at = line.next;
    }
    return TN_OK;
}

void markdown_blocks_finish(struct markdown_blocks *blocks)
{
    free(blocks->view);
    free(blocks->kinds);
    tn_map_finish(&blocks->labels);
}
