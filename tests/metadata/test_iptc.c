/* SPDX-License-Identifier: MIT */
/* The caption and keywords of IPTC data are read and written; every other dataset and resource
 * stays. */
#include "tests/support/suite.h"

#include "metadata/iptc_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Literals with NULs in them, and their sizes. */
#define BYTES(literal) (const unsigned char *)(literal), sizeof(literal) - 1

struct bytes {
    unsigned char bytes[512];
    size_t size;
};

static void add(struct bytes *to, const unsigned char *bytes, size_t size)
{
    ck_assert_uint_le(to->size + size, sizeof to->bytes);
    memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void add_resource(struct bytes *to, unsigned id, const unsigned char *data, size_t size)
{
    const unsigned char head[] = {
        '8', 'B', 'I', 'M', (unsigned char)(id >> 8),   (unsigned char)id,
        0,   0,   0,   0,   (unsigned char)(size >> 8), (unsigned char)size};

    add(to, head, sizeof head);
    add(to, data, size);
    if (size % 2 == 1)
        add(to, BYTES("\0"));
}

#define TITLE "\x1C\x02\x05\0\x04Rome"
#define VERSION "\x1C\x02\0\0\x02\0\x04"
#define KEYWORD                                                                                    \
    "\x1C\x02\x19\0\x03"                                                                           \
    "sun"
#define CITY                                                                                       \
    "\x1C\x02\x5A\0\x04"                                                                           \
    "Bonn"
#define CREDIT                                                                                     \
    "\x1C\x02\x6E\0\x01"                                                                           \
    "x"
#define WRITER                                                                                     \
    "\x1C\x02\x7A\0\x02"                                                                           \
    "me"
#define UTF8_MARK "\x1C\x01\x5A\0\x03\033%G"

/* Resources around the IPTC data, of which one has a name. */
static struct bytes resources_with(const unsigned char *iptc, size_t size)
{
    struct bytes all = {.size = 0};

    add_resource(&all, 0x03ED, BYTES("resolution.."));
    add(&all, BYTES("8BIM\x04\x22\x04name\0\0\0\0\x03"
                    "abc\0"));
    add_resource(&all, 0x0404, iptc, size);
    add_resource(&all, 0x040C, BYTES("a thumbnail"));
    return all;
}

static enum tn_status set_caption(const unsigned char *resources, size_t size, const char *text,
                                  unsigned char **ret_resources, size_t *ret_size)
{
    const struct meta_iptc_changes changes = {.caption = text};

    return meta_iptc_change(resources, size, &changes, ret_resources, ret_size, NULL);
}

static void check_edit(const struct bytes *before, const char *text, const struct bytes *wanted)
{
    unsigned char *copy = malloc(before->size), *result = NULL;
    size_t size;
    char *caption;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, before->bytes, before->size);
    ck_assert_int_eq(set_caption(copy, before->size, text, &result, &size), TN_OK);
    free(copy);
    if (!wanted) {
        ck_assert_ptr_null(result);
        return;
    }
    ck_assert_ptr_nonnull(result);
    ck_assert_mem_eq(result, wanted->bytes, wanted->size);
    ck_assert_uint_eq(size, wanted->size);
    ck_assert_int_eq(meta_iptc_caption(result, size, &caption, NULL), TN_OK);
    ck_assert_str_eq(caption, text);
    free(caption);
    free(result);
}

#define CHECK_EDIT(iptc, text, edited)                                                             \
    do {                                                                                           \
        const struct bytes before = resources_with(BYTES(iptc));                                   \
        const struct bytes after = resources_with(BYTES(edited));                                  \
        check_edit(&before, text, &after);                                                         \
    } while (0)
#define CHECK_NO_EDIT(iptc, text)                                                                  \
    do {                                                                                           \
        const struct bytes before = resources_with(BYTES(iptc));                                   \
        check_edit(&before, text, NULL);                                                           \
    } while (0)

