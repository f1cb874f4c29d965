// Validates AsyncAPI documents with the official parser: its diagnostics, then `valid` or `invalid`, for each path.
// Exits 1 when one of them is invalid.
const { readFileSync } = require('node:fs');
const { Parser } = require('@asyncapi/parser');

const ERROR = 0;

async function isValid(path) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, 'utf8'));
  for (const { severity, path: where, message } of diagnostics) {
    console.log(`${severity === ERROR ? 'error' : 'note'} ${where.join('.')}: ${message}`);
  }
  return document !== undefined && !diagnostics.some(({ severity }) => severity === ERROR);
}

async function main(paths) {
  for (const path of paths) {
    const valid = await isValid(path);
    console.log(`${valid ? 'valid' : 'invalid'} ${path}`);
    if (!valid) process.exitCode = 1;
  }
}

main(process.argv.slice(2));
