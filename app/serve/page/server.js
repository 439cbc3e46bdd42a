/* Photos go to the server a few at a time, and come back as rows. */

const FLIGHTS = 6;           /* as many connections as a browser has to one server */
const PATIENCE = 15000;      /* ms without an answer, until the reader is told */
const WISHES = 'n=5&keywords=auto';

const queue = [];            /* cards that wait */
const flights = new Map();   /* cards that are sent, and what stops each */
let paused = false, timer = 0, lastAnswer = 0, token = '';
let troubled = false;        /* the reader was told so */

try {
    token = sessionStorage.getItem('token') ?? '';
} catch { /* the browser keeps nothing: it is asked for again */ }

/* Whatever the answer is: the server is there. */
function heard() {
    lastAnswer = Date.now();
    if (troubled && !paused)
        calm();
}

function trouble(sentence, again) {
    troubled = true;
    notify(sentence, again);
}

function calm() {
    troubled = false;
    notify('');
}

function headers() {
    return token ? { Authorization: `Bearer ${token}` } : {};
}

function submit(list) {
    for (const card of list)
        card.become('waiting');
    if (queue.length + flights.size === 0)
        lastAnswer = Date.now();
    queue.push(...list);
    fly();
}

function fly() {
    while (!paused && flights.size < FLIGHTS && queue.length > 0)
        send(queue.shift());
    showProgress();
}

/* What an answer without a row says: the sentence of the server, in any of its shapes. */
async function sentenceOf(response) {
    const text = await response.text();

    try {
        const { error } = JSON.parse(text);

        return error.message ?? error;
    } catch {
        return text.trim() || `the server answered ${response.status} ${response.statusText}`;
    }
}

async function post(card, signal) {
    const response = await fetch(`caption?${WISHES}&${byId('voice').value}`, {
        method: 'POST', body: await card.source.open(), headers: headers(), cache: 'no-store',
        signal });

    return { response, said: await (response.ok ? response.json() : sentenceOf(response)) };
}

async function send(card) {
    const stop = new AbortController();
    let answer, failure;

    flights.set(card, stop);
    card.become('sent');
    try {
        answer = await post(card, stop.signal);
    } catch (error) {
        failure = stop.signal.aborted ? null : await findFailure(card, error);
    }
    if (flights.get(card) !== stop)
        return; /* it was cancelled, removed or sent again meanwhile */
    flights.delete(card);
    if (answer)
        take(card, answer);
    else
        fail(card, failure);
    changed();
    fly();
}

function wait(card) {
    card.become('waiting');
    queue.unshift(card);
}

function take(card, { response, said }) {
    if (response.ok) {
        card.captioned(said);
    } else if (response.status === 401) {
        wait(card);
        pause('This server asks for its token.');
        askToken();
    } else if (response.status === 503) {
        wait(card);
        pause(`The server takes no photos at the moment: ${said}`,
              1000 * response.headers.get('Retry-After') || 5000);
    } else {
        card.become('failed', said.replace(/^the photo: /, '')); /* its name is below */
    }
    heard();
}

/* fetch does not say whether the file, the connection or the server is gone.  '': the server. */
async function findFailure(card, error) {
    try {
        await (await card.source.open()).slice(0, 1).arrayBuffer();
    } catch {
        return 'The file cannot be read: it was moved, changed or removed.';
    }
    try {
        await fetch('health', { cache: 'no-store', headers: headers() });
    } catch {
        return '';
    }
    return `The connection broke while this photo was sent: ${error.message}`;
}

function fail(card, failure) {
    if (failure) {
        card.become('failed', failure);
        return;
    }
    wait(card);
    pause(`The server at ${location.host} does not answer. Is \u201ccaption serve\u201d running?`,
          3000);
}

/* ---- When nothing can be sent, and when it goes on ---- */

function pause(sentence, delay = 0) {
    paused = true;
    trouble(sentence, true);
    clearTimeout(timer);
    if (delay)
        timer = setTimeout(resume, delay);
}

function resume() {
    clearTimeout(timer);
    if (!paused)
        return;
    paused = false;
    byId('now').hidden = true;
    lastAnswer = Date.now();
    fly();
}

function cancel() {
    const stopped = [...flights.keys(), ...queue];

    for (const stop of flights.values())
        stop.abort();
    flights.clear();
    queue.length = 0;
    paused = false;
    clearTimeout(timer);
    calm();
    for (const card of stopped)
        card.become('cancelled');
    changed();
    showProgress();
}

/* A photo that is removed, or asked again in another language. */
function forget(card) {
    flights.get(card)?.abort();
    flights.delete(card);
    if (queue.includes(card))
        queue.splice(queue.indexOf(card), 1);
}

function retry(list) {
    for (const card of list)
        forget(card);
    submit(list);
    resume();
}

function askToken() {
    if (!byId('ask-token').open)
        byId('ask-token').showModal();
}

function keepToken(text) {
    token = text.trim();
    try {
        sessionStorage.setItem('token', token);
    } catch { /* as above */ }
    resume();
}

setInterval(() => {
    if (flights.size > 0 && !paused && Date.now() - lastAnswer > PATIENCE)
        trouble('No answer for a while: the server is busy, or has large photos to look at. ' +
                'The page goes on waiting.', false);
}, 1000);
