// SPDX-License-Identifier: Apache-2.0
/* Search of scan scripts by counting. The bands and bit positions tried are those that pay off on
 * photographs and graphics; a band of a component is first sent at bit position Al, then refined
 * bit by bit. */
#include "core/codec/jpeg_scans.h"

#include <string.h>

#define AC_SCANS_MAX 12 /* of one component */
#define AL_MAX 3
#define SPLIT_GAIN 20 /* two first scans may save this part of a component */

/* Up to this effort, big images are compared by about as many blocks of the first component. */
#define SAMPLED_EFFORT_MAX 4
#define SAMPLED_BLOCKS 8192u
#define KNOWN_MAX 1024
/* Above, there is time for bits that are not as even as stuffing_bits takes them. */
#define UNEVEN_PART 512

/* A search, and what it has counted so far. */
typedef struct search {
    const pare_jpeg_frame *frame;
    bool share_chroma;
    uint32_t row_stride; /* of counting */
    int known_count;
    pare_jpeg_scan known_scans[KNOWN_MAX];
    uint64_t known_bits[KNOWN_MAX];
} search;

/* What an effort tries for the AC numbers of a component. Lists end with 0. */
typedef struct effort_level {
    int al_max;
    const uint8_t *splits; /* last frequency of the lower of two first scans */
    const uint8_t *bands;  /* the same of two bands that are refined by themselves */
} effort_level;

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

/* One band, sent at al and refined down to 0. */
static ac_plan plan_band(search *self, int component, int ss, int se, int al)
{
    ac_plan plan = {0};
    plan_add(&plan, self, ac_scan(component, ss, se, 0, al));
    for (int ah = al; ah > 0; ah--)
        plan_add(&plan, self, ac_scan(component, ss, se, ah, ah - 1));
    return plan;
}

/* The plans of a band from al 0 on, until they get longer. Returns how many. */
static int plan_levels(search *self, int component, int ss, int se, int al_max, ac_plan *plans)
{
    int count = 0;
    do {
        plans[count] = plan_band(self, component, ss, se, count);
        count++;
    } while (count <= al_max &&
             (count < 2 || plans[count - 1].len_bits <= plans[count - 2].len_bits));
    return count;
}

/* Replace the first scan of the whole band by two of its parts. */
static void try_split(search *self, int component, int end, const ac_plan *whole, ac_plan *best)
{
    ac_plan plan = {0};
    const int al = whole->scans[0].al;
    const uint64_t first_bits = scan_len_bits(self, &whole->scans[0]);
    plan_add(&plan, self, ac_scan(component, 1, end, 0, al));
    if (plan.len_bits >= first_bits) return;
    plan_add(&plan, self, ac_scan(component, end + 1, 63, 0, al));
    for (int i = 1; i < whole->count; i++)
        plan.scans[plan.count++] = whole->scans[i];
    plan.len_bits += whole->len_bits - first_bits;
    keep_smaller(best, &plan);
}

/* Two bands, each as it is best. */
static void try_bands(search *self, int component, int end, int al_max, ac_plan *best)
{
    ac_plan plan = {0};
    for (int i = 0; i < 2; i++) {
        ac_plan plans[AL_MAX + 1];
        const int ss = i ? end + 1 : 1, se = i ? 63 : end;
        const int count = plan_levels(self, component, ss, se, al_max, plans);
        ac_plan band = plans[0];
        for (int al = 1; al < count; al++)
            keep_smaller(&band, &plans[al]);
        for (int k = 0; k < band.count; k++)
            plan.scans[plan.count++] = band.scans[k];
        plan.len_bits += band.len_bits;
        if (plan.len_bits >= best->len_bits) return;
    }
    *best = plan;
}

