#!/bin/bash
# The text systems: each task is trained, measured and used, on a few lines.
. "$(dirname "$0")/lib.sh"
small=(--hidden 16 --batch 4 --warmup 0 --rate 0.03 --dropout 0 --threads 2 --patience 0)
for i in $(seq 40); do printf 'the cat sat on the mat .\nthe dog ran in the park .\n'; done >text
for i in $(seq 12); do
    printf 'pets\tthe cat and the dog\npets\ta dog sat\nships\ta boat on the sea\nships\tthe sea\n'
done >labels.tsv
for i in $(seq 12); do printf 'one two\t一二\ntwo one\t二一\none one\t一一\n'; done >pairs.tsv

begin "a language model by characters learns a text that repeats, and writes it"
run "$TEXTRNN" train --data text -o lm --epochs 20 "${small[@]}" --hidden 32
code 0; out_is ""; err_like "epoch 20: .*dev: perplexity 1\.[0-9]+, bits a token 0"
that test -s lm -a -s lm.png -a -s lm.checkpoint
run "$TEXTRNN" sample -m lm --prompt "the c" --length 3 --top-k 1
code 0; err_is ""; out_is "the cat "
run "$TEXTRNN" next -m lm "the ca" -n 1
code 0; out_like "^0\.[5-9][0-9]+	t$"
run "$TEXTRNN" eval -m lm --data text
code 0; out_like "chars +2040.*perplexity +1\..*bits/char +0"

begin "a nucleus holds words back, and one of everything none"
sample() { run "$TEXTRNN" sample -m lm --length 40 --count 3 --seed 5 "$@"; code 0; err_is ""; }
sample; all=$out
sample --top-p 1; out_is "$all"
sample --top-p 0.001; likeliest=$out
sample --top-k 1; out_is "$likeliest"
sample --top-p 0.5 --temperature 0.01; out_is "$likeliest"
sample --top-p 0.9 --top-k 20 --temperature 3; [ "$out" != "$likeliest" ] || problem "always the likeliest"
for value in 0 1.5 nan -1; do
    run "$TEXTRNN" sample -m lm --top-p $value
    code 2; err_lines 1; err_like "^textrnn sample: --top-p: "
done

begin "equal seeds write equal texts, other seeds others"
run "$TEXTRNN" sample -m lm --seed 3 --temperature 3 --length 60
first=$out
run "$TEXTRNN" sample -m lm --seed 3 --temperature 3 --length 60
out_is "$first"
run "$TEXTRNN" sample -m lm --seed 4 --temperature 3 --length 60
that test "$out" != "$first"

begin "several texts are those of their seeds, whatever is beside them"
for seed in 3 4 5; do
    [ $seed = 3 ] || echo
    "$TEXTRNN" sample -m lm --seed $seed --temperature 3 --length 60 --prompt "the "
done >alone
run "$TEXTRNN" sample -m lm --seed 3 --temperature 3 --length 60 --prompt "the " --count 3
code 0; err_is ""
that cmp alone .out
run "$TEXTRNN" sample -m lm --seed 3 --length 2 --count 70
code 0
"$TEXTRNN" sample -m lm --seed 72 --length 2 >alone
that cmp alone <(tail -c "$(stat -c %s alone)" .out)

begin "by words, and by bytes whatever they are"
run "$TEXTRNN" train --data text -o words --by word --epochs 12 --steps 16 "${small[@]}"
code 0
run "$TEXTRNN" next -m words "the dog ran in the" -n 1
code 0; out_like "^0\.[5-9][0-9]*	park$"
head -c 3000 "$SAMPLES/cat.jpg" >bytes
run "$TEXTRNN" train --data bytes -o by-byte --by byte --epochs 1 "${small[@]}"
code 0
run "$TEXTRNN" sample -m by-byte --length 9
that test "$(stat -c %s .out)" -eq 10

