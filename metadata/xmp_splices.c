/* SPDX-License-Identifier: MIT */
#include "metadata/xmp_splices_private.h"

#include "base/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- Places ---- */

bool meta_xmp_is_space(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n';
}

bool meta_xmp_is_empty(const struct meta_xmp_element *element)
{
    return element->end.begin == element->end.end;
}

struct meta_margin meta_xmp_margin_in(const struct meta_xmp *xmp,
                                      const struct meta_xmp_element *element)
{
    enum { WIDEST = 100 };
    const size_t begin = element->start.end, end = element->child;
    const struct meta_margin none = {.text = ""};

    if (end == 0 || end - begin > WIDEST)
        return none;
    for (size_t i = begin; i < end; i++)
        if (!meta_xmp_is_space(xmp->bytes[i]))
            return none;
    return (struct meta_margin){xmp->bytes + begin, end - begin, 0};
}

struct meta_span meta_xmp_behind_children(const struct meta_xmp_element *element)
{
    const size_t at = element->child > 0 ? element->last_child_end : element->start.end;

    return (struct meta_span){at, at};
}

struct meta_span meta_xmp_whole(const struct meta_xmp_element *element)
{
    return (struct meta_span){element->start.begin,
                              meta_xmp_is_empty(element) ? element->start.end : element->end.end};
}

struct meta_span meta_xmp_name(const struct meta_xmp *xmp, const struct meta_xmp_element *element)
{
    const size_t begin = element->start.begin + 1;
    size_t end = begin;

    while (!meta_xmp_is_space(xmp->bytes[end]) && xmp->bytes[end] != '/' && xmp->bytes[end] != '>')
        end++;
    return (struct meta_span){begin, end};
}

struct meta_span meta_xmp_prefix(const struct meta_xmp *xmp, const struct meta_xmp_element *element)
{
    const struct meta_span name = meta_xmp_name(xmp, element);
    const char *colon = memchr(xmp->bytes + name.begin, ':', name.end - name.begin);

    return (struct meta_span){name.begin, colon ? (size_t)(colon - xmp->bytes) + 1 : name.begin};
}

/* ---- Splices ---- */

void meta_xmp_splices_finish(struct meta_xmp_splices *splices)
{
    for (size_t i = 0; i < splices->count; i++)
        free(splices->splice[i].text.bytes);
    free(splices->splice);
}

enum tn_status meta_xmp_splices_add(struct meta_xmp_splices *splices, struct meta_span old,
                                    struct meta_bytes **ret_text, struct tn_error *err)
{
    TN_TRY(tn_array_reserve(&splices->splice, &splices->capacity, splices->count + 1, err));
    splices->splice[splices->count] = (struct meta_xmp_splice){.old = old, .order = splices->count};
    *ret_text = &splices->splice[splices->count++].text;
    return TN_OK;
}

static struct meta_xmp_splice *find_closing(const struct meta_xmp_splices *splices,
                                            const struct meta_xmp_element *element)
{
    for (size_t i = 0; i < splices->count; i++)
        if (splices->splice[i].closes &&
            splices->splice[i].element.start.begin == element->start.begin)
            return &splices->splice[i];
    return NULL;
}

enum tn_status meta_xmp_splices_add_inside(struct meta_xmp_splices *splices,
                                           const struct meta_xmp_element *element,
                                           struct meta_span place, struct meta_margin margin,
                                           struct meta_bytes **ret_text, struct tn_error *err)
{
    const struct meta_span slash = {element->start.end - 2, element->start.end};
    struct meta_xmp_splice *splice;

    if (!meta_xmp_is_empty(element))
        return meta_xmp_splices_add(splices, place, ret_text, err);
    splice = find_closing(splices, element);
    if (!splice) {
        TN_TRY(meta_xmp_splices_add(splices, slash, ret_text, err));
        TN_TRY(meta_xmp_add(*ret_text, ">", err));
        splice = &splices->splice[splices->count - 1];
        splice->closes = true;
        splice->element = *element;
        splice->margin = margin;
    }
    *ret_text = &splice->text;
    return TN_OK;
}

enum tn_status meta_xmp_splices_remove(struct meta_xmp_splices *splices, struct meta_span old,
                                       struct tn_error *err)
{
    struct meta_bytes *text;

    while (meta_xmp_is_space(splices->xmp->bytes[old.begin - 1]))
        old.begin--;
    return meta_xmp_splices_add(splices, old, &text, err);
}

/* ---- The packet ---- */

static enum tn_status close_elements(struct meta_xmp_splices *splices, struct tn_error *err)
{
    for (size_t i = 0; i < splices->count; i++) {
        struct meta_xmp_splice *splice = &splices->splice[i];
        struct meta_span name;

        if (!splice->closes)
            continue;
        name = meta_xmp_name(splices->xmp, &splice->element);
        TN_TRY(meta_xmp_add_margin(&splice->text, splice->margin, err));
        TN_TRY(meta_xmp_add(&splice->text, "</", err));
        TN_TRY(meta_bytes_add(&splice->text, splices->xmp->bytes + name.begin,
                              name.end - name.begin, err));
        TN_TRY(meta_xmp_add(&splice->text, ">", err));
    }
    return TN_OK;
}

static enum tn_status use_padding(struct meta_xmp_splices *splices, struct tn_error *err)
{
    const struct meta_xmp *xmp = splices->xmp;
    size_t padding = xmp->wrapper_end, added = 0, removed = 0;
    struct meta_span old = {xmp->wrapper_end, xmp->wrapper_end};
    struct meta_bytes *text;

    while (padding > 0 && meta_xmp_is_space(xmp->bytes[padding - 1]))
        padding--;
    for (size_t i = 0; i < splices->count; i++) {
        added += splices->splice[i].text.size;
        removed += splices->splice[i].old.end - splices->splice[i].old.begin;
    }
    if (xmp->wrapper_end == 0 || (added > removed && added - removed > xmp->wrapper_end - padding))
        return TN_OK;
    old.begin -= added > removed ? added - removed : 0;
    TN_TRY(meta_xmp_splices_add(splices, old, &text, err));
    for (; added < removed; added++)
        TN_TRY(meta_xmp_add(text, " ", err));
    return TN_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct meta_xmp_splice *one = a, *other = b;

    if (one->old.begin != other->old.begin)
        return one->old.begin < other->old.begin ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

static enum tn_status write_splices(const struct meta_xmp_splices *splices, struct meta_bytes *out,
                                    struct tn_error *err)
{
    const struct meta_xmp *xmp = splices->xmp;
    size_t at = 0;

    for (size_t i = 0; i < splices->count; i++) {
        const struct meta_xmp_splice *splice = &splices->splice[i];

        assert(splice->old.begin >= at);
        TN_TRY(meta_bytes_add(out, xmp->bytes + at, splice->old.begin - at, err));
        TN_TRY(meta_bytes_add(out, splice->text.bytes, splice->text.size, err));
        at = splice->old.end;
    }
    return meta_bytes_add(out, xmp->bytes + at, xmp->size - at, err);
}

enum tn_status meta_xmp_splices_apply(struct meta_xmp_splices *splices, struct meta_bytes *out,
                                      struct tn_error *err)
{
    TN_TRY(close_elements(splices, err));
    TN_TRY(use_padding(splices, err));
    if (splices->count > 0)
        qsort(splices->splice, splices->count, sizeof *splices->splice, by_place);
    return write_splices(splices, out, err);
}
