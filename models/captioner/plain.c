/* SPDX-License-Identifier: MIT */
#include "models/captioner/plain.h"

#include <string.h>

/* ---- Classes ---- */

/* What nouns have in common.  Nouns stand in pairs of singular and plural, and end in NULL; the
 * first is the class' own word.  Words that mean other things as often (a "chicken" on a plate), or
 * are their own plural ("sheep"), are left out. */
struct plain_class {
    const struct plain_class *above; /* NULL: none */
    const char *const *nouns;
};

enum { MOST_WORDS = 256 /* of a class and those below it */ };

#define NOUNS (const char *const[])

/* clang-format off */
static const struct plain_class people = {NULL, NOUNS{
    "person", "people", "man", "men", "woman", "women", "guy", "guys", "lady", "ladies",
    "gentleman", "gentlemen", "player", "players", "skier", "skiers", "snowboarder", "snowboarders",
    "skateboarder", "skateboarders", "surfer", "surfers", "skater", "skaters", "cyclist",
    "cyclists", "bicyclist", "bicyclists", "motorcyclist", "motorcyclists", "rider", "riders",
    "climber", "climbers", "hiker", "hikers", "runner", "runners", "swimmer", "swimmers", "dancer",
    "dancers", "singer", "singers", "musician", "musicians", "performer", "performers", "worker",
    "workers", "policeman", "policemen", "soldier", "soldiers", "fisherman", "fishermen", "cowboy",
    "cowboys", "athlete", "athletes", "gymnast", "gymnasts", "photographer", "photographers",
    "biker", "bikers", NULL}};
static const struct plain_class children = {&people, NOUNS{
    "child", "children", "boy", "boys", "girl", "girls", "kid", "kids", "baby", "babies", "toddler",
    "toddlers", "infant", "infants", NULL}};
static const struct plain_class animals = {NULL, NOUNS{
    "animal", "animals", "cat", "cats", "kitten", "kittens", "horse", "horses", "pony", "ponies",
    "cow", "cows", "bull", "bulls", "goat", "goats", "elephant", "elephants", "giraffe", "giraffes",
    "zebra", "zebras", "bear", "bears", "pig", "pigs", "rabbit", "rabbits", "camel", "camels",
    "donkey", "donkeys", "lion", "lions", "tiger", "tigers", "monkey", "monkeys", "squirrel",
    "squirrels", NULL}};
static const struct plain_class dogs = {&animals, NOUNS{
    "dog", "dogs", "puppy", "puppies", NULL}};
static const struct plain_class birds = {&animals, NOUNS{
    "bird", "birds", "duck", "ducks", "goose", "geese", "seagull", "seagulls", "pigeon", "pigeons",
    "swan", "swans", "parrot", "parrots", "penguin", "penguins", "owl", "owls", NULL}};
static const struct plain_class vehicles = {NULL, NOUNS{
    "vehicle", "vehicles", "car", "cars", "truck", "trucks", "bus", "buses", "van", "vans", "taxi",
    "taxis", "jeep", "jeeps", "ambulance", "ambulances", "tractor", "tractors", "trolley",
    "trolleys", NULL}};
static const struct plain_class bikes = {&vehicles, NOUNS{
    "bike", "bikes", "bicycle", "bicycles", "motorcycle", "motorcycles", "motorbike", "motorbikes",
    "scooter", "scooters", NULL}};
static const struct plain_class boats = {NULL, NOUNS{
    "boat", "boats", "canoe", "canoes", "kayak", "kayaks", "raft", "rafts", "sailboat", "sailboats",
    "ship", "ships", "ferry", "ferries", "yacht", "yachts", NULL}};
static const struct plain_class buildings = {NULL, NOUNS{
    "building", "buildings", "house", "houses", "store", "stores", "shop", "shops", "skyscraper",
    "skyscrapers", "church", "churches", "barn", "barns", "hotel", "hotels", "castle", "castles",
    "temple", "temples", NULL}};
static const struct plain_class seats = {NULL, NOUNS{
    "seat", "seats", "bench", "benches", "chair", "chairs", "couch", "couches", "sofa", "sofas",
    "stool", "stools", "armchair", "armchairs", NULL}};
static const struct plain_class instruments = {NULL, NOUNS{
    "instrument", "instruments", "guitar", "guitars", "drum", "drums", "violin", "violins",
    "trumpet", "trumpets", "saxophone", "saxophones", "piano", "pianos", "accordion", "accordions",
    "cello", "cellos", NULL}};
/* clang-format on */

static const struct plain_class *const classes[] = {&people,    &children, &animals,    &dogs,
                                                    &birds,     &vehicles, &bikes,      &boats,
                                                    &buildings, &seats,    &instruments};
enum { CLASSES = sizeof classes / sizeof classes[0] };

bool plain_is_known(const char *language)
{
    return strcmp(language, "en") == 0;
}

const char *const *plain_nouns(size_t class)
{
    return class < CLASSES ? classes[class]->nouns : NULL;
}

