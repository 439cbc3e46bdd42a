#!/bin/bash
# What the text systems answer: a line for each line, and what eval counts of the same answers.
. "$(dirname "$0")/lib.sh"
small=(--hidden 16 --batch 8 --warmup 0 --rate 0.03 --dropout 0 --threads 2 --patience 0 --dev-share 0)
awk 'BEGIN {
    split("cat dog man bird horse", who); split("sat ran slept sang", did); split("park house sea", in_)
    for (i = 0; i < 90; i++) {
        n = (n * 61 + 17) % 997
        printf "the %s %s in the %s .\n", who[1 + n % 5], did[1 + int(n / 5) % 4], in_[1 + int(n / 20) % 3]
    }
}' >text
for i in $(seq 12); do
    printf 'pets\tthe cat and the dog\npets\ta dog sat\nships\ta boat on the sea\nships\tthe sea\n'
done >labels.tsv
for i in $(seq 12); do printf 'one two\t一二\ntwo one\t二一\none one\t一一\n'; done >pairs.tsv

# Takes the token out of line i (from 0) that eval takes out: number 7919 i, of those in the line.
# Into "gaps" the lines with __ in its place, into "taken" the tokens.
take_out() { # word or char
    awk -v by="$1" '{
        count = by == "word" ? NF : length($0)
        n = (NR - 1) * 7919 % count + 1
        if (by == "word") {
            token = $n; line = $0; from = 1
            for (i = 1; i < n; i++) from += length($i) + 1
        } else { token = substr($0, n, 1); from = n }
        print substr($0, 1, from - 1) "__" substr($0, from + length(token)) >"gaps"
        print token >"taken"
    }' "$2"
}
right() { # of the lines of two files, the share that are equal, as eval prints it
    paste "$1" "$2" | awk -F'\t' '{ right += $1 == $2 } END { printf "top 1 +%.1f %%", 100 * right / NR }'
}

for unit in word char byte; do
    begin "fill by $unit answers the gaps of eval as eval counts them"
    run "$TEXTRNN" train -t cloze --by $unit --data text -o cloze-$unit --epochs 2 "${small[@]}"
    code 0
    rm -f gaps taken
    take_out "${unit/byte/char}" text
    "$TEXTRNN" fill -m cloze-$unit <gaps >answers 2>.err || problem "fill: $(cat .err)"
    run "$TEXTRNN" eval -m cloze-$unit --data text
    code 0; out_like "$(right taken answers)"; out_like "texts +90"; out_like "left out +0"
    that test "$(paste taken answers | awk -F'\t' '$1 == $2' | wc -l)" -gt 20
done

begin "a gap is one token, however it is written and whatever it touches"
run "$TEXTRNN" fill -m cloze-char "the c__t sat" "the c____t sat"
code 0; out_lines 2; that test "$(sort -u .out | wc -l)" -eq 1
run "$TEXTRNN" fill -m cloze-word "the dog ran in the __." "the dog ran in the __ ." "the dog ran in the ___."
code 0; out_lines 3; that test "$(sort -u .out | wc -l)" -eq 1

begin "a byte that is no character is read, and answered as a word"
for i in $(seq 30); do printf 'a\xc3\xa9b\n'; done >accents
run "$TEXTRNN" train -t cloze --by byte --data accents -o bytes --epochs 10 "${small[@]}"
code 0
run "$TEXTRNN" fill -m bytes $'a\xc3__b' "a__b"
code 0; err_is ""; out_like '^\\xa9'

begin "there is an output line for each input line"
run "$TEXTRNN" train -t classify --data labels.tsv -o classes --epochs 8 "${small[@]}"
code 0
run "$TEXTRNN" train -t translate --data pairs.tsv -o translator --epochs 30 "${small[@]}"
code 0
run bash -c 'printf "\na boat\n\n\nthe dog\n  \n" | "$TEXTRNN" classify -m classes'
code 0; err_is ""; that diff .out <(printf '\nships\n\n\npets\n\n')
run bash -c 'printf "\nthe dog __ in the sea .\n\nthe __ sat\n" | "$TEXTRNN" fill -m cloze-word'
code 0; err_is ""; out_lines 4; that test "$(grep -c . .out)" -eq 2
that test -z "$(sed -n '1p;3p' .out)"
run bash -c 'printf "one two\n\n\ntwo one\n" | "$TEXTRNN" translate -m translator'
code 0; err_is ""; that diff .out <(printf '一二\n\n\n二一\n')
run "$TEXTRNN" classify -m classes "" "a boat" ""
code 0; that diff .out <(printf '\nships\n\n')
for command in "classify -m classes" "fill -m cloze-word" "translate -m translator"; do
    run "$TEXTRNN" $command
    code 0; out_is ""; err_is ""
done

begin "a line without a gap is named, and the others are filled"
run bash -c 'printf "no gap\nthe __ sat\n" | "$TEXTRNN" fill -m cloze-word'
code 1; err_is "textrnn: text 1: 'no gap': no gap; write __ for the missing word"
out_lines 2; that test -z "$(sed -n 1p .out)" -a -n "$(sed -n 2p .out)"