begin "an interrupted and resumed training gives the same files, threads or not"
run "$TEXTRNN" train --data text -o a --epochs 6 --steps 7 --layers 2 "${small[@]}" --dropout 0.3
code 0
run "$TEXTRNN" train --data text -o b --epochs 6 --steps 7 --layers 2 "${small[@]}" --dropout 0.3 --threads 1
that cmp a b
long=("${small[@]}" --epochs 12 --steps 2 --layers 2 --dropout 0.3)
run "$TEXTRNN" train --data text -o whole "${long[@]}"
code 0
"$TEXTRNN" train --data text -o broken "${long[@]}" 2>.err &
process=$!
while [ ! -s broken.checkpoint ] && kill -0 $process 2>/dev/null; do sleep 0.01; done
kill -TERM $process
wait $process; status=$?
err=$(cat .err)
if [ $status -ne 0 ]; then # otherwise it was faster than the signal
    code 143; err_like "interrupted; .*--resume goes on from broken.checkpoint"
fi
run "$TEXTRNN" train --data text -o broken "${long[@]}" --resume
code 0
that cmp whole broken
that cmp whole.checkpoint broken.checkpoint
run "$TEXTRNN" train --data text -o broken "${long[@]}" --resume --seed 2
code 1; err_lines 2; err_like "made with seed=1, this run has seed=2"

begin "products of bf16 make a model of their own, equal with any number of threads, or are refused"
run "$TEXTRNN" train --data text -o bf16 --epochs 6 --steps 7 --layers 2 "${small[@]}" --dropout 0.3 --bf16
if [ $status -eq 2 ]; then
    err_like "this processor has no products of bf16"
else
    code 0
    run "$TEXTRNN" train --data text -o one16 --epochs 6 --steps 7 --layers 2 "${small[@]}" --dropout 0.3 --bf16 --threads 1
    that cmp bf16 one16
    that test -n "$(cmp a bf16)"
    run "$TEXTRNN" train --data text -o a --epochs 6 --steps 7 --layers 2 "${small[@]}" --dropout 0.3 --bf16 --resume
    code 1; err_like "this run has products=bf16"
fi

begin "labels are learnt from a table and from folders, and told"
run "$TEXTRNN" train -t classify --data labels.tsv -o classes --epochs 8 "${small[@]}"
code 0; err_like "top 1 100.0 %"
run "$TEXTRNN" classify -m classes "the dog sat" "a boat"
code 0; out_is $'pets\nships'
run "$TEXTRNN" eval -m classes --data labels.tsv
code 0; out_like "top 1 +100.0 %.*pets +24 +0"
mkdir -p folders/pets folders/ships
for i in 1 2 3 4 5; do echo "a cat and dog $i" >folders/pets/$i; echo "a sea boat $i" >folders/ships/$i; done
run "$TEXTRNN" train -t classify --data folders -o classes2 --epochs 8 --pooled --dev-share 0.2 "${small[@]}"
code 0; err_like "vocabulary: .* and 2;"
run bash -c 'printf "a boat\n\nthe dog\n" | "$TEXTRNN" classify -m classes'
code 0; out_is $'ships\n\npets'

begin "a missing word is filled in, with both directions and with one"
run "$TEXTRNN" train -t cloze --data text -o cloze --epochs 20 "${small[@]}" --rate 0.01
code 0
run "$TEXTRNN" fill -m cloze "the __ ran in the park ."
code 0; out_is "dog"
run "$TEXTRNN" fill -m cloze --top 2 "the cat sat on the __ ."
code 0; out_like "^mat 0\.[0-9]+	"
run "$TEXTRNN" fill -m cloze "no blank"
code 1; err_lines 1; err_like "no gap; write __"
run "$TEXTRNN" fill -m cloze "the cat sat on well-__" "the__cat" "__" "the ____ ran in the park ."
code 0; err_is ""; out_lines 4; out_like $'\ndog$'
run "$TEXTRNN" train -t cloze --one-way --data text -o cloze1 --epochs 2 "${small[@]}"
code 0
run "$TEXTRNN" eval -m cloze1 --data text
code 0; out_like "top 5"

begin "pairs of sentences are learnt, and translated"
run "$TEXTRNN" train -t translate --data pairs.tsv -o translator --epochs 30 "${small[@]}"
code 0
run "$TEXTRNN" translate -m translator "one two" "two one"
code 0; out_is $'一二\n二一'
run "$TEXTRNN" eval -m translator --data pairs.tsv
code 0; out_like "pairs +36.*BLEU-4"

