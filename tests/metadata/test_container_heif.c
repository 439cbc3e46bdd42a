/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

#define PICTURE "the coded picture"
#define GAIN "a gain map"
#define TILE "a tile"
#define SAMPLE "a sample of a track"
#define TIFF "II*\0\x08\0\0\0\0\0\0\0\0\0"

/* A file; all that is 0 or NULL is not there. */
struct plan {
    unsigned version, offset, length, base, index; /* of iloc */
    bool iloc_last, iref, wide, track;             /* wide: boxes with sizes of 64 bits */
    bool open;                                     /* the last box does not say its size */
    const char *xmp;                               /* in a box of its own */
    const char *in_mdat, *in_idat;                 /* XMP beside the picture, or in idat */
    const char *exif, *exif_head;                  /* what is before the TIFF header */
    size_t exif_head_size;
    const char *gain_xmp; /* describes the gain map */
    const char *tail;     /* what is behind all boxes */
    const char *infe;     /* instead of the name and kind of the XMP item */
    size_t infe_size;
    unsigned protection, method, reference; /* of the XMP item */
    unsigned gain_reference;                /* of the gain map */
    const char *box;                        /* the name of a box more at the file's end */
    bool track_places;                      /* the track says where something is in another way */
};

static struct meta_bytes file;

static void number(size_t count, uint64_t value)
{
    if (count == 8)
        build_number(&file, 4, true, (size_t)(value >> 32));
    build_number(&file, count == 8 ? 4 : count, true, (size_t)(value & UINT32_MAX));
}

static size_t begin_box(const char *name, bool wide)
{
    const size_t start = file.size;

    number(4, wide);
    build_text(&file, name);
    if (wide)
        number(8, 0);
    return start;
}

static size_t begin_full(const char *name, unsigned version, unsigned flags)
{
    const size_t start = begin_box(name, false);

    number(4, version << 24 | flags);
    return start;
}

static void end_box(size_t start)
{
    const bool wide = file.bytes[start + 3] == 1;

    meta_number_put(file.bytes + start + (wide ? 12 : 0), 4, true, file.size - start);
}

enum { HVC1 = 1, GAIN_MAP, EXIF, GAIN_XMP, TILE_ITEM, XMP };

/* Where things are, as the pass before found them. */
static struct places {
    size_t mdat, picture, sample, exif, gain_xmp, xmp, tile, tile_end;
} places;

static void add_info(const struct plan *plan, unsigned id, unsigned flags, const void *kind,
                     size_t size)
{
    const bool wide = plan->version == 2 && id != XMP;
    const size_t start = begin_full("infe", wide ? 3 : 2, flags);

    number(wide ? 4 : 2, id);
    number(2, id == XMP ? plan->protection : 0);
    build(&file, kind, size);
    end_box(start);
}

static const char *xmp_of(const struct plan *plan)
{
    return plan->xmp ? plan->xmp : plan->in_mdat ? plan->in_mdat : plan->in_idat;
}

static size_t count_items(const struct plan *plan)
{
    return 3 + (plan->exif != NULL) + (plan->gain_xmp != NULL) + (xmp_of(plan) != NULL);
}

#define KIND(text) (text), sizeof(text)

static void add_iinf(const struct plan *plan)
{
    const size_t start = begin_full("iinf", plan->version == 2 ? 1 : 0, 0);

    number(plan->version == 2 ? 4 : 2, count_items(plan));
    add_info(plan, HVC1, 0, KIND("hvc1Image"));
    add_info(plan, GAIN_MAP, 0, KIND("hvc1"));
    add_info(plan, TILE_ITEM, 0, KIND("hvc1"));
    if (plan->exif)
        add_info(plan, EXIF, 1, KIND("Exif"));
    if (plan->gain_xmp)
        add_info(plan, GAIN_XMP, 1, KIND("mime\0application/rdf+xml"));
    if (plan->infe)
        add_info(plan, XMP, 1, plan->infe, plan->infe_size);
    else if (xmp_of(plan))
        add_info(plan, XMP, 1, KIND("mime\0application/rdf+xml"));
    end_box(start);
}

