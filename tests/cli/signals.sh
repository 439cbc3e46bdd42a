#!/bin/bash
# Whatever a command is at, a signal that asks it to end is obeyed; what it leaves is whole.
. "$(dirname "$0")/lib.sh"
export CAPTION_MODEL=$MODEL
mkdir photos
cp "$SAMPLES/cat.jpg" photos/cat.jpg
echo "a cat on a chair" >photos/cat.txt
cp "$SAMPLES/coffee.jpg" photos/coffee.jpg
echo "a cup of coffee" >photos/coffee.txt
many=album # hours of work for the slowest build, minutes for the fastest
mkdir $many
for i in 1 2 3 4 5 6 7 8; do cp "$SAMPLES/cat.jpg" $many/$i.jpg; echo "a cat $i" >$many/$i.txt; done
for i in 1 2 3 4 5 6 7 8 9 10; do cp -rl $many copy; mv copy $many/$i; done
mkfifo list full silent
exec 3<>full 4<>silent 5<>list # open at both ends: opening them waits for nobody
timeout 1 cat /dev/zero >&3    # no more fits

start() { # leaves a program at work in $process
    "$@" <&0 2>.err &
    process=$!
}
asked_to_end() { # SIGNAL: the process ends by it
    kill -"$1" $process
    for ((i = 0; i < 1200; i++)); do
        kill -0 $process 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL $process 2>/dev/null && problem "still at work a minute after SIG$1"
    status=0
    wait $process 2>/dev/null || status=$?
    err=$(tr -d '\r' <.err)
    code $((128 + $(kill -l "$1")))
}

begin "a list that comes from a pipe that stays silent"
start "$CAPTION" --files-from list photos >.out
sleep 1
asked_to_end TERM
err_like $'(^|\n)caption: interrupted; '

begin "the end of a list on standard input"
start "$CAPTION" --files-from - <&4
sleep 0.5
# What ignores SIGHUP when it starts the tests, as nohup does, has its programs ignore it.
ignored=$(sed -n 's/^SigIgn:\s*//p' /proc/self/status)
asked_to_end $([ $((0x$ignored & 1)) -eq 0 ] && echo HUP || echo TERM)

begin "output that nobody reads"
start "$CAPTION" photos >&3
sleep 1
asked_to_end TERM

begin "messages that nobody reads"
"$CAPTION" photos nowhere.jpg >.out 2>&3 &
process=$!
sleep 1
: >.err
asked_to_end TERM

begin "output of the other program"
cat photos/*.txt >text
run "$TEXTRNN" train --data text -o lm --epochs 1 --hidden 8 -q
code 0
start "$TEXTRNN" sample -m lm --length 1000000000 >&3
sleep 0.5
asked_to_end TERM
start "$TEXTRNN" sample -m lm --length 1000000000 >/dev/null
sleep 0.5
asked_to_end TERM
for command in "train -o x --data" "eval -m lm --data"; do
    start "$TEXTRNN" $command silent
    sleep 0.5
    kill -0 $process 2>/dev/null && asked_to_end TERM # a pipe may be refused
done

begin "thousands of photos"
for command in "-o all.tsv" "--gallery all.html" "features -o all.npy" "eval --data" \
    "consensus -m copy.safetensors --data" "calibrate -m copy.safetensors --data"; do
    cp "$MODEL" copy.safetensors
    start "$CAPTION" $command $many >.out
    sleep 1
    asked_to_end TERM
    that cmp "$MODEL" copy.safetensors
done
that test ! -e all.npy
run "$CAPTION" -q -o all.tsv $many/1.jpg
code 0

begin "a training, which writes a checkpoint first"
start "$CAPTION" train --data photos -o m.safetensors --hidden 16 --min-count 1 --epochs 10000 --patience 0 --beam 1
while [ ! -s m.safetensors.checkpoint ] && kill -0 $process 2>/dev/null; do sleep 0.05; done
asked_to_end TERM
err_like "interrupted; the same command with --resume goes on"
run "$CAPTION" info m.safetensors
code 0

begin "a second signal"
start "$CAPTION" train --data $many -o n.safetensors --hidden 16
sleep 1
kill -TERM $process
asked_to_end TERM

begin "a signal that was to be ignored is"
start bash -c 'trap "" HUP; exec "$@"' - "$CAPTION" --files-from list >.out
sleep 0.5
kill -HUP $process
echo photos/cat.jpg >&5
sleep 1.5
that kill -0 $process
asked_to_end TERM

begin "a thousand threads"
run "$CAPTION" -j 1024 photos/cat.jpg photos/coffee.jpg
code 0; err_is ""; many_threads=$out
run "$CAPTION" -j 1 photos/cat.jpg photos/coffee.jpg
out_is "$many_threads"
start "$CAPTION" -j 1024 -o threads.tsv $many
sleep 1
asked_to_end TERM

that test -z "$(ls | grep tmp)"
finish
