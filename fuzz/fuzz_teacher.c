/* SPDX-License-Identifier: MIT */
/* Any bytes as a teacher: the list of its photos, a NUL, and the file of their features.  What it
 * knows of three photos can be read. */
#include "data/teacher.h"
#include "fuzz/support.h"

#include <stdlib.h>
#include <string.h>

#ifdef FUZZ_ENGINE
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    return fuzz_mutate_text_and_safetensors(data, size, max, seed);
}
#endif

enum { PHOTOS = 3 };

static void read_features(const struct teacher *teacher)
{
    float *out = malloc(teacher->width * sizeof *out);
    size_t known = 0;

    fuzz_require(out != NULL && teacher->width > 0);
    for (size_t photo = 0; photo < PHOTOS; photo++)
        for (size_t i = 0; i < teacher->part_count; i++) {
            const struct teacher_part *part = &teacher->parts[i];

            fuzz_require(part->first + part->width <= teacher->width);
            known += teacher_get(teacher, part, photo, out + part->first);
        }
    fuzz_require(teacher->known <= PHOTOS && known <= teacher->known * teacher->part_count);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[] = "photos/a.jpg\0b.jpg\0x/y/c.jpg";
    struct data_photo photos[PHOTOS] = {{.path = 0}, {.path = 13}, {.path = 19}};
    const struct data_set dataset = {.photos = photos, .photo_count = PHOTOS, .text = text};
    const uint8_t *nul = memchr(data, 0, size);
    const size_t list = nul ? (size_t)(nul - data) : size;
    struct teacher teacher;

    fuzz_put("x-images.txt", data, list);
    if (nul && teacher_open(fuzz_put("x.safetensors", nul + 1, size - list - 1), &dataset, &teacher,
                            NULL) == TN_OK) {
        read_features(&teacher);
        teacher_finish(&teacher);
    }
    return 0;
}
