import type { StepRun } from './model.ts';
import {
  deployBackend,
  deployFrontend,
  deployRun,
  expectLive,
  failBackend,
  type Release,
  release,
  releaseId,
  usersSince,
} from './release.ts';
import { ENVIRONMENT, type Stage } from './stage.ts';
import { API_RATE, startTraffic } from './traffic.ts';

/** Plays the week, an act after the other. @throws WeekFailed with the first thing that is not as promised */
export async function playWeek(stage: Stage): Promise<void> {
  const monday = await firstRelease(stage);
  const tuesday = await releaseUnderLoad(stage);
  await backendThatDoesNotStart(stage, tuesday);
  await backendThatIsWrong(stage, tuesday);
  await brokenPage(stage, tuesday);
  const friday = await smallRelease(stage);
  await olderCommit(stage, tuesday, friday);
  await backToMonday(stage, monday, friday);
}

const FIRST_RELEASE = {
  day: 'Mon',
  title: 'The first release',
  short: 'first',
  story:
    'The team ships for the first time: an image to the registry, the backend onto App Runner, the site behind CloudFront. The page that stood in the bucket before is recorded first, so that even it could be gone back to.',
};

function firstRelease(stage: Stage): Promise<Release> {
  return stage.act(FIRST_RELEASE, async () => {
    const first = await release(stage, await stage.build(0), deployRun(1, 'ada'));
    const { apiUrl, siteUrl } = stage.parts.resources;
    stage.traffic = startTraffic({ api: apiUrl, site: siteUrl }, stage.parts.now);
    const { records } = await stage.ledger();
    const adopted = records.filter((record) => record['type'] === 'adoption').length;
    stage.check('records of the site that was there before', 1, adopted);
    const digest = first.image.slice(first.image.indexOf('@') + 1);
    return [first, `API and site are live from one commit; the image by its digest, ${digest.slice(0, 19)}`];
  });
}

const UNDER_LOAD = {
  day: 'Tue',
  title: 'A release under load',
  short: 'under load',
  story: `From here on the API is asked ${API_RATE} times a second, and visitors load the site with everything it names. The release must not cost one request.`,
};

function releaseUnderLoad(stage: Stage): Promise<Release> {
  return stage.act(UNDER_LOAD, async (from) => {
    const second = await release(stage, await stage.build(1), deployRun(2, 'grace'));
    const users = await usersSince(stage, from);
    stage.check('failed requests during the release', 0, users.failed);
    stage.check('requests to the API each second', API_RATE, Math.round(users.rate));
    stage.check('releases that answered users meanwhile', 2, users.commits.length);
    const verdict = `${users.requests} requests while the release went out, ${users.failed} failed; half of them took ${users.p50.toFixed(0)} ms, 95\u00a0% at most ${users.p95.toFixed(0)} ms.`;
    return [second, verdict];
  });
}

const DOES_NOT_START = {
  day: 'Wed',
  title: 'A backend that does not start',
  short: 'does not start',
  story:
    'The new code wants a variable that nobody has set. App Runner gives up on it and keeps the old one running. A pipeline that only sends the command is green at this point.',
};

function backendThatDoesNotStart(stage: Stage, good: Release): Promise<void> {
  return stage.act(DOES_NOT_START, async (from) => {
    await failBackend(stage, await stage.build(2), deployRun(3, 'linus'), good);
    const users = await usersSince(stage, from);
    stage.check('failed requests meanwhile', 0, users.failed);
    return [
      undefined,
      `The step is red, and no user noticed: ${users.requests} requests, ${users.failed} failed.`,
    ];
  });
}

const WRONG = {
  day: 'Wed',
  title: 'A backend that is healthy, and wrong',
  short: 'healthy, wrong',
  story:
    'The health check is green, and the search finds nothing. App Runner is content; the smoke checks are not, and the action returns to its snapshot.',
};

function backendThatIsWrong(stage: Stage, good: Release): Promise<void> {
  return stage.act(WRONG, async (from) => {
    const build = await stage.build(3);
    await failBackend(stage, build, deployRun(4, 'linus'), good);
    const users = await usersSince(stage, from);
    const wrong = (stage.traffic?.samples ?? []).filter(
      ({ commit, ok }) => commit === build.commit.sha && !ok,
    );
    stage.check('failed requests that another release answered', 0, users.failed - wrong.length);
    const span = ((wrong.at(-1)?.at ?? 0) - (wrong[0]?.at ?? 0)) / 1000;
    return [
      undefined,
      `Found by a smoke check and put back: wrong answers for ${span.toFixed(1)} s, and not until somebody rings.`,
    ];
  });
}

