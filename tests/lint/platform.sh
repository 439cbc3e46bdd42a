#!/bin/bash
# Fails when what only some systems have is used outside of base/platform/, which is where a port to
# another system finds all of it: headers, functions and constants that are neither C11 nor POSIX, or
# that macOS lacks all the same; files below /proc and /sys; and questions for the system's name.
# usage: platform.sh SOURCE_ROOT
cd "$1" || exit 1
rooms="base team tensor image metadata vocab cnn rnn metrics models exchange data train app python"

headers='linux/.*|asm/.*|sys/(auxv|epoll|eventfd|fanotify|fsuid|inotify|klog|prctl|random|sendfile|signalfd
|statfs|syscall|sysinfo|sysmacros|timerfd|vfs|xattr)\.h|byteswap\.h|elf\.h|endian\.h|envz\.h|argz\.h|argp\.h
|error\.h|execinfo\.h|features\.h|gnu/.*|libproc\.h|copyfile\.h|link\.h|mach.*|malloc\.h|mntent\.h|obstack\.h
|printf\.h|semaphore\.h|stdio_ext\.h|sys/(event|mount|sysctl)\.h'

words='__linux__|__APPLE__|__gnu_linux__|__GLIBC__|__MACH__|TARGET_OS_[A-Z]+
|sched_(get|set)affinity|sched_getcpu|pthread_[a-z_]+_np|CPU_(ZERO|SET|CLR|ISSET|COUNT|EQUAL|ALLOC|SETSIZE)|cpu_set_t
|getauxval|HWCAP[A-Z0-9_]*|AT_HWCAP2?|sysctlbyname|get_nprocs(_conf)?|getcpu|unshare|setns|clone3?|prctl|syscall
|inotify_[a-z0-9_]+|epoll_[a-z0-9_]+|eventfd|signalfd|timerfd_[a-z]+|fanotify_[a-z]+|kqueue|kevent
|O_(TMPFILE|PATH|NOATIME|DIRECT|LARGEFILE|EVTONLY|SEARCH|SHLOCK|EXLOCK)|AT_EMPTY_PATH|AT_NO_AUTOMOUNT|AT_STATX_[A-Z_]+
|F_(SETLEASE|GETLEASE|SETSIG|NOTIFY|OFD_[A-Z]+|ADD_SEALS|SETPIPE_SZ|FULLFSYNC|BARRIERFSYNC|GETPATH)
|st_[amc]tim(espec)?|st_birthtime(spec)?|CLOCK_(REALTIME|MONOTONIC)_(COARSE|RAW)|CLOCK_BOOTTIME
|f?(get|set|list|remove)xattr|l(get|set|list|remove)xattr|flistxattr|copyfile|fcopyfile
|fdatasync|syncfs|sync_file_range|posix_fa(llocate|dvise)|fallocate|readahead|sendfile|vmsplice|copy_file_range
|renameat2|renameatx_np|renamex_np|RENAME_(NOREPLACE|EXCHANGE|EXCL|SWAP)|statx|fstatfs|statfs|name_to_handle_at
|accept4|pipe2|dup3|mkostemps?|SOCK_(CLOEXEC|NONBLOCK)|SO_PEERCRED|SO_NOSIGPIPE|memfd_create|ppoll|recvmmsg|sendmmsg
|timer_(create|settime|gettime|delete)|timer_t|itimerspec|setitimer|sigtimedwait|sigwaitinfo|sigqueue|SIGEV_THREAD_ID
|sem_(init|timedwait|clockwait|destroy)|pthread_(create|condattr_setclock|barrier_[a-z]+|spin_[a-z]+|cond_clockwait|tryjoin_np)
|MADV_(HUGEPAGE|NOHUGEPAGE|POPULATE_[A-Z]+|COLLAPSE|MERGEABLE|DONTFORK|REMOVE|DONTDUMP)
|MAP_(HUGETLB|POPULATE|STACK|GROWSDOWN|NORESERVE|LOCKED|FIXED_NOREPLACE|SYNC)|mremap|mincore|malloc_(trim|usable_size)|mallopt
|fopencookie|funopen|cookie_io_functions_t|fcloseall|[a-z]+_unlocked|__fpending|__fbufsize
|strchrnul|memrchr|rawmemchr|mempcpy|wmempcpy|strverscmp|strerrorname_np|strerrordesc_np|sigabbrev_np|strfry|basename_r
|qsort_r|tdestroy|hcreate_r|explicit_bzero|reallocarray|secure_getenv|canonicalize_file_name|get_current_dir_name|euidaccess
|getrandom|getentropy|arc4random[a-z_]*|program_invocation(_short)?_name|error_at_line|dlinfo|dladdr1|dlmopen|dlvsym|dl_iterate_phdr
|le(16|32|64)toh|htole(16|32|64)|be(16|32|64)toh|htobe(16|32|64)|bswap_(16|32|64)|TEMP_FAILURE_RETRY|FNM_EXTMATCH|GLOB_(ALTDIRFUNC|PERIOD|ONLYDIR)
|backtrace(_symbols)?|execvpe|clearenv|gettid|tgkill|versionsort|scandirat|getdents64|proc_[a-z]+|_NSGet[A-Za-z]+'

# Every word of what is no comment, as FILE:LINE:TEXT.
code() {
    find $rooms -name '*.[ch]' -not -path 'base/platform/*' | sort | xargs awk '
        FNR == 1 { inside = 0 }
        {
            text = $0
            out = ""
            while (text != "") {
                if (inside) {
                    end = index(text, "*/")
                    if (!end) break
                    text = substr(text, end + 2); inside = 0
                } else {
                    begin = index(text, "/*")
                    if (!begin) { out = out text; break }
                    out = out substr(text, 1, begin - 1); text = substr(text, begin + 2); inside = 1
                }
            }
            if (out ~ /[^ ]/) print FILENAME ":" FNR ":" out
        }'
}

# The name of a descriptor that a person may write, which is not opened; and what the linker can do.
allowed='^app/cli/stream_path\.c:.*"/proc/self/fd/"|^train/optimiser\.c:.*__gnu_linux__'

found=$(code | grep -E "^[^:]*:[0-9]+: *# *include <(${headers//$'\n'/})>|\b(${words//$'\n'/})\b|\"/(proc|sys)/" |
        grep -vE "$allowed")
[ -z "$found" ] || { echo "$found"; echo "only base/platform/ may use what not every system has"; exit 1; }
