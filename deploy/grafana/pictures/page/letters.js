// Chinese letters under the name of Grafana's own font, by which its components write and, on canvases, measure.
import han400 from '@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2';
import han500 from '@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-500-normal.woff2';
import latin400 from '@fontsource/noto-sans-sc/files/noto-sans-sc-latin-400-normal.woff2';
import latin500 from '@fontsource/noto-sans-sc/files/noto-sans-sc-latin-500-normal.woff2';

const LATIN = 'U+0000-00FF, U+2013-2014, U+2018-2019, U+201C-201D';
const FACES = [[latin400, '400', LATIN], [latin500, '500', LATIN], [han400, '400'], [han500, '500']];

/** Resolves once all letters are there: what a canvas writes before stays blank. */
export async function lettersLoaded() {
  const faces = FACES.map(([address, weight, unicodeRange]) => new FontFace('Inter', `url(${address})`, { weight, ...(unicodeRange && { unicodeRange }) }));
  for (const face of await Promise.all(faces.reverse().map((one) => one.load()))) document.fonts.add(face);
}
