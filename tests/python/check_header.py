# SPDX-License-Identifier: MIT
"""The module that was made from captioner.h is what the compiler makes of captioner.h.

usage: check_header.py captioner.h COMPILER...   (PYTHONPATH and CAPTION_LIBRARY are set)
A program prints the sizes and offsets of all structs and the values of all constants, as the
compiler has them; they are compared with those of the module.  Every function of the header is in
the library, with as many parameters as the module has for it.
"""

import ctypes
import os
import re
import subprocess
import sys
import tempfile

from caption import _header
from caption._library import library

STRUCTS = [
    item
    for item in vars(_header).values()
    if isinstance(item, type) and issubclass(item, ctypes.Structure) and hasattr(item, "_fields_")
]
CONSTANTS = {
    name: value
    for name, value in vars(_header).items()
    if name.startswith("CAPTIONER_") and not isinstance(value, dict)
}


def facts():
    """(C expression, what the module has for it)."""
    for struct in STRUCTS:
        name = f"struct {struct.__name__}"
        yield f"sizeof({name})", ctypes.sizeof(struct)
        for field, kind in struct._fields_:
            yield f"offsetof({name}, {field})", getattr(struct, field).offset
            yield f"sizeof((({name} *)0)->{field})", ctypes.sizeof(kind)
    for name, value in CONSTANTS.items():
        yield name, value
    for field in _header.captioner_writing._fields_:
        if field[0] != "forbidden":
            expected = _header.CAPTIONER_WRITING_DEFAULT.get(field[0], 0)
            yield f"(struct captioner_writing)CAPTIONER_WRITING_DEFAULT.{field[0]}", expected


def compiled(header, compiler, expressions):
    lines = [f'#include "{header}"', "#include <stdio.h>", "int main(void)", "{"]
    lines += [f'printf("%.17g\\n", (double)({expression}));' for expression in expressions]
    environment = {name: text for name, text in os.environ.items() if name != "LD_PRELOAD"}
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "facts.c"), os.path.join(folder, "facts")
        with open(source, "w") as stream:
            stream.write("\n".join([*lines, "return 0;", "}", ""]))
        subprocess.run([*compiler, "-std=c11", source, "-o", program], check=True, env=environment)
        output = subprocess.run([program], check=True, env=environment, stdout=subprocess.PIPE)
    return list(map(float, output.stdout.split()))


def main(header, *compiler):
    with open(header) as stream:
        text = re.sub(r"/\*.*?\*/", " ", stream.read(), flags=re.S)
    expected = list(facts())
    found = compiled(os.path.abspath(header), compiler, [expression for expression, _ in expected])
    problems = [
        f"{expression} is {value} in the module, {real} in the header"
        for (expression, value), real in zip(expected, found)
        if abs(float(value) - real) > 1e-6 * abs(real)
    ]
    functions = dict(re.findall(r"CAPTIONER_API [^;(]*?(captioner_\w+)\(([^;]*)\);", text))
    if set(functions) != set(_header.FUNCTIONS):
        problems.append(f"functions differ: {set(functions) ^ set(_header.FUNCTIONS)}")
    for name, parameters in functions.items():
        _, declared = _header.FUNCTIONS.get(name, (None, []))
        if len(parameters.split(",")) != len(declared):
            problems.append(f"{name} has other parameters in the module")
    structs = set(re.findall(r"^struct (\w+) \{", text, re.M))
    if structs != {struct.__name__ for struct in STRUCTS}:
        problems.append(f"structs differ: {structs ^ {struct.__name__ for struct in STRUCTS}}")
    constants = set(re.findall(r"\bCAPTIONER_[A-Z_]+\b", text))
    constants -= {"CAPTIONER_API", "CAPTIONER_WRITING_DEFAULT"}
    if constants != set(CONSTANTS):
        problems.append(f"constants differ: {constants ^ set(CONSTANTS)}")
    library()  # has all functions
    print("\n".join(problems) or f"{len(expected)} facts and {len(functions)} functions agree")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
