/* SPDX-License-Identifier: MIT */
/* What is a person's description of a photo, and what is nobody's. */
#include "metadata/description.h"
#include "tests/support/suite.h"

#include <stdlib.h>
#include <string.h>

START_TEST(what_cannot_be_seen_is_blank)
{
    static const char *const blank[] = {
        "",
        " \t\r\n\v\f",
        "\xEF\xBB\xBF",                 /* a byte order mark alone */
        "\u00A0\u2003\u3000",           /* no-break, em and ideographic space */
        "\u200B\u200C\u200D\u2060",     /* of no width */
        "\u200E\u202A\u202C\u2066",     /* directions */
        "\u2028\u2029",                 /* separators of lines and paragraphs */
        "\x01\x1F\x7F\xC2\x85",         /* control characters */
        "\u3164\u115F\u1160\uFFA0",     /* Hangul fillers */
        "\u00AD\u034F\uFE0F\U000E0100", /* soft hyphen, joiner, variation selectors */
        "\u2800",                       /* Braille without a dot */
        "\xEF\xBB\xBF \u200B\r\n",
        " \xA0", /* Latin-1's */
    };
    static const char *const seen[] = {
        "a",          ".",      "\u00A0x", "\u200B\u732B", "\u2764\uFE0F",
        "\U0001F408", "\u0301", "\xE9",    "\xFF\xFE",
    };

    for (size_t i = 0; i < sizeof blank / sizeof blank[0]; i++)
        ck_assert_msg(meta_description_blank(blank[i]), "blank %zu", i);
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        ck_assert_msg(!meta_description_blank(seen[i]), "seen %zu", i);
}
END_TEST

START_TEST(what_is_no_utf8_is_told)
{
    ck_assert(meta_description_utf8(""));
    ck_assert(meta_description_utf8("caf\u00E9"));
    ck_assert(!meta_description_utf8("caf\xE9"));
    ck_assert(!meta_description_utf8("caf\xC3"));
}
END_TEST

