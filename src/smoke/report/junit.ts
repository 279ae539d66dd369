import { type CheckResult, reasonOf, type SmokeReport } from './report.ts';

/**
 * The report as JUnit XML, in the part that all readers agree on: it validates against the schema of Ant's JUnit task
 * (https://github.com/windyroad/JUnit-Schema), which is the strictest one in use. A check behind `gate: warn` that was
 * not met counts as skipped there, with its reason: the format has no third answer.
 */
export function renderJunit(report: SmokeReport): string {
  const { results } = report;
  const failures = results.filter((result) => isFailure(result)).length;
  const skipped = results.filter((result) => isSkipped(result)).length;
  const attributes = attributesOf({
    name: 'smoke checks',
    package: 'smoke',
    id: '0',
    hostname: hostOf(report),
    timestamp: report.startedAt.slice(0, 19),
    tests: String(results.length),
    failures: String(failures),
    errors: '0',
    skipped: String(skipped),
    time: seconds(report.durationMs),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite ${attributes}>`,
    '    <properties>',
    ...Object.entries({ outcome: report.outcome, ended: report.ended, file: report.file }).map(
      ([name, value]) => `      <property ${attributesOf({ name, value })}/>`,
    ),
    '    </properties>',
    ...results.map((result) => testcase(result, report.file)),
    `    <system-out>${xmlText(systemOut(report))}</system-out>`,
    '    <system-err></system-err>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const isSkipped = ({ result, gate }: CheckResult) =>
  result === 'warned' || (result === 'skipped' && gate === 'warn');
const isFailure = (result: CheckResult) => result.result !== 'passed' && !isSkipped(result);

function testcase(result: CheckResult, file: string): string {
  const attributes = attributesOf({
    name: result.name,
    classname: `smoke.${file.replace(/[^A-Za-z0-9_]+/g, '_')}`,
    time: seconds(result.durationMs),
  });
  const head = `    <testcase ${attributes}`;
  if (result.result === 'passed') return `${head}/>`;
  if (isSkipped(result)) return `${head}>\n      <skipped/>\n    </testcase>`;
  const type = result.result === 'skipped' ? 'skipped' : 'expectation';
  const failure = attributesOf({ message: reasonOf(result), type });
  return `${head}>\n      <failure ${failure}>${xmlText(details(result, file))}</failure>\n    </testcase>`;
}

function details(result: CheckResult, file: string): string {
  const unmet = result.assertions.filter(({ ok }) => !ok);
  return [
    `${file}:${result.line} ${result.method} ${result.url}`,
    ...(result.problem ? [result.problem] : []),
    ...unmet.map(
      ({ what, expected, got, line }) => `${file}:${line} ${what}: expected ${expected}, got ${got}`,
    ),
  ].join('\n');
}

/** What the format cannot say in its elements: why a check warned. */
function systemOut({ results }: SmokeReport): string {
  return results
    .filter((result) => isSkipped(result))
    .map((result) => `${result.result}: ${result.name}: ${reasonOf(result)}`)
    .join('\n');
}

function hostOf({ baseUrl }: SmokeReport): string {
  return baseUrl ? new URL(baseUrl).hostname : 'localhost';
}

const seconds = (ms: number) => (ms / 1000).toFixed(3);

function attributesOf(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name}="${xmlText(value).replace(/\s+/g, ' ')}"`)
    .join(' ');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no way to write most control characters, not even escaped: they are shown as U+FFFD. */
function xmlText(value: string): string {
  return value
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}
