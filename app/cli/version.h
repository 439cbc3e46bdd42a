/* SPDX-License-Identifier: MIT */
#ifndef APP_VERSION_H
#define APP_VERSION_H

/* Prints to stdout the program's version, the model that it would use (given: what --model says, or
 * NULL) and what it is, and the features that are built in. */
void app_print_version(const char *given);

#endif
