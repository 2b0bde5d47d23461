// Both builds from the sources: H5 is what was committed, the one for WeChat has no `window`.

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, before, describe, it} from 'node:test';
import {fileURLToPath} from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const filesOf = folder => readdirSync(folder, {recursive: true, withFileTypes: true})
  .filter(entry => entry.isFile()).map(entry => path.relative(folder, path.join(entry.parentPath || entry.path, entry.name))).sort();

describe('the builds', () => {
  let folder;
  before(() => { folder = mkdtempSync(path.join(tmpdir(), 'demo-shop-build-')); });
  after(() => rmSync(folder, {recursive: true}));

  function build(platform, env = {}) {
    const out = path.join(folder, `${platform}${Object.keys(env).length}`);
    const uni = path.join(ROOT, 'node_modules/.bin/uni');
    const {status, stdout, stderr} = spawnSync(uni, ['build', '-p', platform, '--outDir', out], {cwd: ROOT, env: {...process.env, ...env}, encoding: 'utf8'});
    assert.equal(status, 0, stdout + stderr);
    return out;
  }

  it('makes of the sources what was committed', () => {
    const [built, committed] = [build('h5'), path.join(ROOT, 'dist/h5')];
    assert.deepEqual(filesOf(built), filesOf(committed));
    for (const file of filesOf(built)) {
      assert.ok(readFileSync(path.join(built, file)).equals(readFileSync(path.join(committed, file))), `${file} differs: npm run build:h5`);
    }
    const names = filesOf(committed).filter(file => /\.(css|js)$/.test(file)).map(file => path.basename(file));
    assert.deepEqual(names.filter(name => /[.-][\w-]{8}\.(css|js)$/.test(name) && !/^pages-/.test(name)), []);
  });

  it('makes a mini-program that knows no window and, unless it is told of one, no mock', () => {
    const scripts = out => filesOf(out).filter(file => file.endsWith('.js')).map(file => [file, readFileSync(path.join(out, file), 'utf8')]);
    const plain = scripts(build('mp-weixin'));
    assert.ok(plain.length > 10);
    for (const [file, text] of plain) {
      assert.doesNotMatch(text, /\bwindow\b/, file);
      assert.doesNotMatch(text, /_mock\/v1|refuses to run in a released/, file);
    }
    const qa = scripts(build('mp-weixin', {VITE_MOCK: 'http://127.0.0.1:7420'}));
    for (const [file, text] of qa) assert.doesNotMatch(text, /\bwindow\b/, file);
    for (const part of ['refuses to run in a released', '_mock/v1']) assert.ok(qa.some(([, text]) => text.includes(part)), part);
  });
});
