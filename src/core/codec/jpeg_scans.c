// SPDX-License-Identifier: Apache-2.0
/* Search of scan scripts by counting. The bands and bit positions tried are those that pay off on
 * photographs and graphics; a band of a component is first sent at bit position Al, then refined
 * bit by bit. */
#include "core/codec/jpeg_scans.h"

#include <string.h>

#define AC_SCANS_MAX 12 /* of one component */

/* Up to this effort, big images are compared by about as many blocks of the first component. */
#define SAMPLED_EFFORT_MAX 4
#define SAMPLED_BLOCKS 8192u
#define KNOWN_MAX 256

/* A search, and what it has counted so far. */
typedef struct search {
    const pare_jpeg_frame *frame;
    bool share_chroma;
    uint32_t row_stride; /* of counting */
    int known_count;
    pare_jpeg_scan known_scans[KNOWN_MAX];
    uint64_t known_bits[KNOWN_MAX];
} search;

/* AC scans of one component, in the order of sending. */
typedef struct ac_plan {
    int count;
    pare_jpeg_scan scans[AC_SCANS_MAX];
    uint64_t len_bits;
} ac_plan;

static uint64_t count_scan(const pare_jpeg_frame *frame, const pare_jpeg_scan *scan,
                           uint32_t row_stride)
{
    pare_jpeg_stats stats = {0};
    pare_jpeg_scan_count(frame, scan, row_stride, &stats);
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
    return bits * row_stride + bytes * 8;
}

