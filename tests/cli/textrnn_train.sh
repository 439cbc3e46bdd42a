#!/bin/bash
# How text models are trained: what a training begins from, in which order, and what it reports.
. "$(dirname "$0")/lib.sh"
small=(--hidden 16 --batch 4 --warmup 0 --rate 0.03 --dropout 0 --threads 2 --patience 0)
on=(--batch 4 --warmup 0 --rate 0.03 --dropout 0 --threads 2 --patience 0)
for i in $(seq 40); do printf 'the cat sat on the mat .\nthe dog ran in the park .\n'; done >text
for i in $(seq 40); do printf 'a quick fox jumps , zebras yawn .\n'; done >more
for i in $(seq 12); do
    printf 'pets\tthe cat and the dog\npets\ta dog sat\nships\ta boat on the sea\nships\tthe sea\n'
done >labels.tsv
for i in $(seq 12); do printf 'cars\ta truck\ncars\tthe truck and a bus\n'; done >cars.tsv
for i in $(seq 12); do printf 'one two\t一二\ntwo one\t二一\none one\t一一\n'; done >pairs.tsv
for i in $(seq 12); do printf 'one three\t一三\nthree two\t三二\n'; done >threes.tsv

# The numbers behind a name in the lines of the epochs, or of the start.
score() { sed -nE "s/^$1: .*dev: .*$2 ([0-9.]+).*/\1/p; s/^$1; dev: .*$2 ([0-9.]+).*/\1/p" <<<"$err"; }

begin "a training goes on from a model, which a rate of nearly nothing leaves as good"
run "$TEXTRNN" train --data text -o lm --epochs 8 "${small[@]}"
code 0
learnt=$(score "epoch 8" perplexity)
run "$TEXTRNN" train --data text --start lm -o same --epochs 1 "${on[@]}" --rate 1e-12
code 0; err_like "^start: lm, with 0 new chars"
that test "$(score start perplexity)" = "$learnt"
that test "$(score "epoch 1" perplexity)" = "$learnt"
run "$TEXTRNN" train --data text --start lm -o longer --epochs 4 "${on[@]}"
code 0; err_like "dev, of the start and of epoch [1-4]: perplexity "
that awk "BEGIN { exit !($(score "epoch 4" perplexity) < $learnt) }"

begin "on other data it learns new tokens, equally each time, and keeps the old"
run "$TEXTRNN" train --data more --start lm -o grown --epochs 16 "${on[@]}"
code 0; err_like "^start: lm, with [1-9][0-9]* new chars"
run "$TEXTRNN" train --data more --start lm -o again --epochs 16 "${on[@]}" --threads 1
code 0
that cmp grown again
run "$TEXTRNN" sample -m grown --prompt "a quick fox " --length 5 --top-k 1
code 0; out_is "a quick fox jumps"
run "$TEXTRNN" eval -m grown --data text
code 0; out_like "unknown +0"

begin "what a training began from is part of it"
run "$TEXTRNN" train --data more --start lm -o grown --epochs 16 "${on[@]}" --resume
code 0
run "$TEXTRNN" train --data more --start longer -o grown --epochs 16 "${on[@]}" --resume
code 1; err_like "the checkpoint was made with start=[0-9a-f]+, this run has start="

begin "a net learns from words of its own, equally each time"
own=(--scheduled-sampling 0.6 --epochs 6 "${small[@]}" --dropout 0.3)
for task in lm translate; do
    data=text; [ $task = lm ] || data=pairs.tsv
    run "$TEXTRNN" train -t $task --data $data -o own-$task "${own[@]}"
    code 0
    run "$TEXTRNN" train -t $task --data $data -o own-$task-1 "${own[@]}" --threads 1
    code 0; that cmp own-$task own-$task-1
    run "$TEXTRNN" train -t $task --data $data -o gold-$task "${own[@]}" --scheduled-sampling 0
    code 0; cmp -s own-$task gold-$task && problem "$task: own words change nothing"
    that grep -q "scheduled-sampling=0.6" own-$task
    grep -q "scheduled-sampling" gold-$task && problem "$task: a plain training says so"
