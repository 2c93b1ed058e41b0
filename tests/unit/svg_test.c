// SPDX-License-Identifier: Apache-2.0
#include "support/test.h"

#include <stdlib.h>

#include <pare/pare.h>

#include "core/codec/codec.h"

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
    check(SVG "><switch><g><path/></g></switch><clipPath id='c'><g/></clipPath></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><switch><g><path/></g></switch><clipPath id=\"c\"><g/></clipPath></svg>");
    check(SVG "><style>g&gt;path{fill:red}</style><g><path/></g></svg>", PARE_KEEP_DEFAULT,
          SVG "><style>g>path{fill:red}</style><g><path/></g></svg>");
}

#define INKSCAPE " xmlns:i='http://www.inkscape.org/namespaces/inkscape'"

/* Defined, without a name that anything could use: also what only such a thing refers to. */
TEST(what_nothing_can_refer_to_goes)
{
    check(SVG "><linearGradient id='linearGradient12' href='#linearGradient10'/><defs>"
              "<linearGradient id='linearGradient10'><stop id='stop11'/></linearGradient>"
              "<filter id='goo'/></defs><g id='g15'/></svg>",
          PARE_KEEP_DEFAULT, SVG "><defs><filter id=\"goo\"/></defs></svg>");
    check(SVG "><defs><radialGradient id='radialGradient12'/></defs>"
              "<path id='path14' fill='url(#radialGradient12)'/></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><defs><radialGradient id=\"radialGradient12\"/></defs>"
              "<path fill=\"url(#radialGradient12)\"/></svg>");
    check(SVG "><path id='path1'/><g filter='url(#f)'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><path id=\"path1\"/><g filter=\"url(#f)\"/></svg>");
    check(SVG INKSCAPE "><path id='path1'/><g id='layer1'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><path/></svg>");
    check(SVG INKSCAPE "><style>#path1,g#g2.a{fill:red}[id]{}</style><path id='path1'/></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><style>#path1,g#g2.a{fill:red}[id]{}</style><path id=\"path1\"/></svg>");
    check(SVG INKSCAPE
          "><style>g#g2.a{fill:url(#b.c)}</style><g id='g2'/><g id='g3'><a/></g></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><style>g#g2.a{fill:url(#b.c)}</style><g id=\"g2\"/><g><a/></g></svg>");
}

TEST(values_get_shorter_words)
{
    check(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0, 0, 16.0 16' width='16px'>"
        "<rect x='0.50' width='10px' y='5%' fill='#FF0000' opacity='0.25'/>"
        "<g transform='translate(1,-2.50) , scale( 2 )' fill='white'/><polygon points='1,1 2.0,2'/>"
        "<circle r='3.00001' cx='.00001'/><text font-size='12px' x='1.00 2'>a</text></svg>",
        PARE_KEEP_DEFAULT,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\" width=\"16\">"
        "<rect x=\".5\" width=\"10\" y=\"5%\" fill=\"red\" opacity=\".25\"/>"
        "<polygon points=\"1 1 2 2\"/>"
        "<circle r=\"3\" cx=\".00001\"/><text font-size=\"12\" x=\"1.00 2\">a</text></svg>");
    check(SVG "><g transform='translate(1,-2.50) , scale( 2 )'><a/></g></svg>", PARE_KEEP_DEFAULT,
          SVG "><g transform=\"translate(1 -2.5)scale(2)\"><a/></g></svg>");
}

TEST(what_holds_anyway_is_not_said)
{
    check(SVG "><path style='fill:red;fill-opacity:1.00;stroke:none;stroke-width:3;color:#bebebe;"
              "font-size:12px;opacity:0.50;marker:none;visibility:visible' stroke-miterlimit='4'/>"
              "</svg>",
          PARE_KEEP_DEFAULT, SVG "><path style=\"fill:red;stroke:none;opacity:.5\"/></svg>");
    /* said otherwise above, beside or by a style sheet; or the colour is used */
    check(SVG "><g fill-opacity='.5'><path style='fill-opacity:1'/></g></svg>", PARE_KEEP_DEFAULT,
          SVG "><g fill-opacity=\".5\"><path style=\"fill-opacity:1\"/></g></svg>");
    check(SVG "><path opacity='.5' style='opacity:1'/><path style='opacity:.5;opacity:1'/></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><path opacity=\".5\" style=\"opacity:1\"/><path style=\"opacity:.5;opacity:1\"/>"
              "</svg>");
    check(SVG "><style>path{opacity:.5}</style><path style='opacity:1'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><style>path{opacity:.5}</style><path style=\"opacity:1\"/></svg>");
    check(SVG "><path style='color:red;fill:currentColor'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><path style=\"color:red;fill:currentColor\"/></svg>");
    check(SVG "><path style='stroke:red;stroke-width:3'/></svg>", PARE_KEEP_DEFAULT,
          SVG "><path style=\"stroke:red;stroke-width:3\"/></svg>");
}

