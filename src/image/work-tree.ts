import type { Exec } from './ports.ts';

/** Files named in a warning. */
const NAMED = 3;

/**
 * What the work tree has that the commit has not: an image of it is not what the commit says. Nothing where git says
 * nothing (no repository, no git).
 */
export async function differences(context: string, commit: string, exec: Exec): Promise<string[]> {
  const git = async (...args: string[]) => {
    const { code, stdout } = await exec('git', ['-C', context, ...args], { quiet: true });
    return code === 0 ? stdout : undefined;
  };
  const head = (await git('rev-parse', 'HEAD'))?.trim();
  if (head === undefined) return [];
  const status = await git('status', '--porcelain', '--untracked-files=normal', '--', '.');
  return describeDifferences(head, commit, status ?? '');
}

/** Pure: the sentences for what git said. @param status output of `git status --porcelain` */
export function describeDifferences(head: string, commit: string, status: string): string[] {
  const lines = status.split('\n').filter((line) => line !== '');
  const changed = lines.filter((line) => !line.startsWith('??')).map((line) => line.slice(3));
  const added = lines.filter((line) => line.startsWith('??')).map((line) => line.slice(3));
  return [
    ...(head === commit
      ? []
      : [
          `the work tree is at commit ${head.slice(0, 12)}, and the image is named by ${commit.slice(0, 12)}`,
        ]),
    ...(changed.length > 0 ? [`${count(changed.length)} changed since the commit: ${some(changed)}`] : []),
    ...(added.length > 0 ? [`${count(added.length)} not in the commit: ${some(added)}`] : []),
  ];
}

const count = (n: number) => (n === 1 ? '1 file is' : `${n} files are`);

const some = (names: readonly string[]) =>
  [...names.slice(0, NAMED), ...(names.length > NAMED ? ['…'] : [])].join(', ');
