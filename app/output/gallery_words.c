/* SPDX-License-Identifier: MIT */
#include "app/output/gallery_words.h"

#include "app/output/rows_held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct app_gallery_words app_gallery_of_captions = {.title = "Photos with captions",
                                                          .order = "As captioned"};

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

enum tn_status app_gallery_with_words(const struct app_gallery_words *words,
                                      struct app_format *ret_format, char **ret_head,
                                      struct tn_error *err)
{
    const struct app_gallery_words *const old = &app_gallery_of_captions;
    const char *rest = app_format_gallery.head;
    size_t size;
    char *head = NULL;
    FILE *stream = open_memstream(&head, &size);

    while (stream && *rest) {
        const bool title = begins(rest, old->title), order = begins(rest, old->order);

        if (title || order)
            fputs(title ? words->title : words->order, stream);
        else
            fputc(*rest, stream);
        rest += title ? strlen(old->title) : order ? strlen(old->order) : 1;
    }
    if (!stream || fclose(stream) != 0) {
        free(head);
        return tn_fail_nomem(err, strlen(app_format_gallery.head));
    }
    *ret_format = app_format_gallery;
    ret_format->head = *ret_head = head;
    return TN_OK;
}

/* ---- The words of a page ---- */

/* Cuts out what stands between two texts; NULL: they are not there. */
static const char *between(char *text, const char *start, const char *end)
{
    char *from = strstr(text, start), *to = from ? strstr(from, end) : NULL;

    if (!to)
        return NULL;
    *to = '\0';
    return from + strlen(start);
}

/* Whether the page with that beginning is whole around its words. */
static enum tn_status check_page(const char *file, char *beginning, bool *ret_good,
                                 struct tn_error *err)
{
    /* The later first: each cuts the text. */
    const char *order = between(beginning, "<option value=\"run\">", "</option>");
    const char *title = between(beginning, "<title>", "</title>");
    struct app_format format;
    enum tn_status status;
    char *head;

    *ret_good = false;
    if (!order || !title || strcmp(order, app_gallery_of_captions.order) == 0)
        return TN_OK;
    TN_TRY(app_gallery_with_words(&(struct app_gallery_words){.title = title, .order = order},
                                  &format, &head, err));
    status = app_rows_held_check(&format, file, err);
    free(head);
    *ret_good = status == TN_OK;
    return status == TN_FORMAT ? TN_OK : status;
}

/* The file up to the end of the longest head, which contains a title twice that was an argument of
 * the program. */
static enum tn_status read_beginning(const char *file, char **ret_text, struct tn_error *err)
{
    enum { LONGEST = 2 << 20 };
    FILE *stream = fopen(file, "re");
    char *text = stream ? malloc(LONGEST + 1) : NULL;
    enum tn_status status = TN_OK;
    size_t size;

    if (!stream)
        return tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
    size = text ? fread(text, 1, LONGEST, stream) : 0;
    if (!text)
        status = tn_fail_nomem(err, LONGEST + 1);
    else if (ferror(stream))
        status = tn_fail(err, TN_IO, "%s: %s", file, strerror(errno));
    fclose(stream);
    if (status != TN_OK) {
        free(text);
        return status;
    }
    text[size] = '\0';
    *ret_text = text;
    return TN_OK;
}

enum tn_status app_gallery_check_words(const char *file, struct tn_error *err)
{
    struct stat info;
    bool good;
    char *beginning;
    enum tn_status status;

    if (stat(file, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
        return TN_OK;
    TN_TRY(read_beginning(file, &beginning, err));
    status = check_page(file, beginning, &good, err);
    free(beginning);
    TN_TRY(status);
    return good
               ? TN_OK
               : tn_fail(
                     err, TN_FORMAT,
                     "%s: is no page of a search or of scores, and was left as it is; name another "
                     "file",
                     file);
}
