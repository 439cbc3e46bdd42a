# SPDX-License-Identifier: MIT
"""The module `caption`, as a program uses it.

The environment: PYTHONPATH (the build's python/), CAPTION_LIBRARY, MODEL (a model with random
weights), SAMPLES (photos), DATA (pictures of all kinds), CAPTION (the program).  SHIPPED is the
shipped model, where the tree has it.  Tests of numpy and Pillow are skipped where they are missing.
"""

import array
import contextlib
import ctypes
import doctest
import errno
import gc
import io
import json
import mmap
import os
import pathlib
import pickle
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from unittest import mock

import caption
from caption import _captioner, _model

try:
    import numpy as np
except ImportError:
    np = None
try:
    from PIL import Image, ImageOps
    from PIL.PngImagePlugin import PngInfo
except ImportError:
    Image = None

MODEL, SAMPLES, DATA = os.environ["MODEL"], os.environ["SAMPLES"], os.environ["DATA"]
SHIPPED, PROGRAM = os.environ.get("SHIPPED"), os.environ["CAPTION"]
CAT = os.path.join(SAMPLES, "cat.jpg")
PHOTOS = sorted(str(path) for path in pathlib.Path(SAMPLES).glob("*.jpg"))
needs_numpy = unittest.skipUnless(np, "numpy is not installed")
needs_pillow = unittest.skipUnless(Image, "Pillow is not installed")


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def pam(height, width, depth, pixels, kind):
    header = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {depth}\nMAXVAL 255\nTUPLTYPE {kind}\n"
    return header.encode() + b"ENDHDR\n" + bytes(pixels)


class CaptionTest(unittest.TestCase):
    """Tests with the captioner of the random model, and a folder of their own."""

    @classmethod
    def setUpClass(cls):
        cls.captioner = caption.Captioner(MODEL, threads=2, max_batch=4)
        cls.addClassCleanup(cls.captioner.close)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, data):
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        with open(path, "wb") as stream:
            stream.write(data)
        return os.fsdecode(path)

    def assert_same_photo(self, *photos):
        first, *others = self.captioner.caption_batch(photos, n=2)
        for photo, other in zip(photos[1:], others):
            self.assertEqual(first, other, f"{photo!r:.60}")

    def assert_refused(self, photo, error, text):
        with self.assertRaisesRegex(error, text):
            self.captioner.caption(photo)


class Results(CaptionTest):
    def test_a_result_has_captions_with_their_probabilities(self):
        result = self.captioner.caption(CAT, n=3, keywords=2)
        self.assertEqual(len(result.captions), 3)
        self.assertEqual(len(result.keywords), 2)
        self.assertIs(result.not_a_photo, False)
        for written in result.captions:
            self.assertIsInstance(written.text, str)
            self.assertTrue(0 < written.confidence <= 1)
            total = sum(word.log_prob for word in written.words) + written.end_log_prob
            self.assertAlmostEqual(total, written.log_prob, 4)
            self.assertTrue(all(0 <= word.probability <= 1 for word in written.words))
        self.assertEqual(str(result), result.captions[0].text)
        self.assertEqual(str(result.best.words[0]), result.best.words[0].text)
        self.assertEqual(str(result.keywords[0]), result.keywords[0].text)

    def test_results_are_values(self):
        result = self.captioner.caption(CAT, n=2, keywords="auto")
        self.assertEqual(pickle.loads(pickle.dumps(result)), result)
        self.assertEqual(hash(result), hash(self.captioner.caption(CAT, n=2, keywords="auto")))
        with self.assertRaises(AttributeError):
            result.best.text = "a dog"

    def test_results_outlive_the_captioner(self):
        with caption.Captioner(MODEL) as captioner:
            result = captioner.caption(CAT)
        self.assertEqual(result, self.captioner.caption(CAT))


