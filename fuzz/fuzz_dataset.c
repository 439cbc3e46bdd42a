/* SPDX-License-Identifier: MIT */
/* Photos and captions in any of the forms: the first byte chooses the form. */
#include "data/imagine/imagine_private.h"
#include "data/sets/dataset.h"
#include "fuzz/support.h"
#include "vocab/units.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Captions without photos: each is one photo's. */
static void read_lines(const uint8_t *data, size_t size)
{
    struct fuzz_file file = fuzz_file_open(data, size);
    struct data_set dataset = {0};

    if (imagine_read_lines(file.path, &dataset, NULL) == TN_OK)
        fuzz_require(dataset.caption_count > 0 && dataset.caption_count <= dataset.photo_count);
    data_set_finish(&dataset);
    fuzz_file_close(&file);
}

static void check_photo(const struct data_set *set, size_t photo)
{
    const struct data_photo *p = &set->photos[photo];
    const struct data_place place = data_set_place(set, photo);
    struct stat info;

    fuzz_require(p->name < set->text_used && p->path < set->text_used && p->caption_count > 0);
    for (size_t c = p->first; c < p->first + p->caption_count; c++) {
        const char *text = data_set_caption(set, c);

        fuzz_require(c < set->caption_count && set->captions[c].photo == photo && *text);
        fuzz_require(vocab_check_text(VOCAB_CHARS, text, strlen(text), NULL) == TN_OK);
    }
    if (place.size > 0)
        fuzz_require(stat(place.file, &info) == 0 && place.offset <= (uint64_t)info.st_size &&
                     place.size <= (uint64_t)info.st_size - place.offset);
}

/* Joined with itself, a set has the same photos and twice the captions. */
static void check_joined(const struct data_set *set)
{
    struct data_set twice = {0};

    fuzz_require(data_set_append(&twice, set, NULL) == TN_OK &&
                 data_set_append(&twice, set, NULL) == TN_OK);
    fuzz_require(twice.photo_count == set->photo_count &&
                 twice.caption_count == 2 * set->caption_count);
    for (size_t i = 0; i < twice.photo_count; i++)
        check_photo(&twice, i);
    data_set_finish(&twice);
}

static void load(const char *path)
{
    const struct data_set_options options = {.without_files = true};
    struct data_set set;
    struct tn_error err;

    if (data_set_load(path, &options, &set, &err) != TN_OK)
        return;
    fuzz_require(set.photo_count > 0);
    for (size_t i = 0; i < set.photo_count; i++)
        check_photo(&set, i);
    check_joined(&set);
    data_set_finish(&set);
}

/* Which name the bytes get, and whether their folder is what is read. */
static const struct form {
    char letter;
    const char *name;
    bool is_folder;
} forms[] = {{'J', "list.json", false}, {'M', "metadata.jsonl", true}, {'C', "metadata.csv", true},
             {'S', "a.txt", true},      {'W', "shard.tar", false},     {'T', "table.tsv", false}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct form *form = &forms[sizeof forms / sizeof forms[0] - 1];
    char path[256];

    if (size == 0)
        return 0;
    if (data[0] == 'L') {
        read_lines(data + 1, size - 1);
        return 0;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (forms[i].letter == (char)data[0])
            form = &forms[i];
    fuzz_put("a.jpg", "\xFF\xD8\xFF\xE0", 4);
    strcpy(path, fuzz_put(form->name, data + 1, size - 1));
    load(form->is_folder ? fuzz_path("") : path);
    unlink(path);
    return 0;
}