done
run "$TEXTRNN" train -t cloze --data text -o x --scheduled-sampling 0.5
code 2; err_like "^textrnn train: --scheduled-sampling is for --task lm and translate "

begin "labels, missing words and translations go on, too"
run "$TEXTRNN" train -t classify --data labels.tsv -o classes --epochs 8 "${small[@]}"
code 0
run "$TEXTRNN" train --data labels.tsv --data cars.tsv --start classes -o classes2 --epochs 8 "${on[@]}"
code 0; err_like "^start: classes, with 2 new words and 1 new labels"
run "$TEXTRNN" classify -m classes2 "the dog sat" "a boat" "a bus"
code 0; out_is $'pets\nships\ncars'
run "$TEXTRNN" train -t cloze --data text -o cloze --epochs 8 "${small[@]}"
code 0
run "$TEXTRNN" train --data text --data more --start cloze -o cloze2 --epochs 12 "${on[@]}"
code 0; err_like "new words"
run "$TEXTRNN" fill -m cloze2 "a quick __ jumps , zebras yawn ."
code 0; out_is "fox"
run "$TEXTRNN" train -t translate --data pairs.tsv -o translator --epochs 20 "${small[@]}"
code 0
run "$TEXTRNN" train -t translate --data pairs.tsv --data threes.tsv --start translator -o translator2 --epochs 30 "${on[@]}"
code 0; err_like "^start: translator, with 1 new words and 1 new chars"
run "$TEXTRNN" translate -m translator2 "one two" "three two"
code 0; out_is $'一二\n三二'

