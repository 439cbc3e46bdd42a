/* SPDX-License-Identifier: MIT */
#include "models/captioner/keywords.h"

#include <math.h>

#define MORE_LIKELY_THAN_NOT 0.5

/* Keeps the list in order; what is less probable than a full list's last is passed over. */
static void add(struct keyword_list *list, size_t most, const char *text, double probability)
{
    size_t at = list->count;

    if (list->count < most)
        list->count++;
    else if (at == 0 || list->items[--at].probability >= probability)
        return;
    for (; at > 0 && list->items[at - 1].probability < probability; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = (struct captioner_keyword){text, probability};
}

static bool has(const struct search_hypothesis *h, int word, size_t before)
{
    for (size_t i = 0; i < h->count && i < before; i++)
        if (h->words[i] == word)
            return true;
    return false;
}

/* The part of the captions' probability that those with the word have; 0 where an earlier caption
 * than `rank` has it, and its turn is over. */
static double share(const struct search *search, size_t image, size_t rank, int word)
{
    const size_t count = search_result_count(search, image);
    double with = 0, all = 0;

    for (size_t i = 0; i < count; i++) {
        const struct search_hypothesis h = search_result(search, image, i);
        const bool found = has(&h, word, h.count);

        if (found && i < rank)
            return 0;
        with += found ? exp(h.log_prob) : 0;
        all += exp(h.log_prob);
    }
    return all > 0 ? with / all : 0;
}

void keywords_choose(const struct vocab *vocab, const struct search *search, size_t image,
                     size_t most, struct keyword_list *ret_list)
{
    const double least = most == CAPTIONER_KEYWORDS_AUTO ? MORE_LIKELY_THAN_NOT : 0;
    const size_t count = search_result_count(search, image);

    ret_list->count = 0;
    for (size_t rank = 0; rank < count && most > 0; rank++) {
        const struct search_hypothesis h = search_result(search, image, rank);

        for (size_t i = 0; i < h.count; i++) {
            const double probability =
                has(&h, h.words[i], i) ? 0 : share(search, image, rank, h.words[i]);

            if (probability > least)
                add(ret_list, most < KEYWORDS_MOST ? most : KEYWORDS_MOST,
                    vocab_word(vocab, h.words[i]), probability);
        }
    }
}