class Photos(CaptionTest):
    def test_a_file_has_many_forms(self):
        data = read(CAT)
        with open(CAT, "rb") as stream, open(CAT, "rb") as mapped:
            self.assert_same_photo(
                CAT,
                pathlib.Path(CAT),
                os.scandir(os.fsencode(SAMPLES)) and pathlib.PurePath(CAT),
                data,
                bytearray(data),
                memoryview(data),
                memoryview(b"-".join([data[i : i + 1] for i in range(len(data))]))[::2],
                array.array("B", data),
                mmap.mmap(mapped.fileno(), 0, access=mmap.ACCESS_READ),
                io.BytesIO(data),
                stream,
            )

    def test_a_path_may_be_bytes_in_a_path_object(self):
        with os.scandir(os.fsencode(SAMPLES)) as entries:
            (entry,) = [entry for entry in entries if entry.name == b"cat.jpg"]
        self.assert_same_photo(CAT, entry)

    def test_a_path_need_not_be_unicode(self):
        path = self.file(b"\xff.jpg", read(CAT))
        self.assert_same_photo(CAT, path)
        missing = path.replace(".jpg", ".png")
        with self.assertRaises(FileNotFoundError) as raised:
            self.captioner.caption(missing)
        self.assertIn(missing, str(raised.exception))

    def test_what_is_no_photo_is_a_type_error(self):
        for photo in (None, 3, 1.5, [b""], object(), io.StringIO("text"), array.array("f", [1])):
            with self.subTest(photo=photo):
                self.assert_refused(photo, TypeError, "expected")
        self.assert_refused("a\0b.jpg", ValueError, "null byte")

    def test_what_cannot_be_read_is_an_error_of_its_kind(self):
        missing = os.path.join(self.folder, "none.jpg")
        for photo, kind, builtin, text in [
            (missing, caption.MissingFileError, FileNotFoundError, missing + ": No such file"),
            (self.folder, caption.FileError, OSError, self.folder),
            (self.file("no.jpg", b"no photo"), caption.FormatError, ValueError, "no.jpg: "),
            (b"no photo", caption.FormatError, ValueError, "photo: "),
            (b"", caption.FormatError, ValueError, "photo: "),
        ]:
            with self.subTest(photo=photo):
                with self.assertRaises(kind) as raised:
                    self.captioner.caption(photo)
                self.assertIsInstance(raised.exception, caption.CaptionError)
                self.assertIsInstance(raised.exception, builtin)
                self.assertIn(text, str(raised.exception))
        with self.assertRaises(OSError) as raised:
            self.captioner.caption(missing)
        self.assertEqual(raised.exception.errno, errno.ENOENT)

    def test_a_file_that_is_open_is_named(self):
        with open(self.file("open.jpg", b"no photo"), "rb") as stream:
            self.assert_refused(stream, ValueError, "open.jpg: ")

    def test_large_pictures_are_refused(self):
        with caption.Captioner(MODEL, max_pixels=3) as captioner:
            pixels = memoryview(bytes(4)).cast("B", (2, 2))
            for photo in (CAT, pam(2, 2, 1, pixels.tobytes(), "GRAYSCALE"), pixels):
                with self.assertRaises(caption.CaptionError):
                    captioner.caption(photo)

    def test_formats_of_optional_libraries_are_read_or_refused_by_name(self):
        for name in ("rgb.heic", "rgb.avif", "lossy.webp", "lossy.jxl", "lossy.jp2", "rgb.tif"):
            with self.subTest(name=name):
                run = subprocess.run(
                    [PROGRAM, "-m", MODEL, os.path.join(DATA, name)],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                    env=program_environment(),
                )
                try:
                    result = str(self.captioner.caption(os.path.join(DATA, name)))
                    self.assertEqual(run.stdout, result + "\n")
                except caption.UnsupportedError as error:
                    self.assertIn(str(error), run.stderr)


@needs_numpy
class Arrays(CaptionTest):
    def setUp(self):
        super().setUp()
        self.random = np.random.RandomState(1)

    def pixels(self, *shape):
        return self.random.randint(0, 256, shape).astype(np.uint8)

    def test_an_array_is_the_file_of_its_pixels(self):
        for depth, kind in [(1, "GRAYSCALE"), (2, "GRAYSCALE_ALPHA"), (3, "RGB"), (4, "RGB_ALPHA")]:
            pixels = self.pixels(50, 70, depth)
            self.assert_same_photo(pam(50, 70, depth, pixels.tobytes(), kind), pixels)
        self.assert_same_photo(pixels[:, :, :1], pixels[:, :, 0])
        opaque = np.dstack([pixels[:, :, :3], np.full((50, 70), 255, np.uint8)])
        self.assert_same_photo(pixels[:, :, :3], opaque)
        clear = np.dstack([pixels[:, :, :3], np.zeros((50, 70), np.uint8)])
        self.assert_same_photo(clear, np.full((50, 70, 3), 255, np.uint8))

    def test_an_array_may_lie_in_memory_as_it_likes(self):
        pixels = self.pixels(60, 40, 3)
        frozen = pixels.copy()
        frozen.flags.writeable = False
        self.assert_same_photo(pixels, np.asfortranarray(pixels), frozen)
        self.assert_same_photo(pixels[::-1, ::2, ::-1], pixels[::-1, ::2, ::-1].copy())
        self.assert_same_photo(pixels.swapaxes(0, 1), pixels.swapaxes(0, 1).copy())

    def test_an_array_of_a_file_is_a_file(self):
        self.assert_same_photo(CAT, np.fromfile(CAT, np.uint8))

    def test_other_arrays_are_refused(self):
        pixels = self.pixels(8, 8, 3)
        for kind in ("float32", "float64", "int8", "uint16", "int64", "bool", "complex64"):
            self.assert_refused(pixels.astype(kind), TypeError, "expected uint8")
        self.assert_refused(pixels.astype(object), TypeError, "expected")
        for shape in [(8, 8, 5), (2, 2, 2, 3), (0, 8, 3), (8, 0), (8, 8, 0)]:
            self.assert_refused(np.zeros(shape, np.uint8), ValueError, "shape")
        self.assert_refused(np.uint8(3), Exception, "")


