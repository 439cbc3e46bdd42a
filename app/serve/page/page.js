/* The page: what is shown, and what the reader does. */

const byId = id => document.getElementById(id);
const photos = byId('photos'), words = byId('words'), order = byId('order');
const lowest = byId('lowest');
const cards = []; /* as they were added */
const paths = new Set(); /* of all that were, also those that are removed: they are in the folder */
let shown = [];

/* ---- Messages ---- */

let noticed = 0;

/* Of what goes wrong; '' takes it back. */
function notify(sentence, again = false) {
    if (byId('notice').textContent !== sentence)
        byId('notice').textContent = sentence;
    byId('now').hidden = !again;
}

function say(sentence) {
    const said = byId('said');

    said.textContent = ''; /* the same again is news, too */
    requestAnimationFrame(() => said.textContent = sentence);
    clearTimeout(noticed);
    noticed = setTimeout(() => said.textContent = '', 8000);
}

/* ---- The cards ---- */

const near = new IntersectionObserver(entries => {
    for (const { isIntersecting, target } of entries)
        if (isIntersecting) {
            near.unobserve(target);
            target.card.build();
        }
}, { rootMargin: '1000px 0px' });

function isSameFile(a, b) {
    return a.size === b.size && a.lastModified === b.lastModified;
}

/* The browser does not say where a photo lies, so several may have one path.  Those that are not
 * the same file are numbered: "a (2).jpg", or "rome (2)/a.jpg"; undefined: it is here already. */
async function freePath(source, known) {
    const [top, rest] = /\//.test(source.path) ? source.path.split(/(?=\/)(.*)/s)
                                               : splitName(source.path);
    let path = source.path;

    for (let i = 2; known.has(path); i++) {
        if (isSameFile(await known.get(path).open(), await source.open()))
            return undefined;
        path = `${top} (${i})${rest}`;
    }
    return path;
}

async function addSources(sources) {
    const known = new Map(cards.map(card => [card.path, card.source])), added = [];

    for (const source of sources) {
        const path = known.has(source.path)
            ? await freePath(source, known).catch(() => undefined) : source.path;

        if (path === undefined)
            continue;
        known.set(path, source);
        added.push(new Card({ ...source, path }));
    }
    say(sources.length === 0 ? 'There are no photos in it'
        : added.length === 0 ? 'They are here already' : `${plural(added.length, 'photo')} added`);
    cards.push(...added);
    for (const card of added) {
        paths.add(card.path);
        near.observe(card.figure);
    }
    show();
    submit(added);
}

function removeCard(card) {
    const place = shown.indexOf(card);

    forget(card);
    cards.splice(cards.indexOf(card), 1);
    if (card.url)
        URL.revokeObjectURL(card.url);
    near.unobserve(card.figure);
    show();
    (shown[place] ?? shown[place - 1])?.parts?.remove.focus();
    if (shown.length === 0)
        photos.focus();
    showProgress();
    say(`Removed ${card.path}`);
}

/* By the Enter key, from caption to caption. */
function goToNext(card, step) {
    for (let i = shown.indexOf(card) + step; i >= 0 && i < shown.length; i += step)
        if (shown[i].state === 'done') {
            shown[i].build();
            shown[i].parts.field.focus();
            shown[i].figure.scrollIntoView({ block: 'nearest' });
            return;
        }
}

/* ---- Search and order, as in the gallery ---- */

const orders = {
    added: () => 0,
    path: (a, b) => naturally.compare(a.path, b.path),
    most: (a, b) => b.confidence() - a.confidence(),
    least: (a, b) => a.confidence() - b.confidence(),
};

function fits(card, wanted, least) {
    const searched = wanted.length > 0 ? card.searched() : '';
    const sure = card.state === 'done' && Math.round(100 * card.confidence()) >= least;

    return (least === 0 || sure) && wanted.every(word => searched.includes(word));
}

function show() {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean), least = Number(lowest.value);

    shown = cards.filter(card => fits(card, wanted, least)).sort(orders[order.value]);
    const figures = shown.map(card => card.figure), now = photos.querySelectorAll('figure');

    if (figures.length !== now.length || figures.some((figure, i) => figure !== now[i])) {
        const isThere = new Set(figures);

        for (const figure of now)
            if (!isThere.has(figure))
                figure.remove();
        photos.append(...(figures.every((figure, i) => !now[i] || figure === now[i])
            ? figures.slice(now.length) : figures));
    }
    byId('shown').value = `${least}%`;
    lowest.setAttribute('aria-valuetext', `${least}%`);
    byId('none').hidden = shown.length > 0 || cards.length === 0;
    byId('start').hidden = cards.length > 0;
    byId('tools').hidden = words.form.hidden = cards.length === 0;
    showCount();
}

