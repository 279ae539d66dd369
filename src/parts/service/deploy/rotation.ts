import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import { rotatedSecrets, type SecretsPorts, secretVersions } from '../plan/secrets.ts';
import type { SpecChange } from '../plan/spec.ts';

/** Versions of the wanted secrets, for the record; and a restart where the live release was started with older ones. */
export async function readVersions(
  service: string,
  wanted: Readonly<Record<string, string>>,
  secretsPorts: SecretsPorts,
  { restart }: Pick<BackendConfig, 'restart'>,
  { recordedSecrets, log }: Pick<BackendPorts, 'recordedSecrets' | 'log'>,
): Promise<{ versions: Readonly<Record<string, string>>; change: Pick<SpecChange, 'restart'> }> {
  if (!recordedSecrets || Object.keys(wanted).length === 0) return { versions: {}, change: {} };
  const [recorded, versions] = await Promise.all([
    recordedSecrets(service),
    secretVersions(wanted, secretsPorts),
  ]);
  const rotated = rotatedSecrets(recorded, wanted, versions);
  if (rotated.length === 0) return { versions, change: {} };
  if (restart) return { versions, change: { restart: rotated } };
  log.notice(
    `${rotated.join(', ')}: the secret has a newer version, and \`restart\` is false: where nothing else changes, the service goes on with the old value`,
  );
  const kept = Object.fromEntries(rotated.map((name) => [name, recorded?.versions[name] ?? '']));
  return { versions: { ...versions, ...kept }, change: {} };
}
