/* SPDX-License-Identifier: MIT */
/* Captions in a photo's fields: which of them get it, and what they become.  That all else stays is
 * in the tests of the containers; whole photos are in app/test_outputs_metadata.c. */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include "metadata/iptc_private.h"
#include "metadata/metadata.h"
#include "metadata/photo_private.h"
#include "metadata/tiff_block_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASCII = 2 };

#define XMP(items)                                                                                 \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                            \
    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:description><rdf:Alt>" items \
    "</rdf:Alt></dc:description></rdf:Description></rdf:RDF>"
#define ITEM(language, text) "<rdf:li xml:lang='" language "'>" text "</rdf:li>"

/* A JPEG file whose parts say these; NULL: there is no such part.  What is behind them is of no
 * matter here. */
static struct meta_bytes make_photo(const char *xmp, const struct meta_bytes *exif,
                                    const char *iptc)
{
    struct meta_bytes photo = {0};

    build(&photo, "\xFF\xD8", 2);
    if (exif) {
        build(&photo, "\xFF\xE1", 2);
        build_number(&photo, 2, true, 2 + 6 + exif->size);
        build(&photo, "Exif\0\0", 6);
        build(&photo, exif->bytes, exif->size);
    }
    if (xmp) {
        build(&photo, "\xFF\xE1", 2);
        build_number(&photo, 2, true, 2 + 29 + strlen(xmp));
        build(&photo, "http://ns.adobe.com/xap/1.0/\0", 29);
        build_text(&photo, xmp);
    }
    if (iptc) { /* a segment, a resource, a dataset */
        const size_t size = strlen(iptc), odd = (5 + size) % 2;

        build(&photo, "\xFF\xED", 2);
        build_number(&photo, 2, true, 2 + 14 + 12 + 5 + size + odd);
        build(&photo, "Photoshop 3.0\08BIM\4\4\0\0", 14 + 8);
        build_number(&photo, 4, true, 5 + size);
        build(&photo, "\x1C\2\x78", 3);
        build_number(&photo, 2, true, size);
        build_text(&photo, iptc);
        build(&photo, "", odd);
    }
    build(&photo, "\xFF\xDA\0\2\xFF\xD9", 6);
    return photo;
}

/* The caller frees its bytes. */
static struct meta_bytes make_exif(const char *description)
{
    struct meta_bytes exif = {0};

    if (strcmp(description, "damaged") == 0)
        build(&exif, "II*\0\xFF\xFF\xFF\x7F", 8);
    else
        ck_assert_int_eq(meta_tiff_set(NULL, 0, META_TIFF_DESCRIPTION, ASCII,
                                       (const unsigned char *)description, strlen(description) + 1,
                                       &exif.bytes, &exif.size, NULL),
                         TN_OK);
    exif.capacity = exif.size;
    return exif;
}

static void check_fields(const struct meta_bytes *photo, const char *xmp, const char *exif,
                         const char *iptc)
{
    const struct meta_file file = {"photo", photo->bytes, photo->size};
    struct meta_photo read;

    ck_assert_int_eq(meta_photo_read(&meta_jpeg, &file, &read, NULL), TN_OK);
    ck_assert_pstr_eq(meta_fields_said(&read.fields, META_TEXT_XMP), xmp);
    ck_assert_pstr_eq(meta_fields_said(&read.fields, META_TEXT_EXIF), exif);
    ck_assert_pstr_eq(meta_fields_said(&read.fields, META_TEXT_IPTC), iptc);
    meta_photo_finish(&read);
}

static enum tn_status edit(const struct meta_bytes *photo, bool append,
                           struct meta_bytes *ret_photo, struct tn_error *err)
{
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = append};
    char *bytes = NULL;
    const enum tn_status status =
        meta_edit_photo("photo", "JPEG", (const char *)photo->bytes, photo->size, &caption, &bytes,
                        &ret_photo->size, err);

    ret_photo->bytes = (unsigned char *)bytes;
    return status;
}

