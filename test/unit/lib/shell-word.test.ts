import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { shellWord } from '../../../src/lib/shell-word.ts';

describe('shellWord', () => {
  test.each(['plain', 'a/b-c_d.e:f=g,h@i%j+k'])('%s stays as it is', (text) => {
    expect(shellWord(text)).toBe(text);
  });

  test.each(['', 'two words', "it's", '$HOME', '`id`', 'a\nb', '"', '\\', '*', 'ü'])(
    '%j reaches the shell whole',
    (text) => {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
    },
  );
});
