import { expect, it } from 'vitest';
import { readTar } from '../../../src/watches/tar.ts';

it('refuses what is no tar archive', () => {
  expect(() => [...readTar(Buffer.alloc(1024, 'x'))]).toThrow('is not a tar archive');
});

it('refuses an archive that is cut short', () => {
  const header = Buffer.alloc(512);
  header.write('a/Chart.yaml');
  header.write('00000002000', 124);
  header.write('0', 156);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  expect(() => [...readTar(header)]).toThrow('is cut short');
  const [file] = [...readTar(Buffer.concat([header, Buffer.alloc(1024, 'y')]))];
  expect(file).toMatchObject({ name: 'a/Chart.yaml', content: Buffer.alloc(1024, 'y') });
});
