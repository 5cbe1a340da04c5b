// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts under test look like that
import { describe, expect, it } from 'vitest';
import { expandEnv } from '../../../src/watches/expand-env.ts';

const missing = 'NOPE is not set in the environment; with --allow-missing-env it would be empty';
const env = { TAG: '1.2', EMPTY: '', DOLLAR: '$TAG', _a1: 'x' };

describe('expandEnv', () => {
  it.each([
    ['$TAG', '1.2'],
    ['${TAG}', '1.2'],
    ['v$TAG-${TAG}x', 'v1.2-1.2x'],
    ['$_a1', 'x'],
    ['${EMPTY}', ''],
    ['$DOLLAR', '$TAG'],
    ['$$TAG', '$TAG'],
    ['5$', '5$'],
    ['$ 5, $.', '$ 5, $.'],
    ['plain', 'plain'],
  ])('makes of %j %j', (text, expected) => {
    expect(expandEnv(text, { env })).toEqual({ ok: true, text: expected });
  });

  it.each([
    ['$NOPE', missing],
    ['${NOPE}', missing],
    ['${TAG', '${TAG is neither $NAME nor ${NAME}; a dollar sign is written $$'],
    ['${}', '${} is neither $NAME nor ${NAME}; a dollar sign is written $$'],
    ['${TAG:-1}', '${TAG:-1} is neither $NAME nor ${NAME}; a dollar sign is written $$'],
    ['$1', '$1 is neither $NAME nor ${NAME}; a dollar sign is written $$'],
  ])('refuses %j', (text, wrong) => {
    expect(expandEnv(text, { env })).toEqual({ ok: false, wrong });
  });

  it('makes nothing of a missing variable where that is allowed', () => {
    expect(expandEnv('a${NOPE}b', { env, allowMissingEnv: true })).toEqual({ ok: true, text: 'ab' });
  });
});
