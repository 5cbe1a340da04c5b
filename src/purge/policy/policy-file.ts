// A PurgePolicy document as a file: read, parsed with positions, every mistake told at once.
import { readFile, stat } from 'node:fs/promises';
import { type Document, LineCounter, type Node, parseAllDocuments } from 'yaml';
import type { PurgePolicy } from '../../api/v1alpha1/purge-policy.ts';
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import type { DocumentProblem, Source } from './decoder.ts';
import { policyDocument } from './policy-document.ts';
import type { ReadPolicyAgain } from './policy-guard.ts';

/** Reads the policy in a file. @throws PurgeError `POLICY_UNREADABLE`, `POLICY_INVALID` */
export async function readPolicyFile(file: string): Promise<PurgePolicy> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (cause) {
    throw new PurgeError('POLICY_UNREADABLE', `cannot read the policy ${file}: ${errorText(cause)}`, {
      cause,
      isTerminal: true,
      remedy: 'Name a readable file with a PurgePolicy document.',
    });
  }
  return parsePolicy(content, file);
}

/** What a guard compares: comments and white space may change. */
export function versionOfPolicyFile({ metadata, spec }: PurgePolicy): string {
  return JSON.stringify([metadata.name, spec]);
}

/** Whether it can be read a second time: a pipe cannot. */
export async function canBeReadAgain(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined || found.isFile(); // what is gone was a file
}

/** Reads it again; a document that is no policy any more counts as another one. */
export function policyFileAgain(file: string): ReadPolicyAgain {
  return async () => {
    try {
      const policy = await readPolicyFile(file);
      return { isSuspended: policy.spec.suspend === true, version: versionOfPolicyFile(policy) };
    } catch (error) {
      if (!(error instanceof PurgeError)) throw error;
      if (error.code === 'POLICY_INVALID') return { isSuspended: false, version: 'no policy' };
      if (error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'ENOENT') return undefined;
      throw error;
    }
  };
}

/**
 * Parses one document. `file` is how the user named it.
 * @throws PurgeError `POLICY_INVALID`, with a line `file:line:column: …` for each mistake
 */
export function parsePolicy(content: string, file: string): PurgePolicy {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(content, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const documents = ('empty' in parsed ? [] : parsed).filter((one) => one.contents !== null || one.errors.length > 0);
  const problems = documents.flatMap((one) => syntaxProblems(one, lines));
  const [first, second] = documents;
  if (first === undefined) throw invalid(file, [{ line: 1, column: 1, message: 'the file holds no document' }]);
  if (second !== undefined) {
    const { line, col } = lines.linePos(second.contents?.range[0] ?? second.range[0]);
    problems.push({ line, column: col, message: 'a second document begins here; the file must hold one policy' });
  }
  if (problems.length > 0) throw invalid(file, problems);
  const source: Source = { node: first.contents as Node, path: '', document: first, lines, problems };
  const policy = policyDocument(source);
  if (policy === undefined || problems.length > 0) throw invalid(file, problems);
  return policy;
}

function syntaxProblems(one: Document.Parsed, lines: LineCounter): DocumentProblem[] {
  return [...one.errors, ...one.warnings].map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0]);
    return { line, column: col, message };
  });
}

function invalid(file: string, problems: readonly DocumentProblem[]): PurgeError {
  const ordered = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const text = ordered.map(({ line, column, message }) => `${file}:${line}:${column}: ${message.replace(/^: /, '')}`);
  return new PurgeError('POLICY_INVALID', [`${file} is not a policy that can be used:`, ...text].join('\n'), {
    isTerminal: true,
    remedy: 'Correct the lines above; docs/purge.md describes every field. Nothing was deleted.',
  });
}
