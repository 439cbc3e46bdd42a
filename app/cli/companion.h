/* SPDX-License-Identifier: MIT */
/*
 * What lies beside a photo and belongs to it: the film of a Live Photo (IMG_1.MOV beside
 * IMG_1.HEIC), a spoken note, a camera's thumbnail, edits and sidecars of other programs.  A
 * pattern of the shell names these with the photos, which is no mistake.
 */
#ifndef APP_COMPANION_H
#define APP_COMPANION_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the file is no photo, neither by its bytes nor by its name, and a photo beside it shares
 * its stem, as IMG_1.JPG does with IMG_1.MOV and IMG_1.JPG.xmp.  A photo that is damaged is none.
 */
bool app_is_companion(const char *path);
/* Whether a photo beside it shares its stem, whatever it is, there or not. */
bool app_is_beside_photo(const char *path);

/* Those that a run has passed over; starts zeroed. */
struct app_companions {
    size_t count;
    char *first; /* owned; NULL: none, or no memory */
};

void app_companions_add(struct app_companions *companions, const char *path);
/* A line on stderr, if there are any. */
void app_companions_report(const struct app_companions *companions);
void app_companions_finish(struct app_companions *companions);

#endif
