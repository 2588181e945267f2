// On every page: a message about a refusal takes the focus, so that it is read first.
document.querySelector('[data-problems]')?.focus();

// The menu of the person closes when one clicks elsewhere or presses Escape.
for (const menu of document.querySelectorAll('.who details')) {
  document.addEventListener('click', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
}

// On a phone the ways through the river scroll sideways: the one taken is brought into view.
document.querySelector('.ways [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
