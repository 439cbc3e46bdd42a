#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the small files that the fuzz targets of safetensors files, and of programs, begin with.

usage: tools/make_fuzz_seeds.py     Writes into fuzz/corpus/<target>/; the same files each time.
"""
import json
import os
import random
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "corpus")
CODES = {"F32": "f", "F16": "e", "I8": "b", "U8": "B", "I32": "i", "I64": "q"}
WORDS = ["a", "in", "dog", "cat", "run", "the", "on", "by"]
FIXED = 4  # <pad>, <start>, <end>, <unk>


class File:
    """A safetensors file: add tensors, then take its bytes."""

    def __init__(self, seed, **metadata):
        self.tensors = []
        self.metadata = metadata
        self.random = random.Random(seed)

    def add(self, name, dtype, dims, values):
        data = struct.pack("<%d%s" % (len(values), CODES[dtype]), *values)
        self.tensors.append((name, dtype, dims, data))

    def floats(self, name, dims, size=1.0, dtype="F32"):
        count = 1
        for dim in dims:
            count *= dim
        self.add(name, dtype, dims, [self.random.uniform(-size, size) for _ in range(count)])

    def rows(self, name, rows, columns):
        """int8 rows with a scale each."""
        self.add(name, "I8", [rows, columns],
                 [self.random.randint(-127, 127) for _ in range(rows * columns)])
        self.add(name + "_scale", "F32", [rows],
                 [self.random.uniform(0.001, 0.02) for _ in range(rows)])

    def matrix(self, name, rows, columns, int8=False):
        if int8:
            self.rows(name, rows, columns)
        else:
            self.floats(name, [rows, columns])

    def header(self):
        header = {"__metadata__": self.metadata} if self.metadata else {}
        offset = 0
        self.tensors.sort(key=lambda tensor: -struct.calcsize(CODES[tensor[1]]))
        for name, dtype, dims, data in self.tensors:
            header[name] = {"dtype": dtype, "shape": dims,
                            "data_offsets": [offset, offset + len(data)]}
            offset += len(data)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text

    def bytes(self):
        return self.header() + b"".join(tensor[3] for tensor in self.tensors)


def write(target, name, data):
    folder = os.path.join(CORPUS, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def vocabulary(words):
    return "".join(word + "\n" for word in words)


def net(file, prefix, cell_gates, inputs, hidden, layers=1, directions=1, extras=0, int8=False):
    for layer in range(layers):
        for suffix in ["", "_reverse"][:directions]:
            end = "_l%d%s" % (layer, suffix)
            width = inputs if layer == 0 else directions * hidden
            file.matrix(prefix + "rnn.weight_ih" + end, cell_gates * hidden, width, int8)
            file.matrix(prefix + "rnn.weight_hh" + end, cell_gates * hidden, hidden, int8)
            file.floats(prefix + "rnn.bias_ih" + end, [cell_gates * hidden])
            file.floats(prefix + "rnn.bias_hh" + end, [cell_gates * hidden])
            if extras:
                file.floats(prefix + "rnn.extra" + end, [extras, hidden])


# ---- Captioners ----


def add_consensus(file, prefix, features, photos=5, directions=2, landmarks=0):
    if landmarks:
        file.rows(prefix + "consensus.space", 3, features)
        file.rows(prefix + "consensus.landmarks", landmarks, 3)
    file.rows(prefix + "consensus.directions", directions, landmarks or features)
    file.floats(prefix + "consensus.offsets", [directions])
    file.rows(prefix + "consensus.photos", photos, directions)
    file.floats(prefix + "consensus.shares", [photos], 0.1)
    keys = sorted([word << 48 for word in (1, 4, 5, 6)] + [4 << 48 | 5 << 32, 5 << 48 | 6 << 32])
    file.add(prefix + "consensus.keys", "I64", [len(keys)], keys)
    file.add(prefix + "consensus.starts", "I32", [len(keys) + 1], range(0, 2 * len(keys) + 1, 2))
    postings = []
    for _ in range(2 * len(keys)):
        postings += [file.random.randrange(photos), 0, file.random.randrange(256)]
    file.add(prefix + "consensus.postings", "U8", [2 * len(keys), 3], postings)


def add_calibration(file, prefix, features):
    file.rows(prefix + "calibration.photos", 3, features)
    file.rows(prefix + "calibration.empty", 2, features)
    file.floats(prefix + "calibration.weights", [2, 3])
    file.floats(prefix + "calibration.active", [2])
    file.floats(prefix + "calibration.threshold", [1])


def add_decoder(file, language, cell, gates, extras=0, layers=1, image_hidden=0, int8=False,
                embedding=3, hidden=4, features=4):
    prefix, words = "decoder.%s." % language, len(WORDS) + FIXED
    config = {"cell": cell, "layers": layers, "embedding": embedding, "hidden": hidden,
              "features": features, "feature_scale": 4, "feature_norm": "unit", "mirrored": True,
              "tokenizer": "english" if language == "en" else "chinese"}
    if image_hidden:
        config["image_hidden"] = image_hidden
        file.matrix(prefix + "image.hidden.weight", image_hidden, features, int8)
        file.floats(prefix + "image.hidden.bias", [image_hidden])
    file.metadata[prefix + "config"] = json.dumps(config)
    file.metadata[prefix + "vocabulary"] = vocabulary(WORDS)
    file.matrix(prefix + "embedding.weight", words, embedding, int8)
    file.matrix(prefix + "image.weight", gates * hidden, image_hidden or features, int8)
    net(file, prefix, gates, embedding, hidden, layers, extras=extras, int8=int8)
    file.matrix(prefix + "output.weight", words, hidden, int8)
    file.floats(prefix + "output.bias", [words])


def make_models():
    for number, (name, options, consensus, calibration) in enumerate([
            ("f32", dict(cell="lstm", gates=4), True, True),
            ("int8", dict(cell="lstm", gates=4, int8=True), True, True),
            ("gru", dict(cell="gru", gates=3), False, True),
            ("vanilla", dict(cell="vanilla", gates=1, int8=True), True, False),
            ("layers", dict(cell="lstm", gates=4, layers=2, image_hidden=3), False, False)]):
        file = File(number, format_version="1")
        add_decoder(file, "en", **options)
        if name == "gru":
            add_decoder(file, "zh", "vanilla", 1)
            file.metadata["encoder.fingerprint"] = file.metadata["decoder.en.encoder"] = "0" * 16
            file.metadata["decoder.zh.encoder"] = "1" * 16
        if consensus:
            add_consensus(file, "decoder.en.", 4, landmarks=5 if name == "vanilla" else 0)
        if calibration:
            add_calibration(file, "decoder.en.", 4)
            file.floats("decoder.en.keywords.weights", [2])
        write("fuzz_model", name, file.bytes())


# ---- Encoders ----

ALEXNET = [("conv1", [96, 3, 11, 11]), ("conv2", [256, 48, 5, 5]), ("conv3", [384, 256, 3, 3]),
           ("conv4", [384, 192, 3, 3]), ("conv5", [256, 192, 3, 3]), ("fc6", [4096, 9216]),
           ("fc7", [4096, 4096])]


def make_encoders():
    """Without their numbers, which fuzz_encoder.c takes for zeros."""
    sizes = {"F32": 4, "F16": 2, "I8": 1}
    for name, conv, dense in [("ours", "F16", "I8"), ("halves", "F16", "F16"),
                              ("floats", "F32", "F32")]:
        header, offset = {}, 0
        tensors = [(layer + ".bias", "F32", dims[:1]) for layer, dims in ALEXNET]
        if dense == "I8":
            tensors += [(layer + ".weight_scale", "F32", dims[:1]) for layer, dims in ALEXNET[5:]]
        tensors += [(layer + ".weight", conv if len(dims) == 4 else dense, dims)
                    for layer, dims in ALEXNET]
        for tensor, dtype, dims in tensors:
            size = sizes[dtype]
            for dim in dims:
                size *= dim
            header[tensor] = {"dtype": dtype, "shape": dims,
                              "data_offsets": [offset, offset + size]}
            offset += size
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        write("fuzz_encoder", name, struct.pack("<Q", len(text)) + text +
              struct.pack("<8f", 0.5, -1, 2, 0, 1, 1, 1, 1))


# ---- Training ----


def make_checkpoints():
    """Of fuzz_checkpoint.c's training: 4 numbers padded to 16, and 2 of state."""
    for name, epoch, step in [("begun", 0, 1), ("half", 2, 0), ("done", 4, 0)]:
        file = File(epoch, content="caption training checkpoint 1", identity="task=small seed=1")
        loss, = struct.unpack("<q", struct.pack("<d", 1.5 * step))
        position = list(range(1, 9)) + [epoch, step, loss, step, max(epoch - 1, 0),
                                        3 * epoch + step, epoch]
        file.add("position", "I64", [15], position)
        file.floats("theta", [1, 16])
        file.floats("moments", [2, 16], 0.1)
        if epoch:
            file.add("history", "F32", [epoch, 8], [2.0, 7.0, 0.1, 1.0, 0, 0, 0, 0] * epoch)
        file.floats("state", [1, 2])
        write("fuzz_checkpoint", name, file.bytes())


