/* SPDX-License-Identifier: MIT */
/*
 * Learning subwords.  The words that the texts have are kept as symbols, each word once with its
 * count; pairs of neighbours know their count and the words that they are in, so a merge costs what
 * it changes.
 */
#include "base/array.h"
#include "vocab/subwords_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* A word: symbols ids[start .. start + length). */
struct word {
    uint64_t count;
    size_t start;
    uint32_t length;
};

/* Two neighbours; the word that it was last seen in. */
struct pair {
    int left, right;
    uint64_t count;
    uint32_t last; /* index + 1 into the list of places; 0: none */
    bool raised;   /* in this merge */
};

/* A word that a pair is in, or was, and the place before it. */
struct place {
    uint32_t word, before;
};

/* What a pair's count was when it was put here. */
struct offer {
    uint64_t count;
    uint32_t pair;
};

struct learning {
    struct vocab *vocab; /* as it grows */
    struct word *words;
    size_t word_count;
    int *ids;
    struct tn_map pair_map; /* by both ids; index into pairs */
    struct pair *pairs;
    struct place *places;
    struct offer *heap;
    uint32_t *raised; /* pairs whose count grew in this merge */
    size_t pairs_capacity, place_count, places_capacity, heap_count, heap_capacity, raised_count,
        raised_capacity;
};

static void learning_finish(struct learning *l)
{
    tn_map_finish(&l->pair_map);
    free(l->words);
    free(l->ids);
    free(l->pairs);
    free(l->places);
    free(l->heap);
    free(l->raised);
}

/* ---- The most frequent pair ---- */

/* Ties: the first in byte order, of the left symbol and then of the right. */
static bool is_ahead(const struct learning *l, const struct offer *a, const struct offer *b)
{
    const struct pair *p = &l->pairs[a->pair], *q = &l->pairs[b->pair];
    int order;

    if (a->count != b->count)
        return a->count > b->count;
    order = strcmp(vocab_word(l->vocab, p->left), vocab_word(l->vocab, q->left));
    if (order == 0)
        order = strcmp(vocab_word(l->vocab, p->right), vocab_word(l->vocab, q->right));
    return order < 0;
}

static void swap_offers(struct learning *l, size_t a, size_t b)
{
    const struct offer kept = l->heap[a];

    l->heap[a] = l->heap[b];
    l->heap[b] = kept;
}

static void sink_offer(struct learning *l, size_t at)
{
    for (size_t child = 2 * at + 1; child < l->heap_count; at = child, child = 2 * at + 1) {
        child +=
            child + 1 < l->heap_count && is_ahead(l, &l->heap[child + 1], &l->heap[child]) ? 1 : 0;
        if (!is_ahead(l, &l->heap[child], &l->heap[at]))
            return;
        swap_offers(l, child, at);
    }
}

static enum tn_status offer_pair(struct learning *l, uint32_t pair, struct tn_error *err)
{
    size_t at = l->heap_count;

