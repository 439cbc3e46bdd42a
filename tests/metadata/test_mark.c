/* SPDX-License-Identifier: MIT */
/* Keywords and the mark in XMP files: who wrote what, and undo, whatever others did in between. */
#include "tests/support/suite.h"

#include "metadata/metadata.h"
#include "metadata/xmp_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RDF "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
#define DC "xmlns:dc='http://purl.org/dc/elements/1.1/'"
#define CORE "xmlns:Iptc4xmpCore='http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/'"
#define CAPTION "urn:uuid:c135cb00-d0f7-459b-9d71-819e85f56f4e#"
#define FILE_OF(content) "<rdf:RDF " RDF ">" content "</rdf:RDF>"
#define NODE(attributes, content)                                                                  \
    "<rdf:Description rdf:about='' " DC " " attributes ">" content "</rdf:Description>"
#define LI(text) "<rdf:li>" text "</rdf:li>"
#define ITEM(language, text) "<rdf:li xml:lang='" language "'>" text "</rdf:li>"
#define DESCRIPTION(items) "<dc:description><rdf:Alt>" items "</rdf:Alt></dc:description>"
#define ALT_TEXT(items)                                                                            \
    "<Iptc4xmpCore:AltTextAccessibility " CORE "><rdf:Alt>" items                                  \
    "</rdf:Alt></Iptc4xmpCore:AltTextAccessibility>"

static const char *const words[] = {"dog", "Grass", "dog"};

static struct meta_caption caption_of(const char *text, bool append)
{
    return (struct meta_caption){
        .text = text, .language = "en", .append = append, .mark = {"1.0", "abcdef", 0.51239}};
}

/* A string of bytes that are freed. */
static char *string_of(char *bytes, size_t size)
{
    char *text = realloc(bytes, size + 1);

    ck_assert_ptr_nonnull(text);
    text[size] = '\0';
    return text;
}

/* The file with the caption, or without it: strings that are the caller's. */
static char *edited(const char *file, const struct meta_caption *caption)
{
    char *out;
    struct tn_error err;
    size_t size;

    ck_assert_msg(meta_edit_xmp("x", file, strlen(file), caption, &out, &size, &err) == TN_OK, "%s",
                  err.text);
    return out ? string_of(out, size) : strdup(file);
}

static char *undone(const char *file)
{
    char *out;
    struct tn_error err;
    size_t size;

    ck_assert_msg(meta_undo_xmp("x", file, strlen(file), &out, &size, &err) == TN_OK, "%s",
                  err.text);
    ck_assert_ptr_nonnull(out);
    return string_of(out, size);
}

/* The file with another text for every one of these. */
static char *changed(const char *file, const char *old, const char *new)
{
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);
    const char *found;

    ck_assert_ptr_nonnull(strstr(file, old));
    for (; (found = strstr(file, old)); file = found + strlen(old))
        fprintf(stream, "%.*s%s", (int)(found - file), file, new);
    fputs(file, stream);
    fclose(stream);
    return out;
}

/* Those at the end of tags, where an attribute was. */
static void drop_blanks(char *file)
{
    char *to = file;

    for (; *file; file++)
        if (strncmp(file, " >", 2) != 0)
            *to++ = *file;
    *to = '\0';
}

static enum meta_author author_of(const char *file)
{
    enum meta_author author;

    ck_assert_int_eq(meta_xmp_author(file, strlen(file), &author, NULL), TN_OK);
    return author;
}

/* ---- Keywords ---- */

#define SUBJECT(list, items) "<dc:subject><rdf:" list ">" items "</rdf:" list "></dc:subject>"
#define OURS LI("dog") LI("Grass")

