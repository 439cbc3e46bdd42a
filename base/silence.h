/* SPDX-License-Identifier: MIT */
/* Calls of libraries that print what the caller reports, in words of its own. */
#ifndef BASE_SILENCE_H
#define BASE_SILENCE_H

/* Calls run(context), and returns when it did.  What it prints on stderr is lost, where the system
 * allows that for one thread; all others print as before. */
void tn_run_silently(void (*run)(void *context), void *context);

#endif
