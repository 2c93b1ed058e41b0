// SPDX-License-Identifier: Apache-2.0
/* Transforms of SVG. */
#include "core/codec/svg_transform.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/codec/svg_path_reader.h"

static double function_scale(const char *name, unsigned len, const double *v, unsigned count)
{
    if (len == 9 && memcmp(name, "translate", 9) == 0 && count >= 1) return 1;
    if (len == 6 && memcmp(name, "rotate", 6) == 0 && count >= 1) return 1;
    if (len == 5 && memcmp(name, "scale", 5) == 0 && count >= 1) {
        return fmax(fabs(v[0]), count > 1 ? fabs(v[1]) : 0);
    }
    if (len == 6 && memcmp(name, "matrix", 6) == 0 && count == 6) {
        return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2] + v[3] * v[3]);
    }
    return -1;
}

double pare_svg_transform_scale(const char *text)
{
    pare_svg_reader r = {.at = text};
    double scale = 1;
    for (pare_svg_skip_separators(&r); *r.at; pare_svg_skip_separators(&r)) {
        double values[6];
        unsigned count = 0;
        const char *name = r.at;
        while (isalpha((unsigned char)*r.at))
            r.at++;
        const unsigned name_len = (unsigned)(r.at - name);
        pare_svg_skip_separators(&r);
        if (*r.at++ != '(') return -1;
        for (pare_svg_skip_separators(&r); *r.at != ')'; pare_svg_skip_separators(&r)) {
            const unsigned len = pare_svg_number_len(r.at);
            if (len == 0 || count == 6 || !pare_svg_number_parse(r.at, len, &values[count++]))
                return -1;
            r.at += len;
        }
        r.at++;
        const double one = function_scale(name, name_len, values, count);
        if (one < 0) return -1;
        scale *= one;
    }
    return scale;
}
