// Forms of deeds work without this; it saves a way to the server for a new row, says what a number
// stands for, and keeps a hurried second click from sending twice (the server refuses that as well).

for (const batch of document.querySelectorAll('[data-rows]')) {
  batch.querySelector('[data-add]').addEventListener('click', (event) => {
    event.preventDefault();
    const here = batch.querySelector('[data-here]');
    const numbers = [...here.querySelectorAll('[data-row]')].map((row) => Number(row.dataset.row));
    const number = Math.max(-1, ...numbers) + 1;
    const holder = document.createElement('template');
    holder.innerHTML = batch.querySelector('template').innerHTML.replaceAll('-NEW-', `-${number}-`);
    const row = holder.content.querySelector('[data-row]');
    row.dataset.row = number;
    row.querySelector('legend').append(` ${here.children.length + 1}`);
    here.append(row);
    window.htmx?.process(row);
    row.querySelector('input, select, textarea')?.focus();
  });
}

// What stands for the choice is said below the field, in full: a phone's select cuts it off.
function tell(field, text) {
  let said = field.parentElement.querySelector('[data-said]');
  if (!said) {
    said = document.createElement('span');
    said.className = 'help';
    said.dataset.said = '';
    said.setAttribute('role', 'status');
    field.after(said);
  }
  said.textContent = text;
}

const ruler = document.createElement('canvas').getContext('2d');

function chosen(select) {
  const text = select.value ? select.selectedOptions[0].textContent : '';
  const look = getComputedStyle(select);
  const room = select.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
  // The shorthand `font` is empty where figures are tabular.
  ruler.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  tell(select, ruler.measureText(text).width > room ? text : '');
}

for (const select of document.querySelectorAll('[data-form] select:not([multiple])')) {
  if (select.value) chosen(select);
}

document.addEventListener('change', (event) => {
  const field = event.target;
  if (field.matches('[data-form] select:not([multiple])')) chosen(field);
  if (!field.list || !field.hasAttribute('hx-get')) return;
  const option = [...field.list.options].find((o) => o.value === field.value);
  tell(field, option ? option.textContent : '');
});

for (const form of document.querySelectorAll('[data-form]')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (event.submitter?.hasAttribute('data-send')) form.dataset.sent = 'yes';
  });
}

// With a keyboard the writing begins where something is still missing. Not where there is something
// to read first, and not on a phone, whose keyboard would cover the form.
function missing(field) {
  if (field.type === 'radio') {
    const group = field.closest('fieldset');
    return !group.querySelector('.optional') && !group.querySelector(':checked');
  }
  return field.getAttribute('aria-required') === 'true' && !field.value;
}

for (const form of document.querySelectorAll('[data-form]')) {
  const toRead = document.getElementById('problems') || form.elements.namedItem('shown');
  const still = document.activeElement === document.body && !location.hash;
  if (!toRead && still && matchMedia('(hover: hover) and (pointer: fine)').matches) {
    [...form.elements].find(missing)?.focus({ preventScroll: true });
  }
}

// Coming back with the browser's button, the form can be sent again.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('[data-form]')) delete form.dataset.sent;
});
