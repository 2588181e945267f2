// Keeps what is typed on the phone until the server has it. A visit that could not be sent stays,
// with its key and its time, and is counted at the top of every page. Drafts belong to one person.

const page = document.getElementById('page');
const counter = document.getElementById('unsent');
const PREFIX = `visit:${page.dataset.reader}:`;

function store(name, draft) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(draft));
    return true;
  } catch {
    return false; // full or forbidden: the form itself still holds everything
  }
}

function drafts() {
  const found = [];
  for (let place = 0; place < localStorage.length; place += 1) {
    const name = localStorage.key(place);
    if (!name.startsWith(PREFIX)) continue;
    try {
      found.push({ task: name.slice(PREFIX.length), ...JSON.parse(localStorage.getItem(name)) });
    } catch {
      localStorage.removeItem(name);
    }
  }
  return found;
}

function count() {
  const unsent = drafts().filter((draft) => draft.unsent);
  counter.hidden = unsent.length === 0;
  counter.replaceChildren(unsent.length === 1
    ? counter.dataset.one : counter.dataset.many.replace('%s', unsent.length));
  for (const draft of unsent) {
    const link = document.createElement('a');
    link.href = `/tasks/${draft.task}`;
    link.textContent = draft.title || counter.dataset.open;
    counter.append(' ', link);
    document.querySelector(`[data-task="${draft.task}"]`)?.classList.add('is-unsent');
  }
}

function values(form) {
  const kept = Object.fromEntries(new FormData(form));
  delete kept.csrfmiddlewaretoken;
  return kept;
}

function fill(form, kept) {
  for (const [name, value] of Object.entries(kept)) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
  const more = form.querySelector('.more');
  if (kept.note && more) more.open = true;
}

function bind(form) {
  const { draft: task, title } = form.dataset;
  const before = drafts().find((draft) => draft.task === task);
  if (before && !page.querySelector('.problem:not([hidden])')) fill(form, before.values);
  const keep = (unsent) => store(task, { title, unsent, values: values(form) });
  form.addEventListener('input', () => keep(false));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!form.elements.visited_at.value && !('clockWrong' in form.dataset)) {
      form.elements.visited_at.value = new Date().toISOString();
    }
    keep(true);
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      await send(form, task);
    } catch {
      document.getElementById('not-sent').hidden = false;
      document.getElementById('not-sent').scrollIntoView({ block: 'center' });
    }
    button.disabled = false;
    count();
  });
}

async function send(form, task) {
  const answer = await fetch(form.action, { method: 'POST', body: new FormData(form) });
  if (answer.redirected && new URL(answer.url).pathname === '/login') {
    document.getElementById('log-in-again').hidden = false;
    return;
  }
  if (answer.ok && answer.redirected) {
    localStorage.removeItem(PREFIX + task);
    history.pushState(null, '', answer.url);
    show(await answer.text());
    window.scrollTo(0, 0);
    return;
  }
  if (answer.status >= 500) throw new Error(String(answer.status));
  // Refused: show what the server says; what was typed is in its answer and in the draft.
  store(task, { title: form.dataset.title, unsent: false, values: values(form) });
  show(await answer.text());
  const again = page.querySelector('form[data-draft]');
  if (again) bind(again);
  else localStorage.removeItem(PREFIX + task);
  page.querySelector('.problem:not([hidden])')?.scrollIntoView({ block: 'center' });
}

// The server's answer takes the place of the page: loading it again would lose what it says.
function show(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('page');
  if (!fresh) throw new Error('no page');
  page.replaceChildren(...fresh.childNodes);
}

window.addEventListener('popstate', () => location.reload());
count();
const form = document.querySelector('form[data-draft]');
if (form) bind(form);
