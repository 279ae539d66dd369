import { expect, test } from 'vitest';
import { findingLines, likelyCauses } from '../../../src/parts/service/verdict/diagnosis.ts';

const health = { protocol: 'HTTP', path: '/health', port: '8080' };
const causes = (line: string) => likelyCauses({ events: [line], stopped: [], log: [], health }, 'ecs')[0];

test.each([
  ['exec /usr/local/bin/node: exec format error', /another platform/],
  [
    'CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/amd64',
    /another platform/,
  ],
  ['CannotPullContainerError: pull access denied for api', /could not be pulled.*task execution role/],
  ['CannotPullContainerError: manifest unknown: Requested image not found', /not in the registry any more/],
  [
    'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed',
    /secret could not be read/,
  ],
  [
    'AccessDeniedException: not authorized to perform: secretsmanager:GetSecretValue',
    /secret could not be read/,
  ],
  ['OutOfMemoryError: Container killed due to memory usage', /ran out of memory/],
  ['Error: listen EADDRINUSE: address already in use :::8080', /another process/],
  ["Health check failed on protocol `HTTP`[Path: '/health'], [Port: '8080']: 404", /got 404/],
  [
    '(service api) (task 1) is unhealthy in target-group x due to (reason Health checks failed with these codes: [404])',
    /got 404/,
  ],
  ['Health checks failed with these codes: [503]', /server error/],
  ['exec: "nodee": executable file not found in $PATH', /start command is not in the image/],
  ["Error: Cannot find module '/app/server.js'", /module was not found/],
  ['Essential container in task exited with exit code 1', /stopped by itself/],
  [
    "Health check failed on protocol `TCP` [Port: '8080']. Connection refused",
    /must listen on 0\.0\.0\.0:8080/,
  ],
])('%s', (line, sentence) => {
  expect(causes(line)).toMatch(sentence);
});

test('nothing is made up where nothing is known', () => {
  expect(causes('service api has reached a steady state')).toBeUndefined();
});

test('the findings are shown under their headings, empty ones left out', () => {
  expect(findingLines({ events: ['e'], stopped: [], log: ['boom'], health })).toEqual([
    'events:',
    '  e',
    'last log lines:',
    '  boom',
  ]);
});