    TN_TRY(tn_array_reserve(&l->heap, &l->heap_capacity, at + 1, err));
    l->heap[l->heap_count++] = (struct offer){l->pairs[pair].count, pair};
    for (; at > 0 && is_ahead(l, &l->heap[at], &l->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap_offers(l, at, (at - 1) / 2);
    return TN_OK;
}

/* The most frequent pair, of those that occur `minimum` times; NULL: there is none.  An offer whose
 * pair has become rarer is made again; one whose pair has become more frequent was. */
static struct pair *take_most_frequent(struct learning *l, size_t minimum)
{
    while (l->heap_count > 0) {
        struct offer *first = &l->heap[0];
        struct pair *pair = &l->pairs[first->pair];
        const bool holds = first->count == pair->count;

        if (first->count > pair->count && pair->count >= minimum)
            first->count = pair->count;
        else
            *first = l->heap[--l->heap_count];
        sink_offer(l, 0);
        if (holds)
            return pair->count >= minimum ? pair : NULL;
    }
    return NULL;
}

/* ---- Words and their pairs ---- */

static enum tn_status find_pair(struct learning *l, int left, int right, uint32_t *ret_pair,
                                struct tn_error *err)
{
    const int key[2] = {left, right};
    size_t index = tn_map_find(&l->pair_map, (const char *)key, sizeof key);

    if (index == TN_MAP_NONE) {
        TN_TRY(tn_array_reserve(&l->pairs, &l->pairs_capacity, l->pair_map.count + 1, err));
        TN_TRY(tn_map_add(&l->pair_map, (const char *)key, sizeof key, &index, err));
        l->pairs[index] = (struct pair){.left = left, .right = right};
    }
    *ret_pair = (uint32_t)index;
    return TN_OK;
}

/* The pair is in this word, too. */
static enum tn_status place_pair(struct learning *l, uint32_t index, size_t word,
                                 struct tn_error *err)
{
    struct pair *pair = &l->pairs[index];

    if (!pair->raised) {
        TN_TRY(tn_array_reserve(&l->raised, &l->raised_capacity, l->raised_count + 1, err));
        l->raised[l->raised_count++] = index;
        pair->raised = true;
    }
    if (pair->last > 0 && l->places[pair->last - 1].word == word)
        return TN_OK;
    TN_TRY(tn_array_reserve(&l->places, &l->places_capacity, l->place_count + 1, err));
    l->places[l->place_count++] = (struct place){(uint32_t)word, pair->last};
    pair->last = (uint32_t)l->place_count;
    return TN_OK;
}

enum { ANY = -1 };

/* One more of the word's pairs for each time that it occurs.  Those without the symbol `made` were
 * in the word before, unless it is ANY. */
static enum tn_status add_pairs(struct learning *l, size_t word, int made, struct tn_error *err)
{
    const struct word *w = &l->words[word];

    for (size_t i = w->start; i + 1 < w->start + w->length; i++) {
        const int left = l->ids[i], right = l->ids[i + 1];
        uint32_t pair;

        TN_TRY(find_pair(l, left, right, &pair, err));
        l->pairs[pair].count += w->count;
        if (made == ANY || left == made || right == made)
            TN_TRY(place_pair(l, pair, word, err));
    }
    return TN_OK;
}

static enum tn_status take_pairs(struct learning *l, size_t word, struct tn_error *err)
{
    const struct word *w = &l->words[word];

    for (size_t i = w->start; i + 1 < w->start + w->length; i++) {
        uint32_t pair;

        TN_TRY(find_pair(l, l->ids[i], l->ids[i + 1], &pair, err));
        l->pairs[pair].count -= w->count;
    }
    return TN_OK;
}

/* Offers what has become more frequent. */
static enum tn_status offer_raised(struct learning *l, struct tn_error *err)
{
    for (size_t i = 0; i < l->raised_count; i++) {
        l->pairs[l->raised[i]].raised = false;
        TN_TRY(offer_pair(l, l->raised[i], err));
    }
    l->raised_count = 0;
    return TN_OK;
}

/* Joins left and right wherever they stand in the word. */
static void join_in_word(struct learning *l, struct word *w, int left, int right, int id)
{
    int *ids = l->ids + w->start;
    uint32_t used = 0;

    for (uint32_t i = 0; i < w->length; used++) {
        const bool both = i + 1 < w->length && ids[i] == left && ids[i + 1] == right;

        ids[used] = both ? id : ids[i];
        i += both ? 2 : 1;
    }
    w->length = used;
}

static bool has_pair(const struct learning *l, const struct word *w, int left, int right)
{
    for (size_t i = w->start; i + 1 < w->start + w->length; i++)
        if (l->ids[i] == left && l->ids[i + 1] == right)
            return true;
    return false;
}

/* ---- Merging ---- */

/* The id of left and right joined, which another pair may have made already. */
static enum tn_status add_joined(struct learning *l, int left, int right, int *ret_id,
                                 struct tn_error *err)
{
    const char *a = vocab_word(l->vocab, left), *b = vocab_word(l->vocab, right);
    char token[SUBWORD_BYTE_SIZE * SUBWORD_MOST];
    const size_t first = strlen(a), length = first + strlen(b);
    size_t index;

    assert(length <= sizeof token);
    memcpy(token, a, first);
    memcpy(token + first, b, length - first);
    index = tn_map_find(&l->vocab->words, token, length);
    if (index == TN_MAP_NONE)
        TN_TRY(tn_map_add(&l->vocab->words, token, length, &index, err));
    *ret_id = (int)index;
    return TN_OK;
}

static enum tn_status merge(struct learning *l, const struct pair *pair, struct tn_error *err)
{
    const int left = pair->left, right = pair->right;
    uint32_t place = pair->last;
    int id;

    TN_TRY(add_joined(l, left, right, &id, err));
    for (; place > 0; place = l->places[place - 1].before) {
        const uint32_t word = l->places[place - 1].word;

        if (!has_pair(l, &l->words[word], left, right))
            continue;
        TN_TRY(take_pairs(l, word, err));
        join_in_word(l, &l->words[word], left, right, id);
        TN_TRY(add_pairs(l, word, id, err));
    }
    return offer_raised(l, err);
}

/* ---- The beginning ---- */

/* The characters of the words, which the caller finishes; the values are counts. */
static enum tn_status count_characters(const struct vocab_builder *builder, struct tn_map *counts,
                                       struct tn_error *err)
{
    for (size_t i = 0; i < builder->tokens.count; i++) {
        const char *word = tn_map_text(&builder->tokens, i);
        const size_t length = builder->tokens.entries[i].length;

        for (size_t at = 0, bytes; at < length; at += bytes) {
            size_t index;

            bytes = (size_t)utf8proc_utf8class[(unsigned char)word[at]];
            index = tn_map_find(counts, word + at, bytes);
            if (index == TN_MAP_NONE)
                TN_TRY(tn_map_add(counts, word + at, bytes, &index, err));
            counts->entries[index].value += builder->tokens.entries[i].value;
        }
    }
    return TN_OK;
}

static enum tn_status add_bytes(struct vocab *vocab, struct tn_error *err)
{
    char token[SUBWORD_BYTE_SIZE + 1];
    size_t index;

    for (int byte = 1; byte < 256; byte++) {
        subword_byte((unsigned char)byte, token);
        if (tn_map_find(&vocab->words, token, SUBWORD_BYTE_SIZE) == TN_MAP_NONE)
            TN_TRY(tn_map_add(&vocab->words, token, SUBWORD_BYTE_SIZE, &index, err));
    }
    return TN_OK;
}

/* Those that the vocabulary lacks, the most frequent first, while it is below the limit. */
static enum tn_status add_frequent(struct vocab *vocab, const struct tn_map *counts, size_t minimum,
                                   size_t limit, struct tn_error *err)
{
    struct vocab_counted *list = malloc((counts->count + 1) * sizeof *list);
    enum tn_status status = TN_OK;
    size_t count = 0, index;

    if (!list)
        return tn_fail_nomem(err, counts->count * sizeof *list);
    for (size_t i = 0; i < counts->count; i++) {
        const struct tn_map_entry *entry = &counts->entries[i];
        const char *character = tn_map_text(counts, i);

        if (entry->value >= minimum && !subword_is_byte(character, entry->length) &&
            tn_map_find(&vocab->words, character, entry->length) == TN_MAP_NONE)
            list[count++] = (struct vocab_counted){entry->value, character, entry->length};
    }
    qsort(list, count, sizeof *list, vocab_by_frequency);
    for (size_t i = 0; i < count && status == TN_OK && vocab->words.count < limit; i++)
        status = tn_map_add(&vocab->words, list[i].word, list[i].length, &index, err);
    free(list);
    return status;
}

static enum tn_status add_characters(struct vocab *vocab, const struct vocab_builder *builder,
                                     size_t minimum, size_t limit, struct tn_error *err)
{
    struct tn_map counts = {.count = 0};
    enum tn_status status = count_characters(builder, &counts, err);

    if (status == TN_OK)
        status = add_frequent(vocab, &counts, minimum, limit, err);
    tn_map_finish(&counts);
    return status;
}

/* The words as characters and bytes. */
static enum tn_status spell_words(struct learning *l, const struct vocab_builder *builder,
                                  struct tn_error *err)
{
    const size_t count = builder->tokens.count;
    size_t used = 0, capacity = 0;

    l->words = calloc(count + 1, sizeof *l->words);
    if (!l->words)
        return tn_fail_nomem(err, count * sizeof *l->words);
    for (; l->word_count < count; l->word_count++) {
        const struct tn_map_entry *entry = &builder->tokens.entries[l->word_count];
        struct subword_symbols s;

        subword_symbols_init(&s, l->vocab, tn_map_text(&builder->tokens, l->word_count),
                             entry->length);
        TN_TRY(tn_array_reserve(&l->ids, &capacity, used + s.count, err));
        memcpy(l->ids + used, s.ids, s.count * sizeof *s.ids);
        l->words[l->word_count] = (struct word){entry->value, used, (uint32_t)s.count};
        used += s.count;
    }
    return TN_OK;
}

static enum tn_status learn_merges(struct learning *l, const struct vocab_builder *builder,
                                   size_t minimum, size_t limit, struct tn_error *err)
{
    const struct pair *pair;

    TN_TRY(spell_words(l, builder, err));
    for (size_t word = 0; word < l->word_count; word++)
        TN_TRY(add_pairs(l, word, ANY, err));
    TN_TRY(offer_raised(l, err));
    while (l->vocab->words.count < limit && (pair = take_most_frequent(l, minimum)) != NULL)
        TN_TRY(merge(l, pair, err));
    return TN_OK;
}

enum tn_status subwords_learn(const struct vocab_builder *builder, const struct vocab *base,
                              size_t minimum, size_t limit, struct vocab **ret_vocab,
                              struct tn_error *err)
{
    const size_t ids = limit + VOCAB_FIRST_WORD;
    struct learning l = {.word_count = 0};
    enum tn_status status;

    TN_TRY(vocab_begin(base, &l.vocab, err));
    status = add_bytes(l.vocab, err);
    if (status == TN_OK)
        status = add_characters(l.vocab, builder, minimum, ids, err);
    if (status == TN_OK && !base)
        status = learn_merges(&l, builder, minimum > 2 ? minimum : 2, ids, err);
    if (status == TN_OK)
        status = vocab_complete(l.vocab, err);
    learning_finish(&l);
    if (status == TN_OK)
        *ret_vocab = l.vocab;
    else
        vocab_destroy(l.vocab);
    return status;
}