@needs_pillow
class Pillow(CaptionTest):
    def opened(self, name):
        image = Image.open(os.path.join(DATA, name))
        self.addCleanup(image.close)
        return image

    def saved(self, image, **options):
        stream = io.BytesIO()
        image.save(stream, "PNG", **options)
        return stream.getvalue()

    def test_lossless_files_are_as_pillow_opens_them(self):
        for name in ("adobe.png", "adobe-alpha.png", "colour-key.png", "grey.png", "grey1.png",
                     "grey16.png", "grey-alpha.png", "grey.pgm", "grey1.pbm"):
            with self.subTest(name=name):
                self.assert_same_photo(os.path.join(DATA, name), self.opened(name))

    def test_every_mode_is_a_photo(self):
        with Image.open(CAT) as cat:
            for mode in ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "La", "CMYK",
                         "YCbCr", "HSV", "I", "F"):
                with self.subTest(mode=mode):
                    between = {"PA": "P", "La": "LA", "RGBa": "RGBA", "HSV": "RGB", "LA": "L"}
                    self.assertTrue(
                        self.captioner.caption(cat.convert(between.get(mode, mode)).convert(mode))
                    )

    def test_sixteen_bits_are_the_upper_eight(self):
        deep = Image.new("I", (40, 30))
        deep.putdata([i * 40 for i in range(1200)])
        self.assert_same_photo(self.saved(deep), deep)

    def test_transparency_of_a_palette_counts(self):
        image = Image.new("P", (30, 30))
        image.putpalette([0, 0, 0] + [200, 30, 30] * 255)
        image.putdata([i % 2 for i in range(900)])
        image.info["transparency"] = 0
        self.assert_same_photo(self.saved(image, transparency=0), image)
        white = image.convert("RGBA")
        self.assert_same_photo(white, image)

    def test_an_image_is_turned_upright_once(self):
        with Image.open(CAT) as cat:
            for orientation in range(1, 9):
                exif = Image.Exif()
                exif[0x112] = orientation
                stream = io.BytesIO(self.saved(cat, exif=exif))
                with Image.open(stream) as image:
                    upright = ImageOps.exif_transpose(image)
                    self.assert_same_photo(stream.getvalue(), image, upright)

    def test_damaged_exif_turns_nothing(self):
        with Image.open(CAT) as cat:
            for damage in ("zz", "\n", "\nexif\n4\n00zz"):
                turned = cat.copy()
                turned.info["Raw profile type exif"] = damage
                self.assert_same_photo(cat, turned)

    def test_a_profile_counts(self):
        with Image.open(os.path.join(DATA, "adobe.jpg")) as image:
            profile = image.info["icc_profile"]
            image.load()
            self.assert_same_photo(self.saved(image, icc_profile=profile), image)

    def test_what_a_png_file_says_of_its_colours_counts(self):
        with Image.open(CAT) as cat:
            plain = self.saved(cat)
            p3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
            for chunks in (
                {b"gAMA": struct.pack(">I", 100000)},
                {b"gAMA": struct.pack(">I", 45455), b"cHRM": struct.pack(">8I", *p3)},
                {b"gAMA": struct.pack(">I", 100000), b"sRGB": b"\0"},
            ):
                information = PngInfo()
                for name, data in chunks.items():
                    information.add(name, data)
                data = self.saved(cat, pnginfo=information)
                with Image.open(io.BytesIO(data)) as image:
                    self.assert_same_photo(data, image)
                if b"sRGB" in chunks:
                    self.assert_same_photo(data, plain)
                elif np:
                    self.assertTrue(np.diff(self.captioner.features([data, plain]), axis=0).any())

    def test_an_image_that_cannot_be_read_is_its_error(self):
        image = Image.open(io.BytesIO(read(CAT)[:5000]))
        self.assert_refused(image, OSError, "truncated")
        outcome, other = self.captioner.caption_batch([image, CAT], return_exceptions=True)
        self.assertIsInstance(outcome, OSError)
        self.assertEqual(other, self.captioner.caption(CAT))


