// Draws the map beside its table. The table is the page: rows and polygons are one selection.

const side = document.getElementById('map-side');
const box = document.getElementById('map');
const L = window.L;
const MARKS = { hospital: '✚', clinic: '✚', health_centre: '+', hub: '■', shelter: '⌂' };

let map;
let areas; // the layer of polygons
let labels = []; // the elements of the names, the gravest first
const polygons = new Map(); // number of the area → its polygon
const places = new Map(); // number of the facility → its marker
let chosen = null;

function rows() {
  return [...document.querySelectorAll('#areas tr[data-area]')];
}

function look(feature) {
  const level = feature.properties.level;
  return {
    className: `map-area${level ? '' : ' map-none'}`,
    fillColor: level ? `url(#fill-${level})` : 'transparent',
    fillOpacity: 1,
    weight: 1,
  };
}

function choose(number, from) {
  if (chosen !== null) polygons.get(chosen)?.getElement()?.classList.remove('is-chosen');
  for (const row of rows()) {
    const is = row.dataset.area === String(number);
    row.toggleAttribute('aria-current', is);
    if (is) row.setAttribute('aria-current', 'true');
    row.tabIndex = is ? 0 : -1;
    if (is && from === 'map') {
      row.focus({ preventScroll: true });
      row.scrollIntoView({ block: 'nearest' });
    }
  }
  chosen = String(number);
  const polygon = polygons.get(chosen);
  polygon?.bringToFront();
  polygon?.getElement()?.classList.add('is-chosen');
}

function text(tag, name, content) {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = content;
  return element;
}

function label(feature, withName, withGrade) {
  const said = feature.properties;
  const element = document.createElement('span');
  element.className = 'map-says';
  if (said.level) element.append(text('b', `shape-${said.level}`, said.shape));
  if (withName) element.append(text('span', 'map-name', said.name));
  if (withGrade && said.grade) element.append(text('span', 'map-grade', said.grade_word));
  const icon = L.divIcon({ className: 'map-label', html: element, iconSize: null });
  labels.push(element);
  return L.marker([said.lat, said.lon], { icon, interactive: false, keyboard: false, zIndexOffset: 1000 });
}

// Where names would lie on one another, the graver area keeps its name, the others only the shape.
// No name lies on the shape of another area.
function untangle() {
  for (const element of labels) element.classList.add('is-short');
  const shapes = labels.map((element) => element.getBoundingClientRect());
  const taken = [];
  labels.forEach((element, place) => {
    element.classList.remove('is-short');
    const rect = element.getBoundingClientRect();
    const hit = (other) => other.width > 0 && rect.left < other.right && other.left < rect.right
      && rect.top < other.bottom && other.top < rect.bottom;
    if (taken.some(hit) || shapes.some((other, at) => at !== place && hit(other))) {
      element.classList.add('is-short');
    } else {
      taken.push(rect);
    }
  });
}

function draw(collection) {
  areas?.remove();
  polygons.clear();
  const features = collection.features.filter((feature) => feature.geometry);
  const withName = features.length <= 60;
  const withGrade = features.length <= 12;
  labels = [];
  areas = L.featureGroup();
  const outlines = L.geoJSON({ type: 'FeatureCollection', features }, { style: look });
  outlines.eachLayer((layer) => {
    const { id, properties } = layer.feature;
    polygons.set(String(id), layer);
    layer.bindTooltip(`${properties.name} ${properties.shape}`.trim(), { sticky: true });
    layer.on('click', () => choose(id, 'map'));
    layer.on('dblclick', (event) => {
      L.DomEvent.stop(event);
      if (rows().find((row) => row.dataset.area === String(id))?.querySelector('a')) {
        location.assign(properties.inside);
      }
    });
    areas.addLayer(layer);
  });
  const rank = { red: 0, yellow: 1, green: 2, '': 3 };
  const gravest = [...features].sort((a, b) => rank[a.properties.level] - rank[b.properties.level]);
  for (const feature of gravest) {
    if (feature.properties.lat !== null && (withName || feature.properties.level)) {
      areas.addLayer(label(feature, withName, withGrade));
    }
  }
  areas.addTo(map);
  untangle();
  return features.length ? outlines.getBounds() : null;
}

function drawPoints(collection) {
  for (const feature of collection.features) {
    const [lon, lat] = feature.geometry.coordinates;
    const { kind, name, kind_word: word } = feature.properties;
    const html = text('span', `map-place place-${kind}`, MARKS[kind] ?? '•');
    const icon = L.divIcon({ className: 'map-point', html, iconSize: null });
    const marker = L.marker([lat, lon], { icon, keyboard: false, riseOnHover: true });
    marker.bindTooltip(`${name} · ${word}`);
    marker.on('click', () => {
      const row = document.querySelector(`#places tr[data-point="${feature.id}"]`);
      row?.closest('details')?.setAttribute('open', '');
      row?.scrollIntoView({ block: 'center' });
    });
    places.set(String(feature.id), marker.addTo(map));
  }
}

async function get(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/geo+json' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function listen() {
  const table = document.getElementById('map-side').parentElement;
  table.addEventListener('click', (event) => {
    const row = event.target.closest('tr[data-area]');
    if (row && !event.target.closest('a')) choose(row.dataset.area, 'table');
  });
  table.addEventListener('focusin', (event) => {
    const row = event.target.closest('tr[data-area]');
    if (row && row.dataset.area !== chosen) choose(row.dataset.area, 'table');
  });
  table.addEventListener('keydown', (event) => {
    const row = event.target.closest('tr[data-area]');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!row) return;
    if (event.key === 'Enter' && event.target === row) {
      row.querySelector('a')?.click();
    } else if (step) {
      const all = rows();
      const next = all[all.indexOf(row) + step];
      event.preventDefault();
      next?.focus();
    }
  });
  document.getElementById('places')?.addEventListener('click', (event) => {
    const marker = places.get(event.target.closest('tr[data-point]')?.dataset.point);
    if (marker) {
      map.panTo(marker.getLatLng());
      marker.openTooltip();
    }
  });
  // The table was refreshed by the live feed: take the polygons anew, keep the view.
  document.body.addEventListener('htmx:afterSettle', async (event) => {
    if (event.target.id !== 'map-table') return;
    const collection = await get(box.dataset.areas).catch(() => null);
    if (collection) draw(collection);
    prepare();
    if (chosen) choose(chosen, 'table');
  });
}

function prepare() {
  rows().forEach((row, place) => {
    row.tabIndex = place ? -1 : 0;
  });
}

async function start() {
  side.hidden = false;
  map = L.map(box, {
    attributionControl: false, zoomControl: false, zoomSnap: 0.25, doubleClickZoom: false,
    renderer: L.svg({ padding: 0.5 }), zoomAnimation: false, fadeAnimation: false,
  });
  L.control.zoom({ zoomInTitle: box.dataset.in, zoomOutTitle: box.dataset.out }).addTo(map);
  map.setView([30, 112], 5);
  listen();
  prepare();
  try {
    const bounds = draw(await get(box.dataset.areas));
    if (bounds) map.fitBounds(bounds, { padding: [12, 12] });
    map.on('zoomend', untangle);
    untangle();
    drawPoints(await get(box.dataset.points));
    box.dataset.ready = 'true';
  } catch {
    box.replaceChildren(document.createTextNode(box.dataset.broken));
  }
}

if (side && L) start();
