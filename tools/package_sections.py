#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes FOLDER/train/sections.tsv and FOLDER/dev/sections.tsv: a section of Debian, a tab and the
description of a package in it, of the 20 sections with most packages.  Packages of one source are
alike, so they stay together: every 20th source is held out.  usage: package_sections.py FOLDER
`collect-corpus sections` calls this."""
import collections
import glob
import subprocess
import sys
import zlib
from pathlib import Path

SECTIONS = 20


def stanzas(text):
    for stanza in text.split("\n\n"):
        fields, key = {}, None
        for line in stanza.split("\n"):
            if line[:1] in (" ", "\t"):
                fields[key] += "\n" + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                fields[key] = value.strip()
        if "Package" in fields:
            yield fields


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def descriptions():
    """By their hash, as apt has them."""
    found = {}
    for path in glob.glob("/var/lib/apt/lists/*_main_i18n_Translation-en*"):
        for fields in stanzas(output("/usr/lib/apt/apt-helper", "cat-file", path)):
            found[fields["Description-md5"]] = fields.get("Description-en", "")
    if not found:
        sys.exit("package_sections: apt has no descriptions; "
                 "run apt-get -o Acquire::Languages=en update")
    return found


def main():
    texts = descriptions()
    packages = list(stanzas(output("apt-cache", "dumpavail")))
    sections = collections.Counter(p["Section"] for p in packages)
    largest = {section for section, _ in sections.most_common(SECTIONS)}
    seen, files = set(), {}
    for part in ("train", "dev"):
        files[part] = Path(sys.argv[1], part, "sections.tsv").open("w", encoding="utf-8")
    for package in packages:
        text = " ".join(texts.get(package.get("Description-md5"), "").split())
        source = package.get("Source", package["Package"]).split()[0]
        if package["Section"] not in largest or not text or text in seen:
            continue
        seen.add(text)
        part = "dev" if zlib.crc32(source.encode()) % 20 == 0 else "train"
        print(package["Section"], text, sep="\t", file=files[part])


main()
