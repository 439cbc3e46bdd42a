/* SPDX-License-Identifier: MIT */
/* Captions in XMP files and in photos: what is written, and that all else stays.  What exiftool
 * makes of it is in cli/sidecars.sh. */
#include "tests/support/outputs.h"
#include "tests/support/suite.h"

#include "app/output/photo_metadata.h"
#include "app/output/sidecar.h"
#include "image/image.h"
#include "metadata/container_private.h"
#include "metadata/photo_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* How often text is in bytes. */
static size_t count_in(const char *bytes, size_t size, const char *text)
{
    const char *end = bytes + size;
    size_t count = 0;

    while ((bytes = memmem(bytes, (size_t)(end - bytes), text, strlen(text))) != NULL) {
        bytes += strlen(text);
        count++;
    }
    return count;
}

static size_t count_in_file(const char *path, const char *text)
{
    size_t size;
    const char *bytes = content(path, &size);

    ck_assert_ptr_nonnull(bytes);
    return count_in(bytes, size, text);
}

/* ---- XMP files ---- */

static struct app_output *open_xmp(enum app_existing existing, const char *directory)
{
    static char folder[] = ".";
    static char *const operands[] = {folder};
    const struct app_walk_options inputs = {.operands = operands, .operand_count = 1};
    const struct app_sidecar_options options = {
        .existing = existing, .directory = directory, .inputs = &inputs};
    struct app_output *output;
    struct tn_error err;

    ck_assert_msg(app_sidecar_create(&app_sidecar_xmp, &options, &output, &err) == TN_OK, "%s",
                  err.text);
    return output;
}

#define XMP(old) SAYING(old, "")
#define ALT_TEXT(old)                                                                              \
    "<i:AltTextAccessibility xmlns:i='http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'><rdf:Alt>"      \
    "<rdf:li xml:lang='x-default'>" old "</rdf:li></rdf:Alt></i:AltTextAccessibility>"
#define SAYING(old, more)                                                                          \
    "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"                                         \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'>"                                                         \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                            \
    "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'>"                   \
    "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>" old "</rdf:li></rdf:Alt>"             \
    "</dc:description>" more "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='r'?>"
#define WRITTEN(language, text) "<rdf:li xml:lang=\"" language "\">" text "</rdf:li>"

START_TEST(a_new_xmp_file_has_the_description)
{
    struct app_output *output = open_xmp(APP_SKIP, NULL);

    ck_assert(!output->ops->holds(output, "a.jpg"));
    put(output, "a.jpg", "a <dog> & a cat", "second");
    ck_assert_uint_eq(
        count_in_file("a.jpg.xmp", WRITTEN("x-default", "a &lt;dog> &amp; a cat")) +
            count_in_file("a.jpg.xmp", WRITTEN("x-default", "a &lt;dog&gt; &amp; a cat")),
        2); /* the description and the alt text */
    ck_assert_uint_eq(count_in_file("a.jpg.xmp", "<rdf:li xml:lang="), 2);
    ck_assert_uint_eq(count_in_file("a.jpg.xmp", "second"), 0);
    ck_assert(output->ops->holds(output, "a.jpg"));
    ck_assert_uint_eq(count_files("."), 1);
    output->ops->destroy(output);
}
END_TEST

START_TEST(an_xmp_file_is_appended_to_once)
{
    struct app_output *output = open_xmp(APP_APPEND, NULL);

    write_text("a.jpg.xmp", XMP("old"));
    for (int again = 0; again < 2; again++) {
        put(output, "a.jpg", "a dog", NULL);
        ck_assert_uint_eq(count_in_file("a.jpg.xmp", "x-default'>old&#xA;a dog<"), 1);
        ck_assert_uint_eq(count_in_file("a.jpg.xmp", WRITTEN("x-default", "old&#xA;a dog")), 1);
        ck_assert_uint_eq(count_in_file("a.jpg.xmp", "&#xA;a dog"), 2); /* the alt text */
    }
    output->ops->destroy(output);
}
END_TEST

START_TEST(an_xmp_file_that_says_so_already_is_not_written)
{
    struct app_output *output = open_xmp(APP_APPEND, NULL);

    write_text("a.jpg.xmp", SAYING("old\na dog\nmore", ALT_TEXT("a dog")));
    put(output, "a.jpg", "a dog", NULL);
    check_text("a.jpg.xmp", SAYING("old\na dog\nmore", ALT_TEXT("a dog")));
    output->ops->destroy(output);
}
END_TEST

