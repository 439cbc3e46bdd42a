'use strict';
/* What is saved, as `caption` writes it (docs/outputs.md).  A photo here is a card (card.js). */

const decimals = value => (Object.is(value, -0) ? '-' : '') + value.toFixed(4);
const oneLine = text => text.replace(/\s+/g, ' ').trim();

/* ---- A table, as app/output/format_csv.c writes it ---- */

const guarded = text => /^'*[=+\-@\t\r\n]/.test(text) ? '\'' + text : text;
const quoted = text => `"${text.replaceAll('"', '""')}"`;
const csvField = text => /[,"\r\n]/.test(text) ? quoted(guarded(text)) : guarded(text);

/* What a person wrote has no probabilities. */
function csvCaption(card) {
    const caption = card.chosen();

    if (!card.text)
        return '0,,,,';
    if (!caption)
        return `1,${csvField(card.text)},,,`;
    const words = [...caption.words.map(word => word.log_prob), caption.end_log_prob];
    return ['1', csvField(card.text), decimals(caption.confidence), decimals(caption.log_prob),
            words.map(decimals).join(' ')].join(',');
}

function csvTable(cards) {
    const keywords = cards.some(card => card.row.keywords);
    const words = card => (card.row.keywords ?? []).map(keyword => keyword.keyword).join(', ');

    return 'path,rank,caption,confidence,log_prob,word_log_probs' +
        (keywords ? ',keywords' : '') + '\r\n' +
        cards.map(card => `${csvField(card.path)},${csvCaption(card)}` +
            (keywords ? ',' + quoted(guarded(words(card))) : '') + '\r\n').join('');
}

/* ---- Lines of JSON: the server's row, with the caption that was chosen first ---- */

function jsonLine(card) {
    const { not_a_photo, captions, ...row } = card.row;
    const chosen = card.chosen();
    const first = chosen ? [chosen] : card.text ? [{ caption: card.text, edited: true }] : [];

    return JSON.stringify({
        path: card.path, ...row,
        ...(not_a_photo && !card.text ? { not_a_photo } : {}),
        captions: [...first, ...captions.filter(caption => caption !== chosen)],
    }) + '\n';
}

/* ---- XMP, as app/output/sidecar_xmp.c writes a new file ---- */

const markup = text => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '\ufffd')
    .replace(/[&<>]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);

const rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';

function xmpList(name, items) {
    return items.length === 0 ? '' : [
        `   <${name}>`, '    <rdf:Bag>',
        ...items.map(item => `     <rdf:li>${markup(item)}</rdf:li>`),
        '    </rdf:Bag>', `   </${name}>`, ''].join('\n');
}

function xmpText(name, text) {
    return [`   <${name}>`, '    <rdf:Alt>',
            `     <rdf:li xml:lang="x-default">${markup(text)}</rdf:li>`,
            '    </rdf:Alt>', `   </${name}>`, ''].join('\n');
}

/* The mark says that the program wrote the caption, so a person's has none. */
function xmpMark(row, caption, keywords) {
    const values = { Version: row.version, Model: row.model,
                     Confidence: decimals(caption.confidence), Language: row.language,
                     Text: caption.caption };

    return `  <rdf:Description rdf:about="" ${rdf} ` +
        'xmlns:caption="urn:uuid:c135cb00-d0f7-459b-9d71-819e85f56f4e#">\n' +
        Object.entries(values).map(([name, value]) =>
            `   <caption:${name}>${markup(value)}</caption:${name}>\n`).join('') +
        xmpList('caption:Keywords', keywords) +
        xmpList('caption:Before', ['XMP', 'dc:description[x-default]',
                                   'Iptc4xmpCore:AltTextAccessibility[x-default]']) +
        '  </rdf:Description>\n';
}

function xmpFile(card) {
    const chosen = card.chosen();
    const keywords = (card.row.keywords ?? []).map(keyword => keyword.keyword);

    return '<?xml version="1.0" encoding="UTF-8"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n' +
        ` <rdf:RDF ${rdf}>\n  <rdf:Description rdf:about="" ${rdf} ` +
        'xmlns:dc="http://purl.org/dc/elements/1.1/" ' +
        'xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/">\n' +
        xmpText('dc:description', card.text) +
        xmpText('Iptc4xmpCore:AltTextAccessibility', card.text) +
        xmpList('dc:subject', keywords) + '  </rdf:Description>\n' +
        (chosen ? xmpMark(card.row, chosen, keywords) : '') + ' </rdf:RDF>\n</x:xmpmeta>\n';
}

/* ---- Sidecars: their names and contents ---- */

function splitName(path) {
    const slash = path.lastIndexOf('/') + 1, dot = path.lastIndexOf('.');

    return dot > slash ? [path.slice(0, dot), path.slice(dot)] : [path, ''];
}

/* photo.txt; of several photos with one stem, the first has it, and the others photo.jpg.txt.
 * Case makes no difference, because it makes none to many file systems. */
function textNames(paths) {
    const owners = new Map();

    for (const path of [...paths].sort()) {
        const stem = splitName(path)[0].toLowerCase();

        if (!owners.has(stem))
            owners.set(stem, path);
    }
    return path => {
        const [stem, extension] = splitName(path);
        const isFirst = owners.get(stem.toLowerCase()) === path;

        return [...(isFirst && extension.toLowerCase() !== '.txt' ? [stem + '.txt'] : []),
                path + '.txt'];
    };
}

/* names: of all paths that are known, a function from one of them to the names that its file may
 * have; the first is that of a new file. */
const sidecarForms = {
    txt: { names: textNames, text: card => card.text + '\n' },
    xmp: { names: () => path => [path + '.xmp', splitName(path)[0] + '.xmp'], text: xmpFile },
};
