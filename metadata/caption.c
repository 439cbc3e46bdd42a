/* SPDX-License-Identifier: MIT */
#include "metadata/caption_private.h"

#include "metadata/description.h"
#include "metadata/xmp_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of a text without the whitespace at its end. */
static size_t trimmed_length(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return length;
}

enum tn_status meta_caption_edit(const char *old, const struct meta_caption *caption,
                                 char **ret_text, struct tn_error *err)
{
    char *text;
    int length;

    if (!caption->append || meta_description_blank(old))
        length = asprintf(&text, "%s", caption->text);
    else if (meta_description_has_line(old, caption->text))
        length = asprintf(&text, "%s", old);
    else
        length = asprintf(&text, "%.*s\n%s", (int)trimmed_length(old), old, caption->text);
    if (length < 0)
        return tn_fail_nomem(err, strlen(old) + strlen(caption->text));
    *ret_text = text;
    return TN_OK;
}

/* ---- XMP ---- */

/* x-default's text and the language's, owned; the latter NULL where it is not written. */
struct plan {
    char *main, *local;
};

/* What was not expressed in the packet's languages before is expressed in the caption's, too. */
static enum tn_status make_plan(const struct meta_xmp *xmp,
                                const struct meta_caption_packet *packet, const char *standing,
                                const struct meta_caption *caption, struct plan *plan,
                                struct tn_error *err)
{
    const char *main = packet->by_camera ? NULL : meta_xmp_main_text(xmp);
    const char *local = packet->by_camera ? NULL : meta_xmp_text(xmp, caption->language);

    TN_TRY(meta_caption_edit(main ? main : standing, caption, &plan->main, err));
    meta_xmp_clean(plan->main);
    if (!local && main && caption->append)
        return TN_OK;
    TN_TRY(meta_caption_edit(local ? local : standing, caption, &plan->local, err));
    meta_xmp_clean(plan->local);
    return TN_OK;
}

static bool says(const struct meta_xmp *xmp, const char *language, const char *text)
{
    const char *said = meta_xmp_text(xmp, language);

    return !text || (said && strcmp(said, text) == 0);
}

static bool says_all(const struct meta_xmp *xmp, const struct plan *plan, const char *language)
{
    return says(xmp, META_XMP_DEFAULT, plan->main) && says(xmp, language, plan->local);
}

static enum tn_status write_plan(const struct meta_xmp *xmp, const struct plan *plan,
                                 const struct meta_caption_packet *packet, const char *language,
                                 struct meta_bytes *out, struct tn_error *err)
{
    const struct meta_xmp_texts texts = {
        .text = {{META_XMP_DEFAULT, plan->main}, {language, plan->local}},
        .count = plan->local ? 2 : 1,
    };
    struct meta_xmp written;
    bool said;

    if (xmp->size == 0)
        TN_TRY(meta_xmp_write_new(packet->in_photo, &texts, out, err));
    else
        TN_TRY(meta_xmp_write(xmp, &texts, out, err));
    TN_TRY(meta_xmp_read((const char *)out->bytes, out->size, &written, err));
    said = says_all(&written, plan, language);
    meta_xmp_finish(&written);
    if (!said)
        return tn_fail(err, TN_FORMAT, "the caption would not be read back from its XMP");
    return TN_OK;
}

static enum tn_status edit_read(const struct meta_xmp *xmp,
                                const struct meta_caption_packet *packet, const char *standing,
                                const struct meta_caption *caption, struct meta_bytes *out,
                                struct tn_error *err)
{
    struct plan plan = {0};
    enum tn_status status = make_plan(xmp, packet, standing, caption, &plan, err);

    if (status == TN_OK && !says_all(xmp, &plan, caption->language))
        status = write_plan(xmp, &plan, packet, caption->language, out, err);
    free(plan.main);
    free(plan.local);
    return status;
}

enum tn_status meta_caption_edit_packet(const struct meta_caption_packet *packet,
                                        const char *standing, const struct meta_caption *caption,
                                        struct meta_bytes *ret_packet, struct tn_error *err)
{
    struct meta_bytes out = {0};
    struct meta_xmp xmp = {0};
    struct tn_error why;
    enum tn_status status = TN_OK;

    if (!meta_xmp_is_blank(packet->bytes, packet->size))
        status = meta_xmp_read(packet->bytes, packet->size, &xmp, &why);
    if (status == TN_OK)
        status = edit_read(&xmp, packet, standing, caption, &out, &why);
    meta_xmp_finish(&xmp);
    if (status == TN_OK) {
        *ret_packet = out;
        return TN_OK;
    }
    free(out.bytes);
    return tn_fail(err, status, "%s: %s%s", packet->name, why.text,
                   packet->in_photo ? "; use --sidecar xmp" : "");
}