class Writing(CaptionTest):
    def test_options_are_those_of_the_program(self):
        for options, arguments in [
            ({}, []),
            ({"n": 3, "beam": 5}, ["-n", "3", "-b", "5"]),
            ({"max_words": 2}, ["-w", "2"]),
            ({"n": 4, "length_exponent": 0.1}, ["-n", "4", "--length-exponent", "0.1"]),
            ({"n": 4, "differ": 0}, ["-n", "4", "--differ", "0"]),
            ({"n": 4, "differ": 2}, ["-n", "4", "--differ", "2"]),
            ({"forbid": ["dog", "a"], "n": 3}, ["--forbid", "dog", "--forbid", "a", "-n", "3"]),
            ({"sample": True, "n": 4, "seed": 7}, ["-s", "-n", "4", "--seed", "7"]),
            (
                {"sample": True, "temperature": 2, "top_k": 5, "top_p": 0.9},
                ["-s", "--temperature", "2", "--top-k", "5", "--top-p", "0.9"],
            ),
            ({"keywords": 3}, ["--keywords", "3"]),
            ({"keywords": "auto"}, ["--keywords", "auto"]),
        ]:
            with self.subTest(options=options):
                (expected,) = captions_of_program(MODEL, [CAT], *arguments)
                self.assertEqual(as_program(self.captioner.caption(CAT, **options)), expected)

    def test_plainer_words_need_a_consensus(self):
        with self.assertRaisesRegex(caption.RangeError, "plain needs a consensus"):
            self.captioner.caption(CAT, plain=0.4)

    def test_none_is_the_default(self):
        options = dict.fromkeys(caption.Writing.__annotations__)
        self.assertEqual(self.captioner.caption(CAT, **options), self.captioner.caption(CAT))

    def test_seeds_are_equal_captions(self):
        def draw(seed):
            return self.captioner.caption(CAT, n=9, sample=True, temperature=9, seed=seed)

        self.assertEqual(draw(2**64 - 1), draw(2**64 - 1))
        self.assertNotEqual(draw(1), draw(2))

    def test_options_out_of_range_are_value_errors(self):
        for options in (
            {"n": 0}, {"n": 65}, {"n": -1}, {"n": 2**64}, {"beam": 65}, {"beam": -1},
            {"beam": 2**32 + 1}, {"max_words": 0}, {"max_words": 65},
            {"keywords": -1}, {"keywords": 2**40}, {"length_exponent": float("nan")},
            {"length_exponent": 10**400}, {"forbid": ["\ud800"]},
            {"sample": True, "temperature": 0}, {"sample": True, "top_p": 2},
            {"sample": True, "top_k": 1025}, {"sample": True, "seed": 2**64},
            {"sample": True, "seed": -1}, {"seed": 1}, {"temperature": 1}, {"forbid": ["a\0b"]},
            {"keywords": "all"}, {"max_words": 2**31}, {"plain": 1}, {"plain": -0.1},
            {"differ": -1}, {"differ": 11}, {"differ": float("nan")},
        ):
            with self.subTest(options=options), self.assertRaises(caption.RangeError) as raised:
                self.captioner.caption(CAT, **options)
            self.assertIsInstance(raised.exception, ValueError)
        with self.assertRaisesRegex(caption.RangeError, "keywords='all'; expected .* 'auto'"):
            self.captioner.caption(CAT, keywords="all")

    def test_options_of_other_kinds_are_type_errors(self):
        for options in (
            {"bean": 3}, {"n": "3"}, {"n": 1.5}, {"beam": "3"}, {"forbid": "dog"},
            {"forbid": [b"dog"]}, {"length_exponent": []}, {"keywords": 1.5}, {"forbid": 3},
            {"length_exponent": "0.7"}, {"keywords": b"auto"}, {"allow_repeats": "no"},
            {"sample": True, "temperature": b"2"},
        ):
            with self.subTest(options=options):
                with self.assertRaisesRegex(TypeError, f"{list(options)[-1]}(: expected |')"):
                    self.captioner.caption(CAT, **options)

    def test_mistakes_show_before_the_first_photo_is_taken(self):
        with self.assertRaises(TypeError):
            self.captioner.caption_iter(iter([]), bean=3)


