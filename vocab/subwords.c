/* SPDX-License-Identifier: MIT */
#include "vocab/subwords_private.h"

#include <limits.h>
#include <string.h>
#include <utf8proc.h>

enum { FIRST_BYTE = 0xE000, BYTES = 256 };

void subword_byte(unsigned char byte, char out[SUBWORD_BYTE_SIZE + 1])
{
    out[utf8proc_encode_char(FIRST_BYTE + byte, (utf8proc_uint8_t *)out)] = '\0';
}

/* The character at the front of valid UTF-8, and its bytes. */
static size_t read_front(const char *text, size_t length, utf8proc_int32_t *ret)
{
    return (size_t)utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)length, ret);
}

static bool stands_for_byte(utf8proc_int32_t character)
{
    return character >= FIRST_BYTE && character < FIRST_BYTE + BYTES;
}

bool subword_is_byte(const char *character, size_t bytes)
{
    utf8proc_int32_t code;

    (void)read_front(character, bytes, &code);
    return stands_for_byte(code);
}

static int find(const struct vocab *vocab, const char *token, size_t length)
{
    const size_t index = tn_map_find(&vocab->words, token, length);

    return index == TN_MAP_NONE ? VOCAB_UNKNOWN : (int)index;
}

static void add_symbol(struct subword_symbols *s, const char *token, size_t length, int id)
{
    memcpy(s->spelling + s->starts[s->count], token, length);
    s->ids[s->count] = id;
    s->starts[s->count + 1] = s->starts[s->count] + length;
    s->count++;
}

void subword_symbols_init(struct subword_symbols *s, const struct vocab *vocab, const char *word,
                          size_t length)
{
    utf8proc_int32_t character;

    s->count = 0;
    s->starts[0] = 0;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        int id;

        bytes = read_front(word + at, length - at, &character);
        id = stands_for_byte(character) ? VOCAB_UNKNOWN : find(vocab, word + at, bytes);
        if (id != VOCAB_UNKNOWN)
            add_symbol(s, word + at, bytes, id);
        for (size_t i = 0; id == VOCAB_UNKNOWN && i < bytes; i++) {
            char token[SUBWORD_BYTE_SIZE + 1];

            subword_byte((unsigned char)word[at + i], token);
            add_symbol(s, token, SUBWORD_BYTE_SIZE, find(vocab, token, SUBWORD_BYTE_SIZE));
        }
    }
}

/* The id of symbols i and i + 1 joined; INT_MAX: they are no subword. */
static int joined(const struct subword_symbols *s, const struct vocab *vocab, size_t i)
{
    int id;

    if (i + 1 >= s->count)
        return INT_MAX;
    id = find(vocab, s->spelling + s->starts[i], s->starts[i + 2] - s->starts[i]);
    return id < VOCAB_FIRST_WORD ? INT_MAX : id;
}

static size_t lowest(const int *ranks, size_t count)
{
    size_t best = 0;

    for (size_t i = 1; i < count; i++)
        if (ranks[i] < ranks[best])
            best = i;
    return best;
}

/* Words are short: each of the merges looks at all that is left, and looks up its neighbours. */
size_t subwords_encode(const struct vocab *vocab, const char *word, size_t length, int *ids)
{
    struct subword_symbols s;
    int ranks[SUBWORD_MOST];

    subword_symbols_init(&s, vocab, word, length);
    for (size_t i = 0; i < s.count; i++)
        ranks[i] = joined(&s, vocab, i);
    while (s.count > 1) {
        const size_t at = lowest(ranks, s.count);

        if (ranks[at] == INT_MAX)
            break;
        s.ids[at] = ranks[at];
        s.count--;
        memmove(s.ids + at + 1, s.ids + at + 2, (s.count - at - 1) * sizeof *s.ids);
        memmove(ranks + at + 1, ranks + at + 2, (s.count - at - 1) * sizeof *ranks);
        memmove(s.starts + at + 1, s.starts + at + 2, (s.count - at) * sizeof *s.starts);
        ranks[at] = joined(&s, vocab, at);
        if (at > 0)
            ranks[at - 1] = joined(&s, vocab, at - 1);
    }
    memcpy(ids, s.ids, s.count * sizeof *ids);
    return s.count;
}

size_t subword_text(const char *token, char *out)
{
    const size_t length = strlen(token);
    utf8proc_int32_t character;
    size_t used = 0;

    for (size_t at = 0, bytes; at < length; at += bytes) {
        bytes = read_front(token + at, length - at, &character);
        if (used + bytes > VOCAB_LONGEST_WORD + 8)
            break; /* of a foreign file */
        if (stands_for_byte(character)) {
            out[used++] = (char)(unsigned char)(character - FIRST_BYTE);
        } else {
            memcpy(out + used, token + at, bytes);
            used += bytes;
        }
    }
    return used;
}

enum tn_status subwords_check(const struct vocab *vocab, struct tn_error *err)
{
    char token[SUBWORD_BYTE_SIZE + 1];

    for (int byte = 1; byte < BYTES; byte++) {
        subword_byte((unsigned char)byte, token);
        if (find(vocab, token, SUBWORD_BYTE_SIZE) == VOCAB_UNKNOWN)
            return tn_fail(err, TN_FORMAT, "byte %d has no token, as all have among subwords",
                           byte);
    }
    return TN_OK;
}
