/* SPDX-License-Identifier: MIT */
#include "app/cli/console.h"

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/cli/together.h"
#include "base/platform/platform.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How long work has to end by itself, in nanoseconds: with all else, less than a second. */
enum { DEADLINE = 800 * 1000 * 1000 };

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

/* What the handlers know. */
static atomic_int interrupted; /* the signal's number, which threads ask for */
static const char *volatile advice, *volatile work_first;
static volatile sig_atomic_t silent; /* another process talks */
static int alarm_pipe[2] = {-1, -1}; /* whose first end can be read once interrupted is set */

/* Writes a line to stderr, unless that would wait: this is called from handlers. */
static void say_interrupted(const char *what)
{
    struct pollfd end = {.fd = STDERR_FILENO, .events = POLLOUT};
    const char *const parts[] = {app_program, ": interrupted", what ? "; " : "", what ? what : "",
                                 "\n"};
    char line[512] = "\r\033[K";
    size_t used = isatty(STDERR_FILENO) ? strlen(line) : 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (const char *c = parts[i]; *c && used < sizeof line; c++)
            line[used++] = *c;
    if (!silent && poll(&end, 1, 0) == 1 && (end.revents & POLLOUT))
        (void)!write(STDERR_FILENO, line, used);
}

static _Noreturn void end_by(int number)
{
    sigset_t set;

    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    _exit(128 + number);
}

static void start_deadline(void)
{
    tn_platform_set_alarm(DEADLINE);
}

static void on_interrupt(int number)
{
    const int error = errno;

    if (interrupted)
        end_by(number);
    interrupted = number;
    if (alarm_pipe[1] >= 0)
        (void)!write(alarm_pipe[1], "", 1);
    start_deadline();
    errno = error;
}

static void on_deadline(int number)
{
    const int error = errno;

    (void)number;
    if (!work_first) {
        say_interrupted(advice);
        end_by(interrupted);
    }
    say_interrupted(work_first);
    errno = error;
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void app_hold_interrupts(void)
{
    sigset_t set;

    silent = app_follows();
    signal(SIGALRM, SIG_DFL);
    handle(SIGALRM, on_deadline);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    if (tn_platform_prepare_alarm() != 0)
        return; /* the signals end the program at once, as they did until now */
    if (alarm_pipe[0] < 0 && tn_platform_pipe(alarm_pipe) != 0)
        alarm_pipe[0] = alarm_pipe[1] = -1;
    /* Handlers, not blocked signals: libraries have threads from before main(), which do not block
     * them. */
    for (size_t i = 0; i < APP_COUNT(ending_signals); i++)
        handle(ending_signals[i], on_interrupt);
}

bool app_interrupted(void)
{
    return interrupted != 0;
}

int app_interrupt_descriptor(void)
{
    return alarm_pipe[0];
}

void app_accept_interrupt(void)
{
    if (!interrupted)
        return;
    tn_platform_set_alarm(0);
    interrupted = 0;
}

void app_advise_interrupted(const char *text)
{
    advice = text;
}

void app_finish_first(const char *work)
{
    /* A launcher sends the same signal where another process has died, which is waited for in vain
     */
    work_first = work && app_team()
                     ? "another process may have ended; what was written last is whole"
                     : work;
    if (!work && interrupted)
        start_deadline();
}

void app_end_interrupted(void)
{
    if (interrupted)
        end_by(interrupted);
}

static double seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + 1e-9 * (double)(to->tv_nsec - from->tv_nsec);
}

void app_status_begin(struct app_status *status)
{
    status->terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &status->begin);
    status->shown = status->begin;
}

bool app_status_due(struct app_status *status)
{
    struct timespec now;

    if (!status->terminal)
        return false;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (seconds_between(&status->shown, &now) < 0.2)
        return false;
    status->shown = now;
    return true;
}

void app_status_clear(const struct app_status *status)
{
    if (status->terminal)
        fputs("\r\033[K", stderr);
}

double app_status_seconds(const struct app_status *status)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return seconds_between(&status->begin, &now);
}

void app_status_show(const struct app_status *status, size_t done, size_t total)
{
    const double rate = (double)done / (app_status_seconds(status) + 1e-9);
    char left[32];

    if (done == 0 || !status->terminal)
        return;
    app_duration_text((double)(total - done) / rate, left, sizeof left);
    fprintf(stderr, "\r%zu of %zu, %.1f per second, %s left\033[K", done, total, rate, left);
}

void app_number_text(double value, int decimals, char out[APP_NUMBER_SIZE])
{
    if (fabs(value) < 1e7)
        snprintf(out, APP_NUMBER_SIZE, "%.*f", decimals, value);
    else
        snprintf(out, APP_NUMBER_SIZE, "%.1e", value);
}

void app_duration_text(double seconds, char *out, size_t size)
{
    if (seconds < 100)
        snprintf(out, size, "%.0f s", seconds);
    else if (seconds < 6000)
        snprintf(out, size, "%.0f min", seconds / 60);
    else
        snprintf(out, size, "%.1f h", seconds / 3600);
}
