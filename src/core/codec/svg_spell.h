// SPDX-License-Identifier: Apache-2.0
/* Numbers and commands of paths in their shortest spelling. */
#ifndef PARE_CORE_SVG_SPELL_H
#define PARE_CORE_SVG_SPELL_H

#include "base/buf.h"
#include "core/codec/svg_path_reader.h"

enum { PARE_SVG_DECIMALS_MAX = 9 };

/* Zero before a path. */
typedef struct pare_svg_speller {
    char command;               /* that a viewer takes for granted */
    bool has_number, has_point; /* of the token before */
} pare_svg_speller;

/* Append a number that is spelled as short as can be, with a separator if one is needed. False:
 * no memory. */
bool pare_svg_put_number(pare_svg_speller *speller, const char *text, pare_buf *out);
bool pare_svg_put_command(pare_svg_speller *speller, char command, pare_buf *out);

/* The same value without what says nothing: +0012.500 is 12.5. */
void pare_svg_spell_again(const char *begin, unsigned len, char out[PARE_SVG_NUMBER_CAP]);
/* Units of 10^-decimals, of which there are PARE_SVG_DECIMALS_MAX at most. */
void pare_svg_spell_units(int64_t units, int decimals, char out[PARE_SVG_NUMBER_CAP]);

#endif /* PARE_CORE_SVG_SPELL_H */
