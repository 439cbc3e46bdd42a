/* SPDX-License-Identifier: MIT */
#include "models/captioner/keywords.h"

#include "base/map.h"
#include "metrics/ngrams.h"
#include "models/captioner/keyword_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Fitted to Flickr8k's dev photos with the shipped model. */
static const float usual_weights[KEYWORDS_WEIGHTS] = {0.24F, 1.24F};

/* A keyword of the consensus. */
struct entry {
    size_t first, end; /* the photos of which it is said: of keywords->photos */
    double share;      /* how many these are, before V is looked at */
    bool known;        /* by keyword_words */
};

struct keywords {
    const struct vocab *vocab;
    const struct consensus *consensus;
    struct keyword_words *words;
    float weights[KEYWORDS_WEIGHTS];
    struct tn_map names; /* of the entries */
    struct entry *entries;
    uint16_t *photos;
    double *evidence;     /* [entries], of the photo at hand */
    unsigned char *marks; /* [consensus' photos]: those of the words at hand */
};

/* ---- What the consensus knows ---- */

/* That an n-gram's photos are an entry's, or that they are not: what stands apart takes the photos
 * from its words. */
struct link {
    size_t entry, gram;
    bool apart;
};

/* While the entries are made. */
struct making {
    struct keywords *keywords;
    struct link *links; /* at most 3 per n-gram */
    size_t count;
};

/* By entry, those that take photos away last. */
static int by_entry(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->entry != y->entry)
        return x->entry < y->entry ? -1 : 1;
    return (int)x->apart - (int)y->apart;
}

static enum tn_status add_link(struct making *making, const char *name, size_t gram, bool apart,
                               struct tn_error *err)
{
    struct link link = {.gram = gram, .apart = apart};

    TN_TRY(tn_map_add(&making->keywords->names, name, strlen(name), &link.entry, err));
    making->links[making->count++] = link;
    return TN_OK;
}

/* NULL for an id that no word has. */
static const char *word_of(const struct keywords *keywords, uint64_t id)
{
    const bool there = id >= VOCAB_FIRST_WORD && id < vocab_count(keywords->vocab);

    return there ? vocab_word(keywords->vocab, (int)id) : NULL;
}

static enum tn_status add_word(struct making *making, const char *text, size_t gram,
                               struct tn_error *err)
{
    struct keyword_word word = {.name = text};

    keyword_words_find(making->keywords->words, text, strlen(text), &word);
    return word.name ? add_link(making, word.name, gram, false, err) : TN_OK;
}

/* Only those that are known. */
static enum tn_status add_two(struct making *making, const char *const *texts, size_t gram,
                              struct tn_error *err)
{
    const struct keyword_words *words = making->keywords->words;
    struct keyword_word both, word;

    if (!keyword_words_find_two(words, texts[0], texts[1], &both) || !both.name)
        return TN_OK;
    TN_TRY(add_link(making, both.name, gram, false, err));
    for (size_t i = 0; i < 2 && both.apart; i++)
        if (keyword_words_find(words, texts[i], strlen(texts[i]), &word) && word.name &&
            strcmp(word.name, both.name) != 0)
            TN_TRY(add_link(making, word.name, gram, true, err));
    return TN_OK;
}

static enum tn_status link_grams(struct making *making, struct tn_error *err)
{
    const struct consensus *c = making->keywords->consensus;

    for (size_t gram = 0; gram < c->grams; gram++) {
        const uint64_t key = (uint64_t)c->keys[gram];
        const size_t n = ngram_order(key);
        const char *const texts[] = {word_of(making->keywords, key >> 48),
                                     word_of(making->keywords, key >> 32 & 0xFFFF)};

        if (n == 1 && texts[0])
            TN_TRY(add_word(making, texts[0], gram, err));
        else if (n == 2 && texts[0] && texts[1])
            TN_TRY(add_two(making, texts, gram, err));
    }
    qsort(making->links, making->count, sizeof *making->links, by_entry);
    return TN_OK;
}

/* The photos of an entry, from what is linked to it. */
static void fill_entry(struct making *making, const struct link *links, size_t count, size_t first)
{
    struct keywords *keywords = making->keywords;
    const struct consensus *c = keywords->consensus;
    struct entry *entry = &keywords->entries[links->entry];
    struct keyword_word word;
    const char *name = tn_map_text(&keywords->names, links->entry);

    memset(keywords->marks, 0, c->photos.rows);
    for (size_t i = 0; i < count; i++)
        for (int32_t j = c->starts[links[i].gram]; j < c->starts[links[i].gram + 1]; j++)
            keywords->marks[consensus_posting_photo(c->postings, (size_t)j)] = !links[i].apart;
    *entry = (struct entry){.first = first, .end = first};
    for (size_t photo = 0; photo < c->photos.rows; photo++)
        if (keywords->marks[photo]) {
            keywords->photos[entry->end++] = (uint16_t)photo;
            entry->share += (double)c->shares[photo];
        }
    entry->known = keyword_words_find(keywords->words, name, strlen(name), &word) && word.name;
}