class Batches(CaptionTest):
    def test_a_batch_is_its_photos_one_by_one(self):
        photos = PHOTOS * 3
        expected = [self.captioner.caption(photo, n=2) for photo in photos]
        self.assertEqual(self.captioner.caption_batch(photos, n=2), expected)
        self.assertEqual(list(self.captioner.caption_iter(iter(photos), 2)), expected)
        self.assertEqual(self.captioner.caption_batch([]), [])

    def test_one_photo_is_no_list_of_photos(self):
        """It would be taken letter by letter, byte by byte or row by row."""
        data = read(CAT)
        pixels = memoryview(bytes(27)).cast("B", (3, 3, 3))
        single = [CAT, pathlib.Path(CAT), data, bytearray(data), memoryview(data),
                  io.BytesIO(data), array.array("B", data), pixels]
        if np:
            single += [np.zeros(shape, np.uint8) for shape in [(9,), (9, 8), (9, 8, 3), (9, 8, 1)]]
        if Image:
            single += [Image.new("L", (3, 3))]
        batches = [self.captioner.caption_batch, self.captioner.caption_iter]
        for take in batches + ([self.captioner.features] if np else []):
            for return_exceptions in (False, True):
                for photos in single:
                    with self.assertRaisesRegex(TypeError, "expected a list of photos, not one"):
                        take(photos, return_exceptions=return_exceptions)
                for photos in (None, 3):
                    with self.assertRaisesRegex(TypeError, "expected a list of photos, not"):
                        take(photos, return_exceptions=return_exceptions)
        with self.assertRaisesRegex(TypeError, "expected a photo: .*, not list"):
            self.captioner.caption([CAT])

    def test_any_iterable_is_a_list_of_photos(self):
        expected = [self.captioner.caption(CAT)]
        for photos in ((CAT,), {CAT}, {CAT: 1}, iter([CAT]), (path for path in [CAT])):
            self.assertEqual(self.captioner.caption_batch(photos), expected)
        if np:
            self.assertEqual(self.captioner.caption_batch(np.array([CAT])), expected)
            grey, coloured = np.zeros((2, 9, 8), np.uint8), np.zeros((2, 9, 8, 3), np.uint8)
            self.assertEqual(
                self.captioner.caption_batch(grey), self.captioner.caption_batch(coloured)
            )

    def test_errors_stand_where_their_photos_stood(self):
        photos = [b"", CAT, "none.jpg", None, CAT, 3]
        outcomes = self.captioner.caption_batch(photos, return_exceptions=True)
        kinds = [type(outcome) for outcome in outcomes]
        self.assertEqual(kinds[0], caption.FormatError)
        self.assertEqual(kinds[1:3], [caption.Result, caption.MissingFileError])
        self.assertEqual(kinds[3:], [TypeError, caption.Result, TypeError])

    def test_captions_before_an_error_are_given(self):
        results = self.captioner.caption_iter([CAT, "none.jpg", CAT])
        self.assertEqual(next(results), self.captioner.caption(CAT))
        with self.assertRaises(FileNotFoundError):
            next(results)
        with self.assertRaises(FileNotFoundError):
            self.captioner.caption_batch([CAT, "none.jpg"])

    def test_an_iterator_takes_photos_as_they_are_needed(self):
        taken = []

        def photos():
            while True:
                taken.append(CAT)
                yield CAT

        results = self.captioner.caption_iter(photos())
        self.assertEqual(taken, [])
        next(results)
        self.assertEqual(len(taken), self.captioner.max_batch)

    def test_threads_share_a_captioner(self):
        expected = self.captioner.caption_batch(PHOTOS)
        found = []

        def work():
            for _ in range(3):
                found.append(self.captioner.caption_batch(PHOTOS))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(found, [expected] * 12)


