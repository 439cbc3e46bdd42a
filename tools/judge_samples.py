#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges the form of texts that a model wrote: docs/textrnn.md has the results.

usage: judge_samples.py c FILE...       functions: do they end, do brackets balance, does gcc parse them
       judge_samples.py poems FILE...   poems: do all lines have 5 or all 7 characters, do they rhyme

`c`: a FILE is one text, as `textrnn sample` prints it, or a real one to compare with.  A function
begins with a head, and a line that begins with {.  It ends with the next line that begins with },
and does not end if another function begins before.  One that the text ends in is counted apart: it
might have gone on well.  gcc is given a declaration of each name that the function uses and does
not declare, so what it still refuses is syntax.

`poems`: a FILE holds texts one after the other.  This needs opencc and
/usr/share/rime-data/luna_pinyin.dict.yaml (rime-data-luna-pinyin): the rhymes are those of today's
speech."""
import collections
import re
import subprocess
import sys
from pathlib import Path

# ---- C ----

# What the kernel's headers would have: words that stand where C has none.
EMPTY = ("__init __exit __user __iomem __always_inline noinline asmlinkage __sched __ref __meminit "
         "__initdata __percpu __rcu __must_check __maybe_unused notrace __cold __force __read_mostly "
         "noinline_for_stack fastcall __printf __releases __acquires __must_hold __latent_entropy "
         "__net_init __net_exit __cpuidle __visible nokprobe_inline __no_kcsan __weak __lockfunc "
         "__init_memblock __kprobes __pure __noreturn __always_unused __attribute_const__ "
         "__noclone").split()
# Its macros that take a type, as no function can.
TYPED = ("container_of list_entry list_first_entry list_last_entry list_first_entry_or_null "
         "list_entry_rcu hlist_entry hlist_entry_safe plist_first_entry rb_entry mm_slot_entry min_t "
         "max_t clamp_t offsetof offsetofend sizeof_field alloc_percpu va_arg").split()
MOST_ROUNDS = 60


CUT, UNENDED, ENDED = "cut", "unended", "ended"  # by the text's end, by another function, by }


def functions(text):
    """Each function definition of the text, from its head on, and how it ends."""
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        if lines[i].rstrip() != "{":
            i += 1
            continue
        head = i
        while head > 0 and re.match(r"[A-Za-z_\t ]", lines[head - 1]) and \
                not lines[head - 1].rstrip().endswith((";", "*/")):
            head -= 1
        end = next((j for j in range(i + 1, len(lines)) if re.match(r"[}{]", lines[j])), None)
        how = CUT if end is None else ENDED if lines[end][0] == "}" else UNENDED
        if head < i and "(" in lines[head]:
            yield how, "\n".join(lines[head:end + 1 if how == ENDED else end])
        if how == CUT:
            return
        i = end + 1 if how == ENDED else end


def without_words(function):
    """The function without its comments, strings and characters."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", "", function,
                  flags=re.S)


def balances(function, kinds):
    """Whether each bracket of these kinds has its partner."""
    stack = []
    for c in re.sub(r"[^(){}\[\]]", "", without_words(function)):
        if not any(c in kind for kind in kinds):
            continue
        if c in "({[":
            stack.append(c)
        elif not stack or stack.pop() + c not in kinds:
            return False
    return not stack


def errors_of(source):
    done = subprocess.run(["gcc", "-x", "c", "-std=gnu11", "-fsyntax-only", "-w", "-fmax-errors=0", "-"],
                          input=source, capture_output=True, text=True)
    return [line for line in done.stderr.split("\n") if " error: " in line]


def macros_in(function):
    """Names that are used as a loop, name(...) {, which no function can be, or are called one."""
    body = function.partition("{")[2]
    found = set(re.findall(r"\b(\w+)\s*\((?:[^(){};]|\([^()]*\))*\)\s*\{", body))
    return found - {"if", "while", "for", "switch"} | set(re.findall(r"\b\w*for_each\w*\b", body))


