import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { courtesy } from '../../github/api.ts';
import { upsertComment } from '../../github/comments.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { messageOf, refused } from '../../runtime/errors.ts';
import { githubAccess } from '../github-access.ts';
import { action } from './interface.ts';

type PrComment = typeof action;

async function main(job: Job<PrComment>): Promise<ActionResult<PrComment>> {
  const { inputs, log } = job;
  const text = await bodyOf(job);
  if (inputs.text('number') === '') {
    log.notice(
      'this run is of no pull request (a push, a schedule or a merge queue): the text is in the job summary',
    );
    return { outcome: 'unchanged', outputs: {}, summary: text };
  }
  const number = inputs.number('number', { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  const access = githubAccess(job, inputs.text('github-token'));
  // A run for a fork has a token that may only read: what there is to say is in the job summary too.
  const comment = await courtesy(log, `commenting on #${number}`, () =>
    upsertComment(access, number, inputs.required('marker'), text),
  );
  if (!comment) return { outcome: 'unchanged', outputs: {}, summary: text };
  log.info(`${comment.written ? 'written' : 'nothing new'}: ${comment.url}`);
  return {
    outcome: comment.written ? 'deployed' : 'unchanged',
    outputs: { 'comment-id': String(comment.id), 'comment-url': comment.url },
    summary: text,
  };
}

async function bodyOf({ inputs, run }: Job<PrComment>): Promise<string> {
  const [body, file] = [inputs.text('body'), inputs.text('body-file')];
  if ((body === '') === (file === '')) {
    throw refused({
      input: 'body',
      what: body === '' ? 'is empty, and so is `body-file`' : 'and `body-file` are both given',
      fix: 'give one of the two',
    });
  }
  if (body) return body;
  try {
    return await readFile(resolve(run.workspace, file), 'utf8');
  } catch (error) {
    throw refused({
      input: 'body-file',
      what: 'cannot be read',
      found: messageOf(error),
      fix: 'correct the path',
    });
  }
}

export const definition: Action<PrComment> = { action, main };
