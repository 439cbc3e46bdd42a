/* SPDX-License-Identifier: MIT */
/*
 * JPEG: segments FF xx, length (itself included), data; metadata is in those before the first scan.
 *
 * A segment that is replaced keeps its place.  New EXIF comes first, behind JFIF's segment, where
 * CIPA DC-008 wants it; new XMP directly behind EXIF, and so before an index of several pictures,
 * which counts from where it stands itself.  Nothing comes before EXIF that is there already: some
 * of Leica's maker notes count from the file's begin.
 */
#include "base/array.h"
#include "metadata/bytes_private.h"
#include "metadata/containers/jpeg_offsets_private.h"
#include "metadata/resources_private.h"

#include <stdlib.h>
#include <string.h>

enum { TEM = 0x01, RST0 = 0xD0, SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, APP0 = 0xE0 };
enum { LONGEST = 0xFFFF - 2 }; /* data of a segment */

enum kind { XMP, EXIF, PHOTOSHOP, INDEX, OTHER };

static const struct {
    unsigned marker;
    size_t size;
    const char *name;
    const char *title; /* for messages */
} headers[OTHER] = {
    [XMP] = {0xE1, 29, "http://ns.adobe.com/xap/1.0/", "XMP"},
    [EXIF] = {0xE1, 6, "Exif\0", "EXIF data"},
    [PHOTOSHOP] = {0xED, 14, "Photoshop 3.0", "image resources"},
    [INDEX] = {0xE2, 4, "MPF", "index of pictures"},
};

struct segment {
    size_t start; /* of its marker; bytes to pass over may come before */
    unsigned marker;
    enum kind kind;
    struct meta_jpeg_span data; /* behind the length and the header of its kind */
    size_t end;
};

static enum kind kind_of(unsigned marker, const unsigned char *data, size_t size)
{
    enum kind kind = XMP;

    while (kind < OTHER && (headers[kind].marker != marker || headers[kind].size > size ||
                            memcmp(data, headers[kind].name, headers[kind].size) != 0))
        kind++;
    return kind;
}

/* The segment that begins at `at` or, as decoders look for it, behind what is no marker.  false:
 * there is none, or it is not all there. */
static bool read_segment(const struct meta_file *file, size_t at, struct segment *ret_segment)
{
    const unsigned char *bytes = file->bytes;
    struct segment segment = {.kind = OTHER};
    size_t length;

    while (file->size - at >= 2 &&
           (bytes[at] != 0xFF || bytes[at + 1] == 0 || bytes[at + 1] == 0xFF))
        at++;
    if (file->size - at < 2)
        return false;
    segment.start = at;
    segment.marker = bytes[at + 1];
    segment.end = at + 2;
    if (segment.marker != TEM && (segment.marker < RST0 || segment.marker > EOI)) {
        if (file->size - at < 4)
            return false;
        length = meta_number(bytes + at + 2, 2, true);
        if (length < 2 || length > file->size - at - 2)
            return false;
        segment.kind = kind_of(segment.marker, bytes + at + 4, length - 2);
        segment.end = at + 2 + length;
        segment.data.start = at + 4;
        if (segment.kind < OTHER)
            segment.data.start += headers[segment.kind].size;
        segment.data.size = segment.end - segment.data.start;
    }
    *ret_segment = segment;
    return true;
}

/* Where a file's segments of metadata are. */
struct survey {
    struct segment xmp, exif; /* the first of each; their end is 0 where there is none */
    bool exif_stays;          /* it is no TIFF block, or goes on in another segment */
    size_t behind_app0;       /* behind the segments that have to be first */
    size_t photoshop_size;    /* in all such segments together */
    size_t scan;              /* the first scan's begin */
};

static bool is_tiff(const struct meta_file *file, struct meta_jpeg_span span)
{
    const unsigned char *bytes = file->bytes + span.start;

    return span.size >= 3 && (memcmp(bytes, "II*", 3) == 0 || memcmp(bytes, "MM\0", 3) == 0);
}

static void note_segment(const struct meta_file *file, const struct segment *segment, size_t at,
                         struct survey *survey)
{
    if (segment->marker == APP0 && survey->behind_app0 == at)
        survey->behind_app0 = segment->end;
    if (segment->kind == PHOTOSHOP)
        survey->photoshop_size += segment->data.size;
    if (segment->kind == XMP && survey->xmp.end == 0)
        survey->xmp = *segment;
    if (segment->kind != EXIF)
        return;
    if (!is_tiff(file, segment->data))
        survey->exif_stays = true;
    if (survey->exif.end == 0)
        survey->exif = *segment;
}