static const struct {
    const char *before[3]; /* XMP's packet, EXIF, IPTC */
    bool described, append;
    const char *after[3]; /* what they say */
} cases[] = {
    {{NULL, NULL, NULL}, false, true, {"a dog", "a dog", NULL}},
    {{XMP(ITEM("x-default", "old")), NULL, NULL}, true, true, {"old\na dog", "old\na dog", NULL}},
    {{NULL, "old", NULL}, true, true, {"old\na dog", "old\na dog", NULL}},
    {{NULL, NULL, "old"}, true, true, {"old\na dog", "old\na dog", "old\na dog"}},
    {{XMP(ITEM("x-default", "1")), "2", "3"}, true, true, {"1\na dog", "2\na dog", "3\na dog"}},
    {{XMP(ITEM("x-default", "1")), "2", "3"}, true, false, {"a dog", "a dog", "a dog"}},
    {{XMP(ITEM("x-default", " ")), " ", " "}, false, true, {"a dog", "a dog", "a dog"}},
    {{NULL, "\xE9t\xE9", NULL}, true, true, {"\xC3\xA9t\xC3\xA9\na dog", "\xE9t\xE9\na dog", NULL}},
    {{NULL, "OLYMPUS DIGITAL CAMERA", NULL}, false, true, {"a dog", "a dog", NULL}},
    {{XMP(ITEM("x-default", "OLYMPUS DIGITAL CAMERA") ITEM("de", "OLYMPUS DIGITAL CAMERA")),
      "OLYMPUS DIGITAL CAMERA        ", "OLYMPUS DIGITAL CAMERA"},
     false,
     true,
     {"a dog", "a dog", "a dog"}},
    {{XMP(ITEM("x-default", "old")), "damaged", "3"}, true, true, {"old\na dog", NULL, "3\na dog"}},
};

static enum meta_author author_of(const char *format, const char *bytes, size_t size)
{
    enum meta_author author;

    ck_assert_int_eq(meta_photo_author(format, bytes, size, &author, NULL), TN_OK);
    return author;
}

START_TEST(each_field_gets_the_caption)
{
    const char *const *before = cases[_i].before;
    struct meta_bytes exif = make_exif(before[1] ? before[1] : "");
    struct meta_bytes photo = make_photo(before[0], before[1] ? &exif : NULL, before[2]);
    struct meta_bytes out, again;
    struct tn_error err;

    ck_assert((author_of("JPEG", (const char *)photo.bytes, photo.size) != META_NOBODY) ==
              cases[_i].described);
    ck_assert_msg(edit(&photo, cases[_i].append, &out, &err) == TN_OK, "%s", err.text);
    ck_assert_ptr_nonnull(out.bytes);
    check_fields(&out, cases[_i].after[0], cases[_i].after[1], cases[_i].after[2]);
    ck_assert(author_of("JPEG", (const char *)out.bytes, out.size) != META_NOBODY);
    ck_assert_int_eq(edit(&out, cases[_i].append, &again, NULL), TN_OK);
    ck_assert_ptr_null(again.bytes);
    free(exif.bytes);
    free(photo.bytes);
    free(out.bytes);
}
END_TEST

/* An EXIF segment has 64 KiB, which this one fills. */
START_TEST(a_full_field_leaves_the_others_the_caption)
{
    enum { MOST = 65535 - 2 - 6 }; /* beside its length and "Exif\0\0" */
    struct meta_bytes exif = make_exif("old"), photo, out;

    while (exif.size < MOST)
        build(&exif, "x", 1);
    photo = make_photo(NULL, &exif, "3");
    ck_assert_int_eq(edit(&photo, true, &out, NULL), TN_OK);
    check_fields(&out, "3\na dog", "old", "3\na dog");
    free(exif.bytes);
    free(photo.bytes);
    free(out.bytes);
}
END_TEST

