/* SPDX-License-Identifier: MIT */
#include "tests/support/container.h"
#include "tests/support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define XMP "XML:com.adobe.xmp\0\0\0\0"        /* and the NUL that ends a literal */
#define XMP_PACKED "XML:com.adobe.xmp\0\1\0\0" /* compressed */

static struct meta_bytes file;

static void add_chunk(const char *name, const void *data, size_t size)
{
    const size_t start = file.size + 4;

    build_number(&file, 4, true, size);
    build_text(&file, name);
    build(&file, data, size);
    build_number(&file, 4, true, crc32_z(0, file.bytes + start, file.size - start));
}

/* A literal may have NULs in it. */
#define ADD(name, data) add_chunk(name, data, sizeof(data) - 1)

static void begin(void)
{
    file = (struct meta_bytes){0};
    build_text(&file, "\x89PNG\r\n\x1A\n");
    ADD("IHDR", "\0\0\0\1\0\0\0\1\x08\0\0\0\0");
}

static void end(void)
{
    ADD("IDAT", "pixels of no matter");
    ADD("IEND", "");
}

static void finish(void)
{
    free(file.bytes);
}

/* A chunk whose data is a literal with its NUL, and then deflated text. */
#define ADD_PACKED(name, head, text, size) add_packed(name, head, sizeof(head), text, size)
static void add_packed(const char *name, const char *head, size_t head_size, const void *text,
                       size_t size)
{
    uLongf packed_size = compressBound(size);
    struct meta_bytes data = {0};
    Bytef *packed = malloc(packed_size);

    ck_assert_int_eq(compress(packed, &packed_size, text, size), Z_OK);
    build(&data, head, head_size);
    build(&data, packed, packed_size);
    add_chunk(name, data.bytes, data.size);
    free(packed);
    free(data.bytes);
}

static void says(const char *text)
{
    struct meta_parts parts = container_parts(&meta_png, &file);

    if (text)
        ck_assert_str_eq(parts.text, text);
    else
        ck_assert_ptr_null(parts.text);
    meta_parts_finish(&parts);
}

/* ---- XMP and EXIF ---- */

