/* SPDX-License-Identifier: MIT */
/* Descriptions in XMP: every form of them is read, and written so that all other bytes stay. */
#include "tests/support/suite.h"

#include "metadata/bytes_private.h"
#include "metadata/metadata.h"
#include "metadata/xmp_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RDF "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
#define DC "xmlns:dc='http://purl.org/dc/elements/1.1/'"
#define RDF_DECLARED " xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\""
#define DC_DECLARED " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
#define IPTC_DECLARED " xmlns:Iptc4xmpCore=\"http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/\""
#define ITEM(language, text) "<rdf:li xml:lang=\"" language "\">" text "</rdf:li>"
#define ALT(items) "<dc:description><rdf:Alt>" items "</rdf:Alt></dc:description>"
#define IPTC "xmlns:Iptc4xmpCore='http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'"
#define ALT_TEXT(text)                                                                             \
    "<Iptc4xmpCore:AltTextAccessibility " IPTC ">" text "</Iptc4xmpCore:AltTextAccessibility>"
#define DOG ITEM("x-default", "a dog")

/* What is written beside a description, by whom and how ever: it stays. */
#define HEAD                                                                                       \
    "<?xml version='1.0'?>\n<!-- a > comment --><?xpacket begin='' "                               \
    "id='W5M0MpCehiHzreSzNTczkc9d'?>"                                                              \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'  x:xmptk=\"&#x41;\"\n>\r\n<rdf:RDF " RDF ">"
#define FOOT "</rdf:RDF ></x:xmpmeta>\n<!-- <dc:description/> -->"
#define NODE(attributes, content)                                                                  \
    HEAD "<rdf:Description rdf:about='' " attributes ">" content "</rdf:Description>" FOOT
#define OTHERS                                                                                     \
    "<GIMP:API xmlns:GIMP='http://www.gimp.org/xmp/'>2.0</GIMP:API>"                               \
    "<MP:RegionInfo xmlns:MP='http://ns.microsoft.com/photo/1.2/' rdf:parseType='Resource'>"       \
    "<MP:Regions><rdf:Bag><rdf:li><rdf:Description dc:description='of a region'>"                  \
    "<dc:description>of a region</dc:description></rdf:Description></rdf:li></rdf:Bag>"            \
    "</MP:Regions></MP:RegionInfo>"