const BROKEN_PAGE = {
  day: 'Thu',
  title: 'A broken page',
  short: 'broken page',
  story:
    'The site was built without the address of its API. Every file is there and every page loads: only a check that reads the page can tell.',
};

function brokenPage(stage: Stage, good: Release): Promise<void> {
  return stage.act(BROKEN_PAGE, async (from) => {
    const build = await stage.build(4);
    const step = await deployFrontend(stage, build, deployRun(5, 'margaret'), releaseId(build.commit.sha));
    stage.ended(step, 'rolled-back', 'red');
    await expectLive(stage, good);
    const users = await usersSince(stage, from);
    stage.check('requests for a page or a file that failed', 0, users.failed);
    return [
      undefined,
      `The step is red, and the site is whole and back on ${short(good)}: ${users.requests} requests, ${users.failed} failed.`,
    ];
  });
}

const SMALL = {
  day: 'Fri',
  title: 'One more release',
  short: 'small',
  story:
    'A small one before the weekend: one answer more. Only what changed is sent, and only that is invalidated.',
};

function smallRelease(stage: Stage): Promise<Release> {
  return stage.act(SMALL, async (from) => {
    const third = await release(stage, await stage.build(5), deployRun(6, 'grace'));
    const users = await usersSince(stage, from);
    stage.check('failed requests during the release', 0, users.failed);
    const { uploaded, unchanged } = third.frontend.outputs;
    return [
      third,
      `${uploaded} files sent, ${unchanged} left alone; ${users.requests} requests, ${users.failed} failed.`,
    ];
  });
}

const OLDER = {
  day: 'Fri',
  title: 'An older commit, refused',
  short: 'older',
  story:
    "Somebody presses “Re-run all jobs” on Tuesday's run. It would put an older commit over a newer one, and so it does nothing.",
};

function olderCommit(stage: Stage, old: Release, live: Release): Promise<void> {
  return stage.act(OLDER, async (from) => {
    const rerun = deployRun(2, 'margaret', { attempt: 2 });
    const id = releaseId(old.build.commit.sha);
    const steps: StepRun[] = await Promise.all([
      deployBackend(stage, old.build, rerun, { id, image: old.image }),
      deployFrontend(stage, old.build, rerun, id),
    ]);
    for (const step of steps) stage.ended(step, 'refused', 'red');
    await expectLive(stage, live);
    const users = await usersSince(stage, from);
    stage.check('failed requests meanwhile', 0, users.failed);
    return [undefined, `Both jobs are refused before they change anything; ${short(live)} stays live.`];
  });
}

const BACK = {
  day: 'Fri',
  title: 'Back to two releases ago',
  short: 'rollback',
  story:
    'Something has not been right since Tuesday, and it is late. One action takes backend and frontend back to Monday, as the pair that they were.',
};

function backToMonday(stage: Stage, target: Release, live: Release): Promise<void> {
  return stage.act(BACK, async (from) => {
    const inputs = {
      environment: ENVIRONMENT,
      'release-bucket': stage.parts.resources.releaseBucket,
      to: target.id,
      reason: 'Something has not been right since Tuesday',
    };
    const workflow = deployRun(1, 'ada', { workflow: 'Rollback', event: 'workflow_dispatch' });
    const step = await stage.step('rollback', inputs, live.build, workflow);
    stage.ended(step, 'rolled-back', 'green');
    await expectLive(stage, { ...target, id: step.outputs['release-id'] ?? '' });
    const users = await usersSince(stage, from);
    stage.check('failed requests during the rollback', 0, users.failed);
    const seconds = ((step.to - step.from) / 1000).toFixed(1);
    return [
      undefined,
      `Backend and site are Monday's again after ${seconds} s; ${users.requests} requests, ${users.failed} failed.`,
    ];
  });
}

function short(release: Release): string {
  return release.build.commit.sha.slice(0, 7);
}
