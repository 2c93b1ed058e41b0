// SPDX-License-Identifier: Apache-2.0
/* Memory admission, pool size, and readings from /proc. */
#include "host/governor.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pare/batch.h>

enum { TEXT_CAP = 4096, STAT_CAP = 32 * 1024, LOW_MEMORY_PERCENT = 4 };

/* The start of a small text file; false when it cannot be read. */
static bool read_text(const char *path, char *text, size_t cap)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t got = read(fd, text, cap - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static uint64_t field_kib(const char *text, const char *name)
{
    const char *const at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static uint64_t machine_bytes(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : (uint64_t)1 << 31;
    char text[64];
    /* Control group, version 2 then 1; "max" and the huge default of version 1 mean no limit. */
    if (read_text("/sys/fs/cgroup/memory.max", text, sizeof text) ||
        read_text("/sys/fs/cgroup/memory/memory.limit_in_bytes", text, sizeof text)) {
        const uint64_t limit = strtoull(text, NULL, 10);
        if (limit > 0 && limit < bytes) bytes = limit;
    }
    return bytes;
}

static uint32_t cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return (uint32_t)CPU_COUNT(&set);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

void pare_governor_init(pare_governor *g, uint64_t budget_bytes, uint32_t jobs)
{
    *g = (pare_governor){0};
    g->budget_bytes = budget_bytes ? budget_bytes : machine_bytes() / 2;
    g->jobs = jobs ? jobs : cores();
    if (g->jobs < 1) g->jobs = 1;
    if (g->jobs > PARE_MAX_WORKERS) g->jobs = PARE_MAX_WORKERS;
    pare_governor_sample(g);
}

uint64_t pare_governor_room(const pare_governor *g)
{
    if (g->running == 0) return UINT64_MAX;
    return g->used_bytes < g->budget_bytes ? g->budget_bytes - g->used_bytes : 0;
}

uint64_t pare_governor_ceiling(const pare_governor *g)
{
    const uint64_t at_rest = (uint64_t)64 << 20; /* data of libraries, reserves of the allocator */
    return g->budget_bytes < UINT64_MAX - at_rest ? g->budget_bytes + at_rest : UINT64_MAX;
}

void pare_governor_admit(pare_governor *g, uint64_t bytes)
{
    g->used_bytes += bytes;
    g->running++;
}

void pare_governor_release(pare_governor *g, uint64_t bytes)
{
    g->used_bytes -= bytes < g->used_bytes ? bytes : g->used_bytes;
    if (g->running > 0) g->running--;
}

/* A line of /proc/stat after its name; proc(5). */
static void read_cpu(const char *text, pare_governor_cpu *cpu)
{
    unsigned long long user, nice, system, idle, wait, irq, soft, steal;
    if (sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait,
               &irq, &soft, &steal) != 8) {
        return;
    }
    const uint64_t busy = user + nice + system + irq + soft + steal, total = busy + idle + wait;
    if (cpu->total > 0 && total > cpu->total && busy >= cpu->busy) {
        cpu->pct = 100.0 * (double)(busy - cpu->busy) / (double)(total - cpu->total);
    }
    cpu->busy = busy;
    cpu->total = total;
}

static void sample_cpu(pare_governor *g)
{
    char text[STAT_CAP];
    if (!read_text("/proc/stat", text, sizeof text)) return;
    g->core_count = 0;
    for (const char *line = text; line && strncmp(line, "cpu", 3) == 0;) {
        if (line[3] == ' ') {
            read_cpu(line + 4, &g->cpu);
        } else if (g->core_count < PARE_GOVERNOR_CORES_CAP) {
            read_cpu(line + 3 + strcspn(line + 3, " "), &g->cores[g->core_count++]);
        }
        line = strchr(line, '\n');
        if (line) line++;
    }
}

void pare_governor_sample(pare_governor *g)
{
    char text[TEXT_CAP];
    sample_cpu(g);
    if (!read_text("/proc/meminfo", text, sizeof text)) return;
    const uint64_t total = field_kib(text, "MemTotal:"), free = field_kib(text, "MemAvailable:");
    g->memory_low = total > 0 && free < total / 100 * LOW_MEMORY_PERCENT;
}

uint32_t pare_governor_pool_size(const pare_governor *g, uint64_t demand)
{
    uint32_t size = g->jobs;
    if (demand < size) size = (uint32_t)demand;
    if (g->memory_low) size = (size + 1) / 2;
    return size > 0 ? size : 1;
}

bool pare_governor_process(int pid, uint64_t *rss_bytes, uint64_t *cpu_us)
{
    char path[48], text[TEXT_CAP];
    unsigned long user, system;
    long rss_pages;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (pid <= 0 || !read_text(path, text, sizeof text)) return false;
    const char *const after = strrchr(text, ')'); /* the name may hold anything; proc(5) */
    if (!after || sscanf(after + 1,
                         " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d "
                         "%*d %*u %*u %ld",
                         &user, &system, &rss_pages) != 3) {
        return false;
    }
    const long tick_hz = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
    *rss_bytes = rss_pages > 0 ? (uint64_t)rss_pages * (uint64_t)page : 0;
    *cpu_us = (user + system) * 1000000ull / (uint64_t)(tick_hz > 0 ? tick_hz : 100);
    return true;
}
