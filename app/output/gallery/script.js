'use strict';
/* The rows are the text of a <noscript>: 10,000 of them would be 200,000 elements, which take a
 * browser seconds.  A card contains its caption alone, and all of its row while it is near the
 * window. */
(() => {
    const byId = id => document.getElementById(id);
    const photos = byId('photos'), words = byId('words'), order = byId('order');
    const lowest = byId('lowest'), none = byId('none');
    const natural = new Intl.Collator(undefined, { numeric: true });
    const template = document.createElement('template');

    /* Without case and accents. */
    const fold = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

    const characters = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': '\'' };
    const text = html =>
        html.replace(/<wbr>|<li>/g, '').replace(/<\/li>/g, '\n')
            .replace(/&([^;]+);/g, (_, name) => characters[name]);

    /* Language, caption, keywords, path, confidence and percent; the thumbnail stands before them. */
    const caption = new RegExp('<p lang="(.*?)">(.*?)</p>(?:<ul.*?>(.*?)</ul>)?<p><bdi>(.*?)</bdi>' +
        '</p><p(?: hidden)?>Confidence <data value="(.*?)">(.*?)%</data>');

    function cardOf(row) {
        const parts = caption.exec(row.slice(row.indexOf('<figcaption>')))
            .map(part => text(part ?? ''));
        const card = {
            row,
            figure: document.createElement('figure'),
            outline: document.createElement('p'),
            whole: false,
            caption: parts[2],
            keywords: parts[3],
            path: parts[4],
            confidence: Number(parts[5]),
            percent: Number(parts[6]),
        };

        card.outline.lang = parts[1];
        card.outline.textContent = card.caption;
        card.figure.append(card.outline);
        return card;
    }

    function complete(card) {
        if (card.whole)
            return;
        template.innerHTML = card.row;
        card.figure.replaceChildren(...template.content.firstChild.childNodes);
        card.whole = true;
    }

    /* What a reader opened or is at stays. */
    function reduce(card) {
        if (!card.whole || card.figure.querySelector('[open], :focus'))
            return;
        card.figure.replaceChildren(card.outline);
        card.whole = false;
    }

    /* ---- The cards on the page, in sections of whole lines ---- */

    const rows = photos.querySelector('noscript');
    const cards = rows.textContent.split('\n').filter(row => row.startsWith('<figure')).map(cardOf);
    const run = cards.slice();
    let shown = [], columns = 0, sections = new Map();

    const near = new IntersectionObserver(entries => {
        for (const entry of entries)
            for (const card of sections.get(entry.target) || [])
                (entry.isIntersecting ? complete : reduce)(card);
    }, { rootMargin: '1500px 0px' });

    function countColumns() {
        return getComputedStyle(photos).gridTemplateColumns.split(' ').length;
    }

    function arrange() {
        const old = [...sections.keys()];

        columns = countColumns();
        const size = columns * Math.ceil(48 / columns);

        near.disconnect();
        sections = new Map();
        for (let i = 0; i < shown.length; i += size) {
            const section = document.createElement('section');
            const part = shown.slice(i, i + size);

            section.append(...part.map(card => card.figure));
            section.style.containIntrinsicBlockSize =
                `auto ${20 * Math.ceil(part.length / columns)}rem`;
            sections.set(section, part);
            near.observe(section);
        }
        photos.append(...sections.keys());
        for (const section of old)
            section.remove();
        for (const card of cards)
            if (!card.figure.isConnected)
                reduce(card);
    }

    /* ---- What the reader asks for ---- */

    const orders = {
        run: () => run,
        path: () => cards.sort((a, b) => natural.compare(a.path, b.path)),
        most: () => cards.sort((a, b) => b.confidence - a.confidence),
        least: () => cards.sort((a, b) => a.confidence - b.confidence),
    };

    function fits(card, wanted) {
        return card.percent >= lowest.value && wanted.every(word =>
            (card.folded ??= fold([card.caption, card.keywords, card.path].join('\n'))).includes(word));
    }

    function number(count) {
        return count.toLocaleString('en');
    }

    function show() {
        const wanted = fold(words.value).split(/\s+/).filter(Boolean);

        shown = orders[order.value]().filter(card => fits(card, wanted));
        arrange();
        byId('shown').value = lowest.value + '%';
        lowest.setAttribute('aria-valuetext', lowest.value + '%');
        byId('count').textContent = shown.length < cards.length
            ? `${number(shown.length)} of ${number(cards.length)} photos`
            : `${number(cards.length)} photo${cards.length === 1 ? '' : 's'}`;
        none.hidden = shown.length > 0;
        none.textContent = cards.length > 0
            ? 'No photo has all these words and that confidence.' : 'There are no photos here yet.';
    }

    function showFromTop() {
        show();
        window.scrollTo(0, 0);
    }

    for (const input of [words, lowest])
        input.addEventListener('input', showFromTop);
    order.addEventListener('change', showFromTop);
    words.form.addEventListener('submit', event => event.preventDefault());

    window.addEventListener('resize', () => {
        if (countColumns() === columns)
            return;
        const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);

        arrange();
        middle?.closest('figure')?.scrollIntoView({ block: 'center' });
    });
    window.addEventListener('beforeprint', () => shown.forEach(complete));
    window.addEventListener('afterprint', arrange);

    rows.remove();
    words.form.hidden = false;
    show(); /* a page that is loaded again comes with what was chosen before */
})();
