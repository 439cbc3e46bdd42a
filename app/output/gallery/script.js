'use strict';
(() => {
    const byId = id => document.getElementById(id);
    const photos = byId('photos'), words = byId('words'), order = byId('order');
    const lowest = byId('lowest'), none = byId('none');
    const natural = new Intl.Collator(undefined, { numeric: true });

    /* Without case and accents. */
    const fold = text => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

    const cards = Array.from(photos.querySelectorAll('figure'), figure => {
        const data = figure.querySelector('data');
        const path = figure.querySelector('bdi').textContent;
        const caption = figure.querySelector('figcaption > p').textContent;

        return {
            figure,
            path,
            text: fold(caption + '\n' + path),
            confidence: Number(data.value),
            percent: parseInt(data.textContent, 10),
        };
    });
    const run = cards.slice();
    const orders = {
        run: () => run,
        path: () => cards.sort((a, b) => natural.compare(a.path, b.path)),
        most: () => cards.sort((a, b) => b.confidence - a.confidence),
        least: () => cards.sort((a, b) => a.confidence - b.confidence),
    };

    function number(count) {
        return count.toLocaleString('en');
    }

    function filter() {
        const wanted = fold(words.value).split(/\s+/).filter(Boolean);
        let shown = 0;

        for (const card of cards) {
            const show = card.percent >= lowest.value &&
                wanted.every(word => card.text.includes(word));

            if (card.figure.hidden === show)
                card.figure.hidden = !show;
            shown += show;
        }
        byId('shown').value = lowest.value + '%';
        lowest.setAttribute('aria-valuetext', lowest.value + '%');
        byId('count').textContent = shown < cards.length
            ? `${number(shown)} of ${number(cards.length)} photos`
            : `${number(shown)} photo${shown === 1 ? '' : 's'}`;
        none.hidden = shown > 0;
        none.textContent = cards.length > 0
            ? 'No photo has all these words and that confidence.' : 'There are no photos here yet.';
    }

    function sort() {
        const sorted = document.createDocumentFragment();

        for (const card of orders[order.value]())
            sorted.append(card.figure);
        photos.append(sorted);
    }

    function fromTop(change) {
        change();
        window.scrollTo(0, 0);
    }

    for (const input of [words, lowest])
        input.addEventListener('input', () => fromTop(filter));
    order.addEventListener('change', () => fromTop(sort));
    words.form.addEventListener('submit', event => event.preventDefault());

    /* A page that is loaded again comes with what was chosen before. */
    if (order.value !== 'run')
        sort();
    filter();
    words.form.hidden = false;
})();
