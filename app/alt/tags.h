/* SPDX-License-Identifier: MIT */
/*
 * The tags of a page, with the bytes that they and their attributes take: what a parser that makes
 * a tree does not keep.  It reads as the HTML standard's tokenizer does (section 13.2.5), or as XML
 * where the page is XHTML: comments, scripts and texts that only look like tags are passed over.
 */
#ifndef APP_TAGS_H
#define APP_TAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of a page, from begin up to end. */
struct alt_span {
    size_t begin, end;
};

struct alt_attribute {
    struct alt_span name;
    struct alt_span value; /* without its quotes; empty behind the name where it has none */
    char quote;            /* '"' or '\''; 0: it has none */
    bool equals;           /* it has an equals sign */
};

enum { ALT_MOST_ATTRIBUTES = 64 };

struct alt_tag {
    struct alt_span span, name; /* span: from "<" up to behind ">" */
    struct alt_attribute attributes[ALT_MOST_ATTRIBUTES];
    size_t count;
    bool end;                /* </p> */
    bool regular;            /* CommonMark takes it for a tag, too; no attribute was left out */
    struct alt_span content; /* of a script, a style, a title ...: the text that is no markup */
};

/* bytes[size] is borrowed; at is where the search goes on. */
struct alt_tags {
    const char *bytes;
    size_t size, at;
    size_t cut; /* bytes of a tag that the end of the page cuts, once it has been reached */
    bool xml;
};

/* The next tag; false: there is none.  A tag that the end of the page cuts is none (section
 * 13.2.5, "eof-in-tag"). */
bool alt_tags_next(struct alt_tags *tags, struct alt_tag *ret_tag);
/* The tag that begins at that "<"; false: none does. */
bool alt_tag_at(const struct alt_tags *tags, size_t at, struct alt_tag *ret_tag);
/* Behind the comment, declaration or instruction that begins at that "<"; `at`: none does; the size
 * of the page where it has no end. */
size_t alt_comment_end(const struct alt_tags *tags, size_t at);

/* The first attribute of that name (in small letters), which is the one that counts; NULL: none. */
const struct alt_attribute *alt_tag_attribute(const struct alt_tags *tags,
                                              const struct alt_tag *tag, const char *name);
/* Whether the bytes are that word, in any case (in XML: as it is). */
bool alt_span_is(const struct alt_tags *tags, struct alt_span span, const char *word);

#endif
