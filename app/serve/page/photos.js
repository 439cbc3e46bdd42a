/* Photos come from a choice, a folder, a drop or the clipboard.  Each becomes a source:
 *
 *     path     "rome/a.jpg"
 *     open()   promises its File
 *     folder   the FileSystemDirectoryHandle that it is in, where the browser has such; or null
 *     root     that which was chosen
 */

const kinds = new Set(('jpg jpeg jpe jfif png bmp dib gif psd hdr tga pbm pgm ppm pnm pam pfm ' +
    'webp heic heif hif avif jxl jp2 j2k jpf jpx tif tiff cr2 cr3 crw nef nrw arw srf sr2 dng ' +
    'raf orf rw2 pef srw raw rwl iiq 3fr erf kdc dcr mrw').split(' '));

/* Of other programs: thumbnails, recycle bins. */
const foreign = new Set(['@eaDir', '#recycle', '#snapshot', '$RECYCLE.BIN', '__MACOSX']);

const naturally = new Intl.Collator(undefined, { numeric: true });

function isPhoto(name) {
    return !name.startsWith('.') && kinds.has(splitName(name)[1].slice(1).toLowerCase());
}

function isPassedOver(name) {
    return name.startsWith('.') || foreign.has(name) || name.endsWith('.lrdata');
}

const inOrder = sources => sources.sort((a, b) => naturally.compare(a.path, b.path));

/* A folder by its handle, and by what drops were before there were handles. */
async function walkHandle(root, folder, prefix, found) {
    for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory' && !isPassedOver(name))
            await walkHandle(root, handle, `${prefix}${name}/`, found);
        else if (handle.kind === 'file' && isPhoto(name))
            found.push({ path: prefix + name, open: () => handle.getFile(), folder, root });
    }
}

async function walkEntry(entry, prefix, found) {
    if (entry.isFile) {
        found.push({ path: prefix + entry.name, folder: null,
                     open: () => new Promise((resolve, reject) => entry.file(resolve, reject)) });
        return;
    }
    const reader = entry.createReader();

    for (;;) {
        const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));

        if (entries.length === 0)
            return; /* it gives a hundred at a time */
        for (const inner of entries)
            if (inner.isFile ? isPhoto(inner.name) : !isPassedOver(inner.name))
                await walkEntry(inner, `${prefix}${entry.name}/`, found);
    }
}

async function sourcesOfHandle(handle) {
    const found = [];

    if (handle.kind === 'file')
        return [{ path: handle.name, open: () => handle.getFile(), folder: null }];
    await walkHandle(handle, handle, `${handle.name}/`, found);
    return inOrder(found);
}

async function sourcesOfEntry(entry) {
    const found = [];

    await walkEntry(entry, '', found);
    return inOrder(found);
}

/* A FileList: what was named itself is sent, whatever its name; of a folder only photos are. */
function sourcesOfFiles(files) {
    const ofFile = file => ({ path: file.webkitRelativePath || file.name, folder: null,
                              open: async () => file });
    const fits = file => !file.webkitRelativePath ||
        (isPhoto(file.name) && !file.webkitRelativePath.split('/').slice(0, -1).some(isPassedOver));

    const sources = [...files].filter(fits).map(ofFile);
    return files[0]?.webkitRelativePath ? inOrder(sources) : sources;
}

/* The items are gone once the event is over, so all promises are made first. */
async function sourcesOfDrop(items) {
    const promises = [...items].filter(item => item.kind === 'file').map(item => {
        if (item.getAsFileSystemHandle && isSecureContext)
            return item.getAsFileSystemHandle().then(sourcesOfHandle);
        const entry = item.webkitGetAsEntry?.();

        return entry ? sourcesOfEntry(entry) : sourcesOfFiles([item.getAsFile()]);
    });

    return (await Promise.all(promises)).flat();
}

/* Pictures of the clipboard have one name. */
let pasted = 0;

function sourcesOfClipboard(files) {
    return [...files].map(file => ({
        path: file.name === 'image.png' ? `pasted-${++pasted}.png` : file.name,
        folder: null, open: async () => file }));
}

async function chooseFolder() {
    if (!window.showDirectoryPicker) {
        byId('folder').click();
        return;
    }
    try {
        addSources(await sourcesOfHandle(await showDirectoryPicker({ id: 'photos' })));
    } catch (error) {
        if (error.name !== 'AbortError')
            notify(`The folder cannot be read: ${error.message}`);
    }
}

async function dropped(items) {
    try {
        addSources(await sourcesOfDrop(items));
    } catch (error) {
        notify(`What was dropped cannot be read: ${error.message}`);
    }
}
