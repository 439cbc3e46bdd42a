/* A photo on the page: its file, what the server said about it, and what the reader made of that.
 * The figure has its elements only once it comes near the window. */

const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);

    made.append(...children);
    return made;
};
const button = (text, click, properties = {}) => {
    const made = element('button', { type: 'button', textContent: text, ...properties });

    made.addEventListener('click', click);
    return made;
};
const percent = confidence => `${(100 * confidence).toFixed(0)}%`;
const plural = (count, noun) =>
    `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/* Without case and accents. */
const fold = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

const states = {
    waiting: 'Waiting',
    sent: 'Looking at it',
    done: '',
    failed: '',
    cancelled: 'Cancelled',
};

class Card {
    constructor(source) {
        this.path = source.path;
        this.name = source.path.slice(source.path.lastIndexOf('/') + 1);
        this.source = source; /* photos.js */
        this.state = 'waiting';
        this.problem = ''; /* why it failed */
        this.row = null;   /* of the server */
        this.text = '';    /* the caption */
        this.unsaved = false;
        this.wrote = {};   /* by form: the text in the file beside the photo */
        this.figure = element('figure');
        this.figure.card = this;
        this.parts = null;
    }

    /* ---- The caption ---- */

    /* The caption of the server whose words these are; none: a person's. */
    chosen() {
        return this.row?.captions.find(caption => caption.caption === this.text);
    }

    edited() {
        return this.row !== null && this.text !== (this.row.captions[0]?.caption ?? '');
    }

    /* What a person wrote is sure. */
    confidence() {
        return this.chosen()?.confidence ?? (this.text ? 1 : 0);
    }

    searched() {
        return fold([this.text, ...(this.row?.keywords ?? []).map(word => word.keyword), this.path]
            .join('\n'));
    }

    become(state, problem = '') {
        this.state = state;
        this.problem = problem;
        this.show();
    }

    captioned(row) {
        this.row = row;
        this.text = row.captions[0]?.caption ?? '';
        this.unsaved = false;
        this.become('done');
    }

    say(text) {
        this.text = oneLine(text);
        this.unsaved = true;
        this.showFacts();
    }

    /* ---- The elements ---- */

    build() {
        if (this.parts)
            return;
        const field = element('textarea', { rows: 2, spellcheck: true });

        field.setAttribute('aria-label', `Caption of ${this.path}`);
        field.addEventListener('input', () => { this.say(field.value); fit(field); });
        field.addEventListener('keydown', event => {
            if (event.key !== 'Enter' || event.isComposing)
                return;
            event.preventDefault(); /* a caption is a line */
            goToNext(this, event.shiftKey ? -1 : 1);
        });
        this.parts = {
            photo: element('div', { className: 'photo' }, element('span', {}, this.kind())),
            state: element('p', { className: 'state' }),
            field,
            keywords: element('ul'),
            facts: element('p', { className: 'facts' }),
            others: element('details'),
            copy: this.button('Copy', 'Copy the caption of', () => copy(this.text)),
            retry: this.button('Try again', 'Try again:', () => retry([this])),
            remove: this.button('Remove', 'Remove', () => removeCard(this)),
        };
        this.parts.keywords.setAttribute('aria-label', 'Keywords');
        this.parts.others.addEventListener('toggle', () => this.showOthers());
        this.figure.append(this.parts.photo, this.caption());
        this.show();
        showPicture(this);
    }

    /* What stands for a photo that the browser cannot show. */
    kind() {
        return splitName(this.name)[1].slice(1).toUpperCase() || 'Photo';
    }

    caption() {
        const { state, field, keywords, facts, others, copy, retry, remove } = this.parts;

        return element('figcaption', {}, state, field, keywords,
                       element('p', { className: 'path' }, element('bdi', {}, this.path)),
                       facts, others,
                       element('div', { className: 'actions' }, copy, retry, remove));
    }

    button(text, name, click) {
        return button(text, click, { ariaLabel: `${name} ${this.path}` });
    }

    show() {
        if (!this.parts)
            return;
        const { state, field, keywords, copy, retry } = this.parts;
        const done = this.state === 'done', row = this.row;

        this.figure.className = this.state;
        state.textContent = this.problem || states[this.state];
        state.hidden = done;
        field.hidden = keywords.hidden = copy.hidden = !done;
        retry.hidden = !['failed', 'cancelled'].includes(this.state);
        if (done) {
            field.value = this.text;
            field.lang = keywords.lang = row.language;
            field.placeholder = row.captions.length ? '' : 'No caption: hardly a photo of anything';
            keywords.replaceChildren(...(row.keywords ?? []).map(word =>
                element('li', { textContent: word.keyword })));
            keywords.hidden = !row.keywords?.length;
        }
        this.showFacts();
        fit(field);
    }

    /* What changes with the caption. */
    showFacts() {
        if (!this.parts)
            return;
        const { facts, others, copy, photo } = this.parts;
        const done = this.state === 'done', chosen = this.chosen();
        const image = photo.querySelector('img');

        facts.hidden = !done || (!chosen && !this.edited());
        copy.disabled = !this.text;
        if (chosen)
            facts.replaceChildren('Confidence ', element('data', {
                value: decimals(chosen.confidence), textContent: percent(chosen.confidence) }));
        else
            facts.replaceChildren(element('mark', { textContent: 'Edited' }));
        if (image) {
            image.alt = this.text || 'No caption yet';
            image.lang = this.text ? this.row.language : 'en';
        }
        this.showOthers();
        others.hidden = !done || !others.firstChild;
    }

    showOthers() {
        const { others } = this.parts;
        const rest = (this.row?.captions ?? []).filter(caption => caption.caption !== this.text);

        if (rest.length === 0) {
            others.replaceChildren();
            return;
        }
        others.firstChild ?? others.append(element('summary'), element('ol'));
        others.firstChild.textContent = plural(rest.length, 'other caption');
        if (others.open)
            others.lastChild.replaceChildren(...rest.map(caption => element('li', {},
                button(caption.caption, () => this.take(caption), { lang: this.row.language }),
                ' ', element('data', { value: decimals(caption.confidence),
                                       textContent: percent(caption.confidence) }))));
    }

    take(caption) {
        this.say(caption.caption);
        this.parts.field.value = this.text;
        fit(this.parts.field);
        this.parts.field.focus();
    }
}

/* Browsers that do not size a field by its text (field-sizing). */
function fit(field) {
    if (CSS.supports('field-sizing', 'content') || !field.isConnected || field.hidden)
        return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
}

/* ---- Thumbnails: two at a time, of the photos that come near the window ---- */

const THUMBNAIL = 544; /* twice the largest width of a card */
const pictures = [];
let drawing = 0;

function showPicture(card) {
    pictures.push(card);
    drawNext();
}

async function drawNext() {
    if (drawing >= 2 || pictures.length === 0)
        return;
    const card = pictures.shift();

    drawing++;
    try {
        const url = URL.createObjectURL(await thumbnail(await card.source.open()));

        card.url = url;
        if (cards.includes(card))
            card.parts.photo.replaceChildren(element('img', { src: url, decoding: 'async' }));
        else
            URL.revokeObjectURL(url);
        card.showFacts();
    } catch {
        card.parts.photo.classList.add('unseen'); /* such as a camera raw: its kind is shown */
    }
    drawing--;
    drawNext();
}

async function thumbnail(file) {
    const bitmap = await createImageBitmap(file, { resizeWidth: THUMBNAIL,
                                                   resizeQuality: 'medium' });
    const canvas = element('canvas', { width: bitmap.width, height: bitmap.height });
    const context = canvas.getContext('2d');

    context.fillStyle = '#fff'; /* what shines through, as the program sees it */
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return new Promise((resolve, reject) => canvas.toBlob(
        blob => blob ? resolve(blob) : reject(new Error('no picture')), 'image/jpeg', 0.85));
}
