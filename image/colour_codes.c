/* SPDX-License-Identifier: MIT */
/* Colours by the numbers of ITU-T H.273, as AVIF, HEIC and PNG's cICP have them. */
#include "image/colour_private.h"

#include <math.h>

enum {
    BT470M = 4,
    BT470BG = 5,
    BT601 = 6,
    SMPTE240 = 7,
    FILM = 8,
    BT2020 = 9,
    DCI_P3 = 11,
    DISPLAY_P3 = 12,
    EBU3213 = 22
};

/* Table 2.  sRGB's, also for what is unknown or not said. */
static const struct image_primaries *primaries_of(unsigned code)
{
    static const struct image_primaries table[] = {
        [BT470M] = {{{0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}, {0.310, 0.316}}},
        [BT470BG] = {{{0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}, {0.3127, 0.3290}}},
        [BT601] = {{{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}}},
        [SMPTE240] = {{{0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}, {0.3127, 0.3290}}},
        [FILM] = {{{0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}, {0.310, 0.316}}},
        [BT2020] = {{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}, {0.3127, 0.3290}}},
        [DCI_P3] = {{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.314, 0.351}}},
        [DISPLAY_P3] = {{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}, {0.3127, 0.3290}}},
        [EBU3213] = {{{0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}, {0.3127, 0.3290}}},
    };

    if (code >= sizeof table / sizeof table[0] || table[code].xy[0][0] == 0)
        return &image_srgb_primaries;
    return &table[code];
}

/* SMPTE ST 2084 (PQ): in units of the white of paper, 203 candela per square metre (BT.2408).
 * Light up to half of it stays as it is, brighter light is rolled off below 1. */
static double pq_light(double value)
{
    const double m1 = 2610. / 16384, m2 = 2523. / 32, c1 = 3424. / 4096, c2 = 2413. / 128,
                 c3 = 2392. / 128, knee = 0.5;
    const double root = pow(value, 1 / m2);
    const double light = pow(fmax(root - c1, 0) / (c2 - c3 * root), 1 / m1) * 10000 / 203;
    const double above = (light - knee) / (1 - knee);

    return light < knee ? light : knee + (1 - knee) * above / (1 + above);
}

/* Table 3.  The curves of television are taken for sRGB's, as they are meant to be shown, and so is
 * HLG, which was made to look right where it is. */
static double light_of(unsigned code, double value)
{
    enum { GAMMA_22 = 4, GAMMA_28 = 5, LINEAR = 8, PQ = 16, CINEMA = 17 };

    switch (code) {
    case GAMMA_22:
        return pow(value, 2.2);
    case GAMMA_28:
        return pow(value, 2.8);
    case LINEAR:
        return value;
    case PQ:
        return pq_light(value);
    case CINEMA:
        return pow(value, 2.6);
    default:
        return image_srgb_light(value);
    }
}

struct image_colour *image_colour_from_codes(unsigned primaries, unsigned transfer)
{
    double light[IMAGE_VALUES];

    for (size_t v = 0; v < IMAGE_VALUES; v++)
        light[v] = light_of(transfer, (double)v / 255);
    return image_colour_from_light(primaries_of(primaries), light);
}
