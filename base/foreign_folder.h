/* SPDX-License-Identifier: MIT */
/* Folders that other programs keep among people's files for themselves: thumbnails, what was
 * deleted, earlier states. */
#ifndef BASE_FOREIGN_FOLDER_H
#define BASE_FOREIGN_FOLDER_H

/* What the folder with that path, which ends in no slash, is: "Synology's thumbnails".  NULL:
 * a person's own.  Case does not count. */
const char *tn_foreign_folder(const char *path);

#endif
