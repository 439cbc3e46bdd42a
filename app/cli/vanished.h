/* SPDX-License-Identifier: MIT */
/* Files that are mapped, such as the model, and become shorter, or whose disk goes away. */
#ifndef APP_VANISHED_H
#define APP_VANISHED_H

/* From here on, reading what a mapped file no longer has (SIGBUS) ends the program with a line that
 * names the file, and APP_FAILED.  A bus error of any other kind is left as it was. */
void app_name_vanished_files(void);

#endif
