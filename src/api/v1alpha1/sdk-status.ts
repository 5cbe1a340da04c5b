// The status that operator-sdk's helm-operator writes, as far as it is read: ours takes its place.

/** helm-operator's `status` of a watched resource. */
export interface SdkStatus {
  readonly conditions?: readonly { readonly type?: string }[];
  /** Its name, and the whole manifest, data of Secrets included. */
  readonly deployedRelease?: { readonly name?: string; readonly manifest?: string };
}
