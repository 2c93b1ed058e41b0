// SPDX-License-Identifier: Apache-2.0
/* Search of scan scripts by counting. The bands and bit positions tried are those that pay off on
 * photographs and graphics; a band of a component is first sent at bit position Al, then refined
 * bit by bit. */
#include "core/codec/jpeg_scans.h"

#include <string.h>

#define AC_SCANS_MAX 12 /* of one component */

/* AC scans of one component, in the order of sending. */
typedef struct ac_plan {
    int count;
    pare_jpeg_scan scans[AC_SCANS_MAX];
    uint64_t len_bits;
} ac_plan;

static uint64_t scan_len_bits(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan)
{
    pare_jpeg_stats stats = {0};
    pare_jpeg_scan_count(frame, scan, &stats);
    uint64_t bytes = 8 + 2u * scan->component_count; /* SOS */
    uint64_t bits = stats.extra_bits;
    for (int slot = 0; slot < PARE_JPEG_SLOTS; slot++) {
        uint64_t used = 0;
        for (int i = 0; i < 256; i++)
            used += stats.histograms[slot][i];
        if (used == 0) continue;
        pare_jpeg_huffman table;
        pare_jpeg_huffman_build(stats.histograms[slot], &table);
        bits += pare_jpeg_huffman_bits(&table, stats.histograms[slot]);
        bytes += 4 + pare_jpeg_huffman_len(&table); /* DHT */
    }
    return bits + bytes * 8;
}

static pare_jpeg_scan ac_scan(int component, int ss, int se, int ah, int al)
{
    return (pare_jpeg_scan){.component_count = 1,
                            .components = {(uint8_t)component},
                            .ss = (uint8_t)ss,
                            .se = (uint8_t)se,
                            .ah = (uint8_t)ah,
                            .al = (uint8_t)al,
                            .progressive = true};
}

static void plan_add(ac_plan *plan, const pare_jpeg_frame *frame, pare_jpeg_scan scan)
{
    plan->len_bits += scan_len_bits(frame, &scan);
    plan->scans[plan->count++] = scan;
}

static void keep_smaller(ac_plan *best, const ac_plan *plan)
{
    if (plan->len_bits < best->len_bits) *best = *plan;
}

/* One band, sent at al and refined down to 0. Refinements are the same for each al, so a caller
 * passes those that it has: refined holds al-1..0 of them in that order. */
static ac_plan plan_band(const pare_jpeg_frame *frame, int component, int al, ac_plan *refined)
{
    ac_plan plan = {0};
    plan_add(&plan, frame, ac_scan(component, 1, 63, 0, al));
    if (al > refined->count) {
        /* The refinement to al - 1 goes before those that are there. */
        ac_plan more = {0};
        plan_add(&more, frame, ac_scan(component, 1, 63, al, al - 1));
        for (int i = 0; i < refined->count; i++)
            more.scans[more.count++] = refined->scans[i];
        more.len_bits += refined->len_bits;
        *refined = more;
    }
    for (int i = 0; i < refined->count; i++)
        plan.scans[plan.count++] = refined->scans[i];
    plan.len_bits += refined->len_bits;
    return plan;
}

/* Replace the first scan of the whole band by two of its parts. */
static void try_split(const pare_jpeg_frame *frame, int component, int end, ac_plan *best,
                      const ac_plan *whole, uint64_t whole_first_bits)
{
    ac_plan plan = {0};
    const int al = whole->scans[0].al;
    plan_add(&plan, frame, ac_scan(component, 1, end, 0, al));
    if (plan.len_bits >= whole_first_bits) return;
    plan_add(&plan, frame, ac_scan(component, end + 1, 63, 0, al));
    for (int i = 1; i < whole->count; i++)
        plan.scans[plan.count++] = whole->scans[i];
    plan.len_bits += whole->len_bits - whole_first_bits;
    keep_smaller(best, &plan);
}

