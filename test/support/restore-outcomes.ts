// Outcomes of a restore of one release, as tests expect them.
import { expect } from 'vitest';

export const refused = (code: string) => [
  expect.objectContaining({ result: 'refused', code, remedy: expect.any(String) }),
];

export const restored = (newRevision: number) => [expect.objectContaining({ result: 'restored', newRevision })];
