/* SPDX-License-Identifier: MIT */
/* Where links lead: URLs, and definitions of their labels (CommonMark 4.7 and 6.3). */
#include "app/alt/markdown_private.h"

#include <stdlib.h>
#include <string.h>

/* Small letters, and one space where there is whitespace; the caller frees it. */
static char *normalise(const char *view, struct alt_span label, size_t *ret_length)
{
    char *out = malloc(label.end - label.begin + 1);
    size_t used = 0;

    for (size_t i = label.begin; out && i < label.end; i++) {
        const char c = view[i];
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';

        if (!space)
            out[used++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        else if (used > 0 && out[used - 1] != ' ')
            out[used++] = ' ';
    }
    used -= used > 0 && out[used - 1] == ' ';
    *ret_length = used;
    return out;
}

bool markdown_destination(const char *view, size_t at, size_t end, struct alt_span *ret_url,
                          size_t *ret_after)
{
    size_t depth = 0;

    if (at < end && view[at] == '<') {
        for (size_t i = at + 1; i < end && view[i] != '\n' && view[i] != '<'; i++) {
            if (view[i] == '>') {
                *ret_url = (struct alt_span){at + 1, i};
                *ret_after = i + 1;
                return true;
            }
            i += view[i] == '\\' && i + 1 < end && view[i + 1] != '\n';
        }
        return false;
    }
    *ret_url = (struct alt_span){at, at};
    for (; at < end && (unsigned char)view[at] > ' ' && view[at] != 0x7F; at++) {
        if (view[at] == ')' && depth == 0)
            break;
        depth += view[at] == '(';
        depth -= view[at] == ')';
        at += view[at] == '\\' && at + 1 < end && (unsigned char)view[at + 1] > ' ';
    }
    ret_url->end = *ret_after = at;
    return depth == 0;
}

enum tn_status markdown_add_label(struct markdown_blocks *blocks, struct alt_span label, size_t url,
                                  struct tn_error *err)
{
    size_t length, index;
    char *text = normalise(blocks->view, label, &length);
    enum tn_status status;

    if (!text)
        return tn_fail_nomem(err, label.end - label.begin);
    status = tn_map_add(&blocks->labels, text, length, &index, err);
    free(text);
    TN_TRY(status);
    if (blocks->labels.entries[index].value == 0) /* the first counts */
        blocks->labels.entries[index].value = url;
    return TN_OK;
}

enum tn_status markdown_find_label(const struct markdown_blocks *blocks, struct alt_span label,
                                   size_t *ret_begin, struct tn_error *err)
{
    size_t length, index;
    char *text = normalise(blocks->view, label, &length);

    if (!text)
        return tn_fail_nomem(err, label.end - label.begin);
    index = length > 0 ? tn_map_find(&blocks->labels, text, length) : TN_MAP_NONE;
    free(text);
    *ret_begin = index == TN_MAP_NONE ? 0 : (size_t)blocks->labels.entries[index].value;
    return TN_OK;
}
