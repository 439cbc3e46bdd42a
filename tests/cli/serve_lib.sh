# SPDX-License-Identifier: MIT
# For the tests of the server, after lib.sh: starts and ends it, and asks it.
export CAPTION_MODEL=$MODEL
[ "$SERVE" = yes ] && command -v curl >/dev/null || { echo "1..0 # SKIP no libmicrohttpd, or no curl"; exit; }
pid=

start() { # the server with these options; sets pid, url and port
    rm -f log # to which a server that was killed may still write
    : >log
    "$CAPTION" serve --listen 127.0.0.1:0 "$@" 2>>log &
    pid=$!
    until grep -q "listening on" log; do
        kill -0 $pid 2>/dev/null || { problem "the server did not start: $(cat log)"; return; }
        sleep 0.05
    done
    url=$(sed -n 's/.*listening on \(.*\)\/$/\1/p' log)
    port=${url##*:}
}
stop() { # it, in order
    kill -TERM $pid
    status=0
    wait $pid || status=$?
    pid=
    err=$(cat log)
    code 0
}
at_end '[ -z "$pid" ] || kill -KILL $pid'

# Sets reply, the body, and http, the code.
ask() { # path, options of curl
    local path=$1
    shift
    http=$(curl -s -o reply -w '%{http_code}' "$@" "$url$path")
    reply=$(cat reply)
}
answers() { # code, pattern of the reply
    [ "$http" = "$1" ] || problem "HTTP $http, expected $1: $reply"
    [[ $reply =~ $2 ]] || problem "the reply '$reply' is not like '$2'"
}
