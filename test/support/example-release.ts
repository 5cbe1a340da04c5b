// A release as it is decoded from its record, for tests that look at some of its fields alone.
import type { Release } from '../../src/release/decode.ts';

/** `team-a/shop`, deployed once, without objects or hooks but for what is given. */
export function exampleRelease(given: Partial<Release> = {}): Release {
  return {
    name: 'shop',
    namespace: 'team-a',
    revision: 1,
    status: 'deployed',
    description: '',
    firstDeployed: undefined,
    lastDeployed: undefined,
    chart: { name: 'tiny', version: '1.0.0', appVersion: undefined },
    manifest: '',
    hooks: [],
    ...given,
  };
}
