// How to go on by hand with a demo that was left up: pure.
import { shellWord } from '../../lib/shell-word.ts';
import { downLine } from './claim.ts';
import type { DemoWorkspace } from './workspace.ts';

/** The lines to print. */
export function hints(
  workspace: DemoWorkspace,
  left: { readonly packageRoot: string; readonly binDirs: readonly string[]; readonly hasOperator: boolean },
): readonly string[] {
  const down = downLine(workspace.name);
  return [
    `The cluster ${workspace.name}${left.hasOperator ? ' and the operator are' : ' is'} left up. To go on by hand:`,
    `  cd ${shellWord(left.packageRoot)}`,
    `  export KUBECONFIG=${shellWord(workspace.kubeconfig)}`,
    `  export PATH=${left.binDirs.map(shellWord).join(':')}:"$PATH"`,
    '  kubectl apply -f deploy/samples/bookstore.yaml',
    '  kubectl get bookstores -A --watch',
    '  bookstore-operator purge plan -f deploy/demo/purge-policy.yaml',
    ...(left.hasOperator
      ? [`  tail -f ${shellWord(workspace.operatorLog)}`]
      : ['  bookstore-operator run     (the operator does not run)']),
    `To take all of it down, the operator too: ${down}   (in a clone: ${inClone(down)})`,
  ];
}

function inClone(down: string): string {
  return down.replace('bookstore-operator demo', 'npm run demo --');
}
