#!/bin/bash
# `caption alt`: alternative texts for the images of pages.
. "$(dirname "$0")/lib.sh"
export CAPTION CAPTION_MODEL=$MODEL
heading=$'action\tpage\tline\tcolumn\tsource\twhy\tconfidence\ttext'

if [ "$ALT" = no ]; then
    begin "what was not built in says so"
    run "$CAPTION" alt a.html
    code 2; err_is "caption: alt support is not built in (install libxml2-dev, reconfigure with -Dalt=enabled)"
    finish
fi

cp "$SAMPLES/cat.jpg" "$SAMPLES/coffee.jpg" .
caption_of() { "$CAPTION" "$1"; }
cat=$(caption_of cat.jpg)
any=(--min-confidence 0)

begin "the command line is checked"
run "$CAPTION" alt
code 2; err_is "caption alt: no page given (see 'caption alt --help')"
run "$CAPTION" alt --apply a.tsv b.html
code 2; err_like "^caption alt: --apply takes the pages of its list"
run "$CAPTION" alt -f jsonl a.html
code 2; err_is "caption alt: --format needs --list (see 'caption alt --help')"
run "$CAPTION" alt -0 a.html
code 2; err_like "^caption alt: --null needs --files-from"
run "$CAPTION" alt nowhere.html
code 1; err_like "^caption: nowhere.html: No such file or directory"
mkdir none
run "$CAPTION" alt none
code 1; err_like "^caption: none: no pages in this directory"

begin "an image without a text gets one, and nothing else changes"
printf '<p><img src="cat.jpg"> <img src=cat.jpg alt="mine">\r\n<!-- <img src=cat.jpg> -->' >a.html
chmod 640 a.html
cp a.html old.html
run "$CAPTION" alt "${any[@]}" a.html
code 0; out_is ""; err_is "1 alternative text written in 1 page"
that [ "$(cat a.html)" = "$(printf '<p><img src="cat.jpg" alt="%s"> <img src=cat.jpg alt="mine">\r\n<!-- <img src=cat.jpg> -->' "$cat")" ]
that [ "$(stat -c %a a.html)" = 640 ]

begin "again there is nothing to do, and the page is not touched"
touch -d 2001-01-01 a.html
run "$CAPTION" alt "${any[@]}" a.html
code 0; err_is "0 alternative texts written in 0 pages"
that [ "$(stat -c %Y a.html)" = "$(date -d 2001-01-01 +%s)" ]

begin "nothing is written of which the model is not sure"
cp old.html a.html
run "$CAPTION" alt --min-confidence 1 a.html
code 0; err_is "0 alternative texts written in 0 pages, 1 image left without (--list says why)"
that cmp a.html old.html