START_TEST(what_this_program_wrote_is_cleared)
{
    struct app_output *output = open_xmp(APP_REPLACE, NULL);
    struct tn_error err;

    write_text("a.jpg", "P6");
    put(output, "a.jpg", "a dog", NULL);
    ck_assert_int_eq(output->ops->clear(output, "a.jpg", &err), TN_OK);
    ck_assert(!content("a.jpg.xmp", &(size_t){0}));
    ck_assert_int_eq(output->ops->clear(output, "a.jpg", &err), TN_OK); /* there is none */
    write_text("a.jpg.xmp", XMP("old"));
    ck_assert_int_eq(output->ops->clear(output, "a.jpg", &err), TN_OK);
    check_text("a.jpg.xmp", XMP("old"));
    write_text("a.xmp", XMP("older")); /* under either name */
    put(output, "a.jpg", "a dog", NULL);
    ck_assert_int_eq(output->ops->clear(output, "a.jpg", &err), TN_OK);
    ck_assert_uint_eq(count_in_file("a.jpg.xmp", ">old<"), 1);
    check_text("a.xmp", XMP("older"));
    ck_assert_uint_eq(count_in_file("a.jpg.xmp", "a dog"), 0);
    output->ops->destroy(output);
}
END_TEST

START_TEST(what_is_no_xmp_is_left_alone)
{
    static const char *const texts[] = {"not XML", "<a><b/></a>", XMP("<old>")};
    struct app_output *output = open_xmp(APP_OVERWRITE, NULL);
    struct tn_error err;

    write_text("a.jpg.xmp", texts[_i]);
    ck_assert(!output->ops->holds(output, "a.jpg"));
    ck_assert_int_eq(put_captions(output, "a.jpg", "a dog", NULL, &err), TN_FORMAT);
    ck_assert_ptr_nonnull(strstr(err.text, "a.jpg.xmp: "));
    check_text("a.jpg.xmp", texts[_i]);
    output->ops->destroy(output);
}
END_TEST

START_TEST(xmp_files_are_mirrored)
{
    struct app_output *output = open_xmp(APP_SKIP, "out");

    write_text("x/a.jpg", "P6");
    put(output, "./x/a.jpg", "a dog", NULL);
    ck_assert(output->ops->holds(output, "./x/a.jpg"));
    ck_assert_uint_eq(count_in_file("out/x/a.jpg.xmp", WRITTEN("x-default", "a dog")), 2);
    output->ops->destroy(output);
}
END_TEST

/* ---- Photos ---- */

static struct app_output *open_metadata(enum app_existing existing)
{
    struct app_output *output;
    struct tn_error err;

    ck_assert_msg(app_photo_metadata_create(existing, false, true, &output, &err) == TN_OK, "%s",
                  err.text);
    return output;
}

static void check_same_pixels(const char *a, const char *b)
{
    const struct image_options options = IMAGE_OPTIONS_DEFAULT;
    struct image images[2];
    struct tn_error err;

    ck_assert_msg(image_load(a, &options, &images[0], &err) == TN_OK, "%s", err.text);
    ck_assert_msg(image_load(b, &options, &images[1], &err) == TN_OK, "%s", err.text);
    ck_assert_uint_eq(images[0].width, images[1].width);
    ck_assert_uint_eq(images[0].height, images[1].height);
    ck_assert_mem_eq(images[0].rgb, images[1].rgb, images[0].width * images[0].height * 3);
    image_finish(&images[0]);
    image_finish(&images[1]);
}

static const char *const photos[] = {
    "images/rgb.jpg",
    "images/progressive.jpg",
    "images/orientation6.jpg",
    "images/ycck-adobe.jpg",
    "images/rgb.png",
    "images/orientation6.png",
    "images/orientation6-late.png",
    "images/rgba16.png",
    "images/palette.png",
    "images/rgb-interlaced.png",
    "images/lossy.webp",
    "images/lossless.webp",
    "images/lossy-alpha.webp",
    "images/animated.webp",
    "images/orientation6.webp",
    "images/rgb.psd",
    "images/rgb16.psd",
    "images/still.gif",
    "images/rgb.heic",
    "images/rgb.avif",
    "metadata/rich.jpg",
};
enum { PHOTOS = sizeof photos / sizeof photos[0] };

