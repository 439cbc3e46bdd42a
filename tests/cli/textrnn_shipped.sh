#!/bin/bash
# The text models of this tree, as a user gets them: found by name, small, and not senseless.
. "$(dirname "$0")/lib.sh"
shipped=$SOURCE/models/pretrained/text
[ -e "$shipped/translate.safetensors" ] || { echo "1..0 # SKIP this tree has no text models"; exit 0; }

begin "info lists what comes with the program, 3 MB in all"
run "$TEXTRNN" info
code 0; err_is ""; out_lines 7
that test "$(cat "$shipped"/*.safetensors | wc -c)" -le 3000000
for name in c classify fill next poems prose translate; do
    out_like "(^|"$'\n'")$name	(lm|classify|cloze|translate)	[^"$'\n'"]+"
done

begin "each language model writes in its own way"
run "$TEXTRNN" sample --length 200 --temperature 0.5
code 0; err_is ""; out_like "[Tt]he "
run "$TEXTRNN" sample -m c --length 1000 --temperature 0.5 --prompt $'static int '
code 0; err_is ""; out_like $'\n\t'
run "$TEXTRNN" sample -m poems --prompt "《" --length 60 --temperature 0.5
code 0; err_is ""; out_like "《.*》"; out_like "，.*。"
run "$TEXTRNN" next -n 3 我是中国
code 0; err_is ""; out_lines 3

begin "a likely sentence is likelier than its words in another order"
likelier() { # MODEL SENTENCE OTHER
    run "$TEXTRNN" score -m "$1" "$2" "$3"
    code 0; err_is ""
    that awk -F '\t' 'NR == 1 { first = $1 } NR == 2 { exit !(first > $1) }' .out
}
likelier prose "And the king said unto them" "them unto And said king the"
likelier next 一只狗在草地上奔跑 奔跑上草地在狗只一

begin "a training goes on from a model by its name, or from the file of that name"
for i in $(seq 30); do echo 一只狗在草地上奔跑; done >dogs
on=(--data dogs --epochs 1 --batch 4 --warmup 0 --dropout 0 --threads 2)
run "$TEXTRNN" train --start next -o named "${on[@]}"
code 0; err_like "^start: next, with 0 new subwords"
run "$TEXTRNN" train --start "$shipped/next.safetensors" -o filed "${on[@]}" -q
code 0; that cmp named filed
run "$TEXTRNN" train --start fill -o x "${on[@]}" --task lm
code 1; err_lines 1; err_like "fill.safetensors: a model for the task cloze; this wants one for lm"
run "$TEXTRNN" train --start novels -o x "${on[@]}"
code 1; err_is "textrnn: novels: neither a file nor a model of 'textrnn info'; 'textrnn train' makes one"
cp named fill
run "$TEXTRNN" train --start fill -o x "${on[@]}"
code 0; err_like "^start: fill, with 0 new subwords"

begin "a text of which a model knows nothing is told"
run "$TEXTRNN" translate "DOG RUNS" "A dog" ""
code 0; out_lines 3; err_is "textrnn: 1 of 3 texts have no word that the model knows"
run "$TEXTRNN" fill "A DOG __" "__" "a __"
code 0; out_lines 3; err_is "textrnn: 1 of 3 texts have no word that the model knows"
run "$TEXTRNN" classify "zzz qqq" "a game"
code 0; out_lines 2; err_is "textrnn: 1 of 2 texts have no word that the model knows"

begin "a folder of a model's name is no model"
mkdir -p poems
run "$TEXTRNN" next -m poems -n 1 《
code 0; err_is ""; out_lines 1
run "$TEXTRNN" next -m ./poems -n 1 《
code 1; err_is "textrnn: ./poems: not a regular file"

begin "each answer makes sense"
run "$TEXTRNN" fill "a dog __ through the grass ."
code 0; err_is ""; out_like "^(runs|running|walks|walking|jumps|jumping)$"
run "$TEXTRNN" classify "Python module to read and write tables (documentation)" "a shooter in which tanks fight"
code 0; err_is ""; out_lines 2; out_like $'\n''games$'
run "$TEXTRNN" translate "A dog runs through the grass ." "Two boys play football ."
code 0; err_is ""; out_lines 2; out_like "狗.*草"; out_like $'\n''.*男孩'
run "$TEXTRNN" translate --explain look.png "A dog runs through the grass ."
code 0; that test -s look.png
finish