begin "a translator that attends learns pairs, and its file is of the next version"
for score in general additive; do
    run "$TEXTRNN" train -t translate --data pairs.tsv -o attends-$score --attention $score --epochs 30 "${small[@]}"
    code 0
    run "$TEXTRNN" translate -m attends-$score "one two" "two one"
    code 0; out_is $'一二\n二一'
    run "$TEXTRNN" eval -m attends-$score --data pairs.tsv
    code 0; out_like "pairs +36.*BLEU-4"
    that grep -q '"format_version":"2"' attends-$score
    that grep -q "attention=$score" attends-$score
done
that grep -q '"format_version":"1"' translator
run "$TEXTRNN" train -t translate --data pairs.tsv -o plain --attention none --smoothing 0 --epochs 30 "${small[@]}"
code 0
that cmp translator plain
run "$TEXTRNN" train --data text -o x --attention general
code 2; err_like "^textrnn train: --attention is for --task translate "
run "$TEXTRNN" train --data text -o x --smoothing 0.1
code 2; err_like "^textrnn train: --smoothing is for --task translate "
run "$TEXTRNN" train -t translate --data pairs.tsv -o x --attention dot
code 2; err_lines 1; err_like "none, general or additive"
run "$TEXTRNN" train -t translate --data pairs.tsv -o smooth --smoothing 0.2 --epochs 30 "${small[@]}"
code 0; that grep -q "smoothing=0.2" smooth
that test -s smooth; cmp -s translator smooth && problem "smoothing changes nothing"

begin "the best translations have rows, and the exponent decides how long they are"
printf 'one two\n\ntwo one\n' >sources
"$TEXTRNN" translate -m translator <sources >plain-lines
run "$TEXTRNN" translate -m translator --best 3 "one two" "" "two one"
code 0; out_lines 6
that cmp <(awk -F'\t' '$2 == 1 { print $3 }' .out) <(sed '/^$/d' plain-lines)
that cmp <(cut -f1,2 .out | tr '\n\t' ' .') <(printf '1.1 1.2 1.3 3.1 3.2 3.3 ')
that awk -F'\t' '{ if (NF != 4 || $4 !~ /^-[0-9]+\.[0-9][0-9][0-9][0-9]$/) exit 1 }' .out
run "$TEXTRNN" translate -m translator --best 9 --length-exponent 0 "one two"
code 0; that sort -c -t$'\t' -k4,4gr .out
plain=$(awk -F'\t' '{ n += length($3) } NR == 3 { exit } END { print n }' .out)
run "$TEXTRNN" translate -m translator --best 9 --length-exponent 2 --beam 9 "one two"
code 0
that test "$plain" -lt "$(awk -F'\t' '{ n += length($3) } NR == 3 { exit } END { print n }' .out)"
run "$TEXTRNN" eval -m translator --data pairs.tsv --beam 1 --length-exponent 2 --max-words 1
code 0; out_like "BLEU-4 +0.0 \(beam 1"
run "$TEXTRNN" translate -m translator --length-exponent 3 one
code 2; err_lines 1; err_like "length-exponent"

begin "what a translation looked at is drawn, of one text and a model that looks"
run "$TEXTRNN" translate -m attends-general --explain why.png "one two"
code 0; err_is ""; out_is "一二"
that [ "$(head -c 4 why.png | tail -c 3)" = PNG ]
cp why.png before.png
run "$TEXTRNN" translate -m attends-general --explain why.png "one two"
code 0; that cmp before.png why.png
run "$TEXTRNN" translate -m attends-additive --explain why.png --best 2 "two one"
code 0; out_lines 2; cmp -s before.png why.png && problem "another model looks at the same"
rm why.png
run "$TEXTRNN" translate -m translator --explain why.png "one two"
code 1; out_is ""; err_lines 1; err_like "translator: a translator without attention, so --explain has nothing"
run "$TEXTRNN" translate -m attends-general --explain why.png one two
code 1; out_is ""; err_is "textrnn: --explain draws one translation; there are 2 texts"
run "$TEXTRNN" translate -m attends-general --explain why.png ""
code 1; out_is ""; err_is "textrnn: --explain: the text is empty"
run "$TEXTRNN" translate -m attends-general --explain why.png "$(printf 'one %.0s' {1..129})"
code 1; err_lines 1; err_like "a picture has room for 128 tokens each way; there are 129,"
run "$TEXTRNN" translate -m attends-general --explain gone/why.png one
code 1; out_is ""; err_lines 1; err_like "gone/why.png: cannot write"
run "$TEXTRNN" translate -m attends-general --explain attends-general one
code 2; err_lines 1
that test ! -e why.png

