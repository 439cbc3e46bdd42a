#!/bin/bash
# Photos that come into folders: each is captioned once, whole, however it comes.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir source
cp "$SAMPLES/cat.jpg" source/cat.jpg
cp "$SAMPLES/coffee.jpg" source/coffee.jpg
run "$CAPTION" -q -f tsv source
cat=$(sed -n 's/^source.cat.jpg\t1\t\([^\t]*\)\t.*/\1/p' .out)

process=
at_end '[ -z "$process" ] || kill -KILL $process'
until_so() { # CONDITION...: waits until it holds, or the program has ended
    until "$@"; do
        kill -0 $process 2>/dev/null || { "$@" || problem "ended before: $*; $(cat .err)"; return; }
        sleep 0.05
    done
}
says() { grep -qE "$1" .err; }
prints() { cut -f 1 .out | grep -qxF "$1"; }
watch() { # ARGUMENT...: starts, and waits until it has caught up
    : >.out >.err # of the one before
    "$CAPTION" watch "$@" >.out 2>.err </dev/null &
    process=$!
    until_so says '^watching '
}
ends() { # SIGNAL
    kill -"$1" $process
    status=0
    wait $process || status=$?
    process=
    out=$(cat .out) err=$(cat .err)
}
marks=0
settles() { # what has happened until now has been dealt with: a hard link rests longest
    marks=$((marks + 1))
    ln source/coffee.jpg in/mark$marks.jpg
    until_so prints in/mark$marks.jpg
}
printed() { cut -f 1 .out | grep -v '/mark[0-9]*.jpg' | sort | tr '\n' ' '; }
anew() { rm -rf in; mkdir in; }

begin "what is there is captioned first, and then what comes; SIGTERM ends it, as do SIGINT and SIGHUP"
for signal in TERM INT HUP; do
    # What ignores a signal when it starts the tests has its programs ignore it.
    ignored=$(sed -n 's/^SigIgn:\s*//p' /proc/self/status)
    [ $signal != HUP ] || [ $((0x$ignored & 1)) -eq 0 ] || continue
    [ $signal != INT ] || set -m # a program in the background ignores SIGINT otherwise
    anew
    cp source/cat.jpg in/first.jpg
    watch in
    set +m
    until_so prints in/first.jpg
    cp source/cat.jpg in/second.jpg
    until_so prints in/second.jpg
    ends $signal
    code 0; out_is "in/first.jpg"$'\t'"$cat"$'\n'"in/second.jpg"$'\t'"$cat"
    # without a rate: most of the time nothing came
    err_like "^watching 1 directory.*2 captioned, 0 skipped, 0 failed in [0-9.]+ s$"
done

begin "it goes on with its rows, and catches up with what came while it was off"
anew
cp source/cat.jpg in/a.jpg
watch -o rows.jsonl in
until_so grep -q in/a.jpg rows.jsonl
until_so says "^in/a.jpg: $cat"
ends TERM
code 0; out_is ""
cp source/coffee.jpg in/b.jpg
watch -o rows.jsonl in
cp source/coffee.jpg in/c.jpg
until_so grep -q in/c.jpg rows.jsonl
until_so grep -q in/b.jpg rows.jsonl
ends TERM
code 0; that test "$(cut -d '"' -f 4 rows.jsonl | sort | tr '\n' ' ')" = "in/a.jpg in/b.jpg in/c.jpg "
rm rows.jsonl

