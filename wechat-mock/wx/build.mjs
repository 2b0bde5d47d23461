// Puts wx.js together from the parts in src/, which share one function: node build.mjs [to]
import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const PARTS = ['frame.begin', 'texts', 'calls', 'sheet', 'dialogs', 'request', 'functions', 'install', 'frame.end'];
const part = name => readFileSync(new URL(`src/${name}.js`, import.meta.url), 'utf8');

writeFileSync(process.argv[2] || fileURLToPath(new URL('wx.js', import.meta.url)), PARTS.map(part).join(''));
