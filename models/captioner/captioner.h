/* SPDX-License-Identifier: MIT */
/*
 * libcaption: sentences for photos.  This header stands alone; docs/example.c is a whole program.
 *
 *     struct captioner *captioner;
 *     struct captioner_result *result;
 *     struct captioner_photo photo = {.path = "photo.jpg"};
 *     if (captioner_load("model.safetensors", NULL, &captioner, &error) == CAPTIONER_OK &&
 *         captioner_caption(captioner, &photo, NULL, &result, &error) == CAPTIONER_OK)
 *         puts(result->captions[0].text);
 *
 * Functions that can fail return CAPTIONER_OK (0) or another status.  Where the caller gives a
 * struct captioner_error, they write a sentence that names the file and what is wrong with it.
 * Outputs are written only on success; in an array of results, NULL is what failed.  The library
 * prints nothing and never exits.  Several threads may use a captioner each, but not the same one
 * at a time.
 */
#ifndef MODELS_CAPTIONER_H
#define MODELS_CAPTIONER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CAPTIONER_API __attribute__((visibility("default")))
#else
#define CAPTIONER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum captioner_status {
    CAPTIONER_OK,
    CAPTIONER_NOMEM,       /* out of memory */
    CAPTIONER_IO,          /* a file cannot be read */
    CAPTIONER_FORMAT,      /* a file is malformed, truncated or of another kind */
    CAPTIONER_VERSION,     /* the model file is newer than this library */
    CAPTIONER_SHAPE,       /* the model file's tensors do not fit together */
    CAPTIONER_RANGE,       /* an option or a picture is out of range */
    CAPTIONER_NOTFOUND,    /* no such file, or no such language in the model */
    CAPTIONER_UNSUPPORTED, /* a picture format that this build does not read */
    CAPTIONER_CANCELLED
};

struct captioner_error {
    enum captioner_status status;
    char text[512]; /* lower case, no full stop: "photo.jpg: No such file or directory" */
};

/* Zero members mean their defaults, so {0} or NULL will do. */
struct captioner_options {
    size_t threads;       /* default: one per core that the process may use; at most 16, or
                             four per core where that is more */
    size_t max_batch;     /* photos that pass through the network together; default 1 */
    size_t max_pixels;    /* refuse larger pictures; default 250 million */
    const char *language; /* default: the model file's first; borrowed for the call */
    int vectors; /* non-zero: no photos will be given, only features.  A model will do, then, that
                    was trained on vectors of another network and cannot look at photos; unless it
                    is 2: the features are those that the model's own encoder makes */
};

/* How to write; start from CAPTIONER_WRITING_DEFAULT.  NULL means the same. */
struct captioner_writing {
    size_t beam;      /* unfinished captions that the search keeps, to 64; 0: the model's way */
    size_t best;      /* captions per photo, to 64; the search keeps at least as many */
    size_t max_words; /* 1 to 64 */
    float length_exponent; /* captions compare by log-probability / length^this */
    int allow_repeats;     /* non-zero: allow "a dog dog" and "a man a man" */
    int sample;            /* non-zero: draw `best` captions at random instead of searching */
    float temperature;     /* sampling: above 0; below 1 likely words become likelier */
    size_t top_k;          /* sampling: only the k most probable words, up to 1024; 0: all */
    float top_p;           /* sampling: of these, by the temperature, only the most probable words
                              that together have this share of the probability; 0 or 1: all */
    uint64_t seed;         /* sampling: equal seeds draw equal captions */
    const char *const *forbidden; /* words that no caption and no keyword has, in any case; a text
                                     of several forbids them in a row; borrowed for the call */
    size_t forbidden_count;
    size_t keywords; /* the most probable, at most 64 per photo; 0: none; CAPTIONER_KEYWORDS_AUTO:
                        those with a probability above 0.4 */
    float plain; /* above 0 and below 1: a noun that people use with a smaller probability becomes
                    the word of its class where the class reaches it: "an animal" for "a dog".  0:
                    none does.  English, of a model with a consensus (docs/confidence.md) */
    float differ; /* searching, with more captions than one: how much they differ, to 10.  0: they
                     are the best of one search, which differ in few words (docs/outputs.md) */
};

