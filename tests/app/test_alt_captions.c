/* SPDX-License-Identifier: MIT */
/* Captions for the pictures of pages: in the page's language, and each picture once. */
#include "tests/support/folder.h"
#include "tests/support/photo_file.h"
#include "tests/support/suite.h"
#include "tests/support/tiny_model.h"

#include "app/alt/captions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 3, VOCABULARY = VOCAB_FIRST_WORD + WORDS, FEATURES = 4096 };

static char folder[TEST_FOLDER_SIZE], model[128];
static struct photo_file photo;

/* A decoder with words of its own beside that of the file. */
static void add_language(const char *language, const char *words)
{
    struct tiny_model tiny;
    struct vocab *vocab;
    struct decoder *decoder;
    struct tn_file *base;
    struct model_save save = {.language = language, .input = {.scale = TINY_FEATURE_SCALE}};

    tiny_model_init(&tiny, "gru", 1, VOCABULARY, FEATURES, 2);
    ck_assert_int_eq(vocab_parse(words, strlen(words), &vocab, NULL), TN_OK);
    save.config = decoder_config(tiny.decoder);
    save.theta = tiny.theta;
    save.vocab = vocab;
    ck_assert_int_eq(decoder_create(save.config, "decoder.zh.", &decoder, NULL), TN_OK);
    save.layout = decoder_layout(decoder);
    ck_assert_int_eq(tn_file_open(model, &base, NULL), TN_OK);
    save.base = base;
    ck_assert_int_eq(model_save(model, &save, NULL), TN_OK);
    tn_file_close(base);
    decoder_destroy(decoder);
    vocab_destroy(vocab);
    tiny_model_finish(&tiny);
}

static void set_up(void)
{
    test_folder_make(folder);
    snprintf(model, sizeof model, "%s/model.safetensors", folder);
    tiny_model_save(model, "a\ndog\nrun\n", VOCABULARY);
    add_language("zh", "\xE7\x8B\x97\n\xE8\xB7\x91\n\xE4\xBA\x86\n");
    photo = photo_file_read("rgb.jpg");
}

static void tear_down(void)
{
    photo_file_finish(&photo);
    test_folder_remove(folder);
}

static struct alt_picture picture_of(char *name)
{
    return (struct alt_picture){.name = name, .bytes = photo.bytes, .size = photo.size};
}

/* Whether the caption of a page in that language is in Latin letters. */
static bool is_latin(struct alt_captions *captions, const char *language)
{
    const struct alt_picture picture = picture_of((char[]){"a"});
    struct alt_caption caption;

    ck_assert_int_eq(alt_captions_make(captions, language, &picture, 1, &caption, NULL), TN_OK);
    ck_assert_ptr_nonnull(caption.text);
    ck_assert(caption.text[0] != '\0');
    return (unsigned char)caption.text[0] < 0x80;
}

START_TEST(a_caption_is_in_the_language_of_its_page)
{
    const struct alt_captions_options options = {.model = model, .threads = 1};
    const struct alt_picture picture = picture_of((char[]){"a"});
    struct alt_captions *captions;
    struct alt_caption caption;

    ck_assert_int_eq(alt_captions_create(&options, &captions, NULL), TN_OK);
    ck_assert(is_latin(captions, NULL) && is_latin(captions, "") && is_latin(captions, "en") &&
              is_latin(captions, "EN-gb"));
    ck_assert(!is_latin(captions, "zh") && !is_latin(captions, "zh-Hans-CN"));
    ck_assert(is_latin(captions, "en"));
    ck_assert_int_eq(alt_captions_make(captions, "fr", &picture, 1, &caption, NULL), TN_OK);
    ck_assert_ptr_null(caption.text);
    ck_assert_ptr_nonnull(strstr(caption.why, "language"));
    alt_captions_destroy(captions);
}
END_TEST

START_TEST(a_language_that_was_wished_is_for_all_pages)
{
    const struct alt_captions_options options = {.model = model, .language = "zh", .threads = 1};
    struct alt_captions *captions;

    ck_assert_int_eq(alt_captions_create(&options, &captions, NULL), TN_OK);
    ck_assert(!is_latin(captions, "en") && !is_latin(captions, "fr") && !is_latin(captions, NULL));
    alt_captions_destroy(captions);
}
END_TEST

/* More pictures than are captioned together, some of them the same, some of them none. */
START_TEST(a_picture_is_captioned_once)
{
    enum { COUNT = 60, DIFFERENT = 50 };
    const struct alt_captions_options options = {.model = model, .threads = 1};
    struct alt_picture pictures[COUNT];
    struct alt_caption captions[COUNT];
    struct alt_captions *all;
    char names[COUNT][8];

    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i % DIFFERENT);
        pictures[i] = picture_of(names[i]);
    }
    pictures[7].why = "no such file";
    pictures[9].size = 10; /* cut */
    ck_assert_int_eq(alt_captions_create(&options, &all, NULL), TN_OK);
    ck_assert_int_eq(alt_captions_make(all, NULL, pictures, COUNT, captions, NULL), TN_OK);
    for (size_t i = 0; i < COUNT; i++) {
        const bool bad = i == 7 || i % DIFFERENT == 9;

        ck_assert_msg(!captions[i].text == bad && !captions[i].why == !bad, "the %zuth", i);
        if (i >= DIFFERENT)
            ck_assert(captions[i].text == captions[i - DIFFERENT].text || i == DIFFERENT + 7);
    }
    ck_assert_str_eq(captions[7].why, "no such file");
    alt_captions_destroy(all);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("alt_captions");
    TCase *tcase = tcase_create("alt_captions");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_caption_is_in_the_language_of_its_page);
    tcase_add_test(tcase, a_language_that_was_wished_is_for_all_pages);
    tcase_add_test(tcase, a_picture_is_captioned_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
