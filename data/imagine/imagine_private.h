/* SPDX-License-Identifier: MIT */
/* The parts of data/imagine/imagine.h. */
#ifndef DATA_IMAGINE_PRIVATE_H
#define DATA_IMAGINE_PRIVATE_H

#include "data/corpus.h"
#include "data/imagine/imagine.h"

/* ---- imagine_bags.c: texts as bags of words ---- */

/* Sparse vectors: entries starts[i] .. starts[i + 1] - 1 are vector i's, by rising id. */
struct imagine_bags {
    size_t count, width; /* ids are below width */
    size_t *starts;      /* [count + 1]; owned, as the others are */
    size_t *ids;
    float *weights;
};
/* out[words] = log(captions / captions with the word), of the corpus; words without the fixed ids.
 */
TN_NODISCARD enum tn_status imagine_idf(const struct data_corpus *corpus, size_t words, float *out,
                                        struct tn_error *err);
/* Vector i is of the captions firsts[i] .. firsts[i + 1] - 1 of the corpus: the share of them that
 * hold a word, times idf[words].  The caller finishes the bags. */
TN_NODISCARD enum tn_status imagine_bags_make(const struct data_corpus *corpus,
                                              const size_t *firsts, size_t count, const float *idf,
                                              size_t words, struct imagine_bags *ret_bags,
                                              struct tn_error *err);
/* The transpose, of vectors brought to length 1: for each word, the vectors that hold it. */
TN_NODISCARD enum tn_status imagine_bags_turn(const struct imagine_bags *bags,
                                              struct imagine_bags *ret_turned,
                                              struct tn_error *err);
/* Fine on zeroed bags. */
void imagine_bags_finish(struct imagine_bags *bags);

/* ---- imagine_text.c: lines and groups of them ---- */

enum { IMAGINE_LONGEST_GROUP = 5 };

/* The file's captions as a dataset (zeroed) of a photo each, called "text:LINE", of split TRAIN.
 * The caller finishes it, in every case. */
TN_NODISCARD enum tn_status imagine_read_lines(const char *path, struct data_set *dataset,
                                               struct tn_error *err);
/* Cuts vectors into groups of 1 to IMAGINE_LONGEST_GROUP neighbours: starts[*ret_groups + 1], with
 * room for count + 1. */
TN_NODISCARD enum tn_status imagine_cut(const struct imagine_bags *lines, size_t *starts,
                                        size_t *ret_groups, struct tn_error *err);

/* ---- imagine_fit.c: from words to V ---- */

/* The photos that are learnt from, each view brought to the mean length of all. */
struct imagine_photos {
    const struct data_features *features; /* borrowed */
    const size_t *photos;                 /* [count]: numbers in features; borrowed */
    size_t count;
    float length;  /* mean over the views */
    float *scales; /* [count][views]; owned: freed by the caller */
};
TN_NODISCARD enum tn_status imagine_photos_init(struct imagine_photos *photos,
                                                const struct data_features *features,
                                                const size_t *numbers, size_t count,
                                                struct tn_error *err);
/* out[count] = values first .. first + count - 1 of a view. */
void imagine_photos_view(const struct imagine_photos *photos, size_t photo, size_t view,
                         size_t first, size_t count, float *out);
/* a[words][width]: V - mean of V = A' (x - mean of x), least squares with a ridge, where V is the
 * mean over a photo's views and x its vector.  Errors: TN_FORMAT when all x are alike, TN_NOMEM. */
TN_NODISCARD enum tn_status imagine_fit(const struct imagine_photos *photos,
                                        const struct imagine_bags *bags, struct tn_pool *pool,
                                        float *a, struct tn_error *err);

/* ---- imagine_draw.c: V of groups ---- */

enum { IMAGINE_NEAREST = 8 };

struct imagine_draw {
    const struct imagine_photos *photos;
    const struct imagine_bags *photo_bags, *turned, *groups; /* turned: photo_bags, turned */
    const float *a;
    uint64_t seed;
    uint16_t *values; /* [groups][views][width] binary16: what is drawn */
};
TN_NODISCARD enum tn_status imagine_draw(const struct imagine_draw *draw,
                                         const struct imagine_options *options,
                                         struct tn_pool *pool, struct tn_error *err);

/* ---- imagine_match.c: values as photos have them ---- */

/* Maps values[count][width], binary16 and not negative, onto those of the photos' views, dimension
 * by dimension and by rank; equal ones are ranked at random. */
TN_NODISCARD enum tn_status imagine_match(const struct imagine_photos *photos, uint16_t *values,
                                          size_t count, const struct imagine_options *options,
                                          struct tn_pool *pool, struct tn_error *err);

/* Reports what is being done; TN_CANCELLED when it is not to go on. */
TN_NODISCARD enum tn_status imagine_progress(const struct imagine_options *options,
                                             const char *doing, size_t done, size_t count,
                                             struct tn_error *err);

#endif