begin "nets beyond the plain form learn, and are used as they were trained"
form=(--learned-start --layer-norm --zoneout 0.05 --zoneout-cell 0.1 --recurrent-dropout 0.1 --recurrent-start orthogonal)
run "$TEXTRNN" train --data text -o formed --epochs 20 "${small[@]}" --hidden 32 --tied "${form[@]}"
code 0
run "$TEXTRNN" sample -m formed --prompt "the c" --length 3 --top-k 1
code 0; err_is ""; out_is "the cat "
run "$TEXTRNN" train -t translate --data pairs.tsv -o formed-pairs --epochs 30 "${small[@]}" --tied "${form[@]}"
code 0
run "$TEXTRNN" translate -m formed-pairs "one two" "two one"
code 0; out_is $'一二\n二一'
run "$TEXTRNN" train --data text -o x --tied "${small[@]}" --embedding 8
code 2; err_lines 1; err_like "--tied needs as many --embedding as --hidden: 16, not 8"
run "$TEXTRNN" train -t cloze --data text -o x --tied "${small[@]}"
code 2; err_lines 1; err_like "--tied is for --task lm and translate"
run "$TEXTRNN" train --start formed --data text -o x --layer-norm
code 2; err_lines 1; err_like "--start decides what --layer-norm would"

begin "a byte order mark is no text, and a third column no translation"
printf '\xef\xbb\xbfpets\ta dog\nships\ta boat\npets\ta cat\n' >marked.tsv
run "$TEXTRNN" train -t classify --data marked.tsv --dev-share 0 -o x --epochs 1 "${small[@]}"
code 0; err_like "vocabulary: 4 and 2;"
printf '\xef\xbb\xbfone one' >marked
run "$TEXTRNN" train --by word --data marked --dev-share 0 -o x2 --epochs 1 "${small[@]}"
code 0; err_like "vocabulary: 1;"
printf 'Hi.\tHallo.\tCC-BY\nRun!\tLauf!\n' >anki.tsv
run "$TEXTRNN" train -t translate --data anki.tsv --dev-share 0 -o x3 --epochs 1 "${small[@]}"
code 0; err_like "^textrnn: anki.tsv: 1 of 2 lines have more than two columns; what follows the second is not read"
err_like "vocabulary: 4 and 9;"
rm -f x x.*