begin "however a photo comes, it is captioned once"
anew
mkdir -p moved/below linked
cp source/cat.jpg in/early.jpg.part
cp source/cat.jpg moved/below/a.jpg
cp source/cat.jpg linked/a.jpg
watch --exclude 'no*' in
cp source/cat.jpg in/copied.jpg
cp source/cat.jpg other.jpg && mv other.jpg in/renamed.jpg
cp source/cat.jpg in/.photo.jpg.x7Yz && mv in/.photo.jpg.x7Yz in/rsync.jpg
: >in/browser.jpg
cp source/cat.jpg in/browser.jpg.part && mv in/browser.jpg.part in/browser.jpg
cp source/cat.jpg in/download.crdownload
ln source/cat.jpg in/linked.jpg
ln -s "$PWD/source/cat.jpg" in/symbolic.jpg
ln -s "$PWD/linked" in/folder
mkdir -p in/deep/er && cp source/cat.jpg in/deep/er/a.jpg
ln -s . in/back; ln -s ../.. in/deep/er/back
mv moved in/moved
mkdir in/.hidden in/@eaDir in/none && for at in .hidden @eaDir none; do cp source/cat.jpg in/$at/a.jpg; done
cp source/cat.jpg in/no.jpg
echo text >in/text.jpg
settles
cp source/cat.jpg linked/b.jpg
cp source/cat.jpg in/moved/below/b.jpg
settles
ends TERM
code 0; that test "$(printed)" = "in/browser.jpg in/copied.jpg in/deep/er/a.jpg in/folder/a.jpg \
in/folder/b.jpg in/linked.jpg in/moved/below/a.jpg in/moved/below/b.jpg in/renamed.jpg in/rsync.jpg \
in/symbolic.jpg "
that test "$(grep -c '^caption: ' .err)" -eq 0

begin "a link that leads elsewhere by now brings what is there, and nothing of before"
anew
mkdir -p there/below
cp source/cat.jpg there/below/c.jpg
ln -s "$PWD/linked" in/folder
watch in
until_so prints in/folder/b.jpg
rm in/folder
settles
ln -s "$PWD/there" in/folder
until_so prints in/folder/below/c.jpg
cp source/cat.jpg there/d.jpg
cp source/cat.jpg linked/d.jpg
settles
mkdir third in/empty && cp source/cat.jpg third/e.jpg
ln -sfn "$PWD/third" in/folder # by a rename
until_so prints in/folder/e.jpg
mkdir fourth && cp source/cat.jpg fourth/f.jpg && mv -T fourth in/empty
until_so prints in/empty/f.jpg
ends TERM
code 0; that test "$(printed)" = "in/empty/f.jpg in/folder/a.jpg in/folder/b.jpg \
in/folder/below/c.jpg in/folder/d.jpg in/folder/e.jpg "

begin "a photo is not read while it is written"
anew
watch in
exec 7>in/slow.jpg
head -c 40000 source/cat.jpg >&7
settles
that test "$(printed)" = ""
tail -c +40001 source/cat.jpg | head -c 10000 >&7
settles
tail -c +50001 source/cat.jpg >&7
exec 7>&-
that cmp -s source/cat.jpg in/slow.jpg
until_so prints in/slow.jpg
settles
ends TERM
code 0; that test "$(printed)" = "in/slow.jpg "
that grep -qxF "in/slow.jpg"$'\t'"$cat" .out

begin "a photo that fails is tried again when it changes"
anew
watch in
head -c 5000 source/cat.jpg >in/cut.jpg
until_so says '^caption: in/cut.jpg: '
cp source/cat.jpg in/cut.jpg
until_so prints in/cut.jpg
ends TERM
code 0; that test "$(grep -c '^caption: in/cut.jpg: ' .err)" -eq 1

begin "what it writes into the folders itself sets nothing going"
anew
metadata=
[ "$METADATA" = yes ] && metadata="--write-metadata --sidecar xmp"
watch -o in/rows.tsv --gallery in/page.html --errors in/failed.tsv --sidecar txt $metadata in
for i in 1 2 3; do cp source/cat.jpg in/$i.jpg; done
has_row() { cut -f 1 in/rows.tsv | grep -qxF "$1"; }
settles_in_rows() {
    marks=$((marks + 1))
    cp source/coffee.jpg copy.jpg && mv copy.jpg mark.jpg && ln mark.jpg in/mark$marks.jpg && rm mark.jpg
    until_so has_row in/mark$marks.jpg
}
until_so has_row in/3.jpg
settles_in_rows
settles_in_rows
ends TERM
code 0; that test "$(tail -n +2 in/rows.tsv | cut -f 1 | sort | uniq -c | grep -vc ' 1 ')" -eq 0
that test "$(grep -c '' in/rows.tsv)" -eq 6
that test "$(find in -name '*.txt' | wc -l)" -eq 5
that test "$(grep -c 'data-path' in/page.html)" -ge 5
that test ! -s in/failed.tsv
sed 's/^[^\t]*\t//' .err | grep '^caption: ' && problem "it failed: $(cat .err)"