static const struct {
    const char *what, *before;
    bool append;
    const char *after;
} forms[] = {
    {"a list is overwritten, other languages stay",
     NODE(DC, OTHERS ALT(ITEM("x-default", "old") ITEM("de", "ein Hund")) OTHERS), false,
     NODE(DC, OTHERS ALT(ITEM("x-default", "a dog") ITEM("de", "ein Hund") ITEM("en", "a dog"))
                  OTHERS)},
    {"a list is appended to", NODE(DC, OTHERS ALT(ITEM("x-default", "old ") ITEM("de", "ein"))),
     true, NODE(DC, OTHERS ALT(ITEM("x-default", "old&#xA;a dog") ITEM("de", "ein")))},
    {"languages are in any case of letters",
     NODE(DC, ALT(ITEM("EN", "older") ITEM("X-Default", "old"))), true,
     NODE(DC, ALT(ITEM("EN", "older&#xA;a dog") ITEM("X-Default", "old&#xA;a dog")))},
    {"without x-default the first language is, and x-default comes first",
     NODE(DC, ALT("\n " ITEM("de", "ein Hund") "\n")), true,
     NODE(DC,
          ALT("\n " ITEM("x-default", "ein Hund&#xA;a dog") "\n " ITEM("de", "ein Hund") "\n"))},
    {"a blank text is none", NODE(DC, ALT(ITEM("x-default", " \n"))), true, NODE(DC, ALT(DOG))},
    {"empty elements get an end tag", NODE(DC, ALT("<rdf:li xml:lang='x-default' />")), true,
     NODE(DC, ALT("<rdf:li xml:lang='x-default' >a dog</rdf:li>"))},
    {"an empty list", NODE(DC, "<dc:description ><rdf:Alt  /></dc:description>"), true,
     NODE(DC, "<dc:description ><rdf:Alt  >" DOG "</rdf:Alt></dc:description>")},
    {"a list without items", NODE(DC, ALT("<!-- none -->")), true,
     NODE(DC, ALT(DOG "<!-- none -->"))},
    {"entities, CDATA and comments in a text",
     NODE(DC, ALT(ITEM("x-default", "<!-- a -->a &lt; &#66;<![CDATA[ & <c>]]>"))), true,
     NODE(DC, ALT(ITEM("x-default", "a &lt; B &amp; &lt;c&gt;&#xA;a dog")))},
    {"of two texts of a language the first counts",
     NODE(DC, ALT(ITEM("x-default", "") ITEM("x-default", "1") ITEM("x-default", "2"))), true,
     NODE(DC, ALT(ITEM("x-default", "") ITEM("x-default", "1&#xA;a dog") ITEM("x-default", "2")))},
    {"a Bag becomes an Alt, and its items are labelled",
     NODE(DC, "<dc:description><rdf:Bag><rdf:li>old</rdf:li><rdf:li/></rdf:Bag></dc:description>"),
     true, NODE(DC, ALT("<rdf:li xml:lang=\"x-default\">old&#xA;a dog</rdf:li><rdf:li/>"))},
    {"an item with qualifiers",
     NODE(DC, ALT("<rdf:li xml:lang='x-default' rdf:parseType='Resource'><rdf:value>old</rdf:value>"
                  "<q:by xmlns:q='q'>me</q:by></rdf:li>")),
     true,
     NODE(DC, ALT("<rdf:li xml:lang='x-default' rdf:parseType='Resource'><rdf:value>old&#xA;a dog"
                  "</rdf:value><q:by xmlns:q='q'>me</q:by></rdf:li>"))},
    {"an item with qualifiers, in full",
     NODE(DC, ALT("<rdf:li xml:lang='x-default'> <rdf:Description><q:by xmlns:q='q'>me</q:by>"
                  "<rdf:value>old</rdf:value> </rdf:Description> </rdf:li>")),
     true,
     NODE(DC, ALT("<rdf:li xml:lang='x-default'> <rdf:Description><q:by xmlns:q='q'>me</q:by>"
                  "<rdf:value>old&#xA;a dog</rdf:value> </rdf:Description> </rdf:li>"))},
    {"other prefixes",
     "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='other'>"
     "<r:Description xmlns:d='http://purl.org/dc/elements/1.1/'><dc:description>other"
     "</dc:description><d:description><r:Seq><r:li xml:lang='de'>ein</r:li></r:Seq>"
     "</d:description></r:Description></r:RDF>",
     false,
     "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='other'>"
     "<r:Description xmlns:d='http://purl.org/dc/elements/1.1/'><dc:description>other"
     "</dc:description><d:description><r:Alt><r:li xml:lang=\"x-default\">a dog</r:li>"
     "<r:li xml:lang='de'>ein</r:li><r:li xml:lang=\"en\">a dog</r:li></r:Alt></d:description>"
     "</r:Description></r:RDF>"},
    {"no prefixes, and none that mean what they usually do",
     "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='x' xmlns:rdf='y'>\n"
     " <Description>\n  <dc:title/>\n </Description>\n</RDF>\n",
     false,
     "<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='x' xmlns:rdf='y'>\n"
     " <Description>\n  <dc:title/>\n  <dc:description" DC_DECLARED RDF_DECLARED ">\n"
     "   <rdf:Alt>\n    " ITEM("x-default",
                               "a dog") "\n   </rdf:Alt>\n"
                                        "  </dc:description>\n </Description>\n</RDF>\n"},
    {"a plain text", NODE(DC, OTHERS "<dc:description>old</dc:description>" OTHERS), true,
     NODE(DC, OTHERS ALT(ITEM("x-default", "old&#xA;a dog")) OTHERS)},
    {"a plain text with a language", NODE(DC, "<dc:description xml:lang='de'>ein</dc:description>"),
     true, NODE(DC, ALT(ITEM("x-default", "ein&#xA;a dog") ITEM("de", "ein")))},
    {"an empty description", NODE(DC, "\t<dc:description/>\t"), true,
     NODE(DC, "\t<dc:description>\t <rdf:Alt>\t  " ITEM(
                  "x-default", "a dog") "\t </rdf:Alt>\t</dc:description>\t")},
    {"an attribute", NODE("\nx:dc='>' dc:description = 'a \"b\" > &#xA;c&#13;\n'\n " DC, OTHERS),
     true,
     NODE("\nx:dc='>'\n " DC,
          OTHERS ALT(ITEM("x-default", "a &quot;b&quot; &gt; &#xA;c&#xA;a dog")))},
    {"an attribute of an empty element",
     HEAD "\n <rdf:Description " DC " dc:description=\"old\"\n  q='/>'/>\n" FOOT, false,
     HEAD "\n <rdf:Description " DC "\n  q='/>'>\n  <dc:description>\n   <rdf:Alt>\n    " ITEM(
         "x-default", "a dog") "\n   </rdf:Alt>\n"
                               "  </dc:description>\n </rdf:Description>\n" FOOT},
    {"none", NODE(DC, OTHERS), true, NODE(DC, OTHERS ALT(DOG))},
    {"none, and no prefix for it", NODE("", "\n  <a/>\n "), true,
     NODE("", "\n  <a/>\n  <dc:description" DC_DECLARED
              ">\n   <rdf:Alt>\n    " ITEM("x-default", "a dog") "\n   </rdf:Alt>\n"
                                                                 "  </dc:description>\n ")},
    {"of several elements the one that has the prefix",
     HEAD "<rdf:Description><a/></rdf:Description><rdf:Description " DC " /><rdf:Description " DC
          "/>" FOOT,
     true,
     HEAD "<rdf:Description><a/></rdf:Description><rdf:Description " DC
          " >" ALT(DOG) "</rdf:Description><rdf:Description " DC "/>" FOOT},
    {"of several elements the one that has it",
     HEAD "<rdf:Description " DC "/><rdf:Description " DC
          ">" ALT(ITEM("x-default", "old")) "</rdf:Description><rdf:Description " DC "/>" FOOT,
     true,
     HEAD "<rdf:Description " DC "/><rdf:Description " DC ">" ALT(
         ITEM("x-default", "old&#xA;a dog")) "</rdf:Description><rdf:Description " DC "/>" FOOT},
    {"no element", HEAD FOOT, true,
     HEAD "<rdf:Description rdf:about=\"\"" RDF_DECLARED DC_DECLARED IPTC_DECLARED
          ">" ALT(DOG) "</rdf:Description>" FOOT},
    {"nothing at all", "<rdf:RDF " RDF "/>", true,
     "<rdf:RDF " RDF "><rdf:Description rdf:about=\"\"" RDF_DECLARED DC_DECLARED IPTC_DECLARED
     ">" ALT(DOG) "</rdf:Description></rdf:RDF>"},
    {"a byte order mark, blanks before and NULs behind",
     "\xEF\xBB\xBF \n<rdf:RDF " RDF "><rdf:Description " DC "/></rdf:RDF>\n\0", true,
     "\xEF\xBB\xBF \n<rdf:RDF " RDF "><rdf:Description " DC ">" ALT(DOG) "</rdf:Description>"
                                                                         "</rdf:RDF>\n\0"},
};

