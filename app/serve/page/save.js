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
    const { name, text } = sidecarForms[form], nameOf = name(cards);
    const within = list.filter(card => card.source.folder);
    const outside = list.filter(card => !card.source.folder);
    const said = [];

    try {
        if (within.length > 0)
            said.push(await writeBeside(form, within, nameOf, text));
        if (outside.length > 0)
            said.push(saveZip(outside, nameOf, text));
        say(said.join(' '));
    } catch (error) {
        if (error.name !== 'AbortError')
            notify(`Not all was saved: ${error.message}`);
    }
}

function saveZip(list, nameOf, text) {
    if (list.length > MOST_IN_ZIP)
        throw new Error(`a zip takes at most ${MOST_IN_ZIP} files`);
    download('captions.zip', zipOf(list.map(card => [nameOf(card.path), text(card)])));
    savedNow(list);
    return `Saved ${plural(list.length, 'file')} in captions.zip: unpack it where the photos are.`;
}

/* ---- Beside the photos, where the browser may write ---- */

async function isThere(folder, name) {
    try {
        await folder.getFileHandle(name);
        return true;
    } catch (error) {
        if (error.name === 'NotFoundError')
            return false;
        if (error.name === 'TypeMismatchError')
            return true; /* a folder of that name */
        throw error;
    }
}

/* A file in .xmp has all that other programs know about the photo; this page cannot add to it. */
async function writeBeside(form, list, nameOf, text) {
    for (const folder of new Set(list.map(card => card.source.root)))
        if (await folder.requestPermission({ mode: 'readwrite' }) !== 'granted')
            throw new Error('the browser was not allowed to write into the folder');
    const last = path => path.slice(path.lastIndexOf('/') + 1);
    const fresh = [], existing = [];

    for (const card of list)
        (await isThere(card.source.folder, last(nameOf(card.path))) ? existing : fresh).push(card);
    const replaced = form === 'txt' && existing.length > 0 && await ask(
        `${plural(existing.length, 'text file')} ${existing.length === 1 ? 'is' : 'are'} there ` +
        `already, such as ${nameOf(existing[0].path)}.`) ? existing : [];

    for (const card of [...fresh, ...replaced]) {
        const file = await card.source.folder.getFileHandle(last(nameOf(card.path)),
                                                            { create: true });
        const stream = await file.createWritable(); /* the old text stays until it is closed */

        await stream.write(text(card));
        await stream.close();
        card.unsaved = false;
    }
    return `Saved ${plural(fresh.length + replaced.length, 'file')} beside the photos.` +
        (existing.length > replaced.length
            ? ` ${plural(existing.length - replaced.length, 'file')} existed and stayed as ` +
              `${existing.length - replaced.length === 1 ? 'it was' : 'they were'}.` +
              (form === 'xmp' ? ' \u201ccaption --sidecar xmp\u201d adds to such files.' : '')
            : '');
}

function ask(question) {
    const dialog = byId('ask');

    byId('question').textContent = question;
    dialog.returnValue = 'no';
    dialog.showModal();
    return new Promise(resolve => dialog.addEventListener('close',
        () => resolve(dialog.returnValue === 'yes'), { once: true }));
}
