// Writes licenses.txt beside the built files: the notices of every package whose code is in them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

function homeOf(module) {
  const path = module.replace(/^\0/, '').replace(/\?.*$/, '');
  if (!path.includes('/node_modules/')) return null;
  for (let folder = dirname(path); folder.includes('/node_modules/'); folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name) return folder;
  }
  return null;
}

function noticeOf(folder) {
  const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).sort().find((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name));
  const text = file ? readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() : `License: ${about.license}`;
  return [`${about.name} ${about.version}`, text];
}

/** @returns {import('vite').Plugin} */
export function notices() {
  return {
    name: 'moongate-notices',
    apply: 'build',
    generateBundle(_, bundle) {
      const folders = new Set();
      for (const chunk of Object.values(bundle)) {
        for (const module of chunk.type === 'chunk' ? Object.keys(chunk.modules) : []) folders.add(homeOf(module));
      }
      folders.delete(null);
      const texts = [...folders].map(noticeOf).sort(([one], [other]) => (one < other ? -1 : 1));
      const line = '-'.repeat(80);
      const source = texts.map(([name, text]) => `${name}\n\n${text}\n`).join(`\n${line}\n\n`);
      this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: `The console holds code of these packages.\n\n${line}\n\n${source}` });
    },
  };
}
