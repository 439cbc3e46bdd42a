// SPDX-License-Identifier: MIT
// Captions pictures with an export of `caption export` in onnxruntime, and compares with `caption`:
// V of each picture, and the words and log-probabilities of greedy captions.
//
// usage: node tools/try_onnx.mjs CAPTION MODEL EXPORT PICTURE.ppm...
//
// CAPTION is the program, MODEL the model file, EXPORT the folder of its export.  The pictures are
// 227 pixels wide and high, so that nobody has to resize them:
//     convert photo.jpg -resize '227x227!' photo.ppm
// The package onnxruntime-node has to be where Node finds it (npm install onnxruntime-node).
//
// `caption` rounds V to 8 bits on the way, and what int8 weights are multiplied with; the export
// does not.  So its decoder is compared on the program's own V, and to the last digits only for
// a model that is stored as F32.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';

const ort = createRequire(process.cwd() + '/')('onnxruntime-node');
const [program, model, folder, ...pictures] = process.argv.slice(2);
const SIDE = 227, PLANE = SIDE * SIDE, FEATURES = 4096, MOST_WORDS = 20;
const START = 1, END = 2, FIRST_WORD = 4;

function readPicture(name) {
    const bytes = readFileSync(name);
    const [header] = bytes.subarray(0, 32).toString('latin1').match(/^P6\s227\s227\s255\s/) ??
        (() => { throw new Error(`${name}: no PPM of 227 x 227`); })();
    return bytes.subarray(header.length);
}

function writePicture(name, pixels) {
    writeFileSync(name, Buffer.concat([Buffer.from(`P6\n${SIDE} ${SIDE}\n255\n`), pixels]));
}

function mirror(pixels) {
    const out = Buffer.alloc(pixels.length);
    for (let y = 0; y < SIDE; y++)
        for (let x = 0; x < SIDE; x++)
            pixels.copy(out, (y * SIDE + x) * 3, (y * SIDE + SIDE - 1 - x) * 3,
                (y * SIDE + SIDE - x) * 3);
    return out;
}

/* [1][3][227][227] of rows of red, green, blue. */
function toTensor(pixels) {
    const planes = new Float32Array(3 * PLANE);
    for (let i = 0; i < PLANE; i++)
        for (let c = 0; c < 3; c++)
            planes[c * PLANE + i] = pixels[i * 3 + c];
    return new ort.Tensor('float32', planes, [1, 3, SIDE, SIDE]);
}

/* What `caption features` says of both views, and their mean. */
function programFeatures(images, mirrored) {
    const scratch = mkdtempSync(path.join(tmpdir(), 'try-onnx-'));
    const names = images.flatMap((pixels, i) => mirrored ? [`${i}.ppm`, `${i}m.ppm`] : [`${i}.ppm`]);
    images.forEach((pixels, i) => {
        writePicture(path.join(scratch, `${i}.ppm`), pixels);
        writePicture(path.join(scratch, `${i}m.ppm`), mirror(pixels));
    });
    execFileSync(program, ['features', '-m', model, '-o', path.join(scratch, 'v.npy'),
        ...names.map(name => path.join(scratch, name))]);
    const bytes = readFileSync(path.join(scratch, 'v.npy'));
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128));
    rmSync(scratch, {recursive: true});
    return images.map((pixels, i) => {
        const views = mirrored ? 2 : 1, at = i * views * FEATURES;
        return Float32Array.from({length: FEATURES}, (_, j) =>
            mirrored ? (values[at + j] + values[at + FEATURES + j]) / 2 : values[at + j]);
    });
}

/* Whether the word would end a run of words equal to the run before it. */
function repeats(words, word) {
    const all = [...words, word];
    for (let run = 1; 2 * run <= all.length; run++) {
        const last = all.slice(-run).join(' ');
        if (last === all.slice(-2 * run, -run).join(' '))
            return true;
    }
    return false;
}

function choose(scores, words) {
    if (words.length === MOST_WORDS)
        return END;
    let best = -1;
    for (let id = END; id < scores.length; id++) {
        if ((id > END && id < FIRST_WORD) || (id === END && words.length === 0))
            continue;
        if ((best < 0 || scores[id] > scores[best]) && (id === END || !repeats(words, id)))
            best = id;
    }
    return best;
}

async function caption(first, next, v) {
    const words = [], logProbs = [];
    let out = await first.run({V: new ort.Tensor('float32', v, [1, FEATURES])});
    for (;;) {
        const scores = out.log_probabilities.data, word = choose(scores, words);
        logProbs.push(scores[word]);
        if (word === END)
            return {words, logProbs};
        words.push(word);
        out = await next.run({state: out.next_state,
            words: new ort.Tensor('int64', BigInt64Array.of(BigInt(word)), [1])});
    }
}

function distance(a, b) {
    let difference = 0, length = 0;
    for (let i = 0; i < a.length; i++) {
        difference += (a[i] - b[i]) ** 2;
        length += b[i] ** 2;
    }
    return Math.sqrt(difference / length);
}

const open = name => ort.InferenceSession.create(path.join(folder, name));
const [encoder, first, next] =
    await Promise.all(['encoder.onnx', 'decoder-first.onnx', 'decoder-next.onnx'].map(open));
const vocabulary = readFileSync(path.join(folder, 'vocabulary.txt'), 'utf8').split('\n');
const info = execFileSync(program, ['info', '-m', model]).toString();
const mirrored = /"mirrored": *true/.test(info);
const images = pictures.map(readPicture);
const rows = execFileSync(program, ['-m', model, '-b', '1', '-f', 'jsonl', '-q', ...pictures],
    {maxBuffer: 1 << 28}).toString().trim().split('\n').map(line => JSON.parse(line).captions[0]);
const expected = programFeatures(images, mirrored);
let same = 0, alone = 0, worst = 0, far = 0;

for (let i = 0; i < images.length; i++) {
    const v = (await encoder.run({pixels: toTensor(images[i])})).V.data;
    const texts = ids => ids.map(id => vocabulary[id]).join(' ');
    const wanted = rows[i].words.map(word => word.text).join(' ');
    const given = await caption(first, next, expected[i]);
    far = Math.max(far, distance(v, expected[i]));
    alone += texts((await caption(first, next, v)).words) === wanted;
    if (texts(given.words) !== wanted) {
        console.log(`${pictures[i]}: '${texts(given.words)}', expected '${wanted}'`);
        continue;
    }
    same++;
    [...rows[i].words.map(word => word.log_prob), rows[i].end_log_prob].forEach((logProb, t) => {
        worst = Math.max(worst, Math.abs(logProb - given.logProbs[t]));
    });
}
console.log(`${images.length} pictures`);
console.log(`V: at most ${far.toExponential(1)} of its length away`);
console.log(`the program's V: ${same} equal captions, log-probabilities ${worst.toExponential(1)} apart`);
console.log(`the export's V: ${alone} equal captions`);