START_TEST(a_caption_is_replaced_where_it_is)
{
    CHECK_EDIT(TITLE "\x1C\x02\x78\0\x03old" WRITER, "a red mug",
               TITLE "\x1C\x02\x78\0\x09"
                     "a red mug" WRITER);
    CHECK_EDIT("\x1C\x02\x78\0\x03old" TITLE, "mug", "\x1C\x02\x78\0\x03mug" TITLE);
    CHECK_EDIT("\x1C\x02\x78\x80\x04\0\0\0\x03old" TITLE, "mug", "\x1C\x02\x78\0\x03mug" TITLE);
    CHECK_NO_EDIT(TITLE "\x1C\x02\x78\0\x03old", "old");
}
END_TEST

START_TEST(a_new_caption_comes_in_order)
{
    CHECK_EDIT(VERSION TITLE CITY CREDIT WRITER, "mug",
               VERSION TITLE CITY CREDIT "\x1C\x02\x78\0\x03mug" WRITER);
    CHECK_EDIT(TITLE, "mug", TITLE "\x1C\x02\x78\0\x03mug");
    CHECK_EDIT(TITLE "\0\0\0 something else", "mug",
               TITLE "\x1C\x02\x78\0\x03mug\0\0\0 something else");
}
END_TEST

START_TEST(letters_beyond_ascii_need_a_charset)
{
    CHECK_EDIT(UTF8_MARK TITLE, "T\xC3\xBCr", UTF8_MARK TITLE "\x1C\x02\x78\0\x04T\xC3\xBCr");
    CHECK_EDIT(VERSION TITLE, "T\xC3\xBCr", UTF8_MARK VERSION TITLE "\x1C\x02\x78\0\x04T\xC3\xBCr");
    CHECK_EDIT("\x1C\x02\x5A\0\x03K\xC3\xB6", "T\xC3\xBCr",
               UTF8_MARK "\x1C\x02\x5A\0\x03K\xC3\xB6"
                         "\x1C\x02\x78\0\x04T\xC3\xBCr");
    CHECK_NO_EDIT("\x1C\x02\x5A\0\x02K\xF6", "T\xC3\xBCr");
    CHECK_NO_EDIT("\x1C\x01\x5A\0\x03\033.A" TITLE, "T\xC3\xBCr");
    CHECK_EDIT("\x1C\x01\x5A\0\x03\033.A" TITLE, "mug",
               "\x1C\x01\x5A\0\x03\033.A" TITLE "\x1C\x02\x78\0\x03mug");
}
END_TEST

/* What is added to a Latin-1 caption counts, not what was there. */
START_TEST(a_latin1_caption_gets_lines_of_ascii)
{
    CHECK_EDIT("\x1C\x02\x78\0\x02K\xF6", "K\xF6\nmug", "\x1C\x02\x78\0\x06K\xF6\nmug");
    CHECK_NO_EDIT("\x1C\x02\x78\0\x02K\xF6", "K\xF6\nT\xC3\xBCr");
}
END_TEST

START_TEST(without_iptc_data_nothing_is_written)
{
    struct bytes none = {.size = 0};
    char *caption;

    add_resource(&none, 0x03ED, BYTES("resolution.."));
    check_edit(&none, "mug", NULL);
    ck_assert_int_eq(meta_iptc_caption(none.bytes, none.size, &caption, NULL), TN_OK);
    ck_assert_ptr_null(caption);
    CHECK_NO_EDIT("", "mug");
    CHECK_NO_EDIT("damaged", "mug");
}
END_TEST

/* The MD5 sums of the data in the tests below, and of nothing that is in them. */
#define SUM_OF_BEFORE "\x3C\x81\x90\x20\x77\xFC\x2F\x92\x4F\xA4\x81\xAA\x3B\xF1\x43\xBB"
#define SUM_OF_AFTER "\xDA\x59\x7F\x72\x4C\x96\x5C\xB9\x7C\xC2\xB4\x78\x08\x2D\xBB\x9B"
#define SUM_OF_OTHER "0123456789abcdef"

