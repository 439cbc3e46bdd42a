#!/bin/bash
# caption serve as a service of systemd: sockets that it is given, what it reports, its units.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
cp "$SAMPLES/cat.jpg" cat.jpg
cp "$SAMPLES/coffee.jpg" coffee.jpg
service=
at_end '[ -z "$service" ] || kill -TERM $service 2>/dev/null'

start_service() { # SOCKET... -- ARGUMENT...: as_service with `caption serve ARGUMENT...`
    local sockets=()
    while [ "$1" != -- ]; do sockets+=("$1"); shift; done
    shift
    rm -f states port
    "$AS_SERVICE" "${sockets[@]}" -- states sh -c 'echo $$ >pid; exec "$0" serve "$@"' "$CAPTION" "$@" 2>log &
    service=$!
    until [ -s port ] || ! kill -0 $service 2>/dev/null; do sleep 0.05; done
}
stop_service() { # the exit status of the service in $status
    kill -TERM $service
    status=0
    wait $service || status=$?
    err=$(<log)
}
ask() { # WHERE PHOTO: the answer in $out
    local size
    size=$(stat -c %s "$2")
    { printf 'POST /caption HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
      printf 'Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' "$size"
      cat "$2"; } >request
    out=$("$ASK" "$1" <request | tr -d '\r')
}
caption_is() { # PHOTO: the answer's
    local caption
    caption=$("$CAPTION" "$1")
    [[ $out == "HTTP/1.1 200 "*"\"caption\":\"$caption\""* ]] ||
        problem "the answer is not '$caption' but: $out; $(<log)"
}
states_are() { [ "$(<states)" = "$1" ] || problem "states '$(<states)', expected '$1'; $(<log)"; }

if [ "$SERVE" != yes ]; then
    begin "caption serve as a service"
    skip "caption serve is not built in"
    finish
fi

begin "it is started by the first request, and answers at the socket that it was given"
start_service port=port --
that test ! -e states
ask "$(<port)" cat.jpg
caption_is cat.jpg

begin "it reports that it is ready and, at SIGTERM, that it stops"
stop_service
code 0
states_are $'READY=1\nSTOPPING=1\nended 0'

begin "several sockets, one of them a file that a proxy connects to"
start_service port=port ./socket --
ask ./socket cat.jpg
caption_is cat.jpg
ask "$(<port)" coffee.jpg
caption_is coffee.jpg
stop_service
code 0

begin "--idle ends it when nobody asks, and the next request starts it again"
start_service port=port -- --idle 1
ask "$(<port)" cat.jpg
caption_is cat.jpg
until grep -q ended states; do sleep 0.1; done
states_are $'READY=1\nSTOPPING=1\nended 0'
ask "$(<port)" coffee.jpg
caption_is coffee.jpg
stop_service
code 0

begin "restarted again and again, it loses no request"
start_service port=port --
ask "$(<port)" cat.jpg
clients=()
for i in 1 2 3 4; do
    for ((j = 0; j < 10; j++)); do "$ASK" "$(<port)" <request | head -n 1; done >answers.$i &
    clients+=($!)
done
for ((i = 0; i < 5; i++)); do
    until [ "$(grep -c READY states)" -gt $i ] || ! kill -0 "${clients[@]}" 2>/dev/null; do sleep 0.05; done
    kill -TERM "$(<pid)" 2>/dev/null
done
wait "${clients[@]}"
that test "$(cat answers.? | tr -d '\r' | grep -cx 'HTTP/1.1 200 OK')" -eq 40
that test "$(grep -c READY states)" -gt 2
stop_service
code 0

begin "it needs no network of its own"
if unshare -rn true 2>/dev/null; then
    rm -f states port
    "$AS_SERVICE" port=port -- states unshare -rn "$CAPTION" serve 2>log &
    service=$!
    until [ -s port ]; do sleep 0.05; done
    ask "$(<port)" cat.jpg
    caption_is cat.jpg
    stop_service
    code 0
else
    skip "the system makes no network namespaces for this user"
fi

begin "a descriptor that is no socket to listen to is named"
run bash -c 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" serve 3<cat.jpg' "$CAPTION"
code 1; out_is ""; err_lines 1
err_like "^caption: descriptor 3, which LISTEN_FDS passes, is no stream socket that listens "

begin "sockets and --listen exclude each other"
start_service port=port -- --listen 127.0.0.1:0
"$ASK" "$(<port)" </dev/null >/dev/null 2>&1
status=0
wait $service || status=$?
err=$(<log)
code 1; err_like "^caption: systemd passed 1 sockets; expected at most 8, and no --listen$"

begin "sockets that were passed to another process are not its own"
LISTEN_PID=1 LISTEN_FDS=1 "$CAPTION" serve --listen 127.0.0.1:0 2>log 3<cat.jpg &
service=$!
until grep -q '127.0.0.1:' log || ! kill -0 $service 2>/dev/null; do sleep 0.05; done
stop_service
code 0

begin "systemd understands the units"
if ! command -v systemd-analyze >/dev/null; then
    skip "systemd-analyze is not installed"
elif [ ! -e "$BUILD/app/caption.service" ]; then
    skip "the units are not built"
else
    sed "s|^ExecStart=[^ ]*|ExecStart=$CAPTION|; /^Documentation=/d" "$BUILD/app/caption.service" \
        >caption.service
    sed '/^Documentation=/d' "$SOURCE/app/serve/caption.socket" >caption.socket
    run systemd-analyze verify "$work/caption.socket" "$work/caption.service"
    code 0; err_is ""
    run systemd-analyze security --offline=true --threshold=10 "$work/caption.service"
    code 0; out_like "exposure level for caption.service: "
fi
finish
