// The live feed of a page: counts what is new, refreshes the parts that show it, and says in
// words when the connection is broken.
//
// A part is an element with an id and `data-live="sensing. decision."`: the beginnings of the
// verbs it shows (empty: all). It is taken anew from the page's own address by htmx. A part that
// somebody is typing in is left alone until it is asked for. The browser itself sends the place
// in the log where it was cut off (Last-Event-ID); after a refusal we begin again from there.

const WAIT = 1200; // milliseconds: a burst of deeds makes one refresh
const REST = 5000; // at least so long between two refreshes, however much happens
const EACH = 50; // so long the server works on a part: where many listen, they spread over that
const LOOK = 60000; // due times pass without a deed, so everything is looked at again
const AGAIN = 5000;

const said = document.getElementById('live');
let last = said ? said.dataset.after : '';
let fresh = 0;
let verbs = new Set();
let timer = 0;
let refreshed = 0;
let broken = null;

function parts() {
  return [...document.querySelectorAll('[data-live]')];
}

function shows(part, verb) {
  const begins = part.dataset.live.split(/\s+/).filter(Boolean);
  return begins.length === 0 || begins.some((begin) => verb.startsWith(begin));
}

function inUse(part) {
  const active = document.activeElement;
  const typing = active && part.contains(active) && active.matches('input, textarea, select');
  const filled = [...part.querySelectorAll('textarea, input[type="text"]')];
  return typing || filled.some((field) => field.value !== field.defaultValue);
}

function say() {
  said.replaceChildren();
  said.classList.toggle('is-broken', broken !== null);
  if (broken !== null) {
    said.append(said.dataset.broken.replace('%s', broken));
    said.hidden = false;
    return;
  }
  if (fresh === 0) {
    said.append(said.dataset.fresh);
    said.hidden = false;
    return;
  }
  said.append(fresh === 1 ? said.dataset.one : said.dataset.many.replace('%s', fresh));
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'press plain small';
  button.textContent = said.dataset.show;
  button.addEventListener('click', () => location.reload());
  said.append(' ', button);
  said.hidden = false;
}

async function refresh(all = false) {
  timer = 0;
  refreshed = Date.now();
  const wanted = parts().filter((part) => all || [...verbs].some((verb) => shows(part, verb)));
  const free = wanted.filter((part) => part.id && !inUse(part));
  verbs = new Set();
  say();
  if (!window.htmx || free.length === 0) return;
  try {
    const [first, ...others] = free;
    await window.htmx.ajax('GET', location.pathname + location.search, {
      source: first,
      target: `#${first.id}`,
      select: `#${first.id}`,
      selectOOB: others.map((part) => `#${part.id}`).join(','),
      swap: 'outerHTML',
    });
  } catch {
    return; // the feed itself says that the connection is broken
  }
  if (free.length === wanted.length) {
    fresh = 0;
    say();
  }
}

function hear(event) {
  last = event.lastEventId;
  const { verb, listeners } = JSON.parse(event.data);
  if (!parts().some((part) => shows(part, verb))) return;
  fresh += 1;
  verbs.add(verb);
  const spread = Math.random() * EACH * (listeners - 1);
  if (!timer) timer = setTimeout(refresh, Math.max(WAIT, refreshed + REST - Date.now()) + spread);
}

function open() {
  const source = new EventSource(`/live?after=${encodeURIComponent(last)}`);
  source.addEventListener('deed', hear);
  source.addEventListener('open', () => {
    broken = null;
    say();
  });
  source.addEventListener('error', () => {
    if (broken === null) {
      broken = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: 'short', hourCycle: 'h23' })
        .format(new Date());
      say();
    }
    if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
  });
  window.addEventListener('pagehide', () => source.close(), { once: true });
}

if (said && window.EventSource) {
  open();
  setInterval(() => refresh(true), LOOK);
}
