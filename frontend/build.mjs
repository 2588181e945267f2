// Bundles the browser libraries into the console's static folder, with their licences.
//
//   node build.mjs [--out FOLDER]
//
// What is built is not committed. LICENSES.txt is written last, so its presence means the build is whole.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, 'node_modules');
const { values: options } = parseArgs({ options: { out: { type: 'string' } } });
const OUT = resolve(options.out ?? join(HERE, '../gongzhi/interfaces/console/static/built'));

// Files taken as their makers publish them: [package, file in it, name in the output].
const AS_THEY_ARE = [
  ['htmx.org', 'dist/htmx.min.js', 'htmx.js'],
  ['bootstrap', 'dist/css/bootstrap.min.css', 'bootstrap.css'],
  ['leaflet', 'dist/leaflet.js', 'leaflet.js'],
  ['leaflet', 'dist/leaflet.css', 'leaflet.css'],
];

/** Source maps are not shipped, and a link to a missing one breaks the hashing of static files. */
function withoutSourceMapLink(text) {
  return text.replace(/\n?\/[/*][#@] sourceMappingURL=\S+?(?:\s*\*\/)?\s*$/, '\n');
}

async function copyPublished() {
  for (const [name, file, target] of AS_THEY_ARE) {
    const text = await readFile(join(PACKAGES, name, file), 'utf8');
    await writeFile(join(OUT, target), withoutSourceMapLink(text));
  }
  const images = join(PACKAGES, 'leaflet/dist/images');
  await mkdir(join(OUT, 'images'));
  for (const file of await readdir(images)) {
    await copyFile(join(images, file), join(OUT, 'images', file));
  }
}

/** Bundles ECharts and returns the names of the packages whose code ended up inside. */
async function bundleCharts() {
  const { metafile } = await build({
    entryPoints: [join(HERE, 'echarts.js')],
    outfile: join(OUT, 'echarts.js'),
    absWorkingDir: HERE,
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'echarts',
    target: 'es2020',
    legalComments: 'none', // their texts are in LICENSES.txt
    metafile: true,
    logLevel: 'warning',
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean);
}

/** The licence and notice files of a package: beside its package.json, or in a folder of licences. */
async function licenceFiles(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.filter((entry) => /^(licen[cs]e|notice)/i.test(entry.name));
  const paths = found.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? (await readdir(path)).map((file) => join(path, file)) : [path];
  });
  return (await Promise.all(paths)).flat().sort();
}

async function licenceOf(name) {
  const folder = join(PACKAGES, name);
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = await licenceFiles(folder);
  if (files.length === 0) throw new Error(`${name} carries no licence text`);
  const bodies = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const title = `${name} ${version} (${license})`;
  const texts = bodies.map((body) => `${body.trim()}\n`);
  return [title, '='.repeat(title.length), '', ...texts].join('\n');
}

async function printSizes() {
  const files = (await readdir(OUT)).filter((file) => /\.(js|css)$/.test(file)).sort();
  for (const file of files) {
    const body = await readFile(join(OUT, file));
    const size = (bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(10);
    console.log(`${file.padEnd(16)}${size(body.length)}${size(gzipSync(body).length)} gz`);
  }
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
await copyPublished();
const names = new Set([...AS_THEY_ARE.map(([name]) => name), ...(await bundleCharts())]);
const licences = await Promise.all([...names].sort().map(licenceOf));
await printSizes();
await writeFile(join(OUT, 'LICENSES.txt'), licences.join('\n\n'));