START_TEST(a_photo_says_its_caption_and_looks_the_same)
{
    struct app_output *output = open_metadata(APP_SKIP);

    copy_data(photos[_i], "before");
    copy_data(photos[_i], "photo");
    ck_assert(!output->ops->holds(output, "photo"));
    put(output, "photo", "a dog runs", "second");
    ck_assert(output->ops->holds(output, "photo"));
    check_same_pixels("before", "photo");
    ck_assert_uint_eq(count_in_file("photo", "second"), 0);
    ck_assert_uint_eq(count_files("."), 2);
    output->ops->destroy(output);
}
END_TEST

/* What a JPEG file's fields say; NULL: one that is not there. */
static void check_fields(const char *path, const char *xmp, const char *exif, const char *iptc)
{
    struct meta_file file = {.name = path};
    struct meta_photo photo;

    file.bytes = (const unsigned char *)content(path, &file.size);
    ck_assert_int_eq(meta_photo_read(&meta_jpeg, &file, &photo, NULL), TN_OK);
    ck_assert_pstr_eq(meta_fields_said(&photo.fields, META_TEXT_XMP), xmp);
    ck_assert_pstr_eq(meta_fields_said(&photo.fields, META_TEXT_EXIF), exif);
    ck_assert_pstr_eq(meta_fields_said(&photo.fields, META_TEXT_IPTC), iptc);
    meta_photo_finish(&photo);
}

/* From the first scan on to the end, what is behind the picture included. */
static const char *scan(const char *bytes, size_t size, size_t *ret_size)
{
    const char *start = memmem(bytes, size, "\xFF\xDA", 2);

    ck_assert_ptr_nonnull(start);
    *ret_size = (size_t)(bytes + size - start);
    return start;
}

START_TEST(a_rich_photo_keeps_all_else)
{
    static const char *const kept[] = {
        "OLYMPUS",    "E-10", "2019:07:01 12:00:00", "shot at noon",      "a comment", "Bern",
        "blue, deep", "See",  "nature|lake",         "BEHIND THE PICTURE"};
    struct app_output *output = open_metadata(APP_APPEND);
    size_t sizes[2], scans[2];
    const char *before, *after;

    copy_data("metadata/rich.jpg", "before");
    copy_data("metadata/rich.jpg", "photo");
    put(output, "photo", "a dog runs", NULL);
    check_fields("photo", "a dog runs", "a dog runs", "a dog runs");
    before = content("before", &sizes[0]);
    after = content("photo", &sizes[1]);
    ck_assert_uint_eq(count_in(after, sizes[1], "a dog runs"),
                      5); /* XMP: two fields and the mark */
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        ck_assert_msg(count_in(after, sizes[1], kept[i]) > 0, "%s", kept[i]);
    before = scan(before, sizes[0], &scans[0]);
    after = scan(after, sizes[1], &scans[1]);
    ck_assert_uint_eq(scans[0], scans[1]);
    ck_assert_mem_eq(before, after, scans[0]);
    output->ops->destroy(output);
}
END_TEST

static const char *const described[] = {"metadata/Description.jpg", "metadata/Caption-Abstract.jpg",
                                        "metadata/ImageDescription.jpg"};

START_TEST(a_persons_words_are_skipped_or_appended_to)
{
    struct app_output *output = open_metadata(APP_APPEND);
    struct stat info, later;

    copy_data(described[_i], "photo");
    ck_assert(!output->ops->holds(output, "photo"));
    put(output, "photo", "a dog runs", NULL);
    ck_assert_uint_ge(count_in_file("photo", "granny\na dog runs"), 1);
    ck_assert_uint_ge(count_in_file("photo", "granny&#xA;a dog runs"), 1);
    ck_assert_int_eq(stat("photo", &info), 0);
    put(output, "photo", "a dog runs", NULL);
    ck_assert_int_eq(stat("photo", &later), 0);
    ck_assert_uint_eq(info.st_ino, later.st_ino); /* it says so already */
    output->ops->destroy(output);

    output = open_metadata(APP_SKIP);
    ck_assert_int_eq(output->ops->holds(output, "photo"), META_PERSON);
    output->ops->destroy(output);
}
END_TEST

