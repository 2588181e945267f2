// On a narrow screen the timeline is folded at first; without this it is simply open.
const narrow = window.matchMedia('(max-width: 61.99rem)');
if (narrow.matches) {
  for (const fold of document.querySelectorAll('details.fold')) fold.open = false;
}

// The reasons of a record are fetched into the panel; where the panel lies below, it is shown.
document.addEventListener('htmx:afterSettle', (event) => {
  if (event.detail.target?.id !== 'why') return;
  const panel = document.getElementById('why');
  for (const row of document.querySelectorAll('tr[aria-current]')) row.removeAttribute('aria-current');
  event.detail.requestConfig?.elt?.closest('tr')?.setAttribute('aria-current', 'true');
  panel.tabIndex = -1;
  panel.focus({ preventScroll: !narrow.matches });
});