begin "folders that are renamed, removed and made again are watched as what they are"
anew
mkdir -p in/old/below
watch in
cp source/cat.jpg in/old/below/a.jpg
until_so prints in/old/below/a.jpg
mv in/old in/new
settles
cp source/cat.jpg in/new/below/b.jpg
until_so prints in/new/below/b.jpg
rm -r in/new
mkdir in/new && cp source/cat.jpg in/new/c.jpg
until_so prints in/new/c.jpg
mv in/new away
settles
cp source/cat.jpg away/d.jpg
settles
ends TERM
code 0; that test "$(printed)" = "in/new/below/a.jpg in/new/below/b.jpg in/new/c.jpg in/old/below/a.jpg "
that test "$(grep -c '^caption: ' .err)" -eq 0
rm -r away

begin "a tree that is removed while it is captioned is no failure"
anew
watch -o rows.tsv in
mkdir tree
for i in 1 2 3 4 5; do mkdir tree/$i; for j in 1 2 3 4 5 6; do cp source/cat.jpg tree/$i/$j.jpg; done; done
mv tree in/tree
until_so test -s rows.tsv
until_so grep -q '^in/tree' rows.tsv
rm -rf in/tree
cp source/cat.jpg in/last.jpg
until_so grep -q '^in/last.jpg' rows.tsv
ends TERM
code 0; err_like " 0 failed"; that test "$(grep -c '^caption: ' .err)" -eq 0
rm rows.tsv

begin "--no-recursive stays in the directory"
anew
mkdir in/below
watch --no-recursive in
cp source/cat.jpg in/below/a.jpg
mkdir in/new && cp source/cat.jpg in/new/a.jpg
settles
ends TERM
code 0; that test "$(printed)" = ""

begin "after a kill nothing is missing, and nothing is there twice"
anew
mkdir many
for i in $(seq 60); do cp source/cat.jpg many/$i.jpg; done
watch -o rows.jsonl in
mv many in/many
rows() { [ -e rows.jsonl ] && test "$(grep -c '' rows.jsonl)" -ge "$1"; }
until_so rows 3
kill -KILL $process
wait $process 2>/dev/null
watch -o rows.jsonl in
until_so rows 60
ends TERM
code 0; that test "$(cut -d '"' -f 4 rows.jsonl | sort -u | wc -l)" -eq 60; that rows 60
that test "$(grep -c '' rows.jsonl)" -eq 60
rm rows.jsonl

begin "when more happens than the system remembers, all that came is found, and nothing twice"
most=$(cat /proc/sys/fs/inotify/max_queued_events)
if [ "$most" -gt 50000 ]; then
    skip "the system remembers $most events"
else
    anew
    cp source/cat.jpg in/before.jpg
    mkdir in/crowd
    watch in
    until_so prints in/before.jpg
    settles
    kill -STOP $process
    (cd in/crowd && for ((i = 0; i <= most; i++)); do : >x; : >y; done)
    cp source/cat.jpg in/after.jpg
    mkdir in/new && cp -p source/cat.jpg in/new/a.jpg
    kill -CONT $process
    until_so says 'searching all folders'
    until_so prints in/after.jpg
    until_so prints in/new/a.jpg
    settles
    ends TERM
    code 0; that test "$(printed)" = "in/after.jpg in/before.jpg in/new/a.jpg "
fi

begin "who waits uses no time"
anew
watch in
comes_to_rest $process
ends TERM
code 0

begin "a directory that is removed or renamed is named, and with the last the program ends"
anew
mkdir second
watch in second
mv in third
until_so says '^caption: in: was renamed, and is not watched any more'
cp source/cat.jpg second/a.jpg
until_so prints second/a.jpg
rm -r second
wait $process
status=$? process= err=$(cat .err)
code 1; err_like "caption: second: was removed, and is not watched any more.*nothing is left to watch"
rm -r third

begin "a directory that is unmounted is named, too"
anew
mounted='mount -t tmpfs none in && cp source/cat.jpg in/a.jpg || exit 9
"$0" watch in >printed 2>said </dev/null &
until grep -q in/a.jpg printed || ! kill -0 $!; do sleep 0.05; done
umount in && wait $!'
run unshare -Urm sh -c "$mounted" "$CAPTION"
if [ $status -eq 9 ] || [[ $err = *unshare* ]]; then
    skip "no file system can be mounted"
