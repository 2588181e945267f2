// Keys of a list of things to do, such as the page Now. The line that has the focus is the line
// chosen, so there is nothing else to keep when the list is looked up again: htmx gives the focus
// back to the element of the same id.
const keys = document.getElementById('keys');
const lines = () => [...document.querySelectorAll('[data-duty]')];
const current = () => document.activeElement?.closest('[data-duty]');

function move(step) {
  const all = lines();
  if (all.length === 0) return;
  const at = all.indexOf(current());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  const link = all[next].querySelector('[data-read]');
  link.focus();
  all[next].scrollIntoView({ block: 'nearest' });
}

function showKeys() {
  if (!keys.open) keys.showModal();
}

const DOES = {
  j: () => move(1),
  k: () => move(-1),
  a: () => (current() ?? lines()[0])?.querySelector('[data-act]').click(),
  '?': showKeys,
};

// A digit presses the button of the line that bears it.
function press(key) {
  if (!/^[0-9]$/.test(key)) return null;
  const button = (current() ?? lines()[0])?.querySelector(`[data-press="${key}"]`);
  return button ? () => button.click() : null;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target.closest('input, textarea, select')) return;
  const act = DOES[event.key] ?? press(event.key);
  if (act) {
    event.preventDefault();
    act();
  }
});

document.querySelector('[data-keys]').addEventListener('click', showKeys);

// The number in the title follows the list, so that it is seen in the tab too.
document.addEventListener('htmx:afterSettle', () => {
  document.title = document.title.replace(/^(\(\d+\) )?/, lines().length ? `(${lines().length}) ` : '');
});