@needs_numpy
class Features(CaptionTest):
    def test_features_are_those_of_the_program(self):
        output = os.path.join(self.folder, "v.npy")
        subprocess.run(
            [PROGRAM, "features", "-m", MODEL, "-o", output, *PHOTOS],
            check=True, stderr=subprocess.DEVNULL, env=program_environment(),
        )
        expected = np.load(output)
        features = self.captioner.features(PHOTOS)
        self.assertEqual(features.dtype, np.float32)
        np.testing.assert_array_equal(features, expected)

    def test_captions_of_features_are_those_of_photos(self):
        photos = PHOTOS * 2
        features = self.captioner.features(iter(photos))
        expected = self.captioner.caption_batch(photos, n=2)
        self.assertEqual(self.captioner.caption_features(features, 2), expected)
        self.assertEqual(self.captioner.caption_features(features[0], n=2), expected[:1])
        self.assertEqual(self.captioner.caption_features(features[::-1], n=2), expected[::-1])
        plain = array.array("f", features[0].tolist())
        self.assertEqual(self.captioner.caption_features(plain, n=2), expected[:1])
        self.assertEqual(self.captioner.caption_features(features[:0]), [])

    def test_scores_of_a_photo_do_not_depend_on_the_others(self):
        features = self.captioner.features(PHOTOS)
        scores = self.captioner.score_features(features, "a dog runs")
        self.assertEqual(scores.dtype, np.float32)
        many = np.tile(features, (400, 1))
        np.testing.assert_array_equal(
            self.captioner.score_features(many, "a dog runs"), np.tile(scores, 400)
        )
        one = self.captioner.score_features(features[1], "a dog runs")
        np.testing.assert_array_equal(one, scores[1:2])
        self.assertEqual(self.captioner.score_features(features[:0], "dog").shape, (0,))
        with self.assertRaisesRegex(LookupError, "no word"):
            self.captioner.score_features(features, "...")
        with self.assertRaises(TypeError):
            self.captioner.score_features(features, b"dog")

    def test_errors_have_rows_of_zeros(self):
        with self.assertRaises(FileNotFoundError):
            self.captioner.features([CAT, "none.jpg"])
        features, errors = self.captioner.features(["none.jpg", CAT], return_exceptions=True)
        self.assertIsInstance(errors[0], FileNotFoundError)
        self.assertIsNone(errors[1])
        self.assertFalse(features[0].any())
        np.testing.assert_array_equal(features[1:], self.captioner.features([CAT]))
        self.assertEqual(self.captioner.features([]).shape, (0, 4096))

    def test_other_arrays_are_refused(self):
        good = np.zeros((2, 4096), np.float32)
        for features in (good.astype(float), good.astype(">f4"), [1.0], None, good.astype(int)):
            with self.subTest(features=features), self.assertRaises(TypeError):
                self.captioner.caption_features(features)
            with self.subTest(features=features), self.assertRaises(TypeError):
                self.captioner.score_features(features, "dog")
        for features in (good[:, :-1], good[None], np.float32(1), good.T):
            with self.subTest(features=features), self.assertRaises(ValueError):
                self.captioner.caption_features(features)

    def test_without_numpy_the_reason_is_said(self):
        with mock.patch.dict(sys.modules, {"numpy": None}):
            with self.assertRaisesRegex(ImportError, "numpy"):
                self.captioner.features([CAT])
            with self.assertRaisesRegex(ImportError, "numpy"):
                self.captioner.explain(CAT, "a dog")
            self.assertTrue(self.captioner.caption(CAT))


@needs_numpy
class Explaining(CaptionTest):
    """A tiny share of the windows is enough: progress ends the call."""

    def test_maps_are_as_many_as_words(self):
        result = self.captioner.caption(CAT, max_words=2)
        calls = []
        with caption.Captioner(MODEL, max_batch=32) as captioner:
            maps = captioner.explain(CAT, result.best, lambda *call: calls.append(call))
        self.assertEqual(maps.shape, (len(result.best.words), 15, 15))
        self.assertEqual(maps.dtype, np.float32)
        self.assertTrue(maps.any())
        self.assertEqual(calls[0], (0, 451))
        self.assertEqual(sorted(calls), calls)

    def test_progress_may_end_it(self):
        with self.assertRaises(caption.CancelledError):
            self.captioner.explain(CAT, "a dog", lambda done, total: done == 0)
        with self.assertRaisesRegex(ZeroDivisionError, "division"):
            self.captioner.explain(CAT, "a dog", lambda done, total: 1 / done)
        self.assertTrue(self.captioner.caption(CAT))

    def test_the_captioner_is_busy_meanwhile(self):
        write = lambda: self.captioner.caption(CAT)  # noqa: E731
        for use in (write, self.captioner.close, lambda: self.captioner.cell):
            with self.assertRaisesRegex(RuntimeError, "busy"):
                self.captioner.explain(CAT, "a dog", lambda done, total: use())

    def test_control_c_ends_it(self):
        # a shell may have started the tests with the signal ignored
        previous = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, previous)
        with self.assertRaises(KeyboardInterrupt):
            self.captioner.explain(CAT, "a dog", lambda *call: os.kill(os.getpid(), signal.SIGINT))

    def test_words_are_those_of_the_vocabulary(self):
        for words in ("a zebra", ["a", "zebra"]):
            with self.assertRaisesRegex(LookupError, "zebra"):
                self.captioner.explain(CAT, words)
        with self.assertRaises(LookupError):
            self.captioner.explain(read(CAT), "zebra")
        with self.assertRaises(FileNotFoundError):
            self.captioner.explain("none.jpg", "a dog")
        for words in ("", "a " * 65):
            with self.assertRaises(ValueError):
                self.captioner.explain(CAT, words)