fi
code 1; that grep -q "^caption: in: was unmounted, and is not watched any more" said

begin "the limit of watches is named, with what raises it"
anew
mkdir in/{1,2,3,4,5}
limited='echo 3 >/proc/sys/user/max_inotify_watches && exec "$0" watch in'
if unshare -Ur sh -c 'echo 3 >/proc/sys/user/max_inotify_watches' 2>/dev/null; then
    run unshare -Ur sh -c "$limited" "$CAPTION"
    code 1; err_like "caption: in/.*: cannot be watched: .*sysctl fs.inotify.max_user_watches="
else
    skip "no user namespace to limit"
fi

begin "with --poll, what comes is found by looking: each photo once, however it comes"
anew
mkdir -p moved/below linked in/old
cp source/cat.jpg in/first.jpg
cp source/cat.jpg moved/below/a.jpg
cp source/cat.jpg in/old/a.jpg
watch --poll 1 in
until_so prints in/first.jpg
until_so prints in/old/a.jpg
cp source/cat.jpg in/copied.jpg
cp source/cat.jpg in/browser.jpg.part && mv in/browser.jpg.part in/browser.jpg
ln -s "$PWD/linked" in/folder
mkdir -p in/deep/er && cp source/cat.jpg in/deep/er/a.jpg
ln -s ../.. in/deep/er/back
mv moved in/moved
mkdir in/.hidden && cp source/cat.jpg in/.hidden/a.jpg
mv in/old in/new
settles
cp source/cat.jpg linked/c.jpg
cp source/cat.jpg in/moved/below/b.jpg
until_so prints in/folder/c.jpg
until_so prints in/moved/below/b.jpg
rm -r in/new in/moved
settles
mkdir in/moved && cp source/cat.jpg in/moved/c.jpg
until_so prints in/moved/c.jpg
settles
ends TERM
code 0; that test "$(printed | tr ' ' '\n' | grep -v '^in/folder/[abd]')" = "in/browser.jpg
in/copied.jpg
in/deep/er/a.jpg
in/first.jpg
in/folder/c.jpg
in/moved/below/a.jpg
in/moved/below/b.jpg
in/moved/c.jpg
in/new/a.jpg
in/old/a.jpg"
that test "$(grep -c '^caption: ' .err)" -eq 0

begin "with --poll it goes on with its rows, is at work without inotify, and names a directory that went"
anew
cp source/cat.jpg in/a.jpg
none='echo 0 >/proc/sys/user/max_inotify_instances && exec "$0" watch -o rows.jsonl "$@"'
if unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances' 2>/dev/null; then
    run unshare -Ur sh -c "$none" "$CAPTION" in
    code 1; err_like "^caption: cannot watch: .*sysctl fs.inotify.max_user_instances="
    unshare -Ur sh -c "$none" "$CAPTION" --poll 1 in >.out 2>.err </dev/null &
    process=$!
else
    watch -o rows.jsonl --poll 1 in
fi
until_so grep -q in/a.jpg rows.jsonl
cp source/coffee.jpg in/b.jpg
until_so grep -q in/b.jpg rows.jsonl
rm -r in
wait $process
status=$? process= err=$(cat .err)
code 1; err_like "caption: in: was removed, and is not watched any more.*nothing is left to watch"
that test "$(cut -d '"' -f 4 rows.jsonl | tr '\n' ' ')" = "in/a.jpg in/b.jpg "
rm rows.jsonl
mkdir in

begin "what cannot be watched is refused"
run "$CAPTION" watch
code 2; err_like "^caption watch: no directory given"
run "$CAPTION" watch source/cat.jpg
code 2; err_like "^caption watch: source/cat.jpg: is no directory"
run "$CAPTION" watch nowhere
code 2; err_like "^caption watch: nowhere: No such file or directory"
for seconds in 0 x 100000; do
    run "$CAPTION" watch --poll $seconds source
    code 2; err_like "^caption watch: .*--poll"
done
for option in --files-from=x -0 --existing=append --explain=x.png --in-step; do
    run "$CAPTION" watch "$option" source
    code 2; err_like "unknown option"
done
finish