def parses(function):
    """Whether gcc finds no error of syntax in it.  Each round declares what the last one missed."""
    types, names, loops = {}, {}, macros_in(without_words(function))
    errors = []
    for _ in range(MOST_ROUNDS):
        source = "".join(f"#define {word}\n" for word in EMPTY if word in function)
        source += "".join(f"#define {name}(...) 0\n" for name in TYPED if name in function)
        source += "".join(f"#define {name}(...) for (;;)\n" for name in sorted(loops))
        source += "".join(f"typedef long {name};\n" for name in types)
        source += "".join(f"extern long {name};\n" for name in names)
        errors = errors_of(source + "#line 1 \"f\"\n" + function)
        new_types = {m for e in errors for m in re.findall(r"unknown type name ‘(\w+)’", e)}
        new_names = {m for e in errors for m in re.findall(r"‘(\w+)’ undeclared", e)}
        if new_types <= types.keys() and new_names <= names.keys():
            break
        types.update(dict.fromkeys(new_types - names.keys()))
        names.update(dict.fromkeys(new_names - types.keys()))
    return not any(re.search(r"error: (expected|stray|missing|unterminated|.*before ‘|.*at end of input|"
                             r"old-style|.*parameter name omitted|invalid suffix|too many decimal)", e)
                   for e in errors)


def judge_c(texts):
    every = [each for text in texts for each in functions(text)]
    found = [(how, f) for how, f in every if how != CUT]
    ended = [f for how, f in found if how == ENDED]
    braced = [f for f in ended if balances(f, ["{}"])]
    balanced = [f for f in braced if balances(f, ["{}", "()", "[]"])]
    parsed = [f for f in balanced if parses(f)]
    print(f"characters {sum(map(len, texts))}; functions {len(found)}, and {len(every) - len(found)} "
          "cut off; " + "; ".join(f"{what} {len(part)} ({share(part, found)})" for what, part in (
              ("end", ended), ("braces balance", braced), ("all brackets balance", balanced),
              ("gcc parses", parsed))))


# ---- Poems ----


def finals():
    """The rhyme of each character: its syllable without what it begins with."""
    text = Path("/usr/share/rime-data/luna_pinyin.dict.yaml").read_text(encoding="utf-8")
    text = subprocess.run(["opencc", "-c", "t2s"], input=text, capture_output=True, text=True,
                          check=True).stdout
    found = collections.defaultdict(set)
    for c, syllable in re.findall(r"^(\w)\t([a-z]+)", text, re.M):
        final = re.sub(r"^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])", "", syllable)
        found[c].add(re.sub(r"^[iu](?=[aeo])", "", final))
    return found


def poems_in(text):
    return [poem.split("\n") for poem in re.split(r"\n\s*\n", text.strip()) if "，" in poem]


def keeps_form(poem):
    """All verses have 5 characters or all 7; the title's line is none of them."""
    verses = [line for line in poem if not line.startswith("《")]
    return any(verses and all(re.fullmatch(rf"\w{{{n}}}，\w{{{n}}}。", v) for v in verses) for n in (5, 7))


def rhymes(poem, final):
    """Whether half of the couplets or more end in one sound."""
    ends = [line.rstrip("。")[-1] for line in poem if line.endswith("。")]
    counts = collections.Counter(f for c in ends for f in final[c])
    return len(ends) > 1 and bool(counts) and counts.most_common(1)[0][1] * 2 > len(ends)


def judge_poems(texts):
    final = finals()
    found = [poem for text in texts for poem in poems_in(text)]
    formed = [p for p in found if keeps_form(p)]
    rhymed = [p for p in formed if rhymes(p, final)]
    print(f"poems {len(found)}; form kept by {len(formed)} ({share(formed, found)}); most couplets of "
          f"these rhyme in {len(rhymed)} ({share(rhymed, formed)})")


def share(part, whole):
    return f"{100 * len(part) / len(whole):.0f} %" if whole else "-"


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("c", "poems"):
        sys.exit(__doc__)
    texts = [Path(name).read_text(encoding="utf-8", errors="replace") for name in sys.argv[2:]]
    (judge_c if sys.argv[1] == "c" else judge_poems)(texts)


main()
