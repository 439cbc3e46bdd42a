/* SPDX-License-Identifier: MIT */
/*
 * dataset:   0x1C, record, number, size, value; the size takes more than two bytes where its first
 *            bit is set
 *
 * "IPTC-IIM 4.2".  What cannot be read ends the list, and stays.
 */
#include "metadata/iptc_private.h"

#include "base/library.h"
#include "metadata/bytes_private.h"
#include "metadata/description.h"
#include "metadata/resources_private.h"

#include <md5.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_SIZE = MD5_DIGEST_LENGTH };
/* Record and number of a dataset as one number, which datasets are sorted by. */
enum {
    CHARSET = 0x015A,
    APPLICATION = 0x0205,
    KEYWORD = 0x0219,
    CAPTION = 0x0278,
    RASTER = 0x027D,
    BINARY = 0x02C8
};

static const char UTF8[] = "\033%G";

/* A dataset, and where its data and the next one begin. */
struct piece {
    unsigned id;
    size_t start, data, size, end;
};

static bool read_dataset(const unsigned char *bytes, size_t size, size_t at,
                         struct piece *ret_dataset)
{
    enum { HEAD = 5, LONG = 0x8000, MOST = 4 };
    struct piece piece = {.start = at};
    size_t more;

    if (at > size || size - at < HEAD || bytes[at] != 0x1C)
        return false;
    piece.id = meta_number(bytes + at + 1, 2, true);
    piece.size = meta_number(bytes + at + 3, 2, true);
    piece.data = at + HEAD;
    if (piece.size & LONG) {
        more = piece.size & (LONG - 1);
        if (more > MOST || more > size - piece.data)
            return false;
        piece.size = meta_number(bytes + piece.data, more, true);
        piece.data += more;
    }
    if (piece.size > size - piece.data)
        return false;
    piece.end = piece.data + piece.size;
    *ret_dataset = piece;
    return true;
}

/* The first dataset of that id.  Where there is none, false and an empty piece in its place. */
static bool find_dataset(const unsigned char *bytes, size_t size, unsigned id,
                         struct piece *ret_dataset)
{
    struct piece piece, place = {.id = 0};
    bool placed = false;
    size_t at = 0;

    for (; read_dataset(bytes, size, at, &piece); at = piece.end) {
        if (piece.id == id) {
            *ret_dataset = piece;
            return true;
        }
        if (!placed && piece.id > id) {
            place.start = place.end = at;
            placed = true;
        }
    }
    if (!placed)
        place.start = place.end = at;
    *ret_dataset = place;
    return false;
}

static enum tn_status caption_of(const unsigned char *data, size_t size, char **ret_text,
                                 struct tn_error *err)
{
    struct piece caption;
    char *text;

    if (!find_dataset(data, size, CAPTION, &caption)) {
        *ret_text = NULL;
        return TN_OK;
    }
    if (!(text = malloc(caption.size + 1)))
        return tn_fail_nomem(err, caption.size + 1);
    memcpy(text, data + caption.data, caption.size);
    text[caption.size] = '\0';
    *ret_text = text;
    return TN_OK;
}

enum tn_status meta_iptc_caption(const unsigned char *resources, size_t size, char **ret_text,
                                 struct tn_error *err)
{
    struct meta_resource iptc;

    if (!meta_resource_find(resources, size, META_RESOURCE_IPTC, &iptc)) {
        *ret_text = NULL;
        return TN_OK;
    }
    return caption_of(resources + iptc.data, iptc.size, ret_text, err);
}

enum tn_status meta_iptc_data_text(const unsigned char *data, size_t size, char **ret_text,
                                   struct tn_error *err)
{
    enum tn_status status;
    char *caption;

    TN_TRY(caption_of(data, size, &caption, err));
    if (!caption) {
        *ret_text = NULL;
        return TN_OK;
    }
    status = meta_description_decode(caption, strlen(caption), ret_text, err);
    free(caption);
    return status;
}

/* Writes a dataset instead of what lies from start to end. */
static enum tn_status put_dataset(struct meta_bytes *data, size_t start, size_t end, unsigned id,
                                  const char *value, size_t size, struct tn_error *err)
{
    unsigned char head[5] = {0x1C};

    meta_number_put(head + 1, 2, true, id);
    meta_number_put(head + 3, 2, true, size);
    TN_TRY(meta_bytes_splice(data, start, end, value, size, err));
    return meta_bytes_splice(data, start, start, head, sizeof head, err);
}

static enum tn_status set_dataset(struct meta_bytes *data, unsigned id, const char *value,
                                  size_t size, struct tn_error *err)
{
    struct piece old;

    find_dataset(data->bytes, data->size, id, &old);
    return put_dataset(data, old.start, old.end, id, value, size, err);
}