/* Takes what lies from `begin` to `end`, and the whitespace before it, out of a text. */
static void take_out(struct meta_bytes *text, const char *begin, const char *end)
{
    const char *bytes = (const char *)text->bytes;
    const char *from = memmem(bytes, text->size, begin, strlen(begin)), *to;

    ck_assert_ptr_nonnull(from);
    to = memmem(from, (size_t)(bytes + text->size - from), end, strlen(end));
    ck_assert_ptr_nonnull(to);
    while (strchr(" \t\r\n", from[-1]))
        from--;
    ck_assert_int_eq(meta_bytes_splice(text, (size_t)(from - bytes),
                                       (size_t)(to - bytes) + strlen(end), NULL, 0, NULL),
                     TN_OK);
}

/* Without the alt text and the mark, which come with each description. */
static void take_out_company(struct meta_bytes *text)
{
    take_out(text, "<Iptc4xmpCore:AltTextAccessibility", "</Iptc4xmpCore:AltTextAccessibility>");
    take_out(text, "<rdf:Description rdf:about=\"\"" RDF_DECLARED " xmlns:caption=",
             "</rdf:Description>");
}

static size_t count_texts(const struct meta_xmp_property *property)
{
    size_t count = 0;

    for (size_t i = 0; i < property->count; i++)
        count += strspn(property->items[i].text, " \n") != strlen(property->items[i].text);
    return count;
}

