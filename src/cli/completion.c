// SPDX-License-Identifier: Apache-2.0
/* Shell completion, made from the table of options. */
#include "cli/help.h"

#include <string.h>

static bool is_folder(const pare_option_spec *spec)
{
    return spec->words && strcmp(spec->words, "/") == 0;
}

static bool has_words(const pare_option_spec *spec)
{
    return spec->argument && spec->words && *spec->words && !is_folder(spec);
}

static void add_commands(pare_text *text, const char *separator)
{
    for (int i = 0; i < PARE_COMMAND_COUNT; i++) {
        if (!PARE_COMMANDS[i].listed) continue;
        pare_text_add(text, "%s%s", i ? separator : "", PARE_COMMANDS[i].name);
    }
}

static void add_bash(pare_text *text)
{
    pare_text_add(text, "# bash completion for pare; made by `pare completion bash`\n"
                        "_pare() {\n"
                        "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                        "    COMPREPLY=()\n"
                        "    case $prev in\n");
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        if (!has_words(spec) && !is_folder(spec)) continue;
        pare_text_add(text, "    --%s", spec->name);
        if (spec->letter) pare_text_add(text, "|-%c", spec->letter);
        if (is_folder(spec)) {
            pare_text_add(text, ") COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n");
        } else {
            pare_text_add(text, ") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n",
                          spec->words);
        }
    }
    pare_text_add(text, "    esac\n"
                        "    case $cur in\n"
                        "    -*) COMPREPLY=($(compgen -W '");
    for (int i = 0; i < PARE_OPTION_COUNT; i++)
        pare_text_add(text, "%s--%s", i ? " " : "", PARE_OPTIONS[i].name);
    pare_text_add(text, "' -- \"$cur\")) ;;\n"
                        "    *) COMPREPLY=($(compgen -f -- \"$cur\"))\n"
                        "       if [ \"$COMP_CWORD\" = 1 ]; then\n"
                        "           COMPREPLY+=($(compgen -W '");
    add_commands(text, " ");
    pare_text_add(text, "' -- \"$cur\"))\n"
                        "       fi ;;\n"
                        "    esac\n"
                        "}\n"
                        "complete -o filenames -F _pare pare\n");
}

/* First line of the help, without what zsh and fish would read as syntax. */
static void add_plain_help(pare_text *text, const char *help)
{
    for (const char *c = help; *c && *c != '\n'; c++) {
        if (strchr("'`[]:\\\"$", *c)) {
            pare_text_add(text, "%s", *c == ':' ? "," : "");
        } else {
            pare_text_add(text, "%c", *c);
        }
    }
}

static void add_zsh(pare_text *text)
{
    pare_text_add(text, "#compdef pare\n"
                        "# zsh completion for pare; made by `pare completion zsh`\n"
                        "_arguments -s \\\n");
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        const char *repeat = spec->id == PARE_OPTION_EXCLUDE ? "*" : "";
        for (int form = spec->letter ? 0 : 1; form < 2; form++) {
            if (form == 0) {
                pare_text_add(text, "    '%s-%c[", repeat, spec->letter);
            } else {
                pare_text_add(text, "    '%s--%s%s[", repeat, spec->name,
                              spec->argument ? "=" : "");
            }
            add_plain_help(text, spec->help);
            pare_text_add(text, "]");
            if (has_words(spec)) {
                pare_text_add(text, ":value:(");
                for (const char *c = spec->words; *c; c++)
                    pare_text_add(text, *c == ':' ? "\\%c" : "%c", *c);
                pare_text_add(text, ")");
            } else if (spec->argument) {
                pare_text_add(text, is_folder(spec) ? ":folder:_files -/" : ":value:_files");
            }
            pare_text_add(text, "' \\\n");
        }
    }
    pare_text_add(text, "    '1: :{_alternative \"commands:command:(");
    add_commands(text, " ");
    pare_text_add(text, ")\" \"files:file:_files\"}' \\\n"
                        "    '*:file:_files'\n");
}

static void add_fish(pare_text *text)
{
    pare_text_add(text, "# fish completion for pare; made by `pare completion fish`\n");
    for (int i = 0; i < PARE_COMMAND_COUNT; i++) {
        if (!PARE_COMMANDS[i].listed) continue;
        pare_text_add(text, "complete -c pare -n __fish_use_subcommand -a %s -d '",
                      PARE_COMMANDS[i].name);
        add_plain_help(text, PARE_COMMANDS[i].summary);
        pare_text_add(text, "'\n");
    }
    for (int i = 0; i < PARE_OPTION_COUNT; i++) {
        const pare_option_spec *spec = &PARE_OPTIONS[i];
        pare_text_add(text, "complete -c pare -l %s", spec->name);
        if (spec->letter) pare_text_add(text, " -s %c", spec->letter);
        if (has_words(spec)) {
            pare_text_add(text, " -x -a '%s'", spec->words);
        } else if (is_folder(spec)) {
            pare_text_add(text, " -x -a '(__fish_complete_directories)'");
        } else if (spec->argument) {
            pare_text_add(text, " -r");
        }
        pare_text_add(text, " -d '");
        add_plain_help(text, spec->help);
        pare_text_add(text, "'\n");
    }
}

bool pare_help_completion(const char *shell, pare_text *text)
{
    if (strcmp(shell, "bash") == 0) {
        add_bash(text);
    } else if (strcmp(shell, "zsh") == 0) {
        add_zsh(text);
    } else if (strcmp(shell, "fish") == 0) {
        add_fish(text);
    } else {
        return false;
    }
    return true;
}