/* In files that name no camera. */
START_TEST(what_cameras_write_describes_nothing)
{
    static const char *const theirs[] = {
        "",
        " \n",
        "\u200B",
        "...",
        " - ",
        "\u2026",
        "OLYMPUS DIGITAL CAMERA         ",
        "sony dsc",
        "SAMSUNG",
        "DCIM\\108GOPRO\\GOPR2137.JPG",
        "DCIM/100MEDIA/DJI_0042.JPG",
        "<Digimax i5, Samsung #1>",
        "<KENOX S1050  / Samsung S1050>",
        "KODAK Digital Still Camera     ",
        "MOULTRIE DIGITAL GAME CAMERA",
        "DIGITAL CAMERA",
        "SANYO DIGITAL CAMERA",
        "MEDION DIGITAL CAMERA",
        "TRAVELER DIGITAL CAMERA        ",
        "PENTAX DIGITAL CAMERA",
        "KONICA MINOLTA DIGITAL CAMERA",
        "Digital StillCamera",
        "My beautiful picture",
        "HELLOMOTO",
        "_cuva",
        "bsh",
        "smart",
        "hdr",
        "hdrpl",
        "SAMSUNG DIGIMAX A403",
        "Minolta DSC",
        "Processed with VSCO with c1 preset",
        "DSC00019",
        "IMG_20190101_120000.jpg",
        "oplus_1048608",
        "CameraID=52.FrameCount=30.lutFilename=.configID=.configFilename=S23_AGC92v13_Sharp.agc."
        "configNickname=x.profileID=5.profileName=MaxQ-HDR.Version=AGC9.2 V6.0.aaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    for (size_t i = 0; i < sizeof theirs / sizeof theirs[0]; i++)
        ck_assert_msg(meta_description_by_camera(theirs[i]), "%s", theirs[i]);
}
END_TEST

START_TEST(what_people_write_is_kept)
{
    static const char *const ours[] = {
        "a dog",
        "my SONY DSC",
        "defaults",
        "OLYMPUS DIGITAL CAMERA E-10",
        "Kodak digital camera, 1998",
        "Grandpa's first digital camera",
        "MY DIGITAL CAMERA",
        "Nikon digital camera",
        "a smart dog",
        "HDR of the harbour",
        "My beautiful picture of Rome",
        "El cielo sobre Berlin (Heaven above Berlin)",
        "mit blauem Kleid",
        "Portr\u00E4tt p\u00E5 Eva",
        "Portr\xE4tt p\xE5 Eva",
        "040621-N-6536T-062",
        "Wheat",
        "Classic View",
        "1984",
        "007",
        "7",
        "???",
        "!",
        "\u2764",
        "\U0001F436",
        "\u732B",
        "\u3042",
        "<3",
        "<our house>",
        "Processed with VSCO, then printed by my wife",
        "IMG_1234 is the better one",
        "ROOM1234",
        "Apple",
        "Canon in D",
        "Pixel",
        "C:\\Users\\me\\holiday.jpg",
        "null and void",
    };

    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        ck_assert_msg(!meta_description_by_camera(ours[i]), "%s", ours[i]);
}
END_TEST

START_TEST(the_camera_that_wrote_it_decides)
{
    static const struct {
        const char *text, *make, *model;
        bool by_camera;
    } cases[] = {
        {"smart", "HUAWEI", "CTR-AL00", true},
        {"smart", "Canon", "Canon EOS 7D", false},
        {"burst", "HONOR", "", true},
        {"burst", "Apple", "iPhone 7", false},
        {"scanner", "KODAK", "RODFS50", true},
        {"Scanner", "NIKON", "E995", false},
        {"SAMSUNG            ", "SAMSUNG", "GT-I9000", true},
        {"Samsung", "Apple", "iPhone 7", false},
        {"OLYMPUS DIGITAL CAMERA", "Apple", "iPhone 7", true}, /* a copy's */
        {"BRANDX DIGITAL CAMERA", "BrandX Ltd.", "Z", true},
        {"BRANDX DIGITAL CAMERA", "BrandY Ltd.", "Z", false},
        {"Gran Turismo 5", "Polyphony Digital Inc.", "Gran Turismo 5", true},
        {"Gran Turismo 5", "SONY", "DSC-P52", false},
        {"BrandX  X-300", "BrandX Ltd.", "X-300  ", true},
        {"my X-300", "BrandX Ltd.", "X-300", false},
        {"iPhone 7", "Apple", "iPhone 7", true},
        {"7", "Apple", "iPhone 7", false},
        {"Apple", "Apple", "iPhone 7", false},
        {"Pixel", "Google", "Pixel", false}, /* a dog of that name */
        {"735 nm", "Parrot", "Sequoia", true},
        {"735 nm", "Canon", "EOS R", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(meta_description_by_camera_of(cases[i].text, cases[i].make, cases[i].model) ==
                          cases[i].by_camera,
                      "%s (%s)", cases[i].text, cases[i].make);
}
END_TEST

/* No text is read beyond its end, wherever it is cut. */
START_TEST(any_length_is_read)
{
    static const char unit[] = "\u3042\u3164 ";

    for (size_t length = 0; length < 600; length++) {
        char *text = malloc(length + 1);

        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i < length; i++)
            text[i] = unit[i % (sizeof unit - 1)];
        text[length] = '\0';
        ck_assert(meta_description_by_camera(text) == (length == 0));
        free(text);
    }
}
END_TEST

START_TEST(lines_are_found_whole)
{
    ck_assert(meta_description_has_line("a\r\nb\nc", "a"));
    ck_assert(meta_description_has_line("a\r\nb\nc", "b"));
    ck_assert(meta_description_has_line("a\r\nb\nc", "c"));
    ck_assert(!meta_description_has_line("a\r\nbc\n", "b"));
    ck_assert(!meta_description_has_line("", "b"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("descriptions");
    TCase *tcase = tcase_create("descriptions");

    tcase_add_test(tcase, what_cannot_be_seen_is_blank);
    tcase_add_test(tcase, what_is_no_utf8_is_told);
    tcase_add_test(tcase, what_cameras_write_describes_nothing);
    tcase_add_test(tcase, what_people_write_is_kept);
    tcase_add_test(tcase, the_camera_that_wrote_it_decides);
    tcase_add_test(tcase, any_length_is_read);
    tcase_add_test(tcase, lines_are_found_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