begin "--list changes nothing, and shows what would be written and why not"
cat >b.html <<'END'
<img src="cat.jpg"> <img src="cat.jpg" alt=""> <img src=cat.jpg alt="cat.jpg">
<img src="https://example.org/cat.jpg"><img src="none.jpg"><img src="a.svg"><img src="{{ a }}">
<img src="../../../../../../etc/passwd"><img src="empty.jpg"><img>
END
: >empty.jpg
cp b.html old.html
run "$CAPTION" alt "${any[@]}" --list b.html
code 0; err_is "1 alternative text would be written in 1 page, 9 images left without"
out_lines 11
that [ "$(head -1 .out)" = "$heading" ]
that [ "$(cut -f1,3,4,5,6 .out | sed 1d | sed 's/\t[^\t]*empty.jpg: /\t/')" = "fill	1	1	cat.jpg	missing
leave	1	21	cat.jpg	empty (--empty)
leave	1	48	cat.jpg	poor (--poor)
leave	2	1	https://example.org/cat.jpg	not here
leave	2	40	none.jpg	no such file
leave	2	60	a.svg	a drawing
leave	2	77	{{ a }}	in a template
leave	3	1	../../../../../../etc/passwd	outside of the root (--root)
leave	3	41	empty.jpg	the file is empty
leave	3	62		no picture" ]
that [ "$(sed -n 2p .out | cut -f8)" = "$cat" ]
that cmp b.html old.html
run "$CAPTION" alt "${any[@]}" --list -f text -q b.html
code 0; err_is ""; out_like "^b.html:1:1: cat.jpg: $cat \(0\.[0-9]*\)"
run "$CAPTION" alt "${any[@]}" --list -f jsonl -q b.html
code 0; out_lines 10; out_like "^\{\"action\":\"fill\",\"page\":\"b.html\",\"line\":1,\"column\":1,"

begin "--empty and --poor fill those, too"
run "$CAPTION" alt "${any[@]}" --empty --poor b.html
code 0; err_is "3 alternative texts written in 1 page, 7 images left without (--list says why)"
that [ "$(head -1 b.html)" = "<img src=\"cat.jpg\" alt=\"$cat\"> <img src=\"cat.jpg\" alt=\"$cat\"> <img src=cat.jpg alt=\"$cat\">" ]

begin "a list is edited and applied: texts of a person, and only rows to fill"
cp old.html b.html
printf '# ![](cat.jpg)\n' >"a b.md"
"$CAPTION" alt "${any[@]}" --list -q b.html "a b.md" >list.tsv
sed -i "2s/\t$cat\$/\tmy \"cat\" <3/; 3s/^leave/fill/; s/\(a b.md.*\t\)$cat\$/\1my [cat]/" list.tsv
run "$CAPTION" alt --apply list.tsv
code 0; err_is "3 alternative texts written in 2 pages"
that [ "$(head -1 b.html)" = "<img src=\"cat.jpg\" alt=\"my &quot;cat&quot; &lt;3\"> <img src=\"cat.jpg\" alt=\"$cat\"> <img src=cat.jpg alt=\"cat.jpg\">" ]
that [ "$(cat "a b.md")" = '# ![my \[cat\]](cat.jpg)' ]

begin "a list that is applied again says that its texts are there"
printf '<img src="cat.jpg">\n<img src="cat.jpg">\n' >again.html
"$CAPTION" alt "${any[@]}" --list -q again.html >again.tsv
"$CAPTION" alt -q --apply again.tsv
cp again.html applied.html
run "$CAPTION" alt --apply again.tsv
code 0; err_is "0 alternative texts written in 0 pages, 2 there already"
sed -i '2s/[^\t]*$/another text/' again.tsv
run "$CAPTION" alt --apply again.tsv
code 1; err_is "caption: again.html:1:1: the image has another text by now; list this page again
0 alternative texts written in 0 pages, 1 failed"
that cmp again.html applied.html

begin "a list of JSON is applied, too"
printf '<img src="cat.jpg"> <img src="cat.jpg" alt="">' >j.html
"$CAPTION" alt "${any[@]}" --list -q -f jsonl j.html >list.jsonl
that grep -q '"confidence":0\.[0-9]\{1,4\},' list.jsonl
sed -i "1s/\"text\":\".*\"/\"text\":\"my \\\\\"cat\\\\\" \\\\u00e9\"/" list.jsonl
run "$CAPTION" alt --apply list.jsonl
code 0; err_is "1 alternative text written in 1 page"
that [ "$(cat j.html)" = '<img src="cat.jpg" alt="my &quot;cat&quot; &#xE9;"> <img src="cat.jpg" alt="">' ]
sed -i '2s/"line":1,//; 2s/leave/fill/' list.jsonl
run "$CAPTION" alt --apply list.jsonl
code 1; err_is 'caption: list.jsonl:2: expected a member "line", as --list writes it'
echo '{"action":"fill"' >list.jsonl
run "$CAPTION" alt --apply list.jsonl
code 1; err_is 'caption: list.jsonl:1: expected a JSON object as --list writes it'
echo '[{"action":"fill"}]' >list.jsonl
run "$CAPTION" alt --apply list.jsonl
code 1; err_like '^caption: list.jsonl: expected a list of .caption alt --list. in tsv, .* or in jsonl$'

begin "a list that a spreadsheet has written means what its cells say"
printf '<img src="cat.jpg"><img src="cat.jpg"><img src="cat.jpg">' >s.html
"$CAPTION" alt "${any[@]}" --list -q s.html >typed.tsv
sed -i "2s/\t$cat\$/\tA \"cat\"/; 3s/\t$cat\$/\t\"Meow\"/; 4s/\t$cat\$/\t/" typed.tsv
sed 's/"/""/g; s/\t/"\t"/g; s/^/"/; s/$/"\r/' typed.tsv >cells.tsv
run "$CAPTION" alt --apply cells.tsv
code 0; err_is "caption: s.html:1:39: left out, as its text is empty
2 alternative texts written in 1 page, 1 image left without"
that [ "$(cat s.html)" = '<img src="cat.jpg" alt="A &quot;cat&quot;"><img src="cat.jpg" alt="&quot;Meow&quot;"><img src="cat.jpg">' ]

begin "a list of another page, or no list, changes nothing"
cp b.html applied.html
sed -i 1d b.html
cp b.html changed.html
run "$CAPTION" alt --apply list.tsv
code 1; err_like "^caption: b.html:1:1: there is no image cat.jpg \(any more\); list this page again"
that cmp b.html changed.html
printf 'a\tb\n' >other.tsv
run "$CAPTION" alt --apply other.tsv
code 1; err_like "^caption: other.tsv: expected a list of .caption alt --list. in tsv, which begins with"
printf '%s\nfill\tb.html\t1\tx\tcat.jpg\t\t\ttext\n' "$heading" >other.tsv
run "$CAPTION" alt --apply other.tsv
code 1; err_is "caption: other.tsv:2: expected the numbers of a line and a column"
printf '%s\nfil\tb.html\t1\t1\tcat.jpg\t\t\ttext\n' "$heading" >other.tsv
run bash -c '"$CAPTION" alt --apply - <other.tsv'
code 1; err_is 'caption: standard input:2: expected "fill" or "leave", not "fil"'

begin "a directory is a site, whose root is its own"
mkdir -p site/pages site/img
cp cat.jpg site/img/a.jpg
printf '<img src="/img/a.jpg"><img src="../img/a.jpg?x#y"><img src="../../cat.jpg">' >site/pages/a.HTM
printf '![](../img/%%61.jpg)' >site/pages/b.md
printf '<img src="/img/a.jpg">' >site/pages/c.txt
run "$CAPTION" alt "${any[@]}" site
code 0; err_is "3 alternative texts written in 2 pages, 1 image left without (--list says why)"
that [ "$(cat site/pages/b.md)" = "![$cat](../img/%61.jpg)" ]
that [ "$(cat site/pages/c.txt)" = '<img src="/img/a.jpg">' ]
run "$CAPTION" alt "${any[@]}" --root . -q site
that grep -q "src=\"../../cat.jpg\" alt=" site/pages/a.HTM

begin "no picture outside of the root is opened, whatever leads there"
mkdir -p inside outside
cp cat.jpg outside/b.jpg
ln -s ../outside/b.jpg inside/a.jpg
ln -s ../outside inside/folder
printf '<base href="folder/"><img src="b.jpg"><img src="../a.jpg"><img src="file://%s/outside/b.jpg">' "$work" >inside/a.html
run "$CAPTION" alt "${any[@]}" --list -q inside
code 0; that [ "$(cut -f1,6 .out | sed 1d | sort | uniq -c | sed 's/^ *//')" = "3 leave	outside of the root (--root)" ]
run "$CAPTION" alt "${any[@]}" --list -q --root . inside
that [ "$(cut -f1 .out | sed 1d | sort | uniq -c | sed 's/^ *//')" = "3 fill" ]

begin "a picture in the page itself is captioned"
printf '<img src="data:image/jpeg;base64,%s">' "$(base64 -w0 cat.jpg)" >data.html
run "$CAPTION" alt "${any[@]}" data.html
code 0; that grep -q "alt=\"$cat\"" data.html
printf '<img src="data:image/jpeg;base64,%s">' "$(base64 -w0 cat.jpg)" >data.html
run "$CAPTION" alt "${any[@]}" --list -q data.html
that [ ${#out} -lt 500 ]
echo "$out" >list.tsv
run "$CAPTION" alt -q --apply list.tsv
code 0; that grep -q "alt=\"$cat\"" data.html

begin "a page in a language that the model does not speak is left"
printf '<html lang="tlh"><img src="cat.jpg">' >tlh.html
run "$CAPTION" alt "${any[@]}" --list tlh.html
code 0; out_like "no captions in the page's language \(--lang\)"
run "$CAPTION" alt "${any[@]}" --lang en tlh.html
code 0; that grep -q "alt=\"$cat\"" tlh.html

begin "a page that is read-only, or not understood, is named and stays"
printf '<img src="cat.jpg">' >fixed.html
chmod 444 fixed.html
printf '<p><img src="cat.jpg"></p>' >bad.xhtml
run "$CAPTION" alt "${any[@]}" fixed.html bad.xhtml
code 1; err_lines 3
err_like "fixed.html: cannot write: the page is read-only"
err_like "bad.xhtml: this XHTML is not well-formed; it is left as it is"
that [ "$(cat fixed.html bad.xhtml)" = '<img src="cat.jpg"><p><img src="cat.jpg"></p>' ]

begin "a symbolic link stays, and the page that it leads to is written"
printf '<img src="cat.jpg">' >real.html
ln -s real.html link.html
run "$CAPTION" alt "${any[@]}" link.html
code 0; that test -L link.html; that grep -q alt= real.html

begin "a page that several names lead to is one page"
printf '<img src="cat.jpg">' >real.html
ln real.html hard.html
cp real.html copy.html
run "$CAPTION" alt "${any[@]}" --list real.html link.html ./real.html hard.html copy.html
code 0; err_is "3 alternative texts would be written in 3 pages"; out_lines 4
run "$CAPTION" alt "${any[@]}" real.html link.html ./real.html hard.html copy.html
code 0; err_is "3 alternative texts written in 3 pages"
that cmp real.html hard.html; that cmp real.html copy.html

begin "a full disk leaves the page as it was"
fault() { # FAULT COMMAND
    run env LD_PRELOAD="$FAULTS" FAULT="$1" FAULT_DO="$2" ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" \
        "$CAPTION" alt "${any[@]}" -q full.html
}
printf '<img src="cat.jpg">' >full.html
for fault in write:1+ sync:1 name:1; do
    fault $fault ""
    code 1; err_lines 1
    that [ "$(cat full.html)" = '<img src="cat.jpg">' ]
done

begin "a page that somebody changes meanwhile is theirs"
fault meanwhile:1 'echo mine >full.html'
code 1; err_like "^caption: full.html: "
that [ "$(cat full.html)" = mine ]

if [ "$BOOKS" = yes ] && command -v python3 >/dev/null; then
    cat >make.py <<'END'
import sys, zipfile
class Pipe:
    def __init__(self, path): self.file = open(path, 'wb')
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()
# a pipe cannot be sought in: sizes stand behind the bytes
book = zipfile.ZipFile(Pipe(sys.argv[1]) if 'pipe' in sys.argv[1] else sys.argv[1], 'w')
book.comment = b'a comment'
book.writestr(zipfile.ZipInfo('mimetype'), 'application/epub+zip')
page = '<html xmlns="http://www.w3.org/1999/xhtml"><body><img src="../img/a%20b.jpg"/><img src="../../x.jpg"/></body></html>'
for name, data in [('OPS/text/1.xhtml', page), ('OPS/text/2.xhtml', '<p><img>'), ('OPS/text/\u00fc.html', page),
                   ('OPS/img/a b.jpg', open('cat.jpg', 'rb').read())] + [(n, open(n).read()) for n in sys.argv[2:]]:
    book.writestr(zipfile.ZipInfo(name, (2001, 2, 3, 4, 5, 6)), data, zipfile.ZIP_DEFLATED)
book.close()
END
    cat >compare.py <<'END'
import sys, zipfile
old, new = zipfile.ZipFile(sys.argv[1]), zipfile.ZipFile(sys.argv[2])
assert new.testzip() is None
changed = []
for a, b in zip(old.infolist(), new.infolist(), strict=True):
    assert (a.filename, a.date_time, a.compress_type, a.extra, a.external_attr) == (b.filename, b.date_time, b.compress_type, b.extra, b.external_attr)
    if old.read(a) != new.read(b):
        changed.append(a.filename)
        assert b' alt="' + sys.argv[3].encode() + b'"/>' in new.read(b)
print(' '.join(changed))
END
    begin "a book gets texts in its pages, and every other part stays"
    python3 make.py a.epub
    cp a.epub old.epub
    run "$CAPTION" alt "${any[@]}" a.epub
    code 1; err_is "caption: a.epub!/OPS/text/2.xhtml: this XHTML is not well-formed; it is left as it is
2 alternative texts written in 2 pages, 2 images left without (--list says why), 1 failed"
    run python3 compare.py old.epub a.epub "$cat"
    code 0; out_is "OPS/text/1.xhtml OPS/text/ü.html"

    begin "so does one whose sizes stand behind its parts"
    python3 make.py pipe.epub
    cp pipe.epub old-pipe.epub
    run "$CAPTION" alt "${any[@]}" -q pipe.epub
    run python3 compare.py old-pipe.epub pipe.epub "$cat"
    code 0; out_is "OPS/text/1.xhtml OPS/text/ü.html"

    begin "a list names pages within books"
    cp old.epub a.epub
    "$CAPTION" alt "${any[@]}" --list -q a.epub 2>/dev/null | sed "s/\t$cat\$/\tmy cat/" >list.tsv
    run "$CAPTION" alt --apply list.tsv
    run python3 compare.py old.epub a.epub "my cat"
    code 0; out_is "OPS/text/1.xhtml OPS/text/ü.html"

    begin "so it does, whatever the book is called, and knows when a page is gone"
    cp old.epub B.EPUB
    cp old.epub "book!"
    "$CAPTION" alt "${any[@]}" --list -q B.EPUB "book!" 2>/dev/null | sed "s/\t$cat\$/\tmy cat/" >list.tsv
    printf 'fill\tB.EPUB!/OPS/text/9.xhtml\t1\t1\tx.jpg\t\t\ttext\n' >>list.tsv
    run "$CAPTION" alt --apply list.tsv
    code 1; err_like "caption: B.EPUB!/OPS/text/9.xhtml: there is no such page in the book \(any more\)"
    err_like "4 alternative texts written in 4 pages, 3 failed"
    for book in B.EPUB "book!"; do
        run python3 compare.py old.epub "$book" "my cat"
        code 0; out_is "OPS/text/1.xhtml OPS/text/ü.html"
    done

    begin "pictures of the same name in two books are two pictures"
    cp old.epub a.epub
    cp cat.jpg kept.jpg
    cp coffee.jpg cat.jpg
    python3 make.py b.epub
    mv kept.jpg cat.jpg
    cp b.epub old-b.epub
    run "$CAPTION" alt "${any[@]}" -q a.epub b.epub
    run python3 compare.py old.epub a.epub "$cat"
    code 0
    run python3 compare.py old-b.epub b.epub "$(caption_of coffee.jpg)"
    code 0

    begin "a book that is protected, damaged or no book stays"
    mkdir -p META-INF
    echo '<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>' >META-INF/encryption.xml
    echo '<signatures/>' >META-INF/signatures.xml
    echo '<rights/>' >META-INF/rights.xml
    python3 make.py drm.epub META-INF/encryption.xml
    python3 make.py rights.epub META-INF/encryption.xml META-INF/rights.xml
    python3 make.py signed.epub META-INF/signatures.xml
    echo '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/>' >META-INF/encryption.xml
    python3 make.py fonts.epub META-INF/encryption.xml
    head -c 3000 old.epub >cut.epub
    python3 -c 'import zipfile; zipfile.ZipFile("zip.epub", "w").writestr("a.html", "<p/>")
bomb = bytearray(open("old.epub", "rb").read())
at = bomb.index(b"PK\1\2")
bomb[at + 24:at + 28] = (1200 << 20).to_bytes(4, "little")
open("bomb.epub", "wb").write(bomb)'
    cp drm.epub drm.old
    run "$CAPTION" alt "${any[@]}" -q drm.epub rights.epub signed.epub cut.epub zip.epub bomb.epub
    code 1; err_is "caption: drm.epub: the book is encrypted (DRM)
caption: rights.epub: the book is encrypted (DRM)
caption: signed.epub: the book is signed, and would no longer be
caption: cut.epub: it is no ZIP archive, or cut
caption: zip.epub: a ZIP archive, but no EPUB
caption: bomb.epub: the book unpacks to too much"
    that cmp drm.epub drm.old
    run "$CAPTION" alt "${any[@]}" -q fonts.epub
    err_is "caption: fonts.epub!/OPS/text/2.xhtml: this XHTML is not well-formed; it is left as it is"
    run python3 compare.py fonts.epub fonts.epub "$cat"
    code 0
fi

finish
