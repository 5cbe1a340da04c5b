// How the demo looks, with colour and without.
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Narrator, wantsColour } from '../../../../src/cli/demo/narrator.ts';

function told(hasColour: boolean): string {
  const stream = new PassThrough({ encoding: 'utf8' });
  const narrator = new Narrator(stream, { hasColour });
  narrator.chapter('The operator');
  narrator.typed('kubectl get pods', 'what came of it');
  narrator.output('No resources found.');
  narrator.holds('nothing is there');
  narrator.typed('helm list');
  narrator.fails({ expected: 'exit code 0', found: 'exit code 1' });
  narrator.say('The end.');
  return String(stream.read());
}

const plain = `
== The operator

# what came of it
$ kubectl get pods
No resources found.
✓ nothing is there

$ helm list
✗ expected: exit code 0
  found:    exit code 1
The end.
`;

test('without colour it is plain text', () => {
  expect(told(false)).toBe(plain);
});

test('colour adds nothing but colour, and leaves the output of commands alone', () => {
  const esc = String.fromCharCode(0x1b);
  const coloured = told(true);
  expect(coloured).toContain(`${esc}[36m$ kubectl get pods${esc}[39m`);
  expect(coloured).toContain('\nNo resources found.\n');
  expect(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), '')).toBe(plain);
});

test.for([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [true, { TERM: 'dumb' }, false],
] as const)('a terminal: %s, environment %o: colour %s', ([isTTY, env, expected]) => {
  expect(wantsColour(Object.assign(new PassThrough(), { isTTY }), env)).toBe(expected);
});
