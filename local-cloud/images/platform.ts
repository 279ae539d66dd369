import type { Descriptor, Platform } from '../services/registry/manifest.ts';

/** What App Runner and Fargate run unless a task definition says ARM64. */
export const LINUX_AMD64: Platform = { os: 'linux', architecture: 'amd64' };

export const platformText = (p: Platform): string =>
  [p.os, p.architecture, p.variant].filter((part) => part !== undefined).join('/');

/** The manifest of an index for a platform: as containerd, the first that fits; attestations fit nothing. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  return manifests.find((m) => m.platform !== undefined && suits(m.platform, wanted));
}

/** True where an image of this platform runs on the wanted one. A variant counts only where both name one. */
export function suits(image: Platform, wanted: Platform): boolean {
  if (image.os !== wanted.os || image.architecture !== wanted.architecture) return false;
  const named = image.variant !== undefined && wanted.variant !== undefined;
  return !named || image.variant === wanted.variant;
}