def make_caches():
    for name, rows in [("none", 0), ("two", 2)]:
        file = File(rows, content="features of photos, caption's cache",
                    fingerprint="0123456789abcdef")
        file.floats("features", [rows, 2, 3], dtype="F16")
        file.add("photos", "I64", [rows, 3], [120 + i // 3 * 2 + i % 3 for i in range(3 * rows)])
        write("fuzz_cache", name, file.bytes())


def make_teachers():
    for name, add in [
            ("floats", lambda file: file.floats("net", [3, 5])),
            ("halves", lambda file: file.floats("net", [2, 5], dtype="F16")),
            ("rows", lambda file: file.rows("net", 3, 4)),
            ("steps", lambda file: file.add("net", "I8", [3, 2], [-127, 0, 127, 1, 2, 3]))]:
        file = File(len(name))
        add(file)
        if name == "rows":
            file.floats("another", [4, 2])
        write("fuzz_teacher", name, b"far/a.jpg\nno.jpg\r\nc.jpg\n\0" + file.bytes())


# ---- Texts ----


def make_text_models():
    embedding, hidden, words = 2, 2, len(WORDS) + FIXED
    labels = ["good", "bad"]
    for task, unit, attention in [("lm", "char", ""), ("classify", "word", ""),
                                  ("cloze", "word", ""), ("translate", "byte", ""),
                                  ("translate", "char", "additive")]:
        bidirectional = task != "lm"
        config = {"task": task, "unit": unit, "target_unit": "char", "cell": "gru", "layers": 1,
                  "embedding": embedding, "hidden": hidden, "bidirectional": bidirectional,
                  "pooled": task == "classify"}
        if attention:
            config["attention"] = attention
        file = File(len(task), format_version="2" if attention else "1", kind="textrnn")
        file.metadata["text.config"] = json.dumps(config)
        file.metadata["text.vocabulary"] = vocabulary(WORDS)
        classes = words
        if task == "classify":
            file.metadata["text.targets"] = vocabulary(labels)
            classes = len(labels) + FIXED
        if task == "translate":
            file.metadata["text.targets"] = vocabulary(WORDS)
            file.floats("text.encoder.embedding.weight", [words, embedding])
            net(file, "text.encoder.", 3, embedding, hidden // 2, directions=2)
            prefix, directions = "text.decoder.", 1
        else:
            prefix, directions = "text.", 1 + bidirectional
        file.floats(prefix + "embedding.weight", [words, embedding])
        net(file, prefix, 3, embedding, hidden, directions=directions)
        if attention:
            for name, dims in [("key.weight", [hidden, hidden]), ("query.weight", [hidden, hidden]),
                               ("energy.weight", [hidden]),
                               ("combination.weight", [hidden, 2 * hidden])]:
                file.floats(prefix + "attention." + name, dims)
        file.floats(prefix + "output.weight", [classes, directions * hidden])
        file.floats(prefix + "output.bias", [classes])
        write("fuzz_text_model", "_".join(filter(None, [task, attention])), file.bytes())


def make_texts():
    """The first byte: form + 5 * unit."""
    forms = {"whole": 0, "labelled": 1, "lines": 2, "table": 3, "labels": 4}
    units = {"bytes": 0, "chars": 1, "words": 2}
    for name, form, unit, text in [
            ("chars", "whole", "chars", "The cat sat.\nThe dog ran.\n\u4e2d\u6587\n"),
            ("bytes", "whole", "bytes", "a\0b\xff"),
            ("words", "labelled", "words", "It's well-known, (yes) ok.\n"),
            ("lines", "lines", "words", "one\r\n\n  \ntwo three\nfour"),
            ("marked", "labels", "words", "\ufeffgood\ta dog\r\nbad\ta cat\ngood\tit\n"),
            ("pairs", "table", "words", "Hi.\tHallo.\tCC-BY\nRun!\tLauf!\n")]:
        data = text.encode("latin-1" if unit == "bytes" else "utf-8")
        write("fuzz_texts", name, bytes([forms[form] + 5 * units[unit]]) + data)


def make_prompts():
    for name, unit, text in [("words", 2, "a __ b"), ("joined", 2, "a b c well-__"),
                             ("within", 2, "the__dog"), ("chars", 1, "a__c \u4e2d"),
                             ("bytes", 0, "the dog __"), ("long", 2, "dog" * 40 + "____")]:
        write("fuzz_prompts", name, bytes([unit]) + text.encode())


def make_answers():
    """The first byte: command + 9 * unit, + 144 for a text of the command line."""
    commands = {"classify": 0, "fill": 1, "translate": 2, "score": 3, "next": 4, "eval_lm": 5,
                "eval_labels": 6, "eval_cloze": 7, "eval_pairs": 8}
    units = {"bytes": 0, "chars": 1, "words": 2, "subwords": 3}
    for command, unit, text in [
            ("fill", "subwords", "a the __ dog\n__\n"),
            ("score", "subwords", "the  dog\tx\n\n"),
            ("classify", "words", "a dog\n\nthe - dog\n"),
            ("fill", "words", "a __ the\nno gap\n\nwell-__\n"),
            ("fill", "bytes", "a\xe9__\xc3b\n__"),
            ("translate", "chars", "a \u4e2d\n\nthe dog\n"),
            ("score", "chars", "the dog\n\n\u4e2d\u00e9 x\n"),
            ("eval_lm", "chars", "a dog\nthe dog\n"),
            ("eval_labels", "words", "pets\ta dog\nships\tthe -\nplanes\ta\n"),
            ("eval_cloze", "words", "a dog the\na\n"),
            ("eval_pairs", "chars", "a dog\tx y\nthe\ty\tz\n")]:
        data = text.encode("latin-1" if unit == "bytes" else "utf-8")
        write("fuzz_answers", command + "_" + unit,
              bytes([commands[command] + 9 * units[unit]]) + data)
    for name, command, unit, text in [("score_text", "score", "words", b"a dog\nthe"),
                                      ("next_beginning", "next", "chars", b""),
                                      ("next_words", "next", "words", b"the dog")]:
        write("fuzz_answers", name, bytes([commands[command] + 9 * units[unit] + 144]) + text)


def make_programs():
    """ELF files of 64 bits without code: a section with a model, and the sections' names."""
    model, names = b"a model's bytes!", b"\0.safetensors\0.names\0"
    begin, size = 64, 64
    table = -(-(begin + len(model) + len(names)) // 16) * 16
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 3, 62, 1, 0, 0, table, 0, 64, 56, 0,
                       size, 3, 2)
    sections = bytes(size)
    for name, offset, length in ((1, begin, len(model)),
                                 (14, begin + len(model), len(names))):
        sections += struct.pack("<IIQQQQIIQQ", name, 1, 0, 0, offset, length, 0, 0, 1, 0)
    whole = (head + model + names).ljust(table, b"\0") + sections
    write("fuzz_program", "whole", whole)
    write("fuzz_program", "none", whole.replace(b".safetensors", b".safetensor_"))
    write("fuzz_program", "cut", whole[:-70])
    write("fuzz_program", "head", head)


def make_lists():
    for name, text in [("lines", b"1a.jpg\nx/b c.png\n\n.\nlast"),
                       ("nuls", b"0a.jpg\0new\nline.jpg\0\0last"),
                       ("windows", b"1\xef\xbb\xbfa.jpg\r\n\r\nb.jpg\r\n/\r\n"),
                       ("nuls_in_lines", b"1a.jpg\0b.jpg\0")]:
        write("fuzz_list", name, text)


make_models()
make_encoders()
make_text_models()
make_texts()
make_prompts()
make_answers()
make_lists()
make_checkpoints()
make_caches()
make_teachers()
make_programs()
