/* SPDX-License-Identifier: MIT */
/*
 * Captions of photos that are not there.  Each is given a V that is imagined from its words, and
 * the decoder learns from the pair as from a photo's: what back-translation (Sennrich, Haddow and
 * Birch, "Improving neural machine translation models with monolingual data", ACL 2016) is to
 * translation.
 *
 *   - Neighbouring lines often describe one photo: they are cut into groups by the words they share
 *     (imagine_text.c).
 *   - A ridge regression predicts how V changes with the words of a photo's captions, as tf-idf
 *     (imagine_fit.c).
 *   - A group's V is that of one of the photos whose captions are nearest to the group's, drawn at
 *     random for each view, changed by what their words differ in, and rectified (imagine_draw.c).
 *   - Each dimension is then mapped by rank onto the values that it has in photos, as a decoder
 *     would soon know imagined V from real by how many zeros are in them (imagine_match.c).
 */
#ifndef DATA_IMAGINE_H
#define DATA_IMAGINE_H

#include "base/pool.h"
#include "base/progress.h"
#include "data/photo_features.h"
#include "data/sets/dataset.h"
#include "vocab/tokenize.h"

#include <stdint.h>

struct imagine_options {
    const char *text; /* the file: UTF-8, one caption per line; empty lines are skipped */
    enum vocab_language language;
    uint64_t seed;
    struct tn_progress progress; /* before and during each stage */
};

struct imagine_counts {
    size_t captions, groups;
};

/*
 * Appends a photo called "text:LINE" to the dataset for each group of the text's captions, of split
 * TRAIN, and rows to the features that hold its V, as long as a photo's is on the average.  What is
 * imagined depends on the captions and V of the photos that are trained on, the text and the seed;
 * not on the number of threads.  V is taken to be rectified, as AlexNet's is.
 *
 * Errors, which leave dataset and features as they were: TN_NOTFOUND, TN_IO and TN_FORMAT for the
 * text, with file and line; TN_FORMAT when there are fewer than 20 photos, or captions without a
 * difference or a word in common, to imagine from; TN_NOMEM; TN_CANCELLED.
 */
TN_NODISCARD enum tn_status data_imagine(struct data_set *dataset, struct data_features *features,
                                         const struct imagine_options *options,
                                         struct tn_pool *pool, struct imagine_counts *ret_counts,
                                         struct tn_error *err);
/* Whether the text can be read: its errors, before hours of work. */
TN_NODISCARD enum tn_status data_imagine_check(const char *text, struct tn_error *err);

#endif