/* What is drawn larger somewhere keeps more decimals, or all. */
TEST(decimals_follow_the_size_at_which_a_path_is_drawn)
{
    check(SVG "><path d='M1.23456 0H9'/></svg>", 0, SVG "><path d=\"m1.235 0H9\"/></svg>");
    check(SVG "><g transform='scale(100)'><path d='M1.23456 0H9'/></g></svg>", 0,
          SVG "><g transform=\"scale(100)\"><path d=\"m1.23456 0H9\"/></g></svg>");
    check(SVG "><symbol id='s'><path d='M1.2345678 0H9'/></symbol></svg>", 0,
          SVG "><symbol id=\"s\"><path d=\"M1.2345678 0H9\"/></symbol></svg>");
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

TEST(no_score_is_told_of_what_is_not_painted)
{
    static const char TEXT[] = SVG "><!-- c --><path d='M 1.000 2.000 L 3.000 4.000'/></svg>";
    pare_result result;
    MUST(pare_optimize((const uint8_t *)TEXT, strlen(TEXT), NULL, &result, NULL));
    CHECK_DOUBLE(result.score, ==, -1.0);
    pare_result_deinit(&result);
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

/* Rules and names all stay: in a page they hold for the page. */
TEST(style_sheets_lose_blanks_and_comments)
{
    check(SVG "><style type='text/css'>\n  /* c */ .a , g > .b{ fill : url( #x ) ; stroke:red; }\n"
              "  a :hover , a:hover{ } @media (min-width: 3px) and (x) { svg a { x:calc(1px + 2px)"
              " ! important } }/*! by somebody */ .c/**/d{content:' ; '}</style></svg>",
          PARE_KEEP_DEFAULT,
          SVG
          "><style>.a,g > .b{fill :url( #x );stroke:red}a :hover,a:hover{}@media (min-width: 3px)"
          " and (x){svg a{x:calc(1px + 2px) ! important}}/*! by somebody */ .c/**/d{content:' ; "
          "'}</style></svg>");
    check(SVG "><style> a { b : 'c </style><style>} a { } </style><style> </style></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><style> a { b : 'c </style><style>} a { } </style><style> </style></svg>");
    check(SVG "><style> /* c */ a { } </style></svg>", PARE_KEEP_COMMENT,
          SVG "><style>/* c */ a{}</style></svg>");
}

/* Regions of filters, gradients and letters scale no path. */
TEST(only_what_scales_paths_keeps_all_decimals)
{
    check(SVG "><filter id='f' filterUnits='objectBoundingBox'/><path d='M1.23456 0H9' style='"
              "text-transform:none;fill:red'/></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><filter id=\"f\" filterUnits=\"objectBoundingBox\"/><path d=\"m1.235 0H9\" "
              "style=\"fill:red\"/></svg>");
    check(SVG "><clipPath id='f' clipPathUnits='objectBoundingBox'><path d='M.123456 0H1'/>"
              "</clipPath></svg>",
          PARE_KEEP_DEFAULT,
          SVG "><clipPath id=\"f\" clipPathUnits=\"objectBoundingBox\"><path d=\"M.123456 0H1\"/>"
              "</clipPath></svg>");
}

RUN(no_score_is_told_of_what_is_not_painted, nothing_that_runs_or_is_fetched_gets_through,
    what_is_harmless_survives_and_what_cannot_be_made_safe_fails, what_does_not_show_goes,
    what_is_referred_to_stays, what_nothing_can_refer_to_goes, values_get_shorter_words,
    what_holds_anyway_is_not_said, text_and_titles_keep_their_blanks,
    style_sheets_lose_blanks_and_comments, only_what_scales_paths_keeps_all_decimals,
    files_with_scripts_lose_comments_only, rights_are_kept_unless_stripped,
    groups_stay_where_structure_counts, decimals_follow_the_size_at_which_a_path_is_drawn,
    entities_and_strange_encodings_are_left_alone, depth_and_damage_are_errors_and_not_more,
    size_is_that_of_the_header)
