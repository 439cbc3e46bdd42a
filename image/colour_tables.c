/* SPDX-License-Identifier: MIT */
/* Profiles with tables, through lcms2. */
#include "image/colour_private.h"

#include <stdint.h>

#include "base/library.h"

#include <lcms2.h>

/* What is used of lcms2, which most runs do not load (base/library.h). */
static struct {
    __typeof__(&cmsOpenProfileFromMem) open_profile;
    __typeof__(&cmsCreate_sRGBProfile) create_srgb;
    __typeof__(&cmsCloseProfile) close_profile;
    __typeof__(&cmsCreateTransform) create_transform;
    __typeof__(&cmsDeleteTransform) delete_transform;
    __typeof__(&cmsDoTransform) do_transform;
} lcms;

static const struct tn_library_function functions[] = {
    TN_FUNCTION(cmsOpenProfileFromMem, &lcms.open_profile),
    TN_FUNCTION(cmsCreate_sRGBProfile, &lcms.create_srgb),
    TN_FUNCTION(cmsCloseProfile, &lcms.close_profile),
    TN_FUNCTION(cmsCreateTransform, &lcms.create_transform),
    TN_FUNCTION(cmsDeleteTransform, &lcms.delete_transform),
    TN_FUNCTION(cmsDoTransform, &lcms.do_transform),
};
static struct tn_library library = TN_LIBRARY("liblcms2.so.2", functions);

/* Of decoded grey the first of three equal numbers is taken. */
static const cmsUInt32Number formats[] = {
    [IMAGE_RGB] = TYPE_RGB_8,
    [IMAGE_GREY] = COLORSPACE_SH(PT_GRAY) | EXTRA_SH(2) | CHANNELS_SH(1) | BYTES_SH(1),
    [IMAGE_CMYK] = TYPE_CMYK_8,
};

void *colour_tables_create(const unsigned char *icc, size_t size, enum image_pixels pixels)
{
    cmsHPROFILE from, to;
    cmsHTRANSFORM transform = NULL;

    if (tn_library_load(&library, NULL) != TN_OK)
        return NULL;
    from = lcms.open_profile(icc, (cmsUInt32Number)size);
    to = lcms.create_srgb();
    if (from && to)
        transform = lcms.create_transform(from, formats[pixels], to, TYPE_RGB_8,
                                          INTENT_RELATIVE_COLORIMETRIC,
                                          cmsFLAGS_BLACKPOINTCOMPENSATION | cmsFLAGS_NOCACHE);
    if (from)
        lcms.close_profile(from);
    if (to)
        lcms.close_profile(to);
    return transform;
}

void colour_tables_destroy(void *transform)
{
    if (transform)
        lcms.delete_transform(transform);
}

void colour_tables_convert(void *transform, unsigned char *out, const unsigned char *in,
                           size_t count)
{
    lcms.do_transform(transform, in, out, (cmsUInt32Number)count);
}