class Models(CaptionTest):
    def test_a_model_is_described(self):
        self.assertEqual(self.captioner.model, MODEL)
        self.assertEqual(self.captioner.language, "en")
        self.assertEqual(self.captioner.languages, ("en",))
        self.assertEqual(self.captioner.cell, "lstm")
        self.assertEqual(self.captioner.feature_count, 4096)
        self.assertEqual(self.captioner.vocabulary_size, 10)
        self.assertRegex(self.captioner.fingerprint, "^[0-9a-f]{16}$")
        self.assertEqual(self.captioner.metadata["format_version"], "1")
        self.assertIn(MODEL, repr(self.captioner))

    def test_words_are_checked(self):
        self.captioner.check_words("a dog")
        with self.assertRaisesRegex(LookupError, "zebra"):
            self.captioner.check_words("a zebra")

    def test_a_model_that_cannot_be_loaded_is_an_error_of_its_kind(self):
        for arguments, options, kind, text in [
            (["none.safetensors"], {}, FileNotFoundError, "none.safetensors: No such file"),
            (["none.safetensors"], {"language": "en"}, FileNotFoundError, "none.safetensors"),
            ([self.file("bad", b"bad")], {}, ValueError, "bad: "),
            ([MODEL], {"language": "xx"}, LookupError, "xx"),
            ([MODEL], {"max_batch": 1025}, ValueError, "1025"),
            ([MODEL], {"threads": 10**6}, ValueError, "1000000"),
            ([MODEL], {"threads": -1}, ValueError, "threads"),
            ([MODEL], {"max_batch": "4"}, TypeError, ""),
            ([MODEL], {"language": "e\0n"}, ValueError, "null"),
            (["a\0b"], {}, ValueError, "null"),
            ([3], {}, TypeError, ""),
        ]:
            with self.subTest(arguments=arguments, options=options):
                with self.assertRaisesRegex(kind, text):
                    caption.Captioner(*arguments, **options)

    def test_the_environment_names_a_model(self):
        with mock.patch.dict(os.environ, {"CAPTION_MODEL": MODEL}):
            with caption.Captioner() as captioner:
                self.assertEqual(captioner.model, MODEL)

    def test_the_environment_names_a_library(self):
        script = "import caption; caption.Captioner('x')"
        for other in (self.file("libcaption.so", b"none"), "none.so", "libc.so.6"):
            run = subprocess.run(
                [sys.executable, "-c", script],
                env={**os.environ, "CAPTION_LIBRARY": other}, stderr=subprocess.PIPE,
            )
            self.assertEqual(run.returncode, 1)
            self.assertIn(b"ImportError: libcaption cannot be loaded: ", run.stderr)

    def test_a_closed_captioner_is_a_value_error(self):
        captioner = caption.Captioner(MODEL)
        captioner.close()
        captioner.close()
        with self.assertRaisesRegex(caption.ClosedError, "closed") as raised:
            captioner.caption(CAT)
        self.assertIsInstance(raised.exception, ValueError)
        self.assertIsInstance(raised.exception, caption.CaptionError)
        self.assertIn("closed", repr(captioner))

    def test_a_captioner_is_not_pickled(self):
        for way in (pickle.dumps, __import__("copy").copy, __import__("copy").deepcopy):
            with self.assertRaisesRegex(TypeError, "each process"):
                way(self.captioner)

    def test_another_process_makes_its_own(self):
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                try:
                    self.captioner.caption(CAT)
                except RuntimeError as error:
                    self.captioner.close()
                    with caption.Captioner(MODEL, threads=2) as own:
                        code = 0 if own.caption(CAT) and "process" in str(error) else 2
            os._exit(code)
        self.assertEqual(os.waitpid(child, 0)[1], 0)


class Memory(CaptionTest):
    @staticmethod
    def used():
        """Bytes on the heap that the library shares, as the sanitizer or the C library knows."""
        gc.collect()
        process = ctypes.CDLL(None)
        with contextlib.suppress(AttributeError):
            function = process.__sanitizer_get_current_allocated_bytes
            function.restype = ctypes.c_size_t
            return function()

        class Mallinfo(ctypes.Structure):
            names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
            _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

        process.mallinfo2.restype = Mallinfo
        information = process.mallinfo2()
        return information.uordblks + information.hblkhd

    def growth(self, work):
        for _ in range(3):
            work()
        before = self.used()
        for _ in range(30):
            work()
        return self.used() - before

    def test_nothing_is_left_behind(self):
        def write():
            photos = [CAT, "none.jpg", b"", PHOTOS[1]]
            self.captioner.caption_batch(photos, n=20, keywords=10, return_exceptions=True)

        def fail():
            with contextlib.suppress(caption.CaptionError):
                self.captioner.caption(CAT, n=65)
            with contextlib.suppress(caption.CaptionError):
                caption.Captioner(self.folder)

        def load():
            caption.Captioner(MODEL, threads=1, max_batch=1)

        for work in (write, fail, load):
            self.assertLess(self.growth(work), 30 * 1000, work.__name__)

    def test_each_result_is_destroyed(self):
        counting = mock.Mock(wraps=self.captioner._library)
        with mock.patch.object(self.captioner, "_library", counting) as library:
            self.captioner.caption_batch(PHOTOS, n=2)
            with mock.patch.object(_captioner, "copy_result", side_effect=MemoryError):
                with self.assertRaises(MemoryError):
                    self.captioner.caption_batch(PHOTOS)
        self.assertEqual(library.captioner_result_destroy.call_count, 2 * len(PHOTOS))