START_TEST(damaged_xmp_is_refused_and_describes_nothing)
{
    struct meta_bytes photo = make_photo("<x:xmpmeta>", NULL, NULL), out;
    struct tn_error err;

    ck_assert(author_of("JPEG", (const char *)photo.bytes, photo.size) == META_NOBODY);
    ck_assert_int_eq(edit(&photo, true, &out, &err), TN_FORMAT);
    ck_assert_str_eq(err.text,
                     "photo: its XMP is damaged in line 1 (no element found); use --sidecar xmp");
    free(photo.bytes);
}
END_TEST

START_TEST(other_formats_are_refused_and_describe_nothing)
{
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    const char *const formats[] = {"BMP", NULL}, *const names[] = {"BMP", "this format"};
    char expected[100];
    struct tn_error err;
    size_t size;
    char *bytes;

    ck_assert(author_of(formats[_i], "photo", 5) == META_NOBODY);
    ck_assert_int_eq(
        meta_edit_photo("photo", formats[_i], "photo", 5, &caption, &bytes, &size, &err),
        TN_UNSUPPORTED);
    snprintf(expected, sizeof expected,
             "photo: metadata cannot be written into %s; use --sidecar xmp", names[_i]);
    ck_assert_str_eq(err.text, expected);
}
END_TEST

/* ---- Keywords and undo of IPTC ---- */

static struct meta_bytes edited(const struct meta_bytes *photo, const struct meta_caption *caption)
{
    struct meta_bytes out = {0};
    struct tn_error err;
    char *bytes;