START_TEST(xmp_goes_behind_the_header)
{
    static const size_t header = 8 + 12 + 13;
    struct meta_bytes one;

    end();
    container_has(&meta_png, &file, META_XMP, NULL);
    one = container_with(&meta_png, &file, META_XMP, PACKET);
    ck_assert_mem_eq(one.bytes, file.bytes, header);
    ck_assert_mem_eq(one.bytes + header + 4, "iTXt" XMP, 4 + sizeof XMP);
    container_goes_back(&meta_png, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(xmp_is_replaced_where_it_is)
{
    struct meta_bytes other;

    ADD("tEXt", "Software\0me");
    ADD("iTXt", XMP "\0" PACKET);
    ADD("tEXt", "Author\0me");
    end();
    container_has(&meta_png, &file, META_XMP, PACKET);
    other = container_with(&meta_png, &file, META_XMP, OTHER_PACKET);
    container_goes_back(&meta_png, &other, META_XMP, PACKET, &file);
}
END_TEST

START_TEST(compressed_xmp_is_read)
{
    ADD_PACKED("iTXt", XMP_PACKED, PACKET, sizeof PACKET - 1);
    end();
    container_has(&meta_png, &file, META_XMP, PACKET);
    free(container_with(&meta_png, &file, META_XMP, OTHER_PACKET).bytes);
}
END_TEST

START_TEST(damaged_xmp_is_refused)
{
    ADD("iTXt", XMP "\0" PACKET);
    file.bytes[file.size - 20] ^= 1;
    end();
    container_refuses(&meta_png, &file, TN_FORMAT, "its XMP cannot be read, its chunk is damaged");
}
END_TEST

START_TEST(two_packets_are_refused)
{
    ADD("iTXt", XMP "\0" PACKET);
    ADD("iTXt", XMP "\0" OTHER_PACKET);
    end();
    container_refuses(&meta_png, &file, TN_UNSUPPORTED, "several XMP packets");
}
END_TEST

START_TEST(exif_goes_behind_the_header_or_where_it_is)
{
    static const size_t header = 8 + 12 + 13;
    struct meta_bytes one, other;

    end();
    one = container_with(&meta_png, &file, META_EXIF, "MM??1234");
    ck_assert_mem_eq(one.bytes + header + 4, "eXIfMM??1234", 12);
    container_goes_back(&meta_png, &one, META_EXIF, NULL, &file);
    finish();
    begin();
    ADD("eXIf", "MM??1234");
    end();
    other = container_with(&meta_png, &file, META_EXIF, "another block");
    container_goes_back(&meta_png, &other, META_EXIF, "MM??1234", &file);
}
END_TEST

START_TEST(the_prefix_of_exif_stays)
{
    struct meta_bytes other;

    ADD("eXIf", "Exif\0\0MM??1234");
    end();
    container_has(&meta_png, &file, META_EXIF, "MM??1234");
    other = container_with(&meta_png, &file, META_EXIF, "longer than that");
    ck_assert_ptr_nonnull(memmem(other.bytes, other.size, "eXIfExif\0\0longer", 16));
    free(other.bytes);
}
END_TEST

START_TEST(damaged_exif_is_left_alone)
{
    ADD("eXIf", "MM\0*1234");
    file.bytes[file.size - 1] ^= 1;
    end();
    container_has(&meta_png, &file, META_EXIF, NULL);
    free(container_with(&meta_png, &file, META_XMP, PACKET).bytes);
    container_refuses_part(&meta_png, &file, META_EXIF, TN_UNSUPPORTED, "EXIF in another place");
}
END_TEST

/* Programs that find the chunk would no longer look there for how the photo lies. */
START_TEST(exif_in_a_text_is_not_hidden)
{
    ADD("tEXt", "Raw profile type exif\0\nexif\n 8\n45786966");
    end();
    container_refuses_part(&meta_png, &file, META_EXIF, TN_UNSUPPORTED, "EXIF in another place");
    free(container_with(&meta_png, &file, META_XMP, PACKET).bytes);
}
END_TEST

START_TEST(the_first_of_two_blocks_counts)
{
    struct meta_bytes one;

    ADD("eXIf", "MM??1234");
    ADD("eXIf", "MM??5678");
    end();
    container_has(&meta_png, &file, META_EXIF, "MM??1234");
    one = container_with(&meta_png, &file, META_EXIF, "another block");
    container_goes_back(&meta_png, &one, META_EXIF, "MM??1234", &file);
}
END_TEST

/* What another program knows, and we do not: order, check sums, chunks of animations. */
START_TEST(all_else_stays)
{
    struct meta_bytes one;

    ADD("acTL", "\0\0\0\2\0\0\0\0");
    ADD("fcTL", "12345678901234567890123456");
    ADD("XYZa", "critical, and unknown");
    ADD("gAMA", "damaged");
    file.bytes[file.size - 1] ^= 1;
    ADD("tEXt", "Description\0Stra\xDF"
                "e");
    ADD("iTXt", "Description\0\0\0ja\0setsumei\0text");
    end();
    build_text(&file, "what stands behind the end");
    one = container_with(&meta_png, &file, META_XMP, PACKET);
    container_goes_back(&meta_png, &one, META_XMP, NULL, &file);
}
END_TEST

START_TEST(the_check_sees_what_changes)
{
    ADD("tEXt", "Author\0me");
    end();
    build_text(&file, "tail");
    container_sees_changes(&meta_png, &file, 8, 8 + sizeof XMP, 4);
}
END_TEST

/* Apple's programs decode the halves of a picture at once, the second from where iDOT says. */
START_TEST(pixels_that_are_pointed_to_do_not_move)
{
    struct meta_bytes one;

    ADD("iDOT", "from here to the second half");
    end();
    one = container_with(&meta_png, &file, META_XMP, PACKET);
    ck_assert(memmem(one.bytes, one.size, PACKET, 5) < memmem(one.bytes, one.size, "iDOT", 4));
    free(one.bytes);
    finish();
    begin();
    ADD("iDOT", "from here to the second half");
    ADD("iTXt", XMP "\0" PACKET);
    end();
    container_refuses(&meta_png, &file, TN_UNSUPPORTED, "iDOT");
}
END_TEST

START_TEST(a_file_that_is_cut_is_refused)
{
    ADD("IDAT", "pixels of no matter");
    container_refuses(&meta_png, &file, TN_FORMAT, "truncated, at byte 64");
}
END_TEST

/* ---- What a person wrote ---- */

START_TEST(descriptions_are_read)
{
    static const struct {
        const char *name, *data;
        size_t size;
        const char *text;
    } cases[] = {
#define CASE(name, data, text) {name, data, sizeof(data) - 1, text}
        CASE("tEXt",
             "Description\0Stra\xDF"
             "e",
             "Stra\xC3\x9F"
             "e"),
        CASE("tEXt",
             "Description\0Stra\xC3\x9F"
             "e",
             "Stra\xC3\x9F"
             "e"),
        CASE("iTXt", "Description\0\0\0de\0Beschreibung\0Hund", "Hund"),
        CASE("iTXt", "Description\0\0\0\0\0dog", "dog"),
        CASE("tEXt", "Description\0 \n", NULL),
        CASE("tEXt", "Description\0OLYMPUS DIGITAL CAMERA", NULL),
        CASE("tEXt", "Description", NULL),
        CASE("iTXt", "Description\0\0\0de\0no text", NULL),
        CASE("iTXt", "Description\0\2\0\0\0dog", "dog"),
        CASE("zTXt", "Description\0\1dog", NULL),
        CASE("zTXt", "Description\0\0no deflate stream", NULL),
        CASE("tEXt", "Comment\0Created with GIMP", NULL),
        CASE("tEXt", "Descriptions\0dog", NULL),
        CASE("tEXt", "Raw profile type exif\0\nexif\n 8\n45786966", NULL),
        CASE("tEXt", "Raw profile type exif\0\nexif\n 8\n4578696", NULL),
        CASE("tEXt", "Raw profile type exif\0\nexif\n 8", NULL),
        CASE("tEXt",
             "Raw profile type exif\0\nexif\n 34\n4578696600004D4D002A00000008\n"
             "0001010E000200000004646F670000000000",
             "dog"),
        CASE("tEXt",
             "Raw profile type APP1\0\ngeneric profile\n 34\n45786966000049492A0008000000\n"
             "01000E010200040000006d61700000000000\n",
             "map"),
        CASE("tEXt", "Raw profile type iptc\0\niptc\n 20\n3842494D04040000000000081C02780003646F67",
             "dog"),
        CASE("tEXt",
             "Raw profile type "
             "iptc\0\niptc\n00000020\n3842494D04040000000000081C02780003646F67\n}\1",
             "dog"),
        CASE("tEXt", "Raw profile type iptc\0\niptc\n x\n3842494D04040000000000081C02780003646F67",
             NULL),
#undef CASE
    };

    finish();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        add_chunk(cases[i].name, cases[i].data, cases[i].size);
        end();
        says(cases[i].text);
        finish();
    }
    begin();
}
END_TEST

START_TEST(compressed_descriptions_are_read)
{
    ADD_PACKED("zTXt", "Description\0", "dog", 3);
    end();
    says("dog");
}
END_TEST

START_TEST(the_first_description_counts)
{
    ADD("tEXt", "Description\0");
    ADD("tEXt", "Description\0one");
    ADD("tEXt", "Description\0two");
    end();
    says("one");
}
END_TEST

START_TEST(an_xmp_profile_is_taken_where_there_is_no_packet)
{
    static const char profile[] = "Raw profile type xmp\0\nxmp\n 15\n3c7264663a5244462f3e\n";

    ADD("tEXt", "Raw profile type xmp\0\nxmp\n 15\n3c7264663a5244462f3e\n");
    end();
    container_has(&meta_png, &file, META_XMP, "<rdf:RDF/>");
    free(container_with(&meta_png, &file, META_XMP, PACKET).bytes);
    finish();
    begin();
    add_chunk("tEXt", profile, sizeof profile - 1);
    ADD("iTXt", XMP "\0" PACKET);
    end();
    container_has(&meta_png, &file, META_XMP, PACKET);
}
END_TEST

#define MARKED "<x:xmpmeta xmlns:c='urn:uuid:c135cb00-d0f7-459b-9d71-819e85f56f4e#'/>"

/* A copy of what this program wrote, as ImageMagick makes it. */
START_TEST(a_profile_with_the_mark_is_the_files_packet)
{
    char digits[2 * sizeof MARKED], profile[64 + sizeof digits];
    struct meta_bytes bare = {0}, one, other;
    size_t size;

    for (size_t i = 0; i < sizeof MARKED - 1; i++)
        sprintf(digits + 2 * i, "%02x", MARKED[i]);
    size = (size_t)sprintf(profile, "Raw profile type xmp%c\nxmp\n %zu\n%s\n", 0, sizeof MARKED - 1,
                           digits);
    build(&bare, file.bytes, file.size);
    add_chunk("tEXt", profile, size);
    end();
    container_has(&meta_png, &file, META_XMP, MARKED);
    one = container_with(&meta_png, &file, META_XMP, PACKET);
    ck_assert_ptr_null(memmem(one.bytes, one.size, "profile", 7));
    other = container_with(&meta_png, &file, META_XMP, NULL);
    free(file.bytes);
    file = bare;
    end();
    container_goes_back(&meta_png, &one, META_XMP, NULL, &file);
    container_goes_back(&meta_png, &other, META_XMP, NULL, &file);
}
END_TEST

#define PROFILE "Raw profile type xmp\0\nXMP\n"
#define RDF "3c7264663a5244462f3e" /* 10 bytes */

START_TEST(what_follows_an_xmp_profile_does_not_count)
{
    static const char tail[] = PROFILE "00000010\n" RDF "\n}}}\xD1\x01";
    static const char prefix[] =
        PROFILE "   39\n687474703a2f2f6e732e61646f62652e636f6d2f7861702f312e302f00\n" RDF "\n";

    add_chunk("tEXt", tail, sizeof tail - 1);
    end();
    container_has(&meta_png, &file, META_XMP, "<rdf:RDF/>");
    finish();
    begin();
    add_chunk("tEXt", prefix, sizeof prefix - 1);
    end();
    container_has(&meta_png, &file, META_XMP, "<rdf:RDF/>");
    finish();
    begin();
    ADD_PACKED("zTXt", "Raw profile type xmp\0", tail + 21, sizeof tail - 1 - 21);
    end();
    container_has(&meta_png, &file, META_XMP, "<rdf:RDF/>");
}
END_TEST

/* A packet of ours would hide it from programs. */
START_TEST(an_xmp_profile_that_cannot_be_read_is_refused)
{
    static const struct {
        const char *data;
        size_t size;
    } cases[] = {
#define CASE(data) {data, sizeof(data) - 1}
        CASE(PROFILE "10\n3c7264663a524446zz3e"),
        CASE(PROFILE "10\n3c7264663a5244462f3"),
        CASE(PROFILE "ten\n" RDF),
        CASE(PROFILE),
        CASE("Raw profile type xmp\0"),
#undef CASE
    };

    finish();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin();
        add_chunk("tEXt", cases[i].data, cases[i].size);
        end();
        container_refuses(&meta_png, &file, TN_FORMAT,
                          "its XMP cannot be read, its text is damaged");
        finish();
    }
    begin();
    ADD("zTXt", "Raw profile type xmp\0\0no deflate stream");
    end();
    container_refuses(&meta_png, &file, TN_FORMAT, "its XMP cannot be read");
    finish();
    begin();
    ADD("tEXt", PROFILE "10\n" RDF);
    ADD("tEXt", PROFILE "10\n" RDF);
    end();
    container_refuses(&meta_png, &file, TN_UNSUPPORTED, "several XMP packets");
}
END_TEST