static void add_reference(const struct plan *plan, const char *name, unsigned from, unsigned to)
{
    const size_t start = begin_box(name, false), width = plan->version == 2 ? 4 : 2;

    number(width, from);
    number(2, 1);
    number(width, to);
    end_box(start);
}

static void add_iref(const struct plan *plan)
{
    const bool made = !plan->iref && xmp_of(plan);
    size_t start;

    if (!plan->iref && !made)
        return;
    start = begin_full("iref", plan->iref && plan->version == 2 ? 1 : 0, 0);
    if (plan->iref)
        add_reference(plan, "auxl", GAIN_MAP, HVC1);
    if (plan->iref && plan->exif)
        add_reference(plan, "cdsc", EXIF, HVC1);
    if (plan->gain_xmp)
        add_reference(plan, "cdsc", GAIN_XMP, GAIN_MAP);
    if (xmp_of(plan))
        add_reference(made ? &(struct plan){.version = 0} : plan, "cdsc", XMP, HVC1);
    end_box(start);
}

/* An entry of one extent, whose place counts from `from` where there is a base. */
static void add_location(const struct plan *plan, unsigned id, unsigned method, size_t from,
                         size_t at, size_t length)
{
    const bool base = plan->base > 0 && plan->offset > 0;

    number(plan->version == 2 ? 4 : 2, id);
    number(plan->version > 0 ? 2 : 0, method);
    number(2, id == XMP ? plan->reference : id == GAIN_MAP ? plan->gain_reference : 0);
    number(plan->base, plan->offset == 0 ? at : from);
    number(2, 1);
    number(plan->index, 0);
    number(plan->offset, base ? at - from : at);
    number(plan->length, length);
}

/* The tile has two extents, and in version 1 and 2 the gain map lies in idat. */
static void add_iloc(const struct plan *plan)
{
    const size_t start = begin_full("iloc", plan->version, 0);
    const bool two = plan->offset > 0;
    const char *xmp = xmp_of(plan);

    number(1, plan->offset << 4 | plan->length);
    number(1, plan->base << 4 | plan->index);
    number(plan->version == 2 ? 4 : 2, count_items(plan));
    add_location(plan, HVC1, 0, places.mdat, places.picture, strlen(PICTURE));
    add_location(plan, GAIN_MAP, plan->version > 0, 0,
                 plan->version > 0 ? 0 : places.picture + strlen(PICTURE), strlen(GAIN));
    add_location(plan, TILE_ITEM, 0, 0, places.tile, two ? 2 : strlen(TILE));
    if (two) {
        meta_number_put(file.bytes + file.size - plan->index - plan->offset - plan->length - 2, 2,
                        true, 2);
        number(plan->index, 0);
        number(plan->offset, places.tile_end);
        number(plan->length, strlen(TILE) - 2);
    }
    if (plan->exif)
        add_location(plan, EXIF, 0, 0, places.exif, 4 + plan->exif_head_size + sizeof TIFF - 1);
    if (plan->gain_xmp)
        add_location(plan, GAIN_XMP, 0, 0, places.gain_xmp, strlen(plan->gain_xmp));
    if (xmp)
        add_location(plan, XMP, plan->in_idat ? 1 : plan->method, 0,
                     plan->in_idat ? strlen(GAIN) : places.xmp, strlen(xmp));
    end_box(start);
}

static void add_meta(const struct plan *plan)
{
    const size_t start = begin_box("meta", plan->wide);
    size_t box;

    number(4, 0);
    box = begin_full("hdlr", 0, 0);
    build(&file, "\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0", 21);
    end_box(box);
    box = begin_full("pitm", plan->version == 2, 0);
    number(plan->version == 2 ? 4 : 2, HVC1);
    end_box(box);
    if (!plan->iloc_last)
        add_iloc(plan);
    add_iinf(plan);
    add_iref(plan);
    box = begin_box("iprp", false);
    build_text(&file, "what the pictures are");
    end_box(box);
    box = begin_box("idat", false);
    build_text(&file, GAIN);
    if (plan->in_idat)
        build_text(&file, plan->in_idat);
    end_box(box);
    if (plan->iloc_last)
        add_iloc(plan);
    end_box(start);
}

