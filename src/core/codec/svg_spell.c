// SPDX-License-Identifier: Apache-2.0
/* Numbers and commands of paths in their shortest spelling. */
#include "core/codec/svg_spell.h"

#include <string.h>

/* Append a number that is spelled as short as can be, with a separator if one is needed. */
bool pare_svg_put_number(pare_svg_speller *s, const char *text, pare_buf *out)
{
    const bool has_point = strchr(text, '.') != NULL, has_exponent = strpbrk(text, "eE") != NULL;
    const bool joins = text[0] == '-' || (text[0] == '.' && s->has_point);
    if (s->has_number && !joins && pare_buf_append_byte(out, ' ') != PARE_OK) return false;
    s->has_number = true;
    s->has_point = has_point || has_exponent;
    return pare_buf_append(out, text, strlen(text)) == PARE_OK;
}

bool pare_svg_put_command(pare_svg_speller *s, char command, pare_buf *out)
{
    const bool implied = command == s->command && command != 'Z' && command != 'z' &&
                         command != 'M' && command != 'm';
    s->command = command == 'M' ? 'L' : command == 'm' ? 'l' : command;
    if (implied) return true;
    s->has_number = s->has_point = false;
    return pare_buf_append_byte(out, (uint8_t)command) == PARE_OK;
}

/* The same value without what says nothing: +0012.500 is 12.5. */
void pare_svg_spell_again(const char *begin, unsigned len, char out[PARE_SVG_NUMBER_CAP])
{
    const char *end = begin + len, *exponent = begin;
    char *o = out;
    if (*begin == '-') *o++ = '-';
    if (*begin == '-' || *begin == '+') begin++;
    while (exponent < end && *exponent != 'e' && *exponent != 'E')
        exponent++;
    const char *point = memchr(begin, '.', (size_t)(exponent - begin));
    const char *last = exponent;
    if (point) {
        while (last[-1] == '0')
            last--;
        if (last[-1] == '.') last--;
    }
    while (begin < last && *begin == '0')
        begin++;
    if (begin == last) {
        o = out;
        *o++ = '0';
    } else {
        memcpy(o, begin, (size_t)(last - begin));
        o += last - begin;
        memcpy(o, exponent, (size_t)(end - exponent));
        o += end - exponent;
    }
    *o = 0;
}

/* units of 10^-decimals */
void pare_svg_spell_units(int64_t units, int decimals, char out[PARE_SVG_NUMBER_CAP])
{
    static const int64_t POWERS[] = {1,      10,      100,      1000,      10000,
                                     100000, 1000000, 10000000, 100000000, 1000000000};
    char *o = out;
    if (units < 0) *o++ = '-';
    const uint64_t size = units < 0 ? (uint64_t)-units : (uint64_t)units;
    const uint64_t whole = size / (uint64_t)POWERS[decimals];
    uint64_t part = size % (uint64_t)POWERS[decimals];
    char digits[24];
    unsigned count = 0;
    for (uint64_t rest = whole; rest > 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    if (whole == 0 && part == 0) digits[count++] = '0';
    while (count > 0)
        *o++ = digits[--count];
    if (part > 0) {
        *o++ = '.';
        for (int i = decimals - 1; part > 0; i--) {
            *o++ = (char)('0' + part / (uint64_t)POWERS[i]);
            part %= (uint64_t)POWERS[i];
        }
    }
    *o = 0;
}