def program_environment():
    hidden = ("LD_PRELOAD", "CAPTION_MODEL")
    return {name: text for name, text in os.environ.items() if name not in hidden}


def captions_of_program(model, photos, *arguments):
    run = subprocess.run(
        [PROGRAM, "-m", model, "-f", "jsonl", "--any-picture", *arguments, *photos],
        stdout=subprocess.PIPE, check=True, env=program_environment(),
    )
    rows = map(json.loads, run.stdout.splitlines())
    return [
        (
            [(each["caption"], each["confidence"], each["log_prob"]) for each in row["captions"]],
            [(each["keyword"], each["probability"]) for each in row.get("keywords", [])],
        )
        for row in rows
    ]


def as_program(result):
    return (
        [
            (each.text, round(each.confidence, 4), round(each.log_prob, 4))
            for each in result.captions
        ],
        [(each.text, round(each.probability, 4)) for each in result.keywords],
    )


@unittest.skipUnless(SHIPPED, "this tree has no shipped model")
class Shipped(unittest.TestCase):
    def test_captions_are_those_of_the_program(self):
        with caption.Captioner(SHIPPED) as captioner:
            results = captioner.caption_batch(PHOTOS, n=3, keywords=5)
        expected = captions_of_program(SHIPPED, PHOTOS, "-n", "3", "--keywords", "5")
        self.assertEqual(list(map(as_program, results)), expected)
        self.assertIn("cat", str(results[PHOTOS.index(CAT)]))

    @needs_numpy
    def test_the_examples_run(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, {"CAPTION_MODEL": SHIPPED}))
            stack.callback(os.chdir, os.getcwd())
            os.chdir(os.path.dirname(SAMPLES))
            captioner = stack.enter_context(caption.Captioner())
            names = {"caption": caption, "captioner": captioner}
            finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(verbose=False)
            examples = []
            for item in (caption, caption.Captioner, _model.Model):
                examples += finder.find(item, module=False, globs=names)
            page = read("docs/python.md").decode()
            examples.append(
                doctest.DocTestParser().get_doctest(page, names, "python.md", "python.md", 0)
            )
            for example in examples:
                runner.run(example, out=sys.stderr.write)
        self.assertGreater(runner.tries, 20)
        self.assertEqual(runner.failures, 0)


class CommandLine(unittest.TestCase):
    def run_module(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "caption", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )

    def test_it_prints_what_the_program_prints(self):
        program = subprocess.run(
            [PROGRAM, "-q", "-m", MODEL, *PHOTOS], stdout=subprocess.PIPE, encoding="utf-8",
            env=program_environment(),
        )
        run = self.run_module("-m", MODEL, *PHOTOS)
        self.assertEqual((run.returncode, run.stdout), (0, program.stdout))
        run = self.run_module("-m", MODEL, CAT, "none.jpg")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stderr, "caption: none.jpg: No such file or directory\n")
        run = self.run_module("-m", MODEL, "no\33[31m.jpg")
        self.assertEqual(run.stderr, "caption: no\\x1b[31m.jpg: No such file or directory\n")
        run = self.run_module("-m", "none", CAT)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("caption: none: No such file", run.stderr)


class Tap(unittest.TextTestResult):
    """Prints a line for each test as Meson reads it; the reasons of failures go to stderr."""

    number = 0

    def stopTest(self, test):
        super().stopTest(test)
        failed = any(
            getattr(case, "test_case", case) is test for case, _ in self.failures + self.errors
        )
        skipped = [f" # SKIP {reason}" for case, reason in self.skipped if case is test]
        self.number += 1
        print(f"{'not ok' if failed else 'ok'} {self.number} - {test.id()}{''.join(skipped)}")


if __name__ == "__main__":
    program = unittest.main(exit=False, testRunner=unittest.TextTestRunner(resultclass=Tap))
    print(f"1..{program.result.number}")
    sys.exit(not program.result.wasSuccessful())