    ck_assert_msg(meta_edit_photo("photo", "JPEG", (const char *)photo->bytes, photo->size, caption,
                                  &bytes, &out.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(bytes);
    out.bytes = (unsigned char *)bytes;
    return out;
}

static struct meta_bytes undone(const struct meta_bytes *photo)
{
    struct meta_bytes out = {0};
    struct tn_error err;
    char *bytes;

    ck_assert_msg(meta_undo_photo("photo", "JPEG", (const char *)photo->bytes, photo->size, &bytes,
                                  &out.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(bytes);
    out.bytes = (unsigned char *)bytes;
    return out;
}

/* The photo with a keyword that a person adds. */
static struct meta_bytes with_keyword(const struct meta_bytes *photo, const char *word)
{
    const struct meta_iptc_changes changes = {.added = &word, .added_count = 1};
    const struct meta_file file = {"photo", photo->bytes, photo->size};
    struct meta_parts parts = container_parts(&meta_jpeg, photo);
    struct meta_part *part = &parts.part[META_PHOTOSHOP], new;
    struct meta_bytes out = {0};

    ck_assert_int_eq(
        meta_iptc_change(part->bytes, part->size, &changes, &new.bytes, &new.size, NULL), TN_OK);
    ck_assert_ptr_nonnull(new.bytes);
    free(part->bytes);
    *part = new;
    ck_assert_int_eq(meta_jpeg.put(&file, &parts, (bool[]){[META_PHOTOSHOP] = true}, &out.bytes,
                                   &out.size, NULL),
                     TN_OK);
    meta_parts_finish(&parts);
    return out;
}

static void check_iptc(const struct meta_bytes *photo, const char *caption, bool marked)
{
    struct meta_parts parts = container_parts(&meta_jpeg, photo);
    const struct meta_part *part = &parts.part[META_PHOTOSHOP];
    char *text;

    ck_assert_int_eq(meta_iptc_caption(part->bytes, part->size, &text, NULL), TN_OK);
    ck_assert_pstr_eq(text, caption);
    ck_assert_int_eq(meta_iptc_is_marked(part->bytes, part->size), marked);
    ck_assert(!meta_iptc_has_keyword(part->bytes, part->size, "caf\xC3\xA9"));
    free(text);
    meta_parts_finish(&parts);
}

/* IPTC's charset is stated for a caption, and not any more, unless another text needs that. */
START_TEST(the_charset_of_iptc_is_undone_where_nobody_needs_it)
{
    static const struct {
        const char *before, *added;
        bool marked;
    } texts[] = {
        {"old", NULL, false},
        {"old", "Bern", false},
        {"old", "Z\xC3\xBCrich", true},
        {"\xC3\xA9t\xC3\xA9", NULL, false},
    };
    static const char *const word = "caf\xC3\xA9";
    const struct meta_caption caption = {
        .text = "a caf\xC3\xA9", .language = "fr", .keywords = &word, .keyword_count = 1};
    struct meta_bytes photo = make_photo(NULL, NULL, texts[_i].before), theirs, left;
    struct meta_bytes with = edited(&photo, &caption);

    theirs = texts[_i].added ? with_keyword(&with, texts[_i].added) : with;
    left = undone(&theirs);
    check_iptc(&left, texts[_i].before, texts[_i].marked);
    if (texts[_i].added)
        free(theirs.bytes);
    free(photo.bytes);
    free(with.bytes);
    free(left.bytes);
}
END_TEST

#define KEYWORD(word, size) "\x1C\x02\x19\0" size word

static void check_keywords(const struct meta_bytes *photo, const char *keywords, size_t size)
{
    struct meta_parts parts = container_parts(&meta_jpeg, photo);
    const struct meta_part *part = &parts.part[META_PHOTOSHOP];
    const unsigned char *begin = memmem(part->bytes, part->size, "\x1C\x02\x19", 3);
    const unsigned char *end = memmem(part->bytes, part->size, "\x1C\x02\x78", 3);

    ck_assert_ptr_nonnull(begin);
    ck_assert_uint_eq((size_t)(end - begin), size);
    ck_assert_mem_eq(begin, keywords, size);
    meta_parts_finish(&parts);
}

/* A person's stay, also in other letters, and one that went and comes back. */
START_TEST(stale_keywords_of_iptc_go)
{
    static const char left[] = KEYWORD("Tree", "\4") KEYWORD("DOG", "\3") KEYWORD("grass", "\5");
    static const char after[] =
        KEYWORD("Tree", "\4") KEYWORD("DOG", "\3") KEYWORD("cat", "\3") KEYWORD("bird", "\4");
    static const char *const old[] = {"dog", "grass", "cat"}, *const new[] = {"Cat", "bird"};
    struct meta_caption caption = {.text = "a dog", .language = "en"};
    struct meta_bytes photo = make_photo(NULL, NULL, "old"), photos[6];

    photos[0] = with_keyword(&photo, "Tree");
    photos[1] = with_keyword(&photos[0], "DOG");
    caption.keywords = old;
    caption.keyword_count = 3;
    photos[2] = edited(&photos[1], &caption);
    caption.keywords = new;
    caption.keyword_count = 2;
    photos[3] = edited(&photos[2], &caption);
    check_keywords(&photos[3], after, sizeof after - 1);
    photos[4] = with_keyword(&photos[3], "grass");
    photos[5] = undone(&photos[4]);
    check_keywords(&photos[5], left, sizeof left - 1);
    for (size_t i = 0; i < 6; i++)
        free(photos[i].bytes);
    free(photo.bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metadata");
    TCase *fields = tcase_create("fields");

    tcase_add_loop_test(fields, each_field_gets_the_caption, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(fields, a_full_field_leaves_the_others_the_caption);
    tcase_add_test(fields, damaged_xmp_is_refused_and_describes_nothing);
    tcase_add_loop_test(fields, other_formats_are_refused_and_describe_nothing, 0, 2);
    tcase_add_loop_test(fields, the_charset_of_iptc_is_undone_where_nobody_needs_it, 0, 4);
    tcase_add_test(fields, stale_keywords_of_iptc_go);
    suite_add_tcase(suite, fields);
    return suite;
}
