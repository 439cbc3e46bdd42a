/* SPDX-License-Identifier: MIT */
/*
 * Captions photos with libcaption:  cc example.c $(pkg-config --cflags --libs caption) -o example
 */
#include <captioner.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct captioner_writing writing = CAPTIONER_WRITING_DEFAULT;
    struct captioner_error error;
    struct captioner *captioner;
    int failures = 0;

    if (argc < 3)
        return fprintf(stderr, "usage: example MODEL PHOTO...\n"), 2;
    if (captioner_load(argv[1], NULL, &captioner, &error) != CAPTIONER_OK)
        return fprintf(stderr, "example: %s\n", error.text), 1;
    writing.best = 3;
    for (int i = 2; i < argc; i++) {
        const struct captioner_photo photo = {.path = argv[i]};
        struct captioner_result *result;

        if (captioner_caption(captioner, &photo, &writing, &result, &error) != CAPTIONER_OK) {
            fprintf(stderr, "example: %s\n", error.text);
            failures++;
            continue;
        }
        for (size_t rank = 0; rank < result->count; rank++)
            printf("%.2f %s\n", result->captions[rank].confidence, result->captions[rank].text);
        captioner_result_destroy(result);
    }
    captioner_destroy(captioner);
    return failures > 0;
}