begin "a text whose label was not learnt is counted, as wrong"
printf 'pets\tthe cat and the dog\nplanes\tthe dog\nships\tthe sea\ncars\ta boat\n' >more.tsv
run "$TEXTRNN" eval -m classes --data more.tsv
code 0; out_like "texts +4"; out_like "unknown +2"; out_like "top 1 +50.0 %"; out_like "top 5 +50.0 %"
err_is "textrnn: more.tsv: 2 of 4 texts have a label that the model has not learnt; they count as wrong"
printf 'pets\tthe cat\nships\t\xe3\x80\x80\n' >blank.tsv
run "$TEXTRNN" eval -m classes --data blank.tsv
code 0; out_like "texts +1"; out_like "left out +1"
err_is "textrnn: blank.tsv: 1 of 2 texts left out, which have no word"
printf 'the cat sat in the park .\ncat\n' >single
run "$TEXTRNN" eval -m cloze-word --data single
code 0; out_like "left out +1"; err_lines 1

begin "an empty prompt is the beginning of a text"
run "$TEXTRNN" train --by word --data text -o lm --epochs 20 --steps 8 "${small[@]}"
code 0
run "$TEXTRNN" sample -m lm --length 20
code 0; written=$out
run "$TEXTRNN" sample -m lm --length 20 --prompt ''
code 0; err_is ""; out_is "$written"
run "$TEXTRNN" next -m lm -n 1 ''
code 0; err_is ""; out_like "^0\.[5-9][0-9]+	the$"

begin "a short text is measured in one go, as score counts its tokens"
printf 'the dog ran in the sea . the man sang in the house .' >line
for by in word char byte subword ends more; do
    options=(--by $by)
    [ $by != ends ] || options=(--ends --data line)
    [ $by != subword ] || options+=(--vocabulary 300)
    [ $by != more ] || options=(--layers 2 --tied --learned-start --layer-norm --zoneout 0.2)
    run "$TEXTRNN" train "${options[@]}" --data text -o lm-$by --epochs 2 --steps 8 "${small[@]}"
    code 0
    run "$TEXTRNN" score -m lm-$by -v "$(cat line)"
    code 0; err_is ""; mv .out scored
    that test "$(grep -c '<end>$' scored)" -eq $([ $by = ends ] && echo 1 || echo 0)
    run "$TEXTRNN" eval -m lm-$by --data line
    code 0
    that awk -F'\t' 'NR == FNR { if (/^bits/ && !bits) { split($0, row, " "); bits = row[2] } next }
        FNR == 1 { sum = $1; tokens = $2 } FNR > 1 { total += $2 }
        END {
            mean = -sum / log(2) / tokens
            exit FNR != tokens + 1 || bits == 0 || (mean - bits) ^ 2 > 1e-6 || (total - sum) ^ 2 > 1e-4
        }' .out scored
done

begin "score says which text is likelier, line by line"
printf 'the cat sat in the park .\n\npark the . in sat\nthe dog\n' >lines
run bash -c '"$TEXTRNN" score -m lm <lines'
code 0; err_is ""; out_lines 4
that test "$(cut -f 2- .out)" = $'7\tthe cat sat in the park .\n0\t\n5\tpark the . in sat\n2\tthe dog'
that test "$(sed -n 2p .out)" = $'0.0000\t0\t'
that awk -F'\t' '{ p[NR] = $1 / ($2 + ($2 == 0)) } END { exit !(p[1] < 0 && p[1] > p[3]) }' .out
cp .out together
while IFS= read -r line; do "$TEXTRNN" score -m lm "$line"; done <lines >alone
that cmp alone together
run "$TEXTRNN" score -m lm $'the bear\nsat'
code 0; err_is "textrnn: the model does not know 1 of 4 words; each counts as its unknown word"
out_like $'\t4\tthe bear\\\\nsat$'
run "$TEXTRNN" score -m lm -v "the cat"
code 0; that test "$(cut -f 3 .out)" = $'the cat\nthe\ncat'
that test "$(cut -f 1 .out | grep -c .)" -eq 1
run "$TEXTRNN" next -m lm -n 1 "the cat sat in"
likeliest=$out
run "$TEXTRNN" score -m lm -v "the cat sat in the"
that awk -F'\t' -v next_="$likeliest" 'END { split(next_, n, "\t"); exit $3 != n[2] || (exp($2) - n[1]) ^ 2 > 1e-6 }' .out
run "$TEXTRNN" score -m classes "the cat"
code 1; err_lines 1; err_like "this wants one for lm"

begin "a gradient that all but vanishes is printed"
run "$TEXTRNN" gradients --steps 90 --updates 0 --hidden 8
code 0
that awk -F'\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "vanilla") c = i }
    NR > 1 { if ($c + 0 < 1e-23 && $c + 0 > 0) small = 1 } END { exit !small }' .out
finish
