// SPDX-License-Identifier: Apache-2.0
/* Light, bytes and places of colours. */
#include "core/codec/palette_space.h"

#include <math.h>

/* Cone responses begin here, so that black has a finite slope. */
#define BIAS 0.0037930732552754493

/* How much a step counts along the axes red-green, luminance, blue-yellow: found by trying on
 * photographs, by bytes at equal SSIMULACRA2 and MS-SSIM. */
#define RED_GREEN 20.0f
#define LUMINANCE 2.0f
#define BLUE_YELLOW 3.0f
/* Luminance of white, which is what shows behind a transparent colour at most. */
#define WHITE 0.84f

void pare_palette_space_init(pare_palette_space *space)
{
    for (int i = 0; i < 256; i++) {
        const double encoded = i / 255.0;
        const double light =
            encoded <= 0.04045 ? encoded / 12.92 : pow((encoded + 0.055) / 1.055, 2.4);
        space->light_of[i] = (float)light;
    }
    for (int i = 0; i <= PARE_PALETTE_ROOTS; i++) {
        const double light = (double)i / PARE_PALETTE_ROOTS;
        space->root_of[i] = (float)(cbrt(light + BIAS) - cbrt(BIAS));
    }
}

static float root(const pare_palette_space *space, float light)
{
    if (!(light > 0)) return 0;
    if (light >= 1) return space->root_of[PARE_PALETTE_ROOTS];
    const float at = light * PARE_PALETTE_ROOTS;
    const int below = (int)at;
    const float low = space->root_of[below];
    return low + (space->root_of[below + 1] - low) * (at - (float)below);
}

/* Seen on a background b a colour c of alpha a is c * a + b * (1 - a). The squares of differences
 * on black and on white sum up to those of c * a - a * white / 2 and of a * white / 2, times two.
 */
void pare_palette_place(const pare_palette_space *space, const float light[4],
                        float place[PARE_PALETTE_AXES])
{
    const float alpha = light[3] <= 0 ? 0 : light[3] >= 1 ? 1 : light[3];
    const float part = alpha > 0 && alpha < 1 ? 1 / alpha : 1;
    const float red = light[0] * part, green = light[1] * part, blue = light[2] * part;
    const float l = root(space, 0.3f * red + 0.622f * green + 0.078f * blue);
    const float m = root(space, 0.23f * red + 0.692f * green + 0.078f * blue);
    const float s = root(space, 0.24342269f * red + 0.20476745f * green + 0.55180986f * blue);
    const float luminance = (l + m) / 2, behind = WHITE / 2 * LUMINANCE * alpha;
    place[0] = (l - m) / 2 * RED_GREEN * alpha;
    place[1] = luminance * LUMINANCE * alpha - behind;
    place[2] = (s - luminance) * BLUE_YELLOW * alpha;
    place[3] = behind;
}

void pare_palette_light(const pare_palette_space *space, const uint8_t rgba[4], float light[4])
{
    light[3] = (float)rgba[3] / 255;
    for (int c = 0; c < 3; c++)
        light[c] = space->light_of[rgba[c]] * light[3];
}

static uint8_t byte_of(const pare_palette_space *space, float light)
{
    int low = 0, high = 255; /* the answer is low or high */
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (space->light_of[middle] <= light)
            low = middle;
        else
            high = middle;
    }
    return (uint8_t)(light - space->light_of[low] < space->light_of[high] - light ? low : high);
}

void pare_palette_bytes(const pare_palette_space *space, const float light[4], uint8_t rgba[4])
{
    const float alpha = light[3] <= 0 ? 0 : light[3] >= 1 ? 1 : light[3];
    rgba[3] = (uint8_t)(alpha * 255 + 0.5f);
    for (int c = 0; c < 3; c++)
        rgba[c] = rgba[3] == 0 ? 0 : byte_of(space, light[c] / alpha);
}