/* A caption that came may be one that fits. */
let late = 0;

function changed() {
    const isAsked = words.value.trim() || lowest.value > 0;

    if (isAsked && !late)
        late = setTimeout(() => { late = 0; show(); }, 500);
}

function showCount() {
    const done = cards.filter(card => card.state === 'done').length;
    const failed = cards.filter(card => card.state === 'failed').length;
    const all = plural(cards.length, 'photo');
    const parts = cards.length === 0 ? [] : [
        done < cards.length ? `${done.toLocaleString('en')} of ${all} captioned` : all];

    if (failed > 0)
        parts.push(`${failed.toLocaleString('en')} failed`);
    if (shown.length < cards.length)
        parts.push(`${shown.length.toLocaleString('en')} shown`);
    byId('count').textContent = parts.join(', ');
}

let wasRunning = false;

function showProgress() {
    const left = queue.length + flights.size, running = left > 0;
    const again = cards.filter(card => ['failed', 'cancelled'].includes(card.state));

    byId('running').hidden = !running;
    byId('progress').max = Math.max(cards.length, 1);
    byId('progress').value = cards.length - left;
    byId('again').hidden = running || again.length === 0;
    byId('again').textContent = `Try ${plural(again.length, 'photo')} again`;
    byId('save').disabled = byId('copy-all').disabled = !cards.some(card => card.state === 'done');
    showCount();
    if (wasRunning && !running && cards.length > 0) {
        show();
        say(cards.every(card => card.state === 'done')
            ? `${plural(cards.length, 'photo')} captioned` : byId('count').textContent);
    }
    wasRunning = running;
}

/* ---- What the reader does ---- */

for (const input of [words, lowest])
    input.addEventListener('input', show);
order.addEventListener('change', show);
words.form.addEventListener('submit', event => event.preventDefault());

for (const files of document.querySelectorAll('.files'))
    files.addEventListener('click', () => byId('files').click());
for (const folder of document.querySelectorAll('.folder')) {
    folder.hidden = !window.showDirectoryPicker && !('webkitdirectory' in byId('folder'));
    folder.addEventListener('click', chooseFolder);
}
byId('files').accept = ['image/*', ...[...kinds].map(kind => `.${kind}`)].join();
for (const input of [byId('files'), byId('folder')])
    input.addEventListener('change', () => {
        addSources(sourcesOfFiles(input.files));
        input.value = '';
    });

const hasFiles = event => event.dataTransfer.types.includes('Files');

addEventListener('dragover', event => {
    if (!hasFiles(event))
        return; /* such as words, into a caption */
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    document.body.classList.add('over');
});
addEventListener('dragleave', event => {
    if (!event.relatedTarget)
        document.body.classList.remove('over');
});
addEventListener('drop', event => {
    if (!hasFiles(event))
        return;
    event.preventDefault();
    document.body.classList.remove('over');
    dropped(event.dataTransfer.items);
});
addEventListener('paste', event => {
    if (event.clipboardData.files.length === 0)
        return;
    event.preventDefault();
    addSources(sourcesOfClipboard(event.clipboardData.files));
});

byId('cancel').addEventListener('click', cancel);
byId('again').addEventListener('click', () => retry(
    cards.filter(card => ['failed', 'cancelled'].includes(card.state))));
byId('now').addEventListener('click', resume);
byId('copy-all').addEventListener('click', copyAll);
byId('save').addEventListener('click', () => save(byId('form').value));

/* A token that was not given leaves the queue as it is, behind "Try again now". */
byId('no-token').addEventListener('click', () => byId('ask-token').close());
byId('token').form.addEventListener('submit', () => {
    keepToken(byId('token').value);
    byId('token').value = '';
});

/* Another language: what nobody edited is captioned again. */
byId('voice').addEventListener('change', () =>
    retry(cards.filter(card => !card.edited())));

addEventListener('beforeunload', event => {
    if (cards.some(card => card.unsaved))
        event.preventDefault();
});

/* ---- The beginning ---- */

const languageName = new Intl.DisplayNames(['en'], { type: 'language' });

for (const option of byId('voice').options)
    option.textContent = option.textContent.replace(/^[a-z]{2,3}\b/, code => languageName.of(code));
byId('language').hidden = byId('voice').options.length < 2;
byId('where').textContent = `The photos go to the program at ${location.host}, and nowhere else.`;
show();
showProgress();
