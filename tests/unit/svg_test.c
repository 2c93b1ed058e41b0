// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include <pare/pare.h>

#include "core/codec/codec.h"
#include "core/codec/svg_path.h"
#include "core/codec/svg_transform.h"

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\""

static pare_bytes text_bytes(const char *text)
{
    return (pare_bytes){(const uint8_t *)text, strlen(text)};
}

/* The repacked text, ended with a zero. */
static pare_buf repack(const char *text, uint32_t keep)
{
    pare_buf out = {0};
    bool same = false;
    const pare_repack_params params = {.effort = 4, .keep = keep};
    const pare_codec *codec = pare_codec_find(PARE_FORMAT_SVG);
    MUST(codec->repack(text_bytes(text), &params, &out, NULL));
    MUST(codec->check_repacked(text_bytes(text), pare_buf_view(&out), &params, &same, NULL));
    CHECK_TRUE(same);
    MUST(pare_buf_append_byte(&out, 0));
    return out;
}

static void check(const char *text, uint32_t keep, const char *want)
{
    pare_buf have = repack(text, keep);
    CHECK_STR((const char *)have.data, want);
    pare_buf_deinit(&have);
}

TEST(what_does_not_show_goes)
{
    check("<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' "
          "'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>\n<!-- made by hand -->\n"
          "<svg xmlns='http://www.w3.org/2000/svg' xmlns:i='http://www.inkscape.org/namespaces/"
          "inkscape' version='1.1' x='0px' viewBox='0 0 16 16' i:version='1'>\n"
          "  <metadata>nothing about rights</metadata><i:grid/><defs id='defs12'/>\n"
          "  <g>\n    <path id='path1234' i:label='x' style='fill: #ffffff; stroke : url(#a) ;'"
          " d='M 1.00 2.00 L 3.5,2.0 L 3.5 9'/>\n  </g>\n</svg>\n",
          PARE_KEEP_DEFAULT,
          SVG "><path style=\"fill:#fff;stroke:url(#a)\" d=\"m1 2h2.5v7\"/></svg>");
}

TEST(what_is_referred_to_stays)
{
    check(SVG "><g id='g10'><use href='#path12'/><path id='path12' d='M0 0z'/></g></svg>",
          PARE_KEEP_DEFAULT, SVG "><use href=\"#path12\"/><path id=\"path12\" d=\"m0 0z\"/></svg>");
    check(SVG "><style>#path12{fill:red}</style><path id='path12'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><style>#path12{fill:red}</style><path id=\"path12\"/></svg>");
    check(SVG "><path id='wheel'/></svg>", PARE_KEEP_DEFAULT, SVG "><path id=\"wheel\"/></svg>");
}

TEST(text_and_titles_keep_their_blanks)
{
    check(SVG ">\n <text> a <tspan> b </tspan>\n</text> <title> t </title></svg>",
          PARE_KEEP_DEFAULT, SVG "><text> a <tspan> b </tspan>\n</text><title> t </title></svg>");
    check(SVG "><text>1 &lt; 2 &amp; ]]&gt;</text><a title='\"&#10;'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><text>1 &lt; 2 &amp; ]]&gt;</text><a title='\"&#10;'/></svg>");
}

TEST(files_with_scripts_lose_comments_only)
{
    check(SVG " version='1.1'><!-- c --><g><path id='path12' d='M 0 0 L 1 1' onclick='f()'/></g>"
              "</svg>",
          PARE_KEEP_DEFAULT,
          SVG
          " version=\"1.1\"><g><path id=\"path12\" d=\"M 0 0 L 1 1\" onclick=\"f()\"/></g></svg>");
}

TEST(rights_are_kept_unless_stripped)
{
    const char *text = SVG " xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata>"
                           "<dc:rights>Somebody</dc:rights></metadata></svg>";
    pare_buf kept = repack(text, PARE_KEEP_DEFAULT);
    CHECK_TRUE(strstr((const char *)kept.data, "<dc:rights>Somebody</dc:rights>") != NULL);
    pare_buf_deinit(&kept);
    check(text, 0, SVG "/>");
}