static enum tn_status survey_file(const struct meta_file *file, struct survey *ret_survey,
                                  struct tn_error *err)
{
    struct survey survey = {.behind_app0 = 2};
    struct segment segment = {.end = 0};
    size_t at;

    for (at = 0; read_segment(file, at, &segment) && segment.marker != SOS && segment.marker != EOI;
         at = segment.end)
        note_segment(file, &segment, at, &survey);
    if (file->size < 2 || memcmp(file->bytes, "\xFF\xD8", 2) != 0 || segment.marker != SOS)
        return tn_fail(err, TN_FORMAT, "%s: its JPEG segments are damaged; use --sidecar xmp",
                       file->name);
    survey.scan = segment.start;
    *ret_survey = survey;
    return TN_OK;
}

/* ---- The parts of a file ---- */

static enum tn_status take_span(const struct meta_file *file, struct meta_jpeg_span span,
                                struct meta_part *part, struct tn_error *err)
{
    return meta_part_set(part, file->bytes + span.start, span.size, err);
}

/* Image resources may go on from one segment to the next. */
static enum tn_status take_photoshop(const struct meta_file *file, const struct survey *survey,
                                     struct meta_part *part, struct tn_error *err)
{
    struct segment segment = {.end = 0};
    unsigned char *bytes = malloc(survey->photoshop_size);
    size_t size = 0;

    if (!bytes)
        return tn_fail_nomem(err, survey->photoshop_size);
    while (read_segment(file, segment.end, &segment) && segment.start < survey->scan)
        if (segment.kind == PHOTOSHOP) {
            memcpy(bytes + size, file->bytes + segment.data.start, segment.data.size);
            size += segment.data.size;
        }
    part->bytes = bytes;
    part->size = size;
    return TN_OK;
}

static enum tn_status take_parts(const struct meta_file *file, const struct survey *survey,
                                 struct meta_parts *parts, struct tn_error *err)
{
    if (survey->xmp.end > 0)
        TN_TRY(take_span(file, survey->xmp.data, &parts->part[META_XMP], err));
    if (survey->exif.end > 0 && is_tiff(file, survey->exif.data))
        TN_TRY(take_span(file, survey->exif.data, &parts->part[META_EXIF], err));
    if (survey->photoshop_size > 0)
        TN_TRY(take_photoshop(file, survey, &parts->part[META_PHOTOSHOP], err));
    return TN_OK;
}

static enum tn_status jpeg_take(const struct meta_file *file, struct meta_parts *ret_parts,
                                struct tn_error *err)
{
    struct meta_parts parts = {.text = NULL};
    struct survey survey;
    enum tn_status status;

    TN_TRY(survey_file(file, &survey, err));
    status = take_parts(file, &survey, &parts, err);
    return meta_parts_hand_over(&parts, status, ret_parts);
}

/* ---- Other parts in their place ---- */

struct edit {
    const struct meta_file *file;
    const struct survey *survey;
    const struct meta_parts *parts;
    const bool *changed;
    /* Of the image resources: the bytes that the segments before had, and those that stay at their
     * begin; whether the segment that changes has come. */
    size_t photoshop_done, photoshop_same;
    bool photoshop_changed;
    struct meta_bytes out; /* owned */
    struct meta_jpeg_growth growth;
};

static enum tn_status add_old(struct edit *edit, size_t start, size_t end, struct tn_error *err)
{
    return meta_bytes_add(&edit->out, edit->file->bytes + start, end - start, err);
}

static enum tn_status add_segment(struct edit *edit, enum kind kind, const unsigned char *bytes,
                                  size_t size, struct tn_error *err)
{
    unsigned char head[4] = {0xFF, (unsigned char)headers[kind].marker};

    if (size > LONGEST - headers[kind].size)
        return tn_fail(
            err, TN_RANGE,
            "%s: its %s would be %zu bytes, and a JPEG segment contains %zu at most; use "
            "--sidecar xmp",
            edit->file->name, headers[kind].title, size, LONGEST - headers[kind].size);
    meta_number_put(head + 2, 2, true, 2 + headers[kind].size + size);
    TN_TRY(meta_bytes_add(&edit->out, head, sizeof head, err));
    TN_TRY(meta_bytes_add(&edit->out, headers[kind].name, headers[kind].size, err));
    return meta_bytes_add(&edit->out, bytes, size, err);
}