static const struct {
    const char *what, *before, *after, *undone;
} subjects[] = {
    {"a Bag", NODE("", SUBJECT("Bag", LI("tree"))), SUBJECT("Bag", LI("tree") OURS),
     NODE("", SUBJECT("Bag", LI("tree")))},
    {"a Seq", NODE("", SUBJECT("Seq", LI("tree"))), SUBJECT("Seq", LI("tree") OURS),
     NODE("", SUBJECT("Seq", LI("tree")))},
    {"other prefixes and lines",
     NODE("xmlns:d='http://purl.org/dc/elements/1.1/'",
          "<d:subject>\n <rdf:Bag>\n  " LI("tree") "\n </rdf:Bag>\n</d:subject>"),
     "\n  " LI("tree") "\n  " LI("dog") "\n  " LI("Grass") "\n </rdf:Bag>",
     NODE("xmlns:d='http://purl.org/dc/elements/1.1/'",
          "<d:subject>\n <rdf:Bag>\n  " LI("tree") "\n </rdf:Bag>\n</d:subject>")},
    {"words that are there, in letters of any case", NODE("", SUBJECT("Bag", LI("GRASS"))),
     SUBJECT("Bag", LI("GRASS") LI("dog")), NODE("", SUBJECT("Bag", LI("GRASS")))},
    {"all words are there", NODE("", SUBJECT("Bag", LI("grass") LI("DOG"))),
     SUBJECT("Bag", LI("grass") LI("DOG")), NODE("", SUBJECT("Bag", LI("grass") LI("DOG")))},
    {"an empty list", NODE("", "<dc:subject><rdf:Bag/></dc:subject>"), SUBJECT("Bag", OURS), NULL},
    {"a plain text", NODE("", "<dc:subject>tree, sky</dc:subject>"),
     SUBJECT("Bag", LI("tree, sky") OURS), NODE("", SUBJECT("Bag", LI("tree, sky")))},
    {"an empty text", NODE("", "<dc:subject/>"), SUBJECT("Bag", OURS), NULL},
    {"an attribute", NODE("dc:subject='tree'", "<a/>"), SUBJECT("Bag", LI("tree") OURS),
     NODE("", "<a/>" SUBJECT("Bag", LI("tree")))},
    {"a form of nobody's stays as it is",
     NODE("", "<dc:subject rdf:parseType='Literal'><b>tree</b></dc:subject>"),
     "<dc:subject rdf:parseType='Literal'><b>tree</b></dc:subject>",
     NODE("", "<dc:subject rdf:parseType='Literal'><b>tree</b></dc:subject>")},
    {"none", NODE("", "<a/>"), SUBJECT("Bag", OURS), NODE("", "<a/>")},
    {"none, with another property in another node", NODE("", "<a/>") NODE("", "<b/>"),
     SUBJECT("Bag", OURS), NODE("", "<a/>") NODE("", "<b/>")},
};

START_TEST(keywords_are_added_and_taken_out)
{
    struct meta_caption caption = caption_of("a dog", true);
    char *before, *expected, *after, *gone;

    caption.keywords = words;
    caption.keyword_count = 3;
    ck_assert_int_gt(asprintf(&before, FILE_OF("%s"), subjects[_i].before), 0);
    after = edited(before, &caption);
    ck_assert_msg(strstr(after, subjects[_i].after) != NULL, "%s: %s", subjects[_i].what, after);
    ck_assert_int_eq(author_of(after), META_PROGRAM);
    gone = undone(after);
    ck_assert_int_gt(
        asprintf(&expected, FILE_OF("%s"), subjects[_i].undone ? subjects[_i].undone : ""), 0);
    drop_blanks(gone);
    drop_blanks(expected);
    ck_assert_str_eq(gone, expected);
    free(before);
    free(expected);
    free(after);
    free(gone);
}
END_TEST

/* A person's keyword, to which "dog" and "Grass" are added; what a person makes of them; and what
 * there is with the next caption's keywords, and without any of ours. */
static const struct {
    const char *what, *before, *old, *new, *words[2];
    size_t count;
    bool append;
    const char *after, *undone;
} stale[] = {
    {"ours go", LI("tree"), "tree", "tree", {"cat"}, 1, false, LI("tree") LI("cat"), LI("tree")},
    {"one of ours stays, in its place and letters",
     LI("tree"),
     "tree",
     "tree",
     {"cat", "GRASS"},
     2,
     false,
     LI("tree") LI("Grass") LI("cat"),
     LI("tree")},
    {"theirs that was there, in other letters",
     LI("DOG"),
     "DOG",
     "DOG",
     {"cat"},
     1,
     false,
     LI("DOG") LI("cat"),
     LI("DOG")},
    {"theirs that came, in other letters",
     LI("tree"),
     LI("tree") LI("dog"),
     LI("tree") LI("DOG") LI("dog"),
     {"cat"},
     1,
     false,
     LI("tree") LI("DOG") LI("cat"),
     LI("tree") LI("DOG")},
    {"one of ours that a person removed",
     LI("tree"),
     LI("tree") LI("dog"),
     LI("tree"),
     {"cat"},
     1,
     false,
     LI("tree") LI("cat"),
     LI("tree")},
    {"the new one is theirs",
     LI("Tree"),
     "Tree",
     "Tree",
     {"tree"},
     1,
     false,
     LI("Tree"),
     LI("Tree")},
    {"a plain text",
     LI("tree"),
     SUBJECT("Bag", LI("tree") OURS),
     "<dc:subject>dog</dc:subject>",
     {"cat"},
     1,
     false,
     LI("cat"),
     NULL},
    {"appended",
     LI("tree"),
     "tree",
     "tree",
     {"cat"},
     1,
     true,
     LI("tree") OURS LI("cat"),
     LI("tree")},
    {"none are wanted", LI("tree"), "tree", "tree", {NULL}, 0, false, LI("tree") OURS, LI("tree")},
};

