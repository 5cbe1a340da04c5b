// What we use of @kubernetes/client-node, and no more: the build leaves out the rest, which is most of 15 MB.
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';

/**
 * The part of the library that we use. It is imported when a connection is opened and not before, by {@link connect} alone:
 * everything else takes its types.
 */
export const clientNode = { HttpMethod, KubeConfig, RequestContext } as const;

/** What {@link clientNode} is. */
export type ClientNode = typeof clientNode;