static uint64_t scan_len_bits(search *self, const pare_jpeg_scan *scan)
{
    for (int i = 0; i < self->known_count; i++) {
        if (memcmp(&self->known_scans[i], scan, sizeof *scan) == 0) return self->known_bits[i];
    }
    const uint64_t bits = count_scan(self->frame, scan, self->row_stride);
    if (self->known_count < KNOWN_MAX) {
        self->known_scans[self->known_count] = *scan;
        self->known_bits[self->known_count++] = bits;
    }
    return bits;
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

static void plan_add(ac_plan *plan, search *self, pare_jpeg_scan scan)
{
    plan->len_bits += scan_len_bits(self, &scan);
    plan->scans[plan->count++] = scan;
}

static void keep_smaller(ac_plan *best, const ac_plan *plan)
{
    if (plan->len_bits < best->len_bits) *best = *plan;
}

/* One band, sent at al and refined down to 0. Refinements are the same for each al, so a caller
 * passes those that it has: refined holds al-1..0 of them in that order. */
static ac_plan plan_band(search *self, int component, int al, ac_plan *refined)
{
    ac_plan plan = {0};
    plan_add(&plan, self, ac_scan(component, 1, 63, 0, al));
    if (al > refined->count) {
        /* The refinement to al - 1 goes before those that are there. */
        ac_plan more = {0};
        plan_add(&more, self, ac_scan(component, 1, 63, al, al - 1));
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
static void try_split(search *self, int component, int end, ac_plan *best, const ac_plan *whole,
                      uint64_t whole_first_bits)
{
    ac_plan plan = {0};
    const int al = whole->scans[0].al;
    plan_add(&plan, self, ac_scan(component, 1, end, 0, al));
    if (plan.len_bits >= whole_first_bits) return;
    plan_add(&plan, self, ac_scan(component, end + 1, 63, 0, al));
    for (int i = 1; i < whole->count; i++)
        plan.scans[plan.count++] = whole->scans[i];
    plan.len_bits += whole->len_bits - whole_first_bits;
    keep_smaller(best, &plan);
}

static ac_plan search_ac(search *self, int component, int al_max, const uint8_t *splits)
{
    ac_plan refined = {0};
    ac_plan best = plan_band(self, component, 0, &refined);
    for (int al = 1; al <= al_max; al++) {
        const ac_plan plan = plan_band(self, component, al, &refined);
        if (plan.len_bits > best.len_bits) break;
        best = plan;
    }
    const ac_plan whole = best;
    uint64_t first_bits = whole.len_bits;
    if (*splits) first_bits = scan_len_bits(self, &whole.scans[0]);
    for (; *splits; splits++) {
        try_split(self, component, *splits, &best, &whole, first_bits);
    }
    return best;
}

static uint8_t slot_of(int component, bool share_chroma)
{
    return share_chroma && (component == 1 || component == 2);
}

/* Appends a scan of all components, or one for each when an MCU would hold more than 10 blocks
 * (B.2.3). */
static void append_for_all(pare_jpeg_script *script, const pare_jpeg_frame *frame,
                           bool share_chroma, pare_jpeg_scan scan)
{
    scan.component_count = (uint8_t)frame->component_count;
    for (int i = 0; i < frame->component_count; i++) {
        scan.components[i] = (uint8_t)i;
        scan.slots[i] = slot_of(i, share_chroma);
    }
    if (pare_jpeg_mcu_blocks(frame, &scan) <= 10) {
        script->scans[script->count++] = scan;
        return;
    }
    scan.component_count = 1;
    for (int i = 0; i < frame->component_count; i++) {
        scan.components[0] = (uint8_t)i;
        scan.slots[0] = 0;
        script->scans[script->count++] = scan;
    }
}

static void add_for_all(pare_jpeg_script *script, search *self, pare_jpeg_scan scan)
{
    const int before = script->count;
    append_for_all(script, self->frame, self->share_chroma, scan);
    for (int i = before; i < script->count; i++)
        script->len_bits += scan_len_bits(self, &script->scans[i]);
}

static void search_dc(search *self, int effort, pare_jpeg_script *out)
{
    pare_jpeg_scan scan = {.progressive = true};
    add_for_all(out, self, scan);
    if (effort < 5) return;
    pare_jpeg_script refined = {.progressive = true};
    scan.al = 1;
    add_for_all(&refined, self, scan);
    scan.ah = 1;
    scan.al = 0;
    add_for_all(&refined, self, scan);
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

/* The best of one level. */
static void search_level(search *self, int effort, pare_jpeg_script *out)
{
    static const uint8_t none[] = {0}, few[] = {2, 5, 8, 0};
    static const uint8_t many[] = {1, 2, 3, 5, 8, 9, 12, 14, 18, 20, 27, 35, 0};
    const uint8_t *splits = effort >= 7 ? many : effort >= 4 ? few : none;
    const int count = self->frame->component_count;
    memset(out, 0, sizeof *out);
    const pare_jpeg_scan sequential = {.se = 63};
    add_for_all(out, self, sequential);
    if (effort < 2) return;
    pare_jpeg_script progressive = {.progressive = true};
    ac_plan plans[PARE_JPEG_COMPONENTS_MAX];
    search_dc(self, effort, &progressive);
    for (int i = 0; i < count; i++) {
        const int al_max = effort >= 7 ? 3 : effort >= 4 ? 2 : 1;
        plans[i] = search_ac(self, i, al_max, splits);
    }
    append_plans(&progressive, plans, count);
    if (progressive.len_bits < out->len_bits) *out = progressive;
}

/* Twice the spread of the number of stuffed bytes, each byte having a chance of 1 in 256. */
static uint64_t stuffing_bits(uint64_t len_bits)
{
    uint64_t bytes = 8;
    while (bytes * bytes * 64 < len_bits / 8)
        bytes++;
    return bytes * 8;
}

int pare_jpeg_script_search(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                            pare_jpeg_script scripts[PARE_JPEG_SCRIPTS_MAX])
{
    static const int levels[PARE_JPEG_SCRIPTS_MAX] = {0, 2, 4, 5, 7};
    search self = {.frame = frame, .share_chroma = share_chroma, .row_stride = 1};
    const pare_jpeg_blocks *first = &frame->blocks[0];
    const uint64_t blocks = (uint64_t)first->width_blocks * first->height_blocks;
    if (effort <= SAMPLED_EFFORT_MAX) self.row_stride += (uint32_t)(blocks / SAMPLED_BLOCKS);
    int count = 0;
    for (int i = 0; i < PARE_JPEG_SCRIPTS_MAX && (i == 0 || levels[i] <= effort); i++) {
        pare_jpeg_script script;
        search_level(&self, levels[i], &script);
        if (count > 0 && script.len_bits == scripts[0].len_bits) continue;
        memmove(scripts + 1, scripts, (size_t)count * sizeof *scripts);
        scripts[0] = script; /* a superset was tried: never bigger than the last */
        count++;
    }
    const uint64_t worth = scripts[0].len_bits + stuffing_bits(scripts[0].len_bits);
    while (scripts[count - 1].len_bits > worth)
        count--;
    return count;
}

void pare_jpeg_script_plain(const pare_jpeg_frame *frame, bool share_chroma,
                            pare_jpeg_script *script)
{
    memset(script, 0, sizeof *script);
    append_for_all(script, frame, share_chroma, (pare_jpeg_scan){.se = 63});
}