TEST(groups_stay_where_structure_counts)
{
    check(SVG "><switch><g><path/></g></switch><clipPath><g/></clipPath></svg>", PARE_KEEP_DEFAULT,
          SVG "><switch><g><path/></g></switch><clipPath><g/></clipPath></svg>");
    check(SVG "><style>g&gt;path{fill:red}</style><g><path/></g></svg>", PARE_KEEP_DEFAULT,
          SVG "><style>g>path{fill:red}</style><g><path/></g></svg>");
}

static const struct {
    const char *text;
    double tolerance;
    const char *want; /* NULL: it is no path data */
} PATHS[] = {
    {"M 10.0 20.50 L 30 20.5", 0, "M10 20.5 30 20.5"},
    {"M10-0.5.5.50", 0, "M10-.5.5.5"},
    {"M0 0A1 1 0 01.5.5", 0, "M0 0A1 1 0 0 1 .5.5"},
    {"M0 0a1,1 0 1 0 +2e0,-0", 0, "M0 0a1 1 0 1 0 2e0 0"},
    {"m1 1 1 1 1 1", 1, "m1 1 2 2"},
    {"M100 100C101 101 102 102 103 103", .1, "m100 100 3 3"},
    {"M1 1h4v4H1V1z", .01, "m1 1h4v4H1z"},
    {"M1 1z L 5 5", .01, "m1 1zl4 4"},
    {"M1 1M2 2h3z m0 0", .01, "m2 2h3z"},
    {"M0.550781 1.109375h8", .002, "m.55 1.11h8"},
    {"M5 1 c -0.5523 0 -1 0.4477 -1 1", .002, "m5 1a1 1 0 0 0-1 1"},
    {"M5 1c0 1 2 3 3 3c1 0 3-1 3-2", .002, "m5 1c0 1 2 3 3 3s3-1 3-2"},
    {"M0 0C2 2 4 2 6 0", .002, "m0 0q3 3 6 0"},
    {"M0 0Q3 3 6 0Q9-3 12 0", .002, "m0 0q3 3 6 0t6 0"},
    {"M1 2A5 5 0 0 0 11.0001 18", .002, "m1 2a5 5 0 0 0 10 16"},
    {"", .01, ""},
    {"L1 1", .01, NULL},
    {"M1", .01, NULL},
    {"M1 1 X", .01, NULL},
    {"M1 1z2 2", .01, NULL},
    {"M0 0A1 1 0 2 0 1 1", .01, NULL},
    {"M1e999 0", .01, NULL},
};

TEST(paths_become_shorter)
{
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        pare_buf out = {0};
        printf("# %s\n", PATHS[i].text);
        const bool ok = pare_svg_path_write(PATHS[i].text, PATHS[i].tolerance, false, &out);
        CHECK_INT(ok, ==, PATHS[i].want != NULL);
        MUST(pare_buf_append_byte(&out, 0));
        CHECK_STR((const char *)out.data, PATHS[i].want ? PATHS[i].want : "");
        pare_buf_deinit(&out);
    }
}

