// A manifest as text, before any YAML: bounded, without characters on which readers differ, split where Helm splits it.
import { RecordError } from './decode.ts';

/** Longer than what an ordinary chart renders, and short enough to be read without a pause that anybody notices. */
const maxManifestBytes = 5_000_000;

/**
 * What YAML 1.1 (Helm's reader) and 1.2 (ours) take differently, or one of them refuses: a CR alone, NEL, LS and PS are
 * line breaks to one and text to the other; a byte order mark may begin a document; other control characters are nobody's.
 */
const treacherous = /\r(?!\n)|(?![\t\n\r])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufeff\ufffe\uffff]/u;

/** A separator that means the same to Helm (which splits at any line that begins so) and to YAML. */
const separator = /^--- *(?: #[^\n]*)?\r?$/;

/**
 * The documents of a manifest. Helm splits by lines, before it reads YAML: so do we, and refuse a line that it would split
 * at and YAML would not. @throws RecordError `MANIFEST_UNREADABLE`
 */
export function splitManifest(manifest: string): readonly string[] {
  if (manifest.length > maxManifestBytes) throw unreadable(`is longer than ${maxManifestBytes} bytes`);
  const found = treacherous.exec(manifest);
  if (found !== null) {
    const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    throw unreadable(`holds the character U+${code}, which readers of YAML take differently`);
  }
  const documents: string[] = [];
  let lines: string[] = [];
  for (const line of manifest.split('\n')) {
    if (line.startsWith('...') || line.startsWith('%')) {
      throw unreadable(`has a line that begins with "${line.startsWith('%') ? '%' : '...'}"`);
    }
    if (!line.startsWith('---')) {
      lines.push(line);
      continue;
    }
    if (!separator.test(line)) throw unreadable('has something else than a comment behind "---"');
    documents.push(lines.join('\n'));
    lines = [];
  }
  documents.push(lines.join('\n'));
  return documents;
}

/** An error that names what stands in the way. */
export function unreadable(what: string, cause?: unknown): RecordError {
  return new RecordError('MANIFEST_UNREADABLE', `the manifest ${what}`, cause === undefined ? {} : { cause });
}
