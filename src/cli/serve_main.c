// SPDX-License-Identifier: Apache-2.0
/* The program `pare-serve`, which `pare serve` becomes: the web page and the HTTP API until a
 * signal comes. */
#include "cli/arguments.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <uv.h>

#include "cli/report.h"
#include "http/server.h"

typedef struct serve {
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_process_t browser;
    pare_server *server;
    int asked; /* signals so far */
} serve;

static void on_closed(void *user)
{
    (void)user;
}

static void on_signal(uv_signal_t *handle, int number)
{
    serve *const s = handle->data;
    (void)number;
    if (s->asked++ > 0) _exit(PARE_EXIT_SIGNAL);
    for (int i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    }
    fprintf(stderr, "pare: stopping... unfinished jobs go on with the next `pare serve`\n");
    pare_server_close(s->server, on_closed, s);
}

static void watch_signals(serve *s)
{
    static const int NUMBERS[] = {SIGINT, SIGTERM};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        uv_signal_start(&s->signals[i], on_signal, NUMBERS[i]);
    }
}

static void on_browser_exit(uv_process_t *process, int64_t status, int number)
{
    (void)status, (void)number;
    uv_close((uv_handle_t *)process, NULL);
}

/* xdg-open takes the address as a word, which other users of the machine may see in the list of
 * processes for a moment; docs/serve.md says so. */
static void open_browser(serve *s)
{
    char name[] = "xdg-open";
    char *args[] = {name, (char *)(uintptr_t)pare_server_url(s->server), NULL};
    const uv_process_options_t options = {
        .file = args[0],
        .args = args,
        .exit_cb = on_browser_exit,
        .flags = UV_PROCESS_DETACHED,
    };
    const int err = uv_spawn(&s->loop, &s->browser, &options);
    if (err != 0) {
        fprintf(stderr, "pare: cannot start xdg-open: %s; open the address above\n",
                uv_strerror(err));
        uv_close((uv_handle_t *)&s->browser, NULL);
        return;
    }
    uv_unref((uv_handle_t *)&s->browser);
}

/* Connections, workers and files in work each take descriptors. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void on_notice(void *user, const char *text)
{
    (void)user;
    pare_complain(text);
}

static void fill_options(const pare_arguments *arguments, pare_server_options *options)
{
    const pare_serve_arguments *serve_arguments = &arguments->serve;
    pare_server_options_init(options);
    options->address = serve_arguments->address;
    options->port = serve_arguments->port;
    options->token_file = serve_arguments->token_file;
    options->roots = serve_arguments->roots;
    options->root_count = serve_arguments->root_count;
    options->hosts = serve_arguments->hosts;
    options->host_count = serve_arguments->host_count;
    options->state_dir = serve_arguments->state_dir;
    if (serve_arguments->max_upload_bytes) {
        options->max_upload_bytes = serve_arguments->max_upload_bytes;
    }
    if (serve_arguments->max_jobs) options->max_jobs = serve_arguments->max_jobs;
    options->batch = arguments->batch;
    options->on_notice = on_notice;
}

static int run_server(const pare_arguments *arguments)
{
    serve s = {0};
    pare_server_options options;
    pare_diag diag = {0};
    fill_options(arguments, &options);
    raise_descriptors();
    if (uv_loop_init(&s.loop) != 0) {
        pare_complain("no memory for the event loop");
        return PARE_EXIT_FAILED;
    }
    const pare_err err = pare_server_create(&s.loop, &options, &s.server, &diag);
    if (err != PARE_OK) {
        pare_complain(diag.text[0] ? diag.text : pare_err_text(err));
        uv_loop_close(&s.loop);
        return err == PARE_ERR_INVALID ? PARE_EXIT_USAGE : PARE_EXIT_FAILED;
    }
    watch_signals(&s);
    printf("%s\n", pare_server_url(s.server));
    fflush(stdout);
    if (arguments->serve.open) open_browser(&s);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    pare_server_destroy(&s.server);
    uv_loop_close(&s.loop);
    return PARE_EXIT_OK;
}

int main(int argc, char **argv)
{
    pare_arguments arguments;
    pare_diag diag = {0};
    int code = PARE_EXIT_USAGE;
    if (pare_arguments_parse(argc, argv, &arguments, &diag) != PARE_OK) {
        pare_complain(diag.text);
    } else if (arguments.command != PARE_COMMAND_SERVE || arguments.help || arguments.version) {
        pare_complain("this is a part of `pare serve`; start that");
    } else {
        code = run_server(&arguments);
    }
    pare_arguments_deinit(&arguments);
    return code;
}