static enum tn_status fill_entries(struct making *making, struct tn_error *err)
{
    struct keywords *k = making->keywords;
    const struct consensus *c = k->consensus;
    size_t photos = 0, first = 0, length;

    for (size_t i = 0; i < making->count; i++)
        photos += (size_t)(c->starts[making->links[i].gram + 1] - c->starts[making->links[i].gram]);
    k->entries = calloc(k->names.count + 1, sizeof *k->entries);
    k->evidence = calloc(k->names.count + 1, sizeof *k->evidence);
    k->photos = malloc((photos + 1) * sizeof *k->photos);
    k->marks = malloc(c->photos.rows + 1);
    if (!k->entries || !k->evidence || !k->photos || !k->marks)
        return tn_fail_nomem(err, photos * sizeof *k->photos);
    for (size_t i = 0; i < making->count; i += length) {
        const struct link *links = making->links + i;

        for (length = 1; i + length < making->count && links[length].entry == links->entry;)
            length++;
        fill_entry(making, links, length, first);
        first = k->entries[links->entry].end;
    }
    return TN_OK;
}

static enum tn_status make_entries(struct keywords *keywords, struct tn_error *err)
{
    struct making making = {.keywords = keywords};
    enum tn_status status;

    making.links = malloc((3 * keywords->consensus->grams + 1) * sizeof *making.links);
    status = making.links
                 ? link_grams(&making, err)
                 : tn_fail_nomem(err, keywords->consensus->grams * 3 * sizeof *making.links);
    if (status == TN_OK)
        status = fill_entries(&making, err);
    free(making.links);
    return status;
}

enum tn_status keywords_create(const char *language, const struct vocab *vocab,
                               const struct consensus *consensus, const float *weights,
                               struct keywords **ret_keywords, struct tn_error *err)
{
    struct keywords *keywords = calloc(1, sizeof *keywords);
    enum tn_status status;

    if (!keywords)
        return tn_fail_nomem(err, sizeof *keywords);
    keywords->vocab = vocab;
    keywords->consensus = consensus;
    memcpy(keywords->weights, weights ? weights : usual_weights, sizeof keywords->weights);
    status = keyword_words_create(language, &keywords->words, err);
    if (status == TN_OK)
        status = make_entries(keywords, err);
    if (status == TN_OK)
        *ret_keywords = keywords;
    else
        keywords_destroy(keywords);
    return status;
}

void keywords_destroy(struct keywords *keywords)
{
    if (!keywords)
        return;
    keyword_words_destroy(keywords->words);
    tn_map_finish(&keywords->names);
    free(keywords->entries);
    free(keywords->photos);
    free(keywords->evidence);
    free(keywords->marks);
    free(keywords);
}

size_t keywords_count(const struct keywords *keywords)
{
    return keywords->names.count;
}

const char *keywords_text(const struct keywords *keywords, size_t keyword)
{
    return tn_map_text(&keywords->names, keyword);
}

/* ---- Lists ---- */

static size_t room(size_t most)
{
    return most < KEYWORDS_MOST ? most : KEYWORDS_MOST;
}

static size_t find_text(const struct keyword_list *list, const char *text)
{
    size_t at = 0;

    while (at < list->count && strcmp(list->items[at].text, text) != 0)
        at++;
    return at;
}

/* Adds to a list, in order; of what it has already the larger probability counts, and what is less
 * probable than the last of a full one is passed over. */
