import { refused } from '../../../runtime/errors.ts';

/** Names of files that are for nobody's eyes, wherever they lie. */
const SECRET_NAMES: ReadonlyArray<readonly [name: RegExp, what: string]> = [
  [/^id_(?:rsa|dsa|ecdsa|ed25519)$/, 'a private key for SSH'],
  [/\.(?:pem|p12|pfx|jks|keystore|ppk)$/i, 'a key or a certificate'],
  [/^\.env(?:\.(?!example$|sample$|template$).*)?$/, 'the variables of an environment'],
  [/^(?:\.npmrc|\.netrc|\.pgpass|\.htpasswd|\.git-credentials)$/, 'passwords'],
  [/\.tfstate(?:\.backup)?$/, 'the state of Terraform, with its secrets'],
];

/** What is asked about a file of the folder. */
export interface Suspect {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** See `FileHash`. */
  readonly head: string;
}

/**
 * Why a file is most probably in the folder by mistake; `undefined` where it is not. Pure.
 * @param entries paths of the pages that the site begins with
 */
export function whyForbidden(
  { path, size, head }: Suspect,
  entries: readonly string[] = ['index.html'],
): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const secret = SECRET_NAMES.find(([pattern]) => pattern.test(name))?.[1];
  if (secret) return `it is ${secret} by its name`;
  if (/^\uFEFF?-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/.test(head)) return 'it is a private key';
  if (/(?:^|\/)\.git\//.test(path)) return 'it is a part of a Git repository';
  // Expo writes pictures of packages below assets/node_modules; an installed package has its package.json.
  if (path.startsWith('node_modules/') || /\/node_modules\/(?:@[^/]+\/)?[^/]+\/package\.json$/.test(path))
    return 'it is an installed package';
  if (size < 1024 && head.startsWith('version https://git-lfs.github.com/spec/'))
    return 'it is a pointer of Git LFS, and not the file itself (check out with `lfs: true`)';
  if (entries.includes(path) && (size === 0 || (size <= 1024 && head !== '' && head.trim() === '')))
    return 'it is empty';
  return undefined;
}

/** @throws ActionError `refused` that names them */
export function refuseForbidden(
  files: readonly Suspect[],
  allowed: (path: string) => boolean,
  entries?: readonly string[],
): void {
  const found = files.flatMap((file) => {
    const why = allowed(file.path) ? undefined : whyForbidden(file, entries);
    return why ? [`${file.path}: ${why}`] : [];
  });
  if (found.length === 0) return;
  throw refused({
    input: 'source',
    what: `the folder has ${found.length} file${found.length === 1 ? '' : 's'} that should not be published`,
    details: [...found.slice(0, 10), ...(found.length > 10 ? [`… and ${found.length - 10} more`] : [])],
    fix: 'keep them out of the folder, or name them in `exclude`; where they are meant for everybody, name them in `allow-files`',
  });
}
