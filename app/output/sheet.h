/* SPDX-License-Identifier: MIT */
/*
 * The contact sheet of `caption --explain`: first the photo with its caption, twice as large as the
 * tiles, of which each has the photo once more for one word, lit up where the word depends on it.
 */
#ifndef APP_SHEET_H
#define APP_SHEET_H

#include "image/image.h"
#include "image/text.h"
#include "models/captioner/captioner.h"

/* The longer side of the largest copy of the photo: it need not be decoded larger. */
enum { APP_SHEET_PHOTO = 480 };

struct app_sheet_input { /* all borrowed */
    const struct image *photo;
    const struct captioner_caption *caption;
    const float *maps;                     /* of captioner_explain */
    const struct image_font *font, *notes; /* for the words; for what stands beside and below */
};

/* The text of the legend, for the choice of a font. */
extern const char app_sheet_notes[];

/* The caller finishes the image.  Errors: TN_NOMEM, TN_RANGE (a photo that cannot be resized). */
TN_NODISCARD enum tn_status app_sheet_draw(const struct app_sheet_input *input,
                                           struct image *ret_sheet, struct tn_error *err);

#endif
