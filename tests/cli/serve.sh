#!/bin/bash
# The server: what it answers, whom it refuses, and how it ends.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/serve_lib.sh"
cp "$SAMPLES/cat.jpg" cat.jpg
cp "$SAMPLES/coffee.jpg" coffee.jpg
head -c 5000 cat.jpg >broken.jpg
echo "a text and no photo" >text.jpg
head -c 200000 /dev/zero >zeros
refuses() { answers "$1" '^\{"error":"'"$2"; }
metric() { curl -s "$url/metrics" | sed -n "s/^$1 //p"; }
log_like() { grep -Eq "$1" log || problem "the log has no line like '$1': $(cat log)"; }
# A row of -f jsonl without its path.
row() { "$CAPTION" -q -f jsonl "$@" | sed 's/^{"path":"[^"]*",/{/'; }

start

begin "it reports that it is ready, and in which models and languages"
ask /health
answers 200 '^\{"status":"ok","version":"[0-9.]+","models":\[\{"name":"test-model","language":"en","model":"[0-9a-f]{16}"\}\]\}'

begin "a photo's bytes are answered by the row that -f jsonl writes"
ask /caption --data-binary @cat.jpg
answers 200 "^"
that test "$reply" = "$(row cat.jpg)"
log_like '^[0-9T:.-]+Z 127\.0\.0\.1 POST /caption 200 bytes=27833 photos=1 receive_ms=[0-9.]+ answer_ms=[0-9.]+$'

begin "the options of the command line stand in the query"
while read -r query options; do
    ask "/caption?$query" --data-binary @cat.jpg
    answers 200 '^\{'
    that test "$reply" = "$(row $options cat.jpg)"
done <<'CASES'
n=3&beam=5 -n 3 -b 5
n=4&differ=0 -n 4 --differ 0
n=4&differ=2 -n 4 --differ 2
max_words=3&length_exponent=0.2 -w 3 --length-exponent 0.2
keywords=4 --keywords 4
keywords=auto&any_picture --keywords auto --any-picture
any_picture=1&min_confidence=0 --any-picture
sample=1&seed=7&temperature=2&top_k=9&top_p=0.9&n=2 --sample --seed 7 --temperature 2 --top-k 9 --top-p 0.9 -n 2
lang=en&model=test-model -l en
CASES
ask "/caption?min_confidence=1" --data-binary @cat.jpg
answers 200 '"captions":\[\]\}$'

begin "a form of several files is answered by an array, in which a broken one is one error"
ask "/caption?n=2" -F photo=@cat.jpg -F photo=@broken.jpg -F 'other=@coffee.jpg;filename="a;b.jpg"'
answers 200 '^\[\{"path":"cat.jpg",.*\},\{"path":"broken.jpg","error":"the photo: .*"\},\{"path":"a;b.jpg"'
that test "$(sed 's/.*{"path":"a;b.jpg",/{/; s/\]$//' <<<"$reply")" = "$(row -n 2 coffee.jpg)"
ask /caption -F photo=@cat.jpg
answers 200 '^\[\{"path":"cat.jpg".*\]$'

begin "a wrong request is told what was expected"
while IFS='|' read -r code path options text; do
    ask "$path" $options
    refuses "$code" "$text"