/* Where a word stands among the classes. */
struct noun {
    const struct plain_class *in; /* NULL: nowhere */
    const char *const *pair;      /* its singular and plural */
    bool many;
};

static struct noun find_noun(const char *word)
{
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t i = 0; classes[c]->nouns[i]; i++)
            if (strcmp(word, classes[c]->nouns[i]) == 0)
                return (struct noun){classes[c], classes[c]->nouns + i - i % 2, i % 2 == 1};
    return (struct noun){NULL, NULL, false};
}

static bool is_within(const struct plain_class *class, const struct plain_class *outer)
{
    while (class && class != outer)
        class = class->above;
    return class != NULL;
}

/* ---- Probabilities ---- */

static double probability_of(const struct plain *plain, const char *const *words, size_t count)
{
    return plain->photo * keywords_any(plain->keywords, plain->photo_weights, words, count);
}

static double probability_of_class(const struct plain *plain, const struct plain_class *class)
{
    const char *words[MOST_WORDS];
    size_t count = 0;

    for (size_t c = 0; c < CLASSES; c++)
        for (size_t i = 0; classes[c]->nouns[i] && is_within(classes[c], class); i++)
            words[count++] = classes[c]->nouns[i];
    return probability_of(plain, words, count);
}

/* ---- Captions ---- */

static const char *word_at(const struct plain *plain, const int *words, size_t i)
{
    return vocab_word(plain->vocab, words[i]);
}

/* Whether the word before or behind a noun is one, too, or makes another thing of it. */
static bool is_compound(const struct plain *plain, const int *words, size_t count, size_t at)
{
    const char *noun = word_at(plain, words, at);
    const char *before = at > 0 ? word_at(plain, words, at - 1) : NULL;
    const char *behind = at + 1 < count ? word_at(plain, words, at + 1) : NULL;

    return (before && keywords_join(plain->keywords, before, noun)) ||
           (behind && keywords_join(plain->keywords, noun, behind));
}

/* Whether the caption has another noun of a class. */
static bool has_another(const struct plain *plain, const int *words, size_t count, size_t at,
                        const struct plain_class *class)
{
    bool found = false;

    for (size_t i = 0; i < count; i++)
        found |= i != at && is_within(find_noun(word_at(plain, words, i)).in, class);
    return found;
}

static bool is_here(const int *words, size_t count, const struct search_phrase *phrase)
{
    bool found = false;

    for (size_t i = 0; i + phrase->count <= count; i++)
        found |= memcmp(words + i, phrase->words, phrase->count * sizeof *words) == 0;
    return found;
}

static bool is_forbidden(const struct plain *plain, const int *words, size_t count)
{
    bool found = false;

    for (size_t i = 0; i < plain->forbidden_count; i++)
        found |= is_here(words, count, &plain->forbidden[i]);
    return found;
}

static int id_of(const struct plain *plain, const char *word)
{
    return vocab_id(plain->vocab, word, strlen(word));
}

/* Writes the word in the place of a noun, and the article before it as the word wants it; false,
 * with nothing changed, where the caption cannot have them. */
static bool put_word(const struct plain *plain, int *words, size_t count, size_t at,
                     const char *word)
{
    const char *before = at > 0 ? word_at(plain, words, at - 1) : "";
    const bool article = strcmp(before, "a") == 0 || strcmp(before, "an") == 0;
    const int new[] = {id_of(plain, strchr("aeiou", word[0]) ? "an" : "a"), id_of(plain, word)};
    const size_t changed = article ? 2 : 1;
    int *place = words + at + 1 - changed, old[2];

    if (new[1] < VOCAB_FIRST_WORD || (article && new[0] < VOCAB_FIRST_WORD))
        return false;
    memcpy(old, place, changed * sizeof *old);
    memcpy(place, new + 2 - changed, changed * sizeof *new);
    if (!is_forbidden(plain, words, count))
        return true;
    memcpy(place, old, changed * sizeof *old);
    return false;
}

/* "A little person" is no child. */
static bool reads_otherwise(const struct plain *plain, const int *words, size_t at,
                            const struct plain_class *class)
{
    return class == &people && at > 0 && strcmp(word_at(plain, words, at - 1), "little") == 0;
}

/* The word of the lowest class that will do, for a noun that is doubtful; of what is the word of
 * its class already, that may be itself. */
static void make_plainer(const struct plain *plain, int *words, size_t count, size_t at,
                         const struct noun *noun)
{
    for (const struct plain_class *class = noun->in; class; class = class->above)
        if (!has_another(plain, words, count, at, class) &&
            !reads_otherwise(plain, words, at, class) &&
            probability_of_class(plain, class) >= plain->least &&
            put_word(plain, words, count, at, class->nouns[noun->many]))
            return;
}

void plain_apply(const struct plain *plain, int *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct noun noun = find_noun(word_at(plain, words, i));

        if (noun.in && !is_compound(plain, words, count, i) &&
            probability_of(plain, noun.pair, 2) < plain->least)
            make_plainer(plain, words, count, i, &noun);
    }
}