static void check_subject(size_t i, const char *file, const char *items)
{
    char *subject;

    ck_assert_int_gt(asprintf(&subject, SUBJECT("Bag", "%s"), items ? items : ""), 0);
    ck_assert_msg(items ? strstr(file, subject) != NULL : !strstr(file, "subject"), "%s: %s",
                  stale[i].what, file);
    free(subject);
}

START_TEST(keywords_that_are_not_ours_any_more_go)
{
    struct meta_caption caption = caption_of("a dog", false);
    struct meta_caption next = caption_of("a cat", stale[_i].append);
    char *before, *once, *theirs, *twice, *again, *left;

    caption.keywords = words;
    caption.keyword_count = 2;
    next.keywords = stale[_i].words;
    next.keyword_count = stale[_i].count;
    ck_assert_int_gt(
        asprintf(&before, FILE_OF(NODE("", "<a/>" SUBJECT("Bag", "%s"))), stale[_i].before), 0);
    once = edited(before, &caption);
    theirs = changed(once, stale[_i].old, stale[_i].new);
    twice = edited(theirs, &next);
    again = edited(twice, &next);
    left = undone(twice);
    check_subject(_i, twice, stale[_i].after);
    check_subject(_i, left, stale[_i].undone);
    ck_assert_str_eq(twice, again);
    ck_assert_int_eq(author_of(twice), META_PROGRAM);
    free(before);
    free(once);
    free(theirs);
    free(twice);
    free(again);
    free(left);
}
END_TEST

/* One that went and that a person adds by hand. */
START_TEST(a_keyword_that_comes_back_is_a_persons)
{
    static const char *const other[] = {"cat"};
    struct meta_caption caption = caption_of("a dog", false);
    char *once, *twice, *theirs, *left;

    caption.keywords = words;
    caption.keyword_count = 2;
    once = edited(FILE_OF(NODE("", SUBJECT("Bag", LI("tree")))), &caption);
    caption.keywords = other;
    caption.keyword_count = 1;
    twice = edited(once, &caption);
    theirs = changed(twice, LI("tree") LI("cat"), LI("tree") LI("cat") LI("dog"));
    left = undone(theirs);
    ck_assert_msg(strstr(left, SUBJECT("Bag", LI("tree") LI("dog"))) != NULL, "%s", left);
    free(once);
    free(twice);
    free(theirs);
    free(left);
}
END_TEST

/* ---- Who wrote it ---- */

START_TEST(the_mark_says_who_wrote_what)
{
    static const char *const said[] = {
        "<caption:Version>1.0</caption:Version>",
        "<caption:Model>abcdef</caption:Model>",
        "<caption:Confidence>0.5124</caption:Confidence>",
        "<caption:Language>en</caption:Language>",
        "<caption:Text>a &lt;dog&gt;</caption:Text>",
        LI("dc:description[x-default]=old, 100%25%0Amore%20"),
        LI("dc:description[en]"),
        LI("Iptc4xmpCore:AltTextAccessibility[x-default]"),
    };
    const struct meta_caption caption = caption_of("a <dog>", false);
    char *file = edited(
        FILE_OF(NODE("", DESCRIPTION(ITEM("x-default", "old, 100%&#xA;more ") ITEM("de", "alt")))),
        &caption);

    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        ck_assert_msg(strstr(file, said[i]) != NULL, "%s in %s", said[i], file);
    ck_assert_ptr_null(strstr(file, "<caption:After>"));
    ck_assert_ptr_null(strstr(file, "<caption:WithPerson>"));
    free(file);
}
END_TEST