static void add(struct keyword_list *list, size_t most, const char *text, double probability)
{
    size_t at = find_text(list, text);

    if (!(probability > (most == CAPTIONER_KEYWORDS_AUTO ? KEYWORDS_LIKELY : 0)))
        return;
    if (at < list->count) {
        if (list->items[at].probability >= probability)
            return;
    } else if (list->count < room(most))
        list->count++;
    else if (at == 0 || list->items[--at].probability >= probability)
        return;
    for (; at > 0 && list->items[at - 1].probability < probability; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = (struct captioner_keyword){text, probability};
}

/* ---- By a consensus ---- */

static double log_odds(double e)
{
    return log(fmin(e, 1 - KEYWORDS_LEAST) / (1 - fmin(e, 1 - KEYWORDS_LEAST)));
}

void keywords_look(const struct keywords *keywords, const float *photo_weights, double *evidence)
{
    for (size_t k = 0; k < keywords->names.count; k++) {
        const struct entry *entry = &keywords->entries[k];
        double e = 0;

        for (size_t i = entry->first; i < entry->end; i++)
            e += (double)photo_weights[keywords->photos[i]];
        evidence[k] = log_odds(e);
        if (!(e >= KEYWORDS_LEAST) || (!entry->known && (entry->share > KEYWORDS_COMMON ||
                                                         e < KEYWORDS_OUTSTANDING * entry->share)))
            evidence[k] = (double)NAN;
    }
}

const float *keywords_weights(const struct keywords *keywords)
{
    return keywords->weights;
}

double keywords_probability(const float *weights, double evidence)
{
    return 1 / (1 + exp(-((double)weights[0] + (double)weights[1] * evidence)));
}

void keywords_expect(struct keywords *keywords, const float *photo_weights, double photo,
                     size_t most, struct keyword_list *ret_list)
{
    ret_list->count = 0;
    keywords_look(keywords, photo_weights, keywords->evidence);
    for (size_t k = 0; k < keywords->names.count; k++)
        if (!isnan(keywords->evidence[k]))
            add(ret_list, most, keywords_text(keywords, k),
                photo * keywords_probability(keywords->weights, keywords->evidence[k]));
}

/* ---- Of sentences ---- */

/* Whether a word that is not known may be a keyword: the consensus does not find it everywhere. */
static bool is_rare(const struct keywords *keywords, const char *text)
{
    const size_t k = tn_map_find(&keywords->names, text, strlen(text));

    return k == TN_MAP_NONE || keywords->entries[k].share <= KEYWORDS_COMMON;
}

/* The keyword of one word, NULL where it is none. */
static const char *name_of(const struct keywords *keywords, const char *token)
{
    struct keyword_word word;

    if (keyword_words_find(keywords->words, token, strlen(token), &word))
        return word.name;
    return is_rare(keywords, token) ? token : NULL;
}

/* The evidence of what is said of the photos of a word that are not marked yet; marks them. */
static double take_unmarked(struct keywords *keywords, const float *photo_weights, const char *word)
{
    const char *name = name_of(keywords, word);
    const size_t k = name ? tn_map_find(&keywords->names, name, strlen(name)) : TN_MAP_NONE;
    double e = 0;

    if (k == TN_MAP_NONE)
        return 0;
    for (size_t i = keywords->entries[k].first; i < keywords->entries[k].end; i++) {
        const size_t photo = keywords->photos[i];

        e += keywords->marks[photo] ? 0 : (double)photo_weights[photo];
        keywords->marks[photo] = 1;
    }
    return e;
}

double keywords_any(struct keywords *keywords, const float *photo_weights, const char *const *words,
                    size_t count)
{
    double e = 0;

    memset(keywords->marks, 0, keywords->consensus->photos.rows);
    for (size_t i = 0; i < count; i++)
        e += take_unmarked(keywords, photo_weights, words[i]);
    return e >= KEYWORDS_LEAST ? keywords_probability(keywords->weights, log_odds(e)) : 0;
}

/* Of keywords in "-ing" most say what somebody does, so all count as that. */
static bool is_thing(const struct keywords *keywords, const char *word)
{
    const char *name = name_of(keywords, word);
    const size_t length = name ? strlen(name) : 0;

    return name && (length < 3 || strcmp(name + length - 3, "ing") != 0);
}

bool keywords_join(const struct keywords *keywords, const char *first, const char *second)
{
    struct keyword_word both;

    return keyword_words_find_two(keywords->words, first, second, &both) ||
           (is_thing(keywords, first) && is_thing(keywords, second));
}

size_t keywords_said(const struct keywords *keywords, const char *const *tokens, size_t count,
                     const char **texts)
{
    size_t said = 0, step;

    for (size_t i = 0; i < count; i += step) {
        struct keyword_word both = {.name = NULL};
        const char *name = name_of(keywords, tokens[i]);

        if (i + 1 < count)
            keyword_words_find_two(keywords->words, tokens[i], tokens[i + 1], &both);
        step = both.apart ? 2 : 1;
        if (both.name)
            texts[said++] = both.name;
        if (name && !both.apart)
            texts[said++] = name;
    }
    return said;
}

void keywords_take(const struct keywords *keywords, const int *words, size_t count,
                   double confidence, size_t most, struct keyword_list *list)
{
    const char *tokens[KEYWORDS_LONGEST], *texts[2 * KEYWORDS_LONGEST];
    size_t said;

    count = count < KEYWORDS_LONGEST ? count : KEYWORDS_LONGEST;
    for (size_t i = 0; i < count; i++)
        tokens[i] = vocab_word(keywords->vocab, words[i]);
    said = keywords_said(keywords, tokens, count, texts);
    for (size_t i = 0; i < said; i++)
        add(list, most, texts[i], confidence);
}