begin "the start decides the shape, and is for its task"
run "$TEXTRNN" train --data text --start lm --hidden 16 --cell gru -o x
code 2; err_is "textrnn train: --start decides what --cell, --hidden would: leave out one or the other (see 'textrnn train --help')"
run "$TEXTRNN" train -t cloze --data text --start lm -o x
code 1; err_is "textrnn: lm: a model for the task lm; this wants one for cloze"
run "$TEXTRNN" train --data text --start text -o x
code 1; err_lines 1; err_like "^textrnn: text: "
run "$TEXTRNN" train --data text --start lm -o lm --overwrite
code 2; err_lines 1
begin "a text that is shifted each epoch is learnt equally, threads, slices or a break or not"
long=("${small[@]}" --epochs 12 --steps 3 --layers 2 --dropout 0.3 --shift)
run "$TEXTRNN" train --data text -o whole "${long[@]}"
code 0
run "$TEXTRNN" train --data text -o one "${long[@]}" --threads 1
code 0
that cmp whole one
"$TEXTRNN" train --data text -o broken "${long[@]}" 2>.err &
process=$!
while [ ! -s broken.checkpoint ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
kill -TERM $process
wait $process
run "$TEXTRNN" train --data text -o broken "${long[@]}" --resume
code 0
that cmp whole broken
run "$TEXTRNN" train --data text -o still "${small[@]}" --epochs 12 --steps 3 --layers 2 --dropout 0.3
code 0
that test -n "$(cmp whole still)"
run "$TEXTRNN" train --data text -o whole "${small[@]}" --epochs 12 --steps 3 --layers 2 --dropout 0.3 --resume
code 1; err_like "the checkpoint was made with shifted=1"

begin "a model learns where a file ends, and its samples end there"
mkdir -p files
for i in $(seq 30); do printf 'one small file .\n' >files/a$i; printf 'two : longer\nby a line .\n' >files/b$i; done
run "$TEXTRNN" train --data files --ends -o ends --epochs 12 "${small[@]}" --hidden 32
code 0
run "$TEXTRNN" sample -m ends --prompt "one" --top-k 1 --count 2
code 0; out_is $'one small file .\n\n\none small file .'
run "$TEXTRNN" sample -m ends --prompt "two" --top-k 1
code 0; out_is $'two : longer\nby a line .'
run "$TEXTRNN" next -m ends -n 1 $'one small file .\n'
code 0; out_like "^0\.[5-9][0-9]*	<end>$"
run "$TEXTRNN" eval -m ends --data files/a1
code 0; out_like "chars +18"
run "$TEXTRNN" train --data files -o endless --epochs 12 "${small[@]}" --hidden 32
code 0
run "$TEXTRNN" sample -m endless --prompt "one" --top-k 1 --length 40
code 0; that test "$(wc -c <.out)" -eq 44
run "$TEXTRNN" train --data files --start ends -o ends2 --epochs 1 "${on[@]}"
code 0
run "$TEXTRNN" sample -m ends2 --prompt "one" --top-k 1
code 0; out_is $'one small file .'
run "$TEXTRNN" train --data files --start endless --ends -o x --epochs 1 "${on[@]}"
code 2; err_like "--start decides what --ends would"
run "$TEXTRNN" train -t cloze --data text --ends -o x
code 2; err_like "textrnn train: --ends is for --task lm"

begin "the most probable texts are listed, the best first"
run "$TEXTRNN" sample -m ends --prompt "one" --best 3 --length 30
code 0; err_is ""; out_lines 3; out_like $'-[0-9.]+\t14\tone small file \\.\\\\n'
that sort -c -g -r <(cut -f 1 .out)
best=$out
run "$TEXTRNN" sample -m ends --prompt "one" --best 3 --length 30
out_is "$best"
run "$TEXTRNN" sample -m lm --prompt "the c" --best 1 --beam 1 --length 3
code 0; out_like $'\t3\tthe cat $'
run "$TEXTRNN" sample -m lm --best 2 --count 2
code 2; err_like "^textrnn sample: --count draws texts, and --best searches for them"

begin "by subwords a text is lossless, and known words are few tokens"
for i in $(seq 30); do printf 'low  lower lowest\n\tnewer newest, widest: 我是中国人 (low)\n'; done >tower
run "$TEXTRNN" train --data tower --by subword --vocabulary 340 -o sub --epochs 12 "${small[@]}" --hidden 32 --steps 16
code 0; err_like "vocabulary: [23][0-9][0-9];.*bits a token [0-9.]+, bits a character [0-9.]+"
run "$TEXTRNN" sample -m sub --prompt "low  lower" --length 20 --top-k 1
code 0; out_like $'^low  lower lowest\n\tnewer newest, widest: 我是中国人'
run "$TEXTRNN" eval -m sub --data tower
code 0; out_like "subwords +[0-9]+.unknown +0.perplexity.*bits/subword [0-9.]+.bits/char +0"
run "$TEXTRNN" score -m sub --verbose "low  lower"
code 0; err_is ""; out_like $'low.*\n\t-[0-9.]+\t lower'
printf 'Ωmega \xee\x81\x81 😀' >strange
run "$TEXTRNN" eval -m sub --data strange
code 0; out_like "unknown +0"
run "$TEXTRNN" eval -m lm --data text
code 0; out_like "bits/char"
that test "$(grep -c bits .out)" -eq 1
run "$TEXTRNN" train --data strange --data tower --start sub -o sub2 --epochs 1 "${on[@]}"
code 0; err_like "^start: sub, with [0-9] new subwords"

begin "every task reads subwords, and a translation writes them"
run "$TEXTRNN" train -t classify --by subword --data labels.tsv -o subclasses --epochs 12 "${small[@]}"
code 0
run "$TEXTRNN" classify -m subclasses "the dog sat" "a boat"
code 0; out_is $'pets\nships'
run "$TEXTRNN" train -t cloze --by subword --data text -o subcloze --epochs 20 "${small[@]}"
code 0
run "$TEXTRNN" fill -m subcloze "the __ ran in the park ." "the cat __ on the mat ."
code 0; out_is $'dog\nsat'
run "$TEXTRNN" train -t translate --by subword --target-by subword --data pairs.tsv -o subpairs --epochs 30 "${small[@]}"
code 0
run "$TEXTRNN" translate -m subpairs "one two" "two one"
code 0; out_is $'一二\n二一'

finish
