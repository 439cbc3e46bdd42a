/* Captions leave the page: to the clipboard, as a file, and as files beside the photos. */

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch { /* not over plain HTTP from another machine */
        const field = element('textarea', { value: text, ariaLabel: 'Copied text' });

        (document.querySelector('dialog[open]') ?? document.body).append(field);
        field.select();
        const done = document.execCommand('copy');
        field.remove();
        if (!done) {
            notify('The browser does not let this page copy.');
            return;
        }
    }
    say('Copied');
}

/* As `caption` prints several photos. */
const escaped = text => text.replace(/[\\\t\n\r]/g, sign =>
    ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[sign]);

async function copyAll() {
    const ready = cards.filter(card => card.text);

    await copy(ready.map(card => `${escaped(card.path)}\t${escaped(card.text)}\n`).join(''));
    say(`Copied ${plural(ready.length, 'caption')}`);
}

function download(name, blob) {
    const link = element('a', { href: URL.createObjectURL(blob), download: name });

    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000); /* the browser has it by then */
}

function savedNow(list) {
    for (const card of list)
        card.unsaved = false;
}

const tables = {
    csv: { name: 'captions.csv', type: 'text/csv', text: csvTable },
    jsonl: { name: 'captions.jsonl', type: 'application/jsonl',
             text: list => list.map(jsonLine).join('') },
};

/* Photos that wait, failed or are none (and got no words) have no caption to save.  A table says of
 * the last that they were looked at. */
async function save(form) {
    const done = cards.filter(card => card.state === 'done');
    const table = tables[form];

    if (table) {
        download(table.name, new Blob([table.text(done)], { type: table.type }));
        savedNow(done);
        say(`Saved ${plural(done.length, 'photo')} in ${table.name}`);
        return;
    }
    await saveSidecars(form, done.filter(card => card.text));
}

async function saveSidecars(form, list) {
    const { names, text } = sidecarForms[form], namesOf = names(paths);
    const within = list.filter(card => card.source.folder);
    const outside = list.filter(card => !card.source.folder);
    const said = [];

    try {
        if (within.length > 0)
            said.push(await writeBeside(form, within, namesOf, text));
        if (outside.length > 0)
            said.push(saveZip(outside, namesOf, text));
        say(said.join(' '));
    } catch (error) {
        if (error.name !== 'AbortError')
            notify(`Not all was saved: ${error.message}`);
    }
}

function saveZip(list, namesOf, text) {
    if (list.length > MOST_IN_ZIP)
        throw new Error(`a zip takes at most ${MOST_IN_ZIP} files`);
    download('captions.zip', zipOf(list.map(card => [namesOf(card.path)[0], text(card)])));
    savedNow(list);
    return `Saved ${plural(list.length, 'file')} in captions.zip: unpack it where the photos are.`;
}

/* ---- Beside the photos, where the browser may write ---- */

/* null: nothing. */
async function textIn(folder, name) {
    try {
        return await (await (await folder.getFileHandle(name)).getFile()).text();
    } catch (error) {
        if (error.name === 'NotFoundError')
            return null;
        throw error;
    }
}

/* The file for a card, and whether it is this page's to write. */
async function placeFor(card, form, names) {
    for (const name of names) {
        const text = await textIn(card.source.folder, name);

        if (text !== null)
            return { card, name, ours: text === card.wrote[form] };
    }
    return { card, name: names[0], ours: true };
}

async function write(folder, name, text) {
    const file = await folder.getFileHandle(name, { create: true });
    const stream = await file.createWritable(); /* the old text stays until it is closed */

    await stream.write(text);
    await stream.close();
}

async function askToWrite(list) {
    for (const folder of new Set(list.map(card => card.source.root)))
        if (await folder.requestPermission({ mode: 'readwrite' }) !== 'granted')
            throw new Error('the browser was not allowed to write into the folder');
}

const areThere = count => `${plural(count, 'file')} ${count === 1 ? 'is' : 'are'} there already`;

/* A file in .xmp has all that other programs know about the photo; this page cannot add to it. */
async function writeBeside(form, list, namesOf, text) {
    const lastPart = path => path.slice(path.lastIndexOf('/') + 1);
    const places = [];

    await askToWrite(list);
    for (const card of list)
        places.push(await placeFor(card, form, namesOf(card.path).map(lastPart)));
    const theirs = places.filter(place => !place.ours);
    const replaces = form === 'txt' && theirs.length > 0 &&
        await ask(`${areThere(theirs.length)}, such as ${theirs[0].name}.`);
    const written = replaces ? places : places.filter(place => place.ours);

    for (const { card, name } of written) {
        card.wrote[form] = text(card);
        await write(card.source.folder, name, card.wrote[form]);
        card.unsaved = false;
    }
    return `Saved ${plural(written.length, 'file')} beside the photos.` +
        (written.length === places.length ? '' : ` ${areThere(theirs.length)}, and left alone.` +
            (form === 'xmp' ? ' \u201ccaption --sidecar xmp\u201d adds to such files.' : ''));
}

function ask(question) {
    const dialog = byId('ask');

    byId('question').textContent = question;
    dialog.returnValue = 'no';
    dialog.showModal();
    return new Promise(resolve => dialog.addEventListener('close',
        () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
