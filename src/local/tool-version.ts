// Which helm and kubectl fit this program: how their version is asked for, and which answers are good. Pure.
import { kubernetesVersion } from './build-plan.ts';
import { findVersion, isAtLeast, type Version } from './version.ts';

/** The command-line clients that the launcher finds. */
export type ToolName = 'helm' | 'kubectl';

/** The arguments that make a tool print its version and nothing else of interest. */
export const versionArgs: Readonly<Record<ToolName, readonly string[]>> = {
  helm: ['version', '--template', '{{.Version}}'],
  kubectl: ['version', '--client', '--output=json'],
};

/** The oldest helm that the operator works with. */
const minimumHelm: Version = [4, 0, 0];

/** The version in what {@link versionArgs} printed; undefined where there is none. */
export function parseToolVersion(tool: ToolName, output: string): Version | undefined {
  if (tool === 'helm') return findVersion(output);
  const match = /"gitVersion":\s*"([^"]+)"/.exec(output);
  return match?.[1] === undefined ? undefined : findVersion(match[1]);
}

/** True where the tool may talk to our cluster; kubectl: one minor older or newer (Kubernetes' version skew policy). */
export function fits(tool: ToolName, version: Version): boolean {
  if (tool === 'helm') return isAtLeast(version, minimumHelm);
  const [major, minor] = kubernetesVersion;
  return version[0] === major && Math.abs(version[1] - minor) <= 1;
}

/** What {@link fits} asks for, in words. */
export function wanted(tool: ToolName): string {
  const [major, minor] = kubernetesVersion;
  return tool === 'helm' ? 'helm 4.0 or newer' : `kubectl ${major}.${minor - 1} to ${major}.${minor + 1}`;
}
