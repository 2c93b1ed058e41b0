// SPDX-License-Identifier: Apache-2.0
/* Colour tables of a GIF.
 *
 * The length of codes begins with the largest index in use, so the colours of frames with few
 * colours come first, and the transparent index is the lowest one that a frame leaves free. */
#include "core/codec/gif_palette.h"

#include <string.h>

static bool is_subset(const pare_gif_step *step, const pare_gif_colors *set)
{
    for (unsigned i = 0; i < step->color_count; i++) {
        if (pare_gif_colors_find(set, step->colors[i]) < 0) return false;
    }
    return true;
}

/* Adds the colours of the step when all fit. */
static void try_add(const pare_gif_step *step, pare_gif_colors *set)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < step->color_count; i++)
        missing += pare_gif_colors_find(set, step->colors[i]) < 0;
    if (set->count + missing > PARE_GIF_COLORS_MAX) return;
    for (unsigned i = 0; i < step->color_count; i++)
        (void)pare_gif_colors_add(set, step->colors[i]);
}

/* The colours in order: those of steps with few of them first. */
static void sort_colors(const pare_gif_plan *plan, pare_gif_colors *set)
{
    pare_gif_colors sorted;
    memset(&sorted, 0, sizeof sorted);
    for (unsigned bits = 0; bits <= 8; bits++) {
        for (size_t i = 0; i < plan->count; i++) {
            const pare_gif_step *step = &plan->steps[i];
            if (!step->is_global || pare_gif_index_bits(step->color_count) != bits) continue;
            for (unsigned c = 0; c < step->color_count; c++)
                (void)pare_gif_colors_add(&sorted, step->colors[c]);
        }
    }
    *set = sorted;
}

void pare_gif_palette_share(pare_gif_plan *plan, pare_gif_table *out)
{
    memset(out, 0, sizeof *out);
    /* frames that shared a table before are likely to have colours in common */
    for (int had_global = 1; had_global >= 0; had_global--) {
        for (size_t i = 0; i < plan->count; i++) {
            if (plan->steps[i].had_global == had_global) try_add(&plan->steps[i], &out->colors);
        }
    }
    bool needs_room = false;
    for (size_t i = 0; i < plan->count; i++) {
        pare_gif_step *step = &plan->steps[i];
        step->is_global = is_subset(step, &out->colors);
        needs_room |= step->is_global && step->has_free && step->color_count == out->colors.count;
    }
    sort_colors(plan, &out->colors);
    const unsigned count = out->colors.count + (needs_room ? 1 : 0);
    out->bits = pare_gif_index_bits(count < 256 ? count : 256);
    out->transparent = -1;
}

static void set_pixel_bits(pare_gif_table *table, unsigned most)
{
    const unsigned bits = pare_gif_index_bits(most + 1);
    table->pixel_bits = bits > 2 ? bits : 2;
}

void pare_gif_palette_own(const pare_gif_step *step, pare_gif_table *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i < step->color_count; i++)
        (void)pare_gif_colors_add(&out->colors, step->colors[i]);
    const bool has_transparent = step->has_free && step->color_count < PARE_GIF_COLORS_MAX;
    const unsigned count = step->color_count + (has_transparent ? 1u : 0);
    out->bits = pare_gif_index_bits(count);
    out->transparent = has_transparent ? (int)step->color_count : -1;
    set_pixel_bits(out, count ? count - 1 : 0);
}

void pare_gif_palette_global(const pare_gif_step *step, const pare_gif_table *global,
                             pare_gif_table *out)
{
    bool used[PARE_GIF_COLORS_MAX] = {false};
    unsigned most = 0;
    *out = *global;
    out->transparent = -1;
    for (unsigned i = 0; i < step->color_count; i++) {
        const unsigned index = (unsigned)pare_gif_colors_find(&global->colors, step->colors[i]);
        used[index] = true;
        if (index > most) most = index;
    }
    for (unsigned i = 0; step->has_free && out->transparent < 0 && i < 1u << global->bits; i++) {
        if (!used[i]) out->transparent = (int)i;
    }
    if (out->transparent > (int)most) most = (unsigned)out->transparent;
    set_pixel_bits(out, most);
}