/* Two tables of chunks, as a track has one. */
static void add_track(const struct plan *plan)
{
    static const char *const path[] = {"moov", "trak", "mdia", "minf", "stbl"};
    size_t starts[5], box;

    for (size_t i = 0; i < 5; i++)
        starts[i] = begin_box(path[i], false);
    box = begin_full("stco", 0, 0);
    number(4, 1);
    number(4, places.sample);
    end_box(box);
    box = begin_full("co64", 0, 0);
    number(4, 1);
    number(8, places.sample);
    end_box(box);
    if (plan->track_places)
        end_box(begin_box("iloc", false));
    for (size_t i = 5; i > 0; i--)
        end_box(starts[i - 1]);
}

static void add_mdat(const struct plan *plan)
{
    size_t start = begin_box("mdat", plan->wide);

    places.mdat = start;
    places.picture = file.size;
    build_text(&file, PICTURE GAIN);
    places.tile_end = file.size;
    build_text(&file, &TILE[2]);
    places.tile = file.size;
    build(&file, TILE, 2);
    if (plan->offset == 0) { /* in one piece */
        places.tile = file.size;
        build_text(&file, TILE);
    }
    places.sample = file.size;
    build_text(&file, SAMPLE);
    places.exif = file.size;
    if (plan->exif) {
        number(4, plan->exif_head_size);
        build(&file, plan->exif_head, plan->exif_head_size);
        build(&file, TIFF, sizeof TIFF - 1);
    }
    places.gain_xmp = file.size;
    if (plan->gain_xmp)
        build_text(&file, plan->gain_xmp);
    places.xmp = file.size;
    if (plan->in_mdat)
        build_text(&file, plan->in_mdat);
    end_box(start);
    if (plan->xmp) {
        start = begin_box("mdat", false);
        places.xmp = file.size;
        build_text(&file, plan->xmp);
        end_box(start);
    } else if (plan->open) {
        meta_number_put(file.bytes + start, 4, true, 0);
    }
}

static void begin(const struct plan *plan)
{
    places = (struct places){0};
    for (int pass = 0; pass < 2; pass++) {
        size_t start;

        free(file.bytes);
        file = (struct meta_bytes){0};
        start = begin_box("ftyp", false);
        build(&file, "heic\0\0\0\0mif1heic", 16);
        end_box(start);
        add_meta(plan);
        if (plan->track)
            add_track(plan);
        add_mdat(plan);
        if (plan->box)
            end_box(begin_box(plan->box, false));
        if (plan->tail)
            build_text(&file, plan->tail);
    }
}

static void finish(void)
{
    free(file.bytes);
    file = (struct meta_bytes){0};
}

/* The file with another packet is the file that is made with it in the first place. */
static void becomes(const struct plan *before, const char *packet, const struct plan *after)
{
    struct meta_bytes written;

    begin(before);
    written = container_with(&meta_heif, &file, META_XMP, packet);
    begin(after);
    ck_assert_uint_eq(written.size, file.size);
    ck_assert_mem_eq(written.bytes, file.bytes, file.size);
    free(written.bytes);
    finish();
}

/* ---- XMP ---- */

static const struct plan plans[] = {
    {.version = 0, .offset = 4, .length = 4},
    {.version = 0, .length = 4, .base = 4, .iref = true}, /* as libheif writes it */
    {.version = 0, .offset = 4, .length = 4, .base = 4, .iref = true, .gain_xmp = PACKET},
    {.version = 0, .offset = 8, .length = 8, .base = 8, .wide = true, .iref = true},
    {.version = 1, .offset = 4, .length = 4, .iref = true, .iloc_last = true}, /* Apple */
    {.version = 1, .offset = 4, .length = 4, .iloc_last = true},
    {.version = 1, .offset = 4, .length = 4, .base = 4, .index = 4, .iref = true, .track = true},
    {.version = 1, .offset = 8, .length = 4, .base = 4, .exif = TIFF, .iref = true},
    {.version = 2, .offset = 8, .length = 8, .base = 8, .index = 8, .wide = true, .iref = true},
    {.version = 2, .offset = 4, .length = 4, .iref = true, .tail = "a tail", .track = true},
    {.version = 0, .offset = 4, .length = 4, .box = "mpvd"},
    {.version = 1, .offset = 4, .length = 4, .iref = true, .box = "sefd", .tail = "SEFT"},
};

