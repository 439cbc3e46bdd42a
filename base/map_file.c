/* SPDX-License-Identifier: MIT */
#include "base/map_file.h"

#include "base/platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum tn_status tn_map_file(const char *path, void **ret_data, size_t *ret_size,
                           struct tn_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    void *data = NULL;

    if (fd < 0)
        return tn_fail(err, tn_status_of_errno(errno), "%s: %s", path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return tn_fail(err, TN_IO, "%s: not a regular file", path);
    }
    if (info.st_size > 0)
        data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return tn_fail(err, tn_status_of_errno(errno), "%s: cannot map into memory: %s", path,
                       strerror(errno));
    if (data) /* what is read into huge pages is mapped in a few steps */
        tn_platform_wish_huge_pages(data, (size_t)info.st_size);
    *ret_data = data;
    *ret_size = (size_t)info.st_size;
    return TN_OK;
}