START_TEST(a_persons_words_are_spared_or_replaced)
{
    enum { IPTC = 1 };
    struct app_output *output = open_metadata(APP_OVERWRITE);
    struct stat info, later;

    copy_data(described[_i], "photo");
    ck_assert_int_eq(stat("photo", &info), 0);
    ck_assert_int_eq(output->ops->holds(output, "photo"), META_PERSON);
    put(output, "photo", "a cat", NULL); /* as if they had come meanwhile */
    ck_assert_int_eq(stat("photo", &later), 0);
    ck_assert_uint_eq(info.st_ino, later.st_ino);
    output->ops->destroy(output);

    output = open_metadata(APP_REPLACE);
    ck_assert(!output->ops->holds(output, "photo"));
    put(output, "photo", "a cat", NULL);
    check_fields("photo", "a cat", "a cat", _i == IPTC ? "a cat" : NULL);
    output->ops->destroy(output);
}
END_TEST

START_TEST(latin1_becomes_utf8_in_xmp_and_stays_in_iptc)
{
    struct app_output *output = open_metadata(APP_APPEND);

    copy_data("metadata/latin1.jpg", "photo");
    put(output, "photo", "a dog runs", NULL);
    ck_assert_uint_eq(count_in_file("photo", "caf\xE9\na dog runs"), 1);
    ck_assert_uint_ge(count_in_file("photo", "caf\xC3\xA9\na dog runs"), 1);
    ck_assert_uint_ge(count_in_file("photo", "caf\xC3\xA9&#xA;a dog runs"), 2);
    copy_data("metadata/latin1.jpg", "photo");
    put(output, "photo", "\xE4\xB8\x80", NULL);
    ck_assert_uint_eq(count_in_file("photo", "caf\xE9"), 1); /* no charset for both */
    ck_assert_uint_eq(count_in_file("photo", "caf\xE9\n"), 0);
    ck_assert_uint_ge(count_in_file("photo", "caf\xC3\xA9\n\xE4\xB8\x80"), 1);
    ck_assert_uint_ge(count_in_file("photo", "caf\xC3\xA9&#xA;\xE4\xB8\x80"), 2);
    output->ops->destroy(output);
}
END_TEST

START_TEST(what_cannot_be_written_is_told_and_left)
{
    static const struct {
        const char *photo;
        enum tn_status status;
        const char *why;
    } cases[] = {
        {"images/rgb.bmp", TN_UNSUPPORTED, "cannot be written into BMP; use --sidecar xmp"},
        {"images/rgb.ppm", TN_UNSUPPORTED, "cannot be written into PPM; use --sidecar xmp"},
        {"metadata/damaged.jpg", TN_FORMAT, "its XMP is damaged in line 9"},
    };
    struct app_output *output = open_metadata(APP_OVERWRITE);
    struct tn_error err;
    size_t sizes[2];
    const char *before, *after;

    copy_data(cases[_i].photo, "before");
    copy_data(cases[_i].photo, "photo");
    ck_assert(!output->ops->holds(output, "photo"));
    ck_assert_int_eq(put_captions(output, "photo", "a dog", NULL, &err), cases[_i].status);
    ck_assert_msg(strstr(err.text, cases[_i].why) != NULL, "%s", err.text);
    before = content("before", &sizes[0]);
    after = content("photo", &sizes[1]);
    ck_assert_uint_eq(sizes[0], sizes[1]);
    ck_assert_mem_eq(before, after, sizes[0]);
    ck_assert_uint_eq(count_files("."), 2);
    output->ops->destroy(output);
}
END_TEST

