/* SPDX-License-Identifier: MIT */
#include "base/foreign_folder.h"

#include "base/path.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

/* Hidden folders (.thumbnails, .Trash-1000, .@__thumb) are nobody's photos either; the walk does
 * not look into those.  Names that a person may give to photos, such as "Thumbnails", are left to
 * --exclude. */
static const struct {
    const char *pattern; /* of its name, or of its parent's and its name */
    const char *what;
} folders[] = {
    {"@eaDir", "Synology's thumbnails"},
    {"@SynoResource", "Synology's resources"},
    {"@tmp", "Synology's temporary files"},
    {"#recycle", "Synology's recycle bin"},
    {"#snapshot", "Synology's snapshots"},
    {"@sharesnap", "Synology's snapshots"},
    {"@Recycle", "QNAP's recycle bin"},
    {"@Recently-Snapshot", "QNAP's snapshots"},
    {"~snapshot", "NetApp's snapshots"},
    {"$RECYCLE.BIN", "Windows' recycle bin"},
    {"RECYCLER", "Windows' recycle bin"},
    {"RECYCLED", "Windows' recycle bin"},
    {"System Volume Information", "Windows' restore points"},
    {"__MACOSX", "macOS's attributes of files from an archive"},
    {"Network Trash Folder", "macOS's trash of a file server"},
    {"lost+found", "what the file system's check found"},
    {"*.lrdata", "Lightroom's previews"},
    {"_vti_cnf", "FrontPage's thumbnails"},
    {"M4ROOT/THMBNL", "Sony's thumbnails of videos"},
    {"CaptureOne/Cache", "Capture One's previews"},
    {"*.photoslibrary/database", "Photos' faces and tables"},
    {"*.photoslibrary/external", "Photos' cache"},
    {"*.photoslibrary/internal", "Photos' cache"},
    {"*.photoslibrary/private", "Photos' cache"},
    {"*.photoslibrary/resources", "Photos' previews"},
    {"*.photoslibrary/scopes", "Photos' cache of shared albums"},
    {"*.photoslibrary/Thumbnails", "Photos' previews"},
    {"*.photolibrary/Data*", "iPhoto's previews"},
    {"*.photolibrary/Previews", "iPhoto's previews"},
    {"*.photolibrary/Thumbnails", "iPhoto's previews"},
    {"*.aplibrary/Previews", "Aperture's previews"},
    {"*.aplibrary/Thumbnails", "Aperture's previews"},
};

/* The path from its last part but one on. */
static const char *with_parent(const char *path)
{
    const char *at = tn_path_name(path);

    if (at > path)
        at--; /* the slash */
    while (at > path && at[-1] != '/')
        at--;
    return at;
}

const char *tn_foreign_folder(const char *path)
{
    const char *name = tn_path_name(path), *both = with_parent(path);

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *pattern = folders[i].pattern;

        if (fnmatch(pattern, strchr(pattern, '/') ? both : name, FNM_CASEFOLD | FNM_PATHNAME) == 0)
            return folders[i].what;
    }
    return NULL;
}
