// SPDX-License-Identifier: Apache-2.0
/* Fuzz options as people and programs give them: lines that are values, a command line of one word
 * a line, and JSON settings of the server. What is accepted must be in range. */
#include "fuzz.h"

#include <string.h>

#include <jansson.h>

#include "cli/arguments.h"
#include "http/settings.h"
#include "wire/parse.h"

enum { WORDS_CAP = 48 };

static void check_quality(const pare_quality *quality)
{
    pare_options options;
    pare_options_init(&options);
    options.quality = *quality;
    FUZZ_CHECK(pare_options_check(&options, NULL) == PARE_OK);
}

static void parse_values(const char *text)
{
    uint64_t number = 0, bytes = 0;
    double value = 0, pct = 0;
    pare_quality quality = {.mode = PARE_QUALITY_AUTO};
    pare_resize resize = {0};
    uint32_t kinds = 0;
    uint8_t color[3];
    pare_target target;
    pare_format format;
    pare_priority priority;
    int effort = 0;
    if (pare_parse_count(text, 3, 9, &number)) FUZZ_CHECK(number >= 3 && number <= 9);
    if (pare_parse_bytes(text, &number)) FUZZ_CHECK(number > 0);
    if (pare_parse_duration_ms(text, &number)) FUZZ_CHECK(number > 0 && number <= 604800000);
    if (pare_parse_pixels(text, &number)) FUZZ_CHECK(number > 0);
    if (pare_parse_savings(text, &bytes, &pct)) FUZZ_CHECK(pct >= 0 && pct <= 100);
    if (pare_parse_score(text, &value)) FUZZ_CHECK(value >= 1 && value <= 100);
    if (pare_parse_quality(text, &quality)) check_quality(&quality);
    if (pare_parse_resize(text, &resize)) {
        pare_options options;
        pare_options_init(&options);
        options.resize = resize;
        FUZZ_CHECK(pare_options_check(&options, NULL) == PARE_OK);
    }
    if (pare_parse_kinds(text, &kinds)) FUZZ_CHECK((kinds & ~(uint32_t)PARE_KEEP_ALL) == 0);
    if (pare_parse_effort(text, &effort)) FUZZ_CHECK(effort >= 0 && effort <= PARE_EFFORT_MAX);
    (void)pare_parse_color(text, color);
    (void)pare_parse_format(text, &target, &format);
    (void)pare_parse_priority(text, &priority);
}

static void parse_arguments(char **words, int count)
{
    pare_arguments arguments;
    pare_diag diag = {0};
    const pare_err err = pare_arguments_parse(count, words, &arguments, &diag);
    if (err == PARE_OK && !arguments.help && !arguments.version) {
        FUZZ_CHECK(pare_options_check(&arguments.batch.image, NULL) == PARE_OK);
        FUZZ_CHECK(arguments.path_count < (size_t)WORDS_CAP);
    }
    if (err != PARE_OK) FUZZ_CHECK(diag.text[0] != '\0');
    pare_arguments_deinit(&arguments);
}

static void parse_json(const uint8_t *data, size_t len)
{
    pare_settings settings;
    json_t *json = json_loadb((const char *)data, len, JSON_DECODE_ANY, NULL);
    if (!json) return;
    if (pare_settings_read(json, 1000000000, &settings, NULL) == PARE_OK) {
        FUZZ_CHECK(pare_options_check(&settings.image, NULL) == PARE_OK);
        FUZZ_CHECK(settings.exclude_count <= PARE_EXCLUDES_CAP);
    }
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char program[] = "pare", *words[WORDS_CAP + 1] = {program};
    int count = 1;
    char *text = malloc(len + 1), *rest = NULL;
    if (!text) return 0;
    parse_json(data, len);
    memcpy(text, data, len);
    text[len] = '\0';
    for (char *word = strtok_r(text, "\n", &rest); word && count < WORDS_CAP;
         word = strtok_r(NULL, "\n", &rest)) {
        parse_values(word);
        words[count++] = word;
    }
    parse_arguments(words, count);
    free(text);
    return 0;
}