done <<'CASES'
400|/caption?n=0|--data-binary @cat.jpg|n=0: expected a number from 1 to 64
400|/caption?n=two|--data-binary @cat.jpg|n=two: expected a number
400|/caption?beam=65|--data-binary @cat.jpg|beam=65: expected
400|/caption?differ=11|--data-binary @cat.jpg|differ=11: expected a number from 0 to 10
400|/caption?sample=1&differ=1|--data-binary @cat.jpg|differ is of the search, and has no part in sample=1
400|/caption?plain=1|--data-binary @cat.jpg|plain=1: expected a number from 0.01 to 0.99
422|/caption?plain=0.4|--data-binary @cat.jpg|the option plain needs a consensus
400|/caption?keywords=all|--data-binary @cat.jpg|keywords=all: expected auto, or a number
400|/caption?any_picture=maybe|--data-binary @cat.jpg|any_picture=maybe: expected 0 or 1
400|/caption?min_confidence=2|--data-binary @cat.jpg|min_confidence=2: expected
400|/caption?seed=1|--data-binary @cat.jpg|seed needs sample=1
400|/caption?sample&beam=3|--data-binary @cat.jpg|beam is of the search
400|/caption?keyword=5|--data-binary @cat.jpg|unknown parameter keyword; expected .*keywords
404|/caption?lang=zh|--data-binary @cat.jpg|no model in the language zh; there is test-model \(en\)
404|/caption?model=gpt|--data-binary @cat.jpg|no model gpt; there is
400|/caption|-X POST -H Content-Length:0|the body is empty
400|/caption|-F n=3|the form has a field that is no file
400|/caption|-H Content-Type:multipart/form-data --data-binary @cat.jpg|Content-Type: .* has no boundary
400|/caption|-H Content-Type:multipart/form-data;boundary=x --data-binary @cat.jpg|the body is no multipart
411|/caption|-X POST|the request has no Content-Length
422|/caption|--data-binary @text.jpg|the photo: not an image
422|/caption|--data-binary @broken.jpg|the photo: .*truncated
422|/caption|-F photo=@broken.jpg|the photo: .*truncated
422|/caption|-F photo=@broken.jpg -F photo=@text.jpg|the photo: .*truncated
404|/captions|--data-binary @cat.jpg|there is nothing at this path
404|/caption/|--data-binary @cat.jpg|there is nothing at this path
405|/caption||expected the method POST
405|/health|--data-binary @cat.jpg|expected the method GET
CASES
that test "$(curl -si "$url/caption" | tr -d '\r' | sed -n 's/^Allow: //p')" = POST

begin "a page of another origin is refused, and so is a name that is not the server's"
while IFS='|' read -r code options; do
    ask /health $options
    case $code in
        200) answers 200 '"ok"' ;;
        400) answers 400 "Host" ;; # from libmicrohttpd 1.0 on it is its own answer
        *) refuses "$code" "(pages of other|the server does not go)" ;;
    esac