/* Whether the packets say the same: blank texts say nothing. */
static void check_same_values(const char *bytes, size_t size, const char *other, size_t other_size)
{
    struct meta_xmp one, two;

    ck_assert_int_eq(meta_xmp_read(bytes, size, &one, NULL), TN_OK);
    ck_assert_int_eq(meta_xmp_read(other, other_size, &two, NULL), TN_OK);
    for (size_t i = 0; i < META_XMP_PROPERTIES; i++) {
        const struct meta_xmp_property *before = &one.property[i], *after = &two.property[i];

        ck_assert_uint_eq(count_texts(before), count_texts(after));
        for (size_t j = 0; j < before->count; j++) {
            const char *language = meta_xmp_language(&before->items[j]);

            ck_assert_pstr_eq(meta_xmp_text(after, language), meta_xmp_text(before, language));
        }
    }
    meta_xmp_finish(&one);
    meta_xmp_finish(&two);
}

static enum meta_author author_of(const char *file, size_t size)
{
    enum meta_author author;

    ck_assert_int_eq(meta_xmp_author(file, size, &author, NULL), TN_OK);
    return author;
}

/* Undone, the file says what it did before, and nothing is left to undo. */
static void check_undo(const char *before, size_t size, const char *edited, size_t edited_size)
{
    char *undone, *again;
    size_t undone_size;
    struct tn_error err;

    ck_assert_msg(meta_undo_xmp("x.xmp", edited, edited_size, &undone, &undone_size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(undone);
    if (meta_xmp_is_blank(before, size)) {
        ck_assert_uint_eq(undone_size, 0);
    } else {
        check_same_values(before, size, undone, undone_size);
        ck_assert_int_eq(author_of(undone, undone_size), author_of(before, size));
        ck_assert_int_eq(meta_undo_xmp("x.xmp", undone, undone_size, &again, &undone_size, NULL),
                         TN_OK);
        ck_assert_ptr_null(again);
    }
    free(undone);
}

/* But for its company, the file becomes `after`, and stays that. */
static void check_edit(const char *before, size_t size, bool append, const char *after,
                       size_t after_size)
{
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = append};
    const enum meta_author author =
        append && author_of(before, size) == META_PERSON ? META_PERSON : META_PROGRAM;
    struct meta_bytes out = {0};
    char *bytes, *again;
    size_t again_size;
    struct tn_error err;

    ck_assert_msg(meta_edit_xmp("x.xmp", before, size, &caption, &bytes, &out.size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_ptr_nonnull(bytes);
    out.bytes = (unsigned char *)bytes;
    out.capacity = out.size;
    if (!strstr(after, "xml:lang=\"de\"") && !strstr(after, "xml:lang='de'"))
        ck_assert_int_eq(author_of(bytes, out.size), author);
    ck_assert_int_eq(meta_edit_xmp("x.xmp", bytes, out.size, &caption, &again, &again_size, &err),
                     TN_OK);
    ck_assert_ptr_null(again);
    check_undo(before, size, bytes, out.size);
    take_out_company(&out);
    ck_assert_msg(out.size == after_size && memcmp(out.bytes, after, out.size) == 0,
                  "%.*s\ninstead of\n%.*s", (int)out.size, (char *)out.bytes, (int)after_size,
                  after);
    free(out.bytes);
}

START_TEST(only_the_description_changes)
{
    /* with the NULs that some end with */
    check_edit(forms[_i].before, strlen(forms[_i].before) + 1, forms[_i].append, forms[_i].after,
               strlen(forms[_i].after) + 1);
}
END_TEST

/* A form of the description as one of the alt text: the caller's. */
static char *as_alt_text(const char *text)
{
    static const char *const pairs[][2] = {
        {"http://purl.org/dc/elements/1.1/", "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"},
        {"description", "AltTextAccessibility"},
    };
    struct meta_bytes out = {0};

    while (*text) {
        size_t pair = 0;

        while (pair < 2 && strncmp(text, pairs[pair][0], strlen(pairs[pair][0])) != 0)
            pair++;
        if (pair < 2)
            ck_assert_int_eq(meta_bytes_add(&out, pairs[pair][1], strlen(pairs[pair][1]), NULL),
                             TN_OK);
        else
            ck_assert_int_eq(meta_bytes_add(&out, text, 1, NULL), TN_OK);
        text += pair < 2 ? strlen(pairs[pair][0]) : 1;
    }
    ck_assert_int_eq(meta_bytes_add(&out, "", 1, NULL), TN_OK);
    return (char *)out.bytes;
}

/* And with a "dc:" that means something else. */
START_TEST(alt_texts_have_all_forms_too)
{
    const struct meta_caption caption = {
        .text = "a dog", .language = "en", .append = forms[_i].append};
    char *before = as_alt_text(forms[_i].before), *after = as_alt_text(forms[_i].after), *out;
    struct meta_xmp expected, written;
    struct tn_error err;
    size_t size;

    ck_assert_msg(meta_edit_xmp("x", before, strlen(before), &caption, &out, &size, &err) == TN_OK,
                  "%s", err.text);
    ck_assert_int_eq(meta_xmp_read(after, strlen(after), &expected, NULL), TN_OK);
    ck_assert_int_eq(meta_xmp_read(out, size, &written, NULL), TN_OK);
    ck_assert_uint_eq(expected.property[META_XMP_ALT_TEXT].count,
                      written.property[META_XMP_ALT_TEXT].count);
    for (size_t i = 0; i < expected.property[META_XMP_ALT_TEXT].count; i++)
        ck_assert_str_eq(expected.property[META_XMP_ALT_TEXT].items[i].text,
                         written.property[META_XMP_ALT_TEXT].items[i].text);
    check_undo(before, strlen(before), out, size);
    meta_xmp_finish(&expected);
    meta_xmp_finish(&written);
    free(before);
    free(after);
    free(out);
}
END_TEST

START_TEST(what_says_it_already_stays)
{
    static const char *const said[] = {
        NODE(DC, ALT(ITEM("x-default", "old&#xA;a dog\nmore")) ALT_TEXT("a dog")),
        NODE(DC " " IPTC " dc:description='a dog' Iptc4xmpCore:AltTextAccessibility='a dog'", ""),
        NODE(DC, "<dc:description>a dog</dc:description>" ALT_TEXT("old&#xA;a dog")),
        NODE(DC, ALT(ITEM("de", "ein") ITEM("x-default", "a dog\r") ITEM("en", "a dog"))
                     ALT_TEXT("a dog")),
    };
    const struct meta_caption caption = {"a dog", "en", .append = true};
    char *out;
    size_t size;

    ck_assert(author_of(said[_i], strlen(said[_i])) != META_NOBODY);
    ck_assert_int_eq(
        meta_edit_xmp("x.xmp", said[_i], strlen(said[_i]), &caption, &out, &size, NULL), TN_OK);
    ck_assert_ptr_null(out);
}
END_TEST

/* clang-format off */
static const char new_file[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
    " <rdf:RDF" RDF_DECLARED ">\n"
    "  <rdf:Description rdf:about=\"\"" RDF_DECLARED DC_DECLARED IPTC_DECLARED ">\n"
    "   <dc:description>\n"
    "    <rdf:Alt>\n"
    "     " ITEM("x-default", "a dog") "\n"
    "    </rdf:Alt>\n"
    "   </dc:description>\n"
    "  </rdf:Description>\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n";
/* clang-format on */

START_TEST(blank_files_become_new_ones)
{
    static const char *const blank[] = {"", " \r\n", "\xEF\xBB\xBF\n"};

    check_edit(blank[_i], strlen(blank[_i]), true, new_file, strlen(new_file));
    ck_assert(author_of(blank[_i], strlen(blank[_i])) == META_NOBODY);
}
END_TEST

START_TEST(characters_that_mean_something_are_escaped)
{
    const struct meta_caption caption = {
        .text = "a <dog> & \"\xE4\xB8\x80\" ]]>", .language = "zh", .append = true};
    const char *escaped = ">a &lt;dog&gt; &amp; &quot;\xE4\xB8\x80&quot; ]]&gt;<";
    char *out, *again;
    size_t size;

    ck_assert_int_eq(meta_edit_xmp("x", "", 0, &caption, &out, &size, NULL), TN_OK);
    ck_assert_ptr_nonnull(memmem(out, size, escaped, strlen(escaped)));
    ck_assert_int_eq(meta_edit_xmp("x", out, size, &caption, &again, &size, NULL), TN_OK);
    ck_assert_ptr_null(again);
    free(out);
}
END_TEST

/* ---- Padding ---- */

#define WRAPPED(text, padding, end)                                                                \
    "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><rdf:RDF " RDF "><rdf:Description " DC      \
    ">" ALT(ITEM("x-default", text)) "</rdf:Description></rdf:RDF>" padding "<?xpacket end=" end   \
                                     "?>"

/* x-default's text alone is written. */
static void check_padding(const char *before, const char *text, const char *after)
{
    const struct meta_xmp_text texts[] = {{META_XMP_DEFAULT, text}};
    const struct meta_xmp_change change = {.texts = {{texts, 1}}};
    struct meta_bytes out = {0};
    struct meta_xmp xmp;

    ck_assert_int_eq(meta_xmp_read(before, strlen(before), &xmp, NULL), TN_OK);
    ck_assert_int_eq(meta_xmp_write(&xmp, &change, &out, NULL), TN_OK);
    ck_assert_uint_eq(out.size, strlen(after));
    ck_assert_mem_eq(out.bytes, after, out.size);
    meta_xmp_finish(&xmp);
    free(out.bytes);
}

START_TEST(a_packet_keeps_its_size_where_its_padding_allows_that)
{
    static const struct {
        const char *before, *after;
    } cases[] = {
        {WRAPPED("old", "\n         \n", "'w'"), WRAPPED("old&#xA;a dog", "\n", "'w'")},
        {WRAPPED("old", "          ", "\"w\""), WRAPPED("old&#xA;a dog", "", "\"w\"")},
        {WRAPPED("old", "         ", "'w'"), WRAPPED("old&#xA;a dog", "         ", "'w'")},
        {WRAPPED("old", "", "'w'"), WRAPPED("old&#xA;a dog", "", "'w'")},
        {WRAPPED("old", "                ", "'r'"),
         WRAPPED("old&#xA;a dog", "                ", "'r'")},
    };

    check_padding(cases[_i].before, "old\na dog", cases[_i].after);
}
END_TEST

START_TEST(a_shorter_text_leaves_padding)
{
    check_padding(WRAPPED("a very long text", "\n", "'w'"), "a dog",
                  WRAPPED("a dog", "\n           ", "'w'"));
}
END_TEST

/* ---- What is refused ---- */

START_TEST(what_is_not_understood_is_refused)
{
    static const struct {
        const char *text;
        bool described;
        const char *reason;
    } cases[] = {
        {"not XML", false, "x.xmp: its XMP is damaged in line 1 ("},
        {"<a><b/></a>", false, "x.xmp: not XMP: it has no rdf:RDF"},
        {"<rdf:RDF><a/></rdf:RDF>", false, "not XMP"},
        {HEAD "<dc:tit", false, "is damaged in line 4 ("},
        {HEAD, false, "is damaged"},
        {HEAD "</rdf:RDF>", false, "is damaged"},
        {HEAD FOOT "<a/>", false, "is damaged"},
        {NODE(DC, "caf\xE9"), false, "is damaged"},
        {NODE(DC, "&unknown;"), false, "is damaged"},
        {NODE(DC, "\1"), false, "is damaged"},
        {"<!DOCTYPE a [<!ENTITY b 'ha'>]>"
         "<rdf:RDF " RDF "/>",
         false, "document type (DOCTYPE)"},
        {"<?xml version='1.0' encoding='ISO-8859-1'?>"
         "<rdf:RDF " RDF "/>",
         false, "is not UTF-8"},
        {NODE(DC, ALT(ITEM("x-default", "old")) ALT(ITEM("x-default", "old"))), true,
         "two of them"},
        {NODE(DC " dc:description='old'", ALT(ITEM("x-default", "old"))), true, "two of them"},
        {HEAD "<rdf:Description " DC " dc:description='old'/><rdf:Description " DC
              " dc:description='old'/>" FOOT,
         true, "two of them"},
        {NODE(DC, "<dc:description rdf:resource='http://example.org/'/>"), false, "unknown form"},
        {NODE(DC, "<dc:description rdf:parseType='Literal'>a <b>old</b></dc:description>"), true,
         "unknown form"},
        {NODE(DC, ALT("<rdf:li xml:lang='x-default'>a <b>old</b></rdf:li>")), true, "unknown form"},
        {NODE(DC, "<dc:description><rdf:Alt/><rdf:Alt/></dc:description>"), false, "unknown form"},
    };
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    const char *text = cases[_i].text;
    struct tn_error err;
    char *out;
    size_t size;

    ck_assert((author_of(text, strlen(text)) != META_NOBODY) == cases[_i].described);
    ck_assert_int_eq(meta_edit_xmp("x.xmp", text, strlen(text), &caption, &out, &size, &err),
                     TN_FORMAT);
    ck_assert_msg(strstr(err.text, cases[_i].reason) != NULL, "%s", err.text);
}
END_TEST

/* As some programs of Windows write it: read, and not written. */
START_TEST(utf16_is_read)
{
    const char *text = NODE(DC, ALT(ITEM("x-default", "old")));
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    const bool big = _i & 1, marked = _i & 2;
    struct meta_bytes wide = {0};
    struct tn_error err;
    char *out;
    size_t size;

    if (marked)
        ck_assert_int_eq(meta_bytes_add(&wide, big ? "\xFE\xFF" : "\xFF\xFE", 2, NULL), TN_OK);
    for (; *text; text++) {
        const char unit[] = {'\0', *text, '\0'};

        ck_assert_int_eq(meta_bytes_add(&wide, big ? unit : unit + 1, 2, NULL), TN_OK);
    }
    ck_assert(author_of((char *)wide.bytes, wide.size) != META_NOBODY);
    ck_assert_int_eq(meta_edit_xmp("x", (char *)wide.bytes, wide.size, &caption, &out, &size, &err),
                     TN_FORMAT);
    ck_assert_str_eq(err.text, "x: its XMP is not UTF-8, and is left as it is");
    free(wide.bytes);
}
END_TEST

/* ---- What it may cost ---- */

static void repeat(struct meta_bytes *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(meta_bytes_add(out, text, strlen(text), NULL), TN_OK);
}

START_TEST(large_packets_end)
{
    static const struct {
        const char *before, *repeated, *after, *ended;
        size_t count;
        enum tn_status status;
    } cases[] = {
        {HEAD "<rdf:Description " DC ">", "<a b='c'/>", "", "</rdf:Description>" FOOT, 100000,
         TN_OK},
        {HEAD "<rdf:Description " DC "><dc:description><rdf:Alt>", ITEM("de", "ein"),
         "</rdf:Alt></dc:description>", "</rdf:Description>" FOOT, 100000, TN_OK},
        {HEAD, "<rdf:Description " DC "/>", "", FOOT, 100000, TN_OK},
        {HEAD, "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "", FOOT, 100000, TN_RANGE},
        {HEAD, "<a", " xmlns:b='c'", "/>" FOOT, 1, TN_OK},
    };
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    struct meta_bytes text = {0};
    char *out = NULL;
    size_t size;

    repeat(&text, cases[_i].before, 1);
    repeat(&text, cases[_i].repeated, cases[_i].count);
    repeat(&text, cases[_i].after, 1);
    repeat(&text, cases[_i].ended, 1);
    ck_assert_int_eq(meta_edit_xmp("x", (char *)text.bytes, text.size, &caption, &out, &size, NULL),
                     cases[_i].status);
    free(text.bytes);
    free(out);
}
END_TEST

START_TEST(deep_packets_end)
{
    static const struct {
        const char *opened;
        size_t count;
        enum tn_status status;
    } cases[] = {{"<a>", 100000, TN_OK}, {"<a xmlns:b='c'>", 200, TN_RANGE}};
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    struct meta_bytes text = {0};
    struct tn_error err;
    char *out = NULL;
    size_t size;

    repeat(&text, HEAD, 1);
    repeat(&text, cases[_i].opened, cases[_i].count);
    repeat(&text, "</a>", cases[_i].count);
    repeat(&text, FOOT, 1);
    ck_assert_int_eq(meta_edit_xmp("x", (char *)text.bytes, text.size, &caption, &out, &size, &err),
                     cases[_i].status);
    if (cases[_i].status == TN_RANGE)
        ck_assert_str_eq(err.text, "x: its XMP has more than 200 namespaces");
    free(text.bytes);
    free(out);
}
END_TEST

/* The sanitizers watch; what was written says the caption, which meta_edit_xmp checks itself. */
START_TEST(damage_is_survived)
{
    const struct meta_caption caption = {.text = "a dog", .language = "en", .append = true};
    const char *text = forms[_i].before;
    const size_t size = strlen(text);
    char *damaged = malloc(size), *out;
    size_t out_size;

    for (size_t i = 0; i < size; i++) {
        memcpy(damaged, text, size);
        damaged[i] = '<';
        out = NULL;
        if (meta_edit_xmp("x", damaged, size, &caption, &out, &out_size, NULL) == TN_OK)
            free(out);
        if (meta_edit_xmp("x", text, i, &caption, &out, &out_size, NULL) == TN_OK)
            free(out);
    }
    free(damaged);
}
END_TEST

Suite *test_suite(void)
{
    enum { FORMS = sizeof forms / sizeof forms[0] };
    Suite *suite = suite_create("XMP");
    TCase *edits = tcase_create("edits"), *refused = tcase_create("refused");

    tcase_add_loop_test(edits, only_the_description_changes, 0, FORMS);
    tcase_add_loop_test(edits, alt_texts_have_all_forms_too, 0, FORMS);
    tcase_add_loop_test(edits, what_says_it_already_stays, 0, 4);
    tcase_add_loop_test(edits, blank_files_become_new_ones, 0, 3);
    tcase_add_test(edits, characters_that_mean_something_are_escaped);
    tcase_add_loop_test(edits, a_packet_keeps_its_size_where_its_padding_allows_that, 0, 5);
    tcase_add_test(edits, a_shorter_text_leaves_padding);
    suite_add_tcase(suite, edits);
    tcase_add_loop_test(refused, what_is_not_understood_is_refused, 0, 19);
    tcase_add_loop_test(refused, utf16_is_read, 0, 4);
    tcase_add_loop_test(refused, large_packets_end, 0, 5);
    tcase_add_loop_test(refused, deep_packets_end, 0, 2);
    tcase_add_loop_test(refused, damage_is_survived, 0, FORMS);
    suite_add_tcase(suite, refused);
    return suite;
}
