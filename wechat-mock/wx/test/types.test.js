'use strict';
// wx-mock.d.ts, read by TypeScript as a program has it: beside wx.js, as wx.d.ts.

const assert = require('node:assert/strict');
const {copyFileSync, mkdtempSync, rmSync} = require('node:fs');
const {tmpdir} = require('node:os');
const path = require('node:path');
const {it} = require('node:test');

const typescript = require('typescript');

it('has types that a program compiles with', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'wx-types-'));
  try {
    for (const [from, to] of [['../wx.js', 'wx.js'], ['../wx-mock.d.ts', 'wx.d.ts'], ['types/program.ts', 'program.ts']]) {
      copyFileSync(path.join(__dirname, from), path.join(folder, to));
    }
    const program = typescript.createProgram([path.join(folder, 'program.ts')], {
      strict: true, noEmit: true, target: typescript.ScriptTarget.ES2022, types: [],
      module: typescript.ModuleKind.CommonJS, moduleResolution: typescript.ModuleResolutionKind.Node10
    });
    const faults = typescript.getPreEmitDiagnostics(program);
    assert.deepEqual(faults.map(fault => typescript.flattenDiagnosticMessageText(fault.messageText, '\n')), []);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