static bool are_ascii(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

static bool is_ascii(const char *text)
{
    return are_ascii((const unsigned char *)text, strlen(text));
}

/* Whether that is true of all texts. */
static bool texts_are(const unsigned char *data, size_t size,
                      bool (*is)(const unsigned char *bytes, size_t size))
{
    struct piece piece;

    for (size_t at = 0; read_dataset(data, size, at, &piece); at = piece.end)
        if (piece.id >= APPLICATION && piece.id < BINARY && piece.id != RASTER &&
            !is(data + piece.data, piece.size))
            return false;
    return true;
}

/* Whether a text of other letters than ASCII's can be added: the data says UTF-8, or says nothing
 * and all of its texts are. */
static bool holds_utf8(const unsigned char *data, size_t size)
{
    struct piece piece;

    if (find_dataset(data, size, CHARSET, &piece))
        return piece.size == strlen(UTF8) && memcmp(data + piece.data, UTF8, piece.size) == 0;
    return texts_are(data, size, meta_description_utf8_bytes);
}

/* ---- The digest ---- */

#define FUNCTIONS(X) X(Init) X(Update) X(Final)
#define MEMBER(name) __typeof__(&MD5##name) name;
#define FUNCTION(name) TN_FUNCTION(MD5##name, &md5.name),

static struct {
    FUNCTIONS(MEMBER)
} md5;

static const struct tn_library_function functions[] = {FUNCTIONS(FUNCTION)};
static struct tn_library library = TN_LIBRARY("libmd.so.0", functions);

static void digest_of(const unsigned char *data, size_t size, unsigned char digest[DIGEST_SIZE])
{
    MD5_CTX context;

    md5.Init(&context);
    md5.Update(&context, data, size);
    md5.Final(digest, &context);
}

/* Renews the digest of IPTC data among the resources where it is that of the data before. */
static enum tn_status renew_digest(const struct meta_bytes *resources, const unsigned char *before,
                                   size_t before_size, const struct meta_bytes *after,
                                   struct tn_error *err)
{
    unsigned char digest[DIGEST_SIZE];
    struct meta_resource old;

    if (!meta_resource_find(resources->bytes, resources->size, META_RESOURCE_IPTC_DIGEST, &old) ||
        old.size != DIGEST_SIZE)
        return TN_OK;
    TN_TRY(tn_library_load(&library, err));
    digest_of(before, before_size, digest);
    if (memcmp(resources->bytes + old.data, digest, DIGEST_SIZE) != 0)
        return TN_OK; /* others changed the data: what they said of it stays true */
    digest_of(after->bytes, after->size, resources->bytes + old.data);
    return TN_OK;
}

/* ---- Changes ---- */

/* *ret_fits: whether a text can be added; the data is marked as UTF-8 for letters beyond ASCII. */
static enum tn_status make_fit(struct meta_bytes *data, const char *text, bool *ret_fits,
                               struct tn_error *err)
{
    const bool ascii = is_ascii(text);

    *ret_fits = ascii || holds_utf8(data->bytes, data->size);
    return *ret_fits && !ascii ? set_dataset(data, CHARSET, UTF8, strlen(UTF8), err) : TN_OK;
}

static enum tn_status change_caption(struct meta_bytes *data,
                                     const struct meta_iptc_changes *changes, struct tn_error *err)
{
    enum { LONGEST = 0x7FFF };
    const char *text = changes->caption, *before;
    struct piece old;
    const bool there = find_dataset(data->bytes, data->size, CAPTION, &old);
    size_t length;
    bool fits = true;

    if (changes->removes_caption)
        return meta_bytes_splice(data, old.start, old.end, NULL, 0, err);
    if (!text)
        return TN_OK;
    before = (const char *)data->bytes + old.data;
    length = strnlen(before, old.size);
    if (there && strlen(text) == length && memcmp(text, before, length) == 0)
        return TN_OK;
    if (strlen(text) > LONGEST)
        return tn_fail(err, TN_RANGE, "its IPTC data has no room for a caption of %zu bytes",
                       strlen(text));
    if (!changes->restores)
        TN_TRY(
            make_fit(data, strncmp(text, before, length) == 0 ? text + length : text, &fits, err));
    return fits ? set_dataset(data, CAPTION, text, strlen(text), err) : TN_OK;
}

/* The last keyword that is the word, whatever the case of its letters or not; false and where a new
 * keyword goes, as an empty piece: behind the last. */
static bool find_keyword(const unsigned char *data, size_t size, const char *word, bool any_case,
                         struct piece *ret_keyword)
{
    struct piece piece, found, place;
    bool there = false;

    find_dataset(data, size, KEYWORD, &place);
    for (size_t at = 0; read_dataset(data, size, at, &piece); at = piece.end) {
        const char *keyword = (const char *)data + piece.data;

        if (piece.id != KEYWORD)
            continue;
        place.start = place.end = piece.end;
        if (piece.size == strlen(word) && (any_case ? strncasecmp(keyword, word, piece.size)
                                                    : memcmp(keyword, word, piece.size)) == 0) {
            found = piece;
            there = true;
        }
    }
    *ret_keyword = there ? found : place;
    return there;
}

static enum tn_status add_keyword(struct meta_bytes *data, const char *word, struct tn_error *err)
{
    enum { LONGEST = 64 };
    struct piece place;
    bool fits;

    if (!*word || strlen(word) > LONGEST ||
        find_keyword(data->bytes, data->size, word, true, &place))
        return TN_OK;
    TN_TRY(make_fit(data, word, &fits, err));
    if (!fits)
        return TN_OK;
    find_keyword(data->bytes, data->size, word, true, &place); /* the mark may have moved it */
    return put_dataset(data, place.start, place.end, KEYWORD, word, strlen(word), err);
}

static enum tn_status change_data(struct meta_bytes *data, const struct meta_iptc_changes *changes,
                                  struct tn_error *err)
{
    struct piece piece;

    TN_TRY(change_caption(data, changes, err));
    for (size_t i = 0; i < changes->removed_count; i++)
        if (find_keyword(data->bytes, data->size, changes->removed[i], false, &piece))
            TN_TRY(meta_bytes_splice(data, piece.start, piece.end, NULL, 0, err));
    for (size_t i = 0; i < changes->added_count; i++)
        TN_TRY(add_keyword(data, changes->added[i], err));
    if ((changes->unmarks ||
         (changes->unmarks_ascii && texts_are(data->bytes, data->size, are_ascii))) &&
        find_dataset(data->bytes, data->size, CHARSET, &piece))
        return meta_bytes_splice(data, piece.start, piece.end, NULL, 0, err);
    return TN_OK;
}

/* data, out: empty; the caller frees their bytes.  out stays so where nothing changes. */
static enum tn_status write_changes(const unsigned char *resources, size_t size,
                                    const struct meta_resource *iptc,
                                    const struct meta_iptc_changes *changes,
                                    struct meta_bytes *data, struct meta_bytes *out,
                                    struct tn_error *err)
{
    const unsigned char *before = resources + iptc->data;

    TN_TRY(meta_bytes_add(data, before, iptc->size, err));
    TN_TRY(change_data(data, changes, err));
    if (data->size == iptc->size && memcmp(data->bytes, before, iptc->size) == 0)
        return TN_OK;
    TN_TRY(meta_bytes_add(out, resources, size, err));
    TN_TRY(meta_resource_replace(out, iptc, data->bytes, data->size, err));
    return renew_digest(out, before, iptc->size, data, err);
}

/* The IPTC data, where there is any. */
static bool find_iptc(const unsigned char *resources, size_t size, struct meta_resource *ret_iptc)
{
    struct piece first;

    return meta_resource_find(resources, size, META_RESOURCE_IPTC, ret_iptc) &&
           read_dataset(resources + ret_iptc->data, ret_iptc->size, 0, &first);
}

enum tn_status meta_iptc_change(const unsigned char *resources, size_t size,
                                const struct meta_iptc_changes *changes,
                                unsigned char **ret_resources, size_t *ret_size,
                                struct tn_error *err)
{
    struct meta_bytes data = {0}, out = {0};
    struct meta_resource iptc;
    enum tn_status status = TN_OK;

    if (find_iptc(resources, size, &iptc))
        status = write_changes(resources, size, &iptc, changes, &data, &out, err);
    free(data.bytes);
    return meta_bytes_hand_over(&out, status, ret_resources, ret_size);
}

bool meta_iptc_has_keyword(const unsigned char *resources, size_t size, const char *word)
{
    struct meta_resource iptc;
    struct piece keyword;

    return find_iptc(resources, size, &iptc) &&
           find_keyword(resources + iptc.data, iptc.size, word, true, &keyword);
}

bool meta_iptc_is_marked(const unsigned char *resources, size_t size)
{
    struct meta_resource iptc;
    struct piece charset;

    return find_iptc(resources, size, &iptc) &&
           find_dataset(resources + iptc.data, iptc.size, CHARSET, &charset);
}

bool meta_iptc_is_ascii(const unsigned char *resources, size_t size)
{
    struct meta_resource iptc;

    return !find_iptc(resources, size, &iptc) ||
           texts_are(resources + iptc.data, iptc.size, are_ascii);
}