/* Writes the part, unless it is removed, instead of what lies from start to end in the file. */
static enum tn_status replace(struct edit *edit, size_t start, size_t end, enum kind kind,
                              const unsigned char *bytes, size_t size, struct tn_error *err)
{
    const size_t begun = edit->out.size;

    if (bytes)
        TN_TRY(add_segment(edit, kind, bytes, size, err));
    edit->growth.places[edit->growth.count].at = end;
    edit->growth.places[edit->growth.count++].bytes =
        (ptrdiff_t)(edit->out.size - begun) - (ptrdiff_t)(end - start);
    return TN_OK;
}

static enum tn_status replace_xmp(struct edit *edit, size_t start, size_t end, struct tn_error *err)
{
    const struct meta_part *part = &edit->parts->part[META_XMP];

    return replace(edit, start, end, XMP, part->bytes, part->size, err);
}

static enum tn_status replace_exif(struct edit *edit, size_t start, size_t end,
                                   struct tn_error *err)
{
    const struct meta_part *part = &edit->parts->part[META_EXIF];

    if (edit->survey->exif_stays)
        return tn_fail(err, TN_RANGE, "%s: its EXIF data has no room for a description",
                       edit->file->name);
    return replace(edit, start, end, EXIF, part->bytes, part->size, err);
}

/* The resources stay in the segments that they are in, and the one where they change takes it all:
 * so the old resources, put back, come into the old segments. */
static enum tn_status edit_photoshop(struct edit *edit, const struct segment *segment,
                                     struct tn_error *err)
{
    const struct meta_part *part = &edit->parts->part[META_PHOTOSHOP];
    const size_t all = edit->survey->photoshop_size, size = segment->data.size;
    const size_t done = edit->photoshop_done;

    edit->photoshop_done += size;
    if (edit->photoshop_changed)
        return add_segment(edit, PHOTOSHOP, part->bytes + part->size - (all - done), size, err);
    if (done + size <= edit->photoshop_same && done + size < all)
        return add_old(edit, segment->start, segment->end, err);
    edit->photoshop_changed = true;
    if (part->size < all - size)
        return tn_fail(err, TN_RANGE, "%s: its image resources cannot be divided into segments",
                       edit->file->name);
    return replace(edit, segment->start, segment->end, PHOTOSHOP, part->bytes + done,
                   part->size - (all - size), err);
}

static enum tn_status edit_segment(struct edit *edit, const struct segment *segment,
                                   struct tn_error *err)
{
    const struct survey *survey = edit->survey;

    if (edit->changed[META_XMP] && segment->end == survey->xmp.end)
        return replace_xmp(edit, segment->start, segment->end, err);
    if (edit->changed[META_EXIF] && segment->end == survey->exif.end)
        return replace_exif(edit, segment->start, segment->end, err);
    if (edit->changed[META_PHOTOSHOP] && segment->kind == PHOTOSHOP)
        return edit_photoshop(edit, segment, err);
    return add_old(edit, segment->start, segment->end, err);
}

/* The parts that the file does not have, if they come behind the segment that ended at `end`; the
 * next one begins at `at`, with bytes to pass over between them. */
static enum tn_status add_new_parts(struct edit *edit, size_t end, size_t at, struct tn_error *err)
{
    const struct survey *survey = edit->survey;
    const bool has_exif = survey->exif.end > 0, has_xmp = survey->xmp.end > 0;

    if (edit->changed[META_EXIF] && !has_exif && end == survey->behind_app0)
        TN_TRY(replace_exif(edit, at, at, err));
    if (edit->changed[META_XMP] && !has_xmp &&
        end == (has_exif ? survey->exif.end : survey->behind_app0))
        TN_TRY(replace_xmp(edit, at, at, err));
    return TN_OK;
}

static enum tn_status write_file(struct edit *edit, struct tn_error *err)
{
    const struct meta_file *file = edit->file;
    const size_t most = file->size + (size_t)META_PARTS * 0xFFFF;
    struct segment segment = {.end = 0};
    size_t at;

    TN_TRY(tn_array_reserve(&edit->out.bytes, &edit->out.capacity, most, err));
    for (at = 0; read_segment(file, at, &segment); at = segment.end) {
        TN_TRY(add_old(edit, at, segment.start, err));
        TN_TRY(add_new_parts(edit, at, segment.start, err));
        if (segment.start == edit->survey->scan)
            break;
        TN_TRY(edit_segment(edit, &segment, err));
    }
    TN_TRY(add_old(edit, edit->survey->scan, file->size, err));
    if (edit->out.size > UINT32_MAX)
        return tn_fail(err, TN_RANGE, "%s: a JPEG file of 4 GiB has no room", file->name);
    return TN_OK;
}