START_TEST(the_digest_is_renewed_only_where_it_was_in_step)
{
    static const struct {
        const unsigned char *before, *after;
        size_t size;
    } digests[] = {
        {(const unsigned char *)SUM_OF_BEFORE, (const unsigned char *)SUM_OF_AFTER, 16},
        {(const unsigned char *)SUM_OF_OTHER, (const unsigned char *)SUM_OF_OTHER, 16},
        {(const unsigned char *)SUM_OF_BEFORE, (const unsigned char *)SUM_OF_BEFORE, 15},
    };
    struct bytes before = {.size = 0}, after = {.size = 0};
    const bool first = _i % 2 == 0; /* the digest's resource */
    const size_t i = (size_t)_i / 2, size = digests[i].size;

    if (first) {
        add_resource(&before, 0x0425, digests[i].before, size);
        add_resource(&after, 0x0425, digests[i].after, size);
    }
    add_resource(&before, 0x0404, BYTES(TITLE));
    add_resource(&after, 0x0404, BYTES(TITLE "\x1C\x02\x78\0\x03mug"));
    if (!first) {
        add_resource(&before, 0x0425, digests[i].before, size);
        add_resource(&after, 0x0425, digests[i].after, size);
    }
    check_edit(&before, "mug", &after);
}
END_TEST

static void check_change(const struct bytes *before, const struct meta_iptc_changes *changes,
                         const struct bytes *wanted)
{
    unsigned char *result = NULL;
    size_t size;

    ck_assert_int_eq(meta_iptc_change(before->bytes, before->size, changes, &result, &size, NULL),
                     TN_OK);
    if (wanted) {
        ck_assert_ptr_nonnull(result);
        ck_assert_mem_eq(result, wanted->bytes, wanted->size);
        ck_assert_uint_eq(size, wanted->size);
    } else {
        ck_assert_ptr_null(result);
    }
    free(result);
}

#define DOG                                                                                        \
    "\x1C\x02\x19\0\x03"                                                                           \
    "dog"
#define RUN                                                                                        \
    "\x1C\x02\x19\0\x03"                                                                           \
    "run"
#define TUER                                                                                       \
    "\x1C\x02\x19\0\x04"                                                                           \
    "t\xC3\xBCr"
#define MUG "\x1C\x02\x78\0\x03mug"

static const char *const dog_run[] = {"dog", "run"};
static const char *const tuer[] = {"t\xC3\xBCr", "run"};

#define CHECK_CHANGE(iptc, changes, edited)                                                        \
    do {                                                                                           \
        const struct bytes before = resources_with(BYTES(iptc));                                   \
        const struct bytes after = resources_with(BYTES(edited));                                  \
        check_change(&before, changes, &after);                                                    \
    } while (0)
#define CHECK_NO_CHANGE(iptc, changes)                                                             \
    do {                                                                                           \
        const struct bytes before = resources_with(BYTES(iptc));                                   \
        check_change(&before, changes, NULL);                                                      \
    } while (0)

START_TEST(keywords_come_behind_those_that_are_there)
{
    const struct meta_iptc_changes adds = {.added = dog_run, .added_count = 2};

    CHECK_CHANGE(TITLE CITY, &adds, TITLE DOG RUN CITY);
    CHECK_CHANGE(TITLE KEYWORD CITY KEYWORD WRITER, &adds,
                 TITLE KEYWORD CITY KEYWORD DOG RUN WRITER);
    CHECK_CHANGE(TITLE DOG KEYWORD, &adds, TITLE DOG KEYWORD RUN);
    CHECK_CHANGE(TITLE "\x1C\x02\x19\0\x03"
                       "Dog",
                 &adds,
                 TITLE "\x1C\x02\x19\0\x03"
                       "Dog" RUN);
    CHECK_NO_CHANGE(RUN DOG, &adds);
    CHECK_NO_CHANGE("", &adds);
}
END_TEST