static ac_plan search_ac(search *self, int component, const effort_level *level)
{
    ac_plan plans[AL_MAX + 1];
    const int count = plan_levels(self, component, 1, 63, level->al_max, plans);
    ac_plan best = plans[0];
    for (int al = 1; al < count; al++)
        keep_smaller(&best, &plans[al]);
    const uint64_t worth = best.len_bits + best.len_bits / SPLIT_GAIN;
    for (int al = 0; al < count; al++) {
        if (plans[al].len_bits > worth) continue;
        for (const uint8_t *end = level->splits; *end; end++)
            try_split(self, component, *end, &plans[al], &best);
    }
    for (const uint8_t *end = level->bands; *end; end++)
        try_bands(self, component, *end, level->al_max, &best);
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

static effort_level level_of(int effort)
{
    static const uint8_t none[] = {0}, few[] = {2, 5, 8, 0}, low[] = {8, 0};
    static const uint8_t many[] = {1, 2, 3, 5, 8, 9, 12, 14, 18, 20, 27, 35, 0};
    if (effort >= 7) return (effort_level){.al_max = AL_MAX, .splits = many, .bands = few};
    if (effort >= 4)
        return (effort_level){.al_max = AL_MAX, .splits = few, .bands = effort >= 5 ? few : low};
    return (effort_level){.al_max = 1, .splits = none, .bands = none};
}

/* The best of one level. */
static void search_level(search *self, int effort, pare_jpeg_script *out)
{
    const effort_level level = level_of(effort);
    const int count = self->frame->component_count;
    memset(out, 0, sizeof *out);
    const pare_jpeg_scan sequential = {.se = 63};
    add_for_all(out, self, sequential);
    if (effort < 2) return;
    pare_jpeg_script progressive = {.progressive = true};
    ac_plan plans[PARE_JPEG_COMPONENTS_MAX];
    search_dc(self, effort, &progressive);
    for (int i = 0; i < count; i++)
        plans[i] = search_ac(self, i, &level);
    append_plans(&progressive, plans, count);
    if (progressive.len_bits < out->len_bits) *out = progressive;
}

/* Three times the spread of the number of stuffed bytes, each byte having a chance of 1 in 256. */
static uint64_t stuffing_bits(uint64_t len_bits)
{
    uint64_t bytes = 8;
    while (bytes * bytes * 256 / 9 < len_bits / 8)
        bytes++;
    return bytes * 8;
}

/* Scripts, smallest first. */
typedef struct script_list {
    pare_jpeg_script *scripts;
    int count;
} script_list;

static void insert_script(script_list *list, const pare_jpeg_script *script)
{
    int at = 0;
    while (at < list->count && list->scripts[at].len_bits < script->len_bits)
        at++;
    if (at < list->count && list->scripts[at].len_bits == script->len_bits) return;
    memmove(list->scripts + at + 1, list->scripts + at,
            (size_t)(list->count - at) * sizeof *script);
    list->scripts[at] = *script;
    list->count++;
}

/* The best of each level up to an effort, by what `by` counts; their lengths are what self counts.
 */
static void insert_levels(search *self, search *by, int effort, script_list *list)
{
    static const int levels[] = {0, 2, 4, 5, 7};
    _Static_assert(2 * sizeof levels / sizeof *levels <= PARE_JPEG_SCRIPTS_MAX,
                   "all levels, and again by samples");
    for (size_t i = 0; i < sizeof levels / sizeof *levels && levels[i] <= effort; i++) {
        pare_jpeg_script script;
        search_level(by, levels[i], &script);
        if (by != self) {
            script.len_bits = 0;
            for (int k = 0; k < script.count; k++)
                script.len_bits += scan_len_bits(self, &script.scans[k]);
        }
        insert_script(list, &script);
    }
}

int pare_jpeg_script_search(const pare_jpeg_frame *frame, bool share_chroma, int effort,
                            pare_jpeg_script scripts[PARE_JPEG_SCRIPTS_MAX])
{
    const pare_jpeg_blocks *first = &frame->blocks[0];
    const uint64_t blocks = (uint64_t)first->width_blocks * first->height_blocks;
    const uint32_t sampled = 1 + (uint32_t)(blocks / SAMPLED_BLOCKS);
    const bool samples = effort <= SAMPLED_EFFORT_MAX;
    search self = {.frame = frame, .share_chroma = share_chroma};
    script_list list = {.scripts = scripts};
    self.row_stride = samples ? sampled : 1;
    insert_levels(&self, &self, effort, &list);
    if (!samples && sampled > 1) {
        search quick = {.frame = frame, .share_chroma = share_chroma, .row_stride = sampled};
        insert_levels(&self, &quick, SAMPLED_EFFORT_MAX, &list);
    }
    uint64_t worth = scripts[0].len_bits + stuffing_bits(scripts[0].len_bits);
    if (!samples) worth += scripts[0].len_bits / UNEVEN_PART;
    while (scripts[list.count - 1].len_bits > worth)
        list.count--;
    return list.count;
}

void pare_jpeg_script_plain(const pare_jpeg_frame *frame, bool share_chroma,
                            pare_jpeg_script *script)
{
    memset(script, 0, sizeof *script);
    append_for_all(script, frame, share_chroma, (pare_jpeg_scan){.se = 63});
}