/* Parts that were made say nothing, and so nothing else than the caption. */
START_TEST(a_packet_that_was_made_is_no_field)
{
    const struct meta_caption first = caption_of("a dog", false);
    const struct meta_caption second = caption_of("a cat", false);
    char *once = edited("", &first), *twice = edited(once, &second), *old, *again;

    ck_assert_ptr_nonnull(strstr(twice, LI("XMP")));
    ck_assert_ptr_null(strstr(twice, "<caption:After>"));
    old = changed(twice, "<caption:Before>",
                  "<caption:After><rdf:Seq>" LI("XMP=a dog") "</rdf:Seq></caption:After>"
                                                             "<caption:Before>");
    again = edited(old, &first);
    ck_assert_ptr_null(strstr(again, "<caption:After>"));
    free(once);
    free(twice);
    free(old);
    free(again);
}
END_TEST

/* exiftool refuses packets whose nodes are about different things. */
START_TEST(the_mark_is_about_what_the_packet_is_about)
{
    static const struct {
        const char *before, *after;
    } nodes[] = {
        {"<rdf:Description rdf:about='uuid:&quot;1'/>", "rdf:about=\"uuid:&quot;1\""},
        {"<rdf:Description about='uuid:1'/><rdf:Description/>", "rdf:about=\"uuid:1\""},
        {"<rdf:Description/>", "rdf:about=\"\""},
        {"", "rdf:about=\"\""},
    };
    const struct meta_caption caption = caption_of("a dog", false);
    char *before, *after;

    ck_assert_int_gt(asprintf(&before, FILE_OF("%s"), nodes[_i].before), 0);
    after = edited(before, &caption);
    ck_assert_msg(strstr(after, nodes[_i].after) != NULL, "%s", after);
    free(before);
    free(after);
}
END_TEST