START_TEST(xmp_is_made)
{
    struct plan with = plans[_i];

    with.xmp = PACKET;
    becomes(&plans[_i], PACKET, &with);
    becomes(&with, NULL, &plans[_i]);
}
END_TEST

/* Fails the test unless the file keeps its XMP. */
static void keeps_xmp(void)
{
    const struct meta_file from = {"photo", file.bytes, file.size};
    const struct meta_parts none = {.text = NULL};
    const bool changed[META_PARTS] = {[META_XMP] = true};
    unsigned char *bytes = NULL;
    struct tn_error err;
    size_t size;

    ck_assert_int_eq(meta_heif.put(&from, &none, changed, &bytes, &size, &err), TN_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.text, "photo: its metadata stays as it is"));
    ck_assert_ptr_null(bytes);
}

/* It goes only as an item that a caption could have made. */
START_TEST(xmp_of_others_does_not_go)
{
    struct plan plan = {.version = 1, .offset = 4, .length = 4, .iref = true, .in_mdat = PACKET};
    unsigned char *reference;

    begin(&plan);
    keeps_xmp();
    plan.in_mdat = NULL;
    begin(&plan); /* there is none */
    keeps_xmp();
    plan.xmp = PACKET;
    begin(&plan);
    reference = memmem(file.bytes, file.size, "auxl\0\2\0\1\0\1", 10);
    ck_assert_ptr_nonnull(reference);
    reference[9] = XMP;
    keeps_xmp();
    memcpy(reference, "cdsc\0\6\0\1\0\1", 10); /* one more of the item's own */
    keeps_xmp();
    finish();
}
END_TEST

START_TEST(xmp_is_replaced)
{
    struct plan before = plans[_i], after = plans[_i];

    before.xmp = PACKET;
    after.xmp = OTHER_PACKET;
    becomes(&before, OTHER_PACKET, &after);
    becomes(&after, PACKET, &before);
}
END_TEST

/* What has no box of its own stays, unused, and all else with it. */
START_TEST(xmp_among_pictures_is_replaced)
{
    struct plan before = plans[_i];
    struct meta_bytes written, back;

    before.in_mdat = PACKET;
    begin(&before);
    written = container_with(&meta_heif, &file, META_XMP, OTHER_PACKET);
    ck_assert_ptr_nonnull(memmem(written.bytes, written.size, PACKET, strlen(PACKET)));
    back = container_with(&meta_heif, &written, META_XMP, PACKET);
    ck_assert_uint_eq(back.size, file.size); /* where it was before */
    free(back.bytes);
    free(written.bytes);
    finish();
}
END_TEST

START_TEST(xmp_in_idat_is_replaced)
{
    const struct plan before = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .in_idat = PACKET};
    struct meta_bytes written;

    begin(&before);
    container_has(&meta_heif, &file, META_XMP, PACKET);
    written = container_with(&meta_heif, &file, META_XMP, OTHER_PACKET);
    free(written.bytes);
    finish();
}
END_TEST

/* An empty item says nothing, but is there. */
START_TEST(empty_xmp_is_replaced)
{
    const struct plan before = {.version = 1, .offset = 4, .length = 4, .iref = true, .xmp = ""};
    struct plan after = before;

    begin(&before);
    container_has(&meta_heif, &file, META_XMP, NULL);
    after.xmp = PACKET;
    becomes(&before, PACKET, &after);
}
END_TEST

START_TEST(xmp_of_another_picture_is_not_the_photos)
{
    const struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .gain_xmp = PACKET};

    begin(&plan);
    container_has(&meta_heif, &file, META_XMP, NULL);
    finish();
}
END_TEST

START_TEST(open_box_is_closed)
{
    struct plan plan = {.version = 1, .offset = 4, .length = 4, .iref = true, .open = true};
    struct plan with = plan;

    with.xmp = PACKET;
    becomes(&plan, PACKET, &with);
}
END_TEST

/* ---- EXIF ---- */

