// What a request is about, read off its method and path as the API server does (RequestInfo): for counters. Pure.

/** A request in the words of RBAC. */
export interface RequestInfo {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`. */
  readonly verb: string;
  /** `secrets`, `deployments.apps`, `bookstores.velotio.com/status`; a path such as `/version` for what is no resource. */
  readonly resource: string;
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Reads a request. Names and namespaces are left out, so the number of different answers is bounded. */
export function requestInfo(request: {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
}): RequestInfo {
  const parts = request.path.split('/').filter((part) => part !== '');
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : '';
  const rest = parts[0] === 'apis' ? parts.slice(3) : parts[0] === 'api' ? parts.slice(2) : [];
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  const [plural, name, subresource] = inNamespace;
  const verb =
    verbs[request.method] ?? (request.isWatch ? 'watch' : plural !== undefined && name === undefined ? 'list' : 'get');
  if (plural === undefined) return { verb, resource: nonResource(parts) };
  const type = group === '' ? plural : `${plural}.${group}`;
  return { verb, resource: subresource === undefined ? type : `${type}/${subresource}` };
}

/** Discovery is one thing, whatever group it asks about. */
function nonResource(parts: readonly string[]): string {
  return parts[0] === 'api' || parts[0] === 'apis' ? '/discovery' : `/${parts[0] ?? ''}`;
}
