// The plural of a kind, as kubebuilder and operator-sdk form it for the regular cases.

/** `BookStore` → `bookstores`, `Policy` → `policies`, `Proxy` → `proxies`, `Mesh` → `meshes`, `Gateway` → `gateways`. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  if (/(?:s|x|z|ch|sh)$/.test(name)) return `${name}es`;
  return `${name}s`;
}