START_TEST(keywords_that_do_not_fit_are_left_out)
{
    enum { LONGEST = 64 };
    char longest[LONGEST + 1], longer[LONGEST + 2];
    const char *const words[] = {longer, "", "dog", longest};
    const struct meta_iptc_changes adds = {.added = words, .added_count = 3};
    const struct meta_iptc_changes fits = {.added = words + 3, .added_count = 1};
    const struct bytes title = resources_with(BYTES(TITLE));
    unsigned char *result = NULL;
    size_t size;

    memset(longer, 'x', LONGEST + 1);
    memset(longest, 'x', LONGEST);
    longer[LONGEST + 1] = longest[LONGEST] = '\0';
    CHECK_CHANGE(TITLE, &adds, TITLE DOG);
    ck_assert_int_eq(meta_iptc_change(title.bytes, title.size, &fits, &result, &size, NULL), TN_OK);
    ck_assert(meta_iptc_has_keyword(result, size, longest));
    ck_assert(!meta_iptc_has_keyword(result, size, "x"));
    free(result);
}
END_TEST

START_TEST(keywords_beyond_ascii_need_a_charset)
{
    const struct meta_iptc_changes adds = {.added = tuer, .added_count = 2};

    CHECK_CHANGE(UTF8_MARK TITLE, &adds, UTF8_MARK TITLE TUER RUN);
    CHECK_CHANGE(KEYWORD CITY, &adds, UTF8_MARK KEYWORD TUER RUN CITY);
    CHECK_CHANGE("\x1C\x02\x5A\0\x02K\xF6", &adds, RUN "\x1C\x02\x5A\0\x02K\xF6");
}
END_TEST

START_TEST(what_was_added_can_be_taken_out)
{
    const struct meta_iptc_changes adds = {.caption = "mug", .added = dog_run, .added_count = 2};
    const struct meta_iptc_changes takes = {
        .removes_caption = true, .removed = dog_run, .removed_count = 2};
    const struct meta_iptc_changes marks = {.added = tuer, .added_count = 1};
    const struct meta_iptc_changes unmarks = {.removed = tuer, .removed_count = 1, .unmarks = true};

    CHECK_CHANGE(TITLE KEYWORD CITY WRITER, &adds, TITLE KEYWORD DOG RUN CITY MUG WRITER);
    CHECK_CHANGE(TITLE KEYWORD DOG RUN CITY MUG WRITER, &takes, TITLE KEYWORD CITY WRITER);
    CHECK_CHANGE(RUN DOG TITLE RUN DOG, &takes, RUN DOG TITLE); /* the last of each alone */
    CHECK_NO_CHANGE(TITLE KEYWORD, &takes);
    CHECK_NO_CHANGE(TITLE "\x1C\x02\x19\0\x03"
                          "Dog",
                    &takes);
    CHECK_CHANGE(TITLE, &marks, UTF8_MARK TITLE TUER);
    CHECK_CHANGE(UTF8_MARK TITLE TUER, &unmarks, TITLE);
}
END_TEST

/* A caption that was there before comes back as it was, in a charset that nobody states. */
START_TEST(a_caption_is_restored_in_its_charset)
{
    const struct meta_iptc_changes restores = {.caption = "K\xF6", .restores = true};
    const struct meta_iptc_changes replaces = {.caption = "K\xF6"};

    CHECK_CHANGE(TITLE MUG, &restores, TITLE "\x1C\x02\x78\0\x02K\xF6");
    CHECK_CHANGE(TITLE MUG, &replaces, UTF8_MARK TITLE "\x1C\x02\x78\0\x02K\xF6");
}
END_TEST

