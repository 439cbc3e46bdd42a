/* SPDX-License-Identifier: MIT */
/* What long runs have to do with a terminal and its keys: a line of progress, and interruption. */
#ifndef APP_CONSOLE_H
#define APP_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

enum { APP_NUMBER_SIZE = 32 };

/*
 * From here on the first SIGINT, SIGTERM or SIGHUP that was not ignored is noted, so that work ends
 * at a point of its choice; a second one ends the program at once.  Work that has not ended within
 * a second is ended: what is written whole or not at all may be.
 */
void app_hold_interrupts(void);
/* Whether one has come. */
bool app_interrupted(void);
/* A descriptor that can be read once one has come, for poll(); -1: none are held. */
int app_interrupt_descriptor(void);
/* The one that has come was how this command ends, and no failure. */
void app_accept_interrupt(void);
/* What is said where work is ended that has not ended by itself: "interrupted; TEXT", NULL (as at
 * first): no more than that.  The text is borrowed for ever. */
void app_advise_interrupted(const char *text);
/* Work that must not be ended so, until the next call, which NULL makes: what it says is then
 * "interrupted; WORK", a second after the signal, and it goes on.  Borrowed likewise. */
void app_finish_first(const char *work);
/* Ends the program by the signal that has come, so that whoever started it knows; returns when none
 * has. */
void app_end_interrupted(void);

/* A line on stderr that is written over, when it is a terminal: how far a long run is. */
struct app_status {
    bool terminal;
    struct timespec begin, shown;
};
void app_status_begin(struct app_status *status);
/* Whether it is time for a new line: a terminal, and 0.2 s since the last. */
bool app_status_due(struct app_status *status);
void app_status_clear(const struct app_status *status);
/* Writes "3 of 20, 4.0 per second, 4 s left", when it is a terminal and something is done. */
void app_status_show(const struct app_status *status, size_t done, size_t total);
double app_status_seconds(const struct app_status *status);
/* "19.01" with so many decimals, "3.4e+10" where as many digits would say nothing. */
void app_number_text(double value, int decimals, char out[APP_NUMBER_SIZE]);
/* "36 s", "5 min", "2.5 h" */
void app_duration_text(double seconds, char *out, size_t size);

#endif
