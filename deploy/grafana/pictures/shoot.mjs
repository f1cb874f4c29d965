// Bundles the page, then takes a picture of each board that standard input names (JSON: {pictures: [{path, ...asked}]}).
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import puppeteer from 'puppeteer-core';
import sharp from 'sharp';

const PATIENCE = 60_000;
const FONTS = ['.woff', '.woff2', '.ttf'];

async function bundled(place) {
  await build({
    entryPoints: ['page/board.jsx'], outdir: place, bundle: true, minify: true, jsx: 'automatic', logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { ...Object.fromEntries(FONTS.map((end) => [end, 'file'])), '.svg': 'dataurl', '.png': 'dataurl' },
  });
  const page = '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="board.css"><div id="root"></div><script src="board.js"></script>';
  await writeFile(join(place, 'index.html'), page);
  return pathToFileURL(join(place, 'index.html')).href;
}

async function taken(browser, address, { path, ...asked }) {
  const page = await browser.newPage();
  const broken = new Promise((_, refuse) => { page.on('pageerror', (error) => refuse(new Error(`${path}: ${error.message}`))); });
  // What lies below the window a table does not draw.
  await page.setViewport({ width: 1608, height: heightOf(asked.board) });
  await page.evaluateOnNewDocument((given) => { window.asked = given; }, asked);
  await page.goto(address);
  await Promise.race([page.waitForFunction('window.drawn', { timeout: PATIENCE }), broken]);
  const [height, failed] = await page.evaluate('[window.drawn, window.failed]');
  if (failed.length) throw new Error(`${path}: ${failed.join('\n')}`);
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 1608, height }, captureBeyondViewport: true });
  await page.close();
  const small = await sharp(picture).png({ palette: true, colours: 256, effort: 10, compressionLevel: 9 }).toBuffer();
  await writeFile(path, small);
  process.stdout.write(`${path} ${Math.ceil(small.length / 1024)} KiB\n`);
}

// As page/board.jsx places its panels.
const heightOf = ({ panels }) => 90 + 38 * Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));

const { pictures } = await json(process.stdin);
const address = await bundled(await mkdtemp(join(tmpdir(), 'duban-pictures-')));
const browser = await puppeteer.launch({
  executablePath: await chromium.executablePath(), args: [...chromium.args, '--lang=zh-CN'], env: { ...process.env, LANG: 'zh_CN.UTF-8', LC_ALL: 'C.UTF-8', LANGUAGE: 'zh_CN' }, headless: 'shell',
});
try {
  for (const picture of pictures) await taken(browser, address, picture);
} finally {
  await browser.close();
}
