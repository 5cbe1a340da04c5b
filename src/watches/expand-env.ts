// `$VAR` and `${VAR}` in overrideValues, as helm-operator expands them (Go's os.ExpandEnv), but a missing one is an error.

/** The environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The text after expansion, or what is wrong with it. */
export type Expansion = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly wrong: string };

/** How to expand. */
export interface ExpandOptions {
  readonly env: Environment;
  /** True: a missing variable becomes the empty string, as in helm-operator. Default false. */
  readonly allowMissingEnv?: boolean;
}

/**
 * Expands `$NAME` and `${NAME}`; `$$` is a dollar sign, and so is a `$` that no name follows. A variable that is set to
 * the empty string is not missing. What comes out is not expanded again.
 */
export function expandEnv(text: string, options: ExpandOptions): Expansion {
  let wrong: string | undefined;
  const expanded = text.replaceAll(/\$(?:\$|\{([^}]*)\}?|(\w+))/g, (match, braced: string | undefined, bare) => {
    if (match === '$$') return '$';
    const name: unknown = braced ?? bare;
    if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name) || (braced !== undefined && !match.endsWith('}'))) {
      wrong ??= `${match} is neither $NAME nor \${NAME}; a dollar sign is written $$`;
      return '';
    }
    const value = options.env[name];
    if (value === undefined && options.allowMissingEnv !== true)
      wrong ??= `${name} is not set in the environment; with --allow-missing-env it would be empty`;
    return value ?? '';
  });
  return wrong === undefined ? { ok: true, text: expanded } : { ok: false, wrong };
}