START_TEST(exif_is_replaced)
{
    static const char longer[] = "II*\0\x08\0\0\0\0\0\0\0\0\0and a text";
    const struct plan plan = {.version = 1,
                              .offset = 4,
                              .length = 4,
                              .iref = true,
                              .exif = TIFF,
                              .exif_head = "Exif\0\0",
                              .exif_head_size = _i == 0 ? 0 : 6};
    const bool changed[META_PARTS] = {[META_EXIF] = true};
    struct meta_parts parts = {0}, read;
    struct meta_file from, to = {"photo", NULL, 0};
    unsigned char *bytes, *back;
    size_t size;

    begin(&plan);
    from = (struct meta_file){"photo", file.bytes, file.size};
    parts.part[META_EXIF] = (struct meta_part){malloc(sizeof longer), sizeof longer};
    memcpy(parts.part[META_EXIF].bytes, longer, sizeof longer);
    ck_assert_int_eq(meta_heif.put(&from, &parts, changed, &bytes, &to.size, NULL), TN_OK);
    to.bytes = bytes;
    ck_assert_int_eq(meta_heif.check(&from, &to, NULL), TN_OK);
    ck_assert_int_eq(meta_heif.take(&to, &read, NULL), TN_OK);
    ck_assert_uint_eq(read.part[META_EXIF].size, sizeof longer);
    ck_assert_mem_eq(read.part[META_EXIF].bytes, longer, sizeof longer);
    meta_parts_finish(&read);
    parts.part[META_EXIF].size = sizeof TIFF - 1; /* which it begins with */
    ck_assert_int_eq(meta_heif.put(&to, &parts, changed, &back, &size, NULL), TN_OK);
    ck_assert_uint_eq(size, file.size);
    ck_assert_mem_eq(back, file.bytes, size);
    from = (struct meta_file){"photo", back, size};
    ck_assert_int_eq(meta_heif.check(&to, &from, NULL), TN_OK);
    meta_parts_finish(&parts);
    free(back);
    free(bytes);
    finish();
}
END_TEST

START_TEST(exif_without_a_header_is_not_there)
{
    const struct plan plan = {.version = 1,
                              .offset = 4,
                              .length = 4,
                              .iref = true,
                              .exif = TIFF,
                              .exif_head = "Exif\0\0",
                              .exif_head_size = 6};
    size_t at;

    begin(&plan);
    at = places.exif;
    meta_number_put(file.bytes + at, 4, true, 5);
    container_has(&meta_heif, &file, META_EXIF, NULL);
    finish();
}
END_TEST

/* ---- The check ---- */

/* Whether byte `at` says what and where the XMP is, in a file in which it has a box of its own. */
static bool is_about_xmp(const struct plan *plan, size_t at)
{
    const size_t entry = (plan->version == 2 ? 4 : 2) + (plan->version > 0 ? 2 : 0) + 2 +
                         plan->base + 2 + plan->index + plan->offset + plan->length;
    const unsigned char *iloc = memmem(file.bytes, file.size, "iloc", 4);
    const size_t start = (size_t)(iloc - file.bytes) - 4;
    const size_t end = start + meta_number(file.bytes + start, 4, true);

    return (at >= end - entry && at < end) ||
           (at >= places.xmp - 8 && at < places.xmp + strlen(plan->xmp));
}

START_TEST(any_change_is_seen)
{
    struct plan before = plans[_i], after = plans[_i];
    struct meta_bytes old;
    struct meta_file from, to;

    before.xmp = PACKET;
    after.xmp = OTHER_PACKET;
    begin(&before);
    old = file;
    file = (struct meta_bytes){0};
    begin(&after);
    from = (struct meta_file){"photo", old.bytes, old.size};
    to = (struct meta_file){"photo", file.bytes, file.size};
    ck_assert_int_eq(meta_heif.check(&from, &to, NULL), TN_OK);
    for (size_t i = 0; i < file.size; i++) {
        if (is_about_xmp(&after, i))
            continue;
        file.bytes[i] ^= 0x11;
        ck_assert_msg(meta_heif.check(&from, &to, NULL) != TN_OK, "byte %zu of %zu", i, file.size);
        file.bytes[i] ^= 0x11;
    }
    free(old.bytes);
    finish();
}
END_TEST

