// The name of a run: when it began stands in it, so that names sort by time.

/** So much of the policy's name stands in it: a run's name is a label value too, of 63 characters at most. */
const maxPolicyLength = 40;
const randomLength = 5;

/**
 * `<policy>-<YYYYMMDDHHMMSS, UTC>-<five random characters>`: valid as the name of an object and as a label's value, even if
 * the policy's name, which may come from a file, is neither. `random` is at least 0 and below 1.
 */
export function runName(
  policy: string,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): string {
  const readable = policy
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/-*\.[-.]*/g, '.')
    .replace(/^[-.]+/, '')
    .slice(0, maxPolicyLength)
    .replace(/[-.]+$/, '');
  const time = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '');
  const unique = Math.floor(random * 36 ** randomLength)
    .toString(36)
    .padStart(randomLength, '0');
  return `${readable === '' ? 'run' : readable}-${time}-${unique}`;
}