static enum tn_status move_offsets(struct edit *edit, struct tn_error *err)
{
    const struct meta_file *file = edit->file;
    const struct meta_file after = {file->name, edit->out.bytes, edit->out.size};
    struct segment segment = {.end = 0};
    const bool removed = edit->changed[META_EXIF] && !edit->parts->part[META_EXIF].bytes;
    struct survey moved;

    while (read_segment(file, segment.end, &segment) && segment.start < edit->survey->scan)
        if (segment.kind == INDEX)
            meta_jpeg_move_index(file, &edit->growth, segment.data, edit->out.bytes);
    meta_jpeg_move_afcp(file, &edit->growth, edit->survey->scan, edit->out.bytes);
    TN_TRY(survey_file(&after, &moved, err));
    if (edit->survey->exif.end == 0 || removed)
        return TN_OK;
    return meta_jpeg_move_previews(file, &edit->growth, edit->survey->exif.data.start,
                                   moved.exif.data, edit->out.bytes, err);
}

/* How many bytes the old image resources and the new begin with alike. */
static enum tn_status compare_photoshop(struct edit *edit, struct tn_error *err)
{
    const struct meta_part *wanted = &edit->parts->part[META_PHOTOSHOP];
    struct meta_part old = {NULL, 0};
    size_t same = 0;

    TN_TRY(take_photoshop(edit->file, edit->survey, &old, err));
    while (same < old.size && same < wanted->size && old.bytes[same] == wanted->bytes[same])
        same++;
    edit->photoshop_same = same;
    free(old.bytes);
    return TN_OK;
}

static enum tn_status edit_file(struct edit *edit, struct tn_error *err)
{
    if (edit->changed[META_PHOTOSHOP])
        TN_TRY(compare_photoshop(edit, err));
    TN_TRY(write_file(edit, err));
    return move_offsets(edit, err);
}

static enum tn_status jpeg_put(const struct meta_file *file, const struct meta_parts *parts,
                               const bool changed[META_PARTS], unsigned char **ret_bytes,
                               size_t *ret_size, struct tn_error *err)
{
    struct edit edit = {.file = file, .parts = parts, .changed = changed};
    struct survey survey;
    enum tn_status status;

    TN_TRY(survey_file(file, &survey, err));
    edit.survey = &survey;
    status = edit_file(&edit, err);
    if (status != TN_OK) {
        free(edit.out.bytes);
        return status;
    }
    *ret_bytes = edit.out.bytes;
    *ret_size = edit.out.size;
    return TN_OK;
}

/* ---- Whether all else is as it was ---- */

/* The next segment from *at on that is neither XMP nor EXIF, with what comes before it. */
static struct segment next_other(const struct meta_file *file, const struct survey *survey,
                                 size_t *at)
{
    struct segment segment = {.end = 0};
    size_t start;

    do {
        start = *at;
        read_segment(file, start, &segment);
        *at = segment.end;
    } while (segment.start == start &&
             (segment.end == survey->xmp.end || segment.end == survey->exif.end));
    segment.start = start;
    return segment;
}

static bool same_segment(const unsigned char *before, const struct segment *old,
                         const unsigned char *after, const struct segment *new)
{
    const size_t size = old->end - old->start;

    if (old->kind == PHOTOSHOP && new->kind == PHOTOSHOP)
        return old->data.start - old->start ==
               new->data.start -
                   new->start &&meta_resources_same(before + old->data.start, old->data.size,
                                                    after + new->data.start, new->data.size);
    return new->end - new->start == size &&memcmp(before + old->start, after + new->start, size) ==
           0;
}

static enum tn_status compare(const struct meta_file *before, const struct meta_file *after,
                              struct tn_error *err)
{
    struct survey was, is_now;
    size_t a = 0, b = 0;

    TN_TRY(survey_file(before, &was, err));
    TN_TRY(survey_file(after, &is_now, err));
    while (a <= was.scan && b <= is_now.scan) {
        const struct segment old = next_other(before, &was, &a);
        const struct segment new = next_other(after, &is_now, &b);

        if (!same_segment(before->bytes, &old, after->bytes, &new))
            return tn_fail(err, TN_FORMAT, "%s: its segment at byte %zu would change", before->name,
                           old.start);
    }
    return meta_same_rest(before, a, after, b, err);
}

static const char *const formats[] = {"JPEG", NULL};

const struct meta_container meta_jpeg = {
    .formats = formats,
    .creates = {[META_XMP] = true, [META_EXIF] = true},
    .take = jpeg_take,
    .put = jpeg_put,
    .compare = compare,
};