/* ---- What is refused ---- */

static const struct refusal {
    const char *name;
    struct plan plan;
    enum tn_status status;
    const char *reason;
} refusals[] = {
    {"encrypted", {.xmp = PACKET, .protection = 1}, TN_UNSUPPORTED, "XMP is encrypted"},
    {"compressed",
     {.xmp = PACKET, .infe = "mime\0application/rdf+xml\0deflate", .infe_size = 33},
     TN_UNSUPPORTED,
     "XMP is compressed"},
    {"in an item",
     {.version = 1, .xmp = PACKET, .method = 2},
     TN_UNSUPPORTED,
     "in another file or item"},
    {"in a file", {.xmp = PACKET, .reference = 1}, TN_UNSUPPORTED, "in another file or item"},
    {"a picture in a file", {.gain_reference = 1}, TN_UNSUPPORTED, "in another file;"},
    {"fragments", {.box = "moof"}, TN_UNSUPPORTED, "box moof may say where"},
    {"unknown box", {.box = "what"}, TN_UNSUPPORTED, "box what may say where"},
    {"two boxes meta", {.box = "meta"}, TN_UNSUPPORTED, "several boxes meta"},
    {"cut off", {.tail = "\x01\x01\x01\x01mdat"}, TN_FORMAT, "truncated"},
};

START_TEST(refused)
{
    struct plan plan = refusals[_i].plan;

    plan.offset = plan.length = 4;
    plan.iref = true;
    begin(&plan);
    container_refuses(&meta_heif, &file, refusals[_i].status, refusals[_i].reason);
    finish();
}
END_TEST

/* Where nothing may move, a new XMP cannot be made, but one that is there goes to the end. */
START_TEST(nothing_moves_where_a_track_says_places)
{
    struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .track = true, .track_places = true};
    struct meta_bytes written;
    size_t size;

    begin(&plan);
    container_refuses(&meta_heif, &file, TN_UNSUPPORTED, "box moov may say where");
    plan.xmp = PACKET;
    begin(&plan);
    size = file.size;
    for (int i = 0; i < 2; i++) {
        written = container_with(&meta_heif, &file, META_XMP, i == 0 ? OTHER_PACKET : PACKET);
        free(file.bytes);
        file = written;
    }
    ck_assert_uint_eq(file.size, size + 16 + strlen(PACKET OTHER_PACKET));
    finish();
}
END_TEST

START_TEST(one_of_several_is_refused)
{
    const struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .gain_xmp = PACKET, .xmp = PACKET};
    unsigned char *reference;

    begin(&plan);
    reference = memmem(file.bytes, file.size, "cdsc\0\x04\0\x01\0\x02", 10);
    ck_assert_ptr_nonnull(reference);
    reference[9] = HVC1;
    container_refuses(&meta_heif, &file, TN_UNSUPPORTED, "XMP is one of several");
    finish();
}
END_TEST

START_TEST(item_of_two_kinds_is_refused)
{
    const struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .exif = TIFF, .xmp = PACKET};
    unsigned char *info;

    begin(&plan);
    info = memmem(file.bytes, file.size,
                  "\0\x03\0\0"
                  "Exif",
                  8);
    ck_assert_ptr_nonnull(info);
    info[1] = XMP;
    container_refuses(&meta_heif, &file, TN_UNSUPPORTED, "XMP is one of several");
    finish();
}
END_TEST

/* An item whose bytes are in the box of which nothing stays cannot be left as it is. */
START_TEST(shared_bytes_are_refused)
{
    const struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .exif = TIFF, .xmp = PACKET};
    unsigned char *location;

    begin(&plan);
    location = memmem(file.bytes, file.size, "\0\x01\0\0\0\0\0\x01", 8);
    ck_assert_ptr_nonnull(location);
    meta_number_put(location + 8, 4, true, places.xmp + 3);
    container_refuses(&meta_heif, &file, TN_FORMAT, "where nothing is");
    finish();
}
END_TEST

