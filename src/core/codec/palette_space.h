// SPDX-License-Identifier: Apache-2.0
/* The space in which colours of a palette are compared: distances there say how different two
 * colours look, with transparency as seen on black and on white.
 *
 * Colours are those of SSIMULACRA 2 (J. Sneyers, github.com/cloudinary/ssimulacra2): the XYB of
 * JPEG XL (ISO/IEC 18181-1), cube roots of cone responses to linear light. Light itself,
 * premultiplied by alpha, is what errors are measured in when they are passed on to neighbours:
 * seen from afar, dots mix as light does. */
#ifndef PARE_CORE_PALETTE_SPACE_H
#define PARE_CORE_PALETTE_SPACE_H

#include <stdint.h>

enum { PARE_PALETTE_AXES = 4, PARE_PALETTE_ROOTS = 4096 };

typedef struct pare_palette_space {
    float light_of[256]; /* linear light of an sRGB byte, 0 to 1 */
    float root_of[PARE_PALETTE_ROOTS + 1];
} pare_palette_space;

void pare_palette_space_init(pare_palette_space *space);

/* Light is red, green and blue, linear and premultiplied, and alpha: 0 to 1; what is outside is
 * clamped. */
void pare_palette_place(const pare_palette_space *space, const float light[4],
                        float place[PARE_PALETTE_AXES]);

/* Red, green, blue, alpha as a PNG has them, not premultiplied. */
void pare_palette_light(const pare_palette_space *space, const uint8_t rgba[4], float light[4]);

/* The nearest bytes. */
void pare_palette_bytes(const pare_palette_space *space, const float light[4], uint8_t rgba[4]);

#endif /* PARE_CORE_PALETTE_SPACE_H */