done <<CASES
200|-H Host:localhost:$port
200|-H Host:127.1.2.3
200|-H Host:[::1]:80
403|-H Host:evil.example
403|-H Host:evil.example:$port
403|-H Host:127.0.0.1.evil.example
403|-H Host:localhost.evil.example
403|-H Host:192.168.1.1
403|-H Host:[::1
403|-H Host:localhost:80x
400|-H Host:
200|-H Origin:$url
403|-H Origin:http://evil.example
403|-H Origin:null
403|-H Origin:http://127.0.0.1:1
403|-H Origin:http://127.0.0.1
200|-H Sec-Fetch-Site:same-origin
200|-H Sec-Fetch-Site:none
403|-H Sec-Fetch-Site:cross-site
403|-H Sec-Fetch-Site:same-site
200|-H Sec-Fetch-Site:cross-site -H Sec-Fetch-Mode:navigate -H Sec-Fetch-Dest:document
403|-H Sec-Fetch-Site:cross-site -H Sec-Fetch-Mode:navigate -H Sec-Fetch-Dest:iframe
CASES
ask /caption --data-binary @cat.jpg -H "Sec-Fetch-Site: cross-site" -H "Sec-Fetch-Mode: navigate" -H "Sec-Fetch-Dest: document"
refuses 403 "pages of other"

begin "answers may not be cached, framed, or read by other pages"
headers=$(curl -si "$url/health" | tr -d '\r')
for header in "Cache-Control: no-store" "X-Content-Type-Options: nosniff" "X-Frame-Options: DENY"; do
    that grep -qxF "$header" <<<"$headers"
done
that test "$(grep -c "^Access-Control" <<<"$headers")" -eq 0

begin "HEAD is GET without the body, and a connection serves several requests"
that test "$(curl -sI "$url/health" | head -n 1 | tr -d '\r')" = "HTTP/1.1 200 OK"
that test "$(curl -s -o reply -o reply -o reply -w '%{num_connects}' "$url"/{health,nothing,health})" = 100

begin "the log shows what a terminal would obey, and no query"
ask "/caption%1b%5b2J%0a?secret=1"
refuses 404 ""
log_like ' GET /caption\\x1b\[2J\\n 404 '
ask "/$(printf %5000d 0 | tr ' ' 0)" -X "$(printf %2000d 0 | tr ' ' X)"
log_like ' X{32} /0{255} 404 '
that test "$(grep -c secret log)" -eq 0

begin "requests of many clients share batches, and each gets its own captions"
row cat.jpg >cat.row
row -n 2 coffee.jpg >coffee.row
before=$(metric caption_batch_photos_count)
clients=()
for i in $(seq 20); do
    curl -s -o "cat.$i" --data-binary @cat.jpg "$url/caption" &
    clients+=($!)
    curl -s -o "coffee.$i" --data-binary @coffee.jpg "$url/caption?n=2" &
    clients+=($!)
done
wait "${clients[@]}"
for i in $(seq 20); do that cmp -s cat.row "cat.$i"; that cmp -s coffee.row "coffee.$i"; done
that test $(($(metric caption_batch_photos_count) - before)) -lt 40
that test "$(metric caption_requests_in_flight)" -eq 1

begin "the metrics count requests, photos and failures"
that test "$(metric 'caption_requests_total{path="other",code="404"}')" -ge 3
that test "$(metric caption_photos_total)" -ge 40
that test "$(metric caption_photos_failed_total)" -ge 4
that test "$(metric 'caption_build_info{version="[0-9.]*"}')" -eq 1

begin "it ends in order at SIGTERM"
stop
log_like "Z ended$"

start --max-bytes 100000
begin "what is too large is refused before it is sent, and in the middle where its size is not known"
sent=$(curl -s -o reply -w '%{http_code} %{size_upload}' -H "Expect: 100-continue" --data-binary @zeros "$url/caption")
that test "$sent" = "413 0"
ask /caption --data-binary @zeros
refuses 413 "the request is larger than the server takes \(--max-bytes\)"
ask /caption -H "Transfer-Encoding: chunked" --data-binary @zeros
refuses 413 "the request is larger"
ask /v1/responses -H "Transfer-Encoding: chunked" --data-binary @zeros
answers 413 '^\{"error":\{"message":"the request is larger'
# The first line and headers, without what differs from one second to the next.
head_like() { curl -si "$@" "$url/caption" | tr -d '\r' | sed '/^$/,$d' | grep -v '^Date: ' | sort; }
early=$(head_like -H "Expect: 100-continue" --data-binary @zeros)
that grep -q '^HTTP/1.1 413 ' <<<"$early"
that test "$(head_like -H "Transfer-Encoding: chunked" --data-binary @zeros)" = "$early"
ask /caption -H "Transfer-Encoding: chunked" --data-binary @cat.jpg
that test "$reply" = "$(row cat.jpg)"


head_of() { printf 'POST /caption HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n' "$1"; }

begin "bodies are bounded together, too: what is beyond that is to be tried again"
sockets=()
for i in $(seq 8); do
    exec {socket}<>/dev/tcp/127.0.0.1/"$port"
    head_of 100000 >&"$socket"
    sockets+=("$socket")
done
until [ "$(metric caption_requests_in_flight)" = 9 ]; do sleep 0.05; done
ask /caption --data-binary @cat.jpg -D headers
refuses 503 "the server holds as many requests as it may"
that grep -q "^Retry-After: 1" headers
ask /caption -H "Transfer-Encoding: chunked" --data-binary @cat.jpg -D headers
refuses 503 "the server holds"
that grep -q "^Retry-After: 1" headers
for socket in "${sockets[@]}"; do exec {socket}>&-; done
until [ "$(metric caption_requests_in_flight)" = 1 ]; do sleep 0.05; done
ask /caption --data-binary @cat.jpg
that test "$reply" = "$(row cat.jpg)"
log_like ' POST /caption 0 bytes=0 .* the client went away$'
stop

start --timeout 2 --quiet
# Sends what stdin has, then waits until the server closes the connection; prints what it answered.
talk() {
    exec {socket}<>/dev/tcp/127.0.0.1/"$port"
    cat >&"$socket" 2>/dev/null
    cat <&"$socket" 2>/dev/null
    exec {socket}>&-
}

begin "who is silent is cut off, and told so in the middle of a body"
that test -z "$(talk </dev/null)"
that test -z "$(printf 'POST /caption HTT' | talk)"
late=$({ head_of 1000; echo begin; } | talk | tr -d '\r')
for line in "HTTP/1.1 408 Request Timeout" "Connection: close" "Content-Type: application/json" "Cache-Control: no-store" \
    "X-Content-Type-Options: nosniff" "X-Frame-Options: DENY" '{"error":"the request did not come in time"}'; do
    that grep -qxF "$line" <<<"$late"
done
that grep -Eqx 'Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT' <<<"$late"

begin "who sends a byte now and then is cut off too"
drip() { for i in $(seq 60); do printf x; sleep 0.1; done; }
that test -z "$({ printf 'GET /'; drip; } | talk)"
that grep -q '^HTTP/1.1 408' <<<"$({ head_of 1000; drip; } | talk)"

begin "garbage is refused, and the server goes on"
head -c 10000 /dev/urandom | talk >garbage
printf 'GET / HTTP/1.1\r\n\r\n' | talk >garbage
that grep -aq '^HTTP/1.1 400' garbage
{ printf 'POST /caption HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'; } | talk >garbage
that grep -aq '^HTTP/1.1 400' garbage
ask /health
answers 200 ok
that test "$(grep -c '' log)" -eq 1 # --quiet
stop

start --timeout 20
begin "what has been asked before SIGTERM is answered, and no more connections are accepted"
exec {socket}<>/dev/tcp/127.0.0.1/"$port"
{ head_of "$(stat -c %s cat.jpg)"; head -c 1000 cat.jpg; } >&"$socket"
until [ "$(metric caption_requests_in_flight)" = 2 ]; do sleep 0.05; done
kill -TERM $pid
until grep -q "finishing" log; do sleep 0.05; done
until ! curl -s -o reply "$url/health"; do sleep 0.05; done
run curl -sS "$url/health"
code 7 # refused: it does not wait for an answer that will not come
tail -c +1001 cat.jpg >&"$socket"
answer=$(tr -d '\r' <&"$socket")
exec {socket}>&-
that test "$(head -n 1 <<<"$answer")" = "HTTP/1.1 200 OK"
that grep -qx "Connection: close" <<<"$answer"
that test "$(tail -n 1 <<<"$answer")" = "$(row cat.jpg)"
wait $pid || problem "exit code $?"
pid=

start --timeout 20
begin "a second signal ends it at once"
exec {socket}<>/dev/tcp/127.0.0.1/"$port"
head_of 1000 >&"$socket"
until [ "$(metric caption_requests_in_flight)" = 2 ]; do sleep 0.05; done
kill -TERM $pid
until grep -q "finishing" log; do sleep 0.05; done
kill -TERM $pid
status=0; wait $pid || status=$?
code 143
exec {socket}>&-
pid=

begin "a picture that is too large is refused before it is decoded"
start --max-pixels 1000
ask /caption --data-binary @cat.jpg
refuses 422 "the photo: .*pixels"
stop

begin "with a token, only who gives it is answered; the page is for all"
printf 'correct-horse-battery\n' >token
chmod 600 token
start --token token
ask /health
refuses 401 "expected the server's token"
that grep -qi "^WWW-Authenticate: Bearer" <<<"$(curl -si "$url/health")"
for wrong in "Bearer correct-horse-batterx" "Bearer correct-horse" "Bearer correct-horse-battery-staple" "Bearer " Bearer "Basic correct-horse-battery" correct-horse-battery; do
    ask /health -H "Authorization: $wrong"
    refuses 401 "expected"
done
ask /health -H "Authorization: Bearer correct-horse-battery"
answers 200 ok
ask /
answers 200 "<html"
stop
that test "$(grep -c correct-horse log)" -eq 0

begin "a token that others can read or guess is refused"
chmod 644 token
run "$CAPTION" serve --listen 127.0.0.1:0 --token token
code 1; err_is "caption: token: others may read or change the token ('chmod 600 token')"
chmod 600 token
echo short >token
run "$CAPTION" serve --listen 127.0.0.1:0 --token token
code 1; err_like "a token of 5 characters can be guessed"
printf 'two lines of a\ntoken that is none\n' >token
run "$CAPTION" serve --listen 127.0.0.1:0 --token token
code 1; err_like "expected a token"

begin "beyond this machine it listens with a token only"
run "$CAPTION" serve --listen 0.0.0.0:0
code 1; err_like "^caption: http://0\.0\.0\.0:[0-9]+/ can be reached by other machines; give it a token"
echo 0123456789abcdef >token
start --token token --listen 0.0.0.0:0 --name photos.example
for host in 192.168.1.1:80 photos.example localhost; do
    ask /health -H "Authorization: Bearer 0123456789abcdef" -H "Host: $host"
    answers 200 ok
done
ask /health -H "Authorization: Bearer 0123456789abcdef" -H "Host: evil.example"
refuses 403 "the server does not go by this name"
stop

begin "an address that is none, or is taken, is refused"
for where in 127.0.0.1 :80 127.0.0.1: 127.0.0.1:x 127.0.0.1:70000 ::1:80 '[::1' 127.0.0.1:80:80; do
    run "$CAPTION" serve --listen "$where"
    code 1; err_lines 1
done
run "$CAPTION" serve --listen 127.0.0.1:70000
err_is "caption: '127.0.0.1:70000': expected a port of at most 65535"
start
run "$CAPTION" serve --listen "127.0.0.1:$port"
code 1; err_like "^caption: cannot listen on 127\.0\.0\.1:$port: Address already in use \(does another server run\? port 0 chooses a free one\)$"
stop

begin "what requests do not say is as the server was told"
start -l en -b 2 --max-words 3
ask /caption --data-binary @cat.jpg
that test "$reply" = "$(row -b 2 -w 3 cat.jpg)"
ask "/caption?max_words=5&beam=4" --data-binary @cat.jpg
that test "$reply" = "$(row -b 4 -w 5 cat.jpg)"
ask "/caption?sample=1&seed=3" --data-binary @cat.jpg
that test "$reply" = "$(row --sample --seed 3 -w 3 cat.jpg)"
stop
run "$CAPTION" serve --listen 127.0.0.1:0 -l fr
code 1; err_is "caption: no model test-model in fr; there is test-model (en)"

begin "several models go by their names; two of one name are refused"
cp "$MODEL" other.safetensors
start -m "$MODEL" -m other.safetensors
ask /health
answers 200 '"test-model".*"other"'
ask "/caption?model=other" --data-binary @cat.jpg
that test "$reply" = "$(row cat.jpg)"
stop
run "$CAPTION" serve --listen 127.0.0.1:0 -m other.safetensors -m ./other.safetensors
code 1; err_like "two models with the name other"
run "$CAPTION" serve --listen 127.0.0.1:0 -m nothing.safetensors
code 1; err_is "caption: nothing.safetensors: No such file or directory"

finish