static ac_plan search_ac(const pare_jpeg_frame *frame, int component, int al_max,
                         const uint8_t *splits)
{
    ac_plan refined = {0};
    ac_plan best = plan_band(frame, component, 0, &refined);
    for (int al = 1; al <= al_max; al++) {
        const ac_plan plan = plan_band(frame, component, al, &refined);
        if (plan.len_bits > best.len_bits) break;
        best = plan;
    }
    const ac_plan whole = best;
    uint64_t first_bits = whole.len_bits;
    if (*splits) first_bits = scan_len_bits(frame, &whole.scans[0]);
    for (; *splits; splits++) {
        try_split(frame, component, *splits, &best, &whole, first_bits);
    }
    return best;
}

static uint8_t slot_of(int component, bool share_chroma)
{
    return share_chroma && (component == 1 || component == 2);
}

static void add_scan(pare_jpeg_script *script, const pare_jpeg_frame *frame, pare_jpeg_scan scan)
{
    script->len_bits += scan_len_bits(frame, &scan);
    script->scans[script->count++] = scan;
}

/* Adds a scan of all components, or one for each when an MCU would hold more than 10 blocks
 * (B.2.3). */
static void add_for_all(pare_jpeg_script *script, const pare_jpeg_frame *frame, bool share_chroma,
                        pare_jpeg_scan scan)
{
    scan.component_count = (uint8_t)frame->component_count;
    for (int i = 0; i < frame->component_count; i++) {
        scan.components[i] = (uint8_t)i;
        scan.slots[i] = slot_of(i, share_chroma);
    }
    if (pare_jpeg_mcu_blocks(frame, &scan) <= 10) {
        add_scan(script, frame, scan);
        return;
    }
    scan.component_count = 1;
    for (int i = 0; i < frame->component_count; i++) {
        scan.components[0] = (uint8_t)i;
        scan.slots[0] = 0;
        add_scan(script, frame, scan);
    }
}

static void search_dc(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                      pare_jpeg_script *out)
{
    pare_jpeg_scan scan = {.progressive = true};
    add_for_all(out, frame, share_chroma, scan);
    if (effort < 5) return;
    pare_jpeg_script refined = {.progressive = true};
    scan.al = 1;
    add_for_all(&refined, frame, share_chroma, scan);
    scan.ah = 1;
    scan.al = 0;
    add_for_all(&refined, frame, share_chroma, scan);
    if (refined.len_bits < out->len_bits) *out = refined;
}

/* Low bands before high ones, first passes before refinements: a viewer shows more sooner. */
static void append_plans(pare_jpeg_script *out, const ac_plan *plans, int count)
{
    for (int ah = 0; ah <= 3; ah++) {
        const int level = ah == 0 ? 0 : 4 - ah;
        for (int i = 0; i < count; i++) {
            for (int j = 0; j < plans[i].count; j++) {
                if (plans[i].scans[j].ah != level) continue;
                out->scans[out->count++] = plans[i].scans[j];
            }
        }
    }
    for (int i = 0; i < count; i++)
        out->len_bits += plans[i].len_bits;
}

void pare_jpeg_script_search(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                             pare_jpeg_script *out)
{
    static const uint8_t none[] = {0}, few[] = {2, 5, 8, 0};
    static const uint8_t many[] = {1, 2, 3, 5, 8, 9, 12, 14, 18, 20, 27, 35, 0};
    const uint8_t *splits = effort >= 7 ? many : effort >= 4 ? few : none;
    memset(out, 0, sizeof *out);
    const pare_jpeg_scan sequential = {.se = 63};
    add_for_all(out, frame, share_chroma, sequential);
    if (effort < 2) return;
    pare_jpeg_script progressive = {.progressive = true};
    ac_plan plans[PARE_JPEG_COMPONENTS_MAX];
    search_dc(frame, share_chroma, effort, &progressive);
    for (int i = 0; i < frame->component_count; i++) {
        const int al_max = effort >= 7 ? 3 : effort >= 4 ? 2 : 1;
        plans[i] = search_ac(frame, i, al_max, splits);
    }
    append_plans(&progressive, plans, frame->component_count);
    if (progressive.len_bits < out->len_bits) *out = progressive;
}
