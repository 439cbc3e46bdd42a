# SPDX-License-Identifier: MIT
"""meson-python, and its wheel gets the tag that it deserves.

The wheel contains no extension module but a library, which ctypes loads: it is as good for any
Python 3 of its platform.  meson-python takes every native file for part of one Python.
"""

import base64
import hashlib
import os
import re
import zipfile

import mesonpy
from mesonpy import *  # noqa: F401,F403: the other hooks


def _record(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}"


def _retag(path):
    """A wheel for Python 3 in place of this one; returns its file's name."""
    name, version, _, _, platform = os.path.basename(path)[: -len(".whl")].split("-")
    tag = f"py3-none-{platform}"
    retagged = f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path) as old:
        files = {item.filename: item for item in old.infolist()}
        contents = {name: old.read(name) for name in files}
    wheel = re.sub(rb"^Tag: .*$", b"Tag: " + tag.encode(), contents[f"{info}/WHEEL"], flags=re.M)
    contents[f"{info}/WHEEL"] = wheel
    record = contents[f"{info}/RECORD"].decode().splitlines()
    record = [
        _record(f"{info}/WHEEL", wheel) if line.startswith(f"{info}/WHEEL,") else line
        for line in record
    ]
    contents[f"{info}/RECORD"] = ("\n".join(record) + "\n").encode()
    os.remove(path)
    with zipfile.ZipFile(os.path.join(os.path.dirname(path), retagged), "w") as new:
        for name, item in files.items():
            new.writestr(item, contents[name], zipfile.ZIP_DEFLATED)
    return retagged


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = mesonpy.build_wheel(wheel_directory, config_settings, metadata_directory)
    return _retag(os.path.join(wheel_directory, name))
