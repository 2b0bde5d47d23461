'use strict';
// wx.js is what its parts make, and none of them is left out.

const assert = require('node:assert/strict');
const {spawnSync} = require('node:child_process');
const {mkdtempSync, readFileSync, readdirSync, rmSync} = require('node:fs');
const {tmpdir} = require('node:os');
const path = require('node:path');
const {it} = require('node:test');

const ROOT = path.join(__dirname, '..');

it('makes of the parts what was committed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wx-build-'));
  try {
    const made = path.join(folder, 'wx.js');
    const {status, stderr} = spawnSync(process.execPath, [path.join(ROOT, 'build.mjs'), made], {encoding: 'utf8'});
    assert.equal(status, 0, stderr);
    const text = readFileSync(made, 'utf8');
    assert.equal(text, readFileSync(path.join(ROOT, 'wx.js'), 'utf8'), 'wx.js differs: npm run build');
    for (const part of readdirSync(path.join(ROOT, 'src'))) {
      assert.ok(text.includes(readFileSync(path.join(ROOT, 'src', part), 'utf8')), part);
    }
  } finally {
    rmSync(folder, {recursive: true});
  }
});