/* However long the path is and however it is written: errors do not add up. */
TEST(nothing_moves_by_more_than_the_tolerance)
{
    static const char COMMANDS[] = "lLhHvVcCsSqQtTaAmMz";
    uint32_t random = 1;
    for (int run = 0; run < 40; run++) {
        char text[40000] = "M8 8";
        size_t len = 4;
        for (int i = 0; i < 300; i++) {
            random = random * 1664525u + 1013904223u;
            const char command = COMMANDS[(random >> 16) % (sizeof COMMANDS - 1)];
            static const char *const COUNTS = "zZhHvVlLmMtTsSqQcCaA";
            const long kind = strchr(COUNTS, command) - COUNTS;
            const int count = kind < 2    ? 0
                              : kind < 6  ? 1
                              : kind < 12 ? 2
                              : kind < 16 ? 4
                              : kind < 18 ? 6
                                          : 2;
            text[len++] = command;
            if (kind >= 18) len += (size_t)snprintf(text + len, 40, "%u 3 20 0 1", random % 9 + 1);
            for (int n = 0; n < count; n++) {
                random = random * 1664525u + 1013904223u;
                len += (size_t)snprintf(text + len, sizeof text - len, " %.6f",
                                        (double)(random >> 8) / 1e6 - 8);
            }
        }
        text[len] = 0;
        static const double TOLERANCES[] = {1, 0.1, 0.01, 0.001};
        const double tolerance = TOLERANCES[run % 4];
        pare_buf out = {0};
        CHECK_TRUE(pare_svg_path_write(text, tolerance, run % 3 == 0, &out));
        MUST(pare_buf_append_byte(&out, 0));
        CHECK_INT(out.len, <, len);
        CHECK_TRUE(pare_svg_path_is_near(text, (const char *)out.data, tolerance));
        CHECK_TRUE(!pare_svg_path_is_near(text, (const char *)out.data, tolerance / 16));
        pare_buf_deinit(&out);
    }
}

static const struct {
    const char *a, *b;
    double tolerance;
    bool same;
} PAIRS[] = {
    {"M0 0L9 0", "m0 0h9", .01, true},
    {"M0 0L9 0", "M0 0L5 .02L9 0", .01, false},
    {"M0 0L9 0", "M0 0L5 .005L9 0", .01, true},
    {"M0 0L9 0", "M0 0L9 0L5 0L9 0", .01, false}, /* turns back */
    {"M0 0H9V9H0Z", "M0 0H9V9H0", .01, false},    /* ends instead of a corner */
    {"M0 0H9V9H0V0Z", "M0 0H9V9H0Z", .01, true},
    {"M0 0H9M1 1H9", "M0 0H9", .01, false},
    {"M0 0H9M1 1H9", "M1 1H9M0 0H9", .01, false},
    {"M0 1A1 1 0 0 1 1 0", "M0 1C0 .4477.4477 0 1 0", .001, true},
    {"M0 1A1 1 0 0 1 1 0", "M0 1A1 1 0 0 0 1 0", .001, false},
    {"M0 1A1 1 0 0 1 1 0", "M0 1A1 1 0 1 1 1 0", .001, false},
    {"M0 0H9", "M0 0H9", 0, true},
    {"M0 0H9", "M0 0H9.0001", 0, false},
    {"M0 0H9", "X", 1, false},
};

TEST(what_draws_otherwise_is_noticed)
{
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        printf("# %s - %s\n", PAIRS[i].a, PAIRS[i].b);
        CHECK_INT(pare_svg_path_is_near(PAIRS[i].a, PAIRS[i].b, PAIRS[i].tolerance), ==,
                  PAIRS[i].same);
        CHECK_INT(pare_svg_path_is_near(PAIRS[i].b, PAIRS[i].a, PAIRS[i].tolerance), ==,
                  PAIRS[i].same);
    }
}

