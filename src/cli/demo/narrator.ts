// How the demo looks: chapters, the lines that are typed, their output, what was checked.
import { styleText } from 'node:util';
import type { OutputStream } from '../command.ts';

type Style = Parameters<typeof styleText>[0];

/** Writes the demo to one stream, so that it reads in order wherever it goes. */
export class Narrator {
  readonly stream: OutputStream;
  readonly #hasColour: boolean;

  constructor(stream: OutputStream, options: { readonly hasColour: boolean }) {
    this.stream = stream;
    this.#hasColour = options.hasColour;
  }

  /** A new chapter. */
  chapter(title: string): void {
    this.#write(`\n${this.#styled('bold', `== ${title}`)}\n`);
  }

  /** A sentence to the reader. */
  say(text: string): void {
    this.#write(`${text}\n`);
  }

  /** A line as it is typed, with the reason for it. */
  typed(line: string, why?: string): void {
    this.#write(
      `\n${why === undefined ? '' : `${this.#styled('dim', `# ${why}`)}\n`}${this.#styled('cyan', `$ ${line}`)}\n`,
    );
  }

  /** A line of a command's own output. */
  output(line: string): void {
    this.#write(`${line}\n`);
  }

  /** What was found to be so. */
  holds(claim: string): void {
    this.#write(`${this.#styled('green', '✓')} ${claim}\n`);
  }

  /** What was not. */
  fails(problem: { readonly expected: string; readonly found: string }): void {
    this.#write(`${this.#styled('red', '✗')} expected: ${problem.expected}\n  found:    ${problem.found}\n`);
  }

  #write(text: string): void {
    this.stream.write(text);
  }

  #styled(style: Style, text: string): string {
    return this.#hasColour ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Colour on a terminal that can show it, unless the user does not want any (https://no-color.org). */
export function wantsColour(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb' && (env.NO_COLOR ?? '') === '';
}