START_TEST(what_the_data_has_is_told)
{
    const struct bytes ascii = resources_with(BYTES(TITLE KEYWORD DOG));
    const struct bytes utf8 = resources_with(BYTES(UTF8_MARK TITLE));
    const struct bytes none = {.size = 0};

    ck_assert(meta_iptc_has_keyword(ascii.bytes, ascii.size, "sun"));
    ck_assert(meta_iptc_has_keyword(ascii.bytes, ascii.size, "DOG"));
    ck_assert(!meta_iptc_has_keyword(ascii.bytes, ascii.size, "Rome"));
    ck_assert(!meta_iptc_has_keyword(utf8.bytes, utf8.size, "sun"));
    ck_assert(!meta_iptc_has_keyword(none.bytes, none.size, "sun"));
    ck_assert(!meta_iptc_is_marked(ascii.bytes, ascii.size));
    ck_assert(meta_iptc_is_marked(utf8.bytes, utf8.size));
    ck_assert(!meta_iptc_is_marked(none.bytes, none.size));
}
END_TEST

START_TEST(a_caption_that_is_too_long_is_refused)
{
    enum { LENGTH = 0x8000 };
    const struct bytes before = resources_with(BYTES(TITLE));
    unsigned char *result = NULL;
    char *text = malloc(LENGTH + 1);
    size_t size;

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', LENGTH);
    text[LENGTH] = '\0';
    ck_assert_int_eq(set_caption(before.bytes, before.size, text, &result, &size), TN_RANGE);
    text[LENGTH - 1] = '\0';
    ck_assert_int_eq(set_caption(before.bytes, before.size, text, &result, &size), TN_OK);
    free(result);
    free(text);
}
END_TEST

/* Every cut and every changed byte is read within bounds, and what cannot be read stays. */
START_TEST(damaged_data_is_read_within_its_bounds)
{
    static const unsigned char values[] = {0, 1, 0x1C, 0x7F, 0x80, 0xFF};
    const struct bytes all =
        resources_with(BYTES(UTF8_MARK TITLE KEYWORD DOG "\x1C\x02\x78\0\x03old" WRITER));
    const struct meta_iptc_changes takes = {.removes_caption = true,
                                            .added = tuer,
                                            .added_count = 2,
                                            .removed = dog_run,
                                            .removed_count = 2};

    for (size_t length = 0; length <= all.size; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t i = 0; i < sizeof values; i++) {
                unsigned char *copy = malloc(length), *result = NULL;
                size_t size;
                char *caption;

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, all.bytes, length);
                copy[at] = values[i];
                ck_assert_int_eq(set_caption(copy, length, "T\xC3\xBCr", &result, &size), TN_OK);
                if (result) {
                    ck_assert_int_eq(meta_iptc_caption(result, size, &caption, NULL), TN_OK);
                    ck_assert_str_eq(caption, "T\xC3\xBCr");
                    free(caption);
                }
                free(result);
                ck_assert_int_eq(meta_iptc_change(copy, length, &takes, &result, &size, NULL),
                                 TN_OK);
                ck_assert(!result || !meta_iptc_has_keyword(result, size, "dog") ||
                          meta_iptc_has_keyword(copy, length, "dog"));
                free(result);
                free(copy);
            }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("iptc");
    TCase *tests = tcase_create("captions");

    tcase_add_test(tests, a_caption_is_replaced_where_it_is);
    tcase_add_test(tests, a_new_caption_comes_in_order);
    tcase_add_test(tests, letters_beyond_ascii_need_a_charset);
    tcase_add_test(tests, a_latin1_caption_gets_lines_of_ascii);
    tcase_add_test(tests, without_iptc_data_nothing_is_written);
    tcase_add_loop_test(tests, the_digest_is_renewed_only_where_it_was_in_step, 0, 6);
    tcase_add_test(tests, keywords_come_behind_those_that_are_there);
    tcase_add_test(tests, keywords_that_do_not_fit_are_left_out);
    tcase_add_test(tests, keywords_beyond_ascii_need_a_charset);
    tcase_add_test(tests, what_was_added_can_be_taken_out);
    tcase_add_test(tests, a_caption_is_restored_in_its_charset);
    tcase_add_test(tests, what_the_data_has_is_told);
    tcase_add_test(tests, a_caption_that_is_too_long_is_refused);
    tcase_add_test(tests, damaged_data_is_read_within_its_bounds);
    suite_add_tcase(suite, tests);
    return suite;
}
