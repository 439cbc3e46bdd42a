# SPDX-License-Identifier: MIT
"""Turns captioner.h into a module for ctypes, so that nothing of the header is written twice.

usage: make_header.py captioner.h > _header.py

It reads what the header is made of: enums, structs, functions, constants, and one initialiser.  It
stops at a declaration of another kind; tests/python/check_header.py compares the result with what
the compiler makes of the header.
"""

import re
import sys

BASES = {
    "void": "None",
    "char": "c_char",
    "unsigned char": "c_ubyte",
    "int": "c_int",
    "size_t": "c_size_t",
    "uint64_t": "c_uint64",
    "float": "c_float",
    "double": "c_double",
}
INTS, FLOATS = ("c_int", "c_size_t", "c_uint64"), ("c_float", "c_double")
DECLARATOR = re.compile(r"(?P<stars>[\s*]*)(?P<name>\w+)\s*(?:\[(?P<length>\w+)\])?$")
CALLBACK = re.compile(r"(?P<result>.+)\(\s*\*\s*(?P<name>\w+)\s*\)\s*\((?P<parameters>.*)\)$", re.S)
FUNCTION = re.compile(
    r"CAPTIONER_API (?P<result>.+?[\s*])(?P<name>\w+)\s*\((?P<parameters>.*)\)$", re.S
)


def stop(text):
    sys.exit(f"make_header.py: not understood: {' '.join(text.split())}")


def ctype(base, stars=""):
    """The ctypes expression of a C type; "const char", "*" is c_char_p."""
    base = " ".join(word for word in base.split() if word != "const")
    depth = stars.count("*")
    kind, _, name = base.partition(" ")
    if kind == "enum":
        expression = "c_int"
    elif kind == "struct":
        expression = name
    elif base in BASES:
        expression = BASES[base]
    else:
        stop(base)
    if depth > 0 and base in ("char", "void"):
        expression = f"{expression if base == 'char' else 'c_void'}_p"
        depth -= 1
    return "POINTER(" * depth + expression + ")" * depth


def split_type(text):
    """("const char", "*", "path", length) of "const char *path"; the name may be missing."""
    match = re.match(r"\s*((?:const |enum |struct |unsigned )*\w+(?: const)?)(.*)$", text, re.S)
    if not match:
        stop(text)
    base, rest = match[1], match[2].replace("const ", "")
    declarator = DECLARATOR.match(rest.strip())
    if declarator:
        return base, declarator["stars"], declarator["name"], declarator["length"]
    if rest.strip(" *\n"):
        stop(text)
    return base, rest, None, None


def parameters(text):
    if text.strip() == "void":
        return []
    return [ctype(base, stars) for base, stars, _, _ in map(split_type, text.split(","))]


def field(text):
    """[(name, ctypes expression)] of one line of a struct, such as "size_t width, height"."""
    callback = CALLBACK.match(text)
    if callback:
        kinds = [ctype(callback["result"]), *parameters(callback["parameters"])]
        return [(callback["name"], f"CFUNCTYPE({', '.join(kinds)})")]
    first, *others = text.split(",")
    base, stars, name, length = split_type(first)
    fields = [(name, ctype(base, stars), length)]
    fields += [(other.strip(), ctype(base), None) for other in others]
    if any(not re.fullmatch(r"\w+", str(name)) for name, _, _ in fields):
        stop(text)
    return [(name, f"{kind} * {length}" if length else kind) for name, kind, length in fields]


def value(text):
    """A constant as Python writes it: a number, another constant, or a struct's initialiser."""
    text = text.strip()
    if text.startswith("{"):
        pairs = re.findall(r"\.(\w+) = ([^,{}]+)", text)
        if len(pairs) != text.count("="):
            stop(text)
        return "dict(" + ", ".join(f"{name}={value(number)}" for name, number in pairs) + ")"
    if text == "SIZE_MAX":
        return "c_size_t(-1).value"
    if re.fullmatch(r"CAPTIONER_\w+|-?\d+", text):
        return text
    if re.fullmatch(r"-?\d+\.\d*F?", text):
        return text.rstrip("F")
    stop(text)


def constants(text):
    for name, text in re.findall(r"^#define (\w+)[ \t]+(\S.*)$", text, re.M):
        if name != "CAPTIONER_API":
            yield f"{name} = {value(text)}"


def enum(body):
    previous = "-1"
    for entry in filter(str.strip, body.split(",")):
        name, _, text = map(str.strip, entry.partition("="))
        previous = value(text) if text else str(int(previous) + 1)
        yield f"{name} = {previous}"


def hint(kind):
    """What a member of a ctypes type is for Python."""
    if kind.startswith("c_char *"):
        return "bytes"
    return "int" if kind in INTS else "float" if kind in FLOATS else "Any"


def struct(name, body):
    fields = [pair for line in filter(str.strip, body.split(";")) for pair in field(line.strip())]
    yield f"\n\nclass {name}(Structure):"
    for member, kind in fields:
        yield f"    {member}: {hint(kind)}"
    rows = ",\n        ".join(f'("{member}", {kind})' for member, kind in fields)
    yield f"    _fields_ = [\n        {rows},\n    ]"


def function(declaration):
    match = FUNCTION.match(declaration)
    if not match:
        stop(declaration)
    base, stars, name, _ = split_type(match["result"])
    if name:
        stop(declaration)
    arguments = ", ".join(parameters(match["parameters"]))
    return f'    "{match["name"]}": ({ctype(base, stars)}, [{arguments}]),'


def declarations(text):
    """What stands at the top, each without its ";"."""
    text = re.sub(r"#ifdef __cplusplus.*?#endif", "", text, flags=re.S)
    text = re.sub(r"^#.*$", "", text, flags=re.M)
    pattern = re.compile(r"\s*((?:[^;{]|\{[^}]*\})+);", re.S)
    at = 0
    while text[at:].strip():
        match = pattern.match(text, at)
        if not match:
            stop(text[at:])
        yield match[1].strip()
        at = match.end()


def translate(header):
    text = re.sub(r"/\*.*?\*/", " ", header, flags=re.S).replace("\\\n", " ")
    types, functions = [], []
    for declaration in declarations(text):
        match = re.fullmatch(r"(enum|struct)\s*(\w*)\s*(?:\{(.*)\})?", declaration, re.S)
        if not match:
            functions.append(function(declaration))
        elif match[3] is None:
            types.append(f"\n\nclass {match[2]}(Structure):\n    pass")
        else:
            types += enum(match[3]) if match[1] == "enum" else struct(match[2], match[3])
    return "\n".join(
        [
            '"""What captioner.h declares.  Generated: change captioner.h instead."""',
            "from ctypes import *",
            "from typing import Any, Dict, List, Tuple\n",
            *constants(text),
            *types,
            "\n\n# name: (what it returns, [what it takes])",
            "FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {",
            *functions,
            "}",
        ]
    )


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as stream:
        print(translate(stream.read()))
