// Prints the diagnostics of the official AsyncAPI parser for one document; exits 1 when one of them is an error.
const { readFileSync } = require('node:fs');
const { Parser } = require('@asyncapi/parser');

const ERROR = 0;

async function main(path) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, 'utf8'));
  for (const { severity, path: where, message } of diagnostics) {
    console.log(`${severity === ERROR ? 'error' : 'note'} ${where.join('.')}: ${message}`);
  }
  const failed = document === undefined || diagnostics.some(({ severity }) => severity === ERROR);
  process.exitCode = failed ? 1 : 0;
}

main(process.argv[2]);