START_TEST(the_file_keeps_its_mode_times_and_attributes)
{
    const struct timespec times[] = {{1000000000, 5}, {1234567890, 123456789}};
    struct app_output *output = open_metadata(APP_SKIP);
    struct stat info;
    char value[8] = "";
    bool attributes;

    copy_data("images/rgb.jpg", "target");
    ck_assert_int_eq(symlink("target", "photo"), 0);
    attributes = setxattr("target", "user.rating", "five", 4, 0) == 0;
    ck_assert_int_eq(chmod("target", 0640), 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, "target", times, 0), 0);
    put(output, "photo", "a dog", NULL);
    ck_assert_int_eq(lstat("photo", &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat("target", &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0640);
    ck_assert_int_eq(info.st_mtim.tv_sec, times[1].tv_sec);
    ck_assert_int_eq(info.st_mtim.tv_nsec, times[1].tv_nsec);
    if (attributes) { /* not every file system has them */
        ck_assert_int_eq(getxattr("target", "user.rating", value, sizeof value), 4);
        ck_assert_str_eq(value, "five");
    }
    ck_assert(output->ops->holds(output, "target"));
    output->ops->destroy(output);
}
END_TEST

START_TEST(a_read_only_photo_is_told)
{
    struct app_output *output = open_metadata(APP_SKIP);
    struct tn_error err;

    copy_data("images/rgb.jpg", "photo");
    ck_assert_int_eq(chmod("photo", 0444), 0);
    ck_assert_int_eq(put_captions(output, "photo", "a dog", NULL, &err), TN_IO);
    ck_assert_str_eq(err.text, "photo: cannot write: the photo is read-only");
    output->ops->destroy(output);
}
END_TEST

START_TEST(another_name_of_the_photo_keeps_the_old_file)
{
    struct app_output *output = open_metadata(APP_SKIP);

    copy_data("images/rgb.jpg", "photo");
    ck_assert_int_eq(link("photo", "backup"), 0);
    put(output, "photo", "a dog", NULL);
    ck_assert(output->ops->holds(output, "photo"));
    ck_assert(!output->ops->holds(output, "backup"));
    output->ops->destroy(output);
}
END_TEST

START_TEST(names_are_not_addresses)
{
    struct app_output *output = open_metadata(APP_SKIP);

    copy_data("metadata/Description.jpg", "http:/x.jpg");
    copy_data("metadata/Description.jpg", "-");
    ck_assert(output->ops->holds(output, "http://x.jpg"));
    ck_assert(output->ops->holds(output, "-"));
    ck_assert(!output->ops->holds(output, "nowhere"));
    ck_assert(!output->ops->holds(output, "."));
    output->ops->destroy(output);
}
END_TEST

static void *ask(void *context)
{
    const struct app_output *output = context;
    size_t held = 0;

    for (int i = 0; i < 100; i++)
        held +=
            output->ops->holds(output, "Description.jpg") && !output->ops->holds(output, "rich");
    return (void *)held;
}

START_TEST(threads_may_ask_while_one_writes)
{
    struct app_output *output = open_metadata(APP_OVERWRITE);
    pthread_t threads[4];
    void *held;

    copy_data("metadata/Description.jpg", "Description.jpg");
    copy_data("metadata/rich.jpg", "rich");
    copy_data("metadata/rich.jpg", "written");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, output), 0);
    for (int i = 0; i < 50; i++)
        put(output, "written", i % 2 ? "a dog" : "a cat", NULL);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &held), 0);
        ck_assert_uint_eq((size_t)held, 100);
    }
    output->ops->destroy(output);
}
END_TEST

static void add_xmp_tests(TCase *xmp)
{
    tcase_add_checked_fixture(xmp, enter_folder, leave_folder);
    tcase_add_test(xmp, a_new_xmp_file_has_the_description);
    tcase_add_test(xmp, an_xmp_file_is_appended_to_once);
    tcase_add_test(xmp, an_xmp_file_that_says_so_already_is_not_written);
    tcase_add_test(xmp, what_this_program_wrote_is_cleared);
    tcase_add_loop_test(xmp, what_is_no_xmp_is_left_alone, 0, 3);
    tcase_add_test(xmp, xmp_files_are_mirrored);
}

static void add_photo_tests(TCase *photo)
{
    tcase_add_checked_fixture(photo, enter_folder, leave_folder);
    tcase_add_loop_test(photo, a_photo_says_its_caption_and_looks_the_same, 0, PHOTOS);
    tcase_add_test(photo, a_rich_photo_keeps_all_else);
    tcase_add_loop_test(photo, a_persons_words_are_skipped_or_appended_to, 0, 3);
    tcase_add_loop_test(photo, a_persons_words_are_spared_or_replaced, 0, 3);
    tcase_add_test(photo, latin1_becomes_utf8_in_xmp_and_stays_in_iptc);
    tcase_add_loop_test(photo, what_cannot_be_written_is_told_and_left, 0, 3);
    tcase_add_test(photo, the_file_keeps_its_mode_times_and_attributes);
    tcase_add_test(photo, a_read_only_photo_is_told);
    tcase_add_test(photo, another_name_of_the_photo_keeps_the_old_file);
    tcase_add_test(photo, names_are_not_addresses);
    tcase_add_test(photo, threads_may_ask_while_one_writes);
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("captions as metadata");
    TCase *xmp = tcase_create("XMP files"), *photo = tcase_create("photos");

    add_xmp_tests(xmp);
    suite_add_tcase(suite, xmp);
    add_photo_tests(photo);
    suite_add_tcase(suite, photo);
    return suite;
}