/* What a person did to a file with the caption "a dog", and what undo leaves then. */
static const struct {
    const char *what, *old, *new;
    enum meta_author author;
    const char *left, *gone;
} edits[] = {
    {"nothing", "a dog", "a dog", META_PROGRAM, "granny", "a dog"},
    {"another description", "x-default\">a dog", "x-default\">a cat", META_PERSON,
     "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">a cat</rdf:li></rdf:Alt>", "a dog"},
    {"a description in another language", "</rdf:Alt></dc:description>",
     ITEM("de", "ein") "</rdf:Alt></dc:description>", META_PERSON, ITEM("de", "ein"), "a dog"},
    {"a second description in a language", "x-default\">a dog</rdf:li></rdf:Alt></dc",
     "x-default\">a dog</rdf:li>" ITEM("x-default", "a cat") "</rdf:Alt></dc", META_PERSON,
     "<rdf:Alt>" ITEM("x-default", "a cat") "</rdf:Alt>", "a dog"},
    {"a word more", "</rdf:Bag></dc:subject>", LI("tree") "</rdf:Bag></dc:subject>", META_PROGRAM,
     SUBJECT("Bag", LI("tree")), "<rdf:li>dog"},
    {"a word less", LI("dog"), "", META_PROGRAM, "granny", "Grass"},
    {"our descriptions removed", "a dog</rdf:li>", "</rdf:li>", META_NOBODY, "granny", "caption:"},
    {"another file's mark, with other texts", ">a dog<", ">a cat<", META_PROGRAM, "granny",
     "a cat"},
};

START_TEST(what_a_person_changed_stays)
{
    struct meta_caption caption = caption_of("a dog", true);
    char *file, *theirs, *left;

    caption.keywords = words;
    caption.keyword_count = 2;
    file = edited(FILE_OF(NODE("xmlns:q='q' q:by='granny'", "")), &caption);
    theirs = changed(file, edits[_i].old, edits[_i].new);
    ck_assert_int_eq(author_of(theirs), edits[_i].author);
    left = undone(theirs);
    ck_assert_msg(strstr(left, edits[_i].left) != NULL, "%s: %s", edits[_i].what, left);
    ck_assert_msg(!strstr(left, edits[_i].gone), "%s: %s", edits[_i].what, left);
    ck_assert_ptr_null(strstr(left, CAPTION));
    free(file);
    free(theirs);
    free(left);
}
END_TEST

/* A person's words beside ours are a person's, until they are replaced. */
START_TEST(words_that_were_appended_to_are_a_persons)
{
    const struct meta_caption more = caption_of("a dog", true), other = caption_of("a cat", false);
    const char *before = _i == 0 ? FILE_OF(NODE("", "<a/>" DESCRIPTION(ITEM("x-default", "old"))))
                                 : FILE_OF(NODE("", "<a/>" ALT_TEXT(ITEM("x-default", "old"))));
    char *appended = edited(before, &more), *replaced = edited(appended, &other);
    char *undone_once = undone(appended), *undone_twice = undone(replaced);

    ck_assert_int_eq(author_of(before), META_PERSON);
    ck_assert_int_eq(author_of(appended), META_PERSON);
    ck_assert_int_eq(author_of(replaced), META_PROGRAM);
    drop_blanks(undone_once);
    drop_blanks(undone_twice);
    ck_assert_ptr_nonnull(strstr(undone_once, "<a/>"));
    ck_assert_ptr_nonnull(strstr(undone_once, ">old</rdf:li></rdf:Alt>"));
    ck_assert_str_eq(undone_once, undone_twice);
    free(appended);
    free(replaced);
    free(undone_once);
    free(undone_twice);
}
END_TEST

START_TEST(several_captions_are_taken_out_at_once)
{
    static const struct {
        const char *text, *language;
        bool append;
    } captions[] = {{"a dog", "en", false}, {"a cat", "en", true}, {"\xE7\x8B\x97", "zh", false},
                    {"a cat", "en", true},  {"a cat", "en", true}, {"a bird", "de", false}};
    const char *before =
        FILE_OF(NODE("", DESCRIPTION(ITEM("x-default", "old") ITEM("en", "1") ITEM("fr", "un"))));
    char *file = strdup(before), *next, *left;

    for (size_t i = 0; i < 6; i++) {
        struct meta_caption caption = caption_of(captions[i].text, captions[i].append);

        caption.language = captions[i].language;
        next = edited(file, &caption);
        free(file);
        file = next;
        left = undone(file);
        drop_blanks(left);
        next = strdup(before);
        drop_blanks(next);
        ck_assert_str_eq(left, next);
        free(next);
        free(left);
    }
    free(file);
}
END_TEST

/* ---- Other programs ---- */

#define SAID                                                                                       \
    DESCRIPTION(ITEM("x-default", "a dog") ITEM("en", "a dog"))                                    \
    ALT_TEXT(ITEM("x-default", "a dog") ITEM("en", "a dog")) SUBJECT("Bag", LI("tree") LI("dog"))
#define BEFORE                                                                                     \
    LI("XMP")                                                                                      \
    LI("dc:description[x-default]=old")                                                            \
    LI("dc:description[en]")                                                                       \
    LI("Iptc4xmpCore:AltTextAccessibility[x-default]") LI("Iptc4xmpCore:AltTextAccessibility[en]")

/* A marked file as they write it again. */
static const char *const rewritten[] = {
    /* in a node of its own for each namespace, other prefixes */
    FILE_OF(NODE("", SAID) "<rdf:Description xmlns:c='" CAPTION
                           "'><c:Text>a dog</c:Text><c:Keywords><rdf:Seq>" LI(
                               "dog") "</rdf:Seq></c:Keywords><c:Before><rdf:Bag>" BEFORE
                                      "</rdf:Bag></c:Before></rdf:Description>"),
    /* all in one node, plain texts as attributes */
    FILE_OF(NODE("xmlns:caption='" CAPTION "' caption:Text='a dog' caption:Version='1.0'",
                 SAID "<caption:Before><rdf:Bag>" BEFORE "</rdf:Bag></caption:Before>"
                      "<caption:Keywords><rdf:Bag>" LI("dog") "</rdf:Bag></caption:Keywords>")),
    /* the prefix has another meaning, too */
    FILE_OF(NODE("xmlns:caption='http://example.org/' caption:Text='theirs'", SAID)
                NODE("xmlns:caption='" CAPTION "' caption:Text='a dog'",
                     "<caption:Keywords><rdf:Bag>" LI("dog") "</rdf:Bag></caption:Keywords>"
                                                             "<caption:Before><rdf:Bag>" BEFORE
                                                             "</rdf:Bag></caption:Before>")),
};

START_TEST(a_mark_is_known_however_it_is_written)
{
    const struct meta_caption same = caption_of("a dog", false), other = caption_of("a cat", false);
    char *once = undone(rewritten[_i]), *again = edited(rewritten[_i], &same);
    char *replaced = edited(rewritten[_i], &other), *twice = undone(replaced);

    ck_assert_int_eq(author_of(rewritten[_i]), META_PROGRAM);
    ck_assert_int_eq(author_of(again), META_PROGRAM);
    ck_assert_int_eq(author_of(replaced), META_PROGRAM);
    ck_assert_str_eq(once, twice);
    ck_assert_ptr_nonnull(strstr(once, DESCRIPTION(ITEM("x-default", "old"))));
    ck_assert_ptr_nonnull(strstr(once, SUBJECT("Bag", LI("tree"))));
    ck_assert_ptr_null(strstr(once, "dog"));
    ck_assert_ptr_null(strstr(once, "AltText"));
    ck_assert(_i != 2 || strstr(once, "caption:Text='theirs'"));
    free(once);
    free(again);
    free(replaced);
    free(twice);
}
END_TEST

/* The node that the mark leaves gets what is new, and stays for that. */
START_TEST(a_mark_that_is_left_alone_makes_room)
{
    static const char *const files[] = {
        FILE_OF("<rdf:Description xmlns:c='" CAPTION "' c:Text='a dog'/>"),
        FILE_OF("<rdf:Description xmlns:c='" CAPTION "'><c:Text>a dog</c:Text></rdf:Description>"),
    };
    const struct meta_caption caption = caption_of("a cat", false);
    char *after = edited(files[_i], &caption), *left = undone(after), *none = undone(files[_i]);

    ck_assert_ptr_nonnull(strstr(after, "<dc:description"));
    ck_assert_ptr_null(strstr(after, "a dog"));
    ck_assert_int_eq(author_of(after), META_PROGRAM);
    ck_assert_str_eq(left, FILE_OF(""));
    ck_assert_str_eq(none, FILE_OF(""));
    free(after);
    free(left);
    free(none);
}
END_TEST

static const struct {
    const char *file, *reason;
} unknown[] = {
    {FILE_OF(NODE("xmlns:c='" CAPTION "' c:Text='a dog'", SAID "<c:Text>a cat</c:Text>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
    {FILE_OF(
         NODE("xmlns:c='" CAPTION "'", SAID "<c:Before rdf:parseType='Literal'><b/></c:Before>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
    {FILE_OF(NODE(
         "xmlns:c='" CAPTION "' c:Text='a dog'", SAID
         "<c:Before><rdf:Seq>" LI("dc:description[x-default]=%00%01x") "</rdf:Seq></c:Before>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
    {FILE_OF(
         NODE("xmlns:c='" CAPTION "' c:Text='a dog'", SAID
              "<c:Before><rdf:Seq>" LI("dc:description[x-default]=x%01") "</rdf:Seq></c:Before>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
    {FILE_OF(
         NODE("xmlns:c='" CAPTION "' c:Text='a dog'", SAID
              "<c:Before><rdf:Seq>" LI("EXIF:ImageDescription=x%01%00") "</rdf:Seq></c:Before>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
    {FILE_OF(NODE(
         "xmlns:c='" CAPTION "' c:Text='a dog'", SAID
         "<c:After><rdf:Seq>" LI("dc:description[x-default]=%00a dog") "</rdf:Seq></c:After>")),
     "x: its XMP has a mark of this program of an unknown form, and is left as it is"},
};

START_TEST(a_mark_of_an_unknown_form_is_left)
{
    const struct meta_caption caption = caption_of("a cat", false);
    const char *file = unknown[_i].file;
    struct tn_error err;
    char *out;
    size_t size;

    ck_assert_int_eq(author_of(file), META_PERSON);
    ck_assert_int_eq(meta_edit_xmp("x", file, strlen(file), &caption, &out, &size, &err),
                     TN_FORMAT);
    ck_assert_str_eq(err.text, unknown[_i].reason);
    ck_assert_int_eq(meta_undo_xmp("x", file, strlen(file), &out, &size, &err), TN_FORMAT);
    ck_assert_str_eq(err.text, unknown[_i].reason);
}
END_TEST

START_TEST(a_mark_of_too_many_words_is_refused)
{
    char *file = NULL, *out;
    size_t size, out_size;
    struct tn_error err;
    FILE *stream = open_memstream(&file, &size);

    fputs("<rdf:RDF " RDF "><rdf:Description xmlns:c='" CAPTION "'><c:Keywords><rdf:Bag>", stream);
    for (int i = 0; i < 501; i++)
        fputs(LI("dog"), stream);
    fputs("</rdf:Bag></c:Keywords></rdf:Description></rdf:RDF>", stream);
    fclose(stream);
    ck_assert_int_eq(meta_undo_xmp("x", file, size, &out, &out_size, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "x: the mark of this program has more than 500 items in its XMP");
    free(file);
}
END_TEST

START_TEST(no_mark_is_written_that_could_not_be_read)
{
    enum { MANY = 501, SIZE = 12 };
    static char texts[MANY][SIZE];
    const char *many[MANY];
    struct meta_caption caption = caption_of("a dog", false);
    struct tn_error err;
    char *out;
    size_t size;

    for (int i = 0; i < MANY; i++) {
        snprintf(texts[i], SIZE, "%d", i);
        many[i] = texts[i];
    }
    caption.keywords = many;
    caption.keyword_count = MANY;
    ck_assert_int_eq(meta_edit_xmp("x", "", 0, &caption, &out, &size, &err), TN_RANGE);
    ck_assert_str_eq(err.text, "x: the mark of this program has more than 500 items in its XMP");
}
END_TEST

START_TEST(what_bears_no_mark_is_nothing_to_undo)
{
    static const char *const files[] = {"",
                                        " \n",
                                        FILE_OF(NODE("", SAID)),
                                        FILE_OF(NODE("xmlns:caption='other' caption:Text='a'", "")),
                                        "<damaged",
                                        "no XML"};
    char *out;
    size_t size;

    ck_assert_int_eq(meta_undo_xmp("x", files[_i], strlen(files[_i]), &out, &size, NULL), TN_OK);
    ck_assert_ptr_null(out);
}
END_TEST

/* A file that was made for the caption goes with it, unless it has something else by then. */
START_TEST(a_file_of_ours_goes)
{
    const struct meta_caption caption = caption_of("a dog", false);
    char *file = edited("", &caption), *theirs, *out;
    size_t size;

    ck_assert_int_eq(meta_undo_xmp("x", file, strlen(file), &out, &size, NULL), TN_OK);
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(size, 0);
    free(out);
    theirs = changed(file, "</rdf:RDF>", "<rdf:Description xmlns:q='q' q:stars='5'/></rdf:RDF>");
    out = undone(theirs);
    ck_assert_ptr_nonnull(strstr(out, "q:stars='5'"));
    ck_assert_ptr_null(strstr(out, "a dog"));
    free(out);
    free(file);
    free(theirs);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("mark");
    TCase *keywords = tcase_create("keywords"), *mark = tcase_create("mark");

    tcase_add_loop_test(keywords, keywords_are_added_and_taken_out, 0,
                        sizeof subjects / sizeof subjects[0]);
    tcase_add_loop_test(keywords, keywords_that_are_not_ours_any_more_go, 0,
                        sizeof stale / sizeof stale[0]);
    tcase_add_test(keywords, a_keyword_that_comes_back_is_a_persons);
    suite_add_tcase(suite, keywords);
    tcase_add_test(mark, the_mark_says_who_wrote_what);
    tcase_add_test(mark, a_packet_that_was_made_is_no_field);
    tcase_add_loop_test(mark, the_mark_is_about_what_the_packet_is_about, 0, 4);
    tcase_add_loop_test(mark, what_a_person_changed_stays, 0, sizeof edits / sizeof edits[0]);
    tcase_add_loop_test(mark, words_that_were_appended_to_are_a_persons, 0, 2);
    tcase_add_test(mark, several_captions_are_taken_out_at_once);
    tcase_add_loop_test(mark, a_mark_is_known_however_it_is_written, 0, 3);
    tcase_add_loop_test(mark, a_mark_that_is_left_alone_makes_room, 0, 2);
    tcase_add_loop_test(mark, a_mark_of_an_unknown_form_is_left, 0, 2);
    tcase_add_test(mark, a_mark_of_too_many_words_is_refused);
    tcase_add_test(mark, no_mark_is_written_that_could_not_be_read);
    tcase_add_loop_test(mark, what_bears_no_mark_is_nothing_to_undo, 0, 6);
    tcase_add_test(mark, a_file_of_ours_goes);
    suite_add_tcase(suite, mark);
    return suite;
}
