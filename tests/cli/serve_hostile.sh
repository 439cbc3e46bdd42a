#!/bin/bash
# Whatever clients send to caption serve: it is answered by the book or the connection ends, nothing
# is smuggled behind it, no file is opened, and the next client gets a caption as if nothing were.
. "$(dirname "$0")/lib.sh"
shopt -s lastpipe # what a pipe ends in may report problems
export CAPTION_MODEL=$MODEL
cp "$SAMPLES/cat.jpg" cat.jpg
if [ "$SERVE" != yes ]; then
    begin "hostile clients of caption serve"
    skip "caption serve is not built in"
    finish
fi
caption=$("$CAPTION" cat.jpg)
size=$(stat -c %s cat.jpg)
"$CAPTION" serve --listen 127.0.0.1:0 --max-bytes 4000000 --timeout 5 2>log &
server=$!
at_end 'kill -KILL $server'
until port=$(grep -om1 'http://127.0.0.1:[0-9]*' log | grep -o '[0-9]*$'); do
    kill -0 $server || break
    sleep 0.05
done

codes() { # of the answers in the file `answer`
    LC_ALL=C grep -ao '^HTTP/1\.1 [0-9]*' answer | cut -d ' ' -f 2 | grep -v 100 | paste -sd ' '
}
what= # is sent, where a claim has several
sent() { # EXPECTED: standard input is sent; the codes of the answers are like this extended regular expression
    "$ASK" --end "$port" >answer 2>/dev/null
    [[ $(codes) =~ ^($1)$ ]] || problem "$what answered $(codes), expected $1: $(tr -d "\0" <answer | tail -1 | head -c 150)"
}
alive() { # still the same process, and it captions
    { printf 'POST /caption HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
      printf 'Content-Length: %d\r\n\r\n' "$size"
      cat cat.jpg; } | sent 200
    grep -qF "\"caption\":\"$caption\"" answer || problem "no caption: $(tr -d '\0' <answer)"
}
head_of() { printf 'POST %s HTTP/1.1\r\nHost: localhost\r\n' "${1-/caption}"; } # the headers go on
get() { printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1"; }
json() { # PATH, the body on standard input
    cat >body
    printf 'POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n' "$1"
    printf 'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n' "$(stat -c %s body)"
    cat body
}
repeated() { head -c "$2" /dev/zero | tr '\0' "$1"; } # CHARACTER COUNT

what=
begin "a length and chunks in one request: what follows is no second request"
{ head_of; printf 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n'
  printf '0\r\n\r\n'; get /health; } | sent 400
{ head_of; printf 'Transfer-Encoding: chunked\r\nContent-Length: 400\r\n\r\n'
  printf '0\r\n\r\n'; get /health; } | sent 400
alive

what_is() { what="'${1:0:60}':"; }

what=
begin "lengths that contradict each other, or are none"
for lengths in '3\r\nContent-Length: 5' '5, 3' '+3' '-3' '0x3' '3 3' '3;' '' '3a' 18446744073709551617 \
    99999999999999999999999999 -1; do
    what_is "$lengths"
    # libmicrohttpd 0.9.75 sends some refusals twice
    { head_of; printf "Content-Length: $lengths\r\n\r\nabc"; get /health; } | sent '(400|413)( \2)?'
done
alive

what=
begin "encodings of the transfer that are none"
for encoding in xchunked 'chunked, identity' 'identity, chunked' gzip 'chunked\r\nTransfer-Encoding: gzip' \
    'chunked\r\nTransfer-Encoding: chunked' $'\vchunked' 'chunked;q=1'; do
    what_is "$encoding"
    { head_of; printf "Transfer-Encoding: $encoding\r\n\r\n0\r\n\r\n"; get /health; } | sent '400|501'
done
alive

what=
begin "chunks of absurd sizes"
for chunk in 7fffffffffffffff ffffffffffffffff 10000000000000000 fffffffffffffffffffffff -1 +5 0x5 '' ' 5' zz \
    "5;$(repeated x 100000)"; do
    what_is "$chunk"
    { head_of; printf "Transfer-Encoding: chunked\r\n\r\n%s\r\nabcde\r\n0\r\n\r\n" "$chunk"; } | sent '(4[0-9][0-9]|500)?'
done
alive

what=
begin "headers whose names hide them from some, such as a length behind a space"
for name in 'Transfer-Encoding ' 'Transfer-Encoding\t' 'Transfer Encoding' 'Transfer-Encoding\v' 'X(a)' '\xe9'; do
    what_is "$name"
    { head_of; printf "$name: chunked\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"; get /health; } | sent 400
done
alive

what=
begin "floods of headers, and long ones"
{ head_of; for ((i = 0; i < 100000; i++)); do echo "X-$i: y"; done; echo; } | sent '(4[0-9][0-9])?'
{ head_of; printf 'X: '; repeated x 10000000; printf '\r\n\r\n'; } | sent '(4[0-9][0-9])?'
{ printf 'GET /'; repeated x 3000000; printf ' HTTP/1.1\r\nHost: localhost\r\n\r\n'; } | sent '(4[0-9][0-9])?'
{ head_of; printf 'X-a\0b: c\r\n\r\n'; } | sent '(4[0-9][0-9])?'
{ head_of; printf 'X-a b: c\r\n\r\n'; } | sent '(4[0-9][0-9])?'
alive

what=
begin "other and old versions of the protocol"
printf 'GET /health\r\n\r\n' | sent '(4[0-9][0-9]|505)?'
printf 'GET /health HTTP/0.9\r\n\r\n' | sent '(4[0-9][0-9]|505)?'
printf 'GET /health HTTP/2.0\r\nHost: localhost\r\n\r\n' | sent '(4[0-9][0-9]|505)?'
printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' | sent '(4[0-9][0-9]|505)?'
printf 'GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n' | sent 200
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n' | sent 200
printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUpgrade: h2c\r\n\r\n' | sent 200
printf 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | sent '4[0-9][0-9]'
printf 'CONNECT example.org:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | sent '4[0-9][0-9]'
printf 'TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | sent '4[0-9][0-9]'
alive

what=
begin "names of this machine that are none (DNS rebinding)"
for host in evil.example localhost.evil.example 127.0.0.1.evil.example evil-localhost '' 'localhost@evil.example' \
    'evil.example#localhost' 'localhost:1@evil' 'localhost, evil.example' 'localhost\r\nHost: evil.example' \
    'evil.example\r\nHost: localhost' '[::1' '0x7f.1' 2130706433 "$(repeated l 5000)"; do
    what_is "$host"
    printf "GET /health HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | sent '400|403|421'
done
for host in localhost "localhost:$port" LOCALHOST 127.0.0.1 "127.0.0.1:$port" '[::1]' "[::1]:$port"; do
    what_is "$host"
    printf "GET /health HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n" | sent 200
done
printf 'GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | sent '4[0-9][0-9]'
alive

what=
begin "a stranger's huge body is not waited for"
printf 'POST /caption HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000000000000\r\n\r\n' | sent 403
printf 'DELETE /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n' | sent 405
alive

what=
begin "paths that are none"
for path in /%00 /health%00 /%ff /%2e%2e/%2e%2e/etc/passwd /../../etc/passwd //health /health/ /HEALTH /%zz /% health \
    /health%2fx '/health;a' '\\health' /caption%00.jpg file:///etc/passwd; do
    what_is "$path"
    get "$path" | sent '4[0-9][0-9]'
done
grep -q root: answer && problem "a file was opened"
alive

what=
begin "wishes that are none"
for wish in 'n=0' 'n=-1' 'n=99999999999999999999999' 'n=1e9' 'n=' 'n' 'n=%31%00' 'n=nan' 'beam=1000000' 'beam=0x3' \
    'keywords=-1' 'lang=..%2f..%2fetc%2fpasswd' 'lang=%ff%fe' 'lang=%00' "lang=$(repeated x 2000)" 'wish=1' \
    'max_words=99999999999' 'model=/etc/passwd'; do
    what_is "$wish"
    { printf 'POST /caption?%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' \
        "$wish" "$size"; cat cat.jpg; } | sent '400|404'
done
what=
{ printf 'POST /caption?'; for ((i = 0; i < 2000; i++)); do printf 'n=1&'; done
  printf ' HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' "$size"; cat cat.jpg; } | sent '(4[0-9][0-9])?'
alive

multipart() { # the type's parameters; the body on standard input
    cat >body
    head_of
    printf "Connection: close\r\nContent-Type: multipart/form-data$1\r\nContent-Length: %d\r\n\r\n" "$(stat -c %s body)"
    cat body
}
part() { printf "$1\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"$2\"\r\n\r\n"; cat cat.jpg; printf '\r\n'; }

what=
begin "forms: names of files are not used"
for name in ../../../etc/passwd /etc/passwd 'a\0b.jpg' '%%00' "$(repeated x 3000)" '\xff\xfe' '"; name="other' ''; do
    what_is "$name"
    { part --mark "$name"; printf -- '--mark--\r\n'; } | multipart '; boundary=mark' | sent '200|400'
done
alive

what=
begin "forms without an end, a mark, or anything"
part --mark a.jpg | multipart '; boundary=mark' | sent '200|400'
part --mark a.jpg | multipart '' | sent 400
part --mark a.jpg | multipart '; boundary=' | sent 400
part --mark a.jpg | multipart '; boundary=other' | sent 400
part --mark a.jpg | multipart "; boundary=$(repeated m 5000)" | sent '400|413|431'
printf -- '--mark--\r\n' | multipart '; boundary=mark' | sent 400
printf '' | multipart '; boundary=mark' | sent 400
{ printf -- '--mark\r\nX: '; repeated x 1000000; printf '\r\n\r\nabc\r\n--mark--\r\n'; } | multipart '; boundary=mark' | sent '4[0-9][0-9]'
for ((i = 0; i < 20000; i++)); do printf -- '--mark\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'; done |
    multipart '; boundary=mark' | sent '4[0-9][0-9]'
alive

what=
begin "JSON that is deep, long, cut, doubled or something else"
for path in /api/generate /api/chat /v1/chat/completions; do
    for open in '[' '{"a":'; do
        what_is "$path, deep $open"
        for ((i = 0; i < 50000; i++)); do printf '%s' "$open"; done | json $path | sent '4[0-9][0-9]'
    done
    what_is "$path, long string"
    { printf '{"model":"'; repeated x 3000000; printf '"}'; } | json $path | sent '4[0-9][0-9]'
    what_is "$path, many members"
    { printf '{'; for ((i = 0; i < 50000; i++)); do printf '"%d":0,' $i; done; printf '"x":0}'; } | json $path | sent '4[0-9][0-9]'
    what_is "$path, many pictures"
    { printf '{"model":"test-model","images":["AAAA"'; for ((i = 0; i < 50000; i++)); do printf ',"AAAA"'; done
      printf '],"messages":[{"role":"user","content":"x","images":["AAAA"]},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}'
    } | json $path | sent '4[0-9][0-9]'
    for text in '' ' ' null true 7 1e999 '""' '[]' '{' '{}' '{"images":' '{"images":{}}' '{"images":[null]}' '{"images":[[]]}' \
        '{"model":7}' '{"model":null,"images":["AAAA"]}' '{"model":"\u0000","images":["AAAA"]}' '{"messages":{}}' '{"messages":[7]}' \
        '{"messages":[{"role":"user","content":7}]}' '{"messages":[{"role":"user","content":[7]}]}' \
        '{"messages":[{"role":"user","content":[{"type":"image_url","image_url":7}]}]}' \
        '{"messages":[{"role":"user","content":"x","images":"AAAA"}]}' '{"stream":"yes","images":["AAAA"]}' \
        $'{"model":"\xff\xfe","images":["AAAA"]}' '{"images":["AAAA"],"images":[]}' '{}{}' 'nonsense'; do
        what_is "$path, $text"
        json $path <<<"$text" | sent '200|4[0-9][0-9]' # Ollama answers a request without images: the model is loaded
        grep -q '"caption' answer && problem "$what a caption of nothing"
    done
done
alive

what=
begin "pictures in JSON that are no base64, or lead elsewhere"
for url in file:///etc/passwd /etc/passwd "http://127.0.0.1:$port/metrics" https://example.org/a.jpg ftp://x/a 'data:' 'data:,x' \
    'data:image/png;base64' 'data:image/png;base64,' 'data:image/png;base64,%%%%' 'data:text/html;base64,AAAA' \
    'data:image/svg+xml;base64,PHN2Zy8+' 'javascript:1' '' ' '; do
    what_is "$url"
    json /v1/chat/completions <<<'{"model":"test-model","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"'"$url"'"}}]}]}' | sent '4[0-9][0-9]'
    for body in '{"model":"test-model","images":["'"$url"'"]}' '{"model":"test-model","messages":[{"role":"user","content":"x","images":["'"$url"'"]}]}'; do
        [[ $body == *messages* ]] && path=/api/chat || path=/api/generate
        json $path <<<"$body" | sent '4[0-9][0-9]'
    done
done
grep -q root: answer && problem "a file was opened"
for base64 in AAA A A=== ==== 'AA=A' $'AA\\nAA' 'AA AA' '////' '----' '____' "$(repeated A 100000)" "$(repeated = 1000)"; do
    what_is "$base64"
    json /api/generate <<<'{"model":"test-model","images":["'"$base64"'"]}' | sent '4[0-9][0-9]'
done
alive

finish
