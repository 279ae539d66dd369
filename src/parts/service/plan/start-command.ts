import { leavesPublic } from '../targets/apprunner-source.ts';
import type { Target } from '../targets/target.ts';
import { commandWords, joinWords, listOf } from '../verdict/words.ts';
import type { SpecChange } from './spec.ts';

/**
 * App Runner splits the text itself; the ECS targets get the exact words. The command of a public placeholder ends with it:
 * App Runner has one field for both images.
 * @param text the input `start-command`
 * @param entryPoint of the container, else of its image
 */
export function startCommandOf(
  text: string | undefined,
  kind: Target['kind'],
  entryPoint: readonly string[] | undefined,
  images: { readonly from: string; readonly to: string },
): Pick<SpecChange, 'startCommand'> {
  if (!text) return kind === 'apprunner' && leavesPublic(images) ? { startCommand: '' } : {};
  const list = listOf(text);
  if (kind === 'apprunner') return list ? { startCommand: joinWords(list) } : {};
  return { startCommand: JSON.stringify(commandWords(text, entryPoint, 'start-command')) };
}