begin "the gradient of an LSTM reaches back, that of a plain net does not"
run "$TEXTRNN" gradients --steps 60 --updates 0 -o g.png
code 0; out_lines 61
that test -s g.png
norm() { awk -F'\t' -v cell="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == cell) c = i } END { print $c }' .out; }
that awk -v lstm="$(norm lstm)" -v plain="$(norm vanilla)" 'BEGIN { exit !(lstm > 1e-2 && plain < 1e-9) }'

begin "what is no text is one clear line"
: >empty
run "$TEXTRNN" train --data empty -o y
code 1; err_is "textrnn: empty: an empty file; a text was expected"
mkdir -p tree/module
: >tree/module/__init__.py; cp text tree/module/text.py
run "$TEXTRNN" train --data tree -o y --dev-share 0 --epochs 1 "${small[@]}"
code 0; rm -f y y.*
: >tree/module/text.py
run "$TEXTRNN" train --data tree -o y
code 1; err_is "textrnn: tree: no text in it"
run "$TEXTRNN" train --data gone -o y
code 1; err_lines 1; err_like "^textrnn: gone: No such file"
run "$TEXTRNN" train --data "$SAMPLES/cat.jpg" -o y
code 1; err_lines 1; err_like "cat.jpg: byte 1, in line 1, is no UTF-8; --by byte reads any file"
printf 'a b\0c' >nul
run "$TEXTRNN" train --data nul -o y
code 1; err_lines 1; err_like "nul: no text: byte 4 is a NUL; --by byte"
printf 'x' >short
run "$TEXTRNN" train --data short -o y
code 1; err_lines 1; err_like "short: too short to learn from"
printf 'one\ttwo\nthree\n' >bad.tsv
run "$TEXTRNN" train -t translate --data bad.tsv -o y
code 1; err_is "textrnn: bad.tsv: line 2: expected two texts with a tab between them"
printf '我是中国' >zh
run "$TEXTRNN" eval -m lm --data zh
code 1; err_lines 1; err_like "zh: the model's vocabulary has none of its chars"
that test ! -e x

begin "a model that cannot be written is told before the training"
mkfifo pipe
run "$TEXTRNN" train --data text -o pipe
code 1; err_is "textrnn: pipe: cannot write: not a regular file"
that test ! -e pipe.checkpoint
run "$TEXTRNN" train --data text -o y --curve gone/y.png
code 1; err_like "^textrnn: gone/y.png: cannot write: No such file"

begin "texts that ask nothing are told as such"
printf 'cars\ta bus\n' >unlearnt.tsv
run "$TEXTRNN" eval -m classes --data unlearnt.tsv
code 1; err_is "textrnn: of 1 texts none has a token, and a label that the model knows"
echo dog >alone
run "$TEXTRNN" eval -m cloze --data alone
code 1; err_is "textrnn: of 1 texts none has a token that could be missing, and another beside it"

begin "a drawing that cannot be written is told before the cells are trained"
run "$TEXTRNN" gradients --updates 1000000 -o gone/g.png
code 1; err_is "textrnn: gone/g.png: cannot write: No such file or directory"

begin "a model of another kind or task is told in one line"
run "$TEXTRNN" sample -m "$MODEL"
code 1; err_lines 1; err_like "no text model, but a captioner: use 'caption'"
run "$CAPTION" -m lm "$SAMPLES/cat.jpg"
code 1; err_lines 1; err_like "^caption: lm: a textrnn model, no captioner: use 'textrnn'"
run "$TEXTRNN" sample -m classes
code 1; err_is "textrnn: classes: a model for the task classify; this wants one for lm"
run "$TEXTRNN" next -m text the
code 1; err_lines 1; err_like "^textrnn: text: "

begin "what is missing on the command line is usage"
run "$TEXTRNN"
code 2; err_is "textrnn: no command given (see 'textrnn --help')"
run "$TEXTRNN" trian
code 2; err_like "unknown command 'trian', did you mean 'train'"
run "$TEXTRNN" train -o y
code 2; err_like "no --data"
run "$TEXTRNN" train --data text
code 2; err_like "no --output"
run "$TEXTRNN" eval --data text
code 2; err_lines 1; err_like "no --model"
run "$TEXTRNN" pack x
code 2; err_lines 1; err_like "no --output"

begin "--help and --version of the program and its commands"
run "$TEXTRNN" --version
code 0; out_like "^textrnn [0-9]"
run "$TEXTRNN" --help
code 0; err_is ""; out_like "^usage: textrnn "
commands=$("$TEXTRNN" --help | sed -n '/^commands:/,$ s/^  \([a-z]\+\) .*/\1/p')
page=$(sed 's/\\-/-/g; s/\\f[A-Z]//g' "$SOURCE/docs/textrnn.1")
for command in $commands; do
    run "$TEXTRNN" $command --help
    code 0; err_is ""; out_like "^usage: textrnn $command "
    that test "$(grep -c '' .out)" -le 70
    that test "$(awk '{ if (length > most) most = length } END { print most + 0 }' .out)" -le 100
    [[ $page == *".B $command"$'\n'* ]] || problem "docs/textrnn.1 does not name the command $command"
    for name in $(grep -oE '^ .{5}--[a-z-]+' .out | grep -oE '\-\-[a-z-]+'); do
        [[ $page == *"$name"* ]] || problem "docs/textrnn.1 does not name $name of $command"
    done
    run "$TEXTRNN" $command --no-such-thing
    code 2; err_lines 1
done
finish