/* ---- Bombs ---- */

/* Each costs time to begin with. */
START_TEST(many_short_texts_are_not_unpacked)
{
    enum { TEXTS = 3000 };

    for (int i = 0; i < TEXTS; i++)
        ADD_PACKED("zTXt", "Description\0", " ", 1);
    ADD_PACKED("zTXt", "Description\0", "dog", 3);
    end();
    says(NULL);
}
END_TEST

START_TEST(bombs_are_not_unpacked)
{
    enum { LARGE = 16 << 20, TEXTS = 100 };
    void *zeros = calloc(LARGE, 1);

    for (int i = 0; i < TEXTS; i++) /* the room is for all of them together */
        ADD_PACKED("zTXt", "Description\0", zeros, LARGE / 16);
    ADD_PACKED("zTXt", "Description\0", zeros, LARGE);
    ADD("tEXt", "Description\0dog");
    end();
    says("dog");
    finish();
    begin();
    ADD_PACKED("iTXt", XMP_PACKED, zeros, LARGE);
    end();
    container_refuses(&meta_png, &file, TN_RANGE, "longer than is read");
    free(zeros);
}
END_TEST

START_TEST(damaged_files_are_survived)
{
    ADD("iTXt", XMP "\0" PACKET);
    ADD("eXIf", "MM\0*1234");
    ADD_PACKED("zTXt", "Description\0", "dog", 3);
    ADD("tEXt", "Raw profile type exif\0\nexif\n 34\n4578696600004D4D002A00000008\n");
    end();
    build_text(&file, "tail");
    container_survives(&meta_png, &file);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("container_png");
    TCase *parts = tcase_create("parts");
    TCase *texts = tcase_create("texts");

    tcase_add_checked_fixture(parts, begin, finish);
    tcase_add_test(parts, xmp_goes_behind_the_header);
    tcase_add_test(parts, xmp_is_replaced_where_it_is);
    tcase_add_test(parts, compressed_xmp_is_read);
    tcase_add_test(parts, damaged_xmp_is_refused);
    tcase_add_test(parts, two_packets_are_refused);
    tcase_add_test(parts, exif_goes_behind_the_header_or_where_it_is);
    tcase_add_test(parts, the_prefix_of_exif_stays);
    tcase_add_test(parts, the_first_of_two_blocks_counts);
    tcase_add_test(parts, damaged_exif_is_left_alone);
    tcase_add_test(parts, exif_in_a_text_is_not_hidden);
    tcase_add_test(parts, all_else_stays);
    tcase_add_test(parts, the_check_sees_what_changes);
    tcase_add_test(parts, pixels_that_are_pointed_to_do_not_move);
    tcase_add_test(parts, a_file_that_is_cut_is_refused);
    tcase_add_test(parts, damaged_files_are_survived);
    suite_add_tcase(suite, parts);
    tcase_add_checked_fixture(texts, begin, finish);
    tcase_add_test(texts, descriptions_are_read);
    tcase_add_test(texts, compressed_descriptions_are_read);
    tcase_add_test(texts, the_first_description_counts);
    tcase_add_test(texts, an_xmp_profile_is_taken_where_there_is_no_packet);
    tcase_add_test(texts, a_profile_with_the_mark_is_the_files_packet);
    tcase_add_test(texts, what_follows_an_xmp_profile_does_not_count);
    tcase_add_test(texts, an_xmp_profile_that_cannot_be_read_is_refused);
    tcase_add_test(texts, many_short_texts_are_not_unpacked);
    tcase_add_test(texts, bombs_are_not_unpacked);
    suite_add_tcase(suite, texts);
    return suite;
}