/* Corners and ends of lines show where lines are drawn: no segment is left out. */
TEST(strokes_keep_their_segments)
{
    const char *text = "M0 0H9L8.9991.0003L0 5";
    pare_buf out = {0};
    CHECK_TRUE(pare_svg_path_write(text, .002, true, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_STR((const char *)out.data, "m0 0h9v0L0 5");
    out.len = 0;
    CHECK_TRUE(pare_svg_path_write(text, .002, false, &out));
    MUST(pare_buf_append_byte(&out, 0));
    CHECK_STR((const char *)out.data, "m0 0h9L0 5");
    pare_buf_deinit(&out);
}

TEST(lengthening_by_transforms_is_known)
{
    CHECK_DOUBLE(pare_svg_transform_scale("translate(3,4) rotate(20) scale(2 -3)"), ==, 3);
    CHECK_DOUBLE(pare_svg_transform_scale("matrix(0 0 0 2 1 1)"), ==, 2);
    CHECK_DOUBLE(pare_svg_transform_scale(""), ==, 1);
    CHECK_DOUBLE(pare_svg_transform_scale("skewX(80)"), ==, -1);
    CHECK_DOUBLE(pare_svg_transform_scale("scale(2"), ==, -1);
    CHECK_DOUBLE(pare_svg_transform_scale("scale(1 2 3 4 5 6 7)"), ==, -1);
}

/* What is drawn larger somewhere keeps more decimals, or all. */
TEST(decimals_follow_the_size_at_which_a_path_is_drawn)
{
    check(SVG "><path d='M1.23456 0H9'/></svg>", 0, SVG "><path d=\"m1.235 0H9\"/></svg>");
    check(SVG "><g transform='scale(100)'><path d='M1.23456 0H9'/></g></svg>", 0,
          SVG "><g transform=\"scale(100)\"><path d=\"m1.23456 0H9\"/></g></svg>");
    check(SVG "><symbol><path d='M1.2345678 0H9'/></symbol></svg>", 0,
          SVG "><symbol><path d=\"M1.2345678 0H9\"/></symbol></svg>");
}

static pare_err optimize(const char *text, size_t len)
{
    pare_result result;
    const pare_err err = pare_optimize((const uint8_t *)text, len, NULL, &result, NULL);
    pare_result_deinit(&result);
    return err;
}

TEST(entities_and_strange_encodings_are_left_alone)
{
    const char *laughs = "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'lol'><!ENTITY b "
                         "'&a;&a;&a;&a;&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg'>"
                         "<text>&b;</text></svg>";
    const char *outside = "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>"
                          "<svg xmlns='http://www.w3.org/2000/svg'><text>&x;</text></svg>";
    const char *encoded = "<?xml version='1.0' encoding='EUC-JP'?>"
                          "<svg xmlns='http://www.w3.org/2000/svg'><!-- --></svg>";
    CHECK_INT(optimize(laughs, strlen(laughs)), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_INT(optimize(outside, strlen(outside)), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
    CHECK_INT(optimize(encoded, strlen(encoded)), ==, PARE_SKIP_UNSUPPORTED_VARIANT);
}

TEST(depth_and_damage_are_errors_and_not_more)
{
    enum { DEPTH = 100000 };
    pare_buf deep = {0};
    MUST(pare_buf_append(&deep, SVG ">", strlen(SVG ">")));
    for (int i = 0; i < DEPTH; i++)
        MUST(pare_buf_append(&deep, "<g>", 3));
    CHECK_INT(optimize((const char *)deep.data, deep.len), ==, PARE_ERR_CORRUPT);
    pare_buf_deinit(&deep);

    const char *text = "<?xml version='1.0'?><!-- c -->" SVG "><g style='fill : red;stroke:#aabbcc'"
                       " transform='scale(2)'><path d='M1 1C2 2 3 3 4 4S 5 5 6 6z'/></g></svg>";
    uint32_t random = 7;
    for (int i = 0; i < 600; i++) {
        char *copy = strdup(text);
        if (!copy) abort();
        random = random * 1664525u + 1013904223u;
        copy[(random >> 8) % strlen(text)] = (char)(random >> 24);
        const pare_err err = optimize(copy, i % 3 ? strlen(text) : (random >> 4) % strlen(text));
        CHECK_TRUE(err != PARE_ERR_INTERNAL && err != PARE_ERR_VERIFY);
        free(copy);
    }
}

TEST(size_is_that_of_the_header)
{
    pare_info info;
    const char *mm = "<svg xmlns='http://www.w3.org/2000/svg' width='25.4mm' viewBox='0 0 2 1'/>";
    MUST(pare_read_info((const uint8_t *)mm, strlen(mm), &info, NULL));
    CHECK_INT(info.format, ==, PARE_FORMAT_SVG);
    CHECK_INT(info.width_px, ==, 96);
    CHECK_INT(info.height_px, ==, 48);
    const char *huge = "<svg xmlns='http://www.w3.org/2000/svg' width='1e300' height='-7'/>";
    MUST(pare_read_info((const uint8_t *)huge, strlen(huge), &info, NULL));
    CHECK_INT(info.width_px, ==, 1000000);
    CHECK_INT(info.height_px, ==, 150);
}

static pare_err sanitize(const char *text, pare_result *result)
{
    pare_options options;
    pare_options_init(&options);
    options.sanitize = true;
    return pare_optimize((const uint8_t *)text, strlen(text), &options, result, NULL);
}

/* What attackers write, each with something harmless beside it. */
TEST(nothing_that_runs_or_is_fetched_gets_through)
{
    static const char *const PARTS[] = {
        "<script>alert(1)</script>",
        "<SCRIPT>alert(1)</SCRIPT>",
        "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
        "<metadata><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script></metadata>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>alert</p></foreignObject>",
        "<g onload='alert(1)'/>",
        "<g OnClick='alert(1)'/>",
        "<a href='javascript:alert(1)'><text>x</text></a>",
        "<a href=' java&#10;script:alert(1)'><text>x</text></a>",
        "<a xmlns:l='http://www.w3.org/1999/xlink' l:href='https://evil/'><text>x</text></a>",
        "<image href='http://evil/alert.png'/>",
        "<image href='//evil/alert.png'/>",
        "<image href='data:image/svg+xml,evil'/>",
        "<use href='other.svg#evil'/>",
        "<rect fill='url(https://evil/a.svg#b)'/>",
        "<rect style='fill:url( \"http://evil/\" )'/>",
        "<rect style='fill:u\\72l(http://evil/)'/>",
        "<style>@import 'http://evil/';</style>",
        "<style>a{background:URL(http://evil/)}</style>",
        "<animate attributeName='href' values='javascript:alert(1)'/>",
        "<set attributeName='onclick' to='alert(1)'/>",
        "<g xml:base='http://evil/'/>",
        "<ev:listener xmlns:ev='http://www.w3.org/2001/xml-events' handler='evil'/>",
        "<iframe src='http://evil/'/>",
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        char text[1024];
        pare_result result;
        printf("# %s\n", PARTS[i]);
        snprintf(text, sizeof text,
                 "<?xml-stylesheet href='http://evil/'?>" SVG
                 ">%s<rect class='good' width='5'/></svg>",
                 PARTS[i]);
        MUST(sanitize(text, &result));
        CHECK_TRUE(!memmem(result.data, result.len, "evil", 4));
        CHECK_TRUE(!memmem(result.data, result.len, "alert", 5));
        CHECK_TRUE(memmem(result.data, result.len, "class=\"good\"", 12) != NULL);
        pare_result_deinit(&result);
    }
}

TEST(what_is_harmless_survives_and_what_cannot_be_made_safe_fails)
{
    const char *good = SVG "><style>.a{fill:url(#b)}</style><use href=\"#c\"/><image href=\""
                           "data:image/png;base64,AAAA\"/></svg>";
    pare_result result;
    CHECK_INT(sanitize(good, &result), ==, PARE_SKIP_NOT_SMALLER);
    pare_result_deinit(&result);
    CHECK_INT(sanitize("<!DOCTYPE svg [<!ENTITY a 'b'>]>" SVG ">&a;</svg>", &result), ==,
              PARE_ERR_CODEC);
    pare_result_deinit(&result);
    /* without the option everything stays */
    check(SVG "><script>a()</script></svg>", PARE_KEEP_DEFAULT, SVG "><script>a()</script></svg>");
}

RUN(nothing_that_runs_or_is_fetched_gets_through,
    what_is_harmless_survives_and_what_cannot_be_made_safe_fails, what_does_not_show_goes,
    what_is_referred_to_stays, text_and_titles_keep_their_blanks,
    files_with_scripts_lose_comments_only, rights_are_kept_unless_stripped,
    groups_stay_where_structure_counts, paths_become_shorter,
    nothing_moves_by_more_than_the_tolerance, what_draws_otherwise_is_noticed,
    strokes_keep_their_segments, lengthening_by_transforms_is_known,
    decimals_follow_the_size_at_which_a_path_is_drawn,
    entities_and_strange_encodings_are_left_alone, depth_and_damage_are_errors_and_not_more,
    size_is_that_of_the_header)