/* EXIF that goes on into the box of the XMP, of which nothing stays. */
START_TEST(shared_metadata_is_refused)
{
    const struct plan plan = {
        .version = 1, .offset = 4, .length = 4, .iref = true, .exif = TIFF, .xmp = OTHER_PACKET};
    unsigned char *location;

    begin(&plan);
    location = memmem(file.bytes, file.size, "\0\x03\0\0\0\0\0\x01", 8);
    ck_assert_ptr_nonnull(location);
    meta_number_put(location + 12, 4, true, 4 + sizeof TIFF - 1 + 12);
    container_refuses(&meta_heif, &file, TN_FORMAT, "stay as they are");
    finish();
}
END_TEST

/* ---- Damaged and hostile files ---- */

START_TEST(any_damage_is_survived)
{
    struct plan plan = plans[_i];

    plan.exif = TIFF;
    plan.xmp = _i % 2 ? PACKET : NULL;
    begin(&plan);
    container_survives(&meta_heif, &file);
    finish();
}
END_TEST

enum { PICTURES = 30000 * 4 };

/* A file whose box iloc has many entries, each of which says `extents` of `width` bytes: all that
 * there is in pictures.  They begin at places.mdat, which it notes. */
static void begin_many(size_t items, size_t extents, unsigned width)
{
    size_t meta, box;

    finish();
    meta = begin_full("meta", 0, 0);
    box = begin_full("pitm", 0, 0);
    number(2, 1);
    end_box(box);
    box = begin_full("iinf", 0, 0);
    number(2, 0);
    end_box(box);
    box = begin_full("iloc", 0, 0);
    number(1, width << 4 | width);
    number(1, 0);
    number(2, items);
    for (size_t i = 0; i < items; i++) {
        number(2, i);
        number(2, 0);
        number(2, extents);
        for (size_t e = 0; e < extents && width > 0; e++) {
            number(width, places.mdat);
            number(width, PICTURES);
        }
    }
    end_box(box);
    end_box(meta);
    box = begin_box("mdat", false);
    places.mdat = file.size;
    for (size_t i = 0; i < PICTURES / 4; i++)
        number(4, i);
    end_box(box);
}

/* None of them may take minutes. */
START_TEST(countless_extents_are_refused)
{
    begin_many(30000, 65535, 0);
    container_refuses(&meta_heif, &file, TN_FORMAT, "iloc is damaged");
    for (int pass = 0; pass < 2; pass++)
        begin_many(10, 1, 4);
    free(container_with(&meta_heif, &file, META_XMP, PACKET).bytes);
    for (int pass = 0; pass < 2; pass++)
        begin_many(5000, 1, 4);
    container_refuses(&meta_heif, &file, TN_FORMAT, "stay as they are");
    finish();
}
END_TEST

Suite *test_suite(void)
{
    static const int every_plan = sizeof plans / sizeof plans[0];
    Suite *suite = suite_create("container_heif");
    TCase *tests = tcase_create("HEIC, AVIF");

    tcase_add_loop_test(tests, xmp_is_made, 0, every_plan);
    tcase_add_test(tests, xmp_of_others_does_not_go);
    tcase_add_loop_test(tests, xmp_is_replaced, 0, every_plan);
    tcase_add_loop_test(tests, xmp_among_pictures_is_replaced, 0, every_plan);
    tcase_add_test(tests, xmp_in_idat_is_replaced);
    tcase_add_test(tests, empty_xmp_is_replaced);
    tcase_add_test(tests, xmp_of_another_picture_is_not_the_photos);
    tcase_add_test(tests, open_box_is_closed);
    tcase_add_loop_test(tests, exif_is_replaced, 0, 2);
    tcase_add_test(tests, exif_without_a_header_is_not_there);
    tcase_add_loop_test(tests, any_change_is_seen, 0, every_plan);
    tcase_add_loop_test(tests, refused, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, nothing_moves_where_a_track_says_places);
    tcase_add_test(tests, one_of_several_is_refused);
    tcase_add_test(tests, item_of_two_kinds_is_refused);
    tcase_add_test(tests, shared_bytes_are_refused);
    tcase_add_test(tests, shared_metadata_is_refused);
    tcase_add_loop_test(tests, any_damage_is_survived, 0, every_plan);
    tcase_add_test(tests, countless_extents_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