#define CAPTIONER_KEYWORDS_AUTO SIZE_MAX

#define CAPTIONER_USUAL_WORDS 20
#define CAPTIONER_USUAL_EXPONENT 0.7F
#define CAPTIONER_USUAL_DIFFER 0.5F
#define CAPTIONER_WRITING_DEFAULT                                                                  \
    {                                                                                              \
        .best = 1, .max_words = CAPTIONER_USUAL_WORDS,                                             \
        .length_exponent = CAPTIONER_USUAL_EXPONENT, .temperature = 1,                             \
        .differ = CAPTIONER_USUAL_DIFFER                                                           \
    }

/* A photo: a file, or a file's bytes, or pixels.  Borrowed for the call. */
struct captioner_photo {
    const char *path;         /* the file; with bytes: the name for messages, may be NULL */
    const void *bytes;        /* a picture file in memory, `size` bytes */
    size_t size;              /* of bytes */
    const unsigned char *rgb; /* upright pixels, 8-bit RGB, [height][width][3] */
    size_t width, height;     /* of rgb */
};

struct captioner_word {
    const char *text;
    float log_prob; /* natural logarithm of its probability where it stands */
};

struct captioner_caption {
    const char *text;                   /* "a dog runs through the grass", UTF-8 */
    const struct captioner_word *words; /* [word_count], as in the vocabulary; as they were found,
                                           whatever `plain` makes of them in the text */
    size_t word_count;
    double log_prob;     /* of the whole caption, its end counted */
    double end_log_prob; /* of ending there */
    /* 0 to 1.  Of a calibrated model (it has the metadata "decoder.<language>.calibration"): an
     * estimate of the share of the caption's words that somebody would use about the photo,
     * weighted by how rare they are.  Else the geometric mean of the probabilities of its words and
     * end. */
    double confidence;
};

struct captioner_keyword {
    const char *text;   /* "dog", UTF-8 */
    double probability; /* that at least one of several people who describe the photo uses it */
};

struct captioner_result {
    size_t count; /* 1 to `best`; the best first, without those that `plain` makes the same */
    const struct captioner_caption *captions;
    /* The most probable first.  Of a model without a consensus they are the captions' words, each
     * as probable as its caption is confident. */
    size_t keyword_count;
    const struct captioner_keyword *keywords;
    /* Non-zero: the picture is hardly a photo of anything (a page of text, a plot, a blank wall),
     * and its captions mean nothing.  Only a calibrated model knows. */
    int not_a_photo;
};

struct captioner;

/* Opens a model file.  The caller destroys the captioner (NULL is fine). */
CAPTIONER_API enum captioner_status captioner_load(const char *path,
                                                   const struct captioner_options *options,
                                                   struct captioner **ret_captioner,
                                                   struct captioner_error *error);
CAPTIONER_API void captioner_destroy(struct captioner *captioner);

/* Captions one photo.  The caller destroys the result. */
CAPTIONER_API enum captioner_status captioner_caption(struct captioner *captioner,
                                                      const struct captioner_photo *photo,
                                                      const struct captioner_writing *writing,
                                                      struct captioner_result **ret_result,
                                                      struct captioner_error *error);

/*
 * Captions any number of photos, max_batch at a time.  results[count] receives a result for each,
 * which the caller destroys, or NULL where the photo cannot be read; errors[count] (or NULL) names
 * the reason. Returns CAPTIONER_OK when the batch was worked through, whatever became of its
 * photos; otherwise (no memory, options out of range) all results are NULL and *error names the
 * reason.
 */
CAPTIONER_API enum captioner_status
captioner_caption_batch(struct captioner *captioner, const struct captioner_photo *photos,
                        size_t count, const struct captioner_writing *writing,
                        struct captioner_result **results, struct captioner_error *errors,
                        struct captioner_error *error);
CAPTIONER_API void captioner_result_destroy(struct captioner_result *result);

/* The two halves.  features[count][captioner_feature_count()] are V, the encoder's last layer,
 * unscaled, the mean over photo and mirror image for a decoder that was trained so; read[i] becomes
 * 1 where photo i could be read and 0 (its features zeros) where not. */
