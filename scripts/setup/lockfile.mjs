// Compares package-lock.json with npm's record of what it installed (node_modules/.package-lock.json): pure.

/**
 * True where every package of the lock is installed in that very version, but for optional ones of other platforms, and
 * nothing else is. Saves a developer who has just run `npm install` from installing it all again.
 */
export function matchesLock({ lock, installed, isThere, platform, arch }) {
  const wanted = Object.entries(lock.packages ?? {}).filter(([path]) => path !== '');
  const found = installed.packages ?? {};
  const isComplete = wanted.every(([path, entry]) => {
    const other = found[path];
    if (other === undefined || !isThere(path)) return entry.optional === true && !isForHere(entry, { platform, arch });
    return other.version === entry.version && other.integrity === entry.integrity;
  });
  const known = new Set(wanted.map(([path]) => path));
  return isComplete && Object.keys(found).every((path) => known.has(path));
}

/** True for a package that was made for this platform by name; one for one C library only may be the wrong half. */
function isForHere({ os, cpu, libc }, { platform, arch }) {
  if (libc !== undefined || (os === undefined && cpu === undefined)) return false;
  return [os ?? [platform]].flat().includes(platform) && [cpu ?? [arch]].flat().includes(arch);
}