CAPTIONER_API enum captioner_status
captioner_features(struct captioner *captioner, const struct captioner_photo *photos, size_t count,
                   float *features, unsigned char *read, struct captioner_error *errors,
                   struct captioner_error *error);
CAPTIONER_API enum captioner_status
captioner_caption_features(struct captioner *captioner, const float *features, size_t count,
                           const struct captioner_writing *writing,
                           struct captioner_result **results, struct captioner_error *error);

/*
 * How well a text fits photos of which features[count][captioner_feature_count()] are V:
 * scores[count] are natural logarithms of how many times as probable each photo makes the text's
 * words as a photo that nothing is known of.  They order photos for a text, as `caption search`
 * does, and need not be comparable between texts (docs/search.md).  Words that the model does not
 * know count nothing.  Errors: CAPTIONER_NOTFOUND for a text without words, CAPTIONER_NOMEM.
 */
CAPTIONER_API enum captioner_status
captioner_score_features(struct captioner *captioner, const float *features, size_t count,
                         const char *text, float *scores, struct captioner_error *error);

/* A map has so many cells along each side of the photo. */
enum { CAPTIONER_MAP_SIDE = 15 };

/* Reports how far a long call is; returns 0 to end it with CAPTIONER_CANCELLED. */
struct captioner_progress {
    int (*go_on)(void *context, size_t done, size_t total);
    void *context;
};

/*
 * Which parts of a photo drove each word of a caption (docs/explain.md).
 * maps[word_count][side][side], rows from the top, is the caller's; with side = CAPTIONER_MAP_SIDE,
 *
 *     maps[t][y][x] = log p(words[t] | the words before it, the photo)
 *                   - log p(words[t] | the words before it, the photo with a window hidden)
 *
 * where the window lies around the point ((x + 0.5) / side, (y + 0.5) / side) of the photo's width
 * and height: by how much, in natural logarithms, the word gets less probable; below 0 where it
 * gets more probable.  Each is the mean for two windows, a fifth and a third of the photo's sides.
 *
 * The caption need not be the model's own for the photo: any words of its vocabulary will do.  The
 * photo passes through the network 451 times, max_batch of them together: 32 is much faster than 1
 * and gives the same maps.  progress may be NULL.  Errors: as captioner_caption; CAPTIONER_NOTFOUND
 * for a word that is not in the vocabulary, CAPTIONER_RANGE for no word or more than 64.
 */
CAPTIONER_API enum captioner_status captioner_explain(struct captioner *captioner,
                                                      const struct captioner_photo *photo,
                                                      const struct captioner_caption *caption,
                                                      const struct captioner_progress *progress,
                                                      float *maps, struct captioner_error *error);

/* About the model; texts are borrowed until captioner_destroy. */
CAPTIONER_API size_t captioner_feature_count(const struct captioner *captioner);
CAPTIONER_API size_t captioner_vocabulary_size(const struct captioner *captioner); /* words */
/* Whether a caption could have the word, or the words in a row.  CAPTIONER_NOTFOUND: it could not,
 * and *error says why; CAPTIONER_NOMEM. */
CAPTIONER_API enum captioner_status captioner_check_words(const struct captioner *captioner,
                                                          const char *text,
                                                          struct captioner_error *error);
CAPTIONER_API const char *captioner_cell(const struct captioner *captioner);       /* "lstm" */
CAPTIONER_API const char *
captioner_language(const struct captioner *captioner); /* the one in use */
/* How many views of a photo V is the mean of: 2 with its mirror image. */
CAPTIONER_API size_t captioner_views(const struct captioner *captioner);
/* The languages in the file: NULL from language_count on. */
CAPTIONER_API const char *captioner_language_at(const struct captioner *captioner, size_t index);
/* An entry of the model file's metadata (docs/format.md), NULL when there is none; and all of them,
 * 0 when index is beyond the last. */
CAPTIONER_API const char *captioner_metadata(const struct captioner *captioner, const char *key);
/* 16 hexadecimal digits that tell model files apart: a hash of the file's header and size. */
CAPTIONER_API const char *captioner_fingerprint(const struct captioner *captioner);
CAPTIONER_API int captioner_metadata_at(const struct captioner *captioner, size_t index,
                                        const char **ret_key, const char **ret_value);

#ifdef __cplusplus
}
#endif

#endif
